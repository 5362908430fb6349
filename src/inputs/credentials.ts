import { nearMiss } from '../core/near-miss.ts';
import { count } from '../core/text.ts';
import type { Credentials } from '../stream/client.ts';
import { type InputSource, type ReportProblem, secretInputNames } from './input-names.ts';

/** Every secret among the inputs and variables, even if it is not used or the name of its input is mistyped. */
export function secretsIn(env: InputSource['env']): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const isSecret =
      name === 'CLOUDFLARE_API_TOKEN' ||
      name === 'CLOUDFLARE_API_KEY' ||
      (name.startsWith('INPUT_') && nearMiss(name.slice('INPUT_'.length), secretInputNames));
    return isSecret && value ? [value] : [];
  });
}

/** A credential with the name of the input or variable that contains it. */
interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/**
 * Finds the credentials, in this order: token input, pair of inputs, token from the environment, pair from the
 * environment. Problems never contain a value.
 *
 * @returns undefined where a problem was reported
 */
export function readCredentials(
  { env, input: read }: InputSource,
  report: ReportProblem,
): Credentials | undefined {
  const input = (name: string): NamedValue => ({ name: `\`${name}\``, value: read(name) });
  const variable = (name: string): NamedValue => ({
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
      report(
        `${present.name} is set but ${missing.name} is not: set both, or better an API token as \`api-token\``,
      );
      return undefined;
    }
  }
  report(
    'no credentials: set `api-token` to an API token with the permission "Account · Stream · Edit", as a secret: `api-token: ${{ secrets.CLOUDFLARE_API_TOKEN }}`. Secrets are empty in runs for pull requests from forks',
  );
  return undefined;
}

/** The longest credential that servers accept in a header, in characters. */
const maxCredentialLength = 8192;

/** Whether a value can be sent as a header. Fetch's own error for one that cannot would show the value. */
export function isSendable({ name, value }: NamedValue, report: ReportProblem): boolean {
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
