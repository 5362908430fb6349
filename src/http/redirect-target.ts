/** Where an answer redirects to, without user and query, which may hold what is nobody's business. */
export function redirectTarget({ headers }: Pick<Response, 'headers'>, base: string): string {
  const location = headers.get('location') ?? '';
  const url = location === '' ? null : URL.parse(location, base || undefined);
  if (!url) return location || 'nowhere';
  return url.host ? `${url.protocol}//${url.host}${url.pathname}` : url.protocol;
}
