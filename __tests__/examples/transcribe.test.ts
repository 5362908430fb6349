import { expect, test } from '@jest/globals';
import { startLocalStream } from '../../local-stream/server.ts';
import { openLocalPrograms } from '../harness/local-programs.ts';
import { testPattern } from '../harness/media.ts';
import { runExample } from '../harness/workflow/examples.ts';

/** Writes what it would transcribe, where the real command would write the subtitles. */
const pipx = `#!/bin/bash
set -euo pipefail
[ "$1 $2 $4" = 'run --spec whisper-ctranslate2' ] && [[ $3 == whisper-ctranslate2==* ]] || exit 2
[ "\${*:6}" = '--model small --output_format srt --output_dir subtitles' ] || exit 2
mkdir -p subtitles
sha256sum < "$5" | cut -d ' ' -f 1 > "subtitles/$(basename "$5" .m4a).srt"
`;

test('the transcription of a video gets its sound alone, and ends with the subtitles as an artifact', async () => {
  await using stream = await startLocalStream();
  using programs = openLocalPrograms({ pipx });
  // The M4A does not need all qualities of the video.
  const { uid } = stream.addVideo({
    name: 'A talk; $(touch x)',
    generateMs: 0,
    phases: { qualitiesMs: 3_600_000 },
  });
  const run = await runExample('transcribe', {
    stream,
    inputs: { 'video-id': uid },
    machine: programs.machine,
  });
  expect(run.result).toBe('success');
  expect(run.step('audio').outputs).toMatchObject({ type: 'audio', sha256: testPattern.audio.sha256 });
  const [artifact] = run.artifacts;
  expect(artifact?.name).toBe('subtitles');
  expect(Object.values(artifact?.files ?? {}).map(String)).toEqual([`${testPattern.audio.sha256}\n`]);
  const delivered = stream.requests.filter(({ route }) => route === 'delivery.get').map(({ path }) => path);
  expect(delivered).toEqual([`/${uid}/downloads/audio.m4a`]);
});
