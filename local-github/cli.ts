import { parseArgs } from 'node:util';
import { portNumber, runServer, serverOptions } from '../local-http/command-line.ts';
import { type LocalGitHub, startLocalGitHub } from './server.ts';

const usage = `A local GitHub with a repository that has releases, to try the action's release-tag.

Usage: npm run local-github -- [options]

  --port PORT     the port of the API, 0 for any free port (default 8788)
  --host ADDRESS  the address to listen on (default 127.0.0.1)
  --help          show this help
`;

const publishedTag = 'v1.0.0';
const draftTag = 'v1.1.0';

await runServer('local-github', async () => {
  const { values } = parseArgs({ options: serverOptions(8788) });
  if (values.help) return usage;
  const github = await startLocalGitHub({ host: values.host, port: portNumber(values.port) });
  github.addRelease({ tag: publishedTag, assets: [{ name: 'notes.txt', bytes: 'The first release.\n' }] });
  github.addRelease({ tag: draftTag, draft: true });
  return { banner: banner(github), close: github.close };
});

function banner({ apiUrl, uploadsUrl, owner, repo, token, readOnlyToken }: LocalGitHub): string {
  return `Local GitHub is listening.

  API               ${apiUrl}
  uploads           ${uploadsUrl}
  repository        ${owner}/${repo}
  token             ${token}
  read-only token   ${readOnlyToken}

Its releases:

  ${publishedTag}  published, with the asset notes.txt
  ${draftTag}  draft, without assets

In the environment of the action, which a runner would set:

  GITHUB_API_URL=${apiUrl}
  GITHUB_REPOSITORY=${owner}/${repo}

And its inputs:

  with:
    release-tag: ${publishedTag}
    github-token: ${token}

To look at the assets of a release:

  curl -H 'Authorization: Bearer ${token}' \\
    ${apiUrl}/repos/${owner}/${repo}/releases/tags/${publishedTag}

The repository, its tags and the tokens are the same at every start. Press Ctrl+C to stop.
`;
}
