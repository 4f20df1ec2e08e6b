import type { JobSnapshot } from '../adapter/adapter.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import type { Place } from '../http/rate-limit/permit.ts';
import type { TurnClass } from '../http/rate-limit/turn.ts';
import type { Clock } from '../lib/clock.ts';
import type { StatusCheck } from './attempt-history.ts';
import { undisputed } from './list/undisputed.ts';

type Seen = Extract<StatusCheck, { kind: 'seen' }>;

/** How long a job waits for its own status check, in milliseconds, after a list has shown it without its state. */
const vaguePatienceMs: { readonly [turnClass in TurnClass]: number } = {
  cancel: 0,
  check_before: 1_000,
  operation: 1_000,
  wait: 0,
  read: 10_000,
  follow: 10_000,
};

/** A status check that waits for its turn; a batch may serve it first. */
export interface WaitingCheck {
  readonly id: string;
  readonly terms: RequestLimits;
  /** How many batches may still be sent for it: none after one has left it out. */
  batchesLeft: number;
  /** When it began to wait, as a count of events. */
  since: number;
  /** Its place in the queue, while it waits. */
  place?: Place | undefined;
  /** The batch under way that may serve it. */
  ride?: Promise<void> | undefined;
  /** The batch that it waited for. It waits for only one, which may not show its job. */
  yieldedTo?: Promise<void> | undefined;
  /** The job as shown without its state, and since when, on the monotonic clock. */
  vague?: { readonly check: Seen; readonly since: number };
  check?: Seen;
}

/** The jobs of a page of a list, or of a status request by ids. `at` is a wall time, in milliseconds. */
export interface ShownStatus {
  readonly jobs: readonly JobSnapshot[];
  readonly at: number;
  /** The value of {@link WaitingChecks.mark} when the request began. */
  readonly began: number;
  /** Whether it does not show the state of a job that a status check may show. */
  isVague(job: JobSnapshot): boolean;
}

/**
 * The status checks that wait for their turn at one connection. Every other reading serves them, if it began after they
 * began to wait: a check after a cancel must not be served by an earlier reading.
 */
export class WaitingChecks {
  readonly #clock: Clock;
  readonly #tickets = new Set<WaitingCheck>();
  /** Those for which a batch may still be sent. */
  readonly #batchable = new Set<WaitingCheck>();
  readonly #listeners = new Set<(shown: ShownStatus) => void>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to wait. The caller must close it in the end. */
  open(id: string, terms: RequestLimits, batchesLeft: number): WaitingCheck {
    const ticket: WaitingCheck = { id, terms, batchesLeft, since: this.mark() };
    this.#add(ticket);
    return ticket;
  }

  close(ticket: WaitingCheck): void {
    this.#tickets.delete(ticket);
    this.#batchable.delete(ticket);
  }

  /** A moment, later than all earlier marks. */
  mark(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Waits, perhaps once more, in the queue. */
  wait(ticket: WaitingCheck, place: Place): void {
    ticket.place = place;
    ticket.since = this.mark();
    this.#add(ticket);
  }

  /** Called at its turn: whether to send its own check. A batch under way that may serve it goes first, once. */
  begin(ticket: WaitingCheck): boolean {
    if (ticket.check !== undefined) return false;
    ticket.place = undefined;
    if (ticket.ride !== undefined && ticket.yieldedTo === undefined) {
      ticket.yieldedTo = ticket.ride;
      return false;
    }
    this.close(ticket);
    return true;
  }

  /** The queued checks that a batch may serve, the most urgent first. */
  get listable(): WaitingCheck[] {
    return [...this.#open()].toSorted((one, other) => rank(one) - rank(other));
  }

  /** Whether a batch may serve any of the queued checks. */
  get areListable(): boolean {
    return this.#open().next().done !== true;
  }

  *#open(): Generator<WaitingCheck> {
    for (const ticket of this.#batchable) {
      if (ticket.batchesLeft <= 0) this.#batchable.delete(ticket);
      else if (ticket.ride === undefined && ticket.place !== undefined) yield ticket;
    }
  }

  #add(ticket: WaitingCheck): void {
    this.#tickets.add(ticket);
    this.#batchable.add(ticket);
  }

  /** Calls a listener with every reading, until the returned function is called. */
  listen(listener: (shown: ShownStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Serves the waiting checks with a reading, and tells it to those that listen. */
  show(shown: ShownStatus): void {
    const clear = { ...shown, jobs: undisputed(shown.jobs) };
    for (const listener of this.#listeners) listener(clear);
    if (this.#tickets.size > 0) this.#serve(clear);
  }

  #serve({ jobs, at, began, isVague }: ShownStatus): void {
    const byId = new Map(jobs.map((job) => [job.jobId, job]));
    for (const ticket of this.#tickets) {
      const job = byId.get(ticket.id);
      if (job === undefined || ticket.since > began) continue;
      const seen: Seen = { kind: 'seen', job, at };
      if (isVague(job) && isPatient(ticket)) ticket.vague ??= { check: seen, since: this.#clock.now() };
      else this.#settle(ticket, seen);
    }
  }

  /** Serves a job without its state, if its own check would take too long. */
  hurry(ticket: WaitingCheck): void {
    const { vague, terms } = ticket;
    const waitedMs = vague === undefined ? 0 : this.#clock.now() - vague.since;
    if (vague !== undefined && waitedMs >= vaguePatienceMs[terms.turn.class])
      this.#settle(ticket, vague.check);
  }

  #settle(ticket: WaitingCheck, check: Seen): void {
    ticket.check = check;
    this.close(ticket);
    ticket.place?.withdraw();
  }
}

/** Whether a check waits for its own turn although a list has shown its job, because that turn comes soon. */
function isPatient({ place, terms }: WaitingCheck): boolean {
  return (place?.waitMs() ?? 0) < vaguePatienceMs[terms.turn.class];
}

const ranks: { readonly [turnClass in TurnClass]: number } = {
  cancel: 0,
  check_before: 1,
  operation: 2,
  wait: 3,
  read: 4,
  follow: 5,
};

function rank({ terms }: WaitingCheck): number {
  return ranks[terms.turn.class];
}
