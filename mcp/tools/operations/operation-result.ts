import * as z from 'zod';
import type { OperationOutcomes, OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import { countOfJobs } from '../../../shared/messages/counts.ts';
import { distinct, titleOf } from '../outcome-result.ts';
import type { ToolCall, ToolResult } from '../tool.ts';
import { toolStepsOf } from './operation-step.ts';

const text = z.string();

/** An operation in short form. */
const shownOperation = z.lazy(() =>
  z.strictObject({
    id: text,
    state: text,
    jobs: z.number(),
    pending: z.number().describe('Jobs without an outcome so far'),
    counts: z.object({}).catchall(z.number()),
    came_back: z.number().describe('Cancelled, and alive again'),
    created_at: text,
    message: text,
  }),
);
type ShownOperation = z.infer<typeof shownOperation>;

/** What `get_operation` answers. */
export const operationAnswer = z.lazy(() =>
  z.strictObject({
    operations: z.array(shownOperation),
    outcomes: z
      .array(
        z.strictObject({ provider: text, job_id: text, outcome: text, state: text, code: text.optional() }),
      )
      .optional(),
    next_cursor: text.optional(),
    next_steps: z.array(text),
  }),
);
type Answer = z.infer<typeof operationAnswer>;

/** What `pause_operation` answers. */
export const pausedAnswer = z.lazy(() =>
  z.strictObject({
    id: text,
    state: text,
    message: text,
    next_steps: z.array(text),
  }),
);

/** The counts that are not zero, in one line. */
function countsLine({ jobs, pending, counts, came_back }: Omit<ShownOperation, 'counts'> & Counted): string {
  const told = [...Object.entries({ ...counts, came_back, pending })].filter(([, count]) => count > 0);
  const sums = told.map(([name, count]) => `${count} ${name}`).join(', ');
  return `${countOfJobs(jobs)}${sums ? `: ${sums}` : ''}.`;
}
interface Counted {
  readonly counts: Readonly<Record<string, number>>;
}

function shown({ id, state, jobs, pending, counts, came_back, created_at, message }: OperationView) {
  const told = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return { id, state, jobs, pending, counts: told, came_back, created_at, message };
}

/** What else there is to say of an operation: what holds it up, and what its selector may have missed. */
export function operationNotes({ providers, unavailable = [] }: OperationView): string[] {
  const heldUp = providers.flatMap(({ provider, held_up }) =>
    held_up === undefined ? [] : [`${provider}: ${held_up}`],
  );
  return [...heldUp, ...unavailable.map(({ message }) => message)];
}

/** One operation, as a model sees it. */
export function operationResult(view: OperationView, call: ToolCall): ToolResult {
  const notes = operationNotes(view);
  const brief = shown(view);
  const message = [brief.message, ...notes].join(' ');
  return present({ operations: [{ ...brief, message }], next_steps: toolStepsOf(view, call) });
}

/** An operation that was to be paused, as a model sees it. */
export function pausedResult(view: OperationView, call: ToolCall): ToolResult {
  const { text, failed } = operationResult(view, call);
  const { id, state, message } = view;
  const structured = { id, state, message, next_steps: toolStepsOf(view, call) };
  return { structured, text, failed };
}

/** The latest operations, without what can be done about each. */
export function operationsResult(views: readonly OperationView[], cursor: string | null): ToolResult {
  const more = `call get_operation with cursor ${JSON.stringify(cursor)} for older ones.`;
  const one = 'call get_operation with an operation_id for what can be done about it.';
  return present({
    operations: views.map(shown),
    ...(cursor !== null && { next_cursor: cursor }),
    next_steps: [...(views.length === 0 ? [] : [one]), ...(cursor === null ? [] : [more])],
  });
}

/** A page of the outcomes of an operation. */
export function outcomesResult(id: string, { outcomes, next_cursor: cursor }: OperationOutcomes): ToolResult {
  const rows = outcomes.map(({ provider, job_id, outcome, state, code, pending, came_back }) => ({
    ...{ provider, job_id, outcome: pending ? 'pending' : came_back ? 'came_back' : outcome, state },
    ...(code !== undefined && { code }),
  }));
  const more = `call get_operation with operation_id "${id}", the same outcome and cursor ${JSON.stringify(cursor)}.`;
  return present({
    operations: [],
    outcomes: rows,
    ...(cursor !== null && { next_cursor: cursor }),
    next_steps: cursor === null ? [] : [more],
  });
}

function present(structured: Answer): ToolResult {
  const { operations, outcomes, next_steps } = structured;
  const lines = [
    ...(outcomes === undefined && operations.length === 0 ? ['You have no operations.'] : []),
    ...operations.map(
      (each) => `${each.id} (${each.state}, created ${each.created_at}): ${countsLine(each)} ${each.message}`,
    ),
    ...(outcomes === undefined ? [] : [`${countOfJobs(outcomes.length)} in this answer.`]),
    ...(outcomes ?? []).map((row) => `${titleOf(row)} (${row.state})`),
    ...next_steps.map((step) => `Next: ${step}`),
  ];
  return { structured, text: distinct(lines).join('\n'), failed: false };
}
