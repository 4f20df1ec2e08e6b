import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientAnswer } from '../../shared/http/client-answer.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { ProviderClient, type RequestLimits, requestTimeoutMs } from '../../shared/http/provider-client.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { Credential, RateLimit } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { sleep } from '../../shared/lib/clock.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** A provider's answer: a status, perhaps with `Retry-After`; `unopened` and `reset` are failures of the connection. */
type Scripted =
  | number
  | { readonly status: number; readonly retryAfter: string }
  | 'unopened'
  | 'reset'
  | 'hang';

interface Setting {
  /** What is answered to the key, in turn; the last answer goes on for ever. */
  readonly answers: readonly Scripted[];
  /** What is answered to another key. */
  readonly toOtherKeys?: number;
  /** The keys that are there, one after the other, when one was rejected. */
  readonly renewed?: readonly string[];
  readonly unconfigured?: boolean;
  readonly known?: RateLimit;
}

function answerOf(scripted: Scripted | undefined, signal: AbortSignal | null | undefined): Promise<Response> {
  if (scripted === 'unopened') return fail('ECONNREFUSED');
  if (scripted === 'reset') return fail('ECONNRESET');
  if (scripted === 'hang')
    return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  const { status, retryAfter } =
    typeof scripted === 'object' ? scripted : { status: scripted ?? 200, retryAfter: undefined };
  const headers = retryAfter === undefined ? undefined : { 'retry-after': retryAfter };
  return Promise.resolve(Response.json({ message: 'said so' }, { status, ...(headers && { headers }) }));
}

async function fail(code: string): Promise<never> {
  throw new TypeError('fetch failed', { cause: { code } });
}

/** A line to a scripted provider, and the time and key of each request that left. */
function lineTo({ answers, toOtherKeys = 200, renewed = [], unconfigured = false, known }: Setting) {
  const clock = new ManualClock(0);
  const sent: { readonly at: number; readonly key: string | null }[] = [];
  const script = [...answers];
  const keys = [...renewed];
  const last = script.at(-1);
  const scripted: typeof fetch = async (_input, init) => {
    const key = new Headers(init?.headers).get('x-api-key');
    sent.push({ at: clock.now(), key });
    return answerOf(key === canaryKey ? (script.shift() ?? last) : toOtherKeys, init?.signal);
  };
  /** When it was said that the key is rejected, with no other at hand. */
  const rejectedAt: number[] = [];
  let current: Credential | undefined = unconfigured
    ? undefined
    : { apiKey: canaryKey, baseUrl: 'https://api.example.com' };
  const client = new ProviderClient<'cancel' | 'status'>({
    provider: 'example',
    auth: { header: 'x-api-key', prefix: '' },
    limits: known === undefined ? [] : [{ operations: ['status'], limit: known }],
    accounts: new Accounts(clock),
    credentials: {
      current: async () => current,
      async renew(rejected) {
        if (rejected.apiKey !== current?.apiKey) return current;
        const apiKey = keys.shift();
        if (apiKey === undefined) return undefined;
        current = { ...rejected, apiKey };
        return current;
      },
    },
    fetch: scripted,
    clock,
    onRejected: () => void rejectedAt.push(clock.now()),
  });
  const failureLimit = new FailureLimit();
  const turn = newTurn('cancel');
  const ask = async (terms: Partial<RequestLimits> = {}): Promise<ClientAnswer> => {
    const end = clock.now() + 20_000;
    const request = { method: 'GET', path: path`/jobs/${'j-1'}` } as const;
    const answer = await client.ask('status', () => request, {
      sendBy: end,
      answerBy: end,
      failureLimit,
      turn,
      ...terms,
    });
    expect(everythingShown(answer)).not.toContain(canaryKey);
    return answer;
  };
  return { clock, sent, ask, rejectedAt };
}

const ok = { kind: 'response', response: { status: 200 } } as const;

/** The answers to `count` questions asked one after the other. */
async function inTurn(count: number, ask: () => Promise<ClientAnswer>): Promise<ClientAnswer[]> {
  const answers: ClientAnswer[] = [];
  while (answers.length < count) answers.push(await ask());
  return answers;
}

