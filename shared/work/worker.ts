import { sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Agenda, Appointment } from '../operations/agenda.ts';
import { partsExpireAt } from '../operations/lifetime.ts';
import type { OperationRecord, ShareRecord } from '../operations/operation.ts';
import { isToSend } from '../operations/state.ts';
import { loggable } from '../store/errors.ts';
import type { Fence } from './fence.ts';
import type { Lease, Leases } from './lease.ts';
import { dueAtOf } from './share-progress.ts';
import { takeTurn } from './take-turn.ts';
import { hasCome, type TurnParts } from './turn-parts.ts';

/** What a worker works with. */
export interface WorkerParts extends TurnParts {
  readonly agenda: Agenda;
  readonly leases: Leases;
  readonly log: Log;
  /** Called when nothing is due any more for an operation at one of its connections: it may have finished. */
  ended(operation: OperationRecord): Promise<void>;
  /** Which operations it works on; without it, all. While others are due, it gives their connection away. */
  isOurs?: ((operation: string) => boolean) | undefined;
  /** What the rate limiters of a connection learned, and how to give it to them. `ageMs`: how long ago it was true. */
  learned?(connection: string): Promise<unknown>;
  restore?(connection: string, learned: unknown, ageMs: number): Promise<void>;
}

/** The result of a visit to a connection: it was worked off, another worker has it, its holder may be dead, or it failed. */
export type Visit = 'done' | 'busy' | 'watched' | 'failed';

/** How often it is checked whether a turn must end, in milliseconds. */
const watchMs = 500;
/** How long a turn lasts before it gives way to another operation, in milliseconds. */
const leastTurnMs = 1_500;
/** How soon an operation must be due so that the worker waits for it, in milliseconds. */
const soonMs = 3_000;
/** How long an operation waits after its turn failed, in milliseconds. */
const failedMs = 30_000;
/** How long a draft that is on an agenda has to be started, in milliseconds, before a worker reads it again. */
const draftMs = 60_000;

