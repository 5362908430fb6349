// Stands for `@actions/http-client` in dist. `@actions/core` needs that for OpenID Connect tokens alone, which this
// action never asks for; with it comes an HTTP client of a megabyte, to be read at every start.
export class HttpClient {
  constructor() {
    throw new Error('This action was built without OpenID Connect.');
  }
}
export class BearerCredentialHandler {}
