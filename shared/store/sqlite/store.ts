import { randomInt } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import { RecordConflictError } from '../errors.ts';
import { checkKey, checkPut, checkRecord, normalizeList, normalizeQuery } from '../limits.ts';
import type { LogQuery, LogRecord, Store } from '../store.ts';
import { DirectWriter } from './direct-writer.ts';
import type { SliceQuery, StoreAnswer, StoreQuestion, Write, WriteResult } from './protocol.ts';
import { SqliteQuestions } from './questions.ts';
import { SqliteThread } from './thread.ts';

/** Where a store is, and what it goes by. */
export interface SqliteSettings {
  readonly folder: string;
  readonly clock: Clock;
  /** Told where the file was opened anew, because another one, or none, was in its place. */
  readonly log?: Log;
  /** Whether the file has a thread of its own, as a server needs, which must answer while a disk is slow. Default: it has. */
  readonly hasThread?: boolean | undefined;
}

/**
 * Opens the store of one machine: a SQLite file in `folder`, which several processes may use at once. What may
 * wait is done in a thread of its own: docs/decisions/0009-store-thread.md.
 * @throws {StoreUnavailableError} where the folder cannot be used, or holds the data of a newer calloff.
 */
export async function openSqliteStore({
  folder,
  clock,
  log = silentLog,
  hasThread = true,
}: SqliteSettings): Promise<Store> {
  const owner = hasThread ? new SqliteThread(folder) : new SqliteQuestions(folder);
  const direct = hasThread ? new DirectWriter(folder) : undefined;
  /** How many writes the thread has before it: what comes after them must not overtake them. */
  let queued = 0;
  const underWay = new Set<Promise<unknown>>();
  let open = true;

  const ask = async (question: StoreQuestion): Promise<StoreAnswer> => {
    if (!open) throw new Error('the store is closed');
    const asked = owner.ask(question);
    underWay.add(asked);
    try {
      const answer = await asked;
      if (answer.isOtherFile) log({ level: 'warn', event: 'store_reopened' });
      return answer;
    } finally {
      underWay.delete(asked);
    }
  };
  const write = writeTogether(async (writes) => {
    const written = open && queued === 0 ? direct?.write(writes) : undefined;
    if (written !== undefined) return written;
    queued += 1;
    return ask({ kind: 'write', writes }).finally(() => {
      queued -= 1;
    });
  });
  const close = async () => {
    if (!open) return;
    open = false;
    await Promise.allSettled(underWay);
    direct?.close();
    await owner.ask({ kind: 'close' });
  };

  await ask({ kind: 'open' }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    async get(key) {
      checkKey(key);
      return (await ask({ kind: 'get', key, now: clock.wallTime() })).entry;
    },
    async put(key, value, terms) {
      checkPut(key, value, terms);
      // Random, so that no version comes again after a value has expired and begun anew.
      const next = randomInt(1, 2 ** 48 - 1);
      const written = await write({
        kind: 'put',
        key,
        value,
        terms: { ...terms, next, now: clock.wallTime() },
      });
      return written === 'done' ? next : 0;
    },
    async list(folder, query) {
      const asked = { ...normalizeList(folder, query), folder, now: clock.wallTime() };
      return (await ask({ kind: 'list', query: asked })).page ?? { entries: [] };
    },
    async append(records) {
      for (const record of records) checkRecord(record);
      if (records.length === 0) return;
      if ((await write({ kind: 'append', records })) === 'conflict') throw new RecordConflictError();
    },
    async scan(query) {
      const narrowed = normalizeQuery(query);
      return narrowed === undefined ? [] : scan(narrowed, ask);
    },
    close,
  };
}

/** What is to be written in one turn of the loop goes to the thread together: each way there and back takes its time. */
function writeTogether(
  ask: (writes: readonly Write[]) => Promise<StoreAnswer>,
): (write: Write) => Promise<WriteResult | undefined> {
  let gathered: { readonly writes: Write[]; readonly answer: Promise<StoreAnswer> } | undefined;
  return async (write) => {
    const writes: Write[] = gathered?.writes ?? [];
    gathered ??= {
      writes,
      answer: afterThisTurn().then(() => {
        gathered = undefined;
        return ask(writes);
      }),
    };
    const place = writes.push(write) - 1;
    const { written } = await gathered.answer;
    return written?.[place];
  };
}

/** Comes when all promises are kept that can be kept by now. */
function afterThisTurn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Slice by slice, so that what else is asked of the thread need not wait for all of it. */
async function scan(
  query: LogQuery,
  ask: (question: StoreQuestion) => Promise<StoreAnswer>,
): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (let slice: SliceQuery = query; ; ) {
    const { records = [], isCut } = await ask({ kind: 'scan', query: slice });
    found.push(...records);
    const last = records.at(-1);
    if (!isCut || last === undefined) return found;
    const { at, requestId, part } = last;
    slice = { ...query, after: { at, requestId }, part, limit: query.limit - found.length };
  }
}
