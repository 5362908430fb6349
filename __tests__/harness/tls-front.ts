import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';
import { hostBehindProxy } from './local-proxy.ts';

export interface Certificate extends Disposable {
  readonly key: string;
  readonly cert: string;
  /** The certificate as a file, for `NODE_EXTRA_CA_CERTS`. */
  readonly file: string;
}

/** Creates a self-signed certificate for this machine and the host behind the proxy. */
export async function makeCertificate(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: hostBehindProxy }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: hostBehindProxy },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const file = join(folder, 'certificate.pem');
  writeFileSync(file, cert);
  return { key, cert, file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** Accepts TLS connections on a free port and forwards their content to a port of this machine. */
export async function startTlsFront({ cert, key }: Certificate, port: number): Promise<TlsFront> {
  const open = new Set<Socket>();
  const server = createServer({ cert, key }, (front) => {
    const back = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [front, back],
      [back, front],
    ] as const) {
      open.add(from);
      // Either side may disconnect at any time.
      from.on('error', () => to.destroy()).on('close', () => open.delete(from));
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
