import { oneLine, sentence } from './text.ts';

/**
 * Every way to fail, and what a person who never read Cloudflare's documentation can do about it. Messages are
 * made from this table.
 */
export const failures = {
  'bad-input': {
    title: 'An input is wrong',
    advice: 'Correct the inputs of this step; nothing was requested.',
  },
  'token-invalid': {
    title: 'The credentials are not valid',
    advice:
      'Make an API token in the Cloudflare dashboard (My Profile → API Tokens → Create Token → Custom token, permission "Account · Stream · Edit"), store it as a repository secret and pass it as `api-token`. An expired or deleted token, a secret with a typing error, or a token without permission for Stream or for this account gives this answer too.',
  },
  'token-permission': {
    title: 'The token lacks a permission',
    advice:
      'Give the token the permission "Account · Stream · Edit" for this account (Cloudflare dashboard → My Profile → API Tokens → Edit); "Stream · Read" is enough for `list` of public videos alone.',
  },
  'account-wrong': {
    title: 'The account is wrong, or not open to the token',
    advice:
      'Compare `account-id` with the 32 characters shown in the Cloudflare dashboard under Stream (or in its address, dash.cloudflare.com/ACCOUNT_ID), and check that the token covers this account. A `video-id` that Cloudflare cannot read gives the same answer.',
  },
  'video-not-found': {
    title: 'The account has no such video',
    advice:
      'Check `video-id` (the `uid` that the upload answered) and that the video belongs to `account-id`, not to another account. A deleted video gives this answer too.',
  },
  'not-ready': {
    title: 'The video is still being processed',
    advice: 'Set `wait: true` to wait until Cloudflare has processed it, or run this step later.',
  },
  'still-live': {
    title: 'The video is still being broadcast',
    advice:
      'A download can be made once the broadcast has ended and its recording is processed. Set `wait: true` to wait for that.',
  },
  'encode-failed': {
    title: 'Cloudflare could not encode the video',
    advice: 'This is final for this video: mend the source and upload it again.',
  },
  'too-long': {
    title: 'The recording is too long for a download',
    advice:
      'Cloudflare makes no downloads of recordings over 4 hours. Clip the video into shorter ones (Stream → the video → Clip, or the API\'s "clip" call) and make downloads of those.',
  },
  'create-refused': {
    title: 'Cloudflare refused to create the download',
    advice:
      'The video itself is ready, so this is for Cloudflare to explain: look at the video in the dashboard, try again later, and give the Ray id to Cloudflare support if it stays.',
  },
  'download-error': {
    title: 'The download is in status error',
    advice:
      'It stays so until it is deleted: run this action once with `operation: delete`, then with `operation: create`.',
  },
  'download-vanished': {
    title: 'The download vanished while it was being generated',
    advice:
      'Somebody or something else deleted it, or Cloudflare lost it. Check that no other job deletes downloads of this video, and run this step again.',
  },
  'request-refused': {
    title: 'Cloudflare refused the request',
    advice: 'What Cloudflare said tells what to mend; give the Ray id to Cloudflare support if it does not.',
  },
  'rate-limited': {
    title: 'Too many requests',
    advice:
      'Cloudflare allows 1,200 API requests in 5 minutes per user, all tokens and the dashboard together. Run fewer jobs at once, lower `concurrency`, or set a longer `poll-interval`.',
  },
  'server-error': {
    title: 'Cloudflare answered with a fault of its own',
    advice: 'Look at cloudflarestatus.com and run this step again later.',
  },
  blocked: {
    title: 'A firewall blocked the request',
    advice:
      "Cloudflare's firewall, or one between, refuses this machine's address; behind a proxy that may be the proxy itself. Run the job on another runner, or let your network's administrator allow api.cloudflare.com; give the Ray id to Cloudflare support.",
  },
  unreachable: {
    title: 'The API could not be reached',
    advice:
      'Check `api-url`, and that this runner may reach it: DNS, firewall, and the proxy where one is named. If the network is down, run this step again later.',
  },
  proxy: {
    title: 'The proxy does not let the request through',
    advice:
      'Where it asks for a user and a password, write them into its address, percent-encoded and from a secret: `https_proxy: http://USER:PASSWORD@HOST:PORT` in the environment. Where it refuses, let its administrator allow this host, or name the host in `no_proxy` if the runner may reach it without a proxy.',
  },
  'proxy-malformed': {
    title: 'The address of a proxy is malformed',
    advice:
      "Write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with user and password percent-encoded. The variable comes from `env` in the workflow, from the runner's environment or from its file `.env`; remove it if there is no proxy. Nothing was requested.",
  },
  certificate: {
    title: 'A certificate is not trusted',
    advice:
      'Where a gateway or proxy with a certificate authority of its own is between, give its certificate to Node: set the environment variable NODE_EXTRA_CA_CERTS to the path of the PEM file.',
  },
  'not-json': {
    title: 'The answer is not the API’s',
    advice:
      'Something else answers at `api-url`: a captive portal, a proxy, another web server. Check `api-url`; left out, it is https://api.cloudflare.com/client/v4.',
  },
  'unknown-answer': {
    title: 'Cloudflare answered what this version does not know',
    advice:
      'Use a newer version of this action; if there is none, report this with the log of a run with debug logging.',
  },
  'wrong-address': {
    title: 'There is no Cloudflare API at this address',
    advice:
      'Check `api-url`; its path must be the part before `/accounts/…`, for Cloudflare itself `/client/v4`. Left out, it is https://api.cloudflare.com/client/v4.',
  },
  redirected: {
    title: 'The API redirected the request',
    advice:
      'Redirects are not followed, since they could carry the credentials to another host. If the target is right, set `api-url` to it.',
  },
  'no-download': {
    title: 'There is no download to save',
    advice:
      'Make it first: `operation: create` with otherwise the same inputs creates it, waits for it and goes on.',
  },
  'private-video': {
    title: 'The delivery host refused an unsigned URL',
    advice:
      'If the video is private (it requires signed URLs), set `signed-url: auto`, or leave it out; the token needs the permission "Account · Stream · Edit" for that. If it is not, a rule limits who may fetch it: look at the allowed origins of the video, and at firewalls.',
  },
  'delivery-refused': {
    title: 'The delivery host refused the file',
    advice:
      'Compare the settings of the video in the Cloudflare dashboard (require signed URLs, allowed origins), and whether a rule of your own or of your network limits who may fetch it. The download itself is ready.',
  },
  'delivery-redirected': {
    title: 'The delivery host redirected the request',
    advice:
      'Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL from this machine to see.',
  },
  'delivery-error': {
    title: 'The delivery host answered with a fault of its own',
    advice: 'Look at cloudflarestatus.com and run this step again later. The download itself is ready.',
  },
  'delivery-unreachable': {
    title: 'The delivery host could not be reached',
    advice:
      'Check that this runner may reach it: DNS, firewall, and the proxy where one is named. If the network is down, run this step again later: the download is ready and is kept.',
  },
  'file-missing': {
    title: 'The delivery host does not have the file',
    advice:
      'The download counts as ready, but its file is not there. If it stays so, run this action once with `operation: delete`, then with `operation: create`.',
  },
  'file-failed': {
    title: 'Cloudflare failed to make the file',
    advice:
      'Run this action once with `operation: delete`, then with `operation: create`; if that does not help, upload the video again.',
  },
  'file-incomplete': {
    title: 'The file did not come whole',
    advice:
      'Nothing was saved. Run this step again: the download is ready and is kept. If it stays so, something between this runner and Cloudflare cuts connections: a proxy, a firewall, a lack of time.',
  },
  'not-media': {
    title: 'What came is not the file',
    advice:
      'Nothing was saved. Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL from this machine to see. Else run this action once with `operation: delete`, then with `operation: create`.',
  },
  'target-taken': {
    title: 'Two files would have the same name',
    advice: 'Put `{id}` into the name of the file in `save-to`, so that each video has a name of its own.',
  },
  'target-outside': {
    title: 'The file would lie outside the workspace',
    advice:
      'A symbolic link leads there. Remove the link, or save to a folder that lies in the workspace or in RUNNER_TEMP.',
  },
  'target-unwritable': {
    title: 'The file cannot be written',
    advice: 'Check `save-to`, and that this step may write there. Nothing was left behind.',
  },
  'disk-full': {
    title: 'The disk is full',
    advice:
      'Free space before this step (hosted runners have few GB to spare: remove what the job does not need), lower `concurrency`, or save to another disk. Nothing was left behind.',
  },
  'release-not-found': {
    title: 'There is no such release',
    advice:
      'Create it in a step before this one, such as `gh release create TAG --draft --verify-tag` with GH_TOKEN set to `${{ github.token }}`. A draft is seen only by a token that may write: give the job `permissions: contents: write`.',
  },
  'release-immutable': {
    title: 'The release is published and immutable',
    advice:
      'An immutable release takes no files any more. Attach while it is a draft, then publish it: `gh release edit TAG --draft=false` in a step after this one.',
  },
  'github-token': {
    title: 'GitHub does not accept the token',
    advice:
      'Leave `github-token` out, so that it is the token of the job; or set it to a token of this repository that has not expired.',
  },
  'github-permission': {
    title: 'The token may not write to the release',
    advice:
      'Give the job the permission, in the workflow: `permissions: contents: write`. In runs for pull requests from forks the token may only read, whatever the workflow says.',
  },
  'github-not-found': {
    title: 'GitHub does not find it',
    advice:
      'The release, or the repository, was deleted meanwhile, or the token may not see it: check `github-token` and the permission of the job, `permissions: contents: write`.',
  },
  'github-rate-limited': {
    title: 'Too many requests to GitHub',
    advice:
      'The token of a job has 1,000 requests an hour for its repository, all jobs together. Run fewer jobs at once, or run this step again later.',
  },
  'github-error': {
    title: 'GitHub answered with a fault of its own',
    advice: 'Look at githubstatus.com and run this step again later: what is attached already is kept.',
  },
  'github-refused': {
    title: 'GitHub refused the request',
    advice: 'What GitHub said tells what to mend.',
  },
  'github-unreachable': {
    title: 'GitHub could not be reached',
    advice:
      'Check that this runner may reach it: DNS, firewall, and the proxy where one is named. If the network is down, run this step again later.',
  },
  'asset-too-large': {
    title: 'The file is too large for a release',
    advice:
      'GitHub takes files up to 2 GiB. Save it with `save-to` alone and store it elsewhere, or attach the sound alone (`type: audio`).',
  },
  'time-over': {
    title: 'The time limit was reached',
    advice:
      'Set a longer `timeout`, or run this step again: it goes on where Cloudflare is by then, and fetches anew what was not saved whole.',
  },
  cancelled: {
    title: 'The run was cancelled',
    advice: 'Run this step again to pick up what Cloudflare has done by then.',
  },
  'no-outputs': {
    title: 'The outputs could not be written',
    advice:
      'The runner names a file for them in GITHUB_OUTPUT, which must exist, and the folder of the results file in RUNNER_TEMP: check that no earlier step changed those variables or deleted what they name, and that the disk is not full.',
  },
  unexpected: {
    title: 'A fault of this action',
    advice: 'Please report this with the log of a run with debug logging.',
  },
} as const satisfies Record<string, { title: string; advice: string }>;

