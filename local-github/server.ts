import type { Clock } from '../local-http/clock.ts';
import { Faults } from '../local-http/faults.ts';
import { listen } from '../local-http/listener.ts';
import type { GitHubContext, UploadStart } from './api/context.ts';
import { type AssetResponse, type ReleaseResponse, Responses } from './api/responses.ts';
import { apiRoutes, type RoutePattern, uploadRoutes } from './api/routes.ts';
import { type Host, type Site, site } from './api/site.ts';
import { credentials } from './credentials.ts';
import { exchange, type RecordedRequest, type Traffic } from './exchange.ts';
import type { Fault, Target } from './faults.ts';
import type { AssetOptions } from './releases/asset.ts';
import type { Release, ReleaseOptions } from './releases/release.ts';
import { Repository } from './releases/repository.ts';

/** The options of a local GitHub; all are optional. */
export interface LocalGitHubOptions {
  /** The port of the API host. Defaults to any free port, which the uploads host always uses. */
  readonly port?: number;
  /** The address to listen on. Defaults to 127.0.0.1. */
  readonly host?: string;
  /** The base path of the API. Defaults to none; `/api/v3` on GitHub Enterprise Server. */
  readonly apiPath?: '' | '/api/v3';
  /** Serves uploads on the API host, under `/api/uploads`, as GitHub Enterprise Server does. Defaults to false. */
  readonly uploadsOnApi?: boolean;
  /** Refuses an asset whose name differs from that of another one only by case. Defaults to false. */
  readonly caseInsensitiveNames?: boolean;
  /**
   * Looks for the asset before the permission: a read-only token that changes or deletes an asset that does not exist
   * gets 404, not 403. Defaults to false.
   */
  readonly missingBeforePermission?: boolean;
  /** Defaults to the system time. */
  readonly clock?: Clock;
}

/** Simulates another job that acts just before an upload begins. */
export type UploadStep = (upload: UploadStart) => void | Promise<void>;

/** A local GitHub with the releases of one repository. All state is in memory. */
export interface LocalGitHub extends AsyncDisposable {
  /** The value for `GITHUB_API_URL`: `http://127.0.0.1:PORT`, followed by `apiPath`. */
  readonly apiUrl: string;
  /** The beginning of `upload_url`: `http://127.0.0.1:PORT`, on another port than the API without `uploadsOnApi`. */
  readonly uploadsUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** May read and write. */
  readonly token: string;
  /** May only read. */
  readonly readOnlyToken: string;
  /** The faults planned for upcoming requests. */
  readonly faults: Faults<Fault, Target>;
  /** The requests received, in order. May be emptied. */
  readonly requests: RecordedRequest[];
  /**
   * Adds a release. Returns it as the API would.
   *
   * @throws Error when its tag already has a published release, or two of its assets have the same name
   */
  addRelease(options: ReleaseOptions): ReleaseResponse;
  /**
   * Adds an asset to a release as another job would. Returns it as the API would.
   *
   * @throws Error when there is no such release, or the name is in use
   */
  addAsset(tag: string, asset: AssetOptions): AssetResponse;
  /**
   * Calls `step` when each of the next `times` uploads (defaults to 1) has arrived, before it is compared with the
   * existing assets: an asset that `step` adds can conflict with the upload. Returns a function that cancels this.
   */
  beforeUpload(step: UploadStep, times?: number): () => void;
  /** Returns the current release of a tag, or its newest draft if none is published, without a request. */
  release(tag: string): ReleaseResponse | undefined;
  /** Returns the current assets of the release of a tag; none when there is no such release. */
  assets(tag: string): AssetResponse[];
  /** Returns the content of an asset, if it was small enough (8 MiB) to be kept. */
  bytesOf(assetId: number): Uint8Array | undefined;
  /** Stops both hosts and closes every connection to them. */
  close(): Promise<void>;
}

/**
 * Starts a local GitHub.
 *
 * @throws the system error when it cannot listen, such as EADDRINUSE
 */
export async function startLocalGitHub(options: LocalGitHubOptions = {}): Promise<LocalGitHub> {
  const { apiPath = '', caseInsensitiveNames = false, clock = Date } = options;
  const { port = 0, host: address = '127.0.0.1' } = options;
  const { missingBeforePermission = false, uploadsOnApi = false } = options;
  const { owner, repo } = credentials;
  const repository = new Repository(owner, repo, { caseInsensitiveNames, clock });
  const traffic: Traffic = { faults: new Faults(), requests: [], clock };
  const steps = new Set<UploadStep>();

  const sites: Partial<Record<Host, Site>> = {};
  const open = (host: Host, onPort: number) =>
    listen(onPort, address, (incoming, outgoing) => {
      const hostSite = sites[host];
      // The sites are set in the turn of the event loop in which the last host begins to listen.
      if (hostSite) void exchange(incoming, outgoing, hostSite, traffic);
    });
  const uploads = uploadsOnApi ? undefined : await open('uploads', 0);
  const api = await open('api', port).catch(async (error: unknown) => {
    await uploads?.close();
    throw error;
  });
  const close = async () => {
    await Promise.all([api.close(), uploads?.close()]);
  };

  const uploadsPath = uploadsOnApi ? '/api/uploads' : '';
  const urls = {
    apiUrl: `${api.url}${apiPath}`,
    uploadsUrl: `${(uploads ?? api).url}${uploadsPath}`,
    webUrl: api.url,
  };
  const responses = new Responses(repository, urls);
  const context: GitHubContext = {
    repository,
    responses,
    clock,
    missingBeforePermission,
    origin: api.url,
    beforeUpload: async (upload) => {
      for (const step of steps) await step(upload);
    },
  };
  const routes: Record<Host, RoutePattern[]> = {
    api: apiRoutes(apiPath),
    uploads: uploadRoutes(uploadsPath),
  };
  sites.api = site('api', uploadsOnApi ? [...routes.uploads, ...routes.api] : routes.api, context);
  sites.uploads = site('uploads', routes.uploads, context);

  return {
    ...credentials,
    apiUrl: urls.apiUrl,
    uploadsUrl: urls.uploadsUrl,
    faults: traffic.faults,
    requests: traffic.requests,
    addRelease: (release) => responses.release(repository.addRelease(release)),
    addAsset: (tag, asset) => {
      const release = requireRelease(repository, tag);
      return responses.asset(release, repository.addAsset(release, asset));
    },
    beforeUpload: (step, times = 1) => {
      let left = times;
      const counted: UploadStep = async (upload) => {
        left -= 1;
        if (left <= 0) steps.delete(counted);
        await step(upload);
      };
      steps.add(counted);
      return () => {
        steps.delete(counted);
      };
    },
    release: (tag) => {
      const release = repository.releaseOf(tag);
      return release && responses.release(release);
    },
    assets: (tag) => {
      const release = repository.releaseOf(tag);
      return release ? responses.release(release).assets : [];
    },
    bytesOf: (assetId) => repository.asset(assetId)?.asset.bytes,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function requireRelease(repository: Repository, tag: string): Release {
  const release = repository.releaseOf(tag);
  if (!release) throw new Error(`there is no release with the tag ${tag}`);
  return release;
}
