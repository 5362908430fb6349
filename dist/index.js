import { createRequire } from 'module';

/******/ var __webpack_modules__ = ({

/***/ 598:
/***/ ((module) => {

module.exports = createRequire(import.meta.url)("node:crypto");

/***/ }),

/***/ 24:
/***/ ((module) => {

module.exports = createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 161:
/***/ ((module) => {

module.exports = createRequire(import.meta.url)("node:os");

/***/ }),

/***/ 760:
/***/ ((module) => {

module.exports = createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 216:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ systemClock)
/* harmony export */ });
/* unused harmony export sleepWith */
/** The `sleep` of a clock, from its `schedule`. */
function sleepWith(schedule) {
    return (ms, signal) => new Promise((resolve, reject) => {
        if (signal.aborted)
            return reject(signal.reason);
        const abort = () => {
            cancel();
            reject(signal.reason);
        };
        const cancel = schedule(ms, () => {
            signal.removeEventListener('abort', abort);
            resolve();
        });
        signal.addEventListener('abort', abort, { once: true });
    });
}
function schedule(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
}
/** The clock of the machine. */
const systemClock = {
    now: () => performance.now(),
    epochMs: () => Date.now(),
    schedule,
    sleep: sleepWith(schedule),
};


/***/ }),

/***/ 15:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Qw: () => (/* binding */ titleText),
/* harmony export */   TN: () => (/* binding */ oneLine),
/* harmony export */   U9: () => (/* binding */ count),
/* harmony export */   Zv: () => (/* binding */ aboutLeft),
/* harmony export */   a3: () => (/* binding */ formatDuration),
/* harmony export */   em: () => (/* binding */ sentence),
/* harmony export */   hD: () => (/* binding */ quote),
/* harmony export */   ni: () => (/* binding */ mayContainPassword),
/* harmony export */   xv: () => (/* binding */ truncate),
/* harmony export */   z3: () => (/* binding */ formatBytes)
/* harmony export */ });
/** Control characters except white space, format characters (bidi included), and lone surrogates. */
const unprintable = /[\p{Cf}\p{Cs}]|[^\P{Cc}\t\n\v\f\r\u0085]/gu;
/** JavaScript's white space, and the "next line" control, which .NET counts as such. */
const whiteSpace = /[\s\u0085]+/g;
/** Makes untrusted text fit into one line of a log: without unprintable characters, which could hide a secret. */
function oneLine(text) {
    return text.replace(unprintable, '').replace(whiteSpace, ' ').trim();
}
/** A video's title on one line. It keeps the joiners that some scripts and emoji need. */
function titleText(text) {
    return text
        .replace(unprintable, (character) => (/[\u200c\u200d]/.test(character) ? character : ''))
        .replace(whiteSpace, ' ')
        .trim();
}
/** Whether an address that cannot be parsed may contain a password. */
function mayContainPassword(address) {
    return /@|%40|\uff20/i.test(address);
}
/**
 * The beginning of a text that is too long. What may hold a secret must be redacted before.
 *
 * @param maxLength in UTF-16 units, the ellipsis included
 */
function truncate(text, maxLength) {
    if (text.length <= maxLength)
        return text;
    // A lone half of a surrogate pair would not be a character.
    const start = text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '');
    return `${start.trimEnd()}\u2026`;
}
/** The longest value that a message shows, in UTF-16 units. */
const longestQuoted = 80;
/** An input as a message shows it. A long one is replaced by its length: half of a secret would not be redacted. */
function quote(text) {
    const line = oneLine(text);
    return line.length <= longestQuoted
        ? JSON.stringify(line)
        : `the text of ${count(line.length, 'character')}`;
}
/** `1 h 5 min`, `2 min 3 s`, `4.2 s`, `320 ms`: the two largest units. */
function formatDuration(ms) {
    if (Math.round(ms) < 1000)
        return `${Math.round(ms)} ms`;
    if (ms < 10_000)
        return `${Number((ms / 1000).toFixed(1))} s`;
    const seconds = Math.round(ms / 1000);
    const units = [
        [Math.floor(seconds / 3600), 'h'],
        [Math.floor(seconds / 60) % 60, 'min'],
        [seconds % 60, 's'],
    ];
    const first = units.findIndex(([amount]) => amount > 0);
    return units
        .slice(first, first + 2)
        .filter(([amount]) => amount > 0)
        .map(([amount, unit]) => `${amount} ${unit}`)
        .join(' ');
}
/** `, about 2 min left`, in whole seconds; empty if undefined. */
function aboutLeft(ms) {
    return ms === undefined ? '' : `, about ${formatDuration(Math.max(1, Math.ceil(ms / 1000)) * 1000)} left`;
}
/** `320 bytes`, `4.2 kB`, `45 MB`, `1.3 GB`: in powers of 1000. */
function formatBytes(bytes) {
    const units = ['kB', 'MB', 'GB', 'TB'];
    if (bytes < 1000)
        return count(bytes, 'byte');
    // What would be rounded to 1000 of a unit is 1 of the next.
    const power = Math.min(units.length, Math.floor(Math.log10(bytes + bytes / 200) / 3));
    const amount = bytes / 1000 ** power;
    return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${units[power - 1]}`;
}
/** `1 video`, `3 videos`, `1,200 videos`. */
function count(amount, noun) {
    return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`;
}
/** The text with a full stop, unless it ends as a sentence does. */
function sentence(text) {
    return /[.?!]$/.test(text) ? text : `${text}.`;
}


/***/ }),

/***/ 660:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var _core_clock_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(216);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(384);
/* harmony import */ var _runner_runner_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(731);
/* harmony import */ var _runner_signals_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(214);




// Outputs are written even if nothing reads the log any more.
process.stdout.on('error', () => { });
process.exitCode = await (0,_run_js__WEBPACK_IMPORTED_MODULE_1__/* .run */ .e)({
    runner: (0,_runner_runner_js__WEBPACK_IMPORTED_MODULE_2__/* .actionsRunner */ .A)(),
    clock: _core_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .systemClock */ .m,
    random: Math.random,
    fetch: globalThis.fetch,
    cancelled: (0,_runner_signals_js__WEBPACK_IMPORTED_MODULE_3__/* .cancellationSignal */ .w)(),
});
// A DNS lookup cannot be aborted, and would delay the end of a cancelled step.
setTimeout(() => process.exit(), 300).unref();

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 384:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e: () => (/* binding */ run)
});

function __addDisposableResource(env, value, async) {
  if (value !== null && value !== void 0) {
    if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
    var dispose, inner;
    if (async) {
      if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
      dispose = value[Symbol.asyncDispose];
    }
    if (dispose === void 0) {
      if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
      dispose = value[Symbol.dispose];
      if (async) inner = dispose;
    }
    if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
    if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
    env.stack.push({ value: value, dispose: dispose, async: async });
  }
  else if (async) {
    env.stack.push({ async: true });
  }
  return value;
}

var _SuppressedError = typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
  var e = new Error(message);
  return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
};

function __disposeResources(env) {
  function fail(e) {
    env.error = env.hasError ? new _SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
    env.hasError = true;
  }
  var r, s = 0;
  function next() {
    while (r = env.stack.pop()) {
      try {
        if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
        if (r.dispose) {
          var result = r.dispose.call(r.value);
          if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
        }
        else s |= 1;
      }
      catch (e) {
        fail(e);
      }
    }
    if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
    if (env.hasError) throw env.error;
  }
  return next();
}
/** How Cloudflare's API refuses a request, and what it reports about videos and downloads that failed. */
const apiFailures = {
    'token-invalid': {
        title: 'The credentials are not valid',
        advice: 'Create an API token with the permission "Account \u00b7 Stream \u00b7 Edit" in the Cloudflare dashboard: an account token, which outlives the person who made it (Manage Account \u2192 Account API Tokens), or a user token (My Profile \u2192 API Tokens). Store it as a repository secret and pass it as `api-token`. An expired or deleted token, a mistyped secret, or a token without permission for Stream or for this account causes the same error.',
    },
    'token-permission': {
        title: 'The token lacks a permission',
        advice: 'Give the token the permission "Account \u00b7 Stream \u00b7 Edit" for this account (in the Cloudflare dashboard under Manage Account \u2192 Account API Tokens, or My Profile \u2192 API Tokens); "Stream \u00b7 Read" is enough to `list` public videos. An expired, deleted or mistyped token can cause the same error.',
    },
    'account-wrong': {
        title: 'The account is wrong, or the token has no access to it',
        advice: 'Compare `account-id` with the 32 characters shown in the Cloudflare dashboard under Stream (or in its address, dash.cloudflare.com/ACCOUNT_ID), and check that the token covers this account.',
    },
    'video-not-found': {
        title: 'The account has no such video',
        advice: 'Check `video-id` (the `uid` that the upload returned) and that the video belongs to `account-id`, not to another account. A deleted video causes the same error.',
    },
    'not-ready': {
        title: 'The video is still being processed',
        advice: 'Set `wait: true` to wait until Cloudflare has processed it, or run this step later.',
    },
    'not-uploaded': {
        title: 'Nothing has been uploaded to the video yet',
        advice: 'Check that the step that uploads it ran before this one and succeeded, and that `video-id` is what it returned. Set `wait: true` to wait for an upload that is still running.',
    },
    'still-live': {
        title: 'The video is still being broadcast',
        advice: 'A download can be created once the broadcast has ended and its recording is processed. Set `wait: true` to wait for that.',
    },
    'encode-failed': {
        title: 'Cloudflare could not encode the video',
        advice: 'This is final for this video: fix the source file and upload it again.',
    },
    'too-long': {
        title: 'The recording is too long for a download',
        advice: 'Cloudflare creates no downloads of live recordings over 4 hours. It offers instant clips of up to 60 s instead, without this action: https://customer-CODE.cloudflarestream.com/VIDEO_ID/clip.mp4?time=600s&duration=30s, with the host of your other URLs.',
    },
    'create-refused': {
        title: 'Cloudflare refused to create the download',
        advice: 'The video itself is ready, so only Cloudflare can explain this: look at the video in the dashboard, try again later, and contact Cloudflare support with the Ray ID if it persists.',
        scope: 'type',
    },
    'download-error': {
        title: 'The download is in status error',
        advice: 'It keeps this status until it is deleted: run this action once with `operation: delete`, then with `operation: create`.',
        scope: 'type',
    },
    'download-vanished': {
        title: 'The download vanished while it was being generated',
        advice: 'Something else deleted it, or Cloudflare lost it. Check that no other job deletes downloads of this video, and run this step again.',
        scope: 'type',
    },
    'request-refused': {
        title: 'Cloudflare refused the request',
        advice: "Cloudflare's response says what to fix; if it does not, contact Cloudflare support with the Ray ID.",
        scope: 'type',
    },
    'rate-limited': {
        title: 'Too many requests',
        advice: 'Cloudflare allows 1,200 API requests in 5 minutes per user, all tokens and the dashboard together. Run fewer jobs at once, lower `concurrency`, or set a longer `poll-interval`.',
    },
    'server-error': {
        title: 'A server failed to handle the request',
        advice: 'Look at cloudflarestatus.com and run this step again later. If a proxy or gateway is in between, it may be the one that failed.',
    },
    'unknown-answer': {
        title: "This version does not understand Cloudflare's response",
        advice: 'Use a newer version of this action; if there is none, report this with the log of a run that has debug logging enabled.',
    },
    redirected: {
        title: 'The API redirected the request',
        advice: 'Redirects are not followed, since they could carry the credentials to another host. If the target is right, set `api-url` to it.',
    },
    'private-video': {
        title: 'The delivery host refused an unsigned URL',
        advice: 'If the video is private (it requires signed URLs), set `signed-url: auto`, the default; the token needs the permission "Account \u00b7 Stream \u00b7 Edit" for that. If the video is public, a rule limits who may fetch it: check its allowed origins, and firewalls.',
    },
};
/** What can go wrong while the file of one download is received from the delivery host. */
const deliveryFailures = {
    'no-download': {
        title: 'There is no download to save',
        advice: 'Create it first: with `operation: create` and otherwise the same inputs, this action creates it, waits for it and saves it.',
    },
    'unsafe-url': {
        title: 'The URL of the file must not be requested',
        advice: 'Cloudflare delivers files over https from hosts on the internet, so something else may answer in its place: check `api-url`, and what the host resolves to on this machine.',
    },
    'delivery-refused': {
        title: 'The delivery host refused the file',
        advice: 'Check the settings of the video in the Cloudflare dashboard (require signed URLs, allowed origins), and whether a rule of yours or of your network limits who may fetch it. The download itself is ready.',
    },
    'delivery-redirected': {
        title: 'The delivery host redirected the request',
        advice: 'Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL on this machine to find out.',
    },
    'delivery-error': {
        title: 'The delivery host failed to handle the request',
        advice: 'Look at cloudflarestatus.com and run this step again later. The download itself is ready.',
    },
    'delivery-unreachable': {
        title: 'The delivery host could not be reached',
        advice: 'Check that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later: the download stays ready.',
    },
    'file-missing': {
        title: 'The delivery host does not have the file',
        advice: 'Cloudflare reports the download as ready, but its file is missing. If this persists, run this action once with `operation: delete`, then with `operation: create`.',
    },
    'file-failed': {
        title: 'The delivery host cannot deliver the file',
        advice: 'Everything of a video whose state is `error` is answered with 424: fix the cause that its details give, and upload it again; deleting and recreating the download does not help. If its state is another one, run this step again later.',
    },
    'file-incomplete': {
        title: 'The file was not received completely',
        advice: 'Nothing was saved. Run this step again: the download stays ready. If this persists, something between this runner and Cloudflare closes connections, such as a proxy or a firewall, or `timeout` is too short.',
    },
    'not-media': {
        title: 'The response is not the file',
        advice: 'Nothing was saved. Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL on this machine to find out. Otherwise run this action once with `operation: delete`, then with `operation: create`.',
    },
};
/** What can go wrong while one file is written to disk. */
const fileFailures = {
    'target-taken': {
        title: 'Two files would have the same name',
        advice: 'Put `{id}` into the file name in `save-to`, so that each video gets its own file.',
    },
    'target-outside': {
        title: 'The file would be outside the workspace',
        advice: 'A symbolic link leads there. Remove the link, or save to a folder in the workspace or in RUNNER_TEMP.',
    },
    'target-unwritable': {
        title: 'The file cannot be written',
        advice: 'Check `save-to`, and that this step may write there. No partial file was left behind.',
    },
};
/** How GitHub refuses a request about a release, and what rules a release out. */
const gitHubFailures = {
    'release-not-found': {
        title: 'The release does not exist',
        advice: 'Create it in a step before this one, such as `gh release create TAG --draft --verify-tag` with GH_TOKEN set to `${{ github.token }}`. Only a token that may write can see drafts: give the job `permissions: contents: write`.',
    },
    'release-ambiguous': {
        title: 'Several drafts have the tag',
        advice: 'Delete all of them but one, on the page of the releases or with `gh api --method DELETE repos/OWNER/REPO/releases/ID`. In a run for the event of one of them, `release-tag: auto` selects it by its ID.',
    },
    'release-immutable': {
        title: 'The release is published and immutable',
        advice: 'An immutable release accepts no more files. Attach files while it is a draft, then publish it: `gh release edit TAG --draft=false` in a step after this one.',
    },
    'github-token': {
        title: 'GitHub does not accept the token',
        advice: 'Remove `github-token`, so that the token of the job is used, or set it to a token for this repository that has not expired.',
    },
    'github-permission': {
        title: 'The token may not write to the release',
        advice: 'Give the job the permission in the workflow: `permissions: contents: write`. In runs for pull requests from forks the token is always read-only. A personal access token needs \u201cContents: Read and write\u201d. An archived repository accepts no files.',
    },
    'github-not-found': {
        title: 'GitHub cannot find the release or the repository',
        advice: 'One of them was deleted in the meantime, or the token has no access to it: check `github-token`, the permission of the job (`permissions: contents: write`), and GITHUB_API_URL if it is not the runner that set it.',
    },
    'github-rate-limited': {
        title: 'Too many requests to GitHub',
        advice: 'GitHub allows the tokens of jobs 1,000 requests an hour per repository, all jobs together. Run fewer jobs at once, or run this step again later.',
    },
    'github-error': {
        title: 'GitHub failed to handle the request',
        advice: 'Look at githubstatus.com and run this step again later: it continues from what the release holds then.',
        scope: 'type',
    },
    'github-refused': {
        title: 'GitHub refused the request',
        advice: 'If the response says nothing about it, something else may have answered: check GITHUB_API_URL and proxies.',
        scope: 'type',
    },
    'github-unreachable': {
        title: 'GitHub could not be reached',
        advice: 'Check that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later.',
        scope: 'type',
    },
    'asset-too-large': {
        title: 'The file is too large for a release',
        advice: 'GitHub accepts files up to 2 GiB, and a proxy or gateway may accept less. Use `save-to` without `release-tag` and store the file elsewhere, or attach only the audio (`type: audio`).',
        scope: 'type',
    },
};
/** What can go wrong on the way to a service, or answer in its place. */
const networkFailures = {
    blocked: {
        title: 'A firewall blocked the request',
        advice: "Cloudflare's firewall, another firewall on the way, or the proxy if one is configured refuses requests from this machine. Run the job on another runner, or let your network's administrator allow the host that the message names; if there is a Ray ID, contact Cloudflare support with it.",
    },
    unreachable: {
        title: 'The API could not be reached',
        advice: 'Check `api-url`, and that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later.',
    },
    'proxy-malformed': {
        title: 'The address of a proxy is malformed',
        advice: "Write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with user and password percent-encoded. The variable comes from `env` in the workflow, from the runner's environment or from its `.env` file; remove it if there is no proxy. No request was sent.",
    },
    certificate: {
        title: 'A certificate is not trusted',
        advice: 'If a gateway or proxy with its own certificate authority is in between, make Node trust it: set the environment variable NODE_EXTRA_CA_CERTS to the path of its PEM file.',
    },
    'not-json': {
        title: 'The response is not from the API',
        advice: 'Something else answers at `api-url`: a captive portal, a proxy, or another web server. Check `api-url`; it defaults to https://api.cloudflare.com/client/v4.',
    },
    'wrong-address': {
        title: 'There is no Cloudflare API at this address',
        advice: 'Check `api-url`; its path must be the part before `/accounts/\u2026`, which is `/client/v4` for Cloudflare itself. It defaults to https://api.cloudflare.com/client/v4.',
    },
};
/** How a proxy refuses a request. */
const proxyFailures = {
    proxy: {
        title: 'The proxy refused the request',
        advice: 'If it requires a user and a password, put them into its address, percent-encoded and from a secret: `https_proxy: http://USER:PASSWORD@HOST:PORT` in the environment. If it refuses the host, ask its administrator to allow it, or add the host to `no_proxy` if the runner can reach it without a proxy.',
    },
};
/** What can happen to the step as a whole. */
const stepFailures = {
    'bad-input': {
        title: 'An input is wrong',
        advice: 'Correct the inputs of this step; no request was sent.',
    },
    'time-over': {
        title: 'The time limit was reached',
        advice: 'Set a longer `timeout`, or run this step again: what Cloudflare has done by then is kept.',
        scope: 'type',
    },
    cancelled: {
        title: 'The run was cancelled',
        advice: 'Run this step again: what Cloudflare has done by then is kept.',
        scope: 'type',
    },
    'disk-full': {
        title: 'The disk is full',
        advice: 'Free space before this step (hosted runners have only a few GB to spare: remove what the job does not need), lower `concurrency`, or save to another disk. No partial file was left behind.',
    },
    'no-outputs': {
        title: 'The results could not be written',
        advice: 'Check that no earlier step changed GITHUB_OUTPUT or RUNNER_TEMP, or deleted the file or folder that they name, and that the disk is not full.',
    },
    'exposed-secret': {
        title: 'A value would expose a secret',
        advice: 'The value was left out. Something that answers in place of Cloudflare or GitHub repeats the credentials of requests: check `api-url`, GITHUB_API_URL and proxies, and replace those credentials.',
    },
    unexpected: {
        title: 'An error in this action',
        advice: 'Please report this with the log of a run that has debug logging enabled.',
    },
};






const table = {
    ...stepFailures,
    ...withFacts({ service: 'Cloudflare' }, apiFailures),
    ...networkFailures,
    ...withFacts({ service: 'the proxy' }, proxyFailures),
    ...withFacts({ service: 'Cloudflare', scope: 'type' }, deliveryFailures),
    ...withFacts({ scope: 'type' }, fileFailures),
    ...withFacts({ service: 'GitHub' }, gitHubFailures),
};
/** Every kind of failure. Messages, annotations and the troubleshooting page are made from this table. */
const failures = table;
/** Adds facts that all of the kinds share. */
function withFacts(facts, kinds) {
    const entries = Object.entries(kinds).map(([kind, own]) => [kind, { ...own, ...facts }]);
    return Object.fromEntries(entries);
}

// EXTERNAL MODULE: ../../build/core/text.js
var core_text = __nccwpck_require__(15);

/** The longest URL from a service, in UTF-16 units. */
const maxUrlLength = 8192;
/**
 * Text from a service as it enters the action: on one line, without control and format characters. A longer one is
 * replaced by its length, since a secret that was cut in half would not be redacted.
 *
 * @param noun what the text is, with its article, as in "a state of 20,000,000 characters"
 * @param maxLength in UTF-16 units
 */
function foreignText(text, noun, maxLength) {
    return text.length <= maxLength ? (0, core_text/* oneLine */.TN)(text) : `${noun} of ${(0, core_text/* count */.U9)(text.length, 'character')}`;
}
/** Parses a URL from a service. One that may contain a password is never shown. */
function foreignUrl(text) {
    if (text.length > maxUrlLength)
        return { problem: foreignText(text, 'one', maxUrlLength) };
    const url = URL.parse(text);
    const isWeb = url !== null && /^https?:$/.test(url.protocol);
    if (isWeb && !url.username && !url.password)
        return { url: url.href };
    return { problem: isWeb || (0, core_text/* mayContainPassword */.ni)(text) ? 'one that may contain a password' : (0, core_text/* quote */.hD)(text) };
}



/** An error whose message says what failed, what the service answered, and what to do next. */
class Failure extends Error {
    name = 'Failure';
    kind;
    /** What failed, without a full stop; one line for each problem if there are several. */
    what;
    response;
    /** Whether `what` says how far the work had come. */
    #hasProgress = false;
    constructor(kind, what, { response, cause } = {}) {
        const { advice, service } = failures[kind];
        const parts = [(0, core_text/* sentence */.em)(what), describeResponse(response, service), advice].filter(Boolean);
        super(parts.join(what.includes('\n') ? '\n' : ' '), { cause });
        this.kind = kind;
        this.what = what;
        this.response = response;
    }
    /** Whether the end of the step is the cause: its time limit, or a cancellation. */
    get isEndOfStep() {
        return this.kind === 'time-over' || this.kind === 'cancelled';
    }
    /** The failure that this one describes further; itself if there is none. */
    get origin() {
        const { cause, kind } = this;
        return cause instanceof Failure && cause.kind === kind ? cause.origin : this;
    }
    /** The failure itself; anything else that was thrown becomes an `unexpected` failure. */
    static from(error) {
        if (error instanceof Failure)
            return error;
        const what = Error.isError(error) ? `${error.name}: ${error.message}` : String(error);
        return new Failure('unexpected', `Something unexpected went wrong: ${foreignText(what, 'an error', maxErrorLength)}`, { cause: error });
    }
    /** The same failure with another description, such as one that names what could not be done. */
    describedAs(what, response = this.response) {
        const failure = new Failure(this.kind, what, { response, cause: this });
        failure.#hasProgress = this.#hasProgress;
        return failure;
    }
    /** The same failure with a note on how far the work had come, unless it has one. */
    withProgress(progress) {
        if (this.#hasProgress)
            return this;
        const failure = this.describedAs(`${this.what}; ${progress}`);
        failure.#hasProgress = true;
        return failure;
    }
}
/** The longest message of an unexpected error, in UTF-16 units. */
const maxErrorLength = 1000;
/** GitHub cuts annotations at 4,096 characters, which must have room for more than this. */
const maxQuotedLength = 2000;
function describeResponse(response, service) {
    const facts = response && responseFacts(response);
    if (!facts)
        return '';
    const isCertain = response.isGenuine || service === 'the proxy';
    const intro = service && isCertain ? `${service.replace(/^t/, 'T')} answered` : 'The response was';
    return `${intro}: ${facts}.`;
}
/** What a service answered, in its own words and facts; empty if there is nothing to say. */
function responseFacts(response) {
    const { httpStatus, messages, rayId } = response;
    const [first] = messages;
    const facts = [
        ...(first?.code === undefined ? [] : [`code ${first.code}`]),
        ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
        ...(rayId === undefined ? [] : [`Ray ID ${rayId}`]),
    ].join(', ');
    const words = quoteMessages(response);
    return words ? `${words}${facts && ` (${facts})`}` : facts;
}
/** As many messages as leave room for the advice, in quotes, and how many more there are. */
function quoteMessages({ messages, omitted = 0 }) {
    const quoted = messages
        .filter(({ message }) => message !== '')
        .map(({ message }) => `\u201c${(0, core_text/* oneLine */.TN)(message)}\u201d`);
    const shown = quoted.filter((_, index) => quoted.slice(0, index + 1).join('').length <= maxQuotedLength);
    const more = quoted.length - shown.length + omitted;
    return [...shown, ...(more > 0 ? [`and ${(0, core_text/* count */.U9)(more, 'more message')}`] : [])].join(', ');
}


/**
 * Starts the step's time.
 *
 * @param timeoutMs the limit for the whole step
 * @param cancelled aborted, with the name of the signal as its reason, when the run is cancelled
 */
function startDeadline(timeoutMs, clock, cancelled) {
    const endMs = clock.now() + timeoutMs;
    const disposed = new AbortController();
    const over = new AbortController();
    const cancel = () => over.abort(new Failure('cancelled', `The run was cancelled (${cancelled.reason})`));
    if (cancelled.aborted)
        cancel();
    cancelled.addEventListener('abort', cancel, { once: true, signal: disposed.signal });
    clock.sleep(timeoutMs, disposed.signal).then(() => over.abort(new Failure('time-over', `The time limit of ${(0, core_text/* formatDuration */.a3)(timeoutMs)} was reached`)), () => { });
    return {
        signal: over.signal,
        leftMs: () => Math.max(0, endMs - clock.now()),
        [Symbol.dispose]: () => disposed.abort(),
    };
}

const unknownState = {
    status: 'unknown',
    unknownStatus: undefined,
    percentComplete: null,
    url: null,
    urlProblem: undefined,
    unsignedUrl: undefined,
    expiresAt: undefined,
};
/** The records of one video. Only `apply` changes them, so that whatever ends the step finds the last state. */
class VideoRecords {
    videoId;
    #records = new Map();
    /** @param types the types to report; empty to report those that exist, or one untyped record if none does */
    constructor(videoId, types) {
        this.videoId = videoId;
        for (const type of types.length > 0 ? types : [''])
            this.#records.set(type, this.get(type));
    }
    /** In the order asked for. */
    get all() {
        return [...this.#records.values()];
    }
    get(type) {
        return this.#records.get(type) ?? { videoId: this.videoId, type, ...unknownState };
    }
    /** Applies what was learned. A record keeps its first failure, with its state if work was interrupted. */
    apply({ type, patch: { failure, ...facts } }) {
        const before = this.get(type);
        const after = { ...before, ...facts };
        // The untyped record stands for the types as long as none is known to exist.
        if (type !== '')
            this.#records.delete('');
        this.#records.set(type, failure && !before.failure ? withFailure(after, failure) : after);
        return this.get(type);
    }
    /** Fails every record that has not failed. */
    fail(failure) {
        for (const { type } of this.all)
            this.apply({ type, patch: { failure } });
    }
}
function withFailure(record, failure) {
    // A video that does not exist has no downloads, whatever was reported before.
    if (failure.kind === 'video-not-found')
        return { ...record, ...unknownState, failure };
    const isInterrupted = failure.isEndOfStep || record.status === 'inprogress';
    return { ...record, failure: isInterrupted ? failure.withProgress(lastState(record)) : failure };
}
/** The state of a download in words: `default: inprogress, 42 %, about 20 s left`. */
function describeRecord(record) {
    const { percentComplete, remainingMs, status, type, unknownStatus, url } = record;
    if (type === '')
        return 'no downloads';
    const word = unknownStatus === undefined ? '' : ` (Cloudflare reports \u201c${unknownStatus}\u201d)`;
    const state = `${type}: ${status}${word}`;
    if (status === 'ready' && url !== null)
        return `${state}, ${url}`;
    if (status !== 'inprogress')
        return state;
    return `${state}${percentComplete === null ? '' : `, ${Math.floor(percentComplete)} %`}${(0, core_text/* aboutLeft */.Zv)(remainingMs)}`;
}
function lastState(record) {
    switch (record.status) {
        case 'unknown':
            return 'nothing was known of the video yet';
        case 'none':
            return 'there was no download yet';
        case 'inprogress': {
            const noEstimate = record.remainingMs === undefined ? '; the time left cannot be estimated' : '';
            return `last state: ${describeRecord(record)}${noEstimate}. Cloudflare may still be generating the download`;
        }
        default:
            return `last state: ${describeRecord(record)}`;
    }
}
/**
Base class for all Ky-specific errors. `HTTPError`, `NetworkError`, `TimeoutError`, and `ForceRetryError` extend this class.

You can use `instanceof KyError` to check if an error originated from Ky, or use the `isKyError()` type guard for cross-realm compatibility and TypeScript type narrowing.

Note: `SchemaValidationError` is intentionally not considered a Ky error. `KyError` covers failures in Ky's HTTP lifecycle (bad status, timeout, retry), while schema validation errors originate from the user-provided schema, not from Ky itself.
*/
class KyError extends Error {
    name = 'KyError';
    get isKyError() {
        return true;
    }
}

/**
Error thrown when the response has a non-2xx status code and `throwHttpErrors` is enabled.

The error has a `response` property with the `Response` object, a `request` property with the `Request` object, an `options` property with the normalized options (either passed to `ky` when creating an instance with `ky.create()` or directly when performing the request), and a `data` property with the pre-parsed response body. For JSON responses (based on `Content-Type`), the body is parsed using the `parseJson` option if set, or `JSON.parse` by default. For other content types, it is set as plain text. If the body is empty, unreadable, too large, parsing fails, or the error-data read/parse timeout is reached, `data` will be `undefined`. To avoid hanging or excessive buffering, `error.data` body reads and async JSON parsing are bounded by the request timeout (or 10 seconds when `timeout` is disabled), any remaining `totalTimeout` budget, and a 10 MiB response body size limit. If `totalTimeout` expires while populating `error.data`, Ky throws `TimeoutError` instead of `HTTPError`. The `data` property is populated before `beforeError` hooks run, so hooks can access it.

The response body is automatically consumed when populating `error.data`, so `error.response.json()` and other body methods will not work. Use `error.data` instead. The `error.response` object is still available for headers, status, etc.

Be aware that some types of errors, such as network errors, inherently mean that a response was not received. In that case, the error will be an instance of `NetworkError` instead of `HTTPError` and will not contain a `response` property.
*/
class HTTPError extends KyError {
    name = 'HTTPError';
    response;
    request;
    options;
    data;
    constructor(response, request, options) {
        const code = (response.status || response.status === 0) ? response.status : '';
        const title = response.statusText ?? '';
        const status = `${code} ${title}`.trim();
        const reason = status ? `status code ${status}` : 'an unknown error';
        super(`Request failed with ${reason}: ${request.method} ${request.url}`);
        this.response = response;
        this.request = request;
        this.options = options;
    }
}

/**
Error thrown when a network error occurs during the request (e.g., DNS failure, connection refused, offline). It has a `request` property with the `Request` object. The original error is available via the standard `cause` property.

Network errors are automatically retried (for retriable methods).

Note: Network errors are detected using runtime-specific heuristics. Unrecognized runtimes may produce errors that are not wrapped in `NetworkError`. Use the `shouldRetry` option to handle such cases.
*/
class NetworkError extends KyError {
    name = 'NetworkError';
    request;
    constructor(request, options) {
        super(`Request failed due to a network error: ${request.method} ${request.url}`, options);
        this.request = request;
    }
}
/**
Wrapper for non-Error values that were thrown.

In JavaScript, any value can be thrown (not just Error instances). This class wraps such values to ensure consistent error handling.
*/
class NonError extends Error {
    name = 'NonError';
    value;
    constructor(value) {
        let message = 'Non-error value was thrown';
        // Intentionally minimal as this error is just an edge-case.
        try {
            if (typeof value === 'string') {
                message = value;
            }
            else if (value && typeof value === 'object' && 'message' in value && typeof value.message === 'string') {
                message = value.message;
            }
        }
        catch {
            // Use default message if accessing properties throws
        }
        super(message);
        this.value = value;
    }
}


/**
Error used to signal a forced retry from `afterResponse` hooks.

This is thrown when `ky.retry()` is returned from an `afterResponse` hook. It is observable in `beforeRetry` and `beforeError` hooks via the `isForceRetryError()` type guard.
*/
class ForceRetryError_ForceRetryError extends KyError {
    name = 'ForceRetryError';
    customDelay;
    code;
    customRequest;
    constructor(options) {
        // Runtime protection: wrap non-Error causes in NonError
        // TypeScript type is Error for guidance, but JS users can pass anything
        const cause = options?.cause
            ? (options.cause instanceof Error ? options.cause : new NonError(options.cause))
            : undefined;
        super(options?.code ? `Forced retry: ${options.code}` : 'Forced retry', cause ? { cause } : undefined);
        this.customDelay = options?.delay;
        this.code = options?.code;
        this.customRequest = options?.request;
    }
}
/**
The error thrown when [Standard Schema](https://github.com/standard-schema/standard-schema) validation fails in `.json(schema)`. It has an `issues` property with the validation issues from the schema.

This error intentionally does not extend `KyError` because it does not represent a failure in Ky's HTTP lifecycle. The request succeeded; the user's schema rejected the data. As such, it is not matched by `isKyError()`.

@example
```
import ky, {SchemaValidationError} from 'ky';
import {z} from 'zod';

const userSchema = z.object({name: z.string()});

try {
    const user = await ky('/api/user').json(userSchema);
    console.log(user.name);
} catch (error) {
    if (error instanceof SchemaValidationError) {
        console.error(error.issues);
    }
}
```
*/
class SchemaValidationError extends Error {
    name = 'SchemaValidationError';
    issues;
    constructor(issues) {
        super('Response schema validation failed');
        this.issues = issues;
    }
}

/**
Error thrown when the request times out. It has a `request` property with the `Request` object.
*/
class TimeoutError extends KyError {
    name = 'TimeoutError';
    request;
    constructor(request) {
        super(`Request timed out: ${request.method} ${request.url}`);
        this.request = request;
    }
}
const supportsRequestStreams = (() => {
    let duplexAccessed = false;
    let hasContentType = false;
    const supportsReadableStream = typeof globalThis.ReadableStream === 'function';
    const supportsRequest = typeof globalThis.Request === 'function';
    if (supportsReadableStream && supportsRequest) {
        try {
            hasContentType = new globalThis.Request('https://empty.invalid', {
                body: new globalThis.ReadableStream(),
                method: 'POST',
                // @ts-expect-error - Types are outdated.
                get duplex() {
                    duplexAccessed = true;
                    return 'half';
                },
            }).headers.has('Content-Type');
        }
        catch (error) {
            // QQBrowser on iOS throws "unsupported BodyInit type" error (see issue #581)
            if (error instanceof Error && error.message === 'unsupported BodyInit type') {
                return false;
            }
            throw error;
        }
    }
    return duplexAccessed && !hasContentType;
})();
const supportsAbortController = typeof globalThis.AbortController === 'function';
const supportsAbortSignal = typeof globalThis.AbortSignal === 'function' && typeof globalThis.AbortSignal.any === 'function';
const supportsResponseStreams = typeof globalThis.ReadableStream === 'function';
const supportsFormData = typeof globalThis.FormData === 'function';
const requestMethods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'];
const responseTypes = {
    json: 'application/json',
    text: 'text/*',
    formData: 'multipart/form-data',
    arrayBuffer: '*/*',
    blob: '*/*',
    // Supported in modern Fetch implementations (for example, browsers and recent Node.js/undici).
    // We still feature-check at runtime before exposing the shortcut.
    bytes: '*/*',
};
// The maximum value of a 32bit int (see issue #117)
const maxSafeTimeout = 2_147_483_647;
// Size in bytes of a typical form boundary (e.g., '------WebKitFormBoundaryaxpyiPgbbPti10Rw'), used to help estimate upload size
const usualFormBoundarySize = 40;
/**
Symbol that can be returned by a `beforeRetry` hook to stop retrying without throwing an error.
*/
const stop = Symbol('stop');
/**
Marker returned by `ky.retry()` to signal a forced retry from `afterResponse` hooks.
*/
class RetryMarker {
    options;
    constructor(options) {
        this.options = options;
    }
}
/**
Force a retry from an `afterResponse` hook.

This allows you to retry a request based on the response content, even if the response has a successful status code. The retry will respect the `retry.limit` option and skip the `shouldRetry` check. The forced retry is observable in `beforeRetry` hooks, where the error will be a `ForceRetryError`.

@param options - Optional configuration for the retry.

@example
```
import ky, {isForceRetryError} from 'ky';

const api = ky.extend({
    hooks: {
        afterResponse: [
            async ({request, response}) => {
                // Retry based on response body content
                if (response.status === 200) {
                    const data = await response.json();

                    // Simple retry with default delay
                    if (data.error?.code === 'TEMPORARY_ERROR') {
                        return ky.retry();
                    }

                    // Retry with custom delay from API response
                    if (data.error?.code === 'RATE_LIMIT') {
                        return ky.retry({
                            delay: data.error.retryAfter * 1000,
                            code: 'RATE_LIMIT'
                        });
                    }

                    // Retry with a modified request (e.g., fallback endpoint)
                    if (data.error?.code === 'FALLBACK_TO_BACKUP') {
                        return ky.retry({
                            request: new Request('https://backup-api.com/endpoint', {
                                method: request.method,
                                headers: request.headers,
                            }),
                            code: 'BACKUP_ENDPOINT'
                        });
                    }

                    // Retry with refreshed authentication
                    if (data.error?.code === 'TOKEN_REFRESH' && data.newToken) {
                        return ky.retry({
                            request: new Request(request, {
                                headers: {
                                    ...Object.fromEntries(request.headers),
                                    'Authorization': `Bearer ${data.newToken}`
                                }
                            }),
                            code: 'TOKEN_REFRESHED'
                        });
                    }

                    // Retry with cause to preserve error chain
                    try {
                        validateResponse(data);
                    } catch (error) {
                        return ky.retry({
                            code: 'VALIDATION_FAILED',
                            cause: error
                        });
                    }
                }
            }
        ],
        beforeRetry: [
            ({error, retryCount}) => {
                // Observable in beforeRetry hooks
                if (isForceRetryError(error)) {
                    console.log(`Forced retry #${retryCount}: ${error.message}`);
                    // Example output: "Forced retry #1: Forced retry: RATE_LIMIT"
                }
            }
        ]
    }
});

const response = await api.get('https://example.com/api');
```
*/
const retry = (options) => new RetryMarker(options);
const kyOptionKeys = {
    json: true,
    parseJson: true,
    stringifyJson: true,
    searchParams: true,
    baseUrl: true,
    prefix: true,
    retry: true,
    timeout: true,
    totalTimeout: true,
    hooks: true,
    throwHttpErrors: true,
    onDownloadProgress: true,
    onUploadProgress: true,
    fetch: true,
    context: true,
};
// Standard RequestInit options that should NOT be passed separately to fetch()
// because they're already applied to the Request object.
// Note: `dispatcher` and `priority` are NOT included here - they're fetch-only
// options that the Request constructor doesn't accept, so they need to be passed
// separately to fetch().
const requestOptionsRegistry = {
    method: true,
    headers: true,
    body: true,
    mode: true,
    credentials: true,
    cache: true,
    redirect: true,
    referrer: true,
    referrerPolicy: true,
    integrity: true,
    keepalive: true,
    signal: true,
    window: true,
    duplex: true,
};

const encoder = new TextEncoder();
// eslint-disable-next-line @typescript-eslint/no-restricted-types
const getBodySize = (body) => {
    if (!body) {
        return 0;
    }
    if (body instanceof FormData) {
        // This is an approximation, as FormData size calculation is not straightforward
        let size = 0;
        for (const [key, value] of body) {
            size += usualFormBoundarySize;
            size += encoder.encode(`Content-Disposition: form-data; name="${key}"`).byteLength;
            size += typeof value === 'string'
                ? encoder.encode(value).byteLength
                : value.size;
        }
        return size;
    }
    if (body instanceof Blob) {
        return body.size;
    }
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
        return body.byteLength;
    }
    if (typeof body === 'string') {
        return encoder.encode(body).byteLength;
    }
    if (body instanceof URLSearchParams) {
        return encoder.encode(body.toString()).byteLength;
    }
    return 0;
};
const withProgress = (stream, totalBytes, onProgress) => {
    let previousChunk;
    let transferredBytes = 0;
    return stream.pipeThrough(new TransformStream({
        transform(currentChunk, controller) {
            controller.enqueue(currentChunk);
            if (previousChunk) {
                transferredBytes += previousChunk.byteLength;
                let percent = totalBytes === 0 ? 0 : transferredBytes / totalBytes;
                // Avoid reporting 100% progress before the stream is actually finished (in case totalBytes is inaccurate)
                if (percent >= 1) {
                    // Epsilon is used here to get as close as possible to 100% without reaching it.
                    // If we were to use 0.99 here, percent could potentially go backwards.
                    percent = 1 - Number.EPSILON;
                }
                onProgress?.({ percent, totalBytes: Math.max(totalBytes, transferredBytes), transferredBytes }, previousChunk);
            }
            previousChunk = currentChunk;
        },
        flush() {
            const finalChunk = previousChunk ?? new Uint8Array();
            transferredBytes += finalChunk.byteLength;
            onProgress?.({ percent: 1, totalBytes: Math.max(totalBytes, transferredBytes), transferredBytes }, finalChunk);
        },
    }));
};
const streamResponse = (response, onDownloadProgress) => {
    if (!response.body) {
        return response;
    }
    const responseInit = {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
    };
    if (response.status === 204) {
        return new Response(null, responseInit);
    }
    const totalBytes = Math.max(0, Number(response.headers.get('content-length')) || 0);
    return new Response(withProgress(response.body, totalBytes, onDownloadProgress), responseInit);
};
// eslint-disable-next-line @typescript-eslint/no-restricted-types
const streamRequest = (request, onUploadProgress, originalBody) => {
    if (!request.body) {
        return request;
    }
    // Use original body for size calculation since request.body is already a stream
    const totalBytes = getBodySize(originalBody ?? request.body);
    return new Request(request, {
        // @ts-expect-error - Types are outdated.
        duplex: 'half',
        body: withProgress(request.body, totalBytes, onUploadProgress),
    });
};
// eslint-disable-next-line @typescript-eslint/no-restricted-types
const isObject = (value) => value !== null && typeof value === 'object';


const replaceSymbol = Symbol('replaceOption');
const getReplaceState = (value) => isObject(value) && value[replaceSymbol] === true
    ? {
        isReplace: true,
        value: value.value,
    }
    : {
        isReplace: false,
        value,
    };
const validateAndMerge = (...sources) => {
    for (const source of sources) {
        if ((!isObject(source) || Array.isArray(source)) && source !== undefined) {
            throw new TypeError('The `options` argument must be an object');
        }
    }
    return deepMerge({}, ...sources);
};
const mergeHeaders = (source1 = {}, source2 = {}) => {
    const result = new globalThis.Headers(source1);
    const isHeadersInstance = source2 instanceof globalThis.Headers;
    const source = new globalThis.Headers(source2);
    for (const [key, value] of source.entries()) {
        if ((isHeadersInstance && value === 'undefined') || value === undefined) {
            result.delete(key);
        }
        else {
            result.set(key, value);
        }
    }
    return result;
};
const isPlainObject = (value) => {
    if (!isObject(value) || Array.isArray(value)) {
        return false;
    }
    const prototype = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null;
};
const cloneShallow = (value) => {
    if (value instanceof URLSearchParams) {
        const copy = new URLSearchParams(value);
        const deleted = value[deletedParametersSymbol];
        if (deleted) {
            // Preserve internal deletion markers so init-hook cloning does not resurrect params removed during option merging.
            copy[deletedParametersSymbol] = new Set(deleted);
        }
        return copy;
    }
    if (value instanceof globalThis.Headers) {
        return new globalThis.Headers(value);
    }
    if (Array.isArray(value)) {
        return [...value];
    }
    if (isPlainObject(value)) {
        const copy = { ...value };
        return copy;
    }
    return value;
};
const normalizeHeaderObject = (headers) => Object.fromEntries(Object.entries(headers).filter((entry) => entry[1] !== undefined));
const mergeHeaderContainers = (source1, source2) => {
    if (isPlainObject(source1) && isPlainObject(source2)) {
        return normalizeHeaderObject({ ...source1, ...source2 });
    }
    return mergeHeaders(source1, source2);
};
function newHookValue(original, incoming, property) {
    return (Object.hasOwn(incoming, property) && incoming[property] === undefined)
        ? []
        : deepMerge(original[property] ?? [], incoming[property] ?? []);
}
const mergeHooks = (original = {}, incoming = {}) => ({
    init: newHookValue(original, incoming, 'init'),
    beforeRequest: newHookValue(original, incoming, 'beforeRequest'),
    beforeRetry: newHookValue(original, incoming, 'beforeRetry'),
    beforeError: newHookValue(original, incoming, 'beforeError'),
    afterResponse: newHookValue(original, incoming, 'afterResponse'),
});
const deletedParametersSymbol = Symbol('deletedParameters');
const appendSearchParameters = (target, source) => {
    const result = new URLSearchParams();
    const deleted = new Set();
    for (const input of [target, source]) {
        if (input === undefined) {
            continue;
        }
        if (input instanceof URLSearchParams) {
            for (const [key, value] of input.entries()) {
                result.append(key, value);
                deleted.delete(key);
            }
            const inputDeleted = input[deletedParametersSymbol];
            if (inputDeleted) {
                for (const key of inputDeleted) {
                    result.delete(key);
                    deleted.add(key);
                }
            }
        }
        else if (Array.isArray(input)) {
            for (const pair of input) {
                if (!Array.isArray(pair) || pair.length !== 2) {
                    throw new TypeError('Array search parameters must be provided in [[key, value], ...] format');
                }
                result.append(String(pair[0]), String(pair[1]));
                deleted.delete(String(pair[0]));
            }
        }
        else if (isObject(input)) {
            for (const [key, value] of Object.entries(input)) {
                if (value === undefined) {
                    result.delete(key);
                    deleted.add(key);
                }
                else {
                    result.append(key, String(value));
                    deleted.delete(key);
                }
            }
        }
        else {
            // String
            const parameters = new URLSearchParams(input);
            for (const [key, value] of parameters.entries()) {
                result.append(key, value);
                deleted.delete(key);
            }
        }
    }
    if (deleted.size > 0) {
        result[deletedParametersSymbol] = deleted;
    }
    return result;
};
// TODO: Make this strongly-typed (no `any`).
const deepMergeInternal = (isRoot, ...sources) => {
    let returnValue = {};
    let headers = {};
    let hooks = {};
    let searchParameters;
    const signals = [];
    for (const source of sources) {
        if (Array.isArray(source)) {
            if (!Array.isArray(returnValue)) {
                returnValue = [];
            }
            returnValue = [...returnValue, ...source];
        }
        else if (isObject(source)) {
            for (let [key, value] of Object.entries(source)) {
                const replaceState = getReplaceState(value);
                const { isReplace } = replaceState;
                value = replaceState.value;
                const isRootSignal = isRoot && key === 'signal';
                if (isRootSignal && (isReplace || value === undefined)) {
                    signals.length = 0;
                }
                // Special handling for AbortSignal instances at the root options level
                if (isRootSignal && value instanceof globalThis.AbortSignal) {
                    signals.push(value);
                    continue;
                }
                // Special handling for context - shallow merge only
                if (key === 'context') {
                    if (value !== undefined && value !== null && (!isObject(value) || Array.isArray(value))) {
                        throw new TypeError('The `context` option must be an object');
                    }
                    // Shallow merge: always create a new object to prevent mutation bugs
                    returnValue = {
                        ...returnValue,
                        context: (value === undefined || value === null)
                            ? {}
                            : (isReplace
                                ? { ...value }
                                : { ...returnValue.context, ...value }),
                    };
                    continue;
                }
                // Special handling for searchParams
                if (key === 'searchParams') {
                    if (value === undefined || value === null) {
                        // Explicit undefined or null removes searchParams
                        searchParameters = undefined;
                    }
                    else if (isReplace) {
                        searchParameters = value;
                    }
                    else {
                        // First source: keep as-is to preserve type (string/object/URLSearchParams)
                        // Subsequent sources: merge and convert to URLSearchParams
                        searchParameters = searchParameters === undefined ? value : appendSearchParameters(searchParameters, value);
                    }
                    continue;
                }
                // `retry` accepts a number as shorthand for `{limit: number}`. Expand it before
                // merging so extending a numeric `retry` with an object keeps the limit instead
                // of dropping it (e.g. `ky.create({retry: 3}).extend({retry: {methods: ['get']}})`).
                // Scoped to the root options level so it never rewrites nested user data that
                // happens to contain a `retry` key (e.g. a `json` request body).
                if (isRoot && key === 'retry' && isObject(value) && !isReplace && typeof returnValue[key] === 'number') {
                    returnValue = { ...returnValue, [key]: { limit: returnValue[key] } };
                }
                if (isObject(value) && !isReplace && key in returnValue) {
                    value = deepMergeInternal(false, returnValue[key], value);
                }
                returnValue = { ...returnValue, [key]: value };
            }
            if (isObject(source.hooks)) {
                const { value: hookValue, isReplace } = getReplaceState(source.hooks);
                hooks = isReplace
                    ? mergeHooks({}, hookValue)
                    : mergeHooks(hooks, hookValue);
                returnValue.hooks = hooks;
            }
            if (isObject(source.headers)) {
                const { value: headerValue, isReplace } = getReplaceState(source.headers);
                headers = isReplace
                    ? cloneShallow(headerValue)
                    : mergeHeaderContainers(headers, headerValue);
                returnValue.headers = headers;
            }
        }
    }
    if (searchParameters !== undefined) {
        returnValue.searchParams = searchParameters;
    }
    if (signals.length > 0) {
        if (signals.length === 1) {
            returnValue.signal = signals[0];
        }
        else if (supportsAbortSignal) {
            returnValue.signal = AbortSignal.any(signals);
        }
        else {
            // When AbortSignal.any is not available, use the last signal
            // This maintains the previous behavior before signal merging was added
            // This can be removed when the `supportsAbortSignal` check is removed.
            returnValue.signal = signals.at(-1);
        }
    }
    return returnValue;
};
const deepMerge = (...sources) => deepMergeInternal(true, ...sources);

const normalizeRequestMethod = (input) => requestMethods.includes(input) ? input.toUpperCase() : input;
const retryMethods = ['get', 'put', 'head', 'delete', 'options', 'trace', 'query'];
const retryStatusCodes = [408, 413, 429, 500, 502, 503, 504];
const retryAfterStatusCodes = [413, 429, 503];
const invalidRetryLimitErrorMessage = '`retry.limit` must be a finite, non-negative integer';
const defaultRetryOptions = {
    limit: 2,
    methods: retryMethods,
    statusCodes: retryStatusCodes,
    afterStatusCodes: retryAfterStatusCodes,
    maxRetryAfter: Number.POSITIVE_INFINITY,
    backoffLimit: Number.POSITIVE_INFINITY,
    delay: attemptCount => 0.3 * (2 ** (attemptCount - 1)) * 1000,
    jitter: undefined,
    retryOnTimeout: false,
};
const getDefaultRetryOptions = () => ({
    ...defaultRetryOptions,
    methods: [...defaultRetryOptions.methods],
    statusCodes: [...defaultRetryOptions.statusCodes],
    afterStatusCodes: [...defaultRetryOptions.afterStatusCodes],
});
/**
Normalizes an omitted retry limit or validates a supplied one.
*/
const normalizeRetryLimit = (retryLimit) => {
    if (retryLimit === undefined) {
        return defaultRetryOptions.limit;
    }
    if (typeof retryLimit !== 'number' || !Number.isInteger(retryLimit) || retryLimit < 0) {
        throw new TypeError(invalidRetryLimitErrorMessage);
    }
    return retryLimit;
};
const normalizeRetryOptions = (retry = {}) => {
    if (typeof retry === 'number') {
        return {
            ...getDefaultRetryOptions(),
            limit: normalizeRetryLimit(retry),
        };
    }
    if (retry === null || typeof retry !== 'object' || Array.isArray(retry)) {
        throw new TypeError('`retry` must be a number or an object');
    }
    const normalizedRetry = Object.fromEntries(Object.entries(retry).filter(([, value]) => value !== undefined));
    const retryLimit = normalizeRetryLimit(normalizedRetry.limit);
    if (normalizedRetry.methods !== undefined && !Array.isArray(normalizedRetry.methods)) {
        throw new Error('retry.methods must be an array');
    }
    if (normalizedRetry.statusCodes !== undefined && !Array.isArray(normalizedRetry.statusCodes)) {
        throw new Error('retry.statusCodes must be an array');
    }
    if (normalizedRetry.afterStatusCodes !== undefined && !Array.isArray(normalizedRetry.afterStatusCodes)) {
        throw new Error('retry.afterStatusCodes must be an array');
    }
    if (normalizedRetry.methods !== undefined) {
        normalizedRetry.methods = normalizedRetry.methods.map(method => method.toLowerCase());
    }
    if (normalizedRetry.statusCodes !== undefined) {
        normalizedRetry.statusCodes = [...normalizedRetry.statusCodes];
    }
    if (normalizedRetry.afterStatusCodes !== undefined) {
        normalizedRetry.afterStatusCodes = [...normalizedRetry.afterStatusCodes];
    }
    return {
        ...getDefaultRetryOptions(),
        ...normalizedRetry,
        limit: retryLimit,
    };
};

// `Promise.race()` workaround (#91)
async function timeout(request, init, abortController, options) {
    return new Promise((resolve, reject) => {
        const timeoutId = setTimeout(() => {
            if (abortController) {
                abortController.abort();
            }
            reject(new TimeoutError(request));
        }, options.timeout);
        void options
            .fetch(request, init)
            .then(resolve)
            .catch(reject)
            .then(() => {
            clearTimeout(timeoutId);
        });
    });
}
// https://github.com/sindresorhus/delay/tree/ab98ae8dfcb38e1593286c94d934e70d14a4e111
async function delay(ms, { signal }) {
    return new Promise((resolve, reject) => {
        if (signal) {
            signal.throwIfAborted();
            signal.addEventListener('abort', abortHandler, { once: true });
        }
        function abortHandler() {
            clearTimeout(timeoutId);
            reject(signal.reason);
        }
        const timeoutId = setTimeout(() => {
            signal?.removeEventListener('abort', abortHandler);
            resolve();
        }, ms);
    });
}


const findUnknownOptions = (options) => {
    const unknownOptions = {};
    for (const key in options) {
        // Skip inherited properties
        if (!Object.hasOwn(options, key)) {
            continue;
        }
        // Forward every non-standard, non-Ky option to fetch().
        // We intentionally do not check whether the key also exists on `Request`, because some runtimes
        // patch `Request.prototype` with fetch-only extensions. For example, Next.js adds `next`, and the
        // old `key in request` heuristic dropped it unless Ky kept a special-case allowlist.
        // Passing all non-standard keys makes that allowlist unnecessary and preserves future fetch extensions too.
        if (!(key in requestOptionsRegistry) && !(key in kyOptionKeys)) {
            unknownOptions[key] = options[key];
        }
    }
    return unknownOptions;
};
const hasSearchParameters = (search) => {
    if (search === undefined) {
        return false;
    }
    // The `typeof array` still gives "object", so we need different checking for array.
    if (Array.isArray(search)) {
        return search.length > 0;
    }
    if (search instanceof URLSearchParams) {
        return search.size > 0 || Boolean(search[deletedParametersSymbol]?.size);
    }
    // Record
    if (typeof search === 'object') {
        return Object.keys(search).length > 0;
    }
    if (typeof search === 'string') {
        return search.trim().length > 0;
    }
    return Boolean(search);
};
// Inlined from https://github.com/sindresorhus/is-network-error v1.3.2
const objectToString = Object.prototype.toString;
const isError = (value) => objectToString.call(value) === '[object Error]';
const errorMessages = new Set([
    'network error', // Chrome
    'NetworkError when attempting to fetch resource.', // Firefox
    'The Internet connection appears to be offline.', // Safari 16
    'Network request failed', // `cross-fetch`
    'fetch failed', // Undici (Node.js)
    'terminated', // Undici (Node.js)
    ' A network error occurred.', // Bun (WebKit) - leading space is intentional
    'Network connection lost', // Cloudflare Workers (fetch)
]);
function isRawNetworkError(error) {
    const isValid = error
        && isError(error)
        && error.name === 'TypeError'
        && typeof error.message === 'string';
    if (!isValid) {
        return false;
    }
    const { message, stack } = error;
    // Safari 17+ has generic message but no stack for network errors
    if (message === 'Load failed' || (message.startsWith('Load failed (') && message.endsWith(')'))) {
        return stack === undefined
            // Sentry adds its own stack trace to the fetch error, so also check for that
            || '__sentry_captured__' in error;
    }
    // Deno network errors start with specific text
    if (message.startsWith('error sending request for url')) {
        return true;
    }
    // Chrome: exact "Failed to fetch" or with hostname: "Failed to fetch (example.com)"
    if (message === 'Failed to fetch' || (message.startsWith('Failed to fetch (') && message.endsWith(')'))) {
        return true;
    }
    // Standard network error messages
    return errorMessages.has(message);
}




// Handles cross-realm cases (e.g., iframes, different JS contexts) where `instanceof` fails.
const isErrorType = (error, cls) => error instanceof cls || error?.name === cls.name;
/**
Type guard to check if an error is an `HTTPError`.

@param error - The error to check
@returns `true` if the error is an `HTTPError`, `false` otherwise

@example
```
import ky, {isHTTPError} from 'ky';
try {
    const response = await ky.get('/api/data');
} catch (error) {
    if (isHTTPError(error)) {
        console.log('HTTP error status:', error.response.status);
    }
}
```
*/
function isHTTPError(error) {
    return isErrorType(error, HTTPError);
}
/**
Type guard to check if an error is a `NetworkError`.

@param error - The error to check
@returns `true` if the error is a `NetworkError`, `false` otherwise

@example
```
import ky, {isNetworkError} from 'ky';
try {
    const response = await ky.get('/api/data');
} catch (error) {
    if (isNetworkError(error)) {
        console.log('Network error:', error.request.url);
    }
}
```
*/
function isNetworkError(error) {
    return isErrorType(error, NetworkError);
}
/**
Type guard to check if an error is a `TimeoutError`.

@param error - The error to check
@returns `true` if the error is a `TimeoutError`, `false` otherwise

@example
```
import ky, {isTimeoutError} from 'ky';
try {
    const response = await ky.get('/api/data', { timeout: 1000 });
} catch (error) {
    if (isTimeoutError(error)) {
        console.log('Request timed out:', error.request.url);
    }
}
```
*/
function isTimeoutError(error) {
    return isErrorType(error, TimeoutError);
}
// Older epoch-second values are indistinguishable from ordinary delay seconds, so timestamp compatibility only applies to current-era reset headers.
const timestampThreshold = Date.parse('2024-01-01');
const delayPattern = /^\d+$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
// HTTP-date parsing is limited to IMF-fixdate and the two obsolete HTTP-date formats. Other date-like strings intentionally fall back to the normal retry delay.
const imfDatePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const rfc850DatePattern = /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\d{2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const asctimeDatePattern = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{2}| \d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;
const getRetryTimingHeader = (headers) => {
    const retryAfter = headers.get('Retry-After');
    if (retryAfter !== null) {
        return { value: retryAfter, allowTimestamp: false };
    }
    // Retry-After is authoritative when present. Only missing Retry-After falls through to rate-limit headers.
    const rateLimitReset = headers.get('RateLimit-Reset');
    if (rateLimitReset !== null) {
        return { value: rateLimitReset, allowTimestamp: true };
    }
    const rateLimitRetryAfter = headers.get('X-RateLimit-Retry-After'); // Symfony-based services
    if (rateLimitRetryAfter !== null) {
        return { value: rateLimitRetryAfter, allowTimestamp: false };
    }
    const rateLimitResetAlias = headers.get('X-RateLimit-Reset') // GitHub
        ?? headers.get('X-Rate-Limit-Reset'); // Twitter
    if (rateLimitResetAlias !== null) {
        return { value: rateLimitResetAlias, allowTimestamp: true };
    }
    return undefined;
};
const createTimestamp = ({ year, month, day, hours, minutes, seconds }) => {
    const monthIndex = months.indexOf(month);
    const dayNumber = Number(day);
    const hoursNumber = Number(hours);
    const minutesNumber = Number(minutes);
    const secondsNumber = Number(seconds);
    if (monthIndex === -1
        || hoursNumber > 23
        || minutesNumber > 59
        || secondsNumber > 60) {
        return undefined;
    }
    const normalizedSeconds = Math.min(secondsNumber, 59);
    const date = new Date(Date.UTC(year, monthIndex, dayNumber, hoursNumber, minutesNumber, normalizedSeconds));
    date.setUTCFullYear(year);
    const timestamp = date.getTime();
    // Date.UTC normalizes overflow, so round-trip the parts to reject invalid dates. A leap second is represented by parsing 60 as 59 and adding one second.
    if (date.getUTCFullYear() !== year
        || date.getUTCMonth() !== monthIndex
        || date.getUTCDate() !== dayNumber
        || date.getUTCHours() !== hoursNumber
        || date.getUTCMinutes() !== minutesNumber
        || date.getUTCSeconds() !== normalizedSeconds) {
        return undefined;
    }
    return secondsNumber === 60 ? timestamp + 1000 : timestamp;
};
const getCapture = (match, index) => match[index];
const parseDate = (value) => {
    const imfDate = imfDatePattern.exec(value);
    if (imfDate) {
        return createTimestamp({
            year: Number(getCapture(imfDate, 3)),
            month: getCapture(imfDate, 2),
            day: getCapture(imfDate, 1),
            hours: getCapture(imfDate, 4),
            minutes: getCapture(imfDate, 5),
            seconds: getCapture(imfDate, 6),
        });
    }
    const rfc850Date = rfc850DatePattern.exec(value);
    if (rfc850Date) {
        const now = new Date();
        const twoDigitYear = Number(getCapture(rfc850Date, 3));
        const currentCenturyYear = (Math.floor(now.getUTCFullYear() / 100) * 100) + twoDigitYear;
        const fiftyYearsFromNow = Date.UTC(now.getUTCFullYear() + 50, now.getUTCMonth(), now.getUTCDate(), now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds(), now.getUTCMilliseconds());
        let timestamp;
        // RFC 9110 maps two-digit years to the latest matching century that is not more than 50 years in the future.
        for (const year of [
            currentCenturyYear - 100,
            currentCenturyYear,
            currentCenturyYear + 100,
        ]) {
            const candidateTimestamp = createTimestamp({
                year,
                month: getCapture(rfc850Date, 2),
                day: getCapture(rfc850Date, 1),
                hours: getCapture(rfc850Date, 4),
                minutes: getCapture(rfc850Date, 5),
                seconds: getCapture(rfc850Date, 6),
            });
            if (candidateTimestamp !== undefined
                && candidateTimestamp <= fiftyYearsFromNow) {
                timestamp = candidateTimestamp;
            }
        }
        return timestamp;
    }
    const asctimeDate = asctimeDatePattern.exec(value);
    if (asctimeDate) {
        const time = getCapture(asctimeDate, 4);
        const [hours, minutes, seconds] = time.split(':');
        return createTimestamp({
            year: Number(getCapture(asctimeDate, 5)),
            month: getCapture(asctimeDate, 2),
            day: getCapture(asctimeDate, 3).trim(),
            hours,
            minutes,
            seconds,
        });
    }
    return undefined;
};
const calculateRetryTimingDelay = ({ value, allowTimestamp }) => {
    if (delayPattern.test(value)) {
        let delay = Number(value) * 1000;
        // Standard Retry-After numbers are delay seconds. Timestamp compatibility only applies to reset headers.
        if (allowTimestamp
            && delay >= timestampThreshold) {
            delay -= Date.now();
        }
        return Math.max(0, delay);
    }
    const timestamp = parseDate(value);
    if (timestamp === undefined) {
        return undefined;
    }
    const delay = timestamp - Date.now();
    return Number.isFinite(delay) ? Math.max(0, delay) : undefined;
};
















const maxErrorResponseBodySize = 10 * 1024 * 1024;
const prefixUrlRenamedErrorMessage = 'The `prefixUrl` option has been renamed `prefix` in v2 and enhanced to allow slashes in input. See also the new `baseUrl` option for improved flexibility with standard URL resolution: https://github.com/sindresorhus/ky#baseurl';
const timedOutResponseData = Symbol('timedOutResponseData');
const timedOutOperation = Symbol('timedOutOperation');
const createTextDecoder = (contentType) => {
    const match = /;\s*charset\s*=\s*(?:"([^"]+)"|([^;,\s]+))/i.exec(contentType);
    const charset = match?.[1] ?? match?.[2];
    if (charset) {
        try {
            return new TextDecoder(charset);
        }
        catch { }
    }
    return new TextDecoder();
};
const invalidSchemaMessage = 'The `schema` argument must follow the Standard Schema specification';
const cloneRetryOptions = (retry) => {
    if (retry === null || typeof retry !== 'object' || Array.isArray(retry)) {
        return retry;
    }
    const clonedRetry = { ...retry };
    // Clone nested arrays too so init hooks can mutate retry config without leaking state across requests.
    if (Array.isArray(clonedRetry.methods)) {
        clonedRetry.methods = [...clonedRetry.methods];
    }
    if (Array.isArray(clonedRetry.statusCodes)) {
        clonedRetry.statusCodes = [...clonedRetry.statusCodes];
    }
    if (Array.isArray(clonedRetry.afterStatusCodes)) {
        clonedRetry.afterStatusCodes = [...clonedRetry.afterStatusCodes];
    }
    return clonedRetry;
};
const Ky_objectToString = Object.prototype.toString;
const leadingC0ControlOrSpacePattern = /^[\0-\u0020]+/g;
const asciiTabOrNewLinePattern = /[\t\n\r]/g;
const schemePattern = /^[a-z][\d+.a-z-]*:/i;
const malformedHttpProtocolPattern = /^https?:(?!\/\/)/i;
const isRequestInstance = (value) => value instanceof globalThis.Request || Ky_objectToString.call(value) === '[object Request]';
// Accepted custom responses are treated as full Responses throughout Ky.
// If a custom fetch returns one, it must behave like a Response for cloning,
// body consumption, `json()` decoration, and any enabled stream features.
const isResponseInstance = (value) => value instanceof globalThis.Response || Ky_objectToString.call(value) === '[object Response]';
const isAbsoluteInput = (input) => schemePattern.test(input);
const normalizeInputForProtocolCheck = (input) => input.replaceAll(leadingC0ControlOrSpacePattern, '').replaceAll(asciiTabOrNewLinePattern, '');
const cloneSearchParametersForInitHook = (searchParameters) => {
    if (Array.isArray(searchParameters)) {
        return searchParameters.map(parameter => [...parameter]);
    }
    return cloneShallow(searchParameters);
};
// Shallow-clone mutable option properties so init hook mutations don't leak across requests.
function cloneInitHookOptions(options) {
    const clonedOptions = {
        ...options,
        json: cloneShallow(options.json),
        context: cloneShallow(options.context),
        headers: cloneShallow(options.headers),
        searchParams: cloneSearchParametersForInitHook(options.searchParams),
    };
    if (options.retry !== undefined) {
        clonedOptions.retry = cloneRetryOptions(options.retry);
    }
    return clonedOptions;
}
const validateJsonWithSchema = async (jsonValue, schema) => {
    if ((typeof schema !== 'object'
        && typeof schema !== 'function')
        || schema === null) {
        throw new TypeError(invalidSchemaMessage);
    }
    const standardSchema = schema['~standard'];
    if (typeof standardSchema !== 'object'
        || standardSchema === null
        || typeof standardSchema.validate !== 'function') {
        throw new TypeError(invalidSchemaMessage);
    }
    const validationResult = await standardSchema.validate(jsonValue);
    if (validationResult.issues) {
        throw new SchemaValidationError(validationResult.issues);
    }
    return validationResult.value;
};
class Ky {
    static create(input, options) {
        const initHooks = options.hooks?.init ?? [];
        const initHookOptions = initHooks.length > 0 ? cloneInitHookOptions(options) : options;
        for (const hook of initHooks) {
            hook(initHookOptions);
        }
        const ky = new Ky(input, initHookOptions);
        const function_ = async () => {
            if (typeof ky.#options.timeout === 'number' && ky.#options.timeout > maxSafeTimeout) {
                throw new RangeError(`The \`timeout\` option cannot be greater than ${maxSafeTimeout}`);
            }
            if (typeof ky.#options.totalTimeout === 'number' && ky.#options.totalTimeout > maxSafeTimeout) {
                throw new RangeError(`The \`totalTimeout\` option cannot be greater than ${maxSafeTimeout}`);
            }
            // Delay the fetch so that body method shortcuts can set the Accept header
            await Promise.resolve();
            const beforeRequestResponse = await ky.#runBeforeRequestHooks();
            if (beforeRequestResponse !== undefined) {
                ky.#retryLimit = normalizeRetryOptions(ky.#options.retry).limit;
            }
            let response = beforeRequestResponse ?? await ky.#retry(async () => ky.#fetch());
            let responseFromHook = beforeRequestResponse !== undefined
                || ky.#consumeReturnedResponseFromBeforeRetryHook();
            for (;;) {
                // `undefined` means a hook stopped the flow without providing a response.
                // Non-native Responses still continue through Ky if they pass `isResponseInstance()`.
                if (response === undefined) {
                    return response;
                }
                if (isResponseInstance(response)) {
                    try {
                        // eslint-disable-next-line no-await-in-loop
                        response = await ky.#runAfterResponseHooks(response);
                    }
                    catch (error) {
                        if (!(error instanceof ForceRetryError_ForceRetryError)) {
                            throw error;
                        }
                        // eslint-disable-next-line no-await-in-loop
                        const retriedResponse = await ky.#retryFromError(error, async () => ky.#fetch());
                        if (retriedResponse === undefined) {
                            return retriedResponse;
                        }
                        response = retriedResponse;
                        responseFromHook = ky.#consumeReturnedResponseFromBeforeRetryHook();
                        continue;
                    }
                }
                const currentResponse = response;
                // Opaque responses (`response.type === 'opaque'`) from `no-cors` requests always have `status: 0` and `ok: false`, but this is not a failure - the actual status is hidden by the browser.
                if (!currentResponse.ok && currentResponse.type !== 'opaque' && (typeof ky.#options.throwHttpErrors === 'function'
                    ? ky.#options.throwHttpErrors(currentResponse.status)
                    : ky.#options.throwHttpErrors)) {
                    // `request` must reflect the request that actually failed, but `options` stays as Ky's
                    // normalized options snapshot. Replacement `Request` instances do not preserve the
                    // original `BodyInit`, so trying to make `options` mirror arbitrary requests would be lossy.
                    const httpError = new HTTPError(currentResponse, ky.#getResponseRequest(currentResponse), ky.#getNormalizedOptions());
                    const errorToThrow = httpError;
                    // eslint-disable-next-line no-await-in-loop
                    httpError.data = await ky.#getResponseData(currentResponse);
                    if (responseFromHook) {
                        throw errorToThrow;
                    }
                    // eslint-disable-next-line no-await-in-loop
                    const retriedResponse = await ky.#retryFromError(httpError, async () => ky.#fetch());
                    if (retriedResponse === undefined) {
                        return retriedResponse;
                    }
                    response = retriedResponse;
                    responseFromHook = ky.#consumeReturnedResponseFromBeforeRetryHook();
                    continue;
                }
                break;
            }
            if (!isResponseInstance(response)) {
                return response;
            }
            ky.#decorateResponse(response);
            // If `onDownloadProgress` is passed, it uses the stream API internally
            if (ky.#options.onDownloadProgress) {
                if (typeof ky.#options.onDownloadProgress !== 'function') {
                    throw new TypeError('The `onDownloadProgress` option must be a function');
                }
                if (!supportsResponseStreams) {
                    throw new Error('Streams are not supported in your environment. `ReadableStream` is missing.');
                }
                const progressResponse = response.clone();
                ky.#cancelResponseBody(response);
                return streamResponse(progressResponse, ky.#options.onDownloadProgress);
            }
            return response;
        };
        const result = (async () => {
            try {
                return await function_();
            }
            catch (error) {
                await ky.#throwProcessedError(error);
            }
            finally {
                const originalRequest = ky.#originalRequest;
                // Ignore cancellation errors from already-locked or already-consumed streams.
                ky.#cancelBody(originalRequest?.body ?? undefined);
                // Only cancel the current request body if it's distinct from the original (i.e. it was cloned for retries).
                if (ky.request !== originalRequest) {
                    ky.#cancelBody(ky.request.body ?? undefined);
                }
            }
        })();
        for (const [type, mimeType] of Object.entries(responseTypes)) {
            // Only expose `.bytes()` when the environment implements it.
            if (type === 'bytes'
                && typeof globalThis.Response?.prototype?.bytes !== 'function') {
                continue;
            }
            result[type] = async (schema) => {
                // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
                ky.request.headers.set('accept', ky.request.headers.get('accept') || mimeType);
                const response = await result;
                if (type !== 'json') {
                    return ky.#raceBodyRead(async () => response[type](), response);
                }
                const text = await ky.#raceBodyRead(async () => response.text(), response);
                const request = ky.#getResponseRequest(response);
                const parsedResult = await ky.#raceWithTotalTimeout(async () => {
                    const jsonValue = initHookOptions.parseJson
                        ? await initHookOptions.parseJson(text, { request, response })
                        : (text === '' && schema !== undefined
                            ? undefined
                            : JSON.parse(text));
                    return schema === undefined ? jsonValue : validateJsonWithSchema(jsonValue, schema);
                });
                if (parsedResult === timedOutOperation) {
                    await ky.#throwProcessedError(new TimeoutError(request));
                }
                return parsedResult;
            };
        }
        return result;
    }
    // eslint-disable-next-line unicorn/prevent-abbreviations
    static #normalizeSearchParams(searchParams) {
        // Filter out undefined values from plain objects
        if (searchParams && typeof searchParams === 'object' && !Array.isArray(searchParams) && !(searchParams instanceof URLSearchParams)) {
            return Object.fromEntries(Object.entries(searchParams).filter(([, value]) => value !== undefined));
        }
        return searchParams;
    }
    request;
    #abortController;
    #retryCount = 0;
    #retryLimit;
    #input;
    #options;
    #originalRequest;
    #userProvidedAbortSignal;
    #beforeRetryHookErrors = new WeakSet();
    #cachedNormalizedOptions;
    #startTime;
    #returnedResponseFromBeforeRetryHook = false;
    #responseRequests = new WeakMap();
    // eslint-disable-next-line complexity
    constructor(input, options = {}) {
        this.#input = input;
        if (Object.hasOwn(options, 'prefixUrl')) {
            throw new Error(prefixUrlRenamedErrorMessage);
        }
        this.#options = {
            ...options,
            headers: mergeHeaders(this.#input.headers, options.headers),
            hooks: mergeHooks({}, options.hooks),
            method: normalizeRequestMethod(options.method ?? this.#input.method ?? 'GET'),
            // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
            prefix: String(options.prefix || ''),
            retry: normalizeRetryOptions(options.retry),
            throwHttpErrors: options.throwHttpErrors ?? true,
            timeout: options.timeout ?? 10_000,
            totalTimeout: options.totalTimeout ?? false,
            fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
            context: options.context ?? {},
        };
        this.#retryLimit = this.#options.retry.limit;
        if (typeof this.#input !== 'string' && !(this.#input instanceof URL || this.#input instanceof globalThis.Request)) {
            throw new TypeError('`input` must be a string, URL, or Request');
        }
        if (typeof this.#input === 'string') {
            if (this.#options.prefix) {
                const normalizedPrefix = this.#options.prefix.replace(/\/+$/, '');
                const normalizedInput = this.#input.replace(/^\/+/, '');
                this.#input = `${normalizedPrefix}/${normalizedInput}`;
            }
            if (this.#options.baseUrl) {
                const normalizedInput = normalizeInputForProtocolCheck(this.#input);
                if (malformedHttpProtocolPattern.test(normalizedInput)) {
                    throw new TypeError('`input` url protocol must be followed by `//` when using `baseUrl`');
                }
                if (!isAbsoluteInput(normalizedInput)) {
                    this.#input = new URL(this.#input, (new Request(this.#options.baseUrl)).url);
                }
            }
        }
        if (supportsAbortController && supportsAbortSignal) {
            this.#userProvidedAbortSignal = this.#options.signal ?? this.#input.signal;
            this.#abortController = new globalThis.AbortController();
            this.#options.signal = this.#createManagedSignal();
        }
        if (supportsRequestStreams) {
            // @ts-expect-error - Types are outdated.
            this.#options.duplex = 'half';
        }
        if (this.#options.json !== undefined) {
            this.#options.body = this.#options.stringifyJson?.(this.#options.json) ?? JSON.stringify(this.#options.json);
            this.#options.headers.set('content-type', this.#options.headers.get('content-type') ?? 'application/json');
        }
        // To provide correct form boundary, Content-Type header should be deleted when creating Request from another Request with FormData/URLSearchParams body
        // Only delete if user didn't explicitly provide a custom content-type
        const userProvidedContentType = options.headers && new globalThis.Headers(options.headers).has('content-type');
        if (this.#input instanceof globalThis.Request
            && ((supportsFormData && this.#options.body instanceof globalThis.FormData) || this.#options.body instanceof URLSearchParams)
            && !userProvidedContentType) {
            this.#options.headers.delete('content-type');
        }
        this.request = new globalThis.Request(this.#input, this.#options);
        if (hasSearchParameters(this.#options.searchParams)) {
            const url = new URL(this.request.url);
            const deleted = this.#options.searchParams?.[deletedParametersSymbol];
            if (deleted) {
                // Remove keys from the input URL first so later searchParams entries can intentionally re-add them.
                for (const key of deleted) {
                    url.searchParams.delete(key);
                }
            }
            if (typeof this.#options.searchParams === 'string') {
                const stringSearchParameters = this.#options.searchParams.replace(/^\?/, '');
                if (stringSearchParameters !== '') {
                    url.search = url.search ? `${url.search}&${stringSearchParameters}` : `?${stringSearchParameters}`;
                }
            }
            else {
                const optionsSearchParameters = new URLSearchParams(Ky.#normalizeSearchParams(this.#options.searchParams));
                for (const [key, value] of optionsSearchParameters.entries()) {
                    url.searchParams.append(key, value);
                }
            }
            if (this.#options.searchParams
                && typeof this.#options.searchParams === 'object'
                && !Array.isArray(this.#options.searchParams)
                && !(this.#options.searchParams instanceof URLSearchParams)) {
                for (const [key, value] of Object.entries(this.#options.searchParams)) {
                    if (value === undefined) {
                        url.searchParams.delete(key);
                    }
                }
            }
            // Recreate request with the updated URL. We already have all options in this.#options, including duplex.
            this.request = new globalThis.Request(url, this.#options);
        }
        if (this.#options.onUploadProgress && typeof this.#options.onUploadProgress !== 'function') {
            throw new TypeError('The `onUploadProgress` option must be a function');
        }
        // `totalTimeout` starts when the request pipeline is created, so it also includes
        // Ky's internal scheduling and user hook time before the first fetch attempt.
        this.#startTime = typeof this.#options.totalTimeout === 'number' ? this.#getCurrentTime() : undefined;
    }
    #calculateDelay(retry) {
        const retryDelay = retry.delay(this.#retryCount + 1);
        let jitteredDelay = retryDelay;
        if (retry.jitter === true) {
            jitteredDelay = Math.random() * retryDelay;
        }
        else if (typeof retry.jitter === 'function') {
            jitteredDelay = retry.jitter(retryDelay);
            if (!Number.isFinite(jitteredDelay) || jitteredDelay < 0) {
                jitteredDelay = retryDelay;
            }
        }
        return Math.min(retry.backoffLimit, jitteredDelay);
    }
    async #calculateRetryDelay(error) {
        const retry = normalizeRetryOptions(this.#options.retry);
        if (this.#retryCount >= Math.min(retry.limit, this.#retryLimit)) {
            throw error;
        }
        // Wrap non-Error throws to ensure consistent error handling
        const errorObject = error instanceof Error ? error : new NonError(error);
        // Handle forced retry from afterResponse hook - skip method check and shouldRetry
        if (errorObject instanceof ForceRetryError_ForceRetryError) {
            return errorObject.customDelay ?? this.#calculateDelay(retry);
        }
        // Check if method is retriable for non-forced retries
        if (!retry.methods.includes(this.request.method.toLowerCase())) {
            throw error;
        }
        const { shouldRetry } = retry;
        if (shouldRetry !== undefined) {
            const result = await this.#raceWithTotalTimeout(async () => shouldRetry({ error: errorObject, retryCount: this.#retryCount + 1 }));
            if (result === timedOutOperation) {
                throw new TimeoutError(this.request);
            }
            // Only exact booleans override the default retry checks.
            if (result === false) {
                throw error;
            }
            if (result === true) {
                return this.#calculateDelay(retry);
            }
        }
        // Default timeout behavior
        if (isTimeoutError(error)) {
            if (!retry.retryOnTimeout) {
                throw error;
            }
            return this.#calculateDelay(retry);
        }
        if (isHTTPError(error)) {
            if (!retry.statusCodes.includes(error.response.status)) {
                throw error;
            }
            const retryTimingHeader = getRetryTimingHeader(error.response.headers);
            if (retryTimingHeader && retry.afterStatusCodes.includes(error.response.status)) {
                const after = calculateRetryTimingDelay(retryTimingHeader);
                if (after === undefined) {
                    // Malformed retry timing headers should not disable retries; they only lose their server-provided timing.
                    return this.#calculateDelay(retry);
                }
                // Don't apply jitter when server provides explicit retry timing
                return Math.min(retry.maxRetryAfter, after);
            }
            if (error.response.status === 413) {
                throw error;
            }
            return this.#calculateDelay(retry);
        }
        // Only retry known retriable error types. Unknown errors (e.g., programming bugs) are not retried.
        if (!isNetworkError(error)) {
            throw error;
        }
        return this.#calculateDelay(retry);
    }
    #decorateResponse(response) {
        const request = this.#getResponseRequest(response);
        if (this.#options.parseJson) {
            response.json = async () => {
                const text = await response.text();
                return this.#options.parseJson(text, { request, response });
            };
        }
        return response;
    }
    async #throwProcessedError(error) {
        // Non-Error throws (e.g., thrown strings) pass through unchanged
        if (!(error instanceof Error)) {
            throw error;
        }
        // Errors thrown by beforeRetry hooks must propagate unchanged.
        if (this.#beforeRetryHookErrors.has(error)) {
            throw error;
        }
        let processedError = error;
        for (const hook of this.#options.hooks.beforeError) {
            // `request` is the current failing request. `options` intentionally remains the
            // stable normalized Ky options snapshot for the same reason as `HTTPError` above.
            // eslint-disable-next-line no-await-in-loop
            const hookResult = await hook({
                request: this.request,
                options: this.#getNormalizedOptions(),
                error: processedError,
                retryCount: this.#retryCount,
            });
            // Only overwrite if the hook returns a valid Error instance.
            if (hookResult instanceof Error) {
                processedError = hookResult;
            }
        }
        throw processedError;
    }
    async #getResponseData(response) {
        // Even with request timeouts disabled, bound error-body reads so retries and error propagation
        // cannot be stalled indefinitely by never-ending response streams.
        const readTimeout = this.#getErrorDataTimeout();
        const text = await this.#readResponseText(response, readTimeout.milliseconds);
        if (text === timedOutResponseData) {
            if (readTimeout.fromTotalTimeout) {
                throw new TimeoutError(this.request);
            }
            this.#throwIfTotalTimeoutExhausted();
            return undefined;
        }
        if (!text) {
            return undefined;
        }
        if (!this.#isJsonContentType(response.headers.get('content-type') ?? '')) {
            return text;
        }
        const parseTimeout = this.#getErrorDataTimeout();
        const data = await this.#parseJson(text, response, parseTimeout.milliseconds, this.#getResponseRequest(response));
        if (data === timedOutResponseData) {
            if (parseTimeout.fromTotalTimeout) {
                throw new TimeoutError(this.request);
            }
            this.#throwIfTotalTimeoutExhausted();
            return undefined;
        }
        return data;
    }
    #getErrorDataTimeout() {
        const errorDataTimeout = this.#options.timeout === false ? 10_000 : this.#options.timeout;
        const remainingTotal = this.#getRemainingTotalTimeout();
        if (remainingTotal === undefined) {
            return {
                milliseconds: errorDataTimeout,
                fromTotalTimeout: false,
            };
        }
        if (remainingTotal <= 0) {
            throw new TimeoutError(this.request);
        }
        return {
            milliseconds: Math.min(errorDataTimeout, remainingTotal),
            fromTotalTimeout: remainingTotal <= errorDataTimeout,
        };
    }
    #getBodyReadTimeout() {
        const remainingTotal = this.#getRemainingTotalTimeout();
        if (remainingTotal !== undefined) {
            if (remainingTotal <= 0) {
                throw new TimeoutError(this.request);
            }
            return this.#options.timeout === false
                ? remainingTotal
                : Math.min(this.#options.timeout, remainingTotal);
        }
        return this.#options.timeout === false ? undefined : this.#options.timeout;
    }
    // Unlike error bodies (`#getResponseData`), a successful body read has no fallback value to return -
    // the caller's `.json()`/`.text()`/etc. promise must settle, so a timeout here always rejects.
    async #raceBodyRead(createBodyPromise, response) {
        let timeoutMs;
        try {
            timeoutMs = this.#getBodyReadTimeout();
        }
        catch (error) {
            await this.#throwProcessedError(error);
        }
        const bodyPromise = createBodyPromise();
        if (timeoutMs === undefined) {
            return bodyPromise;
        }
        const result = await Promise.race([
            bodyPromise,
            new Promise(resolve => {
                const timeoutId = setTimeout(() => {
                    resolve(timedOutResponseData);
                }, timeoutMs);
                void bodyPromise.finally(() => {
                    clearTimeout(timeoutId);
                }).catch(() => undefined);
            }),
        ]);
        if (result === timedOutResponseData) {
            // The stream is locked by the native body method's own reader by this point, so
            // `response.body.cancel()` would reject as "already locked". Aborting the request's
            // signal is what actually interrupts the underlying network read.
            this.#abortController?.abort();
            await this.#throwProcessedError(new TimeoutError(this.#getResponseRequest(response)));
        }
        return result;
    }
    async #raceWithTotalTimeout(operation) {
        const remainingTotal = this.#getRemainingTotalTimeout();
        if (remainingTotal === undefined) {
            return operation();
        }
        if (remainingTotal <= 0) {
            this.#abortController?.abort();
            return timedOutOperation;
        }
        let timeoutId;
        try {
            const timeoutPromise = new Promise(resolve => {
                timeoutId = setTimeout(() => {
                    resolve(timedOutOperation);
                }, remainingTotal);
            });
            const operationResult = Promise.resolve()
                .then(operation)
                .then(value => ({ status: 'fulfilled', value }))
                .catch((error) => ({ status: 'rejected', error }));
            const result = await Promise.race([operationResult, timeoutPromise]);
            const remainingAfterOperation = this.#getRemainingTotalTimeout();
            const didTimeOut = result === timedOutOperation || (remainingAfterOperation !== undefined && remainingAfterOperation <= 0);
            if (didTimeOut) {
                this.#abortController?.abort();
                if (result === timedOutOperation) {
                    void operationResult.then(result => {
                        if (result.status === 'fulfilled') {
                            this.#cancelReturnedBody(result.value);
                        }
                    });
                }
                else if (result.status === 'fulfilled') {
                    this.#cancelReturnedBody(result.value);
                }
                return timedOutOperation;
            }
            if (result.status === 'rejected') {
                throw result.error;
            }
            return result.value;
        }
        finally {
            clearTimeout(timeoutId);
        }
    }
    #isJsonContentType(contentType) {
        // Match JSON subtypes like `json`, `problem+json`, and `vnd.api+json`.
        const mimeType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
        return /\/(?:.*[.+-])?json$/.test(mimeType);
    }
    async #readResponseText(response, timeoutMs) {
        const { body } = response;
        if (!body) {
            try {
                return await response.text();
            }
            catch {
                return undefined;
            }
        }
        let reader;
        try {
            reader = body.getReader();
        }
        catch {
            // Another consumer already locked the stream.
            return undefined;
        }
        const decoder = createTextDecoder(response.headers.get('content-type') ?? '');
        const chunks = [];
        let totalBytes = 0;
        const readAll = (async () => {
            try {
                for (;;) {
                    // eslint-disable-next-line no-await-in-loop
                    const { done, value } = await reader.read();
                    if (done) {
                        break;
                    }
                    totalBytes += value.byteLength;
                    if (totalBytes > maxErrorResponseBodySize) {
                        void reader.cancel().catch(() => undefined);
                        return undefined;
                    }
                    chunks.push(decoder.decode(value, { stream: true }));
                }
            }
            catch {
                return undefined;
            }
            chunks.push(decoder.decode());
            return chunks.join('');
        })();
        const timeoutPromise = new Promise(resolve => {
            const timeoutId = setTimeout(() => {
                resolve(timedOutResponseData);
            }, timeoutMs);
            void readAll.finally(() => {
                clearTimeout(timeoutId);
            });
        });
        const result = await Promise.race([readAll, timeoutPromise]);
        if (result === timedOutResponseData) {
            void reader.cancel().catch(() => undefined);
        }
        return result;
    }
    async #parseJson(text, response, timeoutMs, request) {
        let timeoutId;
        try {
            return await Promise.race([
                Promise.resolve().then(() => this.#options.parseJson
                    ? this.#options.parseJson(text, { request, response })
                    : JSON.parse(text)),
                new Promise(resolve => {
                    timeoutId = setTimeout(() => {
                        resolve(timedOutResponseData);
                    }, timeoutMs);
                }),
            ]);
        }
        catch {
            return undefined;
        }
        finally {
            clearTimeout(timeoutId);
        }
    }
    #cancelBody(body) {
        if (!body) {
            return;
        }
        // Ignore cancellation failures from already-locked or already-consumed streams.
        void body.cancel().catch(() => undefined);
    }
    #cancelResponseBody(response) {
        // Ignore cancellation failures from already-locked or already-consumed streams.
        this.#cancelBody(response.body ?? undefined);
    }
    #cancelReturnedBody(value) {
        if (isResponseInstance(value)) {
            this.#cancelResponseBody(value);
        }
        else if (isRequestInstance(value)) {
            this.#cancelBody(value.body ?? undefined);
        }
    }
    #createManagedSignal() {
        return this.#userProvidedAbortSignal
            ? AbortSignal.any([this.#userProvidedAbortSignal, this.#abortController.signal])
            : this.#abortController.signal;
    }
    #throwIfTotalTimeoutExhausted() {
        const remaining = this.#getRemainingTotalTimeout();
        if (remaining !== undefined && remaining <= 0) {
            throw new TimeoutError(this.request);
        }
    }
    async #runBeforeRequestHooks() {
        for (const hook of this.#options.hooks.beforeRequest) {
            // eslint-disable-next-line no-await-in-loop
            const result = await this.#raceWithTotalTimeout(async () => hook({
                request: this.request,
                options: this.#getNormalizedOptions(),
                retryCount: 0,
            }));
            if (result === timedOutOperation) {
                throw new TimeoutError(this.request);
            }
            if (isRequestInstance(result)) {
                this.#assignRequest(result);
            }
            else if (isResponseInstance(result)) {
                return result;
            }
        }
        return undefined;
    }
    async #runAfterResponseHooks(response) {
        const responseRequest = this.#getResponseRequest(response);
        for (const hook of this.#options.hooks.afterResponse) {
            const hookResponse = this.#setResponseRequest(response.clone(), responseRequest);
            this.#decorateResponse(hookResponse);
            let modifiedResponse;
            try {
                // eslint-disable-next-line no-await-in-loop
                modifiedResponse = await this.#raceWithTotalTimeout(async () => hook({
                    request: this.request,
                    options: this.#getNormalizedOptions(),
                    response: hookResponse,
                    retryCount: this.#retryCount,
                }));
                if (modifiedResponse === timedOutOperation) {
                    throw new TimeoutError(this.request);
                }
            }
            catch (error) {
                // Cancel both responses to prevent memory leaks when hook throws
                if (hookResponse !== response) {
                    this.#cancelResponseBody(hookResponse);
                }
                this.#cancelResponseBody(response);
                throw error;
            }
            if (modifiedResponse instanceof RetryMarker) {
                // Cancel both the cloned response passed to the hook and the current response to prevent resource leaks (especially important in Deno/Bun).
                // Do not await cancellation since hooks can clone the response, leaving extra tee branches that keep cancel promises pending per the Streams spec.
                if (hookResponse !== response) {
                    this.#cancelResponseBody(hookResponse);
                }
                this.#cancelResponseBody(response);
                throw new ForceRetryError_ForceRetryError(modifiedResponse.options);
            }
            const nextResponse = isResponseInstance(modifiedResponse)
                ? this.#setResponseRequest(modifiedResponse, responseRequest)
                : response;
            // Cancel any response bodies we won't use to prevent memory leaks.
            // Uses fire-and-forget since hooks may have cloned the response, creating tee branches that block cancellation.
            // If the hook wrapped an existing body into a new Response, both Response objects can still point at the same stream.
            if (hookResponse !== response && hookResponse !== nextResponse && hookResponse.body !== nextResponse.body) {
                this.#cancelResponseBody(hookResponse);
            }
            if (response !== nextResponse && response.body !== nextResponse.body) {
                this.#cancelResponseBody(response);
            }
            response = nextResponse;
        }
        return response;
    }
    async #retry(function_) {
        try {
            return await function_();
        }
        catch (error) {
            return this.#retryFromError(error, function_);
        }
    }
    async #retryFromError(error, function_) {
        this.#returnedResponseFromBeforeRetryHook = false;
        const retryDelay = Math.min(await this.#calculateRetryDelay(error), maxSafeTimeout);
        const delayOptions = { signal: this.#userProvidedAbortSignal };
        const remainingTimeout = this.#getRemainingTotalTimeout();
        if (remainingTimeout !== undefined) {
            if (remainingTimeout <= 0) {
                throw new TimeoutError(this.request);
            }
            // If waiting would consume all remaining budget, time out without starting another request.
            if (retryDelay >= remainingTimeout) {
                await delay(remainingTimeout, delayOptions);
                throw new TimeoutError(this.request);
            }
        }
        // Only use user-provided signal for delay, not our internal abortController
        await delay(retryDelay, delayOptions);
        this.#throwIfTotalTimeoutExhausted();
        // Apply custom request from forced retry before beforeRetry hooks
        // Ensure the custom request has the correct managed signal for timeouts and user aborts
        if (error instanceof ForceRetryError_ForceRetryError && error.customRequest) {
            const customRequest = new globalThis.Request(error.customRequest, this.#options.signal ? { signal: this.#options.signal } : undefined);
            // Replacement Requests are authoritative by design. Do not rewrite headers here,
            // even for cross-origin retries. Callers using `ky.retry({request})` explicitly
            // opted into the exact Request they constructed.
            this.#assignRequest(customRequest);
        }
        for (const hook of this.#options.hooks.beforeRetry) {
            let hookResult;
            try {
                // eslint-disable-next-line no-await-in-loop
                hookResult = await this.#raceWithTotalTimeout(async () => hook({
                    request: this.request,
                    options: this.#getNormalizedOptions(),
                    error: error,
                    retryCount: this.#retryCount + 1,
                }));
            }
            catch (hookError) {
                // Preserve the original request error path (`throw error`) so beforeError hooks can still run.
                if (hookError instanceof Error && hookError !== error) {
                    this.#beforeRetryHookErrors.add(hookError);
                }
                throw hookError;
            }
            if (hookResult === timedOutOperation) {
                throw new TimeoutError(this.request);
            }
            if (isRequestInstance(hookResult)) {
                // Same contract as `ky.retry({request})`: a Request returned from `beforeRetry`
                // is used as-is rather than being sanitized or otherwise rewritten by Ky.
                this.#assignRequest(hookResult);
                break;
            }
            if (isResponseInstance(hookResult)) {
                this.#returnedResponseFromBeforeRetryHook = true;
                this.#retryCount++;
                return hookResult;
            }
            // If `stop` is returned from the hook, the retry process is stopped
            if (hookResult === stop) {
                return;
            }
        }
        this.#throwIfTotalTimeoutExhausted();
        this.#retryCount++;
        return this.#retry(function_);
    }
    #consumeReturnedResponseFromBeforeRetryHook() {
        const value = this.#returnedResponseFromBeforeRetryHook;
        this.#returnedResponseFromBeforeRetryHook = false;
        return value;
    }
    async #fetch() {
        // Reset abortController if it was aborted (happens on timeout retry)
        if (this.#abortController?.signal.aborted) {
            this.#abortController = new globalThis.AbortController();
            this.#options.signal = this.#createManagedSignal();
            // Recreate request with new signal
            this.request = new globalThis.Request(this.request, { signal: this.#options.signal });
        }
        const nonRequestOptions = findUnknownOptions(this.#options);
        this.#retryLimit = normalizeRetryOptions(this.#options.retry).limit;
        const retryRequest = this.#retryLimit > 0 ? this.request.clone() : undefined;
        const request = this.#wrapRequestWithUploadProgress(this.request, this.#options.body ?? undefined);
        // Cloning is done here to prepare in advance for retries.
        // Skip cloning when retries are disabled - cloning a streaming body calls ReadableStream#tee()
        // which buffers the entire stream in memory, causing excessive memory usage for large uploads.
        this.#originalRequest = request;
        if (retryRequest) {
            this.request = retryRequest;
        }
        try {
            const remainingTotal = this.#getRemainingTotalTimeout();
            if (remainingTotal !== undefined && remainingTotal <= 0) {
                throw new TimeoutError(this.request);
            }
            const effectiveTimeout = this.#options.timeout === false
                ? remainingTotal
                : (remainingTotal === undefined
                    ? this.#options.timeout
                    : Math.min(this.#options.timeout, remainingTotal));
            const response = effectiveTimeout === undefined
                ? await this.#options.fetch(request, nonRequestOptions)
                : await timeout(request, nonRequestOptions, this.#abortController, {
                    timeout: effectiveTimeout,
                    fetch: this.#options.fetch,
                });
            return this.#setResponseRequest(response, request);
        }
        catch (error) {
            if (isRawNetworkError(error)) {
                throw new NetworkError(this.request, { cause: error });
            }
            throw error;
        }
    }
    #getRemainingTotalTimeout() {
        if (this.#startTime === undefined) {
            return undefined;
        }
        const elapsed = this.#getCurrentTime() - this.#startTime;
        return Math.max(0, this.#options.totalTimeout - elapsed);
    }
    #getCurrentTime() {
        return globalThis.performance?.now() ?? Date.now();
    }
    #getNormalizedOptions() {
        if (!this.#cachedNormalizedOptions) {
            // Exclude Ky-specific options that are not part of `RequestInit`.
            const { hooks, json, parseJson, stringifyJson, searchParams, timeout, totalTimeout, throwHttpErrors, fetch, ...normalizedOptions } = this.#options;
            this.#cachedNormalizedOptions = Object.freeze(normalizedOptions);
        }
        return this.#cachedNormalizedOptions;
    }
    #assignRequest(request) {
        this.#cachedNormalizedOptions = undefined;
        this.request = request;
    }
    #getResponseRequest(response) {
        return this.#responseRequests.get(response) ?? this.request;
    }
    #setResponseRequest(response, request) {
        this.#responseRequests.set(response, request);
        return response;
    }
    #wrapRequestWithUploadProgress(request, originalBody) {
        if (!this.#options.onUploadProgress || !request.body || !supportsRequestStreams) {
            return request;
        }
        return streamRequest(request, this.#options.onUploadProgress, originalBody ?? this.#options.body ?? undefined);
    }
}
/*! MIT License \u00a9 Sindre Sorhus */



const createInstance = (defaults) => {
    // eslint-disable-next-line @typescript-eslint/promise-function-async
    const ky = (input, options) => Ky.create(input, validateAndMerge(defaults, options));
    for (const method of requestMethods) {
        // eslint-disable-next-line @typescript-eslint/promise-function-async
        ky[method] = (input, options) => Ky.create(input, validateAndMerge(defaults, options, { method }));
    }
    ky.create = (newDefaults) => createInstance(validateAndMerge(newDefaults));
    ky.extend = (newDefaults) => {
        if (typeof newDefaults === 'function') {
            newDefaults = newDefaults(defaults ?? {});
        }
        return createInstance(validateAndMerge(defaults, newDefaults));
    };
    ky.stop = stop;
    ky.retry = retry;
    return ky;
};
const ky = createInstance();
/* harmony default export */ const distribution = (ky);


/** A longer body is not an explanation that a person wrote; in bytes. */
const maxDescribedBytes = 65_536;
/** How much of a body a message shows, in UTF-16 units. */
const maxShown = 200;
/**
 * Untrusted text as a message shows it: on one line, with at most `maxLength` UTF-16 units. It is redacted before it is
 * truncated, since a truncated secret would not be recognized.
 */
function excerpt(text, redact, maxLength = 300) {
    return (0, core_text/* truncate */.xv)((0, core_text/* oneLine */.TN)(redact(text)), maxLength);
}
/**
 * An unexpected body as a message shows it: quoted only if it is text.
 *
 * @param bytes undefined if the body was too large to be read
 */
function describeBody(headers, bytes, redact) {
    const type = foreignText(headers.get('content-type')?.split(';')[0] || 'no content type', 'a content type', 80);
    if (bytes === undefined)
        return `a body that is too large (${type})`;
    const size = (0, core_text/* formatBytes */.z3)(bytes.byteLength);
    if (bytes.byteLength > maxDescribedBytes)
        return `a body of ${size} (${type})`;
    const text = decodeText(bytes);
    if (text === undefined)
        return `a body of ${size} that is not text (${type})`;
    if (text.trim() === '')
        return `an empty body (${type})`;
    return `${type}: \u201c${excerpt(text, redact, maxShown)}\u201d`;
}
/** Whether a body that begins with these bytes may be text: UTF-8 without control characters except white space. */
function isText(head) {
    return decodeText(head, { stream: true }) !== undefined;
}
/** @param options with `stream`, the bytes may end within a character */
function decodeText(bytes, options = {}) {
    try {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, options);
        return /(?!\s)\p{Cc}/u.test(text) ? undefined : text;
    }
    catch {
        return undefined;
    }
}
/** What a person or the service's support needs of a response. */
function serviceResponse({ headers, status }, more = { messages: [] }) {
    const rayId = rayIdIn(headers);
    return { ...more, httpStatus: status, ...(rayId !== undefined && { rayId, isGenuine: true }) };
}
/** The Ray ID, which identifies a request to Cloudflare's support: hex digits and a data center, as in `230b-SJC`. */
function rayIdIn(headers) {
    return /^[\da-f]{1,16}(?:-[a-z\d]{1,8})?$/i.exec(headers.get('cf-ray') ?? '')?.[0];
}
const external_node_dns_namespaceObject = createRequire(import.meta.url)("node:dns");

/** The code of the error for a host with an address that is refused. Fetch would lose a class of our own. */
const refusedAddressCode = 'ERR_REFUSED_ADDRESS';
/**
 * Adds a check of each address right before fetch connects to it: by then, nobody can change what the name resolves to.
 * Addresses in URLs are not looked up, and a proxy looks up names itself.
 *
 * @param refuse why an address must not be connected to, as in "ADDRESS, WHY"; undefined if it may
 */
function guardedFetch(fetch, refuse) {
    // It is loaded while the first requests to the API wait for their responses.
    const opening = openAgent(refuse);
    // Whoever awaits it gets its error.
    opening.catch(() => { });
    return async (input, init) => fetch(input, { ...init, dispatcher: await opening });
}
/** @returns an agent for fetch, of which Node's types contain a copy of an older version */
async function openAgent(refuse) {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { Agent } = await import(/* webpackIgnore: true */ './undici.js');
    return new Agent({ connect: { lookup: guardedLookup(refuse) } });
}
/** Node's lookup, which fails if any of the addresses is refused. */
function guardedLookup(refuse, resolve = external_node_dns_namespaceObject.lookup) {
    return (host, options, callback) => resolve(host, options, (error, found, family) => {
        const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
        const refused = error ? undefined : addresses.find((address) => refuse(address) !== undefined);
        if (refused === undefined)
            return callback(error, found, family);
        const what = `${host} has the address ${refused}, ${refuse(refused)}`;
        callback(Object.assign(new Error(what), { code: refusedAddressCode }), found, family);
    });
}

/**
 * Aborts a request that takes too long: after a fixed time, or after an idle time if it is restarted whenever
 * something arrives. The outer signal aborts it too, with its own reason. Both signals are held strongly, since
 * those that `AbortSignal.any` and fetch derive can be garbage-collected while a response stalls.
 */
function startRequestTimeout(limitMs, clock, outer) {
    const aborted = new AbortController();
    /** When the time started, on the clock's scale; undefined while paused. */
    let sinceMs = clock.now();
    const abort = () => aborted.abort(outer.reason);
    if (outer.aborted)
        abort();
    outer.addEventListener('abort', abort);
    const check = () => {
        const leftMs = limitMs - (clock.now() - (sinceMs ?? clock.now()));
        if (leftMs > 0)
            cancel = clock.schedule(leftMs, check);
        else
            aborted.abort(new DOMException('No response in time', 'TimeoutError'));
    };
    let cancel = clock.schedule(limitMs, check);
    return {
        /** Aborted with a `TimeoutError`, or with the outer signal's reason. */
        signal: aborted.signal,
        /** Starts the time again, since something arrived. */
        restart() {
            sinceMs = clock.now();
        },
        /** Stops the time until the next restart. */
        pause() {
            sinceMs = undefined;
        },
        [Symbol.dispose]() {
            cancel();
            outer.removeEventListener('abort', abort);
        },
    };
}
/** The largest body of a response that lists nothing, in bytes. */
const defaultMaxBytes = 1024 * 1024;
/**
 * How many values of JSON a body may have: many more than real ones, whose values have some 30 bytes each. Parsed values
 * take a hundred bytes of memory, however short they are.
 */
const maxValues = (maxBytes) => Math.min(maxBytes / 16, 500_000);
/** The longest value of a header, in UTF-16 units. */
const maxHeaderLength = 8192;
function openResponse(url, { body, headers, status }, timeout) {
    const { signal } = timeout;
    // The lock is never released, since that creates an error with a stack trace: a body is read only once.
    const reader = body?.getReader();
    const cancel = (reason) => reader?.cancel(reason).catch(() => { });
    // Fetch may lose its signal to the garbage collector while nothing arrives.
    signal.addEventListener('abort', () => void cancel(signal.reason), { once: true });
    /** Pieces that `peek` received, until they are read. */
    const peeked = [];
    /** The next piece that arrives; undefined at the end. */
    async function receive() {
        signal.throwIfAborted();
        const piece = (await reader?.read())?.value;
        if (!piece)
            signal.throwIfAborted();
        return piece;
    }
    async function* read(isIdleTimeout) {
        for (const piece of peeked)
            yield piece;
        if (isIdleTimeout || peeked.length > 0)
            timeout.restart();
        for (let piece = await receive(); piece; piece = await receive()) {
            if (isIdleTimeout)
                timeout.pause();
            yield piece;
            if (isIdleTimeout)
                timeout.restart();
        }
    }
    return {
        url,
        status,
        headers,
        /**
         * The first bytes of the body: as many as asked for, unless it has fewer. They are part of what is read later. The
         * timeout starts again with each piece, and is paused until the body is read on.
         */
        async peek(lengthBytes) {
            const byteCount = () => peeked.reduce((sum, { byteLength }) => sum + byteLength, 0);
            while (byteCount() < lengthBytes) {
                timeout.restart();
                const piece = await receive();
                if (!piece)
                    break;
                peeked.push(piece);
            }
            timeout.pause();
            return Buffer.concat(peeked.map((piece) => piece.subarray(0, lengthBytes))).subarray(0, lengthBytes);
        },
        /** The body as it arrives. The timeout starts again with each piece, and is paused while a piece is used. */
        pieces: () => read(true),
        /**
         * The whole body, received within the time that is left.
         *
         * @param maxBytes how large it may be once it is decoded, since a small compressed body can become any size
         * @returns undefined if it is larger, or has more values of JSON than fit into the memory; the rest is not received
         */
        async bytes(maxBytes = defaultMaxBytes) {
            const pieces = [];
            let readBytes = 0;
            let values = 0;
            for await (const piece of read(false)) {
                pieces.push(piece);
                readBytes += piece.byteLength;
                values += countValues(piece);
                if (readBytes > maxBytes || values > maxValues(maxBytes))
                    return undefined;
            }
            return Buffer.concat(pieces);
        },
        async [Symbol.asyncDispose]() {
            await cancel();
            timeout[Symbol.dispose]();
        },
    };
}
/** Headers with values as messages may show them, without those that are too long. */
function cleanHeaders(headers) {
    const clean = new Headers();
    for (const [name, value] of headers)
        if (value.length <= maxHeaderLength)
            clean.append(name, (0, core_text/* oneLine */.TN)(value));
    return clean;
}
/** About how many values of JSON these bytes contain: each but the first follows a comma or opens a list or object. */
function countValues(bytes) {
    let values = 0;
    for (const byte of bytes)
        if (byte === 0x2c || byte === 0x5b || byte === 0x7b)
            values++;
    return values;
}







/** The version of this action, as in `package.json`. */
const version = '1.0.0';
const userAgent = `stream-downloads/${version}`;
/** The largest page of a listing, in bytes. */
const maxListBytes = 64 * 1024 * 1024;
/** A redirect that its policy refuses. */
class RedirectError extends Error {
    name = 'RedirectError';
    response;
    constructor(from, response, why) {
        super(`${from.host} redirects to ${redirectTarget(response.headers, from)}, ${why}`);
        this.response = response;
    }
}
/** An error of a request to a host to which another one had redirected. */
class OtherHostError extends Error {
    name = 'OtherHostError';
    host;
    constructor(host, cause) {
        super(`The request was redirected to ${host}`, { cause });
        this.host = host;
    }
}
/** Where a response redirects to, as a message shows it. */
function redirectTarget(headers, from) {
    const location = headers.get('location');
    if (!location)
        return 'no address, or one that is too long';
    const url = locationOf(headers, from);
    if (!url)
        return (0, core_text/* mayContainPassword */.ni)(location) ? 'what may contain a password' : (0, core_text/* quote */.hD)(location);
    return describeUrl(url);
}
/** A URL as a message shows it, without user and query, which may contain secrets. */
function describeUrl({ host, pathname, protocol }) {
    return foreignText(host ? `${protocol}//${host}${pathname}` : protocol, 'a URL', maxDescribedLength);
}
/** The longest URL that a message shows, in UTF-16 units. */
const maxDescribedLength = 2000;
function locationOf(headers, from) {
    const location = headers.get('location');
    return location ? URL.parse(location, from.href) : null;
}
const decoder = new TextDecoder();
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/**
 * Sends single requests to any host. Every request of the action is sent here.
 *
 * @throws {RedirectError}
 * @throws {OtherHostError}
 * @throws fetch's error, a `TimeoutError`, or the signal's reason, also while a body is read
 */
class Http {
    #options;
    #ky;
    constructor(options) {
        this.#options = options;
        // This folder handles retries, redirects, timeouts and errors itself, by their cause.
        this.#ky = distribution.create({ fetch: options.fetch, retry: 0, throwHttpErrors: false, timeout: false });
    }
    /** Sends a request and receives the whole response as text. */
    async text(request, limits) {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const response = __addDisposableResource(env_1, await this.#open(request, limits, this.#ky), true);
            const { headers, status, url } = response;
            const bytes = await response.bytes(limits.maxBytes);
            return { headers, status, url, bytes, text: bytes && decoder.decode(bytes) };
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            const result_1 = __disposeResources(env_1);
            if (result_1)
                await result_1;
        }
    }
    /**
     * Sends a request and returns once the headers are there; the body can be read piece by piece. The timeout is an
     * idle timeout then: it starts again with each piece. Many small files are received faster without ky.
     */
    open(request, limits) {
        return this.#open(request, limits, this.#options.fetch);
    }
    /**
     * The same, but it connects to no host with an address that is refused.
     *
     * @param refuse why an address is, as in "ADDRESS, WHY"; undefined if it is not
     */
    guarded(refuse) {
        return new Http({ ...this.#options, fetch: guardedFetch(this.#options.fetch, refuse) });
    }
    async #open(request, { signal, timeoutMs }, send) {
        const { redirects } = request;
        const timeout = startRequestTimeout(timeoutMs, this.#options.clock, signal);
        let { url } = request;
        try {
            for (let followed = 0;; followed++) {
                const response = await this.#send(request, url, timeout.signal, send);
                if (!redirects || !redirectStatuses.has(response.status))
                    return openResponse(url, response, timeout);
                await response.body?.cancel();
                const to = locationOf(response.headers, url);
                const isLast = followed === redirects.maxRedirects;
                const why = isLast ? `after ${followed} other redirects` : redirects.refuse(to, url);
                if (!to || why !== undefined)
                    throw new RedirectError(url, response, why ?? 'which is not a URL');
                url = to;
            }
        }
        catch (error) {
            timeout[Symbol.dispose]();
            const isOtherHost = url.host !== request.url.host && !(error instanceof RedirectError);
            throw isOtherHost && !signal.aborted ? new OtherHostError(url.host, error) : error;
        }
    }
    async #send({ body, headers = {}, method }, url, signal, send) {
        const { clock, debug } = this.#options;
        const startMs = clock.now();
        const what = [method, `${url.host}${url.pathname}`, headers['Range']].filter(Boolean).join(' ');
        const log = (outcome) => debug(`${what}: ${outcome}, ${Math.round(clock.now() - startMs)} ms`);
        try {
            signal.throwIfAborted();
            const aborted = Promise.withResolvers();
            signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
            const sentHeaders = { ...headers, 'User-Agent': userAgent };
            const sent = send(url, {
                method,
                headers: sentHeaders,
                body: body ?? null,
                signal,
                redirect: 'manual',
            });
            // Fetch may lose a signal to the garbage collector while nothing arrives.
            const response = await Promise.race([sent, aborted.promise]);
            const cleaned = cleanHeaders(response.headers);
            const rayId = rayIdIn(cleaned);
            log(`${response.status}${rayId === undefined ? '' : `, Ray ID ${rayId}`}`);
            return { headers: cleaned, status: response.status, body: response.body };
        }
        catch (error) {
            log(Error.isError(error) ? error.name : 'failed');
            // Ky's error holds the request, and with it the credentials.
            throw isNetworkError(error) ? error.cause : error;
        }
    }
}
/** An error followed by everything that caused it, the deepest cause last; of several errors at once, the first. */
function causeChain(error) {
    const chain = [];
    for (let next = error; next !== undefined && !chain.includes(next);) {
        chain.push(next);
        next = Error.isError(next) ? (firstOf(next) ?? next.cause) : undefined;
    }
    return chain;
}
/** The first of several errors, such as those of a host that was tried at several addresses. */
function firstOf(error) {
    return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}
const external_node_net_namespaceObject = createRequire(import.meta.url)("node:net");



/** The longest address of a proxy, in UTF-16 units. */
const maxAddressLength = 8192;
const scheme = /^[a-z][a-z\d+.-]*:\/\//i;
/**
 * Reads `http_proxy`, `https_proxy` and `no_proxy` as other actions do: lower case takes precedence, an empty
 * value counts as unset, and an address without a scheme as `http:`.
 *
 * @throws {Failure} `proxy-malformed`, with every variable that does not contain a proxy's address
 */
function readProxies(env) {
    const problems = [];
    const address = (name) => {
        const { text, variable } = read(env, name);
        const parsed = parseAddress(text);
        // The value is not shown, since any part of it may be a password.
        const what = text.length > maxAddressLength
            ? `has ${(0, core_text/* count */.U9)(text.length, 'character')}, more than the address of any proxy`
            : 'does not contain the address of a proxy';
        if (text !== '' && !parsed)
            problems.push(`The environment variable ${variable} ${what}.`);
        return parsed;
    };
    const proxies = { http: address('http_proxy'), https: address('https_proxy'), noProxy: noProxy(env) };
    if (problems.length > 0)
        throw new Failure('proxy-malformed', problems.join('\n'));
    return proxies;
}
/** The secrets in the addresses of proxies, whether or not they will be used or are well-formed. */
function proxySecrets(env) {
    const secrets = Object.entries(env)
        .filter(([name]) => /^https?_proxy$/i.test(name))
        .flatMap(([, text = '']) => secretsIn(text))
        .filter(Boolean);
    return [...new Set(secrets)];
}
function read(env, name) {
    const names = [name, name.toUpperCase()];
    const variable = names.find((candidate) => env[candidate]?.trim()) ?? name;
    return { variable, text: env[variable]?.trim() ?? '' };
}
function parseAddress(text) {
    if (text.length > maxAddressLength)
        return undefined;
    const url = URL.parse(scheme.test(text) ? text : `http://${text}`);
    // Anything after the port is the rest of a password that was not encoded.
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash)
        return undefined;
    const credentials = decode(`${url.username}:${url.password}`);
    if (credentials === undefined)
        return undefined;
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    return { origin: url.origin, authorization: credentials === ':' ? undefined : authorization };
}
/** The value of `no_proxy` as undici's matcher needs it: a lone `*`, and IPv6 addresses in brackets. */
function noProxy(env) {
    const hosts = read(env, 'no_proxy').text.match(/[^\s,]+/g) ?? [];
    return hosts.includes('*') ? '*' : hosts.map((host) => ((0, external_node_net_namespaceObject.isIPv6)(host) ? `[${host}]` : host)).join();
}
/** The password (or, without one, the user), and both together as in the header; each raw and decoded. */
function secretsIn(text) {
    const rest = text.replace(scheme, '').trim();
    // An @ that was encoded by mistake makes the address malformed, but the password is still a secret.
    const [, both = ''] = /^(.*)(?:@|%40)/is.exec(rest) ?? (parseAddress(text) ? [] : [rest, rest]);
    const [user = '', ...after] = both.split(':');
    return [after.join(':') || user, both].flatMap((secret) => [secret, decode(secret) ?? secret]);
}
function decode(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        return undefined;
    }
}

/** A request that failed, with what decides whether and when to retry it. */
class RequestFailure extends Failure {
    retryable;
    retryAfterMs;
    constructor(kind, what, options = {}) {
        super(kind, what, options);
        this.retryable = options.retryable ?? false;
        this.retryAfterMs = options.retryAfterMs;
    }
    /** The same failure, no longer retryable, with the reason. */
    final(why) {
        const { cause, response } = this;
        return new RequestFailure(this.kind, `${this.what} (${why})`, { cause, response });
    }
}
/** Whether an error is a failed request of this kind. */
function isRequestFailure(error, kind) {
    return error instanceof RequestFailure && error.kind === kind;
}



/**
 * The one retry loop: repeats an attempt while it fails with a retryable `RequestFailure` and its policy allows.
 *
 * @throws {RequestFailure} the last failure, with the reason why it was not retried
 * @throws the signal's reason when the step ends, with the failure that was being retried
 */
async function withRetries(attempt, policy, { clock, leftMs, log, signal }) {
    let failure;
    try {
        for (let number = 1;; number++) {
            try {
                return await attempt(number);
            }
            catch (error) {
                signal.throwIfAborted();
                if (!(error instanceof RequestFailure) || !error.retryable)
                    throw error;
                failure = error;
            }
            const { pauseMs, stop } = policy(failure, number);
            const pause = (0,core_text/* formatDuration */.a3)(pauseMs);
            const isTooLate = pauseMs >= leftMs();
            const why = stop ?? (isTooLate ? `the next attempt, in ${pause}, would be after the time limit` : undefined);
            if (why !== undefined)
                throw failure.final(why);
            log(`${failure.what}${wordsOf(failure)}; next attempt in ${pause}`);
            await clock.sleep(pauseMs, signal);
        }
    }
    catch (error) {
        if (!failure || !(error instanceof Failure) || !error.isEndOfStep)
            throw error;
        const what = `${error.what} while a failed request was being retried: ${failure.what}`;
        throw new Failure(error.kind, what, { response: failure.response, cause: failure });
    }
}
/** What the service said about a failure, beside the status that `what` has. */
function wordsOf({ response }) {
    const words = response && responseFacts({ ...response, httpStatus: undefined });
    return words ? `: ${words}` : '';
}
/**
 * Exponential backoff with equal jitter: random in the upper half of an interval that doubles from 1 s to 30 s, so
 * that requests that failed together do not come back together.
 *
 * @param attempt the number of the attempt that failed, from 1
 * @param random from 0 to 1
 * @returns ms
 */
function backoffMs(attempt, random) {
    return Math.min(30_000, 1000 * 2 ** (attempt - 1)) * (0.5 + random / 2);
}
/**
 * Parses `Retry-After`, a number of seconds or a date.
 *
 * @param date the response's own `Date`, from which a date is measured, so that the clocks need not agree
 * @returns ms, or undefined if the header is missing or malformed
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function parseRetryAfterMs(retryAfter, date) {
    const value = retryAfter?.trim() ?? '';
    if (/^\d+$/.test(value))
        return Math.min(Number(value) * 1000, Number.MAX_SAFE_INTEGER);
    // `Date.parse` alone accepts almost anything with a number in it.
    const retryAtMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(retryAtMs))
        return undefined;
    const sentAtMs = Date.parse(date ?? '');
    return Math.max(0, retryAtMs - (Number.isNaN(sentAtMs) ? Date.now() : sentAtMs));
}
/** Whether a request that was answered with this status may succeed later. */
function isRetryableStatus(status) {
    return status === 408 || status === 429 || status >= 500;
}



/**
 * Whether fetch hides a response with status 407: it throws an error without a message in its place.
 *
 * @see https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
 */
function isHidden407(error) {
    const cause = causeChain(error).at(-1);
    return Error.isError(cause) && cause.message === '' && !('code' in cause);
}
/** A request that failed on its way through a proxy. */
class ProxyError extends Error {
    name = 'ProxyError';
    /** The proxy, as `http://HOST:PORT`. */
    proxy;
    /** The status of the proxy's own response; undefined if it sent none. */
    status;
    retryable;
    constructor({ authorization, origin }, targetHost, cause) {
        const status = statusIn(cause);
        super(`the proxy ${origin} ${outcome(targetHost, authorization !== undefined, status)}`, { cause });
        this.proxy = origin;
        this.status = status;
        this.retryable = status === undefined || isRetryableStatus(status);
    }
}
function outcome(targetHost, authorized, status) {
    if (status === undefined)
        return `cannot be reached, or cannot reach ${targetHost}`;
    if (status !== 407)
        return `answered HTTP ${status} instead of forwarding the request to ${targetHost}`;
    return authorized
        ? 'does not accept the user and the password in its address (HTTP 407)'
        : 'requires a user and a password (HTTP 407)';
}
/**
 * Adds the proxies of the environment to Node's fetch, which ignores them.
 *
 * @throws {Failure} `proxy-malformed`
 */
async function openProxyFetch(env, fetch) {
    const { http, https, noProxy } = readProxies(env);
    if (!http && !https)
        return { fetch, proxyFor: () => undefined };
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { EnvHttpProxyAgent } = await import(/* webpackIgnore: true */ './undici.js');
    const agentFor = (uri, options) => 
    // Many proxies allow CONNECT for port 443 only, so `http:` is forwarded; `https:` always gets a tunnel.
    new EnvHttpProxyAgent({ ...options, httpProxy: uri, httpsProxy: uri, noProxy, proxyTunnel: false });
    const bypasses = noProxyMatcher(agentFor);
    const routeThrough = (proxy) => {
        const { authorization: token, origin } = proxy;
        // Node's types contain a copy of an older version of undici's.
        const dispatcher = agentFor(origin, token ? { token } : {});
        return { proxy, init: { dispatcher } };
    };
    // One agent per scheme: a single one would also use `http_proxy` for `https:` addresses, unlike other actions.
    const routes = { http: http && routeThrough(http), https: https && routeThrough(https) };
    const routeFor = (url) => {
        if (bypasses(url))
            return undefined;
        return url.protocol === 'https:' ? routes.https : routes.http;
    };
    return {
        proxyFor: (url) => routeFor(url)?.proxy.origin,
        fetch: async (input, init) => {
            const url = new URL(input instanceof Request ? input.url : input);
            const route = routeFor(url);
            if (!route)
                return fetch(input, init);
            try {
                return await fetch(input, { ...init, ...route.init });
            }
            catch (error) {
                // An aborted request rejects with the signal's reason. `instanceof` would miss errors of another realm.
                const isFault = Error.isError(error) && ['TypeError', 'TimeoutError'].includes(error.name);
                throw isFault ? new ProxyError(route.proxy, url.host, error) : error;
            }
        },
    };
}
/** Uses undici's own `no_proxy` matcher, which tries to connect to the proxy or, if a host is exempt, to that host. */
function noProxyMatcher(agentFor) {
    const proxy = 'http://proxy.invalid/';
    let peer = '';
    const factory = (origin) => {
        peer = String(origin);
        throw new Error('No request is sent.');
    };
    const agent = agentFor(proxy, { factory });
    return ({ hostname, port, protocol }) => {
        const origin = `http://${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
        agent.dispatch({ origin, path: '/', method: 'GET' }, { onError: () => { } });
        return peer !== proxy;
    };
}
/** The status of a proxy's own response, which only the messages of undici's errors contain. */
function statusIn(error) {
    if (isHidden407(error))
        return 407;
    const messages = causeChain(error).map(String).join('\n');
    const match = /Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(messages);
    return match ? Number(match[1]) : undefined;
}
const array = [];
const characterCodeCache = [];

function leven(first, second, options) {
	if (first === second) {
		return 0;
	}

	const maxDistance = options?.maxDistance;
	const swap = first;

	// Swapping the strings if `a` is longer than `b` so we know which one is the
	// shortest & which one is the longest
	if (first.length > second.length) {
		first = second;
		second = swap;
	}

	let firstLength = first.length;
	let secondLength = second.length;

	// Performing suffix trimming:
	// We can linearly drop suffix common to both strings since they
	// don't increase distance at all
	// Note: `~-` is the bitwise way to perform a `- 1` operation
	while (firstLength > 0 && (first.charCodeAt(~-firstLength) === second.charCodeAt(~-secondLength))) {
		firstLength--;
		secondLength--;
	}

	// Performing prefix trimming
	// We can linearly drop prefix common to both strings since they
	// don't increase distance at all
	let start = 0;

	while (start < firstLength && (first.charCodeAt(start) === second.charCodeAt(start))) {
		start++;
	}

	firstLength -= start;
	secondLength -= start;

	// Early termination after trimming: if difference in length exceeds max distance
	if (maxDistance !== undefined && secondLength - firstLength > maxDistance) {
		return maxDistance;
	}

	if (firstLength === 0) {
		return maxDistance !== undefined && secondLength > maxDistance
			? maxDistance
			: secondLength;
	}

	let bCharacterCode;
	let result;
	let temporary;
	let temporary2;
	let index = 0;
	let index2 = 0;

	while (index < firstLength) {
		characterCodeCache[index] = first.charCodeAt(start + index);
		array[index] = ++index;
	}

	while (index2 < secondLength) {
		bCharacterCode = second.charCodeAt(start + index2);
		temporary = index2++;
		result = index2;

		for (index = 0; index < firstLength; index++) {
			temporary2 = bCharacterCode === characterCodeCache[index] ? temporary : temporary + 1;
			temporary = array[index];
			// eslint-disable-next-line no-multi-assign
			result = array[index] = temporary > result
				? (temporary2 > result ? result + 1 : temporary2)
				: (temporary2 > temporary ? temporary + 1 : temporary2);
		}

		// Early termination: if all values in current row exceed maxDistance
		if (maxDistance !== undefined) {
			let rowMinimum = result;
			for (index = 0; index < firstLength; index++) {
				if (array[index] < rowMinimum) {
					rowMinimum = array[index];
				}
			}

			if (rowMinimum > maxDistance) {
				return maxDistance;
			}
		}
	}

	// Bound arrays to avoid retaining large previous sizes
	array.length = firstLength;
	characterCodeCache.length = firstLength;

	return maxDistance !== undefined && result > maxDistance ? maxDistance : result;
}

/**
 * Finds the candidate that was most likely meant by a mistyped word: by Levenshtein distance, ignoring case and
 * everything but letters and digits. It takes linear time, so the word may be long.
 *
 * @returns undefined if no candidate is near: at most 2 typing errors away, or 1 if it has fewer than 6 characters
 */
function nearMiss(word, candidates) {
    const typed = plain(word);
    return candidates
        .map((candidate) => {
        const allowed = candidate.length < 6 ? 1 : 2;
        // A greater distance is not computed, since that takes time in proportion to both lengths.
        const distance = leven(typed, plain(candidate), { maxDistance: allowed + 1 });
        return { candidate, distance, isNear: distance <= allowed };
    })
        .filter(({ isNear }) => isNear)
        .toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}
function plain(word) {
    return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}
const DEFAULT_CONFIG = {
	lang: void 0,
	message: void 0,
	abortEarly: void 0,
	abortPipeEarly: void 0
};
/**
* Returns the global configuration.
*
* @param config The config to merge.
*
* @returns The configuration.
*/
/* @__NO_SIDE_EFFECTS__ */
function getGlobalConfig(config$1) {
	return DEFAULT_CONFIG;
}

//#endregion
//#region src/storages/globalMessage/globalMessage.ts
let store$3;
/**
* Returns a global error message.
*
* @param lang The language of the message.
*
* @returns The error message.
*/
/* @__NO_SIDE_EFFECTS__ */
function getGlobalMessage(lang) {
	return store$3?.get(lang);
}

//#endregion
//#region src/storages/schemaMessage/schemaMessage.ts
let store$2;
/**
* Returns a schema error message.
*
* @param lang The language of the message.
*
* @returns The error message.
*/
/* @__NO_SIDE_EFFECTS__ */
function getSchemaMessage(lang) {
	return store$2?.get(lang);
}

//#endregion
//#region src/storages/specificMessage/specificMessage.ts
let store$1;
/**
* Returns a specific error message.
*
* @param reference The identifier reference.
* @param lang The language of the message.
*
* @returns The error message.
*/
/* @__NO_SIDE_EFFECTS__ */
function getSpecificMessage(reference, lang) {
	return store$1?.get(reference)?.get(lang);
}

//#endregion
//#region src/utils/_stringify/_stringify.ts
/**
* Stringifies an unknown input to a literal or type string.
*
* @param input The unknown input.
*
* @returns A literal or type string.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _stringify(input) {
	const type = typeof input;
	if (type === "string") return `"${input}"`;
	if (type === "number" || type === "bigint" || type === "boolean") return `${input}`;
	if (type === "object" || type === "function") return (input && Object.getPrototypeOf(input)?.constructor?.name) ?? "null";
	return type;
}

//#endregion
//#region src/utils/_addIssue/_addIssue.ts
/**
* Adds an issue to the dataset.
*
* @param context The issue context.
* @param label The issue label.
* @param dataset The input dataset.
* @param config The configuration.
* @param other The optional props.
*
* @internal
*/
function _addIssue(context, label, dataset, config$1, other) {
	const input = other && "input" in other ? other.input : dataset.value;
	const expected = other?.expected ?? context.expects ?? null;
	const received = other?.received ?? /* @__PURE__ */ _stringify(input);
	const issue = {
		kind: context.kind,
		type: context.type,
		input,
		expected,
		received,
		message: `Invalid ${label}: ${expected ? `Expected ${expected} but r` : "R"}eceived ${received}`,
		requirement: context.requirement,
		path: other?.path,
		issues: other?.issues,
		lang: config$1.lang,
		abortEarly: config$1.abortEarly,
		abortPipeEarly: config$1.abortPipeEarly
	};
	const isSchema = context.kind === "schema";
	const message$1 = other?.message ?? context.message ?? /* @__PURE__ */ getSpecificMessage(context.reference, issue.lang) ?? (isSchema ? /* @__PURE__ */ getSchemaMessage(issue.lang) : null) ?? config$1.message ?? /* @__PURE__ */ getGlobalMessage(issue.lang);
	if (message$1 !== void 0) issue.message = typeof message$1 === "function" ? message$1(issue) : message$1;
	if (isSchema) dataset.typed = false;
	if (dataset.issues) dataset.issues.push(issue);
	else dataset.issues = [issue];
}

//#endregion
//#region src/utils/_isSameValueZero/_isSameValueZero.ts
/**
* Compares two values using the SameValueZero algorithm, which treats `NaN`
* as equal to itself unlike `===`.
*
* @param value1 The first value.
* @param value2 The second value.
*
* @returns Whether the values are equal.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _isSameValueZero(value1, value2) {
	return value1 === value2 || Number.isNaN(value1) && Number.isNaN(value2);
}

//#endregion
//#region src/utils/_isValidObjectKey/_isValidObjectKey.ts
/**
* Disallows inherited object properties and prevents object prototype
* pollution by disallowing certain keys.
*
* @param object The object to check.
* @param key The key to check.
*
* @returns Whether the key is allowed.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _isValidObjectKey(object$1, key) {
	return Object.prototype.hasOwnProperty.call(object$1, key) && key !== "__proto__" && key !== "prototype" && key !== "constructor";
}

//#endregion
//#region src/utils/_joinExpects/_joinExpects.ts
/**
* Joins multiple `expects` values with the given separator.
*
* @param values The `expects` values.
* @param separator The separator.
*
* @returns The joined `expects` property.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _joinExpects(values$1, separator) {
	const list = [...new Set(values$1)];
	if (list.length > 1) return `(${list.join(` ${separator} `)})`;
	return list[0] ?? "never";
}

//#endregion
//#region src/utils/_standardSchema/_standardSchema.ts
/**
* Eagerly creates and attaches the Standard Schema properties of a schema.
*
* Hint: The contextual `this` type includes the standard properties that are
* attached before the schema is returned.
*
* @param schema The schema to attach standard properties to.
*
* @returns The schema with standard properties attached.
*
* @internal
*/
function _standardSchema(schema) {
	schema["~standard"] = {
		version: 1,
		vendor: "valibot",
		validate: (value$1) => schema["~run"]({ value: value$1 }, /* @__PURE__ */ getGlobalConfig())
	};
	return schema;
}

//#endregion
//#region src/utils/entriesFromList/entriesFromList.ts
/**
* Creates an object entries definition from a list of keys and a schema.
*
* @param list A list of keys.
* @param schema The schema of the keys.
*
* @returns The object entries.
*/
/* @__NO_SIDE_EFFECTS__ */
function entriesFromList(list, schema) {
	const entries$1 = {};
	for (const key of list) entries$1[key] = schema;
	return entries$1;
}

//#endregion
//#region src/utils/getDotPath/getDotPath.ts
/* @__NO_SIDE_EFFECTS__ */
function getDotPath(issue) {
	if (issue.path) {
		let key = "";
		for (const item of issue.path) if (typeof item.key === "string" || typeof item.key === "number") if (key) key += `.${item.key}`;
		else key += item.key;
		else return null;
		return key;
	}
	return null;
}

//#endregion
//#region src/utils/ValiError/ValiError.ts
/**
* A Valibot error with useful information.
*/
var ValiError = class extends Error {
	/**
	* Creates a Valibot error with useful information.
	*
	* @param issues The error issues.
	*/
	constructor(issues) {
		super(issues[0].message);
		this.name = "ValiError";
		this.issues = issues;
	}
};

//#endregion
//#region src/actions/check/check.ts
/* @__NO_SIDE_EFFECTS__ */
function check(requirement, message$1) {
	return {
		kind: "validation",
		type: "check",
		reference: check,
		async: false,
		expects: null,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && !this.requirement(dataset.value)) _addIssue(this, "input", dataset, config$1);
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/maxLength/maxLength.ts
/* @__NO_SIDE_EFFECTS__ */
function dist_maxLength(requirement, message$1) {
	return {
		kind: "validation",
		type: "max_length",
		reference: dist_maxLength,
		async: false,
		expects: `<=${requirement}`,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && dataset.value.length > this.requirement) _addIssue(this, "length", dataset, config$1, { received: `${dataset.value.length}` });
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/minValue/minValue.ts
/* @__NO_SIDE_EFFECTS__ */
function minValue(requirement, message$1) {
	return {
		kind: "validation",
		type: "min_value",
		reference: minValue,
		async: false,
		expects: `>=${requirement instanceof Date ? requirement.toJSON() : /* @__PURE__ */ _stringify(requirement)}`,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && !(dataset.value >= this.requirement)) _addIssue(this, "value", dataset, config$1, { received: dataset.value instanceof Date ? dataset.value.toJSON() : /* @__PURE__ */ _stringify(dataset.value) });
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/nonEmpty/nonEmpty.ts
/* @__NO_SIDE_EFFECTS__ */
function nonEmpty(message$1) {
	return {
		kind: "validation",
		type: "non_empty",
		reference: nonEmpty,
		async: false,
		expects: "!0",
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && dataset.value.length === 0) _addIssue(this, "length", dataset, config$1, { received: "0" });
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/parseJson/parseJson.ts
/* @__NO_SIDE_EFFECTS__ */
function parseJson(config$1, message$1) {
	return {
		kind: "transformation",
		type: "parse_json",
		reference: parseJson,
		config: config$1,
		message: message$1,
		async: false,
		"~run"(dataset, config$2) {
			try {
				dataset.value = JSON.parse(dataset.value, this.config?.reviver);
			} catch (error) {
				if (error instanceof Error) {
					_addIssue(this, "JSON", dataset, config$2, { received: `"${error.message}"` });
					dataset.typed = false;
				} else throw error;
			}
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/rawTransform/rawTransform.ts
/**
* Creates a raw transformation action.
*
* @param action The transformation action.
*
* @returns A raw transform action.
*/
/* @__NO_SIDE_EFFECTS__ */
function rawTransform(action) {
	return {
		kind: "transformation",
		type: "raw_transform",
		reference: rawTransform,
		async: false,
		"~run"(dataset, config$1) {
			const output = action({
				dataset,
				config: config$1,
				addIssue: (info) => _addIssue(this, info?.label ?? "input", dataset, config$1, info),
				NEVER: null
			});
			if (dataset.issues) dataset.typed = false;
			else dataset.value = output;
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/regex/regex.ts
/* @__NO_SIDE_EFFECTS__ */
function regex(requirement, message$1) {
	return {
		kind: "validation",
		type: "regex",
		reference: regex,
		async: false,
		expects: `${requirement}`,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && !this.requirement.test(dataset.value)) _addIssue(this, "format", dataset, config$1);
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/safeInteger/safeInteger.ts
/* @__NO_SIDE_EFFECTS__ */
function safeInteger(message$1) {
	return {
		kind: "validation",
		type: "safe_integer",
		reference: safeInteger,
		async: false,
		expects: null,
		requirement: Number.isSafeInteger,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && !this.requirement(dataset.value)) _addIssue(this, "safe integer", dataset, config$1);
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/toLowerCase/toLowerCase.ts
/**
* Creates a to lower case transformation action.
*
* @returns A to lower case action.
*/
/* @__NO_SIDE_EFFECTS__ */
function toLowerCase() {
	return {
		kind: "transformation",
		type: "to_lower_case",
		reference: toLowerCase,
		async: false,
		"~run"(dataset) {
			dataset.value = dataset.value.toLowerCase();
			return dataset;
		}
	};
}

//#endregion
//#region src/actions/transform/transform.ts
/**
* Creates a custom transformation action.
*
* @param operation The transformation operation.
*
* @returns A transform action.
*/
/* @__NO_SIDE_EFFECTS__ */
function transform(operation) {
	return {
		kind: "transformation",
		type: "transform",
		reference: transform,
		async: false,
		operation,
		"~run"(dataset) {
			dataset.value = this.operation(dataset.value);
			return dataset;
		}
	};
}

//#endregion
//#region src/const.ts
const ABORT_EARLY_CONFIG = { abortEarly: true };

//#endregion
//#region src/methods/getFallback/getFallback.ts
/**
* Returns the fallback value of the schema.
*
* @param schema The schema to get it from.
* @param dataset The output dataset if available.
* @param config The config if available.
*
* @returns The fallback value.
*/
/* @__NO_SIDE_EFFECTS__ */
function getFallback(schema, dataset, config$1) {
	return typeof schema.fallback === "function" ? schema.fallback(dataset, config$1) : schema.fallback;
}

//#endregion
//#region src/methods/fallback/fallback.ts
/**
* Returns a fallback value as output if the input does not match the schema.
*
* @param schema The schema to catch.
* @param fallback The fallback value.
*
* @returns The passed schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function fallback(schema, fallback$1) {
	return _standardSchema({
		...schema,
		fallback: fallback$1,
		"~run"(dataset, config$1) {
			const outputDataset = schema["~run"](dataset, config$1);
			return outputDataset.issues ? {
				typed: true,
				value: /* @__PURE__ */ getFallback(this, outputDataset, config$1)
			} : outputDataset;
		}
	});
}

//#endregion
//#region src/methods/getDefault/getDefault.ts
/**
* Returns the default value of the schema.
*
* @param schema The schema to get it from.
* @param dataset The input dataset if available.
* @param config The config if available.
*
* @returns The default value.
*/
/* @__NO_SIDE_EFFECTS__ */
function getDefault(schema, dataset, config$1) {
	return typeof schema.default === "function" ? schema.default(dataset, config$1) : schema.default;
}

//#endregion
//#region src/methods/is/is.ts
/**
* Checks if the input matches the schema. By using a type predicate, this
* function can be used as a type guard.
*
* @param schema The schema to be used.
* @param input The input to be tested.
*
* @returns Whether the input matches the schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function is(schema, input) {
	return !schema["~run"]({ value: input }, ABORT_EARLY_CONFIG).issues;
}

//#endregion
//#region src/schemas/array/array.ts
/* @__NO_SIDE_EFFECTS__ */
function dist_array(item, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "array",
		reference: dist_array,
		expects: "Array",
		async: false,
		item,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (Array.isArray(input)) {
				dataset.typed = true;
				dataset.value = [];
				for (let key = 0; key < input.length; key++) {
					const value$1 = input[key];
					const itemDataset = this.item["~run"]({ value: value$1 }, config$1);
					if (itemDataset.issues) {
						const pathItem = {
							type: "array",
							origin: "value",
							input,
							key,
							value: value$1
						};
						for (const issue of itemDataset.issues) {
							if (issue.path) issue.path.unshift(pathItem);
							else issue.path = [pathItem];
							dataset.issues?.push(issue);
						}
						if (!dataset.issues) dataset.issues = itemDataset.issues;
						if (config$1.abortEarly) {
							dataset.typed = false;
							break;
						}
					}
					if (!itemDataset.typed) dataset.typed = false;
					dataset.value.push(itemDataset.value);
				}
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/boolean/boolean.ts
/* @__NO_SIDE_EFFECTS__ */
function dist_boolean(message$1) {
	return _standardSchema({
		kind: "schema",
		type: "boolean",
		reference: dist_boolean,
		expects: "boolean",
		async: false,
		message: message$1,
		"~run"(dataset, config$1) {
			if (typeof dataset.value === "boolean") dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/lazy/lazy.ts
/**
* Creates a lazy schema.
*
* @param getter The schema getter.
*
* @returns A lazy schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function lazy(getter) {
	return _standardSchema({
		kind: "schema",
		type: "lazy",
		reference: lazy,
		expects: "unknown",
		async: false,
		getter,
		"~run"(dataset, config$1) {
			return this.getter(dataset.value)["~run"](dataset, config$1);
		}
	});
}

//#endregion
//#region src/schemas/literal/literal.ts
/* @__NO_SIDE_EFFECTS__ */
function literal(literal_, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "literal",
		reference: literal,
		expects: /* @__PURE__ */ _stringify(literal_),
		async: false,
		literal: literal_,
		message: message$1,
		"~run"(dataset, config$1) {
			if (/* @__PURE__ */ _isSameValueZero(dataset.value, this.literal)) dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/looseObject/looseObject.ts
/* @__NO_SIDE_EFFECTS__ */
function looseObject(entries$1, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "loose_object",
		reference: looseObject,
		expects: "Object",
		async: false,
		entries: entries$1,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (input && typeof input === "object") {
				dataset.typed = true;
				dataset.value = {};
				for (const key in this.entries) {
					const valueSchema = this.entries[key];
					if (key in input || (valueSchema.type === "exact_optional" || valueSchema.type === "optional" || valueSchema.type === "nullish") && valueSchema.default !== void 0) {
						const value$1 = key in input ? input[key] : /* @__PURE__ */ getDefault(valueSchema);
						const valueDataset = valueSchema["~run"]({ value: value$1 }, config$1);
						if (valueDataset.issues) {
							const pathItem = {
								type: "object",
								origin: "value",
								input,
								key,
								value: value$1
							};
							for (const issue of valueDataset.issues) {
								if (issue.path) issue.path.unshift(pathItem);
								else issue.path = [pathItem];
								dataset.issues?.push(issue);
							}
							if (!dataset.issues) dataset.issues = valueDataset.issues;
							if (config$1.abortEarly) {
								dataset.typed = false;
								break;
							}
						}
						if (!valueDataset.typed) dataset.typed = false;
						dataset.value[key] = valueDataset.value;
					} else if (valueSchema.fallback !== void 0) dataset.value[key] = /* @__PURE__ */ getFallback(valueSchema);
					else if (valueSchema.type !== "exact_optional" && valueSchema.type !== "optional" && valueSchema.type !== "nullish") {
						_addIssue(this, "key", dataset, config$1, {
							input: void 0,
							expected: `"${key}"`,
							path: [{
								type: "object",
								origin: "key",
								input,
								key,
								value: input[key]
							}]
						});
						if (config$1.abortEarly) break;
					}
				}
				if (!dataset.issues || !config$1.abortEarly) {
					for (const key in input) if (/* @__PURE__ */ _isValidObjectKey(input, key) && !Object.prototype.hasOwnProperty.call(this.entries, key)) dataset.value[key] = input[key];
				}
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/nullish/nullish.ts
/* @__NO_SIDE_EFFECTS__ */
function nullish(wrapped, default_) {
	return _standardSchema({
		kind: "schema",
		type: "nullish",
		reference: nullish,
		expects: `(${wrapped.expects} | null | undefined)`,
		async: false,
		wrapped,
		default: default_,
		"~run"(dataset, config$1) {
			if (dataset.value === null || dataset.value === void 0) {
				if (this.default !== void 0) dataset.value = /* @__PURE__ */ getDefault(this, dataset, config$1);
				if (dataset.value === null || dataset.value === void 0) {
					dataset.typed = true;
					return dataset;
				}
			}
			return this.wrapped["~run"](dataset, config$1);
		}
	});
}

//#endregion
//#region src/schemas/number/number.ts
/* @__NO_SIDE_EFFECTS__ */
function number(message$1) {
	return _standardSchema({
		kind: "schema",
		type: "number",
		reference: number,
		expects: "number",
		async: false,
		message: message$1,
		"~run"(dataset, config$1) {
			if (typeof dataset.value === "number" && !isNaN(dataset.value)) dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/object/object.ts
/* @__NO_SIDE_EFFECTS__ */
function object(entries$1, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "object",
		reference: object,
		expects: "Object",
		async: false,
		entries: entries$1,
		message: message$1,
		"~run"(dataset, config$1) {
			const input = dataset.value;
			if (input && typeof input === "object") {
				dataset.typed = true;
				dataset.value = {};
				for (const key in this.entries) {
					const valueSchema = this.entries[key];
					if (key in input || (valueSchema.type === "exact_optional" || valueSchema.type === "optional" || valueSchema.type === "nullish") && valueSchema.default !== void 0) {
						const value$1 = key in input ? input[key] : /* @__PURE__ */ getDefault(valueSchema);
						const valueDataset = valueSchema["~run"]({ value: value$1 }, config$1);
						if (valueDataset.issues) {
							const pathItem = {
								type: "object",
								origin: "value",
								input,
								key,
								value: value$1
							};
							for (const issue of valueDataset.issues) {
								if (issue.path) issue.path.unshift(pathItem);
								else issue.path = [pathItem];
								dataset.issues?.push(issue);
							}
							if (!dataset.issues) dataset.issues = valueDataset.issues;
							if (config$1.abortEarly) {
								dataset.typed = false;
								break;
							}
						}
						if (!valueDataset.typed) dataset.typed = false;
						dataset.value[key] = valueDataset.value;
					} else if (valueSchema.fallback !== void 0) dataset.value[key] = /* @__PURE__ */ getFallback(valueSchema);
					else if (valueSchema.type !== "exact_optional" && valueSchema.type !== "optional" && valueSchema.type !== "nullish") {
						_addIssue(this, "key", dataset, config$1, {
							input: void 0,
							expected: `"${key}"`,
							path: [{
								type: "object",
								origin: "key",
								input,
								key,
								value: input[key]
							}]
						});
						if (config$1.abortEarly) break;
					}
				}
			} else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/optional/optional.ts
/* @__NO_SIDE_EFFECTS__ */
function optional(wrapped, default_) {
	return _standardSchema({
		kind: "schema",
		type: "optional",
		reference: optional,
		expects: `(${wrapped.expects} | undefined)`,
		async: false,
		wrapped,
		default: default_,
		"~run"(dataset, config$1) {
			if (dataset.value === void 0) {
				if (this.default !== void 0) dataset.value = /* @__PURE__ */ getDefault(this, dataset, config$1);
				if (dataset.value === void 0) {
					dataset.typed = true;
					return dataset;
				}
			}
			return this.wrapped["~run"](dataset, config$1);
		}
	});
}

//#endregion
//#region src/schemas/picklist/picklist.ts
/* @__NO_SIDE_EFFECTS__ */
function picklist(options, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "picklist",
		reference: picklist,
		expects: /* @__PURE__ */ _joinExpects(options.map(_stringify), "|"),
		async: false,
		options,
		message: message$1,
		"~run"(dataset, config$1) {
			if (this.options.includes(dataset.value)) dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/string/string.ts
/* @__NO_SIDE_EFFECTS__ */
function string(message$1) {
	return _standardSchema({
		kind: "schema",
		type: "string",
		reference: string,
		expects: "string",
		async: false,
		message: message$1,
		"~run"(dataset, config$1) {
			if (typeof dataset.value === "string") dataset.typed = true;
			else _addIssue(this, "type", dataset, config$1);
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/union/utils/_subIssues/_subIssues.ts
/**
* Returns the sub issues of the provided datasets for the union issue.
*
* @param datasets The datasets.
*
* @returns The sub issues.
*
* @internal
*/
/* @__NO_SIDE_EFFECTS__ */
function _subIssues(datasets) {
	let issues;
	if (datasets) for (const dataset of datasets) if (issues) for (const issue of dataset.issues) issues.push(issue);
	else issues = dataset.issues;
	return issues;
}

//#endregion
//#region src/schemas/union/union.ts
/* @__NO_SIDE_EFFECTS__ */
function union(options, message$1) {
	return _standardSchema({
		kind: "schema",
		type: "union",
		reference: union,
		expects: /* @__PURE__ */ _joinExpects(options.map((option) => option.expects), "|"),
		async: false,
		options,
		message: message$1,
		"~run"(dataset, config$1) {
			let validDataset;
			let typedDatasets;
			let untypedDatasets;
			for (const schema of this.options) {
				const optionDataset = schema["~run"]({ value: dataset.value }, config$1);
				if (optionDataset.typed) if (optionDataset.issues) if (typedDatasets) typedDatasets.push(optionDataset);
				else typedDatasets = [optionDataset];
				else {
					validDataset = optionDataset;
					break;
				}
				else if (untypedDatasets) untypedDatasets.push(optionDataset);
				else untypedDatasets = [optionDataset];
			}
			if (validDataset) return validDataset;
			if (typedDatasets) {
				if (typedDatasets.length === 1) return typedDatasets[0];
				_addIssue(this, "type", dataset, config$1, { issues: /* @__PURE__ */ _subIssues(typedDatasets) });
				dataset.typed = true;
			} else if (untypedDatasets?.length === 1) return untypedDatasets[0];
			else _addIssue(this, "type", dataset, config$1, { issues: /* @__PURE__ */ _subIssues(untypedDatasets) });
			return dataset;
		}
	});
}

//#endregion
//#region src/schemas/unknown/unknown.ts
/**
* Creates a unknown schema.
*
* @returns A unknown schema.
*/
/* @__NO_SIDE_EFFECTS__ */
function unknown() {
	return _standardSchema({
		kind: "schema",
		type: "unknown",
		reference: unknown,
		expects: "unknown",
		async: false,
		"~run"(dataset) {
			dataset.typed = true;
			return dataset;
		}
	});
}

//#endregion
//#region src/methods/parse/parse.ts
/**
* Parses an unknown input based on a schema.
*
* @param schema The schema to be used.
* @param input The input to be parsed.
* @param config The parse configuration.
*
* @returns The parsed input.
*/
function parse(schema, input, config$1) {
	const dataset = schema["~run"]({ value: input }, /* @__PURE__ */ getGlobalConfig());
	if (dataset.issues) throw new ValiError(dataset.issues);
	return dataset.value;
}

//#endregion
//#region src/methods/pipe/pipe.ts
/* @__NO_SIDE_EFFECTS__ */
function pipe(...pipe$1) {
	return _standardSchema({
		...pipe$1[0],
		pipe: pipe$1,
		"~run"(dataset, config$1) {
			for (const item of pipe$1) if (item.kind !== "metadata") {
				if (dataset.issues && (item.kind === "schema" || item.kind === "transformation")) {
					dataset.typed = false;
					break;
				}
				if (!dataset.issues || !config$1.abortEarly && !config$1.abortPipeEarly) dataset = item["~run"](dataset, config$1);
			}
			return dataset;
		}
	});
}

//#endregion
//#region src/methods/safeParse/safeParse.ts
/**
* Parses an unknown input based on a schema.
*
* @param schema The schema to be used.
* @param input The input to be parsed.
* @param config The parse configuration.
*
* @returns The parse result.
*/
/* @__NO_SIDE_EFFECTS__ */
function safeParse(schema, input, config$1) {
	const dataset = schema["~run"]({ value: input }, /* @__PURE__ */ getGlobalConfig());
	return {
		typed: dataset.typed,
		success: !dataset.issues,
		output: dataset.value,
		issues: dataset.issues
	};
}
/**
 * Everything that differs between the types of download. Supporting another type takes one more row.
 *
 * @see https://developers.cloudflare.com/stream/viewing-videos/download-videos/
 */
const downloadTypeFacts = {
    default: { extension: 'mp4', mediaType: 'video/mp4', createPath: [], needsAllQualities: true },
    audio: { extension: 'm4a', mediaType: 'audio/mp4', createPath: ['audio'], needsAllQualities: false },
};
/** In the order in which a video's downloads are reported. */
const downloadTypes = Object.keys(downloadTypeFacts);
/** The file extensions of all types, without the dot. */
const downloadExtensions = downloadTypes.map((type) => downloadTypeFacts[type].extension);


const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
/**
 * Reads `90s`, `10m`, `2h`, `1h30m`, `5d`; a bare number is seconds.
 *
 * @returns ms, or undefined where the text is not a duration
 */
function parseDurationMs(text) {
    if (/^\d+$/.test(text))
        return Number(text) * unitMs.s;
    const parts = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/i.exec(text)?.groups;
    if (!parts || text === '')
        return undefined;
    return Object.entries(unitMs).reduce((sum, [unit, ms]) => sum + Number(parts[unit] ?? 0) * ms, 0);
}
/** A duration between two bounds in ms, both included. */
function duration(minMs, maxMs) {
    const bounds = `between ${(0, core_text/* formatDuration */.a3)(minMs)} and ${(0, core_text/* formatDuration */.a3)(maxMs)}`;
    const forms = 'write it as 90s, 10m, 2h or 1h30m, or as a number of seconds';
    return pipe(string(), rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
        const ms = parseDurationMs(value);
        if (ms === undefined) {
            addIssue({ message: `${(0, core_text/* quote */.hD)(value)} is not a duration: ${forms}, ${bounds}` });
            return NEVER;
        }
        if (ms < minMs || ms > maxMs) {
            addIssue({ message: `${(0, core_text/* quote */.hD)(value)} is out of range: it must be ${bounds}` });
            return NEVER;
        }
        return ms;
    }));
}


/** What Cloudflare's IDs look like in practice, although its schema does not require it. */
const usualId = /^[0-9a-f]{32}$/i;
const anyId = /^[A-Za-z0-9_-]{1,64}$/;
/** Everything that nobody sees, except the white space that separates IDs. */
const invisible = /(?![\t\n\v\f\r ])[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;
const quotes = /["'`\u00b4\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a]/g;
/** A bullet or a number of a list. A dash and a number may also begin an ID, so a usual one must follow them. */
const bullet = /^(?:-+|\d+[.)])(?=$|[0-9a-f]{32}$)|^[*+\u2022\u00b7\u2023\u25e6\u2013\u2014](?=$|[A-Za-z0-9_-]{1,64}$)/i;
/** Where a comment begins. Two slashes without a space may begin an address. */
const comment = /(?<![^\t\v\f\r ,])(?:#|\/\/(?=\s|$))/;
/** What is wrong with a part of the text, in the order in which it is reported. */
const kinds = ['all', 'list', 'bullet', 'quotes', 'comment', 'invisible', 'malformed'];
/** How many parts of the text, and how many IDs, a message names. */
const maxNamed = 5;
/** The IDs of videos: at least one; duplicates are ignored. There is one issue for each kind of problem. */
const videoIds = pipe(string(), rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const { findings, ids } = readIds(value, videoIdsIn);
    const messages = describe(findings, 'write IDs alone, separated by newlines, commas or spaces');
    if (ids.length === 0 && findings.length === 0) {
        messages.push('it is missing or empty: set it to the `uid` that the upload returned, such as ${{ steps.upload.outputs.uid }}');
    }
    for (const message of messages)
        addIssue({ message });
    return messages.length > 0 ? NEVER : ids;
}));
/** The ID of an account. */
const accountId = pipe(string(), nonEmpty('it is missing: set it to the 32 characters that the Cloudflare dashboard shows under Stream, or set the environment variable CLOUDFLARE_ACCOUNT_ID'), rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const { findings } = readIds(value, accountIdsIn);
    const named = findings.filter(({ kind }) => kind !== 'malformed' && kind !== 'all');
    if (named.length === 0 && anyId.test(value))
        return value;
    const malformed = { kind: 'malformed', text: value, meant: accountIdsIn(value) };
    for (const message of describe(named.length > 0 ? named : [malformed], 'write the ID alone')) {
        addIssue({ message });
    }
    return NEVER;
}));
/** One sentence about those of the IDs that may be mistakes; undefined if there are none. */
function unusualIds(ids) {
    const unusual = ids.filter((id) => !usualId.test(id));
    if (unusual.length === 0)
        return undefined;
    const problem = unusual.length === 1
        ? 'does not look like a Cloudflare ID, which has 32 hex characters'
        : 'do not look like Cloudflare IDs, which have 32 hex characters';
    return `${enumerate(unusual)} ${problem}`;
}
/**
 * Finds the IDs in a text, and everything else in it.
 *
 * @param idsIn finds the IDs in an address or other text
 */
function readIds(text, idsIn) {
    const ids = new Set();
    const findings = [];
    const isId = (token) => anyId.test(token) && !bullet.test(token);
    const isUsual = (token) => usualId.test(token);
    const tokensOf = (line) => line.split(/[\t\n\v\f\r ,]+/).filter(Boolean);
    if (/^\s*\[.*\]\s*$/s.test(text)) {
        const meant = tokensOf(text.replace(/[[\]]/g, ' ')).flatMap((token) => idsIn(token.replace(quotes, '')));
        return { ids: [], findings: [{ kind: 'list', text, meant }] };
    }
    for (const line of text.split('\n')) {
        const end = line.search(comment);
        const tokens = tokensOf(end < 0 ? line : line.slice(0, end));
        const found = tokens.filter((token) => isId(token) && token.toLowerCase() !== 'all');
        for (const id of found)
            ids.add(id);
        if (end >= 0)
            findings.push({ kind: 'comment', text: line.slice(end), meant: found.filter(isUsual) });
        for (const [index, token] of tokens.entries()) {
            const [mark] = bullet.exec(token) ?? [];
            const [next = ''] = tokens.slice(index + 1, index + 2);
            if (token.toLowerCase() === 'all')
                findings.push({ kind: 'all', text: token, meant: [] });
            else if (isId(token))
                continue;
            else if (mark !== undefined) {
                const meant = [token.slice(mark.length), next].filter(isUsual).slice(0, 1);
                findings.push({ kind: 'bullet', text: mark, meant });
            }
            else if (token.search(invisible) >= 0) {
                findings.push({ kind: 'invisible', text: token, meant: visibleIds(token, idsIn) });
            }
            else if (token.search(quotes) >= 0) {
                findings.push({ kind: 'quotes', text: token, meant: idsIn(token.replace(quotes, '')) });
            }
            else
                findings.push({ kind: 'malformed', text: token, meant: idsIn(token) });
        }
    }
    return { ids: [...ids], findings };
}
/** The IDs in a text with invisible characters, which may be inside of an ID, around it, or between two. */
function visibleIds(text, idsIn) {
    const parts = text.split(invisible).filter(Boolean);
    return parts.every((part) => usualId.test(part)) ? parts : idsIn(parts.join(''));
}
/**
 * The IDs of videos in an address, or in other text. In those of the dashboard and the API, a video's ID follows
 * `stream`; other IDs are those of the account or of a live input.
 */
function videoIdsIn(text) {
    const path = text.replace(/%2f/gi, '/');
    const ofStream = path.matchAll(/\/stream\/(?:videos\/)?([0-9a-f]{32})(?![0-9a-z])/gi);
    const ids = Array.from(ofStream, ([, id = '']) => id);
    if (ids.length > 0 || /cloudflare\.com/i.test(path))
        return ids;
    const others = path.match(/(?<![0-9a-z]|accounts\/|inputs\/)[0-9a-f]{32}(?![0-9a-z]|\/stream)/gi) ?? [];
    // What follows the ID in an address may contain another one, such as in a query.
    return path.includes('/') ? others.slice(0, 1) : others;
}
/** The ID of the account in an address of the dashboard or the API, or in other text. */
function accountIdsIn(text) {
    const path = text.replace(/%2f/gi, '/');
    const pattern = path.includes('/')
        ? /(?<=cloudflare\.com\/|accounts\/|to=\/)[0-9a-f]{32}(?![0-9a-z])|(?<![0-9a-z])[0-9a-f]{32}(?=\/stream)/i
        : /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i;
    return path.match(pattern)?.slice(0, 1) ?? [];
}
/** One message for each kind of problem. */
function describe(findings, alone) {
    const byKind = Map.groupBy(findings, ({ kind }) => kind);
    return kinds.flatMap((kind) => {
        const found = byKind.get(kind);
        if (!found)
            return [];
        const texts = new Set(found.map(({ text }) => text));
        const meant = new Set(found.flatMap((finding) => finding.meant));
        const question = meant.size > 0 ? `; did you mean ${enumerate(meant)}?` : '';
        return [problemWith(kind, [...texts], alone) + question];
    });
}
function problemWith(kind, texts, alone) {
    const isOne = texts.length === 1;
    const named = enumerate(texts.map(core_text/* quote */.hD));
    switch (kind) {
        case 'all':
            return '`all` is not supported in this version: list the IDs of the videos';
        case 'list':
            return `it is a list in brackets: ${alone}, or turn a JSON list into text with \${{ join(fromJSON(...)) }}`;
        case 'bullet':
            return `${named} ${isOne ? 'is a list bullet' : 'are list bullets'}: ${alone}`;
        case 'quotes':
            return `${named} ${isOne ? 'has' : 'have'} quotes: ${alone}`;
        case 'comment':
            return `${named} ${isOne ? 'is a comment' : 'are comments'}, which this input cannot have: ${alone}`;
        case 'invisible': {
            const codes = new Set(texts.flatMap((text) => text.match(invisible) ?? []).map(codeOf));
            const what = codes.size === 1 ? 'an invisible character' : 'invisible characters';
            return `${named} ${isOne ? 'contains' : 'contain'} ${what} (${enumerate(codes)}): ${alone}`;
        }
        case 'malformed':
            return isOne
                ? `${named} is not an ID, which has 1 to 64 letters, digits, "-" or "_"`
                : `${named} are not IDs, which have 1 to 64 letters, digits, "-" or "_"`;
    }
}
/** `U+200B` */
function codeOf(character) {
    return `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}
/** `a, b`, or `a, b, c, d, e and 3 more` if there are many. */
function enumerate(names) {
    const all = [...names];
    const more = all.length - maxNamed;
    return all.slice(0, maxNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}






/** The operations of Cloudflare's downloads API. */
const operations = ['list', 'create', 'delete'];
const signedUrlModes = ['auto', 'always', 'never'];
/** The default of each input, as in `action.yml`. */
const defaults = {
    operation: 'create',
    wait: 'false',
    timeout: '30m',
    'signed-url': 'auto',
    'signed-url-ttl': '1h',
    concurrency: '4',
    'api-url': 'https://api.cloudflare.com/client/v4',
};
/** What each type may be called, in lower case: its name, its file extension, or `video`. */
const typeNames = new Map([
    ['video', 'default'],
    ...downloadTypes.flatMap((type) => [
        [type, type],
        [downloadTypeFacts[type].extension, type],
    ]),
]);
/** What other tools call an operation, and how to ask for it here. */
const otherOperations = new Map([
    ...['download', 'get', 'save', 'fetch'].map((word) => [word, '`create` with `save-to`']),
    ['remove', '`delete`'],
]);
/** What `true` and `false` most likely mean for `signed-url`. */
const modeOfFlag = new Map([
    ['true', '`always`'],
    ['false', '`never`'],
]);
const flag = pipe(string(), regex(/^(true|false)$/i, ({ input }) => `${(0, core_text/* quote */.hD)(input)} is neither true nor false: write one of them`), transform((text) => text.toLowerCase() === 'true'));
/** The longest input that is a word, a number or a few of them, in UTF-16 units. */
const maxWordsLength = 256;
/** @param example of the address of an API */
function address(example) {
    const parse = pipe(string(), check((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 
    // The part before an @ may be a password.
    ({ input }) => `${(0, core_text/* mayContainPassword */.ni)(input) ? 'it' : (0, core_text/* quote */.hD)(input)} is not an http(s) address: write it as ${example}`), check((text) => {
        const url = URL.parse(text);
        return !(url?.username || url?.password || /[?#]/.test(text));
    }, 'it must not contain a user, a password, a query or a fragment'), 
    // Without the lookbehind, a long row of slashes in the middle would take quadratic time.
    transform((text) => text.replace(/(?<!\/)\/+$/, '')));
    return pipe(atMost(8192), parse);
}
const absent = pipe(literal(''), transform(() => undefined));
/** How the text of each input is parsed; it is empty where the input is not set. */
const inputSchemas = {
    operation: withDefault(defaults.operation, oneOf(operations, otherOperations)),
    // The longest variable that Linux passes to a program.
    'video-id': pipe(atMost(131_072), videoIds),
    'account-id': pipe(atMost(1024), accountId),
    type: pipe(atMost(maxWordsLength), transform((text) => text.split(/[\s,]+/).filter(Boolean)), dist_array(pipe(string(), transform((name) => typeNames.get(name.toLowerCase()) ?? name), oneOf(downloadTypes))), transform((types) => (types.length > 0 ? [...new Set(types)] : undefined))),
    wait: withDefault(defaults.wait, flag),
    timeout: withDefault(defaults.timeout, duration(1000, 5 * 86_400_000)),
    'poll-interval': pipe(atMost(maxWordsLength), lazy((input) => (input === '' ? absent : duration(1000, 600_000)))),
    filename: pipe(atMost(1024), transform((text) => text || undefined)),
    'signed-url': withDefault(defaults['signed-url'], oneOf(signedUrlModes, modeOfFlag)),
    'signed-url-ttl': withDefault(defaults['signed-url-ttl'], duration(60_000, 86_400_000)),
    concurrency: withDefault(defaults.concurrency, pipe(string(), regex(/^0*([1-9]|[12]\d|3[0-2])$/, ({ input }) => `${(0, core_text/* quote */.hD)(input)} is not a whole number from 1 to 32: write one, such as ${defaults.concurrency}`), transform(Number))),
    'api-url': pipe(string(), transform((text) => text || defaults['api-url']), address(defaults['api-url'])),
    // These depend on other inputs, on the environment or on the event, and are validated by `readPlan`.
    'api-token': string(),
    'api-email': string(),
    'api-key': string(),
    'github-token': string(),
    // The longest path of Linux.
    'save-to': atMost(4096),
    'release-tag': atMost(1024),
};
/** Every input has a limit, so that no value takes long to read. What is too long is not validated further. */
function atMost(maxLength) {
    return pipe(string(), dist_maxLength(maxLength, ({ input }) => `it has ${(0, core_text/* count */.U9)(input.length, 'character')}: shorten it to at most ${maxLength.toLocaleString('en')}`));
}
function withDefault(fallback, schema) {
    return pipe(atMost(maxWordsLength), transform((text) => text || fallback), schema);
}
/**
 * One of `words`.
 *
 * @param meant what to suggest for a word that is not among them
 */
function oneOf(words, meant = new Map()) {
    return pipe(string(), check((text) => words.some((word) => word === text), ({ input }) => {
        const near = nearMiss(input, words);
        const suggestion = meant.get(input.toLowerCase()) ?? (near && `\`${near}\``);
        return `${(0, core_text/* quote */.hD)(input)} is not one of ${words.join(', ')}${suggestion ? `; did you mean ${suggestion}?` : ''}`;
    }), picklist(words));
}



/** The inputs that this version has, as in `action.yml`. */
const inputNames = Object.keys(inputSchemas);
/** Inputs of later versions. They are refused, since a step that ignored one would not do what it was asked to do. */
const laterInputNames = [
    'created-after',
    'created-before',
    'creator',
    'search',
    'live-input',
    'limit',
    'shard',
    'resume-from',
    'dry-run',
    'summary',
];
/** The inputs whose values are secrets. */
const secretInputNames = ['api-token', 'api-key', 'github-token'];
/** How many mistyped inputs are reported one by one. */
const maxMistyped = 20;
/** Reports inputs of later versions and mistyped ones. The runner passes unknown inputs on with only a warning. */
function reportUnknownInputs({ env }, report) {
    const known = inputNames;
    const later = laterInputNames;
    let mistyped = 0;
    for (const [variable, value] of Object.entries(env)) {
        const name = variable.startsWith('INPUT_') ? variable.slice('INPUT_'.length).toLowerCase() : undefined;
        if (name === undefined || known.includes(name))
            continue;
        if (!later.includes(name)) {
            const meant = nearMiss(name, [...inputNames, ...laterInputNames]);
            if (!meant)
                continue;
            mistyped++;
            // Separators in between do not count as typing errors, so even a near name can be long.
            const shown = name.length <= 40 ? `\`${(0, core_text/* oneLine */.TN)(name)}\`` : `an input of ${(0, core_text/* count */.U9)(name.length, 'character')}`;
            const note = later.includes(meant) ? ' This version does not support that either: remove it' : '';
            if (mistyped <= maxMistyped) {
                report(`${shown}: there is no such input; did you mean \`${meant}\`?${note}`);
            }
        }
        else if (value) {
            report(`\`${name}\`: it is not supported in this version: remove it, or use a version that has it`);
        }
    }
    const more = mistyped - maxMistyped;
    if (more > 0)
        report(`there are ${(0, core_text/* count */.U9)(more, 'more mistyped input')}: remove them, or correct their names`);
}



/** Every secret among the inputs and variables, even if it is not used or the name of its input is mistyped. */
function credentials_secretsIn(env) {
    return Object.entries(env).flatMap(([name, value]) => {
        const isSecret = name === 'CLOUDFLARE_API_TOKEN' ||
            name === 'CLOUDFLARE_API_KEY' ||
            (name.startsWith('INPUT_') && nearMiss(name.slice('INPUT_'.length), secretInputNames));
        return isSecret && value ? [value] : [];
    });
}
/**
 * Finds the credentials, in this order: token input, pair of inputs, token from the environment, pair from the
 * environment. Problems never contain a value.
 *
 * @returns undefined where a problem was reported
 */
function readCredentials({ env, input: read }, report) {
    const input = (name) => ({ name: `\`${name}\``, value: read(name) });
    const variable = (name) => ({
        name: `the environment variable ${name}`,
        value: (env[name] ?? '').trim(),
    });
    const sources = [
        { token: input('api-token'), email: input('api-email'), key: input('api-key') },
        {
            token: variable('CLOUDFLARE_API_TOKEN'),
            email: variable('CLOUDFLARE_EMAIL'),
            key: variable('CLOUDFLARE_API_KEY'),
        },
    ];
    for (const { token, email, key } of sources) {
        if (token.value) {
            return isSendable(token, report) ? { token: token.value } : undefined;
        }
        if (email.value && key.value) {
            const [isEmailSendable, isKeySendable] = [isSendable(email, report), isSendable(key, report)];
            return isEmailSendable && isKeySendable ? { email: email.value, key: key.value } : undefined;
        }
        if (email.value || key.value) {
            const [present, missing] = email.value ? [email, key] : [key, email];
            report(`${present.name} is set but ${missing.name} is not: set both, or better an API token as \`api-token\``);
            return undefined;
        }
    }
    report('no credentials: set `api-token` to an API token with the permission "Account \u00b7 Stream \u00b7 Edit", as a secret: `api-token: ${{ secrets.CLOUDFLARE_API_TOKEN }}`. Secrets are empty in runs for pull requests from forks');
    return undefined;
}
/** The longest credential that servers accept in a header, in characters. */
const maxCredentialLength = 8192;
/** Whether a value can be sent as a header. Fetch's own error for one that cannot would show the value. */
function isSendable({ name, value }, report) {
    if (value.length > maxCredentialLength) {
        report(`${name} has ${(0, core_text/* count */.U9)(value.length, 'character')}, more than any credential: store the bare value again`);
        return false;
    }
    const position = value.search(/[^\x21-\x7e]/);
    if (position < 0)
        return true;
    const found = /\s/.test(value.charAt(position)) ? 'white space' : 'a character that is not printable ASCII';
    report(`${name} contains ${found} (character ${position + 1} of ${value.length}): store the bare value again, without line breaks, quotes or "Bearer"`);
    return false;
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
/**
 * Turns text of any script into a name of ASCII letters, digits, `.`, `-` and `_`: letters are transliterated, and each
 * run of other characters becomes one dash. It does not start with a dot or a dash, does not end with a dot, and has no
 * two dots in a row.
 *
 * @returns undefined if no letter and no digit is left
 */
async function latinName(text) {
    const name = (await toLatin(text))
        .replace(/^[^A-Za-z0-9_]+|[^A-Za-z0-9_-]+$/g, '')
        // The dashes around such a run are part of it; others, as in `a--b`, stay.
        .replace(/-*[^A-Za-z0-9._-][^A-Za-z0-9._]*/g, '-')
        .replace(/\.{2,}/g, '.');
    return /[A-Za-z0-9]/.test(name) ? name : undefined;
}
async function toLatin(text) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the first characters of ASCII
    if (/^[\x00-\x7f]*$/.test(text))
        return text;
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { default: transliterate } = await import(/* webpackIgnore: true */ './transliterate.js');
    return transliterate(text.normalize('NFKC'));
}



/** The words in braces that a template may contain. */
const placeholders = ['id', 'type', 'name', 'ext'];
/** Any word in braces, whether or not it is a placeholder; other braces are literal text. */
const wordInBraces = /\{(\p{L}+)\}/gu;
/** Names that other tools use for the same thing. */
const aliases = new Map([
    ['title', 'name'],
    ['filename', 'name'],
    ['videoid', 'id'],
    ['uid', 'id'],
    ['extension', 'ext'],
    ['format', 'ext'],
]);
/** Whether the template has at least one of the placeholders. */
function hasPlaceholder(template, wanted = placeholders) {
    return wanted.some((placeholder) => template.includes(`{${placeholder}}`));
}
/** The template without words in braces. */
function literalText(template) {
    return template.replace(wordInBraces, '');
}
/** One problem for each word in braces that is not an allowed placeholder; duplicates are ignored. */
function placeholderProblems(template, allowed) {
    const words = new Set(Array.from(template.matchAll(wordInBraces), ([, word = '']) => word));
    return [...words]
        .filter((word) => !allowed.some((placeholder) => placeholder === word))
        .map((word) => {
        const meant = aliases.get(word.toLowerCase()) ?? nearMiss(word, placeholders);
        const hint = meant && allowed.includes(meant) ? `; did you mean {${meant}}?` : '';
        return `${(0, core_text/* quote */.hD)(`{${word}}`)} is not one of ${allowed.map((name) => `{${name}}`).join(', ')}${hint}`;
    });
}
/** @param name the video's title, made safe for where it is used, or a substitute for it */
function valuesOf({ id, type }, name) {
    return { id, type, name, ext: downloadTypeFacts[type].extension };
}
/** The longest possible values, with a name of `nameLength` letters. */
function longestValues(nameLength) {
    const longest = (words) => 'x'.repeat(Math.max(...words.map((word) => word.length)));
    return {
        id: 'x'.repeat(64),
        type: longest(downloadTypes),
        name: 'x'.repeat(nameLength),
        ext: longest(downloadExtensions),
    };
}
/** Replaces the placeholders, once: a value that looks like a placeholder stays as it is. */
function fill(template, values) {
    return template.replace(/\{(id|type|name|ext)\}/g, (_, placeholder) => values[placeholder]);
}
/**
 * Replaces the placeholders and truncates the name if the result would be too long.
 *
 * @param limit in the unit of `lengthOf`
 * @param truncate shortens the name to at most `room`, in the same unit
 */
function fillToFit(template, values, limit, lengthOf, truncate) {
    const whole = fill(template, values);
    const uses = template.split('{name}').length - 1;
    if (uses === 0 || lengthOf(whole) <= limit)
        return whole;
    const room = Math.floor((limit - lengthOf(fill(template, { ...values, name: '' }))) / uses);
    return fill(template, { ...values, name: truncate(values.name, room) });
}

/** The longest file or folder name that Linux, macOS and Windows all support, in bytes of UTF-8. */
const maxPartBytes = 255;
/** How many bytes a template must leave for each `{name}`: the longest ID, which replaces a missing title. */
const minNameBytes = 64;
/** In UTF-16 units: far more than fits into any name. It limits the patterns below that take quadratic time. */
const maxTitleLength = 2000;
/** Format characters (bidi controls included), variation selectors, and others that nobody sees. */
const path_part_invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/**
 * Runs of what a title may not add to a name, and of dashes, so that each run becomes one dash. The pattern lists what
 * is kept, since every shell has its own syntax: PowerShell, for instance, accepts curly quotes as quotes.
 */
const replaced = /[^\p{L}\p{M}\p{Nd} _.,+=]+/gu;
/** A media extension at the end of a name. A list, since not everything after a dot is one: `v1.2` has none. */
const mediaExtension = /\.(mp4|m4a|m4v|mov|mkv|webm|avi|mp3|wav|aac|flac|ogg|opus|ts|mpg|mpeg|wmv|flv|3gp)$/i;
/**
 * Device names that Windows reserves, with any extension.
 *
 * @see https://learn.microsoft.com/windows/win32/fileio/naming-a-file
 */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?= *(?:\.|$))/i;
/**
 * A video's title on one line, without invisible characters. A media extension at its end is removed, since Cloudflare
 * uses the name of the uploaded file as the title, and nobody wants `talk.mov.mp4`.
 */
function visibleTitle(title) {
    const visible = title.slice(0, maxTitleLength).replace(path_part_invisible, '');
    const line = visible.replace(/\p{White_Space}+/gu, ' ').trim();
    const stem = line.replace(mediaExtension, '');
    return /\S$/.test(stem) ? stem : line;
}
/**
 * Turns a video's title into a file name without extension that is valid on every system, and in which no shell finds
 * anything to execute, since workflows insert names into their scripts. It has letters, digits and marks of any script,
 * spaces, `-`, `_`, `.`, `,`, `+` and `=`, is in NFC, and has no dots, dashes and spaces at its ends.
 *
 * @returns of any length; undefined if no letter and no digit is left
 */
function safeName(title) {
    // NFC comes first, since it turns the Greek question mark into a semicolon, for instance.
    const visible = visibleTitle(title ?? '').normalize('NFC');
    const name = trimEnds(visible.replace(replaced, '-'));
    // What is left must be usable even if it is truncated as far as a template can require.
    return /[\p{L}\p{Nd}]/u.test(truncateToBytes(name, minNameBytes)) ? name : undefined;
}
/**
 * The file or folder name that a template stands for. Text without placeholders is not changed. The name in it is
 * truncated to fit; the ID replaces a name that is missing or unusable.
 *
 * @param template one for which `excessBytes` returns 0
 */
function partFor(template, video) {
    if (!hasPlaceholder(template))
        return template;
    const values = valuesOf(video, safeName(video.name) ?? video.id);
    const fillTo = (maxBytes) => fillToFit(template, values, maxBytes, Buffer.byteLength, truncateToBytes);
    const part = fillTo(maxPartBytes);
    return isDevice(part) ? avoidDevice(fillTo(maxPartBytes - 1)) : part;
}
/** By how many bytes a template can exceed `maxPartBytes` in the worst case; 0 if it always fits. */
function excessBytes(template) {
    const longest = fill(template, longestValues(minNameBytes));
    const name = hasPlaceholder(template) ? avoidDevice(longest) : longest;
    return Math.max(0, Buffer.byteLength(name) - maxPartBytes);
}
/** Whether Windows would open a device instead of a file of this name. */
function isDevice(part) {
    return device.test(part);
}
function avoidDevice(part) {
    return part.replace(device, '$1-');
}
/** Keeps whole grapheme clusters: what people see as characters. */
function truncateToBytes(name, maxBytes) {
    if (Buffer.byteLength(name) <= maxBytes)
        return name;
    const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
    let bytes = 0;
    for (const { segment, index } of graphemes.segment(name)) {
        bytes += Buffer.byteLength(segment);
        if (bytes > maxBytes)
            return trimEnds(name.slice(0, index));
    }
    return name;
}
function trimEnds(name) {
    return name.replace(/^[ .\p{M}-]+|[ .-]+$/gu, '');
}





/**
 * The longest name that Cloudflare accepts, in characters.
 *
 * @see https://developers.cloudflare.com/stream/viewing-videos/download-videos/
 */
const maxLength = 120;
const allowed = ['id', 'type', 'name'];
const allowedCharacters = 'letters, digits, "-" and "_"';
/** Cloudflare adds the extension, so one that was written is dropped. */
const extension = new RegExp(`\\.(${downloadExtensions.join('|')})$`, 'i');
/** Everything that is wrong with the input `filename`, each problem with its fix; empty if it is valid. */
function filenameProblems(text) {
    const template = text.replace(extension, '');
    if (template === '')
        return [`${(0, core_text/* quote */.hD)(text)} has no name: use ${allowedCharacters}, such as in "{name}-{id}"`];
    const problems = placeholderProblems(template.replaceAll('{ext}', ''), allowed);
    if (template.includes('{ext}')) {
        const advice = 'remove it, such as in "{name}-{id}"';
        problems.push(`{ext} is not allowed, since Cloudflare adds the extension: ${advice}`);
    }
    // The dot of an `.{ext}` at the end is part of that mistake.
    if (/[^A-Za-z0-9_-]/.test(literalText(template.replace(/\.\{ext\}$/, '')))) {
        const advice = 'use only those and placeholders, such as in "My-Talk_{id}"';
        problems.push(`${(0, core_text/* quote */.hD)(text)} contains other characters than ${allowedCharacters}: ${advice}`);
    }
    const longest = fill(template, longestValues(1)).length;
    if (longest > maxLength) {
        const length = `${hasPlaceholder(template) ? 'can become' : 'is'} ${longest} characters long`;
        const advice = `shorten it by ${(0, core_text/* count */.U9)(longest - maxLength, 'character')}`;
        problems.push(`${(0, core_text/* quote */.hD)(text)} ${length}, but Cloudflare accepts at most ${maxLength}: ${advice}`);
    }
    return problems;
}
/**
 * The value of the parameter `filename` in the URL of a download: the name that a browser saves it under, without
 * the extension. The title is truncated to fit; the ID replaces a title that is missing or unusable.
 *
 * @param template one for which `filenameProblems` returns nothing
 * @returns 1 to 120 letters, digits, `-` and `_`
 */
async function filenameFor(template, video) {
    const title = await latinName(visibleTitle(video.name ?? ''));
    // Cloudflare accepts no dots.
    const name = title === undefined ? video.id : name_trimEnd(title.replace(/[.-]+/g, '-'));
    const truncate = (long, room) => {
        const start = name_trimEnd(long.slice(0, room));
        return /[A-Za-z0-9]/.test(start) ? start : video.id.slice(0, room);
    };
    const stem = template.replace(extension, '');
    return fillToFit(stem, valuesOf(video, name), maxLength, (text) => text.length, truncate);
}
/**
 * Adds the name that a browser saves the download under.
 *
 * @throws {Failure} if the name needs the video's title and that cannot be looked up
 */
async function nameUrl(url, type, { filename, video }) {
    if (filename === undefined)
        return url;
    const name = hasPlaceholder(filename, ['name']) ? await video.title() : undefined;
    const named = new URL(url);
    named.searchParams.set('filename', await filenameFor(filename, { id: video.id, type, name }));
    return named.href;
}
function name_trimEnd(text) {
    return text.replace(/-+$/, '');
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);

/** The failure that a system's error means for the file at `path`: `disk-full` or `target-unwritable`. */
function diskFailure(path, error) {
    const code = errorCode(error) ?? '';
    const why = reasons[code] ?? (Error.isError(error) ? error.message : String(error));
    const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'target-unwritable';
    return new Failure(kind, `${path} could not be written: ${why}${code && ` (${code})`}`, { cause: error });
}
/** The system's code, such as `ENOENT`. */
function errorCode(error) {
    return Error.isError(error) && 'code' in error ? String(error.code) : undefined;
}
const reasons = {
    EACCES: 'permission denied',
    EDQUOT: 'the disk quota is used up',
    EEXIST: 'one of its folders exists as a file',
    EFBIG: 'the file system does not support files of this size',
    EISDIR: 'a folder of this name exists',
    ENAMETOOLONG: 'the name is too long for this file system',
    ENOSPC: 'no space left on the disk',
    ENOTDIR: 'one of its folders exists as a file',
    EPERM: 'not permitted',
    EROFS: 'the disk is read-only',
};






/** The example in messages of a path in RUNNER_TEMP. */
const inTemp = '${{ runner.temp }}/downloads/';
/** The example in messages of a template that suits any number of videos and types. */
const example = (0, core_text/* quote */.hD)('downloads/{name}-{id}.{ext}');
/** Parses the input `save-to`, or returns everything that is wrong with it, each problem with its fix. */
function readDestination(text, context) {
    const { workspace, temp, severalVideos, types, path = external_node_path_ } = context;
    if (text === '')
        return { problems: ['it is empty: write a folder, such as downloads/, or a file'] };
    const control = text.search(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
    if (control >= 0) {
        const what = `contains a control character (character ${control + 1} of ${text.length})`;
        return { problems: [`${(0, core_text/* quote */.hD)(text)} ${what}: write one path, on one line`] };
    }
    const problems = [...placeholderProblems(text, placeholders), ...shellProblems(text, path)];
    // The value of a placeholder is never `..` and has no separators, so every path resolves as its template does.
    const target = path.resolve(workspace, text);
    const root = [workspace, temp].find((folder) => folder && folderContains(folder, target, path));
    if (!root) {
        const orElse = temp ? `, or one in RUNNER_TEMP, such as ${inTemp}` : '';
        const advice = `write a path inside it, such as downloads/${orElse}`;
        return { problems: [...problems, `${(0, core_text/* quote */.hD)(text)} is outside the workspace: ${advice}`] };
    }
    const parts = path.relative(root, target).split(path.sep).filter(Boolean);
    const endsAsFolder = (path.sep === '\\' ? /(^|[/\\])\.{0,2}$/ : /(^|\/)\.{0,2}$/).test(text);
    const there = lookUp(text, target, parts, context);
    if (typeof there === 'string')
        problems.push(there);
    const isFolderPath = endsAsFolder || parts.length === 0 || there === true;
    const folders = isFolderPath ? parts : parts.slice(0, -1);
    for (const folder of folders)
        problems.push(...partProblems(folder, folder, path));
    let file;
    if (!isFolderPath) {
        const typed = parts.at(-1) ?? '';
        file = mediaExtension.test(typed) ? typed : `${typed.replace(/\.?\{ext\}$/, '')}.{ext}`;
        problems.push(...fileProblems(text, parts, file, context), ...partProblems(typed, file, path));
    }
    if (problems.length > 0)
        return { problems };
    const files = types.map((type) => (0, core_text/* quote */.hD)(`${text}.${downloadTypeFacts[type].extension}`));
    const notice = !isFolderPath && mayBeFolder(text) && !hasPlaceholder(parts.at(-1) ?? '')
        ? `${(0, core_text/* quote */.hD)(text)} is saved as the file ${files.join(' and ')}; ${addSlash(text)}`
        : undefined;
    return { destination: { root: path.resolve(root), folders, file, severalVideos, path }, notice };
}
/**
 * Whether a folder exists at a path without placeholders, or what is wrong with the path. One with names that the
 * system does not allow, each of which is a problem of its own, is not looked up.
 */
function lookUp(text, target, parts, { isFolder, path = external_node_path_ }) {
    const isUsable = (part) => !hasPlaceholder(part) && partProblems(part, part, path).length === 0;
    if (!parts.every(isUsable))
        return false;
    try {
        return isFolder(target);
    }
    catch (error) {
        const code = errorCode(error) ?? 'no code';
        const why = lookUpProblems[code] ?? 'cannot be looked up: write another path, such as downloads/';
        return `${(0, core_text/* quote */.hD)(text)} ${why} (${code})`;
    }
}
/** What the errors of a system mean for a path, and how to fix that. */
const lookUpProblems = {
    EACCES: 'leads through a folder without permission: change that, or write another path, such as downloads/',
    ELOOP: 'leads through a loop of symbolic links: remove them, or write another path, such as downloads/',
    ENAMETOOLONG: 'is too long for this system: shorten it, such as to downloads/',
    EPERM: 'leads through a folder without permission: change that, or write another path, such as downloads/',
};
/** Whether a path without a slash at its end may be meant as a folder, since it has no extension. */
function mayBeFolder(text) {
    return !mediaExtension.test(text) && !text.endsWith('{ext}');
}
function addSlash(text) {
    return `add a slash for the folder ${(0, core_text/* quote */.hD)(`${text}/`)}`;
}
/** Whether a path is the folder itself or inside it, without following symbolic links. Both paths are absolute. */
function folderContains(folder, path, { isAbsolute, relative, sep } = external_node_path_) {
    const route = relative(folder, path);
    return route !== '..' && !route.startsWith(`..${sep}`) && !isAbsolute(route);
}
/** Syntax that only a shell, or another system, would understand. */
function shellProblems(text, path) {
    const problems = [];
    const variable = /^~(?=[\\/]|$)|\$\{?\w+\}?|%\w+%/.exec(text)?.[0];
    if (variable !== undefined) {
        const advice = `write a path in the workspace, such as downloads/, or use an expression, such as ${inTemp}`;
        problems.push(`${(0, core_text/* quote */.hD)(text)} contains ${variable}, which only a shell would expand: ${advice}`);
    }
    if (path.sep === '/' && text.includes('\\')) {
        problems.push(`${(0, core_text/* quote */.hD)(text)} contains a backslash, which does not separate folders here: use / instead`);
    }
    return problems;
}
/** What is wrong with a path that is one file, possibly for several downloads. */
function fileProblems(text, parts, file, { types, severalVideos }) {
    if (file === '.{ext}' || file.replace(mediaExtension, '') === '') {
        const advice = `write a file, such as ${example}, or a folder, such as "downloads/"`;
        return [`${(0, core_text/* quote */.hD)(text)} has no name before the extension: ${advice}`];
    }
    const hasOne = (...wanted) => parts.some((part) => hasPlaceholder(part, wanted));
    const extension = mediaExtension.exec(file)?.[1]?.toLowerCase();
    const wrong = types.filter((type) => extension && extension !== downloadTypeFacts[type].extension);
    const orFolder = mayBeFolder(text) ? `${addSlash(text)}, or ` : '';
    const problems = [];
    if (severalVideos && !hasOne('id', 'name')) {
        problems.push(`${(0, core_text/* quote */.hD)(text)} is one file for several videos: ${orFolder}add {id} or {name}, such as in ${example}`);
    }
    if (wrong.length > 0) {
        const right = wrong.map((type) => `the type ${type} is saved as .${downloadTypeFacts[type].extension}`);
        const what = `ends in .${extension}, but ${right.join(' and ')}`;
        problems.push(`${(0, core_text/* quote */.hD)(text)} ${what}: end it in .{ext}, such as in ${example}`);
    }
    else if (types.length > 1 && !hasOne('type', 'ext')) {
        problems.push(`${(0, core_text/* quote */.hD)(text)} is one file for several types: ${orFolder}add {type} or {ext}, such as in ${example}`);
    }
    return problems;
}
/** @param template `typed` as it is used: with an extension if it is a file */
function partProblems(typed, template, path) {
    const problems = [];
    const excess = excessBytes(template);
    if (excess > 0) {
        const when = hasPlaceholder(typed)
            ? 'can become too long when its placeholders are replaced'
            : 'is too long';
        const advice = `shorten it by ${(0, core_text/* count */.U9)(excess, 'byte')}, since a name has at most ${maxPartBytes} bytes`;
        problems.push(`${(0, core_text/* quote */.hD)(typed)} ${when}: ${advice}`);
    }
    if (path.sep !== '\\')
        return problems;
    if (!hasPlaceholder(template) && (isDevice(template) || /[. ]$/.test(template))) {
        problems.push(`${(0, core_text/* quote */.hD)(template)} is not a valid name on Windows: choose another`);
    }
    // Windows would write what follows a colon into an alternate data stream, where nobody would find it.
    const forbidden = /[<>:"|?*]/.exec(literalText(typed))?.[0];
    if (forbidden !== undefined) {
        problems.push(`${(0, core_text/* quote */.hD)(typed)} contains ${forbidden}, which Windows does not allow in names: remove it`);
    }
    return problems;
}


/** The longest path of Linux, in characters. */
const maxPathLength = 4096;
/** Reads the folders of the runner. Where one cannot be used, a problem is reported and the root is in its place. */
function readFolders(env, report) {
    const absolute = (variable, path) => {
        const problem = `the environment variable ${variable}`;
        const fix = 'set it to the absolute path of a folder, as the runner does';
        if (path.length > maxPathLength) {
            report(`${problem} has ${(0, core_text/* count */.U9)(path.length, 'character')}, more than any path: ${fix}`);
            return (0, external_node_path_.resolve)('/');
        }
        try {
            return (0,external_node_path_.resolve)(path);
        }
        catch {
            // A relative path starts from the working directory, which another program can remove.
            report(`${problem} is not an absolute path, and the working directory does not exist: ${fix}`);
            return (0, external_node_path_.resolve)('/');
        }
    };
    const temp = env['RUNNER_TEMP'];
    return {
        workspace: absolute('GITHUB_WORKSPACE', env['GITHUB_WORKSPACE'] || '.'),
        temp: temp ? absolute('RUNNER_TEMP', temp) : undefined,
    };
}





/**
 * Reads which release to attach to: that of a tag, or that of the event.
 *
 * @returns undefined where nothing is to be attached, or where a problem was reported
 */
function readRelease({ operation, 'github-token': token, 'release-tag': given }, { env }, report) {
    if (!given)
        return undefined;
    if (operation === 'delete') {
        report('`release-tag`: nothing can be attached with `operation: delete`: attach in a step before it');
    }
    if (!token)
        report('`github-token`: it is empty: remove it, or set it to ${{ github.token }}');
    else
        isSendable({ name: '`github-token`', value: token }, report);
    const repository = env['GITHUB_REPOSITORY'] ?? '';
    if (!isRepository(repository)) {
        report('`release-tag`: the environment variable GITHUB_REPOSITORY does not name a repository as OWNER/NAME; it is set by the runner');
    }
    const apiUrl = safeParse(address(gitHubApi), (env['GITHUB_API_URL'] ?? '').trim() || gitHubApi);
    for (const { message } of apiUrl.issues ?? []) {
        report(`\`release-tag\`: the environment variable GITHUB_API_URL is set by the runner, but ${message}`);
    }
    const reference = given === 'auto' ? releaseOfEvent(env['GITHUB_EVENT_PATH']) : { tag: given.replace(tagRef, '') };
    const otherRef = kindOfRef(given);
    if (!reference) {
        report('`release-tag`: `auto` stands for the release of the event, but the event of this run has none: set it to a tag, such as ${{ github.ref_name }}, or run the workflow `on: release`');
    }
    else if (!isTag(reference.tag)) {
        report(`\`release-tag\`: ${(0, core_text/* quote */.hD)(reference.tag)} cannot be the name of a tag: set it to a tag, such as \${{ github.ref_name }}`);
    }
    else if (otherRef) {
        report(`\`release-tag\`: ${(0, core_text/* quote */.hD)(reference.tag)} is ${otherRef}, not a tag: set it to a tag, such as v1.0.0, or run the workflow for a tag, where \${{ github.ref_name }} is one`);
    }
    return reference && apiUrl.success ? { reference, token, repository, apiUrl: apiUrl.output } : undefined;
}
/** What the full name of a tag begins with, as in `${{ github.ref }}` of a run for a tag. */
const tagRef = /^refs\/tags\//;
/** What a full name of Git refers to, with its article; undefined for a tag, and for any other name. */
function kindOfRef(text) {
    const [, folder = 'tags'] = /^refs\/([^/]+)/.exec(text) ?? [];
    if (folder === 'tags')
        return undefined;
    if (folder === 'heads')
        return 'a branch';
    return folder === 'pull' ? 'a pull request' : 'another kind of reference';
}
const gitHubApi = 'https://api.github.com';
/** Whether a text names a repository as OWNER/NAME. Names of dots alone would change the path of a request. */
function isRepository(text) {
    return /^[\w.-]+\/[\w.-]+$/.test(text) && !/(^|\/)\.+(\/|$)/.test(text);
}
/**
 * Whether Git allows a tag of this name.
 *
 * @see https://git-scm.com/docs/git-check-ref-format
 */
function isTag(text) {
    const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$|(^|\/)\.|\.lock(\/|$)|^@$/u;
    return text !== '' && text.length <= maxTagLength && !forbidden.test(text);
}
/** Git's limit is that of a file name, in bytes. */
const maxTagLength = 255;
const releaseEvent = object({
    release: object({ id: pipe(number(), safeInteger(), minValue(1)), tag_name: string() }),
});
function releaseOfEvent(path) {
    try {
        const { release } = parse(releaseEvent, JSON.parse((0,external_node_fs_.readFileSync)(path ?? '', 'utf8')));
        return { id: release.id, tag: release.tag_name };
    }
    catch {
        return undefined;
    }
}













/**
 * Reads all inputs.
 *
 * @throws {Failure} `bad-input`, with everything that is wrong and how to fix it
 */
function readPlan(source) {
    const problems = [];
    const report = (problem) => problems.push(problem);
    reportUnknownInputs(source, report);
    const credentials = readCredentials(source, report);
    const texts = readTexts(source);
    const parsed = safeParse(object(inputSchemas), texts);
    for (const issue of parsed.issues ?? [])
        report(`\`${getDotPath(issue)?.split('.')[0]}\`: ${issue.message}`);
    const folders = readFolders(source.env, report);
    const bounded = { ...texts, ...boundedTexts(texts) };
    const release = readRelease(bounded, source, report);
    const saveTo = readSaveTo(bounded, folders, (problem) => report(`\`save-to\`: ${problem}`));
    for (const problem of bounded.filename ? filenameProblems(bounded.filename) : [])
        report(`\`filename\`: ${problem}`);
    if (!parsed.success || !credentials || problems.length > 0) {
        throw new Failure('bad-input', problems.map(core_text/* sentence */.em).join('\n'));
    }
    const { output } = parsed;
    const videoIds = output['video-id'];
    return {
        operation: output.operation,
        selection: { videoIds },
        severalVideos: videoIds.length > 1,
        types: typesFor(output.operation, output.type),
        onlyExisting: output.operation === 'list' && output.type === undefined,
        wait: output.wait || saveTo !== undefined || release !== undefined,
        timeoutMs: output.timeout,
        pollIntervalMs: output['poll-interval'],
        filename: output.filename,
        destination: saveTo?.destination,
        release,
        signedUrl: output['signed-url'],
        signedUrlTtlMs: output['signed-url-ttl'],
        concurrency: output.concurrency,
        apiUrl: output['api-url'],
        accountId: output['account-id'],
        credentials,
        workspace: folders.workspace,
        warnings: [
            ...about('video-id', unusualIds(videoIds)),
            ...about('account-id', unusualIds([output['account-id']])),
        ],
        notices: about('save-to', saveTo?.notice),
    };
}
/** The types that the step works on: by default all of them for `list`, and otherwise the MP4. */
function typesFor(operation, given) {
    return given ?? (operation === 'list' ? downloadTypes : ['default']);
}
function readTexts({ env, input }) {
    const texts = Object.fromEntries(inputNames.map((name) => [name, input(name)]));
    return { ...texts, 'account-id': texts['account-id'] || (env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim() };
}
/**
 * The texts that functions validate in place of a schema. One that is too long, which was reported, is left out.
 */
function boundedTexts(texts) {
    const bounded = (name) => is(inputSchemas[name], texts[name]) ? texts[name] : '';
    return {
        filename: bounded('filename'),
        'release-tag': bounded('release-tag'),
        'save-to': bounded('save-to'),
    };
}
/** Reads `save-to`, even where other inputs are wrong, so that all problems are reported together. */
function readSaveTo({ operation, type, 'save-to': saveTo, 'video-id': videoId }, { temp, workspace }, report) {
    if (!saveTo)
        return undefined;
    if (operation === 'delete') {
        report('nothing can be saved with `operation: delete`: save in a step before it, with `create` or `list`');
    }
    const types = safeParse(inputSchemas.type, type);
    const ids = safeParse(inputSchemas['video-id'], videoId);
    const read = readDestination(saveTo, {
        workspace,
        temp,
        types: typesFor(operation, types.success ? types.output : undefined),
        severalVideos: ids.success && ids.output.length > 1,
        isFolder: (path) => (0, external_node_fs_.statSync)(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    });
    if ('destination' in read)
        return read;
    read.problems.forEach(report);
    return undefined;
}
/** A remark with the name of the input that it is about. */
function about(name, remark) {
    return remark === undefined ? [] : [`\`${name}\`: ${remark}`];
}

/** The IPv6 prefixes, of 96 bits, under which IPv4 addresses are reached: compatible, translated, and by NAT64. */
const prefixes = ['::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'];
/** Networks, each as an address and the number of its fixed bits. Those of IPv4 are also those that IPv6 reaches them by. */
function addresses(networks) {
    const list = new external_node_net_namespaceObject.BlockList();
    for (const [address, bits] of networks) {
        if ((0, external_node_net_namespaceObject.isIP)(address) === 6) {
            list.addSubnet(address, bits, 'ipv6');
            continue;
        }
        list.addSubnet(address, bits, 'ipv4');
        for (const prefix of prefixes)
            list.addSubnet(`${prefix}${address}`, 96 + bits, 'ipv6');
        // 6to4 has the address right after its prefix of 16 bits.
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const [high, low] = [a * 256 + b, c * 256 + d].map((part) => part.toString(16));
        list.addSubnet(`2002:${high}:${low}::`, 16 + bits, 'ipv6');
    }
    return list;
}
/** This machine. A connection to 0.0.0.0 or :: reaches it too. */
const loopback = addresses([
    ['127.0.0.0', 8],
    ['0.0.0.0', 8],
    ['::1', 128],
    ['::', 128],
]);
/**
 * What only the network of this machine has, where clouds offer the credentials of the machine: link-local and multicast
 * addresses, and those of Azure, Alibaba, Oracle, AWS and Google that serve the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3927
 * @see https://www.rfc-editor.org/rfc/rfc4291#section-2.5.6
 */
const linkLocal = addresses([
    ['169.254.0.0', 16],
    ['224.0.0.0', 4],
    ['255.255.255.255', 32],
    ['168.63.129.16', 32],
    ['100.100.100.200', 32],
    ['192.0.0.192', 32],
    ['fe80::', 10],
    ['ff00::', 8],
    ['fd00:ec2::', 32],
    ['fd20:ce::', 32],
]);
/** Names of those services, and those that only a network of one's own resolves, whatever they resolve to. */
const linkLocalNames = /^(metadata|instance-data)(\.|$)|\.internal\.?$/i;
const loopbackNames = /(^|\.)localhost(\.localdomain)?\.?$|^ip6-(localhost|loopback)$/i;
/**
 * Whether a host name or an IP address is one of this machine, or of its own network.
 *
 * @param host as in `URL.hostname`, or as a DNS lookup returns it
 */
function localAddress(host) {
    const address = host.replace(/^\[|\]$/g, '');
    const family = (0, external_node_net_namespaceObject.isIP)(address);
    if (family === 0) {
        if (linkLocalNames.test(host))
            return 'link-local';
        return loopbackNames.test(host) ? 'loopback' : undefined;
    }
    const isIn = (list) => list.check(address, family === 6 ? 'ipv6' : 'ipv4');
    // The network :: with its fixed 96 bits also contains ::1.
    if (isIn(loopback))
        return 'loopback';
    return isIn(linkLocal) ? 'link-local' : undefined;
}




/** The longest time until the headers of a response, and between two pieces of its body, in ms. */
const idleTimeoutMs = 30_000;
/**
 * Files are as well protected as the API is. They are on this machine only if the API is, or if it is not encrypted and
 * so no real one.
 */
function deliveryPolicy(apiUrl) {
    const { hostname, protocol } = new URL(apiUrl);
    const requiresHttps = protocol === 'https:';
    const allowsLoopback = !requiresHttps || localAddress(hostname) === 'loopback';
    const refuseAddress = (address) => {
        const kind = localAddress(address);
        if (kind === 'loopback')
            return allowsLoopback ? undefined : 'which is this machine';
        return kind && 'which only this machine can reach';
    };
    return {
        refuseAddress,
        refuse: (url) => requiresHttps && url.protocol === 'http:' ? 'which is not encrypted' : refuseAddress(url.hostname),
    };
}
/** @throws {Failure} `unsafe-url` if a URL is refused */
function requireAllowed(url, { refuse }) {
    const parsed = new URL(url);
    const why = refuse(parsed);
    if (why !== undefined)
        throw new Failure('unsafe-url', `The file is at ${describeUrl(parsed)}, ${why}`);
}
function redirectPolicy({ refuse }) {
    return {
        maxRedirects: 5,
        refuse(to, from) {
            if (!to || !/^https?:$/.test(to.protocol))
                return 'which is not an http(s) URL';
            if (to.username || to.password)
                return 'a URL with a user in it';
            return from.protocol === 'https:' && to.protocol === 'http:' ? 'which is not encrypted' : refuse(to);
        },
    };
}
/** How many attempts in a row may fail without bringing a new byte. */
const maxFruitlessAttempts = 5;
/** How long a file may be missing after Cloudflare reported it as ready, possibly a little early, in ms. */
const missingMs = 60_000;
/** The longest pause during that time, in ms. */
const longestMissingPauseMs = 10_000;
/** Whether the host does not have the file, as it answers right after Cloudflare reported it as ready. */
function isMissing(kind) {
    return kind === 'file-missing' || kind === 'file-failed';
}
/** When requests for one file are retried: as long as they bring new bytes. */
class DeliveryRetries {
    /** The most bytes that the file has had so far. */
    furthestBytes = 0;
    /** Whether new bytes arrived since the last failure. */
    hasNewBytes = false;
    /** Whether the URL was signed again since the last new byte. */
    isSignedAgain = false;
    /** How often the file was restarted since `furthestBytes` last grew. */
    restarts = 0;
    #timing;
    #missingUntilMs;
    #fruitlessAttempts = 0;
    #missingAttempts = 0;
    constructor(timing, readySinceMs) {
        this.#timing = timing;
        this.#missingUntilMs = readySinceMs + missingMs;
    }
    /** How long a missing file is still waited for, in ms. */
    get missingLeftMs() {
        return Math.max(0, this.#missingUntilMs - this.#timing.clock.now());
    }
    /** Notes progress. Bytes count as new if the file was never as long, or if they were appended after few restarts. */
    noteBytes(receivedBytes, isAppended) {
        if (receivedBytes > this.furthestBytes) {
            this.furthestBytes = receivedBytes;
            this.restarts = 0;
        }
        else if (!isAppended || this.restarts >= maxFruitlessAttempts) {
            return;
        }
        this.hasNewBytes = true;
        this.isSignedAgain = false;
        // The attempt that brought them does not count when it fails.
        this.#fruitlessAttempts = -1;
    }
    /** @see RetryPolicy */
    decide({ kind, retryAfterMs = 0 }) {
        const { random } = this.#timing;
        this.hasNewBytes = false;
        if (isMissing(kind)) {
            const pauseMs = backoffMs(++this.#missingAttempts, random());
            return { pauseMs: Math.min(pauseMs, longestMissingPauseMs, this.missingLeftMs) };
        }
        this.#fruitlessAttempts++;
        const pauseMs = Math.max(retryAfterMs, backoffMs(this.#fruitlessAttempts + 1, random()));
        if (this.#fruitlessAttempts < maxFruitlessAttempts)
            return { pauseMs };
        return { pauseMs, stop: `the last of ${maxFruitlessAttempts} attempts in a row without a new byte` };
    }
}
const promises_namespaceObject = createRequire(import.meta.url)("node:fs/promises");
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __nccwpck_require__(161);
/*
How it works:
`this.#head` is an instance of `Node` which keeps track of its current value and nests another instance of `Node` that keeps the value that comes after it. When a value is provided to `.enqueue()`, the code needs to iterate through `this.#head`, going deeper and deeper to find the last value. However, iterating through every single item is slow. This problem is solved by saving a reference to the last value as `this.#tail` so that it can reference it to add a new value.
*/

class Node {
	value;
	next;

	constructor(value) {
		this.value = value;
	}
}

class Queue {
	#head;
	#tail;
	#size;

	constructor() {
		this.clear();
	}

	enqueue(value) {
		const node = new Node(value);

		if (this.#head) {
			this.#tail.next = node;
			this.#tail = node;
		} else {
			this.#head = node;
			this.#tail = node;
		}

		this.#size++;
	}

	dequeue() {
		const current = this.#head;
		if (!current) {
			return;
		}

		this.#head = this.#head.next;
		this.#size--;

		// Clean up tail reference when queue becomes empty
		if (!this.#head) {
			this.#tail = undefined;
		}

		return current.value;
	}

	peek() {
		if (!this.#head) {
			return;
		}

		return this.#head.value;

		// TODO: Node.js 18.
		// return this.#head?.value;
	}

	clear() {
		this.#head = undefined;
		this.#tail = undefined;
		this.#size = 0;
	}

	get size() {
		return this.#size;
	}

	* [Symbol.iterator]() {
		let current = this.#head;

		while (current) {
			yield current.value;
			current = current.next;
		}
	}

	* drain() {
		while (this.#head) {
			yield this.dequeue();
		}
	}
}


function pLimit(concurrency) {
	let rejectOnClear = false;

	if (typeof concurrency === 'object') {
		({concurrency, rejectOnClear = false} = concurrency);
	}

	validateConcurrency(concurrency);

	if (typeof rejectOnClear !== 'boolean') {
		throw new TypeError('Expected `rejectOnClear` to be a boolean');
	}

	const queue = new Queue();
	let activeCount = 0;

	const resumeNext = () => {
		// Process the next queued function if we're under the concurrency limit
		if (activeCount < concurrency && queue.size > 0) {
			activeCount++;
			queue.dequeue().run();
		}
	};

	const next = () => {
		activeCount--;
		resumeNext();
	};

	const run = async (function_, resolve, arguments_) => {
		// Execute the function and capture the result promise
		const result = (async () => function_(...arguments_))();

		// Resolve immediately with the promise (don't wait for completion)
		resolve(result);

		// Wait for the function to complete (success or failure)
		// We catch errors here to prevent unhandled rejections,
		// but the original promise rejection is preserved for the caller
		try {
			await result;
		} catch {}

		// Decrement active count and process next queued function
		next();
	};

	const enqueue = (function_, resolve, reject, arguments_) => {
		const queueItem = {reject};

		// Queue the internal resolve function instead of the run function
		// to preserve the asynchronous execution context.
		new Promise(internalResolve => { // eslint-disable-line promise/param-names
			queueItem.run = internalResolve;
			queue.enqueue(queueItem);
		}).then(run.bind(undefined, function_, resolve, arguments_)); // eslint-disable-line promise/prefer-await-to-then

		// Start processing immediately if we haven't reached the concurrency limit
		if (activeCount < concurrency) {
			resumeNext();
		}
	};

	const generator = (function_, ...arguments_) => new Promise((resolve, reject) => {
		enqueue(function_, resolve, reject, arguments_);
	});

	Object.defineProperties(generator, {
		activeCount: {
			get: () => activeCount,
		},
		pendingCount: {
			get: () => queue.size,
		},
		clearQueue: {
			value() {
				if (!rejectOnClear) {
					queue.clear();
					return;
				}

				const abortError = AbortSignal.abort().reason;

				while (queue.size > 0) {
					queue.dequeue().reject(abortError);
				}
			},
		},
		concurrency: {
			get: () => concurrency,

			set(newConcurrency) {
				validateConcurrency(newConcurrency);
				concurrency = newConcurrency;

				queueMicrotask(() => {
					// eslint-disable-next-line no-unmodified-loop-condition
					while (activeCount < concurrency && queue.size > 0) {
						resumeNext();
					}
				});
			},
		},
		map: {
			async value(iterable, function_) {
				const promises = [];

				try {
					Array.from(iterable, (value, index) => {
						const promise = generator(function_, value, index);
						promises.push(promise);
						return promise;
					});
				} catch (error) {
					// The iterable threw, so `Promise.all` never observes the already scheduled promises. Observe them here to avoid unhandled rejections.
					for (const promise of promises) {
						promise.catch(() => {}); // eslint-disable-line promise/prefer-await-to-then
					}

					throw error;
				}

				return Promise.all(promises);
			},
		},
	});

	return generator;
}

function validateConcurrency(concurrency) {
	if (!((Number.isInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY) && concurrency > 0)) {
		throw new TypeError('Expected `concurrency` to be a number from 1 and up');
	}
}







/**
 * The folders that files are saved into. They are checked, created and removed one after the other, so that a file
 * that fails never removes the folder of another.
 */
class Folders {
    #root;
    #created = new Set();
    #oneAtATime = pLimit(1);
    /** @param root the absolute path of the folder that all of them must be in once symbolic links are resolved */
    constructor(root) {
        this.#root = root;
    }
    /**
     * Creates the folder of a file where it does not exist.
     *
     * @param begin creates a file in it, which keeps the folder from being removed
     * @throws {Failure} `target-outside`
     * @throws the system's error
     */
    enter(file, begin) {
        const folder = (0, external_node_path_.dirname)(file);
        return this.#oneAtATime(async () => {
            if (!(await resolvesInside(folder, this.#root))) {
                throw new Failure('target-outside', `${file} would be outside ${this.#root}`);
            }
            try {
                await this.#create(folder);
                return await begin();
            }
            catch (error) {
                await this.#removeEmpty(folder);
                throw error;
            }
        });
    }
    /** Removes the folder of a file and its parents, as far as they were created here and are empty. */
    leave(file) {
        return this.#oneAtATime(() => this.#removeEmpty((0, external_node_path_.dirname)(file)));
    }
    /** Unlike a recursive `mkdir`, records which folders were created even if creating one of them fails. */
    async #create(folder) {
        try {
            await (0,promises_namespaceObject.mkdir)(folder);
            this.#created.add(folder);
        }
        catch (error) {
            const code = errorCode(error);
            if (code === 'EEXIST' && (await (0, promises_namespaceObject.stat)(folder)).isDirectory())
                return;
            if (code !== 'ENOENT' || (0, external_node_path_.dirname)(folder) === folder)
                throw error;
            await this.#create((0, external_node_path_.dirname)(folder));
            await this.#create(folder);
        }
    }
    async #removeEmpty(folder) {
        for (let path = folder; path !== (0, external_node_path_.dirname)(path); path = (0, external_node_path_.dirname)(path)) {
            if (!this.#created.has(path))
                continue;
            try {
                await (0,promises_namespaceObject.rmdir)(path);
            }
            catch {
                return;
            }
            this.#created.delete(path);
        }
    }
}
/** Whether the existing part of a folder's path leads into the root, symbolic links resolved. */
async function resolvesInside(folder, root) {
    try {
        await (0,promises_namespaceObject.lstat)(folder);
    }
    catch (error) {
        if (errorCode(error) === 'ENOENT')
            return resolvesInside((0, external_node_path_.dirname)(folder), root);
        throw error;
    }
    // A link whose target does not exist may lead anywhere.
    const resolved = await (0, promises_namespaceObject.realpath)(folder).catch(() => undefined);
    return resolved !== undefined && folderContains(await (0, promises_namespaceObject.realpath)(root), resolved);
}
/**
 * A folder for files under their default names. It is removed, with everything in it, when it is disposed of.
 *
 * @param parent the folder to create it in; defaults to the system's folder for temporary files
 * @throws {Failure} `target-unwritable`, `disk-full`
 */
async function createTemporaryFolder(parent, severalVideos) {
    const base = parent || (0, external_node_os_.tmpdir)();
    const prefix = 'stream-downloads-';
    const root = await (0, promises_namespaceObject.realpath)(base)
        .then((folder) => (0, promises_namespaceObject.mkdtemp)((0, external_node_path_.join)(folder, prefix)))
        .catch((error) => {
        throw diskFailure((0, external_node_path_.join)(base, `${prefix}\u2026`), error);
    });
    return {
        destination: { root, folders: [], file: undefined, severalVideos, path: external_node_path_ },
        async [Symbol.asyncDispose]() {
            await (0, promises_namespaceObject.rm)(root, { recursive: true, force: true, maxRetries: 3 }).catch(() => { });
        },
    };
}
/** How many of a file's first bytes show whether it is an ISO media file. */
const headBytes = 8;
/**
 * Whether these are the first bytes of an ISO media file (MP4, M4A). Such a file is a sequence of boxes that start
 * with their size and type; the first is of type `ftyp`.
 *
 * @see https://www.iso.org/standard/83102.html (ISO/IEC 14496-12, 4.2)
 */
function isIsoMedia(head) {
    return Buffer.from(head.subarray(4, headBytes)).toString('latin1') === 'ftyp';
}
/** How many bytes of a file are read at once: many small boxes in one read, and few bytes for a box that is skipped. */
const blockBytes = 64 * 1024;
/** How long the longest header of a box is. */
const maxHeaderBytes = 16;
/**
 * The size in bytes that a truncated file had, by the sizes of its boxes; undefined for a complete file.
 *
 * @param read fills a block from a position on, as far as the file has bytes, and returns how many it read
 */
async function untruncatedSize(sizeBytes, read) {
    const block = Buffer.alloc(Math.min(blockBytes, sizeBytes));
    let blockStart = 0;
    let blockEnd = 0;
    for (let position = 0; position < sizeBytes;) {
        if (position + maxHeaderBytes > blockEnd && blockEnd < sizeBytes) {
            blockStart = position;
            blockEnd = position + (await read(block, position));
        }
        const boxBytes = boxSize(block, position - blockStart, blockEnd - position);
        // Anything may follow the last box; a box without a size extends to the end of the file.
        if (boxBytes === undefined)
            return undefined;
        position += boxBytes;
        if (position > sizeBytes)
            return position;
    }
    return undefined;
}
/** The size of the box at an offset, in bytes; undefined if there is none, or none with a size. */
function boxSize(block, at, lengthBytes) {
    if (lengthBytes < headBytes || !hasType(block, at))
        return undefined;
    const size = block.readUInt32BE(at);
    if (size !== 1)
        return size >= headBytes ? size : undefined;
    if (lengthBytes < maxHeaderBytes)
        return undefined;
    // In two halves, since a BigInt for each of millions of boxes would take seconds.
    const largeSize = block.readUInt32BE(at + headBytes) * 2 ** 32 + block.readUInt32BE(at + headBytes + 4);
    return largeSize >= maxHeaderBytes ? largeSize : undefined;
}
/** Whether a box has a type of four printable characters. */
function hasType(block, at) {
    for (let index = at + 4; index < at + headBytes; index++) {
        const code = block[index] ?? 0;
        if (code < 0x20 || code > 0x7e)
            return false;
    }
    return true;
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);






/** How many bytes are written at once: a balance between few writes and little memory. */
const batchBytes = 2 * 1024 * 1024;
/** How many pieces are written at most at once: as many as one `writev` accepts. */
const batchPieces = 1024;
/** After how many bytes to sync, which keeps the final sync short: a cancelled run has to wait for it. */
const unsyncedBytes = 64 * 1024 * 1024;
/**
 * A file that is being received: a hidden file in the same folder, which is renamed once it is complete. Until then,
 * what exists under the file's name stays as it is.
 */
class PartialFile {
    #target;
    #path;
    #handle;
    #folders;
    #hash = (0, external_node_crypto_.createHash)('sha256');
    #batch = [];
    #batchedBytes = 0;
    #writtenBytes = 0;
    #syncedBytes = 0;
    #writing = Promise.resolve();
    #isFinished = false;
    constructor(target, path, handle, folders) {
        this.#target = target;
        this.#path = path;
        this.#handle = handle;
        this.#folders = folders;
    }
    /**
     * Creates the partial file, with the folders that it needs.
     *
     * @param target the absolute path of the complete file
     * @throws {Failure} `target-outside`, `target-unwritable`, `disk-full`
     */
    static async create(target, folders) {
        const path = (0, external_node_path_.join)((0, external_node_path_.dirname)(target), `.${(0, external_node_crypto_.randomBytes)(8).toString('hex')}.partial`);
        try {
            const handle = await folders.enter(target, async () => {
                const found = await (0,promises_namespaceObject.lstat)(target).catch(() => undefined);
                if (!found?.isDirectory())
                    return (0,promises_namespaceObject.open)(path, 'wx+');
                const why = `it is a folder; write ${(0,external_node_path_.basename)(target)}/ to save into it`;
                throw new Failure('target-unwritable', `${target} could not be written: ${why}`);
            });
            return new PartialFile(target, path, handle, folders);
        }
        catch (error) {
            throw error instanceof Failure ? error : diskFailure(target, error);
        }
    }
    get sizeBytes() {
        return this.#writtenBytes + this.#batchedBytes;
    }
    /**
     * Appends bytes. Resolves once there is room for more.
     *
     * @param bytes not to be used afterwards: their memory is freed
     * @throws {Failure} `disk-full`, `target-unwritable`
     */
    async append(bytes) {
        this.#batch.push(bytes);
        this.#batchedBytes += bytes.byteLength;
        if (this.#batchedBytes >= batchBytes || this.#batch.length >= batchPieces)
            await this.#flush();
    }
    async truncate() {
        if (this.sizeBytes === 0)
            return;
        await this.#writing.catch(() => { });
        this.#batch = [];
        this.#batchedBytes = 0;
        this.#writtenBytes = 0;
        this.#syncedBytes = 0;
        this.#hash = (0, external_node_crypto_.createHash)('sha256');
        await this.#disk(() => this.#handle.truncate(0));
    }
    /**
     * Fills a block with the bytes from a position on.
     *
     * @returns how many bytes there were; fewer than the block holds only at the end of the file
     */
    async read(block, position) {
        await this.#settle();
        return this.#disk(async () => (await this.#handle.read(block, 0, block.byteLength, position)).bytesRead);
    }
    /**
     * Syncs the file to the disk and renames it to its target.
     *
     * @returns its SHA-256 in hex
     */
    async finish() {
        await this.#settle();
        await this.#disk(async () => {
            await this.#handle.sync();
            await this.#requireSameFile();
            await this.#handle.close();
            await (0, promises_namespaceObject.rename)(this.#path, this.#target);
            this.#isFinished = true;
            // Not every system can sync the new name; the file itself is complete.
            await syncFolder((0, external_node_path_.dirname)(this.#target)).catch(() => { });
        });
        return this.#hash.digest('hex');
    }
    /** Removes the partial file and its folders, unless it was finished. */
    async [Symbol.asyncDispose]() {
        if (this.#isFinished)
            return;
        await this.#writing.catch(() => { });
        await this.#handle.close().catch(() => { });
        await (0, promises_namespaceObject.unlink)(this.#path).catch(() => { });
        await this.#folders.leave(this.#target);
    }
    /** Another program may have put another file in the place of the one that was hashed. */
    async #requireSameFile() {
        const [written, found] = await Promise.all([
            this.#handle.stat({ bigint: true }),
            (0, promises_namespaceObject.lstat)(this.#path, { bigint: true }),
        ]);
        const isSame = written.dev === found.dev && written.ino === found.ino;
        if (isSame && written.size === BigInt(this.#writtenBytes))
            return;
        const why = 'another program changed the file while it was being received';
        throw new Failure('target-unwritable', `${this.#target} could not be written: ${why}`);
    }
    async #settle() {
        await this.#flush();
        await this.#disk(() => this.#writing);
    }
    /** Starts to write the batch; it is written while it is hashed and while the next one is received. */
    async #flush() {
        await this.#disk(() => this.#writing);
        const batch = this.#batch;
        const position = this.#writtenBytes;
        this.#writtenBytes += this.#batchedBytes;
        this.#batch = [];
        this.#batchedBytes = 0;
        this.#writing = this.#write(batch, position);
        // Whoever awaits it next gets its error.
        this.#writing.catch(() => { });
        for (const bytes of batch)
            this.#hash.update(bytes);
    }
    async #write(batch, position) {
        await writeAll(this.#handle, batch, position);
        for (const bytes of batch)
            free(bytes);
        if (position - this.#syncedBytes < unsyncedBytes)
            return;
        await this.#handle.datasync();
        this.#syncedBytes = position;
    }
    async #disk(work) {
        try {
            return await work();
        }
        catch (error) {
            throw error instanceof Failure ? error : diskFailure(this.#target, error);
        }
    }
}
async function writeAll(handle, batch, position) {
    if (batch.length === 0)
        return;
    let { bytesWritten } = await handle.writev(batch, position);
    const lengthBytes = batch.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytesWritten === lengthBytes)
        return;
    // A disk that fills up writes only a part at first.
    const whole = Buffer.concat(batch);
    while (bytesWritten < lengthBytes) {
        bytesWritten += (await handle.write(whole, bytesWritten, undefined, position + bytesWritten))
            .bytesWritten;
    }
}
/** Frees the memory at once: until the garbage collector runs, it would grow to many times what is needed. */
function free({ buffer, byteLength }) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
        buffer.transfer(0);
}
async function syncFolder(folder) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const handle = __addDisposableResource(env_1, await (0,promises_namespaceObject.open)(folder), true);
        await handle.sync();
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = __disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}



/**
 * The absolute path of the file of one download, which is the same in every run. It can be the same for two videos with
 * the same title if the template has no `{id}`.
 */
function targetOf(destination, video) {
    const { root, folders, path, severalVideos } = destination;
    const hasTitle = safeName(video.name) !== undefined;
    const file = destination.file ?? defaultName(video.id, hasTitle, severalVideos);
    return path.join(root, ...[...folders, file].map((template) => partFor(template, video)));
}
/**
 * The name of the file of one download in Latin letters, with the title as it is in the name that its URL has. It is of
 * any length, and may contain other characters that the author of the workflow wrote.
 */
async function latinNameOf({ file, severalVideos }, video) {
    const title = await latinName(visibleTitle(video.name ?? ''));
    const template = file ?? defaultName(video.id, title !== undefined, severalVideos);
    return fill(template, valuesOf(video, title ?? video.id));
}
/** Whether a file's name can depend on the video's title, which then has to be looked up. */
function needsName({ folders, file }) {
    return file === undefined || [...folders, file].some((template) => hasPlaceholder(template, ['name']));
}
/**
 * Among several videos, no two IDs get the same name: an ID with a dash, which Cloudflare's own never have, is put
 * between plus signs, since the end of `{name}-{id}` could otherwise be mistaken for a shorter ID. No ID has a plus
 * sign, and no shell interprets it.
 */
function defaultName(videoId, hasTitle, severalVideos) {
    const id = severalVideos && videoId.includes('-') ? '+{id}+' : '{id}';
    if (!hasTitle)
        return `${id}.{ext}`;
    return severalVideos ? `{name}-${id}.{ext}` : '{name}.{ext}';
}






/**
 * The failure for an error that was thrown in place of a complete response.
 *
 * @param describe adds what failed to the reason
 */
function networkFailure(error, { host: firstHost, timeoutMs, timeoutReason = 'sent no complete response', unreachable }, describe = (why) => why) {
    const chain = causeChain(error);
    const host = chain.find((cause) => cause instanceof OtherHostError)?.host ?? firstHost;
    const fail = (kind, why, retryable) => new RequestFailure(kind, describe(why), { cause: error, retryable });
    const proxyError = chain.find((cause) => cause instanceof ProxyError);
    if (proxyError && !proxyError.retryable)
        return fail('proxy', proxyError.message, false);
    const via = proxyError ? ` through the proxy ${proxyError.proxy}` : '';
    if (chain.some((cause) => Error.isError(cause) && cause.name === 'TimeoutError')) {
        return fail(unreachable, `${host} ${timeoutReason} in ${(0, core_text/* formatDuration */.a3)(timeoutMs)}${via}`, true);
    }
    if (isHidden407(error)) {
        const why = `${host} answered HTTP 407, so a proxy on the way requires a user and a password`;
        return fail('proxy', why, false);
    }
    const codes = chain.map((cause) => (Error.isError(cause) && 'code' in cause ? cause.code : undefined));
    const code = codes.find((found) => typeof found === 'string');
    if (code && untrustedCertificate.test(code)) {
        return fail('certificate', `the certificate of ${host}${via} is not trusted (${code})`, false);
    }
    const message = messageOf(chain.at(-1), code);
    const reason = proxyError?.status
        ? `the proxy answered HTTP ${proxyError.status}`
        : [code, message].filter(Boolean).join(': ');
    // Fetch always refuses the ports of other protocols.
    const isUnreadable = unreadable.test(reason);
    const what = isUnreadable
        ? `the response of ${host}${via} cannot be read`
        : `no response from ${host}${via}`;
    return fail(unreachable, `${what} (${reason})`, message !== 'bad port');
}
/** The longest message of an error, which may quote what a server sent; in UTF-16 units. */
const maxReasonLength = 500;
/** Errors of undici and its parser about a response that did arrive. */
const unreadable = /^(UND_ERR_RES_|UND_ERR_HEADERS_OVERFLOW|HPE_)|content-encodings/;
/** OpenSSL's and Node's codes for a certificate that fails verification. */
const untrustedCertificate = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;
function messageOf(error, code) {
    // OpenSSL's own messages contain names of its source files.
    if (code?.startsWith('ERR_SSL_'))
        return 'the server does not speak TLS correctly; is it an http: address?';
    const message = Error.isError(error) ? error.message : String(error);
    return foreignText(message, 'a reason', maxReasonLength);
}
/** The version of the file that a response with the whole file (200) or with a part of it (206) belongs to. */
function versionOf(headers) {
    const etag = headers.get('etag') || undefined;
    const lastModified = headers.get('last-modified') || undefined;
    const range = contentRange(headers);
    const totalBytes = range ? range.totalBytes : wholeNumber(headers.get('content-length'));
    return { etag, lastModified, strongValidator: strongValidator(headers, etag, lastModified), totalBytes };
}
/**
 * A strong entity tag or, where there is no tag at all, a date so old that no other version can share it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
function strongValidator(headers, etag, lastModified) {
    if (etag !== undefined)
        return etag.startsWith('W/') ? undefined : etag;
    const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(lastModified ?? '');
    return ageMs >= 1000 ? lastModified : undefined;
}
/** Whether a part can be recognized as one of the same version. A date that is not old enough does not suffice. */
function isRecognizable(version) {
    return version !== undefined && (version.etag ?? version.strongValidator) !== undefined;
}
/** The headers that request the rest of a file; none where only the whole file can be requested. */
function rangeHeaders(receivedBytes, version) {
    if (receivedBytes === 0 || !isRecognizable(version))
        return {};
    const { strongValidator: condition } = version;
    return { Range: `bytes=${receivedBytes}-`, ...(condition !== undefined && { 'If-Range': condition }) };
}
/**
 * Whether a partial response (206) starts where the file ends so far, and belongs to the same version. One that answers
 * `If-Range` need not name the version again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.3.7
 */
function continues(headers, receivedBytes, version) {
    const range = contentRange(headers);
    if (range?.startByte !== receivedBytes)
        return false;
    const { totalBytes = range.totalBytes } = version;
    if ((range.totalBytes ?? totalBytes) !== totalBytes)
        return false;
    if (totalBytes !== undefined && range.endByte >= totalBytes)
        return false;
    // A host may ignore If-Range, so what the part names must be the same.
    if (namesAnother(headers, version))
        return false;
    return version.strongValidator !== undefined || isSameVersion(versionOf(headers), version);
}
/** Whether two responses name the same version. */
function isSameVersion(one, other) {
    return one.etag === other.etag && one.lastModified === other.lastModified;
}
/** Whether a response has another entity tag or date than the version. */
function namesAnother(headers, version) {
    const sent = versionOf(headers);
    const { etag = version.etag, lastModified = version.lastModified } = sent;
    return !isSameVersion({ ...sent, etag, lastModified }, version);
}
/** How long the body of a response is at most, by all that its headers announce; undefined if they announce nothing. */
function announcedBytes(headers) {
    const range = contentRange(headers);
    const lengths = [
        wholeNumber(headers.get('content-length')),
        range && range.endByte - range.startByte + 1,
    ].filter((length) => length !== undefined);
    return lengths.length === 0 ? undefined : Math.min(...lengths);
}
/** The size in bytes of the whole file, as the response "range not satisfiable" (416) gives it. */
function unsatisfiedSize(headers) {
    return wholeNumber(/^\s*bytes\s+\*\/(\d+)\s*$/i.exec(headers.get('content-range') ?? '')?.[1]);
}
function contentRange(headers) {
    const header = headers.get('content-range') ?? '';
    const [, start, end, total] = /^\s*bytes\s+(\d+)-(\d+)\/(\d+|\*)\s*$/i.exec(header) ?? [];
    const [startByte, endByte, totalBytes] = [wholeNumber(start), wholeNumber(end), wholeNumber(total)];
    if (startByte === undefined || endByte === undefined || endByte < startByte)
        return undefined;
    return totalBytes !== undefined && totalBytes <= endByte ? undefined : { startByte, endByte, totalBytes };
}
function wholeNumber(text) {
    const value = /^\d+$/.test(text ?? '') ? Number(text) : undefined;
    return Number.isSafeInteger(value) ? value : undefined;
}






/** The longest value of a header in a message, in UTF-16 units. */
const interpret_maxShown = 100;
/**
 * Decides from its status and headers what to do with a response.
 *
 * @param receivedBytes how much of the file was received by earlier requests
 * @param version the version that these bytes belong to; undefined where nothing was received
 */
function interpret({ headers, status }, receivedBytes, version) {
    if (status === 416 && version)
        return interpretUnsatisfied(headers, receivedBytes, version);
    if (status !== 200 && status !== 206)
        return interpretStatus(status);
    const encoding = headers.get('content-encoding') || 'identity';
    if (encoding.toLowerCase() !== 'identity') {
        const shown = foreignText(encoding, 'an encoding', interpret_maxShown);
        return refuse('not-media', `the response is encoded as ${shown}, which was not requested`);
    }
    const sent = versionOf(headers);
    const announced = { announcedBytes: announcedBytes(headers) };
    const isNextPart = status === 206 && continues(headers, receivedBytes, version ?? sent);
    if (isNextPart && version) {
        const { totalBytes = sent.totalBytes } = version;
        return { action: 'append', version: { ...version, totalBytes }, ...announced };
    }
    if (isNextPart || status === 200) {
        // A host that sends all of the same version again ignores ranges.
        const ignoresRanges = version !== undefined && isSameVersion(sent, version);
        return { action: 'restart', version: sent, ...announced, ignoresRanges };
    }
    const range = foreignText(headers.get('content-range') ?? 'none', 'a text', interpret_maxShown);
    const what = `the response is not the rest of the same version from byte ${receivedBytes} on (Content-Range: ${range})`;
    return interpret_retry('file-incomplete', what, { ignoresRanges: true });
}
/** Decides from its first bytes whether a body is the file, whatever its content type. */
function interpretHead(head) {
    if (isIsoMedia(head))
        return undefined;
    if (isText(head))
        return interpret_retry('not-media', 'instead of the file, the delivery host answered', { hasReason: true });
    const start = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return interpret_retry('not-media', `the file is not MP4 or M4A: its first bytes are ${start}`);
}
/** A body that is longer than its headers announce is not the file, and may never end. */
function surplus(announced) {
    return refuse('not-media', `the host announced ${announced} bytes but sent more`);
}
/**
 * Decides whether the file is complete at the end of a body.
 *
 * @param receivedBytes how much of the file was received, this body included
 * @param canResume whether the rest of the file can be requested
 */
function interpretEnd({ headers, status }, receivedBytes, totalBytes, canResume) {
    // A part may be shorter than the rest of the file.
    const hasEnd = status !== 206 && /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
    if (totalBytes === undefined && canResume && !hasEnd) {
        // Without a length, a broken connection looks like the end; another request finds out.
        const what = `the response does not say whether ${(0, core_text/* formatBytes */.z3)(receivedBytes)} are the whole file`;
        return interpret_retry('file-incomplete', what);
    }
    if (totalBytes !== undefined && receivedBytes < totalBytes) {
        return interpret_retry('file-incomplete', `the response ended after ${formatProgress(receivedBytes, totalBytes)}`);
    }
    return { action: 'complete' };
}
/** `45 MB of 100 MB`. */
function formatProgress(receivedBytes, totalBytes) {
    return `${(0, core_text/* formatBytes */.z3)(receivedBytes)}${totalBytes === undefined ? '' : ` of ${(0, core_text/* formatBytes */.z3)(totalBytes)}`}`;
}
/** The host reports that it has no bytes after those that were received (416). */
function interpretUnsatisfied(headers, receivedBytes, version) {
    if (unsatisfiedSize(headers) !== receivedBytes || namesAnother(headers, version)) {
        const what = `the host has no bytes after the first ${receivedBytes}, so the file was replaced`;
        return interpret_retry('file-incomplete', what, { ignoresRanges: true });
    }
    const { totalBytes = receivedBytes } = version;
    if (totalBytes === receivedBytes)
        return { action: 'complete' };
    return refuse('not-media', `the host announced ${totalBytes} bytes but has ${receivedBytes}`);
}
function interpretStatus(status) {
    const hasReason = true;
    if (isRetryableStatus(status))
        return interpret_retry('delivery-error', `the delivery host answered HTTP ${status}`, { hasReason });
    if (status === 404 || status === 410) {
        return refuse('file-missing', `the delivery host does not have the file and answered HTTP ${status}`, {
            hasReason,
        });
    }
    if (status === 424) {
        return refuse('file-failed', 'the delivery host cannot deliver the file and answered HTTP 424', {
            hasReason,
        });
    }
    return refuse('delivery-refused', `the delivery host refused the request and answered HTTP ${status}`, {
        hasReason,
    });
}
function interpret_retry(kind, what, more = {}) {
    return { action: 'retry', kind, what, ...more };
}
function refuse(kind, what, more = {}) {
    return { action: 'refuse', kind, what, ...more };
}














/** Receives one file, however often the connection breaks. No request contains credentials. */
class Transfer {
    #file;
    #source;
    #options;
    #retries;
    #url;
    /** The version that the bytes received so far belong to; undefined where there are none. */
    #version;
    /** Whether parts of the file may be requested: the host has honoured that so far. */
    #hasRanges = true;
    /** Whether the video's details were looked up to find out whether the file may still appear. */
    #isVideoChecked = false;
    constructor(file, source, options) {
        this.#file = file;
        this.#source = source;
        this.#options = options;
        this.#retries = new DeliveryRetries(options, source.readySinceMs);
        this.#url = source.url;
    }
    /** How much was received. */
    get progress() {
        return formatProgress(this.#retries.furthestBytes, this.#version?.totalBytes);
    }
    /**
     * Resolves once the whole file was received.
     *
     * @throws {Failure} why it was not, or the end of the step
     */
    async receive() {
        const { signal } = this.#options;
        try {
            await withRetries(() => this.#attempt(), (failure) => this.#retries.decide(failure), this.#options);
        }
        catch (error) {
            // The error mentions the last failure, from which a transfer with new bytes has recovered.
            throw signal.aborted && this.#retries.hasNewBytes ? signal.reason : error;
        }
    }
    /** Requests what is missing of the file, a second time with another URL where the URL is refused. */
    async #attempt() {
        try {
            await this.#request();
        }
        catch (error) {
            if (!isUrlRefused(error) || this.#retries.isSignedAgain)
                throw error;
            this.#retries.isSignedAgain = true;
            this.#url = await this.#source.signAgain(error);
            await this.#attempt();
        }
    }
    async #request() {
        const { http, policy, signal } = this.#options;
        const range = this.#hasRanges ? rangeHeaders(this.#file.sizeBytes, this.#version) : {};
        // Fetch itself adds the header to requests for a part.
        const headers = { ...range, ...(!range['Range'] && { 'Accept-Encoding': 'identity' }) };
        const request = { method: 'GET', url: new URL(this.#url), headers, redirects: redirectPolicy(policy) };
        try {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const response = __addDisposableResource(env_1, await http.open(request, { timeoutMs: idleTimeoutMs, signal }), true);
                const next = await this.#receive(response);
                if ('kind' in next)
                    throw await this.#responseFailure(next, response);
            }
            catch (e_1) {
                env_1.error = e_1;
                env_1.hasError = true;
            }
            finally {
                const result_1 = __disposeResources(env_1);
                if (result_1)
                    await result_1;
            }
        }
        catch (error) {
            throw error instanceof Failure ? error : this.#networkFailure(error);
        }
    }
    async #receive(response) {
        const next = interpret(response, this.#file.sizeBytes, this.#version);
        if (next.action === 'restart') {
            const problem = interpretHead(await response.peek(headBytes));
            if (problem)
                return problem;
            if (this.#file.sizeBytes > 0)
                this.#retries.restarts++;
            await this.#file.truncate();
        }
        if ('ignoresRanges' in next && next.ignoresRanges)
            this.#hasRanges = false;
        return 'version' in next ? this.#receiveBody(response, next) : next;
    }
    async #receiveBody(response, { action, announcedBytes = Number.POSITIVE_INFINITY, version }) {
        this.#version = version;
        let leftBytes = announcedBytes;
        for await (const piece of response.pieces()) {
            leftBytes -= piece.byteLength;
            if (leftBytes < 0)
                return surplus(announcedBytes);
            await this.#file.append(piece);
            const { sizeBytes } = this.#file;
            this.#options.onProgress(sizeBytes, version.totalBytes);
            this.#retries.noteBytes(sizeBytes, action === 'append');
        }
        const canResume = this.#hasRanges && isRecognizable(version);
        return interpretEnd(response, this.#file.sizeBytes, version.totalBytes, canResume);
    }
    async #responseFailure(problem, response) {
        const { action, hasReason, kind, what } = problem;
        const { headers } = response;
        const { redact } = this.#options;
        const reason = hasReason ? ` with ${describeBody(headers, await response.bytes(), redact)}` : '';
        return new RequestFailure(kind, `${what}${reason}`, {
            response: serviceResponse(response),
            retryable: action === 'retry' || (await this.#mayAppear(kind)),
            retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
        });
    }
    /** Whether a file that the host does not have may still appear: Cloudflare reports some as ready a little early. */
    async #mayAppear(kind) {
        if (!isMissing(kind) || this.#retries.missingLeftMs === 0)
            return false;
        if (kind === 'file-missing' || this.#isVideoChecked)
            return true;
        this.#isVideoChecked = true;
        return !(await this.#source.hasFailed());
    }
    /** What an error that was thrown in place of a response, or of the rest of it, means. */
    #networkFailure(error) {
        if (error instanceof RedirectError) {
            const options = { response: serviceResponse(error.response), cause: error };
            return new RequestFailure('delivery-redirected', error.message, options);
        }
        const refused = causeChain(error).find((cause) => errorCode(cause) === refusedAddressCode);
        if (Error.isError(refused))
            return new RequestFailure('unsafe-url', refused.message, { cause: error });
        const { sizeBytes } = this.#file;
        const target = { host: new URL(this.#url).host, timeoutMs: idleTimeoutMs, timeoutReason: 'sent nothing' };
        if (sizeBytes === 0)
            return networkFailure(error, { ...target, unreachable: 'delivery-unreachable' });
        const received = formatProgress(sizeBytes, this.#version?.totalBytes);
        const describe = (why) => `the connection broke after ${received}: ${why.replace(/^no response from/, 'nothing more came from')}`;
        return networkFailure(error, { ...target, unreachable: 'file-incomplete' }, describe);
    }
}
function isUrlRefused(error) {
    const status = isRequestFailure(error, 'delivery-refused') && error.response?.httpStatus;
    return status === 401 || status === 403;
}










/** Saves the step's files: each complete and verified, or not at all. */
class Saver {
    #options;
    #transferLimit;
    #folders;
    /** The download that each path belongs to. Paths that are equal on some file system have the same key. */
    #owners = new Map();
    constructor(options) {
        this.#options = options;
        this.#folders = new Folders(options.destination.root);
        this.#transferLimit = pLimit(options.concurrency);
    }
    /** Whether the video's title is part of the path of its file. */
    get needsTitle() {
        return needsName(this.#options.destination);
    }
    /** The name of a video's file in Latin letters, such as for a release asset. */
    latinName(video) {
        return latinNameOf(this.#options.destination, video);
    }
    /**
     * Saves a file as soon as the limit of concurrent transfers allows.
     *
     * @throws {Failure} why it was not saved; no partial file is left behind then
     */
    async save(video, source, observer) {
        const { destination, signal, workspace } = this.#options;
        const path = targetOf(destination, video);
        const file = folderContains(workspace, path) ? (0, external_node_path_.relative)(workspace, path).replaceAll(external_node_path_.sep, '/') : path;
        const key = path.normalize('NFC').toUpperCase().toLowerCase();
        const owner = this.#owners.get(key);
        if (owner) {
            const what = `${file} is also the file of the ${owner.type} download of video ${owner.id}`;
            throw new Failure('target-taken', what);
        }
        this.#owners.set(key, video);
        return this.#transferLimit(async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                if (signal.aborted) {
                    const progress = `the ${video.type} download was still waiting for its transfer`;
                    throw Failure.from(signal.reason).withProgress(progress);
                }
                const partial = __addDisposableResource(env_1, await PartialFile.create(path, this.#folders), true);
                await this.#receive(partial, video.type, source, observer);
                return { path, file, sizeBytes: partial.sizeBytes, sha256: await partial.finish() };
            }
            catch (e_1) {
                env_1.error = e_1;
                env_1.hasError = true;
            }
            finally {
                const result_1 = __disposeResources(env_1);
                if (result_1)
                    await result_1;
            }
        });
    }
    async #receive(file, type, source, observer) {
        const env_2 = { stack: [], error: void 0, hasError: false };
        try {
            const shown = __addDisposableResource(env_2, observer.startTransfer(), false);
            const transfer = new Transfer(file, source, {
                ...this.#options,
                log: observer.log,
                onProgress: (receivedBytes, totalBytes) => shown.progress(receivedBytes, totalBytes),
            });
            try {
                await transfer.receive();
                await this.#refuseTruncated(file);
            }
            catch (error) {
                const failure = Failure.from(error);
                throw failure.isEndOfStep
                    ? failure.withProgress(`${transfer.progress} of the ${type} download were received`)
                    : failure.describedAs(`Could not save the ${type} download: ${failure.what}`);
            }
        }
        catch (e_2) {
            env_2.error = e_2;
            env_2.hasError = true;
        }
        finally {
            __disposeResources(env_2);
        }
    }
    async #refuseTruncated(file) {
        const { signal } = this.#options;
        const { sizeBytes } = file;
        const wholeBytes = await untruncatedSize(sizeBytes, (block, position) => {
            signal.throwIfAborted();
            return file.read(block, position);
        });
        signal.throwIfAborted();
        if (wholeBytes === undefined)
            return;
        const what = `the file's own structure says ${wholeBytes} bytes, but the host sent ${sizeBytes}`;
        throw new Failure('not-media', what);
    }
}
/**
 * In the long run half of the 1,200 requests in 5 minutes that Cloudflare allows a user, whose other programs share
 * them.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
const cloudflareAllowance = { burst: 600, perSecond: 2 };
const unlimited = { burst: 1, perSecond: Number.POSITIVE_INFINITY };
/** If fewer requests than this are left, they are spread over the time until the limit is reset. */
const fewLeft = 60;
const noGap = { ms: 0, untilMs: Number.NEGATIVE_INFINITY };
/** Decides when requests may be sent. Those to one service share a pace, since the service counts them together. */
class Pace {
    #clock;
    /** The time in which the bucket regains one request. */
    #refillMs;
    /** A request may be sent this long before the bucket would be full. */
    #burstMs;
    #lastMs = Number.NEGATIVE_INFINITY;
    #heldUntilMs = Number.NEGATIVE_INFINITY;
    /** The shortest time between two requests, and until when it applies. */
    #gap = noGap;
    /** When the bucket will be full again. */
    #fullAtMs = Number.NEGATIVE_INFINITY;
    /** @param allowance by default, only response headers limit the pace */
    constructor(clock, { burst, perSecond } = unlimited) {
        this.#clock = clock;
        this.#refillMs = 1000 / perSecond;
        this.#burstMs = (burst - 1) * this.#refillMs;
    }
    /**
     * Takes the right to send one request.
     *
     * @returns 0 if it may be sent now; otherwise in how many ms to try again
     */
    take() {
        const nowMs = this.#clock.now();
        const gapEndMs = Math.min(this.#lastMs + this.#gap.ms, this.#gap.untilMs);
        const atMs = Math.max(this.#heldUntilMs, gapEndMs, this.#fullAtMs - this.#burstMs);
        if (atMs > nowMs)
            return atMs - nowMs;
        this.#lastMs = nowMs;
        this.#fullAtMs = Math.max(nowMs, this.#fullAtMs) + this.#refillMs;
        return 0;
    }
    /** Applies the limits in the headers of a response. */
    learn(headers) {
        const limits = parseRateLimit(headers.get('ratelimit'));
        if (limits.length > 0)
            this.#gap = noGap;
        for (const { left, resetSeconds } of limits) {
            const resetMs = resetSeconds * 1000;
            const gap = { ms: resetMs / left, untilMs: this.#clock.now() + resetMs };
            if (left === 0)
                this.hold(resetMs);
            // The strictest of several limits decides.
            else if (left < fewLeft && gap.ms > this.#gap.ms)
                this.#gap = gap;
        }
    }
    /** Allows no request for this long. */
    hold(ms) {
        this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
    }
}
/** Parses `Ratelimit`, which may contain several limits: `"default";r=50;t=30`. Malformed ones are ignored. */
function parseRateLimit(header) {
    return (header ?? '').split(',').flatMap((limit) => {
        const left = /;\s*r=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
        const resetSeconds = /;\s*t=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
        return left && resetSeconds ? [{ left: Number(left), resetSeconds: Number(resetSeconds) }] : [];
    });
}

/** The longest name of an asset, in characters. */
const asset_name_maxLength = 255;
/** How much of a name's end is kept in characters: room for the longest ID and a type, which tell names apart. */
const keptEnd = 80;
/**
 * The name that a file has as an asset: in Latin letters, and with only the characters that GitHub keeps, which are
 * ASCII letters, digits, `.`, `-` and `_`. Since GitHub does not change it, later runs find the asset by it.
 *
 * @param id replaces a name without any letter or digit
 * @see https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
async function assetName(fileName, id) {
    const extension = /\.[A-Za-z0-9]{1,8}$/.exec(fileName)?.[0] ?? '';
    const stem = (await latinName(fileName.slice(0, fileName.length - extension.length))) ?? id;
    return shorten(stem, asset_name_maxLength - extension.length) + extension;
}
/** Latin letters can be more than the letters that they stand for. */
function shorten(stem, limit) {
    if (stem.length <= limit)
        return stem;
    return `${stem.slice(0, limit - keptEnd - 1)}-${stem.slice(-keptEnd)}`;
}





const json = pipe(string(), parseJson());
/** The body of an error. `errors` has a text or an object for each. */
const errorBody = object({
    message: fallback(string(), ''),
    errors: fallback(dist_array(unknown()), []),
});
/** How many messages of one response are read. */
const maxMessages = 20;
/** The longest message that is read, in UTF-16 units. */
const maxMessageLength = 1000;
const kindByStatus = {
    401: 'github-token',
    403: 'github-permission',
    404: 'github-not-found',
    407: 'proxy',
    413: 'asset-too-large',
};
/**
 * What a response of GitHub means.
 *
 * @param action what the request was to do, as in "Could not DO"
 * @returns undefined for a success, which is JSON or has no content
 */
function gitHubFailure(action, response, redact) {
    const { bytes, headers, status, text } = response;
    const isJson = is(json, text);
    if (status === 204 || (status < 300 && isJson))
        return undefined;
    const { messages, omitted } = messagesIn(text);
    // GitHub's own responses have it, unlike those of a proxy.
    const isGenuine = headers.has('x-github-request-id');
    const body = isJson ? '' : ` with ${describeBody(headers, bytes, redact)}`;
    /** @param retryAfterMs makes it retryable */
    const fail = (kind, why, retryAfterMs) => {
        const isFromGitHub = kind !== 'github-unreachable' && kind !== 'proxy';
        return new RequestFailure(kind, `Could not ${action}: ${why}`, {
            response: isFromGitHub ? { messages, omitted, httpStatus: status, isGenuine } : undefined,
            retryable: retryAfterMs !== undefined,
            retryAfterMs,
        });
    };
    if (status < 300) {
        return fail('github-unreachable', `the response is not GitHub's JSON but HTTP ${status}${body}`, 0);
    }
    const requestedMs = parseRetryAfterMs(headers.get('retry-after'), headers.get('date'));
    if (isRateLimit(response)) {
        // GitHub asks for "at least one minute" where it gives no time.
        return fail('github-rate-limited', 'too many requests', requestedMs ?? untilResetMs(headers) ?? 60_000);
    }
    if (isRetryableStatus(status)) {
        return fail('github-error', `the response was HTTP ${status}${body}`, requestedMs ?? 0);
    }
    const isImmutable = messages.some(({ message }) => /immutable/i.test(message));
    const isBlocked = status === 403 && !isJson && !isGenuine;
    const kind = isImmutable
        ? 'release-immutable'
        : isBlocked
            ? 'blocked'
            : (kindByStatus[status] ?? 'github-refused');
    return fail(kind, `the request was refused${body}`);
}
/** Whether the list of assets was outdated: an asset is gone, or its name is taken. */
function isConflict(failure) {
    return failure.kind === 'github-not-found' || isNameTaken(failure);
}
/** Whether another asset has the name, as far as GitHub compares names. */
function isNameTaken({ response }) {
    return response?.messages.some(({ message }) => message.includes('already_exists')) === true;
}
/** The first messages in GitHub's own words, such as `ReleaseAsset already_exists name` for a single error. */
function messagesIn(text) {
    const { output, success } = safeParse(pipe(json, errorBody), text);
    const all = success ? [output.message, ...output.errors] : [];
    const messages = all
        .slice(0, maxMessages)
        .map((error) => ({ message: foreignText(describeError(error), 'a message', maxMessageLength) }))
        .filter(({ message }) => message !== '');
    return { messages, omitted: Math.max(0, all.length - maxMessages) };
}
function describeError(error) {
    if (typeof error === 'string')
        return error;
    const values = typeof error === 'object' && error !== null ? Object.values(error) : [];
    return values.filter((value) => typeof value === 'string').join(' ');
}
/** @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
function isRateLimit({ headers, status, text }) {
    if (status !== 403)
        return status === 429;
    const isExhausted = headers.get('x-ratelimit-remaining') === '0';
    return isExhausted || headers.has('retry-after') || /rate limit|abuse detection/i.test(text ?? '');
}
/** The time until there are requests again, in ms; undefined where some are left. */
function untilResetMs(headers) {
    if (headers.get('x-ratelimit-remaining') !== '0')
        return undefined;
    const reset = new Date(Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000);
    return parseRetryAfterMs(reset.toUTCString(), headers.get('date'));
}








const usualLimits = { maxAttempts: 5, timeoutMs: 30_000 };
/** Octokit contributes GitHub's routes; this action sends, retries and interprets its requests. */
async function openGitHub(options) {
    // Dynamic import: built as its own chunk, loaded only when needed.
    const { getOctokit } = await import(/* webpackIgnore: true */ './octokit.js');
    const { apiUrl: baseUrl, debug, redact, repository, token } = options;
    const [owner = '', repo = ''] = repository.split('/');
    const toDebug = (text) => debug(excerpt(text, redact, 1000));
    const log = { debug: toDebug, info: toDebug, warn: toDebug, error: toDebug };
    return async (action, work, { grace, limits = usualLimits, videoId } = {}) => {
        const logRetry = (line) => options.log(line, videoId);
        const fetch = gitHubFetch(action, limits, { ...options, ...grace, log: logRetry });
        try {
            // Without a log of their own, requests would write to stderr.
            return await work(getOctokit(token, { baseUrl, log, request: { fetch, log } }), { owner, repo });
        }
        catch (error) {
            // Octokit wraps what its fetch throws.
            throw causeChain(error).find((cause) => cause instanceof Failure) ?? error;
        }
    };
}
/** What Octokit reads besides the body. Some other headers describe the body before it was decoded. */
const passedHeaders = new Set(['link', 'deprecation', 'sunset']);
/** @see https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects */
function gitHubFetch(action, { maxAttempts, timeoutMs }, options) {
    const { apiUrl, random } = options;
    const policy = ({ retryAfterMs = 0 }, attempt) => ({
        pauseMs: Math.max(retryAfterMs, backoffMs(attempt, random())),
        stop: attempt >= maxAttempts ? `the last of ${maxAttempts} attempts` : undefined,
    });
    const refuse = (to) => to && !isGitHubUrl(to, apiUrl) ? 'which is not a host of GitHub' : undefined;
    return async (input, { body, headers: octokitHeaders, method = 'GET' } = {}) => {
        const url = new URL(String(input));
        if (!isGitHubUrl(url, apiUrl)) {
            throw new RequestFailure('github-refused', `Could not ${action}: ${url.host} is not a host of GitHub`);
        }
        const headers = new Headers(octokitHeaders);
        // `Http` adds the name of this action, not that of Octokit.
        headers.delete('user-agent');
        const request = {
            method,
            url,
            headers: Object.fromEntries(headers),
            body: body,
            redirects: { maxRedirects: 3, refuse },
        };
        const response = await withRetries(() => send(action, request, timeoutMs, options), policy, options);
        const passed = [...response.headers].filter(([name]) => passedHeaders.has(name));
        return new Response(response.status === 204 ? null : response.text, {
            status: response.status,
            headers: [['content-type', 'application/json'], ...passed],
        });
    };
}
async function send(action, request, attemptTimeoutMs, { http, leftMs, redact, signal }) {
    // How long an upload may take is unknown, so only the end of the step limits it.
    const timeoutMs = attemptTimeoutMs + (request.body instanceof Blob ? leftMs() : 0);
    // A release contains the list of its assets.
    const maxBytes = request.method === 'GET' ? { maxBytes: maxListBytes } : {};
    const response = await http.text(request, { timeoutMs, signal, ...maxBytes }).catch((error) => {
        signal.throwIfAborted();
        const describe = (why) => `Could not ${action}: ${why}`;
        if (error instanceof RedirectError) {
            // Something else may have answered in place of GitHub for a moment.
            const options = { cause: error, retryable: true };
            throw new RequestFailure('github-unreachable', describe(error.message), options);
        }
        const target = { host: request.url.host, timeoutMs, unreachable: 'github-unreachable' };
        throw networkFailure(error, target, describe);
    });
    const failure = gitHubFailure(action, response, redact);
    if (failure)
        throw failure;
    return response;
}
/** Whether the token may be sent to a URL: to the API's host, and to the one for uploads beside it. */
function isGitHubUrl({ hostname, password, protocol, username }, apiUrl) {
    const api = new URL(apiUrl);
    const uploads = `uploads.${api.hostname.replace(/^api\./, '')}`;
    const isItsHost = hostname === api.hostname || hostname === uploads;
    return isItsHost && protocol === api.protocol && username === '' && password === '';
}
/** What was requested; undefined where GitHub reports that it does not exist. */
function ifFound(request) {
    return request.catch((error) => {
        if (isRequestFailure(error, 'github-not-found'))
            return undefined;
        throw error;
    });
}



/**
 * The responses of GitHub, as far as this action reads them. Text is cleaned and limited here, where it enters. Unknown
 * fields are ignored, since the API grows.
 *
 * @see https://docs.github.com/rest/releases
 */
const responses_maxTagLength = 1000;
const maxNameLength = 255;
/** The longest URL of a page that is shown, in UTF-16 units. */
const maxPageUrlLength = 500;
const id = pipe(number(), safeInteger(), minValue(1));
const sizeBytes = pipe(number(), safeInteger(), minValue(0));
/** A URL of a web page or file, without user and password. */
const webUrl = pipe(string(), transform((text) => foreignUrl(text).url), string());
/** A name that had to be cleaned is quoted, so that it equals no name that this action looks for. */
const responses_assetName = pipe(string(), transform((name) => {
    const shown = foreignText(name, 'an asset name', maxNameLength);
    return shown === name || name.length > maxNameLength ? shown : `\u201c${shown}\u201d`;
}));
/** Gitea reports no state: then the upload is complete. */
const state = fallback(pipe(nullish(string(), 'uploaded'), transform((text) => foreignText(text, 'a state', 40))), 'uploaded');
/** Undefined where the contents are unknown: older assets have no digest, other servers may have other ones. */
const digest = fallback(optional(pipe(string(), regex(/^sha256:[0-9a-f]{64}$/i), toLowerCase())), undefined);
/** The response to an upload or a change of an asset. `size` is in bytes. */
const asset = object({
    id,
    name: responses_assetName,
    state,
    size: sizeBytes,
    digest,
    browser_download_url: webUrl,
});
/**
 * An asset in a list. Only its ID and name are required, since a list that lacks the asset with the name would be
 * wrong; a size of \u22121 is unknown.
 */
const listedAsset = object({
    ...asset.entries,
    size: fallback(sizeBytes, -1),
    browser_download_url: fallback(optional(webUrl), undefined),
});
/** Whether an asset is complete, rather than the remains of an upload. */
function isUploaded({ state }) {
    return state === 'uploaded';
}
/** A flag that some servers do not know. */
const responses_flag = fallback(dist_boolean(), false);
/** A release. Its `upload_url` is a URI template: `https://uploads.github.com/\u2026/assets{?name,label}`. */
const responses_release = pipe(object({
    id,
    tag_name: string(),
    upload_url: pipe(string(), transform((template) => template.replace(/\{[^{}]*\}$/, '')), webUrl, transform((text) => new URL(text))),
    html_url: fallback(optional(pipe(webUrl, dist_maxLength(maxPageUrlLength))), undefined),
    draft: responses_flag,
    immutable: responses_flag,
}), transform(({ id, tag_name: rawTag, upload_url: uploadUrl, html_url: pageUrl, draft, immutable }) => {
    const tag = foreignText(rawTag, 'a tag', responses_maxTagLength);
    const exactTag = rawTag.length > responses_maxTagLength ? tag : rawTag.toWellFormed();
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
}));
/** What tells the releases of a list apart. An entry that is malformed is none, or fails where it is read completely. */
const listedRelease = object({
    id: optional(unknown()),
    tag_name: string(),
    draft: dist_boolean(),
});
/** A page of a list, each of whose entries is read on its own. */
const responses_page = dist_array(unknown());
/**
 * Reads a response.
 *
 * @param action what the request was to do, as in "Could not DO"
 * @throws {RequestFailure} `github-error` where it is not what GitHub documents
 */
function readResponse(action, schema, data) {
    const { issues, output, success } = safeParse(schema, data);
    if (success)
        return output;
    const field = getDotPath(issues[0]);
    const where = field === null ? '' : `, in the field ${field}`;
    throw new RequestFailure('github-error', `Could not ${action}: the response is not what GitHub documents${where}`);
}





/** The most entries that GitHub puts on one page. */
const pageSize = 100;
const withId = object({ id: number() });
/**
 * The pages of a list, in order. Only whether there is a next page is taken from the response, never its address, so
 * that no response decides where a request goes.
 *
 * @throws {RequestFailure} also where the list repeats itself, or continues at another host
 * @throws {Failure} `tooLong` after `maxPages`
 */
async function* pagesOf(request, { action, maxPages, path, tooLong }, apiUrl, call) {
    const seen = new Set();
    for (let page = 1; page <= maxPages; page++) {
        const parameters = { per_page: pageSize, ...(page > 1 && { page }) };
        const { data, headers } = await request(action, (octokit, repo) => octokit.request(`GET /repos/{owner}/{repo}/${path}`, { ...repo, ...parameters }), call);
        const entries = readResponse(action, responses_page, data);
        yield entries;
        if (!hasNext(headers.link, action, apiUrl))
            return;
        const seenBefore = seen.size;
        for (const entry of entries)
            if (is(withId, entry))
                seen.add(entry.id);
        if (seen.size === seenBefore) {
            const what = `Could not ${action}: page ${page} of the list has no new entry, and announces more`;
            throw new RequestFailure('github-error', what);
        }
    }
    const failure = tooLong();
    if (failure)
        throw failure;
}
function hasNext(link, action, apiUrl) {
    const next = /<([^<>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
    if (next === undefined)
        return false;
    const url = URL.parse(next, apiUrl);
    if (url && isGitHubUrl(url, apiUrl))
        return true;
    const where = url ? foreignText(url.host, 'a host name', 255) : 'an invalid URL';
    const what = `Could not ${action}: the list continues at ${where}, which is not a host of GitHub`;
    throw new RequestFailure('github-refused', what);
}




/** The most assets that a release can have. */
const maxAssets = 1000;
function openAssetRequests(request, { id: releaseId, uploadUrl }, apiUrl) {
    let list;
    async function load(call) {
        const action = 'list the assets of the release';
        const path = `releases/${releaseId}/assets`;
        const tooLong = () => new RequestFailure('github-error', `Could not ${action}: it lists more than the ${maxAssets} that it can have`);
        const paged = { action, path, maxPages: maxAssets / pageSize, tooLong };
        const assets = new Map();
        for await (const page of pagesOf(request, paged, apiUrl, call)) {
            for (const entry of page) {
                const found = readResponse(action, listedAsset, entry);
                assets.set(found.id, found);
            }
        }
        return assets;
    }
    function relist(call) {
        const loading = load(call);
        list = loading;
        loading.catch(() => {
            if (list === loading)
                list = undefined;
        });
        return loading;
    }
    /** Applies a change to the list, once it is loaded: its response may be older than the change. */
    function updateList(apply) {
        list?.then(apply, () => { });
    }
    function readChanged(action, data) {
        const changed = readResponse(action, asset, data);
        updateList((assets) => assets.set(changed.id, changed));
        return changed;
    }
    return {
        list: () => list ?? relist(),
        relist,
        forget: () => {
            list = undefined;
        },
        upload: async (name, file, call, label = '') => {
            const action = `upload ${name}`;
            const { data } = await request(action, (octokit) => octokit.request({
                method: 'POST',
                url: `${uploadUrl.origin}${uploadUrl.pathname}{?name,label}`,
                name,
                ...(label && { label }),
                data: file,
                headers: { 'content-type': file.type },
            }), call);
            return readChanged(action, data);
        },
        rename: async ({ id, name: from }, name, call, label = '') => {
            const action = `rename the asset ${from} to ${name}`;
            const { data } = await request(action, ({ rest }, repo) => rest.repos.updateReleaseAsset({ ...repo, asset_id: id, name, ...(label && { label }) }), call);
            return readChanged(action, data);
        },
        remove: async ({ id, name }, call) => {
            await ifFound(request(`delete the asset ${name}`, ({ rest }, repo) => rest.repos.deleteReleaseAsset({ ...repo, asset_id: id }), call));
            updateList((assets) => assets.delete(id));
        },
    };
}

/** How much of a name its temporary names begin with: GitHub allows names of 255 characters. */
const prefixLength = 200;
/** A new temporary name for an asset, such as `talk.mp4.0a1b2c3d.part`. */
function temporaryName(name, kind) {
    const digits = `${markOf(name)}${(0, external_node_crypto_.randomBytes)(4).toString('hex')}`.slice(0, 8);
    return `${name.slice(0, prefixLength)}.${digits}.${kind}`;
}
/** Of what kind `candidate` is, if it is a temporary name of the asset `name`. */
function temporaryKindOf(candidate, name) {
    const prefix = `${name.slice(0, prefixLength)}.`;
    if (!candidate.startsWith(prefix + markOf(name)))
        return undefined;
    const kind = /^[0-9a-f]{8}\.(part|old)$/.exec(candidate.slice(prefix.length))?.[1];
    return kind;
}
/**
 * The beginning of the digits. A name that does not fit into its temporary names is recognized by its hash, since
 * videos of one long title have names that only differ at the end.
 */
function markOf(name) {
    if (name.length < prefixLength)
        return '';
    return (0, external_node_crypto_.createHash)('sha256').update(name).digest('hex').slice(0, 4);
}





/**
 * Gives the name to the new file. Both files exist until the last step: the old one is renamed, the new one gets its
 * name, and the old one is deleted. If that fails in between, the old one gets its name back.
 *
 * @param log takes a line about an old file that cannot be deleted
 * @returns the new asset
 * @throws {Failure} with what the release holds then
 */
async function swap({ label, name, old, part }, assets, call, log) {
    // An incomplete upload is not worth keeping.
    const kept = old && isUploaded(old) ? old : undefined;
    const aside = kept && { ...kept, name: kept.name === name ? temporaryName(name, 'old') : kept.name };
    let attached;
    try {
        if (!aside && old)
            await assets.remove(old, call);
        // An asset that is gone already leaves its name free.
        if (aside && kept.name === name)
            await ifFound(assets.rename(kept, aside.name, call));
        attached = await assets.rename(part, name, call, label);
    }
    catch (error) {
        // What has become of it is in the list.
        if (aside)
            await assets.rename(aside, name, call).catch(() => { });
        const now = await assets.relist(call).catch(() => undefined);
        const found = now?.get(part.id);
        if (found?.name !== name)
            throw withNote(error, swap_describe(now, name, aside, part));
        attached = found;
    }
    if (aside)
        await assets.remove(aside, call).catch(logLeft(aside, log));
    return attached;
}
/** Handles the failure to remove an asset that is not needed any more: names it. */
function logLeft({ name }, log) {
    return (error) => {
        if (!(error instanceof Failure))
            throw error;
        log(`The asset ${name} is left in the release: ${error.what}`);
    };
}
/**
 * What the release holds after a swap failed.
 *
 * @param now undefined where it could not be listed
 * @param aside the old asset, with the name that it has while it is not attached
 */
function swap_describe(now, name, aside, part) {
    if (!now) {
        const names = [name, ...(aside ? [aside.name] : []), part.name];
        return `what the release holds now is unknown: look for ${names.join(', ')}`;
    }
    const holder = [...now.values()].find((asset) => asset.name === name);
    const state = holder
        ? `${name} is ${holder.id === aside?.id ? 'still the earlier file' : 'another file'}`
        : `the release has no ${name} now`;
    const elsewhere = (asset, which) => {
        const found = asset && now.get(asset.id);
        return found && found.name !== name ? [`the ${which} file is ${found.name}`] : [];
    };
    return [state, ...elsewhere(aside, 'earlier'), ...elsewhere(part, 'new')].join(', ');
}
function withNote(error, note) {
    if (!(error instanceof Failure))
        return error;
    const what = `${error.what}; ${note}`;
    if (!(error instanceof RequestFailure))
        return error.describedAs(what);
    return new RequestFailure(error.kind, what, { response: error.response, cause: error });
}


/**
 * GitHub asks for writes one after the other, and for a second between them when there are many.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
const allowance = { burst: 10, perSecond: 1 };
/** How long after the end of the step a write may continue that must not be left half done, in ms. */
const writeGraceMs = 5000;
/** How long after the end of the step traces of it may be removed, in ms: it is to end within a second. */
const cleanUpGraceMs = 700;
/** Opens a queue for all writes of a step. */
function openWriteQueue({ clock, leftMs, signal }) {
    const oneAtATime = pLimit(1);
    const pace = new Pace(clock, allowance);
    /** When the step ended; only used after that. */
    let endedMs = clock.now();
    signal.addEventListener('abort', () => (endedMs = clock.now()), { once: true });
    async function untilAllowed() {
        for (let waitMs = pace.take(); waitMs > 0; waitMs = pace.take())
            await clock.sleep(waitMs, signal);
        signal.throwIfAborted();
    }
    async function withGrace(write, graceMs) {
        const graceLeftMs = () => Math.max(0, endedMs + graceMs - clock.now());
        const graced = new AbortController();
        const done = new AbortController();
        const abort = () => graced.abort(signal.reason);
        const abortLater = () => {
            if (graceLeftMs() === 0)
                abort();
            else
                clock.sleep(graceLeftMs(), done.signal).then(abort, () => { });
        };
        if (signal.aborted)
            abortLater();
        signal.addEventListener('abort', abortLater, { once: true, signal: done.signal });
        try {
            return await write({
                signal: graced.signal,
                leftMs: () => (signal.aborted ? graceLeftMs() : leftMs() + graceMs),
            });
        }
        finally {
            done.abort();
        }
    }
    return {
        write: (write) => oneAtATime(async () => {
            await untilAllowed();
            return withGrace(write, writeGraceMs);
        }),
        cleanUp: (write) => oneAtATime(async () => {
            // Only the end of the step makes this fail: then there is no time to spread requests.
            await untilAllowed().catch(() => { });
            return withGrace(write, cleanUpGraceMs);
        }),
    };
}









/** How often putting an asset is attempted where others change the release at the same time. */
const maxAttempts = 6;
/**
 * Opens the assets of one release.
 *
 * @see https://docs.github.com/rest/releases/assets
 */
function openAssets(request, release, { apiUrl, ...timing }) {
    const assets = openAssetRequests(request, release, apiUrl);
    const { cleanUp, write } = openWriteQueue(timing);
    async function upload(name, file, context) {
        const { label, mediaType, path, sha256, sizeBytes, videoId } = file;
        const data = await (0, external_node_fs_.openAsBlob)(path, { type: mediaType });
        const changed = new Failure('file-incomplete', `${path} was changed after it had been saved`);
        if (data.size !== sizeBytes)
            throw changed;
        // Only the beginning waits for other writes: several files may be in transfer at once.
        await write(async () => { });
        const asset = await assets.upload(name, data, { videoId }, label);
        // Older versions of GitHub Enterprise Server report no digest.
        if (isSameFile({ ...asset, digest: asset.digest ?? `sha256:${sha256}` }, file))
            return asset;
        const isIncomplete = `GitHub reports the state \u201c${asset.state}\u201d for the uploaded file ${name}`;
        const fault = isUploaded(asset) ? changed : new Failure('github-error', isIncomplete);
        const left = [];
        await remove(asset, { ...context, log: (line) => left.push(line) });
        throw left.length > 0 ? fault.describedAs([fault.what, ...left].join('; ')) : fault;
    }
    /** Removes an asset that is not needed any more. Where that fails, the asset is named. */
    function remove(asset, { log, videoId }) {
        return cleanUp((grace) => assets.remove(asset, { grace, videoId })).catch(logLeft(asset, log));
    }
    /** Throws an error, with the asset that is in the way where a name differs from its name only by case. */
    async function throwWithOtherCase(error, name) {
        if (!(error instanceof RequestFailure) || !isNameTaken(error) || timing.signal.aborted)
            throw error;
        // Only what is already known is worth another request.
        const isKnown = inOtherCase((await assets.list()).values(), name);
        const other = isKnown && inOtherCase((await assets.relist()).values(), name);
        if (!other)
            throw error;
        const why = `the release has ${other.name}, which GitHub takes for the same name`;
        const advice = 'delete or rename that asset, or save the file under another name';
        const { kind, response, what } = error;
        throw new Failure(kind, `${what}; ${why}: ${advice}`, { response, cause: error });
    }
    /** Gives the name to a file that was uploaded under a temporary name. */
    async function giveName(replacement, isLeftover, { log, videoId }) {
        let hasBegun = false;
        try {
            return await write((grace) => {
                hasBegun = true;
                return swap(replacement, assets, { grace, videoId }, log);
            });
        }
        catch (error) {
            // What an earlier step uploaded spares the next one an upload.
            if (!hasBegun && !isLeftover)
                await remove(replacement.part, { log, videoId });
            throw error;
        }
    }
    async function putOnce(name, file, context) {
        const { log, videoId } = context;
        const orOtherCase = (error) => throwWithOtherCase(error, name);
        // The oldest first.
        const all = [...(await assets.list()).values()].toSorted((one, other) => one.id - other.id);
        const ofKind = (kind) => all.filter((asset) => temporaryKindOf(asset.name, name) === kind);
        const [parts, olds] = [ofKind('part'), ofKind('old')];
        const complete = parts.find((part) => isSameFile(part, file));
        let current = all.find((asset) => asset.name === name);
        // An earlier step ended before the new file had the name; the latest is what it replaced.
        const aside = current ? undefined : olds.findLast(isUploaded);
        if (aside && !complete) {
            const restore = write((grace) => assets.rename(aside, name, { grace, videoId }));
            current = await restore.catch(orOtherCase);
        }
        let asset;
        if (current && isSameFile(current, file)) {
            log(`${name} is already attached to ${release.tag}`);
            asset = current;
        }
        else if (!current && parts.length + olds.length === 0) {
            asset = await upload(name, file, context).catch(orOtherCase);
        }
        else {
            const part = complete ?? (await upload(temporaryName(name, 'part'), file, context));
            const replacement = { name, label: file.label, part, old: current ?? aside };
            asset = await giveName(replacement, part === complete, context).catch(orOtherCase);
        }
        const handled = [asset.id, current?.id, aside?.id];
        for (const left of [...parts, ...olds].filter(({ id }) => !handled.includes(id))) {
            await remove(left, context);
        }
        return asset;
    }
    return async (name, file, log) => {
        for (let attempt = 1;; attempt++) {
            try {
                const { browser_download_url: url } = await putOnce(name, file, { log, videoId: file.videoId });
                if (url !== undefined)
                    return url;
                throw new Failure('github-error', `GitHub reports no usable URL for the asset ${name}`);
            }
            catch (error) {
                const isLast = attempt === maxAttempts || timing.signal.aborted;
                if (!(error instanceof RequestFailure) || !isConflict(error) || isLast)
                    throw error;
                assets.forget();
                const answer = error.response?.messages.map(({ message }) => message).join(', ');
                const what = `${error.what} (${answer}); another job, or an interrupted upload, changed the release`;
                log(`${what}; next attempt in ${attempt} s`);
                await timing.clock.sleep(attempt * 1000, timing.signal);
            }
        }
    };
}
function inOtherCase(assets, name) {
    const all = [...assets];
    if (all.some((asset) => asset.name === name))
        return undefined;
    return all.find((asset) => asset.name.toLowerCase() === name.toLowerCase());
}
/** Whether an asset certainly has the contents of a file. */
function isSameFile(asset, { sha256, sizeBytes }) {
    return isUploaded(asset) && asset.size === sizeBytes && asset.digest === `sha256:${sha256}`;
}

/**
 * Finds the tag that was most likely meant by one that has no release: it differs only by case, by `v`, `release-` or
 * `refs/tags/` at its start, or by one or two typing errors (one if it has fewer than 6 characters). Its numbers are
 * the same: those of another version are no typing error, and its release would be the wrong one.
 *
 * @returns the nearest; of two that are equally near a published one, else the first
 */
function nearTag(tag, listed) {
    const wanted = withoutPrefix(tag);
    const wantedNumbers = numbersIn(wanted);
    return listed
        .filter((other) => other.tag !== tag)
        .map((other) => ({ ...other, plain: withoutPrefix(other.tag) }))
        .filter(({ plain }) => numbersIn(plain) === wantedNumbers)
        .map((other) => ({
        ...other,
        errors: leven(wanted, other.plain),
        // Prefixes count only among tags that are otherwise equally near.
        withPrefix: leven(tag.toLowerCase(), other.tag.toLowerCase()),
    }))
        .filter(({ errors, tag: { length } }) => errors <= (length < 6 ? 1 : 2))
        .toSorted((a, b) => a.errors - b.errors || a.withPrefix - b.withPrefix || Number(a.isDraft) - Number(b.isDraft))[0]?.tag;
}
/** What is left of a tag without what people leave out or add: `1.0` of `Release-v1.0`. */
function withoutPrefix(tag) {
    return tag.toLowerCase().replace(/^(?:refs\/tags\/)?(?:release[-/_])?(?:v(?=.))?(?=.)/, '');
}
/** All digits in a text, without zeros at the start of a number. Where numbers begin and end may be mistyped. */
function numbersIn(text) {
    return (text.match(/\d+/g) ?? []).map((digits) => digits.replace(/^0+(?=\d)/, '')).join('');
}






/** GitHub lists the newest 10,000 releases of a repository. */
const maxPages = 100;
/** How many drafts of one tag are named. */
const listed_release_maxNamed = 5;
/**
 * Finds the release of a tag in the list of all: GitHub does not find drafts by their tag, but lists them for tokens
 * that may write. All pages are read, since drafts of one tag need not be neighbours.
 *
 * @param action what this is part of, as in "Could not DO"
 * @returns the entry of the list: the published release, or the only draft
 * @throws {Failure} `release-not-found`, with a tag that is near; `release-ambiguous` if there are several drafts
 */
async function findListedRelease(request, { action, tag }, { apiUrl, repository }) {
    const others = [];
    /** By ID: an entry is on two pages if a release is created meanwhile. */
    const ofTag = new Map();
    function notFound(where) {
        const near = nearTag(tag, others);
        const question = near === undefined ? '' : `: did you mean ${near}?`;
        return new Failure('release-not-found', `There is no release ${tag} ${where}${question}`);
    }
    const tooLong = () => ofTag.size > 0 ? undefined : notFound(`among the newest ${maxPages * pageSize} of ${repository}`);
    for await (const page of pagesOf(request, { action, path: 'releases', maxPages, tooLong }, apiUrl)) {
        for (const entry of page) {
            if (!is(listedRelease, entry))
                continue;
            const { draft: isDraft, id, tag_name: itsTag } = entry;
            if (itsTag === tag)
                ofTag.set(id, { entry, isDraft });
            else
                others.push({ tag: foreignText(itsTag, 'a tag', 255), isDraft });
        }
    }
    const found = [...ofTag.values()];
    const chosen = found.find(({ isDraft }) => !isDraft) ?? found[0];
    if (!chosen)
        throw notFound(`in ${repository}`);
    if (chosen.isDraft && found.length > 1)
        throw ambiguous(found, { action, tag, repository });
    return chosen.entry;
}
function ambiguous(drafts, { action, repository, tag }) {
    const names = drafts.slice(0, listed_release_maxNamed).map(({ entry }) => {
        const { id, pageUrl } = readResponse(action, responses_release, entry);
        return pageUrl === undefined ? `${id}` : `${id} (${pageUrl})`;
    });
    if (drafts.length > listed_release_maxNamed)
        names.push(`${drafts.length - listed_release_maxNamed} more`);
    const what = `There are ${drafts.length} drafts of the tag ${tag} in ${repository}, with the IDs`;
    return new Failure('release-ambiguous', `${what} ${names.join(', ')}`);
}





/**
 * Finds a release that files can be attached to, drafts included. A published release of the tag comes before drafts of
 * it, of which there may be several.
 *
 * @throws {Failure} `release-not-found`, `release-ambiguous`, `release-immutable`, and what GitHub's refusals mean
 */
async function findRelease(request, { id, tag }, github) {
    const { apiUrl, repository } = github;
    const action = `look up the release ${tag}`;
    const response = await ifFound(request(action, ({ rest }, repo) => id === undefined
        ? rest.repos.getReleaseByTag({ ...repo, tag })
        : rest.repos.getRelease({ ...repo, release_id: id })));
    if (!response && id !== undefined) {
        throw new Failure('release-not-found', `There is no release ${tag} in ${repository}`);
    }
    const data = response ? response.data : await findListedRelease(request, { action, tag }, github);
    const release = readResponse(action, responses_release, data);
    if (release.isImmutable && !release.isDraft) {
        throw new Failure('release-immutable', `The release ${release.tag} is published and immutable`);
    }
    const { host, pathname } = release.uploadUrl;
    const accepts = `The release ${release.tag} accepts uploads at`;
    if (!isGitHubUrl(release.uploadUrl, apiUrl)) {
        const where = foreignText(host, 'a host name', 255);
        throw new Failure('github-refused', `${accepts} ${where}, which is not a host of GitHub`);
    }
    if (!pathname.endsWith(`/releases/${release.id}/assets`)) {
        const where = foreignText(pathname, 'a path', 255);
        throw new Failure('github-refused', `${accepts} ${where}, which is not the path of its assets`);
    }
    return release;
}


/**
 * An asset that does not exist: GitHub numbers assets from 1, and has reached some hundred millions. 0 would be a worse
 * choice, since software that is not GitHub's may take it for "no ID was given", and choose an asset by itself.
 */
const missingAsset = Number.MAX_SAFE_INTEGER;
/**
 * The messages of a 403 that no later write can escape: the token lacks the permission, or nobody has it. Others are no
 * proof: the token has just been used to read, so that an organization's single sign-on or list of allowed addresses
 * would have refused it then; rate limits end; and a proxy may refuse this method alone.
 */
const certain = /^Resource not accessible by |^Repository was archived/;
/** The check must not delay the step: whatever is wrong besides the permission, a later request reports it. */
const limits = { maxAttempts: 1, timeoutMs: 5000 };
/**
 * Finds out, before anything is generated or downloaded, whether the token may write to a release. A draft proves that
 * it may, since others do not see it. For a published release one request is sent: a change of nothing, to an asset that
 * does not exist. GitHub does not document whether it looks at the permission or for the asset first, so only a refusal
 * for lack of permission means anything.
 *
 * @throws {Failure} `github-permission` if the token may certainly not write
 * @throws the reason for the end of the step
 * @see https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
 */
async function requireWritePermission(request, { isDraft, tag }) {
    if (isDraft)
        return;
    try {
        await request('check the permission of the token', ({ rest }, repo) => rest.repos.updateReleaseAsset({ ...repo, asset_id: missingAsset }), { limits });
    }
    catch (error) {
        if (!(error instanceof RequestFailure))
            throw error;
        const { kind, response } = error;
        const isCertain = response?.messages.some(({ message }) => certain.test(message));
        if (kind !== 'github-permission' || !isCertain)
            return;
        const what = `Files cannot be attached to the release ${tag}`;
        throw new Failure(kind, what, { response, cause: error });
    }
}








/** The largest asset that GitHub accepts, in bytes. */
const maxAssetBytes = 2 * 1024 ** 3;
/**
 * Finds a release that files can be attached to.
 *
 * @throws {Failure} `release-not-found`, `release-ambiguous`, `release-immutable`, and what GitHub's refusals mean
 */
async function openRelease(options) {
    const request = await openGitHub(options);
    const release = await findRelease(request, options.reference, options);
    const putAsset = openAssets(request, release, options);
    const inTransfer = pLimit(options.concurrency);
    const { isDraft, tag, tagInUrl } = release;
    /** The file of each asset name that was used in this step. */
    const fileOf = new Map();
    return {
        tag,
        isDraft,
        requireWritePermission: () => requireWritePermission(request, release),
        attach: async (file, log) => {
            const name = await assetName(file.name, file.videoId);
            const other = fileOf.get(name) ?? file;
            if (other.path !== file.path) {
                const whose = `that of the file ${(0, external_node_path_.basename)(other.path)} of video ${other.videoId}`;
                throw new Failure('target-taken', `The asset ${name} is also ${whose}`);
            }
            fileOf.set(name, file);
            if (file.sizeBytes > maxAssetBytes) {
                const what = `${name} has ${file.sizeBytes} bytes, and a release accepts ${maxAssetBytes} at most`;
                throw new Failure('asset-too-large', what);
            }
            const url = await inTransfer(() => putAsset(name, file, log));
            // The URL of a draft's asset is temporary: it changes when the draft is published.
            const draft = /(\/releases\/download\/)untagged-[^/]+\//;
            return url.replace(draft, `$1${tagInUrl}/`);
        },
    };
}
/** Returns a function whose concurrent calls share one run of `work`, with the arguments of the first call. */
function singleFlight(work) {
    let running;
    return (...args) => {
        running ??= work(...args).finally(() => {
            running = undefined;
        });
        return running;
    };
}


/** Tells failures of one request from those that concern every request, such as wrong credentials. */
class FatalFailure {
    /** What is wrong for every request; undefined as long as nothing is. */
    current;
    #accountFailure;
    #isAccountKnown = false;
    /** @param lookUpAccount a request that concerns the account alone */
    constructor(lookUpAccount) {
        this.#accountFailure = singleFlight(() => lookUpAccount().then(() => undefined, (error) => error));
    }
    /**
     * The failure as it is to be reported: the current one if it concerns every request.
     *
     * @param hasAnswered whether the API has answered before, so that its address is right
     */
    async explain(failure, { action, videoId }, hasAnswered) {
        const isAddressWrong = !hasAnswered && addressFailures.has(failure.kind);
        if (!this.current && (isAddressWrong || isFatal(failure)))
            this.current = failure;
        if (this.current || !isUnroutable(failure) || videoId === undefined)
            return this.current ?? failure;
        // A malformed video ID has the same answer as a wrong account.
        const accountFailure = this.#isAccountKnown ? undefined : await this.#accountFailure();
        if (accountFailure instanceof RequestFailure && isUnroutable(accountFailure))
            this.current ??= failure;
        if (this.current)
            return this.current;
        if (accountFailure !== undefined)
            return failure;
        this.#isAccountKnown = true;
        const what = `Could not ${action}: Cloudflare does not know the address of this video, so its ID may be malformed`;
        return new RequestFailure('video-not-found', what, { response: failure.response, cause: failure });
    }
}
/** What answers at an address that is wrong, or that a firewall blocks. */
const addressFailures = new Set(['wrong-address', 'blocked']);
/** Whether a failure is about the credentials. */
function isFatal(failure) {
    const { kind } = failure;
    if (kind === 'token-invalid' || kind === 'token-permission')
        return true;
    return kind === 'account-wrong' && !isUnroutable(failure);
}
/** Whether Cloudflare does not know the address: the ID of the account or that of the video is wrong. */
function isUnroutable({ response }) {
    return response?.messages.some(({ code }) => code === 7000 || code === 7003) === true;
}




/**
 * Codes that say more than the HTTP status does.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/troubleshooting/
 */
const kindByCode = {
    971: 'rate-limited',
    6003: 'token-invalid',
    7000: 'wrong-address',
    7003: 'account-wrong',
    7403: 'account-wrong',
    9103: 'token-invalid',
    9106: 'token-invalid',
    9109: 'token-invalid',
    10002: 'token-permission',
    10003: 'video-not-found',
    10016: 'rate-limited',
    10429: 'rate-limited',
};
const response_failure_kindByStatus = {
    401: 'token-invalid',
    403: 'token-permission',
    404: 'video-not-found',
};
/**
 * The failure for a response other than the successful one that was expected.
 *
 * @param action what the request was to do, as in "Could not DO"
 * @param envelope undefined if the body is not the API's JSON
 */
function responseFailure(action, { bytes, headers, status, url }, envelope, redact) {
    const { messages = [], omitted = 0 } = envelope ?? {};
    const response = serviceResponse({ headers, status }, { messages, omitted });
    const fail = (kind, why, retryable = false) => new RequestFailure(kind, `Could not ${action}: ${why}`, {
        // A proxy's response has neither Cloudflare's messages nor its Ray ID.
        response: kind === 'proxy' ? undefined : response,
        retryable,
        retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
    });
    const body = describeBody(headers, bytes, redact);
    if (status >= 300 && status < 400) {
        return fail('redirected', `the request is redirected to ${redirectTarget(headers, url)}`);
    }
    if (status === 429)
        return fail('rate-limited', 'too many requests', true);
    if (isRetryableStatus(status)) {
        return fail('server-error', `the response was HTTP ${status}${envelope ? '' : ` with ${body}`}`, true);
    }
    if (!envelope)
        return fail(...notFromApi(status, body));
    if (envelope.success && status < 300) {
        return fail('unknown-answer', `the response lacks what the API documents: ${body}`, true);
    }
    const codes = response.messages.map(({ code = 0 }) => code);
    const known = codes.map((code) => kindByCode[code]).find(Boolean);
    const kind = known ??
        (codes.includes(10000) ? authenticationFailure(status) : response_failure_kindByStatus[status]) ??
        'request-refused';
    return fail(kind, 'the request was refused', kind === 'rate-limited');
}
/** What code 10000 means, "authentication error": with status 403, most likely that a permission is missing. */
function authenticationFailure(status) {
    return status === 403 ? 'token-permission' : 'token-invalid';
}
function notFromApi(status, body) {
    switch (status) {
        case 401:
            return ['token-invalid', `the credentials were refused with ${body}`];
        case 403:
            return ['blocked', `the request was blocked with ${body}`];
        case 407:
            return ['proxy', `a proxy answered HTTP 407 with ${body}`];
        default:
            return status < 300
                ? ['not-json', `the response is not the API's JSON but ${body}`, true]
                : ['wrong-address', `the response is not the API's but HTTP ${status} with ${body}`];
    }
}


/** How long to retry while nothing has answered like the API, in ms: its address may be wrong. */
const unansweredMs = 60_000;
/** How much time to leave for a last attempt, in ms. */
const lastAttemptMs = 2000;
/** How many times a request is sent once the API has answered, unless the step waits for something. */
const retry_policy_maxAttempts = 5;
/** Responses that are not the API's: an outage ends, but these rarely change. */
const strangeResponses = new Set(['not-json', 'unknown-answer']);
/** Decides when requests to Cloudflare's API are retried. One answer confirms the address for all requests. */
class ApiRetryPolicy {
    #options;
    #startMs;
    #hasAnswered = false;
    /** The time for a first response starts now. */
    constructor(options) {
        this.#options = options;
        this.#startMs = options.clock.now();
    }
    /** Notes that something answered like the API. */
    confirmAddress() {
        this.#hasAnswered = true;
    }
    /** Whether something has answered like the API. */
    get hasAnswered() {
        return this.#hasAnswered;
    }
    /** What is left of the time for a first response, in ms. */
    get unansweredLeftMs() {
        if (this.#hasAnswered)
            return Number.POSITIVE_INFINITY;
        return this.#startMs + unansweredMs - this.#options.clock.now();
    }
    /** @see RetryPolicy */
    decide = (failure, attempt) => {
        const { waitsOutOutages, leftMs, random } = this.#options;
        // A pause of our own choice leaves room for a last attempt.
        const roomMs = Math.min(leftMs(), this.unansweredLeftMs) - lastAttemptMs;
        const ownPauseMs = backoffMs(attempt, random());
        const pauseMs = Math.max(failure.retryAfterMs ?? 0, roomMs > 0 ? Math.min(ownPauseMs, roomMs) : ownPauseMs);
        if (pauseMs >= this.unansweredLeftMs) {
            const pause = (0, core_text/* formatDuration */.a3)(pauseMs);
            return {
                pauseMs,
                stop: `${(0, core_text/* count */.U9)(attempt, 'attempt')} without a response from the API; the next one, in ${pause}, would be after the first minute`,
            };
        }
        const isLimited = strangeResponses.has(failure.kind) || (this.#hasAnswered && !waitsOutOutages);
        const isLast = isLimited && attempt >= retry_policy_maxAttempts;
        return { pauseMs, stop: isLast ? `the last of ${(0, core_text/* count */.U9)(attempt, 'attempt')}` : undefined };
    };
}


/** How fields are read whose form Cloudflare may change, as it has before: what cannot be read counts as unknown. */
/** @param noun what the text is, with its article */
function lenient_text(noun, maxLength) {
    return pipe(string(), transform((value) => foreignText(value, noun, maxLength)));
}
/** Text, or undefined. */
function optionalText(noun, maxLength) {
    return fallback(optional(lenient_text(noun, maxLength)), undefined);
}
/** A number, also as a string such as `"39.000000"`; `null` if it is neither, or out of bounds. */
function lenient_number(min, max) {
    return pipe(unknown(), transform((value) => {
        const parsed = typeof value === 'string' ? Number.parseFloat(value) : value;
        return typeof parsed === 'number' && parsed >= min && parsed <= max ? parsed : null;
    }));
}
/** A flag, also as a string or a number; false if it is neither. */
const lenient_flag = pipe(unknown(), transform((value) => isFlag(value) && /^(true|1)$/i.test(String(value))));
/** Whether a value is a flag in some form. */
function isFlag(value) {
    return ['boolean', 'string', 'number'].includes(typeof value) && /^(true|false|1|0)$/i.test(String(value));
}





/**
 * The responses of Cloudflare Stream, as far as this action reads them. Unknown fields are ignored, since the API grows.
 * Text is cleaned and limited here, before anything else sees it.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */
/** How many errors and messages of a response are read. */
const schemas_maxMessages = 20;
/** The longest message or reason, in UTF-16 units. */
const maxSentence = 1000;
/** The longest code or state, in UTF-16 units. */
const maxWord = 64;
/** The longest title, in UTF-16 units. A longer one counts as missing. */
const maxTitle = 4096;
/** The names under which others than Cloudflare give a reason. */
const reasonKeys = ['message', 'detail', 'error', 'reason', 'description', 'title', 'text'];
const apiMessage = looseObject({
    code: fallback(optional(union([number(), lenient_text('a code', maxWord)])), undefined),
    error_chain: optional(unknown()),
});
/** The envelope of every response of Cloudflare's API. `messages` has the errors first, each with those that caused it. */
const envelope = pipe(looseObject({
    success: optional(unknown()),
    errors: optional(unknown()),
    messages: optional(unknown()),
    result: optional(unknown()),
}), 
// Without the flag, the list of errors shows that it is one.
check(({ errors, success }) => (success === undefined ? Array.isArray(errors) : isFlag(success))), transform(({ errors, messages, result, success: flagged, ...others }) => {
    const success = flagged === undefined ? asList(errors).length === 0 : parse(lenient_flag, flagged);
    // A gateway may give its reason in another field.
    const all = [...asList(errors), ...asList(messages), ...asList(success ? undefined : reasonIn(others))];
    const read = all.slice(0, schemas_maxMessages).flatMap((one) => readMessage(one, schemas_maxMessages));
    const first = read.slice(0, schemas_maxMessages);
    const unread = Math.max(0, all.length - schemas_maxMessages);
    return { success, result, messages: first, omitted: unread + read.length - first.length };
}));
/** One error may be given without a list. */
function asList(value) {
    if (Array.isArray(value))
        return value;
    return value ? [value] : [];
}
/**
 * A message, which may be text alone, and those that caused it.
 *
 * @param limit how many to read at most
 */
function readMessage(value, limit) {
    if (typeof value === 'string')
        return [{ message: foreignText(value, 'a message', maxSentence) }];
    if (limit === 0)
        return [];
    if (Array.isArray(value))
        return value.slice(0, limit).flatMap((one) => readMessage(one, limit - 1));
    const { output, success } = safeParse(apiMessage, value);
    if (!success)
        return [];
    const { code, error_chain: chain, ...others } = output;
    const message = foreignText(reasonIn(others) ?? '', 'a message', maxSentence);
    const isNumber = /^\d{1,9}$/.test(String(code));
    const words = isNumber ? message : [code, message].filter(Boolean).join(': ');
    const causes = asList(chain).slice(0, limit);
    return [
        { message: words, ...(isNumber && { code: Number(code) }) },
        ...causes.flatMap((cause) => readMessage(cause, limit - 1)),
    ];
}
/** A download of which nothing is known but that it exists, or soon will. */
const unreadDownload = {
    status: 'inprogress',
    unknownStatus: undefined,
    percentComplete: null,
    url: null,
    urlProblem: undefined,
};
/** The first text in an object that may be a reason, at most one level deeper. */
function reasonIn(value, isNested = false) {
    for (const key of reasonKeys) {
        const found = value[key];
        if (typeof found === 'string' && found !== '')
            return found;
        const nested = !isNested && is(looseObject({}), found) ? reasonIn(found, true) : undefined;
        if (nested !== undefined)
            return nested;
    }
    return undefined;
}
const statuses = ['ready', 'inprogress', 'error'];
/**
 * One download; `url` works once `status` is `ready`. One that cannot be used is `null`, and `urlProblem` says why. A
 * status that this action does not know counts as `inprogress`, and is in `unknownStatus`.
 */
const download = pipe(object({
    status: pipe(union([string(), number(), dist_boolean()]), transform((word) => foreignText(String(word), 'a status', maxWord))),
    percentComplete: optional(lenient_number(0, 100), null),
    url: fallback(nullish(string(), ''), ''),
}), transform(({ percentComplete, status: word, url: written }) => {
    const { problem, url = null } = written ? foreignUrl(written) : {};
    const known = statuses.find((one) => one === word.toLowerCase());
    return {
        status: known ?? 'inprogress',
        unknownStatus: known ? undefined : word,
        percentComplete,
        url,
        urlProblem: problem,
    };
}));
/** A download in a list. One without a status exists, but nothing else is known of it; one that is empty does not. */
const downloadOrNone = pipe(unknown(), transform((value) => {
    const { output, success } = safeParse(download, value);
    if (success)
        return output;
    const isEmpty = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
    return isEmpty ? undefined : unreadDownload;
}));
/** A video's downloads; a type is present once it was created. Some responses are `null` if there is none. */
const downloads = pipe(nullish(pipe(unknown(), check((value) => !Array.isArray(value)), object(entriesFromList(downloadTypes, optional(downloadOrNone))))), transform((found) => found ?? {}));
/**
 * The response to the POST for one type, which is documented both flat and nested under its type. Undefined if it
 * describes no download.
 */
function createdDownload(type) {
    const nested = pipe(object({ [type]: unknown() }), transform((response) => response[type]), download);
    const nothing = pipe(unknown(), transform(() => undefined));
    return union([download, nested, nothing]);
}
/** Some responses name the reason `errReason\u2026` instead of `errorReason\u2026`. */
const videoStatus = pipe(object({
    state: lenient_text('a state', maxWord),
    pctComplete: optional(lenient_number(0, 100), null),
    errorReasonCode: optionalText('a code', maxWord),
    errorReasonText: optionalText('a reason', maxSentence),
    errReasonCode: optionalText('a code', maxWord),
    errReasonText: optionalText('a reason', maxSentence),
}), transform((status) => ({
    state: status.state.toLowerCase(),
    percent: status.pctComplete,
    reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
    reasonText: status.errorReasonText || status.errReasonText || undefined,
})));
const unknownStatus = { state: 'unknown', percent: null, reasonCode: undefined, reasonText: undefined };
/** Some 30 years, in seconds: what is longer is no duration. */
const maxDuration = 1e9;
/** Free-form metadata of a video; `name` is its title. */
const meta = object({
    name: fallback(optional(pipe(string(), dist_maxLength(maxTitle), transform(core_text/* titleText */.Qw))), undefined),
});
/** A video's details. `duration` is in seconds, `null` while unknown. */
const videoDetails = pipe(object({
    meta: fallback(meta, { name: undefined }),
    requireSignedURLs: optional(lenient_flag, false),
    readyToStream: optional(lenient_flag, false),
    status: fallback(nullish(videoStatus, unknownStatus), unknownStatus),
    duration: optional(lenient_number(0, maxDuration), null),
    liveInput: optional(unknown()),
}), transform(({ liveInput, ...details }) => ({ ...details, isLiveRecording: Boolean(liveInput) })));
/** The longest token: several times as long as Cloudflare's are, and it must fit into a URL. In characters. */
const maxToken = 4096;
/** A signed token, which replaces the video's ID in a URL. Dots alone would be another path. */
const signedToken = object({
    token: pipe(string(), dist_maxLength(maxToken), regex(/^[\w-]+(?:[.~][\w-]+)*$/)),
});










/** The longest time for one attempt, in ms. */
const attemptTimeoutMs = 30_000;
/** The shortest pause that is reported, in ms. */
const shownPauseMs = 2000;
/** By how much the end of a pause must be later than that of the last reported one, in ms. */
const betweenReportsMs = 30_000;
const envelopeText = pipe(string(), parseJson(), envelope);
/**
 * Cloudflare Stream's API for one account: address, credentials, envelope and errors.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */
class StreamClient {
    #options;
    #headers;
    #inFlight;
    #policy;
    /** The last failure of a request that was sent. */
    #lastFailure;
    #fatal = new FatalFailure(() => this.#lookUpAccount());
    /** By how much Cloudflare's clock is ahead of that of this machine, in ms. */
    #aheadMs = 0;
    #pausedUntilMs = Number.NEGATIVE_INFINITY;
    constructor(options) {
        this.#options = options;
        const { clock, credentials, leftMs, random, waitsOutOutages } = options;
        this.#headers = {
            Accept: 'application/json',
            ...('token' in credentials
                ? { Authorization: `Bearer ${credentials.token}` }
                : { 'X-Auth-Email': credentials.email, 'X-Auth-Key': credentials.key }),
        };
        this.#inFlight = pLimit(options.concurrency);
        this.#policy = new ApiRetryPolicy({ clock, leftMs, random, waitsOutOutages });
    }
    /**
     * Makes a call, with retries.
     *
     * @returns the envelope's `result`
     * @throws {RequestFailure} when Cloudflare refuses it or cannot be reached
     * @throws the signal's reason when the step ends first
     */
    call(call) {
        return this.#retried(call, () => this.#inFlight(() => this.#attempt(call)));
    }
    #retried({ videoId }, attempt) {
        const { clock, leftMs, log, signal } = this.#options;
        const context = { clock, signal, leftMs, log: (line) => log(line, videoId) };
        return withRetries(attempt, this.#decide, context);
    }
    /** Now by the API's clock, in ms since 1970; by that of this machine before the first response. */
    epochMs() {
        return this.#options.clock.epochMs() + this.#aheadMs;
    }
    #decide = (failure, attempt) => {
        const retry = this.#policy.decide(failure, attempt);
        // Cloudflare counts the requests of a user together, so all of them wait, not only this one.
        if (failure.kind === 'rate-limited')
            this.#options.pace.hold(retry.pauseMs);
        return retry;
    };
    async #attempt(call) {
        await this.#untilAllowed(call.action);
        if (this.#fatal.current)
            throw this.#fatal.current;
        try {
            return await this.#send(call);
        }
        catch (error) {
            if (!(error instanceof RequestFailure))
                throw error;
            this.#lastFailure = error;
            // A server that asks to wait has the right address.
            if (error.retryAfterMs !== undefined)
                this.#policy.confirmAddress();
            // No other request may start before `#decide` knows for how long.
            if (error.kind === 'rate-limited')
                this.#options.pace.hold(1);
            throw call.isOptional ? error : await this.#fatal.explain(error, call, this.#policy.hasAnswered);
        }
    }
    /** Requests that wait for this one must not take its place in the limit, so it has none. */
    #lookUpAccount() {
        const call = {
            action: 'look up the account',
            method: 'GET',
            path: [],
            query: { limit: '1' },
            result: unknown(),
        };
        return this.#retried(call, () => this.#attempt(call));
    }
    /** Waits until the pace allows a request. Throws at once if that is too late. */
    async #untilAllowed(action) {
        const { clock, leftMs, pace, signal } = this.#options;
        signal.throwIfAborted();
        for (let waitMs = pace.take();; waitMs = pace.take()) {
            if (waitMs >= this.#policy.unansweredLeftMs) {
                const cause = this.#lastFailure;
                const what = `Could not ${action}: no more requests are sent, since the API did not respond in the first minute`;
                throw new RequestFailure(cause?.kind ?? 'unreachable', what, { cause });
            }
            if (waitMs === 0)
                return;
            if (waitMs >= leftMs()) {
                const what = `Could not ${action}: the API accepts no request for ${(0, core_text/* formatDuration */.a3)(waitMs)}, which is longer than the time limit`;
                throw new RequestFailure('rate-limited', what);
            }
            this.#reportPause(waitMs);
            await clock.sleep(waitMs, signal);
        }
    }
    /** Reports a pause once, not for each request that waits, and of short ones in a row only some. */
    #reportPause(ms) {
        const { clock, onPause } = this.#options;
        const untilMs = clock.now() + ms;
        if (ms < shownPauseMs || untilMs <= this.#pausedUntilMs + betweenReportsMs)
            return;
        this.#pausedUntilMs = untilMs;
        onPause(ms, 'the rate limit of the API allows no request');
    }
    async #send(call) {
        const { accountId, apiUrl, http, pace, redact, signal } = this.#options;
        const { action, body, method, result } = call;
        const path = ['accounts', accountId, 'stream', ...call.path].map(encodeURIComponent).join('/');
        const url = new URL(`${apiUrl}/${path}`);
        url.search = String(new URLSearchParams(call.query));
        const headers = { ...this.#headers, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
        // Until the address is confirmed, no attempt takes longer than the time that is left for that.
        const timeoutMs = Math.ceil(Math.min(attemptTimeoutMs, this.#policy.unansweredLeftMs));
        let response;
        try {
            response = await http.text({ method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) }, { timeoutMs, signal });
        }
        catch (error) {
            signal.throwIfAborted();
            const target = { host: url.host, timeoutMs, unreachable: 'unreachable' };
            throw networkFailure(error, target, (why) => `Could not ${action}: ${why}`);
        }
        pace.learn(response.headers);
        const parsed = safeParse(envelopeText, response.text);
        if (parsed.success) {
            this.#policy.confirmAddress();
            const date = Date.parse(response.headers.get('date') ?? '');
            if (!Number.isNaN(date))
                this.#aheadMs = date - this.#options.clock.epochMs();
        }
        if (parsed.success && parsed.output.success && response.status < 300) {
            const checked = safeParse(result, parsed.output.result);
            if (checked.success)
                return checked.output;
        }
        throw responseFailure(action, response, parsed.success ? parsed.output : undefined, redact);
    }
}







/**
 * Prepares what all videos share. The release is found before anything is generated or downloaded.
 *
 * @throws {Failure} one that concerns all videos
 */
async function prepare(plan, { cleanup, deadline, http, log }, { clock, random, runner }) {
    const { accountId, apiUrl, concurrency, credentials, severalVideos, wait, workspace } = plan;
    const { leftMs, signal } = deadline;
    const redact = (text) => runner.redact(text);
    const shared = { http, clock, random, signal, leftMs, concurrency, redact };
    const release = plan.release &&
        (await prepare_findRelease({ ...plan.release, ...shared, debug: (line) => runner.debug(line) }, log));
    const keepsFiles = plan.destination !== undefined;
    const folder = release && !keepsFiles
        ? cleanup.use(await createTemporaryFolder(runner.env['RUNNER_TEMP'], severalVideos))
        : undefined;
    const destination = plan.destination ?? folder?.destination;
    const policy = deliveryPolicy(apiUrl);
    const saver = destination &&
        new Saver({ ...shared, http: http.guarded(policy.refuseAddress), policy, destination, workspace });
    const client = new StreamClient({
        ...shared,
        apiUrl,
        accountId,
        credentials,
        pace: new Pace(clock, new URL(apiUrl).host === 'api.cloudflare.com' ? cloudflareAllowance : undefined),
        waitsOutOutages: wait,
        log: (line, videoId) => log.notice(videoId, line),
        onPause: (ms, why) => log.pause(ms, why),
    });
    return {
        ...shared,
        client,
        policy,
        saver,
        shortenToken: (token) => runner.shortenToken(token),
        release,
        keepsFiles,
        log,
    };
}
async function prepare_findRelease(options, log) {
    try {
        const release = await openRelease({ ...options, log: (line, videoId) => log.notice(videoId, line) });
        log.info(`The release ${release.tag} is ${release.isDraft ? 'a draft' : 'published'}`);
        await release.requireWritePermission();
        return release;
    }
    catch (error) {
        const failure = Failure.from(error);
        throw failure.isEndOfStep ? failure.withProgress('no video was started') : failure;
    }
}




/** The longest label of an asset, in UTF-16 units. */
const maxLabelLength = 200;
/**
 * Attaches a saved file to the release.
 *
 * @throws {Failure} why it was not attached
 */
async function* attachFile({ path, sha256, sizeBytes }, type, saver, release, { keepsFiles, log, video }) {
    log(`${type}: attaching to ${release.tag}`);
    // The title is only a label: without it, the file is attached all the same.
    const title = await video.title().catch(() => undefined);
    const label = title && (0, core_text/* truncate */.xv)((0, core_text/* oneLine */.TN)(title), maxLabelLength);
    const { mediaType } = downloadTypeFacts[type];
    const name = await saver.latinName({ id: video.id, type, name: title });
    const file = { path, name, sha256, sizeBytes, label, mediaType, videoId: video.id };
    const assetUrl = await release
        .attach(file, (text) => log(`${type}: ${text}`))
        .catch((error) => {
        const failure = Failure.from(error);
        throw failure.isEndOfStep
            ? failure.withProgress(`the ${type} file was being attached to the release ${release.tag}`)
            : failure;
    });
    yield { assetUrl };
    log(`${type}: attached, ${assetUrl}`);
    // A file that cannot be removed now is removed with its folder when the step ends.
    if (!keepsFiles)
        await (0, promises_namespaceObject.rm)(path, { force: true }).catch(() => { });
}
/**
 * What Cloudflare's codes for a failed encode (`errorReasonCode`) mean.
 *
 * @see https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/
 */
const encodeErrors = new Map([
    ['ERR_NON_VIDEO', 'the upload is not a video'],
    ['ERR_DURATION_EXCEED_CONSTRAINT', 'the video is longer than its upload allowed (`maxDurationSeconds`)'],
    ['ERR_FETCH_ORIGIN_ERROR', 'the video could not be fetched from its link'],
    ['ERR_MALFORMED_VIDEO', 'the file is damaged, or its codec or container is not supported'],
    ['ERR_DURATION_TOO_SHORT', 'the video is shorter than 0.1 s'],
    ['ERR_UNKNOWN', 'Cloudflare does not know the reason'],
]);
/** The reason in a video's details for an error of the video or its downloads, in words. */
function errorReason({ status: { reasonCode, reasonText } }) {
    const meaning = reasonCode === undefined ? undefined : encodeErrors.get(reasonCode);
    return [meaning, reasonText && `\u201c${reasonText}\u201d`, reasonCode].filter(Boolean).join(', ') || undefined;
}




/**
 * Saves the file. A URL that the delivery host refuses is signed again; a file that the host does not have is explained
 * by the video's details.
 *
 * @throws {Failure} why it was not saved; no partial file is left behind
 */
async function* saveFile({ readySinceMs, type, urls }, saver, { keepsFiles, log, signer, startTransfer, video }) {
    const title = saver.needsTitle ? await video.title() : undefined;
    let current = urls;
    const signAgain = async (refusal) => {
        current = await signer.signAgain(urls.unsignedUrl ?? urls.url, current.url, refusal);
        return current.url;
    };
    // They only explain why there is no file, so they may be unavailable.
    const lookUp = () => video.details().catch(() => undefined);
    let failedVideo;
    const hasFailed = async () => {
        const details = await lookUp();
        if (details?.status.state === 'error')
            failedVideo = details;
        return failedVideo !== undefined;
    };
    let saved;
    try {
        saved = await saver.save({ id: video.id, type, name: title }, { url: urls.url, readySinceMs, signAgain, hasFailed }, { log: (text) => log(`${type}: ${text}`), startTransfer: () => startTransfer(type) });
    }
    catch (error) {
        if (!(error instanceof Failure && isMissing(error.kind)))
            throw error;
        const details = failedVideo ?? (await lookUp());
        throw details ? error.describedAs(`${error.what}; ${describeState(details)}`) : error;
    }
    finally {
        if (current !== urls)
            yield current;
    }
    const { file, sha256, sizeBytes } = saved;
    yield { sha256, sizeBytes, ...(keepsFiles && { file }) };
    log(`${type}: saved${keepsFiles ? ` as ${file}` : ''}, ${(0, core_text/* formatBytes */.z3)(sizeBytes)}, SHA-256 ${sha256}`);
    return saved;
}
function describeState(details) {
    const reason = errorReason(details);
    return `the video's state is ${details.status.state}${reason === undefined ? '' : `: ${reason}`}`;
}



/** A token lives for at most 24 hours, and the time that a request takes is not known before. */
const longestLifeMs = 24 * 3_600_000 - 60_000;
function createUrlSigner(video, { mode, shortenToken, ttlMs }) {
    const lifeMs = Math.min(ttlMs, longestLifeMs);
    let token = { text: '', expiresMs: 0 };
    let wasRefused = false;
    const createToken = singleFlight(async () => {
        const expSeconds = Math.floor((video.epochMs() + lifeMs) / 1000);
        token = { text: await video.createToken(expSeconds, mode !== 'always'), expiresMs: expSeconds * 1000 };
        shortenToken(token.text);
    });
    const isExpiring = () => token.expiresMs - video.epochMs() < lifeMs / 2;
    /** Puts a token in the place of the video's ID. */
    async function sign(unsignedUrl) {
        if (isExpiring())
            await createToken();
        // If the response took long, the token may have little life left.
        if (isExpiring())
            await createToken();
        const url = withToken(unsignedUrl, video.id, token.text);
        return { url, unsignedUrl, expiresAt: new Date(token.expiresMs).toISOString() };
    }
    /** Signs a URL that the delivery host refused; with a new token if it was refused with the current one. */
    async function signAgain(unsignedUrl, refusedUrl, refusal) {
        if (mode === 'never') {
            throw new Failure('private-video', refusal.what, { response: refusal.response, cause: refusal });
        }
        const isSigned = refusedUrl !== unsignedUrl;
        if (!isSigned && !(await video.details()).requireSignedURLs)
            throw refusal;
        wasRefused = true;
        if (isSigned && refusedUrl.includes(token.text))
            token.expiresMs = 0;
        return sign(unsignedUrl);
    }
    /** Whether URLs must be signed. The video's details are looked up if they are not known. */
    async function isNeeded() {
        if (mode !== 'auto')
            return mode === 'always';
        return wasRefused || (await video.knownDetails()).requireSignedURLs === true;
    }
    return { mode, isNeeded, sign, signAgain };
}
/** The failures of signing with which an unsigned URL is of no use. */
const fatalKinds = new Set(['video-not-found', 'unsafe-url']);
/** Signs a URL if that is needed. If that fails but is not required, the URL stays unsigned, with a warning. */
async function signUrl(url, { policy, saver, signal, signer, video, warn }) {
    let isNeeded;
    try {
        isNeeded = await signer.isNeeded();
        // The token gives access to the file, so it must not go where the file may not come from.
        if (isNeeded)
            requireAllowed(url, policy);
        return isNeeded ? await signer.sign(url) : { url };
    }
    catch (error) {
        const isRequired = saver || signer.mode === 'always' || signal.aborted;
        if (isRequired || !(error instanceof Failure) || fatalKinds.has(error.kind))
            throw error;
        const why = isNeeded
            ? 'The video is private, but its URL is not signed and will be refused'
            : 'The URL is not signed, although the video may be private';
        warn(`Video ${video.id}: ${why}. ${error.message}`, 'A URL was not signed');
        return { url };
    }
}
/** Signs the URLs of one video again. The signer keeps its token if that has at least half of its life left. */
async function* renewUrls({ all, videoId }, signer, warn) {
    for (const { expiresAt, failure, type, unsignedUrl } of all) {
        if (failure || unsignedUrl === undefined)
            continue;
        try {
            yield { type, patch: await signer.sign(unsignedUrl) };
        }
        catch (error) {
            const what = `Video ${videoId}: its URL could not be signed again and expires at ${expiresAt}`;
            warn(`${what}. ${Failure.from(error).message}`, 'A URL was not signed');
        }
    }
}
function withToken(url, videoId, token) {
    const signed = new URL(url);
    const segments = signed.pathname.split('/');
    const index = segments.indexOf(videoId);
    if (index < 0) {
        const what = `The URL cannot be signed, since it does not contain the video's ID: ${url}`;
        throw new Failure('unknown-answer', what);
    }
    signed.pathname = segments.with(index, token).join('/');
    return signed.href;
}







/** Delivers a ready download in order: name its URL, sign it, save the file, attach it. Yields what each step learned. */
async function* deliver(record, context) {
    const { type } = record;
    const { clock, log, policy, release, saver } = context;
    try {
        const readySinceMs = clock.now();
        const named = await nameUrl(usableUrl(record), type, context);
        const urls = await signUrl(named, context);
        yield { type, patch: urls };
        log(describeRecord({ ...record, ...urls }));
        if (!saver)
            return;
        requireAllowed(urls.url, policy);
        const saving = saveFile({ type, urls, readySinceMs }, saver, context);
        const saved = yield* ofType(type, saving);
        if (release)
            yield* ofType(type, attachFile(saved, type, saver, release, context));
    }
    catch (error) {
        yield { type, patch: { failure: Failure.from(error) } };
    }
}
/** @throws {Failure} if Cloudflare returned no URL, or one that cannot be used */
function usableUrl({ type, url, urlProblem = 'missing' }) {
    if (url !== null)
        return url;
    throw new Failure('unknown-answer', `The ${type} download is ready, but its URL is ${urlProblem}`);
}
/** Turns what a step learned into updates of one type. */
async function* ofType(type, step) {
    for (let next = await step.next();; next = await step.next()) {
        if (next.done)
            return next.value;
        yield { type, patch: next.value };
    }
}
const even = (done) => done;
/**
 * The shapes that progress may have: a power of the time that has passed, or the mirror image of one, with degrees
 * from 1 (even) to 3. Fitted with bench:wait, whose degrees are from 1.5 to 3: there, half as many degrees need
 * about 20 % more polls, and twice as many up to 18 % fewer, which may only fit the exact powers of the benchmark.
 */
const shapes = Array.from({ length: 33 }, (_, index) => 1 + index / 16).flatMap((degree) => [(done) => done ** (1 / degree), (done) => 1 - (1 - done) ** (1 / degree)]);
/** A percentage may have been rounded down to a whole one. */
const roundingPercent = 1;
/**
 * Progress is taken for stepwise when each percentage was sampled more often than this on average. Fitted with
 * bench:wait: with half or twice as many, quarter steps are up to 6 % later. Without the rule, they are twice as
 * late; if all progress is taken for stepwise, short waits with even progress need 30 % more polls.
 */
const samplesPerStep = 3;
/**
 * The spans in which the work may end: one for each shape of progress that agrees with all samples since the
 * percentage last fell.
 *
 * @param samples in the order in which they were taken
 * @param among the shapes that progress may have
 * @returns an empty array while the percentage has not grown, and where progress has none of the shapes
 */
function possibleEnds(samples, among = shapes) {
    const progress = progressOf(samples);
    const [first] = progress;
    if (!first)
        return [];
    const elapsedMs = (samples.at(-1)?.atMs ?? 0) - first.atMs;
    const increases = progress
        .map(({ percent }, index) => percent - (progress[index - 1]?.percent ?? percent))
        .filter((increase) => increase > 0);
    const isStepwise = samples.length > samplesPerStep * (increases.length + 1);
    const stepPercent = Math.max(roundingPercent, isStepwise ? Math.min(...increases) : 0);
    // A first percentage above 0 may have been rounded down, so that less was done since than the difference.
    const firstRoundingPercent = first.percent > 0 ? roundingPercent : 0;
    return among
        .map((shape) => {
        // The shape describes the work that was left at the first sample.
        const timeShare = (percent) => shape(Math.min(1, Math.max(0, (percent - first.percent) / (100 - first.percent))));
        const earliestMs = progress.map(({ atMs, percent }) => (atMs - first.atMs) / timeShare(percent + stepPercent));
        const latestMs = progress
            .filter(({ percent }) => percent > first.percent)
            .map(({ atMs, percent }) => (atMs - first.atMs) / timeShare(percent - firstRoundingPercent));
        return {
            fromMs: Math.max(elapsedMs, ...earliestMs) - elapsedMs,
            // At 100 percent the end is now: one more ms keeps that span from being empty.
            toMs: Math.min(...latestMs) - elapsedMs + 1,
        };
    })
        .filter(({ fromMs, toMs }) => fromMs < toMs && toMs < Number.POSITIVE_INFINITY);
}
/**
 * How late, in ms, a poll after `pauseMs` notices the end on average, if the end is uniformly distributed over the
 * spans. An end after the poll counts as 0.
 */
function expectedLatenessMs(spans, pauseMs) {
    const weighted = spans.reduce((sum, { fromMs, toMs }) => {
        const untilMs = Math.min(toMs, pauseMs);
        return fromMs < untilMs ? sum + (untilMs - fromMs) * (pauseMs - (fromMs + untilMs) / 2) : sum;
    }, 0);
    return weighted / totalMs(spans);
}
/**
 * Estimates the remaining time for display: at the average pace so far, as long as progress is even.
 *
 * @param samples in the order in which they were taken
 * @returns ms from the last sample; undefined while there is no estimate
 */
function estimateRemainingMs(samples) {
    const spans = [possibleEnds(samples, [even]), possibleEnds(samples)].find(({ length }) => length > 0);
    if (!spans)
        return undefined;
    const weighted = spans.reduce((sum, { fromMs, toMs }) => sum + (toMs ** 2 - fromMs ** 2) / 2, 0);
    return weighted / totalMs(spans);
}
/** The first and the last sample of each percentage since it last fell; those in between narrow nothing down. */
function progressOf(samples) {
    const reported = samples.flatMap(({ atMs, percent }) => (percent === null ? [] : [{ atMs, percent }]));
    const start = reported.findLastIndex(({ percent }, index) => percent < (reported[index - 1]?.percent ?? 0));
    return reported
        .slice(Math.max(0, start))
        .filter(({ percent }, index, all) => percent !== all[index - 1]?.percent || percent !== all[index + 1]?.percent);
}
function totalMs(spans) {
    return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

// The constants below were fitted with bench:wait, on the shapes of its first table. The percentages in the
// comments are the effects there on the mean lateness and on the number of polls.
/** Not fitted: limits the load. Half as much makes even progress 25 % less late, twice as much 67 % later. */
const shortestMs = 1000;
/** Not fitted: limits the lateness where an estimate is wrong or a wait lasts for hours. */
const longestMs = 60_000;
/**
 * The first pause without an estimate, and by how much the square of the pause grows per ms of the wait. Fitted
 * for waits without progress, as a balance of lateness and polls. A first pause half as long makes those under a
 * minute 49 % less late for 78 % more polls. Half the growth makes all of them 20 % less late for 20 % more polls.
 */
const withoutEstimate = { firstMs: 2800, growthMs: 38 };
/**
 * How much longer the pause may become with each change of the percentage. Twice as much makes progress in quarter
 * steps 28 % later for 15 % fewer polls, and short waits with even progress more than twice as late.
 */
const growthPerChange = 2;
/**
 * The mean lateness that ends a pause. Half as much makes quarter steps 7 % later, and doubles their 95th
 * percentile; twice as much makes even progress and quarter steps 14 % later.
 */
const acceptableLatenessMs = 100;
/**
 * When to poll next. While there is no estimate of the end, the pause depends on the age of the wait alone: short at
 * first, since short clips are ready within seconds. With possible ends, the pause lasts until the expected
 * lateness is no longer acceptable, but only so much longer as the percentage has already changed.
 *
 * @param samples in the order in which they were taken, at least one
 * @param random from 0 to 1; spreads the polls of several videos
 * @returns the pause in ms
 */
function nextPauseMs(samples, random) {
    const pauseMs = Math.max(shortestMs, unspreadPauseMs(samples));
    return Math.min(longestMs * (0.9 + random / 10), pauseMs * (0.95 + random / 10));
}
function unspreadPauseMs(samples) {
    const ageMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
    const byAgeMs = Math.sqrt(withoutEstimate.firstMs ** 2 + withoutEstimate.growthMs * ageMs);
    const ends = possibleEnds(samples);
    if (ends.length === 0)
        return byAgeMs;
    return Math.min(acceptablePauseMs(ends), byAgeMs * growthPerChange ** changes(samples));
}
/** The pause after which the expected lateness reaches what is acceptable. */
function acceptablePauseMs(ends) {
    let [low, high] = [0, longestMs];
    while (high - low > 50) {
        const middle = (low + high) / 2;
        if (expectedLatenessMs(ends, middle) < acceptableLatenessMs)
            low = middle;
        else
            high = middle;
    }
    return high;
}
function changes(samples) {
    return samples.filter(({ percent }, index) => index > 0 && percent !== samples[index - 1]?.percent).length;
}

/** The time that a last poll needs before the time limit, in ms. */
const lastPollMs = 2000;
/**
 * Yields whenever it is time to poll, until nothing is in progress any more.
 *
 * @param pending what is in progress now; called again after each poll
 * @throws the signal's reason
 */
async function* polls(pending, { clock, leftMs, pollIntervalMs, random, signal }) {
    const samples = new Map();
    for (let current = pending(); current.size > 0; current = pending()) {
        const atMs = clock.now();
        for (const [name, percent] of current) {
            samples.set(name, [...(samples.get(name) ?? []), { atMs, percent }]);
        }
        const pauses = [...current.keys()].map((name) => pollIntervalMs ?? nextPauseMs(samples.get(name) ?? [], random()));
        const roomMs = leftMs() - lastPollMs;
        await clock.sleep(Math.min(...pauses, ...(roomMs > 0 ? [roomMs] : [])), signal);
        yield samples;
    }
}


/** What the states of a video mean that is not ready. */
const meanings = new Map([
    ['pendingupload', 'nothing has been uploaded yet'],
    ['downloading', 'Cloudflare is still fetching its file'],
    ['queued', 'waiting to be encoded'],
    ['inprogress', 'being encoded'],
    ['ready', 'its other qualities are being encoded'],
    ['live-inprogress', 'the broadcast is still running'],
]);
/** The state of a video that is not ready, in words: `being encoded, 42 %`. */
function video_state_describeState({ status: { percent, state } }) {
    const meaning = meanings.get(state) ?? `state \u201c${state}\u201d`;
    const isEncoding = state === 'inprogress' || state === 'ready';
    return isEncoding && percent !== null ? `${meaning}, ${Math.floor(percent)} %` : meaning;
}
/**
 * Whether a video is processed far enough for a download.
 *
 * @param wasRefused whether Cloudflare refused it although one quality can be streamed, which is enough as documented
 */
function allowsDownload(type, { readyToStream, status: { percent, state } }, wasRefused) {
    // Only a request can find out.
    if (state === 'unknown')
        return true;
    if (downloadTypeFacts[type].needsAllQualities)
        return state === 'ready' && (percent ?? 100) >= 100;
    return state === 'ready' || (readyToStream && !wasRefused);
}
/** The failure of a step that does not wait for a video that is not ready. */
function notReady(details, response) {
    switch (details.status.state) {
        case 'pendingupload':
            return new Failure('not-uploaded', 'Nothing has been uploaded to the video yet', { response });
        case 'live-inprogress':
            return new Failure('still-live', 'The broadcast is still running, so there is no download yet', {
                response,
            });
        default: {
            const what = `The video is still being processed (${video_state_describeState(details)}), so it has no download yet`;
            return new Failure('not-ready', what, { response });
        }
    }
}








/** Cloudflare's processing of a video. The types of one video share its polls. */
class Processing {
    #context;
    #polls;
    #details;
    #waiting = 0;
    #loggedState = '';
    #remainingMs;
    constructor(context) {
        this.#context = context;
        const pending = () => {
            const { percent = null, state = '' } = this.#details?.status ?? {};
            return new Map([[state, percent]]);
        };
        this.#polls = polls(pending, context);
    }
    /**
     * Waits until the video is processed far enough.
     *
     * @param first the details as last looked up
     * @param response what Cloudflare answered to the request that it refused, if there was one
     * @throws {Failure} `encode-failed`
     */
    async until(isEnough, first, response) {
        let details = first;
        this.#details = first;
        this.#waiting++;
        try {
            refuseFailed(details, response);
            while (!isEnough(details)) {
                this.#log(details);
                details = await this.#next();
                refuseFailed(details, response);
            }
        }
        catch (error) {
            const failure = Failure.from(error);
            const progress = `the video was not ready (${video_state_describeState(details)}${(0, core_text/* aboutLeft */.Zv)(this.#remainingMs)})`;
            throw isInterrupted(failure) ? failure.withProgress(progress) : failure;
        }
        finally {
            this.#waiting--;
        }
    }
    /** The current details: those of the last poll while another type waits. */
    async details() {
        return (this.#waiting > 0 && this.#details) || this.#context.video.details();
    }
    #next = singleFlight(async () => {
        const { video } = this.#context;
        const { value: samples } = await this.#polls.next();
        const details = await video.details();
        this.#details = details;
        this.#estimate(details, samples);
        return details;
    });
    #estimate({ status: { percent, state } }, samples) {
        const sample = { atMs: this.#context.clock.now(), percent };
        this.#remainingMs = estimateRemainingMs([...(samples?.get(state) ?? []), sample]);
    }
    /** Logs a new state. */
    #log(details) {
        const described = video_state_describeState(details);
        if (described === this.#loggedState)
            return;
        this.#context.log(`video: ${described}${(0, core_text/* aboutLeft */.Zv)(this.#remainingMs)}`);
        this.#loggedState = described;
    }
}
/** @throws {Failure} `encode-failed` if the video's state is `error`, which is final */
function refuseFailed(details, response) {
    if (details.status.state !== 'error')
        return;
    const what = `Cloudflare could not encode the video: ${errorReason(details) ?? 'no reason given'}`;
    throw new Failure('encode-failed', what, { response });
}
/** Whether something other than the video ended the wait. */
function isInterrupted(failure) {
    return failure instanceof RequestFailure || failure.isEndOfStep;
}

/**
 * The update of a record from Cloudflare's response about its download.
 *
 * @param download undefined if there is none
 * @param remainingMs the estimated time until it is ready
 */
function downloadUpdate(type, download, remainingMs) {
    const status = download?.status ?? 'none';
    // Cloudflare's own example shows a ready download with 0 %.
    const percentComplete = status === 'ready' ? 100 : (download?.percentComplete ?? null);
    const { unknownStatus, url = null, urlProblem } = download ?? {};
    return { type, patch: { status, unknownStatus, percentComplete, url, urlProblem, remainingMs } };
}
/** Turns an error into a failure of one type, so that the work on the other types continues. */
async function* isolateFailure(type, updates) {
    try {
        yield* updates;
    }
    catch (error) {
        yield { type, patch: { failure: Failure.from(error) } };
    }
}
/** Runs several sources at once and yields from each as soon as it has something. */
async function* merge(sources) {
    const next = async (source) => ({ source, result: await source.next() });
    const waiting = new Map(sources.map((source) => [source, next(source)]));
    while (waiting.size > 0) {
        const { result, source } = await Promise.race(waiting.values());
        if (result.done)
            waiting.delete(source);
        else {
            yield result.value;
            // It goes on only once what it found is known.
            waiting.set(source, next(source));
        }
    }
}





/** Waits until none of a video's downloads is in progress any more; one poll serves all of them. */
async function* untilReady(context, onMissing) {
    const { clock, records, video } = context;
    const startMs = clock.now();
    const lastSeenMs = new Map();
    const inProgress = () => records.all.filter((record) => !record.failure && record.status === 'inprogress' && record.type !== '');
    const pending = () => new Map(inProgress().map(({ percentComplete, type }) => [type, percentComplete]));
    async function* learn(type, download, samples) {
        const atMs = clock.now();
        if (!download)
            return yield* onMissing(type, atMs - (lastSeenMs.get(type) ?? startMs));
        lastSeenMs.set(type, atMs);
        const sample = { atMs, percent: download.percentComplete };
        yield downloadUpdate(type, download, estimateRemainingMs([...(samples.get(type) ?? []), sample]));
        yield* failIfError(type, download.status, context);
    }
    try {
        for await (const samples of polls(pending, context)) {
            const found = await video.downloads();
            yield* merge(inProgress().map(({ type }) => isolateFailure(type, learn(type, found[type], samples))));
        }
    }
    catch (error) {
        for (const { type } of inProgress())
            yield { type, patch: { failure: Failure.from(error) } };
    }
}
/** Fails a download in status `error`, which is final, with the reason in the video's details if there is one. */
async function* failIfError(type, status, { video }) {
    if (status !== 'error')
        return;
    const reason = await video.details().then(errorReason, () => undefined);
    const what = `Cloudflare failed to generate the ${type} download${reason ? `: ${reason}` : ''}`;
    yield { type, patch: { failure: new Failure('download-error', what) } };
}








/** Cloudflare creates no downloads of live recordings over 4 hours. */
const maxDurationSeconds = 4 * 3600;
/** The pauses after refusals that the video's details do not explain; 107 s in all. */
const refusalPausesMs = [1000, 4000, 12_000, 30_000, 60_000];
/** How long a created download may be missing from the list. */
const toleratedMissingMs = 60_000;
/** Ensures that a video has downloads of the types, and waits for them if asked. */
async function* create(types, context) {
    const processing = new Processing(context);
    yield* merge(types.map((type) => isolateFailure(type, ensure(type, processing, context))));
    if (context.wait)
        yield* untilReady(context, recreateOnce(processing, context));
}
/** Creates a download as soon as the video allows it. */
async function* ensure(type, processing, context) {
    if (context.wait && downloadTypeFacts[type].needsAllQualities) {
        const first = await processing.details();
        const isEnough = (details) => allowsDownload(type, details, false);
        if (!isEnough(first)) {
            // One that exists is kept, whatever qualities it has.
            const existing = first.readyToStream ? (await context.video.downloads())[type] : undefined;
            yield downloadUpdate(type, existing);
            if (existing)
                return yield* failIfError(type, existing.status, context);
        }
        await processing.until(isEnough, first, undefined);
    }
    for (let refusals = 0;;) {
        const result = await tryToCreate(type, context);
        if (!(result instanceof RequestFailure)) {
            yield downloadUpdate(type, result);
            yield* failIfError(type, result.status, context);
            return;
        }
        try {
            refusals += yield* afterRefusal(type, result, refusals, processing, context);
        }
        catch (error) {
            throw withRefusal(type, result, error);
        }
    }
}
/**
 * Waits for the next attempt after Cloudflare refused to create a download. The video's details tell why it did.
 *
 * @param refusals how many refusals the details did not explain
 * @returns 1 if they do not explain this one, otherwise 0
 * @throws {Failure} if there is no next attempt
 */
async function* afterRefusal(type, { response }, refusals, processing, { clock, log, random, signal, wait }) {
    const words = response && responseFacts(response);
    log(`${type}: Cloudflare refused to create it${words && `: ${words}`}`);
    const details = await processing.details();
    yield downloadUpdate(type, undefined);
    const isEnough = (current) => allowsDownload(type, current, details.readyToStream);
    if (!isEnough(details)) {
        refuseFailed(details, response);
        if (!wait)
            throw notReady(details, response);
        await processing.until(isEnough, details, response);
        return 0;
    }
    const { duration, isLiveRecording } = details;
    if (isLiveRecording && duration !== null && duration > maxDurationSeconds) {
        const length = (0, core_text/* formatDuration */.a3)(duration * 1000);
        const what = `The live recording is ${length} long, and Cloudflare refused the ${type} download`;
        throw new Failure('too-long', what, { response });
    }
    const pauseMs = refusalPausesMs[refusals];
    if (pauseMs === undefined) {
        const what = `Cloudflare refused the ${type} download ${refusals + 1} times, although the video is ready`;
        throw new Failure('create-refused', what, { response });
    }
    log(`${type}: the video is ready, next attempt in ${(0, core_text/* formatDuration */.a3)(pauseMs)}`);
    await clock.sleep(pauseMs * (0.9 + random() / 5), signal);
    return 1;
}
/** The download, or the refusal, whose cause depends on the video's details. */
async function tryToCreate(type, { video, wait }) {
    try {
        return await video.create(type, wait);
    }
    catch (error) {
        if (isRequestFailure(error, 'request-refused') || isRequestFailure(error, 'video-not-found'))
            return error;
        throw error;
    }
}
/** Adds to a failure after a refusal what Cloudflare had answered: it may be the reason. */
function withRefusal(type, { response }, error) {
    if (error instanceof RequestFailure) {
        const what = `Cloudflare refused the ${type} download, and the cause is unknown: ${error.what}`;
        return error.describedAs(what, response);
    }
    if (!(error instanceof Failure) || !error.isEndOfStep)
        return error;
    return error.describedAs(`${error.what}; Cloudflare had refused to create the ${type} download`, response);
}
/** Tolerates for a while that a created download is missing, then creates it once more, and fails it after that. */
function recreateOnce(processing, context) {
    const { clock, log } = context;
    const recreatedAtMs = new Map();
    return async function* (type, missingMs) {
        const againAtMs = recreatedAtMs.get(type);
        const sinceMs = againAtMs === undefined ? missingMs : Math.min(missingMs, clock.now() - againAtMs);
        if (sinceMs < toleratedMissingMs)
            return;
        yield downloadUpdate(type, undefined);
        if (againAtMs !== undefined) {
            const what = `The ${type} download disappeared, was created again and disappeared again`;
            throw new Failure('download-vanished', what);
        }
        log(`${type}: disappeared, creating it once more`);
        recreatedAtMs.set(type, clock.now());
        yield* ensure(type, processing, context);
    };
}



/** Deletes a video's downloads of the types, and waits until they are gone if asked. */
async function* deleteDownloads(types, context) {
    const { records, wait } = context;
    yield* merge(types.map((type) => isolateFailure(type, deleteOne(type, context))));
    const deleted = types.filter((type) => records.get(type).status === 'deleted');
    if (wait && deleted.length > 0)
        yield* untilGone(deleted, context);
}
async function* deleteOne(type, { video }) {
    yield (await video.delete(type)) ? gone(type) : downloadUpdate(type, undefined);
}
async function* untilGone(types, context) {
    const { log, records, video } = context;
    let listed = types;
    async function* look() {
        const found = await video.downloads();
        for (const type of listed) {
            if (found[type])
                log(`${type}: deleted, but still listed`);
            yield found[type] ? downloadUpdate(type, found[type]) : gone(type);
        }
        listed = listed.filter((type) => found[type]);
    }
    try {
        // A deletion usually takes effect at once.
        yield* look();
        for await (const _ of polls(() => new Map(listed.map((type) => [type, null])), context))
            yield* look();
    }
    catch (error) {
        for (const type of listed) {
            const { status } = records.get(type);
            const listing = status === 'deleted' ? '' : `, but the download was still listed as ${status}`;
            const failure = Failure.from(error).withProgress(`the deletion had been accepted${listing}`);
            yield { type, patch: { failure } };
        }
    }
}
function gone(type) {
    return { type, patch: { status: 'deleted', unknownStatus: undefined, percentComplete: null, url: null } };
}



/**
 * Lists the downloads of a video. Status `error` is only reported, unless the download is to be waited for.
 *
 * @param onlyExisting whether types without a download are left out
 * @param mustExist whether a missing download is a failure, since it is to be saved or attached
 */
async function* list(types, onlyExisting, mustExist, context) {
    const { log, records, video, wait } = context;
    const found = await video.downloads();
    const listed = types.filter((type) => found[type] || !onlyExisting);
    if (listed.length === 0)
        yield { type: '', patch: { status: 'none' } };
    for (const type of listed)
        yield downloadUpdate(type, found[type]);
    if (wait) {
        yield* merge(listed.map((type) => isolateFailure(type, failIfError(type, found[type]?.status, context))));
        yield* untilReady(context, async function* (type) {
            yield downloadUpdate(type, undefined);
            log(`${type}: no longer listed`);
        });
    }
    if (!mustExist)
        return;
    for (const { status, type } of records.all) {
        if (status !== 'none')
            continue;
        const what = `The video has no ${type && `${type} `}download, so there is nothing to save`;
        yield { type, patch: { failure: new Failure('no-download', what) } };
    }
}



/** Runs the plan's operation on one video. It yields what it learns as soon as it learns it. */
function operate(plan, context) {
    const { destination, onlyExisting, operation, release, types } = plan;
    switch (operation) {
        case 'list':
            return list(types, onlyExisting, (destination ?? release) !== undefined, context);
        case 'create':
            return create(types, context);
        case 'delete':
            return deleteDownloads(types, context);
    }
}







/**
 * One video of the account. Cloudflare answers "not found" both for a video without downloads and for a video that
 * the account does not have, so this looks the video up once to tell them apart.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/
 */
class StreamVideo {
    id;
    #client;
    /** Whether the account is known to have the video, so that "not found" concerns its downloads. */
    #exists = false;
    #notFound;
    #lastDetails;
    constructor(id, client) {
        this.id = id;
        this.#client = client;
    }
    /**
     * Looks up the video's current details; concurrent calls share one request.
     *
     * @throws {Failure} `video-not-found`
     */
    details = singleFlight(() => this.#lookUp());
    /** The video's details as last received; requested if none were received yet. */
    async knownDetails() {
        return this.#lastDetails ?? this.details();
    }
    /** The title, from the known details. */
    async title() {
        return (await this.knownDetails()).meta.name;
    }
    /** @throws {Failure} `video-not-found` */
    async downloads() {
        try {
            const found = await this.#call('list the downloads', 'GET', ['downloads'], downloads);
            // If these are "not found" later, the video itself may have been deleted.
            if (Object.values(found).some(Boolean))
                this.#exists = false;
            return found;
        }
        catch (error) {
            // Cloudflare is reported to answer "bad request" as well for a video without downloads; so may a gateway.
            const mayHaveNone = isRequestFailure(error, 'video-not-found') ||
                (isRequestFailure(error, 'request-refused') && error.response?.isGenuine);
            if (!mayHaveNone)
                throw error;
            await this.#mustExist();
            return {};
        }
    }
    /**
     * Creates a download, or returns the existing one. If Cloudflare's response does not describe it, the list does.
     *
     * @param mayBeLate whether it may be missing in the list, since it is waited for
     * @throws {RequestFailure} `video-not-found` or `request-refused`, whose cause only the video's details show
     */
    async create(type, mayBeLate = false) {
        const path = ['downloads', ...downloadTypeFacts[type].createPath];
        const action = `create the ${type} download`;
        try {
            const created = await this.#call(action, 'POST', path, createdDownload(type), {});
            if (created && (created.url !== null || created.unknownStatus === undefined))
                return created;
            return created
                ? ((await this.downloads())[type] ?? created)
                : await this.#listed(type, action, mayBeLate);
        }
        catch (error) {
            const exists = isRequestFailure(error, 'request-refused') && error.response?.httpStatus === 409;
            const existing = exists ? (await this.downloads())[type] : undefined;
            if (existing)
                return existing;
            throw error;
        }
    }
    async #listed(type, action, mayBeLate) {
        const listed = (await this.downloads())[type];
        if (listed)
            return listed;
        if (mayBeLate)
            return unreadDownload;
        const what = `Could not ${action}: Cloudflare accepted the request, but neither describes nor lists the download`;
        throw new RequestFailure('unknown-answer', what);
    }
    /**
     * Deletes a download by the path with its type: the path without one is documented in two ways.
     *
     * @returns whether there was one
     * @throws {Failure} `video-not-found`
     */
    async delete(type) {
        try {
            await this.#call(`delete the ${type} download`, 'DELETE', ['downloads', type], unknown());
            return true;
        }
        catch (error) {
            if (!isRequestFailure(error, 'video-not-found'))
                throw error;
            await this.#mustExist();
            return false;
        }
    }
    /**
     * Creates a token that gives access to the video's downloads.
     *
     * @param expSeconds when it expires, in seconds since 1970: at most 24 hours from now
     * @param isOptional whether a refusal says nothing about other videos, which may need no token
     * @see https://developers.cloudflare.com/api/resources/stream/subresources/token/methods/create/
     */
    async createToken(expSeconds, isOptional) {
        const body = { exp: expSeconds, downloadable: true };
        const { id: videoId } = this;
        const { token } = await this.#client.call({
            action: 'sign the URL',
            method: 'POST',
            path: [videoId, 'token'],
            videoId,
            body,
            // A token that may not sign is good for everything else.
            isOptional,
            result: signedToken,
        });
        this.#exists = true;
        return token;
    }
    /** Now by Cloudflare's clock, which decides when a token expires; in ms since 1970. */
    epochMs() {
        return this.#client.epochMs();
    }
    async #lookUp() {
        if (this.#notFound)
            throw this.#notFound;
        try {
            this.#lastDetails = await this.#call('look up the video', 'GET', [], videoDetails);
            return this.#lastDetails;
        }
        catch (error) {
            if (!isRequestFailure(error, 'video-not-found'))
                throw error;
            // One object for all types, so that all report the same response.
            const what = isUnroutable(error)
                ? 'Cloudflare does not know the address of this video, so its ID may be malformed'
                : 'The account has no such video';
            this.#notFound = new Failure('video-not-found', what, {
                response: error.response,
                cause: error,
            });
            throw this.#notFound;
        }
    }
    async #mustExist() {
        if (!this.#exists)
            await this.details();
    }
    async #call(action, method, path, result, body) {
        const found = await this.#client.call({
            action,
            method,
            path: [this.id, ...path],
            videoId: this.id,
            result,
            body,
        });
        this.#exists = true;
        return found;
    }
}







/**
 * Processes one video: applies what the operation learns to its records, and delivers each download once it is ready.
 *
 * @returns a function that signs those URLs again that would expire soon
 */
async function processVideo(records, plan, step) {
    const { client, clock, keepsFiles, leftMs, log: stepLog, policy, random, release, saver, shortenToken, signal, } = step;
    const { filename, operation, pollIntervalMs, signedUrl, signedUrlTtlMs, wait } = plan;
    const { videoId } = records;
    const video = new StreamVideo(videoId, client);
    const signer = createUrlSigner(video, { mode: signedUrl, ttlMs: signedUrlTtlMs, shortenToken });
    const warn = (message, title) => stepLog.warn(message, title);
    await stepLog.video(videoId, async (log) => {
        const delivery = {
            video,
            clock,
            signal,
            filename,
            signer,
            policy,
            saver,
            release,
            keepsFiles,
            log,
            warn,
            startTransfer: (type) => stepLog.startTransfer(videoId, type),
        };
        const deliveries = [];
        const learn = (update) => {
            const before = records.get(update.type);
            const after = records.apply(update);
            // A deleted download may still be listed as ready.
            if (operation !== 'delete' && isReady(after) && !isReady(before)) {
                deliveries.push(applyAll(records, deliver(after, delivery)));
            }
            else if (!update.patch.failure &&
                (before.status !== after.status || describeRecord(before) !== describeRecord(after))) {
                log(describeRecord(after));
            }
        };
        try {
            const context = { video, records, clock, random, signal, leftMs, pollIntervalMs, wait, log };
            for await (const update of operate(plan, context))
                learn(update);
        }
        catch (error) {
            records.fail(Failure.from(error));
        }
        await Promise.all(deliveries);
        if (operation !== 'delete')
            await applyAll(records, namePendingUrls(records, delivery));
        return records.all;
    });
    return { renewUrls: () => applyAll(records, renewUrls(records, signer, warn)) };
}
/** Applies each update as soon as it is yielded. */
async function applyAll(records, updates) {
    for await (const update of updates)
        records.apply(update);
}
function isReady(record) {
    return record.status === 'ready' && record.type !== '';
}
/** Names the URLs of downloads that are not ready. They do not work yet, so none needs a name. */
async function* namePendingUrls({ all }, delivery) {
    for (const { status, type, url } of all) {
        if (type === '' || url === null || status === 'ready')
            continue;
        yield { type, patch: { url: await nameUrl(url, type, delivery).catch(() => url) } };
    }
}



/** GitHub shows 10 annotations of a step; the last one says how many more there are. */
const annotations_maxShown = 9;
/** Why a record fails the step, with the video that it is about; undefined where it does not. */
function failureMessage({ failure, videoId }) {
    return failure && `Video ${videoId}: ${failure.message}`;
}
/**
 * The annotations of a failed step. A failure that concerns a whole video is reported once, not once per type, and one
 * that several videos share is reported once for all of them.
 *
 * @param stepFailures failures of the step as a whole
 */
function annotations(stepFailures, records) {
    const byKey = new Map();
    const add = (key, { kind }, message) => {
        if (!byKey.has(key))
            byKey.set(key, { title: failures[kind].title, message });
    };
    const videosOf = Map.groupBy(records, ({ failure }) => failure && sharedCause(failure));
    for (const failure of stepFailures)
        add(failure.message, failure, failure.message);
    for (const record of records) {
        const { failure, videoId } = record;
        const message = failureMessage(record);
        if (!failure || !message)
            continue;
        const shared = sharedCause(failure);
        const concerned = new Set(videosOf.get(shared)?.map((other) => other.videoId));
        if (concerned.size > 1) {
            add(shared.message, shared, `${shared.message} This concerns ${concerned.size} videos.`);
        }
        else
            add(failures[failure.kind].scope === 'type' ? message : `${videoId} ${failure.kind}`, failure, message);
    }
    const all = [...byKey.values()];
    const more = all.length - annotations_maxShown;
    if (more <= 0)
        return all;
    const message = `${(0, core_text/* count */.U9)(more, 'more failure')}: the file in the output \`results-file\` lists them all.`;
    return [...all.slice(0, annotations_maxShown), { title: 'More failures', message }];
}
/** What several records may have in common: how far each had come differs, and matters only at the end of the step. */
function sharedCause(failure) {
    return failure.isEndOfStep ? failure : failure.origin;
}
/** A failure's stack and those of everything that caused it, for the debug log. */
function stackTrace(failure) {
    return causeChain(failure)
        .map((cause) => (Error.isError(cause) ? (cause.stack ?? cause.message) : String(cause)))
        .join('\ncaused by ');
}

/**
 * The longest `downloads`, in bytes of UTF-8. Workflows pass it to programs through a variable, and Linux starts no
 * program with a variable of 131,072 bytes or more, its name included.
 */
const longestDownloadsBytes = 120_000;
/**
 * The step's outputs by name. The single ones are those of the first record; unknown values are empty.
 *
 * @param hasStepFailed whether a failure concerns the step as a whole. Before any record exists, it is its status
 * @param published in the order requested; `downloads` contains as many of the first ones as fit
 * @param resultsFile the path of the file with all of them; empty where it could not be written
 */
function outputs(published, resultsFile, hasStepFailed) {
    const [first] = published;
    return {
        'download-url': first?.url ?? '',
        status: first?.status ?? (hasStepFailed ? 'failed' : ''),
        'percent-complete': first?.percentComplete?.toString() ?? '',
        'video-id': first?.videoId ?? '',
        type: first?.type ?? '',
        file: first?.file ?? '',
        size: first?.size?.toString() ?? '',
        sha256: first?.sha256 ?? '',
        'asset-url': first?.assetUrl ?? '',
        downloads: firstThatFit(published),
        'results-file': resultsFile,
        count: published.length.toString(),
        failed: published.filter(({ error }) => error).length.toString(),
    };
}
function firstThatFit(published) {
    let bytes = '['.length;
    const end = published.findIndex((record) => {
        // A comma, or the bracket at the end, follows each record.
        bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
        return bytes > longestDownloadsBytes;
    });
    return end < 0 ? published : published.slice(0, end);
}
/** The status as people and later steps read it: a record is still `unknown` at the end only if something failed. */
function publishedStatus({ status }) {
    return status === 'unknown' ? 'failed' : status;
}
/** @param redact for the error message, which is text for people */
function publish(record, redact) {
    const { assetUrl, expiresAt, failure, file, percentComplete, sha256, sizeBytes, type, url, videoId } = record;
    const { httpStatus, messages = [], rayId } = failure?.response ?? {};
    return {
        videoId,
        type,
        status: publishedStatus(record),
        percentComplete,
        url,
        expiresAt,
        file,
        size: sizeBytes,
        sha256,
        assetUrl,
        error: failure && {
            message: redact(failureMessage(record) ?? ''),
            code: messages.find(({ code }) => code !== undefined)?.code,
            httpStatus,
            rayId,
        },
    };
}

/** The shortest time over which a speed is measured, in ms. */
const measuredMs = 3000;
/** How many files a line names. */
const transfers_maxNamed = 3;
/** The width of a bar in characters. */
const barWidth = 16;
/** The transfers in progress, described for the log. */
class Transfers {
    #now;
    #active = new Set();
    /** @param now in ms, on a scale that only grows */
    constructor(now) {
        this.#now = now;
    }
    /** @param label names the file in the log */
    start(label) {
        const transfer = startTransfer(label, this.#now());
        this.#active.add(transfer);
        return transfer;
    }
    /** @returns whether others are still in progress */
    end(transfer) {
        this.#active.delete(transfer);
        return this.#active.size > 0;
    }
    /** All of them in one line. */
    describe() {
        const named = [...this.#active].slice(0, transfers_maxNamed).map((transfer) => transfer.describe(this.#now()));
        const more = this.#active.size - named.length;
        return `saving ${[...named, ...(more > 0 ? [(0, core_text/* count */.U9)(more, 'more file')] : [])].join('; ')}`;
    }
}
function startTransfer(label, startMs) {
    let received = 0;
    let total;
    /** When the measurement of the speed started, and how many bytes there were. */
    let since = { atMs: startMs, bytes: 0 };
    let measured;
    function bytesPerMs(nowMs) {
        const elapsedMs = nowMs - since.atMs;
        // A transfer that started again has fewer bytes than before.
        const speed = elapsedMs > 0 ? Math.max(0, received - since.bytes) / elapsedMs : 0;
        if (elapsedMs < measuredMs)
            return measured ?? speed;
        since = { atMs: nowMs, bytes: received };
        measured = speed;
        return speed;
    }
    return {
        progress(receivedBytes, totalBytes) {
            received = receivedBytes;
            total = totalBytes;
        },
        /** `VIDEO default: \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591\u2591 45 %, 45 MB of 100 MB, 4.5 MB/s, about 12 s left`. */
        describe(nowMs) {
            const speed = bytesPerMs(nowMs);
            const perSecond = speed > 0 ? `, ${(0, core_text/* formatBytes */.z3)(speed * 1000)}/s` : '';
            if (total === undefined)
                return `${label}: ${(0, core_text/* formatBytes */.z3)(received)}${perSecond}`;
            const share = total > 0 ? Math.min(1, received / total) : 0;
            const left = speed > 0 ? (0, core_text/* aboutLeft */.Zv)((total - received) / speed) : '';
            const amount = `${(0, core_text/* formatBytes */.z3)(received)} of ${(0, core_text/* formatBytes */.z3)(total)}`;
            return `${label}: ${bar(share)} ${Math.floor(share * 100)} %, ${amount}${perSecond}${left}`;
        },
    };
}
function bar(share) {
    const full = Math.floor(share * barWidth);
    return '\u2588'.repeat(full) + '\u2591'.repeat(barWidth - full);
}





/** The longest time without a line, in ms. */
const longestSilenceMs = 30_000;
/** How often transfers are reported, in ms. */
const transfersMs = 10_000;
/** GitHub shows 10 warnings of a step; further ones are only logged. */
const maxWarnings = 10;
/** How many videos the line about everything in progress names. */
const log_maxNamed = 3;
/**
 * The log of the step while it runs. One video gets a line per change; several get a group each when they are done,
 * since their lines would mix otherwise. There are also lines about the transfers, and one about everything in progress
 * after 30 s of silence.
 */
class Log {
    #runner;
    #clock;
    #grouped;
    #transfers;
    #warned = new Set();
    #startMs;
    /** By ID. */
    #active = new Map();
    /** The failures in the log, each with the first video that it concerns. */
    #shownFailures = new Map();
    #videoCount = 0;
    #lastMs;
    /** Why no request can be sent, and until when. */
    #pause = { untilMs: Number.NEGATIVE_INFINITY, why: '' };
    /** Aborted when the last transfer ends. */
    #transferring;
    /** @param severalVideos whether there can be more than one video */
    constructor(runner, clock, severalVideos) {
        this.#runner = runner;
        this.#clock = clock;
        this.#grouped = severalVideos;
        this.#transfers = new Transfers(() => clock.now());
        this.#startMs = clock.now();
        this.#lastMs = this.#startMs;
    }
    info(line) {
        this.#lastMs = this.#clock.now();
        this.#runner.info(line);
    }
    /** Adds a warning to the run, unless it was added before. One that GitHub would not show is only logged. */
    warn(message, title) {
        if (this.#warned.has(message))
            return;
        this.#warned.add(message);
        this.#lastMs = this.#clock.now();
        if (this.#warned.size <= maxWarnings)
            this.#runner.warning(message, title);
        else
            this.info(`${title}: ${message}`);
    }
    /** Logs something about a video that does not change its state, such as a retry. */
    notice(videoId, text) {
        const video = this.#active.get(videoId ?? '');
        if (video)
            video.write(text);
        else
            this.info(text);
    }
    /** Logs that no request can be sent for this long, and why. */
    pause(ms, why) {
        this.#pause = { untilMs: this.#clock.now() + ms, why };
        this.info(`pausing for ${(0, core_text/* formatDuration */.a3)(ms)}: ${why}`);
    }
    /** Shows a transfer until it is disposed of. */
    startTransfer(videoId, type) {
        const transfer = this.#transfers.start(this.#grouped ? `${videoId} ${type}` : type);
        if (!this.#transferring) {
            this.#transferring = new AbortController();
            void this.#reportTransfers(this.#transferring.signal);
        }
        return {
            progress: transfer.progress,
            [Symbol.dispose]: () => {
                if (this.#transfers.end(transfer))
                    return;
                this.#transferring?.abort();
                this.#transferring = undefined;
            },
        };
    }
    /** Shows a video as in progress while `work` runs, and then its result. */
    async video(videoId, work) {
        this.#videoCount++;
        const lines = [];
        const write = (text) => {
            if (this.#grouped)
                lines.push(`${this.#elapsed()}  ${text}`);
            else
                this.info(text);
        };
        const video = { write, text: 'waiting for the first response', sinceMs: this.#clock.now() };
        this.#active.set(videoId, video);
        const records = await work((text) => {
            video.text = text;
            video.sinceMs = this.#clock.now();
            write(text);
        });
        this.#active.delete(videoId);
        if (this.#grouped)
            this.#group(videoId, records, lines);
    }
    /** Writes a line after every 30 s of silence until it is disposed of. */
    breakSilence() {
        const end = new AbortController();
        void this.#breakSilence(end.signal);
        return { [Symbol.dispose]: () => end.abort() };
    }
    #group(videoId, records, lines) {
        const messages = new Set(records.flatMap((record) => this.#describeFailure(record)));
        const states = records.map((record) => `${record.type} ${publishedStatus(record)}`.trim());
        const done = `${this.#videoCount - this.#active.size}/${this.#videoCount}`;
        this.#lastMs = this.#clock.now();
        this.#runner.startGroup(`${done} ${messages.size > 0 ? '\u2718' : '\u2714'} ${videoId}: ${states.join(', ')}`);
        for (const line of [...lines, ...messages])
            this.info(line);
        this.#runner.endGroup();
    }
    /** A failure that several videos share is described once. */
    #describeFailure(record) {
        const { failure } = record;
        const message = failureMessage(record);
        if (!failure || message === undefined)
            return [];
        const shared = sharedCause(failure);
        const videoId = this.#shownFailures.get(shared) ?? record.videoId;
        this.#shownFailures.set(shared, videoId);
        return [videoId === record.videoId ? message : `${failures[failure.kind].title}, as for ${videoId}`];
    }
    async #breakSilence(signal) {
        while (!signal.aborted) {
            const silentMs = this.#clock.now() - this.#lastMs;
            if (silentMs >= longestSilenceMs)
                this.info(this.#describeActive());
            else
                await this.#clock.sleep(longestSilenceMs - silentMs, signal).catch(() => { });
        }
    }
    async #reportTransfers(signal) {
        for (;;) {
            await this.#clock.sleep(transfersMs, signal).catch(() => { });
            if (signal.aborted)
                return;
            this.info(this.#transfers.describe());
        }
    }
    #describeActive() {
        const nowMs = this.#clock.now();
        const pausedMs = this.#pause.untilMs - nowMs;
        if (pausedMs > 0) {
            return `still working after ${this.#elapsed()}: ${this.#pause.why} for another ${(0, core_text/* formatDuration */.a3)(pausedMs)}`;
        }
        const named = [...this.#active]
            .slice(0, log_maxNamed)
            .map(([id, { sinceMs, text }]) => `${id}: ${text} (for ${(0, core_text/* formatDuration */.a3)(nowMs - sinceMs)})`);
        const more = this.#active.size - named.length;
        const rest = more > 0 ? [(0, core_text/* count */.U9)(more, 'more video')] : [];
        return [`still working after ${this.#elapsed()}`, [...named, ...rest].join('; ')]
            .filter(Boolean)
            .join(': ');
    }
    #elapsed() {
        return (0, core_text/* formatDuration */.a3)(this.#clock.now() - this.#startMs);
    }
}

/** `3 videos` */
function describeSelection({ videoIds }) {
    return (0, core_text/* count */.U9)(videoIds.length, 'video');
}
/** Yields the selected videos one by one, so that work on the first starts before the last is known. */
async function* selectVideos({ videoIds }) {
    for (const id of videoIds)
        yield { id };
}


/** What the step is about to do, in one line. */
function describePlan(plan) {
    const { destination, onlyExisting, operation, release, selection, timeoutMs, types, wait } = plan;
    const what = onlyExisting ? 'all' : types.join(' and ');
    const steps = [
        `wait until ${operation === 'delete' ? 'gone' : 'ready'}`,
        ...(destination ? ['save'] : []),
        ...(release ? [`attach to ${release.reference.tag}`] : []),
    ];
    const waiting = wait ? `, ${steps.join(', ')}` : '';
    return `${operation}: ${what} of ${describeSelection(selection)}${waiting}, at most ${(0, core_text/* formatDuration */.a3)(timeoutMs)}`;
}
/** The result in one line: how many records ended in which state. */
function describeResult(records) {
    const states = Map.groupBy(records, ({ assetUrl, failure, file, status }) => failure ? 'failed' : assetUrl ? 'attached' : file ? 'saved' : status);
    return [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
}
/** What to know about URLs that do not work yet, if the step did not wait for them. */
function describePending({ operation, wait }, records) {
    const pending = records.filter(({ failure, status }) => status === 'inprogress' && !failure);
    if (wait || operation !== 'create' || pending.length === 0)
        return undefined;
    const which = pending.length === 1 ? 'The URL does' : `${pending.length} of the URLs do`;
    return `${which} not work yet, since Cloudflare is still generating the file; set \`wait: true\` to wait for it`;
}

/** What a record has instead of facts that others choose. */
const replacements = {
    url: { url: null },
    file: { file: undefined, sizeBytes: undefined, sha256: undefined },
    assetUrl: { assetUrl: undefined },
};
/**
 * A record without facts that contain a secret. They cannot be redacted, since later steps use them, so the record fails
 * instead. A server that has the credentials may repeat them in any form, such as in a title.
 */
function withoutSecrets(record, { exposes }) {
    const names = ['url', 'file', 'assetUrl'].filter((name) => exposes(record[name] ?? ''));
    if (names.length === 0)
        return record;
    const what = `The ${names.join(' and ')} of the ${record.type} download contains a secret`;
    const failure = record.failure ?? new Failure('exposed-secret', what);
    return Object.assign({ ...record, failure }, ...names.map((name) => replacements[name]));
}




/** @throws {Failure} `no-outputs` if outputs could not be written later, which is better known before any request */
function requireOutputs(runner) {
    try {
        runner.requireOutputs();
    }
    catch (error) {
        throw outputFailure('The outputs', error);
    }
}
/**
 * Writes outputs, results file and annotations with everything that is known.
 *
 * @param stepFailures failures of the step as a whole
 * @returns the exit code: 1 if anything failed
 */
function reportResults(allRecords, stepFailures, runner) {
    const records = allRecords.map((record) => withoutSecrets(record, runner));
    const failures = [...stepFailures, ...writeOutputs(records, stepFailures.length > 0, runner)];
    const shown = annotations(failures, records);
    for (const { message, title } of shown)
        runner.error(message, title);
    for (const failure of new Set([...failures, ...records.map((record) => record.failure)])) {
        if (failure)
            runner.debug(stackTrace(failure));
    }
    return shown.length > 0 ? 1 : 0;
}
/** @returns what could not be written */
function writeOutputs(records, hasStepFailed, runner) {
    const failures = [];
    const attempt = (what, write) => {
        try {
            return write();
        }
        catch (error) {
            failures.push(outputFailure(what, error));
            return undefined;
        }
    };
    const published = records.map((record) => publish(record, runner.redact));
    const resultsFile = attempt('The results file', () => runner.resultsFile({ version: 1, downloads: published }));
    const values = outputs(published, resultsFile ?? '', hasStepFailed);
    attempt('The outputs', () => {
        for (const [name, value] of Object.entries(values))
            runner.output(name, value);
    });
    if (values.downloads.length < published.length) {
        const all = resultsFile ? ` The file in the output \`results-file\` has all of them: ${resultsFile}` : '';
        runner.warning(`The output \`downloads\` has the first ${values.downloads.length} of ${published.length} records, since a longer one could not be passed to a program through a variable.${all}`, 'Too many records for an output');
    }
    return failures;
}
function outputFailure(what, error) {
    const { message } = Error.isError(error) ? error : new Error(String(error));
    return new Failure('no-outputs', `${what} could not be written: ${message}`, { cause: error });
}















/**
 * Runs the step. Everything that is known is written to the outputs, whatever happens.
 *
 * @returns the exit code of the process: 1 if anything failed
 */
async function run(dependencies) {
    const { runner } = dependencies;
    const videos = [];
    const failures = [];
    try {
        for (const secret of [...credentials_secretsIn(runner.env), ...proxySecrets(runner.env)])
            runner.mask(secret);
        requireOutputs(runner);
        const plan = readPlan(runner);
        await carryOut(plan, videos, dependencies);
    }
    catch (error) {
        failures.push(Failure.from(error));
    }
    try {
        return reportResults(videos.flatMap(({ all }) => all), failures, runner);
    }
    catch (error) {
        // The step must never end without a reason.
        runner.error(Failure.from(error).message, 'The results could not be reported');
        return 1;
    }
}
/** @param videos takes the records of each video as soon as it is selected */
async function carryOut(plan, videos, dependencies) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const { cancelled, clock, runner } = dependencies;
        const log = new Log(runner, clock, plan.severalVideos);
        for (const warning of plan.warnings)
            log.warn(warning, 'An input looks unusual');
        for (const notice of plan.notices)
            log.info(notice);
        const { fetch, proxyFor } = await openProxyFetch(runner.env, dependencies.fetch);
        const http = new Http({ fetch, clock, debug: (line) => runner.debug(line) });
        const deadline = __addDisposableResource(env_1, startDeadline(plan.timeoutMs, clock, cancelled), false);
        const _silence = __addDisposableResource(env_1, log.breakSilence(), false);
        const cleanup = __addDisposableResource(env_1, new AsyncDisposableStack(), true);
        log.info(describePlan(plan));
        const proxy = proxyFor(new URL(plan.apiUrl));
        if (proxy)
            log.info(`The API is reached through the proxy ${proxy}`);
        // If this fails, every video still gets its records.
        const step = await prepare(plan, { http, deadline, log, cleanup }, dependencies).catch(Failure.from);
        const work = [];
        for await (const { id } of selectVideos(plan.selection)) {
            const records = new VideoRecords(id, plan.onlyExisting ? [] : plan.types);
            videos.push(records);
            if (step instanceof Failure)
                records.fail(step);
            else
                work.push(processVideo(records, plan, step));
        }
        const processed = await Promise.all(work);
        if (step instanceof Failure)
            return;
        // URLs of the first videos may have been signed long ago.
        if (!deadline.signal.aborted)
            await Promise.all(processed.map(({ renewUrls }) => renewUrls()));
        const all = videos.flatMap((video) => video.all);
        log.info(describeResult(all));
        const pending = describePending(plan, all);
        if (pending !== undefined)
            log.info(pending);
        // A cancelled step fails even if all its work was finished in time.
        if (cancelled.aborted && !all.some(({ failure }) => failure))
            deadline.signal.throwIfAborted();
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = __disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}


/***/ }),

/***/ 731:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  A: () => (/* binding */ actionsRunner)
});

// NAMESPACE OBJECT: ../../node_modules/@actions/core/lib/platform.js
var platform_namespaceObject = {};
__nccwpck_require__.r(platform_namespaceObject);
__nccwpck_require__.d(platform_namespaceObject, {
  arch: () => (arch),
  getDetails: () => (getDetails),
  isLinux: () => (isLinux),
  isMacOS: () => (isMacOS),
  isWindows: () => (isWindows),
  platform: () => (platform)
});

// NAMESPACE OBJECT: ../../node_modules/@actions/core/lib/core.js
var core_namespaceObject = {};
__nccwpck_require__.r(core_namespaceObject);
__nccwpck_require__.d(core_namespaceObject, {
  ExitCode: () => (ExitCode),
  addPath: () => (addPath),
  debug: () => (debug),
  endGroup: () => (endGroup),
  error: () => (error),
  exportVariable: () => (exportVariable),
  getBooleanInput: () => (getBooleanInput),
  getIDToken: () => (getIDToken),
  getInput: () => (getInput),
  getMultilineInput: () => (getMultilineInput),
  getState: () => (getState),
  group: () => (group),
  info: () => (info),
  isDebug: () => (isDebug),
  markdownSummary: () => (markdownSummary),
  notice: () => (notice),
  platform: () => (platform_namespaceObject),
  saveState: () => (saveState),
  setCommandEcho: () => (setCommandEcho),
  setFailed: () => (setFailed),
  setOutput: () => (setOutput),
  setSecret: () => (setSecret),
  startGroup: () => (startGroup),
  summary: () => (summary),
  toPlatformPath: () => (toPlatformPath),
  toPosixPath: () => (toPosixPath),
  toWin32Path: () => (toWin32Path),
  warning: () => (warning)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __nccwpck_require__(161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
const external_os_namespaceObject = createRequire(import.meta.url)("os");
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function toCommandValue(input) {
    if (input === null || input === undefined) {
        return '';
    }
    else if (typeof input === 'string' || input instanceof String) {
        return input;
    }
    return JSON.stringify(input);
}
/**
 *
 * @param annotationProperties
 * @returns The command properties to send with the actual annotation command
 * See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
 */
function toCommandProperties(annotationProperties) {
    if (!Object.keys(annotationProperties).length) {
        return {};
    }
    return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
    };
}


/**
 * Issues a command to the GitHub Actions runner
 *
 * @param command - The command name to issue
 * @param properties - Additional properties for the command (key-value pairs)
 * @param message - The message to include with the command
 * @remarks
 * This function outputs a specially formatted string to stdout that the Actions
 * runner interprets as a command. These commands can control workflow behavior,
 * set outputs, create annotations, mask values, and more.
 *
 * Command Format:
 *   ::name key=value,key=value::message
 *
 * @example
 * ```typescript
 * // Issue a warning annotation
 * issueCommand('warning', {}, 'This is a warning message');
 * // Output: ::warning::This is a warning message
 *
 * // Set an environment variable
 * issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
 * // Output: ::set-env name=MY_VAR::some value
 *
 * // Add a secret mask
 * issueCommand('add-mask', {}, 'secretValue123');
 * // Output: ::add-mask::secretValue123
 * ```
 *
 * @internal
 * This is an internal utility function that powers the public API functions
 * such as setSecret, warning, error, and exportVariable.
 */
function issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
}
function issue(name, message = '') {
    issueCommand(name, {}, message);
}
const CMD_STRING = '::';
class Command {
    constructor(command, properties, message) {
        if (!command) {
            command = 'missing.command';
        }
        this.command = command;
        this.properties = properties;
        this.message = message;
    }
    toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += ' ';
            let first = true;
            for (const key in this.properties) {
                if (this.properties.hasOwnProperty(key)) {
                    const val = this.properties[key];
                    if (val) {
                        if (first) {
                            first = false;
                        }
                        else {
                            cmdStr += ',';
                        }
                        cmdStr += `${key}=${escapeProperty(val)}`;
                    }
                }
            }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
    }
}
function escapeData(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
const external_crypto_namespaceObject = createRequire(import.meta.url)("crypto");
const external_fs_namespaceObject = createRequire(import.meta.url)("fs");
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!external_fs_namespaceObject.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    external_fs_namespaceObject.appendFileSync(filePath, `${toCommandValue(message)}${external_os_namespaceObject.EOL}`, {
        encoding: 'utf8'
    });
}
function prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${external_crypto_namespaceObject.randomUUID()}`;
    const convertedValue = toCommandValue(value);
    // These should realistically never happen, but just in case someone finds a
    // way to exploit uuid generation let's not allow keys or values that contain
    // the delimiter.
    if (key.includes(delimiter)) {
        throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
    }
    if (convertedValue.includes(delimiter)) {
        throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
    }
    return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
}
const external_path_namespaceObject = createRequire(import.meta.url)("path");
// Replaces `@actions/http-client` in dist: `@actions/core` needs it only for OpenID Connect tokens, which this action
// never requests, and `@actions/github` for its own fetch, which the action replaces.
class HttpClient {
  getAgent() {}
  getAgentDispatcher() {}
}
class BearerCredentialHandler {}
var __awaiter = function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



class OidcClient {
    static createHttpClient(allowRetry = true, maxRetry = 10) {
        const requestOptions = {
            allowRetries: allowRetry,
            maxRetries: maxRetry
        };
        return new HttpClient('actions/oidc-client', [new BearerCredentialHandler(OidcClient.getRequestToken())], requestOptions);
    }
    static getRequestToken() {
        const token = process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
        if (!token) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable');
        }
        return token;
    }
    static getIDTokenUrl() {
        const runtimeUrl = process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
        if (!runtimeUrl) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
        }
        return runtimeUrl;
    }
    static getCall(id_token_url) {
        return __awaiter(this, void 0, void 0, function* () {
            var _a;
            const httpclient = OidcClient.createHttpClient();
            const res = yield httpclient
                .getJson(id_token_url)
                .catch(error => {
                throw new Error(`Failed to get ID Token. \n 
        Error Code : ${error.statusCode}\n 
        Error Message: ${error.message}`);
            });
            const id_token = (_a = res.result) === null || _a === void 0 ? void 0 : _a.value;
            if (!id_token) {
                throw new Error('Response json body do not have ID Token field');
            }
            return id_token;
        });
    }
    static getIDToken(audience) {
        return __awaiter(this, void 0, void 0, function* () {
            try {
                // New ID Token is requested from action service
                let id_token_url = OidcClient.getIDTokenUrl();
                if (audience) {
                    const encodedAudience = encodeURIComponent(audience);
                    id_token_url = `${id_token_url}&audience=${encodedAudience}`;
                }
                debug(`ID token url is ${id_token_url}`);
                const id_token = yield OidcClient.getCall(id_token_url);
                setSecret(id_token);
                return id_token;
            }
            catch (error) {
                throw new Error(`Error message: ${error.message}`);
            }
        });
    }
}
var summary_awaiter = function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
class Summary {
    constructor() {
        this._buffer = '';
    }
    /**
     * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
     * Also checks r/w permissions.
     *
     * @returns step summary file path
     */
    filePath() {
        return summary_awaiter(this, void 0, void 0, function* () {
            if (this._filePath) {
                return this._filePath;
            }
            const pathFromEnv = process.env[SUMMARY_ENV_VAR];
            if (!pathFromEnv) {
                throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
            }
            try {
                yield access(pathFromEnv, external_fs_namespaceObject.constants.R_OK | external_fs_namespaceObject.constants.W_OK);
            }
            catch (_a) {
                throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
            }
            this._filePath = pathFromEnv;
            return this._filePath;
        });
    }
    /**
     * Wraps content in an HTML tag, adding any HTML attributes
     *
     * @param {string} tag HTML tag to wrap
     * @param {string | null} content content within the tag
     * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
     *
     * @returns {string} content wrapped in HTML element
     */
    wrap(tag, content, attrs = {}) {
        const htmlAttrs = Object.entries(attrs)
            .map(([key, value]) => ` ${key}="${value}"`)
            .join('');
        if (!content) {
            return `<${tag}${htmlAttrs}>`;
        }
        return `<${tag}${htmlAttrs}>${content}</${tag}>`;
    }
    /**
     * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
     *
     * @param {SummaryWriteOptions} [options] (optional) options for write operation
     *
     * @returns {Promise<Summary>} summary instance
     */
    write(options) {
        return summary_awaiter(this, void 0, void 0, function* () {
            const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
            const filePath = yield this.filePath();
            const writeFunc = overwrite ? writeFile : appendFile;
            yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
            return this.emptyBuffer();
        });
    }
    /**
     * Clears the summary buffer and wipes the summary file
     *
     * @returns {Summary} summary instance
     */
    clear() {
        return summary_awaiter(this, void 0, void 0, function* () {
            return this.emptyBuffer().write({ overwrite: true });
        });
    }
    /**
     * Returns the current summary buffer as a string
     *
     * @returns {string} string of summary buffer
     */
    stringify() {
        return this._buffer;
    }
    /**
     * If the summary buffer is empty
     *
     * @returns {boolen} true if the buffer is empty
     */
    isEmptyBuffer() {
        return this._buffer.length === 0;
    }
    /**
     * Resets the summary buffer without writing to summary file
     *
     * @returns {Summary} summary instance
     */
    emptyBuffer() {
        this._buffer = '';
        return this;
    }
    /**
     * Adds raw text to the summary buffer
     *
     * @param {string} text content to add
     * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
     *
     * @returns {Summary} summary instance
     */
    addRaw(text, addEOL = false) {
        this._buffer += text;
        return addEOL ? this.addEOL() : this;
    }
    /**
     * Adds the operating system-specific end-of-line marker to the buffer
     *
     * @returns {Summary} summary instance
     */
    addEOL() {
        return this.addRaw(external_os_namespaceObject.EOL);
    }
    /**
     * Adds an HTML codeblock to the summary buffer
     *
     * @param {string} code content to render within fenced code block
     * @param {string} lang (optional) language to syntax highlight code
     *
     * @returns {Summary} summary instance
     */
    addCodeBlock(code, lang) {
        const attrs = Object.assign({}, (lang && { lang }));
        const element = this.wrap('pre', this.wrap('code', code), attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML list to the summary buffer
     *
     * @param {string[]} items list of items to render
     * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
     *
     * @returns {Summary} summary instance
     */
    addList(items, ordered = false) {
        const tag = ordered ? 'ol' : 'ul';
        const listItems = items.map(item => this.wrap('li', item)).join('');
        const element = this.wrap(tag, listItems);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML table to the summary buffer
     *
     * @param {SummaryTableCell[]} rows table rows
     *
     * @returns {Summary} summary instance
     */
    addTable(rows) {
        const tableBody = rows
            .map(row => {
            const cells = row
                .map(cell => {
                if (typeof cell === 'string') {
                    return this.wrap('td', cell);
                }
                const { header, data, colspan, rowspan } = cell;
                const tag = header ? 'th' : 'td';
                const attrs = Object.assign(Object.assign({}, (colspan && { colspan })), (rowspan && { rowspan }));
                return this.wrap(tag, data, attrs);
            })
                .join('');
            return this.wrap('tr', cells);
        })
            .join('');
        const element = this.wrap('table', tableBody);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds a collapsable HTML details element to the summary buffer
     *
     * @param {string} label text for the closed state
     * @param {string} content collapsable content
     *
     * @returns {Summary} summary instance
     */
    addDetails(label, content) {
        const element = this.wrap('details', this.wrap('summary', label) + content);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML image tag to the summary buffer
     *
     * @param {string} src path to the image you to embed
     * @param {string} alt text description of the image
     * @param {SummaryImageOptions} options (optional) addition image attributes
     *
     * @returns {Summary} summary instance
     */
    addImage(src, alt, options) {
        const { width, height } = options || {};
        const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
        const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML section heading element
     *
     * @param {string} text heading text
     * @param {number | string} [level=1] (optional) the heading level, default: 1
     *
     * @returns {Summary} summary instance
     */
    addHeading(text, level) {
        const tag = `h${level}`;
        const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
            ? tag
            : 'h1';
        const element = this.wrap(allowedTag, text);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML thematic break (<hr>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addSeparator() {
        const element = this.wrap('hr', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML line break (<br>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addBreak() {
        const element = this.wrap('br', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML blockquote to the summary buffer
     *
     * @param {string} text quote text
     * @param {string} cite (optional) citation url
     *
     * @returns {Summary} summary instance
     */
    addQuote(text, cite) {
        const attrs = Object.assign({}, (cite && { cite }));
        const element = this.wrap('blockquote', text, attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML anchor tag to the summary buffer
     *
     * @param {string} text link text/content
     * @param {string} href hyperlink
     *
     * @returns {Summary} summary instance
     */
    addLink(text, href) {
        const element = this.wrap('a', text, { href });
        return this.addRaw(element).addEOL();
    }
}
const _summary = new Summary();
/**
 * @deprecated use `core.summary`
 */
const markdownSummary = _summary;
const summary = _summary;

/**
 * toPosixPath converts the given path to the posix form. On Windows, \\ will be
 * replaced with /.
 *
 * @param pth. Path to transform.
 * @return string Posix path.
 */
function toPosixPath(pth) {
    return pth.replace(/[\\]/g, '/');
}
/**
 * toWin32Path converts the given path to the win32 form. On Linux, / will be
 * replaced with \\.
 *
 * @param pth. Path to transform.
 * @return string Win32 path.
 */
function toWin32Path(pth) {
    return pth.replace(/[/]/g, '\\');
}
/**
 * toPlatformPath converts the given path to a platform-specific path. It does
 * this by replacing instances of / and \ with the platform-specific path
 * separator.
 *
 * @param pth The path to platformize.
 * @return string The platform-specific path.
 */
function toPlatformPath(pth) {
    return pth.replace(/[/\\]/g, external_path_namespaceObject.sep);
}
// Replaces `@actions/exec` in dist: `@actions/core` needs it only to describe the platform, which this action never
// does.
function getExecOutput() {
  throw new Error('This action was built without support for starting programs.');
}
var platform_awaiter = function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const getWindowsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout: version } = yield getExecOutput();
    const { stdout: name } = yield getExecOutput();
    return {
        name: name.trim(),
        version: version.trim()
    };
});
const getMacOsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    var _a, _b, _c, _d;
    const { stdout } = yield getExecOutput();
    const version = (_b = (_a = stdout.match(/ProductVersion:\s*(.+)/)) === null || _a === void 0 ? void 0 : _a[1]) !== null && _b !== void 0 ? _b : '';
    const name = (_d = (_c = stdout.match(/ProductName:\s*(.+)/)) === null || _c === void 0 ? void 0 : _c[1]) !== null && _d !== void 0 ? _d : '';
    return {
        name,
        version
    };
});
const getLinuxInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout } = yield getExecOutput();
    const [name, version] = stdout.trim().split('\n');
    return {
        name,
        version
    };
});
const platform = external_os_namespaceObject.platform();
const arch = external_os_namespaceObject.arch();
const isWindows = platform === 'win32';
const isMacOS = platform === 'darwin';
const isLinux = platform === 'linux';
function getDetails() {
    return platform_awaiter(this, void 0, void 0, function* () {
        return Object.assign(Object.assign({}, (yield (isWindows
            ? getWindowsInfo()
            : isMacOS
                ? getMacOsInfo()
                : getLinuxInfo()))), { platform,
            arch,
            isWindows,
            isMacOS,
            isLinux });
    });
}
var core_awaiter = function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};






/**
 * The code to exit an action
 */
var ExitCode;
(function (ExitCode) {
    /**
     * A code indicating that the action was successful
     */
    ExitCode[ExitCode["Success"] = 0] = "Success";
    /**
     * A code indicating that the action was a failure
     */
    ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
//-----------------------------------------------------------------------
// Variables
//-----------------------------------------------------------------------
/**
 * Sets env variable for this action and future actions in the job
 * @param name the name of the variable to set
 * @param val the value of the variable. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function exportVariable(name, val) {
    const convertedVal = toCommandValue(val);
    process.env[name] = convertedVal;
    const filePath = process.env['GITHUB_ENV'] || '';
    if (filePath) {
        return issueFileCommand('ENV', prepareKeyValueMessage(name, val));
    }
    issueCommand('set-env', { name }, convertedVal);
}
/**
 * Registers a secret which will get masked from logs
 *
 * @param secret - Value of the secret to be masked
 * @remarks
 * This function instructs the Actions runner to mask the specified value in any
 * logs produced during the workflow run. Once registered, the secret value will
 * be replaced with asterisks (***) whenever it appears in console output, logs,
 * or error messages.
 *
 * This is useful for protecting sensitive information such as:
 * - API keys
 * - Access tokens
 * - Authentication credentials
 * - URL parameters containing signatures (SAS tokens)
 *
 * Note that masking only affects future logs; any previous appearances of the
 * secret in logs before calling this function will remain unmasked.
 *
 * @example
 * ```typescript
 * // Register an API token as a secret
 * const apiToken = "abc123xyz456";
 * setSecret(apiToken);
 *
 * // Now any logs containing this value will show *** instead
 * console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
 * ```
 */
function setSecret(secret) {
    issueCommand('add-mask', {}, secret);
}
/**
 * Prepends inputPath to the PATH (for this action and future actions)
 * @param inputPath
 */
function addPath(inputPath) {
    const filePath = process.env['GITHUB_PATH'] || '';
    if (filePath) {
        issueFileCommand('PATH', inputPath);
    }
    else {
        issueCommand('add-path', {}, inputPath);
    }
    process.env['PATH'] = `${inputPath}${external_path_namespaceObject.delimiter}${process.env['PATH']}`;
}
/**
 * Gets the value of an input.
 * Unless trimWhitespace is set to false in InputOptions, the value is also trimmed.
 * Returns an empty string if the value is not defined.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string
 */
function getInput(name, options) {
    const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
    if (options && options.required && !val) {
        throw new Error(`Input required and not supplied: ${name}`);
    }
    if (options && options.trimWhitespace === false) {
        return val;
    }
    return val.trim();
}
/**
 * Gets the values of an multiline input.  Each value is also trimmed.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string[]
 *
 */
function getMultilineInput(name, options) {
    const inputs = getInput(name, options)
        .split('\n')
        .filter(x => x !== '');
    if (options && options.trimWhitespace === false) {
        return inputs;
    }
    return inputs.map(input => input.trim());
}
/**
 * Gets the input value of the boolean type in the YAML 1.2 "core schema" specification.
 * Support boolean input list: `true | True | TRUE | false | False | FALSE` .
 * The return value is also in boolean type.
 * ref: https://yaml.org/spec/1.2/spec.html#id2804923
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   boolean
 */
function getBooleanInput(name, options) {
    const trueValue = ['true', 'True', 'TRUE'];
    const falseValue = ['false', 'False', 'FALSE'];
    const val = getInput(name, options);
    if (trueValue.includes(val))
        return true;
    if (falseValue.includes(val))
        return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
        `Support boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}
/**
 * Sets the value of an output.
 *
 * @param     name     name of the output to set
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function setOutput(name, value) {
    const filePath = process.env['GITHUB_OUTPUT'] || '';
    if (filePath) {
        return issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
    }
    process.stdout.write(external_os_namespaceObject.EOL);
    issueCommand('set-output', { name }, toCommandValue(value));
}
/**
 * Enables or disables the echoing of commands into stdout for the rest of the step.
 * Echoing is disabled by default if ACTIONS_STEP_DEBUG is not set.
 *
 */
function setCommandEcho(enabled) {
    issue('echo', enabled ? 'on' : 'off');
}
//-----------------------------------------------------------------------
// Results
//-----------------------------------------------------------------------
/**
 * Sets the action status to failed.
 * When the action exits it will be with an exit code of 1
 * @param message add error issue message
 */
function setFailed(message) {
    process.exitCode = ExitCode.Failure;
    error(message);
}
//-----------------------------------------------------------------------
// Logging Commands
//-----------------------------------------------------------------------
/**
 * Gets whether Actions Step Debug is on or not
 */
function isDebug() {
    return process.env['RUNNER_DEBUG'] === '1';
}
/**
 * Writes debug message to user log
 * @param message debug message
 */
function debug(message) {
    issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    issueCommand('error', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    issueCommand('warning', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a notice issue
 * @param message notice issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function notice(message, properties = {}) {
    issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Writes info to log with console.log.
 * @param message info message
 */
function info(message) {
    process.stdout.write(message + external_os_namespaceObject.EOL);
}
/**
 * Begin an output group.
 *
 * Output until the next `groupEnd` will be foldable in this group
 *
 * @param name The name of the output group
 */
function startGroup(name) {
    issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    issue('endgroup');
}
/**
 * Wrap an asynchronous function call in a group.
 *
 * Returns the same type as the function itself.
 *
 * @param name The name of the group
 * @param fn The function to wrap in the group
 */
function group(name, fn) {
    return core_awaiter(this, void 0, void 0, function* () {
        startGroup(name);
        let result;
        try {
            result = yield fn();
        }
        finally {
            endGroup();
        }
        return result;
    });
}
//-----------------------------------------------------------------------
// Wrapper action state
//-----------------------------------------------------------------------
/**
 * Saves state for current action, the state can only be retrieved by this action's post job execution.
 *
 * @param     name     name of the state to store
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function saveState(name, value) {
    const filePath = process.env['GITHUB_STATE'] || '';
    if (filePath) {
        return issueFileCommand('STATE', prepareKeyValueMessage(name, value));
    }
    issueCommand('save-state', { name }, toCommandValue(value));
}
/**
 * Gets the value of an state set by this action's main execution.
 *
 * @param     name     name of the state to get
 * @returns   string
 */
function getState(name) {
    return process.env[`STATE_${name}`] || '';
}
function getIDToken(aud) {
    return core_awaiter(this, void 0, void 0, function* () {
        return yield OidcClient.getIDToken(aud);
    });
}
/**
 * Summary exports
 */

/**
 * @deprecated use core.summary
 */

/**
 * Path exports
 */

/**
 * Platform utilities exports
 */


// EXTERNAL MODULE: ../../build/core/text.js
var core_text = __nccwpck_require__(15);

/** Nobody reads longer text, and it would overflow the stack of the pattern below; in UTF-16 units. */
const maxLength = 1_000_000;
/** The shortest secret that counts as exposed; tokens of Cloudflare and GitHub have 37 characters and more. */
const minExposedLength = 20;
/** Removes secrets from text for people. */
class Redaction {
    /** The longest first, since one form may contain another. */
    #forms = [];
    #tokens = new Set();
    /** Adds a secret in the forms in which plain text, JSON, a URL or Base64 would contain it. */
    add(secret) {
        if (secret.trim() === '')
            return;
        // Text from a service is put on one line as it enters the action, and with it a secret that it contains.
        const forms = [secret, secret.trim(), (0, core_text/* oneLine */.TN)(secret)]
            .filter(Boolean)
            .flatMap((value) => [
            value,
            JSON.stringify(value).slice(1, -1),
            encodeURIComponent(value.toWellFormed()),
            Buffer.from(value).toString('base64'),
        ]);
        this.#forms = [...new Set([...this.#forms, ...forms])].toSorted((a, b) => b.length - a.length);
    }
    /** Whether a fact contains a secret, as plain text or as a URL would. Shorter secrets may be in it by chance. */
    exposes(fact) {
        const texts = [fact, percentDecoded(fact)];
        const forms = this.#forms.filter(({ length }) => length >= minExposedLength);
        return forms.some((form) => texts.some((text) => text.includes(form)));
    }
    /** Adds the token of a signed URL, which is shortened from now on even if it does not look like one. */
    addToken(token) {
        if (shortenTokens(token) === token)
            this.#tokens.add(token);
    }
    /** The text with `***` in place of every secret, and with the tokens of signed URLs shortened. */
    redact = (text) => {
        if (text.length > maxLength)
            return `(${(0, core_text/* count */.U9)(text.length, 'character')})`;
        const withoutSecrets = this.#forms.reduce((rest, form) => rest.replaceAll(form, '***'), text);
        return [...this.#tokens].reduce((rest, token) => rest.replaceAll(token, shortened(token)), shortenTokens(withoutSecrets));
    };
}
/**
 * Shortens the token of every signed URL. Such a token is no secret of the account, and outputs contain it whole, but a
 * log can be read by people who should not have the file.
 */
function shortenTokens(text) {
    return text.replace(signedToken, shortened);
}
/** The text with each `%XX` of an ASCII character decoded. */
function percentDecoded(text) {
    return text.replace(/%([2-7][\da-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
function shortened(token) {
    return `${token.slice(0, 5)}\u2026`;
}
/** A JWT, even a truncated one, or anything too long for an ID in the place of the video's ID in a URL. */
const signedToken = /(?:(?<![\w-])|(?<=%[\dA-F]{2}))eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=\/)[\w.~-]{65,}(?=\/downloads\/)/g;






/** The runner that started this process. */
function actionsRunner(env = process.env, toolkit = core_namespaceObject) {
    const redaction = new Redaction();
    const redact = (text) => withoutCommands(redaction.redact(text));
    const requireOutputs = () => {
        // `@actions/core` would print the outputs, and with them signed URLs, to the log instead.
        if (!env['GITHUB_OUTPUT']?.trim())
            throw new Error('the environment variable GITHUB_OUTPUT is empty');
    };
    return {
        env,
        input: (name) => toolkit.getInput(name),
        mask(secret) {
            if (secret.trim() === '')
                return;
            redaction.add(secret);
            toolkit.setSecret(secret);
        },
        shortenToken: (token) => redaction.addToken(token),
        exposes: (fact) => redaction.exposes(fact),
        redact,
        info: (line) => toolkit.info(redact(line)),
        debug(line) {
            if (toolkit.isDebug())
                toolkit.debug(redact(line));
        },
        warning: (message, title) => toolkit.warning(redact(message), { title }),
        error: (message, title) => toolkit.error(redact(message), { title }),
        startGroup: (title) => toolkit.startGroup(redact(title)),
        endGroup: () => toolkit.endGroup(),
        requireOutputs,
        resultsFile(value) {
            const path = (0, external_node_path_.resolve)(env['RUNNER_TEMP'] || (0, external_node_os_.tmpdir)(), `stream-downloads-${(0, external_node_crypto_.randomUUID)()}.json`);
            // It may contain signed URLs, which other users of this machine must not read.
            (0, external_node_fs_.writeFileSync)(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
            return path;
        },
        output(name, value) {
            requireOutputs();
            toolkit.setOutput(name, typeof value === 'string' ? value : JSON.stringify(value));
        },
    };
}
/**
 * Keeps text from being a command: `::name::` at the start of a line, `##[name]` anywhere. The runner also trims U+0085
 * there, which is no white space in JavaScript.
 */
function withoutCommands(text) {
    return text.replaceAll('##[', '## [').replace(/^([\s\u0085]*)::/gm, '$1: :');
}


/***/ }),

/***/ 214:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   w: () => (/* binding */ cancellationSignal)
/* harmony export */ });
/** How a runner cancels a step; the last one is Ctrl-Break on Windows. */
const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'];
/** Aborted, with the name of the system's signal as the reason, as soon as the process receives one. */
function cancellationSignal() {
    const cancelled = new AbortController();
    for (const signal of signals)
        process.on(signal, () => cancelled.abort(signal));
    return cancelled.signal;
}


/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	};
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}));
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop));
/******/ })();
/******/ 
/******/ /* webpack/runtime/make namespace object */
/******/ (() => {
/******/ 	// define __esModule on exports
/******/ 	__nccwpck_require__.r = (exports) => {
/******/ 		if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 			Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 		}
/******/ 		Object.defineProperty(exports, '__esModule', { value: true });
/******/ 	};
/******/ })();
/******/ 
/************************************************************************/
/******/ 
/******/ // startup
/******/ // Load entry module and return exports
/******/ // This entry module used 'module' so it can't be inlined
/******/ var __webpack_exports__ = __nccwpck_require__(660);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/