describe('a 429', () => {
  test('is waited for as told, and sent again', async () => {
    const { clock, sent, ask } = lineTo({ answers: [{ status: 429, retryAfter: '3' }, 200] });
    expect(await clock.until(ask())).toMatchObject({ ...ok, at: 3_000 });
    expect(sent.map(({ at }) => at)).toEqual([0, 3_000]);
  });

  test('is waited for and sent again as often as there is time, then the limit is the answer', async () => {
    const { clock, sent, ask } = lineTo({ answers: [429] });
    expect(await clock.until(ask())).toMatchObject({ kind: 'unsent', code: 'rate_limited' });
    expect(sent.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
  });

  test.each([
    ['40', 40_000],
    ['3600', 60_000],
  ])(
    'with Retry-After: %s, which is longer than there is time, is the answer at once, with the time until it is asked again',
    async (retryAfter, retryAfterMs) => {
      const { clock, sent, ask } = lineTo({ answers: [{ status: 429, retryAfter }] });
      expect(await ask()).toEqual({ kind: 'unsent', code: 'rate_limited', retryAfterMs, answered: true });
      expect(await ask()).toEqual({ kind: 'unsent', code: 'rate_limited', retryAfterMs });
      expect([sent.length, clock.now(), clock.pending]).toEqual([1, 0, 0]);
    },
  );

  test('that asks for a day does not take the stop away for longer than a minute', async () => {
    const { clock, sent, ask } = lineTo({ answers: [{ status: 429, retryAfter: '86400' }, 200] });
    await ask();
    await clock.turn(60_000);
    expect(await ask()).toMatchObject(ok);
    expect(sent.map(({ at }) => at)).toEqual([0, 60_000]);
  });

  test('is the answer where its turn to go again does not come in time', async () => {
    const limited = { status: 429, retryAfter: '1' };
    const { clock, sent, ask } = lineTo({ answers: [limited, limited, 'hang'] });
    const terms = { sendBy: clock.now() + 1_200, answerBy: clock.now() + 1_300 };
    const answers = Promise.all([ask(terms), ask(terms)]);
    await clock.turn(2_000);
    expect((await answers).toSorted((one, other) => one.kind.localeCompare(other.kind))).toMatchObject([
      { kind: 'lost', opened: true },
      { kind: 'unsent', code: 'rate_limited' },
    ]);
    expect(sent.map(({ at }) => at)).toEqual([0, 0, 1_000]);
  });

  test('that is being waited for when the caller goes away is not sent again', async () => {
    const { clock, sent, ask } = lineTo({ answers: [429] });
    const controller = new AbortController();
    clock.after(500, () => controller.abort());
    expect(await clock.until(ask({ signal: controller.signal }))).toEqual({
      kind: 'unsent',
      code: 'rate_limited',
      answered: true,
    });
    expect(sent).toHaveLength(1);
  });

  test('never comes where the known limit is kept', async () => {
    const { clock, sent, ask } = lineTo({ answers: [200], known: { count: 2, windowMs: 10_000 } });
    await clock.until(Promise.all([ask(), ask(), ask()]));
    expect((sent[2]?.at ?? 0) - (sent[0]?.at ?? 0)).toBeGreaterThan(10_000);
  });
});

describe.each([401, 403])('a key answered with %i', (status) => {
  test('is not sent again where there is no other', async () => {
    const { sent, ask, rejectedAt } = lineTo({ answers: [status] });
    expect(await ask()).toMatchObject({ kind: 'response', response: { status } });
    expect([sent.length, rejectedAt.length]).toEqual([1, 1]);
  });

  test('is followed once by the one that has replaced it', async () => {
    const { sent, ask, rejectedAt } = lineTo({ answers: [status], renewed: ['new'] });
    expect(await ask()).toMatchObject(ok);
    expect(sent.map(({ key }) => key)).toEqual([canaryKey, 'new']);
    expect(rejectedAt).toEqual([]);
  });

  test('is followed by no third where that one is rejected too', async () => {
    const { sent, ask, rejectedAt } = lineTo({
      ...{ answers: [status], renewed: ['new', 'newer'], toOtherKeys: status },
    });
    expect(await ask()).toMatchObject({ kind: 'response', response: { status } });
    expect(sent).toHaveLength(2);
    expect(rejectedAt).toHaveLength(1);
  });

  test('for the second time is not sent any more in this call', async () => {
    const { sent, ask } = lineTo({ answers: [status] });
    expect((await inTurn(4, ask)).slice(2)).toEqual([
      { kind: 'unsent', code: 'credentials_rejected' },
      { kind: 'unsent', code: 'credentials_rejected' },
    ]);
    expect(sent).toHaveLength(2);
  });

  test('goes on in the next call', async () => {
    const { sent, ask } = lineTo({ answers: [status, status, 200] });
    await inTurn(3, ask);
    expect(await ask({ failureLimit: new FailureLimit() })).toMatchObject(ok);
    expect(sent).toHaveLength(3);
  });

  test('in the middle of many costs none of them, where it has been replaced', async () => {
    const { sent, ask } = lineTo({ answers: [status], renewed: ['new'] });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
    expect(answers.filter(({ kind }) => kind === 'response')).toHaveLength(100);
    expect(sent.filter(({ key }) => key === canaryKey)).toHaveLength(32);
  });
});

describe('a provider that cannot be reached', () => {
  test('is not asked any more in this call after five times in a row', async () => {
    const { sent, ask } = lineTo({ answers: ['unopened'] });
    const answers = await inTurn(6, ask);
    expect(answers.slice(0, 5)).toEqual(
      answers.slice(0, 5).map(() => ({ kind: 'lost', opened: false, cause: 'refused', at: 0 })),
    );
    expect(answers[5]).toEqual({ kind: 'unsent', code: 'provider_unavailable', cause: 'refused' });
    expect(sent).toHaveLength(5);
  });

  test('is asked on where it answers now and then', async () => {
    const { ask } = lineTo({
      answers: [...Array.from({ length: 4 }, () => 'unopened' as const), 503, 'unopened'],
    });
    expect((await inTurn(9, ask)).map(({ kind }) => kind)).not.toContain('unsent');
  });

  test('is asked on where connections were opened and then reset, or hang', async () => {
    const { clock, sent, ask } = lineTo({
      answers: [...Array.from({ length: 8 }, () => 'reset' as const), 'hang'],
    });
    const answers = await inTurn(10, () => ask({ answerBy: clock.now() + 5 }));
    const lost = { kind: 'lost', opened: true, at: 0 };
    expect(answers).toEqual(answers.map((_, index) => (index < 8 ? lost : { ...lost, cause: 'timeout' })));
    expect(sent).toHaveLength(10);
  });
});

describe('nothing is sent', () => {
  test('without a key', async () => {
    const { sent, ask } = lineTo({ answers: [200], unconfigured: true });
    expect(await ask()).toEqual({ kind: 'unsent', code: 'provider_not_configured' });
    expect(sent).toEqual([]);
  });

  test('for a caller who has gone away', async () => {
    const { sent, ask } = lineTo({ answers: [200] });
    expect(await ask({ signal: AbortSignal.abort() })).toEqual({ kind: 'skipped', reason: 'aborted' });
    expect(sent).toEqual([]);
  });

  test('after the time for sending is over', async () => {
    const { clock, sent, ask } = lineTo({ answers: [200] });
    expect(await ask({ sendBy: clock.now() })).toEqual({ kind: 'skipped', reason: 'late' });
    expect(sent).toEqual([]);
  });

  test('a second time after a lost answer or a 5xx', async () => {
    for (const answer of ['reset', 500, 503] as const) {
      const { sent, ask } = lineTo({ answers: [answer] });
      await ask();
      expect(sent).toHaveLength(1);
    }
  });
});

describe('a request that is asked whether it may leave', () => {
  const answering = (...answers: boolean[]) => ({ leave: async () => answers.shift() ?? true });

  test('is sent only after a yes, and is not sent otherwise', async () => {
    const { sent, ask } = lineTo({ answers: [200] });
    expect(await ask(answering(false))).toEqual({ kind: 'skipped', reason: 'aborted' });
    expect(sent).toEqual([]);
    expect(await ask(answering(true, false))).toMatchObject(ok);
    expect(sent).toHaveLength(1);
  });

  test('is asked at its turn, and again before each request that follows it', async () => {
    const { clock, sent, ask } = lineTo({
      answers: [{ status: 429, retryAfter: '3' }, 401],
      renewed: ['new'],
    });
    const asked: number[] = [];
    const leave = async () => asked.push(clock.now()) > 0;
    expect(await clock.until(ask({ leave }))).toMatchObject(ok);
    expect([asked, sent.map(({ at }) => at)]).toEqual([
      [0, 3_000, 3_000],
      [0, 3_000, 3_000],
    ]);
  });

  test('is told as limited, or with its key rejected, if that was the answer before the no', async () => {
    const limited = lineTo({ answers: [{ status: 429, retryAfter: '3' }] });
    const answer = await limited.clock.until(limited.ask(answering(true, false)));
    expect(answer).toEqual({ kind: 'unsent', code: 'rate_limited', answered: true });
    expect(limited.sent).toHaveLength(1);
    const rejected = lineTo({ answers: [401], renewed: ['new'] });
    expect(await rejected.ask(answering(true, false))).toMatchObject({ response: { status: 401 } });
    expect(rejected.sent).toHaveLength(1);
  });

  test('is not sent if its caller has gone or its time is up by the answer', async () => {
    const { clock, sent, ask } = lineTo({ answers: [200] });
    const leaving = new AbortController();
    const late = { leave: () => sleep(clock, 100).then(() => true), sendBy: clock.now() + 100 };
    expect(await clock.until(ask(late))).toEqual({ kind: 'skipped', reason: 'aborted' });
    const gone = { leave: async () => leaving.abort() === undefined, signal: leaving.signal };
    expect(await ask(gone)).toEqual({ kind: 'skipped', reason: 'aborted' });
    expect(sent).toEqual([]);
  });

  test('gives its place back after a no and after a bug, also that of the request that tests a limit', async () => {
    const { clock, sent, ask } = lineTo({ answers: [{ status: 429, retryAfter: '1' }, 200] });
    const broken = { leave: () => Promise.reject(new Error('a bug')) };
    await ask({ sendBy: clock.now() + 500 });
    await clock.turn(1_000);
    await expect(ask(broken)).rejects.toThrow('a bug');
    for (let each = 0; each < 40; each += 1) await ask(answering(false));
    expect(await clock.until(ask())).toMatchObject(ok);
    expect(sent).toHaveLength(2);
  });
});

describe('what has been sent', () => {
  test('is waited for, though the caller goes away', async () => {
    const controller = new AbortController();
    const { clock, sent, ask } = lineTo({ answers: ['hang'] });
    const answer = ask({ signal: controller.signal, answerBy: clock.now() + 100 });
    await clock.turn(0);
    expect(sent).toHaveLength(1);
    const asked = Date.now();
    controller.abort();
    expect(await answer).toEqual({ kind: 'lost', opened: true, cause: 'timeout', at: 0 });
    expect(Date.now() - asked).toBeGreaterThan(50);
  });

  test('is given up when the answers must be in, which is never more than ten seconds later', () => {
    expect(requestTimeoutMs(1_000, 1_250)).toBe(250);
    expect(requestTimeoutMs(1_000, 11_000)).toBe(10_000);
    expect(requestTimeoutMs(1_000, 121_000)).toBe(10_000);
    expect(requestTimeoutMs(1_000, 900)).toBe(1);
  });

  test('is given a time that a timer takes: whole and above 0, whatever the clock says', () => {
    const milliseconds = (most: number) => fc.integer({ min: -1e5, max: most }).map((each) => each / 1_000);
    fc.assert(
      fc.property(milliseconds(1e9), milliseconds(2e7), (now, leftMs) => {
        const ms = requestTimeoutMs(now, now + leftMs);
        expect(Number.isInteger(ms) && ms >= 1 && ms <= 10_000).toBe(true);
        expect(() => AbortSignal.timeout(ms)).not.toThrow();
      }),
    );
  });
});
