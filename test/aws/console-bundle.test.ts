import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadPage, type Page } from '../../functions/console/files.ts';
import { inSoak } from '../support/thorough.ts';
import { bytesAtStart, schemasAtStart, textOf } from './built.ts';
import { boss, configureCallers } from './callers-harness.ts';
import { type Asked, httpApiEvent, restApiEvent } from './events.ts';
import { type Answer, type Lambda, startLambda } from './lambda.ts';
import { token, useLambda } from './lambda-harness.ts';

const stage = useLambda('api');
const own = { 'sec-fetch-site': 'same-origin' };

describe('the function of the page', () => {
  let page: Page;
  let lambda: Lambda;
  let off: Lambda;
  beforeAll(async () => {
    page = await loadPage(join(dirname(stage.built.console), 'console'));
    // As the stack sets its variables, of which it needs one.
    const stack = { CALLOFF_SECRET_PREFIX: 'calloff/', CALLOFF_TABLE: 'table', CALLOFF_PUBLIC_URL: '' };
    lambda = startLambda(stage.built.console, { ...stack, CALLOFF_CONSOLE: 'on' });
    off = startLambda(stage.built.console, { ...stack, CALLOFF_CONSOLE: 'off' });
  });
  afterAll(() => {
    lambda.stop();
    off.stop();
  });

  /** The event of a request that API Gateway led to a route of the function. */
  const behind = (routeKey: string, path: string, pathParameters: Record<string, string>, base = '') => ({
    ...httpApiEvent({ path: base + path, headers: { 'accept-encoding': 'gzip' } }),
    ...{ routeKey, pathParameters },
  });
  const asset = (file: string, hash = page.hash, base = '') =>
    behind('GET /assets/{hash}/{file+}', `/assets/${hash}/${file}`, { hash, file }, base);
  const textIn = ({ bytes, headers }: Answer) =>
    (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : Buffer.from(bytes)).toString();

  test.each(['', '/calloff', '/a/b'])('serves the page and each of its files below %j', async (base) => {
    const index = await lambda.invoke(behind('GET /', '/', {}, base));
    expect([index.status, index.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(textIn(index)).toBe(Buffer.from(page.index.body).toString());
    expect([...page.files.keys()]).toEqual(['console.css', 'icon.svg', 'main.js']);
    for (const [file, { body, type }] of page.files) {
      const answer = await lambda.invoke(asset(file, page.hash, base));
      expect([file, answer.status, answer.headers['content-type']]).toEqual([file, 200, type]);
      expect(textIn(answer)).toBe(Buffer.from(body).toString());
      expect(answer.headers['cache-control']).toContain('immutable');
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    }
  });

  test('has a problem at every other address', async () => {
    for (const event of [asset('main.js', '0123456789abcdef'), asset('none.js'), asset('x/../main.js')]) {
      const { status, headers, text } = await lambda.invoke(event);
      expect([400, 404]).toContain(status);
      expect([headers['content-type'], headers['cache-control']]).toEqual([
        'application/problem+json',
        'no-store',
      ]);
      expect(JSON.parse(text)).toMatchObject({ status });
    }
  });

  test('answers 404 to all of it where the console is off', async () => {
    for (const event of [behind('GET /', '/', {}), asset('main.js')])
      expect((await off.invoke(event)).status).toBe(404);
  });

  test('holds no AWS client, and nothing that asks a provider or reads a secret', async () => {
    const text = await textOf(stage.built.console);
    const known = text.matchAll(/@aws-sdk|smithy|GetSecretValue|GetItem|node:https?\b|sandbox|commander/gi);
    expect([...known].map(([word]) => word)).toEqual([]);
    expect(await bytesAtStart(stage.built.console)).toBeLessThan(130_000);
    expect(await schemasAtStart(stage.built.console)).toBeLessThan(80);
  });

  // In npm test, the API stands for the functions that do not start: they read their variables alike.
  inSoak(() =>
    test('does not start with a switch that is neither on nor off', async () => {
      const wrong = startLambda(stage.built.console, { CALLOFF_CONSOLE: 'yes' });
      expect(await wrong.ended).toBe(1);
      expect(wrong.output()).toContain('CALLOFF_CONSOLE must be on or off');
    }),
  );
});

/** The two events that a browser's request becomes: the newer payload format has the cookies apart. */
const events = {
  'payload format 2.0': (asked: Asked, cookie?: string) => ({
    ...httpApiEvent({ ...asked, headers: { ...own, ...asked.headers } }),
    ...(cookie !== undefined && { cookies: [cookie] }),
  }),
  'payload format 1.0': (asked: Asked, cookie?: string) =>
    restApiEvent({
      ...asked,
      headers: { ...own, ...(cookie !== undefined && { cookie }), ...asked.headers },
    }),
};
const signIn = (presented: string): Asked => ({
  ...{ method: 'POST', path: '/v1/session', body: JSON.stringify({ token: presented }) },
});
const cookieIn = ({ cookies, headers }: Answer) => cookies[0] ?? headers['set-cookie'] ?? '';

/** Young secrets show in the same environment that a session ends with its token. */
const on = { CALLOFF_CONSOLE: 'on', CALLOFF_SECRET_MAX_AGE_SECONDS: '60' };

describe('a session', () => {
  stage.keepWarm();
  describe.each(['payload format 2.0', 'payload format 1.0'] as const)('by %s', byFormat);
  ofCaller();
});

function byFormat(format: keyof typeof events): void {
  const eventOf = events[format];

  test('is opened by the one token, and cancels', async () => {
    stage.configure(on);
    const signedIn = await stage.invoke(eventOf(signIn(token)));
    expect(signedIn.status).toBe(200);
    expect(cookieIn(signedIn)).toMatch(
      /^__Host-calloff-[\w-]{8}=token\.\d{13}\.[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    const cookie = cookieIn(signedIn).split(';', 1).join();
    const path = `/v1/providers/sutro/jobs/${stage.runningJob('sutro')}/cancel`;
    const cancelled = await stage.invoke(eventOf({ method: 'POST', path }, cookie));
    expect(JSON.parse(cancelled.text)).toMatchObject({ outcome: 'cancelled' });
    const foreign = { method: 'POST', path, headers: { 'sec-fetch-site': 'cross-site' } } as const;
    expect((await stage.invoke(eventOf(foreign, cookie))).status).toBe(403);
    stage.forward(8 * 3_600_000);
    expect((await stage.invoke(eventOf({ path: '/v1/providers' }, cookie))).status).toBe(401);
  });

  test('is none where the console is off', async () => {
    stage.configure(on);
    const cookie = cookieIn(await stage.invoke(eventOf(signIn(token))))
      .split(';', 1)
      .join();
    stage.configure({ CALLOFF_CONSOLE: 'off' });
    expect((await stage.invoke(eventOf(signIn(token)))).status).toBe(401);
    expect((await stage.invoke(eventOf({ path: '/v1/providers' }, cookie))).status).toBe(401);
    const headers = { authorization: `Bearer ${token}` };
    expect((await stage.invoke(eventOf({ ...signIn(token), headers }))).status).toBe(404);
    expect((await stage.invoke(eventOf({ path: '/v1/session', headers }))).status).toBe(404);
  });
}

function ofCaller(): void {
  test('of a caller ends with its token', async () => {
    const callers = configureCallers(stage, { ada: boss, robin: { ...boss, kind: 'agent' } });
    stage.configure(on);
    const eventOf = events['payload format 2.0'];
    expect((await stage.invoke(eventOf(signIn(callers.tokenOf('robin'))))).status).toBe(403);
    const cookie = cookieIn(await stage.invoke(eventOf(signIn(callers.tokenOf('ada')))))
      .split(';', 1)
      .join();
    const asked = eventOf({ path: '/v1/providers' }, cookie);
    expect((await stage.invoke(asked)).status).toBe(200);
    callers.revoke('ada');
    stage.forward(60_000);
    expect((await stage.invoke(asked)).status).toBe(401);
  });

  // In npm test, a token stands for it: see access.test.ts.
  inSoak(() =>
    test('of a caller is checked with what is read side by side', async () => {
      const callers = configureCallers(stage, { ada: boss });
      stage.configure(on);
      const eventOf = events['payload format 2.0'];
      const cookie = cookieIn(await stage.invoke(eventOf(signIn(callers.tokenOf('ada')))))
        .split(';', 1)
        .join();
      const asked = eventOf({ path: '/v1/providers' }, cookie);
      await stage.restart({ CALLOFF_CONSOLE: 'on' });
      stage.secrets.reset();
      stage.secrets.hang(true);
      expect((await stage.invoke(asked)).status).toBe(503);
      expect(new Set(stage.secrets.requests)).toEqual(new Set(['calloff/config', 'calloff/pepper']));
    }),
  );
}
