import { type Clock, timestamp } from '../../lib/clock.ts';
import { omitUndefined } from '../../lib/collections.ts';
import { yieldIfBusy } from '../../lib/event-loop.ts';
import { parseJson } from '../../lib/json.ts';
import type { LogRecord, Position, Store } from '../../store/store.ts';
import { type AuditBody, auditBodySchema } from './body.ts';
import type { AuditEntry } from './entry.ts';
import type { AuditPlace, AuditQuery } from './query.ts';

/**
 * Entries, newest first; `next` is `null` at the end. A page may be short or empty without being the last. `unreadable`
 * counts skipped records, which are broken or from another version.
 */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly unreadable: number;
  readonly next: AuditPlace | null;
}

const recordsPerScan = 500;
/** The most reads for one page: a filter may match nothing for long, and the caller then continues with the cursor. */
const mostScans = 20;

/**
 * Reads the audit and joins each intent with its outcome. Yields to other work on this thread, even for a long log.
 * Rejects if the store does.
 */
export async function readAuditPage(store: Store, clock: Clock, query: AuditQuery): Promise<AuditPage> {
  const entries: AuditEntry[] = [];
  let unreadable = 0;
  let [after, skip]: AuditPlace = query.place ?? [null, 0];
  for (let scans = 0; scans < mostScans; scans += 1) {
    const { from, to } = query;
    const records = await store.scan({ from, to, after: after ?? undefined, limit: recordsPerScan });
    if (records.length === 0) return { entries, unreadable, next: null };
    for (const [, request] of Map.groupBy(records, ({ at, requestId }) => `${at} ${requestId}`)) {
      const read = await readRequest(request, clock.wallTime());
      const all = read.entries.filter((entry) => isWanted(entry, query));
      const taken = all.slice(skip, skip + query.limit - entries.length);
      entries.push(...taken);
      if (skip === 0) unreadable += read.unreadable;
      const place = placeOf(request);
      if (skip + taken.length < all.length)
        return { entries, unreadable, next: [before(place), skip + taken.length] };
      after = place;
      skip = 0;
      if (entries.length === query.limit) return { entries, unreadable, next: [after, 0] };
    }
  }
  return { entries, unreadable, next: [after, 0] };
}

/** The entries of one request's records. */
async function readRequest(
  records: readonly LogRecord[],
  now: number,
): Promise<{ readonly entries: AuditEntry[]; readonly unreadable: number }> {
  const jobs = new Map<string, AuditEntry>();
  const others: AuditEntry[] = [];
  let unreadable = 0;
  for (const { at, requestId, part, body } of records) {
    await yieldIfBusy();
    const { data } = auditBodySchema.safeParse(parseJson(body));
    if (data === undefined) {
      unreadable += 1;
      continue;
    }
    const place = { at: timestamp(at), request_id: requestId };
    if (data.is === 'webhook') {
      const { operation, confirmation, ...webhook } = data.webhook;
      const about = omitUndefined({ operation, confirmation });
      others.push({ ...place, ...notifier, ...about, webhook });
      continue;
    }
    const common = { ...place, ...data.request };
    if (data.is === 'request') others.push({ ...common, decision: data.decision });
    else
      for (const [job, entry] of jobEntriesOf(data, now))
        jobs.set(`${trailOf(part)} ${job}`, { ...common, ...entry });
  }
  return { entries: [...jobs.values(), ...others], unreadable };
}

/** calloff sends events by itself, so no caller is behind them. */
const notifier = {
  caller: 'calloff',
  kind: 'program',
  surface: 'webhook',
  action: 'notify',
  decision: 'allowed',
} as const;

/** The prefix of a sequence, which all records of one writer share; records of the first log version have none. */
function trailOf(part: string): string {
  return part.slice(0, part.lastIndexOf('-') + 1);
}

type JobBody = Extract<AuditBody, { is: 'intent' | 'outcomes' }>;
type JobEntry = Omit<AuditEntry, 'at' | 'request_id' | keyof JobBody['request']>;

function jobEntriesOf(body: JobBody, now: number): [string, JobEntry][] {
  if (body.is === 'intent') {
    const { connection, job_ids, deadline } = body;
    const lost = now > deadline ? { outcome: 'unknown' as const } : {};
    return job_ids.map((job_id) => [
      `${connection}/${job_id}`,
      { decision: 'allowed', connection, job_id, ...lost },
    ]);
  }
  return body.jobs.map((job) => [
    `${job.connection}/${job.job_id}`,
    { decision: job.outcome === 'refused' ? 'refused' : 'allowed', ...job },
  ]);
}

function isWanted(
  entry: AuditEntry,
  { caller, connection, job, operation, reads = true, shows }: AuditQuery,
): boolean {
  return (
    (reads || !isRead(entry)) &&
    (caller === undefined || entry.caller === caller) &&
    (connection === undefined || entry.connection === connection) &&
    (job === undefined || isJob(entry, job)) &&
    (operation === undefined || entry.operation === operation) &&
    (entry.connection === undefined || shows?.(entry.connection) !== false)
  );
}

/** Whether an entry is about an allowed look at jobs, operations, confirmations or the audit. What was refused is no read. */
function isRead({ action, step, decision }: AuditEntry): boolean {
  if (decision === 'refused' || step === 'restore') return false;
  return action === 'confirm'
    ? step === undefined || step === 'show'
    : action === 'list' || action === 'audit';
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether an entry is about a job id. UUIDs are stored in lower case. */
function isJob({ job_id }: AuditEntry, wanted: string): boolean {
  return job_id === wanted || (uuid.test(wanted) && job_id === wanted.toLowerCase());
}

function placeOf([first]: readonly LogRecord[]): Position | null {
  return first === undefined ? null : { at: first.at, requestId: first.requestId };
}

/**
 * The position right before a request, where no other can be inserted: `-` sorts before every character of an id. With the
 * position of the request before it, one written in between would be taken for the request that was begun.
 */
function before(place: Position | null): Position | null {
  return place && { at: place.at, requestId: `${place.requestId}-` };
}
