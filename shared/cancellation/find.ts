import * as z from 'zod';
import { mayDo } from '../access/policy.ts';
import { Breaker } from '../http/breaker.ts';
import { fromCursor, toCursor } from '../json.ts';
import { causes, codeNames } from '../outcome.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import { type Checked, denied, faulty, invalid, readInput, unknownProvider } from './check.ts';
import { type JobView, jobSchema } from './look.ts';
import { type FindRequest, findRequest } from './requests.ts';
import { type Place, type Share, search } from './search.ts';
import { listFailureMessage, untoldMessage } from './wording.ts';

/** What it means when entries of a list cannot be read. */
const unreadCode = 'unexpected_response';
/** So long a search waits for its turn where a provider allows few lists a minute: whoever looks at a list wants it now. */
const patienceMs = 10_000;

/** A connection of whose jobs some are missing from the answer, and why. */
export const unavailableSchema = z.strictObject({
  provider: z.string(),
  code: z.enum(codeNames),
  cause: z.enum(causes).optional(),
  message: z.string(),
});
export type Unavailable = z.infer<typeof unavailableSchema>;

/** Jobs found. `partial`: some connection could not be asked to the end; `next_cursor` goes on where this page ends. */
export const findResultSchema = z.strictObject({
  jobs: z.array(jobSchema),
  partial: z.boolean(),
  unavailable: z.array(unavailableSchema),
  next_cursor: z.string().nullable(),
});
export type FindResult = z.infer<typeof findResultSchema>;

/** Where to go on in one connection's list. @see Place */
const placeSchema: z.ZodType<Place> = z.tuple([z.string().nullable(), z.number().int().min(0)]);
/** The connections that are not at their end. */
const cursorSchema = z.record(z.string(), placeSchema);
type Places = z.infer<typeof cursorSchema>;

/**
 * Finds jobs across the connections that the caller may list, in the order in which each provider lists them. A
 * connection that is down makes the answer partial and is named; the others are given all the same. One without a key
 * is named only when asked for, or where none has one.
 */
export async function find(
  parts: ServiceParts,
  input: unknown,
  context: CallContext,
): Promise<Checked<FindResult>> {
  const request = readInput(findRequest, input);
  return request.ok ? findJobs(parts, request.value, context) : request;
}

/** Carries out a search that was read. @see find */
export async function findJobs(
  parts: ServiceParts,
  request: FindRequest,
  context: CallContext,
  answerBy = parts.time.answerBy,
): Promise<Checked<FindResult>> {
  const { caller, signal } = context;
  const places = readCursor(request.cursor);
  if (places === 'malformed') return invalid('cursor', 'must be the next_cursor of an earlier answer');
  const { provider } = request;
  if (provider !== undefined && !parts.connections.has(provider))
    return faulty(unknownProvider('provider', { ...parts, ...context }));
  if (!mayDo(caller, 'list', provider)) return denied('list', 'provider');
  const asked = [...parts.connections.values()].filter(
    ({ name }) =>
      (provider ?? name) === name && (places === undefined || name in places) && mayDo(caller, 'list', name),
  );
  const now = parts.clock.now();
  const patience = (ms: number) => parts.time.patience(ms);
  const shares = await Promise.all(
    asked.map((connection) => {
      const sendBy = Math.min(now + patienceMs, answerBy);
      const terms = { sendBy, answerBy, signal, patience, breaker: new Breaker(), turn: parts.turn };
      const start = places?.[connection.name] ?? [null, 0];
      return search(connection, { ...request, start, now: parts.clock.wallTime(), terms });
    }),
  );
  const usable = shares.filter((share) => !isKeyless(share));
  const relevant = provider !== undefined || usable.length === 0 ? shares : usable;
  return { ok: true, value: assemble(relevant, request.limit) };
}

/** Whether there is no key, and none was meant to be there. */
function isKeyless({ failure, connection }: Share): boolean {
  return failure === 'provider_not_configured' && connection.credentials.keyPlace?.().fault === undefined;
}

function assemble(shares: readonly Share[], limit: number): FindResult {
  const jobs: JobView[] = [];
  const places: Places = {};
  for (const { connection, start, finds, rest, failure } of shares) {
    const taken = finds.slice(0, limit - jobs.length);
    jobs.push(...taken.map(({ job }) => job));
    const left = taken.length < finds.length;
    const place: Place | null = left ? (taken.at(-1)?.after ?? start) : rest;
    if (place !== null && failure === undefined) places[connection.name] = place;
  }
  const unavailable = shares.flatMap(missingFrom);
  const next = Object.keys(places).length === 0 ? null : toCursor(places);
  return { jobs, partial: unavailable.length > 0, unavailable, next_cursor: next };
}

/** What a share of the answer lacks: pages, entries that could not be read, and jobs whose state could not be told. */
function missingFrom({ connection, unread, untold, failure, cause }: Share): Unavailable[] {
  const provider = connection.name;
  const code = failure ?? (unread > 0 ? unreadCode : undefined);
  const unlisted = code && {
    ...{ provider, code, ...(cause && { cause }) },
    message: listFailureMessage({ code, cause }, connection),
  };
  const unseen = [...Map.groupBy(untold, (why) => why)].map(([why, { length }]) => ({
    provider,
    code: why,
    message: untoldMessage(why, length, connection.adapter),
  }));
  return [...(unlisted ? [unlisted] : []), ...unseen];
}

function readCursor(cursor: string | undefined): Places | undefined | 'malformed' {
  return cursor === undefined ? undefined : (cursorSchema.safeParse(fromCursor(cursor)).data ?? 'malformed');
}
