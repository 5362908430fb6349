/** The values of one job of a matrix. */
export type Combination = Readonly<Record<string, unknown>>;

export interface Strategy {
  readonly combinations: readonly Combination[];
  readonly maxParallel: number;
}

/**
 * Reads an evaluated `strategy:`. Without one, there is a single job without values.
 *
 * @throws Error where GitHub rejects the workflow, as for an empty matrix, and if the first failure would stop the others
 * @see https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
 */
export function readStrategy(strategy: unknown): Strategy {
  if (strategy === null) return { combinations: [{}], maxParallel: 1 };
  const { 'fail-fast': failFast, 'max-parallel': maxParallel, matrix } = objectOf(strategy);
  if (failFast !== false) throw new Error('fail-fast is not supported');
  const combinations = combinationsOf(objectOf(matrix));
  if (combinations.length === 0) throw new Error('the matrix is empty');
  if (combinations.length > 256) throw new Error('the matrix has more than 256 jobs');
  return { combinations, maxParallel: typeof maxParallel === 'number' ? maxParallel : combinations.length };
}

/** Every combination of the lists; what is included extends those that it agrees with, or else is one of its own. */
function combinationsOf({ include = [], ...lists }: Combination): readonly Combination[] {
  const names = Object.keys(lists);
  let product: Combination[] = names.length === 0 ? [] : [{}];
  for (const name of names) {
    product = product.flatMap((one) => arrayOf(lists[name]).map((value) => ({ ...one, [name]: value })));
  }
  const extended: Record<string, unknown>[] = product.map((one) => ({ ...one }));
  const more: Combination[] = [];
  for (const included of arrayOf(include).map(objectOf)) {
    const agreeing = extended.filter((_, index) =>
      names.every((name) => !(name in included) || included[name] === product[index]?.[name]),
    );
    for (const one of agreeing) Object.assign(one, included);
    if (agreeing.length === 0) more.push(included);
  }
  return [...extended, ...more];
}

function objectOf(value: unknown): Combination {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`not a mapping: ${JSON.stringify(value)}`);
  }
  return { ...value };
}

function arrayOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`not a list: ${JSON.stringify(value)}`);
  return value;
}
