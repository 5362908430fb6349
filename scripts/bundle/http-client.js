// Replaces `@actions/http-client` in dist: `@actions/core` needs it only for OpenID Connect tokens, which this action
// never requests, and `@actions/github` for its own fetch, which the action replaces.
export class HttpClient {
  getAgent() {}
  getAgentDispatcher() {}
}
export class BearerCredentialHandler {}
