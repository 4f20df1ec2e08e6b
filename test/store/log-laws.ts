import { longestTextBytes } from '../../shared/store/limits.ts';
import type { LogRecord } from '../../shared/store/store.ts';
import { cases, casesAt, runs } from '../support/thorough.ts';
import { everything, law, longestStallMs, noon, pages, request, requestsIn, wholeFolder } from './law.ts';
import { compare } from './memory-store.ts';

/** Requests of several days, some at the same time, with one to seven records each. */
function several(): LogRecord[] {
  return Array.from({ length: runs(30, 16) }, (_, index) => {
    const parts = Array.from({ length: 1 + (index % 7) }, (_, part) => `0:${part}`);
    return request(noon(Math.floor(index / 10)) + Math.floor(index / 2), `r${(index * 7) % 30}`, parts);
  }).flat();
}

/** What holds for the log. */
export const logLaws = [
  law('has no record until one is appended', async (findings, store) => {
    findings.same('at first', await store.scan(everything), []);
    await store.append([]);
    findings.same('after nothing', await store.scan(everything), []);
    await store.append(request(noon(0), 'r'));
    findings.same('after one', await store.scan(everything), request(noon(0), 'r'));
  }),

  law('reads the newest request first, and its records by part', async (findings, store) => {
    const records = several();
    await store.append(records.toReversed());
    findings.same('the log', await store.scan(everything), records.toSorted(compare));
  }),

  law('sorts ids and parts by their characters, not by their length or language', async (findings, store) => {
    const ids = ['a', 'ab', 'a-', 'a.', 'a:', 'a=', 'A', 'B', 'b', 'b_', '-', '0', '10', '9', '_'];
    const parts = ['a', 'A', '!', '"', '#', '#a', '0', '10', '9', 'a#', '~', 'a~', '[', '_'];
    // In npm test all parts of one id, and the first of the others.
    const records = ids.flatMap((id) =>
      request(
        noon(0),
        id,
        cases(parts, (_, index) => id === 'a' || index === 0),
      ),
    );
    await store.append(records);
    findings.same('the log', await store.scan(everything), records.toSorted(compare));
    const found = await pages(store, { ...everything, limit: 1 });
    findings.same('the log by pages', found.flat(), records.toSorted(compare));
  }),

  law('reads only what began between the times asked for, both included', async (findings, store) => {
    const times = [0, 1, noon(0) - 1, noon(0), noon(0) + 1, noon(40), 253_402_300_799_999];
    const records = times.flatMap((at) => request(at, `r${at}`));
    await store.append(records);
    for (const from of [Number.NEGATIVE_INFINITY, ...times, Number.POSITIVE_INFINITY]) {
      // A half of all pairs, and each time with itself.
      const ends = [Number.NEGATIVE_INFINITY, ...times, Number.POSITIVE_INFINITY];
      for (const to of cases(ends, (each, index) => each === from || index % 2 === 0)) {
        const wanted = records.filter(({ at }) => at >= from && at <= to).reverse();
        findings.same(`${from} to ${to}`, await store.scan({ from, to, limit: 100 }), wanted);
      }
    }
  }),

  law('never cuts a request, and begins none beyond the limit', async (findings, store) => {
    const records = several();
    await store.append(records);
    for (const limit of casesAt([1, 2, 3, 7, 8, 20, 1_000], 0, 3, 5)) {
      for (const page of await pages(store, { ...everything, limit })) {
        const last = page.at(-1);
        const whole = records.filter(({ requestId }) => requestId === last?.requestId).toSorted(compare);
        findings.same(`the end of a page for ${limit}`, page.slice(-whole.length), whole);
        findings.same(`a page for ${limit} goes on`, page.length - whole.length < limit, true);
      }
    }
  }),

  law('goes on from page to page without losing or doubling a request', async (findings, store) => {
    const records = several();
    await store.append(records);
    for (const limit of casesAt([1, 2, 5, 17, 1_000], 0, 2, 4)) {
      const found = await pages(store, { ...everything, limit });
      findings.same(`for ${limit}`, found.flat(), records.toSorted(compare));
      findings.same(`pages for ${limit}`, found.length <= requestsIn(found.flat()), true);
    }
  }),

  law('goes on within the times asked for, from a place that holds nothing too', async (findings, store) => {
    const records = [0, 1, 2, 3].flatMap((day) => request(noon(day), `r${day}`));
    await store.append(records);
    const query = { from: noon(1), to: noon(2), limit: 10 };
    const read = (at: number, requestId: string) => store.scan({ ...query, after: { at, requestId } });
    findings.same('from the end', await read(noon(3), 'r3'), records.slice(1, 3).reverse());
    findings.same('from within', await read(noon(2), 'r2'), records.slice(1, 2));
    findings.same('from between', await read(noon(2) - 1, 'x'), records.slice(1, 2));
    findings.same('from a lesser id', await read(noon(2), 'a'), records.slice(1, 2));
    findings.same('from a greater id', await read(noon(2), 'x'), records.slice(1, 3).reverse());
    findings.same('from before', await read(noon(0), 'r0'), []);
  }),

  law('finds a request after years of silence', async (findings, store) => {
    const days = [0, 1, 17, 400, 401, 2_000];
    const records = days.flatMap((day) => request(noon(day), `r${day}`));
    await store.append(records);
    for (const limit of [1, 100]) {
      const found = await pages(store, { ...everything, limit });
      findings.same(`for ${limit}`, found.flat(), records.toReversed());
    }
  }),

  law('takes the same record twice, and keeps it once', async (findings, store) => {
    const records = request(noon(0), 'r', ['a', 'b']);
    await store.append(records);
    await store.append([...records, ...request(noon(0), 'r', ['c', 'c'])]);
    findings.same('the log', await store.scan(everything), request(noon(0), 'r', ['a', 'b', 'c']));
  }),

  law('refuses another body for a record, and keeps the first', async (findings, store) => {
    const [record, ...rest] = request(noon(0), 'r', ['a', 'b']);
    if (record === undefined) return;
    await store.append([record, ...rest]);
    for (const body of ['', 'r', 'R/A', 'r/a ', 'r/ä']) {
      await findings.rejects(body, 'RecordConflictError', store.append([{ ...record, body }]));
    }
    findings.same('the log', await store.scan(everything), [record, ...rest]);
  }),

  law('answers each of many that are asked at once by itself', async (findings, store, { clock }) => {
    const expiresAt = clock.wallTime() + 1_000;
    const [first, second, third] = request(noon(0), 'r', ['a', 'b', 'c']);
    if (first === undefined || second === undefined || third === undefined) return;
    await store.append([second]);
    await store.put('taken', 'x', { version: 0, expiresAt });
    const results = await Promise.allSettled([
      store.put('key', 'x', { version: 0, expiresAt }),
      store.append([first, { ...second, body: 'another' }]),
      store.put('taken', 'y', { version: 0, expiresAt }),
      store.append([third]),
      store.append([{ ...second, body: 'a third' }]),
      store.put('other', 'x', { version: 0, expiresAt }),
    ]);
    const told = results.map((result) =>
      result.status === 'rejected' ? result.reason.name : Number(result.value) > 0,
    );
    const conflict = 'RecordConflictError';
    findings.same('the answers', told, [true, conflict, false, false, conflict, true]);
    findings.same('what is kept', (await store.get('key'))?.value, 'x');
    findings.same('what was taken', (await store.get('taken'))?.value, 'x');
    findings.same('the last', (await store.get('other'))?.value, 'x');
    const kept = (await store.scan(everything)).filter(({ part }) => part !== first.part);
    findings.same('the log', kept, [second, third]);
  }),

  law('gives a body back letter by letter', async (findings, store) => {
    const bodies = [
      '',
      '{"a":[1,"ü"]}',
      '😀 \u2028\u202e\uffff\u0001',
      ' \r\n',
      '\'"\\#',
      '😀'.repeat(longestTextBytes / 4),
      'x'.repeat(longestTextBytes),
    ];
    const records = bodies.map((body, index) => ({ at: noon(0), requestId: 'r', part: `${index}`, body }));
    await store.append(records);
    const found = await store.scan(everything);
    for (const [index, body] of bodies.entries()) {
      findings.same(`body ${index}`, found[index]?.body === body, true);
    }
  }),

  law('refuses a record that not every store can keep, and keeps none with it', async (findings, store) => {
    const good = { at: noon(0), requestId: 'r', part: 'a', body: 'x' };
    const refused: Partial<LogRecord>[] = [
      { body: 'x'.repeat(longestTextBytes + 1) },
      { body: '😀'.repeat(longestTextBytes / 4 + 1) },
      { body: '\udc00' },
      { body: '\0' },
      ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 253_402_300_800_000].map((at) => ({ at })),
      ...['', '#', 'a b', 'a/b', 'ä', 'r'.repeat(101), 'r\n', '~'].map((requestId) => ({ requestId })),
      ...['', ' ', 'ä', 'p'.repeat(201), 'p\n', '\u007f'].map((part) => ({ part })),
    ];
    for (const fault of refused) {
      const what = JSON.stringify(fault).slice(0, 60);
      await findings.rejects(what, 'RangeError', store.append([good, { ...good, ...fault }]));
    }
    for (const fault of [
      { limit: 0 },
      { limit: 0.5 },
      { from: Number.NaN },
      { after: { at: 0, requestId: '#' } },
    ]) {
      await findings.rejects(JSON.stringify(fault), 'RangeError', store.scan({ ...everything, ...fault }));
    }
    findings.same('the log', await store.scan(everything), []);
  }),

  law(
    'never keeps the thread from others for long, however much is asked of it',
    async (findings, store, { clock }) => {
      const body = 'x'.repeat(15_000);
      const shortMs = 50;
      const stalls: number[] = [];
      const expiresAt = clock.wallTime() + 1_000;
      for (let name = 0; name < 8; name += 1)
        await store.put(`folder//${name}`, 'x'.repeat(40_000), { version: 0, expiresAt });
      // What the machine itself adds comes and goes, so that one of three rounds is enough.
      for (let round = 0; round < 3 && !stalls.some((ms) => ms < shortMs); round += 1) {
        const parts = Array.from({ length: 200 }, (_, part) => `${round}:${part}`);
        const records = request(noon(round), 'r', parts).map((record) => ({ ...record, body }));
        stalls.push(
          await longestStallMs(async () => {
            await store.append(records);
            await store.scan(everything);
            await wholeFolder(store, 'folder', { limit: 1_000 });
          }),
        );
      }
      findings.same(`${Math.min(...stalls)} ms is short`, Math.min(...stalls) < shortMs, true);
    },
  ),

  law('keeps all that many clients append at once', async (findings, store, { open }) => {
    const clients = [store, await open(), await open()];
    const records = Array.from({ length: 30 }, (_, index) =>
      request(noon(index % 3), `r${index}`, ['a', 'b', 'c']),
    );
    await Promise.all(records.map((some, index) => clients[index % clients.length]?.append(some)));
    for (const client of clients) {
      findings.same('the log', await client.scan(everything), records.flat().toSorted(compare));
    }
    for (const client of clients.slice(1)) await client.close();
  }),
] as const;
