import { DatabaseSync, type StatementSync } from 'node:sqlite';
import * as z from 'zod';
import type { Exchange, ProviderName } from '../../../sandbox/sandbox.ts';
import { auditBodySchema } from '../../../shared/access/audit/body.ts';
import { parseJson } from '../../../shared/lib/json.ts';

const rowSchema = z.object({ rowid: z.number(), body: z.string() });

/** The cancels that are recorded in the audit of a store, read from its file as they are written. */
export class Intents {
  readonly #path: string;
  readonly #recorded = new Set<string>();
  #rows: StatementSync | undefined;
  #last = 0;

  /** `path`: the SQLite file, which may be missing until something is sent. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Whether the cancel of a job, `connection/id`, is recorded now. */
  has(job: string): boolean {
    if (!this.#recorded.has(job)) this.#readOn();
    return this.#recorded.has(job);
  }

  #readOn(): void {
    this.#rows ??= new DatabaseSync(this.#path, { readOnly: true }).prepare(
      'SELECT rowid, body FROM log WHERE rowid > ? ORDER BY rowid',
    );
    for (const row of this.#rows.all(this.#last)) {
      const { rowid, body } = rowSchema.parse(row);
      this.#last = rowid;
      const { data } = auditBodySchema.safeParse(parseJson(body));
      if (data?.is === 'intent')
        for (const id of data.job_ids) this.#recorded.add(`${data.connection}/${id}`);
    }
  }
}

/** Every exchange of the providers by the jobs that it named or showed, and which cancels came before their record. */
export class Ledger {
  readonly #intents: Intents;
  readonly #byJob = new Map<string, Exchange[]>();
  readonly #last = new Map<ProviderName, number>();
  /** The jobs that were sent a cancel, as `connection/id`. */
  readonly sent = new Set<string>();
  /** The cancels that arrived although no record of them was in the store. */
  readonly unrecorded: string[] = [];
  requests = 0;
  /** The requests that met a fault of the provider. */
  faults = 0;

  constructor(intents: Intents) {
    this.#intents = intents;
  }

  /** Takes down an exchange the moment it has been decided. */
  note(provider: ProviderName, exchange: Exchange): void {
    const { operation, jobIds, served, sequence, fault } = exchange;
    this.requests += 1;
    if (fault !== undefined) this.faults += 1;
    this.#last.set(provider, sequence);
    for (const id of new Set([...jobIds, ...Object.keys(served)])) {
      const job = `${provider}/${id}`;
      const known = this.#byJob.get(job);
      if (known === undefined) this.#byJob.set(job, [exchange]);
      else known.push(exchange);
    }
    if (operation !== 'cancel' && operation !== 'cancelMany') return;
    for (const id of jobIds) {
      const job = `${provider}/${id}`;
      this.sent.add(job);
      if (!this.#intents.has(job))
        this.unrecorded.push(`${job} was sent a cancel before its record was written`);
    }
  }

  /** The number of the last exchange of a provider. */
  lastOf(provider: ProviderName): number {
    return this.#last.get(provider) ?? 0;
  }

  /** The exchanges about a job, oldest first. */
  of(job: string): readonly Exchange[] {
    return this.#byJob.get(job) ?? [];
  }
}
