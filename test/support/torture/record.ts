import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import type { OutcomeName, State } from '../../../shared/contract/outcome.ts';
import { canary } from '../truth/check-outcomes.ts';
import { type Answered, leakIn, type Trouble } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { type Tortured, tortured } from './providers.ts';

/** A job at one of the providers. */
export interface TorturedJob {
  readonly provider: Tortured;
  readonly job_id: string;
}

/** The name of a job as `connection/id`. */
export function nameOf({ provider, job_id }: { readonly provider: string; readonly job_id: string }): string {
  return `${provider}/${job_id}`;
}

/** A word about a job, and up to which exchange of its provider it can rest on. */
export interface HeardWord {
  readonly surface: string;
  readonly job: string;
  readonly outcome: OutcomeName;
  readonly state: State;
  readonly heardAfter: number;
  /** In milliseconds since the start of the run. */
  readonly at: number;
}

/** A whole answer about jobs. */
interface HeardAnswer {
  readonly surface: string;
  readonly asked: readonly TorturedJob[];
  readonly outcomes: readonly Outcome[];
  readonly counts?: Readonly<Record<OutcomeName, number>>;
  readonly heardAfter: ReadonlyMap<string, number>;
}

interface OpenTrouble extends Trouble {
  to: number;
  isOrderly?: boolean;
}

const keptEvents = 400;
/** Events of the log that say that something in calloff itself broke. */
const broken =
  /"event":"(request_failed|operation_failed|worker_failed|slack_failed)"|UnhandledPromise|\n {4}at /;

/** What a run did and heard: everything that its judges need, and the last events, which tell how it came to that. */
export class RunRecord {
  readonly #events: string[] = [];
  readonly #startedAt = performance.now();
  readonly #counts = new Map<string, number>();
  readonly #askers = new Map<string, number>();
  readonly #ledger: Ledger;
  readonly wrongs = new Set<string>();
  /** The answers that were failures, and those that did not come. */
  readonly failures: Answered[] = [];
  /** The jobs that no valid request named. */
  readonly forbidden = new Set<string>();
  readonly words: HeardWord[] = [];
  readonly answers: HeardAnswer[] = [];
  readonly troubles: OpenTrouble[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Milliseconds since the start of the run. */
  now(): number {
    return performance.now() - this.#startedAt;
  }

  event(text: string): void {
    this.#events.push(`${(this.now() / 1_000).toFixed(2)} ${text}`);
    if (this.#events.length > keptEvents) this.#events.shift();
  }

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  wrong(text: string): void {
    if (this.wrongs.size < 200) this.wrongs.add(`${(this.now() / 1_000).toFixed(2)} ${text}`);
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([one], [other]) => one.localeCompare(other)));
  }

  get events(): readonly string[] {
    return this.#events;
  }

  /** Takes down that a request names these jobs. */
  asks(jobs: readonly TorturedJob[]): void {
    for (const job of jobs) this.#askers.set(nameOf(job), (this.#askers.get(nameOf(job)) ?? 0) + 1);
  }

  /** Takes down that nothing may be sent for a job. */
  forbids(job: TorturedJob): void {
    this.forbidden.add(nameOf(job));
  }

  /** Takes down how a request was answered, or that it was not. */
  answered(answered: Answered): void {
    this.count(answered.status === undefined ? 'without an answer' : `status ${answered.status}`);
    if (answered.status === undefined || answered.status >= 500) this.failures.push(answered);
  }

  /** Whether one request alone was about the job, so that each cancel of it belongs to that. */
  isAlone(job: string): boolean {
    return this.#askers.get(job) === 1;
  }

  /** The last exchange of each provider. */
  #heardAfter(): ReadonlyMap<string, number> {
    return new Map(tortured.map((name) => [name, this.#ledger.lastOf(name)]));
  }

  /** Takes down the outcomes of an answer. `asked`: the distinct jobs in the order of the request. */
  hears(
    surface: string,
    asked: readonly TorturedJob[],
    answer: Pick<HeardAnswer, 'outcomes' | 'counts'>,
  ): void {
    const heardAfter = this.#heardAfter();
    this.count('outcomes', answer.outcomes.length);
    for (const { provider, job_id, outcome, state } of answer.outcomes) {
      this.count(`outcome ${outcome}`);
      const place = heardAfter.get(provider) ?? 0;
      this.words.push({
        surface,
        job: nameOf({ provider, job_id }),
        outcome,
        state,
        heardAfter: place,
        at: this.now(),
      });
    }
    this.answers.push({ surface, asked, heardAfter, ...answer });
  }

  /** Takes down a word about one job that stood elsewhere than in the answer to its cancel. */
  hearsWord(word: Omit<HeardWord, 'heardAfter' | 'at'>, provider: string): void {
    this.count(`outcome ${word.outcome}`);
    this.words.push({ ...word, heardAfter: this.#heardAfter().get(provider) ?? 0, at: this.now() });
  }

  /** Whether the store was broken on purpose at a moment, or until shortly before. */
  isStoreBroken(at: number): boolean {
    return this.troubles.some(({ place, from, to }) => place === 'store' && from <= at && at <= to + 1_000);
  }

  /** Takes down a piece of a log: it holds no secret, no text of a provider and no bug. */
  logged(source: string, text: string): void {
    this.shows(`the log of ${source}`, text);
    if (text.includes(canary)) this.wrong(`the log of ${source} holds text of a provider`);
    if (broken.test(text)) this.wrong(`${source} broke: ${text.slice(0, 600)}`);
    for (const [, event] of text.matchAll(/"level":"error","event":"([a-z_]+)"/g)) this.count(`log ${event}`);
  }

  /** Takes down what can be seen somewhere: it holds no secret. */
  shows(where: string, text: string): void {
    const leak = leakIn(text);
    if (leak !== undefined) this.wrong(`${where} shows the secret ${leak}…`);
  }

  /** Takes down that a server, or the store, is broken on purpose until the work is done. */
  async during<Result>(
    trouble: Pick<Trouble, 'place' | 'isOrderly'>,
    work: (trouble: OpenTrouble) => Promise<Result>,
  ): Promise<Result> {
    const open: OpenTrouble = { ...trouble, from: this.now(), to: Number.POSITIVE_INFINITY };
    this.troubles.push(open);
    try {
      return await work(open);
    } finally {
      open.to = this.now() + 500;
    }
  }
}
