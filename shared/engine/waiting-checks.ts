import type { RequestLimits } from '../http/provider-client.ts';
import type { Place } from '../http/rate-limit/adaptive-rate-limiter.ts';
import type { TurnClass } from '../http/rate-limit/turn.ts';
import type { Clock } from '../lib/clock.ts';
import type { JobSnapshot } from '../providers/adapter.ts';
import type { StatusCheck } from './attempt-history.ts';

type Seen = Extract<StatusCheck, { kind: 'seen' }>;

/** How long a job waits for a look of its own, in milliseconds, once a list has shown it without its state. */
const vaguePatienceMs: { readonly [turnClass in TurnClass]: number } = {
  cancel: 0,
  look_before: 1_000,
  wait: 0,
  read: 10_000,
};

/** One look that waits for its turn, and may be shown what it wants by a batch before. */
export interface WaitingCheck {
  readonly id: string;
  readonly terms: RequestLimits;
  /** How many batches may still be made for it: none once one has left it out. */
  batchesLeft: number;
  /** When it began to wait, counted in what happens here. */
  since: number;
  /** Its place in line, while it waits there. */
  place?: Place | undefined;
  /** The batch under way that may show it. */
  ride?: Promise<void> | undefined;
  /** What it let go before itself. Once is enough: it may not be shown. */
  yieldedTo?: Promise<void> | undefined;
  /** Shown, but without its state; and since when, on the clock. */
  vague?: { readonly look: Seen; readonly since: number };
  look?: Seen;
}

/** What a page of a list, or a look by ids, has shown. `at` is a wall time, in milliseconds. */
export interface ShownStatus {
  readonly jobs: readonly JobSnapshot[];
  readonly at: number;
  /** What {@link WaitingChecks.mark} said when the request began. */
  readonly began: number;
  /** Whether it does not tell the state of a job, though a look at that may. */
  isVague(job: JobSnapshot): boolean;
}

/**
 * The looks that wait for their turn at one connection. Whatever is read there shows them their jobs, if it began to be
 * read after they had begun to wait: a look after a cancel must not be shown what came before it.
 */
export class WaitingChecks {
  readonly #clock: Clock;
  readonly #tickets = new Set<WaitingCheck>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to wait. To be closed in the end. */
  open(id: string, terms: RequestLimits, batchesLeft: number): WaitingCheck {
    const ticket: WaitingCheck = { id, terms, batchesLeft, since: this.mark() };
    this.#tickets.add(ticket);
    return ticket;
  }

  close(ticket: WaitingCheck): void {
    this.#tickets.delete(ticket);
  }

  /** A moment, later than all that was marked before. */
  mark(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Waits, perhaps once more, in line. */
  wait(ticket: WaitingCheck, place: Place): void {
    ticket.place = place;
    ticket.since = this.mark();
    this.#tickets.add(ticket);
  }

  /** Its turn has come: whether to look by itself. A batch that is under way with it goes first, once. */
  begin(ticket: WaitingCheck): boolean {
    if (ticket.look !== undefined) return false;
    ticket.place = undefined;
    if (ticket.ride !== undefined && ticket.yieldedTo === undefined) {
      ticket.yieldedTo = ticket.ride;
      return false;
    }
    this.#tickets.delete(ticket);
    return true;
  }

  /** Those that wait in line and that a batch may show, the most urgent first. */
  get listable(): WaitingCheck[] {
    const open = [...this.#tickets].filter(
      ({ batchesLeft, ride, place }) => batchesLeft > 0 && ride === undefined && place !== undefined,
    );
    return open.toSorted((one, other) => rank(one) - rank(other));
  }

  /** Shows those that wait what was read. */
  show({ jobs, at, began, isVague }: ShownStatus): void {
    if (this.#tickets.size === 0) return;
    const byId = new Map(jobs.map((job) => [job.jobId, job]));
    for (const ticket of this.#tickets) {
      const job = byId.get(ticket.id);
      if (job === undefined || ticket.since > began) continue;
      const seen: Seen = { kind: 'seen', job, at };
      if (isVague(job) && isPatient(ticket)) ticket.vague ??= { look: seen, since: this.#clock.now() };
      else this.#settle(ticket, seen);
    }
  }

  /** Lets a job that was shown without its state be shown so, once its own look is too long in coming. */
  hurry(ticket: WaitingCheck): void {
    const { vague, terms } = ticket;
    const waitedMs = vague === undefined ? 0 : this.#clock.now() - vague.since;
    if (vague !== undefined && waitedMs >= vaguePatienceMs[terms.turn.class])
      this.#settle(ticket, vague.look);
  }

  #settle(ticket: WaitingCheck, look: Seen): void {
    ticket.look = look;
    this.#tickets.delete(ticket);
    ticket.place?.withdraw();
  }
}

/** Whether a look waits for its own turn although a list has shown its job, because that turn comes soon. */
function isPatient({ place, terms }: WaitingCheck): boolean {
  return (place?.waitMs() ?? 0) < vaguePatienceMs[terms.turn.class];
}

const ranks: { readonly [turnClass in TurnClass]: number } = { cancel: 0, look_before: 1, wait: 2, read: 3 };

function rank({ terms }: WaitingCheck): number {
  return ranks[terms.turn.class];
}
