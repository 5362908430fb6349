import type { DownloadType } from '../core/download-types.ts';
import { Failure } from '../core/failure.ts';
import { describeRecord, type RecordPatch, type RecordUpdate, type TypedRecord } from '../core/record.ts';
import { quote } from '../core/text.ts';
import { attachFile } from './attach.ts';
import type { DeliveryContext } from './context.ts';
import { nameUrl } from './name.ts';
import { saveFile } from './save.ts';
import { signUrl } from './sign.ts';

/** Delivers a ready download in order: name its URL, sign it, save the file, attach it. Yields what each step learned. */
export async function* deliver(record: TypedRecord, context: DeliveryContext): AsyncGenerator<RecordUpdate> {
  const { type } = record;
  const { clock, log, release, saver } = context;
  try {
    const readySinceMs = clock.now();
    const named = await nameUrl(checkedUrl(record), type, context);
    const urls = await signUrl(named, context);
    yield { type, patch: urls };
    log(describeRecord({ ...record, ...urls }));

    if (!saver) return;
    const saving = saveFile({ type, urls, readySinceMs }, saver, context);
    const saved = yield* ofType(type, saving);
    if (release) yield* ofType(type, attachFile(saved, type, release, context));
  } catch (error) {
    yield { type, patch: { failure: Failure.from(error) } };
  }
}

/** @throws {Failure} if Cloudflare returned no URL, or one that cannot be used or shown */
function checkedUrl({ type, url }: TypedRecord): string {
  const { password, protocol = '', username } = URL.parse(url ?? '') ?? {};
  if (url && /^https?:$/.test(protocol) && !username && !password) return url;
  const value = url?.includes('@') ? 'one that may contain a password' : quote(url ?? '');
  const shown = url ? value : 'missing';
  throw new Failure('unknown-answer', `The ${type} download is ready, but its URL is ${shown}`);
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
