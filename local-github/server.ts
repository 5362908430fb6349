import type { Clock } from '../local-stream/clock.ts';
import { listen } from '../local-stream/http/listener.ts';
import { Answers, type AssetAnswer, type ReleaseAnswer } from './api/answers.ts';
import type { GitHubContext, UploadStart } from './api/context.ts';
import { apiWays, uploadWays, type Way } from './api/routes.ts';
import { type Host, type Site, site } from './api/site.ts';
import { credentials } from './credentials.ts';
import { Faults } from './faults.ts';
import { exchange, type RecordedRequest, type Traffic } from './http/exchange.ts';
import type { AssetOptions } from './releases/asset.ts';
import type { Release, ReleaseOptions } from './releases/release.ts';
import { Repository } from './releases/repository.ts';

/** How a local GitHub is set up. All may be left out. */
export interface LocalGitHubOptions {
  /** The path under which the API is: none by default, `/api/v3` on a GitHub Enterprise Server. */
  readonly apiPath?: '' | '/api/v3';
  /** Uploads go to the API's own host, under `/api/uploads`, as on a GitHub Enterprise Server. */
  readonly uploadsOnApi?: boolean;
  /** The system's time by default. */
  readonly clock?: Clock;
}

/** What another job does when an upload is about to begin. */
export type UploadStep = (upload: UploadStart) => void | Promise<void>;

/** A GitHub on this machine, with one repository, as far as releases and their assets go. All is in memory. */
export interface LocalGitHub extends AsyncDisposable {
  /** What `GITHUB_API_URL` would be: `http://127.0.0.1:PORT`, and the path if there is one. */
  readonly apiUrl: string;
  /** Where `upload_url` begins: `http://127.0.0.1:PORT`, another port than the API's unless uploads are on the API. */
  readonly uploadsUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** May read and write. */
  readonly token: string;
  /** May only read. */
  readonly readOnlyToken: string;
  /** What goes wrong with the requests to come. */
  readonly faults: Faults;
  /** What came in, in order. It may be emptied. */
  readonly requests: RecordedRequest[];
  /**
   * Adds a release, and returns it as the API would.
   *
   * @throws Error when its tag has a published release already, or two of its assets have one name
   */
  addRelease(options: ReleaseOptions): ReleaseAnswer;
  /**
   * Adds an asset to a release as another job would, and returns it as the API would.
   *
   * @throws Error when there is no such release, or the name is taken
   */
  addAsset(tag: string, asset: AssetOptions): AssetAnswer;
  /**
   * Has something done when the next uploads (one by default) have arrived, and before anybody looks at what the
   * release has: what is added there gets in an upload's way. What comes back takes it away again.
   */
  beforeUpload(step: UploadStep, times?: number): () => void;
  /** The release of a tag as it is now, a draft if there is no other, without a request. */
  release(tag: string): ReleaseAnswer | undefined;
  /** Its assets as they are now; none when there is no such release. */
  assets(tag: string): AssetAnswer[];
  /** The content of an asset, as long as it is small enough (8 MiB) to have been kept. */
  bytesOf(assetId: number): Uint8Array | undefined;
  /** Ends both hosts and every connection to them. */
  close(): Promise<void>;
}

/** Starts a GitHub on this machine. */
export async function startLocalGitHub(options: LocalGitHubOptions = {}): Promise<LocalGitHub> {
  const { apiPath = '', uploadsOnApi = false, clock = Date } = options;
  const { owner, repo } = credentials;
  const repository = new Repository(owner, repo, clock);
  const traffic: Traffic = { faults: new Faults(), requests: [], clock };
  const steps = new Set<UploadStep>();

  const sites: Partial<Record<Host, Site>> = {};
  const open = (host: Host) =>
    listen(0, '127.0.0.1', (incoming, outgoing) => {
      const its = sites[host];
      // Nobody knows the address before the sites are there.
      if (its) void exchange(incoming, outgoing, its, traffic);
    });
  const api = await open('api');
  const uploads = uploadsOnApi ? undefined : await open('uploads');
  const close = async () => {
    await Promise.all([api.close(), uploads?.close()]);
  };

  const uploadsPath = uploadsOnApi ? '/api/uploads' : '';
  const places = {
    apiUrl: `${api.url}${apiPath}`,
    uploadsUrl: `${(uploads ?? api).url}${uploadsPath}`,
    webUrl: api.url,
  };
  const answers = new Answers(repository, places);
  const context: GitHubContext = {
    repository,
    answers,
    clock,
    origin: api.url,
    beforeUpload: async (upload) => {
      for (const step of steps) await step(upload);
    },
  };
  const ways: Record<Host, Way[]> = { api: apiWays(apiPath), uploads: uploadWays(uploadsPath) };
  sites.api = site('api', uploadsOnApi ? [...ways.uploads, ...ways.api] : ways.api, context);
  sites.uploads = site('uploads', ways.uploads, context);

  return {
    ...credentials,
    apiUrl: places.apiUrl,
    uploadsUrl: places.uploadsUrl,
    faults: traffic.faults,
    requests: traffic.requests,
    addRelease: (release) => answers.release(repository.addRelease(release)),
    addAsset: (tag, asset) => {
      const release = existing(repository, tag);
      return answers.asset(release, repository.addAsset(release, asset));
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
      return release && answers.release(release);
    },
    assets: (tag) => {
      const release = repository.releaseOf(tag);
      return release ? answers.release(release).assets : [];
    },
    bytesOf: (assetId) => repository.asset(assetId)?.asset.bytes,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function existing(repository: Repository, tag: string): Release {
  const release = repository.releaseOf(tag);
  if (!release) throw new Error(`there is no release of the tag ${tag}`);
  return release;
}
