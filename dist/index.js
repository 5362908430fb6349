import { lookup } from 'node:dns';
import { unzipSync, brotliDecompressSync } from 'node:zlib';
import { isIPv6, BlockList, isIP } from 'node:net';
import * as fs from 'node:fs';
import { statSync, promises, constants, openSync, writeFileSync, closeSync } from 'node:fs';
import { resolve } from 'node:path';
import * as crypto from 'node:crypto';
import { hash, randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import * as os from 'node:os';
import os__default, { tmpdir } from 'node:os';
function sleepWith(schedule) {
	return (ms, signal) =>
		new Promise((resolve, reject) => {
			if (signal.aborted) return reject(signal.reason);
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
const systemClock = {
	now: () => performance.now(),
	epochMs: () => Date.now(),
	schedule,
	sleep: sleepWith(schedule),
};
function __addDisposableResource(env, value, async) {
	if (value !== null && value !== void 0) {
		if (typeof value !== 'object' && typeof value !== 'function') throw new TypeError('Object expected.');
		var dispose, inner;
		if (async) {
			if (!Symbol.asyncDispose) throw new TypeError('Symbol.asyncDispose is not defined.');
			dispose = value[Symbol.asyncDispose];
		}
		if (dispose === void 0) {
			if (!Symbol.dispose) throw new TypeError('Symbol.dispose is not defined.');
			dispose = value[Symbol.dispose];
			if (async) inner = dispose;
		}
		if (typeof dispose !== 'function') throw new TypeError('Object not disposable.');
		if (inner)
			dispose = function () {
				try {
					inner.call(this);
				} catch (e) {
					return Promise.reject(e);
				}
			};
		env.stack.push({ value: value, dispose: dispose, async: async });
	} else if (async) {
		env.stack.push({ async: true });
	}
	return value;
}
var _SuppressedError =
	typeof SuppressedError === 'function'
		? SuppressedError
		: function (error, suppressed, message) {
				var e = new Error(message);
				return (e.name = 'SuppressedError'), (e.error = error), (e.suppressed = suppressed), e;
			};
function __disposeResources(env) {
	function fail(e) {
		env.error = env.hasError
			? new _SuppressedError(e, env.error, 'An error was suppressed during disposal.')
			: e;
		env.hasError = true;
	}
	var r,
		s = 0;
	function next() {
		while ((r = env.stack.pop())) {
			try {
				if (!r.async && s === 1) return (s = 0), env.stack.push(r), Promise.resolve().then(next);
				if (r.dispose) {
					var result = r.dispose.call(r.value);
					if (r.async)
						return (
							(s |= 2),
							Promise.resolve(result).then(next, function (e) {
								fail(e);
								return next();
							})
						);
				} else s |= 1;
			} catch (e) {
				fail(e);
			}
		}
		if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
		if (env.hasError) throw env.error;
	}
	return next();
}
const recreateDownload =
	'delete this download and create it again: run this action with the ID of this video alone in `video-id`, first with `operation: delete`, then with `operation: create`.';
const apiFailures = {
	'token-invalid': {
		title: 'The credentials are not valid',
		advice:
			'Check whether the token has expired or was deleted, whether the secret was mistyped, and whether the token is for Stream and this account. Otherwise create a new one with the permission "Account \xb7 Stream \xb7 Edit" in the Cloudflare dashboard: an account token, which stays valid when the person who created it leaves (Manage Account \u2192 Account API Tokens), or a user token (My Profile \u2192 API Tokens). Store it as a repository secret and pass it as `api-token`.',
	},
	'token-permission': {
		title: 'The token lacks a permission',
		advice:
			'Give the token the permission "Account \xb7 Stream \xb7 Edit" for this account (in the Cloudflare dashboard under Manage Account \u2192 Account API Tokens, or My Profile \u2192 API Tokens); "Stream \xb7 Read" is enough to `list` public videos. An expired, deleted or mistyped token can cause the same error.',
	},
	'account-wrong': {
		title: 'The account is wrong, or the token has no access to it',
		advice:
			'Compare `account-id` with the 32 characters shown in the Cloudflare dashboard under Stream (or in its address, dash.cloudflare.com/ACCOUNT_ID), and check that the token covers this account.',
	},
	'video-not-found': {
		title: 'The account has no such video',
		advice:
			'Check `video-id` (the `uid` that the upload returned) and that the video belongs to `account-id`, not to another account. A deleted video causes the same error.',
	},
	'list-incomplete': {
		title: 'Some videos of the account cannot be listed',
		advice:
			'More than 2,000 videos were created at the same instant, and Cloudflare lists no more than that. All others were processed. Process the missing ones in another run: select them with `creator` or `live-input`, or list their IDs in `video-id`.',
	},
	'not-ready': {
		title: 'The video is still being processed',
		advice: 'Set `wait: true` to wait until Cloudflare has processed it, or run this step later.',
	},
	'not-uploaded': {
		title: 'Nothing has been uploaded to the video yet',
		advice:
			'Check that the step that uploads it ran before this one and succeeded, and that `video-id` is what it returned. Set `wait: true` to wait for an upload that is still running.',
	},
	'still-live': {
		title: 'The video is still being broadcast',
		advice:
			'A download can be created once the broadcast has ended and its recording is processed. Set `wait: true` to wait for that.',
	},
	'encode-failed': {
		title: 'Cloudflare could not encode the video',
		advice: 'Retrying does not help: fix the source file and upload it again.',
	},
	'too-long': {
		title: 'The recording is too long for a download',
		advice:
			'Cloudflare creates no downloads of live recordings over 4 hours. It offers instant clips of up to 60 s instead, without this action: https://customer-CODE.cloudflarestream.com/VIDEO_ID/clip.mp4?time=600s&duration=30s, with the host of your other URLs.',
	},
	'create-refused': {
		title: 'Cloudflare refused to create the download',
		advice:
			'The video itself is ready, so only Cloudflare can explain this: look at the video in the dashboard, try again later, and contact Cloudflare support with the Ray ID if it persists.',
		scope: 'type',
	},
	'download-error': {
		title: 'Cloudflare could not generate the download',
		advice: `It stays failed until it is deleted, so ${recreateDownload}`,
		scope: 'type',
	},
	'download-vanished': {
		title: 'The download vanished while it was being generated',
		advice:
			'Something else deleted it, or Cloudflare lost it. Check that no other job deletes downloads of this video, and run this step again.',
		scope: 'type',
	},
	'request-refused': {
		title: 'Cloudflare refused the request',
		advice:
			"Cloudflare's response says what to fix; if it does not, contact Cloudflare support with the Ray ID.",
		scope: 'type',
	},
	'rate-limited': {
		title: 'Too many requests',
		advice:
			'Cloudflare allows 1,200 API requests in 5 minutes: each account token has its own limit, and all user tokens of a user share one with the dashboard. Run fewer jobs at once, lower `concurrency`, or set a longer `poll-interval`.',
	},
	'server-error': {
		title: 'A server failed to handle the request',
		advice:
			'Look at cloudflarestatus.com and run this step again later. If a proxy or gateway is in between, it may be the one that failed.',
	},
	'unknown-answer': {
		title: "This version does not understand Cloudflare's response",
		advice:
			'Use a newer version of this action; if there is none, report this with the log of a run that has debug logging enabled.',
	},
	redirected: {
		title: 'The API redirected the request',
		advice:
			'Redirects are not followed, since they could carry the credentials to another host. If the target is right, set `api-url` to it.',
	},
	'private-video': {
		title: 'The delivery host refused an unsigned URL',
		advice:
			'If the video is private (it requires signed URLs), set `signed-url: auto`, the default; the token needs the permission "Account \xb7 Stream \xb7 Edit" for that. If the video is public, a rule limits who may fetch it: check its allowed origins, and firewalls.',
	},
};
const deliveryFailures = {
	'no-download': {
		title: 'There is no download to save',
		advice:
			'Set `operation: create`, and keep the other inputs: the action then creates the download, waits for it and saves it.',
	},
	'unsafe-url': {
		title: 'The download URL leads to a forbidden address',
		advice:
			'The action did not open it: it is not https, or it leads to this machine or its own network. Cloudflare sends no such URLs, so something else may answer in its place. Check `api-url`, and the DNS of this machine.',
	},
	'delivery-refused': {
		title: 'The delivery host refused the file',
		advice:
			'Check the settings of the video in the Cloudflare dashboard (require signed URLs, allowed origins), and whether a rule of yours or of your network limits who may fetch it. The download itself is ready.',
	},
	'delivery-redirected': {
		title: 'The delivery host redirected the request',
		advice:
			'Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL on this machine to find out.',
	},
	'delivery-error': {
		title: 'The delivery host failed to handle the request',
		advice: 'Look at cloudflarestatus.com and run this step again later. The download itself is ready.',
	},
	'delivery-unreachable': {
		title: 'The delivery host could not be reached',
		advice:
			'Check that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later: the download stays ready.',
	},
	'file-missing': {
		title: 'The delivery host does not have the file',
		advice: `Cloudflare reports the download as ready, but its file is missing. If this persists, ${recreateDownload}`,
	},
	'file-failed': {
		title: 'The delivery host cannot deliver the file',
		advice:
			'Look at the video in the Cloudflare dashboard. If its state is `error`, fix the source file and upload it again; creating the download again does not help. Otherwise run this step again later.',
	},
	'file-incomplete': {
		title: 'The file was not received completely',
		advice:
			'Nothing was saved. Run this step again: the download stays ready. If this persists, something between this runner and Cloudflare closes connections, such as a proxy or a firewall, or `timeout` is too short.',
	},
	'not-media': {
		title: 'The response is not the file',
		advice: `Nothing was saved. Something else may answer in place of Cloudflare (a captive portal, a proxy): open the URL on this machine to find out. Otherwise ${recreateDownload}`,
	},
};
const fileFailures = {
	'target-taken': {
		title: 'Two files would have the same name',
		advice: 'Put `{id}` into the file name in `save-to`, so that each video gets its own file.',
	},
	'target-outside': {
		title: 'The file would be outside the workspace',
		advice:
			'A symbolic link leads there. Remove the link, or save to a folder in the workspace or in RUNNER_TEMP.',
	},
	'target-unwritable': {
		title: 'The file cannot be written',
		advice: 'Check `save-to`, and that this step may write there. No partial file was left behind.',
	},
};
const gitHubFailures = {
	'release-not-found': {
		title: 'The release does not exist',
		advice:
			'Create it in a step before this one, such as `gh release create TAG --draft --verify-tag` with GH_TOKEN set to `${{ github.token }}`. Only a token that may write can see drafts: give the job `permissions: contents: write`.',
	},
	'release-ambiguous': {
		title: 'Several drafts have the tag',
		advice:
			'Delete all of them but one, on the page of the releases or with `gh api --method DELETE repos/OWNER/REPO/releases/ID`. Or, in a workflow with `on: release`, set `release-tag: auto` to use the release that started it.',
	},
	'release-immutable': {
		title: 'The release is published and immutable',
		advice:
			'An immutable release accepts no more files. Attach files while it is a draft, then publish it: `gh release edit TAG --draft=false` in a step after this one.',
	},
	'github-token': {
		title: 'GitHub does not accept the token',
		advice:
			'Remove `github-token`, so that the token of the job is used, or set it to a token for this repository that has not expired.',
	},
	'github-permission': {
		title: 'The token may not write to the release',
		advice:
			'Give the job the permission in the workflow: `permissions: contents: write`. In runs for pull requests from forks the token is always read-only. A personal access token needs \u201CContents: Read and write\u201D. An archived repository accepts no files.',
	},
	'github-not-found': {
		title: 'GitHub cannot find the release or the repository',
		advice:
			'One of them was deleted in the meantime, or the token has no access to it: check `github-token`, the permission of the job (`permissions: contents: write`), and GITHUB_API_URL, if your workflow sets it.',
	},
	'github-rate-limited': {
		title: 'Too many requests to GitHub',
		advice:
			'GitHub allows the tokens of jobs 1,000 requests an hour per repository, all jobs together. Run fewer jobs at once, or run this step again later.',
	},
	'github-error': {
		title: 'GitHub failed to handle the request',
		advice:
			'Look at githubstatus.com and run this step again later: files that are attached already are kept.',
		scope: 'type',
	},
	'github-refused': {
		title: 'GitHub refused the request',
		advice: 'Read the response in this message. If it is not from GitHub, check GITHUB_API_URL and proxies.',
		scope: 'type',
	},
	'github-unreachable': {
		title: 'GitHub could not be reached',
		advice:
			'Check that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later.',
		scope: 'type',
	},
	'asset-too-large': {
		title: 'The file is too large for a release',
		advice:
			'GitHub accepts files up to 2 GiB, and a proxy or gateway may accept less. Use `save-to` without `release-tag` and store the file elsewhere, or attach only the audio (`type: audio`).',
		scope: 'type',
	},
};
const networkFailures = {
	blocked: {
		title: 'A firewall blocked the request',
		advice:
			"Something refuses requests from this machine: Cloudflare's firewall, another firewall, or your proxy. Run the job on another runner, or ask the administrator of your network to allow the host in this message. If it has a Ray ID, contact Cloudflare support with it.",
	},
	unreachable: {
		title: 'The API could not be reached',
		advice:
			'Check `api-url`, and that this runner can reach it: DNS, firewall, and the proxy if one is configured. If the network is down, run this step again later.',
	},
	'proxy-malformed': {
		title: 'The address of a proxy is malformed',
		advice:
			"Write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with user and password percent-encoded. The variable comes from `env` in the workflow, from the runner's environment or from its `.env` file; remove it if there is no proxy. No request was sent.",
	},
	certificate: {
		title: 'A certificate is not trusted',
		advice:
			'If a gateway or proxy with its own certificate authority is in between, make Node trust it: set the environment variable NODE_EXTRA_CA_CERTS to the path of its PEM file.',
	},
	'not-json': {
		title: 'The response is not from the API',
		advice:
			'Something else answers at `api-url`: a captive portal, a proxy, or another web server. Check `api-url`; it defaults to https://api.cloudflare.com/client/v4.',
	},
	'wrong-address': {
		title: 'There is no Cloudflare API at this address',
		advice:
			'Check `api-url`; its path must be the part before `/accounts/\u2026`, which is `/client/v4` for Cloudflare itself. It defaults to https://api.cloudflare.com/client/v4.',
	},
};
const proxyFailures = {
	proxy: {
		title: 'The proxy refused the request',
		advice:
			'If it requires a user and a password, put them into its address, percent-encoded and from a secret: `https_proxy: http://USER:PASSWORD@HOST:PORT` in the environment. If it refuses the host, ask its administrator to allow it, or add the host to `no_proxy` if the runner can reach it without a proxy.',
	},
};
const stepFailures = {
	'bad-input': {
		title: 'An input is wrong',
		advice: 'Correct the inputs of this step; no request was sent.',
	},
	'time-over': {
		title: 'The time limit was reached',
		advice:
			'Set a longer `timeout`, or run this step again: downloads that Cloudflare has created by then are used.',
		scope: 'type',
	},
	cancelled: {
		title: 'The run was cancelled',
		advice: 'Run this step again: downloads that Cloudflare has created by then are used.',
		scope: 'type',
	},
	'disk-full': {
		title: 'The disk is full',
		advice:
			'Free space before this step (hosted runners have only a few GB to spare: remove what the job does not need), lower `concurrency`, or save to another disk. No partial file was left behind.',
	},
	'no-outputs': {
		title: 'The results could not be written',
		advice:
			'Check that no earlier step changed GITHUB_OUTPUT or RUNNER_TEMP, or deleted the file or folder that they name, and that the disk is not full.',
	},
	'exposed-secret': {
		title: 'A response contains your credentials',
		advice:
			'A server sent your token or key back, so treat it as leaked: create a new one, and delete the old one. Check `api-url`, GITHUB_API_URL and proxies, since the server may not be Cloudflare or GitHub. The value was left out of the results.',
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
const failures = table;
function withFacts(facts, kinds) {
	const entries = Object.entries(kinds).map(([kind, own]) => [kind, { ...own, ...facts }]);
	return Object.fromEntries(entries);
}
const unprintable = /[\p{Cf}\p{Cs}]|[^\P{Cc}\t\n\v\f\r\u0085]/gu;
const whiteSpace = /[\s\u0085]+/g;
function oneLine(text) {
	return text.replace(unprintable, '').replace(whiteSpace, ' ').trim();
}
function titleText(text) {
	return text
		.replace(unprintable, (character) => (/[\u200c\u200d]/.test(character) ? character : ''))
		.replace(whiteSpace, ' ')
		.trim();
}
function mayContainPassword(address) {
	return /@|%40|\uff20/i.test(address);
}
function truncate(text, maxLength) {
	if (text.length <= maxLength) return text;
	const start = text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '');
	return `${start.trimEnd()}\u{2026}`;
}
const longestQuoted = 80;
function quote(text) {
	const line = oneLine(text);
	return line.length <= longestQuoted
		? JSON.stringify(line)
		: `the text of ${count(line.length, 'character')}`;
}
function formatDuration(ms) {
	if (Math.round(ms) < 1e3) return `${Math.round(ms)} ms`;
	if (ms < 1e4) return `${formatNumber(ms / 1e3)} s`;
	const seconds = Math.round(ms / 1e3);
	const units = [
		[Math.floor(seconds / 3600), 'h'],
		[Math.floor(seconds / 60) % 60, 'min'],
		[seconds % 60, 's'],
	];
	const first = units.findIndex(([amount]) => amount > 0);
	return units
		.slice(first, first + 2)
		.filter(([amount]) => amount > 0)
		.map(([amount, unit]) => `${formatNumber(amount)} ${unit}`)
		.join(' ');
}
function aboutLeft(ms) {
	return ms === undefined ? '' : `, about ${formatDuration(Math.max(1, Math.ceil(ms / 1e3)) * 1e3)} left`;
}
function formatBytes(amountBytes) {
	const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
	const bytes = Math.round(amountBytes);
	if (bytes < 1e3) return count(bytes, 'byte');
	const power = Math.min(units.length, Math.floor(Math.log10(bytes + bytes / 2e3) / 3));
	const unit = units[power - 1];
	return new Intl.NumberFormat('en', { style: 'unit', unit, maximumSignificantDigits: 3 }).format(
		bytes / 1e3 ** power,
	);
}
function count(amount, noun, plural = `${noun}s`) {
	return `${formatNumber(amount)} ${new Intl.PluralRules('en').select(amount) === 'one' ? noun : plural}`;
}
function formatNumber(amount) {
	if (Number.isInteger(amount) && amount >= 0 && amount < 1e3) return String(amount);
	return new Intl.NumberFormat('en', { maximumFractionDigits: 1 }).format(amount);
}
function sentence(text) {
	return /[.?!]$/.test(text) ? text : `${text}.`;
}
const maxUrlLength = 8192;
function foreignText(text, noun, maxLength) {
	return text.length <= maxLength ? oneLine(text) : `${noun} of ${count(text.length, 'character')}`;
}
function foreignUrl(text) {
	if (text.length > maxUrlLength) return { problem: foreignText(text, 'one', maxUrlLength) };
	const url = URL.parse(text);
	const isWeb = url !== null && /^https?:$/.test(url.protocol);
	if (isWeb && !url.username && !url.password) return { url: url.href };
	return { problem: isWeb || mayContainPassword(text) ? 'one that may contain a password' : quote(text) };
}
class Failure extends Error {
	name = 'Failure';
	kind;
	what;
	response;
	#hasProgress = false;
	constructor(kind, what, { response, cause } = {}) {
		const { advice, service } = failures[kind];
		const parts = [sentence(what), describeResponse(response, service), advice].filter(Boolean);
		super(parts.join(what.includes('\n') ? '\n' : ' '), { cause });
		this.kind = kind;
		this.what = what;
		this.response = response;
	}
	get answer() {
		return describeResponse(this.response, failures[this.kind].service);
	}
	get isEndOfStep() {
		return this.kind === 'time-over' || this.kind === 'cancelled';
	}
	get origin() {
		const { cause, kind } = this;
		return cause instanceof Failure && cause.kind === kind ? cause.origin : this;
	}
	static from(error) {
		if (error instanceof Failure) return error;
		const what = Error.isError(error) ? `${error.name}: ${error.message}` : String(error);
		return new Failure(
			'unexpected',
			`Something unexpected went wrong: ${foreignText(what, 'an error', maxErrorLength)}`,
			{ cause: error },
		);
	}
	describedAs(what, response = this.response) {
		const failure = new Failure(this.kind, what, { response, cause: this });
		failure.#hasProgress = this.#hasProgress;
		return failure;
	}
	withProgress(progress) {
		if (this.#hasProgress) return this;
		const failure = this.describedAs(`${this.what}; ${progress}`);
		failure.#hasProgress = true;
		return failure;
	}
}
const maxErrorLength = 1e3;
const maxQuotedLength = 2e3;
function describeResponse(response, service) {
	const facts = response && responseFacts(response);
	if (!facts) return '';
	const isCertain = response.isGenuine || service === 'the proxy';
	const intro = service && isCertain ? `${service.replace(/^t/, 'T')} answered` : 'The response was';
	return `${intro}: ${facts}.`;
}
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
function quoteMessages({ messages, omitted = 0 }) {
	const quoted = messages
		.filter(({ message }) => message !== '')
		.map(({ message }) => `\u{201C}${oneLine(message)}\u{201D}`);
	const shown = quoted.filter((_, index) => quoted.slice(0, index + 1).join('').length <= maxQuotedLength);
	const more = quoted.length - shown.length + omitted;
	return [...shown, ...(more > 0 ? [`and ${count(more, 'more message')}`] : [])].join(', ');
}
function startDeadline(timeoutMs, clock, cancelled) {
	const endMs = clock.now() + timeoutMs;
	const disposed = new AbortController();
	const over = new AbortController();
	const cancel = () => over.abort(new Failure('cancelled', `The run was cancelled (${cancelled.reason})`));
	if (cancelled.aborted) cancel();
	cancelled.addEventListener('abort', cancel, { once: true, signal: disposed.signal });
	clock.sleep(timeoutMs, disposed.signal).then(
		() => over.abort(new TimeOver(timeoutMs)),
		() => {},
	);
	return {
		signal: over.signal,
		timeoutMs,
		leftMs: () => Math.max(0, endMs - clock.now()),
		[Symbol.dispose]: () => disposed.abort(),
	};
}
class TimeOver extends Failure {
	timeoutMs;
	constructor(timeoutMs) {
		super('time-over', `The time limit of ${formatDuration(timeoutMs)} was reached`);
		this.timeoutMs = timeoutMs;
	}
}
const margin = 1.5;
const roundings = [
	[600, 60],
	[3600, 300],
	[Number.POSITIVE_INFINITY, 1800],
];
const maxTimeoutMs = 5 * 864e5;
function proposeTimeout(timeoutMs, elapsedMs, remainingMs) {
	const longerMs = Math.min(roundLimitMs(elapsedMs + remainingMs * margin), maxTimeoutMs);
	if (longerMs <= timeoutMs || longerMs < elapsedMs + remainingMs) return '';
	const minutes = longerMs / 6e4;
	const hours = Math.floor(minutes / 60);
	const text = [hours > 0 ? `${hours}h` : '', minutes % 60 > 0 ? `${minutes % 60}m` : ''].join('');
	return `: \`timeout: ${text}\` would probably be long enough`;
}
function roundLimitMs(ms) {
	const seconds = ms / 1e3;
	const [, step = 0] = roundings.find(([upTo]) => seconds <= upTo) ?? [];
	return Math.ceil(seconds / step) * step * 1e3;
}
function describeRemaining({ origin }, remainingMs) {
	const left = aboutLeft(remainingMs);
	if (remainingMs === undefined || !(origin instanceof TimeOver)) return left;
	const { timeoutMs } = origin;
	return `${left}${proposeTimeout(timeoutMs, timeoutMs, remainingMs)}`;
}
class KyError extends Error {
	name = 'KyError';
	get isKyError() {
		return true;
	}
}
class HTTPError extends KyError {
	name = 'HTTPError';
	response;
	request;
	options;
	data;
	constructor(response, request, options) {
		const code = response.status || response.status === 0 ? response.status : '';
		const title = response.statusText ?? '';
		const status = `${code} ${title}`.trim();
		const reason = status ? `status code ${status}` : 'an unknown error';
		super(`Request failed with ${reason}: ${request.method} ${request.url}`);
		this.response = response;
		this.request = request;
		this.options = options;
	}
}
class NetworkError extends KyError {
	name = 'NetworkError';
	request;
	constructor(request, options) {
		super(`Request failed due to a network error: ${request.method} ${request.url}`, options);
		this.request = request;
	}
}
class NonError extends Error {
	name = 'NonError';
	value;
	constructor(value) {
		let message = 'Non-error value was thrown';
		try {
			if (typeof value === 'string') {
				message = value;
			} else if (
				value &&
				typeof value === 'object' &&
				'message' in value &&
				typeof value.message === 'string'
			) {
				message = value.message;
			}
		} catch {}
		super(message);
		this.value = value;
	}
}
class ForceRetryError extends KyError {
	name = 'ForceRetryError';
	customDelay;
	code;
	customRequest;
	constructor(options) {
		const cause = options?.cause
			? options.cause instanceof Error
				? options.cause
				: new NonError(options.cause)
			: undefined;
		super(options?.code ? `Forced retry: ${options.code}` : 'Forced retry', cause ? { cause } : undefined);
		this.customDelay = options?.delay;
		this.code = options?.code;
		this.customRequest = options?.request;
	}
}
class SchemaValidationError extends Error {
	name = 'SchemaValidationError';
	issues;
	constructor(issues) {
		super('Response schema validation failed');
		this.issues = issues;
	}
}
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
				get duplex() {
					duplexAccessed = true;
					return 'half';
				},
			}).headers.has('Content-Type');
		} catch (error) {
			if (error instanceof Error && error.message === 'unsupported BodyInit type') {
				return false;
			}
			throw error;
		}
	}
	return duplexAccessed && !hasContentType;
})();
const supportsAbortController = typeof globalThis.AbortController === 'function';
const supportsAbortSignal =
	typeof globalThis.AbortSignal === 'function' && typeof globalThis.AbortSignal.any === 'function';
