import { expect, test } from '@jest/globals';
import { downloadUrl } from '../../local-stream/hostile-faults.ts';
import { startLocalStream } from '../../local-stream/server.ts';
import { hostBehindProxy, startLocalProxy } from '../harness/local-proxy.ts';
import { testPatternFile } from '../harness/media.ts';
import { openTemporaryFolder } from '../harness/temporary-folder.ts';
import { makeCertificate, startTlsFront } from '../harness/tls-front.ts';
import { ready } from '../harness/videos.ts';
import { runExample } from '../harness/workflow/examples.ts';

test('a video is saved through the proxy, with its certificate authority, and moved to the archive', async () => {
  await using stream = await startLocalStream();
  await using proxy = await startLocalProxy();
  using certificate = await makeCertificate();
  using archive = openTemporaryFolder();
  const portOf = (url: string) => Number(new URL(url).port);
  await using api = await startTlsFront(certificate, portOf(stream.apiUrl));
  await using delivery = await startTlsFront(certificate, portOf(stream.deliveryUrl));
  const hosts = { api: `${hostBehindProxy}:${api.port}`, delivery: `${hostBehindProxy}:${delivery.port}` };

  const { uid } = stream.addVideo({ ...ready, name: 'A title' });
  const file = `https://${hosts.delivery}/${uid}/downloads/default.mp4`;
  stream.faults.add({ route: 'downloads.list', fault: downloadUrl(file), times: Infinity });
  stream.faults.add({ route: 'downloads.create', fault: downloadUrl(file), times: Infinity });
  const run = await runExample('self-hosted-proxy', {
    stream,
    with: { 'api-url': `https://${hosts.api}${new URL(stream.apiUrl).pathname}` },
    inputs: { 'video-id': uid },
    vars: {
      PROXY: `http://${proxy.host}`,
      PROXY_CA: certificate.file,
      ARCHIVE: archive.path,
    },
  });
  expect(run.result).toBe('success');
  expect(archive.entries()).toEqual(['A title.mp4']);
  expect(archive.read('A title.mp4')).toEqual(Buffer.from(testPatternFile('default.mp4')));
  expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${hosts.api}`, `CONNECT ${hosts.delivery}`]));
});
