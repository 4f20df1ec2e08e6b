import { FailureLimit } from '../http/failure-limit.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import { limitOn } from '../http/types.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import { ask, type Connection } from './connection.ts';
import { readPage } from './list/fetch-page.ts';
import type { WaitingCheck } from './waiting-checks.ts';

/** Up to this number of jobs are checked one by one. */
export const singleCheckLimit = 3;
/** The longest wait of a check, in milliseconds, before a list that may show its job is read instead, under a documented limit. */
export const batchDelayMs = 250;
/** After this time a batch may hang, and the checks that wait for it go on alone, in milliseconds. */
const longestRideMs = 1_000;

/** Sends a batch for the waiting checks if it costs less than they do, or if the documented limit delays them. */
export function considerBatchCheck(connection: Connection, ticket: WaitingCheck): void {
  const { batchLog, waitingChecks, adapter } = connection;
  const turnClass = ticket.terms.turn.class;
  if (batchLog.isPending(turnClass) || !pays(connection, ticket)) return;
  batchLog.begin(turnClass);
  const make = adapter.statusMany === undefined ? batchByList : batchByIds;
  // After a bug the checks that wait for the batch go on alone.
  const ended = make(connection, ticket).catch(() => false);
  ended.then((wasRead) => {
    batchLog.end(turnClass);
    const next = waitingChecks.listable.find(({ terms }) => terms.turn.class === turnClass);
    if (wasRead && next !== undefined) considerBatchCheck(connection, next);
  });
}

function pays({ adapter, waitingChecks }: Connection, ticket: WaitingCheck): boolean {
  const jobs = new Set(waitingChecks.listable.map(({ id }) => id)).size;
  if (adapter.statusMany !== undefined) return jobs > 1;
  if (adapter.list === undefined) return false;
  if (jobs > singleCheckLimit) return true;
  return (
    jobs > 0 &&
    limitOn('status', adapter.limits) !== undefined &&
    (ticket.place?.waitMs() ?? 0) > batchDelayMs
  );
}

/** Returns whether the list was read. */
async function batchByList(connection: Connection, ticket: WaitingCheck): Promise<boolean> {
  const { adapter, batchLog, clock, waitingChecks } = connection;
  await sleep(clock, batchLog.pauseMs(clock.now(), limitOn('list', adapter.limits)));
  const rides = new Rides(clock);
  const begin = () => {
    const isFor = waitingChecks.listable;
    if (isFor.length === 0) return false;
    rides.begin(isFor);
    batchLog.noteList(clock.now());
    return true;
  };
  try {
    const result = await readPage(
      connection,
      { query: {}, cursor: null, begin },
      termsFor(connection, ticket),
    );
    rides.wasRead = result.kind === 'read';
    return rides.wasRead;
  } finally {
    rides.end();
  }
}

/** @see batchByList */
async function batchByIds(connection: Connection, ticket: WaitingCheck): Promise<boolean> {
  const { adapter, clock, waitingChecks } = connection;
  const { statusMany } = adapter;
  if (statusMany === undefined) return false;
  const rides = new Rides(clock);
  let ids: string[] = [];
  let since = 0;
  const request = () => {
    const isFor = waitingChecks.listable;
    ids = [...new Set(isFor.map(({ id }) => id))].slice(0, statusMany.maxIds);
    if (ids.length < 2) return undefined;
    const chosen = new Set(ids);
    rides.begin(isFor.filter(({ id }) => chosen.has(id)));
    since = waitingChecks.mark();
    return statusMany.request(ids);
  };
  try {
    const result = await ask(
      connection,
      { operation: 'statusMany', request, read: (response) => statusMany.read(response, ids) },
      termsFor(connection, ticket),
    );
    rides.wasRead = result.kind === 'read';
    if (result.kind === 'read' && result.reading.kind === 'page')
      waitingChecks.show({ jobs: result.reading.jobs, at: result.at, began: since, isVague: () => false });
    return rides.wasRead;
  } finally {
    rides.end();
  }
}

/** The limits of a batch: the turn of one of its checks, and the longest time limit among them. */
function termsFor(
  { batchLog, waitingChecks }: Connection,
  { terms: { turn, sendBy, answerBy } }: WaitingCheck,
): RequestLimits {
  const alike = waitingChecks.listable
    .map(({ terms }) => terms)
    .filter((terms) => terms.turn.class === turn.class);
  return {
    sendBy: alike.reduce((latest, each) => Math.max(latest, each.sendBy), sendBy),
    answerBy: alike.reduce((latest, each) => Math.max(latest, each.answerBy), answerBy),
    failureLimit: new FailureLimit(),
    turn,
    queued: (place) => batchLog.begin(turn.class, place),
  };
}

/** The checks that a batch under way may serve. A job that it leaves out gets no other batch; one that it could not read gets one more. */
class Rides {
  readonly #clock: Clock;
  wasRead = false;
  #end: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(tickets: readonly WaitingCheck[]): void {
    this.#end();
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const ticket of tickets) ticket.ride = promise;
    const end = () => {
      cancel();
      for (const ticket of tickets.filter(({ ride }) => ride === promise)) {
        ticket.ride = undefined;
        ticket.batchesLeft = this.wasRead ? 0 : ticket.batchesLeft - 1;
      }
      resolve();
    };
    const cancel = this.#clock.after(longestRideMs, end);
    this.#end = end;
  }

  end(): void {
    this.#end();
  }
}
