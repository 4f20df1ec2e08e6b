import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { twins } from '../../sandbox/providers/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { Limiter, type Limits } from '../../sandbox/twin/limits.ts';
import { asker, cancelOf, lookOf, names } from './support.ts';

/** How many of `count` requests at each of these moments pass. */
function passing(limits: Limits, moments: readonly number[], count: number): number[] {
  const limiter = new Limiter(limits, 0);
  const pass = (moment: number) => limiter.refuse('status', moment) === undefined;
  return moments.map((moment) => Array.from({ length: count }, () => pass(moment)).filter(Boolean).length);
}

describe('a limit', () => {
  test('in fixed windows starts anew with every whole second', () => {
    expect(passing({ status: { perSecond: 5 } }, [0, 999, 1000, 3500, 3999], 4)).toEqual([4, 1, 4, 4, 1]);
  });

  test('holds per minute too, and refused requests use nothing up', () => {
    expect(passing({ status: { perSecond: 3, perMinute: 5 } }, [0, 1000, 2000, 60_000], 4)).toEqual([
      3, 2, 0, 3,
    ]);
  });

  test('as a token bucket lets a burst pass and then fills evenly', () => {
    const limits = { status: { perSecond: 10, algorithm: 'token_bucket', burst: 3 } } as const;
    expect(passing(limits, [0, 100, 300, 10_000], 5)).toEqual([3, 1, 2, 3]);
  });

  test('leaves other operations alone', () => {
    const limiter = new Limiter({ status: { perSecond: 1 } }, 0);
    expect([0, 1, 2].map((moment) => limiter.refuse('cancel', moment))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['seconds', { 'retry-after': '1' }],
    ['date', { 'retry-after': 'Thu, 01 Jan 1970 00:00:02 GMT' }],
    ['none', {}],
  ] as const)('says when to come back in %s', (retryAfter, headers) => {
    const limiter = new Limiter({ status: { perSecond: 1, retryAfter } }, 0);
    expect([limiter.refuse('status', 1200), limiter.refuse('status', 1200)]).toEqual([undefined, headers]);
  });
});

describe.each(names)('at the pretend %s, a limit', (name) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ control: false });
  });
  beforeEach(() => sandbox.providers[name].reset());
  afterAll(() => sandbox.close());

  test('is answered in its own shape, with a 429 unless the provider has another status, and nothing is done', async () => {
    const provider = sandbox.providers[name];
    const ask = asker(name, provider);
    const [first = '', second = ''] = provider.addJobs(2, { state: 'running' });
    provider.setLimits({ cancel: { perMinute: 1 } });
    expect((await ask(cancelOf(name, first))).status).toBeLessThan(300);
    const refused = await ask(cancelOf(name, second));
    const { limitedStatus = 429 } = twins[name];
    expect(refused.status).toBe(limitedStatus);
    const inHeader = /t=(\d+)/.exec(refused.headers.get('ratelimit') ?? '');
    const inBody = /"retryDelay":"(\d+)s"/.exec(refused.text);
    const [, seconds = refused.headers.get('retry-after')] = inHeader ?? inBody ?? [];
    expect(Number(seconds)).toBeGreaterThan(0);
    if (!('tooMany' in twins[name])) expect(refused.text).toContain('Too Many Requests');
    expect(refused.json).toBeTypeOf('object');
    expect(provider.job(second)).toMatchObject({ state: 'running', cancelRequests: 0 });
    expect((await ask(lookOf(name, second))).status).toBe(200);
    provider.setLimits({});
    expect((await ask(cancelOf(name, second))).status).toBeLessThan(300);
  });
});
