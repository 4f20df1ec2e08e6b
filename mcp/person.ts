import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Verdict } from '../shared/cancellation/call-context.ts';

const patienceMs = 120_000;
/** Whoever said no is not asked again for so long: a question that keeps coming back is answered for the sake of peace. */
const restMs = 60_000;

/** The person behind a client, who is asked one thing at a time, and left in peace after a no. */
export class Person {
  readonly #server: Server;
  #asking: Promise<unknown> = Promise.resolve();
  #restsUntil = Number.NEGATIVE_INFINITY;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Asks, when what was asked before is answered. A call that is taken back takes its question back: `no_answer`. */
  ask(question: string, signal: AbortSignal): Promise<Verdict> {
    if (this.#server.getClientCapabilities()?.elicitation?.form === undefined)
      return Promise.resolve('nobody');
    const answer = this.#asking.then(() => {
      if (performance.now() < this.#restsUntil) return 'resting';
      return signal.aborted ? 'no_answer' : this.#putTo(question, signal);
    });
    this.#asking = answer;
    return answer;
  }

  /** Only a ticked box is a yes. Never rejects. */
  async #putTo(message: string, signal: AbortSignal): Promise<Verdict> {
    const confirm = { type: 'boolean' as const, title: 'Cancel these jobs', default: false };
    const requestedSchema = { type: 'object' as const, properties: { confirm }, required: ['confirm'] };
    try {
      const { action, content = {} } = await this.#server.request(
        { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } },
        ElicitResultSchema,
        { timeout: patienceMs, signal },
      );
      const { confirm: ticked } = content;
      if (action === 'accept' && ticked === true) return 'agreed';
      this.#restsUntil = performance.now() + restMs;
      return 'declined';
    } catch {
      return 'no_answer';
    }
  }
}
