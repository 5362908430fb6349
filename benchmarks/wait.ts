import { parseArgs } from 'node:util';
import { randomNumbers } from '../local-http/random.ts';
import type { Sample } from '../src/wait/estimate.ts';
import { nextPauseMs } from '../src/wait/schedule.ts';

/**
 * How late a finished download is noticed, and what that costs in requests: waits in virtual time, with durations
 * from 5 s to 60 min, log-uniformly distributed, and percentages rounded down to whole ones. The constants in
 * `src/wait/` were fitted on the first table alone; the second one shows how the schedule does on progress that
 * matches none of its assumptions.
 */

const { values: options } = parseArgs({
  options: { waits: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});

type Random = () => number;
type Schedule = (samples: readonly Sample[], random: number) => number;

/** The share of the work (0–1) that is done after a share of the time (0–1), for one wait. */
type Progress = (elapsed: number) => number;

type Shapes = Readonly<Record<string, (random: Random) => Progress>>;

/** The shapes of progress that the schedule was fitted on. */
const fittedShapes: Shapes = {
  linear: () => (elapsed) => elapsed,
  'quarter steps': () => (elapsed) => Math.floor(4 * elapsed) / 4,
  'fast then slow': (random) => {
    const degree = 1.5 + 1.5 * random();
    return (elapsed) => 1 - (1 - elapsed) ** degree;
  },
  'slow then fast': (random) => {
    const degree = 1.5 + 1.5 * random();
    return (elapsed) => elapsed ** degree;
  },
  '0 until done': () => () => 0,
  'fast to 99, then stuck': (random) => {
    const quickly = 0.05 + 0.15 * random();
    return (elapsed) => Math.min(0.99, (0.99 * elapsed) / quickly);
  },
};

/** Progress that no shape of the schedule describes. */
const otherShapes: Shapes = {
  'random walk': (random) => {
    const steps = 5 + Math.floor(45 * random());
    const done = cumulative(Array.from({ length: steps }, () => exponential(random)));
    return interpolation(done.map((share, index) => [index / steps, share]));
  },
  'with pauses': (random) => interpolation(interrupted(random)),
  'with jumps': (random) => interpolation(interrupted(random).map(([elapsed, done]) => [done, elapsed])),
};

type Point = readonly [elapsed: number, done: number];

/** Even progress with one to four pauses, which take 20 to 70 % of the time; the axes swapped, jumps. */
function interrupted(random: Random): Point[] {
  const pauses = 1 + Math.floor(4 * random());
  const pausedShare = 0.2 + 0.5 * random();
  const paused = cumulative(Array.from({ length: pauses }, () => exponential(random)));
  const done = cumulative(Array.from({ length: pauses + 1 }, () => exponential(random)));
  const elapsed = (work: number, pause: number) => (1 - pausedShare) * work + pausedShare * pause;
  return done.flatMap((work, index): Point[] => [
    [elapsed(work, paused[Math.max(0, index - 1)] ?? 1), work],
    [elapsed(work, paused[index] ?? 1), work],
  ]);
}

const exponential = (random: Random) => -Math.log(1 - random());

/** The running sums from 0, scaled so that the last one is 1. */
function cumulative(parts: readonly number[]): number[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  const sums = parts.map((_, index) => parts.slice(0, index + 1).reduce((sum, part) => sum + part, 0));
  return [0, ...sums.map((sum) => sum / total)];
}

/** Straight lines between the points; where two have the same time, progress jumps. */
function interpolation(points: readonly Point[]): Progress {
  return (elapsed) => {
    const next = points.findIndex(([time]) => time > elapsed);
    const [from = 0, doneFrom = 0] = points[next - 1] ?? [];
    const [to = 1, doneTo = 1] = points[next] ?? [];
    return doneFrom + ((doneTo - doneFrom) * (elapsed - from)) / (to - from);
  };
}

const every =
  (seconds: number): Schedule =>
  () =>
    seconds * 1000;

const schedules: Readonly<Record<string, Schedule>> = {
  'every 2 s': every(2),
  'every 5 s': every(5),
  'every 10 s': every(10),
  'every 30 s': every(30),
  'doubling to 30 s': (samples) => Math.min(30_000, 1000 * 2 ** (samples.length - 1)),
  'this action': nextPauseMs,
};

/** One wait: how long the work took, how long after its end that was noticed, and after how many polls. */
interface Wait {
  readonly shape: string;
  readonly durationMs: number;
  readonly latenessMs: number;
  readonly requests: number;
}

function simulate(schedule: Schedule, shapes: Shapes, seed: number, waits: number): Wait[] {
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
  const samples: Sample[] = [{ atMs: 0, percent: 0 }];
  for (let atMs = 0, requests = 1; ; requests++) {
    atMs += schedule(samples, random());
    if (atMs >= durationMs) return { latenessMs: atMs - durationMs, requests };
    samples.push({ atMs, percent: Math.floor(100 * progress(atMs / durationMs)) });
  }
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const percentile95 = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(0.95 * numbers.length)] ?? Number.NaN;
const lateness = (waits: readonly Wait[]) => mean(waits.map(({ latenessMs }) => latenessMs)) / 1000;
const requests = (waits: readonly Wait[]) => mean(waits.map((wait) => wait.requests));

interface Result {
  readonly name: string;
  readonly waits: readonly Wait[];
}

function resultsOf(shapes: Shapes): Result[] {
  return Object.entries(schedules).map(([name, schedule]) => ({
    name,
    waits: simulate(schedule, shapes, Number(options.seed), Number(options.waits)),
  }));
}

function printTable(shapes: Shapes, results: readonly Result[]): void {
  const columns = ['overall', ...Object.keys(shapes)];
  console.log(`| | ${columns.join(' | ')} |`);
  console.log(`|---|${columns.map(() => '---|').join('')}`);
  for (const { name, waits } of results) {
    const cells = columns.map((column) => {
      const these = waits.filter(({ shape }) => column === 'overall' || shape === column);
      const late95 = percentile95(these.map(({ latenessMs }) => latenessMs)) / 1000;
      return `${lateness(these).toFixed(2)} / ${late95.toFixed(1)}, ${requests(these).toFixed(0)}`;
    });
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

const fixedSchedule = 'every 5 s';

function compare(
  results: readonly Result[],
  label: string,
  note = '',
  chosen: (wait: Wait) => boolean = () => true,
): void {
  const of = (schedule: string) => results.find(({ name }) => name === schedule)?.waits.filter(chosen) ?? [];
  const [our, their] = [of('this action'), of(fixedSchedule)];
  const [late, requested] = [lateness(our) / lateness(their), requests(our) / requests(their)];
  const ratios = `${late.toFixed(2)} of the lateness, ${requested.toFixed(2)} of the requests`;
  console.log(`  ${label}: ${ratios}${note && ` (${note})`}`);
}

const isShort = ({ durationMs }: Wait) => durationMs < 60_000;
const isLinear = ({ shape }: Wait) => shape === 'linear';
const isSilent = ({ shape }: Wait) => shape === '0 until done';

console.log(
  `${options.waits} waits, seed ${options.seed}: lateness mean / 95 % in s, and requests per wait\n`,
);
const fitted = resultsOf(fittedShapes);
printTable(fittedShapes, fitted);
console.log(`\nThis action compared with ${fixedSchedule}`);
compare(fitted, 'overall', 'goal: 0.80 and 0.55');
compare(
  fitted,
  'under a minute, linear and 0 until done',
  'goal: 0.50 and 1.35',
  (wait) => isShort(wait) && (isLinear(wait) || isSilent(wait)),
);
compare(
  fitted,
  'under a minute, linear',
  'part of the line above',
  (wait) => isShort(wait) && isLinear(wait),
);
compare(
  fitted,
  'under a minute, 0 until done',
  'part of the line above',
  (wait) => isShort(wait) && isSilent(wait),
);
const linear = fitted.find(({ name }) => name === 'this action')?.waits.filter(isLinear) ?? [];
console.log(`  linear: ${lateness(linear).toFixed(2)} s late (goal: 0.70 s)`);

console.log('\nProgress that the schedule was not fitted on\n');
const others = resultsOf(otherShapes);
printTable(otherShapes, others);
console.log(`\nThis action compared with ${fixedSchedule}`);
for (const label of ['overall', ...Object.keys(otherShapes)]) {
  compare(others, label, '', ({ shape }) => label === 'overall' || shape === label);
}
