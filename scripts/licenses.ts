import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The licences of packages, as one text: the name of each, the short name of its licence, and the text.
 *
 * @param folders of packages
 */
export function licensesOf(folders: Iterable<string>): string {
  const licenses = [...new Set(folders)]
    .map((folder) => {
      const { license, name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
      const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
      if (texts.length === 0) throw new Error(`${name} has no file with its licence`);
      return [name, license, ...texts].join('\n');
    })
    .toSorted();
  return `${licenses.join('\n\n')}\n`.replaceAll('\r\n', '\n');
}
