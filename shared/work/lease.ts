import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Progress } from '../contract/progress.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';
import { parseJson } from '../lib/json.ts';
import type { SliceUnderWay } from '../operations/state.ts';
import type { Store, StoredValue } from '../store/store.ts';

/** How often the holder of a lease renews it, in milliseconds. */
const renewalMs = 4_000;
/** How long a lease must stay unchanged before another worker may take it, in milliseconds on that worker's monotonic clock. */
const deadAfterMs = 15_000;
/** How long a lease is kept in the store, in milliseconds: longer than an operation pauses, because its epochs must not begin anew. */
const keptMs = 40 * 86_400_000;

const leaseSchema = z.object({
  /** The worker that holds it; absent once it was released. */
  holder: z.string().optional(),
  /** Counts the holders. */
  epoch: z.number(),
  /** Changes with each renewal. */
  beat: z.number(),
  /** What the rate limiters learned about the account. */
  learned: z.unknown().optional(),
  /** When they had learned it, as a wall time in milliseconds. */
  learned_at: z.number().optional(),
  /**
   * The operation whose slice is under way, how many of the slice's jobs were sent a cancel or need none, and until when the provider's
   * limit lets nothing through, as a wall time in milliseconds.
   */
  under_way: z
    .object({ operation: z.string(), done: z.number(), held_until: z.number().optional() })
    .optional(),
});
type LeaseRecord = z.infer<typeof leaseSchema>;

/** The lease of a connection as another worker last saw it, and when. */
interface SeenVersion {
  readonly version: number;
  readonly at: number;
}

/** How far a slice is: how many of its jobs were sent a cancel or need none, and what it is doing. */
type SliceNote = Pick<Progress, 'done'> & Partial<Pick<Progress, 'phase'>>;

/** What the leases of one worker share. */
interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Takes the leases of connections, of which each has at most one holder. Wall clocks decide nothing: a lease is taken from a
 * holder that has not renewed it for fifteen seconds of this worker's own monotonic clock.
 */
export class Leases {
  readonly #parts: LeaseParts;
  readonly #holder = randomBytes(9).toString('base64url');
  readonly #seen = new Map<string, SeenVersion>();
  readonly #held = new Map<string, Lease>();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /**
   * Takes the lease of a connection. `busy`: its holder renewed it since this worker read it last; `watched`: it did not, but
   * not for long enough. Rejects if the store does.
   */
  async take(connection: string): Promise<Lease | 'busy' | 'watched'> {
    const { store, clock } = this.#parts;
    const key = leaseKeyOf(connection);
    const entry = await store.get(key);
    const known = recordIn(entry);
    if (known?.holder !== undefined && entry !== undefined && !this.#isLeftOver(connection, known)) {
      const watched = this.#watch(connection, entry.version, clock.now());
      if (watched !== 'dead') return watched;
    }
    this.#seen.delete(connection);
    const { learned, learned_at } = known ?? {};
    const epoch = (known?.epoch ?? 0) + 1;
    const taken: LeaseRecord = { holder: this.#holder, epoch, beat: 0, learned, learned_at };
    const version = await store.put(key, JSON.stringify(taken), {
      version: entry?.version ?? 0,
      expiresAt: clock.wallTime() + keptMs,
    });
    if (version === 0) return 'busy';
    const lease = new Lease(this.#parts, key, { value: taken, version });
    this.#held.set(connection, lease);
    return lease;
  }

  /** Whether this worker had a lease that it could not give back, because the store failed. */
  #isLeftOver(connection: string, { holder }: LeaseRecord): boolean {
    return holder === this.#holder && this.#held.get(connection)?.isOver !== false;
  }

  #watch(connection: string, version: number, now: number): 'busy' | 'watched' | 'dead' {
    const before = this.#seen.get(connection);
    if (before?.version === version) return now - before.at >= deadAfterMs ? 'dead' : 'watched';
    this.#seen.set(connection, { version, at: now });
    return before === undefined ? 'watched' : 'busy';
  }
}

