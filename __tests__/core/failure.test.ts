import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { causes, Failure, failures } from '../../src/core/failure.ts';

const { advice } = failures['request-refused'];

function message(what: string, said?: ConstructorParameters<typeof Failure>[2]): string {
  return new Failure('request-refused', what, said).message;
}

describe('the message of a failure', () => {
  test('is what happened, what Cloudflare said, and what to do now', () => {
    const said = {
      messages: [{ code: 10005, message: 'bad request' }],
      httpStatus: 400,
      rayId: '8f1e2d3c4b5a6978-FRA',
    };
    expect(message('Could not list the downloads', { said })).toBe(
      `Could not list the downloads. Cloudflare said: “bad request” (code 10005, HTTP 400, Ray id 8f1e2d3c4b5a6978-FRA). ${advice}`,
    );
  });

  test('is what happened and what to do where Cloudflare said nothing', () => {
    expect(message('Something happened')).toBe(`Something happened. ${advice}`);
    expect(message('Something happened', { said: { messages: [] } })).toBe(`Something happened. ${advice}`);
  });

  test('has the facts of an answer that has no words', () => {
    expect(message('No', { said: { messages: [], httpStatus: 502, rayId: 'abc-FRA' } })).toBe(
      `No. Cloudflare answered: HTTP 502, Ray id abc-FRA. ${advice}`,
    );
  });

  test('has only the words where there is nothing else', () => {
    expect(message('No', { said: { messages: [{ message: 'no' }] } })).toBe(
      `No. Cloudflare said: “no”. ${advice}`,
    );
  });

  test('has the words of every message, and the code of the first', () => {
    const messages = [
      { code: 7003, message: 'could not route' },
      { code: 7000, message: 'no route' },
    ];
    expect(message('No', { said: { messages, httpStatus: 404 } })).toBe(
      `No. Cloudflare said: “could not route”, “no route” (code 7003, HTTP 404). ${advice}`,
    );
  });

  test('keeps foreign words in one line', () => {
    const messages = [{ message: 'first\n::error::second\u202e' }];
    expect(message('No', { said: { messages } })).toContain('“first ::error::second”');
  });

  test('has a line for each thing where several happened', () => {
    expect(message('One thing.\nAnother?')).toBe(`One thing.\nAnother?\n${advice}`);
  });

  test('does not double a full stop', () => {
    expect(message('It failed.')).toBe(`It failed. ${advice}`);
  });
});

describe('every kind of failure', () => {
  test.each(Object.entries(failures))(
    '%s has a title, and advice in whole sentences',
    (_, { title, advice }) => {
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(advice).toMatch(/^[A-Z].*\.$/);
    },
  );
});

describe('a failure', () => {
  test('keeps what it was made of', () => {
    const cause = new Error('socket closed');
    const said = { messages: [], httpStatus: 500 };
    const failure = new Failure('server-error', 'It failed', { said, cause });
    expect(failure).toMatchObject({ name: 'Failure', kind: 'server-error', what: 'It failed', said, cause });
    expect(failure).toBeInstanceOf(Error);
  });

  test('stays itself when it is thrown', () => {
    const failure = new Failure('too-long', 'It is too long');
    expect(Failure.from(failure)).toBe(failure);
  });

  test('is made of whatever else was thrown, with that as its cause', () => {
    const error = new TypeError('x is not a function');
    const failure = Failure.from(error);
    expect(failure).toMatchObject({ kind: 'unexpected', cause: error });
    expect(failure.what).toBe('Something unexpected went wrong: TypeError: x is not a function');
    expect(failure.message).toContain('report this');
  });

  test.each([
    ['a text', 'no\nluck', 'no luck'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 42, '42'],
  ])('is made of %s that was thrown', (_, thrown, words) => {
    expect(Failure.from(thrown).what).toBe(`Something unexpected went wrong: ${words}`);
  });
});

describe('what caused an error', () => {
  test('is told down to the deepest', () => {
    const deepest = new Error('ECONNRESET');
    const middle = new TypeError('fetch failed', { cause: deepest });
    const failure = new Failure('unreachable', 'No answer', { cause: middle });
    expect(causes(failure)).toEqual([failure, middle, deepest]);
    expect(causes(failure)[2]).toBe(deepest);
  });

  test('may be no error', () => {
    const error = new Error('outer', { cause: 'a text' });
    expect(causes(error)).toEqual([error, 'a text']);
    expect(causes('a text')).toEqual(['a text']);
    expect(causes(undefined)).toEqual([]);
  });

  test('is the first of several', () => {
    const [first, second] = [new Error('::1'), new Error('127.0.0.1')];
    const several = new AggregateError([first, second], 'all failed');
    const outer = new TypeError('fetch failed', { cause: several });
    const chain = causes(outer);
    expect(chain).toHaveLength(3);
    expect(chain[2]).toBe(first);
    expect(causes(new AggregateError([]))).toHaveLength(1);
  });

  test('ends where it comes round again', () => {
    const one = new Error('one');
    const two = new Error('two', { cause: one });
    one.cause = two;
    expect(causes(one)).toHaveLength(2);
    one.cause = one;
    expect(causes(one)).toHaveLength(1);
  });

  test('is found in errors that another realm made', () => {
    const foreign: unknown = runInNewContext('new TypeError("outer", { cause: new Error("inner") })');
    expect(causes(foreign).map(String)).toEqual(['TypeError: outer', 'Error: inner']);
  });
});
