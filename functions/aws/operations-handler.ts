import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { type Clock, sleep } from '../../shared/lib/clock.ts';
import { parseJson } from '../../shared/lib/json.ts';
import type { Log } from '../../shared/lib/log.ts';
import type { createWorker } from '../../shared/operation-worker.ts';
import { loggable } from '../../shared/store/errors.ts';
import { type Ring, wakeUpSchema } from './ring.ts';

/** Works off what is due at connections. */
type OperationWorker = ReturnType<typeof createWorker>;

/** What the operations function works with. */
export interface OperationsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** A worker of one run of the function. */
  newWorker(): Pick<OperationWorker, 'connections' | 'isDue' | 'visit' | 'stop'>;
  readonly ring: Ring;
  /** Hands on, at the end of a run, what was counted and no line of the log has carried. Default: nothing is counted. */
  flush?(): void;
  /** Sends the events of the webhook, and the messages to Slack, that are due. Never rejects. */
  deliver(): Promise<unknown>;
  /** Logs that a confirmation is overdue. Never rejects. */
  watchConfirmations(): Promise<void>;
}

/** The used part of an event of the queue. */
const queueEventSchema = z.object({ Records: z.array(z.object({ body: z.string() })) });
/** What the rule in serverless.yml sends each minute. */
const minuteEventSchema = z.object({ ring: z.literal('due') });
/** Anything else is no event of this function, and fails as a whole. */
const eventSchema = z.union([queueEventSchema, minuteEventSchema]);

/** No turn begins later than this before the end of a run, in milliseconds: a turn takes a minute, and writes its results. */
const lastTurnMs = 90_000;
/** This long before the end of a run a turn that is still under way sends nothing more, in milliseconds. */
const lastSendMs = 15_000;
/** How long a run watches a lease that is not renewed, in milliseconds: after fifteen seconds its holder counts as dead. */
const watchedMs = 16_000;
const lookMs = 1_000;

/**
 * The function that works off operations. A wake-up call makes it work at one connection, until nothing is due there or the
 * time of the run ends; if another worker has the connection, it leaves. Each minute it rings every connection that has
 * something due, sends the events of the webhook and the messages to Slack, and looks for overdue confirmations. Whatever is delivered twice or late finds the lease taken, or nothing to do.
 */
export function operationsHandler(parts: OperationsParts) {
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const read = eventSchema.parse(event);
    if ('ring' in read) {
      await Promise.all([ringDue(parts), parts.deliver(), parts.watchConfirmations()]);
      return;
    }
    const remainingMs = context.getRemainingTimeInMillis();
    const answered = Promise.all(read.Records.map(({ body }) => answerCall(body, parts, remainingMs)));
    await answered.finally(() => parts.flush?.());
  };
}

/** Malformed calls are logged and dropped: a second delivery would not make them valid. */
async function answerCall(body: string, parts: OperationsParts, remainingMs: number): Promise<void> {
  const read = wakeUpSchema.safeParse(parseJson(body));
  if (read.success) return workAt(read.data.connection, parts, remainingMs);
  parts.log({ level: 'error', event: 'operation_ring_malformed' });
}

async function workAt(connection: string, parts: OperationsParts, remainingMs: number): Promise<void> {
  const { clock, ring } = parts;
  const worker = parts.newWorker();
  if (!(await isDue(worker, connection, parts))) return;
  const until = clock.now() + remainingMs - lastTurnMs;
  const stopNoMore = clock.after(remainingMs - lastSendMs, () => worker.stop());
  try {
    const visit = await visitOrWatch(worker, connection, until, clock);
    const hasMore = visit === 'done' && clock.now() >= until && (await isDue(worker, connection, parts));
    if (hasMore) await ring([connection]);
  } finally {
    stopNoMore();
  }
}

/** Visits the connection. If its lease is not renewed, it looks again each second, because the holder may have died. */
async function visitOrWatch(
  worker: Pick<OperationWorker, 'visit'>,
  connection: string,
  until: number,
  clock: Clock,
): ReturnType<OperationWorker['visit']> {
  const startedAt = clock.now();
  for (;;) {
    const visit = await worker.visit(connection, until);
    if (visit !== 'watched' || clock.now() - startedAt >= watchedMs) return visit;
    await sleep(clock, lookMs);
  }
}

async function ringDue(parts: OperationsParts): Promise<void> {
  const worker = parts.newWorker();
  const names = await worker.connections();
  const due = await Promise.all(names.map((name) => isDue(worker, name, parts)));
  await parts.ring(names.filter((_, index) => due[index]));
}

/** Whether something is due at a connection; not, if the agenda cannot be read: then the next minute finds it. */
async function isDue(
  worker: Pick<OperationWorker, 'isDue'>,
  connection: string,
  { log }: OperationsParts,
): Promise<boolean> {
  try {
    return await worker.isDue(connection);
  } catch (error) {
    log({ level: 'error', event: 'operation_agenda_unreadable', connection, ...loggable(error) });
    return false;
  }
}
