import type { Failure, StatusReading } from '../adapter/adapter.ts';
import { askInPool } from '../http/ask-in-pool.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import type { Place } from '../http/rate-limit/permit.ts';
import { limitOn, type ProviderResponse } from '../http/types.ts';
import type { StatusCheck } from './attempt-history.ts';
import { ask, type Connection, inChunks, keyOf, type ReadResult } from './connection.ts';
import type { ListWalk } from './list/list-walk.ts';
import { fetchByPages, recordSeen } from './list/status-by-pages.ts';
import { undisputed } from './list/undisputed.ts';
import type { SingleChecks } from './single-checks.ts';
import { batchDelayMs, considerBatchCheck, singleCheckLimit } from './status-batch.ts';
import type { WaitingCheck } from './waiting-checks.ts';

type StatusRead = Exclude<StatusReading, Failure>;

/** The most batches that are sent for one status check, if they cannot be read. */
const mostBatches = 2;

/**
 * Reads the status of jobs with the fewest requests: by lists of ids if the provider takes them, otherwise by pages of its
 * list while these pay, and the rest one by one. A job that is not on a page never counts as missing. `walk`: where the jobs of
 * a part of a large set are in the list. `singles`: how many may be checked one by one; then a list that does not tell the state
 * of a job says nothing of it.
 */
export async function fetchStatus(
  ids: readonly string[],
  connection: Connection,
  terms: RequestLimits,
  walk?: ListWalk,
  singles?: SingleChecks,
): Promise<Map<string, StatusCheck>> {
  const checks = new Map<string, StatusCheck>();
  const { list, statusMany } = connection.adapter;
  const isMany = ids.length > (statusMany === undefined ? singleCheckLimit : 1);
  let wasRead = isMany;
  if (isMany && statusMany !== undefined) await fetchByIds(ids, connection, terms, checks);
  else if (isMany && list !== undefined) wasRead = await fetchByPages(ids, connection, terms, checks, walk);
  if (singles !== undefined) forgetVague(checks, connection);
  const unread = ids.filter((id) => !checks.has(id));
  const rest = singles?.among(unread) ?? unread;
  await askInPool(rest, terms, async (id, told) => {
    checks.set(id, await fetchOneStatus(id, connection, told, wasRead ? 0 : mostBatches - 1));
  });
  singles?.note(rest.filter((id) => checks.get(id)?.kind !== 'skipped').length);
  return checks;
}

/** Forgets what a list showed without a state, if it does not tell every state. */
function forgetVague(checks: Map<string, StatusCheck>, { adapter }: Connection): void {
  if (adapter.list?.unlistedStates === undefined) return;
  for (const [id, check] of checks)
    if (check.kind === 'seen' && check.job.state === 'unknown') checks.delete(id);
}

/**
 * Reads the status of one job by its own route. While it waits for its turn, a list or a status request by ids may show the
 * job, or a batch for this and other checks.
 */
export async function fetchOneStatus(
  id: string,
  connection: Connection,
  terms: RequestLimits,
  batchesLeft = mostBatches,
): Promise<StatusCheck> {
  const { adapter, batchLog, clock, waitingChecks } = connection;
  if (isForCancel(terms.turn)) batchLog.noteCheck(clock.now());
  const ticket = waitingChecks.open(id, terms, batchesLeft);
  const isLimited = limitOn('status', adapter.limits) !== undefined;
  let stop = () => {};
  const hurry = () => {
    considerBatchCheck(connection, ticket);
    waitingChecks.hurry(ticket);
    stop();
    if (ticket.check === undefined && isLimited) stop = clock.after(batchDelayMs, hurry);
  };
  const queued = (place: Place) => {
    waitingChecks.wait(ticket, place);
    hurry();
  };
  try {
    for (;;) {
      const { yieldedTo } = ticket;
      const result = await askForStatus(connection, ticket, { ...terms, queued });
      if (ticket.check !== undefined) return ticket.check;
      if (ticket.yieldedTo === yieldedTo)
        return (await resolveDoubt(result, id, connection, terms)) ?? toStatusCheck(result, ticket);
      await ticket.yieldedTo;
      if (ticket.check !== undefined) return ticket.check;
    }
  } finally {
    stop();
    waitingChecks.close(ticket);
    if (!waitingChecks.areListable) batchLog.withdraw();
  }
}

function isForCancel({ class: turnClass }: RequestLimits['turn']): boolean {
  return turnClass !== 'read' && turnClass !== 'follow';
}

function askForStatus(
  connection: Connection,
  ticket: WaitingCheck,
  terms: RequestLimits,
): Promise<ReadResult<StatusRead>> {
  const { id } = ticket;
  const { status } = connection.adapter;
  const request = status.request(id);
  return ask(
    connection,
    {
      operation: 'status',
      key: keyOf(request),
      request: () => (connection.waitingChecks.begin(ticket) ? request : undefined),
      read: (response) => status.read(response, id),
    },
    terms,
  );
}

/** If an answer may mean that there is no such job, a list by its id decides: the job is there, or the page is empty. */
async function resolveDoubt(
  result: ReadResult<StatusRead>,
  id: string,
  connection: Connection,
  terms: RequestLimits,
): Promise<StatusCheck | undefined> {
  const { statusMany } = connection.adapter;
  if (statusMany === undefined || result.kind !== 'failed' || !result.doubtful) return undefined;
  const request = statusMany.request([id]);
  const read = (response: ProviderResponse) => statusMany.read(response, [id]);
  const asked = await ask(connection, { operation: 'statusMany', request, read }, terms);
  if (asked.kind !== 'read' || asked.reading.kind !== 'page') return undefined;
  const { jobs, unread } = asked.reading;
  const job = undisputed(jobs).find(({ jobId }) => jobId === id);
  if (job !== undefined) return { kind: 'seen', job, at: asked.at };
  return jobs.length + unread === 0 ? { kind: 'not_found', at: asked.at } : undefined;
}

/** The result of a status check. If it had no turn, a list may have shown the job without its state. */
function toStatusCheck(result: ReadResult<StatusRead>, { vague }: WaitingCheck): StatusCheck {
  if (result.kind === 'skipped' || (result.kind === 'failed' && result.code === 'rate_limited'))
    return vague?.check ?? result;
  if (result.kind === 'failed') return result;
  return result.reading.kind === 'seen'
    ? { kind: 'seen', job: result.reading.job, at: result.at }
    : { kind: 'not_found', at: result.at };
}

async function fetchByIds(
  ids: readonly string[],
  connection: Connection,
  terms: RequestLimits,
  checks: Map<string, StatusCheck>,
): Promise<void> {
  const { statusMany } = connection.adapter;
  if (statusMany === undefined) return;
  const fetchChunk = async (chunk: readonly string[], told: RequestLimits): Promise<void> => {
    if (chunk.length < 2) return;
    const result = await ask(
      connection,
      {
        operation: 'statusMany',
        request: statusMany.request(chunk),
        read: (response) => statusMany.read(response, chunk),
      },
      told,
    );
    if (result.kind !== 'read' && !(result.kind === 'failed' && result.denied)) return;
    if (result.kind === 'read' && result.reading.kind === 'page')
      return recordSeen(result.reading.jobs, new Set(chunk), result.at, checks);
    const middle = Math.ceil(chunk.length / 2);
    await Promise.all([fetchChunk(chunk.slice(0, middle), told), fetchChunk(chunk.slice(middle), told)]);
  };
  await askInPool(inChunks(ids, statusMany.maxIds), terms, fetchChunk);
}
