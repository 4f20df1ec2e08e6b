import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createToken } from '../../shared/access/api-token.ts';
import { sessionMs } from '../../shared/access/session.ts';
import { pepper } from '../support/configuration.ts';
import { consoleApp } from '../support/console-app.ts';
import { cases, runs } from '../support/thorough.ts';

const publicUrl = new URL('https://jobs.example.org/calloff/');
const host = '127.0.0.1:8787';
let console: ReturnType<typeof consoleApp>;
beforeEach(() => {
  console = consoleApp({ publicUrl });
});

const problemIn = async (response: Response) =>
  z
    .object({ type: z.string().optional() })
    .parse(await response.json())
    .type?.replace('urn:calloff:problem:', '');
/** The cookie of an answer: its value, and its attributes by their names. */
function cookieIn({ headers }: Response) {
  const [pair = '', ...rest] = (headers.get('set-cookie') ?? '').split('; ');
  const attributes = Object.fromEntries(rest.map((each) => [each.split('=')[0], each.split('=')[1] ?? true]));
  return { name: pair.split('=')[0], value: pair.slice(pair.indexOf('=') + 1), attributes };
}

describe('the sign-in', () => {
  it('opens a session for eight hours, by a cookie that no script reads and no other site sends', async () => {
    const { signIn, give, clock } = console;
    const response = await signIn({ token: give('ada').token });
    expect([response.status, await response.json()]).toEqual([
      200,
      { caller: 'ada', kind: 'person', actions: ['list', 'cancel', 'confirm', 'audit'], connections: ['*'] },
    ]);
    const { name, attributes } = cookieIn(response);
    const Expires = new Date(clock.wallTime() + sessionMs).toUTCString();
    expect(name).toMatch(/^calloff-[\w-]{8}$/);
    expect(attributes).toEqual({ Path: '/', Expires, HttpOnly: true, SameSite: 'Strict' });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('opens none that outlives its token', async () => {
    const { signIn, give, clock } = console;
    const endsAt = clock.wallTime() + 90_000;
    const { attributes } = cookieIn(await signIn({ token: give('ada', 'person', endsAt).token }));
    expect(attributes).toMatchObject({ Expires: new Date(endsAt).toUTCString() });
  });

  const own = { 'sec-fetch-site': 'same-origin' };
  it.each([
    ['a program on this machine', {}, undefined],
    ['localhost', { host: 'localhost:8787', origin: 'http://localhost:8787' }, undefined],
    ['a loopback address of many', { host: '127.0.0.5:87', origin: 'http://127.0.0.5:87' }, undefined],
    ['the loopback of IPv6', { host: '[::1]:8787', origin: 'http://[::1]:8787' }, undefined],
    ['a program elsewhere', { host: 'jobs.example.org' }, true],
    ['a page with TLS', { host: 'jobs.example.org', origin: 'https://jobs.example.org' }, true],
    ['a proxy that sends the host behind it', { ...own, origin: 'https://jobs.example.org' }, true],
    ['a host that begins like the loopback', { host: '127.0.0.1.example.org' }, true],
    ['no host', { host: '' }, true],
  ])('for %s (%j) has a cookie whose Secure is %j', async (_who, headers, secure) => {
    const response = await console.signIn({ token: console.give('ada').token }, headers);
    expect([response.status, cookieIn(response).attributes.Secure]).toEqual([200, secure]);
  });

  it('says what is wrong where a page without TLS would lose its session, and opens none', async () => {
    const headers = { host: '192.168.1.5:8787', origin: 'http://192.168.1.5:8787' };
    const response = await console.signIn({ token: console.give('ada').token }, headers);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
    expect(await response.json()).toMatchObject({ title: expect.stringContaining('Open it by https') });
  });

  it.each([
    ['an unknown token', () => ({ token: createToken().token })],
    ['a wrong one', () => ({ token: console.give('ada').token.replace(/.$/, '_') })],
    [
      'one that has expired',
      () => ({ token: console.give('ada', 'person', console.clock.wallTime()).token }),
    ],
    ['one with a blank', () => ({ token: ` ${console.give('ada').token} x` })],
  ])('refuses %s, all in the same words', async (_what, body) => {
    const response = await console.signIn(body());
    expect(response.headers.get('set-cookie')).toBeNull();
    expect([response.status, await response.json()]).toMatchObject([
      401,
      {
        title: 'This token is not valid: it is mistyped, expired or revoked. Check it, or ask for a new one.',
      },
    ]);
  });

  it('refuses the token of an agent', async () => {
    const response = await console.signIn({ token: console.give('robin', 'agent').token });
    expect([response.status, await problemIn(response)]).toEqual([403, 'agent-session']);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it.each([
    ...['', 'null', '7', '[]', '{', '{}', '{"token":""}', '{"token":7}', '{"code":null}'],
    ...['{"token":"a","code":"b"}', '{"token":"a","remember":true}', '{"token":"a","token":"b"}'],
    JSON.stringify({ token: 'x'.repeat(513) }),
    JSON.stringify({ code: 'x'.repeat(65) }),
  ])('refuses the body %s', async (body) => {
    const response = await console.signIn(body);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([400, null]);
  });

  it('reads 4 KB and no more, with and without a length', async () => {
    const { give, app } = console;
    const fill = (size: number) => JSON.stringify({ token: give('ada').token }).padEnd(size, ' ');
    for (const [size, status] of [
      [4_096, 200],
      [4_097, 413],
      [1_000_000, 413],
    ] as const) {
      const body = fill(size);
      const headers = { host, 'content-length': String(size) };
      expect((await app.request('/v1/session', { method: 'POST', headers, body })).status).toBe(status);
      expect((await app.request('/v1/session', streamed(body))).status).toBe(status);
    }
  });

  it('gives nothing of a token, a code or a session away, in an answer or the log', async () => {
    const { give, signIn, codes, logged, app } = console;
    const answers: string[] = [];
    const keep = async (response: Response) => answers.push(await response.text());
    const [ada, robin] = [give('ada').token, give('robin', 'agent').token];
    const code = codes.make(ada);
    const cookie = await console.cookieFor(ada);
    for (const body of [
      ...[{ token: ada }, { token: robin }, { token: ada, code }, { [ada]: code }, { token: `${ada}x` }],
      ...[{ code }, { code }, `{"token": "${ada}"`, ada],
    ])
      await keep(await signIn(body));
    for (const path of ['/v1/session', '/v1/providers', `/v1/${ada}`, `/v1/session?token=${ada}`])
      for (const method of ['GET', 'POST', 'DELETE', 'PATCH'])
        await keep(await app.request(path, { method, headers: { cookie, authorization: `Basic ${ada}` } }));
    const told = answers.join('\n') + JSON.stringify(logged);
    for (const secret of [ada, robin, code, cookie.slice(cookie.indexOf('=') + 1)]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(told).not.toContain(secret.slice(-20));
    }
  });
});

/** A body that comes in pieces, without a length. */
function streamed(body: string): RequestInit {
  const stream = new ReadableStream({
    start(controller) {
      for (let at = 0; at < body.length; at += 1_000)
        controller.enqueue(new TextEncoder().encode(body.slice(at, at + 1_000)));
      controller.close();
    },
  });
  return { method: 'POST', headers: { host }, body: stream, duplex: 'half' };
}

describe('the link that signs in', () => {
  it('does so once, also if two open it at once', async () => {
    const { codes, give, signIn } = console;
    const code = codes.make(give('ada').token);
    expect(code).toMatch(/^[\w-]{24}$/);
    const both = await Promise.all([signIn({ code }), signIn({ code })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    const again = await signIn({ code });
    expect([again.status, await problemIn(again)]).toEqual([401, 'used-link']);
  });

  it('does so for fifteen minutes, and not a millisecond longer', async () => {
    const { codes, give, signIn, clock } = console;
    const [early, late] = [codes.make(give('ada').token), codes.make(give('ada').token)];
    await clock.turn(15 * 60_000 - 1);
    expect((await signIn({ code: early })).status).toBe(200);
    await clock.turn(1);
    expect([
      await problemIn(await signIn({ code: late })),
      await problemIn(await signIn({ code: late })),
    ]).toEqual(['used-link', 'used-link']);
  });

  it('does not once its token is revoked, and no other text does', async () => {
    const { codes, give, signIn, tokens } = console;
    const { token, id } = give('ada');
    const code = codes.make(token);
    tokens.delete(id);
    for (const text of [code, token, 'constructor', '0'])
      expect((await signIn({ code: text })).status).toBe(401);
  });
});

describe('a session', () => {
  it('is its caller in every request below /v1, until its person signs out', async () => {
    const { app, cookieFor, give } = console;
    const cookie = await cookieFor(give('ada').token);
    const headers = { cookie, host, 'sec-fetch-site': 'same-origin' };
    const asked = await app.request('/v1/session', { headers });
    expect(await asked.json()).toMatchObject({ caller: 'ada', kind: 'person' });
    expect(asked.headers.get('set-cookie')).toBeNull();
    expect((await app.request('/v1/providers', { headers })).status).toBe(200);
    const out = await app.request('/v1/session', { method: 'DELETE', headers });
    expect([out.status, await out.json()]).toEqual([200, { signed_out: true }]);
    expect(out.headers.get('set-cookie')).toBe(`${cookie.split('=')[0]}=; Max-Age=0; Path=/`);
  });

  it('tells the holder of a token who that is, too', async () => {
    const { app, give } = console;
    const headers = { authorization: `Bearer ${give('robin', 'agent').token}` };
    const asked = await app.request('/v1/session', { headers });
    expect(await asked.json()).toMatchObject({ caller: 'robin', kind: 'agent' });
  });

  it('is over once its token is an agent’s, or revoked', async () => {
    const { app, cookieFor, give, tokens } = console;
    const { token, id } = give('ada');
    const cookie = await cookieFor(token);
    const known = tokens.get(id);
    if (known === undefined) throw new Error('no token was given');
    const status = async () => (await app.request('/v1/providers', { headers: { cookie } })).status;
    expect(await status()).toBe(200);
    tokens.set(id, { ...known, caller: { ...known.caller, kind: 'agent' } });
    expect(await status()).toBe(401);
    tokens.delete(id);
    expect(await status()).toBe(401);
  });

  it('has the methods GET, HEAD, POST and DELETE, each named once', async () => {
    const { app, give } = console;
    const headers = { authorization: `Bearer ${give('ada').token}` };
    const response = await app.request('/v1/session', { method: 'PUT', headers });
    expect([response.status, response.headers.get('allow')?.split(', ').toSorted()]).toEqual([
      405,
      ['DELETE', 'GET', 'HEAD', 'POST'],
    ]);
  });

  it('is read from any header of cookies without a fault', async () => {
    const { app, cookieFor, give } = console;
    const cookie = await cookieFor(give('ada').token);
    const piece = fc.constantFrom(
      'calloff-AAAAAAAA',
      '__Host-calloff-AAAAAAAA',
      '=',
      ';',
      ' ',
      '%',
      '%zz',
      '"',
      cookie,
      'x',
      '__proto__',
      '\t',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const { status } = await app.request('/v1/providers', { headers: { cookie: pieces.join('') } });
        expect([200, 401]).toContain(status);
        if (!pieces.includes(cookie)) expect(status).toBe(401);
      }),
      { numRuns: runs(500, 100) },
    );
  });
});

describe('the cookie of a session', () => {
  const tls = { origin: publicUrl.origin };
  const asks = (headers: Record<string, string>, method = 'GET') =>
    console.app.request('/v1/session', { method, headers: { host, ...headers } });

  it('is one that only this server can have set, wherever it has TLS', async () => {
    const { give, signIn } = console;
    const { name, attributes } = cookieIn(await signIn({ token: give('ada').token }, tls));
    expect(name).toMatch(/^__Host-calloff-[\w-]{8}$/);
    expect(attributes).toMatchObject({ Path: '/', Secure: true, HttpOnly: true, SameSite: 'Strict' });
    expect(attributes).not.toHaveProperty('Domain');
  });

  it('counts without that only for a page without TLS on this machine', async () => {
    const { give, cookieFor } = console;
    const { token } = give('ada');
    const [plain, own] = [await cookieFor(token), await cookieFor(token, tls.origin)];
    const status = async (headers: Record<string, string>, method = 'GET') =>
      (await asks(headers, method)).status;
    expect(await status({ cookie: plain })).toBe(200);
    expect(await status({ cookie: plain, origin: `http://${host}` }, 'DELETE')).toBe(200);
    expect(await status({ cookie: plain, ...tls })).toBe(401);
    expect(await status({ cookie: plain, ...tls }, 'DELETE')).toBe(401);
    expect(await status({ cookie: plain, host: publicUrl.host })).toBe(401);
    // A proxy without TLS on this machine may hide the name of the host.
    expect(await status({ cookie: plain, host: 'calloff:8787' })).toBe(200);
    for (const headers of [{}, tls, { host: publicUrl.host }])
      expect(await status({ cookie: own, ...headers })).toBe(200);
  });

  it('of a page with TLS goes before one that another server of the host name may have set', async () => {
    const { give, cookieFor } = console;
    const own = await cookieFor(give('ada').token, tls.origin);
    const foreign = await cookieFor(give('mallory').token);
    for (const cookie of [`${own}; ${foreign}`, `${foreign}; ${own}`])
      expect(await (await asks({ cookie })).json()).toMatchObject({ caller: 'ada' });
  });

  it('has another name at each installation, so that several at one host name leave each other signed in', async () => {
    const other = consoleApp({ publicUrl, pepper: `${pepper} of the other` });
    for (const origin of [undefined, tls.origin]) {
      const here = await console.cookieFor(console.give('ada').token, origin);
      const there = await other.cookieFor(other.give('grace').token, origin);
      expect(here.split('=')[0]).not.toBe(there.split('=')[0]);
      const headers = { host, cookie: `${there}; ${here}`, 'sec-fetch-site': 'same-origin' };
      expect(await (await console.app.request('/v1/session', { headers })).json()).toMatchObject({
        caller: 'ada',
      });
      expect(await (await other.app.request('/v1/session', { headers })).json()).toMatchObject({
        caller: 'grace',
      });
      // A sign-out here takes away what is from here.
      const out = await console.app.request('/v1/session', { method: 'DELETE', headers });
      expect(out.headers.getSetCookie().map((each) => each.split('=')[0])).toEqual([here.split('=')[0]]);
    }
  });

  it('has the same name at each sign-in here, and another value', async () => {
    const { give, cookieFor } = console;
    const [one, two] = [await cookieFor(give('ada').token), await cookieFor(give('grace').token)];
    expect(one.split('=')[0]).toBe(two.split('=')[0]);
    expect(one).not.toBe(two);
  });

  it('forgets the oldest of many others, so that no header grows too long', async () => {
    const { give, signIn, clock } = console;
    const others = Array.from({ length: 12 }, (_, index) => {
      const name = `calloff-${String(index).padStart(8, '0')}`;
      return { name, value: `token.${clock.wallTime() + index}.${'A'.repeat(43)}` };
    });
    const cookie = others.map(({ name, value }) => `${name}=${value}`).join('; ');
    const response = await signIn({ token: give('ada').token }, { cookie: `theme=dark; ${cookie}` });
    const set = response.headers.getSetCookie();
    const gone = set.filter((each) => each.includes('Max-Age=0')).map((each) => each.split('=')[0]);
    expect(gone.toSorted()).toEqual(others.slice(0, 4).map(({ name }) => name));
    expect(set.length).toBe(5);
  });
});

const methods = [
  ['GET', '/v1/providers'],
  ['HEAD', '/v1/providers'],
  ['POST', '/v1/jobs/cancel'],
  ['PUT', '/v1/operations/op_k3v7m2xq9tzh4ncd8wra/pages/1'],
  ['DELETE', '/v1/confirmations/pe26kgkpss'],
  ['PATCH', '/v1/jobs/cancel'],
  ['OPTIONS', '/v1/jobs/cancel'],
] as const;
const sites = [undefined, 'same-origin', 'same-site', 'cross-site', 'none', 'Same-Origin', ''];
const origins = [
  ...[undefined, 'null', '', 'http://127.0.0.1:8787', 'https://127.0.0.1:8787', 'http://127.0.0.1:8788'],
  ...['https://jobs.example.org', 'http://jobs.example.org', 'https://evil.example', 'file://'],
  ...['https://127.0.0.1:8787@evil.example', 'https://jobs.example.org.evil.example'],
];
/** Of these a browser sends the first two from a page here, and the last from one behind the proxy. */
const ownOrigins = ['http://127.0.0.1:8787', 'https://127.0.0.1:8787', 'https://jobs.example.org'];

describe.each(methods)('%s %s', (method, path) => {
  const isReading = method === 'GET' || method === 'HEAD';

  /** What becomes of it, without and with a session and a token. */
  async function outcomes(headers: Record<string, string>) {
    const { app, cookieFor, give } = console;
    const { token } = give('ada');
    const authorization = `Bearer ${token}`;
    // What the browser has of this machine, and of the proxy.
    const cookie = `${await cookieFor(token)}; ${await cookieFor(token, publicUrl.origin)}`;
    const credentials = { neither: {}, cookie: { cookie }, token: { authorization } };
    const all = { ...credentials, both: { cookie, authorization } };
    const answers = Object.entries(all).map(async ([name, proof]) => {
      const { status } = await app.request(path, { method, headers: { host, ...headers, ...proof } });
      return [name, status === 401 || status === 403 ? status : 'admitted'];
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  it('takes a session only from a page of this site, unless it changes nothing; a token from anywhere', async () => {
    // Every pair is tried with a method that reads and one that writes, and every fifth with the others.
    const isWhole = method === 'GET' || method === 'POST';
    const pairs = sites.flatMap((site) => origins.map((origin) => ({ site, origin })));
    for (const { site, origin } of cases(pairs, (_, index) => isWhole || index % 5 === 0)) {
      const isOwn = site === undefined ? ownOrigins.includes(origin ?? '') : site === 'same-origin';
      const told = {
        ...(site !== undefined && { 'sec-fetch-site': site }),
        ...(origin !== undefined && { origin }),
      };
      expect({ site, origin, ...(await outcomes(told)) }).toEqual({
        ...{ site, origin, neither: 401, token: 'admitted', both: 'admitted' },
        cookie: isReading || isOwn ? 'admitted' : 403,
      });
    }
  });
});

describe('the sign-in from another site', () => {
  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('is refused with %j, and leaves no cookie', async (headers) => {
    const response = await console.signIn({ token: console.give('ada').token }, headers);
    expect([response.status, await problemIn(response)]).toEqual([403, 'foreign-site']);
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});
