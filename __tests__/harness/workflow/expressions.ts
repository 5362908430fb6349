import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { truthy } from '@actions/expressions/result';
import { isBasicExpression, isBoolean, isMapping, isNumber, isSequence } from '@actions/workflow-parser';
import type { Part } from './parse.ts';

/** How a job, or the jobs that it needs, went. */
export type Status = 'success' | 'failure' | 'skipped';

/** What expressions can refer to. */
export interface Scope {
  /** By name, such as `github`. An expression with any other one fails. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** What the status functions are about. */
  readonly status: Status;
}

/** Evaluates a condition. */
export function isTrue(part: Part, scope: Scope): boolean {
  return truthy(evaluate(part, scope));
}

/** Evaluates a scalar, as the text that a runner makes of it; empty if there is none. */
export function textOf(part: Part, scope: Scope): string {
  return evaluate(part, scope).coerceString();
}

/** Evaluates a mapping with scalars, such as `env:` or `with:`; empty if there is none. */
export function textsOf(part: Part, scope: Scope): Record<string, string> {
  const value = evaluate(part, scope);
  if (value.kind === data.Kind.Null) return {};
  if (!(value instanceof data.Dictionary)) throw new Error('an expression did not result in a mapping');
  return Object.fromEntries(value.pairs().map((pair) => [pair.key, pair.value.coerceString()]));
}

/** Evaluates anything, as JSON. */
export function jsonOf(part: Part, scope: Scope): unknown {
  return JSON.parse(JSON.stringify(evaluate(part, scope), data.replacer));
}

function evaluate(part: Part, scope: Scope): data.ExpressionData {
  if (!part) return new data.Null();
  if (isBasicExpression(part)) return resultOf(part.expression, scope);
  if (isNumber(part)) return new data.NumberData(part.value);
  if (isBoolean(part)) return new data.BooleanData(part.value);
  if (isSequence(part)) return new data.Array(...Array.from(part, (item) => evaluate(item, scope)));
  if (isMapping(part)) {
    const pairs = Array.from(part, ({ key, value }) => ({
      key: key.toString(),
      value: evaluate(value, scope),
    }));
    return new data.Dictionary(...pairs);
  }
  return new data.StringData(part.toString());
}

function resultOf(expression: string, { contexts, status }: Scope): data.ExpressionData {
  const functions = statusFunctions(status);
  const { tokens } = new Lexer(expression).lex();
  const tree = new Parser(tokens, Object.keys(contexts), functions).parse();
  const values: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
  if (!(values instanceof data.Dictionary)) throw new TypeError('the contexts are not an object');
  return new Evaluator(tree, values, new Map(functions.map((one) => [one.name, one]))).evaluate();
}

function statusFunctions(status: Status): FunctionDefinition[] {
  const values = {
    always: true,
    cancelled: false,
    success: status === 'success',
    failure: status === 'failure',
  };
  return Object.entries(values).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
}
