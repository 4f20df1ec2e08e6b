import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/http/app.ts';
import { metricsApp, serveMetrics } from '../../functions/probes/metrics-routes.ts';
import { startMetricsServer } from '../../functions/probes/metrics-server.ts';
import { metricsText } from '../../functions/probes/metrics-source.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { MetricRegistry } from '../../shared/lib/telemetry/registry.ts';
import { OperationIndex } from '../../shared/operations/index-of-operations.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { memoryStore } from '../store/memory-store.ts';
import { agentWith, callerWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { readTextFormat } from './text-format.ts';

const callers = new Map([
  ['auditor', callerWith({ actions: ['audit'] })],
  ['ada', callerWith({ actions: ['list', 'cancel'] })],
]);

function appWith(text: (() => Promise<string>) | undefined) {
  const identify = async (token = '') => callers.get(token) ?? 'rejected';
  return createApp({
    gateway: guardHarness().gateway(),
    callers: { identify },
    serveMetrics: text && ((app) => serveMetrics(app, text, { identify })),
    log: silentLog,
    newRequestId: randomUUID,
  });
}

describe('GET /metrics beside the API', () => {
  it('is not there unless calloff counts', async () => {
    const answer = await appWith(undefined).request('/metrics', { headers: { authorization: 'auditor' } });
    expect(answer.status).toBe(404);
  });

  it.each([
    ['no caller', '', 401],
    ['a caller without the right', 'ada', 403],
    ['a caller with the right audit', 'auditor', 200],
  ])('is answered to %s with %s', async (_, authorization, status) => {
    const app = appWith(async () => new MetricRegistry().render(undefined));
    const answer = await app.request('/metrics', { headers: { authorization } });
    expect(answer.status).toBe(status);
    if (status !== 200) return;
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(readTextFormat(await answer.text()).map(({ name }) => name)).toContain('calloff_build_info');
  });
});

describe('a port of its own', () => {
  const text = async () => new MetricRegistry().render(undefined);
  const parts = { log: silentLog, newRequestId: randomUUID };

  it('needs no token, and has nothing else', async () => {
    const server = await startMetricsServer({
      host: '127.0.0.1',
      port: 0,
      hosts: ['127.0.0.1'],
      log: silentLog,
      text,
    });
    const url = `http://127.0.0.1:${server.port}`;
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    for (const path of ['/', '/v1/jobs', '/healthz', '/metrics/x', '/mcp'])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 404]);
    server.close();
    await expect(fetch(`${url}/metrics`)).rejects.toThrow('fetch failed');
  });

  it.each([
    [{ host: '127.0.0.1:9464' }, 200],
    [{ host: 'rebound.example' }, 403],
    [{ host: '127.0.0.1:9464', origin: 'https://elsewhere.example' }, 403],
  ])('on loopback refuses what a page of another site asks: %j', async (headers, status) => {
    const answer = await metricsApp(parts, text, ['127.0.0.1']).request('/metrics', { headers });
    expect(answer.status).toBe(status);
  });
});