/** What Cloudflare's codes for a failed encode (`errorReasonCode`) mean. */
export const encodeErrors: ReadonlyMap<string, string> = new Map([
  ['ERR_NON_VIDEO', 'the upload is not a video'],
  ['ERR_DURATION_EXCEED_CONSTRAINT', 'the video is longer than its upload allowed (`maxDurationSeconds`)'],
  ['ERR_FETCH_ORIGIN_ERROR', 'the video could not be fetched from its link'],
  ['ERR_MALFORMED_VIDEO', 'the file is damaged, or its codec or container is not supported'],
  ['ERR_DURATION_TOO_SHORT', 'the video is shorter than 0.1 s'],
  ['ERR_UNKNOWN', 'for a reason that Cloudflare does not know'],
]);

export type FailureKind = keyof typeof failures;

/** What Cloudflare answered, as far as a person or its support needs it. */
export interface Said {
  /** Messages in Cloudflare's own words, each with its code where it has one. */
  readonly messages: readonly { readonly code?: number; readonly message: string }[];
  readonly httpStatus?: number;
  /** The header `cf-ray`: what Cloudflare's support asks for. */
  readonly rayId?: string;
}

/** A failure that a person is told of: what happened, what Cloudflare said, what to do now. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  /** What happened, without a full stop; one line for each thing where there are several. */
  readonly what: string;
  readonly said: Said | undefined;

  constructor(
    kind: FailureKind,
    what: string,
    { said, cause }: { said?: Said | undefined; cause?: unknown } = {},
  ) {
    const parts = [sentence(what), quote(said), failures[kind].advice].filter(Boolean);
    super(parts.join(what.includes('\n') ? '\n' : ' '), { cause });
    this.kind = kind;
    this.what = what;
    this.said = said;
  }

  /** The failure itself, or whatever else was thrown as a fault of this action. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const what = Error.isError(error) ? `${error.name}: ${error.message}` : String(error);
    return new Failure('unexpected', `Something unexpected went wrong: ${oneLine(what)}`, { cause: error });
  }
}

/** A request that failed on its way through a proxy. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** The proxy, as `http://HOST:PORT`. */
  readonly proxy: string;
  /** The proxy's own answer; undefined where it gave none. */
  readonly status: number | undefined;
  /** Whether the same request may succeed later. */
  readonly passing: boolean;

  /**
   * @param host where the request was to go
   * @param options.authorized whether the proxy was given a user or a password
   */
  constructor(
    proxy: string,
    host: string,
    { authorized, cause, status }: { authorized: boolean; cause: unknown; status?: number },
  ) {
    super(`the proxy ${proxy} ${proxyDid(host, authorized, status)}`, { cause });
    this.proxy = proxy;
    this.status = status;
    this.passing = status === undefined || status >= 500 || status === 429 || status === 408;
  }
}

