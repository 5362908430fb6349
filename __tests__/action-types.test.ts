import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';
import { readMetadata } from '../local-runner/metadata.ts';
import { downloadTypeFacts, downloadTypes } from '../src/core/download-types.ts';
import { type InputName, inputNames } from '../src/inputs/input-names.ts';
import { inputSchemas } from '../src/inputs/schemas.ts';
import type { PublishedRecord } from '../src/report/outputs.ts';

const root = join(import.meta.dirname, '..');
const action = readMetadata(join(root, 'action.yml'));

const plain = v.strictObject({ type: v.picklist(['string', 'boolean', 'integer', 'float']) });
const words = v.strictObject({
  type: v.literal('enum'),
  name: v.optional(v.pipe(v.string(), v.nonEmpty())),
  'allowed-values': v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.nonEmpty()),
});
const list = v.strictObject({
  type: v.literal('list'),
  separator: v.pipe(v.string(), v.nonEmpty()),
  'list-item': v.variant('type', [plain, words]),
});

/**
 * The part of the convention that this project uses.
 *
 * @see https://github.com/typesafegithub/github-actions-typing/blob/main/github-actions-typing.schema.json
 */
const typing = v.variant('type', [plain, words, list]);
const actionTypes = v.strictObject({
  inputs: v.record(v.string(), typing),
  outputs: v.record(v.string(), typing),
});

const types = v.parse(actionTypes, parse(readFileSync(join(root, 'action-types.yml'), 'utf8')));

/** The values that an input of the type `enum`, or each item of a list of them, may have. */
function valuesOf(type: v.InferOutput<typeof typing> | undefined): readonly string[] {
  const item = type?.type === 'list' ? type['list-item'] : type;
  return item?.type === 'enum' ? item['allowed-values'] : [];
}

function problemsWith(name: InputName, text: string): string {
  const { issues = [] } = v.safeParse(inputSchemas[name], text);
  return issues.map(({ message }) => message).join('\n');
}

function accepts(name: InputName, ...texts: readonly string[]): boolean {
  return texts.every((text) => problemsWith(name, text) === '');
}

/** The type of what an input accepts. */
function acceptedType(name: InputName): 'boolean' | 'integer' | 'enum' | 'other' {
  if (accepts(name, 'nonsense')) return 'other';
  if (accepts(name, 'true', 'false')) return 'boolean';
  if (accepts(name, '7')) return accepts(name, '7s') ? 'other' : 'integer';
  return problemsWith(name, 'nonsense').includes('is not one of') ? 'enum' : 'other';
}

describe('action-types.yml', () => {
  test('has exactly the inputs and outputs of action.yml, in the same order', () => {
    expect(Object.keys(types.inputs)).toEqual(Object.keys(action.inputs));
    expect(Object.keys(types.outputs)).toEqual(Object.keys(action.outputs));
  });

  test.each(inputNames)('has the type of what %s accepts', (name) => {
    const type = types.inputs[name];
    const accepted = acceptedType(name);
    const item = type?.type === 'list' ? type['list-item'].type : type?.type;
    expect(item).toBe(accepted === 'other' ? 'string' : accepted);
    expect(valuesOf(type).filter((value) => !accepts(name, value))).toEqual([]);
  });

  test.each(['operation', 'signed-url'] as const)('has every value of %s', (name) => {
    const [, values = ''] = /is not one of (.*)/.exec(problemsWith(name, 'nonsense')) ?? [];
    expect(valuesOf(types.inputs[name]).toSorted()).toEqual(values.split(', ').toSorted());
  });

  test('has every name of a download type', () => {
    const names = downloadTypes.flatMap((type) => [type, downloadTypeFacts[type].extension]);
    expect(valuesOf(types.inputs['type']).toSorted()).toEqual([...names, 'video'].toSorted());
    expect(valuesOf(types.outputs['type'])).toEqual(downloadTypes);
  });

  test.each(['video-id', 'type'] as const)('separates the values of %s as the code does', (name) => {
    const type = types.inputs[name];
    const values = { 'video-id': ['a'.repeat(32), 'b'.repeat(32)], type: [...downloadTypes] }[name];
    const text = values.join(type?.type === 'list' ? type.separator : '');
    expect(v.parse(inputSchemas[name], text)).toEqual(values);
  });

  test('has every status', () => {
    const statuses: Record<PublishedRecord['status'], true> = {
      ready: true,
      inprogress: true,
      error: true,
      none: true,
      deleted: true,
      failed: true,
    };
    expect(valuesOf(types.outputs['status'])).toEqual(Object.keys(statuses));
  });
});
