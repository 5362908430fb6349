import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLocalPrograms } from './local-programs.ts';
import { openTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

/** A bucket that is a folder, for scripts that use the `aws` command. */
export interface LocalBucket extends Disposable {
  /** `s3://NAME`. */
  readonly name: string;
  /** The variables of a machine that has this `aws`. */
  readonly machine: Readonly<Record<string, string>>;
  /** The keys of its objects that begin with a prefix, sorted. */
  keys(prefix: string): string[];
  read(key: string): string;
  /** From now on, an object with this text in its key cannot be written; with none, every object can. */
  refuse(text: string | undefined): void;
}

/**
 * The part of `aws s3 cp` that the examples use, with its exit codes: a prefix without objects is no failure, a folder that
 * does not exist is one, and one object that cannot be written does not keep the others from being written.
 */
const script = (root: string) => `#!/bin/bash
set -u
[ -n "\${AWS_ACCESS_KEY_ID:-}" ] && [ -n "\${AWS_SECRET_ACCESS_KEY:-}" ] || { echo 'Unable to locate credentials' >&2; exit 253; }
[ "\${1:-} \${2:-}" = 's3 cp' ] || { echo "aws: not supported: $*" >&2; exit 252; }
shift 2

paths=() recursive='' filter=''
while [ $# -gt 0 ]; do
  case $1 in
    --recursive) recursive=yes ;;
    --only-show-errors) ;;
    --endpoint-url) shift ;;
    --exclude|--include) filter+="$1 $2 "; shift ;;
    -*) echo "Unknown options: $1" >&2; exit 252 ;;
    *) paths+=("\${1/#s3:\\/\\//${root}/}") ;;
  esac
  shift
done
[ "$filter" = '' ] || [ "$filter" = '--exclude * --include *.json ' ] || { echo "aws: not supported: $filter" >&2; exit 252; }

failed=0
copy() {
  local refused
  refused=$(cat '${root}/refused' 2> /dev/null)
  if [ -n "$refused" ] && [[ $2 == '${root}'/*"$refused"* ]]; then
    echo "upload failed: $2 An error occurred (AccessDenied)" >&2
    failed=1
    return
  fi
  mkdir -p "$(dirname "$2")" && cp "$1" "$2" || failed=1
}

from=\${paths[0]} to=\${paths[1]}
if [ -z "$recursive" ]; then
  copy "$from" "$to"
elif [ ! -d "$from" ]; then
  [[ $from == '${root}'/* ]] || { echo "The user-provided path $from does not exist." >&2; exit 255; }
else
  while IFS= read -r -d '' file; do
    [ "$filter" = '' ] || [[ $file == *.json ]] || continue
    copy "$from/$file" "$to/$file"
  done < <(cd "$from" && find . -type f -printf '%P\\0')
fi
exit "$failed"
`;

/** Opens an empty bucket. Closing it removes its objects. */
export function openLocalBucket(name = 'backup'): LocalBucket {
  const folder = openTemporaryFolder();
  const programs = openLocalPrograms({ aws: script(folder.path) });
  mkdirSync(join(folder.path, name));
  return {
    name,
    machine: programs.machine,
    keys: (prefix) => keysOf(folder, `${name}/`, prefix),
    read: (key) => readFileSync(join(folder.path, name, key), 'utf8'),
    refuse: (text) => {
      const file = join(folder.path, 'refused');
      if (text === undefined) rmSync(file, { force: true });
      else writeFileSync(file, text);
    },
    [Symbol.dispose]: () => {
      programs[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

function keysOf(folder: TemporaryFolder, root: string, prefix: string): string[] {
  return folder
    .entries()
    .filter((path) => path.startsWith(`${root}${prefix}`) && /\.\w+$/.test(path))
    .map((path) => path.slice(root.length));
}