function proxyDid(host: string, authorized: boolean, status: number | undefined): string {
  if (status === undefined) return `is not reached, or does not reach ${host}`;
  if (status !== 407) return `answered HTTP ${status} instead of letting the request through to ${host}`;
  return authorized
    ? 'does not accept the user and the password that its address holds (HTTP 407)'
    : 'asks for a user and a password (HTTP 407)';
}

/** An error with all that caused it, the deepest cause last; of several at once the first. */
export function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next !== undefined && !chain.includes(next); ) {
    chain.push(next);
    next = Error.isError(next) ? (firstOf(next) ?? next.cause) : undefined;
  }
  return chain;
}

/** The first of several errors at once, as of a host that was tried at several addresses. */
function firstOf(error: Error): unknown {
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}

function quote(said: Said | undefined): string {
  if (!said) return '';
  const [first] = said.messages;
  const facts = [
    ...(first?.code === undefined ? [] : [`code ${first.code}`]),
    ...(said.httpStatus === undefined ? [] : [`HTTP ${said.httpStatus}`]),
    ...(said.rayId === undefined ? [] : [`Ray id ${said.rayId}`]),
  ].join(', ');
  const words = said.messages.map(({ message }) => `“${oneLine(message)}”`).join(', ');
  if (words) return `Cloudflare said: ${words}${facts && ` (${facts})`}.`;
  // Without a Ray id the answer may be somebody else's, such as a proxy's.
  return facts && `${said.rayId === undefined ? 'The answer was' : 'Cloudflare answered'}: ${facts}.`;
}
