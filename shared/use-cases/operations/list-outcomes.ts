import * as z from 'zod';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationOutcome, OperationOutcomes } from '../../contract/answers/operation-schema.ts';
import { type ListOutcomes, listOutcomesRequest } from '../../contract/operation-requests.ts';
import { invalidCursor, type Result } from '../../contract/result.ts';
import { fromCursor, toCursor } from '../../lib/json.ts';
import { progressOf } from '../../operations/end.ts';
import type { JobResult } from '../../operations/job-result.ts';
import type { OperationRecord, SharePlan, ShareRecord } from '../../operations/operation.ts';
import type { OperationRecords } from '../../operations/operation-records.ts';
import { type OutcomePlace, outcomeOf, pendingOutcome } from '../../operations/outcome-of.ts';
import { chunkSize, restOutcome } from '../../operations/state.ts';
import { readInput } from '../validate.ts';
import { findReadable, storedIn } from './stored.ts';

/** The most chunks that are read for one page: a filter may match nothing for long, and the cursor then goes on. */
const mostChunks = 60;

/** The place of a job: the frozen set, the connection, the chunk, and the job in it. */
const placeSchema = z.tuple([z.string().max(40), z.string().max(100), z.int().min(0), z.int().min(0)]);
type Place = z.infer<typeof placeSchema>;
type Kind = NonNullable<ListOutcomes['outcome']>[number];

/** Lists the outcomes of an operation's jobs, whole, by connection and then as they were asked for. */
export async function listOutcomes(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationOutcomes>> {
  const read = readInput(listOutcomesRequest, input);
  if (!read.ok) return read;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const { records } = stored.value;
  const found = await findReadable(stored.value, read.value.operation_id, context);
  if (!found.ok) return found;
  const record = found.value;
  const start = startOf(record, read.value.cursor);
  if (start === 'malformed') return invalidCursor();
  const shares = await progressOf(records, record);
  const places = (name: string): OutcomePlace => parts.connections.get(name) ?? { name };
  return { ok: true, value: await readPage({ records, record, shares, places }, read.value, start) };
}

function startOf(record: OperationRecord, cursor: string | undefined): Place | 'malformed' {
  const first = record.shares[0]?.connection ?? '';
  if (cursor === undefined) return [record.set ?? '', first, 0, 0];
  const { data } = placeSchema.safeParse(fromCursor(cursor));
  const isOurs = data?.[0] === record.set && record.shares.some(({ connection }) => connection === data?.[1]);
  return data !== undefined && isOurs ? data : 'malformed';
}

interface Source {
  readonly records: OperationRecords;
  readonly record: OperationRecord;
  readonly shares: ReadonlyMap<string, ShareRecord | undefined>;
  places(connection: string): OutcomePlace;
}

async function readPage(
  source: Source,
  { outcome: kinds, provider, limit }: ListOutcomes,
  [set, first, firstChunk, firstIndex]: Place,
): Promise<OperationOutcomes> {
  const outcomes: OperationOutcome[] = [];
  const { record, shares } = source;
  let chunksRead = 0;
  const from = record.shares.findIndex(({ connection }) => connection === first);
  for (const plan of record.shares.slice(Math.max(0, from))) {
    const { connection, chunks } = plan;
    if (provider !== undefined && provider !== connection) continue;
    const isFirst = connection === first;
    for (let chunk = isFirst ? firstChunk : 0; chunk < chunks; chunk += 1) {
      const share = shares.get(connection);
      if (kinds !== undefined && !mayHold(plan, share, chunk, kinds)) continue;
      if (chunksRead >= mostChunks) return { outcomes, next_cursor: toCursor([set, connection, chunk, 0]) };
      chunksRead += 1;
      const all = await readChunk(source, plan, share, chunk);
      const start = isFirst && chunk === firstChunk ? firstIndex : 0;
      for (const [index, outcome] of all.entries()) {
        if (index < start || kinds?.includes(kindOf(outcome)) === false) continue;
        if (outcomes.length >= limit)
          return { outcomes, next_cursor: toCursor([set, connection, chunk, index]) };
        outcomes.push(outcome);
      }
    }
  }
  return { outcomes, next_cursor: null };
}

/** What an outcome is counted under: jobs that came back, and those without an outcome, are counted apart. */
function kindOf({ outcome, came_back, pending }: OperationOutcome): Kind {
  if (pending) return 'pending';
  return came_back ? 'came_back' : outcome;
}

/** Whether the counts of a chunk allow that it holds such an outcome, so that others need not be read. */
function mayHold(
  plan: SharePlan,
  share: ShareRecord | undefined,
  chunk: number,
  kinds: readonly Kind[],
): boolean {
  const counts = share?.counts[chunk] ?? {};
  const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
  // Of the rest it is not known here what it is.
  if (known < chunkSize(plan, chunk)) return true;
  return kinds.some((kind) => kind !== 'pending' && (counts[kind] ?? 0) > 0);
}

async function readChunk(
  { records, record, places }: Source,
  plan: SharePlan,
  share: ShareRecord | undefined,
  chunk: number,
): Promise<OperationOutcome[]> {
  const at = { operation: record, connection: plan.connection, chunk };
  const [ids, { results, lost }] = await Promise.all([
    records.ids(at),
    records.known(at, chunkSize(plan, chunk)),
  ]);
  const place = places(plan.connection);
  return ids.map((id, index) => {
    const result = results[index] ?? resultOfRest(share);
    return result === undefined ? pendingOutcome(id, place, lost.has(index)) : outcomeOf(result, id, place);
  });
}

/** The result of a job without one, if its round gave up the rest. */
function resultOfRest(share: ShareRecord | undefined): JobResult | undefined {
  if (share?.rest === undefined) return undefined;
  const { code } = share.rest;
  return { outcome: restOutcome(code), state: 'unknown', code };
}
