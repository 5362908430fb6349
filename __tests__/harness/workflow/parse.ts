import {
  convertWorkflowTemplate,
  isMapping,
  isSequence,
  NoOperationTraceWriter,
  parseWorkflow,
} from '@actions/workflow-parser';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';

/** A part of a workflow whose expressions are not evaluated yet; undefined where the workflow has none. */
export type Part = TemplateToken | undefined;

/** A step of a job; it has either `uses` or `run`. */
export interface WorkflowStep {
  /** One that begins with `__` if the workflow gives none. */
  readonly id: string;
  /** `success()` if the workflow has none, and with `success() &&` before it unless it has a status function. */
  readonly if: Part;
  readonly env: Part;
  readonly uses: string | undefined;
  readonly with: Part;
  readonly run: Part;
  readonly shell: Part;
}

export interface WorkflowJob {
  readonly id: string;
  readonly needs: readonly string[];
  /** As that of a step. */
  readonly if: Part;
  readonly strategy: Part;
  readonly env: Part;
  readonly outputs: Part;
  readonly steps: readonly WorkflowStep[];
}

export interface Workflow {
  readonly env: Part;
  readonly concurrency: Part;
  readonly permissions: Part;
  /** Each after those that it needs. */
  readonly jobs: readonly WorkflowJob[];
}

/** What would change how a job or a step runs, but is not carried out. */
const unsupported = [
  'container',
  'continue-on-error',
  'defaults',
  'exclude',
  'services',
  'working-directory',
];

/**
 * Parses a workflow as GitHub does: its structure, its expressions, and which contexts they may use where they are.
 *
 * @throws Error with everything that GitHub would reject, or for something that cannot be carried out
 */
export async function readWorkflow(name: string, content: string): Promise<Workflow> {
  const { context, value: root } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  const problems = () => context.errors.getErrors().map(({ message }) => message);
  if (!root || problems().length > 0) throw new Error(problems().join('\n'));
  const template = await convertWorkflowTemplate(context, root);
  if (problems().length > 0) throw new Error(problems().join('\n'));

  for (const key of unsupported) {
    if (new RegExp(`^ *(- )?${key}:`, 'm').test(content)) throw new Error(`${name}: ${key} is not supported`);
  }
  const jobs = template.jobs.map((job): WorkflowJob => {
    if (job.type !== 'job') throw new Error(`${name}: a job that calls a workflow is not supported`);
    // The converted steps lack some of their fields.
    const written = items(partOf(root, 'jobs', job.id.value, 'steps'));
    return {
      id: job.id.value,
      needs: (job.needs ?? []).map(({ value }) => value),
      if: job.if,
      strategy: job.strategy,
      env: job.env,
      outputs: job.outputs,
      steps: job.steps.map((step, index): WorkflowStep => {
        const field = (key: string) => partOf(written[index], key);
        return {
          id: step.id,
          if: step.if,
          env: field('env'),
          uses: field('uses')?.toString(),
          with: field('with'),
          run: field('run'),
          shell: field('shell'),
        };
      }),
    };
  });
  return {
    env: template.env,
    concurrency: template.concurrency,
    permissions: partOf(root, 'permissions'),
    jobs: inOrder(jobs),
  };
}

/** Finds a part by its keys. */
export function partOf(part: Part, ...keys: readonly string[]): Part {
  return keys.reduce<Part>((found, key) => (found && isMapping(found) ? found.find(key) : undefined), part);
}

function items(part: Part): readonly TemplateToken[] {
  return part && isSequence(part) ? [...part] : [];
}

/** Sorts jobs so that each follows those that it needs; the parser has found that there is no cycle. */
function inOrder(jobs: readonly WorkflowJob[]): readonly WorkflowJob[] {
  const sorted = new Set<WorkflowJob>();
  const add = (job: WorkflowJob) => {
    for (const needed of jobs) if (job.needs.includes(needed.id)) add(needed);
    sorted.add(job);
  };
  for (const job of jobs) add(job);
  return [...sorted];
}
