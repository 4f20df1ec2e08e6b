import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import type { Progress } from '../../shared/contract/progress.ts';
import { type Clock, systemClock } from '../../shared/lib/clock.ts';
import { phaseMessage } from '../../shared/messages/progress.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { lineWidthOf } from '../output/terminal.ts';

/** How far apart two plain lines are at least, in milliseconds. */
const plainMs = 5_000;
/** The least time over which a rate is told, in milliseconds. */
const leastMs = 2_000;

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
  readonly #startedAt: number;
  /** How many jobs were done when it began. */
  #doneBefore: number | undefined;
  #lastAt: number;
  #last = '';
  /** How far the slices under way are, by connection. Their jobs count as pending until each has ended. */
  readonly #slices = new Map<string, Progress>();
  #pending: number | undefined;

  constructor(target: ProgressTarget) {
    this.#target = target;
    const { width } = target;
    this.#startedAt = target.clock.now();
    this.#lastAt = this.#startedAt;
    this.#line = width === undefined ? undefined : new ProgressLine('Starting', { ...target, width });
  }

  /** Takes note of how far a slice at a connection is. */
  note(connection: string, progress: Progress): void {
    this.#slices.set(connection, progress);
  }

  /** Shows how far the operation is. */
  show(view: OperationView): void {
    if (view.pending !== this.#pending) this.#slices.clear();
    this.#pending = view.pending;
    const text = this.#textOf(view);
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

  #textOf(view: OperationView): string {
    if (view.state === 'listing') return 'Listing the jobs that the selector picks';
    const counts = countsInWords(view);
    if (view.state === 'following') return `Checking the jobs that have not ended: ${counts}`;
    const inSlices = this.#inSlices(view);
    const pending = Math.max(0, view.pending - inSlices);
    const done = view.jobs - pending;
    this.#doneBefore ??= done;
    const rate = view.per_minute ?? this.#rateOf(done - this.#doneBefore);
    const waits = new Map(
      [...this.#slices].flatMap(([provider, { phase }]) =>
        phase.kind === 'held' ? [[provider, phaseMessage(phase)] as const] : [],
      ),
    );
    // What this process waits for itself, it knows sooner than the store.
    const held = view.providers.flatMap(({ provider, held_up }) =>
      waits.has(provider) ? [] : (held_up ?? []),
    );
    return [
      `${done} of ${view.jobs} jobs done, ${pending} left`,
      ...(rate === undefined ? [] : [`, ${rate} a minute`]),
      ...(counts === '' ? [] : [`: ${counts}`]),
      ...[...waits.values(), ...held].map((sentence) => `; ${sentence}`),
    ].join('');
  }

  /** How many jobs of the slices under way are done: this process knows more of its own than the store. */
  #inSlices({ providers }: OperationView): number {
    const told = providers.map(({ provider, under_way = 0 }) => [provider, under_way] as const);
    const known = [...this.#slices].map(([provider, { done }]) => [provider, done] as const);
    return [...new Map([...told, ...known]).values()].reduce((sum, done) => sum + done, 0);
  }

  /** The jobs a minute since it began; `undefined` if that is too short a time to say. */
  #rateOf(done: number): number | undefined {
    const ms = this.#target.clock.now() - this.#startedAt;
    return done > 0 && ms >= leastMs ? Math.round((done * 60_000) / ms) : undefined;
  }
}

/** The progress on standard error of this process. */
export function progressOnStderr(): ProgressDisplay {
  return new ProgressDisplay({
    clock: systemClock,
    width: lineWidthOf(process.stderr),
    write: (text) => process.stderr.write(text),
  });
}

/** `800 cancelled, 12 cancelling`: only outcomes that some job has. */
function countsInWords({ counts, came_back }: Pick<OperationView, 'counts' | 'came_back'>): string {
  const words = outcomeNames.flatMap((outcome) => {
    const count = counts[outcome] ?? 0;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return [...words, ...(came_back === 0 ? [] : [`${came_back} came back to life`])].join(', ');
}
