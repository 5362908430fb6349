import type dns from 'node:dns';
import type { ServerOptions as TlsOptions } from 'node:https';
import { type PrepareRequestFunction, RequestError, Server } from 'proxy-chain';

/** A host name that only the local proxies resolve, to this machine. */
export const hostBehindProxy = 'api.behind-the-proxy.test';

export interface LocalProxyOptions {
  /** Required from clients. Defaults to none. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** The status with which it refuses requests. Defaults to forwarding them. */
  readonly refusal?: number;
  /** How many requests it refuses. Defaults to all. */
  readonly times?: number;
  /** Whether it accepts requests and never answers. */
  readonly silent?: boolean;
  /** For a proxy that is itself reached over TLS. */
  readonly tls?: TlsOptions;
}

interface LocalProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`; `localhost:PORT` over TLS, since certificates have names. */
  readonly host: string;
  /** The first lines of all requests, refused ones included: `CONNECT HOST:PORT`, `GET http://…`. */
  readonly requests: readonly string[];
}

/** Starts a proxy on a free port of this machine. */
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
    const isUnknown = credentials && (username !== credentials.user || password !== credentials.password);
    return { requestAuthentication: isUnknown ?? false, dnsLookup: lookup as typeof dns.lookup };
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

/** Resolves every name to this machine, so that no test leaves it. */
function lookup(
  _host: string,
  { all }: dns.LookupOptions,
  found: (error: null, address: string | dns.LookupAddress[], family?: number) => void,
): void {
  if (all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
}
