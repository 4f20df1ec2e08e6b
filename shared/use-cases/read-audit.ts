import * as z from 'zod';
import type { AuditResult } from '../access/audit/entry.ts';
import { type AuditPlace, auditPlaceSchema } from '../access/audit/query.ts';
import { can } from '../access/policy.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import { pageLimit, word } from '../contract/requests.ts';
import { invalid, invalidCursor, type Result } from '../contract/result.ts';
import { fromCursor, toCursor } from '../lib/json.ts';
import { noAuditMessage } from '../messages/faults.ts';
import { latestTime } from '../store/limits.ts';
import { flagSchema } from './flag.ts';
import { denied, readInput } from './validate.ts';

const moment = z.lazy(() =>
  z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-11-22T00:00:00Z' })
    .transform((text) => Date.parse(text)),
);

/** A request to read the audit. */
export const auditRequest = z.lazy(() =>
  z.strictObject({
    caller: word.max(100).optional().describe('Requests of this caller'),
    connection: word.max(100).optional(),
    job: word.max(300).optional().describe('Requests about the job with this id'),
    operation: word.max(100).optional().describe('Requests about the operation with this id, and its jobs'),
    reads: flagSchema
      .optional()
      .describe(
        'false: leave out what only read jobs, operations, confirmations or the audit and was allowed',
      )
      .meta({ type: 'boolean' }),
    since: moment.optional().describe('RFC 3339; default 30 days ago'),
    until: moment.optional().describe('RFC 3339; default now'),
    limit: pageLimit,
    cursor: word.max(1_000).optional().describe('next_cursor of the previous page'),
  }),
);

const thirtyDaysMs = 30 * 86_400_000;

/** Reads the audit: requests that name no job, and the jobs at the connections that the caller may audit. */
export async function readAudit(
  { access, clock }: ServiceParts,
  input: unknown,
  { caller }: RequestContext,
): Promise<Result<AuditResult>> {
  const read = readInput(auditRequest, input);
  if (!read.ok) return read;
  const { since, until, cursor, ...filters } = read.value;
  const place = cursor === undefined ? undefined : placeIn(cursor);
  if (place === 'malformed') return invalidCursor();
  if (!can(caller, 'audit', filters.connection)) return denied('audit', 'connection');
  if (access === undefined) return invalid('', noAuditMessage);
  const from = since ?? (until ?? clock.wallTime()) - thirtyDaysMs;
  const shows = (connection: string) => can(caller, 'audit', connection);
  // Entries from before the clock was set back are shown, too.
  const query = { ...filters, from, to: until ?? latestTime, place, shows };
  // A function of AWS that reads no audit does not load it.
  const { readAuditPage } = await import('../access/audit/reader.ts');
  const { entries, unreadable, next } = await readAuditPage(access.store, clock, query);
  return { ok: true, value: { entries: [...entries], unreadable, next_cursor: next && toCursor(next) } };
}

function placeIn(cursor: string): AuditPlace | 'malformed' {
  return auditPlaceSchema.safeParse(fromCursor(cursor)).data ?? 'malformed';
}
