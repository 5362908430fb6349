import { type DownloadType, labelOf } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import type { RecordPatch, RecordUpdate, TypedRecord } from '../core/record.ts';
import { requireAllowed } from '../files/delivery-policy.ts';
import type { DeliveryContext } from './context.ts';
import { nameUrl } from './name.ts';
import { signUrl } from './sign.ts';

/** Delivers a ready download in order: name its URL, sign it, save the file, attach it. Yields what each step learned. */
export async function* deliver(record: TypedRecord, context: DeliveryContext): AsyncGenerator<RecordUpdate> {
  const { type } = record;
  const { clock, log, policy, release, saver } = context;
  try {
    const readySinceMs = clock.now();
    const named = await nameUrl(usableUrl(record), type, context);
    const urls = await signUrl(named, context);
    yield { type, patch: urls };
    // A URL is worth a line only if it is the result.
    if (!saver) {
      const expiry = urls.expiresAt === undefined ? '' : ` (signed, valid until ${urls.expiresAt})`;
      return log(`${urls.url}${expiry}`);
    }
    requireAllowed(urls.url, policy);
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { attachFile, saveFile } = await import('./save-and-attach.ts');
    const saving = saveFile({ type, urls, readySinceMs }, saver, context);
    const saved = yield* ofType(type, saving);
    if (release) yield* ofType(type, attachFile(saved, type, saver, release, context));
  } catch (error) {
    yield { type, patch: { failure: Failure.from(error) } };
  }
}

/** @throws {Failure} if Cloudflare returned no URL, or one that cannot be used */
function usableUrl({ type, url, urlProblem = 'missing' }: TypedRecord): string {
  if (url !== null) return url;
  throw new Failure('unknown-answer', `The ${labelOf(type)} download is ready, but its URL is ${urlProblem}`);
}

/** Turns what a step learned into updates of one type. */
async function* ofType<Result>(
  type: DownloadType,
  step: AsyncGenerator<RecordPatch, Result>,
): AsyncGenerator<RecordUpdate, Result> {
  for (let next = await step.next(); ; next = await step.next()) {
    if (next.done) return next.value;
    yield { type, patch: next.value };
  }
}
