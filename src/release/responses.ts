import * as v from 'valibot';
import { foreignText, foreignUrl } from '../core/foreign-text.ts';
import { RequestFailure } from '../http/request-failure.ts';

/**
 * The responses of GitHub, as far as this action reads them. Text is cleaned and limited here, where it enters. Unknown
 * fields are ignored, since the API grows.
 *
 * @see https://docs.github.com/rest/releases
 */

const maxTagLength = 1000;

const maxNameLength = 255;

/** The longest URL of a page that is shown, in UTF-16 units. */
const maxPageUrlLength = 500;

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const sizeBytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A URL of a web page or file, without user and password. */
const webUrl = v.pipe(
  v.string(),
  v.transform((text) => foreignUrl(text).url),
  v.string(),
);

/** A name that had to be cleaned is quoted, so that it equals no name that this action looks for. */
const assetName = v.pipe(
  v.string(),
  v.transform((name) => {
    const shown = foreignText(name, 'an asset name', maxNameLength);
    return shown === name || name.length > maxNameLength ? shown : `“${shown}”`;
  }),
);

/** Gitea reports no state: then the upload is complete. */
const state = v.fallback(
  v.pipe(
    v.nullish(v.string(), 'uploaded'),
    v.transform((text) => foreignText(text, 'a state', 40)),
  ),
  'uploaded',
);

/** Undefined where the contents are unknown: older assets have no digest, other servers may have other ones. */
const digest = v.fallback(
  v.optional(v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/i), v.toLowerCase())),
  undefined,
);

/** The response to an upload or a change of an asset. `size` is in bytes. */
export const asset = v.object({
  id,
  name: assetName,
  state,
  size: sizeBytes,
  digest,
  browser_download_url: webUrl,
});

/**
 * An asset in a list. Only its ID and name are required, since a list that lacks the asset with the name would be
 * wrong; a size of −1 is unknown.
 */
export const listedAsset = v.object({
  ...asset.entries,
  size: v.fallback(sizeBytes, -1),
  browser_download_url: v.fallback(v.optional(webUrl), undefined),
});

export type Asset = v.InferOutput<typeof listedAsset>;

/** Whether an asset is complete, rather than the remains of an upload. */
export function isUploaded({ state }: Pick<Asset, 'state'>): boolean {
  return state === 'uploaded';
}

/** A flag that some servers do not know. */
const flag = v.fallback(v.boolean(), false);

/** A release. Its `upload_url` is a URI template: `https://uploads.github.com/…/assets{?name,label}`. */
export const release = v.pipe(
  v.object({
    id,
    tag_name: v.string(),
    upload_url: v.pipe(
      v.string(),
      v.transform((template) => template.replace(/\{[^{}]*\}$/, '')),
      webUrl,
      v.transform((text) => new URL(text)),
    ),
    html_url: v.fallback(v.optional(v.pipe(webUrl, v.maxLength(maxPageUrlLength))), undefined),
    draft: flag,
    immutable: flag,
  }),
  v.transform(({ id, tag_name: rawTag, upload_url: uploadUrl, html_url: pageUrl, draft, immutable }) => {
    const tag = foreignText(rawTag, 'a tag', maxTagLength);
    const exactTag = rawTag.length > maxTagLength ? tag : rawTag.toWellFormed();
    return {
      id,
      tag,
      tagInUrl: encodeURIComponent(exactTag),
      uploadUrl,
      /** Its page; undefined where that is unknown. */
      pageUrl,
      isDraft: draft,
      isImmutable: immutable,
    };
  }),
);

export type FoundRelease = v.InferOutput<typeof release>;

/** What tells the releases of a list apart. An entry that is malformed is none, or fails where it is read completely. */
export const listedRelease = v.object({
  id: v.optional(v.unknown()),
  tag_name: v.string(),
  draft: v.boolean(),
});

/** A page of a list, each of whose entries is read on its own. */
export const page = v.array(v.unknown());

/**
 * Reads a response.
 *
 * @param action what the request was to do, as in "Could not DO"
 * @throws {RequestFailure} `github-error` where it is not what GitHub documents
 */
export function readResponse<Schema extends v.GenericSchema>(
  action: string,
  schema: Schema,
  data: unknown,
): v.InferOutput<Schema> {
  const { issues, output, success } = v.safeParse(schema, data);
  if (success) return output;
  const field = v.getDotPath(issues[0]);
  const where = field === null ? '' : `, in the field ${field}`;
  throw new RequestFailure(
    'github-error',
    `Could not ${action}: the response is not what GitHub documents${where}`,
  );
}
