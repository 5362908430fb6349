/** An API token, or the older pair of a user's email and Global API Key. */
export type Credentials = { readonly token: string } | { readonly email: string; readonly key: string };

/**
 * The request headers that carry the credentials.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/
 */
export function credentialHeaders(credentials: Credentials): Record<string, string> {
  return 'token' in credentials
    ? { Authorization: `Bearer ${credentials.token}` }
    : { 'X-Auth-Email': credentials.email, 'X-Auth-Key': credentials.key };
}
