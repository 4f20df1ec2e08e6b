import type { Clock } from '../../shared/lib/clock.ts';
import { RecordConflictError } from '../../shared/store/errors.ts';
import { joinKey, splitKey } from '../../shared/store/folder.ts';
import { checkKey, checkPut, checkRecord, normalizeList, normalizeQuery } from '../../shared/store/limits.ts';
import {
  type FolderEntry,
  type FolderPage,
  isSameRequest,
  type LogRecord,
  type Store,
} from '../../shared/store/store.ts';
import { type Host, SetClock } from './host.ts';

/** What a store is, in its plainest form: what the others are compared with, and what sabotage is done to. */
export interface Memory {
  readonly values: Map<string, { value: string; version: number; expiresAt: number }>;
  records: LogRecord[];
  lastVersion: number;
}

/** Hosts of stores in memory, each made by `make`, by which it may be broken on purpose. */
export function memoryHost(make: typeof memoryStore = memoryStore): Host {
  const clock = new SetClock();
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  return {
    clock,
    sequences: 60,
    open: async () => make(memory, clock),
    another: async () => memoryHost(make),
  };
}

/** A store over `memory`. */
export function memoryStore(memory: Memory, clock: Pick<Clock, 'wallTime'>): Store {
  const live = (key: string) => {
    const entry = memory.values.get(key);
    return entry === undefined || entry.expiresAt <= clock.wallTime() ? undefined : entry;
  };
  return {
    async get(key) {
      checkKey(key);
      const entry = live(key);
      return entry && { value: entry.value, version: entry.version };
    },
    async put(key, value, terms) {
      checkPut(key, value, terms);
      if ((live(key)?.version ?? 0) !== terms.version) return 0;
      memory.lastVersion += 1;
      memory.values.set(key, { value, version: memory.lastVersion, expiresAt: terms.expiresAt });
      return memory.lastVersion;
    },
    async list(folder, query) {
      const { after, limit, backwards = false } = normalizeList(folder, query);
      const direction = backwards ? -1 : 1;
      const prefix = joinKey({ folder, name: '' });
      const names = [...memory.values.keys()]
        .filter((key) => key.startsWith(prefix))
        .map(splitKey)
        .filter((parts) => parts?.folder === folder)
        .map((parts) => parts?.name ?? '')
        .filter((name) => after === undefined || compareBytes(name, after) * direction > 0)
        .sort((one, other) => compareBytes(one, other) * direction);
      const entries = names.flatMap((name) => {
        const entry = live(joinKey({ folder, name }));
        return entry ? [{ name, value: entry.value, version: entry.version }] : [];
      });
      return pageOf(entries, limit);
    },
    async append(records) {
      for (const record of records) checkRecord(record);
      const all = [...memory.records];
      for (const record of records) {
        const there = all.find((other) => isSameRequest(other, record) && other.part === record.part);
        if (there !== undefined && there.body !== record.body) throw new RecordConflictError();
        if (there === undefined) all.push(record);
      }
      memory.records = all;
    },
    async scan(query) {
      const narrowed = normalizeQuery(query);
      if (narrowed === undefined) return [];
      const { from, to, after, limit } = narrowed;
      const wanted = memory.records
        .filter((record) => record.at >= from && record.at <= to)
        .filter(
          (record) => after === undefined || compare({ ...record, part: '' }, { ...after, part: '' }) > 0,
        )
        .sort(compare);
      const end = wanted.findIndex(
        (record, index) => index >= limit && !isSameRequest(record, wanted[index - 1]),
      );
      return end === -1 ? wanted : wanted.slice(0, end);
    },
    close: async () => undefined,
  };
}

/** As many entries as fit into a page, and where the next one begins. */
function pageOf(entries: readonly FolderEntry[], limit: number): FolderPage {
  const page: FolderEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = page.at(-1);
    if (last !== undefined && (page.length >= limit || bytes >= 1_000_000))
      return { entries: page, next: last.name };
    page.push(entry);
    bytes += Buffer.byteLength(entry.value);
  }
  return { entries: page };
}

/** The order of the names of a folder. */
export function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

type Place = Omit<LogRecord, 'body'>;

/** The order of the log: later first, then greater ids first, then lesser parts first. */
export function compare(one: Place, other: Place): number {
  if (one.at !== other.at) return other.at - one.at;
  if (one.requestId !== other.requestId) return one.requestId < other.requestId ? 1 : -1;
  return one.part === other.part ? 0 : one.part < other.part ? -1 : 1;
}
