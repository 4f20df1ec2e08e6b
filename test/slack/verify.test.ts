import fc from 'fast-check';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { describe, expect, it } from 'vitest';
import { verifySlackRequest } from '../../functions/slack/inbound/verify-signature.ts';
import { parseSigningSecret } from '../../shared/config/values.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { httpApiEvent, restApiEvent } from '../aws/events.ts';
import { published, signatureOf } from '../support/slack/requests.ts';

const secret = 'e6b19c573432dcc6b075501d51b51bb8';
const previous = '8f742231b10e8888abcd99yyyzzz85a5';
const timestamp = '1531420618';
const now = Number(timestamp) * 1_000;
const bytes = (text: string) => new TextEncoder().encode(text);
const body = bytes('command=%2Fcalloff&text=list');

/** The verdict over a good request, with some of it changed. */
function verdict(change: Partial<Parameters<typeof verifySlackRequest>[0]> = {}) {
  const signature = signatureOf(body, secret, timestamp);
  return verifySlackRequest({ body, signature, timestamp, secrets: [secret], now, ...change });
}

describe('the signature of a request', () => {
  it.each(published.signatures)('is verified as published: $id', (vector) => {
    const request = {
      ...{ body: bytes(vector.body), signature: vector.signature, timestamp: vector.timestamp },
      ...{ secrets: [vector.signing_secret], now: Number(vector.timestamp) * 1_000 },
    };
    expect(verifySlackRequest(request)).toBe('verified');
    expect(verifySlackRequest({ ...request, body: bytes(`${vector.body}&`) })).toBe('forged');
    expect(verifySlackRequest({ ...request, secrets: [`${vector.signing_secret.slice(0, -2)}oo`] })).toBe(
      'forged',
    );
  });

  it.each(published.bodies.list)('is verified over a published body: %.40s', (text) => {
    const signature = signatureOf(text, secret, timestamp);
    expect(verdict({ body: bytes(text), signature })).toBe('verified');
    expect(verdict({ body: bytes(text), signature: undefined })).toBe('malformed');
  });

  it('holds for 300 seconds in both directions and no longer', () => {
    const at = (seconds: number) => verdict({ now: now + seconds * 1_000 });
    expect([-301, -300, 0, 300, 301].map(at)).toEqual(['stale', 'verified', 'verified', 'verified', 'stale']);
    expect(verdict({ now: Number.NaN })).toBe('stale');
  });

  it('is made with the current secret or the previous one, and with no other', () => {
    const by = (made: string) =>
      verdict({ signature: signatureOf(body, made, timestamp), secrets: [secret, previous] });
    expect([by(secret), by(previous), by(`${secret}x`)]).toEqual(['verified', 'verified', 'forged']);
    expect(verdict({ secrets: [] })).toBe('forged');
  });

  it.each(['', 'a', 'fifteen-letters'])(
    'is worth nothing with the secret %j, which anyone could guess',
    (weak) => {
      expect(verdict({ secrets: [weak], signature: signatureOf(body, weak, timestamp) })).toBe('forged');
    },
  );

  const good = signatureOf(body, secret, timestamp);
  it.each([
    ['of another version', good.replace('v0=', 'v1=')],
    ['in upper case', `v0=${good.slice(3).toUpperCase()}`],
    ['too short', good.slice(0, -1)],
    ['too long', `${good}0`],
    ['with something behind it', `${good}=junk`],
    ['with a line break behind it', `${good}\n`],
    ['sent twice', `${good}, ${good}`],
    ['without its version', good.slice(3)],
    ['empty', ''],
    ['missing', undefined],
  ])('is malformed when %s', (_, signature) => {
    expect(verdict({ signature })).toBe('malformed');
  });

  it.each([
    '',
    ' 1531420618',
    '+1531420618',
    '01531420618',
    '1531420618.0',
    '1.531420618e9',
    '0x5b47a70a',
    '١٥٣١٤٢٠٦١٨',
    undefined,
  ])('is malformed with the timestamp %j', (other) => {
    const signature = signatureOf(body, secret, other ?? '');
    expect(verdict({ timestamp: other, signature })).toBe('malformed');
  });

  it('is forged when any bit of the body, the signature or the timestamp differs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), fc.nat(7), (any, place, bit) => {
        const signature = signatureOf(any, secret, timestamp);
        expect(verdict({ body: any, signature })).toBe('verified');
        const bent = any.map((byte, index) => (index === place % any.length ? byte ^ (1 << bit) : byte));
        expect(verdict({ body: bent, signature })).toBe('forged');
        const digit = signature.charAt(3) === '0' ? '1' : '0';
        expect(verdict({ body: any, signature: `v0=${digit}${signature.slice(4)}` })).toBe('forged');
        expect(verdict({ body: any, signature, timestamp: '1531420619' })).toBe('forged');
      }),
    );
  });

  it('is about the bytes: a body that was written anew, or is still in Base64, is another', () => {
    const text = 'text=caf%C3%A9+ionq&a=%7e';
    const signature = signatureOf(text, secret, timestamp);
    expect(verdict({ body: bytes(text), signature })).toBe('verified');
    expect(verdict({ body: bytes(new URLSearchParams(text).toString()), signature })).toBe('forged');
    expect(verdict({ body: bytes(Buffer.from(text).toString('base64')), signature })).toBe('forged');
  });

  it.each([
    ['an HTTP API', httpApiEvent],
    ['a REST API', restApiEvent],
  ])('survives the Base64 in which %s hands bodies over', async (_, event) => {
    const app = new Hono();
    app.post('/slack/commands', async (context) => {
      const received = new Uint8Array(await context.req.arrayBuffer());
      const signature = context.req.header('x-slack-signature');
      return context.text(verdict({ body: received, signature }));
    });
    const text = 'text=caf%C3%A9+“ionq”+\u{1f680}';
    const signature = signatureOf(text, secret, timestamp);
    const asked = { method: 'POST', path: '/slack/commands', body: text, base64: true } as const;
    const made = event({ ...asked, headers: { 'x-slack-signature': signature } });
    const answer: unknown = await Reflect.apply(handle(app), undefined, [made]);
    expect(answer).toMatchObject({ body: 'verified' });
  });

  it('never throws, whatever comes', () => {
    const header = fc.option(fc.string({ unit: anyCharacter }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.uint8Array(),
        header,
        header,
        fc.array(fc.string()),
        fc.double(),
        (any, one, other, keys, at) => {
          const request = { body: any, signature: one, timestamp: other, secrets: keys, now: at };
          expect(['malformed', 'stale', 'forged']).toContain(verifySlackRequest(request));
        },
      ),
    );
  });
});

describe('the signing secret', () => {
  it.each([secret, ` ${secret}\n`, 'sixteen-letters!'])('may be %j', (text) => {
    expect(parseSigningSecret(text)).toEqual({ ok: true, value: text.trim() });
  });

  it.each([
    '',
    '  ',
    'fifteen-letters',
    'with spaces in it, long',
    'ünïcödé-ünïcödé-ünïcödé',
    `${secret}\r\nx`,
  ])('may not be %j, and the fault does not repeat it', (text) => {
    const read = parseSigningSecret(text);
    expect(read).toMatchObject({ ok: false });
    if (text.trim() !== '') expect(JSON.stringify(read)).not.toContain(text.trim());
  });
});
