import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ConsentAnswer } from '../shared/cancellation/request-context.ts';
import { type Clock, sleep, systemClock } from '../shared/lib/clock.ts';

/** How long a question may stay open at the client: as long as the confirmation that it is about. */
const questionLifeMs = 290_000;
/** How long calloff asks nothing after a no, because people say yes to a question that keeps returning. */
const cooldownMs = 60_000;

/** What a client answered. `failed`: it gave no answer or could not ask. */
type Answer = 'agreed' | 'declined' | 'dismissed' | 'failed';

/** How a question is asked. `onLateYes` is called on a yes that arrives after the call has stopped waiting. */
export interface AskTerms {
  readonly signal: AbortSignal;
  onLateYes(): Promise<void>;
  /** How long the call waits, if that is less than the default. */
  readonly patienceMs?: number;
}

/**
 * Asks the person behind a client one question at a time, and pauses after a no. A tool call waits `patienceMs` for the
 * answer; a later yes confirms the confirmation that the call has offered.
 */
export class Elicitation {
  readonly #server: Server;
  readonly #patienceMs: number;
  readonly #clock: Clock;
  #asking: Promise<unknown> = Promise.resolve();
  #cooldownUntil = Number.NEGATIVE_INFINITY;

  constructor(
    server: Server,
    { patienceMs = 35_000, clock = systemClock }: { patienceMs?: number; clock?: Clock } = {},
  ) {
    this.#server = server;
    this.#patienceMs = patienceMs;
    this.#clock = clock;
  }

  /**
   * Asks as soon as the question before is answered. Without an answer in time the result is `no_answer`; the question
   * stays open, and `onLateYes` is called on a yes. Cancelling the call also withdraws its question.
   */
  async ask(question: string, terms: AskTerms): Promise<ConsentAnswer> {
    const { signal, onLateYes, patienceMs = this.#patienceMs } = terms;
    if (this.#server.getClientCapabilities()?.elicitation?.form === undefined) return 'unavailable';
    let isLate = false;
    const late = new AbortController();
    const asked = this.#asking.then(async (): Promise<ConsentAnswer> => {
      if (this.#clock.now() < this.#cooldownUntil) return 'cooldown';
      if (isLate || signal.aborted) return 'no_answer';
      const answer = await this.#putTo(question, signal);
      if (isLate && answer === 'agreed') await onLateYes();
      return answer === 'dismissed' ? 'no_answer' : answer;
    });
    this.#asking = asked.catch(() => undefined);
    const waitMs = Math.min(patienceMs, this.#patienceMs);
    const timeUp = sleep(this.#clock, waitMs, late.signal).then((): ConsentAnswer => {
      isLate = true;
      return 'no_answer';
    });
    const verdict = await Promise.race([asked, timeUp]);
    late.abort();
    return verdict;
  }

  /** Only a ticked box is a yes. Never rejects. */
  async #putTo(message: string, signal: AbortSignal): Promise<Answer> {
    const confirm = { type: 'boolean' as const, title: 'Cancel these jobs', default: false };
    const requestedSchema = { type: 'object' as const, properties: { confirm }, required: ['confirm'] };
    try {
      const { action, content = {} } = await this.#server.request(
        { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } },
        ElicitResultSchema,
        { timeout: questionLifeMs, signal },
      );
      const { confirm: ticked } = content;
      if (action === 'accept' && ticked === true) return 'agreed';
      if (action === 'cancel') return 'dismissed';
      this.#cooldownUntil = this.#clock.now() + cooldownMs;
      return 'declined';
    } catch {
      return 'failed';
    }
  }
}
