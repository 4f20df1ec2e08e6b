import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../../functions/slack/cards/message.ts';
import { ResponseUrl, readResponseUrl } from '../../functions/slack/tasks/response-url.ts';
import { parseLoopbackOrigin } from '../../shared/config/values.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { anyUrl } from '../support/any-url.ts';
import { everythingShown } from '../support/canary.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const canary = 'https://hooks.slack.com/commands/T1/canary-Zq7xW2pLr9/xyz';
const said = message('calloff: done', []);

describe('a response URL', () => {
  it.each([canary, 'https://hooks.slack-gov.com/actions/T1/2/3', 'https://hooks.slack.com/x?y=z'])(
    'may be %s',
    (text) => {
      expect(readResponseUrl(text)).toEqual(new URL(text));
    },
  );

  it.each([
    ['http://hooks.slack.com/x', 'foreign'],
    ['https://hooks.slack.com.evil.example/x', 'foreign'],
    ['https://evil.example/hooks.slack.com', 'foreign'],
    ['https://slack.com/x', 'foreign'],
    ['https://a.hooks.slack.com/x', 'foreign'],
    ['https://hooks.slack.com./x', 'foreign'],
    ['https://hooks.slack.com:8443/x', 'foreign'],
    ['https://me@hooks.slack.com/x', 'foreign'],
    ['https://:pass@hooks.slack.com/x', 'foreign'],
    ['https://hooks.slack.com@evil.example/x', 'foreign'],
    ['https://127.0.0.1/x', 'foreign'],
    ['http://169.254.169.254/latest/meta-data', 'foreign'],
    ['file:///etc/passwd', 'foreign'],
    ['https://hooks.slack.com:443/x', 'malformed'],
    ['https:hooks.slack.com/x', 'malformed'],
    ['https:\\\\hooks.slack.com\\x', 'malformed'],
    ['HTTPS://HOOKS.SLACK.COM/x', 'malformed'],
    ['https://hooks.slack.com/a/../b', 'malformed'],
    ['https://hooks.slack.com/%2e%2e/b', 'malformed'],
    ['https://hooks.slack.com/x#y', 'malformed'],
    [' https://hooks.slack.com/x', 'malformed'],
    ['https://hooks.slack.com/x\n', 'malformed'],
    ['https://hooks\u3002slack\u3002com/x', 'malformed'],
    ['', 'malformed'],
    ['not a url', 'malformed'],
  ])('may not be %j', (text, fault) => {
    expect(readResponseUrl(text)).toBe(fault);
  });

  it('is at the loopback origin where one is named, and then nowhere else', () => {
    const origin = 'http://127.0.0.1:8123';
    expect(readResponseUrl(`${origin}/x`, origin)).toEqual(new URL(`${origin}/x`));
    expect(readResponseUrl(canary, origin)).toBe('foreign');
    expect(readResponseUrl('http://127.0.0.1:8124/x', origin)).toBe('foreign');
    expect(readResponseUrl(`${origin}/x`)).toBe('foreign');
  });

  it('is at one of the two hosts of Slack, or is none, whatever is read', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      anyUrl,
      fc.string().map((rest) => `https://hooks.slack.com${rest}`),
    );
    fc.assert(
      fc.property(text, (any) => {
        const url = readResponseUrl(any);
        if (typeof url !== 'string') expect(url.href).toMatch(/^https:\/\/hooks\.slack(-gov)?\.com\//);
      }),
    );
  });
});

describe('the origin that stands in for Slack', () => {
  it.each(['http://127.0.0.1:8080', 'http://localhost', 'http://[::1]:1', 'https://127.0.0.2'])(
    'may be %s',
    (text) => {
      expect(parseLoopbackOrigin(text)).toEqual({ ok: true, value: text });
    },
  );

  it.each([
    'http://127.0.0.1:8080/',
    'http://127.0.0.1/x',
    'http://a@localhost',
    'https://hooks.slack.com',
    'http://localhost.evil.example',
    'ftp://localhost',
    'localhost',
    '',
  ])('may not be %j', (text) => {
    expect(parseLoopbackOrigin(text)).toMatchObject({ ok: false });
  });
});

/** What a scripted fetch does with one request. */
type Step = number | 'lost' | 'silent' | Response;

