import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import { type Clock, systemClock } from '../../shared/lib/clock.ts';
import { capitalized } from '../../shared/lib/text.ts';
import { phaseMessage } from '../../shared/messages/progress.ts';
import { truncateToWidth } from './display-width.ts';
import { lineWidthOf } from './terminal.ts';

const patienceMs = 1_000;
const frameMs = 100;
const frames = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
const eraseLine = '\r\u001b[2K';

/** What a progress line is drawn on. */
export interface LineParts {
  readonly clock: Clock;
  /** In columns of the terminal. */
  readonly width: number;
  write(text: string): void;
}

/** One line that says what is going on, drawn from the second second on and erased at the end. */
export class ProgressLine {
  readonly #parts: LineParts;
  readonly #startedAt: number;
  #text: string | undefined;
  #frame = 0;
  #isDrawn = false;
  #cancelTimer: () => void;

  constructor(text: string, parts: LineParts) {
    this.#parts = parts;
    this.#text = text;
    this.#startedAt = parts.clock.now();
    this.#cancelTimer = parts.clock.after(patienceMs, () => this.#draw());
  }

  /** Changes what the line says; `undefined` erases it until there is something to say again. */
  say(text: string | undefined): void {
    this.#text = text;
    if (text === undefined) this.#erase();
  }

  /** Erases the line for good. */
  stop(): void {
    this.#cancelTimer();
    this.#erase();
  }

  #draw(): void {
    const { clock, width, write } = this.#parts;
    if (this.#text !== undefined) {
      // A timer may come a moment before the clock says so.
      const seconds = Math.max(1, Math.floor((clock.now() - this.#startedAt) / 1_000));
      const line = `${frames[this.#frame % frames.length]} ${this.#text} (${seconds} s)`;
      write(`${eraseLine}${truncateToWidth(line, width - 1)}`);
      this.#isDrawn = true;
      this.#frame += 1;
    }
    this.#cancelTimer = clock.after(frameMs, () => this.#draw());
  }

  #erase(): void {
    if (this.#isDrawn) this.#parts.write(eraseLine);
    this.#isDrawn = false;
  }
}

/**
 * Does work under a call, and shows on standard error what it is at if it takes longer than a second. Only a terminal
 * that can erase a line shows anything; while a person is asked, the line is gone.
 */
export async function withProgress<T>(
  text: string,
  context: RequestContext,
  work: (context: RequestContext) => Promise<T>,
): Promise<T> {
  const width = lineWidthOf(process.stderr);
  if (width === undefined) return work(context);
  const write = (part: string) => process.stderr.write(part);
  const line = new ProgressLine(text, { clock: systemClock, width, write });
  try {
    return await work(shownOn(line, context));
  } finally {
    line.stop();
  }
}

function shownOn(line: ProgressLine, context: RequestContext): RequestContext {
  const { askPerson } = context;
  return {
    ...context,
    onProgress: ({ phase }) =>
      line.say(phase.kind === 'asking' ? undefined : capitalized(phaseMessage(phase))),
    ...(askPerson && {
      askPerson: (question, onLateYes) => {
        line.say(undefined);
        return askPerson.call(context, question, onLateYes);
      },
    }),
  };
}
