import { readTerminal } from '../../shared/config/terminal.ts';
import type { OperationView } from '../../shared/contract/operations.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { terminalOf } from '../output/terminal.ts';

/** How far apart two plain lines are at least, in milliseconds. */
const plainMs = 5_000;

/** Where the progress of an operation is shown. */
export interface ProgressTarget {
  readonly clock: Clock;
  /** The columns of a terminal that can erase a line; `undefined` for plain lines. */
  readonly width: number | undefined;
  write(text: string): void;
}

/** Shows the progress of an operation: in one line of a terminal, or else in plain lines, one in five seconds at most. */
export class ProgressDisplay {
  readonly #target: ProgressTarget;
  readonly #line: ProgressLine | undefined;
  #lastAt: number;
  #last = '';

  constructor(target: ProgressTarget) {
    this.#target = target;
    const { width } = target;
    this.#lastAt = target.clock.now();
    this.#line = width === undefined ? undefined : new ProgressLine('Starting', { ...target, width });
  }

  /** Shows how far the operation is. */
  show(view: OperationView): void {
    const text = progressText(view);
    const { clock, write } = this.#target;
    this.#line?.say(text);
    if (this.#line !== undefined || text === this.#last || clock.now() - this.#lastAt < plainMs) return;
    this.#lastAt = clock.now();
    this.#last = text;
    write(`${text}\n`);
  }

  /** Says something at once, in the place of the progress. */
  say(text: string): void {
    if (this.#line === undefined) this.#target.write(`${text}\n`);
    else this.#line.say(text);
  }

  /** Erases the line for good. */
  stop(): void {
    this.#line?.stop();
  }
}

/** The progress on standard error of this process. */
export function progressOnStderr(): ProgressDisplay {
  const hasLine = process.stderr.isTTY === true && !readTerminal().isDumb;
  return new ProgressDisplay({
    clock: systemClock,
    width: hasLine ? terminalOf(process.stderr).width : undefined,
    write: (text) => process.stderr.write(text),
  });
}

/** `2310 of 8000 jobs done, 5690 left, 1200 a minute: 2300 cancelled, 10 already_finished`. */
function progressText(view: OperationView): string {
  const { state, jobs, pending, per_minute, providers } = view;
  if (state === 'listing') return 'Listing the jobs that the selector picks';
  const rate = per_minute === undefined ? '' : `, ${per_minute} a minute`;
  const counts = countsInWords(view);
  const held = providers.flatMap(({ held_up }) => held_up ?? []);
  const told = counts === '' ? '' : `: ${counts}`;
  return [`${jobs - pending} of ${jobs} jobs done, ${pending} left${rate}${told}`, ...held].join('. ');
}

/** `800 cancelled, 12 cancelling`: only outcomes that some job has. */
function countsInWords({ counts, came_back }: Pick<OperationView, 'counts' | 'came_back'>): string {
  const words = outcomeNames.flatMap((outcome) => {
    const count = counts[outcome] ?? 0;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return [...words, ...(came_back === 0 ? [] : [`${came_back} came back to life`])].join(', ');
}
