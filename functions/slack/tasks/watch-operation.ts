import type { ConfigurationSource } from '../../../shared/config/file/reload.ts';
import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import type { Clock } from '../../../shared/lib/clock.ts';
import type { Log } from '../../../shared/lib/log.ts';
import { loggable } from '../../../shared/store/errors.ts';
import type { Store } from '../../../shared/store/store.ts';
import { authorizeSlackUser, scopeOf } from '../inbound/authorize.ts';
import { Idempotency } from './idempotency.ts';
import { cardOf } from './operation-handlers.ts';
import { lifetimeMs, mostUses, type ResponseUrl } from './response-url.ts';
import type { Carried, SlackTask, TaskOf, TaskQueue, Watch } from './task.ts';

/** How often an operation is looked at, in milliseconds. Short, so that no task ever looks overdue to the alarm of its queue. */
const watchMs = 60_000;
/** How long before the end of the response URL the last look is, in milliseconds. */
const spareMs = 90_000;
/** How long a finished operation is watched for jobs that come back, in milliseconds: they are checked once more after five minutes. */
const lookBackMs = 7 * 60_000;

/** What the watch over an operation needs. */
export interface WatchParts {
  readonly gateway: Gateway;
  readonly configuration: ConfigurationSource;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes the next look; without it, nothing is told later. */
  readonly queue?: TaskQueue | undefined;
  /** Where the page for people is, if it is known. */
  readonly publicUrl?: URL | undefined;
}

/**
 * Has the end of an operation told later through the response URL of a task. The URL stays in the queue, as that of the task
 * does, and is stored nowhere else. `false`: it is used up or too old by then, or the queue takes no more. Never rejects.
 */
export async function watchLater(
  work: SlackTask,
  watch: Watch,
  { queue, clock, log }: Pick<WatchParts, 'queue' | 'clock' | 'log'>,
): Promise<boolean> {
  const { id, request_id, who, response_url, issued_at } = work;
  const { operation, used, ended } = watch;
  const isTooOld = Math.abs(clock.wallTime() - issued_at) + watchMs > lifetimeMs - spareMs;
  if (queue === undefined || isTooOld || used >= mostUses) return false;
  const step = work.kind === 'watch' ? work.step + 1 : 1;
  const [first = id] = id.split('.');
  const common = { id: `${first}.${step}`, request_id, who, response_url, issued_at };
  try {
    await queue.enqueue({ ...common, kind: 'watch', step, operation, used, ended }, watchMs);
    return true;
  } catch (error) {
    log({ level: 'warn', event: 'slack_watch_ended', request_id, ...loggable(error) });
    return false;
  }
}

/**
 * Looks at an operation for a person: tells when it is finished, and once more if jobs come back soon after. Otherwise it looks
 * again in a minute, as long as the response URL lives. Never rejects; `again` if the store is unavailable.
 */
export async function watchOperation(
  work: TaskOf<'watch'>,
  reply: ResponseUrl,
  parts: WatchParts,
): Promise<Carried> {
  const { clock, log } = parts;
  const { request_id } = work;
  try {
    if ((await new Idempotency(parts.store, clock).begin(work)) !== 'first') return 'done';
  } catch {
    return 'again';
  }
  try {
    const caller = authorizeSlackUser(work.who, await parts.configuration.current());
    if (caller === 'unreadable') throw new Error('the configuration cannot be read');
    if (typeof caller === 'string') return 'done';
    const call = { requestId: request_id, caller, surface: 'slack' as const, scope: scopeOf(work.who) };
    const read = await parts.gateway.getOperation({ operation_id: work.operation }, call);
    if (!read.ok) return 'done';
    if (isToTell(read.value, work)) {
      const card = cardOf(
        read.value,
        { call, now: () => clock.wallTime(), publicUrl: parts.publicUrl },
        { replace: false },
      );
      log({ level: 'info', event: `slack_message_${await reply.send(card)}`, request_id });
    }
    await goOn(read.value, { ...work, used: reply.used }, parts);
  } catch (error) {
    log({ level: 'error', event: 'slack_task_failed', request_id, ...loggable(error) });
    // Nothing was told so far: what failed may pass.
    await watchLater(work, work, parts);
  }
  return 'done';
}

/** Whether the person does not know yet that it is finished, or that so many jobs have come back. */
function isToTell({ state, came_back }: OperationView, { ended }: TaskOf<'watch'>): boolean {
  return state === 'finished' && (ended === undefined || came_back > ended.came_back);
}

async function goOn(view: OperationView, work: TaskOf<'watch'>, parts: WatchParts): Promise<void> {
  const { operation, used, ended } = work;
  const now = parts.clock.wallTime();
  if (isToTell(view, work) && ended !== undefined) return;
  if (ended !== undefined && (view.state !== 'finished' || now - ended.at > lookBackMs)) return;
  await watchLater(work, { operation, used, ended: ended ?? endOf(view, now) }, parts);
}

/** What is kept of an end that is being told; nothing if it is not finished. */
function endOf({ state, came_back }: OperationView, at: number): Watch['ended'] {
  return state === 'finished' ? { at, came_back } : undefined;
}