/** A lease that this worker holds until it releases it, or learns that another worker has taken it. */
export class Lease {
  readonly #parts: LeaseParts;
  readonly #key: string;
  #record: LeaseRecord;
  #version: number;
  #lost = false;
  #underWay: LeaseRecord['under_way'];
  readonly #over = new AbortController();
  /** The last write, because each needs the version of the one before. */
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: LeaseParts, key: string, { value, version }: { value: LeaseRecord; version: number }) {
    this.#parts = parts;
    this.#key = key;
    this.#record = value;
    this.#version = version;
    void this.#renewUntilOver();
  }

  /** Whether another worker has taken it, as far as this worker knows. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** Whether it was given back, whether or not that could be written. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Counts the holders of this connection's lease. */
  get epoch(): number {
    return this.#record.epoch;
  }

  /** What the rate limiters of earlier holders learned. */
  get learned(): unknown {
    return this.#record.learned;
  }

  /** How long ago that was learned, in milliseconds; 0 if a clock was set back since. */
  get learnedAgeMs(): number {
    const now = this.#parts.clock.wallTime();
    return Math.max(0, now - (this.#record.learned_at ?? now));
  }

  /** Reads whether this worker still holds it. Rejects if the store does. */
  async check(): Promise<boolean> {
    if (this.#lost) return false;
    const known = recordIn(await this.#parts.store.get(this.#key));
    const isOurs = known?.holder === this.#record.holder && known?.epoch === this.#record.epoch;
    if (!isOurs) this.#lost = true;
    return isOurs;
  }

  /** Notes how far the slice under way is. The next renewal writes it, so it costs nothing. */
  note(operation: string, { done, phase }: SliceNote): void {
    const until = phase?.kind === 'held' ? this.#parts.clock.wallTime() + phase.forMs : undefined;
    this.#underWay = { operation, done, ...omitUndefined({ held_until: until }) };
  }

  /** Gives the lease back, with what was learned. A worker that cannot write it leaves it to expire. */
  async release(learned?: unknown): Promise<void> {
    this.#over.abort();
    const { epoch, beat, learned: before, learned_at: beforeAt } = this.#record;
    const known =
      learned === undefined
        ? { learned: before, learned_at: beforeAt }
        : { learned, learned_at: this.#parts.clock.wallTime() };
    await this.#write({ epoch, beat: beat + 1, ...known }).catch(() => undefined);
  }

  async #renewUntilOver(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#over;
    for (;;) {
      await sleep(clock, renewalMs, signal);
      if (signal.aborted || this.#lost) return;
      // If the store cannot be written, the next renewal may succeed; until then nothing leaves, because reads fail, too.
      const beat = this.#record.beat + 1;
      await this.#write({ ...this.#record, beat, under_way: this.#underWay }).catch(() => undefined);
    }
  }

  #write(record: LeaseRecord): Promise<void> {
    const next = this.#writing.catch(() => undefined).then(() => this.#writeNow(record));
    this.#writing = next;
    return next;
  }

  async #writeNow(record: LeaseRecord): Promise<void> {
    if (this.#lost) return;
    const { store, clock } = this.#parts;
    const terms = { version: this.#version, expiresAt: clock.wallTime() + keptMs };
    const version = await store.put(this.#key, JSON.stringify(record), terms);
    if (version === 0) {
      this.#lost = true;
      return;
    }
    this.#version = version;
    this.#record = record;
  }
}

/** How far the slice of an operation is that is under way at a connection, as of the last renewal of the lease with this epoch. Rejects if the store does. */
export async function readUnderWay(
  store: Store,
  connection: string,
  { operation, epoch }: { readonly operation: string; readonly epoch: number | undefined },
): Promise<SliceUnderWay | undefined> {
  const known = recordIn(await store.get(leaseKeyOf(connection)));
  const { operation: whose, done = 0, held_until: heldUntil } = known?.under_way ?? {};
  return known?.epoch === epoch && whose === operation ? { done, heldUntil } : undefined;
}

/**
 * Takes the lease of a connection from its holder, so that no worker waits until it expires. Only for a store that no worker uses,
 * such as one that is being restored. Rejects if the store does.
 */
export async function endLease({ store, clock }: LeaseParts, connection: string): Promise<void> {
  const key = leaseKeyOf(connection);
  const entry = await store.get(key);
  const known = recordIn(entry);
  if (known?.holder === undefined || entry === undefined) return;
  const { holder: _, ...rest } = known;
  const terms = { version: entry.version, expiresAt: clock.wallTime() + keptMs };
  await store.put(key, JSON.stringify({ ...rest, beat: known.beat + 1 }), terms);
}

function leaseKeyOf(connection: string): string {
  return `lease/${connection}`;
}

function recordIn(entry: StoredValue | undefined): LeaseRecord | undefined {
  return leaseSchema.safeParse(entry && parseJson(entry.value)).data;
}
