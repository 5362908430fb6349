import { parseArgs } from 'node:util';
import { randomNumbers } from '../local-stream/random.ts';
import type { Sighting } from '../src/wait/forecast.ts';
import { nextPauseMs } from '../src/wait/schedule.ts';

/**
 * How late a finished download is noticed, and what that costs in requests: waits in virtual time, with durations
 * from 5 s to 60 min whose logarithm is evenly spread, and percentages rounded down to whole ones.
 */

const { values: options } = parseArgs({
  options: { waits: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});

type Random = () => number;
type Schedule = (sightings: readonly Sighting[], random: number) => number;

/** The share of the work that is done after a share of the time, for one wait. */
type Progress = (passed: number) => number;

const shapes: Readonly<Record<string, (random: Random) => Progress>> = {
  linear: () => (passed) => passed,
  'quarter steps': () => (passed) => Math.floor(4 * passed) / 4,
  'fast then slow': (random) => {
    const degree = 1.5 + 1.5 * random();
    return (passed) => 1 - (1 - passed) ** degree;
  },
  'slow then fast': (random) => {
    const degree = 1.5 + 1.5 * random();
    return (passed) => passed ** degree;
  },
  '0 until done': () => () => 0,
  'quickly to 99, stuck': (random) => {
    const quickly = 0.05 + 0.15 * random();
    return (passed) => Math.min(0.99, (0.99 * passed) / quickly);
  },
};

const every =
  (seconds: number): Schedule =>
  () =>
    seconds * 1000;

const schedules: Readonly<Record<string, Schedule>> = {
  'every 2 s': every(2),
  'every 5 s': every(5),
  'every 10 s': every(10),
  'every 30 s': every(30),
  'doubling to 30 s': (sightings) => Math.min(30_000, 1000 * 2 ** (sightings.length - 1)),
  'this action': nextPauseMs,
};

/** One wait: how long the work took, how long after its end that was noticed, and after how many questions. */
interface Wait {
  readonly shape: string;
  readonly durationMs: number;
  readonly latenessMs: number;
  readonly requests: number;
}

function simulate(schedule: Schedule, seed: number, waits: number): Wait[] {
  const random = randomNumbers(seed);
  return Array.from({ length: waits }, (_, index) => {
    const names = Object.keys(shapes);
    const shape = names[index % names.length] ?? '';
    const durationMs = 5000 * 720 ** random();
    const progress = shapes[shape]?.(random) ?? (() => 0);
    // Every schedule meets the same waits, however many random numbers it takes.
    return { shape, durationMs, ...waitFor(durationMs, progress, schedule, randomNumbers(index)) };
  });
}

function waitFor(durationMs: number, progress: Progress, schedule: Schedule, random: Random) {
  const sightings: Sighting[] = [{ atMs: 0, percent: 0 }];
  for (let atMs = 0, requests = 1; ; requests++) {
    atMs += schedule(sightings, random());
    if (atMs >= durationMs) return { latenessMs: atMs - durationMs, requests };
    sightings.push({ atMs, percent: Math.floor(100 * progress(atMs / durationMs)) });
  }
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const percentile95 = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(0.95 * numbers.length)] ?? Number.NaN;
const lateness = (waits: readonly Wait[]) => mean(waits.map(({ latenessMs }) => latenessMs)) / 1000;
const requests = (waits: readonly Wait[]) => mean(waits.map((wait) => wait.requests));

const results = Object.entries(schedules).map(([name, schedule]) => ({
  name,
  waits: simulate(schedule, Number(options.seed), Number(options.waits)),
}));

console.log(
  `${options.waits} waits, seed ${options.seed}: lateness mean / 95 % in s, and requests per wait\n`,
);
const columns = ['in all', ...Object.keys(shapes)];
console.log(`| | ${columns.join(' | ')} |`);
console.log(`|---|${columns.map(() => '---|').join('')}`);
for (const { name, waits } of results) {
  const cells = columns.map((column) => {
    const these = waits.filter(({ shape }) => column === 'in all' || shape === column);
    const late95 = percentile95(these.map(({ latenessMs }) => latenessMs)) / 1000;
    return `${lateness(these).toFixed(2)} / ${late95.toFixed(1)}, ${requests(these).toFixed(0)}`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

const ours = results.find(({ name }) => name === 'this action')?.waits ?? [];
const fixed = results.find(({ name }) => name === 'every 5 s')?.waits ?? [];
const compare = (label: string, goals: string, chosen: (wait: Wait) => boolean) => {
  const [our, their] = [ours.filter(chosen), fixed.filter(chosen)];
  const [late, asked] = [lateness(our) / lateness(their), requests(our) / requests(their)];
  console.log(`${label}: ${late.toFixed(2)} of the lateness, ${asked.toFixed(2)} of the requests (${goals})`);
};
const isShort = ({ durationMs }: Wait) => durationMs < 60_000;
console.log('\nThis action beside every 5 s');
compare('  in all', 'goal: 0.80 and 0.55', () => true);
compare(
  '  under a minute, linear and 0 until done',
  'goal: 0.50 and 1.35',
  (wait) => isShort(wait) && /linear|0 until/.test(wait.shape),
);
compare(
  '  under a minute, linear',
  'part of the line above',
  (wait) => isShort(wait) && wait.shape === 'linear',
);
compare(
  '  under a minute, 0 until done',
  'part of the line above',
  (wait) => isShort(wait) && wait.shape === '0 until done',
);
console.log(
  `  linear: ${lateness(ours.filter(({ shape }) => shape === 'linear')).toFixed(2)} s late (goal: 0.70 s)`,
);
