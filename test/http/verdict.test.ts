import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readFailure } from '../../shared/adapter/failures.ts';
import type { ClientAnswer } from '../../shared/http/client-answer.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { ProviderClient } from '../../shared/http/provider-client.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { Credential, ProviderResponse } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { type ReadTurnedAway, verdictOn } from '../../shared/http/verdict.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const wallTime = Date.parse('2026-11-28T12:00:00Z');

/** A provider like GitHub, which limits the pace by 403, and like Gemini, which rejects a key by 400. */
const turnedAway: ReadTurnedAway = ({ status, body, headers }, now) => {
  const reset = headers?.['x-ratelimit-reset'];
  if (status === 403 && headers?.['x-ratelimit-remaining'] === '0')
    return { kind: 'limited', retryAfterMs: reset === undefined ? null : Number(reset) * 1_000 - now };
  const badKey = status === 400 && z.object({ reason: z.literal('API_KEY_INVALID') }).safeParse(body).success;
  return badKey ? { kind: 'rejected' } : null;
};

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A client of a scripted provider, and the time and key of each request. The last answer goes on for ever. */
function clientOf(answers: readonly Answer[], more: { readonly renewed?: string } = {}) {
  const clock = new ManualClock(wallTime);
  const sent: { readonly at: number; readonly key: string | null }[] = [];
  const script = [...answers];
  const fetch: typeof globalThis.fetch = async (_input, init) => {
    sent.push({ at: clock.now(), key: new Headers(init?.headers).get('x-api-key') });
    const {
      status,
      body = { message: 'said so' },
      headers = {},
    } = script.shift() ?? answers.at(-1) ?? { status: 200 };
    return Response.json(body, { status, headers });
  };
  let current: Credential = { apiKey: 'first', baseUrl: 'https://api.example.com' };
  const client = new ProviderClient<'cancel'>({
    ...{
      provider: 'example',
      auth: { header: 'x-api-key', prefix: '' },
      limits: [],
      turnedAway,
      fetch,
      clock,
    },
    accounts: new Accounts(clock),
    credentials: {
      current: async () => current,
      async renew() {
        if (more.renewed === undefined || current.apiKey === more.renewed) return undefined;
        current = { ...current, apiKey: more.renewed };
        return current;
      },
    },
  });
  const failureLimit = new FailureLimit();
  const ask = (forMs = 20_000): Promise<ClientAnswer> => {
    const end = clock.now() + forMs;
    const terms = { sendBy: end, answerBy: end, failureLimit, turn: newTurn('cancel') };
    return client.ask('cancel', () => ({ method: 'GET', path: path`/jobs` }), terms);
  };
  return { clock, sent, ask, client };
}

const limited = { status: 403, headers: { 'x-ratelimit-remaining': '0' } };
const badKey = { status: 400, body: { reason: 'API_KEY_INVALID' } };
const ok = { status: 200 };

describe('a 403 by which the provider limits the pace', () => {
  test('is waited out as long as it says, and never counts as a bad key', async () => {
    const reset = String(wallTime / 1_000 + 7);
    const headers = { ...limited.headers, 'x-ratelimit-reset': reset };
    const { clock, sent, ask } = clientOf([{ ...limited, headers }, { ...limited, headers }, ok]);
    expect(await clock.until(ask())).toMatchObject({ kind: 'response', response: ok });
    expect(sent.map(({ at }) => at)).toMatchObject([0, 7_000, expect.any(Number)]);
    expect(await clock.until(ask())).toMatchObject({ kind: 'response', response: ok });
  });

  test('holds back all requests of the account, and tells for how long', async () => {
    const headers = { ...limited.headers, 'retry-after': '45' };
    const { clock, sent, ask, client } = clientOf([{ ...limited, headers }]);
    const unsent = { kind: 'unsent', code: 'rate_limited', retryAfterMs: 45_000 };
    expect(await clock.until(ask())).toEqual({ ...unsent, answered: true });
    expect(await clock.until(ask())).toEqual(unsent);
    expect(client.heldMs).toBe(45_000);
    expect(sent).toHaveLength(1);
  });

  test('renews no secret', async () => {
    const { clock, sent, ask } = clientOf([limited, ok], { renewed: 'second' });
    await clock.until(ask());
    expect(sent.map(({ key }) => key)).toEqual(['first', 'first']);
  });
});

describe('a 400 that rejects the key', () => {
  test('renews the secret, and the request is sent once more', async () => {
    const { clock, sent, ask } = clientOf([badKey, ok], { renewed: 'second' });
    expect(await clock.until(ask())).toMatchObject({ kind: 'response', response: ok });
    expect(sent.map(({ key }) => key)).toEqual(['first', 'second']);
  });

  test('stops the call after two', async () => {
    const { clock, sent, ask } = clientOf([badKey]);
    for (let each = 0; each < 4; each += 1) await clock.until(ask());
    expect(sent).toHaveLength(2);
    expect(await clock.until(ask())).toEqual({ kind: 'unsent', code: 'credentials_rejected' });
  });

  test('is about the key, although the key was accepted a moment ago', async () => {
    const { clock, ask } = clientOf([ok, badKey]);
    await clock.until(ask());
    expect(await clock.until(ask())).toMatchObject({ rejected: true, denied: false });
  });
});

describe('what the adapter says nothing of', () => {
  test('is read by its status: a 403 with a key that was accepted a moment ago is about the request', async () => {
    const { clock, ask } = clientOf([ok, { status: 403 }]);
    await clock.until(ask());
    expect(await clock.until(ask())).toMatchObject({ rejected: true, denied: true });
  });

  test('is read by its status: a 400 says nothing of the key', async () => {
    const { clock, sent, ask } = clientOf([{ status: 400 }], { renewed: 'second' });
    expect(await clock.until(ask())).toMatchObject({ kind: 'response', response: { status: 400 } });
    expect(sent).toHaveLength(1);
  });
});

test.each([
  ['less than nothing', -60_000, 0],
  ['no number', Number.NaN, null],
  ['for ever', Number.POSITIVE_INFINITY, 24 * 3_600_000],
])('an adapter that asks to wait %s does not stop the client', (_what, retryAfterMs, waitedMs) => {
  const answered = { response: { status: 403, body: {} }, retryAfterMs: null };
  expect(verdictOn(answered, 0, () => ({ kind: 'limited', retryAfterMs }))).toEqual({
    kind: 'limited',
    retryAfterMs: waitedMs,
  });
});

test('a 429 with retry-after-ms is waited out to the millisecond', async () => {
  const headers = { 'retry-after-ms': '1234.5', 'retry-after': '2' };
  const { clock, sent, ask } = clientOf([{ status: 429, headers }, ok]);
  await clock.until(ask());
  expect(sent.map(({ at }) => at)).toEqual([0, 1_235]);
});

test.each<[string, ProviderResponse, string]>([
  ['a limit', { ...limited, body: { message: 'You have exceeded a secondary rate limit' } }, 'rate_limited'],
  ['a rejection', badKey, 'credentials_rejected'],
  ['another 400', { status: 400, body: {} }, 'unexpected_response'],
])('an adapter reads %s with what it knows of the key and the pace', (_what, response, code) => {
  expect(readFailure(response, turnedAway)).toEqual({ kind: 'failure', code, mayHaveActed: false });
});
