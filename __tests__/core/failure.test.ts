import { describe, expect, test } from '@jest/globals';
import { Failure, type FailureOptions } from '../../src/core/failure.ts';
import { type FailureKind, failures } from '../../src/core/failures/table.ts';

const { advice } = failures['request-refused'];

function message(what: string, options?: FailureOptions, kind: FailureKind = 'request-refused'): string {
  return new Failure(kind, what, options).message;
}

/** This file owns the wording of messages; other tests assert kinds and facts. */
describe('the message', () => {
  test('is what failed, what Cloudflare answered, and what to do', () => {
    const response = {
      messages: [{ code: 10005, message: 'bad request' }],
      httpStatus: 400,
      rayId: '8f1e2d3c4b5a6978-FRA',
      isGenuine: true,
    };
    expect(message('Could not list the downloads', { response })).toBe(
      `Could not list the downloads. Cloudflare answered: “bad request” (code 10005, HTTP 400, Ray ID 8f1e2d3c4b5a6978-FRA). ${advice}`,
    );
  });

  test('has what was answered between what failed and what to do', () => {
    const response = { messages: [{ message: 'no' }], isGenuine: true };
    expect(new Failure('server-error', 'It failed', { response }).answer).toBe('Cloudflare answered: “no”.');
    expect(new Failure('server-error', 'It failed').answer).toBe('');
  });

  test('has no response if there was none', () => {
    expect(message('Something happened')).toBe(`Something happened. ${advice}`);
    expect(message('Something happened', { response: { messages: [] } })).toBe(
      `Something happened. ${advice}`,
    );
  });

  test.each<[FailureKind, FailureOptions['response'], string]>([
    [
      'server-error',
      { messages: [], httpStatus: 502, rayId: 'a-FRA', isGenuine: true },
      'Cloudflare answered: HTTP 502, Ray ID a-FRA.',
    ],
    ['server-error', { messages: [{ message: 'no' }], isGenuine: true }, 'Cloudflare answered: “no”.'],
    // Without the service's own mark it may not be the service that answered.
    ['server-error', { messages: [{ message: 'no' }] }, 'The response was: “no”.'],
    ['github-error', { messages: [], httpStatus: 502 }, 'The response was: HTTP 502.'],
    [
      'github-refused',
      { messages: [{ message: 'no' }], httpStatus: 422, isGenuine: true },
      'GitHub answered: “no” (HTTP 422).',
    ],
    ['proxy', { messages: [{ message: 'no' }] }, 'The proxy answered: “no”.'],
    ['server-error', { messages: [], httpStatus: 502 }, 'The response was: HTTP 502.'],
    ['blocked', { messages: [{ message: 'no' }], httpStatus: 403 }, 'The response was: “no” (HTTP 403).'],
  ])('names the service that answered: %s, %j', (kind, response, quoted) => {
    expect(message('It failed', { response }, kind)).toBe(`It failed. ${quoted} ${failures[kind].advice}`);
  });

  test('has every message of the response, and the code of the first', () => {
    const messages = [
      { code: 7003, message: 'could not route' },
      { code: 7000, message: 'no route' },
    ];
    expect(message('No', { response: { messages, httpStatus: 404, isGenuine: true } })).toContain(
      'Cloudflare answered: “could not route”, “no route” (code 7003, HTTP 404).',
    );
  });

  test('keeps foreign text on one line', () => {
    const messages = [{ message: 'first\n::error::second\u202e' }];
    expect(message('No', { response: { messages } })).toContain('“first ::error::second”');
  });

  test.each<[what: string, response: FailureOptions['response'], quoted: string]>([
    [
      'every message that fits into 2,000 characters with its quotes',
      { messages: [{ message: 'a'.repeat(1000) }, { message: 'b'.repeat(996) }] },
      `“${'a'.repeat(1000)}”, “${'b'.repeat(996)}”.`,
    ],
    [
      'none after the first that does not, even if it is short',
      {
        messages: [{ message: 'a' }, { message: 'b'.repeat(1996) }, { message: 'c' }],
        omitted: 1200,
      },
      '“a”, and 1,202 more messages.',
    ],
    ['how many there are if none fits', { messages: [{ message: 'a'.repeat(1999) }] }, 'and 1 more message.'],
  ])('quotes %s', (_, response, quoted) => {
    expect(message('No', { response })).toBe(`No. The response was: ${quoted} ${advice}`);
  });

  test('has one line per problem if there are several', () => {
    expect(message('One thing.\nAnother?')).toBe(`One thing.\nAnother?\n${advice}`);
  });
});

describe('the table of failures', () => {
  test.each(Object.entries(failures))('has a title and whole sentences of advice for %s', (_, facts) => {
    expect(facts.title).toMatch(/^[A-Z].*[^.]$/);
    expect(facts.advice).toMatch(/^[A-Z].*\.$/);
  });

  test('has a different title for each kind', () => {
    const titles = Object.values(failures).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  test.each<[FailureKind, string | undefined, string | undefined]>([
    ['video-not-found', undefined, 'Cloudflare'],
    ['create-refused', 'type', 'Cloudflare'],
    ['file-missing', 'type', 'Cloudflare'],
    ['github-permission', undefined, 'GitHub'],
    ['proxy', undefined, 'the proxy'],
    ['not-json', undefined, undefined],
    ['disk-full', undefined, undefined],
  ])('%s has the scope %s and the service %s', (kind, scope, service) => {
    expect([failures[kind].scope, failures[kind].service]).toEqual([scope, service]);
  });
});

describe('a failure', () => {
  const cause = new Error('socket closed');
  const response = { messages: [], httpStatus: 500 };
  const failure = new Failure('server-error', 'It failed', { response, cause });

  test('keeps what it was created with', () => {
    expect(failure).toMatchObject({
      name: 'Failure',
      kind: 'server-error',
      what: 'It failed',
      response,
      cause,
    });
  });

  test('can get another description, with the original as its cause', () => {
    const described = failure.describedAs('Could not save');
    expect(described).toMatchObject({
      kind: 'server-error',
      what: 'Could not save',
      response,
      cause: failure,
    });
  });

  test('has the progress of the work, once', () => {
    const first = failure.withProgress('half of it was done');
    expect(first).toMatchObject({ kind: 'server-error', what: 'It failed; half of it was done', response });
    expect(first.withProgress('all of it was done')).toBe(first);
    const described = first.describedAs('Could not save');
    expect(described.withProgress('all of it was done')).toBe(described);
  });

  test('stays itself when it is thrown', () => {
    expect(Failure.from(failure)).toBe(failure);
  });

  test.each([
    ['an error', new TypeError('x is not\na function'), 'TypeError: x is not a function'],
    ['a text', 'no\nluck', 'no luck'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
  ])('is created from %s that was thrown', (_, thrown, words) => {
    const created = Failure.from(thrown);
    expect(created).toMatchObject({ kind: 'unexpected', cause: thrown });
    expect(created.what).toMatch(new RegExp(`: ${words}$`));
  });

  test('has the length of the text that was thrown if that is too long', () => {
    expect(Failure.from('x'.repeat(1000)).what).toMatch(/: x{1000}$/);
    expect(Failure.from('x'.repeat(1001)).what).toMatch(/: an error of 1,001 characters$/);
  });
});
