import { createHash } from 'node:crypto';
import type { components } from '@octokit/openapi-types';
import type { Asset, AssetState } from '../releases/asset.ts';
import type { Release } from '../releases/release.ts';
import type { Repository } from '../releases/repository.ts';

type Schemas = components['schemas'];

/**
 * An asset, as the API answers it.
 * Follows https://docs.github.com/rest/releases/assets#get-a-release-asset, save for `state`: the schema knows "open",
 * and the real one says "starter".
 */
export type AssetAnswer = Omit<Schemas['release-asset'], 'state'> & { state: AssetState };

/**
 * A release, as the API answers it.
 * Follows https://docs.github.com/rest/releases/releases#get-a-release
 */
export type ReleaseAnswer = Omit<Schemas['release'], 'assets'> & { assets: AssetAnswer[] };

/** Where things are to be found, each without a slash at the end. */
export interface Places {
  readonly apiUrl: string;
  readonly uploadsUrl: string;
  /** Of the pages and the downloads. */
  readonly webUrl: string;
}

/** Puts into words what a repository has. */
export class Answers {
  readonly #repository: Repository;
  readonly #places: Places;
  readonly #user: Schemas['simple-user'];

  constructor(repository: Repository, places: Places) {
    this.#repository = repository;
    this.#places = places;
    this.#user = actionsBot(places);
  }

  release(release: Release): ReleaseAnswer {
    const { id, tag, name, isDraft, isPrerelease, isImmutable, createdMs } = release;
    const { apiUrl, uploadsUrl } = this.#places;
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
      body: '',
    };
  }

  asset(release: Release, asset: Asset): AssetAnswer {
    const file = encodeURIComponent(asset.name);
    return {
      url: `${this.#places.apiUrl}${this.#path}/releases/assets/${asset.id}`,
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
    return `${this.#places.webUrl}/${this.#repository.owner}/${this.#repository.name}`;
  }
}

/** What stands for the tag in public addresses: a draft's are made up, and change when it is published. */
function publicTag({ tag, id, isDraft }: Release): string {
  if (!isDraft) return encodeURIComponent(tag);
  return `untagged-${createHash('sha256').update(`${id}`).digest('hex').slice(0, 20)}`;
}

function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(`local ${id}`).toString('base64url')}`;
}

/** Whose token a workflow has. */
function actionsBot({ apiUrl, webUrl }: Places): Schemas['simple-user'] {
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