describe('what the store says', () => {
  it('is how many confirmations wait, as the list of those who confirm shows them', async () => {
    const { gateway, providers, store, clock } = guardHarness();
    const text = metricsText({ metrics: new MetricRegistry(), store, clock });
    const pending = async () => {
      await clock.turn(10_000);
      return readTextFormat(await clock.until(text())).find(
        ({ name }) => name === 'calloff_confirmations_pending',
      )?.value;
    };
    expect(await pending()).toBe(0);
    const calloff = gateway();
    const ask = async () => {
      const jobs = named('sutro', providers.sutro.addJobs(3, { state: 'running' }));
      const caller = agentWith({ confirmAbove: 2 });
      const asked = await clock.until(calloff.cancelJobs({ jobs, wait_seconds: 0 }, callOf(caller)));
      return asked.ok ? asked.value.confirmation?.id : undefined;
    };
    const [first] = [await ask(), await ask()];
    expect(await pending()).toBe(2);
    const boss = callerWith({}, { id: 'boss', kind: 'person' });
    await clock.until(calloff.approveConfirmation({ confirmation_id: first }, callOf(boss)));
    expect(await pending()).toBe(1);
  });

  it('is how many operations are in each state', async () => {
    const harness = await operationsHarness();
    const idOf = (letter: string) => `op_${letter.repeat(20)}`;
    const running = await harness.start(harness.addJobs({ sutro: 2 }), { id: idOf('a') });
    const paused = await harness.start(harness.addJobs({ sutro: 2 }), { id: idOf('b') });
    await harness.pause(paused);
    const { store, clock } = harness;
    for (const id of [running, paused]) await new OperationIndex(store).add(await harness.headOf(id));
    const read = readTextFormat(
      await clock.until(metricsText({ metrics: new MetricRegistry(), store, clock })()),
    );
    const states = read.filter(({ name }) => name === 'calloff_operations');
    expect(Object.fromEntries(states.map(({ labels: { state }, value }) => [state, value]))).toEqual({
      ...{ draft: 0, waiting_for_confirmation: 0, listing: 0, following: 0, finished: 0 },
      ...{ running: 1, paused: 1 },
    });
  });

  it.each([
    ['cannot be read', () => Promise.reject(new StoreUnavailableError('x', 'SQLITE_CANTOPEN')), 0],
    ['does not answer', () => new Promise<never>(() => undefined), 1_000],
  ])('is left out while the store %s, and the counts of the process stay', async (_, list, ms) => {
    const clock = new ManualClock();
    const store = { ...memoryStore({ values: new Map(), records: [], lastVersion: 0 }, clock), list };
    const askedAt = clock.now();
    const text = await clock.until(metricsText({ metrics: new MetricRegistry(), store, clock })());
    expect(clock.now() - askedAt).toBe(ms);
    const names = readTextFormat(text).map(({ name }) => name);
    expect(names).toContain('calloff_rate_limited_total');
    expect(names).not.toContain('calloff_confirmations_pending');
  });

  it('is read at most every ten seconds', async () => {
    const clock = new ManualClock();
    let lists = 0;
    const memory = memoryStore({ values: new Map(), records: [], lastVersion: 0 }, clock);
    const store = {
      ...memory,
      list: () => {
        lists += 1;
        return Promise.resolve({ entries: [] });
      },
    };
    const text = metricsText({ metrics: new MetricRegistry(), store, clock });
    for (let scrape = 0; scrape < 50; scrape += 1) await text();
    expect(lists).toBe(2);
    await clock.turn(10_000);
    await text();
    expect(lists).toBe(4);
  });
});

describe('a server that counts', () => {
  let server: TestServer;
  beforeAll(async () => {
    const ada = {
      kind: 'person',
      may: { connections: ['*'], actions: ['list', 'cancel', 'audit'] },
    } as const;
    server = await openTestServer({ ada }, { CALLOFF_METRICS: 'on', CALLOFF_METRICS_PORT: '0' });
  });
  afterAll(() => server.close());

  it('shows from the start that nothing was lost, for each connection and surface', async () => {
    const samples = readTextFormat(await (await server.ask('ada', 'GET', '/metrics')).text());
    const zero = (labels: object) => expect.objectContaining({ labels, value: 0 });
    expect(samples).toEqual(
      expect.arrayContaining([
        zero({ connection: 'ionq', outcome: 'unknown', surface: 'stdio' }),
        zero({ connection: 'sutro', operation: 'cancelMany', class: 'rejected' }),
      ]),
    );
  });

  it('counts a cancel over HTTP', async () => {
    const id = server.sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
    await server.ask('ada', 'POST', `/v1/providers/sutro/jobs/${id}/cancel`, {});
    const samples = readTextFormat(await (await server.ask('ada', 'GET', '/metrics')).text());
    expect(samples).toContainEqual({
      name: 'calloff_cancels_total',
      labels: { connection: 'sutro', outcome: 'cancelled', surface: 'http' },
      value: 1,
    });
    expect(samples.find(({ name }) => name === 'calloff_confirmations_pending')?.value).toBe(0);
    expect(JSON.stringify(samples)).not.toContain(id);
    const { metricsUrl = '' } = server;
    expect(metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const open = readTextFormat(await (await fetch(metricsUrl)).text());
    expect(open.map(({ name }) => name)).toEqual(samples.map(({ name }) => name));
  });
});

describe('the settings', () => {
  it('are off by default, and a port without counting is a fault', () => {
    expect(readSettings({}).metrics).toBe(false);
    expect(readSettings({ CALLOFF_METRICS: 'on', CALLOFF_METRICS_PORT: '9464' }).metricsPort).toBe(9_464);
    expect(() => readSettings({ CALLOFF_METRICS_PORT: '9464' })).toThrow(
      'CALLOFF_METRICS_PORT needs CALLOFF_METRICS=on',
    );
    expect(() => readSettings({ CALLOFF_METRICS: 'on', CALLOFF_METRICS_PORT: '65536' })).toThrow(
      'from 0 to 65535',
    );
  });

  it.each(['CALLOFF_METRICS', 'CALLOFF_CONSOLE'])('refuse %s that is neither on nor off', (name) => {
    for (const value of ['yes', 'true', 'ON', '1'])
      expect(() => readSettings({ [name]: value })).toThrow(`${name} must be on or off`);
  });
});
