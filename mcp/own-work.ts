import type { Local } from '../shared/local-gateway.ts';
import type { OwnWork } from './tools/tool.ts';

/** What this process works with. */
interface Workers {
  workerOn(isOurs: (operation: string) => boolean): Pick<Local['worker'], 'start' | 'ring' | 'stop'>;
  readonly sender: Pick<Local['sender'], 'start' | 'stop'>;
}

/** Works in this process on the operations that a call has started or resumed here, and on no others. */
export class EmbeddedWork implements OwnWork {
  readonly #sender: Workers['sender'];
  readonly #worker: ReturnType<Workers['workerOn']>;
  readonly #begun = new Set<string>();

  constructor({ workerOn, sender }: Workers) {
    this.#sender = sender;
    this.#worker = workerOn((operation) => this.isOn(operation));
  }

  begin(operation: string): void {
    this.#begun.add(operation);
    this.#sender.start();
    this.#worker.start();
    this.#worker.ring();
  }

  isOn(operation: string): boolean {
    return this.#begun.has(operation);
  }

  /** Sends nothing more. Resolves when what was sent is recorded, or after seven seconds. */
  async stop(): Promise<void> {
    if (this.#begun.size > 0) await Promise.all([this.#worker.stop(), this.#sender.stop()]);
  }
}
