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

/***/ 168:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  m: () => (/* binding */ systemClock)
});
const promises_namespaceObject = createRequire(import.meta.url)("node:timers/promises");

/** The machine's own time. */
const systemClock = {
    now: () => performance.now(),
    epochMs: () => Date.now(),
    async sleep(ms, signal) {
        try {
            await (0,promises_namespaceObject.setTimeout)(ms, undefined, { signal });
        }
        catch {
            throw signal.reason;
        }
    },
};


/***/ }),

/***/ 660:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var _core_clock_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(168);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(868);
/* harmony import */ var _runner_interrupt_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(432);
/* harmony import */ var _runner_runner_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(731);




// Who closes the log must not keep the outputs from being written.
process.stdout.on('error', () => { });
process.exitCode = await (0,_run_js__WEBPACK_IMPORTED_MODULE_1__/* .run */ .e)({
    runner: (0,_runner_runner_js__WEBPACK_IMPORTED_MODULE_2__/* .actionsRunner */ .A)(),
    clock: _core_clock_js__WEBPACK_IMPORTED_MODULE_0__/* .systemClock */ .m,
    random: Math.random,
    fetch: globalThis.fetch,
    interrupt: (0,_runner_interrupt_js__WEBPACK_IMPORTED_MODULE_3__/* .interruptSignal */ .C)(),
    // GitHub's log keeps every line.
    terminal: process.stdout.isTTY && !process.env['GITHUB_ACTIONS'] ? process.stdout : undefined,
});
// A look-up of a host's name cannot be aborted, and would hold a cancelled step for as long as it takes.
setTimeout(() => process.exit(), 300).unref();

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 868:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e: () => (/* binding */ run)
});
/** Control, format (bidi included), line and paragraph separators, surrogates: nothing that a log line may hold. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;
/**
 * Makes foreign text fit into one line of a log: unprintable characters become spaces, long text is cut.
 *
 * @param maxLength in UTF-16 units, the ellipsis included
 */
