import { describe, expect, test } from 'vitest';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { ProviderClient } from '../../shared/http/provider-client.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { LimitGroup } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { accepted, connectionTo, context } from '../support/harness.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const credential = { apiKey: 'key', baseUrl: 'https://api.example.com' };
const provider = 'example';

describe('an account', () => {
  const accounts = new Accounts(new ManualClock());
  const none = { provider, limits: [], credential };

  test('is a provider, a base URL and a key', () => {
    const limiter = accounts.limiter('status', none);
    expect(accounts.limiter('status', { ...none, credential: { ...credential } })).toBe(limiter);
    const others = [
      { ...none, provider: 'other' },
      { ...none, credential: { ...credential, apiKey: 'other' } },
      { ...none, credential: { ...credential, baseUrl: 'https://other.example.com' } },
    ];
    for (const other of others) expect(accounts.limiter('status', other)).not.toBe(limiter);
  });

  test('has a quota for each operation, or for each group of them that shares one', () => {
    const limits: readonly LimitGroup<string>[] = [{ operations: ['status', 'list'] }];
    const grouped = { ...none, provider: 'grouped', limits };
    expect(accounts.limiter('list', grouped)).toBe(accounts.limiter('status', grouped));
    expect(accounts.limiter('cancel', grouped)).not.toBe(accounts.limiter('status', grouped));
    expect(accounts.limiter('list', none)).not.toBe(accounts.limiter('status', none));
  });

  test('is forgotten once a thousand others were used since', () => {
    const limiter = accounts.limiter('status', none);
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...credential, apiKey: `key-${index}` }));
    for (const each of many(999)) accounts.limiter('status', { ...none, credential: each });
    expect(accounts.limiter('status', none)).toBe(limiter);
    for (const each of many(1_000)) accounts.limiter('status', { ...none, credential: each });
    expect(accounts.limiter('status', none)).not.toBe(limiter);
  });
});

describe('a 429', () => {
  const baseUrl = 'https://api.sutro.example';
  const id = { job_id: 'job-1' };

  /** A gateway with two connections that have the same key, and one with another; every answer is a 429. */
  function gatewayOn(clock: ManualClock, accounts?: Accounts) {
    const asked: string[] = [];
    const gateway = createGateway({
      connections: async () => [
        connectionTo('sutro', { baseUrl, apiKey: 'one-key' }, 'one'),
        connectionTo('sutro', { baseUrl, apiKey: 'one-key' }, 'same'),
        connectionTo('sutro', { baseUrl, apiKey: 'other-key' }, 'other'),
      ],
      credentials: credentialFromSettings,
      budgetMs: 20_000,
      clock,
      ...(accounts && { accounts }),
      fetch: async (input) => {
        asked.push(String(input));
        return new Response('', { status: 429, headers: { 'retry-after': '50' } });
      },
    });
    const look = async (name: string) =>
      accepted(await clock.until(gateway.getJob({ provider: name, ...id }, context)));
    return { look, asked };
  }

  const held = (seconds: number) => ({ code: 'rate_limited', retry_after_seconds: seconds });

  test('holds every connection with the same key, and no other', async () => {
    const { look, asked } = gatewayOn(new ManualClock());
    expect(await look('one')).toMatchObject(held(50));
    expect(await look('same')).toMatchObject(held(50));
    expect(asked).toHaveLength(1);
    expect(await look('other')).toMatchObject(held(50));
    expect(asked).toHaveLength(2);
  });

  test('is not forgotten when the configuration is read again', async () => {
    const clock = new ManualClock();
    const accounts = new Accounts(clock);
    await gatewayOn(clock, accounts).look('one');
    await clock.turn(10_000);
    const reloaded = gatewayOn(clock, accounts);
    expect(await reloaded.look('same')).toMatchObject(held(40));
    expect(reloaded.asked).toEqual([]);
  });

  test.each([
    [true, 7_200_000],
    [undefined, 60_000],
  ] as const)(
    'for two hours is waited for at most a minute, unless the time is binding: %s',
    async (resetIsBinding, retryAfterMs) => {
      const clock = new ManualClock();
      const client = new ProviderClient<'cancel'>({
        provider,
        auth: { header: 'x-api-key', prefix: '' },
        limits: [{ operations: ['cancel'], ...(resetIsBinding && { resetIsBinding }) }],
        credentials: { current: async () => credential, renew: async () => undefined },
        accounts: new Accounts(clock),
        fetch: async () => new Response('', { status: 429, headers: { 'retry-after': '7200' } }),
        clock,
      });
      const end = clock.now() + 50_000;
      const terms = { sendBy: end, answerBy: end, failureLimit: new FailureLimit(), turn: newTurn('cancel') };
      const request = { method: 'POST', path: path`/jobs/${'job-1'}/cancel` } as const;
      const answer = await clock.until(client.ask('cancel', () => request, terms));
      expect(answer).toEqual({ kind: 'unsent', code: 'rate_limited', retryAfterMs, answered: true });
    },
  );
});
