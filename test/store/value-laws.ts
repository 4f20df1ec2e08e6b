import { longestTextBytes } from '../../shared/store/limits.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Host } from './host.ts';
import { law } from './law.ts';

/** What holds for values. */
export const valueLaws = [
  law('has no value until one is put, and then that one', async (findings, store, { clock }) => {
    findings.same('at first', await store.get('key'), undefined);
    findings.same('the first put', await put(store, 'key', 'one', 0, clock.wallTime() + 1_000), true);
    findings.same('after it', (await store.get('key'))?.value, 'one');
  }),

  law('puts a first value only where there is none', async (findings, store, { clock }) => {
    await put(store, 'key', 'one', 0, clock.wallTime() + 1_000);
    findings.same('another first put', await put(store, 'key', 'two', 0, clock.wallTime() + 1_000), false);
    findings.same('the value', (await store.get('key'))?.value, 'one');
  }),

  law('replaces a value only under the version it has', async (findings, store, { clock }) => {
    const expiresAt = clock.wallTime() + 1_000;
    findings.same('a version where there is no value', await put(store, 'key', 'x', 7, expiresAt), false);
    await put(store, 'key', 'one', 0, expiresAt);
    const version = await versionOf(store, 'key');
    findings.same('a version that never was', await put(store, 'key', 'x', version + 1, expiresAt), false);
    findings.same('the version it has', await put(store, 'key', 'two', version, expiresAt), true);
    findings.same('the version it had', await put(store, 'key', 'x', version, expiresAt), false);
    findings.same('the value', (await store.get('key'))?.value, 'two');
  }),

  law('gives the version that a value was put under', async (findings, store, { clock }) => {
    const expiresAt = clock.wallTime() + 1_000;
    let version = 0;
    for (const value of ['one', 'two', 'three']) {
      version = await store.put('key', value, { version, expiresAt });
      findings.same(`the version of ${value}`, version, await versionOf(store, 'key'));
    }
  }),

  law('takes an expired value for absent, to the millisecond', async (findings, store, { clock }) => {
    await put(store, 'key', 'one', 0, clock.wallTime() + 1_000);
    const version = await versionOf(store, 'key');
    clock.forward(999);
    findings.same('a moment before', (await store.get('key'))?.value, 'one');
    findings.same('a first put before', await put(store, 'key', 'x', 0, clock.wallTime() + 1_000), false);
    clock.forward(1);
    findings.same('at the time', await store.get('key'), undefined);
    for (const later of [0, 5_000]) {
      clock.forward(later);
      const taken = await put(store, 'key', 'x', version, clock.wallTime() + 1_000);
      findings.same(`its version ${later} ms later`, taken, false);
    }
    findings.same('a first put then', await put(store, 'key', 'two', 0, clock.wallTime() + 1_000), true);
    findings.same('the value then', (await store.get('key'))?.value, 'two');
  }),

  law('gives a value with its new time to live', async (findings, store, { clock }) => {
    await put(store, 'key', 'one', 0, clock.wallTime() + 1_000);
    await put(store, 'key', 'two', await versionOf(store, 'key'), clock.wallTime() + 5_000);
    clock.forward(4_999);
    findings.same('before the new end', (await store.get('key'))?.value, 'two');
    clock.forward(1);
    findings.same('at the new end', await store.get('key'), undefined);
  }),

  law('never uses a version twice for one key', async (findings, store, { clock }) => {
    const seen = new Set<number>();
    for (let round = 0; round < 10; round += 1) {
      await put(store, 'key', 'one', 0, clock.wallTime() + 1_000);
      seen.add(await versionOf(store, 'key'));
      await put(store, 'key', 'two', await versionOf(store, 'key'), clock.wallTime() + 1_000);
      seen.add(await versionOf(store, 'key'));
      clock.forward(100_000);
    }
    findings.same('versions', seen.size, 20);
  }),

  law('lets exactly one of many writers win', async (findings, store, host) => {
    const clients = [store, await host.open(), await host.open(), await host.open()];
    for (let round = 0; round < 5; round += 1) {
      const version = round === 0 ? 0 : await versionOf(store, 'key');
      const won = await race(clients, host, version);
      findings.same(`winners of round ${round}`, won.length, 1);
      findings.same('the value', (await store.get('key'))?.value, won[0]);
    }
    for (const client of clients.slice(1)) await client.close();
  }),

  law('keeps keys apart', async (findings, store, { clock }) => {
    const keys = [
      'a',
      'A',
      'a ',
      'a#-',
      'a#',
      '#',
      'value#a',
      'ä',
      'a\u0308',
      'a%',
      "a'--",
      '😀',
      'k'.repeat(1_000),
    ];
    for (const key of keys) {
      findings.same(
        `a first put of ${key}`,
        await put(store, key, `of ${key}`, 0, clock.wallTime() + 1_000),
        true,
      );
    }
    for (const key of keys) findings.same(key, (await store.get(key))?.value, `of ${key}`);
  }),

  law('gives a value back letter by letter', async (findings, store, { clock }) => {
    const texts = [
      '{"a":1}',
      'ünïcödé 😀 \u2028 \u202e \uffff \u0001 \u007f',
      ' \t\r\n',
      '"\\\'',
      '1e400',
      'x'.repeat(longestTextBytes),
      '😀'.repeat(longestTextBytes / 4),
    ];
    for (const [index, text] of texts.entries()) {
      await put(store, `${index}`, text, 0, clock.wallTime() + 1_000);
      findings.same(`text ${index}`, (await store.get(`${index}`))?.value === text, true);
    }
  }),

  law(
    'refuses a value that not every store can keep, and keeps nothing',
    async (findings, store, { clock }) => {
      const expiresAt = clock.wallTime() + 1_000;
      const refused = [
        ['key', 'x'.repeat(longestTextBytes + 1)],
        ['key', '😀'.repeat(longestTextBytes / 4 + 1)],
        ['key', 'half of a pair: \ud83d'],
        ['key', 'a NUL: \0'],
        ['k'.repeat(1_001), 'x'],
        ['', 'x'],
        ['\ud83d', 'x'],
      ] as const;
      for (const [key, value] of refused) {
        await findings.rejects(
          `${key.length}, ${value.length}`,
          'RangeError',
          put(store, key, value, 0, expiresAt),
        );
      }
      for (const terms of [
        { version: -1 },
        { version: 0.5 },
        { expiresAt: Number.NaN },
        { expiresAt: 0.5 },
      ]) {
        const asked = store.put('key', 'x', { version: 0, expiresAt, ...terms });
        await findings.rejects(JSON.stringify(terms), 'RangeError', asked);
      }
      findings.same('the value', await store.get('key'), undefined);
    },
  ),

  law('shows to one client at once what another has put', async (findings, store, { clock, open }) => {
    const other = await open();
    for (let round = 0; round < 20; round += 1) {
      const [writer, reader] = round % 2 === 0 ? [store, other] : [other, store];
      const version = (await writer.get('key'))?.version ?? 0;
      await put(writer, 'key', `${round}`, version, clock.wallTime() + 1_000);
      findings.same(`round ${round}`, (await reader.get('key'))?.value, `${round}`);
    }
    await other.close();
  }),
] as const;

function put(store: Store, key: string, value: string, version: number, expiresAt: number): Promise<boolean> {
  return store.put(key, value, { version, expiresAt }).then((given) => given > 0);
}

async function versionOf(store: Store, key: string): Promise<number> {
  return (await store.get(key))?.version ?? Number.NaN;
}

/** Lets twenty puts run for the same version, shared out among the clients: the values of those that won. */
async function race(clients: readonly Store[], { clock }: Host, version: number): Promise<string[]> {
  const values = Array.from({ length: 20 }, (_, index) => `${version}/${index}`);
  const expiresAt = clock.wallTime() + 1_000;
  const won = await Promise.all(
    values.map((value, index) => clients[index % clients.length]?.put('key', value, { version, expiresAt })),
  );
  return values.filter((_, index) => won[index]);
}
