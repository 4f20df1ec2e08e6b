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
    const counts = countJobs(entries, dryRun);
    const progress = { done: counts.done, total: entries.length, phase: phaseOf(counts, dryRun) };
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

/** How far the jobs of a call are. */
interface JobCounts {
  /** Need no further cancel; in a dry run, had their status read. */
  readonly done: number;
  /** Had no status check yet. */
  readonly unseen: number;
  /** Are to be cancelled. */
  readonly due: number;
  /** Those of them that may have been sent a cancel. */
  readonly sent: number;
  /** Those of them that no status check has shown in a final state. */
  readonly running: number;
  /** Where jobs are with which the call is not done. */
  readonly open: ReadonlySet<Connection>;
}

/** Counts in one pass: a call of thousands of jobs reports twice a second. */
function countJobs(entries: readonly Entry[], dryRun: boolean): JobCounts {
  const open = new Set<Connection>();
  const counts = { done: 0, unseen: 0, due: 0, sent: 0, running: 0, open };
  for (const { job, connection } of entries) {
    const isSent = job.attempts.some(mayHaveBeenReceived);
    const wasOver = isOver(job.first);
    const isDone = isSent || wasOver || (dryRun && job.first !== undefined);
    const hasEnded = wasOver || isOver(job.latest);
    if (isDone) counts.done += 1;
    if (!isDone || !hasEnded) open.add(connection);
    if (job.first === undefined) counts.unseen += 1;
    if (wasOver || job.refusal !== undefined) continue;
    counts.due += 1;
    if (isSent) counts.sent += 1;
    if (!hasEnded) counts.running += 1;
  }
  return counts;
}

function isOver(check: StatusCheck | undefined): boolean {
  return check?.kind === 'not_found' || showsOver(check);
}

function phaseOf({ open, unseen, due, sent, running }: JobCounts, dryRun: boolean): Phase {
  const held = longestHold(open);
  if (held !== undefined) return held;
  if (unseen > 0 && sent === 0) return { kind: 'checking', jobs: unseen };
  if (dryRun) return { kind: 'watching', jobs: 0 };
  if (sent < due) return { kind: 'sending', sent, jobs: due };
  return { kind: 'watching', jobs: running };
}

/** The hold that the call waits for, if every provider with work left is held back. */
function longestHold(connections: ReadonlySet<Connection>): Phase | undefined {
  const holds = [...connections].map(({ adapter, client }) => ({
    provider: adapter.displayName,
    forMs: Math.ceil(client.heldMs / 1_000) * 1_000,
  }));
  const [longest] = holds.toSorted((one, other) => other.forMs - one.forMs);
  const areAllHeld = holds.every(({ forMs }) => forMs >= shortestHoldMs);
  return longest !== undefined && areAllHeld ? { kind: 'held', ...longest } : undefined;
}