/** A response URL whose answers are scripted, on a clock that is turned by hand. */
function scripted(steps: readonly Step[]) {
  const clock = new ManualClock();
  const sent: { at: number; init: RequestInit | undefined }[] = [];
  const script: typeof fetch = (_, init) => {
    const step = steps[sent.length] ?? 200;
    sent.push({ at: clock.now(), init });
    if (step === 'lost') return Promise.reject(new Error(`cannot reach ${canary}`));
    if (step === 'silent') {
      return new Promise((_, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      );
    }
    return Promise.resolve(typeof step === 'number' ? new Response('ok', { status: step }) : step);
  };
  const target = new ResponseUrl({ url: new URL(canary), fetch: script, clock, ageMs: 0 });
  return { clock, sent, target };
}

describe('a message to a response URL', () => {
  it('is posted once, as JSON, following no redirect', async () => {
    const { clock, sent, target } = scripted([200]);
    expect(await clock.until(target.send(said))).toBe('delivered');
    expect(sent).toHaveLength(1);
    expect(sent[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual', body: JSON.stringify(said) });
    expect(clock.pending).toBe(0);
  });

  it.each<[string, readonly Step[], string, number]>([
    ['a lost connection', ['lost', 200], 'delivered', 2],
    ['a 500', [500, 200], 'delivered', 2],
    ['a 429', [429, 200], 'delivered', 2],
    ['two lost connections', ['lost', 'lost'], 'lost', 2],
    ['two 503', [503, 503], 'lost', 2],
    ['a 404 after a 500', [500, 404], 'rejected', 2],
    ['a 404, at which it stops', [404], 'rejected', 1],
    ['a redirect, which it does not follow', [302], 'rejected', 1],
    ['a 200 that says no', [Response.json({ ok: false, error: 'invalid_blocks' })], 'rejected', 1],
    ['a 200 that says yes', [Response.json({ ok: true })], 'delivered', 1],
  ])('comes through, or does not, after %s', async (_, steps, delivery, attempts) => {
    const { clock, sent, target } = scripted(steps);
    expect(await clock.until(target.send(said))).toBe(delivery);
    expect(sent).toHaveLength(attempts);
  });

  it('waits five seconds for an answer, and one before it tries again', async () => {
    const { clock, sent, target } = scripted(['silent', 'silent']);
    const start = clock.now();
    expect(await clock.until(target.send(said))).toBe('lost');
    expect(sent.map(({ at }) => at - start)).toEqual([0, 6_000]);
    expect(clock.now() - start).toBe(11_000);
  });

  it('waits as long as Slack asks, at most ten seconds', async () => {
    const told = (headers: Record<string, string>) => new Response('', { status: 429, headers });
    for (const [headers, ms] of [
      [{ 'retry-after': '3' }, 3_000],
      [{ 'retry-after': '3600' }, 10_000],
      // By the clock of Slack, which need not agree with that of this machine.
      [{ 'retry-after': 'Fri, 06 Nov 2026 08:49:33 GMT', date: 'Fri, 06 Nov 2026 08:49:30 GMT' }, 4_000],
    ] as const) {
      const { clock, sent, target } = scripted([told(headers), 200]);
      const start = clock.now();
      await clock.until(target.send(said));
      expect(sent.map(({ at }) => at - start)).toEqual([0, ms]);
    }
  });

  it('is at most the fifth, including lost attempts', async () => {
    const { clock, sent, target } = scripted([200, 200, 200, 'lost', 200]);
    const sends = [];
    for (let count = 0; count < 5; count += 1) sends.push(await clock.until(target.send(said)));
    expect(sends).toEqual(['delivered', 'delivered', 'delivered', 'delivered', 'used_up']);
    expect(sent).toHaveLength(5);
    const last = scripted([200, 200, 200, 200, 'lost']);
    for (let count = 0; count < 4; count += 1) await last.clock.until(last.target.send(said));
    expect(await last.clock.until(last.target.send(said))).toBe('lost');
    expect(last.sent).toHaveLength(5);
  });

  it('is not sent once the thirty minutes are over', async () => {
    const { clock, sent, target } = scripted([]);
    await clock.turn(30 * 60_000 - 1);
    expect(await clock.until(target.send(said))).toBe('delivered');
    await clock.turn(1);
    expect(await target.send(said)).toBe('expired');
    expect(sent).toHaveLength(1);
  });

  it('never shows the URL, in itself or in its result', async () => {
    const { clock, target } = scripted(['lost', 'lost']);
    const delivery = await clock.until(target.send(said));
    for (const value of [target, delivery, Object.entries(target)])
      expect(everythingShown(value)).not.toContain('canary');
  });

  it('arrives over real HTTP, and is not carried on by a real redirect', async () => {
    const elsewhere = await startOrigin((_, response) => response.end('ok'));
    const origin = await startOrigin((request, response) => {
      if (request.url === '/moved') response.writeHead(307, { location: `${elsewhere.url}/x` });
      response.end('ok');
    });
    const to = (path: string) => {
      const url = readResponseUrl(origin.url + path, origin.url);
      if (typeof url === 'string') throw new Error(url);
      return new ResponseUrl({ url, fetch, clock: systemClock, ageMs: 0 });
    };
    expect(await to('/ok').send(said)).toBe('delivered');
    expect(await to('/moved').send(said)).toBe('rejected');
    expect(origin.received.map(({ body }) => JSON.parse(body))).toEqual([said, said]);
    expect(origin.received[0]?.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(elsewhere.received).toEqual([]);
    await Promise.all([origin.close(), elsewhere.close()]);
  });
});
