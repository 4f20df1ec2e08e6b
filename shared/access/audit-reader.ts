import * as z from 'zod';
import { type Clock, timestamp } from '../clock.ts';
import { parseJson } from '../json.ts';
import { codeNames, evidenceSchema, outcomeNames, states } from '../outcome.ts';
import type { LogRecord, Position, Store } from '../store/store.ts';
import { type AuditBody, auditBodySchema, surfaces } from './audit.ts';
import { actions, callerKinds } from './caller.ts';

/** One line of the audit: what was decided about a job, or about a request that names none, and what came of it. */
export const auditEntrySchema = z.strictObject({
  at: z.string().describe('When the request began, RFC 3339'),
  request_id: z.string(),
  caller: z.string(),
  kind: z.enum(callerKinds),
  surface: z.enum(surfaces),
  action: z.enum(actions),
  decision: z.enum(['allowed', 'refused']),
  connection: z.string().optional(),
  job_id: z.string().optional(),
  outcome: z
    .enum(outcomeNames)
    .optional()
    .describe('Absent while a cancel is under way; unknown where its deadline passed without a word'),
  state: z.enum(states).optional(),
  code: z.enum(codeNames).optional(),
  evidence: evidenceSchema.optional(),
  reason: z.string().optional(),
  confirmation: z.string().optional(),
  confirmed_by: z.string().optional(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** Which entries, of when (milliseconds since the epoch), and how many at most. `place` is where the page before ended. */
export interface AuditQuery {
  readonly caller?: string | undefined;
  readonly connection?: string | undefined;
  readonly job?: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly place?: AuditPlace | undefined;
}

/** The request after which to go on, and how many entries of the next one were given already. */
export const auditPlaceSchema = z.tuple([
  z.strictObject({ at: z.number(), requestId: z.string() }).nullable(),
  z.number().int().min(0),
]);
export type AuditPlace = z.infer<typeof auditPlaceSchema>;

/** Entries, the newest first; `next` is `null` at the end. A page may be short, or empty, and yet not the last. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly next: AuditPlace | null;
}

const recordsPerScan = 500;
/** A filter may match nothing for long: after so many reads one is told to go on oneself. */
const mostScans = 20;

/** Reads the audit, whole requests joined: an intent, and what became of it. Rejects when the store does. */
export async function readAudit(store: Store, clock: Clock, query: AuditQuery): Promise<AuditPage> {
  const entries: AuditEntry[] = [];
  let [after, skip]: AuditPlace = query.place ?? [null, 0];
  for (let scans = 0; scans < mostScans; scans += 1) {
    const { from, to } = query;
    const records = await store.scan({ from, to, after: after ?? undefined, limit: recordsPerScan });
    if (records.length === 0) return { entries, next: null };
    for (const [, request] of Map.groupBy(records, ({ at, requestId }) => `${at} ${requestId}`)) {
      const all = entriesOf(request, clock.now()).filter((entry) => isWanted(entry, query));
      const taken = all.slice(skip, skip + query.limit - entries.length);
      entries.push(...taken);
      if (skip + taken.length < all.length) return { entries, next: [after, skip + taken.length] };
      after = placeOf(request) ?? after;
      skip = 0;
      if (entries.length === query.limit) return { entries, next: [after, 0] };
    }
  }
  return { entries, next: [after, 0] };
}

/** What the records of one request amount to. */
function entriesOf(records: readonly LogRecord[], now: number): AuditEntry[] {
  const jobs = new Map<string, AuditEntry>();
  const others: AuditEntry[] = [];
  for (const { at, requestId, body } of records) {
    const { data } = auditBodySchema.safeParse(parseJson(body));
    if (data === undefined) continue;
    const common = { at: timestamp(at), request_id: requestId, ...data.request };
    if (data.is === 'request') others.push({ ...common, decision: data.decision });
    else for (const [key, entry] of jobEntriesOf(data, now)) jobs.set(key, { ...common, ...entry });
  }
  return [...jobs.values(), ...others];
}

type JobEntry = Omit<AuditEntry, 'at' | 'request_id' | keyof AuditBody['request']>;

function jobEntriesOf(body: Exclude<AuditBody, { is: 'request' }>, now: number): [string, JobEntry][] {
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

function isWanted(entry: AuditEntry, { caller, connection, job }: AuditQuery): boolean {
  return (
    (caller === undefined || entry.caller === caller) &&
    (connection === undefined || entry.connection === connection) &&
    (job === undefined || entry.job_id === job)
  );
}

function placeOf([first]: readonly LogRecord[]): Position | undefined {
  return first && { at: first.at, requestId: first.requestId };
}
