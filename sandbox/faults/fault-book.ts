import { randomNumbers } from '../random.ts';
import type { Operation } from '../twin/exchange.ts';
import { type AnswerFault, type Fault, type FaultKind, type FaultOf, shapesAnswer } from './fault.ts';

/** A fault that is set, with what it needs to know whom it strikes next. */
interface Armed {
  readonly id: string;
  readonly fault: Fault;
  readonly aim: ReadonlySet<string> | undefined;
  readonly random: () => number;
  /** How often it has struck: by job id where it counts per job, else under the empty string. */
  readonly hits: Map<string, number>;
}

/** The faults that are set on one provider, and how often each has struck. */
export class FaultBook {
  #armed: Armed[] = [];
  #count = 0;

  /** Sets a fault and returns an id for it. */
  add(fault: Fault): string {
    const id = `fault-${++this.#count}`;
    const aim = fault.jobIds && new Set(fault.jobIds);
    const random = randomNumbers(fault.seed ?? this.#count);
    this.#armed.push({ id, fault, aim, random, hits: new Map() });
    return id;
  }

  /** Ends all faults. */
  clear(): void {
    this.#armed = [];
  }

  /** The faults that may strike one request; of one beside the API only those that name its operation. */
  strikes(operation: Operation, jobIds: readonly string[], isBeside = false): Strikes {
    const armed = this.#armed.filter(({ fault }) => fault.operations?.includes(operation) ?? !isBeside);
    return new Strikes(armed, jobIds);
  }
}

/** The faults of one request. Each strikes it once or not at all; where it counts per job, each job once or not at all. */
export class Strikes {
  readonly #armed: readonly Armed[];
  readonly #jobIds: readonly string[];
  readonly #decided = new Map<string, boolean>();
  /** The kind the journal names: the first that struck, a delay only if nothing else did. */
  named: FaultKind | undefined;

  constructor(armed: readonly Armed[], jobIds: readonly string[]) {
    this.#armed = armed;
    this.#jobIds = jobIds;
  }

  /** How late the answer is, in ms: all delays together. */
  delayMs(): number {
    let delayMs = 0;
    for (const armed of this.#armed) {
      const { fault, random } = armed;
      if (fault.kind !== 'delay' || !this.#strikes(armed, this.#jobIds)) continue;
      delayMs += fault.ms + random() * (fault.jitterMs ?? 0);
    }
    return delayMs;
  }

  /** The fault that shapes the answer: the one set first, of those that strike. */
  answer(): AnswerFault | undefined {
    return this.#first(shapesAnswer, this.#jobIds);
  }

  /** The fault of a kind that strikes one job within the request. */
  on<Kind extends FaultKind>(kind: Kind, jobId: string): FaultOf<Kind> | undefined {
    return this.#first((fault): fault is FaultOf<Kind> => fault.kind === kind, [jobId]);
  }

  #first<Wanted extends Fault>(
    isWanted: (fault: Fault) => fault is Wanted,
    jobIds: readonly string[],
  ): Wanted | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (isWanted(fault) && this.#strikes(armed, jobIds)) return fault;
    }
    return undefined;
  }

  #strikes(armed: Armed, jobIds: readonly string[]): boolean {
    const { fault, aim } = armed;
    const aimedAt = aim === undefined ? jobIds : jobIds.filter((jobId) => aim.has(jobId));
    if (aim !== undefined && aimedAt.length === 0) return false;
    const counters = fault.perJob === true && aimedAt.length > 0 ? aimedAt : [''];
    const strikes = counters.map((counter) => this.#decide(armed, counter)).includes(true);
    if (strikes && (this.named === undefined || this.named === 'delay')) this.named = fault.kind;
    return strikes;
  }

  #decide(armed: Armed, counter: string): boolean {
    const key = `${armed.id} ${counter}`;
    const strikes = this.#decided.get(key) ?? draw(armed, counter);
    this.#decided.set(key, strikes);
    return strikes;
  }
}

/** Draws whether a fault strikes once more, and counts it if it does. */
function draw({ fault, random, hits }: Armed, counter: string): boolean {
  const soFar = hits.get(counter) ?? 0;
  if (soFar >= (fault.times ?? Infinity)) return false;
  if (fault.probability !== undefined && random() >= fault.probability) return false;
  hits.set(counter, soFar + 1);
  return true;
}
