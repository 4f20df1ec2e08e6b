import { describe, expect, test } from 'vitest';
import { type MintedAuth, secret } from '../../shared/http/auth/auth.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { ProviderClient, type RequestLimits } from '../../shared/http/provider-client.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { path } from '../../shared/http/url-path.ts';
import { sleep } from '../../shared/lib/clock.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** A key for a token, as IBM Cloud does it. */
const auth: MintedAuth = {
  kind: 'minted',
  header: 'authorization',
  prefix: 'Bearer ',
  url: 'https://iam.example.com/identity/token?v=1',
  form: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: secret },
  token: 'access_token',
  lifetimeSeconds: 'expires_in',
};

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

interface Setting {
  readonly auth?: MintedAuth;
  readonly baseUrl?: string;
  /** What the mint answers, in turn; `lost` is a connection that does not open. Then tokens are made. */
  readonly mint?: readonly (Answer | 'lost')[];
  /** How long the mint takes. */
  readonly mintMs?: number;
  /** The tokens that the provider accepts. Default: all. */
  readonly accepts?: (token: string) => boolean;
  /** How long the answer to a request takes, the first being 1. */
  readonly answerMs?: (request: number) => number;
}

/** A client of a provider with tokens `t-1`, `t-2` and so on, and what left. */
function clientWith({
  mint = [],
  mintMs = 0,
  accepts = () => true,
  answerMs = () => 0,
  ...more
}: Setting = {}) {
  const clock = new ManualClock();
  const minted: Request[] = [];
  const tokens: (string | null)[] = [];
  const script = [...mint];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.includes('/token')) {
      const token = request.headers.get('authorization');
      await sleep(clock, answerMs(tokens.push(token)));
      return Response.json({ message: 'so' }, { status: accepts(String(token).slice(7)) ? 200 : 401 });
    }
    minted.push(request);
    const made = { access_token: `t-${minted.length}`, expires_in: 3_600 };
    await sleep(clock, mintMs);
    const answer = script.shift() ?? {};
    if (answer === 'lost') throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
    const { status = 200, body = made, headers = {} } = answer;
    return Response.json(body, { status, headers });
  };
  const credential = { apiKey: canaryKey, baseUrl: more.baseUrl ?? 'https://api.example.com/v1' };
  const client = new ProviderClient<'status'>({
    ...{ provider: 'example', auth, limits: [], fetch, clock, ...more },
    accounts: new Accounts(clock),
    credentials: { current: async () => credential, renew: async () => undefined },
  });
  const failureLimit = new FailureLimit();
  const asking = (terms: Partial<RequestLimits> = {}) => {
    const end = clock.now() + 20_000;
    const request = { method: 'GET', path: path`/jobs` } as const;
    const turn = newTurn('read');
    return client.ask('status', () => request, { sendBy: end, answerBy: end, failureLimit, turn, ...terms });
  };
  const ask = async (terms: Partial<RequestLimits> = {}) => {
    const answer = await clock.until(asking(terms));
    expect(everythingShown(answer)).not.toContain(canaryKey);
    return answer;
  };
  return { clock, ask, asking, minted, tokens };
}

const ok = { kind: 'response', response: { status: 200 } };
const rejected = { kind: 'unsent', code: 'credentials_rejected' };
const unavailable = { kind: 'unsent', code: 'provider_unavailable' };

