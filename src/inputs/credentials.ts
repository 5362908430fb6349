import { nearMiss } from '../core/near-miss.ts';
import type { Runner } from '../runner/runner.ts';
import type { Credentials } from '../stream/credentials.ts';
import { secretInputNames } from './input-names.ts';

/** Masks every secret that the step was given, whether or not it will be used and however its name is spelled. */
export function maskSecrets(runner: Runner): void {
  for (const [name, value] of Object.entries(runner.env)) {
    const isSecret =
      name === 'CLOUDFLARE_API_TOKEN' ||
      name === 'CLOUDFLARE_API_KEY' ||
      (name.startsWith('INPUT_') && nearMiss(name.slice('INPUT_'.length), secretInputNames));
    if (isSecret && value) runner.mask(value);
  }
}

/** A credential with the name under which a person gave it. */
interface Given {
  readonly name: string;
  readonly value: string;
}

/**
 * Finds the credentials: token input, pair of inputs, token of the environment, pair of the environment.
 *
 * @param problem takes what is wrong, never with a value in it
 * @returns undefined where something is wrong
 */
export function readCredentials(runner: Runner, problem: (text: string) => void): Credentials | undefined {
  const input = (name: string): Given => ({ name: `\`${name}\``, value: runner.input(name) });
  const variable = (name: string): Given => ({
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
      problem(
        `${there.name} is set but ${missing.name} is not: set both, or better an API token as \`api-token\``,
      );
      return undefined;
    }
  }
  problem(
    'no credentials: set `api-token` to an API token with the permission "Account · Stream · Edit", as a secret: `api-token: ${{ secrets.CLOUDFLARE_API_TOKEN }}`. Secrets are empty in runs for pull requests from forks',
  );
  return undefined;
}

/** Whether a value can be sent as a header: fetch's own error for one that cannot would show it. */
export function sendable({ name, value }: Given, problem: (text: string) => void): boolean {
  const position = value.search(/[^\x21-\x7e]/);
  if (position < 0) return true;
  const found = /\s/.test(value.charAt(position)) ? 'white space' : 'a character that is not printable ASCII';
  problem(
    `${name} holds ${found} (character ${position + 1} of ${value.length}): store the bare value again, without line breaks, quotes or "Bearer"`,
  );
  return false;
}