function oneLine(text, maxLength = 300) {
    const line = text.replace(unprintable, ' ').replace(/\s+/g, ' ').trim();
    if (line.length <= maxLength)
        return line;
    // A character that the cut goes through is dropped whole.
    const start = line.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '');
    return `${start.trimEnd()}\u2026`;
}
/** A value that somebody typed, as a message shows it. */
function quote(text) {
    return JSON.stringify(oneLine(text, 80));
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
/** `, about 2 min left`, in whole seconds; empty where nobody knows. */
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
/** `1 video`, `3 videos`. */
function count(amount, noun) {
    return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
/** The text with a full stop, unless it ends as a sentence does. */
function sentence(text) {
    return /[.?!]$/.test(text) ? text : `${text}.`;
}

/**
 * Every way to fail, and what a person who never read Cloudflare's documentation can do about it. Messages are
 * made from this table.
 */
const failures = {
    'bad-input': {
        title: 'An input is wrong',
        advice: 'Correct the inputs of this step; nothing was requested.',
    },
    'token-invalid': {
        title: 'The credentials are not valid',
        advice: 'Make an API token in the Cloudflare dashboard (My Profile \u2192 API Tokens \u2192 Create Token \u2192 Custom token, permission "Account \u00b7 Stream \u00b7 Edit"), store it as a repository secret and pass it as `api-token`. An expired or deleted token, a secret with a typing error, or a token without permission for Stream or for this account gives this answer too.',
    },
    'token-permission': {
        title: 'The token lacks a permission',
        advice: 'Give the token the permission "Account \u00b7 Stream \u00b7 Edit" for this account (Cloudflare dashboard \u2192 My Profile \u2192 API Tokens \u2192 Edit); "Stream \u00b7 Read" is enough for `list` of public videos alone.',
    },
    'account-wrong': {
        title: 'The account is wrong, or not open to the token',
        advice: 'Compare `account-id` with the 32 characters shown in the Cloudflare dashboard under Stream (or in its address, dash.cloudflare.com/ACCOUNT_ID), and check that the token covers this account. A `video-id` that Cloudflare cannot read gives the same answer.',
    },
    'video-not-found': {
        title: 'The account has no such video',
        advice: 'Check `video-id` (the `uid` that the upload answered) and that the video belongs to `account-id`, not to another account. A deleted video gives this answer too.',
    },
    'not-ready': {
        title: 'The video is still being processed',
        advice: 'Set `wait: true` to wait until Cloudflare has processed it, or run this step later.',
    },
    'still-live': {
        title: 'The video is still being broadcast',
        advice: 'A download can be made once the broadcast has ended and its recording is processed. Set `wait: true` to wait for that.',
    },
    'encode-failed': {
        title: 'Cloudflare could not encode the video',
        advice: 'This is final for this video: mend the source and upload it again.',
    },
    'too-long': {
        title: 'The recording is too long for a download',
        advice: 'Cloudflare makes no downloads of recordings over 4 hours. Clip the video into shorter ones (Stream \u2192 the video \u2192 Clip, or the API\'s "clip" call) and make downloads of those.',
    },
    'create-refused': {
        title: 'Cloudflare refused to create the download',
        advice: 'The video itself is ready, so this is for Cloudflare to explain: look at the video in the dashboard, try again later, and give the Ray id to Cloudflare support if it stays.',
    },
    'download-error': {
        title: 'The download is in status error',
        advice: 'It stays so until it is deleted: run this action once with `operation: delete`, then with `operation: create`.',
    },
    'download-vanished': {
        title: 'The download vanished while it was being generated',
        advice: 'Somebody or something else deleted it, or Cloudflare lost it. Check that no other job deletes downloads of this video, and run this step again.',
    },
    'request-refused': {
        title: 'Cloudflare refused the request',
        advice: 'What Cloudflare said tells what to mend; give the Ray id to Cloudflare support if it does not.',
    },
    'rate-limited': {
        title: 'Too many requests',
        advice: 'Cloudflare allows 1,200 API requests in 5 minutes per user, all tokens and the dashboard together. Run fewer jobs at once, lower `concurrency`, or set a longer `poll-interval`.',
    },
    'server-error': {
        title: 'Cloudflare answered with a fault of its own',
        advice: 'Look at cloudflarestatus.com and run this step again later.',
    },
    blocked: {
        title: 'A firewall blocked the request',
        advice: "Cloudflare's firewall, or one between, refuses this machine's address; behind a proxy that may be the proxy itself. Run the job on another runner, or let your network's administrator allow api.cloudflare.com; give the Ray id to Cloudflare support.",
    },
    unreachable: {
        title: 'The API could not be reached',
        advice: 'Check `api-url`, and that this runner may reach it: DNS, firewall, and the proxy where one is named. If the network is down, run this step again later.',
    },
    proxy: {
        title: 'The proxy does not let the request through',
        advice: 'Where it asks for a user and a password, write them into its address, percent-encoded and from a secret: `https_proxy: http://USER:PASSWORD@HOST:PORT` in the environment. Where it refuses, let its administrator allow this host, or name the host in `no_proxy` if the runner may reach it without a proxy.',
    },
    'proxy-malformed': {
        title: 'The address of a proxy is malformed',
        advice: "Write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with user and password percent-encoded. The variable comes from `env` in the workflow, from the runner's environment or from its file `.env`; remove it if there is no proxy. Nothing was requested.",
    },
    certificate: {
        title: 'A certificate is not trusted',
        advice: 'Where a gateway or proxy with a certificate authority of its own is between, give its certificate to Node: set the environment variable NODE_EXTRA_CA_CERTS to the path of the PEM file.',
    },
    'not-json': {
        title: 'The answer is not the API\u2019s',
        advice: 'Something else answers at `api-url`: a captive portal, a proxy, another web server. Check `api-url`; left out, it is https://api.cloudflare.com/client/v4.',
    },
    'unknown-answer': {
        title: 'Cloudflare answered what this version does not know',
        advice: 'Use a newer version of this action; if there is none, report this with the log of a run with debug logging.',
    },
    'wrong-address': {
        title: 'There is no Cloudflare API at this address',
        advice: 'Check `api-url`; its path must be the part before `/accounts/\u2026`, for Cloudflare itself `/client/v4`. Left out, it is https://api.cloudflare.com/client/v4.',
    },
    redirected: {
        title: 'The API redirected the request',
        advice: 'Redirects are not followed, since they could carry the credentials to another host. If the target is right, set `api-url` to it.',
    },
    'no-download': {
        title: 'There is no download to save',
        advice: 'Make it first: `operation: create` with otherwise the same inputs creates it, waits for it and goes on.',
    },
    'private-video': {
        title: 'The delivery host refused an unsigned URL',
        advice: 'If the video is private (it requires signed URLs), set `signed-url: auto`, or leave it out; the token needs the permission "Account \u00b7 Stream \u00b7 Edit" for that. If it is not, a rule limits who may fetch it: look at the allowed origins of the video, and at firewalls.',
    },
    'delivery-refused': {
        title: 'The delivery host refused the file',
        advice: 'Compare the settings of the video in the Cloudflare dashboard (require signed URLs, allowed origins), and whether a rule of your own or of your network limits who may fetch it. The download itself is ready.',
    },
    'delivery-redirected': {
        title: 'The delivery host redirected the request',
        advice: 'Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL from this machine to see.',
    },
    'delivery-error': {
        title: 'The delivery host answered with a fault of its own',
        advice: 'Look at cloudflarestatus.com and run this step again later. The download itself is ready.',
    },
    'delivery-unreachable': {
        title: 'The delivery host could not be reached',
        advice: 'Check that this runner may reach it: DNS, firewall, and the proxy where one is named. If the network is down, run this step again later: the download is ready and is kept.',
    },
    'file-missing': {
        title: 'The delivery host does not have the file',
        advice: 'The download counts as ready, but its file is not there. If it stays so, run this action once with `operation: delete`, then with `operation: create`.',
    },
    'file-failed': {
        title: 'Cloudflare failed to make the file',
        advice: 'Run this action once with `operation: delete`, then with `operation: create`; if that does not help, upload the video again.',
    },
    'file-incomplete': {
        title: 'The file did not come whole',
        advice: 'Nothing was saved. Run this step again: the download is ready and is kept. If it stays so, something between this runner and Cloudflare cuts connections: a proxy, a firewall, a lack of time.',
    },
    'not-media': {
        title: 'What came is not the file',
        advice: 'Nothing was saved. Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL from this machine to see. Else run this action once with `operation: delete`, then with `operation: create`.',
    },
    'target-taken': {
        title: 'Two files would have the same name',
        advice: 'Put `{id}` into the name of the file in `save-to`, so that each video has a name of its own.',
    },
    'target-outside': {
        title: 'The file would lie outside the workspace',
        advice: 'A symbolic link leads there. Remove the link, or save to a folder that lies in the workspace or in RUNNER_TEMP.',
    },
    'target-unwritable': {
        title: 'The file cannot be written',
        advice: 'Check `save-to`, and that this step may write there. Nothing was left behind.',
    },
    'disk-full': {
        title: 'The disk is full',
        advice: 'Free space before this step (hosted runners have few GB to spare: remove what the job does not need), lower `concurrency`, or save to another disk. Nothing was left behind.',
    },
    'release-not-found': {
        title: 'There is no such release',
        advice: 'Create it in a step before this one, such as `gh release create TAG --draft --verify-tag` with GH_TOKEN set to `${{ github.token }}`. A draft is seen only by a token that may write: give the job `permissions: contents: write`.',
    },
    'release-immutable': {
        title: 'The release is published and immutable',
        advice: 'An immutable release takes no files any more. Attach while it is a draft, then publish it: `gh release edit TAG --draft=false` in a step after this one.',
    },
    'github-token': {
        title: 'GitHub does not accept the token',
        advice: 'Leave `github-token` out, so that it is the token of the job; or set it to a token of this repository that has not expired.',
    },
    'github-permission': {
        title: 'The token may not write to the release',
        advice: 'Give the job the permission, in the workflow: `permissions: contents: write`. In runs for pull requests from forks the token may only read, whatever the workflow says.',
    },
    'github-not-found': {
        title: 'GitHub does not find it',
        advice: 'The release, or the repository, was deleted meanwhile, or the token may not see it: check `github-token` and the permission of the job, `permissions: contents: write`.',
    },
    'github-rate-limited': {
        title: 'Too many requests to GitHub',
        advice: 'The token of a job has 1,000 requests an hour for its repository, all jobs together. Run fewer jobs at once, or run this step again later.',
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
        advice: 'Check that this runner may reach it: DNS, firewall, and the proxy where one is named. If the network is down, run this step again later.',
    },
    'asset-too-large': {
        title: 'The file is too large for a release',
        advice: 'GitHub takes files up to 2 GiB. Save it with `save-to` alone and store it elsewhere, or attach the sound alone (`type: audio`).',
    },
    'time-over': {
        title: 'The time limit was reached',
        advice: 'Set a longer `timeout`, or run this step again: it goes on where Cloudflare is by then, and fetches anew what was not saved whole.',
    },
    cancelled: {
        title: 'The run was cancelled',
        advice: 'Run this step again to pick up what Cloudflare has done by then.',
    },
    'no-outputs': {
        title: 'The outputs could not be written',
        advice: 'The runner names a file for them in GITHUB_OUTPUT, which must exist, and the folder of the results file in RUNNER_TEMP: check that no earlier step changed those variables or deleted what they name, and that the disk is not full.',
    },
    unexpected: {
        title: 'A fault of this action',
        advice: 'Please report this with the log of a run with debug logging.',
    },
};
/** What Cloudflare's codes for a failed encode (`errorReasonCode`) mean. */
const encodeErrors = new Map([
    ['ERR_NON_VIDEO', 'the upload is not a video'],
    ['ERR_DURATION_EXCEED_CONSTRAINT', 'the video is longer than its upload allowed (`maxDurationSeconds`)'],
    ['ERR_FETCH_ORIGIN_ERROR', 'the video could not be fetched from its link'],
    ['ERR_MALFORMED_VIDEO', 'the file is damaged, or its codec or container is not supported'],
    ['ERR_DURATION_TOO_SHORT', 'the video is shorter than 0.1 s'],
    ['ERR_UNKNOWN', 'for a reason that Cloudflare does not know'],
]);
/** A failure that a person is told of: what happened, what Cloudflare said, what to do now. */
class Failure extends Error {
    name = 'Failure';
    kind;
    /** What happened, without a full stop; one line for each thing where there are several. */
    what;
    said;
    constructor(kind, what, { said, cause } = {}) {
        const parts = [sentence(what), failure_quote(said), failures[kind].advice].filter(Boolean);
        super(parts.join(what.includes('\n') ? '\n' : ' '), { cause });
        this.kind = kind;
        this.what = what;
        this.said = said;
    }
    /** The failure itself, or whatever else was thrown as a fault of this action. */
    static from(error) {
        if (error instanceof Failure)
            return error;
        const what = Error.isError(error) ? `${error.name}: ${error.message}` : String(error);
        return new Failure('unexpected', `Something unexpected went wrong: ${oneLine(what)}`, { cause: error });
    }
}
/** A request that failed on its way through a proxy. */
class ProxyError extends Error {
    name = 'ProxyError';
    /** The proxy, as `http://HOST:PORT`. */
    proxy;
    /** The proxy's own answer; undefined where it gave none. */
    status;
    /** Whether the same request may succeed later. */
    passing;
    /**
     * @param host where the request was to go
     * @param options.authorized whether the proxy was given a user or a password
     */
    constructor(proxy, host, { authorized, cause, status }) {
        super(`the proxy ${proxy} ${proxyDid(host, authorized, status)}`, { cause });
        this.proxy = proxy;
        this.status = status;
        this.passing = status === undefined || status >= 500 || status === 429 || status === 408;
    }
}
function proxyDid(host, authorized, status) {
    if (status === undefined)
        return `is not reached, or does not reach ${host}`;
    if (status !== 407)
        return `answered HTTP ${status} instead of letting the request through to ${host}`;
    return authorized
        ? 'does not accept the user and the password that its address holds (HTTP 407)'
        : 'asks for a user and a password (HTTP 407)';
}
/** An error with all that caused it, the deepest cause last; of several at once the first. */
function causes(error) {
    const chain = [];
    for (let next = error; next !== undefined && !chain.includes(next);) {
        chain.push(next);
        next = Error.isError(next) ? (firstOf(next) ?? next.cause) : undefined;
    }
    return chain;
}
/** The first of several errors at once, as of a host that was tried at several addresses. */
function firstOf(error) {
    return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}
function failure_quote(said) {
    if (!said)
        return '';
    const [first] = said.messages;
    const facts = [
        ...(first?.code === undefined ? [] : [`code ${first.code}`]),
        ...(said.httpStatus === undefined ? [] : [`HTTP ${said.httpStatus}`]),
        ...(said.rayId === undefined ? [] : [`Ray id ${said.rayId}`]),
    ].join(', ');
    const words = said.messages.map(({ message }) => `\u201c${oneLine(message)}\u201d`).join(', ');
    if (words)
        return `Cloudflare said: ${words}${facts && ` (${facts})`}.`;
    // Without a Ray id the answer may be somebody else's, such as a proxy's.
    return facts && `${said.rayId === undefined ? 'The answer was' : 'Cloudflare answered'}: ${facts}.`;
}


/**
 * Starts the step's time.
 *
 * @param timeoutMs the longest time for the whole step
 * @param interrupt aborted, with the signal's name as the reason, when the run is cancelled
 */
function startDeadline(timeoutMs, clock, interrupt) {
    const endMs = clock.now() + timeoutMs;
    const disposed = new AbortController();
    const over = new AbortController();
    const cancel = () => over.abort(new Failure('cancelled', `The run was cancelled (${interrupt.reason})`));
    if (interrupt.aborted)
        cancel();
    interrupt.addEventListener('abort', cancel, { once: true, signal: disposed.signal });
    clock.sleep(timeoutMs, disposed.signal).then(() => over.abort(new Failure('time-over', `The time limit of ${formatDuration(timeoutMs)} was reached`)), () => { });
    return {
        signal: over.signal,
        leftMs: () => Math.max(0, endMs - clock.now()),
        [Symbol.dispose]: () => disposed.abort(),
    };
}
/** The types of download that Cloudflare Stream knows: an MP4 and an M4A. */
const downloadTypes = ['default', 'audio'];
/** A record of which nothing is known yet. */
function newRecord(videoId, type) {
    return { videoId, type, status: 'failed', percentComplete: null, url: null };
}

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
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
/* eslint-disable no-control-regex, regexp/no-control-character -- These regexes exist to match control characters, so they cannot avoid them. */

function filenameReservedRegex() {
	return /[\u{0}-\u{1F}"*\/:<>?\\\|]|[ .]$/gv;
}

function windowsReservedNameRegex() {
	return /^(?:con|prn|aux|nul|conin\$|conout\$|com[\d\u00b2\u00b3\u00b9]|lpt[\d\u00b2\u00b3\u00b9]) *(?:\..*)?$/iv;
}


// Doesn't make sense to have longer filenames
const MAX_FILENAME_LENGTH = 100;

const reRelativePath = /^\.+(\\|\/)|^\.+$/;
const reTrailingDotsAndSpaces = /[. ]+$/;
const reTrailingSpaces = / +$/;
const reWindowsReservedName = windowsReservedNameRegex();

// Remove all problematic characters except zero-width joiner (\u200D) needed for emoji
const reControlChars = /[\p{Control}\p{Format}\p{Zl}\p{Zp}\uFFF0-\uFFFF]/gu;
const reControlCharsTest = /[\p{Control}\p{Format}\p{Zl}\p{Zp}\uFFF0-\uFFFF]/u;
const isZeroWidthJoiner = char => char === '\u200D';
const reRepeatedReservedCharacters = /([<>:"/\\|?*\u0000-\u001F]){2,}/g; // eslint-disable-line no-control-regex

// For validating replacement string - only truly reserved characters, not trailing spaces/periods
const reReplacementReservedCharacters = /[<>:"/\\|?*\u0000-\u001F]/; // eslint-disable-line no-control-regex

// Normalize various Unicode whitespace characters to regular space
// Using specific characters instead of \s to avoid matching regular spaces
const reUnicodeWhitespace = /[\t\n\r\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]+/g;

let segmenter;
function getSegmenter() {
	segmenter ??= new Intl.Segmenter(undefined, {granularity: 'grapheme'});
	return segmenter;
}

function truncateFilename(filename, maxLength) {
	if (filename.length <= maxLength) {
		return filename;
	}

	const extensionIndex = filename.lastIndexOf('.');

	// No extension - simple truncation
	if (extensionIndex === -1) {
		return truncateByGraphemeBudget(filename, maxLength);
	}

	// Has extension - preserve it and truncate base
	const base = filename.slice(0, extensionIndex);
	const extension = filename.slice(extensionIndex);
	const baseBudget = Math.max(0, maxLength - extension.length);
	const truncatedBase = truncateByGraphemeBudget(base, baseBudget);

	// Strip trailing spaces from base (not periods - they're not trailing in final filename)
	return truncatedBase.replace(reTrailingSpaces, '') + extension;
}

function ensureNonWindowsReservedName(filename, replacement) {
	if (!reWindowsReservedName.test(filename)) {
		return filename;
	}

	const extensionIndex = filename.indexOf('.');
	const base = extensionIndex === -1 ? filename : filename.slice(0, extensionIndex);
	const baseWithoutTrailingSpaces = base.replace(reTrailingSpaces, '');
	const extension = extensionIndex === -1 ? '' : filename.slice(extensionIndex);
	const candidate = (baseWithoutTrailingSpaces + replacement + extension).replace(reTrailingDotsAndSpaces, '');

	return reWindowsReservedName.test(candidate)
		? baseWithoutTrailingSpaces + '!' + extension
		: candidate;
}

function filenamify(string, options = {}) {
	if (typeof string !== 'string') {
		throw new TypeError('Expected a string');
	}

	const replacement = options.replacement ?? '!';

	const hasReservedChars = reReplacementReservedCharacters.test(replacement);
	const hasControlChars = [...replacement].some(char => reControlCharsTest.test(char) && !isZeroWidthJoiner(char));

	if (hasReservedChars || hasControlChars) {
		throw new Error('Replacement string cannot contain reserved filename characters');
	}

	// Normalize to NFC first to stabilize byte representation and length calculations across platforms.
	string = string.normalize('NFC');

	// Normalize Unicode whitespace to single spaces
	string = string.replaceAll(reUnicodeWhitespace, ' ');

	if (replacement.length > 0) {
		string = string.replaceAll(reRepeatedReservedCharacters, '$1');
	}

	// Trim trailing spaces and periods (Windows rule) - do this BEFORE replacements
	// so they get stripped rather than replaced
	string = string.replace(reTrailingDotsAndSpaces, '');

	string = string.replace(reRelativePath, () => replacement);
	string = string.replace(filenameReservedRegex(), () => replacement);
	string = string.replaceAll(reControlChars, char => isZeroWidthJoiner(char) ? char : replacement);

	// Trim trailing spaces and periods again (in case replacement created new ones)
	string = string.replace(reTrailingDotsAndSpaces, '');

	// If the string is now empty, use replacement with trailing spaces/periods stripped
	if (string.length === 0) {
		string = replacement.replace(reTrailingDotsAndSpaces, '');
		// If still empty and replacement wasn't explicitly empty, use '!' as fallback
		if (string.length === 0 && replacement.length > 0) {
			string = '!';
		}
	}

	// Truncate before Windows reserved name check (truncation can create reserved names)
	const allowedLength = typeof options.maxLength === 'number' ? options.maxLength : MAX_FILENAME_LENGTH;
	string = truncateFilename(string, allowedLength);

	// Strip trailing spaces/periods after truncation (truncation can create them)
	string = string.replace(reTrailingDotsAndSpaces, '');

	// Check for Windows reserved names after truncation and stripping
	// Windows compatibility takes precedence over maxLength, so the result may exceed it
	string = ensureNonWindowsReservedName(string, replacement);

	return string;
}

function truncateByGraphemeBudget(input, budget) {
	if (input.length <= budget) {
		return input;
	}

	let count = 0;
	let output = '';
	for (const {segment} of getSegmenter().segment(input)) {
		const next = count + segment.length;
		if (next > budget) {
			break;
		}

		output += segment;
		count = next;
	}

	return output;
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
	}

	// Bound arrays to avoid retaining large previous sizes
	array.length = firstLength;
	characterCodeCache.length = firstLength;

	return maxDistance !== undefined && result > maxDistance ? maxDistance : result;
}

/**
 * The candidate that somebody who typed `word` most likely meant: the same letters and digits, or few typing
 * errors away.
 *
 * @returns undefined where none is near
 */
function nearMiss(word, candidates) {
    const typed = plain(word);
    return candidates
        .map((candidate) => ({ candidate, distance: leven(typed, plain(candidate)) }))
        .filter(({ candidate, distance }) => distance <= (candidate.length < 6 ? 1 : 2))
        .toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}
function plain(word) {
    return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}
/** The extension of the file of each type, without the dot. */
const extensionOf = { default: 'mp4', audio: 'm4a' };
/** Only these count as extensions: the end of `v1.2` is none. */
const media = /\.(mp4|m4a|m4v|mov|mkv|webm|avi|mp3|wav|aac|flac|ogg|opus|ts|mpg|mpeg|wmv|flv|3gp)$/i;
/**
 * The media extension at the end of a name.
 *
 * @returns in lower case and without the dot; undefined where there is none
 */
function mediaExtension(name) {
    return media.exec(name)?.[1]?.toLowerCase();
}
/** The name without the media extension at its end. */
function withoutMediaExtension(name) {
    return name.replace(media, '');
}




/** The words that stand in braces for something of the video or its download. */
const placeholders = ['id', 'type', 'name', 'ext'];
/** Every `{word}`, whether or not there is a placeholder of that name; other braces are text. */
const inBraces = /\{(\p{L}+)\}/gu;
/** What people call the same thing elsewhere. */
const aliases = new Map([
    ['title', 'name'],
    ['filename', 'name'],
    ['videoid', 'id'],
    ['uid', 'id'],
    ['extension', 'ext'],
    ['format', 'ext'],
]);
/** Whether the template asks for that placeholder. */
function holds(template, placeholder) {
    return template.includes(`{${placeholder}}`);
}
/** Whether the template asks for any placeholder. */
function holdsAny(template) {
    return placeholders.some((placeholder) => holds(template, placeholder));
}
/** The template with each `{word}` replaced, known or not, and each text between them. */
function rewrite(template, word, literal) {
    return template
        .split(inBraces)
        .map((piece, index) => (index % 2 === 1 ? word(piece) : literal(piece)))
        .join('');
}
/** The template without any `{word}`: what was typed literally. */
function literalOf(template) {
    return template.replace(inBraces, '');
}
/** The placeholder that somebody meant who typed this word in braces; undefined where none is near. */
function meantBy(word) {
    return aliases.get(word.toLowerCase()) ?? nearMiss(word, placeholders);
}
/** What is wrong with each `{word}` that is none of the allowed placeholders, each once. */
function placeholderProblems(template, allowed) {
    const words = new Set(Array.from(template.matchAll(inBraces), ([, word = '']) => word));
    const isAllowed = (word) => allowed.some((placeholder) => placeholder === word);
    return [...words]
        .filter((word) => !isAllowed(word))
        .map((word) => {
        const meant = meantBy(word);
        const hint = isAllowed(meant) ? `; did you mean {${meant}}?` : '';
        return `${quote(`{${word}}`)} is none of ${allowed.map((name) => `{${name}}`).join(', ')}${hint}`;
    });
}
/** The values for one download, `name` being the title made fit for its place, or the id. */
function valuesOf({ id, type }, name) {
    return { id, type, name, ext: extensionOf[type] };
}
/** The longest values that there can be, with a name of that length in letters. */
function longestValues(nameLength) {
    const longest = (words) => 'x'.repeat(Math.max(...words.map((word) => word.length)));
    return {
        id: 'x'.repeat(64),
        type: longest(downloadTypes),
        name: 'x'.repeat(nameLength),
        ext: longest(Object.values(extensionOf)),
    };
}
/** The template with its placeholders filled in. What is filled in is never looked at again. */
function fill(template, values) {
    return template.replace(/\{(id|type|name|ext)\}/g, (_, placeholder) => values[placeholder]);
}
/**
 * Fills the placeholders in so that the result fits: where it would not, the name is cut, and nothing else.
 *
 * @param limit in what `lengthOf` measures
 * @param cut makes the name fit into the room given, measured the same way
 */
function fillToFit(template, values, limit, lengthOf, cut) {
    const whole = fill(template, values);
    const places = template.split('{name}').length - 1;
    if (places === 0 || lengthOf(whole) <= limit)
        return whole;
    const room = Math.floor((limit - lengthOf(fill(template, { ...values, name: '' }))) / places);
    return fill(template, { ...values, name: cut(values.name, room) });
}

/** Format characters (bidi included) and what else takes no room; variation selectors and ZWJ belong to emoji. */
const invisible = /[[\p{Cf}\p{Default_Ignorable_Code_Point}]--[\p{Variation_Selector}\u200d]]/gv;
/** A zero-width joiner that does not join two emoji. */
const strayJoiner = /(?<!\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]?)\u200d|\u200d(?!\p{Extended_Pictographic})/gv;
/** Spaces and line ends of every kind, controls, lone surrogates, and code points without an agreed meaning. */
const blank = /[[\p{C}\p{Z}]--\u200d]+/gv;
/** Far more than any name has room for, in UTF-16 units; patterns that look for the end of a name take the square of it. */
const maxRead = 2000;
/**
 * What can be seen of a video's title, on one line. A media extension at its end is left out: Cloudflare takes the
 * name of the uploaded file for a title, and `talk.mov.mp4` is what nobody means.
 */
function visibleTitle(title) {
    const start = title.slice(0, maxRead);
    const line = start.replace(invisible, '').replace(strayJoiner, '').replace(blank, ' ').trim();
    const stem = withoutMediaExtension(line);
    return /\S$/.test(stem) ? stem : line;
}



/** The longest part of a path that Linux, macOS and Windows all take, in bytes of UTF-8. */
const maxPartBytes = 255;
/** The room that every `{name}` has at the least, in bytes: enough for the longest id, which may stand in for it. */
const minNameBytes = 64;
/** The names of Windows' devices, which mean the device with any extension too. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])(?= *(?:\.|$))/i;
/**
 * A video's title as the name of a file without its extension, for every system: visible, in NFC, without separators,
 * and with nothing at its ends that hides a file, looks like an option or is dropped by Windows.
 *
 * @returns of any length; undefined where nothing usable is left
 */
function safeName(title) {
    const name = trimEnds(filenamify(visibleTitle(title ?? ''), { replacement: '-', maxLength: Number.POSITIVE_INFINITY }));
    // A first character that is longer than the room is a letter under a heap of accents.
    return cutToBytes(name, minNameBytes) === '' ? undefined : name;
}
/**
 * One part of a path from its template: as it is where it has no placeholder, or else filled in and safe. The name is
 * cut where it does not fit; without a usable one, the id stands in for it.
 *
 * @param template one without `excessBytes`
 */
function partFor(template, video) {
    if (!holdsAny(template))
        return template;
    const values = valuesOf(video, safeName(video.name) ?? video.id);
    const filled = (limit) => fillToFit(template, values, limit, byteLength, cutToBytes);
    const part = filled(maxPartBytes);
    return isDevice(part) ? notDevice(filled(maxPartBytes - 1)) : part;
}
/**
 * By how many bytes a part of a path can become too long, whatever is filled into its template.
 *
 * @returns 0 where it always fits
 */
function excessBytes(template) {
    const longest = fill(template, longestValues(minNameBytes));
    return Math.max(0, byteLength(holdsAny(template) ? notDevice(longest) : longest) - maxPartBytes);
}
/** Whether Windows takes a name for one of its devices. */
function isDevice(part) {
    return device.test(part);
}
function notDevice(part) {
    return part.replace(device, '$1-');
}
function byteLength(text) {
    return Buffer.byteLength(text, 'utf8');
}
/** The start of a name, as many whole characters as there is room for in bytes. */
function cutToBytes(name, room) {
    if (byteLength(name) <= room)
        return name;
    const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
    let bytes = 0;
    for (const { segment, index } of graphemes.segment(name)) {
        bytes += byteLength(segment);
        if (bytes > room)
            return trimEnds(name.slice(0, index));
    }
    return name;
}
function trimEnds(name) {
    return name.replace(/^[\p{Z}\p{Pd}\p{M}.]+|[\p{Z}\p{Pd}.]+$/gu, '');
}

/**
 * The template of the file of a download that is saved to a folder. Among several videos no two ids share a name: an
 * id with a dash, which none of Cloudflare's has, stands in brackets, or the end of `{name}-{id}` could be another id.
 */
function defaultName(video, severalVideos) {
    const id = severalVideos && video.id.includes('-') ? '({id})' : '{id}';
    if (safeName(video.name) === undefined)
        return `${id}.{ext}`;
    return severalVideos ? `{name}-${id}.{ext}` : '{name}.{ext}';
}

/** Whether a path is that of a folder or of something in it, as far as the two absolute paths tell. */
function liesIn(folder, path, { isAbsolute, relative, sep } = external_node_path_) {
    const way = relative(folder, path);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}







/** Reads where to save to; or says everything that is wrong with it and how to mend it. */
function readDestination(text, context) {
    const { workspace, temp, types, severalVideos, isFolder, path = external_node_path_ } = context;
    if (text === '')
        return { problems: ['it is empty: write a folder, such as downloads/, or a file'] };
    const control = text.search(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
    if (control >= 0) {
        return {
            problems: [
                `${quote(text)} holds a control character (character ${control + 1} of ${text.length}): write one path, on one line`,
            ],
        };
    }
    const problems = [...placeholderProblems(text, placeholders), ...shellProblems(text, path)];
    // Placeholders hold no separators, and what fills them is never `..`: their template resolves as the path will.
    const target = path.resolve(workspace, text);
    const root = [workspace, temp]
        .filter((folder) => folder !== undefined)
        .find((folder) => folder !== '' && liesIn(folder, target, path));
    if (root === undefined) {
        const inTemp = temp ? ', or one in RUNNER_TEMP, such as ${{ runner.temp }}/downloads/' : '';
        problems.push(`${quote(text)} lies outside of the workspace: write a path in it, such as downloads/${inTemp}`);
        return { problems };
    }
    const parts = path.relative(root, target).split(path.sep).filter(Boolean);
    const saysFolder = (path.sep === '\\' ? /(^|[/\\])\.{0,2}$/ : /(^|\/)\.{0,2}$/).test(text);
    const typedFile = saysFolder || parts.length === 0 || (!parts.some(holdsAny) && isFolder(target))
        ? undefined
        : parts.at(-1);
    const folders = typedFile === undefined ? parts : parts.slice(0, -1);
    const file = typedFile === undefined ? undefined : withExtension(typedFile);
    if (typedFile !== undefined)
        problems.push(...fileProblems(text, parts, types, severalVideos));
    for (const folder of folders)
        problems.push(...partProblems(folder, folder, path));
    if (typedFile !== undefined && file !== undefined)
        problems.push(...partProblems(typedFile, file, path));
    return problems.length > 0
        ? { problems }
        : { destination: { root: path.resolve(root), folders, file, severalVideos, path } };
}
/**
 * The absolute path of the file of one download. It depends on nothing but the destination and that download, so it
 * is the same in every run; two videos can share it where `{name}` is all that tells them apart.
 */
function targetOf(destination, video) {
    const { root, folders, path, severalVideos } = destination;
    const file = destination.file ?? defaultName(video, severalVideos);
    return path.join(root, ...[...folders, file].map((template) => partFor(template, video)));
}
/** Whether a file's name can depend on the video's title, so that it has to be looked up. */
function needsName({ folders, file }) {
    return file === undefined || [...folders, file].some((template) => holds(template, 'name'));
}
/** What only a shell, or another system, would understand. */
function shellProblems(text, path) {
    const problems = [];
    const variable = /^~(?=[\\/]|$)|\$\{?\w+\}?|%\w+%/.exec(text)?.[0];
    if (variable !== undefined) {
        problems.push(`${quote(text)} holds ${variable}, which only a shell would fill in: write a path in the workspace, such as downloads/, or use an expression, such as \${{ runner.temp }}/downloads/`);
    }
    if (path.sep === '/' && text.includes('\\')) {
        problems.push(`${quote(text)} holds a backslash, which parts no folders here: write / in its place`);
    }
    return problems;
}
/** The template of a file with an extension: the one that was typed, or else the right one. */
function withExtension(file) {
    return mediaExtension(file) === undefined ? `${stemOf(file)}.{ext}` : file;
}
/** What stands before the extension. An `{ext}` at the end is one, with its dot or without. */
function stemOf(file) {
    return mediaExtension(file) === undefined ? file.replace(/\.?\{ext\}$/, '') : withoutMediaExtension(file);
}
/** What is wrong with a path to a file, in view of all that would be saved to it. */
function fileProblems(text, parts, types, severalVideos) {
    const stem = stemOf(text);
    if (stemOf(parts.at(-1) ?? '') === '') {
        return [
            `${quote(text)} has no name before the extension: write ${quote(`${stem}{name}.{ext}`)}, or ${quote(`${stem || './'}`)} for a folder`,
        ];
    }
    const holdsOne = (...words) => parts.some((part) => words.some((word) => holds(part, word)));
    const typed = mediaExtension(text);
    const wrong = types.filter((type) => typed !== undefined && typed !== extensionOf[type]);
    const needsVideo = severalVideos && !holdsOne('id', 'name');
    const extension = typed === undefined || wrong.length > 0 ? '.{ext}' : text.slice(stem.length);
    const mended = quote(`${stem}${needsVideo ? '-{id}' : ''}${extension}`);
    const problems = [];
    if (needsVideo) {
        problems.push(`${quote(text)} is one file for several videos: put {id} or {name} into it, such as ${mended}`);
    }
    if (wrong.length > 0) {
        const right = wrong.map((type) => `the type ${type} is saved as .${extensionOf[type]}`).join(' and ');
        problems.push(`${quote(text)} ends in .${typed}, but ${right}: end it in .{ext}, such as ${mended}`);
    }
    else if (types.length > 1 && !holdsOne('type', 'ext')) {
        problems.push(`${quote(text)} is one file for several types: put {type} or {ext} into it, such as ${mended}`);
    }
    return problems;
}
/** What is wrong with one part of the path, as it was typed and as the template that came of it. */
function partProblems(typed, template, path) {
    const problems = [];
    const excess = excessBytes(template);
    if (excess > 0) {
        const what = holdsAny(typed) ? 'leaves no room for what is filled in' : 'is too long';
        problems.push(`${quote(typed)} ${what}: shorten it by ${count(excess, 'byte')}, since a name has at most ${count(maxPartBytes, 'byte')}`);
    }
    if (path.sep === '\\' && !holdsAny(template) && (isDevice(template) || /[. ]$/.test(template))) {
        problems.push(`${quote(template)} is no name that Windows can keep: write another`);
    }
    // After a colon, Windows would write into a stream of another file, which nobody would find.
    const foreign = path.sep === '\\' ? /[<>:"|?*]/.exec(literalOf(typed))?.[0] : undefined;
    if (foreign !== undefined) {
        problems.push(`${quote(typed)} holds a ${foreign}, which no name may hold on Windows: leave it out`);
    }
    return problems;
}
const promises_namespaceObject = createRequire(import.meta.url)("node:fs/promises");

/** A request that failed, with what decides whether and when it is worth another attempt. */
class RequestFailure extends Failure {
    /** Whether the same request may succeed later. */
    passing;
    /** How long the host asked to wait (`Retry-After`), in ms. */
    retryAfterMs;
    constructor(kind, what, options = {}) {
        super(kind, what, options);
        this.passing = options.passing ?? false;
        this.retryAfterMs = options.retryAfterMs;
    }
}


/** An attempt to fetch a file that failed. */
class TransferError extends RequestFailure {
}
/** Tells what a fault of the file system means for the file at `path`. */
function diskFailure(path, error) {
    const code = codeOf(error) ?? '';
    const why = reasons[code] ?? (Error.isError(error) ? error.message : String(error));
    const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'target-unwritable';
    return new Failure(kind, `${path} could not be written: ${why}${code && ` (${code})`}`, { cause: error });
}
/** Whether an error of the system is this one. */
function hasCode(error, code) {
    return codeOf(error) === code;
}
function codeOf(error) {
    return Error.isError(error) && 'code' in error ? String(error.code) : undefined;
}
const reasons = {
    EACCES: 'permission denied',
    EDQUOT: 'the quota of the disk is used up',
    EEXIST: 'a file is where its folder would be',
    EFBIG: 'the disk takes no file of this size',
    EISDIR: 'there is a folder of that name',
    ENAMETOOLONG: 'the name is too long for this disk',
    ENOSPC: 'no space is left on the disk',
    ENOTDIR: 'a file is where its folder would be',
    EPERM: 'not permitted',
    EROFS: 'the disk is read-only',
};






/**
 * The folders that files are saved into. They are looked at, made and removed one after the other, so that no file
 * loses its folder to another that failed.
 */
class Folders {
    #destination;
    #made = new Set();
    #inTurn = pLimit(1);
    /** @param destination whose `root` all of them must lie in, also once symbolic links are followed */
    constructor(destination) {
        this.#destination = destination;
    }
    /**
     * Makes the folder of a file where there is none.
     *
     * @param begin makes something in it, which keeps it from being removed
     * @throws {Failure} `target-outside`
     * @throws the system's error
     */
    enter(file, begin) {
        const folder = (0, external_node_path_.dirname)(file);
        return this.#inTurn(async () => {
            await this.#refuseOutside(file);
            try {
                await this.#make(folder);
                return await begin();
            }
            catch (error) {
                await this.#removeMade(folder);
                throw error;
            }
        });
    }
    /** Removes the folder of a file, and those that it lies in, as far as they were made here and are empty. */
    leave(file) {
        return this.#inTurn(() => this.#removeMade((0, external_node_path_.dirname)(file)));
    }
    /** Makes a folder and those that it lies in, one by one, so that it is known which were made where one fails. */
    async #make(folder) {
        try {
            await (0,promises_namespaceObject.mkdir)(folder);
            this.#made.add(folder);
        }
        catch (error) {
            if (hasCode(error, 'EEXIST') && (await (0, promises_namespaceObject.stat)(folder)).isDirectory())
                return;
            if (!hasCode(error, 'ENOENT') || (0, external_node_path_.dirname)(folder) === folder)
                throw error;
            await this.#make((0, external_node_path_.dirname)(folder));
            await this.#make(folder);
        }
    }
    async #removeMade(folder) {
        for (let path = folder; path !== (0, external_node_path_.dirname)(path); path = (0, external_node_path_.dirname)(path)) {
            if (!this.#made.has(path))
                continue;
            try {
                await (0,promises_namespaceObject.rmdir)(path);
            }
            catch {
                return;
            }
            this.#made.delete(path);
        }
    }
    async #refuseOutside(file) {
        const { root } = this.#destination;
        const [real, realRoot] = await Promise.all([realFolder((0, external_node_path_.dirname)(file)), (0, promises_namespaceObject.realpath)(root)]);
        if (real !== undefined && liesIn(realRoot, real))
            return;
        throw new Failure('target-outside', `${file} would lie outside ${root}`);
    }
}
/** Where the part of a folder's path that is there really leads; undefined for a link that leads nowhere. */
async function realFolder(folder) {
    for (let path = folder;; path = (0, external_node_path_.dirname)(path)) {
        try {
            await (0,promises_namespaceObject.lstat)(path);
        }
        catch (error) {
            if (!hasCode(error, 'ENOENT'))
                throw error;
            continue;
        }
        return (0, promises_namespaceObject.realpath)(path).catch(() => undefined);
    }
}
/**
 * What every MP4 and M4A file is made of: boxes, each with its size and type at its beginning, the first of type
 * `ftyp`.
 *
 * @see https://www.iso.org/standard/83102.html (ISO/IEC 14496-12, 4.2)
 */
/** As many of a file's first bytes as tell whether it is an ISO media file. */
const headBytes = 8;
/** Whether these are the first bytes of an ISO media file. */
function isIsoMedia(head) {
    return head.byteLength >= headBytes && boxType(head) === 'ftyp';
}
/**
 * The size in bytes that a file has by its own account, where that is more than it has: it was cut short.
 *
 * @param read reads from a position, at most so many bytes
 */
async function missingSize(sizeBytes, read) {
    for (let position = 0; position < sizeBytes;) {
        const header = await read(position, 16);
        const boxBytes = boxSize(header);
        // What follows the last box is nobody's business; and a box without a size goes to the end of the file.
        if (boxBytes === undefined || !/^[\x20-\x7e]{4}$/.test(boxType(header)))
            return undefined;
        position += boxBytes;
        if (position > sizeBytes)
            return position;
    }
    return undefined;
}
function boxType(header) {
    return Buffer.from(header.subarray(4, 8)).toString('latin1');
}
function boxSize(header) {
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    if (view.byteLength < 8)
        return undefined;
    const size = view.getUint32(0);
    if (size !== 1)
        return size >= 8 ? size : undefined;
    const large = view.byteLength < 16 ? 0 : Number(view.getBigUint64(8));
    return large >= 16 ? large : undefined;
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
var __addDisposableResource = function (env, value, async) {
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
};
var __disposeResources = (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
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
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});





/** How much is written at once, in bytes: enough for few writes, little enough for the memory. */
const batchBytes = 2 * 1024 * 1024;
/** Of how many pieces at most. */
const batchPieces = 1024;
/** How much may be on its way to the disk, in bytes: the rest of it is waited for at the end, where nothing ends it. */
const unsyncedBytes = 64 * 1024 * 1024;
/**
 * A file that is not there yet: a hidden file beside its place, which becomes the file in one step once all of it
 * has come. What is in the file's place stays as it is until then.
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
    #finished = false;
    constructor(target, path, handle, folders) {
        this.#target = target;
        this.#path = path;
        this.#handle = handle;
        this.#folders = folders;
    }
    /**
     * Begins a file; folders that it lies in are made.
     *
     * @param target its absolute path
     * @throws {Failure} `target-outside`, `target-unwritable`, `disk-full`
     */
    static async begin(target, folders) {
        const path = (0, external_node_path_.join)((0, external_node_path_.dirname)(target), `.${(0, external_node_crypto_.randomBytes)(8).toString('hex')}.partial`);
        try {
            const handle = await folders.enter(target, async () => {
                await refuseFolder(target);
                return (0,promises_namespaceObject.open)(path, 'wx+');
            });
            return new PartialFile(target, path, handle, folders);
        }
        catch (error) {
            throw error instanceof Failure ? error : diskFailure(target, error);
        }
    }
    /** How many bytes came so far. */
    get sizeBytes() {
        return this.#writtenBytes + this.#batchedBytes;
    }
    /**
     * Adds bytes at the end. It resolves once there is room for more; the memory of `bytes` may be gone then.
     *
     * @throws {Failure} `disk-full`, `target-unwritable`
     */
    async add(bytes) {
        this.#batch.push(bytes);
        this.#batchedBytes += bytes.byteLength;
        if (this.#batchedBytes >= batchBytes || this.#batch.length >= batchPieces)
            await this.#flush();
    }
    /** Takes back all that came. */
    async restart() {
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
    /** The bytes from `position` on, at most `length`. */
    async read(position, length) {
        await this.#settle();
        const { buffer, bytesRead } = await this.#disk(() => this.#handle.read(Buffer.alloc(length), 0, length, position));
        return buffer.subarray(0, bytesRead);
    }
    /**
     * Puts the file into its place, once it is safely on the disk.
     *
     * @returns its SHA-256 in hex
     */
    async finish() {
        await this.#settle();
        await this.#disk(async () => {
            await this.#handle.sync();
            await this.#handle.close();
            await (0, promises_namespaceObject.rename)(this.#path, this.#target);
            this.#finished = true;
            await syncFolder((0, external_node_path_.dirname)(this.#target));
        });
        return this.#hash.digest('hex');
    }
    /** Leaves nothing behind, unless the file was finished. */
    async [Symbol.asyncDispose]() {
        if (this.#finished)
            return;
        await this.#writing.catch(() => { });
        await this.#handle.close().catch(() => { });
        await (0, promises_namespaceObject.unlink)(this.#path).catch(() => { });
        await this.#folders.leave(this.#target);
    }
    /** Writes what was batched, and what is still being written before it. */
    async #settle() {
        await this.#flush();
        await this.#disk(() => this.#writing);
    }
    /** One batch is written while the next one comes in and while it is hashed. */
    async #flush() {
        await this.#disk(() => this.#writing);
        const batch = this.#batch;
        const position = this.#writtenBytes;
        this.#writtenBytes += this.#batchedBytes;
        this.#batch = [];
        this.#batchedBytes = 0;
        this.#writing = this.#write(batch, position);
        // Whoever waits for it next is told of its error.
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
            throw diskFailure(this.#target, error);
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
    // A disk that fills up takes a part first.
    const whole = Buffer.concat(batch);
    while (bytesWritten < lengthBytes) {
        bytesWritten += (await handle.write(whole, bytesWritten, undefined, position + bytesWritten))
            .bytesWritten;
    }
}
/** Gives the memory back at once: left to the garbage collector, it would pile up to many times what is needed. */
function free({ buffer, byteLength }) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
        buffer.transfer(0);
}
/** @throws {Failure} `target-unwritable` where there is a folder in the file's place */
async function refuseFolder(target) {
    const found = await (0, promises_namespaceObject.lstat)(target).catch(() => undefined);
    if (found?.isDirectory()) {
        const advice = `write ${(0, external_node_path_.basename)(target)}/ to save into it`;
        throw new Failure('target-unwritable', `${target} could not be written: it is a folder; ${advice}`);
    }
}
/** A new name is safely on the disk only once its folder is; not every system can do that. */
async function syncFolder(folder) {
    try {
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
    catch {
        // The file itself is complete and in its place.
    }
}
/**
 * Ends a request from which nothing comes for a while. All ties between the signals are strong ones: those that fetch
 * makes may be gone by the time they are needed.
 */
class Watch {
    #ended = new AbortController();
    #outer;
    #timer;
    #expecting = true;
    /**
     * @param silenceMs the longest silence; one begins now
     * @param outer ends the transfer with its own reason
     */
    constructor(silenceMs, outer) {
        this.#outer = outer;
        if (outer.aborted)
            this.#end();
        outer.addEventListener('abort', this.#end, { once: true });
        this.#timer = setTimeout(() => {
            if (this.#expecting)
                this.#ended.abort(new DOMException('Nothing came any more', 'TimeoutError'));
        }, silenceMs);
    }
    get signal() {
        return this.#ended.signal;
    }
    /** From now on something is to come. */
    expect() {
        this.#expecting = true;
        this.#timer.refresh();
    }
    /** Nothing is to come for now: it is the disk's turn. */
    rest() {
        this.#expecting = false;
    }
    [Symbol.dispose]() {
        clearTimeout(this.#timer);
        this.#outer.removeEventListener('abort', this.#end);
    }
    #end = () => this.#ended.abort(this.#outer.reason);
}
const firstPauseMs = 500;
const longestPauseMs = 30_000;
/**
 * The pause after a failed attempt: doubling from half a second, and random in its upper half, so that many
 * requests that failed together do not come back together.
 *
 * @param attempt the number of the attempt that failed, from 1
 * @param random from 0 to 1
 * @returns ms
 */
function retryPauseMs(attempt, random) {
    const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
    return ceiling * (0.5 + random / 2);
}
/**
 * Reads `Retry-After`, which is a number of seconds or a date.
 *
 * @param date the answer's own `Date`, against which a date is measured, so that the clocks need not agree
 * @returns ms, or undefined where the header is missing or makes no sense
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function parseRetryAfterMs(retryAfter, date) {
    if (!retryAfter)
        return undefined;
    if (/^\s*\d+\s*$/.test(retryAfter))
        return Math.min(Number(retryAfter) * 1000, Number.MAX_SAFE_INTEGER);
    // Date.parse alone takes almost anything with a number in it for a date.
    const target = / GMT\s*$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
    if (Number.isNaN(target))
        return undefined;
    const sent = date === null ? Number.NaN : Date.parse(date);
    return Math.max(0, target - (Number.isNaN(sent) ? Date.now() : sent));
}
/**
 * How an answer goes on with a file that came in part.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */
/** The version of a file that a whole or partial answer is of. */
function versionOf(headers) {
    const range = contentRange(headers.get('content-range'));
    return {
        validator: validatorOf(headers),
        totalBytes: range ? range.totalBytes : wholeNumber(headers.get('content-length')),
    };
}
/** A strong entity tag; or, where there is no tag at all, a date so old that no other version can share it. */
function validatorOf(headers) {
    const etag = headers.get('etag');
    if (etag)
        return etag.startsWith('W/') ? undefined : etag;
    const modified = headers.get('last-modified');
    const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(modified ?? '');
    return modified !== null && ageMs >= 1000 ? modified : undefined;
}
/** The headers that ask for the rest of a file; those that ask for all of it where the rest cannot be asked for. */
function rangeHeaders(haveBytes, version) {
    if (haveBytes === 0 || version?.validator === undefined)
        return {};
    return { Range: `bytes=${haveBytes}-`, 'If-Range': version.validator };
}
/**
 * Whether a partial answer (206) is the next part of the file: it begins where the file ends so far, and is of the
 * same version.
 */
function continues(headers, haveBytes, version) {
    const range = contentRange(headers.get('content-range'));
    if (range?.startByte !== haveBytes)
        return false;
    const { totalBytes } = versionOf(headers);
    const sameSize = [totalBytes, undefined].includes(version?.totalBytes) || totalBytes === undefined;
    const validators = [headers.get('etag'), headers.get('last-modified')];
    // What is joined on must say of itself what it was asked for.
    return sameSize && (haveBytes === 0 || validators.includes(version?.validator ?? ''));
}
/** The size in bytes that an answer "range not satisfiable" (416) tells of the whole file. */
function sizeOfUnsatisfied(headers) {
    const [, size = null] = /^\s*bytes\s+\*\/(\d+)\s*$/i.exec(headers.get('content-range') ?? '') ?? [];
    return wholeNumber(size);
}
function contentRange(header) {
    const [, start = null, end = null, total = null] = /^\s*bytes\s+(\d+)-(\d+)\/(\d+|\*)\s*$/i.exec(header ?? '') ?? [];
    const startByte = wholeNumber(start);
    const endByte = wholeNumber(end);
    const totalBytes = wholeNumber(total);
    if (startByte === undefined || endByte === undefined || endByte < startByte)
        return undefined;
    return totalBytes !== undefined && totalBytes <= endByte ? undefined : { startByte, totalBytes };
}
function wholeNumber(text) {
    const value = text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
    return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Reads the body as text.
 *
 * @param maxBytes where to end early, about
 * @throws the signal's reason as soon as it is aborted, however silent the server is
 */
async function readText(response, signal, maxBytes = Number.POSITIVE_INFINITY) {
    const reader = response.body?.getReader();
    if (!reader)
        return '';
    const cancel = () => void reader.cancel(signal.reason).catch(() => { });
    signal.throwIfAborted();
    signal.addEventListener('abort', cancel, { once: true });
    try {
        const decoder = new TextDecoder();
        let text = '';
        let readBytes = 0;
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
            text += decoder.decode(part.value, { stream: true });
            readBytes += part.value.byteLength;
            if (readBytes >= maxBytes)
                cancel();
        }
        signal.throwIfAborted();
        return text + decoder.decode();
    }
    finally {
        signal.removeEventListener('abort', cancel);
    }
}
/**
 * What a body is that was not expected, as a message shows it. Secrets are cut before the text is, so that no half of
 * one stays.
 *
 * @param cut cuts secrets out of a text
 */
function quoteBody(headers, text, cut) {
    const type = headers.get('content-type')?.split(';')[0] ?? 'no content type';
    return text.trim() === '' ? `an empty body (${type})` : `${type}: \u201c${oneLine(cut(text), 200)}\u201d`;
}


/**
 * Tells what the error of a request means.
 *
 * @param host where the request was to go
 * @param late what to say where the request took too long, as in "HOST LATE"
 */
function networkFault(host, error, late) {
    const chain = causes(error);
    const code = chain.map(errorCode).find((found) => found !== undefined);
    const deepest = chain.at(-1);
    // OpenSSL's own words name its source files.
    const words = code?.startsWith('ERR_SSL_')
        ? 'what answers there does not speak TLS as it should; is it an http: address?'
        : oneLine(Error.isError(deepest) ? deepest.message : String(deepest));
    const proxied = chain.find((cause) => cause instanceof ProxyError);
    const way = proxied ? ` through the proxy ${proxied.proxy}` : '';
    if (proxied && !proxied.passing)
        return { kind: 'proxy', what: proxied.message, passing: false };
    if (chain.some((cause) => Error.isError(cause) && cause.name === 'TimeoutError')) {
        return { kind: 'unreachable', what: `${host} ${late}${way}`, passing: true };
    }
    if (code && untrusted.test(code)) {
        const what = `the certificate of ${host}${way} is not trusted (${code})`;
        return { kind: 'certificate', what, passing: false };
    }
    const reason = proxied?.status
        ? `the proxy answered HTTP ${proxied.status}`
        : [code, words].filter(Boolean).join(': ');
    // Fetch itself refuses the ports of other protocols.
    const passing = words !== 'bad port';
    return { kind: 'unreachable', what: `no answer from ${host}${way} (${reason})`, passing };
}
/** OpenSSL's and Node's codes for a certificate that fails verification. */
const untrusted = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;
function errorCode(error) {
    return Error.isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
/** Where an answer redirects to, without user and query, which may hold what is nobody's business. */
function redirectTarget({ headers }, base) {
    const location = headers.get('location') ?? '';
    const url = location === '' ? null : URL.parse(location, base || undefined);
    if (!url)
        return location || 'nowhere';
    return url.host ? `${url.protocol}//${url.host}${url.pathname}` : url.protocol;
}
/** The version of this action, as in `package.json`; sent as part of the `User-Agent`. */
const version = '1.0.0';







const maxRedirects = 5;
/** As much of a page as is read to show its beginning, in bytes. */
const quotedBytes = 4096;
/**
 * Asks the delivery host for a file. Redirects are followed here, so that each is looked at first. No request holds
 * credentials.
 *
 * @throws {TransferError} `delivery-redirected` for a redirect that must not be followed
 * @throws the error of `fetch`
 */
async function request(address, headers, signal, { cut, debug, fetch }) {
    let url = new URL(address);
    for (let redirects = 0;; redirects++) {
        const response = await fetch(url, {
            headers: {
                ...headers,
                // Fetch itself adds it to a request for a part.
                ...(!headers['Range'] && { 'Accept-Encoding': 'identity' }),
                'User-Agent': `stream-downloads/${version}`,
            },
            redirect: 'manual',
            signal,
        });
        debug(`GET ${url.host}${url.pathname} ${headers['Range'] ?? 'whole'} ${response.status}`);
        if (!redirectStatus.has(response.status))
            return response;
        await response.body?.cancel();
        const location = response.headers.get('location');
        const next = location === null ? null : URL.parse(location, url.href);
        const target = oneLine(cut(redirectTarget(response, url.href)));
        const refuse = (why) => new TransferError('delivery-redirected', `${url.host} redirects to ${target}, ${why}`, {
            said: saidOf(response),
        });
        if (redirects === maxRedirects)
            throw refuse(`after ${maxRedirects} redirects`);
        if (!next || !/^https?:$/.test(next.protocol))
            throw refuse('which is no http(s) address');
        if (next.username || next.password)
            throw refuse('an address with a user in it');
        if (url.protocol === 'https:' && next.protocol === 'http:')
            throw refuse('which is not encrypted');
        url = next;
    }
}
const redirectStatus = new Set([301, 302, 303, 307, 308]);
/** What an answer is that is neither the file nor a part of it. */
async function refusal(response, signal, cut) {
    const { headers, status } = response;
    const shown = quoteBody(headers, await readText(response, signal, quotedBytes), cut);
    const [kind, why, passing] = meaning(status);
    return new TransferError(kind, `${why} with ${shown}`, {
        said: saidOf(response),
        passing,
        retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
    });
}
function meaning(status) {
    if (status >= 500 || status === 429 || status === 408) {
        return ['delivery-error', 'the delivery host answered', true];
    }
    switch (status) {
        case 200:
        case 206:
            return ['not-media', 'the delivery host answered, not with the file but', true];
        case 404:
        case 410:
            return ['file-missing', 'the delivery host does not have it and answered', false];
        case 407:
            return ['proxy', 'a proxy answered HTTP 407', false];
        case 424:
            return ['file-failed', 'Cloudflare failed to make it, and the delivery host answered', false];
        default:
            return ['delivery-refused', 'the delivery host refused', false];
    }
}
/** What an error says that came in place of an answer, or of the rest of one. */
function brokenOff(host, error, late) {
    const { kind, passing, what } = networkFault(host, error, late);
    return new TransferError(kind === 'unreachable' ? 'delivery-unreachable' : kind, what, {
        cause: error,
        passing,
    });
}
/** What a person or Cloudflare's support needs of an answer. */
function saidOf({ headers, status }) {
    const rayId = headers.get('cf-ray');
    return { messages: [], httpStatus: status, ...(rayId && { rayId: oneLine(rayId, 64) }) };
}
/** Whether a failure tells that the host refused who asks: a signed URL may have ended. */
function isRefusal(failure) {
    const status = failure.said?.httpStatus;
    return failure.kind === 'delivery-refused' && (status === 401 || status === 403);
}
var transfer_addDisposableResource = function (env, value, async) {
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
};
var transfer_disposeResources = (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
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
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});








/** How many attempts in a row may bring no new byte. */
const maxFruitless = 5;
/** For how long a file that was said to be ready may be missing: readiness may be reported a little early, in ms. */
const earlyMs = 60_000;
/** The longest pause while that lasts, in ms. */
const longestEarlyPauseMs = 10_000;
const mediaTypes = /^(?!text\/|application\/(?:.*\+)?(?:json|xml|javascript)\b)/i;
/** Brings one file here, however often the connection breaks. */
class Transfer {
    #file;
    #source;
    #tools;
    #observer;
    #version;
    /** The file's first bytes, until they were looked at. */
    #head = Buffer.alloc(0);
    /** Whether the host hands out the rest of a file as it should. */
    #ranges = true;
    #furthestBytes = 0;
    /** Whether what comes is joined on to what came before, so that each byte is new. */
    #joins = false;
    /** Whether a new byte came since an attempt last failed. */
    #gained = false;
    #fruitless = 0;
    /** How often what came was taken back since the furthest byte came. */
    #restarts = 0;
    #early = 0;
    /** Whether another address was asked for since a new byte came last. */
    #renewed = false;
    constructor(file, source, tools, observer) {
        this.#file = file;
        this.#source = source;
        this.#tools = tools;
        this.#observer = observer;
    }
    /** How far it came, in words. */
    get reached() {
        return reached(this.#furthestBytes, this.#version?.totalBytes);
    }
    /**
     * Resolves once all of the file has come.
     *
     * @throws {Failure} when it does not come
     * @throws the signal's reason
     */
    async whole() {
        for (let url = await this.#source.url();;) {
            try {
                return await this.#attempt(url);
            }
            catch (error) {
                this.#tools.signal.throwIfAborted();
                url = await this.#again(error instanceof Failure ? error : this.#cutOff(url, error), url);
            }
        }
    }
    async #attempt(url) {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const { cut, signal, silenceMs } = this.#tools;
            const watch = transfer_addDisposableResource(env_1, new Watch(silenceMs, signal), false);
            const haveBytes = this.#file.sizeBytes;
            const range = this.#ranges ? rangeHeaders(haveBytes, this.#version) : {};
            const response = await request(url, range, watch.signal, this.#tools);
            try {
                watch.expect();
                if (this.#wasWhole(response, haveBytes))
                    return await this.#refuseShort(response);
                if (!(await this.#goesOn(response)))
                    throw await refusal(response, watch.signal, cut);
                await this.#take(response, watch);
            }
            finally {
                await response.body?.cancel().catch(() => { });
            }
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            transfer_disposeResources(env_1);
        }
    }
    /**
     * Whether an answer says that there is no more to come than what is here (416).
     *
     * @throws {TransferError} where that contradicts what was said before
     */
    #wasWhole(response, haveBytes) {
        if (response.status !== 416 || haveBytes === 0)
            return false;
        if (sizeOfUnsatisfied(response.headers) !== haveBytes) {
            this.#ranges = false;
            const what = `the host has nothing from byte ${haveBytes} on, so it is another file by now`;
            throw new TransferError('file-incomplete', what, { passing: true });
        }
        if ((this.#version?.totalBytes ?? haveBytes) === haveBytes)
            return true;
        const what = `the host announced ${this.#announced} but has ${haveBytes}`;
        throw new TransferError('not-media', what, { said: saidOf(response) });
    }
    /** Whether an answer is the file or its next part; what came is taken back where the answer begins anew. */
    async #goesOn({ headers, status }) {
        const haveBytes = this.#file.sizeBytes;
        if (status !== 200 && status !== 206)
            return false;
        const encoding = headers.get('content-encoding') || 'identity';
        if (encoding.toLowerCase() !== 'identity') {
            const name = oneLine(encoding, 40);
            throw new TransferError('not-media', `it came encoded as ${name}, which nobody asked for`);
        }
        if (!mediaTypes.test(headers.get('content-type') ?? ''))
            return false;
        if (status === 206 && continues(headers, haveBytes, this.#version)) {
            const { totalBytes, validator } = versionOf(headers);
            // A part may tell what the first answer did not, and may itself be shorter than was asked for.
            this.#version = {
                validator: this.#version?.validator ?? validator,
                totalBytes: this.#version?.totalBytes ?? totalBytes,
            };
            this.#joins = true;
            return true;
        }
        if (status === 206) {
            this.#ranges = false;
            const part = oneLine(this.#tools.cut(headers.get('content-range') ?? 'none'), 80);
            const what = `the host sent another part than the one from byte ${haveBytes} on (Content-Range: ${part})`;
            throw new TransferError('file-incomplete', what, { passing: true });
        }
        const version = versionOf(headers);
        // Who sends all of the same version again knows no ranges.
        if (haveBytes > 0 && version.validator === this.#version?.validator)
            this.#ranges = false;
        await this.#beginAnew();
        this.#version = version;
        this.#joins = false;
        return true;
    }
    async #beginAnew() {
        if (this.#file.sizeBytes > 0)
            this.#restarts++;
        await this.#file.restart();
        this.#head = Buffer.alloc(0);
    }
    async #take(response, watch) {
        const reader = response.body?.getReader();
        const cancel = () => void reader?.cancel(watch.signal.reason).catch(() => { });
        watch.signal.throwIfAborted();
        watch.signal.addEventListener('abort', cancel, { once: true });
        try {
            watch.expect();
            for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
                watch.rest();
                await this.#add(part.value);
                watch.expect();
            }
            watch.signal.throwIfAborted();
        }
        finally {
            watch.signal.removeEventListener('abort', cancel);
            reader?.releaseLock();
        }
        const { sizeBytes } = this.#file;
        if (this.#version?.totalBytes === undefined && !this.#endsForCertain(response)) {
            // Whether there is more, only another request can tell.
            const what = `the host does not say whether ${formatBytes(sizeBytes)} are all of it`;
            throw new TransferError('file-incomplete', what, { passing: true });
        }
        const totalBytes = this.#version?.totalBytes ?? sizeBytes;
        if (sizeBytes < totalBytes) {
            const what = `the host ended it after ${reached(sizeBytes, totalBytes)}`;
            throw new TransferError('file-incomplete', what, { passing: true });
        }
        if (sizeBytes > totalBytes) {
            const what = `the host announced ${this.#announced} but sent ${sizeBytes}`;
            throw new TransferError('not-media', what, { said: saidOf(response) });
        }
        await this.#refuseShort(response);
    }
    /** Whether the end of an answer of unannounced length is the end of the file, or else cannot be asked for. */
    #endsForCertain({ headers }) {
        const chunked = /\bchunked\b/i.test(headers.get('transfer-encoding') ?? '');
        const canAsk = this.#ranges && this.#version?.validator !== undefined;
        return !canAsk || (chunked && !this.#joins);
    }
    /** @throws {TransferError} where all that came is too short for a file */
    async #refuseShort(response) {
        const { sizeBytes } = this.#file;
        if (sizeBytes >= headBytes)
            return;
        await this.#beginAnew();
        const what = sizeBytes === 0 ? 'it is empty' : `it has no more than ${sizeBytes} bytes`;
        throw new TransferError('not-media', what, { said: saidOf(response), passing: true });
    }
    async #add(bytes) {
        if (this.#head.byteLength < headBytes) {
            this.#head = Buffer.concat([this.#head, bytes.subarray(0, headBytes)]);
            if (this.#head.byteLength >= headBytes && !isIsoMedia(this.#head)) {
                const shown = JSON.stringify(oneLine(this.#head.toString('latin1')));
                await this.#beginAnew();
                this.#version = undefined;
                const what = `it is no MP4 or M4A file, but begins with ${shown}`;
                throw new TransferError('not-media', what, { passing: true });
            }
        }
        await this.#file.add(bytes);
        const { sizeBytes } = this.#file;
        this.#observer.progress(sizeBytes, this.#version?.totalBytes);
        if (sizeBytes > this.#furthestBytes) {
            this.#furthestBytes = sizeBytes;
            this.#restarts = 0;
        }
        else if (!this.#joins || this.#restarts >= maxFruitless)
            return;
        this.#gained = true;
        this.#renewed = false;
    }
    /** Pauses before another attempt, where one is worth it, and tells where to make it. */
    async #again(failed, url) {
        if (isRefusal(failed) && !this.#renewed) {
            this.#renewed = true;
            return this.#source.renew(failed);
        }
        const pauseMs = this.#pauseMs(failed);
        const { clock, leftMs, signal } = this.#tools;
        const pause = formatDuration(pauseMs);
        if (pauseMs >= leftMs())
            throw transfer_final(failed, `the next attempt, in ${pause}, would be past the time limit`);
        this.#observer.tell(`${failed.what}; next attempt in ${pause}`);
        await clock.sleep(pauseMs, signal);
        return url;
    }
    #pauseMs(failed) {
        const { clock, random } = this.#tools;
        const earlyLeftMs = this.#source.readySinceMs + earlyMs - clock.now();
        if (failed.kind === 'file-missing' && earlyLeftMs > 0) {
            return Math.min(retryPauseMs(++this.#early, random()), longestEarlyPauseMs, earlyLeftMs);
        }
        if (!(failed instanceof TransferError) || !failed.passing)
            throw failed;
        this.#fruitless = this.#gained ? 0 : this.#fruitless + 1;
        this.#gained = false;
        if (this.#fruitless >= maxFruitless) {
            throw transfer_final(failed, `the last of ${maxFruitless} attempts in a row without a new byte`);
        }
        return Math.max(failed.retryAfterMs ?? 0, retryPauseMs(this.#fruitless + 1, random()));
    }
    #cutOff(url, error) {
        const { host } = new URL(url);
        const late = `sent nothing for ${formatDuration(this.#tools.silenceMs)}`;
        const failed = brokenOff(host, error, late);
        if (this.#file.sizeBytes === 0)
            return failed;
        const { cause, kind, passing, what } = failed;
        return new TransferError(passing ? 'file-incomplete' : kind, `it was cut off after ${reached(this.#file.sizeBytes, this.#version?.totalBytes)}: ${what}`, { cause, passing });
    }
    get #announced() {
        return `${this.#version?.totalBytes ?? 'no number of'} bytes`;
    }
}
/** `45 MB of 100 MB`. */
function reached(haveBytes, totalBytes) {
    return `${formatBytes(haveBytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`;
}
function transfer_final(failed, why) {
    return new Failure(failed.kind, `${failed.what} (${why})`, { said: failed.said, cause: failed });
}
var saver_addDisposableResource = function (env, value, async) {
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
};
var saver_disposeResources = (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
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
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});









/** Saves the step's files: each right, or not at all. */
class Saver {
    #options;
    #inTransfer;
    #folders;
    /** Whose each target is, by its path as any disk would compare it. */
    #takenBy = new Map();
    constructor(options) {
        this.#options = options;
        this.#folders = new Folders(options.destination);
        this.#inTransfer = pLimit(options.concurrency);
    }
    /** Whether the title of a video is a part of its file's name. */
    get needsName() {
        return needsName(this.#options.destination);
    }
    /**
     * Saves a file as soon as there is a place for its transfer.
     *
     * @throws {Failure} why it is not saved; nothing of it is left behind then
     */
    async save(video, source, { show, tell }) {
        const { destination } = this.#options;
        const target = targetOf(destination, video);
        this.#take(target, video);
        return this.#inTransfer(async () => {
            const env_1 = { stack: [], error: void 0, hasError: false };
            try {
                const { signal } = this.#options;
                if (signal.aborted)
                    throw withState(signal.reason, `the ${video.type} download still waited for its turn`);
                const file = saver_addDisposableResource(env_1, await PartialFile.begin(target, this.#folders), true);
                const shown = saver_addDisposableResource(env_1, show(), false);
                await this.#fetch(file, video, source, { progress: shown.progress, tell });
                const { sizeBytes } = file;
                const saysBytes = await missingSize(sizeBytes, (position, length) => {
                    signal.throwIfAborted();
                    return file.read(position, length);
                });
                if (saysBytes !== undefined) {
                    const what = `by its own account it has ${saysBytes} bytes, but the host announced and sent ${sizeBytes}`;
                    throw new Failure('not-media', couldNot(video, what));
                }
                signal.throwIfAborted();
                return { sizeBytes, sha256: await file.finish(), file: this.#shown(target), path: target };
            }
            catch (e_1) {
                env_1.error = e_1;
                env_1.hasError = true;
            }
            finally {
                const result_1 = saver_disposeResources(env_1);
                if (result_1)
                    await result_1;
            }
        });
    }
    async #fetch(file, video, source, observer) {
        const { signal } = this.#options;
        const transfer = new Transfer(file, source, this.#options, observer);
        try {
            await transfer.whole();
        }
        catch (error) {
            if (error === signal.reason) {
                throw withState(error, `${transfer.reached} of the ${video.type} download had come`);
            }
            const failure = Failure.from(error);
            const { kind, said, what } = failure;
            throw new Failure(kind, couldNot(video, what), { said, cause: failure });
        }
    }
    /** @throws {Failure} `target-taken` */
    #take(target, video) {
        const path = target.normalize('NFC').toUpperCase().toLowerCase();
        const other = this.#takenBy.get(path);
        if (other) {
            const whose = `the ${other.type} download of video ${other.id}`;
            throw new Failure('target-taken', `${this.#shown(target)} is also where ${whose} goes`);
        }
        this.#takenBy.set(path, video);
    }
    #shown(target) {
        const { workspace } = this.#options;
        return liesIn(workspace, target) ? (0, external_node_path_.relative)(workspace, target).replaceAll(external_node_path_.sep, '/') : target;
    }
}
/** The end of the step, told with how far it let a file come. */
function withState(end, state) {
    const failure = Failure.from(end);
    return new Failure(failure.kind, `${failure.what}; ${state}`, { cause: failure });
}
function couldNot({ type }, what) {
    return `Could not save the ${type} download: ${what}`;
}

// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __nccwpck_require__(161);






/** A folder for files that are of use only for a while: it goes with all that is in it. */
class Scratch {
    #folder;
    constructor(folder) {
        this.#folder = folder;
    }
    /**
     * @param temp the folder that it is made in; undefined for the system's own
     * @throws {Failure} `target-unwritable`, `disk-full`
     */
    static async make(temp) {
        const parent = temp || (0, external_node_os_.tmpdir)();
        try {
            return new Scratch(await (0,promises_namespaceObject.mkdtemp)((0,external_node_path_.join)(await (0,promises_namespaceObject.realpath)(parent), 'stream-downloads-')));
        }
        catch (error) {
            throw diskFailure((0, external_node_path_.join)(parent, 'stream-downloads-\u2026'), error);
        }
    }
    /** Where files with the default names are saved to in it. */
    destination(severalVideos) {
        const read = readDestination('./', {
            workspace: this.#folder,
            temp: undefined,
            types: downloadTypes,
            severalVideos,
            isFolder: () => true,
        });
        if ('destination' in read)
            return read.destination;
        throw new Error(read.problems.join('\n'));
    }
    async [Symbol.asyncDispose]() {
        await (0, promises_namespaceObject.rm)(this.#folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => { });
    }
}
/**
 * A part of what Cloudflare allows a user (1,200 requests in 5 minutes), since other programs of the user's share it.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
const cloudflareAllowance = { burst: 600, perSecond: 2 };
/** With fewer requests left than this, they are spread over the time until there are more. */
const littleLeft = 60;
const noGap = { ms: 0, untilMs: Number.NEGATIVE_INFINITY };
/**
 * When the step's requests may go: one pace for all of them, since Cloudflare counts them together.
 */
class Pace {
    #clock;
    #allowance;
    #lastMs = Number.NEGATIVE_INFINITY;
    #heldUntilMs = Number.NEGATIVE_INFINITY;
    /** The gap between two requests, and until when it is kept. */
    #gap = noGap;
    /** When the allowance would be whole again. */
    #wholeAtMs = Number.NEGATIVE_INFINITY;
    /** @param allowance undefined where only the headers of answers limit the pace */
    constructor(clock, allowance) {
        this.#clock = clock;
        this.#allowance = allowance;
    }
    /**
     * Asks to let a request go.
     *
     * @returns 0 where it may go now, which counts it; else in how many ms to ask again
     */
    take() {
        const nowMs = this.#clock.now();
        const atMs = Math.max(this.#heldUntilMs, this.#afterGapMs(nowMs), this.#allowedAtMs());
        if (atMs > nowMs)
            return atMs - nowMs;
        this.#lastMs = nowMs;
        this.#wholeAtMs = Math.max(nowMs, this.#wholeAtMs) + this.#refillMs();
        return 0;
    }
    /** Takes in what an answer says of the limit. */
    learn(headers) {
        const limits = parseRateLimit(headers.get('ratelimit'));
        const gaps = [];
        for (const { left, resetSeconds } of limits) {
            const resetMs = resetSeconds * 1000;
            if (left === 0)
                this.hold(resetMs);
            else if (left < littleLeft)
                gaps.push({ ms: resetMs / left, untilMs: this.#clock.now() + resetMs });
        }
        // Of several limits the tightest decides.
        const [tightest = noGap] = gaps.toSorted((one, other) => other.ms - one.ms);
        if (limits.length > 0)
            this.#gap = tightest;
    }
    /** Lets no request go for so many ms. */
    hold(ms) {
        this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
    }
    #afterGapMs(nowMs) {
        return nowMs < this.#gap.untilMs ? Math.min(this.#lastMs + this.#gap.ms, this.#gap.untilMs) : nowMs;
    }
    #allowedAtMs() {
        return this.#wholeAtMs - ((this.#allowance?.burst ?? 0) - 1) * this.#refillMs();
    }
    #refillMs() {
        return this.#allowance ? 1000 / this.#allowance.perSecond : 0;
    }
}
/**
 * Reads `Ratelimit`, which may tell of several limits: `"default";r=50;t=30`.
 *
 * @returns what makes sense of it
 * @see https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
function parseRateLimit(header) {
    return (header ?? '').split(',').flatMap((limit) => {
        const left = /;\s*r=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
        const resetSeconds = /;\s*t=(\d{1,9})\s*(?:;|$)/.exec(limit)?.[1];
        return left && resetSeconds ? [{ left: Number(left), resetSeconds: Number(resetSeconds) }] : [];
    });
}
const external_node_net_namespaceObject = createRequire(import.meta.url)("node:net");



const scheme = /^[a-z][a-z\d+.-]*:\/\//i;
/**
 * Reads `http_proxy`, `https_proxy` and `no_proxy`. Lower case wins; what is empty counts as not set, and an address
 * without a scheme as `http:`, as other actions take them.
 *
 * @throws {Failure} `proxy-malformed`, with every variable that holds no address of a proxy
 */
function readProxies(env) {
    const problems = [];
    const address = (name) => {
        const { text, variable } = read(env, name);
        if (text === '')
            return undefined;
        const parsed = parseAddress(text);
        // What it holds is not shown: any of it may be a password.
        if (!parsed)
            problems.push(`The environment variable ${variable} does not hold the address of a proxy`);
        return parsed;
    };
    const proxies = { http: address('http_proxy'), https: address('https_proxy'), noProxy: noProxy(env) };
    if (problems.length > 0)
        throw new Failure('proxy-malformed', problems.map(sentence).join('\n'));
    return proxies;
}
/** Masks what the addresses of proxies hold of credentials, whether or not they will be used or are well-formed. */
function maskProxyCredentials(runner) {
    const secrets = Object.entries(runner.env)
        .filter(([name]) => /^https?_proxy$/i.test(name))
        .flatMap(([, text = '']) => secretsIn(text));
    for (const secret of new Set(secrets))
        runner.mask(secret);
}
function read(env, name) {
    const values = [name, name.toUpperCase()].map((variable) => ({
        variable,
        text: env[variable]?.trim() ?? '',
    }));
    return values.find(({ text }) => text !== '') ?? { variable: name, text: '' };
}
function parseAddress(text) {
    const url = URL.parse(scheme.test(text) ? text : `http://${text}`);
    // What comes after the port is the rest of a password that was not encoded.
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash)
        return undefined;
    const [user, password] = [decode(url.username), decode(url.password)];
    if (user === undefined || password === undefined)
        return undefined;
    const basic = user || password ? Buffer.from(`${user}:${password}`).toString('base64') : undefined;
    return { origin: url.origin, authorization: basic && `Basic ${basic}` };
}
/** `*` rules alone in undici's matcher, and IPv6 addresses have the brackets there that they have in a URL. */
function noProxy(env) {
    const hosts = read(env, 'no_proxy')
        .text.split(/[\s,]+/)
        .filter(Boolean);
    return hosts.includes('*') ? '*' : hosts.map((host) => ((0, external_node_net_namespaceObject.isIPv6)(host) ? `[${host}]` : host)).join();
}
/** The password, or the user where there is no password, and both as the header has them; raw and decoded. */
function secretsIn(text) {
    const rest = text.replace(scheme, '').trim();
    // An @ that was encoded by mistake makes the address malformed, and the password no less secret.
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


/**
 * Adds the proxies of the environment to Node's fetch, which ignores them. Nothing is loaded where there are none.
 *
 * @throws {Failure} `proxy-malformed`
 */
async function openTransport(env, fetch) {
    const proxies = readProxies(env);
    if (!proxies.http && !proxies.https)
        return { fetch, proxyFor: () => undefined };
    // The build makes a file of its own of it, which no other run reads.
    const undici = await import(/* webpackIgnore: true */ './undici.js');
    const dispatcher = byScheme(undici, (scheme) => agent(undici, proxies[scheme], proxies.noProxy));
    const bypasses = bypass(undici, proxies.noProxy);
    const addressFor = (url) => (bypasses(url) ? undefined : proxies[schemeOf(url)]);
    return {
        proxyFor: (url) => addressFor(url)?.origin,
        fetch: async (input, init) => {
            try {
                return await fetch(input, { ...init, dispatcher });
            }
            catch (error) {
                const url = new URL(input instanceof Request ? input.url : input);
                const address = addressFor(url);
                throw address && isFault(error) ? proxyError(address, url, error) : error;
            }
        },
    };
}
function schemeOf(url) {
    return String(url).startsWith('https:') ? 'https' : 'http';
}
/** Reaches `https:` addresses through `https_proxy` alone, as other actions do, also after a redirect. */
function byScheme({ Dispatcher }, agentFor) {
    const agents = { http: agentFor('http'), https: agentFor('https') };
    const dispatcher = new (class extends Dispatcher {
        dispatch(options, handler) {
            return agents[schemeOf(options.origin)].dispatch(options, handler);
        }
    })();
    return dispatcher;
}
function agent({ EnvHttpProxyAgent }, proxy, noProxy) {
    // An empty address, unlike none, is not looked for in the environment.
    const uri = proxy?.origin ?? '';
    return new EnvHttpProxyAgent({
        httpProxy: uri,
        httpsProxy: uri,
        noProxy,
        ...(proxy?.authorization && { token: proxy.authorization }),
        // Many proxies take CONNECT for port 443 alone, so that `http:` goes the classical way; `https:` has a tunnel always.
        proxyTunnel: false,
    });
}
/** Asks undici's own matcher whether a host is reached without a proxy: by which of the two a connection is asked for. */
function bypass({ EnvHttpProxyAgent }, noProxy) {
    const proxy = 'http://proxy.invalid/';
    let peer = '';
    const agent = new EnvHttpProxyAgent({
        httpProxy: proxy,
        httpsProxy: proxy,
        noProxy,
        proxyTunnel: false,
        factory: (origin) => {
            peer = String(origin);
            throw new Error('Nothing is to be sent.');
        },
    });
    return ({ hostname, port, protocol }) => {
        const origin = `http://${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
        agent.dispatch({ origin, path: '/', method: 'GET' }, { onError: () => { } });
        return peer !== proxy;
    };
}
/** Whether a request failed rather than was ended by who made it; by name, since errors may come from another realm. */
function isFault(error) {
    return Error.isError(error) && (error.name === 'TypeError' || error.name === 'TimeoutError');
}
/** How undici tells of a proxy's own answer. */
const answers = [/Proxy response \((\d{3})\) /, /Proxy Authentication Required \((407)\)/];
function proxyError({ authorization, origin }, { host }, cause) {
    const messages = causes(cause).map((error) => (Error.isError(error) ? error.message : ''));
    const [status] = messages.flatMap((message) => answers.flatMap((answer) => answer.exec(message)?.[1] ?? []));
    return new ProxyError(origin, host, {
        cause,
        authorized: authorization !== undefined,
        ...(status !== undefined && { status: Number(status) }),
    });
}
/** The inputs that this version has, as in `action.yml`. */
const inputNames = [
    'operation',
    'video-id',
    'account-id',
    'api-token',
    'api-email',
    'api-key',
    'type',
    'wait',
    'timeout',
    'poll-interval',
    'filename',
    'save-to',
    'signed-url',
    'signed-url-ttl',
    'release-tag',
    'github-token',
    'concurrency',
    'api-url',
];
/** Inputs that are announced but that this version lacks: to ignore one would be to do something else than asked. */
const laterInputNames = [
    'created-after',
    'created-before',
    'creator',
    'search',
    'shard',
    'dry-run',
    'summary',
];
/** The inputs whose values are secrets. */
const secretInputNames = ['api-token', 'api-key', 'github-token'];


/** Masks every secret that the step was given, whether or not it will be used and however its name is spelled. */
function maskSecrets(runner) {
    for (const [name, value] of Object.entries(runner.env)) {
        const isSecret = name === 'CLOUDFLARE_API_TOKEN' ||
            name === 'CLOUDFLARE_API_KEY' ||
            (name.startsWith('INPUT_') && nearMiss(name.slice('INPUT_'.length), secretInputNames));
        if (isSecret && value)
            runner.mask(value);
    }
}
/**
 * Finds the credentials: token input, pair of inputs, token of the environment, pair of the environment.
 *
 * @param problem takes what is wrong, never with a value in it
 * @returns undefined where something is wrong
 */
function readCredentials(runner, problem) {
    const input = (name) => ({ name: `\`${name}\``, value: runner.input(name) });
    const variable = (name) => ({
        name: `the environment variable ${name}`,
        value: (runner.env[name] ?? '').trim(),
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
            return sendable(token, problem) ? { token: token.value } : undefined;
        }
        if (email.value && key.value) {
            const [emailFits, keyFits] = [sendable(email, problem), sendable(key, problem)];
            return emailFits && keyFits ? { email: email.value, key: key.value } : undefined;
        }
        if (email.value || key.value) {
            const [there, missing] = email.value ? [email, key] : [key, email];
            problem(`${there.name} is set but ${missing.name} is not: set both, or better an API token as \`api-token\``);
            return undefined;
        }
    }
    problem('no credentials: set `api-token` to an API token with the permission "Account \u00b7 Stream \u00b7 Edit", as a secret: `api-token: ${{ secrets.CLOUDFLARE_API_TOKEN }}`. Secrets are empty in runs for pull requests from forks');
    return undefined;
}
/** Whether a value can be sent as a header: fetch's own error for one that cannot would show it. */
function sendable({ name, value }, problem) {
    const position = value.search(/[^\x21-\x7e]/);
    if (position < 0)
        return true;
    const found = /\s/.test(value.charAt(position)) ? 'white space' : 'a character that is not printable ASCII';
    problem(`${name} holds ${found} (character ${position + 1} of ${value.length}): store the bare value again, without line breaks, quotes or "Bearer"`);
    return false;
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
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
//#region src/actions/minLength/minLength.ts
/* @__NO_SIDE_EFFECTS__ */
function minLength(requirement, message$1) {
	return {
		kind: "validation",
		type: "min_length",
		reference: minLength,
		async: false,
		expects: `>=${requirement}`,
		requirement,
		message: message$1,
		"~run"(dataset, config$1) {
			if (dataset.typed && dataset.value.length < this.requirement) _addIssue(this, "length", dataset, config$1, { received: `${dataset.value.length}` });
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




/** How many characters Cloudflare takes, of letters, digits, `-` and `_`. */
const filename_parameter_maxLength = 120;
const allowed = ['id', 'type', 'name'];
/**
 * Everything that is wrong with a template for the name that a browser saves the download under, and how to mend
 * it; empty where it is fine.
 *
 * @param toLatin for the text
 */
function filenameProblems(text, toLatin) {
    const template = withoutExtension(text);
    if (template === '') {
        return [`${quote(text)} holds no name: write one of letters, digits, "-" and "_", such as {name}`];
    }
    const write = `write "${nearest(text, toLatin)}"`;
    const problems = placeholderProblems(template.replaceAll('{ext}', ''), allowed);
    if (template.includes('{ext}')) {
        problems.push(`{ext} cannot be in it, since Cloudflare adds the extension: ${write}`);
    }
    // The dot before an {ext} that goes is not a mistake of its own.
    const literal = literalOf(template.replace(/\.\{ext\}$/, ''));
    if (/[^A-Za-z0-9_-]/.test(literal)) {
        problems.push(`${quote(text)} may hold nothing but letters, digits, "-" and "_": ${write}`);
    }
    const length = longest(template);
    if (length > filename_parameter_maxLength) {
        const has = holdsAny(template)
            ? `leaves no room for what is filled in: with it, it can have ${length} characters`
            : `has ${length} characters`;
        problems.push(`${quote(text)} ${has}, and ${filename_parameter_maxLength} is the most that Cloudflare takes: ${write}`);
    }
    return problems;
}
/**
 * The name that a browser saves the download under, without the extension, which Cloudflare adds.
 *
 * @param template one without `filenameProblems`
 * @param toLatin for the video's title
 * @returns 1 to 120 letters, digits, `-` and `_`
 */
function filenameFor(template, video, toLatin) {
    const name = trimDashes(dashed(visibleTitle(video.name ?? ''), toLatin)) || video.id;
    return fillToFit(withoutExtension(template), valuesOf(video, name), filename_parameter_maxLength, (text) => text.length, (long, room) => {
        const start = long.slice(0, room);
        return trimDashes(start) || start;
    });
}
/** Whether the name can depend on the video's title, so that it has to be looked up. */
function filename_parameter_needsName(template) {
    return holds(template, 'name');
}
function withoutExtension(text) {
    return text.replace(/\.(mp4|m4a)$/i, '');
}
/** In Latin letters, with one dash for each run of characters that Cloudflare does not take. */
function dashed(text, toLatin) {
    return toLatin(text).replace(/[^A-Za-z0-9_]+/g, '-');
}
function trimDashes(text) {
    return text.replace(/^-+|-+$/g, '');
}
/** How long the name can become, where what is filled in is as long as it can be and the name is cut to one letter. */
function longest(template) {
    return fill(template, longestValues(1)).length;
}
/** A template without problems that comes close to what was typed. */
function nearest(text, toLatin) {
    const placeholder = (word) => {
        const meant = meantBy(word);
        return meant !== undefined && allowed.includes(meant) ? `{${meant}}` : '';
    };
    const template = trimDashes(rewrite(withoutMediaExtension(text), placeholder, (literal) => dashed(literal, toLatin)).replace(/-{2,}/g, '-'));
    const shortened = trimDashes(shortenedBy(longest(template) - filename_parameter_maxLength, template));
    return shortened === '' || longest(shortened) > filename_parameter_maxLength ? '{id}' : shortened;
}
/** The template with that many characters less of what was typed literally, from its end. */
function shortenedBy(characters, template) {
    let kept = Math.max(0, literalOf(template).length - Math.max(0, characters));
    return rewrite(template, (word) => `{${word}}`, (literal) => {
        const start = literal.slice(0, kept);
        kept -= start.length;
        return start;
    });
}
/** What writes such a text in Latin letters. Only where there is something to be done, what does it is loaded. */
async function latinFor(text) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
    if (/^[\x00-\x7f]*$/.test(text))
        return (plain) => plain;
    // The build makes a file of its own of it, which no other run reads.
    const { default: transliterate } = await import(/* webpackIgnore: true */ './transliterate.js');
    return (foreign) => transliterate(foreign.normalize('NFKC'));
}


const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
/**
 * Reads `90s`, `10m`, `2h`, `1h30m`, `5d`; a bare number is seconds.
 *
 * @returns ms, or undefined where the text is no duration
 */
function parseDurationMs(text) {
    const bare = /^\d+$/.exec(text);
    if (bare)
        return Number(text) * unitMs.s;
    const parts = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/i.exec(text)?.groups;
    if (!parts || text === '')
        return undefined;
    return Object.entries(unitMs).reduce((sum, [unit, ms]) => sum + Number(parts[unit] ?? 0) * ms, 0);
}
/** A duration within bounds that are given in ms. */
function duration(minMs, maxMs) {
    const bounds = `between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`;
    const forms = 'write it as 90s, 10m, 2h or 1h30m, or as a number of seconds';
    return pipe(string(), rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
        const ms = parseDurationMs(value);
        if (ms === undefined) {
            addIssue({ message: `${quote(value)} is no duration: ${forms}, ${bounds}` });
            return NEVER;
        }
        if (ms < minMs || ms > maxMs) {
            addIssue({ message: `${quote(value)} is out of bounds: it must be ${bounds}` });
            return NEVER;
        }
        return ms;
    }));
}





/** The operations of Cloudflare's downloads API. */
const operations = ['list', 'create', 'delete'];
/** When the URL of a ready download is signed; `auto`: when the video requires it. */
const signings = ['auto', 'always', 'never'];
/** What an input without a value is taken for; `action.yml` declares the same. */
const defaults = {
    operation: 'create',
    wait: 'false',
    timeout: '30m',
    'signed-url': 'auto',
    'signed-url-ttl': '1h',
    concurrency: '4',
    'api-url': 'https://api.cloudflare.com/client/v4',
};
/** What Cloudflare's ids look like in practice, though its schema does not demand it. */
const usualId = /^[0-9a-f]{32}$/i;
/** The kinds of file by which people call the types. */
const typeOfFile = new Map([
    ['mp4', 'default'],
    ['video', 'default'],
    ['m4a', 'audio'],
]);
/** What a flag would mean. */
const signingOfFlag = new Map([
    ['true', 'always'],
    ['false', 'never'],
]);
const id = pipe(string(), regex(/^[A-Za-z0-9_-]{1,64}$/, ({ input }) => {
    const inside = /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i.exec(input)?.[0];
    return `${quote(input)} is no id: an id has 1 to 64 letters, digits, "-" or "_"${didYouMean(inside)}`;
}));
/** Several values, parted by commas, spaces or new lines; repeats count once. */
const list = pipe(string(), transform((text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))]));
const flag = pipe(string(), regex(/^(true|false)$/i, ({ input }) => `${quote(input)} is neither true nor false: write one of them`), transform((text) => text.toLowerCase() === 'true'));
const address = pipe(string(), check((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 
// What stands before an @ may be a password.
({ input }) => `${input.includes('@') ? 'it' : quote(input)} is no http(s) address: write it as ${defaults['api-url']}`), check((text) => {
    const url = URL.parse(text);
    return !(url?.username || url?.password || /[?#]/.test(text));
}, 'it must be an address alone, without user, password, query or fragment'), transform((text) => text.replace(/\/+$/, '')));
const absent = pipe(literal(''), transform(() => undefined));
/** Every input that is read on its own, from its text (empty where it is not set) to its value. */
const inputSchemas = {
    operation: withDefault(defaults.operation, oneOf(operations)),
    'video-id': pipe(list, minLength(1, 'it is missing or empty: set it to the `uid` that the upload answered, such as ${{ steps.upload.outputs.uid }}'), dist_array(pipe(string(), check((item) => item.toLowerCase() !== 'all', '`all` is not supported in this version: name each video'), id))),
    'account-id': pipe(string(), nonEmpty('it is missing: set it to the 32 characters that the Cloudflare dashboard shows under Stream, or set the environment variable CLOUDFLARE_ACCOUNT_ID'), id),
    type: pipe(list, dist_array(oneOf(downloadTypes, typeOfFile)), transform((types) => (types.length > 0 ? types : undefined))),
    wait: withDefault(defaults.wait, flag),
    timeout: withDefault(defaults.timeout, duration(1000, 5 * 86_400_000)),
    'poll-interval': lazy((input) => (input === '' ? absent : duration(1000, 600_000))),
    // What these mean is a matter of names, of the other inputs, and of the event.
    filename: pipe(string(), transform((text) => text || undefined)),
    'save-to': string(),
    'release-tag': string(),
    'github-token': string(),
    'signed-url': withDefault(defaults['signed-url'], oneOf(signings, signingOfFlag)),
    'signed-url-ttl': withDefault(defaults['signed-url-ttl'], duration(60_000, 86_400_000)),
    concurrency: withDefault(defaults.concurrency, pipe(string(), regex(/^0*([1-9]|[12]\d|3[0-2])$/, ({ input }) => `${quote(input)} is not a whole number from 1 to 32: write one, such as ${defaults.concurrency}`), transform(Number))),
    'api-url': withDefault(defaults['api-url'], address),
};
function withDefault(fallback, schema) {
    return pipe(string(), transform((text) => text || fallback), schema);
}
/** One of `words`; `aliases` are not taken, but lead to the word that was meant. */
function oneOf(words, aliases = new Map()) {
    return pipe(string(), check((text) => words.some((word) => word === text), ({ input }) => {
        const meant = aliases.get(input.toLowerCase()) ?? nearMiss(input, words);
        return `${quote(input)} is none of ${words.join(', ')}${didYouMean(meant)}`;
    }), picklist(words));
}
function didYouMean(word) {
    return word === undefined ? '' : `; did you mean ${word}?`;
}













/**
 * Reads all inputs.
 *
 * @throws {Failure} `bad-input`, with everything that is wrong and how to mend it
 */
async function readInputs(runner) {
    const problems = misspelled(runner);
    const credentials = readCredentials(runner, (problem) => problems.push(problem));
    const given = texts(runner);
    const parsed = safeParse(object(inputSchemas), given);
    for (const issue of parsed.issues ?? []) {
        problems.push(`\`${getDotPath(issue)?.split('.')[0]}\`: ${issue.message}`);
    }
    const workspace = (0, external_node_path_.resolve)(runner.env['GITHUB_WORKSPACE'] || '.');
    const release = releaseOf(given, runner, (problem) => problems.push(problem));
    const destination = destinationOf(given, workspace, runner.env['RUNNER_TEMP'], (problem) => problems.push(`\`save-to\`: ${problem}`));
    if (given.filename) {
        const found = filenameProblems(given.filename, await latinFor(given.filename));
        problems.push(...found.map((problem) => `\`filename\`: ${problem}`));
    }
    if (!parsed.success || !credentials || problems.length > 0) {
        throw new Failure('bad-input', problems.map(sentence).join('\n'));
    }
    const { output } = parsed;
    return {
        operation: output.operation,
        videoIds: output['video-id'],
        types: output.type,
        wait: output.wait || destination !== undefined || release !== undefined,
        timeoutMs: output.timeout,
        pollIntervalMs: output['poll-interval'],
        filename: output.filename,
        destination,
        release,
        signedUrl: output['signed-url'],
        signedUrlTtlMs: output['signed-url-ttl'],
        concurrency: output.concurrency,
        apiUrl: output['api-url'],
        accountId: output['account-id'],
        credentials,
        workspace,
        warnings: [...unusual('video-id', output['video-id']), ...unusual('account-id', [output['account-id']])],
    };
}
function texts(runner) {
    const read = Object.fromEntries(inputNames.map((name) => [name, runner.input(name)]));
    const accountId = runner.input('account-id') || (runner.env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim();
    return { ...read, 'account-id': accountId };
}
/** Where to save to, as far as the other inputs that matter for it make sense. */
function destinationOf({ operation, type, 'save-to': saveTo, 'video-id': videoId }, workspace, temp, problem) {
    if (!saveTo)
        return undefined;
    if (operation === 'delete') {
        problem('nothing can be saved with `operation: delete`: save in a step before it, with `create` or `list`');
    }
    const types = safeParse(inputSchemas.type, type);
    const ids = safeParse(inputSchemas['video-id'], videoId);
    const read = readDestination(saveTo, {
        workspace,
        temp: temp || undefined,
        // A list without a type saves every type that it finds.
        types: (types.success && types.output) || (operation === 'list' ? downloadTypes : ['default']),
        severalVideos: ids.success && ids.output.length > 1,
        isFolder: (path) => (0, external_node_fs_.statSync)(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    });
    if ('destination' in read)
        return read.destination;
    read.problems.forEach(problem);
    return undefined;
}
/** Which release is meant: by its tag, or by the event. */
function releaseOf({ operation, 'github-token': token, 'release-tag': tag }, { env }, problem) {
    if (!tag)
        return undefined;
    if (operation === 'delete') {
        problem('`release-tag`: nothing can be attached with `operation: delete`: attach in a step before it');
    }
    if (!token) {
        problem('`github-token`: it is empty: leave it out, or set it to ${{ github.token }}');
    }
    else
        sendable({ name: '`github-token`', value: token }, problem);
    const repository = env['GITHUB_REPOSITORY'] ?? '';
    if (!/^[^/]+\/[^/]+$/.test(repository)) {
        problem("`release-tag`: the environment variable GITHUB_REPOSITORY does not name a repository, as GitHub's runner has it");
    }
    const reference = tag === 'auto' ? releaseOfEvent(env['GITHUB_EVENT_PATH']) : { tag };
    if (!reference) {
        problem('`release-tag`: `auto` is the release of the event, but this run is of no release event: set it to a tag, such as ${{ github.ref_name }}, or run the workflow `on: release`');
        return undefined;
    }
    return {
        reference,
        token,
        repository,
        apiUrl: (env['GITHUB_API_URL'] || 'https://api.github.com').replace(/\/+$/, ''),
    };
}
const releaseEvent = object({ release: object({ id: number(), tag_name: string() }) });
function releaseOfEvent(path) {
    try {
        const { release } = parse(releaseEvent, JSON.parse((0,external_node_fs_.readFileSync)(path ?? '', 'utf8')));
        return { id: release.id, tag: release.tag_name };
    }
    catch {
        return undefined;
    }
}
/** Inputs that the runner passed on though the action has none of that name: it warns of them and goes on. */
function misspelled(runner) {
    const known = inputNames;
    const later = laterInputNames;
    return Object.entries(runner.env).flatMap(([variable, value]) => {
        const name = variable.startsWith('INPUT_') ? variable.slice('INPUT_'.length).toLowerCase() : undefined;
        if (name === undefined || known.includes(name))
            return [];
        if (later.includes(name))
            return value
                ? [`\`${name}\`: it is not supported in this version: remove it, or use a version that has it`]
                : [];
        const meant = nearMiss(name, [...inputNames, ...laterInputNames]);
        return meant ? [`\`${name}\`: there is no such input; did you mean \`${meant}\`?`] : [];
    });
}
function unusual(name, ids) {
    return ids
        .filter((id) => !usualId.test(id))
        .map((id) => `\`${name}\`: ${id} does not look like one of Cloudflare's ids, which have 32 hex characters`);
}






/** A request to the API that failed. */
class StreamError extends RequestFailure {
    /** The same failure, which no attempt will follow, with the reason for that. */
    final(why) {
        return new StreamError(this.kind, `${this.what} (${why})`, { said: this.said, cause: this.cause });
    }
}
/**
 * Codes that tell more than the HTTP status does.
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
const kindByStatus = {
    401: 'token-invalid',
    403: 'token-permission',
    404: 'video-not-found',
    408: 'server-error',
    429: 'rate-limited',
};
/**
 * Tells what a failed answer means.
 *
 * @param doing what the request was for, as in "could not DOING"
 * @param cut cuts secrets out of a text
 */
function answerError(doing, answer, cut) {
    const { response, envelope } = answer;
    const { status, headers } = response;
    const rayId = headers.get('cf-ray');
    const said = {
        messages: envelope ? [...envelope.errors, ...envelope.messages].map(toMessage) : [],
        httpStatus: status,
        ...(rayId && { rayId: oneLine(rayId, 64) }),
    };
    const fail = (kind, why, options = {}) => new StreamError(kind, `Could not ${doing}: ${why}`, {
        said,
        retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
        ...options,
    });
    if (status >= 300 && status < 400) {
        return fail('redirected', `the API redirects to ${oneLine(cut(redirectTarget(response, response.url)))}`);
    }
    if (status === 429)
        return fail('rate-limited', 'too many requests', { passing: true });
    if (status >= 500 || status === 408) {
        const shown = envelope ? '' : ` with ${quoteBody(headers, answer.text, cut)}`;
        return fail('server-error', `the API answered HTTP ${status}${shown}`, { passing: true });
    }
    if (!envelope) {
        const shown = quoteBody(headers, answer.text, cut);
        if (response.ok)
            return fail('not-json', `the answer is not the API's JSON but ${shown}`, { passing: true });
        if (status === 407) {
            return new StreamError('proxy', `Could not ${doing}: a proxy answered HTTP 407 with ${shown}`);
        }
        if (status === 401)
            return fail('token-invalid', `the credentials were refused with ${shown}`);
        if (status === 403)
            return fail('blocked', `the request was blocked with ${shown}`);
        return fail('wrong-address', `the answer is not the API's but HTTP ${status} with ${shown}`);
    }
    if (envelope.success && response.ok) {
        return fail('unknown-answer', `the answer lacks what the API documents: ${quoteBody(headers, answer.text, cut)}`, {
            passing: true,
        });
    }
    const known = said.messages.map(({ code }) => code && kindByCode[code]).find(Boolean);
    const kind = known || (kindByStatus[status] ?? 'request-refused');
    return fail(kind, 'Cloudflare refused', { passing: kind === 'rate-limited' });
}
/** Tells why no whole answer came. */
function networkError(doing, host, error, timeoutMs) {
    const late = `gave no whole answer in ${formatDuration(timeoutMs)}`;
    const { kind, passing, what } = networkFault(host, error, late);
    return new StreamError(kind, `Could not ${doing}: ${what}`, { cause: error, passing });
}
/** Tells that the pace which the API allows does not let a request go in time. */
function tooSlow(doing, waitMs) {
    const wait = formatDuration(waitMs);
    return new StreamError('rate-limited', `Could not ${doing}: the API takes no request for ${wait}, which is past the time limit`);
}
function toMessage({ code, message }) {
    return { message: oneLine(message), ...(code !== undefined && { code }) };
}



/**
 * Writes into a record what Cloudflare says of its download.
 *
 * @param download undefined where there is none
 */
function update(record, download) {
    record.status = download?.status ?? 'none';
    // A ready download has been seen to say 0.
    record.percentComplete = download?.status === 'ready' ? 100 : (download?.percentComplete ?? null);
    record.url = download?.url ?? null;
}
/** The state of a record in words: `default: inprogress, 42 %, about 20 s left`. */
function describe(record, leftMs) {
    const { percentComplete, status, type } = record;
    const going = status === 'inprogress';
    const words = [
        type ? `${type}: ${status}` : 'no downloads',
        ...(going && percentComplete !== null ? [`${Math.floor(percentComplete)} %`] : []),
        ...(status === 'ready' && record.url ? [record.url] : []),
    ].join(', ');
    return going ? `${words}${aboutLeft(leftMs)}` : words;
}
/** Does the work for one record; what it throws becomes the record's failure. */
async function settle(record, work) {
    try {
        await work();
    }
    catch (error) {
        fail(record, error);
    }
}
/**
 * Ends a record with a failure; one that cut the work short tells how far it had come.
 *
 * @param leftMs how long the download would have taken, as far as that can be told
 */
function fail(record, error, leftMs) {
    // A request that failed before anything was seen has nothing to tell but itself.
    const unseen = record.status === 'failed' || record.status === 'none';
    record.failure =
        unseen && error instanceof StreamError ? error : outcome_withState(error, lastState(record, leftMs));
    if (record.failure.kind === 'video-not-found') {
        Object.assign(record, {
            status: 'failed',
            percentComplete: null,
            url: null,
        });
        delete record.expiresAt;
    }
}
/** The failure, told with the state that it found if it cut the work short and no state was told yet. */
function outcome_withState(error, state) {
    const failure = Failure.from(error);
    const { kind, said, what } = failure;
    const cutShort = kind === 'time-over' || kind === 'cancelled' || failure instanceof StreamError;
    const told = failure.cause instanceof Failure && failure.cause.kind === kind;
    return cutShort && !told ? new Failure(kind, `${what}; ${state}`, { said, cause: failure }) : failure;
}
function lastState(record, leftMs) {
    switch (record.status) {
        case 'failed':
            return 'nothing was known of the video yet';
        case 'none':
            return 'there was no download yet';
        case 'deleted':
            return 'the deletion had been accepted';
        case 'inprogress':
            return `last seen: ${describe(record, leftMs)}${leftMs === undefined ? '; how much longer it takes cannot be told' : ''}. The download goes on being generated at Cloudflare`;
        default:
            return `last seen: ${describe(record)}`;
    }
}

/** Cloudflare's longest life for a token is 24 hours by its own clock, which this machine's may be ahead of. */
const longestMs = 24 * 3_600_000 - 60_000;
/** Signs the URLs of one video: one token serves all its types, as long as at least half of its life is left. */
class Signing {
    #video;
    #tools;
    #lifeMs;
    #needed;
    #making;
    #token;
    constructor(video, tools) {
        this.#video = video;
        this.#tools = tools;
        this.#lifeMs = Math.min(tools.signedUrlTtlMs, longestMs);
    }
    /** Whether a URL must be signed; the video's details are looked up where they are not known, once. */
    isNeeded() {
        this.#needed ??= this.#isNeeded();
        return this.#needed;
    }
    /**
     * Puts a token in the place of the video's id.
     *
     * @throws {StreamError} when Cloudflare refuses the token
     */
    async sign(url) {
        if (!this.#lasting())
            await this.#make();
        // To make it may have taken much of its life.
        const { endMs, text } = this.#lasting() ?? (await this.#make());
        return { url: withToken(url, this.#video.id, text), expiresAt: new Date(endMs).toISOString() };
    }
    /** Signs with a new token from here on, where this URL, which was refused, has the last one. */
    refused(url) {
        if (this.#token && url.includes(this.#token.text))
            this.#token = undefined;
    }
    async #isNeeded() {
        const { signedUrl } = this.#tools;
        if (signedUrl !== 'auto')
            return signedUrl === 'always';
        return (await this.#video.knownDetails()).requireSignedURLs === true;
    }
    #lasting() {
        const leftMs = (this.#token?.endMs ?? 0) - this.#tools.clock.epochMs();
        return leftMs < this.#lifeMs / 2 ? undefined : this.#token;
    }
    /** Those who need one at the same time share it. */
    #make() {
        this.#making ??= this.#request().finally(() => {
            this.#making = undefined;
        });
        return this.#making;
    }
    async #request() {
        const endSeconds = Math.floor((this.#tools.clock.epochMs() + this.#lifeMs) / 1000);
        this.#token = { text: await this.#video.token(endSeconds), endMs: endSeconds * 1000 };
        return this.#token;
    }
}
function withToken(address, videoId, token) {
    const url = new URL(address);
    const parts = url.pathname.split('/');
    const place = parts.indexOf(videoId);
    if (place < 0) {
        throw new Failure('unknown-answer', `The URL cannot be signed: it does not hold the video's id, but is ${address}`);
    }
    url.pathname = parts.with(place, token).join('/');
    return url.href;
}







/** Hands a video's ready downloads over: its URL named and signed, its file saved, as far as each is asked for. */
class Handover {
    #video;
    #tools;
    #signing;
    #begun = [];
    /** Whether the URLs are to be signed, as far as is known by now. */
    #signed = false;
    /** What makes the URL of each record that was signed. */
    #addresses = new Map();
    constructor(video, tools) {
        this.#video = video;
        this.#tools = tools;
        this.#signing = new Signing(video, tools);
        tools.atEnd(() => this.#renew());
    }
    /** Takes in what was learned of a record: one that is ready is handed over, any other is told of. */
    note(record, leftMs) {
        if (record.status === 'ready') {
            this.#begun.push(settle(record, () => this.#handOver(record)));
        }
        else
            this.#tools.tell(describe(record, leftMs));
    }
    /** Resolves once all is handed over that was begun with; the URLs of `records` that are not ready are named too. */
    async end(records) {
        await Promise.all(this.#begun);
        for (const record of records) {
            if (record.url === null || record.status === 'ready')
                continue;
            // It does not work yet, so that its name is not worth a failure.
            record.url = await this.#named(record, record.url).catch(() => record.url);
        }
    }
    async #handOver(record) {
        const readySinceMs = this.#tools.clock.now();
        const { url } = record;
        const { password, protocol, username } = (url !== null && URL.parse(url)) || {};
        if (url === null || !/^https?:$/.test(protocol ?? '') || username || password) {
            const given = username || password ? 'one with a user in it' : url;
            throw new Failure('unknown-answer', `The ${record.type} download is ready, but its URL is ${given}`);
        }
        const named = await this.#named(record, url);
        const address = async () => {
            const given = this.#signed ? await this.#signing.sign(named) : { url: named };
            if (this.#signed)
                this.#addresses.set(record, address);
            return Object.assign(record, given);
        };
        await this.#decide(record, address);
        this.#tools.tell(describe(record));
        if (this.#tools.saver)
            await this.#save(record, readySinceMs, address);
    }
    /** Signs URLs anew that would not last much longer, since others of the step took their time. */
    async #renew() {
        for (const [record, address] of this.#addresses) {
            if (record.failure)
                continue;
            await address().catch((error) => {
                const what = `Video ${record.videoId}: its URL could not be signed anew and ends at ${record.expiresAt}`;
                this.#tools.warn(`${what}. ${Failure.from(error).message}`, 'A URL was not signed');
            });
        }
    }
    /** Signs the URL if it must be; where nobody insists, a URL that cannot be signed is given as it is. */
    async #decide(record, address) {
        const { saver, signal, signedUrl, warn } = this.#tools;
        try {
            if (await this.#signing.isNeeded())
                this.#signed = true;
            await address();
        }
        catch (error) {
            const insisted = saver || signedUrl === 'always' || signal.aborted;
            if (insisted || !(error instanceof Failure) || error.kind === 'video-not-found')
                throw error;
            const why = this.#signed
                ? 'The video is private, but its URL is given unsigned, so that it works for nobody'
                : 'The URL is given unsigned, though nobody knows whether the video is private';
            warn(`Video ${record.videoId}: ${why}. ${error.message}`, 'A URL was not signed');
        }
    }
    async #named(record, address) {
        const { filename } = this.#tools;
        if (filename === undefined)
            return address;
        const video = { id: record.videoId, type: record.type, name: await this.#title(filename_parameter_needsName(filename)) };
        const url = new URL(address);
        url.searchParams.set('filename', filenameFor(filename, video, await latinFor(video.name ?? '')));
        return url.href;
    }
    async #title(needed) {
        return needed ? (await this.#video.knownDetails()).meta.name : undefined;
    }
    async #save(record, readySinceMs, address) {
        const { discardSaved, release, saver, showTransfer, signedUrl, tell } = this.#tools;
        if (!saver)
            return;
        const { type, videoId } = record;
        const video = { id: videoId, type, name: await this.#title(saver.needsName) };
        const saved = await saver.save(video, {
            readySinceMs,
            url: async () => record.url ?? '',
            renew: async (refused) => {
                if (signedUrl === 'never') {
                    throw new Failure('private-video', refused.what, { said: refused.said, cause: refused });
                }
                if (!this.#signed && !(await this.#video.details()).requireSignedURLs)
                    throw refused;
                this.#signed = true;
                this.#signing.refused(record.url ?? '');
                return (await address()).url;
            },
        }, { show: () => showTransfer(type), tell: (text) => tell(`${type}: ${text}`) });
        const { file, path, sha256, sizeBytes } = saved;
        Object.assign(record, { sha256, sizeBytes });
        if (!discardSaved)
            record.file = file;
        tell(`${type}: saved${discardSaved ? '' : ` as ${file}`}, ${formatBytes(sizeBytes)}, SHA-256 ${sha256}`);
        if (release)
            await this.#attach(record, release, saved);
        // What cannot be removed now goes with its folder.
        if (discardSaved)
            await (0, promises_namespaceObject.rm)(path, { force: true }).catch(() => { });
    }
    async #attach(record, release, { path, sha256, sizeBytes }) {
        const { type, videoId } = record;
        const { tell } = this.#tools;
        tell(`${type}: attaching to ${release.tag}`);
        // The title is known by now, if anybody needed it.
        const label = await this.#title(true).catch(() => undefined);
        const attached = { path, sha256, sizeBytes, label, videoId, contentType: contentTypeOf[type] };
        record.assetUrl = await release.attach(attached, (text) => tell(`${type}: ${text}`));
        tell(`${type}: attached, ${record.assetUrl}`);
    }
}
const contentTypeOf = { default: 'video/mp4', audio: 'audio/mp4' };
/** How far work that does not go on evenly may be from that: its progress is a power of the time. */
const degrees = [1.2, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.75, 3, 3.5];
/** Work that goes on evenly. */
const even = (done) => done;
/** The shapes that progress may have: even, ever faster and ever slower. */
const shapes = [
    even,
    ...degrees.map((degree) => (done) => done ** (1 / degree)),
    ...degrees.map((degree) => (done) => 1 - (1 - done) ** (1 / degree)),
];

/** Percentages may be rounded down to whole ones \u2026 */
const roundingPercent = 1;
/** \u2026 and no real progress keeps to a formula. */
const slackPercent = 0.1;
/** So many questions per new percentage tell that it grows in steps. */
const questionsPerStep = 3;
/**
 * When something will end, as far as its progress tells. Each shape of progress that agrees with all that was seen
 * leaves a span for the end. The shapes are equally likely, and within its span the logarithm of the end is evenly
 * spread. All times that it takes and gives are in ms from the last sighting.
 */
class Forecast {
    #spans;
    #nowMs;
    #mass;
    constructor(spans, nowMs) {
        this.#spans = spans;
        this.#nowMs = nowMs;
        this.#mass = this.#sum(Number.POSITIVE_INFINITY, (fromMs, toMs) => Math.log(toMs / fromMs));
    }
    /**
     * @param sightings what was seen so far, in order
     * @param among the shapes that progress may have
     * @returns undefined while progress tells nothing, or when it has none of the shapes
     */
    static of(sightings, among = shapes) {
        const { nowMs, plateaus } = progressOf(sightings);
        const step = sightings.length > questionsPerStep * plateaus.length ? smallestStep(plateaus) : roundingPercent;
        const spans = among
            .map((shape) => spanOf(shape, plateaus, Math.max(roundingPercent, step), nowMs))
            .filter(({ fromMs, toMs }) => 0 < fromMs && fromMs < toMs && toMs < Number.POSITIVE_INFINITY);
        return spans.length > 0 ? new Forecast(spans, nowMs) : undefined;
    }
    /** The time within which the end comes with this probability (0\u20131). */
    quantileMs(probability) {
        const latestMs = Math.max(...this.#spans.map(({ toMs }) => toMs));
        const lacking = (ms) => this.#sum(this.#nowMs + ms, (fromMs, toMs) => Math.log(toMs / fromMs)) / this.#mass - probability;
        return crossing(lacking, latestMs - this.#nowMs);
    }
    /** How late a question after `ms` would find the end, on average; an end that is still to come counts as 0. */
    latenessMs(ms) {
        const atMs = this.#nowMs + ms;
        return this.#sum(atMs, (fromMs, toMs) => atMs * Math.log(toMs / fromMs) - (toMs - fromMs)) / this.#mass;
    }
    #sum(untilMs, part) {
        return this.#spans
            .filter(({ fromMs }) => fromMs < untilMs)
            .reduce((sum, { fromMs, toMs }) => sum + part(fromMs, Math.min(toMs, untilMs)), 0);
    }
}
/**
 * How long until the end, to tell a person: at the pace so far, as long as progress is even.
 *
 * @param sightings what was seen so far, in order
 * @returns ms from the last sighting; undefined while it cannot be told
 */
function forecastMs(sightings) {
    return (Forecast.of(sightings, [even]) ?? Forecast.of(sightings))?.quantileMs(0.5);
}
/**
 * Where a value that grows crosses zero, to a thousandth of what is looked at.
 *
 * @param highest nothing above it is looked at
 */
function crossing(value, highest) {
    let [low, high] = [0, highest];
    while (high - low > highest / 1000) {
        const middle = (low + high) / 2;
        if (value(middle) < 0)
            low = middle;
        else
            high = middle;
    }
    return high;
}
/** What was seen since progress last fell back, if it ever did. */
function progressOf(sightings) {
    let plateaus = [];
    let startMs = 0;
    for (const { atMs, percent } of sightings) {
        if (percent === null)
            continue;
        const last = plateaus.at(-1);
        if (!last || percent < last.percent) {
            startMs = atMs;
            plateaus = [];
        }
        const ms = atMs - startMs;
        if (last?.percent === percent)
            plateaus.splice(-1, 1, { ...last, lastMs: ms });
        else
            plateaus.push({ percent, firstMs: ms, lastMs: ms });
    }
    return { plateaus, nowMs: (sightings.at(-1)?.atMs ?? startMs) - startMs };
}
function smallestStep(plateaus) {
    return Math.min(...plateaus.slice(1).map(({ percent }, index) => percent - (plateaus[index]?.percent ?? 0)));
}
/** While a percentage is seen, as much is done or more, but not as much as the next one says. */
function spanOf(shape, plateaus, stepPercent, nowMs) {
    // What was done before it was first seen is none of the shape's; above 0 it may have been rounded.
    const before = plateaus[0]?.percent ?? 0;
    const rounded = before > 0 ? roundingPercent : 0;
    const share = (percent) => shape(Math.min(1, Math.max(0, (percent - before) / (100 - before))));
    const earliest = plateaus.map(({ lastMs, percent }) => lastMs / share(percent + stepPercent + slackPercent));
    const latest = plateaus
        .slice(1)
        .map(({ firstMs, percent }) => firstMs / share(percent - slackPercent - rounded));
    return { fromMs: Math.max(nowMs, ...earliest), toMs: Math.min(...latest) };
}

const shortestMs = 1000;
const schedule_longestMs = 60_000;
/** Without a forecast: the first pause, and how its square grows with the age of the wait. */
const blind = { firstMs: 2800, growthMs: 38 };
/** A question is worth so much lateness. */
const priceMs = 400;
/** How far a forecast is not trusted (0\u20131): less with each change of the percentage that agreed with it. */
const doubt = { perChange: 0.2, least: 0.006 };
/** A forecast is vague whose middle four fifths span more; then it is asked early, to learn more. */
const vagueMs = 1500;
const earlyShare = 0.7;
/**
 * When to ask again. Without a forecast soon in a young wait, since short clips are ready within seconds, and rarer
 * in an old one. With one, as soon as the lateness to be expected is worth a question; and while the forecast is
 * vague, on the way to the likely end.
 *
 * @param sightings what was seen so far, in order, at least one
 * @param random from 0 to 1; spreads the questions of a batch
 * @returns the pause in ms
 */
function nextPauseMs(sightings, random) {
    const ageMs = (sightings.at(-1)?.atMs ?? 0) - (sightings[0]?.atMs ?? 0);
    const blindMs = Math.sqrt(blind.firstMs ** 2 + blind.growthMs * ageMs);
    const forecast = Forecast.of(sightings);
    const pauseMs = forecast ? foreseeing(forecast, blindMs, doubtOf(sightings)) : blindMs;
    return Math.min(schedule_longestMs * (0.9 + random / 10), Math.max(shortestMs, pauseMs) * (0.95 + random / 10));
}
function foreseeing(forecast, blindMs, doubt) {
    const costMs = (pauseMs) => (1 - doubt) * forecast.latenessMs(pauseMs) + doubt * priceMs * (pauseMs / blindMs) ** 2;
    const worthMs = crossing((pauseMs) => costMs(pauseMs) - priceMs, schedule_longestMs);
    const isVague = forecast.quantileMs(0.9) - forecast.quantileMs(0.1) > vagueMs;
    return isVague ? Math.min(worthMs, earlyShare * forecast.quantileMs(0.5)) : worthMs;
}
function doubtOf(sightings) {
    const changes = sightings.filter(({ percent }, index) => index > 0 && percent !== sightings[index - 1]?.percent);
    return Math.max(doubt.least, doubt.perChange ** changes.length);
}

/** What a last question needs before the time is over, in ms. */
const lastQuestionMs = 2000;
/**
 * Asks until nothing is pending any more.
 *
 * @param pending what is known to be pending now; nothing is asked while it is empty
 * @param ask asks once; handed what was seen before of each, for an estimate
 */
async function poll(pending, ask, { clock, leftMs, random, signal, pollIntervalMs }) {
    const sightings = new Map();
    for (let current = pending; current.size > 0; current = await ask(sightings)) {
        const atMs = clock.now();
        for (const [name, percent] of current) {
            sightings.set(name, [...(sightings.get(name) ?? []), { atMs, percent }]);
        }
        const pauses = [...current.keys()].map((name) => pollIntervalMs ?? nextPauseMs(sightings.get(name) ?? [], random()));
        const roomMs = leftMs() - lastQuestionMs;
        await clock.sleep(Math.min(...pauses, ...(roomMs > 0 ? [roomMs] : [])), signal);
    }
}





/** Cloudflare's processing of a video, which must be done before a download can be created. */
class Processing {
    #video;
    #tools;
    #seen;
    /** Whether a quality that can be streamed is enough: so it is documented, until a POST is refused all the same. */
    #streamableIsReady = true;
    #wait;
    #told = '';
    #leftMs;
    /** @param seen is told of each look at the video */
    constructor(video, tools, seen) {
        this.#video = video;
        this.#tools = tools;
        this.#seen = seen;
    }
    /**
     * Looks at the video after a refused POST, and waits for it if asked. The types of one video share the wait.
     *
     * @param refusal what Cloudflare said to the POST
     * @throws {Failure} `video-not-found`, `encode-failed`; without `wait` also `not-ready`, `still-live`
     */
    untilReady(refusal) {
        this.#wait ??= this.#untilReady(refusal).finally(() => {
            this.#wait = undefined;
        });
        return this.#wait;
    }
    async #untilReady(refusal) {
        let video = await this.#look(refusal);
        const waited = !this.#isReady(video);
        if (waited && !this.#tools.wait)
            throw notReady(video, refusal);
        const pending = () => this.#isReady(video) ? new Map() : new Map([[video.status.state, video.status.percent ?? null]]);
        const ask = async (sightings) => {
            video = await this.#look(refusal, sightings);
            return pending();
        };
        await poll(pending(), ask, this.#tools).catch((error) => {
            throw outcome_withState(error, `the video was still being processed (${state(video)}${aboutLeft(this.#leftMs)})`);
        });
        this.#streamableIsReady = false;
        return { video, waited };
    }
    async #look(refusal, sightings) {
        const video = await this.#video.details();
        this.#seen(video);
        if (video.status.state === 'error')
            throw encodeFailed(video, refusal);
        const { percent = null, state: name } = video.status;
        this.#leftMs = forecastMs([...(sightings?.get(name) ?? []), { atMs: this.#tools.clock.now(), percent }]);
        if (!this.#isReady(video) && state(video) !== this.#told) {
            this.#tools.tell(`video: ${state(video)}${aboutLeft(this.#leftMs)}`);
            this.#told = state(video);
        }
        return video;
    }
    #isReady(video) {
        return video.status.state === 'ready' || (this.#streamableIsReady && video.readyToStream);
    }
}
/** The reason that a video's details give for an error of it or its downloads, in words. */
function errorReason({ status: { reasonCode, reasonText } }) {
    const meaning = reasonCode === undefined ? undefined : encodeErrors.get(reasonCode);
    const words = reasonText && `\u201c${oneLine(reasonText)}\u201d`;
    return [meaning, words, reasonCode && oneLine(reasonCode)].filter(Boolean).join(', ') || undefined;
}
function encodeFailed(video, { said }) {
    return new Failure('encode-failed', `Cloudflare could not encode the video: ${errorReason(video) ?? 'no reason given'}`, { said });
}
function notReady(video, { said }) {
    return video.status.state === 'live-inprogress'
        ? new Failure('still-live', 'The video is still being broadcast, so it has no download yet', { said })
        : new Failure('not-ready', `The video is still being processed (${state(video)}), so it has no download yet`, { said });
}
function state({ status: { percent, state } }) {
    return typeof percent === 'number' && state === 'inprogress' ? `${state}, ${Math.floor(percent)} %` : state;
}





/**
 * Waits until none of a video's downloads is in progress any more; one question serves all of them.
 *
 * @param missing decides what becomes of a record whose download is not there, and has not been for so many ms
 */
async function untilReady(video, records, handover, tools, missing) {
    const startMs = tools.clock.now();
    const seenMs = new Map();
    const leftMs = new Map();
    const going = () => records.filter(({ failure, status }) => !failure && status === 'inprogress');
    const pending = () => new Map(going().map(({ type, percentComplete }) => [type, percentComplete]));
    const take = async (record, download, sightings) => {
        const atMs = tools.clock.now();
        if (!download)
            return missing(record, atMs - (seenMs.get(record) ?? startMs));
        const before = describe(record);
        update(record, download);
        seenMs.set(record, atMs);
        const sighting = { atMs, percent: record.percentComplete };
        leftMs.set(record, forecastMs([...(sightings.get(record.type) ?? []), sighting]));
        if (describe(record) !== before)
            handover.note(record, leftMs.get(record));
        await refuseError(video, record);
    };
    const ask = async (sightings) => {
        const found = await video.downloads();
        await Promise.all(going().map((record) => settle(record, () => take(record, found[record.type], sightings))));
        return pending();
    };
    try {
        await poll(pending(), ask, tools);
    }
    catch (error) {
        for (const record of going())
            fail(record, error, leftMs.get(record));
    }
}
/**
 * A download in status `error` stays so.
 *
 * @throws {Failure} `download-error`, with the video's own reason where there is one
 */
async function refuseError(video, { status, type }) {
    if (status !== 'error')
        return;
    const reason = await video.details().then(errorReason, () => undefined);
    throw new Failure('download-error', `Cloudflare failed to generate the ${type} download${reason ? `: ${reason}` : ''}`);
}

/**
 * What Cloudflare Stream answers, as far as this action reads it: unknown fields pass, since the API grows.
 *
 * @see https://developers.cloudflare.com/api/resources/stream/
 */
const note = object({ code: optional(number()), message: optional(string(), '') });
/** The envelope around every answer of Cloudflare's API. */
const envelope = object({
    success: dist_boolean(),
    errors: fallback(dist_array(note), []),
    messages: fallback(dist_array(note), []),
    result: optional(unknown()),
});
/** 0\u2013100, as a number or as a string such as `"39.000000"`; `null` where it makes no sense: only a status counts. */
const percentage = pipe(unknown(), transform((value) => {
    const percent = typeof value === 'string' || typeof value === 'number' ? Number.parseFloat(`${value}`) : -1;
    return percent >= 0 && percent <= 100 ? percent : null;
}));
/** One download; `url` works once `status` is `ready`. */
const download = object({
    status: picklist(['ready', 'inprogress', 'error']),
    percentComplete: optional(percentage, null),
    url: nullish(string(), null),
});
const byType = object({ default: nullish(download), audio: nullish(download) });
/** A video's downloads; a type is there once it has been created. Some answers say `null` for none at all. */
const downloads = pipe(nullish(byType), transform((found) => ({ default: found?.default ?? undefined, audio: found?.audio ?? undefined })));
/** The answer to the POST for one type: documented both flat and nested under its type. */
function createdDownload(type) {
    const nested = pipe(object({ [type]: unknown() }), transform((answer) => answer[type]), download);
    return union([download, nested]);
}
/** Some answers spell the reason `errReason\u2026`. */
const videoStatus = pipe(object({
    state: string(),
    pctComplete: optional(percentage, null),
    errorReasonCode: nullish(string()),
    errorReasonText: nullish(string()),
    errReasonCode: nullish(string()),
    errReasonText: nullish(string()),
}), transform((status) => ({
    state: status.state,
    percent: status.pctComplete,
    reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
    reasonText: status.errorReasonText || status.errReasonText || undefined,
})));
/** What people write about a video, in any shape; its name is a text. */
const meta = object({ name: fallback(optional(string()), undefined) });
/** A video's details. `duration` is in seconds, \u22121 while unknown. */
const video = object({
    uid: string(),
    meta: fallback(meta, { name: undefined }),
    requireSignedURLs: nullish(dist_boolean(), false),
    readyToStream: nullish(dist_boolean(), false),
    status: nullish(videoStatus, { state: 'unknown' }),
    duration: nullish(number(), -1),
});
/** A signed token, which stands in a URL where the video's id would. */
const signedToken = object({ token: pipe(string(), regex(/^[\w.~-]+$/)) });


/**
 * The downloads of a video.
 *
 * @throws {StreamError} `video-not-found` also where Cloudflare says so of a video that merely has none
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/get/
 */
function listDownloads(client, videoId) {
    return client.call({
        doing: 'list the downloads',
        method: 'GET',
        videoId,
        path: ['downloads'],
        result: downloads,
    });
}
/**
 * Creates a download, or answers the state of the one that exists.
 *
 * @throws {StreamError} `request-refused` where the video is not ready, among other causes
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/create/
 */
function createDownload(client, videoId, type) {
    return client.call({
        doing: `create the ${type} download`,
        method: 'POST',
        // The bare path makes the MP4; `\u2026/downloads/audio` the M4A.
        path: ['downloads', ...(type === 'default' ? [] : [type])],
        videoId,
        body: {},
        result: createdDownload(type),
    });
}
/**
 * Deletes a download by its typed path: what the bare path deletes is documented in two ways.
 *
 * @throws {StreamError} `video-not-found` where there is none
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/downloads/methods/delete/
 */
async function deleteDownload(client, videoId, type) {
    await client.call({
        doing: `delete the ${type} download`,
        method: 'DELETE',
        videoId,
        path: ['downloads', type],
        result: unknown(),
    });
}

/**
 * Makes a token that opens a private video's downloads.
 *
 * @param expSeconds when it ends, in seconds since 1970: at most 24 hours from now
 * @see https://developers.cloudflare.com/api/resources/stream/subresources/token/methods/create/
 */
async function createToken(client, videoId, expSeconds) {
    const { token } = await client.call({
        doing: 'sign the URL',
        method: 'POST',
        videoId,
        path: ['token'],
        body: { exp: expSeconds, downloadable: true },
        result: signedToken,
    });
    return token;
}

/**
 * The details of a video.
 *
 * @throws {StreamError} `video-not-found` where the account has no such video
 * @see https://developers.cloudflare.com/api/resources/stream/methods/get/
 */
function getVideo(client, videoId) {
    return client.call({ doing: 'look up the video', method: 'GET', videoId, path: [], result: video });
}





/**
 * One video, and what Cloudflare's answers mean for it. "Not found" is what Cloudflare answers both of a video
 * without downloads and of one that the account does not have, so it is looked into, once.
 */
class VideoAtWork {
    id;
    #client;
    /** Whether the account is known to have the video, so that "not found" is said of its downloads. */
    #known = false;
    #missing;
    #look;
    #seen;
    constructor(id, client) {
        this.id = id;
        this.#client = client;
    }
    /**
     * The video's details as they are now; those who ask at the same time share one look.
     *
     * @throws {Failure} `video-not-found`
     */
    details() {
        this.#look ??= this.#lookUp().finally(() => {
            this.#look = undefined;
        });
        return this.#look;
    }
    /** The video's details as they were when they were last looked at, which they are once at least. */
    async knownDetails() {
        return this.#seen ?? this.details();
    }
    /**
     * Makes a token that opens the video's downloads.
     *
     * @param expSeconds when it ends, in seconds since 1970
     */
    token(expSeconds) {
        return createToken(this.#client, this.id, expSeconds);
    }
    /** The video's downloads; "bad request" is another answer that is reported of a video without any. */
    async downloads() {
        try {
            const found = await this.#knowing(listDownloads(this.#client, this.id));
            // Were there nothing to find next time, the video itself may have been deleted.
            if (found.default || found.audio)
                this.#known = false;
            return found;
        }
        catch (error) {
            if (!isKind(error, 'video-not-found') && !isKind(error, 'request-refused'))
                throw error;
            await this.#mustExist();
            return { default: undefined, audio: undefined };
        }
    }
    /**
     * Creates a download, or finds the one that exists.
     *
     * @throws {StreamError} `video-not-found` or `request-refused`, of which only the details tell the cause
     */
    async create(type) {
        try {
            return await this.#knowing(createDownload(this.#client, this.id, type));
        }
        catch (error) {
            const exists = isKind(error, 'request-refused') && error.said?.httpStatus === 409;
            const existing = exists ? (await this.downloads())[type] : undefined;
            if (existing)
                return existing;
            throw error;
        }
    }
    /**
     * Deletes a download.
     *
     * @returns whether there was one
     */
    async delete(type) {
        try {
            await this.#knowing(deleteDownload(this.#client, this.id, type));
            return true;
        }
        catch (error) {
            if (!isKind(error, 'video-not-found'))
                throw error;
            await this.#mustExist();
            return false;
        }
    }
    async #lookUp() {
        try {
            this.#seen = await this.#knowing(getVideo(this.#client, this.id));
            return this.#seen;
        }
        catch (error) {
            if (!isKind(error, 'video-not-found'))
                throw error;
            // One for all types, so that it is told once.
            this.#missing ??= new Failure('video-not-found', 'The account has no such video', {
                said: error.said,
                cause: error,
            });
            throw this.#missing;
        }
    }
    async #mustExist() {
        if (!this.#known)
            await this.details();
    }
    async #knowing(answer) {
        const answered = await answer;
        this.#known = true;
        return answered;
    }
}
/** Whether Cloudflare failed a request in this way. */
function isKind(error, kind) {
    return error instanceof StreamError && error.kind === kind;
}









/** Cloudflare makes no downloads of recordings over 4 hours. */
const longestSeconds = 4 * 3600;
/** The pauses before the POSTs that follow a refusal for which the video's details give no cause; 107 s in all. */
const refusalPausesMs = [1000, 4000, 12_000, 30_000, 60_000];
/** How long a download may be missing from the answers after it was created. */
const toleratedMs = 60_000;
/** Ensures that a video has downloads of the types, and waits for them if asked. */
async function create(video, types, tools) {
    const records = types.map((type) => newRecord(video.id, type));
    video.records = records;
    const work = new VideoAtWork(video.id, tools.client);
    const processing = new Processing(work, tools, () => {
        for (const record of records)
            if (record.status === 'failed')
                record.status = 'none';
    });
    const handover = new Handover(work, tools);
    const createOne = async (record) => {
        update(record, await ensure(work, record.type, processing, tools));
        handover.note(record);
        await refuseError(work, record);
    };
    await Promise.all(records.map((record) => settle(record, () => createOne(record))));
    if (tools.wait)
        await untilReady(work, records, handover, tools, patience(createOne, tools));
    await handover.end(records);
}
/** Creates the download as soon as the video allows it. */
async function ensure(video, type, processing, tools) {
    for (let refusals = 0;;) {
        const outcome = await tryToCreate(video, type);
        if (!(outcome instanceof Failure))
            return outcome;
        const { video: details, waited } = await processing.untilReady(outcome).catch((error) => {
            throw error instanceof StreamError ? unexplained(type, outcome, error) : error;
        });
        if (waited || details.status.state !== 'ready')
            continue;
        if (details.duration > longestSeconds) {
            const length = formatDuration(details.duration * 1000);
            throw new Failure('too-long', `The video is ${length} long, and Cloudflare refused the ${type} download`, {
                said: outcome.said,
                cause: outcome,
            });
        }
        const pauseMs = refusalPausesMs[refusals++];
        if (pauseMs === undefined) {
            throw new Failure('create-refused', `Cloudflare refused the ${type} download ${refusals} times`, {
                said: outcome.said,
                cause: outcome,
            });
        }
        tools.tell(`${type}: refused though the video is ready, next attempt in ${formatDuration(pauseMs)}`);
        await tools.clock.sleep(pauseMs * (0.9 + tools.random() / 5), tools.signal);
    }
}
/** A refusal whose cause could not be looked up. */
function unexplained(type, { said }, error) {
    const what = `Cloudflare refused the ${type} download, and its cause is unknown: ${error.what}`;
    return new Failure(error.kind, what, { said, cause: error });
}
/** A refused POST says nothing reliable about the cause, so it is handed back to be looked into. */
async function tryToCreate(video, type) {
    try {
        return await video.create(type);
    }
    catch (error) {
        if (isKind(error, 'request-refused') || isKind(error, 'video-not-found'))
            return error;
        throw error;
    }
}
/** Tolerates that a created download is missing for a while, then creates it once more, then gives up. */
function patience(create, { clock, tell }) {
    const createdAgainMs = new Map();
    return async (record, missingMs) => {
        const againMs = createdAgainMs.get(record);
        const sinceMs = againMs === undefined ? missingMs : Math.min(missingMs, clock.now() - againMs);
        if (sinceMs < toleratedMs)
            return;
        if (againMs !== undefined) {
            update(record, undefined);
            throw new Failure('download-vanished', `The ${record.type} download vanished, was created again and vanished again`);
        }
        tell(`${record.type}: vanished, creating it once more`);
        createdAgainMs.set(record, clock.now());
        update(record, undefined);
        await create(record);
    };
}




/** Deletes a video's downloads of the types, and waits until they are gone if asked. */
async function deleteDownloads(video, types, tools) {
    const records = types.map((type) => newRecord(video.id, type));
    video.records = records;
    const work = new VideoAtWork(video.id, tools.client);
    await Promise.all(records.map((record) => settle(record, async () => {
        record.status = (await work.delete(record.type)) ? 'deleted' : 'none';
        tools.tell(describe(record));
    })));
    if (!tools.wait)
        return;
    let listed = records.filter(({ status }) => status === 'deleted');
    const ask = async () => {
        const found = await work.downloads();
        for (const record of listed) {
            update(record, found[record.type]);
            if (record.status === 'none')
                record.status = 'deleted';
            else
                tools.tell(`${describe(record)}, still listed`);
        }
        listed = listed.filter(({ status }) => status !== 'deleted');
        return new Map(listed.map(({ type }) => [type, null]));
    };
    try {
        // A deletion is done at once, as a rule.
        if (listed.length > 0)
            await poll(await ask(), ask, tools);
    }
    catch (error) {
        for (const record of listed)
            fail(record, error);
    }
}






/**
 * Finds the downloads of a video, and waits for those in progress if asked. A type that is not there is `none`,
 * and one in status `error` is a fact, unless it was to be waited for or saved.
 *
 * @param types the types asked for; undefined for every type there is
 */
async function list_list(video, types, tools) {
    const asked = types?.map((type) => newRecord(video.id, type));
    const untyped = newRecord(video.id, '');
    video.records = asked ?? [untyped];
    const work = new VideoAtWork(video.id, tools.client);
    const handover = new Handover(work, tools);
    try {
        const found = await work.downloads();
        const records = asked ?? downloadTypes.filter((type) => found[type]).map((type) => newRecord(video.id, type));
        for (const record of records)
            update(record, found[record.type]);
        update(untyped, undefined);
        if (records.length > 0)
            video.records = records;
        for (const record of records)
            handover.note(record);
        if (records.length === 0)
            tools.tell(describe(untyped));
        if (tools.wait) {
            await Promise.all(records.map((record) => settle(record, () => refuseError(work, record))));
            await untilReady(work, records, handover, tools, async (record) => {
                update(record, undefined);
                tools.tell(`${record.type}: not there any more`);
            });
        }
        await handover.end(records);
        if (tools.saver)
            await Promise.all(video.records.map((record) => settle(record, () => refuseAbsent(record))));
    }
    catch (error) {
        for (const record of video.records)
            fail(record, error);
    }
}
/** @throws {Failure} `no-download` where there is nothing that could have been saved */
async function refuseAbsent({ failure, status, type }) {
    if (failure || status !== 'none')
        return;
    throw new Failure('no-download', `The video has no ${type && `${type} `}download, so there is nothing to save`);
}



/** Carries the operation out for one video. Its records are there at once, and hold the outcome at the end. */
function operate({ operation, types }, video, tools) {
    switch (operation) {
        case 'list':
            return list_list(video, types, tools);
        case 'create':
            return create(video, types ?? ['default'], tools);
        case 'delete':
            return deleteDownloads(video, types ?? ['default'], tools);
    }
}



/** The HTTP status that a request to GitHub failed with; undefined where none came. */
function statusOf(error) {
    return isRequestError(error) && error.response ? error.status : undefined;
}
/** Whether GitHub says that there is an asset of that name already. */
function isNameTaken(error) {
    return statusOf(error) === 422 && /already_exists/.test(wordsOf(error));
}
/**
 * Tells what a failed request to GitHub means.
 *
 * @param doing what it was for, as in "could not DOING"
 */
function gitHubFailure(doing, host, error) {
    const status = statusOf(error);
    if (status === undefined) {
        const asked = isRequestError(error) ? URL.parse(error.request?.url ?? '')?.host : undefined;
        const { kind, what } = networkFault(asked ?? host, error, 'gave no answer in time');
        return new Failure(kind === 'unreachable' ? 'github-unreachable' : kind, `Could not ${doing}: ${what}`, {
            cause: error,
        });
    }
    const words = wordsOf(error);
    return new Failure(kindOf(status, words), `Could not ${doing}: GitHub answered HTTP ${status}, \u201c${words}\u201d`, {
        cause: error,
    });
}
function kindOf(status, words) {
    if (/immutable/i.test(words))
        return 'release-immutable';
    if (status === 429 || /rate limit|abuse detection/i.test(words))
        return 'github-rate-limited';
    if (status === 401)
        return 'github-token';
    if (status === 403)
        return 'github-permission';
    if (status === 404)
        return 'github-not-found';
    return status >= 500 ? 'github-error' : 'github-refused';
}
function isRequestError(error) {
    return Error.isError(error) && 'status' in error && typeof error.status === 'number';
}
/** GitHub's own words, with the codes that stand beside them. */
function wordsOf(error) {
    const data = isRequestError(error) ? error.response?.data : undefined;
    if (typeof data !== 'object' || data === null)
        return oneLine(Error.isError(error) ? error.message : '');
    const { message, errors } = data;
    return oneLine([message, errors && JSON.stringify(errors)].filter(Boolean).join(' '), 200);
}
var attempt_addDisposableResource = function (env, value, async) {
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
};
var attempt_disposeResources = (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
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
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});

/**
 * Bounds one attempt in time.
 *
 * @param outer ends the attempt with its own reason
 * @param work is handed the signal that ends it; after `timeoutMs` its reason is a `TimeoutError`
 */
async function attempt(timeoutMs, outer, work) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const watch = attempt_addDisposableResource(env_1, new Watch(timeoutMs, outer), false);
        return await work(watch.signal);
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        attempt_disposeResources(env_1);
    }
}




/** The longest time for a request that brings no file, in ms. */
const attemptTimeoutMs = 30_000;
const git_hub_fetch_maxRedirects = 3;
/**
 * The fetch that Octokit is given. It speaks to GitHub's hosts alone, whatever redirects say, and each request ends; and
 * it tells in Octokit's terms what is worth another attempt: what is not has the name of an abort.
 */
function gitHubFetch({ apiUrl, debug, fetch }) {
    const once = async (url, init, signal) => {
        const response = await fetch(url, { ...init, redirect: 'manual', signal });
        const { pathname } = new URL(url);
        debug(`${init.method ?? 'GET'} ${pathname} ${response.status}`);
        const text = await readText(response, signal);
        return answer(response, text);
    };
    const follow = async (address, init, signal) => {
        let url = address;
        for (let redirects = 0;; redirects++) {
            if (!isGitHubs(url, apiUrl))
                throw new TypeError(`${new URL(url).host} is not GitHub's`);
            const response = await once(url, init, signal);
            const { status } = response;
            if (status < 300 || status > 399)
                return response;
            const next = URL.parse(response.headers.get('location') ?? '', url);
            const same = status === 307 || status === 308 || (init.method ?? 'GET') === 'GET';
            if (!next || !same || redirects === git_hub_fetch_maxRedirects) {
                throw new TypeError(`GitHub redirects to ${redirectTarget(response, url)}`);
            }
            url = next.href;
        }
    };
    return async (input, init = {}) => {
        const url = String(input);
        const signal = init.signal ?? new AbortController().signal;
        try {
            // How long a file takes, nobody knows.
            if (init.body instanceof Blob)
                return await follow(url, init, signal);
            return await attempt(attemptTimeoutMs, signal, (bounded) => follow(url, init, bounded));
        }
        catch (error) {
            if (signal.aborted || networkFault(new URL(url).host, error, '').passing)
                throw error;
            throw Object.assign(new Error('no attempt will follow', { cause: error }), { name: 'AbortError' });
        }
    };
}
/** The answer as Octokit reads it: limits are what its plugin takes for one, and what is not GitHub's is a fault. */
function answer(response, text) {
    const { headers, status } = response;
    const isJson = /\bjson\b/i.test(headers.get('content-type') ?? '');
    if (response.ok && status !== 204 && !isJson) {
        throw new TypeError(`the answer is not GitHub's JSON but ${quoteBody(headers, text, (shown) => shown)}`);
    }
    const limited = status === 429 || (status === 403 && headers.has('retry-after'));
    const isTold = /secondary rate/i.test(text) || headers.get('x-ratelimit-remaining') === '0';
    const body = limited && !isTold ? JSON.stringify({ message: 'You have exceeded a secondary rate limit' }) : text;
    const plain = new Headers(headers);
    if (body !== text)
        plain.set('content-type', 'application/json');
    plain.delete('content-encoding');
    plain.delete('content-length');
    return new Response(status === 204 || status === 304 ? null : body, { status, headers: plain });
}
/** Whether the token may be sent to an address: to the API's host, and to the one for uploads beside it. */
function isGitHubs(address, apiUrl) {
    const { hostname, protocol } = new URL(apiUrl);
    const url = new URL(address);
    const uploads = `uploads.${hostname.replace(/^api\./, '')}`;
    return url.protocol === protocol && (url.hostname === hostname || url.hostname === uploads);
}





/** How often a request is made again. */
const retries = 4;
/** One repository at GitHub. What speaks to it is loaded only here. */
class GitHub {
    owner;
    repo;
    /** Lets so many files be in transfer at once. */
    inTransfer;
    #options;
    #octokit;
    #prompt;
    constructor(options, octokit, prompt) {
        const [owner = '', repo = ''] = options.repository.split('/');
        this.owner = owner;
        this.repo = repo;
        this.inTransfer = pLimit(options.concurrency);
        this.#options = options;
        this.#octokit = octokit;
        this.#prompt = prompt;
    }
    static async open(options) {
        // The build makes a file of its own of them, which no other run reads.
        const { getOctokit, retry, throttling } = await import(/* webpackIgnore: true */ './octokit.js');
        const { apiUrl, debug, leftMs, pauseSecondMs = 1000, tell, token } = options;
        const wait = (why) => (seconds, _, _octokit, retryCount) => {
            const worthIt = retryCount < retries && seconds * 1000 < leftMs();
            if (worthIt)
                tell(`GitHub: ${why}; next attempt in ${formatDuration(seconds * 1000)}`);
            return worthIt;
        };
        const fetch = gitHubFetch(options);
        // The plugin lets a client write once in a second: what must follow at once goes through one of its own.
        const client = (id) => getOctokit(token, {
            baseUrl: apiUrl,
            userAgent: `stream-downloads/${version}`,
            log: { debug: () => { }, info: debug, warn: debug, error: debug },
            request: { fetch },
            // Limits are the throttling plugin's.
            retry: {
                retries,
                retryAfterBaseValue: pauseSecondMs,
                doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
            },
            throttle: {
                id,
                retryAfterBaseValue: pauseSecondMs,
                onRateLimit: wait('the limit of requests is reached'),
                onSecondaryRateLimit: wait('too many requests at once'),
            },
        }, retry, throttling);
        return new GitHub(options, client('writes'), client('swaps'));
    }
    /**
     * Makes requests.
     *
     * @param doing what for, as in "could not DOING"
     * @param graceMs for how long what must not be left half-done may go on once the step ends
     * @throws {Failure} what it means when they fail
     * @throws the signal's reason soon after it is aborted
     */
    async ask(doing, work, graceMs = 0) {
        const { apiUrl, signal } = this.#options;
        signal.throwIfAborted();
        // A reason of its own would be taken for a fault of the network, and tried again.
        const [ended, cut] = [new AbortController(), new AbortController()];
        const gone = Promise.withResolvers();
        const end = () => {
            ended.abort();
            setTimeout(() => {
                cut.abort();
                gone.reject(signal.reason);
            }, graceMs);
        };
        signal.addEventListener('abort', end, { once: true });
        const client = {
            octokit: this.#octokit,
            prompt: this.#prompt,
            signal: ended.signal,
            graced: cut.signal,
        };
        const asked = (async () => work(client))();
        try {
            // A pause of the plugins does not end with the signal.
            return await Promise.race([asked, gone.promise]);
        }
        catch (error) {
            asked.catch(() => { });
            signal.throwIfAborted();
            throw gitHubFailure(doing, new URL(apiUrl).host, error);
        }
        finally {
            signal.removeEventListener('abort', end);
        }
    }
    /** Whether the token may be sent to an address. */
    owns(address) {
        return isGitHubs(address, this.#options.apiUrl);
    }
    /** Pauses between two attempts. */
    pause(seconds) {
        const { clock, pauseSecondMs = 1000, signal } = this.#options;
        return clock.sleep(seconds * pauseSecondMs, signal);
    }
}
/**
 * The name that GitHub gives an asset: of letters, digits, `.`, `-` and `_`, so that the same file is found again under
 * it.
 *
 * @param id stands in for a name of which nothing is left
 * @see https://docs.github.com/rest/releases/assets#upload-a-release-asset
 */
function assetName(fileName, id) {
    const extension = /\.[A-Za-z0-9]+$/.exec(fileName)?.[0] ?? '';
    const stem = fileName.slice(0, fileName.length - extension.length);
    return `${reduced(stem) || id}${extension}`;
}
function reduced(text) {
    return text
        .normalize('NFC')
        .replace(/[^A-Za-z0-9._-]+/g, '.')
        .replace(/\.{2,}/g, '.')
        .replace(/^[.-]+|\.$/g, '');
}





/** The largest asset that GitHub takes, in bytes. */
const largestBytes = 2 * 1024 ** 3;
/** How often an asset is begun anew because somebody else changed the release meanwhile. */
const maxRounds = 6;
/** For how long an asset may be put into its place once the step ends, in ms. */
const graceMs = 700;
/** What stands after the name of an asset as long as it is on its way to that name. */
const underWay = /^\.[0-9a-f]{8}\.part$/;
/**
 * A GitHub release that files are attached to.
 *
 * @see https://docs.github.com/rest/releases/assets
 */
class Release {
    #github;
    #id;
    #uploadUrl;
    tag;
    /** Whose each name is that was given in this step. */
    #takenBy = new Map();
    constructor(github, tag, id, uploadUrl) {
        this.#github = github;
        this.tag = tag;
        this.#id = id;
        this.#uploadUrl = uploadUrl;
    }
    /**
     * Finds a release, drafts among them.
     *
     * @throws {Failure} `release-not-found`, `release-immutable`, and what GitHub's refusals mean
     */
    static async find(github, { id, tag }) {
        const found = id === undefined ? await findByTag(github, tag) : await findById(github, id);
        if (!found) {
            throw new Failure('release-not-found', `There is no release ${tag} in ${github.owner}/${github.repo}`);
        }
        if (found.immutable && !found.draft) {
            throw new Failure('release-immutable', `The release ${found.tag_name} is published and immutable`);
        }
        if (!URL.canParse(found.upload_url)) {
            throw new Failure('github-refused', `What was answered for the release ${tag} is none of GitHub's API`);
        }
        if (!github.owns(found.upload_url)) {
            const { host } = new URL(found.upload_url);
            throw new Failure('github-refused', `The release takes uploads at ${host}, which is not GitHub's`);
        }
        return new Release(github, found.tag_name, found.id, found.upload_url);
    }
    /**
     * Attaches a file: an asset that is the same is kept, one that is not is replaced once the new one is whole.
     *
     * @returns the address of the asset; of a draft, the one that it has once that is published
     * @throws {Failure}
     */
    async attach(file, tell) {
        const name = assetName((0, external_node_path_.basename)(file.path), file.videoId);
        this.#take(name, file);
        if (file.sizeBytes > largestBytes) {
            const what = `${name} has ${file.sizeBytes} bytes, and a release takes ${largestBytes} at most`;
            throw new Failure('asset-too-large', what);
        }
        return this.#github.inTransfer(() => this.#rounds(name, file, tell));
    }
    async #rounds(name, file, tell) {
        for (let round = 1;; round++) {
            try {
                return await this.#round(name, file, tell);
            }
            catch (error) {
                // Another job may be at the same release: an asset came or went.
                const raced = error instanceof Failure && (isNameTaken(error.cause) || statusOf(error.cause) === 404);
                if (!raced || round === maxRounds)
                    throw error;
                tell(`${error.what}; another job, or an upload that broke, changed the release, so once more`);
                await this.#github.pause(round);
            }
        }
    }
    async #round(name, file, tell) {
        const assets = await this.#assets();
        const current = assets.find((asset) => asset.name === name);
        const start = name.slice(0, 200);
        const others = assets.filter((asset) => asset.name.startsWith(start) && underWay.test(asset.name.slice(start.length)));
        let asset;
        if (current && isSame(current, file)) {
            tell(`${name} is attached to ${this.tag} already`);
            asset = current;
        }
        else if (!current && others.length === 0) {
            asset = await this.#upload(name, file);
        }
        else {
            const whole = others.find((other) => isSame(other, file));
            const next = whole ?? (await this.#upload(`${start}.${randomHex()}.part`, file));
            asset = await this.#swap(current, next, name, file);
        }
        for (const other of others)
            if (other.id !== asset.id)
                await this.#remove(other, tell);
        // Of a draft it is another one, which ends when that is published.
        return asset.browser_download_url.replace(/(\/releases\/download\/)untagged-[^/]+\//, `$1${encodeURIComponent(this.tag)}/`);
    }
    #assets() {
        return this.#github.ask('list the assets of the release', ({ octokit, signal }) => octokit.paginate(octokit.rest.repos.listReleaseAssets, {
            ...this.#repository,
            release_id: this.#id,
            per_page: 100,
            request: { signal },
        }));
    }
    async #upload(name, file) {
        const { contentType, label, path, sizeBytes } = file;
        const data = await (0, external_node_fs_.openAsBlob)(path, { type: contentType });
        const changed = new Failure('file-incomplete', `${path} is not what was saved any more`);
        if (data.size !== sizeBytes)
            throw changed;
        const { data: asset } = await this.#github.ask(`upload ${name}`, ({ octokit, signal }) => octokit.request({
            method: 'POST',
            url: this.#uploadUrl,
            name,
            ...(label && { label }),
            data,
            headers: { 'content-type': contentType },
            request: { signal },
        }));
        // Not every GitHub tells a digest.
        if (isSame({ ...asset, digest: asset.digest ?? `sha256:${file.sha256}` }, file))
            return asset;
        await this.#delete(asset);
        throw changed;
    }
    /** Puts an asset into the place of another, which is there until then but for a moment. */
    async #swap(old, next, name, { label }) {
        const swap = async ({ graced, octokit, prompt, signal }) => {
            signal.throwIfAborted();
            // A deletion that is cut off may be carried out all the same.
            if (old)
                await deleteAsset(octokit, { ...this.#repository, asset_id: old.id, request: { signal: graced } });
            const { data } = await prompt.rest.repos.updateReleaseAsset({
                ...this.#repository,
                asset_id: next.id,
                name,
                ...(label && { label }),
                request: { signal: graced },
            });
            return data;
        };
        return this.#github.ask(`put ${name} into its place`, swap, graceMs);
    }
    /** Removes what another run left behind; where that fails, what was attached is attached all the same. */
    async #remove(asset, tell) {
        try {
            await this.#delete(asset);
        }
        catch (error) {
            if (!(error instanceof Failure) || error.kind === 'cancelled' || error.kind === 'time-over')
                throw error;
            tell(error.what);
        }
    }
    async #delete({ id, name }) {
        await this.#github.ask(`delete the asset ${name}`, ({ octokit, signal }) => deleteAsset(octokit, { ...this.#repository, asset_id: id, request: { signal } }));
    }
    /** @throws {Failure} `target-taken` */
    #take(name, file) {
        const other = this.#takenBy.get(name);
        if (other && other.path !== file.path) {
            const whose = `that of ${(0, external_node_path_.basename)(other.path)}, of video ${other.videoId}`;
            throw new Failure('target-taken', `The asset ${name} is also ${whose}`);
        }
        this.#takenBy.set(name, file);
    }
    get #repository() {
        const { owner, repo } = this.#github;
        return { owner, repo };
    }
}
function isSame({ digest, size, state }, { sha256, sizeBytes }) {
    return state === 'uploaded' && size === sizeBytes && digest === `sha256:${sha256}`;
}
/** What is gone already is as good as deleted. */
async function deleteAsset(octokit, asset) {
    try {
        await octokit.rest.repos.deleteReleaseAsset(asset);
    }
    catch (error) {
        if (statusOf(error) !== 404)
            throw error;
    }
}
async function findById(github, id) {
    const { owner, repo } = github;
    return github.ask('look up the release of the event', async ({ octokit, signal }) => {
        const { data } = await octokit.rest.repos
            .getRelease({ owner, repo, release_id: id, request: { signal } })
            .catch(undefinedWhereMissing);
        return data;
    });
}
/** Drafts are not found by their tag, but listed to a token that may write. */
async function findByTag(github, tag) {
    const { owner, repo } = github;
    return github.ask(`look up the release ${tag}`, async ({ octokit, signal }) => {
        const request = { signal };
        const { data } = await octokit.rest.repos
            .getReleaseByTag({ owner, repo, tag, request })
            .catch(undefinedWhereMissing);
        if (data)
            return data;
        const pages = octokit.paginate.iterator(octokit.rest.repos.listReleases, {
            owner,
            repo,
            per_page: 100,
            request,
        });
        for await (const page of pages) {
            const draft = page.data.find((release) => release.draft && release.tag_name === tag);
            if (draft)
                return draft;
        }
        return undefined;
    });
}
function undefinedWhereMissing(error) {
    if (statusOf(error) !== 404)
        throw error;
    return { data: undefined };
}
function randomHex() {
    return crypto.getRandomValues(Buffer.alloc(4)).toString('hex');
}