/**
 * Works off what is due at the connections, one connection at a time for each call of `visit`. Operations at the same
 * connection take turns: the one that has waited longest comes first.
 */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #stopping = new AbortController();
  /** When each operation had its last turn here, on the monotonic clock. */
  readonly #lastTurns = new Map<string, number>();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
  }

  /** Ends the turns under way: nothing more is sent, and what was sent is recorded. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The connections that may have something due, also those that are configured no longer. Rejects if the store does. */
  connections(): Promise<string[]> {
    return this.#parts.agenda.connections();
  }

  /** Whether something is due at a connection now. Rejects if the store does. */
  async isDue(connection: string): Promise<boolean> {
    return this.#own(await this.#dueAt(connection)).length > 0;
  }

  /**
   * Takes the lease of a connection and works off its agenda, until nothing is due or the time `until` on the monotonic clock.
   * Never rejects: what fails is logged, and stays on the agenda.
   */
  async visit(connection: string, until = Number.POSITIVE_INFINITY): Promise<Visit> {
    try {
      for (;;) {
        const lease = await this.#parts.leases.take(connection);
        if (lease === 'busy' || lease === 'watched') return lease;
        const isGivenAway = await this.#workUnder(lease, connection, until);
        // An appointment may have been made while the lease was being released, by a worker that found it taken.
        if (isGivenAway || this.#isOver(until) || lease.isLost || !(await this.isDue(connection)))
          return 'done';
      }
    } catch (error) {
      this.#logFailure(connection, error);
      return 'failed';
    }
  }

  /** Returns whether it gave the connection away, because another worker has something to do there. */
  async #workUnder(lease: Lease, connection: string, until: number): Promise<boolean> {
    const { learned, restore } = this.#parts;
    try {
      await restore?.(connection, lease.learned, lease.learnedAgeMs);
      for (;;) {
        const due = await this.#dueSoon(lease, connection, until);
        const own = this.#own(due);
        if (own.length === 0 || this.#isOver(until) || lease.isLost) return false;
        const [next] = own.toSorted((one, other) => this.#lastTurn(one) - this.#lastTurn(other));
        if (next !== undefined) await this.#turnOrLater(lease, connection, next, due.length > 1);
        if (own.length < due.length) return true;
      }
    } finally {
      await lease.release(await learned?.(connection).catch(() => undefined));
    }
  }

  #own(appointments: readonly Appointment[]): readonly Appointment[] {
    const { isOurs = () => true } = this.#parts;
    return appointments.filter(({ operation }) => isOurs(operation));
  }

  #isOver(until: number): boolean {
    return this.#stopping.signal.aborted || this.#parts.clock.now() >= until;
  }

  #lastTurn({ operation }: Appointment): number {
    return this.#lastTurns.get(operation) ?? Number.NEGATIVE_INFINITY;
  }

  async #dueAt(connection: string): Promise<Appointment[]> {
    const now = this.#parts.clock.wallTime();
    const appointments = await this.#parts.agenda.of(connection);
    return appointments.filter(({ dueAt }) => hasCome(dueAt, now));
  }

  /** What is due at a connection, after a short wait if something is due soon: an operation that is paced keeps the lease. */
  async #dueSoon(lease: Lease, connection: string, until: number): Promise<Appointment[]> {
    const { agenda, clock } = this.#parts;
    for (;;) {
      const now = clock.wallTime();
      const appointments = await agenda.of(connection);
      const due = appointments.filter(({ dueAt }) => hasCome(dueAt, now));
      const nextMs = Math.min(...this.#own(appointments).map(({ dueAt }) => dueAt - now));
      if (due.length > 0 || nextMs > soonMs || this.#isOver(until) || lease.isLost) return due;
      await sleep(clock, Math.min(nextMs, watchMs), this.#stopping.signal);
    }
  }

  /** One whose turn fails has its next one later, so that it holds up no other. Rejects if the store does. */
  async #turnOrLater(
    lease: Lease,
    connection: string,
    appointment: Appointment,
    isCrowded: boolean,
  ): Promise<void> {
    try {
      await this.#turn(lease, connection, appointment, isCrowded);
    } catch (error) {
      this.#logFailure(connection, error);
      const { agenda, clock } = this.#parts;
      const now = clock.wallTime();
      await agenda.move(appointment, now + failedMs, partsExpireAt({ created_at: now }));
    }
  }

  /** Gives an operation its turn, and schedules its next one. */
  async #turn(lease: Lease, connection: string, appointment: Appointment, isCrowded: boolean): Promise<void> {
    const { operation: id } = appointment;
    const { records, agenda, clock } = this.#parts;
    this.#lastTurns.set(id, clock.now());
    const operation = await records.get(id);
    if (operation?.listing === 'due') return this.#list(appointment, operation);
    const plan = operation?.shares.find((share) => share.connection === connection);
    if (operation === undefined || plan === undefined) return agenda.move(appointment, undefined, 1);
    // Its start may be under way; if it is, that makes the appointment anew.
    if (operation.wanted === 'draft')
      return agenda.move(appointment, clock.wallTime() + draftMs, partsExpireAt(operation));
    const watch = new AbortController();
    const ended = new AbortController();
    let fence: Fence | undefined;
    const watching = this.#watch(
      { connection, id, isCrowded, isClosed: () => fence?.isClosed === true },
      watch,
      ended.signal,
    );
    const signal = AbortSignal.any([watch.signal, this.#stopping.signal]);
    const onFence = (made: Fence) => {
      fence = made;
    };
    const turn = { operation, plan, lease, isCrowded, signal, onFence };
    const { share, waitMs } = await takeTurn(this.#parts, turn).finally(async () => {
      ended.abort();
      await watching;
    });
    await this.#plan(appointment, operation, share, waitMs);
  }

  /** Lists the jobs of a selector for one step. While it is paused, nothing is listed. */
  async #list(appointment: Appointment, operation: OperationRecord): Promise<void> {
    const { records, agenda, clock } = this.#parts;
    if (isToSend(operation, clock.wallTime())) await this.#parts.list(operation, this.#stopping.signal);
    const latest = (await records.get(operation.id)) ?? operation;
    const isDue = latest.listing === 'due' && isToSend(latest, clock.wallTime());
    await agenda.move(appointment, isDue ? 0 : undefined, partsExpireAt(latest));
  }

  /** Ends a turn early if another operation is due, or if the operation was paused. */
  async #watch(
    {
      connection,
      id,
      isCrowded,
      isClosed,
    }: {
      readonly connection: string;
      readonly id: string;
      readonly isCrowded: boolean;
      isClosed(): boolean;
    },
    watch: AbortController,
    ended: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#parts;
    const startedAt = clock.now();
    for (;;) {
      await sleep(clock, watchMs, ended);
      if (ended.aborted) return;
      const isYielding = !isCrowded && clock.now() - startedAt >= leastTurnMs;
      const due = isYielding ? await this.#dueAt(connection).catch(() => []) : [];
      if (isClosed() || due.some(({ operation }) => operation !== id)) return watch.abort();
    }
  }

  /** Schedules the next turn of the operation here. A start or a resume that came meanwhile stays due. */
  async #plan(
    appointment: Appointment,
    operation: OperationRecord,
    share: ShareRecord,
    waitMs: number,
  ): Promise<void> {
    const { records, agenda, clock } = this.#parts;
    // It may have been paused meanwhile.
    const latest = (await records.get(operation.id)) ?? operation;
    const plan = latest.shares.find(({ connection }) => connection === appointment.connection);
    const now = clock.wallTime();
    const dueAt = plan && dueAtOf(latest, plan, share, now);
    if (dueAt === undefined) this.#lastTurns.delete(operation.id);
    const next = dueAt !== undefined && waitMs > 0 ? Math.max(dueAt, now + waitMs) : dueAt;
    // Before the appointment goes: a worker that dies in between finds it, and says again that the operation has ended.
    if (dueAt === undefined || dueAt > now) await this.#parts.ended(latest);
    await agenda.move(appointment, next, partsExpireAt(latest));
  }

  #logFailure(connection: string, error: unknown): void {
    this.#parts.log({ level: 'error', event: 'operation_turn_failed', connection, ...loggable(error) });
  }
}
