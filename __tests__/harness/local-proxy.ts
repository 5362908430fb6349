import type dns from 'node:dns';
import type { ServerOptions as TlsOptions } from 'node:https';
import { type PrepareRequestFunction, RequestError, Server } from 'proxy-chain';

/** A host that only the local proxies know, as this machine: whoever reaches it came through one of them. */
export const hostBehindProxy = 'api.behind-the-proxy.test';

export interface LocalProxyOptions {
  /** What it asks for; anybody may pass by default. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** The status with which it refuses. */
  readonly refusal?: number;
  /** How many requests it refuses; all by default. */
  readonly times?: number;
  /** Whether it takes requests and never answers. */
  readonly silent?: boolean;
  /** For a proxy that is itself reached by TLS. */
  readonly tls?: TlsOptions;
}

export interface LocalProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`, or `localhost:PORT` by TLS, which has names for hosts. */
  readonly host: string;
  /** The first lines of the requests that came in, refused ones among them: `CONNECT HOST:PORT`, `GET http://…`. */
  readonly requests: readonly string[];
}

/** Starts a proxy on any free port of this machine. */
export async function startLocalProxy({
  credentials,
  refusal,
  silent = false,
  times = Infinity,
  tls,
}: LocalProxyOptions = {}): Promise<LocalProxy> {
  const requests: string[] = [];
  const prepareRequestFunction: PrepareRequestFunction = ({ password, request, username }) => {
    requests.push(`${request.method} ${request.url}`);
    if (silent) return new Promise(() => {});
    if (refusal !== undefined && requests.length <= times)
      throw new RequestError('The proxy refuses.', refusal);
    const stranger = credentials && (username !== credentials.user || password !== credentials.password);
    return { requestAuthentication: stranger ?? false, dnsLookup: lookup as typeof dns.lookup };
  };
  const options = { port: 0, host: '127.0.0.1', prepareRequestFunction };
  const server = new Server(tls ? { ...options, serverType: 'https', httpsOptions: tls } : options);
  await server.listen();
  return {
    host: `${tls ? 'localhost' : '127.0.0.1'}:${server.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.close(true),
  };
}

/** Everything is on this machine: nothing that a test does may go farther. */
function lookup(
  _host: string,
  { all }: dns.LookupOptions,
  found: (error: null, address: string | dns.LookupAddress[], family?: number) => void,
): void {
  if (all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
}
