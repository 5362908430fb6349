import { createHash } from 'node:crypto';
import type { components } from '@octokit/openapi-types';
import type { Asset, AssetState } from '../releases/asset.ts';
import type { Release } from '../releases/release.ts';
import type { Repository } from '../releases/repository.ts';

type Schemas = components['schemas'];

/**
 * An asset as the API returns it.
 * Follows https://docs.github.com/rest/releases/assets#get-a-release-asset, except for `state`: GitHub returns "starter"
 * where the schema has "open".
 */
export type AssetResponse = Omit<Schemas['release-asset'], 'state'> & { state: AssetState };

/**
 * A release as the API returns it.
 * Follows https://docs.github.com/rest/releases/releases#get-a-release
 */
export type ReleaseResponse = Omit<Schemas['release'], 'assets'> & { assets: AssetResponse[] };

/** The base URLs of the hosts, each without a trailing slash. */
export interface BaseUrls {
  readonly apiUrl: string;
  readonly uploadsUrl: string;
  /** The base of web pages and downloads. */
  readonly webUrl: string;
}

/** Creates the API representation of releases and assets. */
export class Responses {
  readonly #repository: Repository;
  readonly #urls: BaseUrls;
  readonly #user: Schemas['simple-user'];

  constructor(repository: Repository, urls: BaseUrls) {
    this.#repository = repository;
    this.#urls = urls;
    this.#user = actionsBot(urls);
  }

  release(release: Release): ReleaseResponse {
    const { id, tag, name, isDraft, isPrerelease, isImmutable, createdMs } = release;
    const { apiUrl, uploadsUrl } = this.#urls;
    const ownPath = `${this.#path}/releases/${id}`;
    const archive = (format: string) =>
      isDraft ? null : `${apiUrl}${this.#path}/${format}/${encodeURIComponent(tag)}`;
    const created = new Date(createdMs).toISOString();
    return {
      url: `${apiUrl}${ownPath}`,
      assets_url: `${apiUrl}${ownPath}/assets`,
      upload_url: `${uploadsUrl}${ownPath}/assets{?name,label}`,
      html_url: `${this.#webRepository}/releases/tag/${publicTag(release)}`,
      id,
      author: this.#user,
      node_id: nodeId('RE', id),
      tag_name: tag,
      target_commitish: 'main',
      name,
      draft: isDraft,
      immutable: isImmutable,
      prerelease: isPrerelease,
      created_at: created,
      updated_at: created,
      published_at: isDraft ? null : created,
      assets: release.assets.map((asset) => this.asset(release, asset)),
      tarball_url: archive('tarball'),
      zipball_url: archive('zipball'),
      body: release.body,
    };
  }

  asset(release: Release, asset: Asset): AssetResponse {
    const file = encodeURIComponent(asset.name);
    return {
      url: `${this.#urls.apiUrl}${this.#path}/releases/assets/${asset.id}`,
      id: asset.id,
      node_id: nodeId('RA', asset.id),
      name: asset.name,
      label: asset.label,
      uploader: this.#user,
      content_type: asset.contentType,
      state: asset.state,
      size: asset.sizeBytes,
      digest: asset.digest,
      download_count: asset.downloads,
      created_at: new Date(asset.createdMs).toISOString(),
      updated_at: new Date(asset.updatedMs).toISOString(),
      browser_download_url: `${this.#webRepository}/releases/download/${publicTag(release)}/${file}`,
    };
  }

  get #path(): string {
    return `/repos/${this.#repository.owner}/${this.#repository.name}`;
  }

  get #webRepository(): string {
    return `${this.#urls.webUrl}/${this.#repository.owner}/${this.#repository.name}`;
  }
}

/** Returns the tag as it appears in public URLs; for a draft, GitHub generates a placeholder. */
function publicTag({ tag, id, isDraft }: Release): string {
  if (!isDraft) return encodeURIComponent(tag);
  return `untagged-${createHash('sha256').update(`${id}`).digest('hex').slice(0, 20)}`;
}

function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(`local ${id}`).toString('base64url')}`;
}

/** The user that the token of a workflow belongs to. */
function actionsBot({ apiUrl, webUrl }: BaseUrls): Schemas['simple-user'] {
  const login = 'github-actions[bot]';
  const url = `${apiUrl}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: 41898282,
    node_id: 'MDM6Qm90NDE4OTgyODI=',
    avatar_url: `${webUrl}/avatar.png`,
    gravatar_id: '',
    url,
    html_url: `${webUrl}/apps/github-actions`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: 'Bot',
    site_admin: false,
  };
}
