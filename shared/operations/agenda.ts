import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import { compareAndSwap } from '../store/compare-and-swap.ts';
import type { Store } from '../store/store.ts';
import { longAgo } from './lifetime.ts';

/** An operation that has something to do at a connection from `dueAt` on, in milliseconds since the epoch; 0 is at once. */
export interface Appointment {
  readonly connection: string;
  readonly operation: string;
  readonly dueAt: number;
  /** Changes when the appointment is made anew. */
  readonly version: number;
}

const valueSchema = z.object({ due_at: z.number() });

/** How many entries are read at a time. An agenda seldom has as many. */
const pageSize = 1_000;
/** How much longer than needed the name of a connection is kept, in milliseconds, so that it is seldom written. */
const spareMs = 30 * 86_400_000;

/** The agendas of the connections: which operation has something to do there, and when. Everything rejects if the store does. */
export class Agenda {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The connections that may have something on their agenda, also those that are configured no longer. */
  async connections(): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#store.list(connectionsFolder, { limit: pageSize, ...(after && { after }) });
      found.push(...page.entries.map(({ name }) => name));
      if (page.next === undefined) return found;
      after = page.next;
    }
  }

  /** Everything on the agenda of a connection, the earliest first. */
  async of(connection: string): Promise<Appointment[]> {
    const found: Appointment[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#store.list(folderOf(connection), { limit: pageSize, ...(after && { after }) });
      for (const { name, value, version } of page.entries) {
        const dueAt = dueAtIn(value);
        if (dueAt !== undefined) found.push({ connection, operation: name, dueAt, version });
      }
      if (page.next === undefined) return found.toSorted((one, other) => one.dueAt - other.dueAt);
      after = page.next;
    }
  }

  /**
   * Makes an appointment at once. For a start or a resume it is made before and after the head of the operation is written: so
   * it is not lost if the process dies in between, nor if a worker came too early and put it off.
   */
  async makeDue(connection: string, operation: string, expiresAt: number): Promise<void> {
    await this.begin(connection, operation, 0, expiresAt);
  }

  /** Makes the first appointment of an operation that has nothing to do before `dueAt`. */
  async begin(connection: string, operation: string, dueAt: number, expiresAt: number): Promise<void> {
    await this.#name(connection, expiresAt);
    await compareAndSwap(this.#store, keyOf(connection, operation), () => ({
      value: textOf(dueAt),
      expiresAt,
    }));
  }

  /**
   * Moves an appointment, or removes it without `dueAt`. If it was made anew or moved since it was read, the earlier time stays;
   * if it was removed by a worker that came late, it is made again.
   */
  async move(
    { connection, operation, version }: Appointment,
    dueAt: number | undefined,
    expiresAt: number,
  ): Promise<void> {
    const key = keyOf(connection, operation);
    const terms = { version, expiresAt: dueAt === undefined ? longAgo : expiresAt };
    if ((await this.#store.put(key, textOf(dueAt ?? 0), terms)) > 0 || dueAt === undefined) return;
    await compareAndSwap(this.#store, key, (value) => {
      const known = dueAtIn(value);
      return known !== undefined && known <= dueAt ? undefined : { value: textOf(dueAt), expiresAt };
    });
  }

  /** Notes that a connection has an agenda. */
  #name(connection: string, expiresAt: number): Promise<void> {
    return compareAndSwap(this.#store, `${connectionsFolder}//${connection}`, (value) =>
      Number(value ?? 0) >= expiresAt ? undefined : entryUntil(expiresAt + spareMs),
    );
  }
}

function entryUntil(expiresAt: number) {
  return { value: String(expiresAt), expiresAt };
}

function dueAtIn(text: string | undefined): number | undefined {
  return valueSchema.safeParse(text === undefined ? undefined : parseJson(text)).data?.due_at;
}

function textOf(dueAt: number): string {
  return JSON.stringify({ due_at: dueAt });
}

const connectionsFolder = 'agendas';
const folderOf = (connection: string) => `agenda/${connection}`;
const keyOf = (connection: string, operation: string) => `${folderOf(connection)}//${operation}`;
