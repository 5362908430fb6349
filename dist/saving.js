import {
	ProxyAuthenticationError,
	cleanHeaders,
	Failure,
	__addDisposableResource,
	__disposeResources,
	formatBytes,
	foreignText,
	formatNumber,
	isText,
	count,
	isRetryableStatus,
	DeliveryRetries,
	withRetries,
	redirectPolicy,
	idleTimeoutMs,
	describeBody,
	RequestFailure,
	parseRetryAfterMs,
	serviceResponse,
	isMissing,
	RedirectError,
	causeChain,
	refusedAddressCode,
	networkFailure,
	isRequestFailure,
	labelOf,
	describeRemaining,
} from './index.js';
import { diskFailure, errorCode, folderContains, readDestination } from './destination.js';
import { realpath, mkdtemp, rm, mkdir, stat, rmdir, lstat, open, rename, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import nodePath, { join, dirname, basename, resolve, relative, sep } from 'node:path';
import { pLimit } from './p-limit.js';
import { createHash, randomBytes } from 'node:crypto';
import { latinName } from './latin.js';
import { hasPlaceholder, visibleTitle, fill, valuesOf, safeName, partFor } from './path-part.js';
const blockedPorts = new Set(
	(
		'1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 ' +
		'137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 ' +
		'1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080'
	).split(' '),
);
function isBlockedPort({ port }) {
	return blockedPorts.has(port);
}
const receive = (url, { dispatcher, headers, method, signal }) => {
	if (signal.aborted) return Promise.reject(signal.reason);
	if (isBlockedPort(url)) return Promise.reject(new Error('bad port'));
	const reception = new Reception();
	signal.addEventListener('abort', () => reception.cancel(signal.reason), { once: true });
	dispatcher.dispatch(
		{
			origin: url.origin,
			path: `${url.pathname}${url.search}`,
			method: method,
			headers: { Accept: '*/*', ...headers },
			headersTimeout: 0,
			bodyTimeout: 0,
		},
		reception,
	);
	return reception.response;
};
const minFreedBytes = 4096;
class Reception {
	#response = Promise.withResolvers();
	#encoding;
	#controller;
	#reader;
	#isPaused = false;
	#waiting = [];
	#taken;
	#leftBytes;
	#end;
	get response() {
		return this.#response.promise;
	}
	get encoding() {
		return this.#encoding;
	}
	receive(take) {
		this.#reader = { take, ...Promise.withResolvers() };
		const { promise } = this.#reader;
		this.#continue();
		return promise;
	}
	cancel(reason = new Error('The response is not needed')) {
		if (this.#end) return;
		this.#waiting.length = 0;
		this.#isPaused = false;
		this.#finish({ error: reason });
		this.#controller?.abort(reason);
	}
	onRequestStart(controller) {
		this.#controller = controller;
		if (this.#end) controller.abort(this.#end.error);
	}
	onResponseStart(controller, status) {
		if (status < 200 || this.#end) return;
		if (status === 407) {
			this.cancel(new ProxyAuthenticationError('HTTP 407'));
			return;
		}
		controller.pause();
		const headers = cleanHeaders(headerPairs(controller.rawHeaders));
		const encoding = headers.get('content-encoding')?.toLowerCase();
		this.#encoding = encoding === 'identity' ? undefined : encoding;
		const length = headers.get('content-length');
		this.#leftBytes = length === null ? undefined : Number(length);
		this.#response.resolve({ status, headers, body: this });
	}
	onResponseData(controller, piece) {
		if (this.#taken) free(this.#taken);
		this.#taken = undefined;
		if (this.#leftBytes !== undefined) this.#leftBytes -= piece.byteLength;
		if (this.#end || piece.byteLength === 0) return;
		if (!this.#reader || this.#isPaused) {
			this.#waiting.push(piece);
			controller.pause();
		} else if (this.#pass(piece, this.#reader)) {
			this.#taken = piece;
		}
	}
	onResponseEnd() {
		this.#finish({});
	}
	onResponseError(controller, error) {
		this.#finish(this.#leftBytes === 0 ? {} : { error });
		controller?.abort(error);
	}
	#pass(piece, reader) {
		const next = reader.take(piece);
		if (next === undefined) return true;
		this.#controller?.pause();
		if (next === false) {
			this.#reader = undefined;
			reader.resolve();
			return false;
		}
		this.#isPaused = true;
		next.then(
			() => {
				this.#isPaused = false;
				this.#continue();
			},
			(error) => {
				reader.reject(error);
				this.#reader = undefined;
				this.cancel(error);
			},
		);
		return false;
	}
	#continue() {
		while (this.#reader && !this.#isPaused) {
			const piece = this.#waiting.shift();
			if (!piece) break;
			this.#pass(piece, this.#reader);
		}
		if (!this.#reader || this.#isPaused) return;
		if (!this.#end) {
			this.#controller?.resume();
			return;
		}
		const { reject, resolve } = this.#reader;
		this.#reader = undefined;
		if ('error' in this.#end) reject(this.#end.error);
		else resolve();
	}
	#finish(end) {
		if (this.#end) return;
		this.#end = end;
		if ('error' in end) this.#response.reject(end.error);
		this.#continue();
	}
}
function* headerPairs(raw) {
	if (!Array.isArray(raw)) return;
	const texts = raw.map((bytes) => (typeof bytes === 'string' ? bytes : bytes.toString('latin1')));
	for (let index = 0; index + 1 < texts.length; index += 2)
		yield [texts[index] ?? '', texts[index + 1] ?? ''];
}
function free({ buffer, byteLength }) {
	const isWhole = byteLength >= minFreedBytes && byteLength === buffer.byteLength;
	if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
class Folders {
	#root;
	#created = new Set();
	#oneAtATime = pLimit(1);
	constructor(root) {
		this.#root = root;
	}
	enter(file, begin) {
		const folder = dirname(file);
		return this.#oneAtATime(async () => {
			if (!(await resolvesInside(folder, this.#root))) {
				throw new Failure('target-outside', `${file} would be outside ${this.#root}`);
			}
			try {
				await this.#create(folder);
				return await begin();
			} catch (error) {
				await this.#removeEmpty(folder);
				throw error;
			}
		});
	}
	leave(file) {
		return this.#oneAtATime(() => this.#removeEmpty(dirname(file)));
	}
	async #create(folder) {
		try {
			await mkdir(folder);
			this.#created.add(folder);
		} catch (error) {
			const code = errorCode(error);
			if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
			if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
			await this.#create(dirname(folder));
			await this.#create(folder);
		}
	}
	async #removeEmpty(folder) {
		for (let path = folder; path !== dirname(path); path = dirname(path)) {
			if (!this.#created.has(path)) continue;
			try {
				await rmdir(path);
			} catch {
				return;
			}
			this.#created.delete(path);
		}
	}
}
async function resolvesInside(folder, root) {
	try {
		await lstat(folder);
	} catch (error) {
		if (errorCode(error) === 'ENOENT') return resolvesInside(dirname(folder), root);
		throw error;
	}
	const resolved = await realpath(folder).catch(() => undefined);
	return resolved !== undefined && folderContains(await realpath(root), resolved);
}
async function createTemporaryFolder(parent, severalVideos) {
	const base = parent || tmpdir();
	const prefix = 'stream-downloads-';
	const root = await realpath(base)
		.then((folder) => mkdtemp(join(folder, prefix)))
		.catch((error) => {
			throw diskFailure(join(base, `${prefix}\u{2026}`), error);
		});
	return {
		destination: { root, folders: [], file: undefined, severalVideos, path: nodePath },
		async [Symbol.asyncDispose]() {
			await rm(root, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
		},
	};
}
const headBytes = 8;
function isIsoMedia(head) {
	return Buffer.from(head.subarray(4, headBytes)).toString('latin1') === 'ftyp';
}
const blockBytes = 64 * 1024;
const maxHeaderBytes = 16;
async function untruncatedSize(sizeBytes, read) {
	const block = Buffer.alloc(Math.min(blockBytes, sizeBytes));
	let blockStart = 0;
	let blockEnd = 0;
	for (let position = 0; position < sizeBytes; ) {
		if (position + maxHeaderBytes > blockEnd && blockEnd < sizeBytes) {
			blockStart = position;
			blockEnd = position + (await read(block, position));
		}
		const boxBytes = boxSize(block, position - blockStart, blockEnd - position);
		if (boxBytes === undefined) return undefined;
		position += boxBytes;
		if (position > sizeBytes) return position;
	}
	return undefined;
}
function boxSize(block, at, lengthBytes) {
	if (lengthBytes < headBytes || !hasType(block, at)) return undefined;
	const size = block.readUInt32BE(at);
	if (size !== 1) return size >= headBytes ? size : undefined;
	if (lengthBytes < maxHeaderBytes) return undefined;
	const largeSize = block.readUInt32BE(at + headBytes) * 2 ** 32 + block.readUInt32BE(at + headBytes + 4);
	return largeSize >= maxHeaderBytes ? largeSize : undefined;
}
function hasType(block, at) {
	for (let index = at + 4; index < at + headBytes; index++) {
		const code = block[index] ?? 0;
		if (code < 32 || code > 126) return false;
	}
	return true;
}
const bufferBytes = 1024 * 1024;
const spareBuffers = 6;
class WriteBuffers {
	#free = [];
	#waiting = [];
	#leftToCreate;
	constructor(files) {
		this.#leftToCreate = files + spareBuffers;
	}
	take() {
		const free = this.#free.pop();
		if (free || this.#leftToCreate === 0) return free;
		this.#leftToCreate--;
		return Buffer.allocUnsafeSlow(bufferBytes);
	}
	next() {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}
	giveBack(buffer) {
		const resolve = this.#waiting.shift();
		if (resolve) resolve(buffer);
		else this.#free.push(buffer);
	}
}
const unsyncedBytes = 64 * 1024 * 1024;
class HashingWriter {
	#handle;
	#buffers;
	#hash = createHash('sha256');
	#sizeBytes = 0;
	#buffer;
	#bufferedBytes = 0;
	#position = 0;
	#syncedBytes = 0;
	#appending;
	#writing = Promise.resolve();
	#hasFailed = false;
	#isDiscarded = false;
	constructor(handle, buffers) {
		this.#handle = handle;
		this.#buffers = buffers;
	}
	get sizeBytes() {
		return this.#sizeBytes;
	}
	append(bytes) {
		this.#sizeBytes += bytes.byteLength;
		const copiedBytes = this.#copy(bytes);
		if (copiedBytes === bytes.byteLength && !this.#hasFailed) return undefined;
		this.#appending = this.#appendRest(bytes.subarray(copiedBytes));
		return this.#appending;
	}
	async flush() {
		await this.#appending;
		this.#startWriting();
		await this.#writing;
	}
	async reset() {
		this.#isDiscarded = true;
		await Promise.allSettled([this.#appending, this.#writing]);
		this.#isDiscarded = false;
		if (this.#buffer) this.#buffers.giveBack(this.#buffer);
		this.#buffer = undefined;
		this.#appending = undefined;
		this.#writing = Promise.resolve();
		this.#hasFailed = false;
		this.#sizeBytes = 0;
		this.#bufferedBytes = 0;
		this.#position = 0;
		this.#syncedBytes = 0;
		this.#hash = createHash('sha256');
	}
	digest() {
		return this.#hash.digest('hex');
	}
	async #appendRest(bytes) {
		for (let rest = bytes; rest.byteLength > 0; rest = rest.subarray(this.#copy(rest))) {
			this.#buffer ??= await this.#buffers.next();
			if (this.#hasFailed || this.#isDiscarded) break;
		}
		if (this.#hasFailed) await this.#writing;
	}
	#copy(bytes) {
		let copiedBytes = 0;
		while (copiedBytes < bytes.byteLength) {
			this.#buffer ??= this.#buffers.take();
			if (!this.#buffer) break;
			const part = bytes.subarray(copiedBytes, copiedBytes + bufferBytes - this.#bufferedBytes);
			this.#buffer.set(part, this.#bufferedBytes);
			this.#bufferedBytes += part.byteLength;
			copiedBytes += part.byteLength;
			if (this.#bufferedBytes === bufferBytes) this.#startWriting();
		}
		return copiedBytes;
	}
	#startWriting() {
		const buffer = this.#buffer;
		if (!buffer) return;
		const filled = buffer.subarray(0, this.#bufferedBytes);
		const position = this.#position;
		this.#buffer = undefined;
		this.#bufferedBytes = 0;
		this.#position += filled.byteLength;
		this.#writing = this.#writing
			.then(() => this.#write(filled, position))
			.finally(() => this.#buffers.giveBack(buffer));
		this.#writing.catch(() => {
			this.#hasFailed = true;
		});
		this.#hash.update(filled);
	}
	async #write(bytes, position) {
		for (let written = 0; written < bytes.byteLength && !this.#isDiscarded; ) {
			const { bytesWritten } = await this.#handle.write(bytes, written, undefined, position + written);
			written += bytesWritten;
		}
		if (this.#isDiscarded || position - this.#syncedBytes < unsyncedBytes) return;
		await this.#handle.datasync();
		this.#syncedBytes = position;
	}
}
class PartialFile {
	#target;
	#path;
	#handle;
	#folders;
	#writer;
	#isFinished = false;
	constructor(target, path, handle, folders, buffers) {
		this.#target = target;
		this.#path = path;
		this.#handle = handle;
		this.#folders = folders;
		this.#writer = new HashingWriter(handle, buffers);
	}
	static async create(target, folders, buffers) {
		const path = join(dirname(target), `.${randomBytes(8).toString('hex')}.partial`);
		try {
			const handle = await folders.enter(target, async () => {
				const found = await lstat(target).catch(() => undefined);
				if (!found?.isDirectory()) return open(path, 'wx+');
				const why = `it is a folder; write ${basename(target)}/ to save into it`;
				throw new Failure('target-unwritable', `${target} could not be written: ${why}`);
			});
			return new PartialFile(target, path, handle, folders, buffers);
		} catch (error) {
			throw error instanceof Failure ? error : diskFailure(target, error);
		}
	}
	get sizeBytes() {
		return this.#writer.sizeBytes;
	}
	append(bytes) {
		const appending = this.#writer.append(bytes);
		return appending && this.#disk(() => appending);
	}
	async truncate() {
		if (this.sizeBytes === 0) return;
		await this.#writer.reset();
		await this.#disk(() => this.#handle.truncate(0));
	}
	async read(block, position) {
		return this.#disk(async () => {
			await this.#writer.flush();
			return (await this.#handle.read(block, 0, block.byteLength, position)).bytesRead;
		});
	}
	async finish() {
		await this.#disk(async () => {
			await this.#writer.flush();
			await this.#handle.sync();
			await this.#requireSameFile();
			await this.#handle.close();
			await rename(this.#path, this.#target);
			this.#isFinished = true;
			await syncFolder(dirname(this.#target)).catch(() => {});
		});
		return this.#writer.digest();
	}
	async [Symbol.asyncDispose]() {
		if (this.#isFinished) return;
		await this.#writer.reset();
		await this.#handle.close().catch(() => {});
		await unlink(this.#path).catch(() => {});
		await this.#folders.leave(this.#target);
	}
	async #requireSameFile() {
		const [written, found] = await Promise.all([
			this.#handle.stat({ bigint: true }),
			lstat(this.#path, { bigint: true }),
		]);
		const isSame = written.dev === found.dev && written.ino === found.ino;
		if (isSame && written.size === BigInt(this.sizeBytes)) return;
		const why = 'another program changed the file while it was being received';
		throw new Failure('target-unwritable', `${this.#target} could not be written: ${why}`);
	}
	async #disk(work) {
		try {
			return await work();
		} catch (error) {
			throw error instanceof Failure ? error : diskFailure(this.#target, error);
		}
	}
}
async function syncFolder(folder) {
	const env_1 = { stack: [], error: void 0, hasError: false };
	try {
		const handle = __addDisposableResource(env_1, await open(folder), true);
		await handle.sync();
	} catch (e_1) {
		env_1.error = e_1;
		env_1.hasError = true;
	} finally {
		const result_1 = __disposeResources(env_1);
		if (result_1) await result_1;
	}
}
function targetOf(destination, video) {
	const { root, folders, path, severalVideos } = destination;
	const hasTitle = safeName(video.name) !== undefined;
	const file = destination.file ?? defaultName(video.id, hasTitle, severalVideos);
	return path.join(root, ...[...folders, file].map((template) => partFor(template, video)));
}
async function latinNameOf({ file, severalVideos }, video) {
	const title = await latinName(visibleTitle(video.name ?? ''));
	const template = file ?? defaultName(video.id, title !== undefined, severalVideos);
	return fill(template, valuesOf(video, title ?? video.id));
}
function needsName({ folders, file }) {
	return file === undefined || [...folders, file].some((template) => hasPlaceholder(template, ['name']));
}
function defaultName(videoId, hasTitle, severalVideos) {
	const id = severalVideos && videoId.includes('-') ? '+{id}+' : '{id}';
	if (!hasTitle) return `${id}.{ext}`;
	return severalVideos ? `{name}-${id}.{ext}` : '{name}.{ext}';
}
function versionOf(headers) {
	const etag = headers.get('etag') || undefined;
	const lastModified = headers.get('last-modified') || undefined;
	const range = contentRange(headers);
	const totalBytes = range ? range.totalBytes : wholeNumber(headers.get('content-length'));
	return { etag, lastModified, strongValidator: strongValidator(headers, etag, lastModified), totalBytes };
}
function strongValidator(headers, etag, lastModified) {
	if (etag !== undefined) return etag.startsWith('W/') ? undefined : etag;
	const ageMs = Date.parse(headers.get('date') ?? '') - Date.parse(lastModified ?? '');
	return ageMs >= 1e3 ? lastModified : undefined;
}
function isRecognizable(version) {
	return version !== undefined && (version.etag ?? version.strongValidator) !== undefined;
}
function rangeHeaders(receivedBytes, version) {
	if (receivedBytes === 0 || !isRecognizable(version)) return {};
	const { strongValidator: condition } = version;
	return { Range: `bytes=${receivedBytes}-`, ...(condition !== undefined && { 'If-Range': condition }) };
}
function continues(headers, receivedBytes, version) {
	const range = contentRange(headers);
	if (range?.startByte !== receivedBytes) return false;
	const { totalBytes = range.totalBytes } = version;
	if ((range.totalBytes ?? totalBytes) !== totalBytes) return false;
	if (totalBytes !== undefined && range.endByte >= totalBytes) return false;
	if (namesAnother(headers, version)) return false;
	return version.strongValidator !== undefined || isSameVersion(versionOf(headers), version);
}
function isSameVersion(one, other) {
	return one.etag === other.etag && one.lastModified === other.lastModified;
}
function namesAnother(headers, version) {
	const sent = versionOf(headers);
	const { etag = version.etag, lastModified = version.lastModified } = sent;
	return !isSameVersion({ ...sent, etag, lastModified }, version);
}
function announcedBytes(headers) {
	const range = contentRange(headers);
	const lengths = [
		wholeNumber(headers.get('content-length')),
		range && range.endByte - range.startByte + 1,
	].filter((length) => length !== undefined);
	return lengths.length === 0 ? undefined : Math.min(...lengths);
}
function unsatisfiedSize(headers) {
	return wholeNumber(/^\s*bytes\s+\*\/(\d+)\s*$/i.exec(headers.get('content-range') ?? '')?.[1]);
}
function contentRange(headers) {
	const header = headers.get('content-range') ?? '';
	const [, start, end, total] = /^\s*bytes\s+(\d+)-(\d+)\/(\d+|\*)\s*$/i.exec(header) ?? [];
	const [startByte, endByte, totalBytes] = [wholeNumber(start), wholeNumber(end), wholeNumber(total)];
	if (startByte === undefined || endByte === undefined || endByte < startByte) return undefined;
	return totalBytes !== undefined && totalBytes <= endByte ? undefined : { startByte, endByte, totalBytes };
}
function wholeNumber(text) {
	const value = /^\d+$/.test(text ?? '') ? Number(text) : undefined;
	return Number.isSafeInteger(value) ? value : undefined;
}
const maxShown = 100;
function interpret({ headers, status }, receivedBytes, version) {
	if (status === 416 && version) return interpretUnsatisfied(headers, receivedBytes, version);
	if (status !== 200 && status !== 206) return interpretStatus(status);
	const encoding = headers.get('content-encoding') || 'identity';
	if (encoding.toLowerCase() !== 'identity') {
		const shown = foreignText(encoding, 'an encoding', maxShown);
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
		const ignoresRanges = version !== undefined && isSameVersion(sent, version);
		return { action: 'restart', version: sent, ...announced, ignoresRanges };
	}
	const range = foreignText(headers.get('content-range') ?? 'none', 'a text', maxShown);
	const what = `the response is not the rest of the same version from byte ${formatNumber(receivedBytes)} on (Content-Range: ${range})`;
	return retry('file-incomplete', what, { ignoresRanges: true });
}
function interpretHead(head) {
	if (isIsoMedia(head)) return undefined;
	if (isText(head))
		return retry('not-media', 'instead of the file, the delivery host answered', { hasReason: true });
	const start = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
	return retry('not-media', `the file is not MP4 or M4A: its first bytes are ${start}`);
}
function surplus(announced) {
	return refuse('not-media', `the host announced ${count(announced, 'byte')} but sent more`);
}
function interpretEnd({ headers, status }, receivedBytes, totalBytes, canResume) {
	const isPart = status === 206;
	const hasEnd = !isPart && /(?:^|,)[\t ]*chunked[\t ]*$/i.test(headers.get('transfer-encoding') ?? '');
	if (totalBytes === undefined && (canResume || isPart) && !hasEnd) {
		const what = `the response does not say whether ${formatBytes(receivedBytes)} are the whole file`;
		return retry('file-incomplete', what);
	}
	if (totalBytes !== undefined && receivedBytes < totalBytes) {
		return retry('file-incomplete', `the response ended after ${formatProgress(receivedBytes, totalBytes)}`);
	}
	return { action: 'complete' };
}
function formatProgress(receivedBytes, totalBytes) {
	return `${formatBytes(receivedBytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`;
}
function interpretUnsatisfied(headers, receivedBytes, version) {
	if (unsatisfiedSize(headers) !== receivedBytes || namesAnother(headers, version)) {
		const what = `the host has no bytes after the first ${formatNumber(receivedBytes)}, so the file was replaced`;
		return retry('file-incomplete', what, { ignoresRanges: true });
	}
	const { totalBytes = receivedBytes } = version;
	if (totalBytes === receivedBytes) return { action: 'complete' };
	return refuse(
		'not-media',
		`the host announced ${count(totalBytes, 'byte')} but has ${formatNumber(receivedBytes)}`,
	);
}
function interpretStatus(status) {
	const hasReason = true;
	if (isRetryableStatus(status))
		return retry('delivery-error', `the delivery host answered HTTP ${status}`, { hasReason });
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
function retry(kind, what, more = {}) {
	return { action: 'retry', kind, what, ...more };
}
function refuse(kind, what, more = {}) {
	return { action: 'refuse', kind, what, ...more };
}
class Transfer {
	#file;
	#source;
	#options;
	#retries;
	#url;
	#version;
	#hasRanges = true;
	#isVideoChecked = false;
	constructor(file, source, options) {
		this.#file = file;
		this.#source = source;
		this.#options = options;
		this.#retries = new DeliveryRetries(options, source.readySinceMs);
		this.#url = source.url;
	}
	get progress() {
		return formatProgress(this.#retries.furthestBytes, this.#version?.totalBytes);
	}
	async receive() {
		const { signal } = this.#options;
		try {
			await withRetries(
				() => this.#attempt(),
				(failure) => this.#retries.decide(failure),
				this.#options,
			);
		} catch (error) {
			throw signal.aborted && this.#retries.hasNewBytes ? signal.reason : error;
		}
	}
	async #attempt() {
		try {
			await this.#request();
		} catch (error) {
			if (!isUrlRefused(error) || this.#retries.isSignedAgain) throw error;
			this.#retries.isSignedAgain = true;
			this.#url = await this.#source.signAgain(error);
			await this.#attempt();
		}
	}
	async #request() {
		const { http, policy, signal } = this.#options;
		const range = this.#hasRanges ? rangeHeaders(this.#file.sizeBytes, this.#version) : {};
		const headers = { ...range, 'Accept-Encoding': 'identity' };
		const request = { method: 'GET', url: new URL(this.#url), headers, redirects: redirectPolicy(policy) };
		try {
			const env_1 = { stack: [], error: void 0, hasError: false };
			try {
				const response = __addDisposableResource(
					env_1,
					await http.open(request, { timeoutMs: idleTimeoutMs, signal }),
					true,
				);
				const next = await this.#receive(response);
				if ('kind' in next) throw await this.#responseFailure(next, response);
			} catch (e_1) {
				env_1.error = e_1;
				env_1.hasError = true;
			} finally {
				const result_1 = __disposeResources(env_1);
				if (result_1) await result_1;
			}
		} catch (error) {
			throw error instanceof Failure ? error : this.#networkFailure(error);
		}
	}
	async #receive(response) {
		const next = interpret(response, this.#file.sizeBytes, this.#version);
		if (next.action === 'restart') {
			const problem = interpretHead(await response.peek(headBytes));
			if (problem) return problem;
			if (this.#file.sizeBytes > 0) this.#retries.restarts++;
			await this.#file.truncate();
		}
		if ('ignoresRanges' in next && next.ignoresRanges) this.#hasRanges = false;
		return 'version' in next ? this.#receiveBody(response, next) : next;
	}
	async #receiveBody(response, { action, announcedBytes = Number.POSITIVE_INFINITY, version }) {
		this.#version = version;
		this.#options.observer.succeeded();
		let leftBytes = announcedBytes;
		await response.read((piece) => {
			leftBytes -= piece.byteLength;
			if (leftBytes < 0) return false;
			const appending = this.#file.append(piece);
			const { sizeBytes } = this.#file;
			this.#options.onProgress(sizeBytes, version.totalBytes);
			this.#retries.noteBytes(sizeBytes, action === 'append');
			return appending;
		});
		if (leftBytes < 0) return surplus(announcedBytes);
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
	async #mayAppear(kind) {
		if (!isMissing(kind) || this.#retries.missingLeftMs === 0) return false;
		if (kind === 'file-missing' || this.#isVideoChecked) return true;
		this.#isVideoChecked = true;
		return !(await this.#source.hasFailed());
	}
	#networkFailure(error) {
		if (error instanceof RedirectError) {
			const options = { response: serviceResponse(error.response), cause: error };
			return new RequestFailure('delivery-redirected', error.message, options);
		}
		const refused = causeChain(error).find((cause) => errorCode(cause) === refusedAddressCode);
		if (Error.isError(refused)) return new RequestFailure('unsafe-url', refused.message, { cause: error });
		const { sizeBytes } = this.#file;
		const target = { host: new URL(this.#url).host, timeoutMs: idleTimeoutMs, timeoutReason: 'sent nothing' };
		if (sizeBytes === 0) return networkFailure(error, { ...target, unreachable: 'delivery-unreachable' });
		const received = formatProgress(sizeBytes, this.#version?.totalBytes);
		const describe = (why) =>
			`the connection broke after ${received}: ${why.replace(/^no response from/, 'nothing more came from')}`;
		return networkFailure(error, { ...target, unreachable: 'file-incomplete' }, describe);
	}
}
function isUrlRefused(error) {
	const status = isRequestFailure(error, 'delivery-refused') && error.response?.httpStatus;
	return status === 401 || status === 403;
}
class Saver {
	#options;
	#transferLimit;
	#folders;
	#buffers;
	#owners = new Map();
	constructor(options) {
		this.#options = options;
		this.#folders = new Folders(options.destination.root);
		this.#transferLimit = pLimit(options.concurrency);
		this.#buffers = new WriteBuffers(options.concurrency);
	}
	get needsTitle() {
		return needsName(this.#options.destination);
	}
	latinName(video) {
		return latinNameOf(this.#options.destination, video);
	}
	fileOf(video) {
		return this.#shown(targetOf(this.#options.destination, video));
	}
	reserve(file, video) {
		this.#take(resolve(this.#options.workspace, file), video);
	}
	async save(video, source, observer) {
		const { destination, signal } = this.#options;
		const path = targetOf(destination, video);
		const file = this.#shown(path);
		const owner = this.#take(path, video);
		if (owner !== video) {
			const what = `${file} is also the file of the ${labelOf(owner.type)} download of video ${owner.id}`;
			throw new Failure('target-taken', what);
		}
		return this.#transferLimit(async () => {
			const env_1 = { stack: [], error: void 0, hasError: false };
			try {
				if (signal.aborted) {
					const progress = `the ${labelOf(video.type)} download was still waiting for its transfer`;
					throw Failure.from(signal.reason).withProgress(progress);
				}
				const partial = __addDisposableResource(
					env_1,
					await PartialFile.create(path, this.#folders, this.#buffers),
					true,
				);
				await this.#receive(partial, video.type, source, observer);
				return { path, file, sizeBytes: partial.sizeBytes, sha256: await partial.finish() };
			} catch (e_1) {
				env_1.error = e_1;
				env_1.hasError = true;
			} finally {
				const result_1 = __disposeResources(env_1);
				if (result_1) await result_1;
			}
		});
	}
	#shown(path) {
		const { workspace } = this.#options;
		return folderContains(workspace, path) ? relative(workspace, path).replaceAll(sep, '/') : path;
	}
	#take(path, video) {
		const key = path.normalize('NFC').toUpperCase().toLowerCase();
		const owner = this.#owners.get(key) ?? video;
		this.#owners.set(key, owner);
		return owner;
	}
	async #receive(file, type, source, observer) {
		const env_2 = { stack: [], error: void 0, hasError: false };
		try {
			const shown = __addDisposableResource(env_2, observer.startTransfer(), false);
			const transfer = new Transfer(file, source, {
				...this.#options,
				observer: observer.retries,
				onProgress: (receivedBytes, totalBytes) => shown.progress(receivedBytes, totalBytes),
			});
			try {
				await transfer.receive();
				await this.#refuseTruncated(file);
			} catch (error) {
				const failure = Failure.from(error);
				throw failure.isEndOfStep
					? failure.withProgress(
							`${transfer.progress} of the ${labelOf(type)} download were received${describeRemaining(failure, shown.remainingMs())}`,
						)
					: failure.describedAs(`Could not save the ${labelOf(type)} download: ${failure.what}`);
			}
		} catch (e_2) {
			env_2.error = e_2;
			env_2.hasError = true;
		} finally {
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
		if (wholeBytes === undefined) return;
		const what = `the file's own structure says ${count(wholeBytes, 'byte')}, but the host sent ${formatNumber(sizeBytes)}`;
		throw new Failure('not-media', what);
	}
}
export { Saver, createTemporaryFolder, readDestination, receive };
