import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
async function freeBytesOf(folder) {
	for (let path = folder; ; path = dirname(path)) {
		const found = await statfs(path).catch(() => undefined);
		if (found) return found.bavail * found.bsize;
		if (path === dirname(path)) return undefined;
	}
}
export { freeBytesOf };
