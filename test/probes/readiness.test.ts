import { describe, expect, it } from 'vitest';
import { createApp } from '../../functions/http/app.ts';
import { notReadySchema, readySchema } from '../../functions/http/openapi/probe-answers.ts';
import { type Readiness, readinessProbe, reasonsNotReady } from '../../functions/probes/readiness.ts';
import type { Configuration } from '../../shared/config/configuration.ts';
import { defaultConfiguration } from '../../shared/config/configuration.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { createGateway } from '../../shared/gateway.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { PutTerms, Store } from '../../shared/store/store.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const never = new Promise<never>(() => undefined);
const configured = defaultConfiguration(readSettings({}));

/** A probe of a store and a configuration that answer so. */
function probeOf({
  put = async () => 7,
  current = async () => configured,
  stopping,
}: {
  readonly put?: (terms: PutTerms) => Promise<number>;
  readonly current?: () => Promise<Configuration | 'unreadable'>;
  readonly stopping?: AbortSignal;
} = {}) {
  const clock = new ManualClock();
  const writes: PutTerms[] = [];
  const unused = () => Promise.reject(new Error('the probe only writes'));
  const store: Store = {
    ...{ get: unused, list: unused, append: unused, scan: unused, close: async () => undefined },
    put(_key, _value, terms) {
      writes.push(terms);
      return put(terms);
    },
  };
  const ready = readinessProbe({ store, configuration: { current }, clock, stopping });
  /** What it says, and after how many milliseconds. */
  async function ask(): Promise<[Readiness, number]> {
    const askedAt = clock.now();
    const readiness = await clock.until(ready());
    return [readiness, clock.now() - askedAt];
  }
  return { clock, writes, ready, ask };
}

describe('a probe of readiness', () => {
  it.each<[string, Parameters<typeof probeOf>[0], Readiness, number]>([
    ['the store takes a write and the configuration is in force', {}, 'ready', 0],
    [
      'the store cannot be used',
      { put: () => Promise.reject(new StoreUnavailableError('full', 'SQLITE_FULL')) },
      'store_unavailable',
      0,
    ],
    ['a write changes nothing', { put: async () => 0 }, 'store_unavailable', 0],
    ['the store does not answer', { put: () => never }, 'store_slow', 900],
    [
      'the configuration cannot be read',
      { current: async () => 'unreadable' },
      'configuration_unreadable',
      0,
    ],
    [
      'reading the configuration fails',
      { current: () => Promise.reject(new Error('x')) },
      'configuration_unreadable',
      0,
    ],
    ['the configuration does not come', { current: () => never }, 'configuration_slow', 900],
    ['the process stops', { stopping: AbortSignal.abort() }, 'stopping', 0],
  ])('where %s', async (_, parts, readiness, ms) => {
    expect(await probeOf(parts).ask()).toEqual([readiness, ms]);
  });

  it('is answered without a store if the installation keeps nothing', async () => {
    const clock = new ManualClock();
    const configuration = { current: async () => configured };
    expect(await readinessProbe({ store: undefined, configuration, clock })()).toBe('ready');
  });

  it('writes once a second, however often it is asked, and replaces its own value', async () => {
    const { clock, writes, ready } = probeOf();
    await Promise.all(Array.from({ length: 100 }, ready));
    expect(writes).toHaveLength(1);
    await clock.turn(1_000);
    await Promise.all(Array.from({ length: 100 }, ready));
    expect(writes.map(({ version }) => version)).toEqual([0, 7]);
  });

  it('begins no second write while one is under way', async () => {
    const { clock, writes, ask } = probeOf({ put: () => never });
    await ask();
    await clock.turn(5_000);
    expect(await ask()).toEqual(['store_slow', 900]);
    expect(writes).toHaveLength(1);
  });

  it('begins anew after its value was lost', async () => {
    const versions = [7, 0, 9];
    const { clock, writes, ask } = probeOf({ put: async () => versions.shift() ?? 0 });
    await ask();
    await clock.turn(1_000);
    expect(await ask()).toEqual(['ready', 0]);
    expect(writes.map(({ version }) => version)).toEqual([0, 7, 0]);
  });
});

describe('GET /readyz', () => {
  const asked: string[] = [];
  const appWith = (readiness: Readiness) =>
    createApp({
      gateway: createGateway({
        connections: async () => [],
        credentials: credentialFromSettings,
        budgetMs: 5_000,
        fetch: async (input) => {
          asked.push(`${input}`);
          return new Response('{}');
        },
      }),
      callers: { identify: async () => 'rejected' },
      ready: async () => readiness,
      log: silentLog,
      newRequestId: () => 'the-id',
    });

  it.each(['GET', 'HEAD'])('needs no token, for %s', async (method) => {
    const answer = await appWith('ready').request('/readyz', { method });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    if (method === 'GET') expect(readySchema.parse(JSON.parse(text))).toEqual({ status: 'ready' });
    expect(asked).toEqual([]);
  });

  it.each(reasonsNotReady)('is answered 503 with its reason: %s', async (reason) => {
    const answer = await appWith(reason).request('/readyz');
    expect([answer.status, notReadySchema.parse(await answer.json())]).toEqual([
      503,
      { status: 'not_ready', reason },
    ]);
    expect((await appWith(reason).request('/healthz')).status).toBe(200);
  });

  it('has no other method', async () => {
    const answer = await appWith('ready').request('/readyz', { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
