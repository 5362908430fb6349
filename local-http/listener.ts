import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

/** A server that accepts connections. */
export interface Listener {
  /** `http://HOST:PORT`, without a trailing slash. */
  readonly url: string;
  /** Stops listening and closes every connection, including those with a response in progress. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server.
 *
 * @param port 0 for any free port
 * @throws the system error, such as EADDRINUSE, when it cannot listen
 */
export async function listen(port: number, host: string, serve: RequestListener): Promise<Listener> {
  const server = createServer(serve);
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
