import { rm } from 'node:fs/promises';
import { type DownloadType, downloadTypeFacts, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordPatch } from '../core/record.ts';
import { oneLine, truncate } from '../core/text.ts';
import type { SavedFile, Saver } from '../files/saver.ts';
import type { Release } from '../release/release.ts';
import type { DeliveryContext } from './context.ts';

/** The longest label of an asset, in UTF-16 units. */
const maxLabelLength = 200;

/**
 * Attaches a saved file to the release.
 *
 * @throws {Failure} why it was not attached
 */
export async function* attachFile(
  { path, sha256, sizeBytes }: SavedFile,
  type: DownloadType,
  saver: Saver,
  release: Release,
  { keepsFiles, log, startUpload, video }: DeliveryContext,
): AsyncGenerator<RecordPatch> {
  log(`attaching the ${labelOf(type)} to ${release.tag}`);
  using _upload = startUpload(type);
  // The title is only a label: without it, the file is attached all the same.
  const title = await video.title().catch(() => undefined);
  const label = title && truncate(oneLine(title), maxLabelLength);
  const { mediaType } = downloadTypeFacts[type];
  const name = await saver.latinName({ id: video.id, type, name: title });
  const file = { path, name, sha256, sizeBytes, label, mediaType, videoId: video.id };
  const assetUrl = await release
    .attach(file, (text) => log(`${labelOf(type)}: ${text}`))
    .catch((error: unknown) => {
      const failure = Failure.from(error);
      throw failure.isEndOfStep
        ? failure.withProgress(`the ${labelOf(type)} file was being attached to the release ${release.tag}`)
        : failure;
    });
  yield { assetUrl };
  log(`attached ${assetUrl}`);
  // A file that cannot be removed now is removed with its folder when the step ends.
  if (!keepsFiles) await rm(path, { force: true }).catch(() => {});
}