describe('a token', () => {
  test('is made from the key by a form, once, and goes with each request in place of the key', async () => {
    const { ask, minted, tokens } = clientWith();
    for (let each = 0; each < 3; each += 1) expect(await ask()).toMatchObject(ok);
    expect(tokens).toEqual(['Bearer t-1', 'Bearer t-1', 'Bearer t-1']);
    expect(minted).toHaveLength(1);
    const [mint] = minted;
    expect(mint?.method).toBe('POST');
    expect(mint?.url).toBe(auth.url);
    expect(mint?.redirect).toBe('manual');
    expect(Object.fromEntries(mint?.headers ?? [])).toEqual({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'calloff',
    });
    expect(await mint?.text()).toBe(
      `grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=${canaryKey}`,
    );
  });

  test('is used for nine tenths of its life', async () => {
    const { clock, ask, tokens } = clientWith();
    await ask();
    await clock.turn(3_239_000);
    await ask();
    await clock.turn(1_000);
    await ask();
    expect(tokens).toEqual(['Bearer t-1', 'Bearer t-1', 'Bearer t-2']);
  });

  test('is made once for all requests that wait for it', async () => {
    const { clock, asking, minted, tokens } = clientWith({ mintMs: 500 });
    const answers = await clock.until(Promise.all(Array.from({ length: 20 }, () => asking())));
    for (const answer of answers) expect(answer).toMatchObject(ok);
    expect(minted).toHaveLength(1);
    expect(new Set(tokens)).toEqual(new Set(['Bearer t-1']));
  });

  test('that is rejected is made anew, once for all requests that it was rejected for', async () => {
    const { clock, asking, minted, tokens } = clientWith({
      mintMs: 500,
      accepts: (token) => token !== 't-1',
    });
    const answers = await clock.until(Promise.all(Array.from({ length: 20 }, () => asking())));
    for (const answer of answers) expect(answer).toMatchObject(ok);
    expect(minted).toHaveLength(2);
    expect(tokens.filter((token) => token === 'Bearer t-2')).toHaveLength(20);
  });

  test('is kept although the one before is rejected once more, by an answer that comes late', async () => {
    const answerMs = (request: number) => (request === 2 ? 1_000 : 0);
    const { clock, ask, asking, minted } = clientWith({ accepts: (token) => token !== 't-1', answerMs });
    const answers = await clock.until(Promise.all([asking(), asking()]));
    for (const answer of answers) expect(answer).toMatchObject(ok);
    await ask();
    expect(minted).toHaveLength(2);
  });

  test('that is rejected again and again stops the call after two', async () => {
    const { ask, minted, tokens } = clientWith({ accepts: () => false });
    for (let each = 0; each < 5; each += 1)
      expect(await ask()).toMatchObject(each < 2 ? { kind: 'response', rejected: true } : rejected);
    expect(tokens).toHaveLength(4);
    expect(minted.length).toBeLessThanOrEqual(4);
  });

  test('may be made at the place where the connection leads', async () => {
    const { ask, minted } = clientWith({
      auth: { ...auth, url: '/oidc/v1/token' },
      baseUrl: 'https://dbc-1.example.com/api/2.2',
    });
    expect(await ask()).toMatchObject(ok);
    expect(minted[0]?.url).toBe('https://dbc-1.example.com/oidc/v1/token');
  });

  test('is made without encryption on this machine only', async () => {
    const here = clientWith({ auth: { ...auth, url: 'http://127.0.0.1:8080/token' } });
    expect(await here.ask()).toMatchObject(ok);
    const elsewhere = clientWith({ auth: { ...auth, url: 'http://iam.example.com/token' } });
    const error: unknown = await elsewhere.ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(everythingShown(error)).not.toContain(canaryKey);
    expect(elsewhere.minted).toEqual([]);
  });
});

describe('if no token can be made', () => {
  test.each<[string, Answer | 'lost', object]>([
    ['the key is refused by a 400', { status: 400, body: { errorCode: 'BXNIM0415E' } }, rejected],
    ['the key is refused by a 401', { status: 401 }, rejected],
    ['the mint is down', { status: 503 }, unavailable],
    [
      'the mint leads elsewhere',
      { status: 302, headers: { location: 'https://evil.example/' } },
      unavailable,
    ],
    ['the mint cannot be reached', 'lost', { ...unavailable, cause: 'refused' }],
    ['the answer holds no token', { body: { expires_in: 3_600 } }, unavailable],
    ['the answer holds no life', { body: { access_token: 't' } }, unavailable],
    ['the token fits in no header', { body: { access_token: 'a\r\nb', expires_in: 1 } }, unavailable],
    [
      'the mint limits its pace',
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'unsent', code: 'rate_limited', retryAfterMs: 7_000 },
    ],
  ])('because %s, nothing is sent', async (_what, answer, expected) => {
    const { ask, tokens } = clientWith({ mint: [answer] });
    expect(await ask()).toEqual(expected);
    expect(tokens).toEqual([]);
    expect(await ask()).toMatchObject(ok);
  });

  test('because the key is refused, it is not tried more than twice in a call', async () => {
    const { ask, minted } = clientWith({ mint: Array.from({ length: 9 }, () => ({ status: 400 })) });
    for (let each = 0; each < 5; each += 1) expect(await ask()).toEqual(rejected);
    expect(minted).toHaveLength(2);
  });

  test('in time, the request is not sent', async () => {
    const { clock, ask, tokens } = clientWith({ mintMs: 9_000 });
    expect(await ask({ answerBy: clock.now() + 2_000 })).toEqual({ ...unavailable, cause: 'timeout' });
    expect(tokens).toEqual([]);
  });
});
