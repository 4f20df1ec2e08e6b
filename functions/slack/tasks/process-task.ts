import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import type { Cause } from '../../../shared/contract/outcome.ts';
import { sleep } from '../../../shared/lib/clock.ts';
import { causeIn, loggable } from '../../../shared/store/errors.ts';
import type { PlainMessage, SlackMessage } from '../cards/message.ts';
import { answeredNotice, notice, refusalNotice } from '../cards/notices.ts';
import { authorizeSlackUser, scopeOf } from '../inbound/authorize.ts';
import { refusals } from '../wording/faults.ts';
import { type Effect, sentences } from '../wording/sentences.ts';
import type { SlackReply } from './handler-parts.ts';
import { handleTask } from './handlers.ts';
import { type Delivered, Idempotency } from './idempotency.ts';
import { type Delivery, ResponseUrl, readResponseUrl } from './response-url.ts';
import type { AskedTask, Carried, SlackTask, Watch } from './task.ts';
import { type WatchParts, watchLater, watchOperation } from './watch-operation.ts';

/** The parts that carry out a task from Slack. */
export interface TaskParts extends WatchParts {
  /** For messages to Slack only. */
  readonly fetch: typeof fetch;
  /** A loopback origin instead of Slack's own. */
  readonly responseOrigin?: string | undefined;
  /** Aborted when the process is to stop: cancels that are not sent by then are not sent. */
  readonly stopping?: AbortSignal | undefined;
  /** How long to wait for a final state, in seconds. Default: 10. */
  readonly waitSeconds?: number;
}

/** A delivery of a task. */
export interface Attempt {
  /** The task will not be delivered again. */
  readonly last?: boolean;
  /** The age of the task in milliseconds, if it is known better than from the wall clocks of two machines. */
  readonly ageMs?: number;
}

const oldestMs = 120_000;
/** The longest time for a task that only reads, in milliseconds. */
const longestReadMs = 20_000;
const defaultWaitSeconds = 10;

const effectOf: Record<AskedTask['kind'], Effect> = {
  cancel: 'sends',
  confirm: 'sends',
  keep: 'settles',
  approve: 'settles',
  decline: 'settles',
  list: 'reads',
  show: 'reads',
  operations: 'reads',
  pause: 'directs',
  resume: 'sends',
};

/**
 * Carries out a task and answers the person with exactly one final message. A task that is over two minutes old, or was
 * done before, is not carried out. Never rejects; `again` if the task may be delivered once more, because it is under way
 * elsewhere or the store is unavailable.
 */
export async function processTask(
  work: SlackTask,
  parts: TaskParts,
  attempt: Attempt = {},
): Promise<Carried> {
  const { fetch, clock, log, stopping } = parts;
  const wallAgeMs = Math.abs(clock.wallTime() - work.issued_at);
  const { last = false, ageMs = wallAgeMs } = attempt;
  const url = readResponseUrl(work.response_url, parts.responseOrigin);
  if (!(url instanceof URL)) {
    log({ level: 'warn', event: `slack_response_url_${url}`, request_id: work.request_id });
    return 'done';
  }
  const common = { url, fetch, clock, stopping };
  if (work.kind === 'watch')
    return watchOperation(work, new ResponseUrl({ ...common, ageMs: wallAgeMs, used: work.used }), parts);
  const reply = new ResponseUrl({ ...common, ageMs });
  return new Carrier(work, parts, reply).run({ last, late: ageMs > oldestMs });
}

class Carrier {
  readonly #work: AskedTask;
  readonly #parts: TaskParts;
  readonly #reply: ResponseUrl;
  readonly #once: Idempotency;
  /** Why the store was unavailable the last time. */
  #storeCause: Cause | undefined;

  constructor(work: AskedTask, parts: TaskParts, reply: ResponseUrl) {
    this.#work = work;
    this.#parts = parts;
    this.#reply = reply;
    this.#once = new Idempotency(parts.store, parts.clock);
  }

  async run({ last, late }: { readonly last: boolean; readonly late: boolean }): Promise<Carried> {
    const delivered = await this.#orNote(this.#once.begin(this.#work));
    if (delivered === 'told') return 'done';
    if (late && delivered !== 'under_way') return this.#tellLate(delivered);
    if (delivered === undefined && last) return this.#tell(notice(sentences.storeBroke(this.#storeCause)));
    if (delivered !== 'first') return 'again';
    const claimed = await this.#orNote(this.#once.claim(this.#work));
    if (claimed === undefined) return this.#giveUp();
    if (!claimed) return this.#tell(this.#repeated());
    const reply = await this.#do();
    const carried = await this.#tell(reply.message);
    if (reply.open) await this.#orNote(this.#once.release(this.#work));
    return carried;
  }

