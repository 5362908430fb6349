import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

/** A server that listens. */
export interface Listener {
  /** `http://HOST:PORT`, without a slash at the end. */
  readonly url: string;
  /** Stops listening and ends every connection, also one in the midst of an answer. */
  close(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * @param port 0 for any free one
 * @throws the system's error, such as EADDRINUSE
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