/** GitHub shows 10 annotations of a step; the last tells how many more there are. */
const shownAtMost = 9;
/** What may happen to one type of a video and not to the other; all else is a fault of the video as a whole. */
const faultsOfOneType = new Set([
    'create-refused',
    'download-error',
    'download-vanished',
    'request-refused',
    'no-download',
    'delivery-refused',
    'delivery-redirected',
    'delivery-error',
    'delivery-unreachable',
    'file-missing',
    'file-failed',
    'file-incomplete',
    'not-media',
    'target-taken',
    'target-outside',
    'target-unwritable',
    'asset-too-large',
    'github-error',
    'github-refused',
    'github-unreachable',
    'time-over',
    'cancelled',
]);
/** Why a record fails the step, with the video it is about; undefined where it does not. */
function failureMessage({ failure, videoId }) {
    return failure && `Video ${videoId}: ${failure.message}`;
}
/**
 * What the step fails with. A fault of a whole video is told once, not once per type; one of several videos once.
 *
 * @param faults of the step as a whole
 */
function annotations(faults, records) {
    const told = new Map();
    const videosOf = new Map();
    for (const { failure, videoId } of records) {
        if (failure)
            videosOf.set(failure, (videosOf.get(failure) ?? new Set()).add(videoId));
    }
    for (const { kind, message } of faults)
        told.set(message, { title: failures[kind].title, message });
    for (const record of records) {
        const message = failureMessage(record);
        if (!message || !record.failure)
            continue;
        const { kind } = record.failure;
        const isOfStep = (videosOf.get(record.failure)?.size ?? 0) > 1;
        const fault = faultsOfOneType.has(kind) ? message : `${record.videoId} ${kind}`;
        const key = isOfStep ? record.failure.message : fault;
        if (!told.has(key))
            told.set(key, { title: failures[kind].title, message: isOfStep ? key : message });
    }
    const all = [...told.values()];
    const more = all.length - shownAtMost;
    if (more <= 0)
        return all;
    const message = `${count(more, 'more failure')}: the file that \`results-file\` names has them all.`;
    return [...all.slice(0, shownAtMost), { title: 'More failures', message }];
}
/** A failure's stack and those of all that caused it, for a debug log. */
function trace(failure) {
    return causes(failure)
        .map((cause) => (Error.isError(cause) ? (cause.stack ?? cause.message) : String(cause)))
        .join('\ncaused by ');
}

