import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import { compareAndSwap } from '../store/compare-and-swap.ts';
import type { Store } from '../store/store.ts';

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

/** The agendas of the connections: which operation has something to do there, and when. Everything rejects if the store does. */
export class Agenda {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Everything on the agenda of a connection, the earliest first. */
  async of(connection: string): Promise<Appointment[]> {
    const found: Appointment[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#store.list(folderOf(connection), { limit: pageSize, ...(after && { after }) });
      for (const { name, value, version } of page.entries) {
        const { data } = valueSchema.safeParse(parseJson(value));
        if (data !== undefined) found.push({ connection, operation: name, dueAt: data.due_at, version });
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
    await compareAndSwap(this.#store, keyOf(connection, operation), () => ({ value: textOf(0), expiresAt }));
  }

  /** Moves an appointment, or removes it without `dueAt`; one that was made anew since it was read stays. */
  async move(
    { connection, operation, version }: Appointment,
    dueAt: number | undefined,
    expiresAt: number,
  ): Promise<void> {
    const terms = { version, expiresAt: dueAt === undefined ? 1 : expiresAt };
    await this.#store.put(keyOf(connection, operation), textOf(dueAt ?? 0), terms);
  }
}

function textOf(dueAt: number): string {
  return JSON.stringify({ due_at: dueAt });
}

const folderOf = (connection: string) => `agenda/${connection}`;
const keyOf = (connection: string, operation: string) => `${folderOf(connection)}//${operation}`;
