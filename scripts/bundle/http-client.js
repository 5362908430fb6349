// Stands for `@actions/http-client` in dist. `@actions/core` needs that for OpenID Connect tokens alone, which this
// action never asks for, and `@actions/github` to make a fetch of its own, in whose place it is given the action's.
export class HttpClient {
  getAgent() {}
  getAgentDispatcher() {}
}
export class BearerCredentialHandler {}
