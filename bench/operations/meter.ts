import { constants, PerformanceObserver } from 'node:perf_hooks';
import * as z from 'zod';
import type { LogRecord, Store } from '../../shared/store/store.ts';

const written = { puts: z.number(), records: z.number(), bytes: z.number(), units: z.number() };

/** What a run took. Memory is in bytes above that of the idle process; `units`: write units of DynamoDB, of a kilobyte each. */
export const figuresSchema = z.object({
  ...{ seconds: z.number(), cpuMicros: z.number(), rss: z.number(), heap: z.number(), ...written },
});
export type Figures = z.infer<typeof figuresSchema>;

/** How often the size of the process is read, in milliseconds. */
const sampleMs = 100;
const bytesPerUnit = 1_024;

/** Measures the process that it is in, and what is written to a store. */
export class Meter {
  readonly #idle = { rss: 0, heap: 0 };
  readonly #peak = { rss: 0, heap: 0 };
  #written = { puts: 0, records: 0, bytes: 0, units: 0 };
  #startedAt = 0;
  /** When each record of the audit was appended, in milliseconds since the epoch. */
  readonly #appendedAt = new Map<string, number>();
  #cpu = process.cpuUsage();
  #isSampling = false;

  /** The same store, whose writes are counted. */
  watch(store: Store): Store {
    return {
      ...store,
      put: (key, value, terms) => {
        this.#written.puts += 1;
        this.#count(key.length + Buffer.byteLength(value));
        return store.put(key, value, terms);
      },
      append: (records) => {
        this.#written.records += records.length;
        for (const { requestId, part, body } of records) {
          this.#count(requestId.length + part.length + Buffer.byteLength(body));
          this.#appendedAt.set(`${requestId} ${part}`, Date.now());
        }
        return store.append(records);
      },
    };
  }

  /** When a record of the audit was appended to the store, in milliseconds since the epoch. */
  appendedAt({ requestId, part }: Pick<LogRecord, 'requestId' | 'part'>): number | undefined {
    return this.#appendedAt.get(`${requestId} ${part}`);
  }

  /** Begins to measure a run. The first time, the process counts as idle. */
  begin(): void {
    if (!this.#isSampling) this.#becomeIdle();
    globalThis.gc?.();
    this.#peak.rss = 0;
    this.#peak.heap = 0;
    this.#written = { puts: 0, records: 0, bytes: 0, units: 0 };
    this.#startedAt = performance.now();
    this.#cpu = process.cpuUsage();
  }

  /** The figures since then. */
  end(): Figures {
    const { user, system } = process.cpuUsage(this.#cpu);
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    this.#sample();
    globalThis.gc?.();
    this.#noteHeap();
    return {
      ...{ seconds, cpuMicros: user + system },
      ...{ rss: this.#peak.rss - this.#idle.rss, heap: this.#peak.heap - this.#idle.heap },
      ...this.#written,
    };
  }

  #becomeIdle(): void {
    this.#isSampling = true;
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    this.#idle.rss = rss;
    this.#idle.heap = heapUsed;
    setInterval(() => this.#sample(), sampleMs).unref();
    const observer = new PerformanceObserver((list) => {
      const kinds = list.getEntries().map((entry) => gcSchema.safeParse(entry).data?.detail.kind);
      if (kinds.includes(constants.NODE_PERFORMANCE_GC_MAJOR)) this.#noteHeap();
    });
    observer.observe({ entryTypes: ['gc'] });
  }

  #sample(): void {
    this.#peak.rss = Math.max(this.#peak.rss, process.memoryUsage.rss());
  }

  #noteHeap(): void {
    this.#peak.heap = Math.max(this.#peak.heap, process.memoryUsage().heapUsed);
  }

  #count(bytes: number): void {
    this.#written.bytes += bytes;
    this.#written.units += Math.ceil(bytes / bytesPerUnit);
  }
}

/** An entry about a garbage collection. */
const gcSchema = z.object({ detail: z.object({ kind: z.number() }) });
