import type { Phase, ProgressListener } from '../contract/progress.ts';
import type { Clock } from '../lib/clock.ts';
import { type AttemptHistory, mayHaveBeenReceived, type StatusCheck, showsOver } from './attempt-history.ts';
import type { Connection } from './connection.ts';

const everyMs = 500;
/** Shorter holds are not reported. */
const shortestHoldMs = 1_000;

interface Entry {
  readonly job: AttemptHistory;
  readonly connection: Connection;
}

/**
 * Reports the progress of a call at once, twice a second and at the end, if it has changed. Returns a function that ends
 * the reports.
 */
export function reportProgress(
  entries: readonly Entry[],
  { clock, dryRun }: { readonly clock: Clock; readonly dryRun: boolean },
  onProgress: ProgressListener,
): () => void {
  if (onProgress === undefined || entries.length === 0) return () => undefined;
  let last = '';
  const reportChange = () => {
    const done = entries.filter(({ job }) => isDone(job, dryRun)).length;
    const progress = { done, total: entries.length, phase: phaseOf(entries, dryRun) };
    const text = JSON.stringify(progress);
    if (text !== last) onProgress(progress);
    last = text;
  };
  const repeat = () => {
    reportChange();
    cancel = clock.after(everyMs, repeat);
  };
  let cancel = clock.after(everyMs, repeat);
  reportChange();
  return () => {
    cancel();
    reportChange();
  };
}

/**
 * Turns progress with some of the jobs into progress with all: the `others` need no request. The jobs of a preview do not
 * count as done.
 */
export function progressOfAll(
  { others, isPreview }: { readonly others: number; readonly isPreview: boolean },
  onProgress: ProgressListener,
): ProgressListener {
  if (onProgress === undefined) return undefined;
  return ({ done, total, phase }) =>
    onProgress({ done: others + (isPreview ? 0 : done), total: others + total, phase });
}

/** Whether a job needs no further cancel; in a dry run, whether its status was read. */
function isDone({ first, attempts }: AttemptHistory, dryRun: boolean): boolean {
  return (dryRun && first !== undefined) || attempts.some(mayHaveBeenReceived) || isOver(first);
}

function isOver(check: StatusCheck | undefined): boolean {
  return check?.kind === 'not_found' || showsOver(check);
}

function phaseOf(entries: readonly Entry[], dryRun: boolean): Phase {
  const open = entries.filter(({ job }) => !isDone(job, dryRun) || !hasEnded(job));
  const held = longestHold(open.map(({ connection }) => connection));
  if (held !== undefined) return held;
  const unseen = entries.filter(({ job }) => job.first === undefined).length;
  const due = entries.filter(({ job }) => job.refusal === undefined && !isOver(job.first));
  const sent = due.filter(({ job }) => job.attempts.some(mayHaveBeenReceived)).length;
  if (unseen > 0 && sent === 0) return { kind: 'checking', jobs: unseen };
  if (dryRun) return { kind: 'watching', jobs: 0 };
  if (sent < due.length) return { kind: 'sending', sent, jobs: due.length };
  return { kind: 'watching', jobs: due.filter(({ job }) => !hasEnded(job)).length };
}

/** Whether a status check showed a final state. */
function hasEnded({ first, latest }: AttemptHistory): boolean {
  return isOver(first) || isOver(latest);
}

/** The hold that the call waits for, if every provider with work left is held back. */
function longestHold(connections: readonly Connection[]): Phase | undefined {
  const holds = [...new Set(connections)].map(({ adapter, client }) => ({
    provider: adapter.displayName,
    forMs: Math.ceil(client.heldMs / 1_000) * 1_000,
  }));
  const [longest] = holds.toSorted((one, other) => other.forMs - one.forMs);
  const areAllHeld = holds.every(({ forMs }) => forMs >= shortestHoldMs);
  return longest !== undefined && areAllHeld ? { kind: 'held', ...longest } : undefined;
}