const supportsResponseStreams = typeof globalThis.ReadableStream === 'function';
const supportsFormData = typeof globalThis.FormData === 'function';
const requestMethods = ['get', 'post', 'put', 'patch', 'head', 'delete', 'query'];
const responseTypes = {
	json: 'application/json',
	text: 'text/*',
	formData: 'multipart/form-data',
	arrayBuffer: '*/*',
	blob: '*/*',
	bytes: '*/*',
};
const maxSafeTimeout = 0x7fffffff;
const usualFormBoundarySize = 40;
const stop = Symbol('stop');
class RetryMarker {
	options;
	constructor(options) {
		this.options = options;
	}
}
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
const getBodySize = (body) => {
	if (!body) {
		return 0;
	}
	if (body instanceof FormData) {
		let size = 0;
		for (const [key, value] of body) {
			size += usualFormBoundarySize;
			size += encoder.encode(`Content-Disposition: form-data; name="${key}"`).byteLength;
			size += typeof value === 'string' ? encoder.encode(value).byteLength : value.size;
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
	return stream.pipeThrough(
		new TransformStream({
			transform(currentChunk, controller) {
				controller.enqueue(currentChunk);
				if (previousChunk) {
					transferredBytes += previousChunk.byteLength;
					let percent = totalBytes === 0 ? 0 : transferredBytes / totalBytes;
					if (percent >= 1) {
						percent = 1 - Number.EPSILON;
					}
					onProgress?.(
						{ percent, totalBytes: Math.max(totalBytes, transferredBytes), transferredBytes },
						previousChunk,
					);
				}
				previousChunk = currentChunk;
			},
			flush() {
				const finalChunk = previousChunk ?? new Uint8Array();
				transferredBytes += finalChunk.byteLength;
				onProgress?.(
					{ percent: 1, totalBytes: Math.max(totalBytes, transferredBytes), transferredBytes },
					finalChunk,
				);
			},
		}),
	);
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
const streamRequest = (request, onUploadProgress, originalBody) => {
	if (!request.body) {
		return request;
	}
	const totalBytes = getBodySize(originalBody ?? request.body);
	return new Request(request, {
		duplex: 'half',
		body: withProgress(request.body, totalBytes, onUploadProgress),
	});
};
const isObject = (value) => value !== null && typeof value === 'object';
const replaceSymbol = Symbol('replaceOption');
const getReplaceState = (value) =>
	isObject(value) && value[replaceSymbol] === true
		? { isReplace: true, value: value.value }
		: { isReplace: false, value };
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
		} else {
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
const normalizeHeaderObject = (headers) =>
	Object.fromEntries(Object.entries(headers).filter((entry) => entry[1] !== undefined));
const mergeHeaderContainers = (source1, source2) => {
	if (isPlainObject(source1) && isPlainObject(source2)) {
		return normalizeHeaderObject({ ...source1, ...source2 });
	}
	return mergeHeaders(source1, source2);
};
function newHookValue(original, incoming, property) {
	return Object.hasOwn(incoming, property) && incoming[property] === undefined
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
		} else if (Array.isArray(input)) {
			for (const pair of input) {
				if (!Array.isArray(pair) || pair.length !== 2) {
					throw new TypeError('Array search parameters must be provided in [[key, value], ...] format');
				}
				result.append(String(pair[0]), String(pair[1]));
				deleted.delete(String(pair[0]));
			}
		} else if (isObject(input)) {
			for (const [key, value] of Object.entries(input)) {
				if (value === undefined) {
					result.delete(key);
					deleted.add(key);
				} else {
					result.append(key, String(value));
					deleted.delete(key);
				}
			}
		} else {
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
		} else if (isObject(source)) {
			for (let [key, value] of Object.entries(source)) {
				const replaceState = getReplaceState(value);
				const { isReplace } = replaceState;
				value = replaceState.value;
				const isRootSignal = isRoot && key === 'signal';
				if (isRootSignal && (isReplace || value === undefined)) {
					signals.length = 0;
				}
				if (isRootSignal && value instanceof globalThis.AbortSignal) {
					signals.push(value);
					continue;
				}
				if (key === 'context') {
					if (value !== undefined && value !== null && (!isObject(value) || Array.isArray(value))) {
						throw new TypeError('The `context` option must be an object');
					}
					returnValue = {
						...returnValue,
						context:
							value === undefined || value === null
								? {}
								: isReplace
									? { ...value }
									: { ...returnValue.context, ...value },
					};
					continue;
				}
				if (key === 'searchParams') {
					if (value === undefined || value === null) {
						searchParameters = undefined;
					} else if (isReplace) {
						searchParameters = value;
					} else {
						searchParameters =
							searchParameters === undefined ? value : appendSearchParameters(searchParameters, value);
					}
					continue;
				}
				if (
					isRoot &&
					key === 'retry' &&
					isObject(value) &&
					!isReplace &&
					typeof returnValue[key] === 'number'
				) {
					returnValue = { ...returnValue, [key]: { limit: returnValue[key] } };
				}
				if (isObject(value) && !isReplace && key in returnValue) {
					value = deepMergeInternal(false, returnValue[key], value);
				}
				returnValue = { ...returnValue, [key]: value };
			}
			if (isObject(source.hooks)) {
				const { value: hookValue, isReplace } = getReplaceState(source.hooks);
				hooks = isReplace ? mergeHooks({}, hookValue) : mergeHooks(hooks, hookValue);
				returnValue.hooks = hooks;
			}
			if (isObject(source.headers)) {
				const { value: headerValue, isReplace } = getReplaceState(source.headers);
				headers = isReplace ? cloneShallow(headerValue) : mergeHeaderContainers(headers, headerValue);
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
		} else if (supportsAbortSignal) {
			returnValue.signal = AbortSignal.any(signals);
		} else {
			returnValue.signal = signals.at(-1);
		}
	}
	return returnValue;
};
const deepMerge = (...sources) => deepMergeInternal(true, ...sources);
const normalizeRequestMethod = (input) => (requestMethods.includes(input) ? input.toUpperCase() : input);
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
	delay: (attemptCount) => 0.3 * 2 ** (attemptCount - 1) * 1e3,
	jitter: undefined,
	retryOnTimeout: false,
};
const getDefaultRetryOptions = () => ({
	...defaultRetryOptions,
	methods: [...defaultRetryOptions.methods],
	statusCodes: [...defaultRetryOptions.statusCodes],
	afterStatusCodes: [...defaultRetryOptions.afterStatusCodes],
});
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
		return { ...getDefaultRetryOptions(), limit: normalizeRetryLimit(retry) };
	}
	if (retry === null || typeof retry !== 'object' || Array.isArray(retry)) {
		throw new TypeError('`retry` must be a number or an object');
	}
	const normalizedRetry = Object.fromEntries(
		Object.entries(retry).filter(([, value]) => value !== undefined),
	);
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
		normalizedRetry.methods = normalizedRetry.methods.map((method) => method.toLowerCase());
	}
	if (normalizedRetry.statusCodes !== undefined) {
		normalizedRetry.statusCodes = [...normalizedRetry.statusCodes];
	}
	if (normalizedRetry.afterStatusCodes !== undefined) {
		normalizedRetry.afterStatusCodes = [...normalizedRetry.afterStatusCodes];
	}
	return { ...getDefaultRetryOptions(), ...normalizedRetry, limit: retryLimit };
};
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
		if (!Object.hasOwn(options, key)) {
			continue;
		}
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
	if (Array.isArray(search)) {
		return search.length > 0;
	}
	if (search instanceof URLSearchParams) {
		return search.size > 0 || Boolean(search[deletedParametersSymbol]?.size);
	}
	if (typeof search === 'object') {
		return Object.keys(search).length > 0;
	}
	if (typeof search === 'string') {
		return search.trim().length > 0;
	}
	return Boolean(search);
};
const objectToString$1 = Object.prototype.toString;
const isError = (value) => objectToString$1.call(value) === '[object Error]';
const errorMessages = new Set([
	'network error',
	'NetworkError when attempting to fetch resource.',
	'The Internet connection appears to be offline.',
	'Network request failed',
	'fetch failed',
	'terminated',
	' A network error occurred.',
	'Network connection lost',
]);
function isRawNetworkError(error) {
	const isValid = error && isError(error) && error.name === 'TypeError' && typeof error.message === 'string';
	if (!isValid) {
		return false;
	}
	const { message, stack } = error;
	if (message === 'Load failed' || (message.startsWith('Load failed (') && message.endsWith(')'))) {
		return stack === undefined || '__sentry_captured__' in error;
	}
	if (message.startsWith('error sending request for url')) {
		return true;
	}
	if (message === 'Failed to fetch' || (message.startsWith('Failed to fetch (') && message.endsWith(')'))) {
		return true;
	}
	return errorMessages.has(message);
}
const isErrorType = (error, cls) => error instanceof cls || error?.name === cls.name;
function isHTTPError(error) {
	return isErrorType(error, HTTPError);
}
function isNetworkError(error) {
	return isErrorType(error, NetworkError);
}
function isTimeoutError(error) {
	return isErrorType(error, TimeoutError);
}
const timestampThreshold = Date.parse('2024-01-01');
const delayPattern = /^\d+$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const imfDatePattern =
	/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const rfc850DatePattern =
	/^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\d{2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const asctimeDatePattern =
	/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{2}| \d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;
const getRetryTimingHeader = (headers) => {
	const retryAfter = headers.get('Retry-After');
	if (retryAfter !== null) {
		return { value: retryAfter, allowTimestamp: false };
	}
	const rateLimitReset = headers.get('RateLimit-Reset');
	if (rateLimitReset !== null) {
		return { value: rateLimitReset, allowTimestamp: true };
	}
	const rateLimitRetryAfter = headers.get('X-RateLimit-Retry-After');
	if (rateLimitRetryAfter !== null) {
		return { value: rateLimitRetryAfter, allowTimestamp: false };
	}
	const rateLimitResetAlias = headers.get('X-RateLimit-Reset') ?? headers.get('X-Rate-Limit-Reset');
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
	if (monthIndex === -1 || hoursNumber > 23 || minutesNumber > 59 || secondsNumber > 60) {
		return undefined;
	}
	const normalizedSeconds = Math.min(secondsNumber, 59);
	const date = new Date(Date.UTC(year, monthIndex, dayNumber, hoursNumber, minutesNumber, normalizedSeconds));
	date.setUTCFullYear(year);
	const timestamp = date.getTime();
	if (
		date.getUTCFullYear() !== year ||
		date.getUTCMonth() !== monthIndex ||
		date.getUTCDate() !== dayNumber ||
		date.getUTCHours() !== hoursNumber ||
		date.getUTCMinutes() !== minutesNumber ||
		date.getUTCSeconds() !== normalizedSeconds
	) {
		return undefined;
	}
	return secondsNumber === 60 ? timestamp + 1e3 : timestamp;
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
		const currentCenturyYear = Math.floor(now.getUTCFullYear() / 100) * 100 + twoDigitYear;
		const fiftyYearsFromNow = Date.UTC(
			now.getUTCFullYear() + 50,
			now.getUTCMonth(),
			now.getUTCDate(),
			now.getUTCHours(),
			now.getUTCMinutes(),
			now.getUTCSeconds(),
			now.getUTCMilliseconds(),
		);
		let timestamp;
		for (const year of [currentCenturyYear - 100, currentCenturyYear, currentCenturyYear + 100]) {
			const candidateTimestamp = createTimestamp({
				year,
				month: getCapture(rfc850Date, 2),
				day: getCapture(rfc850Date, 1),
				hours: getCapture(rfc850Date, 4),
				minutes: getCapture(rfc850Date, 5),
				seconds: getCapture(rfc850Date, 6),
			});
			if (candidateTimestamp !== undefined && candidateTimestamp <= fiftyYearsFromNow) {
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
		let delay = Number(value) * 1e3;
		if (allowTimestamp && delay >= timestampThreshold) {
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
const prefixUrlRenamedErrorMessage =
	'The `prefixUrl` option has been renamed `prefix` in v2 and enhanced to allow slashes in input. See also the new `baseUrl` option for improved flexibility with standard URL resolution: https://github.com/sindresorhus/ky#baseurl';
const timedOutResponseData = Symbol('timedOutResponseData');
const timedOutOperation = Symbol('timedOutOperation');
const createTextDecoder = (contentType) => {
	const match = /;\s*charset\s*=\s*(?:"([^"]+)"|([^;,\s]+))/i.exec(contentType);
	const charset = match?.[1] ?? match?.[2];
	if (charset) {
		try {
			return new TextDecoder(charset);
		} catch {}
	}
	return new TextDecoder();
};
const invalidSchemaMessage = 'The `schema` argument must follow the Standard Schema specification';
const cloneRetryOptions = (retry) => {
	if (retry === null || typeof retry !== 'object' || Array.isArray(retry)) {
		return retry;
	}
	const clonedRetry = { ...retry };
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
const objectToString = Object.prototype.toString;
const leadingC0ControlOrSpacePattern = /^[\0-\u0020]+/g;
const asciiTabOrNewLinePattern = /[\t\n\r]/g;
const schemePattern = /^[a-z][\d+.a-z-]*:/i;
const malformedHttpProtocolPattern = /^https?:(?!\/\/)/i;
const isRequestInstance = (value) =>
	value instanceof globalThis.Request || objectToString.call(value) === '[object Request]';
const isResponseInstance = (value) =>
	value instanceof globalThis.Response || objectToString.call(value) === '[object Response]';
const isAbsoluteInput = (input) => schemePattern.test(input);
const normalizeInputForProtocolCheck = (input) =>
	input.replaceAll(leadingC0ControlOrSpacePattern, '').replaceAll(asciiTabOrNewLinePattern, '');
const cloneSearchParametersForInitHook = (searchParameters) => {
	if (Array.isArray(searchParameters)) {
		return searchParameters.map((parameter) => [...parameter]);
	}
	return cloneShallow(searchParameters);
};
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
	if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) {
		throw new TypeError(invalidSchemaMessage);
	}
	const standardSchema = schema['~standard'];
	if (
		typeof standardSchema !== 'object' ||
		standardSchema === null ||
		typeof standardSchema.validate !== 'function'
	) {
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
			await Promise.resolve();
			const beforeRequestResponse = await ky.#runBeforeRequestHooks();
			if (beforeRequestResponse !== undefined) {
				ky.#retryLimit = normalizeRetryOptions(ky.#options.retry).limit;
			}
			let response = beforeRequestResponse ?? (await ky.#retry(async () => ky.#fetch()));
			let responseFromHook =
				beforeRequestResponse !== undefined || ky.#consumeReturnedResponseFromBeforeRetryHook();
			for (;;) {
				if (response === undefined) {
					return response;
				}
				if (isResponseInstance(response)) {
					try {
						response = await ky.#runAfterResponseHooks(response);
					} catch (error) {
						if (!(error instanceof ForceRetryError)) {
							throw error;
						}
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
				if (
					!currentResponse.ok &&
					currentResponse.type !== 'opaque' &&
					(typeof ky.#options.throwHttpErrors === 'function'
						? ky.#options.throwHttpErrors(currentResponse.status)
						: ky.#options.throwHttpErrors)
				) {
					const httpError = new HTTPError(
						currentResponse,
						ky.#getResponseRequest(currentResponse),
						ky.#getNormalizedOptions(),
					);
					const errorToThrow = httpError;
					httpError.data = await ky.#getResponseData(currentResponse);
					if (responseFromHook) {
						throw errorToThrow;
					}
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
			} catch (error) {
				await ky.#throwProcessedError(error);
			} finally {
				const originalRequest = ky.#originalRequest;
				ky.#cancelBody(originalRequest?.body ?? undefined);
				if (ky.request !== originalRequest) {
					ky.#cancelBody(ky.request.body ?? undefined);
				}
			}
		})();
		for (const [type, mimeType] of Object.entries(responseTypes)) {
			if (type === 'bytes' && typeof globalThis.Response?.prototype?.bytes !== 'function') {
				continue;
			}
			result[type] = async (schema) => {
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
						: text === '' && schema !== undefined
							? undefined
							: JSON.parse(text);
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
	static #normalizeSearchParams(searchParams) {
		if (
			searchParams &&
			typeof searchParams === 'object' &&
			!Array.isArray(searchParams) &&
			!(searchParams instanceof URLSearchParams)
		) {
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
			prefix: String(options.prefix || ''),
			retry: normalizeRetryOptions(options.retry),
			throwHttpErrors: options.throwHttpErrors ?? true,
			timeout: options.timeout ?? 1e4,
			totalTimeout: options.totalTimeout ?? false,
			fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
			context: options.context ?? {},
		};
		this.#retryLimit = this.#options.retry.limit;
		if (
			typeof this.#input !== 'string' &&
			!(this.#input instanceof URL || this.#input instanceof globalThis.Request)
		) {
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
					this.#input = new URL(this.#input, new Request(this.#options.baseUrl).url);
				}
			}
		}
		if (supportsAbortController && supportsAbortSignal) {
			this.#userProvidedAbortSignal = this.#options.signal ?? this.#input.signal;
			this.#abortController = new globalThis.AbortController();
			this.#options.signal = this.#createManagedSignal();
		}
		if (supportsRequestStreams) {
			this.#options.duplex = 'half';
		}
		if (this.#options.json !== undefined) {
			this.#options.body =
				this.#options.stringifyJson?.(this.#options.json) ?? JSON.stringify(this.#options.json);
			this.#options.headers.set(
				'content-type',
				this.#options.headers.get('content-type') ?? 'application/json',
			);
		}
		const userProvidedContentType =
			options.headers && new globalThis.Headers(options.headers).has('content-type');
		if (
			this.#input instanceof globalThis.Request &&
			((supportsFormData && this.#options.body instanceof globalThis.FormData) ||
				this.#options.body instanceof URLSearchParams) &&
			!userProvidedContentType
		) {
			this.#options.headers.delete('content-type');
		}
		this.request = new globalThis.Request(this.#input, this.#options);
		if (hasSearchParameters(this.#options.searchParams)) {
			const url = new URL(this.request.url);
			const deleted = this.#options.searchParams?.[deletedParametersSymbol];
			if (deleted) {
				for (const key of deleted) {
					url.searchParams.delete(key);
				}
			}
			if (typeof this.#options.searchParams === 'string') {
				const stringSearchParameters = this.#options.searchParams.replace(/^\?/, '');
				if (stringSearchParameters !== '') {
					url.search = url.search ? `${url.search}&${stringSearchParameters}` : `?${stringSearchParameters}`;
				}
			} else {
				const optionsSearchParameters = new URLSearchParams(
					Ky.#normalizeSearchParams(this.#options.searchParams),
				);
				for (const [key, value] of optionsSearchParameters.entries()) {
					url.searchParams.append(key, value);
				}
			}
			if (
				this.#options.searchParams &&
				typeof this.#options.searchParams === 'object' &&
				!Array.isArray(this.#options.searchParams) &&
				!(this.#options.searchParams instanceof URLSearchParams)
			) {
				for (const [key, value] of Object.entries(this.#options.searchParams)) {
					if (value === undefined) {
						url.searchParams.delete(key);
					}
				}
			}
			this.request = new globalThis.Request(url, this.#options);
		}
		if (this.#options.onUploadProgress && typeof this.#options.onUploadProgress !== 'function') {
			throw new TypeError('The `onUploadProgress` option must be a function');
		}
		this.#startTime = typeof this.#options.totalTimeout === 'number' ? this.#getCurrentTime() : undefined;
	}
	#calculateDelay(retry) {
		const retryDelay = retry.delay(this.#retryCount + 1);
		let jitteredDelay = retryDelay;
		if (retry.jitter === true) {
			jitteredDelay = Math.random() * retryDelay;
		} else if (typeof retry.jitter === 'function') {
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
		const errorObject = error instanceof Error ? error : new NonError(error);
		if (errorObject instanceof ForceRetryError) {
			return errorObject.customDelay ?? this.#calculateDelay(retry);
		}
		if (!retry.methods.includes(this.request.method.toLowerCase())) {
			throw error;
		}
		const { shouldRetry } = retry;
		if (shouldRetry !== undefined) {
			const result = await this.#raceWithTotalTimeout(async () =>
				shouldRetry({ error: errorObject, retryCount: this.#retryCount + 1 }),
			);
			if (result === timedOutOperation) {
				throw new TimeoutError(this.request);
			}
			if (result === false) {
				throw error;
			}
			if (result === true) {
				return this.#calculateDelay(retry);
			}
		}
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
					return this.#calculateDelay(retry);
				}
				return Math.min(retry.maxRetryAfter, after);
			}
			if (error.response.status === 413) {
				throw error;
			}
			return this.#calculateDelay(retry);
		}
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
		if (!(error instanceof Error)) {
			throw error;
		}
		if (this.#beforeRetryHookErrors.has(error)) {
			throw error;
		}
		let processedError = error;
		for (const hook of this.#options.hooks.beforeError) {
			const hookResult = await hook({
				request: this.request,
				options: this.#getNormalizedOptions(),
				error: processedError,
				retryCount: this.#retryCount,
			});
			if (hookResult instanceof Error) {
				processedError = hookResult;
			}
		}
		throw processedError;
	}
	async #getResponseData(response) {
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
		const data = await this.#parseJson(
			text,
			response,
			parseTimeout.milliseconds,
			this.#getResponseRequest(response),
		);
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
		const errorDataTimeout = this.#options.timeout === false ? 1e4 : this.#options.timeout;
		const remainingTotal = this.#getRemainingTotalTimeout();
		if (remainingTotal === undefined) {
			return { milliseconds: errorDataTimeout, fromTotalTimeout: false };
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
	async #raceBodyRead(createBodyPromise, response) {
		let timeoutMs;
		try {
			timeoutMs = this.#getBodyReadTimeout();
		} catch (error) {
			await this.#throwProcessedError(error);
		}
		const bodyPromise = createBodyPromise();
		if (timeoutMs === undefined) {
			return bodyPromise;
		}
		const result = await Promise.race([
			bodyPromise,
			new Promise((resolve) => {
				const timeoutId = setTimeout(() => {
					resolve(timedOutResponseData);
				}, timeoutMs);
				void bodyPromise
					.finally(() => {
						clearTimeout(timeoutId);
					})
					.catch(() => undefined);
			}),
		]);
		if (result === timedOutResponseData) {
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
			const timeoutPromise = new Promise((resolve) => {
				timeoutId = setTimeout(() => {
					resolve(timedOutOperation);
				}, remainingTotal);
			});
			const operationResult = Promise.resolve()
				.then(operation)
				.then((value) => ({ status: 'fulfilled', value }))
				.catch((error) => ({ status: 'rejected', error }));
			const result = await Promise.race([operationResult, timeoutPromise]);
			const remainingAfterOperation = this.#getRemainingTotalTimeout();
			const didTimeOut =
				result === timedOutOperation ||
				(remainingAfterOperation !== undefined && remainingAfterOperation <= 0);
			if (didTimeOut) {
				this.#abortController?.abort();
				if (result === timedOutOperation) {
					void operationResult.then((result) => {
						if (result.status === 'fulfilled') {
							this.#cancelReturnedBody(result.value);
						}
					});
				} else if (result.status === 'fulfilled') {
					this.#cancelReturnedBody(result.value);
				}
				return timedOutOperation;
			}
			if (result.status === 'rejected') {
				throw result.error;
			}
			return result.value;
		} finally {
			clearTimeout(timeoutId);
		}
	}
	#isJsonContentType(contentType) {
		const mimeType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
		return /\/(?:.*[.+-])?json$/.test(mimeType);
	}
	async #readResponseText(response, timeoutMs) {
		const { body } = response;
		if (!body) {
			try {
				return await response.text();
			} catch {
				return undefined;
			}
		}
		let reader;
		try {
			reader = body.getReader();
		} catch {
			return undefined;
		}
		const decoder = createTextDecoder(response.headers.get('content-type') ?? '');
		const chunks = [];
		let totalBytes = 0;
		const readAll = (async () => {
			try {
				for (;;) {
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
			} catch {
				return undefined;
			}
			chunks.push(decoder.decode());
			return chunks.join('');
		})();
		const timeoutPromise = new Promise((resolve) => {
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
				Promise.resolve().then(() =>
					this.#options.parseJson ? this.#options.parseJson(text, { request, response }) : JSON.parse(text),
				),
				new Promise((resolve) => {
					timeoutId = setTimeout(() => {
						resolve(timedOutResponseData);
					}, timeoutMs);
				}),
			]);
		} catch {
			return undefined;
		} finally {
			clearTimeout(timeoutId);
		}
	}
	#cancelBody(body) {
		if (!body) {
			return;
		}
		void body.cancel().catch(() => undefined);
	}
	#cancelResponseBody(response) {
		this.#cancelBody(response.body ?? undefined);
	}
	#cancelReturnedBody(value) {
		if (isResponseInstance(value)) {
			this.#cancelResponseBody(value);
		} else if (isRequestInstance(value)) {
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
			const result = await this.#raceWithTotalTimeout(async () =>
				hook({ request: this.request, options: this.#getNormalizedOptions(), retryCount: 0 }),
			);
			if (result === timedOutOperation) {
				throw new TimeoutError(this.request);
			}
			if (isRequestInstance(result)) {
				this.#assignRequest(result);
			} else if (isResponseInstance(result)) {
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
				modifiedResponse = await this.#raceWithTotalTimeout(async () =>
					hook({
						request: this.request,
						options: this.#getNormalizedOptions(),
						response: hookResponse,
						retryCount: this.#retryCount,
					}),
				);
				if (modifiedResponse === timedOutOperation) {
					throw new TimeoutError(this.request);
				}
			} catch (error) {
				if (hookResponse !== response) {
					this.#cancelResponseBody(hookResponse);
				}
				this.#cancelResponseBody(response);
				throw error;
			}
			if (modifiedResponse instanceof RetryMarker) {
				if (hookResponse !== response) {
					this.#cancelResponseBody(hookResponse);
				}
				this.#cancelResponseBody(response);
				throw new ForceRetryError(modifiedResponse.options);
			}
			const nextResponse = isResponseInstance(modifiedResponse)
				? this.#setResponseRequest(modifiedResponse, responseRequest)
				: response;
			if (
				hookResponse !== response &&
				hookResponse !== nextResponse &&
				hookResponse.body !== nextResponse.body
			) {
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
		} catch (error) {
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
			if (retryDelay >= remainingTimeout) {
				await delay(remainingTimeout, delayOptions);
				throw new TimeoutError(this.request);
			}
		}
		await delay(retryDelay, delayOptions);
		this.#throwIfTotalTimeoutExhausted();
		if (error instanceof ForceRetryError && error.customRequest) {
			const customRequest = new globalThis.Request(
				error.customRequest,
				this.#options.signal ? { signal: this.#options.signal } : undefined,
			);
			this.#assignRequest(customRequest);
		}
		for (const hook of this.#options.hooks.beforeRetry) {
			let hookResult;
			try {
				hookResult = await this.#raceWithTotalTimeout(async () =>
					hook({
						request: this.request,
						options: this.#getNormalizedOptions(),
						error: error,
						retryCount: this.#retryCount + 1,
					}),
				);
			} catch (hookError) {
				if (hookError instanceof Error && hookError !== error) {
					this.#beforeRetryHookErrors.add(hookError);
				}
				throw hookError;
			}
			if (hookResult === timedOutOperation) {
				throw new TimeoutError(this.request);
			}
			if (isRequestInstance(hookResult)) {
				this.#assignRequest(hookResult);
				break;
			}
			if (isResponseInstance(hookResult)) {
				this.#returnedResponseFromBeforeRetryHook = true;
				this.#retryCount++;
				return hookResult;
			}
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
		if (this.#abortController?.signal.aborted) {
			this.#abortController = new globalThis.AbortController();
			this.#options.signal = this.#createManagedSignal();
			this.request = new globalThis.Request(this.request, { signal: this.#options.signal });
		}
		const nonRequestOptions = findUnknownOptions(this.#options);
		this.#retryLimit = normalizeRetryOptions(this.#options.retry).limit;
		const retryRequest = this.#retryLimit > 0 ? this.request.clone() : undefined;
		const request = this.#wrapRequestWithUploadProgress(this.request, this.#options.body ?? undefined);
		this.#originalRequest = request;
		if (retryRequest) {
			this.request = retryRequest;
		}
		try {
			const remainingTotal = this.#getRemainingTotalTimeout();
			if (remainingTotal !== undefined && remainingTotal <= 0) {
				throw new TimeoutError(this.request);
			}
			const effectiveTimeout =
				this.#options.timeout === false
					? remainingTotal
					: remainingTotal === undefined
						? this.#options.timeout
						: Math.min(this.#options.timeout, remainingTotal);
			const response =
				effectiveTimeout === undefined
					? await this.#options.fetch(request, nonRequestOptions)
					: await timeout(request, nonRequestOptions, this.#abortController, {
							timeout: effectiveTimeout,
							fetch: this.#options.fetch,
						});
			return this.#setResponseRequest(response, request);
		} catch (error) {
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
			const {
				hooks,
				json,
				parseJson,
				stringifyJson,
				searchParams,
				timeout,
				totalTimeout,
				throwHttpErrors,
				fetch,
				...normalizedOptions
			} = this.#options;
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
		return streamRequest(
			request,
			this.#options.onUploadProgress,
			originalBody ?? this.#options.body ?? undefined,
		);
	}
}
const createInstance = (defaults) => {
	const ky = (input, options) => Ky.create(input, validateAndMerge(defaults, options));
	for (const method of requestMethods) {
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
const maxHeaderLength = 8192;
function cleanHeaders(headers) {
	const clean = new Headers();
	for (const [name, value] of headers)
		if (value.length <= maxHeaderLength) clean.append(name, oneLine(value));
	return clean;
}
function receivedFrom({ body, headers, status }) {
	return { status, headers: cleanHeaders(headers), body: body ? streamBody(body) : undefined };
}
function streamBody(stream) {
	const reader = stream.getReader();
	return {
		encoding: undefined,
		async receive(take) {
			for (;;) {
				const { value: piece } = await reader.read();
				const next = piece ? take(piece) : false;
				if (next === false) return;
				await next;
			}
		},
		cancel: (reason) => void reader.cancel(reason).catch(() => {}),
	};
}
const maxDescribedBytes = 65536;
const maxShown = 200;
function excerpt(text, redact, maxLength = 300) {
	return truncate(oneLine(redact(text)), maxLength);
}
function describeBody(headers, bytes, redact) {
	const type = foreignText(
		headers.get('content-type')?.split(';')[0] || 'no content type',
		'a content type',
		80,
	);
	if (bytes === undefined) return `a body that is too large (${type})`;
	const size = formatBytes(bytes.byteLength);
	if (bytes.byteLength > maxDescribedBytes) return `a body of ${size} (${type})`;
	const text = decodeText(bytes);
	if (text === undefined) return `a body of ${size} that is not text (${type})`;
	if (text.trim() === '') return `an empty body (${type})`;
	return `${type}: \u{201C}${excerpt(text, redact, maxShown)}\u{201D}`;
}
function isText(head) {
	return decodeText(head, { stream: true }) !== undefined;
}
function decodeText(bytes, options = {}) {
	try {
		const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, options);
		return /(?!\s)\p{Cc}/u.test(text) ? undefined : text;
	} catch {
		return undefined;
	}
}
function serviceResponse({ headers, status }, more = { messages: [] }) {
	const rayId = rayIdIn(headers);
	return { ...more, httpStatus: status, ...(rayId !== undefined && { rayId, isGenuine: true }) };
}
function rayIdIn(headers) {
	return /^[\da-f]{1,16}(?:-[a-z\d]{1,8})?$/i.exec(headers.get('cf-ray') ?? '')?.[0];
}
const refusedAddressCode = 'ERR_REFUSED_ADDRESS';
async function openGuardedAgent(refuse) {
	const { Agent } = await import('./undici.js');
	return new Agent({ allowH2: false, connect: { lookup: guardedLookup(refuse) } });
}
function guardedLookup(refuse, resolve = lookup) {
	return (host, options, callback) =>
		resolve(host, options, (error, found, family) => {
			const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
			const refused = error ? undefined : addresses.find((address) => refuse(address) !== undefined);
			if (refused === undefined) return callback(error, found, family);
			const what = `${host} has the address ${refused}, ${refuse(refused)}`;
			callback(Object.assign(new Error(what), { code: refusedAddressCode }), found, family);
		});
}
function decode$1(bytes, encoding, maxBytes) {
	const decompress = encoding === undefined ? undefined : decompressors.get(encoding);
	if (!decompress) return bytes;
	try {
		return decompress(bytes, { maxOutputLength: maxBytes });
	} catch (error) {
		const isTooLarge = Error.isError(error) && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
		return isTooLarge ? undefined : bytes;
	}
}
const decompressors = new Map([
	['gzip', unzipSync],
	['x-gzip', unzipSync],
	['deflate', unzipSync],
	['br', brotliDecompressSync],
]);
const defaultMaxBytes = 1024 * 1024;
const maxValues = (maxBytes) => Math.min(maxBytes / 16, 5e5);
function openResponse(url, { body, headers, status }, timeout) {
	const { signal } = timeout;
	signal.addEventListener('abort', () => body?.cancel(signal.reason), { once: true });
	const peeked = [];
	async function receive(take) {
		signal.throwIfAborted();
		for (let piece = peeked.shift(); piece; piece = peeked.shift()) {
			const next = take(piece);
			if (next === false) return;
			await next;
		}
		await body?.receive(take);
		signal.throwIfAborted();
	}
	return {
		url,
		status,
		headers,
		async peek(lengthBytes) {
			const pieces = [];
			let leftBytes = lengthBytes;
			timeout.restart();
			await receive((piece) => {
				timeout.restart();
				pieces.push(new Uint8Array(piece));
				leftBytes -= piece.byteLength;
				return leftBytes <= 0 ? false : undefined;
			});
			timeout.pause();
			peeked.unshift(...pieces);
			return Buffer.concat(pieces).subarray(0, lengthBytes);
		},
		async read(take) {
			timeout.restart();
			await receive((piece) => {
				timeout.pause();
				const next = take(piece);
				if (next) return next.then(() => timeout.restart());
				timeout.restart();
				return next;
			});
		},
		async bytes(maxBytes = defaultMaxBytes) {
			const pieces = [];
			let leftBytes = maxBytes;
			if (peeked.length > 0) timeout.restart();
			await receive((piece) => {
				leftBytes -= piece.byteLength;
				if (leftBytes < 0) return false;
				pieces.push(new Uint8Array(piece));
				return undefined;
			});
			const whole = leftBytes < 0 ? undefined : decode$1(Buffer.concat(pieces), body?.encoding, maxBytes);
			return whole && countValues(whole) <= maxValues(maxBytes) ? whole : undefined;
		},
		async [Symbol.asyncDispose]() {
			body?.cancel();
			timeout[Symbol.dispose]();
		},
	};
}
function countValues(bytes) {
	let values = 0;
	for (const byte of bytes) if (byte === 44 || byte === 91 || byte === 123) values++;
	return values;
}
function startRequestTimeout(limitMs, clock, outer) {
	const aborted = new AbortController();
	let sinceMs = clock.now();
	const abort = () => aborted.abort(outer.reason);
	if (outer.aborted) abort();
	outer.addEventListener('abort', abort);
	const check = () => {
		const leftMs = limitMs - (clock.now() - (sinceMs ?? clock.now()));
		if (leftMs > 0) cancel = clock.schedule(leftMs, check);
		else aborted.abort(new DOMException('No response in time', 'TimeoutError'));
	};
	let cancel = clock.schedule(limitMs, check);
	return {
		signal: aborted.signal,
		restart() {
			sinceMs = clock.now();
		},
		pause() {
			sinceMs = undefined;
		},
		[Symbol.dispose]() {
			cancel();
			outer.removeEventListener('abort', abort);
		},
	};
}
const version = '1.0.0';
const userAgent = `stream-downloads/${version}`;
const maxListBytes = 64 * 1024 * 1024;
class RedirectError extends Error {
	name = 'RedirectError';
	response;
	constructor(from, response, why) {
		super(`${from.host} redirects to ${redirectTarget(response.headers, from)}, ${why}`);
		this.response = response;
	}
}
class OtherHostError extends Error {
	name = 'OtherHostError';
	host;
	constructor(host, cause) {
		super(`The request was redirected to ${host}`, { cause });
		this.host = host;
	}
}
function redirectTarget(headers, from) {
	const location = headers.get('location');
	if (!location) return 'no address, or one that is too long';
	const url = locationOf(headers, from);
	if (!url) return mayContainPassword(location) ? 'what may contain a password' : quote(location);
	return describeUrl(url);
}
function describeUrl({ host, pathname, protocol }) {
	return foreignText(host ? `${protocol}//${host}${pathname}` : protocol, 'a URL', maxDescribedLength);
}
const maxDescribedLength = 2e3;
function locationOf(headers, from) {
	const location = headers.get('location');
	return location ? URL.parse(location, from.href) : null;
}
const decoder = new TextDecoder();
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
class Http {
	#options;
	#ky;
	#requestCount = 0;
	constructor(options) {
		this.#options = options;
		this.#ky = ky.create({ fetch: options.fetch, retry: 0, throwHttpErrors: false, timeout: false });
	}
	get requestCount() {
		return this.#requestCount;
	}
	async text(request, limits) {
		const env_1 = { stack: [], error: void 0, hasError: false };
		try {
			const send = async (url, init) => receivedFrom(await this.#ky(url, { ...init, redirect: 'manual' }));
			const response = __addDisposableResource(env_1, await this.#open(request, limits, send), true);
			const { headers, status, url } = response;
			const bytes = await response.bytes(limits.maxBytes);
			return { headers, status, url, bytes, text: bytes && decoder.decode(bytes) };
		} catch (e_1) {
			env_1.error = e_1;
			env_1.hasError = true;
		} finally {
			const result_1 = __disposeResources(env_1);
			if (result_1) await result_1;
		}
	}
	guarded(refuse) {
		const { receive } = this.#options;
		const opening = openGuardedAgent(refuse);
		opening.catch(() => {});
		const send = async (url, { headers, method, signal }) =>
			receive(url, { method, headers, signal, dispatcher: await opening });
		return { open: (request, limits) => this.#open(request, limits, send) };
	}
	async #open(request, { signal, timeoutMs }, send) {
		const { redirects } = request;
		const timeout = startRequestTimeout(timeoutMs, this.#options.clock, signal);
		let { url } = request;
		try {
			for (let followed = 0; ; followed++) {
				const response = await this.#send(request, url, timeout.signal, send);
				if (!redirects || !redirectStatuses.has(response.status)) return openResponse(url, response, timeout);
				response.body?.cancel();
				const to = locationOf(response.headers, url);
				const isLast = followed === redirects.maxRedirects;
				const why = isLast ? `after ${followed} other redirects` : redirects.refuse(to, url);
				if (!to || why !== undefined) throw new RedirectError(url, response, why ?? 'which is not a URL');
				url = to;
			}
		} catch (error) {
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
			this.#requestCount++;
			const aborted = Promise.withResolvers();
			signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
			const sentHeaders = { ...headers, 'User-Agent': userAgent };
			const sent = send(url, { method, headers: sentHeaders, body: body ?? null, signal });
			const response = await Promise.race([sent, aborted.promise]);
			const rayId = rayIdIn(response.headers);
			log(`${response.status}${rayId === undefined ? '' : `, Ray ID ${rayId}`}`);
			return response;
		} catch (error) {
			log(Error.isError(error) ? error.name : 'failed');
			throw isNetworkError(error) ? error.cause : error;
		}
	}
}
const maxAddressLength = 8192;
const scheme = /^[a-z][a-z\d+.-]*:\/\//i;
function readProxies(env) {
	const problems = [];
	const address = (name) => {
		const { text, variable } = read(env, name);
		const parsed = parseAddress(text);
		const what =
			text.length > maxAddressLength
				? `has ${count(text.length, 'character')}, more than the address of any proxy`
				: 'does not contain the address of a proxy';
		if (text !== '' && !parsed) problems.push(`The environment variable ${variable} ${what}.`);
		return parsed;
	};
	const proxies = { http: address('http_proxy'), https: address('https_proxy'), noProxy: noProxy(env) };
	if (problems.length > 0) throw new Failure('proxy-malformed', problems.join('\n'));
	return proxies;
}
function proxySecrets(env) {
	const secrets = Object.entries(env)
		.filter(([name]) => /^https?_proxy$/i.test(name))
		.flatMap(([, text = '']) => secretsIn$1(text))
		.filter(Boolean);
	return [...new Set(secrets)];
}
function read(env, name) {
	const names = [name, name.toUpperCase()];
	const variable = names.find((candidate) => env[candidate]?.trim()) ?? name;
	return { variable, text: env[variable]?.trim() ?? '' };
}
function parseAddress(text) {
	if (text.length > maxAddressLength) return undefined;
	const url = URL.parse(scheme.test(text) ? text : `http://${text}`);
	if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash)
		return undefined;
	const credentials = decode(`${url.username}:${url.password}`);
	if (credentials === undefined) return undefined;
	const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
	return { origin: url.origin, authorization: credentials === ':' ? undefined : authorization };
}
function noProxy(env) {
	const hosts = read(env, 'no_proxy').text.match(/[^\s,]+/g) ?? [];
	return hosts.includes('*') ? '*' : hosts.map((host) => (isIPv6(host) ? `[${host}]` : host)).join();
}
function secretsIn$1(text) {
	const rest = text.replace(scheme, '').trim();
	const [, both = ''] = /^(.*)(?:@|%40)/is.exec(rest) ?? (parseAddress(text) ? [] : [rest, rest]);
	const [user = '', ...after] = both.split(':');
	return [after.join(':') || user, both].flatMap((secret) => [secret, decode(secret) ?? secret]);
}
function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}
async function addProxies(env, senders) {
	const proxies = readProxies(env);
	if (!proxies.http && !proxies.https) return { ...senders, proxyFor: () => undefined };
	const { sendThrough } = await import('./send-through.js');
	return sendThrough(proxies, senders);
}
const array$1 = [];
const characterCodeCache = [];
function leven(first, second, options) {
	if (first === second) {
		return 0;
	}
	const maxDistance = options?.maxDistance;
	const swap = first;
	if (first.length > second.length) {
		first = second;
		second = swap;
	}
	let firstLength = first.length;
	let secondLength = second.length;
	while (firstLength > 0 && first.charCodeAt(~-firstLength) === second.charCodeAt(~-secondLength)) {
		firstLength--;
		secondLength--;
	}
	let start = 0;
	while (start < firstLength && first.charCodeAt(start) === second.charCodeAt(start)) {
		start++;
	}
	firstLength -= start;
	secondLength -= start;
	if (maxDistance !== undefined && secondLength - firstLength > maxDistance) {
		return maxDistance;
	}
	if (firstLength === 0) {
		return maxDistance !== undefined && secondLength > maxDistance ? maxDistance : secondLength;
	}
	let bCharacterCode;
	let result;
	let temporary;
	let temporary2;
	let index = 0;
	let index2 = 0;
	while (index < firstLength) {
		characterCodeCache[index] = first.charCodeAt(start + index);
		array$1[index] = ++index;
	}
	while (index2 < secondLength) {
		bCharacterCode = second.charCodeAt(start + index2);
		temporary = index2++;
		result = index2;
		for (index = 0; index < firstLength; index++) {
			temporary2 = bCharacterCode === characterCodeCache[index] ? temporary : temporary + 1;
			temporary = array$1[index];
			result = array$1[index] =
				temporary > result
					? temporary2 > result
						? result + 1
						: temporary2
					: temporary2 > temporary
						? temporary + 1
						: temporary2;
		}
		if (maxDistance !== undefined) {
			let rowMinimum = result;
			for (index = 0; index < firstLength; index++) {
				if (array$1[index] < rowMinimum) {
					rowMinimum = array$1[index];
				}
			}
			if (rowMinimum > maxDistance) {
				return maxDistance;
			}
		}
	}
	array$1.length = firstLength;
	characterCodeCache.length = firstLength;
	return maxDistance !== undefined && result > maxDistance ? maxDistance : result;
}
function nearMiss(word, candidates) {
	const typed = plain(word);
	return candidates
		.map((candidate) => {
			const allowed = candidate.length < 6 ? 1 : 2;
			const distance = leven(typed, plain(candidate), { maxDistance: allowed + 1 });
			return { candidate, distance, isNear: distance <= allowed };
		})
		.filter(({ isNear }) => isNear)
		.toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}
function plain(word) {
	return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}
let store$4;
const DEFAULT_CONFIG = { lang: void 0, message: void 0, abortEarly: void 0, abortPipeEarly: void 0 };
function getGlobalConfig(config$1) {
	if (!config$1 && !store$4) return DEFAULT_CONFIG;
	return {
		lang: config$1?.lang ?? store$4?.lang,
		message: config$1?.message,
		abortEarly: config$1?.abortEarly ?? store$4?.abortEarly,
		abortPipeEarly: config$1?.abortPipeEarly ?? store$4?.abortPipeEarly,
	};
}
let store$3;
function getGlobalMessage(lang) {
	return store$3?.get(lang);
}
let store$2;
function getSchemaMessage(lang) {
	return store$2?.get(lang);
}
let store$1;
function getSpecificMessage(reference, lang) {
	return store$1?.get(reference)?.get(lang);
}
function _stringify(input) {
	const type = typeof input;
	if (type === 'string') return `"${input}"`;
	if (type === 'number' || type === 'bigint' || type === 'boolean') return `${input}`;
	if (type === 'object' || type === 'function')
		return (input && Object.getPrototypeOf(input)?.constructor?.name) ?? 'null';
	return type;
}
function _addIssue(context, label, dataset, config$1, other) {
	const input = other && 'input' in other ? other.input : dataset.value;
	const expected = other?.expected ?? context.expects ?? null;
	const received = other?.received ?? _stringify(input);
	const issue = {
		kind: context.kind,
		type: context.type,
		input,
		expected,
		received,
		message: `Invalid ${label}: ${expected ? `Expected ${expected} but r` : 'R'}eceived ${received}`,
		requirement: context.requirement,
		path: other?.path,
		issues: other?.issues,
		lang: config$1.lang,
		abortEarly: config$1.abortEarly,
		abortPipeEarly: config$1.abortPipeEarly,
	};
	const isSchema = context.kind === 'schema';
	const message$1 =
		other?.message ??
		context.message ??
		getSpecificMessage(context.reference, issue.lang) ??
		(isSchema ? getSchemaMessage(issue.lang) : null) ??
		config$1.message ??
		getGlobalMessage(issue.lang);
	if (message$1 !== void 0) issue.message = typeof message$1 === 'function' ? message$1(issue) : message$1;
	if (isSchema) dataset.typed = false;
	if (dataset.issues) dataset.issues.push(issue);
	else dataset.issues = [issue];
}
function _isSameValueZero(value1, value2) {
	return value1 === value2 || (Number.isNaN(value1) && Number.isNaN(value2));
}
function _isValidObjectKey(object$1, key) {
	return (
		Object.prototype.hasOwnProperty.call(object$1, key) &&
		key !== '__proto__' &&
		key !== 'prototype' &&
		key !== 'constructor'
	);
}
function _joinExpects(values$1, separator) {
	const list = [...new Set(values$1)];
	if (list.length > 1) return `(${list.join(` ${separator} `)})`;
	return list[0] ?? 'never';
}
function _standardSchema(schema) {
	schema['~standard'] = {
		version: 1,
		vendor: 'valibot',
		validate: (value$1) => schema['~run']({ value: value$1 }, getGlobalConfig()),
	};
	return schema;
}
function entriesFromList(list, schema) {
	const entries$1 = {};
	for (const key of list) entries$1[key] = schema;
	return entries$1;
}
function getDotPath(issue) {
	if (issue.path) {
		let key = '';
		for (const item of issue.path)
			if (typeof item.key === 'string' || typeof item.key === 'number')
				if (key) key += `.${item.key}`;
				else key += item.key;
			else return null;
		return key;
	}
	return null;
}
var ValiError = class extends Error {
	constructor(issues) {
		super(issues[0].message);
		this.name = 'ValiError';
		this.issues = issues;
	}
};
const ISO_TIMESTAMP_REGEX =
	/^\d{4}-(?:0[1-9]|1[0-2])-(?:[12]\d|0[1-9]|3[01])[T ](?:0\d|1\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z| ?[+-](?:0\d|1\d|2[0-3])(?::?[0-5]\d)?)$/u;
function check(requirement, message$1) {
	return {
		kind: 'validation',
		type: 'check',
		reference: check,
		async: false,
		expects: null,
		requirement,
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && !this.requirement(dataset.value)) _addIssue(this, 'input', dataset, config$1);
			return dataset;
		},
	};
}
function isoTimestamp(message$1) {
	return {
		kind: 'validation',
		type: 'iso_timestamp',
		reference: isoTimestamp,
		async: false,
		expects: null,
		requirement: ISO_TIMESTAMP_REGEX,
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && !this.requirement.test(dataset.value))
				_addIssue(this, 'timestamp', dataset, config$1);
			return dataset;
		},
	};
}
function maxLength$1(requirement, message$1) {
	return {
		kind: 'validation',
		type: 'max_length',
		reference: maxLength$1,
		async: false,
		expects: `<=${requirement}`,
		requirement,
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && dataset.value.length > this.requirement)
				_addIssue(this, 'length', dataset, config$1, { received: `${dataset.value.length}` });
			return dataset;
		},
	};
}
function minValue(requirement, message$1) {
	return {
		kind: 'validation',
		type: 'min_value',
		reference: minValue,
		async: false,
		expects: `>=${requirement instanceof Date ? requirement.toJSON() : _stringify(requirement)}`,
		requirement,
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && !(dataset.value >= this.requirement))
				_addIssue(this, 'value', dataset, config$1, {
					received: dataset.value instanceof Date ? dataset.value.toJSON() : _stringify(dataset.value),
				});
			return dataset;
		},
	};
}
function nonEmpty(message$1) {
	return {
		kind: 'validation',
		type: 'non_empty',
		reference: nonEmpty,
		async: false,
		expects: '!0',
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && dataset.value.length === 0)
				_addIssue(this, 'length', dataset, config$1, { received: '0' });
			return dataset;
		},
	};
}
function parseJson(config$1, message$1) {
	return {
		kind: 'transformation',
		type: 'parse_json',
		reference: parseJson,
		config: config$1,
		message: message$1,
		async: false,
		'~run'(dataset, config$2) {
			try {
				dataset.value = JSON.parse(dataset.value, this.config?.reviver);
			} catch (error) {
				if (error instanceof Error) {
					_addIssue(this, 'JSON', dataset, config$2, { received: `"${error.message}"` });
					dataset.typed = false;
				} else throw error;
			}
			return dataset;
		},
	};
}
function rawTransform(action) {
	return {
		kind: 'transformation',
		type: 'raw_transform',
		reference: rawTransform,
		async: false,
		'~run'(dataset, config$1) {
			const output = action({
				dataset,
				config: config$1,
				addIssue: (info) => _addIssue(this, info?.label ?? 'input', dataset, config$1, info),
				NEVER: null,
			});
			if (dataset.issues) dataset.typed = false;
			else dataset.value = output;
			return dataset;
		},
	};
}
function regex(requirement, message$1) {
	return {
		kind: 'validation',
		type: 'regex',
		reference: regex,
		async: false,
		expects: `${requirement}`,
		requirement,
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && !this.requirement.test(dataset.value))
				_addIssue(this, 'format', dataset, config$1);
			return dataset;
		},
	};
}
function safeInteger(message$1) {
	return {
		kind: 'validation',
		type: 'safe_integer',
		reference: safeInteger,
		async: false,
		expects: null,
		requirement: Number.isSafeInteger,
		message: message$1,
		'~run'(dataset, config$1) {
			if (dataset.typed && !this.requirement(dataset.value))
				_addIssue(this, 'safe integer', dataset, config$1);
			return dataset;
		},
	};
}
function toLowerCase() {
	return {
		kind: 'transformation',
		type: 'to_lower_case',
		reference: toLowerCase,
		async: false,
		'~run'(dataset) {
			dataset.value = dataset.value.toLowerCase();
			return dataset;
		},
	};
}
function transform(operation) {
	return {
		kind: 'transformation',
		type: 'transform',
		reference: transform,
		async: false,
		operation,
		'~run'(dataset) {
			dataset.value = this.operation(dataset.value);
			return dataset;
		},
	};
}
const ABORT_EARLY_CONFIG = { abortEarly: true };
function getFallback(schema, dataset, config$1) {
	return typeof schema.fallback === 'function' ? schema.fallback(dataset, config$1) : schema.fallback;
}
function fallback(schema, fallback$1) {
	return _standardSchema({
		...schema,
		fallback: fallback$1,
		'~run'(dataset, config$1) {
			const outputDataset = schema['~run'](dataset, config$1);
			return outputDataset.issues
				? { typed: true, value: getFallback(this, outputDataset, config$1) }
				: outputDataset;
		},
	});
}
function getDefault(schema, dataset, config$1) {
	return typeof schema.default === 'function' ? schema.default(dataset, config$1) : schema.default;
}
function is(schema, input) {
	return !schema['~run']({ value: input }, ABORT_EARLY_CONFIG).issues;
}
function array(item, message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'array',
		reference: array,
		expects: 'Array',
		async: false,
		item,
		message: message$1,
		'~run'(dataset, config$1) {
			const input = dataset.value;
			if (Array.isArray(input)) {
				dataset.typed = true;
				dataset.value = [];
				for (let key = 0; key < input.length; key++) {
					const value$1 = input[key];
					const itemDataset = this.item['~run']({ value: value$1 }, config$1);
					if (itemDataset.issues) {
						const pathItem = { type: 'array', origin: 'value', input, key, value: value$1 };
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
			} else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function boolean(message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'boolean',
		reference: boolean,
		expects: 'boolean',
		async: false,
		message: message$1,
		'~run'(dataset, config$1) {
			if (typeof dataset.value === 'boolean') dataset.typed = true;
			else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function lazy(getter) {
	return _standardSchema({
		kind: 'schema',
		type: 'lazy',
		reference: lazy,
		expects: 'unknown',
		async: false,
		getter,
		'~run'(dataset, config$1) {
			return this.getter(dataset.value)['~run'](dataset, config$1);
		},
	});
}
function literal(literal_, message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'literal',
		reference: literal,
		expects: _stringify(literal_),
		async: false,
		literal: literal_,
		message: message$1,
		'~run'(dataset, config$1) {
			if (_isSameValueZero(dataset.value, this.literal)) dataset.typed = true;
			else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function looseObject(entries$1, message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'loose_object',
		reference: looseObject,
		expects: 'Object',
		async: false,
		entries: entries$1,
		message: message$1,
		'~run'(dataset, config$1) {
			const input = dataset.value;
			if (input && typeof input === 'object') {
				dataset.typed = true;
				dataset.value = {};
				for (const key in this.entries) {
					const valueSchema = this.entries[key];
					if (
						key in input ||
						((valueSchema.type === 'exact_optional' ||
							valueSchema.type === 'optional' ||
							valueSchema.type === 'nullish') &&
							valueSchema.default !== void 0)
					) {
						const value$1 = key in input ? input[key] : getDefault(valueSchema);
						const valueDataset = valueSchema['~run']({ value: value$1 }, config$1);
						if (valueDataset.issues) {
							const pathItem = { type: 'object', origin: 'value', input, key, value: value$1 };
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
					} else if (valueSchema.fallback !== void 0) dataset.value[key] = getFallback(valueSchema);
					else if (
						valueSchema.type !== 'exact_optional' &&
						valueSchema.type !== 'optional' &&
						valueSchema.type !== 'nullish'
					) {
						_addIssue(this, 'key', dataset, config$1, {
							input: void 0,
							expected: `"${key}"`,
							path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
						});
						if (config$1.abortEarly) break;
					}
				}
				if (!dataset.issues || !config$1.abortEarly) {
					for (const key in input)
						if (_isValidObjectKey(input, key) && !Object.prototype.hasOwnProperty.call(this.entries, key))
							dataset.value[key] = input[key];
				}
			} else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function nullish(wrapped, default_) {
	return _standardSchema({
		kind: 'schema',
		type: 'nullish',
		reference: nullish,
		expects: `(${wrapped.expects} | null | undefined)`,
		async: false,
		wrapped,
		default: default_,
		'~run'(dataset, config$1) {
			if (dataset.value === null || dataset.value === void 0) {
				if (this.default !== void 0) dataset.value = getDefault(this, dataset, config$1);
				if (dataset.value === null || dataset.value === void 0) {
					dataset.typed = true;
					return dataset;
				}
			}
			return this.wrapped['~run'](dataset, config$1);
		},
	});
}
function number$1(message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'number',
		reference: number$1,
		expects: 'number',
		async: false,
		message: message$1,
		'~run'(dataset, config$1) {
			if (typeof dataset.value === 'number' && !isNaN(dataset.value)) dataset.typed = true;
			else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function object(entries$1, message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'object',
		reference: object,
		expects: 'Object',
		async: false,
		entries: entries$1,
		message: message$1,
		'~run'(dataset, config$1) {
			const input = dataset.value;
			if (input && typeof input === 'object') {
				dataset.typed = true;
				dataset.value = {};
				for (const key in this.entries) {
					const valueSchema = this.entries[key];
					if (
						key in input ||
						((valueSchema.type === 'exact_optional' ||
							valueSchema.type === 'optional' ||
							valueSchema.type === 'nullish') &&
							valueSchema.default !== void 0)
					) {
						const value$1 = key in input ? input[key] : getDefault(valueSchema);
						const valueDataset = valueSchema['~run']({ value: value$1 }, config$1);
						if (valueDataset.issues) {
							const pathItem = { type: 'object', origin: 'value', input, key, value: value$1 };
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
					} else if (valueSchema.fallback !== void 0) dataset.value[key] = getFallback(valueSchema);
					else if (
						valueSchema.type !== 'exact_optional' &&
						valueSchema.type !== 'optional' &&
						valueSchema.type !== 'nullish'
					) {
						_addIssue(this, 'key', dataset, config$1, {
							input: void 0,
							expected: `"${key}"`,
							path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
						});
						if (config$1.abortEarly) break;
					}
				}
			} else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function optional$1(wrapped, default_) {
	return _standardSchema({
		kind: 'schema',
		type: 'optional',
		reference: optional$1,
		expects: `(${wrapped.expects} | undefined)`,
		async: false,
		wrapped,
		default: default_,
		'~run'(dataset, config$1) {
			if (dataset.value === void 0) {
				if (this.default !== void 0) dataset.value = getDefault(this, dataset, config$1);
				if (dataset.value === void 0) {
					dataset.typed = true;
					return dataset;
				}
			}
			return this.wrapped['~run'](dataset, config$1);
		},
	});
}
function picklist(options, message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'picklist',
		reference: picklist,
		expects: _joinExpects(options.map(_stringify), '|'),
		async: false,
		options,
		message: message$1,
		'~run'(dataset, config$1) {
			if (this.options.includes(dataset.value)) dataset.typed = true;
			else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function string(message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'string',
		reference: string,
		expects: 'string',
		async: false,
		message: message$1,
		'~run'(dataset, config$1) {
			if (typeof dataset.value === 'string') dataset.typed = true;
			else _addIssue(this, 'type', dataset, config$1);
			return dataset;
		},
	});
}
function _subIssues(datasets) {
	let issues;
	if (datasets)
		for (const dataset of datasets)
			if (issues) for (const issue of dataset.issues) issues.push(issue);
			else issues = dataset.issues;
	return issues;
}
function union(options, message$1) {
	return _standardSchema({
		kind: 'schema',
		type: 'union',
		reference: union,
		expects: _joinExpects(
			options.map((option) => option.expects),
			'|',
		),
		async: false,
		options,
		message: message$1,
		'~run'(dataset, config$1) {
			let validDataset;
			let typedDatasets;
			let untypedDatasets;
			for (const schema of this.options) {
				const optionDataset = schema['~run']({ value: dataset.value }, config$1);
				if (optionDataset.typed)
					if (optionDataset.issues)
						if (typedDatasets) typedDatasets.push(optionDataset);
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
				_addIssue(this, 'type', dataset, config$1, { issues: _subIssues(typedDatasets) });
				dataset.typed = true;
			} else if (untypedDatasets?.length === 1) return untypedDatasets[0];
			else _addIssue(this, 'type', dataset, config$1, { issues: _subIssues(untypedDatasets) });
			return dataset;
		},
	});
}
function unknown() {
	return _standardSchema({
		kind: 'schema',
		type: 'unknown',
		reference: unknown,
		expects: 'unknown',
		async: false,
		'~run'(dataset) {
			dataset.typed = true;
			return dataset;
		},
	});
}
function parse(schema, input, config$1) {
	const dataset = schema['~run']({ value: input }, getGlobalConfig(config$1));
	if (dataset.issues) throw new ValiError(dataset.issues);
	return dataset.value;
}
function pipe(...pipe$1) {
	return _standardSchema({
		...pipe$1[0],
		pipe: pipe$1,
		'~run'(dataset, config$1) {
			for (const item of pipe$1)
				if (item.kind !== 'metadata') {
					if (dataset.issues && (item.kind === 'schema' || item.kind === 'transformation')) {
						dataset.typed = false;
						break;
					}
					if (!dataset.issues || (!config$1.abortEarly && !config$1.abortPipeEarly))
						dataset = item['~run'](dataset, config$1);
				}
			return dataset;
		},
	});
}
function safeParse(schema, input, config$1) {
	const dataset = schema['~run']({ value: input }, getGlobalConfig(config$1));
	return { typed: dataset.typed, success: !dataset.issues, output: dataset.value, issues: dataset.issues };
}
const downloadTypeFacts = {
	default: {
		label: 'MP4',
		extension: 'mp4',
		mediaType: 'video/mp4',
		createPath: [],
		needsAllQualities: true,
	},
	audio: {
		label: 'M4A',
		extension: 'm4a',
		mediaType: 'audio/mp4',
		createPath: ['audio'],
		needsAllQualities: false,
	},
};
const downloadTypes = Object.keys(downloadTypeFacts);
const downloadExtensions = downloadTypes.map((type) => downloadTypeFacts[type].extension);
function labelOf(type) {
	return downloadTypeFacts[type].label;
}
const unitMs = { d: 864e5, h: 36e5, m: 6e4, s: 1e3 };
function parseDurationMs(text) {
	if (/^\d+$/.test(text)) return Number(text) * unitMs.s;
	const parts = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/i.exec(text)?.groups;
	if (!parts || text === '') return undefined;
	return Object.entries(unitMs).reduce((sum, [unit, ms]) => sum + Number(parts[unit] ?? 0) * ms, 0);
}
function duration(minMs, maxMs) {
	const bounds = `between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`;
	const forms = 'write it as 90s, 10m, 2h or 1h30m, or as a number of seconds';
	return pipe(
		string(),
		rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
			const ms = parseDurationMs(value);
			if (ms === undefined) {
				addIssue({ message: `${quote(value)} is not a duration: ${forms}, ${bounds}` });
				return NEVER;
			}
			if (ms < minMs || ms > maxMs) {
				addIssue({ message: `${quote(value)} is out of range: it must be ${bounds}` });
				return NEVER;
			}
			return ms;
		}),
	);
}
const maxWordsLength = 256;
function atMost(maxLength) {
	return pipe(
		string(),
		maxLength$1(
			maxLength,
			({ input }) =>
				`it has ${count(input.length, 'character')}: shorten it to at most ${formatNumber(maxLength)}`,
		),
	);
}
function withDefault(fallback, schema) {
	return pipe(
		atMost(maxWordsLength),
		transform((text) => text || fallback),
		schema,
	);
}
const absent = pipe(
	literal(''),
	transform(() => undefined),
);
function optional(schema, maxLength = maxWordsLength) {
	return pipe(
		atMost(maxLength),
		lazy((input) => (input === '' ? absent : schema)),
	);
}
function oneOf(words, meant = new Map()) {
	return pipe(
		string(),
		check(
			(text) => words.some((word) => word === text),
			({ input }) => {
				const near = nearMiss(input, words);
				const suggestion = meant.get(input.toLowerCase()) ?? (near && `\`${near}\``);
				return `${quote(input)} is not one of ${words.join(', ')}${suggestion ? `; did you mean ${suggestion}?` : ''}`;
			},
		),
		picklist(words),
	);
}
const flag$1 = pipe(
	string(),
	regex(/^(true|false)$/i, ({ input }) => `${quote(input)} is neither true nor false: write one of them`),
	transform((text) => text.toLowerCase() === 'true'),
);
function wholeNumber(max, example) {
	return pipe(
		string(),
		check(
			(text) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= max,
			({ input }) =>
				`${quote(input)} is not a whole number from 1 to ${formatNumber(max)}: write one, such as ${example}`,
		),
		transform(Number),
	);
}
const lineOfText = pipe(
	string(),
	check(
		(text) => !controlCharacter.test(text),
		({ input }) =>
			`${quote(input)} contains a control character (character ${input.search(controlCharacter) + 1} of ${input.length}): write it on one line, without any`,
	),
	check(
		(text) => text.search(hidden) < 0,
		({ input }) => {
			const codes = new Set(input.match(hidden)?.map(codeOf));
			return `${quote(input)} contains invisible characters or unusual spaces (${[...codes].slice(0, maxCodes).join(', ')}): remove them`;
		},
	),
);
const hidden = /(?![\u200c\u200d])\p{Cf}|(?! )\p{Zs}/gu;
const maxCodes = 5;
function codeOf(character) {
	return `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}
const controlCharacter = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
const usualId = /^[0-9a-f]{32}$/i;
const anyId = /^[A-Za-z0-9_-]{1,64}$/;
const invisible = /(?![\t\n\v\f\r ])[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;
const quotes = /["'`\xb4\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\xab\xbb\u2039\u203a]/g;
const bullet =
	/^(?:-+|\d+[.)])(?=$|[0-9a-f]{32}$)|^[*+\u2022\xb7\u2023\u25e6\u2013\u2014](?=$|[A-Za-z0-9_-]{1,64}$)/i;
const comment = /(?<![^\t\v\f\r ,])(?:#|\/\/(?=\s|$))/;
const kinds = ['all', 'list', 'bullet', 'quotes', 'comment', 'invisible', 'malformed'];
const maxNamed = 5;
const videoIds = pipe(
	string(),
	rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
		const { findings, ids } = readIds(value, videoIdsIn);
		if (ids.length === 0 && findings.length > 0 && findings.every(({ kind }) => kind === 'all')) return 'all';
		const messages = describe$1(findings, 'write IDs alone, separated by newlines, commas or spaces');
		if (ids.length === 0 && findings.length === 0) {
			messages.push(
				'it is missing or empty: set it to the `uid` that the upload returned, such as ${{ steps.upload.outputs.uid }}, or to `all` for every video of the account',
			);
		}
		for (const message of messages) addIssue({ message });
		return messages.length > 0 ? NEVER : ids;
	}),
);
const accountId = pipe(
	string(),
	nonEmpty(
		'it is missing: set it to the 32 characters that the Cloudflare dashboard shows under Stream, or set the environment variable CLOUDFLARE_ACCOUNT_ID',
	),
	oneId(accountIdsIn),
);
const liveInputId = oneId(liveInputsIn);
function oneId(idsIn) {
	return pipe(
		string(),
		rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
			const { findings } = readIds(value, idsIn);
			const named = findings.filter(({ kind }) => kind !== 'malformed' && kind !== 'all');
			if (named.length === 0 && anyId.test(value)) return value;
			const malformed = { kind: 'malformed', text: value, meant: idsIn(value) };
			for (const message of describe$1(named.length > 0 ? named : [malformed], 'write the ID alone')) {
				addIssue({ message });
			}
			return NEVER;
		}),
	);
}
function unusualIds(ids) {
	const unusual = ids.filter((id) => !usualId.test(id));
	if (unusual.length === 0) return undefined;
	const problem =
		unusual.length === 1
			? 'does not look like a Cloudflare ID, which has 32 hex characters'
			: 'do not look like Cloudflare IDs, which have 32 hex characters';
	return `${enumerate(unusual)} ${problem}`;
}
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
		for (const id of found) ids.add(id);
		if (end >= 0) findings.push({ kind: 'comment', text: line.slice(end), meant: found.filter(isUsual) });
		for (const [index, token] of tokens.entries()) {
			const [mark] = bullet.exec(token) ?? [];
			const [next = ''] = tokens.slice(index + 1, index + 2);
			if (token.toLowerCase() === 'all') findings.push({ kind: 'all', text: token, meant: [] });
			else if (isId(token)) continue;
			else if (mark !== undefined) {
				const meant = [token.slice(mark.length), next].filter(isUsual).slice(0, 1);
				findings.push({ kind: 'bullet', text: mark, meant });
			} else if (token.search(invisible) >= 0) {
				findings.push({ kind: 'invisible', text: token, meant: visibleIds(token, idsIn) });
			} else if (token.search(quotes) >= 0) {
				findings.push({ kind: 'quotes', text: token, meant: idsIn(token.replace(quotes, '')) });
			} else findings.push({ kind: 'malformed', text: token, meant: idsIn(token) });
		}
	}
	return { ids: [...ids], findings };
}
function visibleIds(text, idsIn) {
	const parts = text.split(invisible).filter(Boolean);
	return parts.every((part) => usualId.test(part)) ? parts : idsIn(parts.join(''));
}
function videoIdsIn(text) {
	const path = text.replace(/%2f/gi, '/');
	const ofStream = path.matchAll(/\/stream\/(?:videos\/)?([0-9a-f]{32})(?![0-9a-z])/gi);
	const ids = Array.from(ofStream, ([, id = '']) => id);
	if (ids.length > 0 || /cloudflare\.com/i.test(path)) return ids;
	const others = path.match(/(?<![0-9a-z]|accounts\/|inputs\/)[0-9a-f]{32}(?![0-9a-z]|\/stream)/gi) ?? [];
	return path.includes('/') ? others.slice(0, 1) : others;
}
function accountIdsIn(text) {
	const path = text.replace(/%2f/gi, '/');
	const pattern = path.includes('/')
		? /(?<=cloudflare\.com\/|accounts\/|to=\/)[0-9a-f]{32}(?![0-9a-z])|(?<![0-9a-z])[0-9a-f]{32}(?=\/stream)/i
		: /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i;
	return path.match(pattern)?.slice(0, 1) ?? [];
}
function liveInputsIn(text) {
	const path = text.replace(/%2f/gi, '/');
	const pattern = path.includes('/')
		? /(?<=inputs\/)[0-9a-f]{32}(?![0-9a-z])/i
		: /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i;
	return path.match(pattern)?.slice(0, 1) ?? [];
}
function describe$1(findings, alone) {
	const byKind = Map.groupBy(findings, ({ kind }) => kind);
	return kinds.flatMap((kind) => {
		const found = byKind.get(kind);
		if (!found) return [];
		const texts = new Set(found.map(({ text }) => text));
		const meant = new Set(found.flatMap((finding) => finding.meant));
		const question = meant.size > 0 ? `; did you mean ${enumerate(meant)}?` : '';
		return [problemWith$1(kind, [...texts], alone) + question];
	});
}
function problemWith$1(kind, texts, alone) {
	const isOne = texts.length === 1;
	const named = enumerate(texts.map(quote));
	switch (kind) {
		case 'all':
			return '`all` stands for every video of the account: write it alone, or leave it out';
		case 'list':
			return `it is a list in brackets: ${alone}, or turn a JSON list into text with $\{{ join(fromJSON(...)) }}`;
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
function enumerate(names) {
	const all = [...names];
	const more = all.length - maxNamed;
	return all.slice(0, maxNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
const forms =
	'write a date such as 2026-01-31 or 2026-01-31T09:30:00Z, or an age such as 7d (w, d, h, m and s in this order)';
const dayMs = 864e5;
const maxAgeDays = 36525;
const rfc3339 =
	/^(?<date>\d{4}-\d\d-\d\d)(?:[Tt ](?<time>\d\d:\d\d:\d\d)(?:\.(?<decimals>\d+))?(?<zone>[Zz]|[+-]\d\d:\d\d)?)?$/;
const givenInstant = pipe(
	string(),
	rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
		const given = readInstant(value);
		if (typeof given !== 'string') return given;
		addIssue({ message: `${quote(value)} ${given}` });
		return NEVER;
	}),
);
function readInstant(text) {
	const parts = rfc3339.exec(text)?.groups;
	if (!parts) return readAge(text);
	const { date = '', time, decimals, zone } = parts;
	if (time !== undefined && zone === undefined) {
		return 'has no time zone: add Z for UTC, or an offset such as +02:00';
	}
	if ((decimals ?? '').length > 9) return 'has more than 9 decimals: leave out the last ones';
	const atDate = `${date}T${time ?? '00:00:00'}Z`;
	if (toText(Date.parse(atDate)) !== atDate)
		return `does not exist in the calendar or on the clock: ${forms}`;
	const utcText = toText(Date.parse(atDate.replace('Z', zone?.toUpperCase() ?? 'Z')));
	if (utcText === undefined) return 'is not in the years 0000 to 9999 of UTC, or has no valid offset';
	return { instant: decimals === undefined ? utcText : utcText.replace('Z', `.${decimals}Z`) };
}
function toText(epochMs) {
	if (Number.isNaN(epochMs)) return undefined;
	const text = new Date(epochMs).toISOString();
	return /^\d/.test(text) ? text.replace(/\.000Z$/, 'Z') : undefined;
}
function readAge(text) {
	if (/^\d+$/.test(text)) return `has no unit: ${forms}`;
	const [, weeks = '0', rest = ''] = /^(?:(\d+)w)?(.*)$/is.exec(text) ?? [];
	const isAge = !/^\d+$/.test(rest) && text !== '';
	const restMs = rest === '' ? 0 : parseDurationMs(rest);
	if (!isAge || restMs === undefined) return `is neither a date nor an age: ${forms}`;
	const ageMs = Number(weeks) * 7 * dayMs + restMs;
	if (ageMs > maxAgeDays * dayMs) {
		return `is out of range: write an age of at most ${formatNumber(maxAgeDays)} days, which is 100 years`;
	}
	return { ageMs };
}
function instantFrom(given, epochMs) {
	return 'instant' in given ? given.instant : new Date(epochMs - given.ageMs).toISOString();
}
function isBefore(one, other) {
	return sortKey(one) < sortKey(other);
}
function sortKey(instant) {
	const [seconds = '', decimals = ''] = instant.slice(0, -1).split('.');
	return `${seconds}.${decimals.padEnd(9, '0')}`;
}
const maxShards = 256;
const shard = pipe(
	string(),
	rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
		const parts = /^(?<index>\d+)\s*\/\s*(?<count>\d+)$/.exec(value)?.groups;
		const problem = parts
			? problemWith(Number(parts['index']), Number(parts['count']))
			: 'is not a shard: write which one and how many there are, such as 2/8';
		if (!parts || problem) {
			addIssue({ message: `${quote(value)} ${problem}` });
			return NEVER;
		}
		return { index: Number(parts['index']), count: Number(parts['count']) };
	}),
);
function problemWith(index, count) {
	if (count < 1 || count > maxShards) {
		return `is out of range: write a number of shards from 1 to ${maxShards}, such as 2/8`;
	}
	if (index < 1) {
		return `is out of range: the first shard is 1/${count}, so add 1 to a number that begins at 0, such as $\{{ strategy.job-index }}`;
	}
	return index > count ? `is out of range: the last shard is ${count}/${count}` : undefined;
}
const operations = ['list', 'create', 'delete'];
const signedUrlModes = ['auto', 'always', 'never'];
const defaults = {
	operation: 'create',
	wait: 'false',
	'signed-url': 'auto',
	'signed-url-ttl': '1h',
	concurrency: '4',
	'dry-run': 'false',
	summary: 'true',
	'api-url': 'https://api.cloudflare.com/client/v4',
};
const typeNames = new Map([
	['video', 'default'],
	...downloadTypes.flatMap((type) => [
		[type, type],
		[downloadTypeFacts[type].extension, type],
	]),
]);
const otherOperations = new Map([
	...['download', 'get', 'save', 'fetch'].map((word) => [word, '`create` with `save-to`']),
	['remove', '`delete`'],
]);
const modeOfFlag = new Map([
	['true', '`always`'],
	['false', '`never`'],
]);
function address(example) {
	const parse = pipe(
		string(),
		check(
			(text) => /^https?:\/\//i.test(text) && URL.canParse(text),
			({ input }) =>
				`${mayContainPassword(input) ? 'it' : quote(input)} is not an http(s) address: write it as ${example}`,
		),
		check((text) => {
			const url = URL.parse(text);
			return !(url?.username || url?.password || /[?#]/.test(text));
		}, 'it must not contain a user, a password, a query or a fragment'),
		transform((text) => text.replace(/(?<!\/)\/+$/, '')),
	);
	return pipe(atMost(8192), parse);
}
const inputSchemas = {
	operation: withDefault(defaults.operation, oneOf(operations, otherOperations)),
	'video-id': pipe(atMost(131072), videoIds),
	'account-id': pipe(atMost(1024), accountId),
	type: pipe(
		atMost(maxWordsLength),
		transform((text) => text.split(/[\s,]+/).filter(Boolean)),
		array(
			pipe(
				string(),
				transform((name) => typeNames.get(name.toLowerCase()) ?? name),
				oneOf(downloadTypes),
			),
		),
		transform((types) => (types.length > 0 ? [...new Set(types)] : undefined)),
	),
	wait: withDefault(defaults.wait, flag$1),
	timeout: optional(duration(1e3, maxTimeoutMs)),
	'poll-interval': optional(duration(1e3, 6e5)),
	filename: pipe(
		atMost(1024),
		transform((text) => text || undefined),
	),
	'signed-url': withDefault(defaults['signed-url'], oneOf(signedUrlModes, modeOfFlag)),
	'signed-url-ttl': withDefault(defaults['signed-url-ttl'], duration(6e4, 864e5)),
	concurrency: withDefault(defaults.concurrency, wholeNumber(32, defaults.concurrency)),
	'created-after': optional(givenInstant),
	'created-before': optional(givenInstant),
	creator: optional(lineOfText),
	search: optional(lineOfText),
	'live-input': optional(liveInputId, 1024),
	limit: optional(wholeNumber(1e6, '100')),
	shard: optional(shard),
	'dry-run': withDefault(defaults['dry-run'], flag$1),
	summary: withDefault(defaults.summary, flag$1),
	'api-url': pipe(
		string(),
		transform((text) => text || defaults['api-url']),
		address(defaults['api-url']),
	),
	'api-token': string(),
	'api-email': string(),
	'api-key': string(),
	'github-token': string(),
	'save-to': atMost(4096),
	'release-tag': atMost(1024),
	'resume-from': atMost(16384),
};
const inputNames = Object.keys(inputSchemas);
const otherNames = new Map([
	...['after', 'created-since', 'newer-than', 'since'].map((name) => [name, 'created-after']),
	...['before', 'created-until', 'older-than', 'until'].map((name) => [name, 'created-before']),
	...['dry', 'dry-mode'].map((name) => [name, 'dry-run']),
	...['filter', 'name', 'title'].map((name) => [name, 'search']),
	...['max', 'max-videos'].map((name) => [name, 'limit']),
	['resume', 'resume-from'],
]);
const onlyWithAll = ['created-after', 'created-before', 'creator', 'search', 'live-input', 'limit'];
const narrowingInputNames = [...onlyWithAll, 'shard'];
const secretInputNames = ['api-token', 'api-key', 'github-token'];
const maxMistyped = 20;
function reportUnknownInputs({ env }, report) {
	const known = inputNames;
	let mistyped = 0;
	for (const [variable, value] of Object.entries(env)) {
		const name = variable.startsWith('INPUT_') ? variable.slice('INPUT_'.length).toLowerCase() : undefined;
		if (name === undefined) continue;
		if (known.includes(name)) {
			const isBlank = value !== undefined && value !== '' && value.trim() === '';
			if (isBlank && narrowingInputNames.includes(name)) {
				report(`\`${name}\`: it is white space alone: remove it, or write what to select`);
			}
			continue;
		}
		const meant = otherNames.get(name) ?? nearMiss(name, inputNames);
		if (!meant) continue;
		mistyped++;
		const shown =
			name.length <= 40 ? `\`${oneLine(name)}\`` : `an input of ${count(name.length, 'character')}`;
		if (mistyped <= maxMistyped) report(`${shown}: there is no such input; did you mean \`${meant}\`?`);
	}
	const more = mistyped - maxMistyped;
	if (more > 0)
		report(`there are ${count(more, 'more mistyped input')}: remove them, or correct their names`);
}
function secretsIn(env) {
	return Object.entries(env).flatMap(([name, value]) => {
		const isSecret =
			name === 'CLOUDFLARE_API_TOKEN' ||
			name === 'CLOUDFLARE_API_KEY' ||
			(name.startsWith('INPUT_') && nearMiss(name.slice('INPUT_'.length), secretInputNames));
		return isSecret && value ? [value] : [];
	});
}
function readCredentials({ env, input: read }, report) {
	const input = (name) => ({ name: `\`${name}\``, value: read(name) });
	const variable = (name) => ({ name: `the environment variable ${name}`, value: (env[name] ?? '').trim() });
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
			report(
				`${present.name} is set but ${missing.name} is not: set both, or better an API token as \`api-token\``,
			);
			return undefined;
		}
	}
	report(
		'no credentials: set `api-token` to an API token with the permission "Account \xb7 Stream \xb7 Edit", as a secret: `api-token: ${{ secrets.CLOUDFLARE_API_TOKEN }}`. Secrets are empty in runs for pull requests from forks',
	);
	return undefined;
}
const maxCredentialLength = 8192;
function isSendable({ name, value }, report) {
	if (value.length > maxCredentialLength) {
		report(
			`${name} has ${count(value.length, 'character')}, more than any credential: store the bare value again`,
		);
		return false;
	}
	const position = value.search(/[^\x21-\x7e]/);
	if (position < 0) return true;
	const found = /\s/.test(value.charAt(position)) ? 'white space' : 'a character that is not printable ASCII';
	report(
		`${name} contains ${found} (character ${position + 1} of ${value.length}): store the bare value again, without line breaks, quotes or "Bearer"`,
	);
	return false;
}
const maxPathLength = 4096;
function readFolders(env, report) {
	const absolute = (variable, path) => {
		const problem = `the environment variable ${variable}`;
		const fix = 'set it to the absolute path of a folder, as the runner does';
		if (path.length > maxPathLength) {
			report(`${problem} has ${count(path.length, 'character')}, more than any path: ${fix}`);
			return resolve('/');
		}
		try {
			return resolve(path);
		} catch {
			report(`${problem} is not an absolute path, and the working directory does not exist: ${fix}`);
			return resolve('/');
		}
	};
	const temp = env['RUNNER_TEMP'];
	return {
		workspace: absolute('GITHUB_WORKSPACE', env['GITHUB_WORKSPACE'] || '.'),
		temp: temp ? absolute('RUNNER_TEMP', temp) : undefined,
	};
}
const toleranceMs$1 = 864e5;
function readSelection(values, texts, epochMs, report) {
	const { 'video-id': videoIds, limit, shard } = values;
	const isAll = videoIds === 'all';
	if (videoIds && !isAll) {
		for (const name of onlyWithAll.filter((filter) => texts[filter])) {
			report(
				`\`${name}\`: it selects from all videos of the account, but \`video-id\` lists IDs: remove it, or set \`video-id: all\``,
			);
		}
	}
	if (isAll && values.operation === 'delete' && 'type' in values && values.type === undefined) {
		report(
			'`type`: with `operation: delete` and `video-id: all` it must say what is deleted from the whole account: set it to default, audio, or both',
		);
	}
	const severalOfLibrary = isAll && 'limit' in values && limit !== 1;
	return {
		selection: {
			videoIds: isAll ? undefined : (videoIds ?? []),
			filters: readFilters(values, epochMs, report),
			limit,
			shard,
		},
		severalVideos: isAll ? severalOfLibrary : videoIds !== undefined && videoIds.length > 1,
		idRequired: severalOfLibrary || texts.shard !== '' || texts['resume-from'] !== '',
	};
}
function unusualTexts(values) {
	const { 'account-id': accountId, 'live-input': liveInput, 'video-id': videoIds } = values;
	return [
		['video-id', videoIds === 'all' ? undefined : unusualIds(videoIds)],
		['account-id', unusualIds([accountId])],
		['live-input', liveInput === undefined ? undefined : unusualIds([liveInput])],
	];
}
function readFilters(values, epochMs, report) {
	const instant = (name) => {
		const given = values[name];
		return given && instantFrom(given, epochMs);
	};
	const createdAfter = instant('created-after');
	const createdBefore = instant('created-before');
	const latest = new Date(epochMs + toleranceMs$1).toISOString();
	if (createdAfter !== undefined && isBefore(latest, createdAfter)) {
		report(
			`\`created-after\`: ${createdAfter} is in the future, so it selects no video: set it to an earlier date, or to an age such as 7d`,
		);
	} else if (
		createdAfter !== undefined &&
		createdBefore !== undefined &&
		!isBefore(createdAfter, createdBefore)
	) {
		report(
			`\`created-after\`: ${createdAfter} is not before ${createdBefore}, which is \`created-before\`, so they select no video: set it to an earlier date, or \`created-before\` to a later one`,
		);
	}
	return {
		createdAfter,
		createdBefore,
		creator: values.creator,
		search: values.search,
		liveInput: values['live-input'],
	};
}
const defaultTimeoutMs = { ids: 30 * 6e4, all: 5 * 36e5 };
function readPlan(source, epochMs, readers) {
	const problems = [];
	const report = (problem) => problems.push(problem);
	reportUnknownInputs(source, report);
	const credentials = readCredentials(source, report);
	const texts = readTexts(source);
	const valid = readValues(texts, report);
	const folders = readFolders(source.env, report);
	const tag = { 'release-tag': valid['release-tag'] ?? '' };
	const release = readers.readRelease?.({ ...texts, ...tag }, source, report);
	const selected = readSelection(valid, texts, epochMs, report);
	const resumed = readResumed(valid, folders, readers, reportAbout('resume-from', report));
	const saveTo = readSaveTo(valid, selected, folders, readers, reportAbout('save-to', report));
	const wrongName = valid.filename ? readers.filenameProblems?.(valid.filename) : [];
	wrongName?.forEach(reportAbout('filename', report));
	if (!credentials || problems.length > 0) {
		throw new Failure('bad-input', problems.map(sentence).join('\n'));
	}
	const values = valid;
	const { idRequired, selection, severalVideos } = selected;
	const types = typesFor(values);
	const wanted = {
		types,
		savesFiles: saveTo !== undefined,
		release: release && { repository: release.repository, tag: release.reference.tag },
	};
	const carried = resumed?.carriedOver(wanted) ?? new Map();
	return {
		operation: values.operation,
		selection: { ...selection, carried },
		severalVideos,
		idInNames: severalVideos || idRequired,
		types,
		onlyExisting: values.operation === 'list' && values.type === undefined,
		wait: values.wait || saveTo !== undefined || release !== undefined,
		timeoutMs: values.timeout ?? defaultTimeoutMs[selection.videoIds ? 'ids' : 'all'],
		pollIntervalMs: values['poll-interval'],
		filename: values.filename,
		saveTo: values['save-to'] || undefined,
		destination: saveTo?.destination,
		release,
		signedUrl: values['signed-url'],
		signedUrlTtlMs: values['signed-url-ttl'],
		concurrency: values.concurrency,
		dryRun: values['dry-run'],
		summary: values.summary,
		apiUrl: values['api-url'],
		accountId: values['account-id'],
		credentials,
		workspace: folders.workspace,
		warnings: unusualTexts(values).flatMap(([name, warning]) => about(name, warning)),
		notices: [
			...about('save-to', saveTo?.notice),
			...about('resume-from', resumed?.notice),
			...about('resume-from', resumed && describeCarried(carried.size)),
		],
	};
}
function typesFor({ operation, type }) {
	return type ?? (operation === 'list' ? downloadTypes : ['default']);
}
function readTexts({ env, input }) {
	const texts = Object.fromEntries(inputNames.map((name) => [name, input(name)]));
	return { ...texts, 'account-id': texts['account-id'] || (env['CLOUDFLARE_ACCOUNT_ID'] ?? '').trim() };
}
function readValues(texts, report) {
	return Object.fromEntries(
		inputNames.flatMap((name) => {
			const schema = inputSchemas[name];
			const parsed = safeParse(schema, texts[name]);
			for (const { message } of parsed.issues ?? []) reportAbout(name, report)(message);
			return parsed.success ? [[name, parsed.output]] : [];
		}),
	);
}
function readResumed({ operation, 'resume-from': text }, folders, { readResumeFrom }, report) {
	if (!text || !readResumeFrom) return undefined;
	if (operation === 'delete') {
		report('nothing can be carried over with `operation: delete`: remove it');
		return undefined;
	}
	return readResumeFrom(text, folders, report);
}
function readSaveTo(values, { idRequired, severalVideos }, { temp, workspace }, { readDestination }, report) {
	const { operation, 'save-to': saveTo } = values;
	if (!saveTo || !readDestination) return undefined;
	if (operation === 'delete') {
		report(
			'nothing can be saved with `operation: delete`: save in a step before it, with `create` or `list`',
		);
	}
	const read = readDestination(saveTo, {
		workspace,
		temp,
		types: typesFor(values),
		severalVideos,
		idRequired,
		isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
	});
	if ('destination' in read) return read;
	read.problems.forEach(report);
	return undefined;
}
function reportAbout(name, report) {
	return (problem) => report(`\`${name}\`: ${problem}`);
}
function describeCarried(videos) {
	return videos === 0
		? 'earlier runs have finished none of the downloads'
		: `earlier runs have finished downloads of ${count(videos, 'video')}`;
}
function about(name, remark) {
	return remark === undefined ? [] : [`\`${name}\`: ${remark}`];
}
async function loadReaders({ input }) {
	const filename = input('filename') ? await import('./filename.js') : undefined;
	const saving = input('save-to') ? await import('./saving.js') : undefined;
	const release = input('release-tag') ? await import('./release-input.js') : undefined;
	const resume = input('resume-from') ? await import('./resume-from.js') : undefined;
	return {
		filenameProblems: filename?.filenameProblems,
		readDestination: saving?.readDestination,
		readRelease: release?.readRelease,
		readResumeFrom: resume?.readResumeFrom,
	};
}
const prefixes = ['::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'];
function addresses(networks) {
	const list = new BlockList();
	for (const [address, bits] of networks) {
		if (address.includes(':')) {
			list.addSubnet(address, bits, 'ipv6');
			continue;
		}
		list.addSubnet(address, bits, 'ipv4');
		for (const prefix of prefixes) list.addSubnet(`${prefix}${address}`, 96 + bits, 'ipv6');
		const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
		const [high, low] = [a * 256 + b, c * 256 + d].map((part) => part.toString(16));
		list.addSubnet(`2002:${high}:${low}::`, 16 + bits, 'ipv6');
	}
	return list;
}
const loopback = addresses([
	['127.0.0.0', 8],
	['0.0.0.0', 8],
	['::1', 128],
	['::', 128],
]);
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
const linkLocalNames = /^(metadata|instance-data)(\.|$)|\.internal\.?$/i;
const loopbackNames = /(^|\.)localhost(\.localdomain)?\.?$|^ip6-(localhost|loopback)$/i;
function localAddress(host) {
	const address = host.replace(/^\[|\]$/g, '');
	const family = isIP(address);
	if (family === 0) {
		if (linkLocalNames.test(host)) return 'link-local';
		return loopbackNames.test(host) ? 'loopback' : undefined;
	}
	const isIn = (list) => list.check(address, family === 6 ? 'ipv6' : 'ipv4');
	if (isIn(loopback)) return 'loopback';
	return isIn(linkLocal) ? 'link-local' : undefined;
}
class RequestFailure extends Failure {
	retryable;
	retryAfterMs;
	constructor(kind, what, options = {}) {
		super(kind, what, options);
		this.retryable = options.retryable ?? false;
		this.retryAfterMs = options.retryAfterMs;
	}
	final(why) {
		const { cause, response } = this;
		return new RequestFailure(this.kind, `${this.what} (${why})`, { cause, response });
	}
}
function isRequestFailure(error, kind) {
	return error instanceof RequestFailure && error.kind === kind;
}
async function withRetries(attempt, policy, { clock, leftMs, observer, signal }) {
	let failure;
	let isRetried = false;
	try {
		for (let number = 1; ; number++) {
			try {
				const result = await attempt(number);
				observer.succeeded();
				return result;
			} catch (error) {
				signal.throwIfAborted();
				if (!(error instanceof RequestFailure) || !error.retryable) throw error;
				failure = error;
			}
			const { pauseMs, stop } = policy(failure, number);
			const tooLate = `the next attempt, in ${formatDuration(pauseMs)}, would be after the time limit`;
			const why = stop ?? (pauseMs >= leftMs() ? tooLate : undefined);
			if (why !== undefined) throw failure.final(why);
			observer.retrying(`${failure.what}${wordsOf(failure)}`, pauseMs, !isRetried);
			isRetried = true;
			await clock.sleep(pauseMs, signal);
		}
	} catch (error) {
		if (!failure || !(error instanceof Failure) || !error.isEndOfStep) throw error;
		const what = `${error.what} while a failed request was being retried: ${failure.what}`;
		throw new Failure(error.kind, what, { response: failure.response, cause: failure });
	} finally {
		if (isRetried) observer.ended();
	}
}
function wordsOf({ response }) {
	const words = response && responseFacts({ ...response, httpStatus: undefined });
	return words ? `: ${words}` : '';
}
function backoffMs(attempt, random) {
	return Math.min(3e4, 1e3 * 2 ** (attempt - 1)) * (0.5 + random / 2);
}
function parseRetryAfterMs(retryAfter, date) {
	const value = retryAfter?.trim() ?? '';
	if (/^\d+$/.test(value)) return Math.min(Number(value) * 1e3, Number.MAX_SAFE_INTEGER);
	const retryAtMs = value.endsWith(' GMT') ? Date.parse(value) : Number.NaN;
	if (Number.isNaN(retryAtMs)) return undefined;
	const sentAtMs = Date.parse(date ?? '');
	return Math.max(0, retryAtMs - (Number.isNaN(sentAtMs) ? Date.now() : sentAtMs));
}
function isRetryableStatus(status) {
	return status === 408 || status === 429 || status >= 500;
}
const idleTimeoutMs = 3e4;
function deliveryPolicy(apiUrl) {
	const { hostname, protocol } = new URL(apiUrl);
	const requiresHttps = protocol === 'https:';
	const allowsLoopback = !requiresHttps || localAddress(hostname) === 'loopback';
	const refuseAddress = (address) => {
		const kind = localAddress(address);
		if (kind === 'loopback') return allowsLoopback ? undefined : 'which is this machine';
		return kind && 'which only this machine can reach';
	};
	return {
		refuseAddress,
		refuse: (url) =>
			requiresHttps && url.protocol === 'http:' ? 'which is not encrypted' : refuseAddress(url.hostname),
	};
}
function requireAllowed(url, { refuse }) {
	const parsed = new URL(url);
	const why = refuse(parsed);
	if (why !== undefined) throw new Failure('unsafe-url', `The file is at ${describeUrl(parsed)}, ${why}`);
}
function redirectPolicy({ refuse }) {
	return {
		maxRedirects: 5,
		refuse(to, from) {
			if (!to || !/^https?:$/.test(to.protocol)) return 'which is not an http(s) URL';
			if (to.username || to.password) return 'a URL with a user in it';
			return from.protocol === 'https:' && to.protocol === 'http:' ? 'which is not encrypted' : refuse(to);
		},
	};
}
const maxFruitlessAttempts = 5;
const missingMs = 6e4;
const longestMissingPauseMs = 1e4;
function isMissing(kind) {
	return kind === 'file-missing' || kind === 'file-failed';
}
class DeliveryRetries {
	furthestBytes = 0;
	hasNewBytes = false;
	isSignedAgain = false;
	restarts = 0;
	#timing;
	#missingUntilMs;
	#fruitlessAttempts = 0;
	#missingAttempts = 0;
	constructor(timing, readySinceMs) {
		this.#timing = timing;
		this.#missingUntilMs = readySinceMs + missingMs;
	}
	get missingLeftMs() {
		return Math.max(0, this.#missingUntilMs - this.#timing.clock.now());
	}
	noteBytes(receivedBytes, isAppended) {
		if (receivedBytes > this.furthestBytes) {
			this.furthestBytes = receivedBytes;
			this.restarts = 0;
		} else if (!isAppended || this.restarts >= maxFruitlessAttempts) {
			return;
		}
		this.hasNewBytes = true;
		this.isSignedAgain = false;
		this.#fruitlessAttempts = -1;
	}
	decide({ kind, retryAfterMs = 0 }) {
		const { random } = this.#timing;
		this.hasNewBytes = false;
		if (isMissing(kind)) {
			const pauseMs = backoffMs(++this.#missingAttempts, random());
			return { pauseMs: Math.min(pauseMs, longestMissingPauseMs, this.missingLeftMs) };
		}
		this.#fruitlessAttempts++;
		const pauseMs = Math.max(retryAfterMs, backoffMs(this.#fruitlessAttempts + 1, random()));
		if (this.#fruitlessAttempts < maxFruitlessAttempts) return { pauseMs };
		return { pauseMs, stop: `the last of ${maxFruitlessAttempts} attempts in a row without a new byte` };
	}
}
const maxLimits = 8;
function parseRateLimit(header, policy) {
	const policies = parseItems(policy);
	const items = parseItems(header);
	const onlyPolicy = items.length === 1 && policies.length === 1 ? policies[0] : undefined;
	const limits = items.flatMap(({ name, number }) => {
		const left = number('r');
		const resetSeconds = number('t');
		if (left === undefined || resetSeconds === undefined) return [];
		const own = policies.find((one) => one.name === name) ?? onlyPolicy;
		return [{ name, left, resetSeconds, quota: own?.number('q'), windowSeconds: own?.number('w') }];
	});
	return limits.slice(0, maxLimits);
}
function parseItems(header) {
	return (header ?? '').split(',').map((item) => {
		const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
		const number = (key) => {
			const parameter = parameters.find((one) => one.startsWith(`${key}=`)) ?? '';
			const digits = parameter.slice(key.length + 1);
			return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
		};
		return { name, number };
	});
}
const cloudflareAllowance = { burst: 600, perSecond: 2 };
const maxDivisor = 8;
function allowanceFor(shardCount) {
	const divisor = Math.min(shardCount, maxDivisor);
	return { burst: cloudflareAllowance.burst / divisor, perSecond: cloudflareAllowance.perSecond / divisor };
}
const unlimited = { burst: 1, perSecond: Number.POSITIVE_INFINITY };
const reservedPart = 1 / 15;
const inFlightPart = 1 / 32;
const freshMs = 500;
const longestResetSeconds = 3600;
const toleranceMs = 2e3;
class Pace {
	#clock;
	#refillMs;
	#burstMs;
	#heldUntilMs = Number.NEGATIVE_INFINITY;
	#fullAtMs = Number.NEGATIVE_INFINITY;
	#hasAnswered = false;
	#limits = new Map();
	#learnedMs = Number.NEGATIVE_INFINITY;
	#slowStart = 1;
	constructor(clock, { burst, perSecond } = unlimited) {
		this.#clock = clock;
		this.#refillMs = 1e3 / perSecond;
		this.#burstMs = (burst - 1) * this.#refillMs;
	}
	get atOnce() {
		if (!this.#hasAnswered) return 1;
		if (this.#limits.size === 0) return Number.POSITIVE_INFINITY;
		if (this.#isStale) return 1;
		const parts = [...this.#limits.values()].map((limit) => Math.floor(spare(limit) * inFlightPart));
		return Math.max(1, Math.min(this.#slowStart, ...parts));
	}
	get requestMs() {
		if (this.#limits.size === 0) return this.#refillMs;
		const times = this.#limits
			.values()
			.map(({ quota, windowMs }) => windowMs / Math.max(1, quota * (1 - reservedPart)));
		return Math.max(...times);
	}
	take() {
		const nowMs = this.#clock.now();
		const limits = [...this.#limits.values()];
		const resetsMs = limits.filter((limit) => spare(limit) <= 0).map(({ resetMs }) => resetMs);
		const atMs = Math.max(
			this.#heldUntilMs,
			...(limits.length > 0 ? resetsMs : [this.#fullAtMs - this.#burstMs]),
		);
		if (atMs > nowMs) return atMs - nowMs;
		if (limits.length > 0 && this.#isStale) this.#slowStart = 1;
		for (const limit of limits) limit.left -= 1;
		if (limits.length === 0) this.#fullAtMs = Math.max(nowMs, this.#fullAtMs) + this.#refillMs;
		return 0;
	}
	learn(headers, sentMs = this.#clock.now()) {
		this.#hasAnswered = true;
		const nowMs = this.#clock.now();
		const reported = parseRateLimit(headers.get('ratelimit'), headers.get('ratelimit-policy'));
		if (reported.length > 0) this.#slowStart += 1;
		for (const limit of reported) {
			const known = this.#limits.get(limit.name);
			const update = toLimit(limit, known, nowMs);
			const endsLater = known && update.resetMs - (nowMs - sentMs) > known.resetMs + toleranceMs;
			if (known && sentMs < known.resetMs && !endsLater) {
				update.left = Math.min(update.left, known.left);
				update.resetMs = Math.min(update.resetMs, known.resetMs);
			}
			if (known || this.#limits.size < maxLimits) this.#limits.set(limit.name, update);
		}
		if (reported.length > 0) this.#learnedMs = nowMs;
		for (const [name, { resetMs }] of this.#limits) if (resetMs <= nowMs) this.#limits.delete(name);
	}
	hold(ms) {
		this.#hasAnswered = false;
		this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
	}
	get #isStale() {
		const nowMs = this.#clock.now();
		return (
			nowMs - this.#learnedMs > freshMs || [...this.#limits.values()].some(({ resetMs }) => nowMs >= resetMs)
		);
	}
}
function spare({ left, quota }) {
	return left - Math.ceil(quota * reservedPart);
}
function toLimit({ left, quota, resetSeconds, windowSeconds }, known, nowMs) {
	const toMs = (seconds) => 1e3 * Math.min(Math.max(1, seconds), longestResetSeconds);
	const untilResetMs = toMs(resetSeconds);
	return {
		quota: quota ?? Math.max(left, known?.quota ?? 0),
		windowMs:
			windowSeconds === undefined ? Math.max(untilResetMs, known?.windowMs ?? 0) : toMs(windowSeconds),
		left,
		resetMs: nowMs + untilResetMs,
	};
}
const tolerance = 1.2;
function openForesight({ leftMs, timeoutMs }, log) {
	let isDone = false;
	return (shortestMs = 0, work) => {
		const limitMs = leftMs();
		if (isDone || limitMs === 0 || shortestMs <= limitMs * tolerance) return;
		isDone = true;
		const [left, limit] = [formatDuration(shortestMs), formatDuration(limitMs)];
		const proposal = proposeTimeout(timeoutMs, timeoutMs - limitMs, shortestMs);
		log(`${work} takes at least another ${left}, but the time limit is in ${limit}${proposal}`);
	};
}
const replacements = {
	url: { url: null },
	file: { file: undefined, sizeBytes: undefined, sha256: undefined },
	assetUrl: { assetUrl: undefined },
	title: { title: undefined },
};
const facts = Object.keys(replacements);
function withoutSecrets(record, { exposes }) {
	const names = facts.filter((name) => exposes(record[name] ?? ''));
	if (names.length === 0) return record;
	const download = record.type === '' ? 'the video' : `the ${labelOf(record.type)} download`;
	const what = `The ${names.join(' and ')} of ${download} ${names.length > 1 ? 'contain' : 'contains'} a secret`;
	const failure = record.failure ?? new Failure('exposed-secret', what);
	return Object.assign({ ...record, failure }, ...names.map((name) => replacements[name]));
}
function causeChain(error) {
	const chain = [];
	for (let next = error; next !== undefined && !chain.includes(next); ) {
		chain.push(next);
		next = Error.isError(next) ? (firstOf(next) ?? next.cause) : undefined;
	}
	return chain;
}
function firstOf(error) {
	return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
}
class ProxyAuthenticationError extends Error {
	name = 'ProxyAuthenticationError';
}
function isHidden407(error) {
	const cause = causeChain(error).at(-1);
	if (cause instanceof ProxyAuthenticationError) return true;
	return Error.isError(cause) && cause.message === '' && !('code' in cause);
}
class ProxyError extends Error {
	name = 'ProxyError';
	proxy;
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
	if (status === undefined) return `cannot be reached, or cannot reach ${targetHost}`;
	if (status !== 407) return `answered HTTP ${status} instead of forwarding the request to ${targetHost}`;
	return authorized
		? 'does not accept the user and the password in its address (HTTP 407)'
		: 'requires a user and a password (HTTP 407)';
}
function statusIn(error) {
	if (isHidden407(error)) return 407;
	const messages = causeChain(error).map(String).join('\n');
	const match = /Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(messages);
	return match ? Number(match[1]) : undefined;
}
function networkFailure(
	error,
	{ host: firstHost, timeoutMs, timeoutReason = 'sent no complete response', unreachable },
	describe = (why) => why,
) {
	const chain = causeChain(error);
	const host = chain.find((cause) => cause instanceof OtherHostError)?.host ?? firstHost;
	const fail = (kind, why, retryable) => new RequestFailure(kind, describe(why), { cause: error, retryable });
	const proxyError = chain.find((cause) => cause instanceof ProxyError);
	if (proxyError && !proxyError.retryable) return fail('proxy', proxyError.message, false);
	const via = proxyError ? ` through the proxy ${proxyError.proxy}` : '';
	if (chain.some((cause) => Error.isError(cause) && cause.name === 'TimeoutError')) {
		return fail(unreachable, `${host} ${timeoutReason} in ${formatDuration(timeoutMs)}${via}`, true);
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
	const isUnreadable = unreadable.test(reason);
	const what = isUnreadable
		? `the response of ${host}${via} cannot be read`
		: `no response from ${host}${via}`;
	return fail(unreachable, `${what} (${reason})`, message !== 'bad port');
}
const maxReasonLength = 500;
const unreadable = /^(UND_ERR_RES_|UND_ERR_HEADERS_OVERFLOW|HPE_)|content-encodings/;
const untrustedCertificate =
	/^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_)/;
function messageOf(error, code) {
	if (code?.startsWith('ERR_SSL_')) return 'the server does not speak TLS correctly; is it an http: address?';
	const message = Error.isError(error) ? error.message : String(error);
	return foreignText(message, 'a reason', maxReasonLength);
}
function singleFlight(work) {
	let running;
	return (...args) => {
		running ??= work(...args).finally(() => {
			running = undefined;
		});
		return running;
	};
}
const malformedId = 'Cloudflare does not know the address of this video, so its ID may be malformed';
class FatalFailure {
	current;
	#accountFailure;
	#isAccountKnown = false;
	constructor(lookUpAccount) {
		this.#accountFailure = singleFlight(() =>
			lookUpAccount().then(
				() => undefined,
				(error) => error,
			),
		);
	}
	async explain(failure, { action, videoId }, hasAnswered) {
		const isAddressWrong = !hasAnswered && addressFailures.has(failure.kind);
		if (!this.current && (isAddressWrong || isFatal(failure))) this.current = failure;
		if (this.current || !isUnroutable(failure) || videoId === undefined) return this.current ?? failure;
		const accountFailure = this.#isAccountKnown ? undefined : await this.#accountFailure();
		if (accountFailure instanceof RequestFailure && isUnroutable(accountFailure)) this.current ??= failure;
		if (this.current) return this.current;
		if (accountFailure !== undefined) return failure;
		this.#isAccountKnown = true;
		const what = `Could not ${action}: ${malformedId}`;
		return new RequestFailure('video-not-found', what, { response: failure.response, cause: failure });
	}
}
const addressFailures = new Set(['wrong-address', 'blocked']);
function isFatal(failure) {
	const { kind } = failure;
	if (kind === 'token-invalid' || kind === 'token-permission') return true;
	return kind === 'account-wrong' && !isUnroutable(failure);
}
function isUnroutable({ response }) {
	return response?.messages.some(({ code }) => code === 7e3 || code === 7003) === true;
}
function text(noun, maxLength) {
	return pipe(
		string(),
		transform((value) => foreignText(value, noun, maxLength)),
	);
}
function optionalText(noun, maxLength) {
	return fallback(optional$1(text(noun, maxLength)), undefined);
}
function number(min, max) {
	return pipe(
		unknown(),
		transform((value) => {
			const parsed = typeof value === 'string' ? Number.parseFloat(value) : value;
			return typeof parsed === 'number' && parsed >= min && parsed <= max ? parsed : null;
		}),
	);
}
const flag = pipe(
	unknown(),
	transform((value) => isFlag(value) && /^(true|1)$/i.test(String(value))),
);
function isFlag(value) {
	return ['boolean', 'string', 'number'].includes(typeof value) && /^(true|false|1|0)$/i.test(String(value));
}
const maxMessages = 20;
const maxSentence = 1e3;
const maxWord = 64;
const reasonKeys = ['message', 'detail', 'error', 'reason', 'description', 'title', 'text'];
const apiMessage = looseObject({
	code: fallback(optional$1(union([number$1(), text('a code', maxWord)])), undefined),
	error_chain: optional$1(unknown()),
});
const envelope = pipe(
	looseObject({
		success: optional$1(unknown()),
		errors: optional$1(unknown()),
		messages: optional$1(unknown()),
		result: optional$1(unknown()),
	}),
	check(({ errors, success }) => (success === undefined ? Array.isArray(errors) : isFlag(success))),
	transform(({ errors, messages, result, success: flagged, ...others }) => {
		const success = flagged === undefined ? asList(errors).length === 0 : parse(flag, flagged);
		const all = [...asList(errors), ...asList(messages), ...asList(success ? undefined : reasonIn(others))];
		const read = all.slice(0, maxMessages).flatMap((one) => readMessage(one, maxMessages));
		const first = read.slice(0, maxMessages);
		const unread = Math.max(0, all.length - maxMessages);
		return { success, result, messages: first, omitted: unread + read.length - first.length };
	}),
);
function asList(value) {
	if (Array.isArray(value)) return value;
	return value ? [value] : [];
}
function readMessage(value, depth) {
	if (typeof value === 'string') return [{ message: foreignText(value, 'a message', maxSentence) }];
	if (depth === 0) return [];
	if (Array.isArray(value)) return value.flatMap((one) => readMessage(one, depth - 1));
	const { output, success } = safeParse(apiMessage, value);
	if (!success) return [];
	const { code, error_chain: chain, ...others } = output;
	const message = foreignText(reasonIn(others) ?? '', 'a message', maxSentence);
	const isNumber = /^\d{1,9}$/.test(String(code));
	const words = isNumber ? message : [code, message].filter(Boolean).join(': ');
	return [
		{ message: words, ...(isNumber && { code: Number(code) }) },
		...asList(chain).flatMap((cause) => readMessage(cause, depth - 1)),
	];
}
const unreadDownload = {
	status: 'inprogress',
	unknownStatus: undefined,
	percentComplete: null,
	url: null,
	urlProblem: undefined,
};
function reasonIn(value, isNested = false) {
	for (const key of reasonKeys) {
		const found = value[key];
		if (typeof found === 'string' && found !== '') return found;
		const nested = !isNested && is(looseObject({}), found) ? reasonIn(found, true) : undefined;
		if (nested !== undefined) return nested;
	}
	return undefined;
}
const statuses = ['ready', 'inprogress', 'error'];
const download = pipe(
	object({
		status: pipe(
			union([string(), number$1(), boolean()]),
			transform((word) => foreignText(String(word), 'a status', maxWord)),
		),
		percentComplete: optional$1(number(0, 100), null),
		url: fallback(nullish(string(), ''), ''),
	}),
	transform(({ percentComplete, status: word, url: written }) => {
		const { problem, url = null } = written ? foreignUrl(written) : {};
		const known = statuses.find((one) => one === word.toLowerCase());
		return {
			status: known ?? 'inprogress',
			unknownStatus: known ? undefined : word,
			percentComplete,
			url,
			urlProblem: problem,
		};
	}),
);
const downloadOrNone = pipe(
	unknown(),
	transform((value) => {
		const { output, success } = safeParse(download, value);
		if (success) return output;
		const isEmpty = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
		return isEmpty ? undefined : unreadDownload;
	}),
);
const downloads = pipe(
	nullish(
		pipe(
			unknown(),
			check((value) => !Array.isArray(value)),
			object(entriesFromList(downloadTypes, optional$1(downloadOrNone))),
		),
	),
	transform((found) => found ?? {}),
);
function createdDownload(type) {
	const nested = pipe(
		object({ [type]: unknown() }),
		transform((response) => response[type]),
		download,
	);
	const nothing = pipe(
		unknown(),
		transform(() => undefined),
	);
	return union([download, nested, nothing]);
}
const maxToken = 4096;
const signedToken$1 = object({
	token: pipe(string(), maxLength$1(maxToken), regex(/^[\w-]+(?:[.~][\w-]+)*$/)),
});
const maxTitle$2 = 4096;
const videoStatus = pipe(
	object({
		state: text('a state', maxWord),
		pctComplete: optional$1(number(0, 100), null),
		errorReasonCode: optionalText('a code', maxWord),
		errorReasonText: optionalText('a reason', maxSentence),
		errReasonCode: optionalText('a code', maxWord),
		errReasonText: optionalText('a reason', maxSentence),
	}),
	transform((status) => ({
		state: status.state.toLowerCase(),
		percent: status.pctComplete,
		reasonCode: status.errorReasonCode || status.errReasonCode || undefined,
		reasonText: status.errorReasonText || status.errReasonText || undefined,
	})),
);
const unknownStatus = { state: 'unknown', percent: null, reasonCode: undefined, reasonText: undefined };
const maxDuration = 1e9;
const meta = object({
	name: fallback(optional$1(pipe(string(), maxLength$1(maxTitle$2), transform(titleText))), undefined),
});
const details = object({
	meta: fallback(meta, { name: undefined }),
	requireSignedURLs: optional$1(unknown()),
	readyToStream: optional$1(flag, false),
	status: fallback(nullish(videoStatus, unknownStatus), unknownStatus),
	duration: optional$1(number(0, maxDuration), null),
	size: optional$1(number(0, Number.MAX_SAFE_INTEGER), null),
	creator: fallback(optional$1(pipe(string(), maxLength$1(maxSentence))), undefined),
	liveInput: optional$1(unknown()),
	thumbnail: fallback(optional$1(string(), ''), ''),
});
function readDetails({ liveInput, requireSignedURLs: required, size: sizeBytes, thumbnail, ...others }) {
	const requireSignedURLs = parse(flag, required);
	const liveInputId = typeof liveInput === 'string' ? liveInput : undefined;
	const isPublic = isFlag(required) && !requireSignedURLs;
	const thumbnailUrl = isPublic && thumbnail ? foreignUrl(thumbnail).url : undefined;
	const isLiveRecording = Boolean(liveInput);
	return { ...others, requireSignedURLs, sizeBytes, liveInputId, isLiveRecording, thumbnailUrl };
}
const videoDetails = pipe(details, transform(readDetails));
const listedVideo = pipe(
	object({
		...details.entries,
		uid: pipe(string(), regex(/^[A-Za-z0-9_-]{1,64}$/)),
		created: pipe(string(), maxLength$1(maxWord), isoTimestamp()),
	}),
	transform(({ created, uid, ...others }) => ({ ...readDetails(others), uid, created })),
);
const maxRecordingSeconds = 4 * 3600;
function excessiveSeconds({ duration, isLiveRecording }) {
	return isLiveRecording && duration !== null && duration > maxRecordingSeconds ? duration : undefined;
}
const listedVideos = array(fallback(optional$1(listedVideo), undefined));
const maxListed = 1e3;
function listVideos(client, query) {
	return client.call({
		action: 'list the videos of the account',
		method: 'GET',
		path: [],
		query: { limit: String(maxListed), ...query },
		result: listedVideos,
	});
}
const maxIds = 100;
const refusals = new Set(['account-wrong', 'request-refused', 'unknown-answer', 'video-not-found']);
class LookUps {
	#client;
	#pause;
	#recent = [];
	#waiting = [];
	#isRunning = false;
	#isOneByOne = false;
	constructor(client, pause) {
		this.#client = client;
		this.#pause = pause;
	}
	details(id, isRepeated = false) {
		if (this.#isOneByOne) return this.#alone(id);
		const lookUp = { id, isRepeated, ...Promise.withResolvers() };
		this.#waiting.push(lookUp);
		if (!this.#isRunning) void this.#run();
		return lookUp.promise;
	}
	async #run() {
		this.#isRunning = true;
		while (this.#waiting.length > 0) {
			const videos = new Set(this.#recent).size;
			if (videos > 1 && this.#waiting.every(({ isRepeated }) => isRepeated)) await this.#pause(videos);
			const batch = this.#waiting.slice(0, maxIds);
			this.#waiting = this.#waiting.slice(maxIds);
			this.#recent = [...this.#recent, ...batch.map(({ id }) => id)].slice(-10);
			await this.#together(batch);
		}
		this.#isRunning = false;
	}
	async #together(batch) {
		const found = batch.length === 1 ? new Map() : await this.#list(batch);
		if (!found) return;
		const missing = batch.filter(({ id, resolve }) => {
			const details = found.get(id);
			if (details) resolve(details);
			return !details;
		});
		const alone = missing.map(({ id, reject, resolve }) =>
			this.#alone(id).then((details) => {
				this.#isOneByOne ||= batch.length > 1;
				resolve(details);
			}, reject),
		);
		await Promise.all(alone);
	}
	async #list(batch) {
		try {
			const videos = await listVideos(this.#client, { id: batch.map(({ id }) => id).join(',') });
			return new Map(videos.filter((video) => video !== undefined).map((video) => [video.uid, video]));
		} catch (error) {
			if (error instanceof RequestFailure && refusals.has(error.kind)) return new Map();
			for (const { reject } of batch) reject(error);
			return undefined;
		}
	}
	#alone(id) {
		return this.#client.call({
			action: 'look up the video',
			method: 'GET',
			path: [id],
			videoId: id,
			result: videoDetails,
		});
	}
}
class RequestQueue {
	#limit;
	#urgent = [];
	#patient = [];
	#running = 0;
	constructor(limit) {
		this.#limit = limit;
	}
	async run(task, canWait = false) {
		const turn = new Promise((resolve) => (canWait ? this.#patient : this.#urgent).push(resolve));
		this.#start();
		await turn;
		try {
			return await task();
		} finally {
			this.#running--;
			this.#start();
		}
	}
	#start() {
		while (this.#running < this.#limit()) {
			const next = this.#urgent.shift() ?? this.#patient.shift();
			if (!next) return;
			this.#running++;
			next();
		}
	}
}
const kindByCode = {
	971: 'rate-limited',
	6003: 'token-invalid',
	7e3: 'wrong-address',
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
const kindByStatus = { 401: 'token-invalid', 403: 'token-permission', 404: 'video-not-found' };
function responseFailure(action, { bytes, headers, status, url }, envelope, redact) {
	const { messages = [], omitted = 0 } = envelope ?? {};
	const response = serviceResponse({ headers, status }, { messages, omitted });
	const fail = (kind, why, retryable = false) =>
		new RequestFailure(kind, `Could not ${action}: ${why}`, {
			response: kind === 'proxy' ? undefined : response,
			retryable,
			retryAfterMs: parseRetryAfterMs(headers.get('retry-after'), headers.get('date')),
		});
	const body = describeBody(headers, bytes, redact);
	if (status >= 300 && status < 400) {
		return fail('redirected', `the request is redirected to ${redirectTarget(headers, url)}`);
	}
	if (status === 429) return fail('rate-limited', 'too many requests', true);
	if (isRetryableStatus(status)) {
		return fail('server-error', `the response was HTTP ${status}${envelope ? '' : ` with ${body}`}`, true);
	}
	if (!envelope) return fail(...notFromApi(status, body));
	if (envelope.success && status < 300) {
		return fail('unknown-answer', `the response lacks what the API documents: ${body}`, true);
	}
	const codes = response.messages.map(({ code = 0 }) => code);
	const known = codes.map((code) => kindByCode[code]).find(Boolean);
	const kind =
		known ??
		(codes.includes(1e4) ? authenticationFailure(status) : kindByStatus[status]) ??
		'request-refused';
	return fail(kind, 'the request was refused', kind === 'rate-limited');
}
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
const unansweredMs = 6e4;
const lastAttemptMs = 2e3;
const maxAttempts = 5;
const strangeResponses = new Set(['not-json', 'unknown-answer']);
class ApiRetryPolicy {
	#options;
	#startMs;
	#hasAnswered = false;
	constructor(options) {
		this.#options = options;
		this.#startMs = options.clock.now();
	}
	confirmAddress() {
		this.#hasAnswered = true;
	}
	get hasAnswered() {
		return this.#hasAnswered;
	}
	get unansweredLeftMs() {
		if (this.#hasAnswered) return Number.POSITIVE_INFINITY;
		return this.#startMs + unansweredMs - this.#options.clock.now();
	}
	decide = (failure, attempt) => {
		const { waitsOutOutages, leftMs, random } = this.#options;
		const roomMs = Math.min(leftMs(), this.unansweredLeftMs) - lastAttemptMs;
		const ownPauseMs = backoffMs(attempt, random());
		const pauseMs = Math.max(
			failure.retryAfterMs ?? 0,
			roomMs > 0 ? Math.min(ownPauseMs, roomMs) : ownPauseMs,
		);
		if (pauseMs >= this.unansweredLeftMs) {
			const pause = formatDuration(pauseMs);
			return {
				pauseMs,
				stop: `${count(attempt, 'attempt')} without a response from the API; the next one, in ${pause}, would be after the first minute`,
			};
		}
		const isLimited = strangeResponses.has(failure.kind) || (this.#hasAnswered && !waitsOutOutages);
		const isLast = isLimited && attempt >= maxAttempts;
		return { pauseMs, stop: isLast ? `the last of ${count(attempt, 'attempt')}` : undefined };
	};
}
const attemptTimeoutMs = 3e4;
const shownPauseMs = 2e3;
const betweenReportsMs$1 = 3e4;
const envelopeText = pipe(string(), parseJson(), envelope);
class StreamClient {
	#options;
	#headers;
	#queue;
	lookUps = new LookUps(this, (requests) => this.#pauseFor(requests));
	#policy;
	#lastFailure;
	#fatal = new FatalFailure(() => this.#lookUpAccount());
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
		this.#queue = new RequestQueue(() => Math.min(options.concurrency, options.pace.atOnce));
		this.#policy = new ApiRetryPolicy({ clock, leftMs, random, waitsOutOutages });
	}
	call(call) {
		return this.#retried(call, () => this.#queue.run(() => this.#attempt(call), call.isPoll));
	}
	#retried({ videoId }, attempt) {
		const { clock, leftMs, observe, signal } = this.#options;
		return withRetries(attempt, this.#decide, { clock, signal, leftMs, observer: observe(videoId) });
	}
	epochMs() {
		return this.#options.clock.epochMs() + this.#aheadMs;
	}
	async #pauseFor(requests) {
		const { clock, pace, signal } = this.#options;
		const ms = requests * pace.requestMs;
		if (ms > 0) await clock.sleep(ms, signal).catch(() => {});
	}
	#decide = (failure, attempt) => {
		const retry = this.#policy.decide(failure, attempt);
		if (failure.kind === 'rate-limited') this.#options.pace.hold(retry.pauseMs);
		return retry;
	};
	async #attempt(call) {
		await this.#untilAllowed(call.action);
		if (this.#fatal.current) throw this.#fatal.current;
		try {
			return await this.#send(call);
		} catch (error) {
			if (!(error instanceof RequestFailure)) throw error;
			this.#lastFailure = error;
			if (error.retryAfterMs !== undefined) this.#policy.confirmAddress();
			if (error.kind === 'rate-limited') this.#options.pace.hold(1);
			throw call.isOptional ? error : await this.#fatal.explain(error, call, this.#policy.hasAnswered);
		}
	}
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
	async #untilAllowed(action) {
		const { clock, leftMs, pace, signal } = this.#options;
		signal.throwIfAborted();
		for (let waitMs = pace.take(); ; waitMs = pace.take()) {
			if (waitMs >= this.#policy.unansweredLeftMs) {
				const cause = this.#lastFailure;
				const what = `Could not ${action}: no more requests are sent, since the API did not respond in the first minute`;
				throw new RequestFailure(cause?.kind ?? 'unreachable', what, { cause });
			}
			if (waitMs === 0) return;
			if (waitMs >= leftMs()) {
				const what = `Could not ${action}: the API accepts no request for ${formatDuration(waitMs)}, which is longer than the time limit`;
				throw new RequestFailure('rate-limited', what);
			}
			this.#reportPause(waitMs);
			await clock.sleep(waitMs, signal);
		}
	}
	#reportPause(ms) {
		const { clock, onPause } = this.#options;
		const untilMs = clock.now() + ms;
		if (ms < shownPauseMs || untilMs <= this.#pausedUntilMs + betweenReportsMs$1) return;
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
		const timeoutMs = Math.ceil(Math.min(attemptTimeoutMs, this.#policy.unansweredLeftMs));
		const sentMs = this.#options.clock.now();
		let response;
		try {
			response = await http.text(
				{ method, url, headers, body: body === undefined ? undefined : JSON.stringify(body) },
				{ timeoutMs, signal, ...(call.path.length === 0 && { maxBytes: maxListBytes }) },
			);
		} catch (error) {
			signal.throwIfAborted();
			const target = { host: url.host, timeoutMs, unreachable: 'unreachable' };
			throw networkFailure(error, target, (why) => `Could not ${action}: ${why}`);
		}
		pace.learn(response.headers, sentMs);
		const parsed = safeParse(envelopeText, response.text);
		if (parsed.success) {
			this.#policy.confirmAddress();
			const date = Date.parse(response.headers.get('date') ?? '');
			if (!Number.isNaN(date)) this.#aheadMs = date - this.#options.clock.epochMs();
		}
		if (parsed.success && parsed.output.success && response.status < 300) {
			const checked = safeParse(result, parsed.output.result);
			if (checked.success) return checked.output;
		}
		throw responseFailure(action, response, parsed.success ? parsed.output : undefined, redact);
	}
}
async function prepare(plan, { cleanup, deadline, http, log, timeline }, { clock, random, runner }) {
	const { accountId, apiUrl, concurrency, credentials, selection, wait } = plan;
	const { host } = new URL(apiUrl);
	const isCloudflare = host === 'api.cloudflare.com';
	const apiName = isCloudflare ? "Cloudflare's API" : host;
	const { leftMs, signal } = deadline;
	const redact = (text) => runner.redact(text);
	const shared = { http, clock, random, signal, leftMs, concurrency, redact };
	const release =
		plan.release &&
		(await findRelease({ ...plan.release, ...shared, debug: (line) => runner.debug(line) }, plan, log));
	const foresee = openForesight(deadline, (line) => log.info(line));
	const keepsFiles = plan.destination !== undefined;
	const policy = deliveryPolicy(apiUrl);
	const saver =
		release || keepsFiles
			? await openSaver(plan, { cleanup, foresee, log }, runner.env['RUNNER_TEMP'], {
					...shared,
					http: http.guarded(policy.refuseAddress),
					policy,
				})
			: undefined;
	const pace = new Pace(clock, isCloudflare ? allowanceFor(selection.shard?.count ?? 1) : undefined);
	const client = new StreamClient({
		...shared,
		apiUrl,
		accountId,
		credentials,
		pace,
		waitsOutOutages: wait,
		observe: (videoId) => log.observe(apiName, videoId),
		onPause: (ms, why) => log.pause(apiName, ms, why),
	});
	return {
		...shared,
		client,
		turns: plan.severalVideos ? await openTurns(pace) : undefined,
		policy,
		saver,
		shortenToken: (token) => runner.shortenToken(token),
		release,
		keepsFiles,
		withoutSecrets: (record) => withoutSecrets(record, runner),
		timeline,
		foresee,
		log,
	};
}
async function openTurns(pace) {
	const { PollTurns } = await import('./turns.js');
	return new PollTurns(() => pace.requestMs);
}
async function openSaver({ destination, idInNames, workspace }, { cleanup, foresee, log }, temp, options) {
	const { createTemporaryFolder, Saver } = await import('./saving.js');
	await log.openTransfers(foresee);
	const target = destination ?? cleanup.use(await createTemporaryFolder(temp, idInNames)).destination;
	return new Saver({ ...options, destination: target, workspace });
}
async function findRelease(options, { dryRun }, log) {
	const { openRelease } = await import('./release.js');
	try {
		const observe = (videoId) => log.observe('GitHub', videoId);
		const release = await openRelease({ ...options, observe });
		log.info(`The release ${release.tag} is ${release.isDraft ? 'a draft' : 'published'}`);
		if (!dryRun) await release.requireWritePermission();
		return release;
	} catch (error) {
		const failure = Failure.from(error);
		throw failure.isEndOfStep ? failure.withProgress('no video was started') : failure;
	}
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
class VideoRecords {
	videoId;
	#types;
	#records = new Map();
	constructor(videoId, types) {
		this.videoId = videoId;
		this.#types = types.length > 0 ? types : downloadTypes;
		for (const type of types.length > 0 ? types : ['']) this.#records.set(type, this.get(type));
	}
	get all() {
		return ['', ...this.#types].flatMap((type) => this.#records.get(type) ?? []);
	}
	get(type) {
		return this.#records.get(type) ?? { videoId: this.videoId, type, ...unknownState };
	}
	apply({ type, patch: { failure, ...facts } }) {
		const before = this.get(type);
		const after = { ...before, ...facts };
		if (type !== '') this.#records.delete('');
		this.#records.set(type, failure && !before.failure ? withFailure(after, failure) : after);
		return this.get(type);
	}
	fail(failure) {
		for (const { type } of this.all) this.apply({ type, patch: { failure } });
	}
}
function withFailure(record, failure) {
	if (failure.kind === 'video-not-found') return { ...record, ...unknownState, failure };
	const isInterrupted = failure.isEndOfStep || record.status === 'inprogress';
	return { ...record, failure: isInterrupted ? failure.withProgress(lastState(record, failure)) : failure };
}
function describeRecord(record) {
	const { planned, remainingMs, status } = record;
	const state = `${describeStatus(record)}${status === 'inprogress' ? aboutLeft(remainingMs) : ''}`;
	return planned?.length ? `${state} (to do: ${planned.join(', ')})` : state;
}
function describeStatus({ percentComplete, status, type, unknownStatus }) {
	if (type === '') return 'no downloads';
	const label = labelOf(type);
	switch (status) {
		case 'inprogress': {
			const word =
				unknownStatus === undefined ? '' : ` (Cloudflare reports \u{201C}${unknownStatus}\u{201D})`;
			const percent = percentComplete === null ? '' : `, ${Math.floor(percentComplete)} %`;
			return `generating the ${label}${word}${percent}`;
		}
		case 'none':
			return `no ${label}`;
		case 'error':
			return `${label} in status error`;
		default:
			return `${label} ${status}`;
	}
}
function lastState(record, failure) {
	switch (record.status) {
		case 'unknown':
			return 'nothing was known of the video yet';
		case 'none':
			return 'there was no download yet';
		case 'inprogress': {
			const { remainingMs } = record;
			const left =
				remainingMs === undefined
					? '; the time left cannot be estimated'
					: describeRemaining(failure, remainingMs);
			return `last state: ${describeStatus(record)}${left}. Cloudflare may still be generating the download`;
		}
		default:
			return `last state: ${describeRecord(record)}`;
	}
}
async function nameUrl(url, type, { filename, video }) {
	if (filename === undefined) return url;
	const { filenameFor, needsTitle } = await import('./filename.js');
	const name = needsTitle(filename) ? await video.title() : undefined;
	const named = new URL(url);
	named.searchParams.set('filename', await filenameFor(filename, { id: video.id, type, name }));
	return named.href;
}
const longestLifeMs = 24 * 36e5 - 6e4;
function createUrlSigner(video, { mode, shortenToken, ttlMs }) {
	const lifeMs = Math.min(ttlMs, longestLifeMs);
	let token = { text: '', expiresMs: 0 };
	let wasRefused = false;
	const createToken = singleFlight(async () => {
		const expSeconds = Math.floor((video.epochMs() + lifeMs) / 1e3);
		token = { text: await video.createToken(expSeconds, mode !== 'always'), expiresMs: expSeconds * 1e3 };
		shortenToken(token.text);
	});
	const isExpiring = () => token.expiresMs - video.epochMs() < lifeMs / 2;
	async function sign(unsignedUrl) {
		if (isExpiring()) await createToken();
		if (isExpiring()) await createToken();
		const url = withToken(unsignedUrl, video.id, token.text);
		return { url, unsignedUrl, expiresAt: new Date(token.expiresMs).toISOString() };
	}
	async function signAgain(unsignedUrl, refusedUrl, refusal) {
		if (mode === 'never') {
			throw new Failure('private-video', refusal.what, { response: refusal.response, cause: refusal });
		}
		const isSigned = refusedUrl !== unsignedUrl;
		if (!isSigned && !(await video.details()).requireSignedURLs) throw refusal;
		wasRefused = true;
		if (isSigned && refusedUrl.includes(token.text)) token.expiresMs = 0;
		return sign(unsignedUrl);
	}
	async function isNeeded() {
		if (mode !== 'auto') return mode === 'always';
		return wasRefused || (await video.knownDetails()).requireSignedURLs === true;
	}
	return { mode, isNeeded, sign, signAgain };
}
const fatalKinds = new Set(['video-not-found', 'unsafe-url']);
async function signUrl(url, { policy, saver, signal, signer, video, warn }) {
	let isNeeded;
	try {
		isNeeded = await signer.isNeeded();
		if (isNeeded) requireAllowed(url, policy);
		return isNeeded ? await signer.sign(url) : { url };
	} catch (error) {
		const isRequired = saver || signer.mode === 'always' || signal.aborted;
		if (isRequired || !(error instanceof Failure) || fatalKinds.has(error.kind)) throw error;
		const why = isNeeded
			? 'The video is private, but its URL is not signed and will be refused'
			: 'The URL is not signed, although the video may be private';
		warn(`Video ${video.id}: ${why}. ${error.message}`, 'A URL was not signed');
		return { url };
	}
}
async function* renewUrls({ all, videoId }, signer, warn) {
	for (const { expiresAt, failure, type, unsignedUrl } of all) {
		if (failure || unsignedUrl === undefined) continue;
		try {
			yield { type, patch: await signer.sign(unsignedUrl) };
		} catch (error) {
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
async function* deliver(record, context) {
	const { type } = record;
	const { clock, log, policy, release, saver } = context;
	try {
		const readySinceMs = clock.now();
		const named = await nameUrl(usableUrl(record), type, context);
		const urls = await signUrl(named, context);
		yield { type, patch: urls };
		if (!saver) {
			const expiry = urls.expiresAt === undefined ? '' : ` (signed, valid until ${urls.expiresAt})`;
			return log(`${urls.url}${expiry}`);
		}
		requireAllowed(urls.url, policy);
		const { attachFile, saveFile } = await import('./save-and-attach.js');
		const saving = saveFile({ type, urls, readySinceMs }, saver, context);
		const saved = yield* ofType(type, saving);
		if (release) yield* ofType(type, attachFile(saved, type, saver, release, context));
	} catch (error) {
		yield { type, patch: { failure: Failure.from(error) } };
	}
}
function usableUrl({ type, url, urlProblem = 'missing' }) {
	if (url !== null) return url;
	throw new Failure('unknown-answer', `The ${labelOf(type)} download is ready, but its URL is ${urlProblem}`);
}
async function* ofType(type, step) {
	for (let next = await step.next(); ; next = await step.next()) {
		if (next.done) return next.value;
		yield { type, patch: next.value };
	}
}
const excusedKinds = new Set([
	'encode-failed',
	'not-ready',
	'not-uploaded',
	'still-live',
	'too-long',
	'video-not-found',
]);
function excuseOf(failure, { onlyExisting, selection }, whyNoDownload) {
	if (!failure || selection.videoIds) return undefined;
	if (failure.kind === 'no-download') return whyNoDownload ?? (onlyExisting ? failure.what : undefined);
	return excusedKinds.has(failure.kind) ? failure.what : undefined;
}
function withoutDownload(type) {
	return { type, patch: { status: 'none', unknownStatus: undefined, percentComplete: null, url: null } };
}
function downloadUpdate(type, download, remainingMs) {
	const status = download?.status ?? 'none';
	const percentComplete = status === 'ready' ? 100 : (download?.percentComplete ?? null);
	const { unknownStatus, url = null, urlProblem } = download ?? {};
	return { type, patch: { status, unknownStatus, percentComplete, url, urlProblem, remainingMs } };
}
async function* isolateFailure(type, updates) {
	try {
		yield* updates;
	} catch (error) {
		yield { type, patch: { failure: Failure.from(error) } };
	}
}
async function* merge(sources) {
	const next = async (source) => ({ source, result: await source.next() });
	const waiting = new Map(sources.map((source) => [source, next(source)]));
	while (waiting.size > 0) {
		const { result, source } = await Promise.race(waiting.values());
		if (result.done) waiting.delete(source);
		else {
			yield result.value;
			waiting.set(source, next(source));
		}
	}
}
async function* list(types, onlyExisting, mustExist, context) {
	const { log, records, video, wait } = context;
	const found = await video.downloads();
	const listed = types.filter((type) => found[type] || !onlyExisting);
	if (listed.length === 0 && records.all.every(({ type }) => type === '')) {
		yield { type: '', patch: { status: 'none' } };
	}
	for (const type of listed) yield downloadUpdate(type, found[type]);
	if (wait) {
		const { failIfError, untilReady } = await import('./until-ready.js');
		yield* merge(listed.map((type) => isolateFailure(type, failIfError(type, found[type]?.status, context))));
		yield* untilReady(context, async function* (type) {
			yield downloadUpdate(type, undefined);
			log(`the ${labelOf(type)} is no longer listed`);
		});
	}
	if (!mustExist) return;
	for (const { status, type } of records.all) if (status === 'none') yield nothingToSave(type);
}
function nothingToSave(type) {
	const what = `The video has no ${type && `${labelOf(type)} `}download, so there is nothing to save`;
	return { type, patch: { failure: new Failure('no-download', what) } };
}
async function* operate(plan, types, context) {
	const { destination, dryRun, onlyExisting, operation, release } = plan;
	if (dryRun) {
		const { preview } = await import('./preview.js');
		yield* preview(plan, types, context);
	} else if (operation === 'list') {
		yield* list(types, onlyExisting, (destination ?? release) !== undefined, context);
	} else if (operation === 'create') {
		const { create } = await import('./create.js');
		yield* create(types, context);
	} else {
		const { deleteDownloads } = await import('./delete.js');
		yield* deleteDownloads(types, context);
	}
}
const maxTitle$1 = 80;
const shortId = 4;
function nameOf(video) {
	const { id, title } = video;
	if (!title()) return id;
	return `"${titleOf(video)}" (${id.length > shortId ? `${id.slice(0, shortId)}\u{2026}` : id})`;
}
function titleOf({ id, title }) {
	return truncate(title() || id, maxTitle$1);
}
function describeActive(video, nowMs) {
	return `${nameOf(video)} \xb7 ${video.text} (for ${formatDuration(nowMs - video.sinceMs)})`;
}
class VideoProgress {
	#options;
	#startMs;
	#generating = new Map();
	constructor(options) {
		this.#options = options;
		this.#startMs = options.clock.now();
	}
	learn(before, after) {
		const { log, showsMissing, waits } = this.#options;
		const { failure, status, type } = after;
		if (type !== '') this.#followGeneration(type, waits && status === 'inprogress' && !failure);
		if (failure || (status === 'none' && !showsMissing)) return;
		if (status === before.status && describeRecord(before) === describeRecord(after)) return;
		log(this.#describe(before, after));
	}
	[Symbol.dispose]() {
		for (const span of this.#generating.values()) span[Symbol.dispose]();
	}
	#describe(before, after) {
		const wasAwaited = after.status === 'ready' && !['ready', 'unknown'].includes(before.status);
		const { clock } = this.#options;
		return `${describeRecord(after)}${wasAwaited ? ` after ${formatDuration(clock.now() - this.#startMs)}` : ''}`;
	}
	#followGeneration(type, isGenerating) {
		const span = this.#generating.get(type);
		if (isGenerating && !span) {
			const { timeline, videoId } = this.#options;
			this.#generating.set(type, timeline.start('generating', videoId, type));
		} else if (!isGenerating && span) {
			this.#generating.delete(type);
			span[Symbol.dispose]();
		}
	}
}
class StreamVideo {
	id;
	#client;
	#exists = false;
	#notFound;
	#lastDetails;
	constructor(id, client, listed) {
		this.id = id;
		this.#client = client;
		this.#lastDetails = listed;
		this.#exists = listed !== undefined;
	}
	details = singleFlight(() => this.#lookUp());
	get lastDetails() {
		return this.#lastDetails;
	}
	async knownDetails() {
		return this.#lastDetails ?? this.details();
	}
	async title() {
		return (await this.knownDetails()).meta.name;
	}
	async downloads(isPoll = false) {
		try {
			const found = await this.#call('list the downloads', 'GET', ['downloads'], downloads, { isPoll });
			if (Object.values(found).some(Boolean)) this.#exists = false;
			return found;
		} catch (error) {
			const mayHaveNone =
				isRequestFailure(error, 'video-not-found') ||
				(isRequestFailure(error, 'request-refused') && error.response?.isGenuine);
			if (!mayHaveNone) throw error;
			await this.#mustExist();
			return {};
		}
	}
	async create(type, mayBeLate = false) {
		const path = ['downloads', ...downloadTypeFacts[type].createPath];
		const action = `create the ${labelOf(type)} download`;
		try {
			const created = await this.#call(action, 'POST', path, createdDownload(type), { body: {} });
			if (created && (created.url !== null || created.unknownStatus === undefined)) return created;
			return created
				? ((await this.downloads())[type] ?? created)
				: await this.#listed(type, action, mayBeLate);
		} catch (error) {
			const exists = isRequestFailure(error, 'request-refused') && error.response?.httpStatus === 409;
			const existing = exists ? (await this.downloads())[type] : undefined;
			if (existing) return existing;
			throw error;
		}
	}
	async #listed(type, action, mayBeLate) {
		const listed = (await this.downloads())[type];
		if (listed) return listed;
		if (mayBeLate) return unreadDownload;
		const what = `Could not ${action}: Cloudflare accepted the request, but neither describes nor lists the download`;
		throw new RequestFailure('unknown-answer', what);
	}
	async delete(type) {
		try {
			await this.#call(`delete the ${labelOf(type)} download`, 'DELETE', ['downloads', type], unknown());
			return true;
		} catch (error) {
			if (!isRequestFailure(error, 'video-not-found')) throw error;
			await this.#mustExist();
			return false;
		}
	}
	async createToken(expSeconds, isOptional) {
		const body = { exp: expSeconds, downloadable: true };
		const { id: videoId } = this;
		const { token } = await this.#client.call({
			action: 'sign the URL',
			method: 'POST',
			path: [videoId, 'token'],
			videoId,
			body,
			isOptional,
			result: signedToken$1,
		});
		this.#exists = true;
		return token;
	}
	epochMs() {
		return this.#client.epochMs();
	}
	async #lookUp() {
		if (this.#notFound) throw this.#notFound;
		try {
			this.#lastDetails = await this.#client.lookUps.details(this.id, this.#lastDetails !== undefined);
			this.#exists = true;
			return this.#lastDetails;
		} catch (error) {
			if (!isRequestFailure(error, 'video-not-found')) throw error;
			const what = isUnroutable(error) ? malformedId : 'The account has no such video';
			this.#notFound = new Failure('video-not-found', what, { response: error.response, cause: error });
			throw this.#notFound;
		}
	}
	async #mustExist() {
		if (!this.#exists) await this.details();
	}
	async #call(action, method, path, result, options = {}) {
		const found = await this.#client.call({
			action,
			method,
			path: [this.id, ...path],
			videoId: this.id,
			result,
			...options,
		});
		this.#exists = true;
		return found;
	}
}
async function processVideo(records, { carried, id, listed, whyNoDownload }, plan, step) {
	const {
		client,
		clock,
		foresee,
		keepsFiles,
		leftMs,
		log: stepLog,
		policy,
		random,
		redact,
		release,
		saver,
		shortenToken,
		signal,
		timeline,
		turns,
		withoutSecrets,
	} = step;
	const { dryRun, filename, operation, pollIntervalMs, signedUrl, signedUrlTtlMs, types, wait } = plan;
	for (const record of carried) carryOver(records, record, saver);
	const typesToDo = types.filter((type) => !records.get(type).resumed);
	const removeSecrets = () => {
		for (const record of records.all) records.apply({ type: record.type, patch: withoutSecrets(record) });
	};
	if (typesToDo.length === 0) {
		removeSecrets();
		stepLog.skipVideo();
		return { details: listed, renewUrls: undefined };
	}
	const video = new StreamVideo(id, client, listed);
	const signer = createUrlSigner(video, { mode: signedUrl, ttlMs: signedUrlTtlMs, shortenToken });
	const warn = (message, title) => stepLog.warn(message, title);
	const carriedTitle = carried.find(({ title }) => title)?.title;
	const named = { id, title: () => redact(video.lastDetails?.meta.name || carriedTitle || '') || undefined };
	await stepLog.video(named, async (log) => {
		const env_1 = { stack: [], error: void 0, hasError: false };
		try {
			const showsMissing = dryRun || operation !== 'create';
			const waits = wait && !dryRun;
			const progress = __addDisposableResource(
				env_1,
				new VideoProgress({ videoId: id, clock, timeline, log, waits, showsMissing }),
				false,
			);
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
				retries: stepLog.observe('the delivery host', id),
				startTransfer: (type) => stepLog.startTransfer(id, type),
				startUpload: (type) => timeline.start('uploading', id, type),
			};
			const deliveries = [];
			const excuse = (update) => {
				const why = excuseOf(update.patch.failure, plan, whyNoDownload);
				if (why === undefined) return update;
				stepLog.excuse(id, update.type, why);
				return withoutDownload(update.type);
			};
			const learn = (found) => {
				const update = excuse(found);
				const before = records.get(update.type);
				const after = records.apply(update);
				progress.learn(before, after);
				if (!dryRun && operation !== 'delete' && isReady(after) && !isReady(before)) {
					deliveries.push(applyAll(records, deliver(after, delivery), excuse));
				}
			};
			try {
				const waitsFor = waitsForVideo(plan);
				const timing = { clock, random, signal, leftMs };
				const startEncoding = () => timeline.start('encoding', id);
				const onEstimate = (shortestMs, work) => foresee(shortestMs, `${nameOf(named)}: ${work}`);
				const observers = { log, startEncoding, onEstimate };
				const context = { ...timing, turns, video, records, pollIntervalMs, wait, waitsFor, ...observers };
				for await (const update of operate(plan, typesToDo, context)) learn(update);
			} catch (error) {
				const failure = Failure.from(error);
				for (const { resumed, type } of records.all) if (!resumed) learn({ type, patch: { failure } });
			}
			await Promise.all(deliveries);
			if (dryRun && saver) await applyAll(records, plannedFiles(records, video, saver));
			if (!dryRun && operation !== 'delete') await applyAll(records, namePendingUrls(records, delivery));
			describeVideo(records, video.lastDetails);
			removeSecrets();
			return records.all;
		} catch (e_1) {
			env_1.error = e_1;
			env_1.hasError = true;
		} finally {
			__disposeResources(env_1);
		}
	});
	const isSigned = records.all.some(({ expiresAt }) => expiresAt !== undefined);
	return {
		details: video.lastDetails,
		renewUrls: isSigned ? () => applyAll(records, renewUrls(records, signer, warn)) : undefined,
	};
}
function describeVideo(records, details) {
	if (!details) return;
	const { duration, meta, thumbnailUrl } = details;
	const title = meta.name || undefined;
	const durationSeconds = duration ?? undefined;
	for (const { type, url } of records.all) {
		const picture = isPictureOf(url, thumbnailUrl) ? { thumbnailUrl } : {};
		records.apply({ type, patch: { ...(title && { title }), durationSeconds, ...picture } });
	}
}
function isPictureOf(fileUrl, pictureUrl) {
	if (fileUrl === null || pictureUrl === undefined) return false;
	const { host, search } = new URL(pictureUrl);
	return host === new URL(fileUrl).host && search === '';
}
function carryOver(records, { file, title, type, url, videoId: id, ...facts }, saver) {
	if (file !== undefined) saver?.reserve(file, { id, type, name: title });
	const state = { status: 'ready', percentComplete: 100, resumed: true };
	records.apply({ type, patch: { ...facts, ...state, file, title, url: url ?? null } });
}
function waitsForVideo({ selection }) {
	if (selection.videoIds) return () => true;
	const endless = selection.filters.liveInput ? ['pendingupload'] : ['pendingupload', 'live-inprogress'];
	return ({ status: { state } }) => !endless.includes(state);
}
async function applyAll(records, updates, change = (update) => update) {
	for await (const update of updates) records.apply(change(update));
}
function isReady(record) {
	return record.status === 'ready' && record.type !== '';
}
async function* plannedFiles({ all }, video, saver) {
	for (const { planned, type } of all) {
		if (type === '' || !planned?.includes('save')) continue;
		const name = saver.needsTitle ? await video.title() : undefined;
		yield { type, patch: { file: saver.fileOf({ id: video.id, type, name }) } };
	}
}
async function* namePendingUrls({ all }, delivery) {
	for (const { resumed, status, type, url } of all) {
		if (type === '' || url === null || status === 'ready' || resumed) continue;
		yield { type, patch: { url: await nameUrl(url, type, delivery).catch(() => url) } };
	}
}
function shardNumber(videoId) {
	return hash('sha256', videoId, 'buffer').readUInt32BE();
}
function isInShard(videoId, { count, index }) {
	return shardNumber(videoId) % count === index - 1;
}
async function* selectVideos({ carried, shard, ...which }, access) {
	for await (const video of candidates(which, access)) {
		const { id } = video;
		if (!shard || isInShard(id, shard)) yield { ...video, carried: carried.get(id) ?? [] };
	}
}
async function* candidates({ filters, limit, videoIds }, access) {
	for (const id of videoIds ?? []) yield { id, listed: undefined, whyNoDownload: undefined };
	if (videoIds || !access) return;
	let left = limit ?? Number.POSITIVE_INFINITY;
	for await (const listed of access.listLibrary(access.pages, filters)) {
		const whyNoDownload = access.whyNoDownload(listed);
		if (limit !== undefined && whyNoDownload !== undefined) continue;
		yield { id: listed.uid, listed, whyNoDownload };
		if (--left === 0) return;
	}
}
const maxInProgress = 500;
async function processVideos(plan, all, step) {
	const { dryRun, onlyExisting, operation, selection, types } = plan;
	const isLibrary = selection.videoIds === undefined;
	const needsListOnly = isLibrary && dryRun && operation === 'list';
	const library = isLibrary ? await openLibrary(plan, step) : undefined;
	const totals = dryRun ? await openTotals(plan) : undefined;
	const renewals = [];
	const slots = openSlots(isLibrary ? maxInProgress : Number.POSITIVE_INFINITY);
	async function process1(video, records) {
		if (step instanceof Failure) return records.fail(step);
		try {
			const { details, renewUrls } = await processVideo(records, video, plan, step);
			if (renewUrls) renewals.push(renewUrls);
			totals?.add(records.all, details);
		} catch (error) {
			records.fail(Failure.from(error));
		}
	}
	let sizer;
	let isEmpty = true;
	let failure;
	try {
		for await (const video of selectVideos(selection, library)) {
			isEmpty = false;
			const isDone = isCarriedOver(video, plan);
			const isPossible = video.whyNoDownload === undefined;
			if (needsListOnly) totals?.addListed(video.listed, isPossible, isDone);
			else {
				const records = new VideoRecords(video.id, onlyExisting ? [] : types);
				all.push(records);
				await slots.start(() => process1(video, records));
			}
			if (operation !== 'list') continue;
			sizer ??= await openSizer();
			if (isPossible && !isDone) sizer.add(video.id, video.listed);
		}
		if (operation === 'list') sizer ??= await openSizer();
	} catch (error) {
		failure = Failure.from(error);
		if (failure.isEndOfStep) failure = failure.withProgress('not all videos of the account were listed');
	}
	await slots.idle();
	return { isEmpty, failure, renewals, matrix: failure ? undefined : sizer?.matrix(), totals };
}
function isCarriedOver({ carried }, { onlyExisting, types }) {
	if (onlyExisting) return carried.length > 0;
	return types.every((type) => carried.some((record) => record.type === type));
}
async function openLibrary({ selection, wait }, step) {
	const { listLibrary, whyNoDownload } = await import('./library.js');
	const rules = { wait, isLiveInputGiven: selection.filters.liveInput !== undefined };
	const list = async (query) => {
		if (step instanceof Failure) throw step;
		return listVideos(step.client, query);
	};
	return {
		listLibrary,
		pages: { list, pageSize: maxListed },
		whyNoDownload: (video) => whyNoDownload(video, rules),
	};
}
async function openSizer() {
	const { MatrixSizer } = await import('./matrix.js');
	return new MatrixSizer();
}
async function openTotals(plan) {
	const { PreviewTotals } = await import('./preview-totals.js');
	return new PreviewTotals(plan);
}
function openSlots(limit) {
	let active = 0;
	let ended = Promise.withResolvers();
	async function until(isEnough) {
		while (!isEnough()) {
			ended = Promise.withResolvers();
			await ended.promise;
		}
	}
	return {
		async start(task) {
			await until(() => active < limit);
			active++;
			void task().finally(() => {
				active--;
				ended.resolve();
			});
		},
		idle: () => until(() => active === 0),
	};
}
const betweenReportsMs = 3e4;
class Outages {
	#now;
	#current = new Map();
	#retried = new Map();
	#reportedMs = new Map();
	#retryCount = 0;
	constructor(now) {
		this.#now = now;
	}
	get retryCount() {
		return this.#retryCount;
	}
	observe(service, log) {
		let [retries, startMs, last] = [0, 0, ''];
		return {
			retrying: (what, pauseMs, isFirst) => {
				this.#retryCount++;
				if (retries++ === 0) startMs = this.#now();
				last = what;
				const line = this.#note(service, what, pauseMs, isFirst);
				const sinceMs = this.#now() - (this.#reportedMs.get(service) ?? Number.NEGATIVE_INFINITY);
				if (log.isBatch && sinceMs < betweenReportsMs) return;
				this.#reportedMs.set(service, this.#now());
				log.report(line);
			},
			succeeded: () => void this.#current.delete(service),
			ended: () => {
				this.#end(service);
				const took = formatDuration(this.#now() - startMs);
				log.summarize(`retried ${count(retries, 'time')} in ${took}: ${last}`);
				retries = 0;
			},
		};
	}
	describe(except) {
		const nowMs = this.#now();
		const shown = [...this.#current].filter(([service]) => service !== except);
		for (const [service] of shown) this.#reportedMs.set(service, nowMs);
		return shown.map(([service, outage]) => describe(service, outage, nowMs));
	}
	#note(service, what, pauseMs, isFirst) {
		const nowMs = this.#now();
		const outage = this.#current.get(service) ?? { sinceMs: nowMs, what, nextAttemptMs: 0 };
		outage.what = what;
		outage.nextAttemptMs = nowMs + pauseMs;
		this.#current.set(service, outage);
		if (isFirst) this.#retried.set(service, (this.#retried.get(service) ?? 0) + 1);
		return describe(service, outage, nowMs);
	}
	#end(service) {
		const retried = (this.#retried.get(service) ?? 0) - 1;
		this.#retried.set(service, retried);
		if (retried === 0) this.#current.delete(service);
	}
}
function describe(service, { nextAttemptMs, sinceMs, what }, nowMs) {
	const subject = what.startsWith(service) ? what : `${service}: ${what}`;
	const since = nowMs - sinceMs < 1e3 ? '' : `failing for ${formatDuration(nowMs - sinceMs)}, `;
	const leftMs = nextAttemptMs - nowMs;
	return `${subject}; ${since}${leftMs > 0 ? `next attempt in ${formatDuration(leftMs)}` : 'trying again now'}`;
}
const longestSilenceMs = 3e4;
const transfersMs = 1e4;
const maxWarnings = 10;
class Log {
	#runner;
	#clock;
	#timeline;
	#outages;
	#batch;
	#transfers;
	#foresee = () => {};
	#warned = new Set();
	#active = new Map();
	#lastMs;
	#describedMs;
	#pause = { service: '', untilMs: Number.NEGATIVE_INFINITY, why: '' };
	#transferring;
	constructor(runner, clock, timeline) {
		this.#runner = runner;
		this.#clock = clock;
		this.#timeline = timeline;
		this.#outages = new Outages(() => clock.now());
		this.#lastMs = clock.now();
		this.#describedMs = this.#lastMs;
	}
	get retryCount() {
		return this.#outages.retryCount;
	}
	async openBatch(total) {
		const { Batch } = await import('./batch.js');
		this.#batch = new Batch({ runner: this.#runner, clock: this.#clock, total, timeline: this.#timeline });
	}
	info(line) {
		this.#lastMs = this.#clock.now();
		this.#runner.info(line);
	}
	warn(message, title) {
		if (this.#warned.has(message)) return;
		this.#warned.add(message);
		this.#lastMs = this.#clock.now();
		if (this.#warned.size <= maxWarnings) this.#runner.warning(message, title);
		else this.info(`${title}: ${message}`);
	}
	pause(service, ms, why) {
		this.#pause = { service, untilMs: this.#clock.now() + ms, why };
		this.info(`pausing for ${formatDuration(ms)}: ${why}`);
	}
	observe(service, videoId = '') {
		const batch = this.#batch;
		return this.#outages.observe(service, {
			isBatch: batch !== undefined,
			report: (line) => {
				const video = this.#active.get(videoId);
				if (video && !batch) this.#write(video, line);
				else this.info(line);
			},
			summarize: (line) => {
				const video = this.#active.get(videoId);
				if (video) batch?.write(video, line);
			},
		});
	}
	excuse(videoId, type, why) {
		const video = this.#active.get(videoId);
		if (!video) return;
		video.excuses.set(type, why);
		if (!this.#batch) this.#write(video, `${type === '' ? 'no downloads' : `no ${labelOf(type)}`}: ${why}`);
	}
	async openTransfers(foresee) {
		const { Transfers } = await import('./transfers.js');
		this.#transfers = new Transfers(() => this.#clock.now());
		this.#foresee = foresee;
	}
	startTransfer(videoId, type) {
		const transfers = this.#transfers;
		if (!transfers) throw new Error('Transfers are not open');
		const video = this.#active.get(videoId) ?? { id: videoId, title: () => undefined };
		const label = labelOf(type);
		const transfer = transfers.start(this.#batch ? `${nameOf(video)} ${label}` : label);
		const span = this.#timeline.start('saving', videoId, type);
		if (!this.#transferring) {
			this.#transferring = new AbortController();
			void this.#reportTransfers(transfers, this.#transferring.signal);
		}
		return {
			progress: transfer.progress,
			remainingMs: () => transfer.remainingMs(this.#clock.now()),
			[Symbol.dispose]: () => {
				span[Symbol.dispose]();
				if (transfers.end(transfer)) return;
				this.#transferring?.abort();
				this.#transferring = undefined;
			},
		};
	}
	async video(named, work) {
		const video = {
			...named,
			text: 'waiting for a response',
			excuses: new Map(),
			sinceMs: this.#clock.now(),
		};
		this.#active.set(named.id, video);
		this.#batch?.start(video);
		const records = await work((text) => {
			video.text = text;
			video.sinceMs = this.#clock.now();
			this.#write(video, text);
		});
		this.#active.delete(named.id);
		this.#lastMs = this.#clock.now();
		this.#batch?.end(video, records);
	}
	skipVideo() {
		this.#batch?.skip();
	}
	breakSilence() {
		const end = new AbortController();
		void this.#breakSilence(end.signal);
		return { [Symbol.dispose]: () => end.abort() };
	}
	#write(video, text) {
		if (this.#batch) this.#batch.write(video, text);
		else this.info(`${nameOf(video)} \xb7 ${text}`);
	}
	async #breakSilence(signal) {
		while (!signal.aborted) {
			const sinceMs = this.#batch?.isLarge ? this.#describedMs : this.#lastMs;
			const leftMs = sinceMs + longestSilenceMs - this.#clock.now();
			if (leftMs <= 0) {
				this.#describedMs = this.#clock.now();
				this.info(this.#describeProgress());
			} else await this.#clock.sleep(leftMs, signal).catch(() => {});
		}
	}
	async #reportTransfers(transfers, signal) {
		for (;;) {
			await this.#clock.sleep(transfersMs, signal).catch(() => {});
			if (signal.aborted) return;
			this.info(transfers.describe());
			const slowest = transfers.slowest();
			this.#foresee(slowest?.remainingMs, `${slowest?.label}: saving`);
		}
	}
	#describeProgress() {
		const nowMs = this.#clock.now();
		const pausedMs = this.#pause.untilMs - nowMs;
		const isPaused = pausedMs > 0;
		const pause = isPaused ? [`${this.#pause.why} for another ${formatDuration(pausedMs)}`] : [];
		const states = this.#batch ? this.#batch.describe(isPaused) : isPaused ? [] : this.#describeVideo();
		const parts = [
			...states,
			...pause,
			...this.#outages.describe(isPaused ? this.#pause.service : undefined),
		];
		const start = `still working after ${formatDuration(this.#timeline.elapsedMs)}`;
		return parts.length > 0 ? `${start}: ${parts.join('; ')}` : start;
	}
	#describeVideo() {
		return [...this.#active.values()].map((video) => describeActive(video, this.#clock.now()));
	}
}
async function describeSelection({ shard, videoIds, ...ofLibrary }) {
	const videos = videoIds ? describeGiven(videoIds) : await describeVideosOf(ofLibrary);
	return shard ? `${videos}, shard ${shard.index}/${shard.count}` : videos;
}
function describeGiven([id, ...others]) {
	return others.length === 0 ? `video ${id}` : count(others.length + 1, 'video');
}
async function describeVideosOf(ofLibrary) {
	const { describeLibrary } = await import('./library.js');
	return describeLibrary(ofLibrary);
}
const maxPath = 100;
async function describePlan(plan) {
	const { dryRun, onlyExisting, operation, release, saveTo, selection, timeoutMs, types, wait } = plan;
	const what = onlyExisting ? 'all downloads' : types.map(labelOf).join(' and ');
	const steps = [
		`${operation} ${what} of ${await describeSelection(selection)}`,
		...(wait ? [`wait until ${operation === 'delete' ? 'gone' : 'ready'}`] : []),
		...(saveTo === undefined ? [] : [`save to ${shown(saveTo)}`]),
		...(release ? [`attach to the release ${release.reference.tag}`] : []),
	];
	return `${dryRun ? 'dry run: ' : ''}${steps.join(', ')}; timeout: ${formatDuration(timeoutMs)}`;
}
function describeResult(records, { elapsedMs, releaseUrl, saveTo }) {
	const folder = saveTo && fixedPart(saveTo);
	const places = { saved: folder && ` to ${shown(folder)}`, attached: releaseUrl && ` to ${releaseUrl}` };
	const states = Map.groupBy(records, stateOf);
	const parts = [...states].map(([state, inState]) => {
		const number = `${formatNumber(inState.length)} ${state}`;
		if (state !== 'saved' && state !== 'attached') return number;
		const bytes = inState.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
		return `${number}${places[state] || ''}, ${formatBytes(bytes)}`;
	});
	return [...parts, `in ${formatDuration(elapsedMs)}`].join(', ');
}
function stateOf({ assetUrl, failure, file, planned, resumed, status }) {
	if (failure) return 'failed';
	if (planned) return planned.length > 0 ? 'to do' : 'with nothing to do';
	if (resumed) return 'carried over';
	if (assetUrl) return 'attached';
	if (file) return 'saved';
	switch (status) {
		case 'inprogress':
			return 'still being generated';
		case 'none':
			return 'without a download';
		case 'error':
			return 'in status error';
		default:
			return status;
	}
}
function fixedPart(template) {
	const index = template.indexOf('{');
	return index < 0 ? template : template.slice(0, template.lastIndexOf('/', index) + 1);
}
function shown(path) {
	return truncate(oneLine(path), maxPath);
}
function describePending({ operation, wait }, records) {
	const pending = records.filter(({ failure, status }) => status === 'inprogress' && !failure);
	if (wait || operation !== 'create' || pending.length === 0) return undefined;
	const some = `${formatNumber(pending.length)} of ${count(records.length, 'URL')}`;
	const which = `${records.length === 1 ? 'The URL' : some} ${pending.length === 1 ? 'does' : 'do'}`;
	return `${which} not work yet, since Cloudflare is still generating the download; set \`wait: true\` to wait for that`;
}
async function describeNothing(plan) {
	return `There was nothing to do: the selection (${await describeSelection(plan.selection)}) has no video`;
}
const maxTitle = 80;
function failureMessage({ failure, title, videoId }) {
	const name = title && title.length <= maxTitle ? ` (\u{201C}${title}\u{201D})` : '';
	return failure && `Video ${videoId}${name}: ${failure.message}`;
}
const longestDownloadsBytes = 12e4;
const longestName = 200;
function outputs(published, resultsFile, hasStepFailed, matrix) {
	let first;
	let count = 0;
	let failed = 0;
	let bytes = '['.length;
	const downloads = [];
	for (const record of published) {
		first ??= record;
		if (bytes <= longestDownloadsBytes) bytes += Buffer.byteLength(JSON.stringify(record)) + 1;
		if (bytes <= longestDownloadsBytes) downloads.push(record);
		count++;
		if (record.error) failed++;
	}
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
		downloads,
		'results-file': resultsFile,
		count: count.toString(),
		failed: failed.toString(),
		matrix: matrix ?? '',
	};
}
function publishedStatus({ status }) {
	return status === 'unknown' ? 'failed' : status;
}
function publish(record, redact) {
	const { assetUrl, expiresAt, failure, file, percentComplete, planned, resumed, sha256, sizeBytes } = record;
	const { title, type, url, videoId } = record;
	const { httpStatus, messages = [], rayId } = failure?.response ?? {};
	return {
		videoId,
		type,
		status: publishedStatus(record),
		percentComplete,
		url,
		name: title && truncate(title, longestName),
		expiresAt,
		file,
		size: sizeBytes,
		sha256,
		assetUrl,
		planned,
		resumed,
		error: failure && {
			message: redact(failureMessage(record) ?? ''),
			code: messages.find(({ code }) => code !== undefined)?.code,
			httpStatus,
			rayId,
		},
	};
}
const phases = ['encoding', 'generating', 'saving', 'uploading'];
const maxVideos = 20;
class Timeline {
	#clock;
	#startMs;
	#kept = new Map();
	#totals = new Map();
	#open = new Set();
	#waitingSinceMs;
	#waitedMs = 0;
	constructor(clock) {
		this.#clock = clock;
		this.#startMs = clock.now();
	}
	get elapsedMs() {
		return this.#clock.now() - this.#startMs;
	}
	start(phase, videoId, type) {
		const open = { phase, videoId, type, startMs: this.elapsedMs };
		this.#open.add(open);
		if (isWait(phase)) this.#waitingSinceMs ??= open.startMs;
		return { [Symbol.dispose]: () => this.#end(open) };
	}
	inProgress(phase) {
		return [...this.#open].filter((open) => open.phase === phase).length;
	}
	end() {
		for (const open of this.#open) this.#end(open);
	}
	get waitedMs() {
		return this.#waitedMs;
	}
	get spans() {
		return [...this.#kept.values()].flat().toSorted((a, b) => a.startMs - b.startMs);
	}
	get totals() {
		return phases.flatMap((phase) => this.#totals.get(phase) ?? []);
	}
	#end(open) {
		if (!this.#open.delete(open)) return;
		const span = { ...open, endMs: this.elapsedMs };
		const { phase, videoId } = span;
		if (this.#waitingSinceMs !== undefined && ![...this.#open].some((other) => isWait(other.phase))) {
			this.#waitedMs += span.endMs - this.#waitingSinceMs;
			this.#waitingSinceMs = undefined;
		}
		const kept = this.#kept.get(videoId);
		if (kept) kept.push(span);
		else if (this.#kept.size < maxVideos) this.#kept.set(videoId, [span]);
		const before = this.#totals.get(phase) ?? { count: 0, totalMs: 0, slowest: span };
		const isSlowest = durationMs(span) > durationMs(before.slowest);
		this.#totals.set(phase, {
			phase,
			count: before.count + 1,
			totalMs: before.totalMs + durationMs(span),
			slowest: isSlowest ? span : before.slowest,
		});
	}
}
function isWait(phase) {
	return phase === 'encoding' || phase === 'generating';
}
function durationMs({ endMs, startMs }) {
	return endMs - startMs;
}
class StepResults {
	timeline;
	videos = [];
	failures = [];
	plan;
	matrix;
	notes = [];
	result;
	traffic = () => ({ requests: 0, retries: 0 });
	constructor(clock) {
		this.timeline = new Timeline(clock);
	}
	get records() {
		return this.videos.flatMap(({ all }) => all);
	}
}
function requireOutputs(runner) {
	try {
		runner.requireOutputs();
	} catch (error) {
		throw outputFailure('The outputs', error);
	}
}
async function report(results, runner) {
	const { failures: stepFailures, matrix } = results;
	const records = results.records.map((record) => withoutSecrets(record, runner));
	const failures = [...stepFailures, ...writeOutputs(records, stepFailures.length > 0, matrix, runner)];
	const hasFailed = failures.length > 0 || records.some(({ failure }) => failure);
	const reported = hasFailed ? await reportFailures(failures, records, runner) : [];
	await writeSummary(results, records, reported, runner);
	return reported.length > 0 ? 1 : 0;
}
async function reportFailures(failures, records, runner) {
	const { annotate, reportedFailures, stackTrace } = await import('./annotations.js');
	const reported = reportedFailures(failures, records);
	annotate(reported, runner);
	for (const failure of new Set([...failures, ...records.map((record) => record.failure)])) {
		if (failure) runner.debug(stackTrace(failure));
	}
	return reported;
}
function writeOutputs(records, hasStepFailed, matrix, runner) {
	const failures = [];
	const attempt = (what, write) => {
		try {
			return write();
		} catch (error) {
			failures.push(outputFailure(what, error));
			return undefined;
		}
	};
	const published = () => records.values().map((record) => publish(record, runner.redact));
	const resultsFile = attempt('The results file', () => runner.resultsFile(published()));
	const values = outputs(published(), resultsFile ?? '', hasStepFailed, matrix);
	attempt('The outputs', () => {
		for (const [name, value] of Object.entries(values)) runner.output(name, value);
	});
	if (values.downloads.length < records.length) {
		const all = resultsFile ? ` The file in the output \`results-file\` has all of them: ${resultsFile}` : '';
		runner.warning(
			`The output \`downloads\` has the first ${formatNumber(values.downloads.length)} of ${count(records.length, 'record')}, since a longer one could not be passed to a program through a variable.${all}`,
			'Too many records for an output',
		);
	}
	return failures;
}
async function writeSummary({ notes, plan, result, timeline, traffic }, records, reported, runner) {
	const isWanted = plan?.summary ?? runner.input('summary').toLowerCase() !== 'false';
	if (!isWanted || !runner.hasSummary) return;
	try {
		timeline.end();
		const { summary } = await import('./summary.js');
		const { waitedMs } = timeline;
		const facts = { plan, result, notes, reported, records, timeline, traffic: { ...traffic(), waitedMs } };
		runner.summary(summary(facts, runner.redact));
	} catch (error) {
		runner.debug(`The job summary could not be written: ${Failure.from(error).what}`);
	}
}
function outputFailure(what, error) {
	const { message } = Error.isError(error) ? error : new Error(String(error));
	return new Failure('no-outputs', `${what} could not be written: ${message}`, { cause: error });
}
async function run(dependencies) {
	const { clock, runner } = dependencies;
	const results = new StepResults(clock);
	try {
		for (const secret of [...secretsIn(runner.env), ...proxySecrets(runner.env)]) runner.mask(secret);
		requireOutputs(runner);
		const plan = readPlan(runner, clock.epochMs(), await loadReaders(runner));
		await carryOut(plan, results, dependencies);
	} catch (error) {
		results.failures.push(Failure.from(error));
	}
	try {
		return await report(results, runner);
	} catch (error) {
		runner.error(Failure.from(error).message, 'The results could not be reported');
		return 1;
	}
}
async function carryOut(plan, results, dependencies) {
	const env_1 = { stack: [], error: void 0, hasError: false };
	try {
		const { cancelled, clock, runner } = dependencies;
		const { timeline } = results;
		const planLine = await describePlan(plan);
		results.plan = { line: planLine, dryRun: plan.dryRun, summary: plan.summary };
		const log = await openLog(plan, planLine, dependencies, timeline);
		const { fetch, proxyFor, receive } = await addProxies(runner.env, dependencies);
		const http = new Http({ fetch, receive, clock, debug: (line) => runner.debug(line) });
		const deadline = __addDisposableResource(env_1, startDeadline(plan.timeoutMs, clock, cancelled), false);
		const _silence = __addDisposableResource(env_1, log.breakSilence(), false);
		const cleanup = __addDisposableResource(env_1, new AsyncDisposableStack(), true);
		results.traffic = () => ({ requests: http.requestCount, retries: log.retryCount });
		const proxy = proxyFor(new URL(plan.apiUrl));
		if (proxy) log.info(`The API is reached through the proxy ${proxy}`);
		const resources = { http, deadline, log, timeline, cleanup };
		const step = await prepare(plan, resources, dependencies).catch(Failure.from);
		const processed = await processVideos(plan, results.videos, step);
		if (!deadline.signal.aborted) await Promise.all(processed.renewals.map((renew) => renew()));
		const releaseUrl = step instanceof Failure ? undefined : step.release?.pageUrl;
		await logOutcome(plan, results, processed, releaseUrl, log);
		if (processed.failure) throw processed.failure;
		if (cancelled.aborted && !results.records.some((record) => record.failure))
			deadline.signal.throwIfAborted();
		results.matrix = processed.matrix?.matrix;
	} catch (e_1) {
		env_1.error = e_1;
		env_1.hasError = true;
	} finally {
		const result_1 = __disposeResources(env_1);
		if (result_1) await result_1;
	}
}
async function openLog(
	{ notices, selection, severalVideos, warnings },
	planLine,
	{ clock, runner },
	timeline,
) {
	const log = new Log(runner, clock, timeline);
	if (severalVideos) await log.openBatch(selection.shard ? undefined : selection.videoIds?.length);
	log.info(planLine);
	for (const warning of warnings) log.warn(warning, 'An input looks unusual');
	for (const notice of notices) log.info(notice);
	return log;
}
async function logOutcome(plan, results, { failure, isEmpty, matrix, totals }, releaseUrl, log) {
	const { notes, records, timeline } = results;
	const note = (line) => {
		notes.push(line);
		log.info(line);
	};
	if (isEmpty && !failure) {
		const nothing = await describeNothing(plan);
		notes.push(nothing);
		if (plan.selection.shard) log.info(nothing);
		else log.warn(nothing, 'No video was selected');
	}
	if (matrix?.warning) {
		notes.push(matrix.warning);
		log.warn(matrix.warning, 'The matrix is too small');
	}
	const pending = describePending(plan, records);
	if (pending !== undefined) note(pending);
	if (totals) {
		const { freeBytesOf } = await import('./free-space.js');
		for (const line of totals.describe(await freeBytesOf(plan.workspace))) note(line);
	}
	if (records.length === 0) return;
	results.result = describeResult(records, {
		saveTo: plan.saveTo,
		releaseUrl,
		elapsedMs: timeline.elapsedMs,
	});
	log.info(results.result);
}
const longestDrainMs = 6e4;
function exit(exitCode, self = process) {
	const end = () => {
		const isLookingUp = self.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
		if (exitCode === 1 && isLookingUp) self.kill(self.pid, 'SIGKILL');
		else self.exit(exitCode);
	};
	setTimeout(end, longestDrainMs);
	self.stdout.write('', end);
}
function nodeFetch() {
	new Headers();
	setFlagsFromString('--wasm-tiering-budget=1300000000');
	setFlagsFromString('--semi-space-growth-factor=1');
	return globalThis.fetch;
}
function toCommandValue(input) {
	if (input === null || input === undefined) {
		return '';
	} else if (typeof input === 'string' || input instanceof String) {
		return input;
	}
	return JSON.stringify(input);
}
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
		endColumn: annotationProperties.endColumn,
	};
}
function issueCommand(command, properties, message) {
	const cmd = new Command(command, properties, message);
	process.stdout.write(cmd.toString() + os.EOL);
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
						} else {
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
	return toCommandValue(s).replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
function escapeProperty(s) {
	return toCommandValue(s)
		.replace(/%/g, '%25')
		.replace(/\r/g, '%0D')
		.replace(/\n/g, '%0A')
		.replace(/:/g, '%3A')
		.replace(/,/g, '%2C');
}
function issueFileCommand(command, message) {
	const filePath = process.env[`GITHUB_${command}`];
	if (!filePath) {
		throw new Error(`Unable to find environment variable for file command ${command}`);
	}
	if (!fs.existsSync(filePath)) {
		throw new Error(`Missing file at path: ${filePath}`);
	}
	fs.appendFileSync(filePath, `${toCommandValue(message)}${os.EOL}`, { encoding: 'utf8' });
}
function prepareKeyValueMessage(key, value) {
	const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
	const convertedValue = toCommandValue(value);
	if (key.includes(delimiter)) {
		throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
	}
	if (convertedValue.includes(delimiter)) {
		throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
	}
	return `${key}<<${delimiter}${os.EOL}${convertedValue}${os.EOL}${delimiter}`;
}
(undefined && undefined.__awaiter) ||
	function (thisArg, _arguments, P, generator) {
		function adopt(value) {
			return value instanceof P
				? value
				: new P(function (resolve) {
						resolve(value);
					});
		}
		return new (P || (P = Promise))(function (resolve, reject) {
			function fulfilled(value) {
				try {
					step(generator.next(value));
				} catch (e) {
					reject(e);
				}
			}
			function rejected(value) {
				try {
					step(generator['throw'](value));
				} catch (e) {
					reject(e);
				}
			}
			function step(result) {
				result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
			}
			step((generator = generator.apply(thisArg, _arguments || [])).next());
		});
	};
(undefined && undefined.__awaiter) ||
	function (thisArg, _arguments, P, generator) {
		function adopt(value) {
			return value instanceof P
				? value
				: new P(function (resolve) {
						resolve(value);
					});
		}
		return new (P || (P = Promise))(function (resolve, reject) {
			function fulfilled(value) {
				try {
					step(generator.next(value));
				} catch (e) {
					reject(e);
				}
			}
			function rejected(value) {
				try {
					step(generator['throw'](value));
				} catch (e) {
					reject(e);
				}
			}
			function step(result) {
				result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
			}
			step((generator = generator.apply(thisArg, _arguments || [])).next());
		});
	};
const { access, appendFile, writeFile } = promises;
(undefined && undefined.__awaiter) ||
	function (thisArg, _arguments, P, generator) {
		function adopt(value) {
			return value instanceof P
				? value
				: new P(function (resolve) {
						resolve(value);
					});
		}
		return new (P || (P = Promise))(function (resolve, reject) {
			function fulfilled(value) {
				try {
					step(generator.next(value));
				} catch (e) {
					reject(e);
				}
			}
			function rejected(value) {
				try {
					step(generator['throw'](value));
				} catch (e) {
					reject(e);
				}
			}
			function step(result) {
				result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
			}
			step((generator = generator.apply(thisArg, _arguments || [])).next());
		});
	};
os__default.platform();
os__default.arch();
(undefined && undefined.__awaiter) ||
	function (thisArg, _arguments, P, generator) {
		function adopt(value) {
			return value instanceof P
				? value
				: new P(function (resolve) {
						resolve(value);
					});
		}
		return new (P || (P = Promise))(function (resolve, reject) {
			function fulfilled(value) {
				try {
					step(generator.next(value));
				} catch (e) {
					reject(e);
				}
			}
			function rejected(value) {
				try {
					step(generator['throw'](value));
				} catch (e) {
					reject(e);
				}
			}
			function step(result) {
				result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
			}
			step((generator = generator.apply(thisArg, _arguments || [])).next());
		});
	};
var ExitCode;
(function (ExitCode) {
	ExitCode[(ExitCode['Success'] = 0)] = 'Success';
	ExitCode[(ExitCode['Failure'] = 1)] = 'Failure';
})(ExitCode || (ExitCode = {}));
function setSecret(secret) {
	issueCommand('add-mask', {}, secret);
}
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
function setOutput(name, value) {
	const filePath = process.env['GITHUB_OUTPUT'] || '';
	if (filePath) {
		return issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
	}
	process.stdout.write(os.EOL);
	issueCommand('set-output', { name }, toCommandValue(value));
}
function isDebug() {
	return process.env['RUNNER_DEBUG'] === '1';
}
function debug(message) {
	issueCommand('debug', {}, message);
}
function error(message, properties = {}) {
	issueCommand(
		'error',
		toCommandProperties(properties),
		message instanceof Error ? message.toString() : message,
	);
}
function warning(message, properties = {}) {
	issueCommand(
		'warning',
		toCommandProperties(properties),
		message instanceof Error ? message.toString() : message,
	);
}
function info(message) {
	process.stdout.write(message + os.EOL);
}
function startGroup(name) {
	issue('group', name);
}
function endGroup() {
	issue('endgroup');
}
const maxLength = 1e6;
const minExposedLength = 20;
const minTokenLength = 8;
class Redaction {
	#forms = [];
	#tokens = new Set();
	add(secret) {
		if (secret.trim() === '') return;
		const forms = [secret, secret.trim(), oneLine(secret)]
			.filter(Boolean)
			.flatMap((value) => [
				value,
				JSON.stringify(value).slice(1, -1),
				encodeURIComponent(value.toWellFormed()),
				encodeURIComponent(value.toWellFormed()).replace(/%../g, (code) => code.toLowerCase()),
				Buffer.from(value).toString('base64'),
			]);
		this.#forms = [...new Set([...this.#forms, ...forms])].toSorted((a, b) => b.length - a.length);
	}
	exposes(fact) {
		const texts = [fact, percentDecoded(fact), withoutJoiners(fact)];
		const forms = this.#forms.filter(({ length }) => length >= minExposedLength);
		return forms.some((form) => texts.some((text) => text.includes(form)));
	}
	addToken(token) {
		if (token.length >= minTokenLength && shortenTokens(token) === token) this.#tokens.add(token);
	}
	redact = (text) => {
		if (text.length > maxLength) return `(${count(text.length, 'character')})`;
		const plain = withoutJoiners(text);
		const hidesSecret = plain !== text && this.#forms.some((form) => plain.includes(form));
		const withoutForms = this.#forms.reduce(
			(rest, form) => rest.replaceAll(form, '***'),
			hidesSecret ? plain : text,
		);
		const withoutSecrets = /%[2-7]/.test(withoutForms)
			? this.#forms.reduce(withoutEncoded, withoutForms)
			: withoutForms;
		return [...this.#tokens].reduce(
			(rest, token) => rest.replaceAll(token, shortened(token)),
			shortenTokens(withoutSecrets),
		);
	};
}
function shortenTokens(text) {
	return text.replace(signedToken, shortened);
}
function percentDecoded(text) {
	return text.replace(/%([2-7][\da-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
function withoutEncoded(text, secret) {
	const decoded = percentDecoded(text);
	if (!decoded.includes(secret)) return text;
	const starts = Array.from(text.matchAll(/%[2-7][\da-f]|./gis), ({ index }) => index);
	let [rest, from] = ['', 0];
	for (let at = decoded.indexOf(secret); at >= 0; at = decoded.indexOf(secret, at + secret.length)) {
		rest += `${text.slice(from, starts[at])}***`;
		from = starts[at + secret.length] ?? text.length;
	}
	return rest + text.slice(from);
}
function withoutJoiners(text) {
	return text.replace(/[\u200c\u200d]/g, '');
}
function shortened(token) {
	return `${token.slice(0, 5)}\u{2026}`;
}
const signedToken =
	/(?:(?<![\w-])|(?<=%[\dA-F]{2}))eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=\/)[\w.~-]{65,}(?=\/(?:downloads|thumbnails)\/)/g;
const actionsToolkit = {
	getInput,
	setSecret,
	info,
	isDebug,
	debug,
	warning,
	error,
	startGroup,
	endGroup,
	setOutput,
};
const summaryFlags =
	constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);
function actionsRunner(env = process.env, toolkit = actionsToolkit) {
	const redaction = new Redaction();
	const redact = (text) => withoutCommands(redaction.redact(text));
	const requireOutputs = () => {
		if (!env['GITHUB_OUTPUT']?.trim()) throw new Error('the environment variable GITHUB_OUTPUT is empty');
	};
	const summaryPath = env['GITHUB_STEP_SUMMARY']?.trim() ?? '';
	return {
		env,
		input: (name) => toolkit.getInput(name),
		mask(secret) {
			if (secret.trim() === '') return;
			redaction.add(secret);
			toolkit.setSecret(secret);
		},
		shortenToken: (token) => redaction.addToken(token),
		exposes: (fact) => redaction.exposes(fact),
		redact,
		info: (line) => toolkit.info(redact(line)),
		debug(line) {
			if (toolkit.isDebug()) toolkit.debug(redact(line));
		},
		warning: (message, title) => toolkit.warning(redact(message), { title }),
		error: (message, title) => toolkit.error(redact(message), { title }),
		startGroup: (title) => toolkit.startGroup(redact(title)),
		endGroup: () => toolkit.endGroup(),
		requireOutputs,
		hasSummary: summaryPath !== '',
		summary(markdown) {
			const file = openSync(summaryPath, summaryFlags);
			try {
				writeFileSync(file, markdown);
			} finally {
				closeSync(file);
			}
		},
		resultsFile(records) {
			const path = resolve(env['RUNNER_TEMP'] || tmpdir(), `stream-downloads-${randomUUID()}.json`);
			writeResults(path, records);
			return path;
		},
		output(name, value) {
			requireOutputs();
			toolkit.setOutput(name, typeof value === 'string' ? value : JSON.stringify(value));
		},
	};
}
const writtenLength = 65536;
function writeResults(path, records) {
	const file = openSync(path, 'wx', 384);
	try {
		let text = '{"version": 1, "downloads": [';
		let separator = '\n';
		for (const record of records) {
			text += separator + JSON.stringify(record);
			separator = ',\n';
			if (text.length < writtenLength) continue;
			writeFileSync(file, text);
			text = '';
		}
		writeFileSync(
			file,
			`${text}
]}
`,
		);
	} finally {
		closeSync(file);
	}
}
function withoutCommands(text) {
	return text.replaceAll('##[', '## [').replace(/^([\s\u0085]*)::/gm, '$1: :');
}
const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'];
function cancellationSignal() {
	const cancelled = new AbortController();
	for (const signal of signals) process.on(signal, () => cancelled.abort(signal));
	return cancelled.signal;
}
process.stdout.on('error', () => {});
run({
	runner: actionsRunner(),
	clock: systemClock,
	random: Math.random,
	fetch: nodeFetch(),
	receive: async (url, options) => {
		const { receive } = await import('./saving.js');
		return receive(url, options);
	},
	cancelled: cancellationSignal(),
}).then(exit);
export {
	DeliveryRetries,
	Failure,
	Pace,
	ProxyAuthenticationError,
	ProxyError,
	RedirectError,
	RequestFailure,
	__addDisposableResource,
	__disposeResources,
	aboutLeft,
	address,
	array,
	backoffMs,
	boolean,
	causeChain,
	cleanHeaders,
	controlCharacter,
	count,
	describeActive,
	describeBody,
	describeRecord,
	describeRemaining,
	downloadExtensions,
	downloadTypeFacts,
	downloadTypes,
	downloadUpdate,
	durationMs,
	enumerate,
	excerpt,
	excessiveSeconds,
	failureMessage,
	failures,
	fallback,
	foreignText,
	foreignUrl,
	formatBytes,
	formatDuration,
	formatNumber,
	getDotPath,
	idleTimeoutMs,
	is,
	isMissing,
	isRequestFailure,
	isRetryableStatus,
	isSendable,
	isText,
	isolateFailure,
	labelOf,
	leven,
	literal,
	maxLength$1 as maxLength,
	maxListBytes,
	merge,
	minValue,
	nearMiss,
	networkFailure,
	nonEmpty,
	nothingToSave,
	nullish,
	number$1 as number,
	object,
	oneLine,
	optional$1 as optional,
	parse,
	parseJson,
	parseRetryAfterMs,
	phases,
	picklist,
	pipe,
	publishedStatus,
	quote,
	redirectPolicy,
	refusedAddressCode,
	regex,
	responseFacts,
	safeInteger,
	safeParse,
	sentence,
	serviceResponse,
	shardNumber,
	singleFlight,
	string,
	titleOf,
	titleText,
	toLowerCase,
	transform,
	truncate,
	unknown,
	withRetries,
};