  /** The store may have taken the claim even so, although no task runs for it. */
  async #giveUp(): Promise<Carried> {
    await this.#orNote(this.#once.release(this.#work));
    return this.#tell(notice(sentences.storeBroke(this.#storeCause)));
  }

  /** Only one of two late deliveries answers; if the store cannot say which this is, two answers are better than none. */
  async #tellLate(delivered: Delivered | undefined): Promise<Carried> {
    if (delivered === 'first') return this.#tell(notice(sentences.tooLate));
    const first = await this.#orNote(this.#once.tell(this.#work));
    const effect = effectOf[this.#work.kind];
    const sentence =
      delivered === undefined ? sentences.storeLost(this.#storeCause, effect) : sentences.unfinished(effect);
    return first === false ? 'done' : this.#send(notice(sentence));
  }

  async #do(): Promise<SlackReply> {
    const {
      configuration,
      gateway,
      clock,
      stopping,
      publicUrl,
      waitSeconds = defaultWaitSeconds,
    } = this.#parts;
    const { who, request_id: requestId } = this.#work;
    const { signal, stop } = this.#patience();
    try {
      const current = await configuration.current();
      const caller = authorizeSlackUser(who, current);
      if (typeof caller === 'string') {
        this.#note('warn', `slack_refused_${caller}`);
        return { message: refusalNotice([refusals[caller](who)]), open: true };
      }
      const { slack } = current === 'unreadable' ? {} : current;
      const announce = typeof slack === 'object' && slack.announce;
      const scope = scopeOf(who);
      const call = { requestId, caller, surface: 'slack' as const, confirmFirst: true, scope, signal };
      const interim = this.#isAnswer() ? this.#reply.send(answeredNotice()) : undefined;
      const parts = {
        ...{ gateway, call, announce, waitSeconds, publicUrl, now: () => clock.wallTime() },
        tell: async (message: SlackMessage) => {
          await interim;
          await this.#sendOnce(message);
        },
        sleep: (ms: number) => sleep(clock, ms, stopping),
        watch: (view: Pick<OperationView, 'id'>, ended?: Watch['ended']) => this.#watch(view, ended),
      };
      const reply = await handleTask(this.#work, parts).catch((error: unknown) => this.#broken(error));
      // Slack shows messages in the order in which it receives them.
      await interim;
      return reply;
    } catch (error) {
      return this.#broken(error);
    } finally {
      stop();
    }
  }

  /** One use of the response URL is for the answer of this task. */
  #watch({ id: operation }: Pick<OperationView, 'id'>, ended: Watch['ended']): Promise<boolean> {
    return watchLater(this.#work, { operation, ended, used: this.#reply.used + 1 }, this.#parts);
  }

  /** Aborted when the process is to stop, and for a task that only reads also after its longest time. */
  #patience() {
    const { stopping, clock } = this.#parts;
    if (effectOf[this.#work.kind] !== 'reads') return { signal: stopping, stop() {} };
    const patience = new AbortController();
    const stop = clock.after(longestReadMs, () => patience.abort());
    const { signal } = patience;
    return { signal: stopping === undefined ? signal : AbortSignal.any([signal, stopping]), stop };
  }

  /** Whether it answers a question about jobs, whose outcomes take a while. Of an operation it is soon told that it runs. */
  #isAnswer(): boolean {
    return this.#work.kind === 'confirm' && this.#work.operation === undefined;
  }

  #broken(error: unknown): SlackReply {
    this.#note('error', 'slack_task_failed', error);
    return { message: notice(sentences.broke(effectOf[this.#work.kind])), open: true };
  }

  #repeated(): SlackMessage {
    return notice(this.#work.kind === 'cancel' ? sentences.askedAlready : sentences.pressedAlready);
  }

  /** Recorded even if the delivery fails, because a later delivery would fail as well. */
  async #tell(message: SlackMessage): Promise<Carried> {
    await this.#send(message);
    await this.#orNote(this.#once.tell(this.#work));
    return 'done';
  }

  /** If Slack refuses a card, perhaps because of a block, calloff sends the plain text, which names no job. */
  async #send(message: SlackMessage): Promise<Carried> {
    const { blocks: _, text, ...showing } = message;
    const delivery = await this.#sendOnce(message);
    if (delivery === 'rejected')
      await this.#sendOnce({ ...showing, text: sentences.textAlone(text, this.#work.request_id) });
    return 'done';
  }

  /** Sets `replace_original` always, because otherwise Slack decides whether a message replaces another. */
  async #sendOnce(message: SlackMessage | PlainMessage): Promise<Delivery> {
    const delivery = await this.#reply.send({ replace_original: false, ...message });
    this.#note(delivery === 'delivered' ? 'info' : 'warn', `slack_message_${delivery}`);
    return delivery;
  }

  async #orNote<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.#storeCause = causeIn(error);
      this.#note('error', 'slack_store_failed', error);
      return undefined;
    }
  }

  #note(level: 'info' | 'warn' | 'error', event: string, error?: unknown): void {
    const { request_id } = this.#work;
    this.#parts.log({ level, event, request_id, ...(error === undefined ? {} : loggable(error)) });
  }
}