/** Over how long a speed is measured at least, in ms. */
const measuredMs = 3000;
/** How many files a line names. */
const namedAtMost = 3;
/** How wide a bar is, in characters. */
const barWidth = 16;
/** The files in transfer, as a person reads of them. */
class Transfers {
    #now;
    #going = new Set();
    /** @param now in ms, on a scale that only ever grows */
    constructor(now) {
        this.#now = now;
    }
    /** @param label what the file is */
    begin(label) {
        const transfer = new ShownTransfer(label, this.#now());
        this.#going.add(transfer);
        return transfer;
    }
    /** @returns whether others are still going */
    end(transfer) {
        this.#going.delete(transfer);
        return this.#going.size > 0;
    }
    /** All of them in one line. */
    line() {
        const named = [...this.#going].slice(0, namedAtMost).map((transfer) => transfer.text(this.#now()));
        const more = this.#going.size - named.length;
        return `saving ${named.join('; ')}${more > 0 ? `; ${count(more, 'more file')}` : ''}`;
    }
    /** Each with a bar, in a line of its own. */
    bars() {
        return [...this.#going].map((transfer) => `${transfer.bar()} ${transfer.text(this.#now())}`).join('\n');
    }
}
/** One file in transfer. */
class ShownTransfer {
    #label;
    #haveBytes = 0;
    #totalBytes;
    /** Since when the speed is measured, and from where. */
    #since;
    #bytesPerMs;
    constructor(label, nowMs) {
        this.#label = label;
        this.#since = { atMs: nowMs, bytes: 0 };
    }
    progress = (haveBytes, totalBytes) => {
        this.#haveBytes = haveBytes;
        this.#totalBytes = totalBytes;
    };
    /** `VIDEO default: 45 MB of 100 MB, 45 %, 4.5 MB/s, about 12 s left`. */
    text(nowMs) {
        const bytesPerMs = this.#measure(nowMs);
        const [have, total] = [this.#haveBytes, this.#totalBytes];
        const speed = bytesPerMs > 0 ? `, ${formatBytes(bytesPerMs * 1000)}/s` : '';
        if (total === undefined)
            return `${this.#label}: ${formatBytes(have)}${speed}`;
        const left = bytesPerMs > 0 ? aboutLeft((total - have) / bytesPerMs) : '';
        const percent = Math.floor(this.#fraction * 100);
        return `${this.#label}: ${formatBytes(have)} of ${formatBytes(total)}, ${percent} %${speed}${left}`;
    }
    bar() {
        const full = Math.floor(this.#fraction * barWidth);
        return '\u2588'.repeat(full) + '\u2591'.repeat(barWidth - full);
    }
    get #fraction() {
        return this.#totalBytes ? Math.min(1, this.#haveBytes / this.#totalBytes) : 0;
    }
    #measure(nowMs) {
        const { atMs, bytes } = this.#since;
        const passedMs = nowMs - atMs;
        // A file that was begun anew is behind where it was.
        const bytesPerMs = passedMs > 0 ? Math.max(0, this.#haveBytes - bytes) / passedMs : 0;
        if (passedMs < measuredMs)
            return this.#bytesPerMs ?? bytesPerMs;
        this.#since = { atMs: nowMs, bytes: this.#haveBytes };
        this.#bytesPerMs = bytesPerMs;
        return bytesPerMs;
    }
}



/** The longest silence while something goes on, in ms. */
const silenceMs = 30_000;
/** How often files in transfer are told of: in a log, and in a terminal that draws them anew, in ms. */
const transfersMs = 10_000;
const redrawnMs = 200;
/** GitHub shows 10 warnings of a step; what is over is for those who read the log. */
const warnedAtMost = 10;
/** How many videos a line about all that goes on names. */
const log_namedAtMost = 3;
/**
 * What a person reads while the step runs: of one video a line per change; of several a group per video as soon
 * as it is done, since their lines would mix otherwise; how far files in transfer have come; and after 30 s of silence
 * a line that tells what goes on.
 */
class Log {
    #runner;
    #clock;
    #terminal;
    #transfers;
    /** Aborted when no file is in transfer any more; undefined while there is none. */
    #transferring;
    #warned = new Set();
    #startMs;
    /** Each video that is not done, by id, with what was told of it last. */
    #going = new Map();
    #lastMs;
    /** @param terminal where to draw bars; undefined where what is written stays */
    constructor(runner, clock, terminal) {
        this.#runner = runner;
        this.#clock = clock;
        this.#terminal = terminal;
        this.#transfers = new Transfers(() => clock.now());
        this.#startMs = clock.now();
        this.#lastMs = this.#startMs;
    }
    info(line) {
        this.#lastMs = this.#clock.now();
        this.#terminal?.clear();
        this.#runner.info(line);
    }
    /** Warns at the run, as long as GitHub shows it. */
    warn(message, title) {
        // What is said of each type of a video is said once.
        if (this.#warned.has(message))
            return;
        this.#warned.add(message);
        this.#lastMs = this.#clock.now();
        this.#terminal?.clear();
        if (this.#warned.size <= warnedAtMost)
            this.#runner.warning(message, title);
        else
            this.info(`${title}: ${message}`);
    }
    /** Shows a file in transfer until it is disposed of. */
    transfer(label) {
        const transfer = this.#transfers.begin(label);
        if (!this.#transferring) {
            this.#transferring = new AbortController();
            void this.#showTransfers(this.#transferring.signal);
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
    /** Tells of one of the step's videos what passes, such as a request that is repeated. */
    notice(videoId, text) {
        const video = this.#going.get(videoId);
        if (video)
            video.tell(text);
        else
            this.info(text);
    }
    /** Lets `work` tell of one of the step's videos, and tells its end. */
    async video(video, videosInAll, work) {
        const lines = [];
        const tell = (text) => {
            if (videosInAll === 1)
                this.info(text);
            else
                lines.push(`${this.#elapsed()}  ${text}`);
        };
        const state = { text: 'waiting for the first answer', atMs: this.#clock.now(), tell };
        this.#going.set(video.id, state);
        await work((text) => {
            Object.assign(state, { text, atMs: this.#clock.now() });
            tell(text);
        });
        this.#going.delete(video.id);
        if (videosInAll === 1)
            return;
        const failures = video.records.map(failureMessage).filter((message) => message !== undefined);
        const states = video.records.map(({ status, type }) => [type, status].filter(Boolean).join(' '));
        const place = `${videosInAll - this.#going.size}/${videosInAll}`;
        this.#lastMs = this.#clock.now();
        this.#terminal?.clear();
        this.#runner.startGroup(`${place} ${failures.length > 0 ? '\u2718' : '\u2714'} ${video.id}: ${states.join(', ')}`);
        for (const line of [...lines, ...new Set(failures)])
            this.info(line);
        this.#runner.endGroup();
    }
    /** Breaks every silence of 30 s until it is disposed of. */
    breakSilence() {
        const end = new AbortController();
        void this.#breakSilence(end.signal);
        return { [Symbol.dispose]: () => end.abort() };
    }
    async #breakSilence(signal) {
        while (!signal.aborted) {
            const quietMs = this.#clock.now() - this.#lastMs;
            if (quietMs >= silenceMs)
                this.info(this.#whatGoesOn());
            else
                await this.#clock.sleep(silenceMs - quietMs, signal).catch(() => { });
        }
    }
    async #showTransfers(signal) {
        while (!signal.aborted) {
            await this.#clock.sleep(this.#terminal ? redrawnMs : transfersMs, signal).catch(() => { });
            if (signal.aborted)
                break;
            if (this.#terminal)
                this.#terminal.draw(this.#transfers.bars());
            else
                this.info(this.#transfers.line());
        }
        this.#terminal?.clear();
    }
    #whatGoesOn() {
        const nowMs = this.#clock.now();
        const named = [...this.#going]
            .slice(0, log_namedAtMost)
            .map(([id, { atMs, text }]) => `${id}: ${text} (for ${formatDuration(nowMs - atMs)})`);
        const more = this.#going.size - named.length;
        const rest = more > 0 ? `; ${count(more, 'more video')}` : '';
        const what = named.length > 0 ? `: ${named.join('; ')}${rest}` : '';
        return `still at work after ${this.#elapsed()}${what}`;
    }
    #elapsed() {
        return formatDuration(this.#clock.now() - this.#startMs);
    }
}

/** How much of what a job's outputs may hold together (1 MB) the records take at most, in UTF-16 units. */
const longestDownloads = 250_000;
/**
 * The step's outputs, by name. The single ones are those of the first record; what is unknown is empty.
 *
 * @param published in the order asked for; `downloads` has the first of them, as many as there is room for
 * @param resultsFile where all of them are; empty where they could not be written
 */
function outputs(published, resultsFile) {
    const [first] = published;
    return {
        'download-url': first?.url ?? '',
        status: first?.status ?? '',
        'percent-complete': first?.percentComplete?.toString() ?? '',
        'video-id': first?.videoId ?? '',
        type: first?.type ?? '',
        file: first?.file ?? '',
        size: first?.size?.toString() ?? '',
        sha256: first?.sha256 ?? '',
        'asset-url': first?.assetUrl ?? '',
        downloads: thatFit(published),
        'results-file': resultsFile,
        count: published.length.toString(),
        failed: published.filter(({ error }) => error).length.toString(),
    };
}
/** What the results file holds: every record. */
function results(published) {
    return { version: 1, downloads: published };
}
function thatFit(published) {
    let length = 2;
    const end = published.findIndex((record) => {
        length += JSON.stringify(record).length + 1;
        return length > longestDownloads;
    });
    return end < 0 ? published : published.slice(0, end);
}
/**
 * A record as later steps read it.
 *
 * @param cut makes a text fit to be shown: a message is read by people
 */
function publish(record, cut) {
    const { videoId, type, status, percentComplete, url, expiresAt, file, sizeBytes, sha256, assetUrl, failure, } = record;
    const said = failure?.said;
    const code = said?.messages.find((message) => message.code !== undefined)?.code;
    return {
        videoId,
        type,
        status,
        percentComplete,
        url,
        ...(expiresAt !== undefined && { expiresAt }),
        ...(file !== undefined && { file }),
        ...(sizeBytes !== undefined && { size: sizeBytes }),
        ...(sha256 !== undefined && { sha256 }),
        ...(assetUrl !== undefined && { assetUrl }),
        ...(failure && {
            error: {
                message: cut(failureMessage(record) ?? ''),
                ...(code !== undefined && { code }),
                ...(said?.httpStatus !== undefined && { httpStatus: said.httpStatus }),
                ...(said?.rayId !== undefined && { rayId: said.rayId }),
            },
        }),
    };
}

/** What the step is about to do, in one line. */
function purpose({ destination, operation, release, timeoutMs, types, videoIds, wait, }) {
    const what = types?.join(' and ') ?? (operation === 'list' ? 'all' : 'default');
    const until = operation === 'delete' ? 'gone' : 'ready';
    const then = [...(destination ? ['save'] : []), ...(release ? [`attach to ${release.reference.tag}`] : [])];
    const waiting = wait ? [`, wait until ${until}`, ...then].join(' and ') : '';
    return `${operation}: ${what} of ${count(videoIds.length, 'video')}${waiting}, at most ${formatDuration(timeoutMs)}`;
}
/** What came of it, in one line: how many records ended in which state, or failed. */
function outcome(videos) {
    const records = videos.flatMap((video) => video.records);
    const states = Map.groupBy(records, ({ assetUrl, failure, file, status }) => failure ? 'failed' : assetUrl ? 'attached' : file ? 'saved' : status);
    return [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
}
/** Opens the terminal that a stream writes to. What it needs is loaded only here. */
async function openTerminal(stream) {
    // The build makes a file of its own of it, which no other run reads.
    const { createLogUpdate } = await import(/* webpackIgnore: true */ './log-update.js');
    const update = createLogUpdate(stream);
    return { draw: update, clear: () => update.clear() };
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
/**
 * The request headers that carry the credentials.
 *
 * @see https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/
 */
function credentialHeaders(credentials) {
    return 'token' in credentials
        ? { Authorization: `Bearer ${credentials.token}` }
        : { 'X-Auth-Email': credentials.email, 'X-Auth-Key': credentials.key };
}
/** How long to try while nothing has shown that the API is there at all: the address may be mistyped. */
const unansweredMs = 60_000;
/** What an attempt needs before the time is over, in ms. */
const lastAttemptMs = 2000;
/** How often one request is made at most, once the API has answered, unless there is something to wait for. */
const maxAttempts = 5;













/**
 * Cloudflare's API for one account: address, credentials, attempts, envelope and errors.
 *
 * @see https://developers.cloudflare.com/api/
 */
class StreamClient {
    #options;
    #ky;
    #inFlight;
    #startMs;
    /** Whether some answer was the API's. */
    #answered = false;
    /** How the last attempt failed. */
    #lastFailure;
    constructor(options) {
        this.#options = options;
        this.#inFlight = pLimit(options.concurrency);
        this.#startMs = options.clock.now();
        // One attempt per call: repeating, telling and redirecting are decided here, not by ky.
        this.#ky = distribution.create({
            fetch: options.fetch,
            headers: {
                ...credentialHeaders(options.credentials),
                Accept: 'application/json',
                'User-Agent': `stream-downloads/${version}`,
            },
            redirect: 'manual',
            retry: 0,
            throwHttpErrors: false,
            timeout: false,
        });
    }
    /**
     * Makes a call, again where its failure may pass.
     *
     * @returns the envelope's `result`
     * @throws {StreamError} when Cloudflare refuses or cannot be reached
     * @throws the deadline's reason when the step ends meanwhile, told with how the request had failed until then
     */
    async call(call) {
        const { clock, deadline, log } = this.#options;
        let failed;
        try {
            for (let attempt = 1;; attempt++) {
                const outcome = await this.#inFlight(() => this.#attempt(call, attempt));
                if ('result' in outcome)
                    return outcome.result;
                const { failure, pauseMs } = outcome;
                if (!failure.passing)
                    throw failure;
                failed = failure;
                const why = this.#whyNotAgain(attempt, pauseMs);
                if (why)
                    throw failure.final(why);
                log.info(`${failure.what}; next attempt in ${formatDuration(pauseMs)}`, call.videoId);
                await clock.sleep(pauseMs, deadline.signal);
            }
        }
        catch (error) {
            throw failed && error === deadline.signal.reason ? whileFailing(error, failed) : error;
        }
    }
    /** Why a request that failed is not made again after the pause; undefined where it is. */
    #whyNotAgain(attempt, pauseMs) {
        const { deadline, patient } = this.#options;
        const pause = formatDuration(pauseMs);
        if (pauseMs >= deadline.leftMs())
            return `the next attempt, in ${pause}, would be past the time limit`;
        if (pauseMs >= this.#unansweredLeftMs()) {
            const soFar = `${count(attempt, 'attempt')} without any answer of the API`;
            return `given up after ${soFar}, since the next one, in ${pause}, would be past the first minute`;
        }
        return this.#answered && !patient && attempt >= maxAttempts
            ? `the last of ${count(attempt, 'attempt')}`
            : undefined;
    }
    /** A pause of our own choice leaves room for a last attempt, as long as there is some. */
    #withinTime(pauseMs) {
        const roomMs = Math.min(this.#options.deadline.leftMs(), this.#unansweredLeftMs()) - lastAttemptMs;
        return roomMs > 0 ? Math.min(pauseMs, roomMs) : pauseMs;
    }
    /** What is left of the time for getting an answer of the API at all. */
    #unansweredLeftMs() {
        return this.#answered
            ? Number.POSITIVE_INFINITY
            : this.#startMs + unansweredMs - this.#options.clock.now();
    }
    /** Makes a request as soon as the pace allows, and tells how long to pause where it failed. */
    async #attempt(call, attempt) {
        const { pace, random } = this.#options;
        const tooLate = await this.#untilAllowed(call.doing);
        const answer = tooLate ?? (await this.#request(call));
        if (!(answer instanceof StreamError))
            return answer;
        if (!tooLate)
            this.#lastFailure = answer;
        // A server that asks to be spared for a while is there.
        if (answer.retryAfterMs !== undefined)
            this.#answered = true;
        const pauseMs = Math.max(answer.retryAfterMs ?? 0, this.#withinTime(retryPauseMs(attempt, random())));
        // Cloudflare counts the requests together, so all of them wait, the one that is next in turn as well.
        if (answer.kind === 'rate-limited' && answer.passing)
            pace.hold(pauseMs);
        return { failure: answer, pauseMs };
    }
    /** Waits until the pace lets a request go, unless that is too late. */
    async #untilAllowed(doing) {
        const { clock, deadline, pace } = this.#options;
        deadline.signal.throwIfAborted();
        for (let waitMs = pace.take();; waitMs = pace.take()) {
            if (waitMs >= this.#unansweredLeftMs())
                return neverAnswered(doing, this.#lastFailure);
            if (waitMs === 0)
                return undefined;
            if (waitMs >= deadline.leftMs())
                return tooSlow(doing, waitMs);
            await clock.sleep(waitMs, deadline.signal);
        }
    }
    async #request(call) {
        const { accountId, apiUrl, attemptTimeoutMs, clock, cut, deadline, log, pace } = this.#options;
        const path = ['accounts', accountId, 'stream', call.videoId, ...call.path]
            .map(encodeURIComponent)
            .join('/');
        const url = new URL(`${apiUrl}/${path}`);
        const startMs = clock.now();
        const debug = (outcome) => log.debug(`${call.method} ${url.pathname} ${outcome} ${Math.round(clock.now() - startMs)} ms`);
        // While no answer was the API's, no attempt outlasts the time for getting one.
        const timeoutMs = Math.ceil(Math.min(attemptTimeoutMs, this.#unansweredLeftMs()));
        let answer;
        try {
            answer = await attempt(timeoutMs, deadline.signal, async (signal) => {
                const { body: json, method } = call;
                const response = await this.#ky(url, { method, signal, ...(json !== undefined && { json }) });
                return readAnswer(response, await readText(response, signal));
            });
            const { headers, status } = answer.response;
            debug(`${status} ray ${headers.get('cf-ray') ?? 'none'}`);
        }
        catch (error) {
            deadline.signal.throwIfAborted();
            const failure = networkError(call.doing, url.host, error, timeoutMs);
            debug(failure.what);
            return failure;
        }
        pace.learn(answer.response.headers);
        if (answer.envelope)
            this.#answered = true;
        if (answer.response.ok && answer.envelope?.success) {
            const parsed = safeParse(call.result, answer.envelope.result);
            if (parsed.success)
                return { result: parsed.output };
        }
        return answerError(call.doing, answer, cut);
    }
}
/** The end of the step, told with how a request had failed until then. */
function whileFailing(end, failed) {
    if (!(end instanceof Failure) || end.kind !== 'time-over')
        return end;
    const what = `${end.what} while a request was being repeated that had failed: ${failed.what}`;
    return new Failure(end.kind, what, { said: failed.said, cause: failed });
}
/** A request that is not made, since all that came before it got no answer of the API. */
function neverAnswered(doing, lastFailure) {
    const { kind = 'unreachable' } = lastFailure ?? {};
    const what = `Could not ${doing}: the API is not asked any more, since the first minute brought no answer of it`;
    return new StreamError(kind, what, { cause: lastFailure });
}
function readAnswer(response, text) {
    let json;
    try {
        json = JSON.parse(text);
    }
    catch {
        // No JSON: the answer has no envelope.
    }
    const parsed = safeParse(envelope, json);
    return { response, text, envelope: parsed.success ? parsed.output : undefined };
}
var run_addDisposableResource = function (env, value, async) {
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
};
var run_disposeResources = (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
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
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});



















/** Longest time for one attempt of a request, in ms. */
const run_attemptTimeoutMs = 30_000;
/** Longest time until the headers of a file, and longest silence in it after them, in ms. */
const run_silenceMs = 30_000;
/**
 * Runs the step. All that is known is written to the outputs, whatever happens.
 *
 * @returns the process's exit code: 1 when anything failed
 */
async function run(world) {
    const { runner } = world;
    const videos = [];
    const faults = [];
    try {
        maskSecrets(runner);
        maskProxyCredentials(runner);
        const inputs = await readInputs(runner);
        for (const warning of inputs.warnings)
            runner.warning(warning, 'An input looks odd');
        videos.push(...inputs.videoIds.map((id) => ({ id, records: [] })));
        await carryOut(inputs, videos, world);
    }
    catch (error) {
        faults.push(Failure.from(error));
    }
    const records = videos.flatMap((video) => video.records);
    faults.push(...writeOutputs(records, runner));
    const told = annotations(faults, records);
    for (const { message, title } of told)
        runner.error(message, title);
    for (const failure of new Set([...faults, ...records.map((record) => record.failure)])) {
        if (failure)
            runner.debug(trace(failure));
    }
    return told.length > 0 ? 1 : 0;
}
/** @returns what of it failed */
function writeOutputs(records, runner) {
    const faults = [];
    const attempt = (what, write) => {
        try {
            return write();
        }
        catch (error) {
            const { message } = Error.isError(error) ? error : new Error(String(error));
            faults.push(new Failure('no-outputs', `${what} could not be written: ${message}`, { cause: error }));
            return undefined;
        }
    };
    const published = records.map((record) => publish(record, runner.cut));
    const resultsFile = attempt('The results file', () => runner.resultsFile(results(published)));
    const values = outputs(published, resultsFile ?? '');
    attempt('The outputs', () => {
        for (const [name, value] of Object.entries(values))
            runner.output(name, value);
    });
    if (values.downloads.length < published.length) {
        runner.warning(`The output \`downloads\` has the first ${values.downloads.length} of ${published.length} records, since a job's outputs hold 1 MB together. The file that \`results-file\` names has all of them.`, 'Too many records for an output');
    }
    return faults;
}
async function carryOut(inputs, videos, world) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const { clock, interrupt, random, runner } = world;
        const { fetch, proxyFor } = await openTransport(runner.env, world.fetch);
        const deadline = run_addDisposableResource(env_1, startDeadline(inputs.timeoutMs, clock, interrupt), false);
        const log = new Log(runner, clock, world.terminal && (await openTerminal(world.terminal)));
        const _silence = run_addDisposableResource(env_1, log.breakSilence(), false);
        const requests = {
            clock,
            fetch,
            signal: deadline.signal,
            leftMs: deadline.leftMs,
            debug: (line) => runner.debug(line),
        };
        const severalVideos = videos.length > 1;
        const scratch = run_addDisposableResource(env_1, inputs.release && !inputs.destination ? await Scratch.make(runner.env['RUNNER_TEMP']) : undefined, true);
        const destination = inputs.destination ?? scratch?.destination(severalVideos);
        const saver = destination &&
            new Saver({
                ...inputs,
                ...requests,
                destination,
                random,
                silenceMs: run_silenceMs,
                cut: (text) => runner.cut(text),
            });
        const atEnd = [];
        log.info(purpose(inputs));
        const proxy = proxyFor(new URL(inputs.apiUrl));
        if (proxy)
            log.info(`The API is reached through the proxy ${proxy}`);
        const release = inputs.release &&
            (await findRelease(inputs.release, { concurrency: inputs.concurrency, ...requests }, log));
        if (release instanceof Failure) {
            for (const video of videos)
                video.records = neverBegun(inputs, video.id, release);
            return;
        }
        // Made only now: the time in which the API must answer begins with it, and the release may take longer to find.
        const client = new StreamClient({
            ...inputs,
            attemptTimeoutMs: run_attemptTimeoutMs,
            pace: new Pace(clock, new URL(inputs.apiUrl).host === 'api.cloudflare.com' ? cloudflareAllowance : undefined),
            patient: inputs.wait,
            deadline,
            clock,
            random,
            fetch,
            log: { info: (line, videoId) => log.notice(videoId, line), debug: (line) => runner.debug(line) },
            cut: (text) => runner.cut(text),
        });
        await Promise.all(videos.map((video) => log.video(video, videos.length, (tell) => operate(inputs, video, {
            ...inputs,
            client,
            clock,
            random,
            signal: deadline.signal,
            leftMs: deadline.leftMs,
            saver,
            release,
            discardSaved: scratch !== undefined,
            atEnd: (work) => atEnd.push(work),
            tell,
            showTransfer: (type) => log.transfer(severalVideos ? `${video.id} ${type}` : type),
            warn: (message, title) => log.warn(message, title),
        }))));
        if (!deadline.signal.aborted)
            await Promise.all(atEnd.map((work) => work()));
        log.info(outcome(videos));
        // What was done in the last moment counts, and yet the run was cancelled.
        const told = videos.some(({ records }) => records.some(({ failure }) => failure));
        if (interrupt.aborted && !told)
            deadline.signal.throwIfAborted();
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = run_disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}
/** Finds the release that is asked for, before anything is fetched or generated; or tells why there is none. */
async function findRelease(input, requests, log) {
    try {
        const github = await GitHub.open({ ...input, ...requests, tell: (line) => log.info(line) });
        const release = await Release.find(github, input.reference);
        log.info(`The release ${release.tag} is there`);
        return release;
    }
    catch (error) {
        return Failure.from(error);
    }
}
/** The records of a video that nothing was done for. */
function neverBegun({ operation, types }, videoId, failure) {
    const asked = types ?? (operation === 'list' ? [''] : ['default']);
    return asked.map((type) => ({ ...newRecord(videoId, type), failure }));
}


/***/ }),

/***/ 432:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ interruptSignal)
/* harmony export */ });
/** How a runner cancels a step; the last is Windows' Ctrl-Break. */
const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'];
/** Aborted, with the signal's name as the reason, as soon as the process is told to end. */
function interruptSignal() {
    const interrupted = new AbortController();
    for (const signal of signals)
        process.on(signal, () => interrupted.abort(signal));
    return interrupted.signal;
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
// Stands for `@actions/http-client` in dist. `@actions/core` needs that for OpenID Connect tokens alone, which this
// action never asks for, and `@actions/github` to make a fetch of its own, in whose place it is given the action's.
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
// Stands for `@actions/exec` in dist. `@actions/core` needs that to describe the platform alone, which this action
// never asks for.
function getExecOutput() {
  throw new Error('This action was built without starting programs.');
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
/** What must never leave the action in a text. */
class Secrets {
    #forms = new Set();
    /** Takes a secret in, with the forms in which JSON, a URL or Base64 would hold it. */
    add(secret) {
        if (secret.trim() === '')
            return;
        for (const value of [secret, secret.trim()]) {
            this.#forms.add(value);
            this.#forms.add(JSON.stringify(value).slice(1, -1));
            this.#forms.add(encodeURIComponent(value.toWellFormed()));
            this.#forms.add(Buffer.from(value).toString('base64'));
        }
    }
    /**
     * The text with `***` in place of every secret, also of the beginning of one that is cut short by an ellipsis,
     * as `oneLine` does it.
     */
    cut = (text) => {
        // The longest first, since one form may hold another.
        const forms = [...this.#forms].sort((a, b) => b.length - a.length);
        return forms.reduce((rest, form) => cutShortened(rest.replaceAll(form, '***'), form), text);
    };
}
/**
 * The text with the token of every signed URL cut to its beginning. Such a token is no secret of the account, and
 * outputs hold it whole; but a log is read by more people than the file is for.
 */
function cutTokens(text) {
    return text.replace(signedToken, (token) => `${token.slice(0, 5)}\u2026`);
}
/** A JWT, also where it is cut short, or whatever is too long for an id where the id of a video would be in a URL. */
const signedToken = /(?:(?<![\w-])|(?<=%[\dA-F]{2}))eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=\/)[\w.~-]{65,}(?=\/downloads\/)/g;
/** Fewer characters than this tell nothing, and would be found in any text. */
const shortestBeginning = 4;
function cutShortened(text, form) {
    const parts = text.split('\u2026');
    const last = parts.pop() ?? '';
    const shortened = parts.map((part) => {
        for (let length = form.length - 1; length >= shortestBeginning; length--) {
            if (part.endsWith(form.slice(0, length)))
                return `${part.slice(0, -length)}***`;
        }
        return part;
    });
    return [...shortened, last].join('\u2026');
}






/** The runner that started this process. */
function actionsRunner(env = process.env, toolkit = core_namespaceObject) {
    const secrets = new Secrets();
    const cut = (text) => cutTokens(secrets.cut(text));
    // The path of a file must be true: a password may be a word that is found in many.
    const cutIn = (key, value) => typeof value === 'string' && key !== 'file' ? secrets.cut(value) : value;
    return {
        env,
        input: (name) => toolkit.getInput(name),
        mask(secret) {
            if (secret.trim() === '')
                return;
            secrets.add(secret);
            toolkit.setSecret(secret);
        },
        cut,
        info: (line) => toolkit.info(harmless(cut(line))),
        debug(line) {
            if (toolkit.isDebug())
                toolkit.debug(cut(line));
        },
        warning: (message, title) => toolkit.warning(cut(message), { title }),
        error: (message, title) => toolkit.error(cut(message), { title }),
        startGroup: (title) => toolkit.startGroup(cut(title)),
        endGroup: () => toolkit.endGroup(),
        resultsFile(value) {
            const path = (0, external_node_path_.join)(env['RUNNER_TEMP'] || (0, external_node_os_.tmpdir)(), `stream-downloads-${(0, external_node_crypto_.randomUUID)()}.json`);
            // It may hold signed URLs, which are not for everybody on this machine.
            (0, external_node_fs_.writeFileSync)(path, `${JSON.stringify(value, cutIn, 2)}\n`, { mode: 0o600 });
            return path;
        },
        output: (name, value) => toolkit.setOutput(name, typeof value === 'string' ? cutIn(name, value) : JSON.stringify(value, cutIn)),
    };
}
/** The runner reads `::name::` at the start of a line and `##[name]` anywhere as commands; a log line is none. */
function harmless(line) {
    return line.replaceAll('##[', '## [').replace(/^(\s*)::/gm, '$1: :');
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
