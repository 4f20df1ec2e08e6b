import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import { presented } from '../../../shared/contract/requests.ts';
import type { Fault, Result } from '../../../shared/contract/result.ts';
import { faultsResult } from '../faults.ts';
import { distinct, shownOffer } from '../outcome-result.ts';
import type { ToolCall, ToolResult } from '../tool.ts';
import { operationNotes } from './operation-result.ts';
import { toolStepsOf } from './operation-step.ts';

/** How long a resume waits to learn whether its operation has been started, in milliseconds. */
const readMs = 10_000;

/** A request to work in the background. */
export interface BackgroundRequest {
  readonly jobs?: readonly object[] | undefined;
  readonly selector?: object | undefined;
  readonly reason?: string | undefined;
}

/** Creates and starts an operation; a person may be asked first. */
export async function startInBackground(request: BackgroundRequest, call: ToolCall): Promise<ToolResult> {
  return present(await call.gateway.createOperation(request, call.context), call);
}

/** Starts an operation that has not been started, or resumes one that has; a person may be asked first. */
export async function continueOperation(
  operation_id: string,
  confirmation: string | undefined,
  call: ToolCall,
): Promise<ToolResult> {
  const { gateway, context } = call;
  const { limitMs = readMs } = context;
  const seen = await gateway.getOperation(
    { operation_id },
    { ...context, limitMs: Math.min(limitMs, readMs) },
  );
  if (!seen.ok) return faultsResult(seen.faults);
  const { state } = seen.value;
  const isNew = state === 'draft' || state === 'waiting_for_confirmation';
  const request = { operation_id, ...presented(confirmation) };
  const begin = isNew ? gateway.startOperation : gateway.resumeOperation;
  return present(await begin(request, context), call);
}

/** The fault of each argument that has no meaning in the background, or with an operation. */
export function combinedFaults(others: object, word: 'background' | 'operation_id'): Fault[] {
  const named = Object.entries(others).filter(([, value]) => value !== undefined);
  return named.map(([path]) => ({ path, kind: 'invalid', message: `cannot be combined with ${word}` }));
}

/** An operation in the form of the digest that `cancel_jobs` answers: none of its outcomes is shown. */
function present(result: Result<OperationView>, call: ToolCall): ToolResult {
  if (!result.ok) return faultsResult(result.faults);
  const view = result.value;
  const { id, state, jobs, pending, counts, duplicates, message, confirmation } = view;
  if (state === 'running' || state === 'listing') call.ownWork?.begin(id);
  const notes = [message, ...operationNotes(view)];
  const next_steps = toolStepsOf(view, call);
  const structured = {
    request_id: call.context.requestId,
    counts,
    duplicates,
    outcomes: [],
    omitted: jobs - pending,
    notes,
    next_steps,
    operation_id: id,
    operation_state: state,
    ...shownOffer(confirmation),
  };
  const text = [
    `Operation ${id} (${state}). Request ${call.context.requestId}.`,
    ...notes,
    ...next_steps.map((step) => `Next: ${step}`),
  ];
  return { structured, text: distinct(text).join('\n'), failed: false };
}
