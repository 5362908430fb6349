import { type LocalPrograms, openLocalPrograms } from './local-programs.ts';

/**
 * The part of `gh release` that the examples use. Like the real one, it needs a token, and finds the repository by the
 * clone that it is started in.
 */
const script = `#!/bin/bash
set -euo pipefail
unsupported() { echo "gh: not supported: $*" >&2; exit 2; }
call() { curl --silent --show-error --fail-with-body --header "Authorization: Bearer $GH_TOKEN" "$@"; }

[ -n "\${GH_TOKEN:-}" ] || { echo 'gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.' >&2; exit 4; }
[ -d .git ] || { echo 'failed to run git: fatal: not a git repository' >&2; exit 1; }
[ "\${1:-}" = release ] || unsupported "$@"
command=$2 tag=$3
shift 3

releases="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/releases"
release=$(call "$releases" | jq -c --arg tag "$tag" 'map(select(.tag_name == $tag)) | first // empty')
if [ -z "$release" ] && [ "$command" != create ]; then
  echo 'release not found' >&2
  exit 1
fi

case "$command $*" in
  'view ') jq -r .name <<< "$release" ;;
  'view --json body --jq .body') jq -r .body <<< "$release" ;;
  'create --draft --generate-notes --verify-tag')
    call --output /dev/null --data "$(jq -n --arg tag "$tag" '{tag_name: $tag, draft: true, generate_release_notes: true}')" "$releases" ;;
  'edit --draft=false')
    call --output /dev/null --request PATCH --data '{"draft": false}' "$(jq -r .url <<< "$release")" ;;
  'edit --notes-file '*)
    call --output /dev/null --request PATCH --data "$(jq -n --rawfile body "$2" '{body: $body}')" "$(jq -r .url <<< "$release")" ;;
  *) unsupported "$command" "$@" ;;
esac
`;

/** A machine with a `gh` that talks to the GitHub of GITHUB_API_URL. */
export function openLocalGh(): LocalPrograms {
  return openLocalPrograms({ gh: script });
}
