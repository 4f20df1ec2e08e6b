import { STATUS_CODES } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { twins } from '../../sandbox/providers/index.ts';
import type { Fault } from '../../sandbox/sandbox.ts';
import { type PretendProvider, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { providerNames } from '../support/harness.ts';
import { type Answered, asker, cancelOf, lookOf } from './support.ts';

/** How a fetch failed, by the code of the socket's error. */
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => 'answered',
    (error: Error) => Object(error.cause).code,
  );

/** Whether a body has the status as a number, too. */
function isSaid(status: number, body: unknown): boolean {
  return JSON.stringify(body).includes(`:${status}`);
}

describe.each(providerNames)('at the pretend %s', (name) => {
  let sandbox: Sandbox;
  let provider: PretendProvider;
  let id: string;
  let ask: (request: string) => Promise<Answered>;
  const cancel = () => ask(cancelOf(name, id));
  const look = () => ask(lookOf(name, id));
  /** The status of a cancel that it accepts. */
  let accepted: number;
  const called = () => provider.job(id)?.cancelRequestedAt !== undefined;

  beforeAll(async () => {
    sandbox = await startSandbox({ control: false });
    provider = sandbox.providers[name];
    ask = asker(name, provider);
    accepted = (await ask(cancelOf(name, provider.addJob({ state: 'running' })))).status;
  });
  beforeEach(() => {
    provider.reset();
    id = provider.addJob({ state: 'running' });
  });
  afterAll(() => sandbox.close());

  test('a delay makes the answer late, not the effect', async () => {
    provider.setFault({ kind: 'delay', ms: 300, jitterMs: 10 });
    const started = performance.now();
    const answer = cancel();
    await expect.poll(called, { timeout: 250, interval: 5 }).toBe(true);
    expect((await answer).status).toBe(accepted);
    expect(performance.now() - started).toBeGreaterThanOrEqual(295);
    expect(provider.journal[0]).toMatchObject({ fault: 'delay', effective: [id] });
  });

  test.each([
    [{ seconds: 7 }, /^7$/],
    [{ dateInMs: 5000 }, /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/],
    [undefined, /^null$/],
  ])('rate_limited says %j', async (retryAfter, header) => {
    provider.setFault({ kind: 'rate_limited', retryAfter });
    const answer = await cancel();
    expect(answer.status).toBe(429);
    expect(String(answer.headers.get('retry-after'))).toMatch(header);
    expect(answer.json).toBeTypeOf('object');
    expect(called()).toBe(false);
  });

  test.each([401, 403, 500, 502, 503, 520])(
    'a status %d comes in the shape of the provider',
    async (status) => {
      provider.setFault({ kind: 'status', status });
      const answer = await cancel();
      const { body } = twins[name].error(status, STATUS_CODES[status] ?? 'Error');
      expect(answer.status).toBe(status);
      expect(Object.keys(Object(answer.json))).toEqual(Object.keys(Object(body)));
      expect(isSaid(status, answer.json)).toBe(isSaid(status, body));
      expect(called()).toBe(false);
    },
  );

  test.each([
    [{ kind: 'html', status: 502 }, 502, /^<html>\n.*502 Bad Gateway/],
    [{ kind: 'foreign_not_found' }, 404, /^404 page not found\n$/],
    [{ kind: 'redirect', status: 307, location: 'http://127.0.0.1:9/elsewhere' }, 307, /^$/],
  ] as const)('%j stands in front of the provider: nothing is done', async (fault, status, text) => {
    provider.setFault(fault);
    const answer = await cancel();
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(text);
    expect(answer.json).toBeUndefined();
    expect(called()).toBe(false);
  });

  test('a redirect says where to', async () => {
    provider.setFault({ kind: 'redirect', status: 302, location: 'http://127.0.0.1:9/' });
    expect((await look()).headers.get('location')).toBe('http://127.0.0.1:9/');
  });

  test.each([
    [{ kind: 'empty' }, undefined, /^$/],
    [{ kind: 'empty', status: 500 }, 500, /^$/],
    [{ kind: 'truncated' }, undefined, /^\{(".+[^}])?$/],
    [{ kind: 'lost_after_effect', status: 503 }, 503, /Service Unavailable/],
    [{ kind: 'status', status: 500, carriedOut: true }, 500, /Internal Server Error/],
  ] as const)('%j goes wrong on the way back: the cancel took effect', async (fault, status, text) => {
    provider.setFault(fault);
    const answer = await cancel();
    expect(answer.status).toBe(status ?? accepted);
    expect(answer.text).toMatch(answer.status === 204 ? /^$/ : text);
    expect(called()).toBe(true);
    expect(provider.journal[0]).toMatchObject({
      ...{ fault: fault.kind, status: status ?? accepted, effective: [id] },
    });
  });

  test.each([
    ['reset', false],
    ['reset_after_effect', true],
  ] as const)('%s cuts the connection; the cancel took effect: %s', async (kind, effect) => {
    provider.setFault({ kind });
    expect(await failure(cancel())).toBe('ECONNRESET');
    expect(called()).toBe(effect);
    expect(provider.journal[0]).toMatchObject({
      fault: kind,
      status: 'reset',
      effective: effect ? [id] : [],
      served: {},
    });
  });

  test.each([false, true])('a hang never answers; carried out: %s', async (carriedOut) => {
    provider.setFault({ kind: 'hang', carriedOut, times: 1 });
    const answered = await Promise.race([
      cancel(),
      new Promise((resolve) => setTimeout(resolve, 200, 'nothing')),
    ]);
    expect(answered).toBe('nothing');
    expect(called()).toBe(carriedOut);
    expect((await look()).status).toBe(200);
  });

  test('a slow body trickles in, whole', async () => {
    provider.setFault({ kind: 'slow_body', ms: 60 });
    const started = performance.now();
    expect((await look()).json).toBeTypeOf('object');
    expect(performance.now() - started).toBeGreaterThan(50);
  });

  test('a huge body is well-formed and over a megabyte', async () => {
    provider.setFault({ kind: 'huge_body' });
    const answer = await look();
    expect(answer.text.length).toBe(2_000_000);
    expect(answer.json).toBeTypeOf('object');
    expect(Object.keys(provider.journal[0]?.served ?? {})).toEqual([id]);
  });

  test('a wrong id is in the answer and in what the journal says was served', async () => {
    provider.setFault({ kind: 'wrong_id' });
    const answer = await look();
    const [other = ''] = Object.keys(provider.journal[0]?.served ?? {});
    expect(other).not.toBe(id);
    expect(other).toHaveLength(id.length);
    expect(answer.text).toContain(other);
    expect(answer.text).not.toContain(id);
  });

  test.each<Fault>([
    { kind: 'status', status: 500 },
    { kind: 'empty' },
    { kind: 'truncated' },
    { kind: 'html', status: 200 },
  ])('a look spoilt by %j served nothing', async (fault) => {
    provider.setFault(fault);
    await look();
    expect(provider.journal[0]).toMatchObject({ operation: 'status', jobIds: [id], served: {} });
  });

  test('an unknown path has its faults too', async () => {
    provider.setFault({ kind: 'html', status: 503, operations: ['other'] });
    expect((await ask('GET /nope')).status).toBe(503);
    expect((await look()).status).toBe(200);
  });
});
