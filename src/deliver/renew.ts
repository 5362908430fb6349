import { Failure } from '../core/failure.ts';
import type { ReadonlyRecords, RecordUpdate } from '../core/record.ts';
import type { UrlSigner } from './sign.ts';

/** Signs the URLs of one video again. The signer keeps its token if that has at least half of its life left. */
export async function* renewUrls(
  { all, videoId }: ReadonlyRecords,
  signer: UrlSigner,
  warn: (message: string, title: string) => void,
): AsyncGenerator<RecordUpdate> {
  for (const { expiresAt, failure, type, unsignedUrl } of all) {
    if (failure || unsignedUrl === undefined) continue;
    try {
      yield { type, patch: await signer.sign(unsignedUrl) };
    } catch (error) {
      const what = `Video ${videoId}: its URL could not be signed again and expires at ${expiresAt}`;
      warn(`${what}. ${Failure.from(error).message}`, 'A URL was not signed');
    }
  }
}
