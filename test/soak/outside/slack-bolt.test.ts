import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifySlackRequest } from '../../../functions/slack/inbound/verify-signature.ts';
import { signatureOf } from '../../support/slack/requests.ts';
import { load } from '../clients/client.ts';

interface Bolt {
  isValidSlackRequest(options: {
    readonly signingSecret: string;
    readonly body: string;
    readonly headers: { readonly 'x-slack-signature': string; readonly 'x-slack-request-timestamp': number };
    readonly nowMilliseconds: number;
  }): boolean;
}

interface Request {
  readonly body: string;
  readonly secret: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly now: number;
}

const secret = '8f742231b10e8888abcd99yyyzzz85a5';
const now = 1_531_420_618_250;
const seconds = Math.floor(now / 1_000);

let bolt: Bolt;

beforeAll(() => {
  bolt = load('@slack/bolt');
});

/** Bolt's opinion, asked as its own receivers ask: the body as text, the timestamp made a number. */
function boltAccepts({
  body,
  secret: signingSecret,
  signature,
  timestamp,
  now: nowMilliseconds,
}: Request): boolean {
  const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': Number(timestamp) };
  return bolt.isValidSlackRequest({ signingSecret, body, headers, nowMilliseconds });
}

function weAccept({ body, secret: only, signature, timestamp, now: at }: Request): boolean {
  const request = { body: new TextEncoder().encode(body), signature, timestamp, secrets: [only], now: at };
  return verifySlackRequest(request) === 'verified';
}

/** A good request with some of it changed; the signature is made over what Bolt will sign, unless it is given. */
function request(change: Partial<Request> = {}): Request {
  const whole = { body: 'text=list', secret, timestamp: String(seconds), now, ...change };
  return { signature: signatureOf(whole.body, whole.secret, Number(whole.timestamp)), ...whole };
}

/** Everything in which Bolt is laxer, by name: there is no other reason to disagree. */
const laxities: readonly {
  readonly name: string;
  readonly applies: (request: Request) => boolean;
  readonly example: Request;
}[] = [
  {
    name: 'takes a timestamp from the future, however far',
    applies: ({ timestamp, now: at }) => Number(timestamp) > Math.floor(at / 1_000) + 300,
    example: request({ timestamp: String(seconds + 301) }),
  },
  {
    name: 'takes whatever JavaScript makes a number of for a timestamp',
    applies: ({ timestamp }) => !/^[0-9]{10}$/.test(timestamp),
    example: request({ timestamp: ` +${seconds}.0 ` }),
  },
  {
    name: 'does not see what follows a second = in the signature',
    applies: ({ signature }) => signature.split('=').length > 2,
    example: { ...request(), signature: `${request().signature}=anything` },
  },
  {
    name: 'takes a secret of any length but none',
    applies: ({ secret: only }) => only.length < 16,
    example: request({ secret: 'a' }),
  },
];

const timestamps = fc.oneof(
  fc.integer({ min: -400, max: 400 }).map((skew) => String(seconds + skew)),
  fc.constantFrom(-301, -300, 300, 301).map((skew) => String(seconds + skew)),
  fc.constantFrom('', 'now', 'NaN', 'Infinity', '99999999999', `0${seconds}`, `+${seconds}`, ` ${seconds}`),
  fc.constantFrom(
    `${seconds}.0`,
    `${seconds}.5`,
    '1.531420618e9',
    '0x5b47a70a',
    `${seconds}\n`,
    `-${seconds}`,
  ),
);
const secrets = fc.oneof(fc.constant(secret), fc.string({ minLength: 1, maxLength: 20 }));
const spoilt: readonly ((signature: string) => string)[] = [
  (signature) => signature,
  (signature) => signature,
  (signature) => `v0=${signature.slice(3).toUpperCase()}`,
  (signature) => signature.replace('v0', 'v1'),
  (signature) => signature.slice(0, -1),
  (signature) => `${signature}=`,
  (signature) => `${signature}=${signature}`,
  (signature) => ` ${signature}`,
  (signature) => signature.replace('=', ''),
  (signature) => signatureOf('another body', secret, signature.length),
  () => '',
];

const requests = fc
  .record({
    body: fc.string({ unit: 'grapheme' }),
    secret: secrets,
    timestamp: timestamps,
    spoil: fc.nat(10),
  })
  .map(({ spoil, ...parts }) => {
    const good = request(parts);
    return { ...good, signature: spoilt[spoil]?.(good.signature) ?? '' };
  });

describe("with Bolt's isValidSlackRequest as a second opinion", () => {
  it('accepts nothing that Bolt refuses, and refuses what Bolt accepts only for a reason in the list', () => {
    const seen = { both: 0, neither: 0, lax: 0 };
    fc.assert(
      fc.property(requests, (any) => {
        const [ours, theirs] = [weAccept(any), boltAccepts(any)];
        seen[ours ? 'both' : theirs ? 'lax' : 'neither'] += 1;
        if (ours) expect(theirs).toBe(true);
        else if (theirs) expect(laxities.some(({ applies }) => applies(any))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
  });

  it.each(laxities)('differs where Bolt $name', ({ example }) => {
    expect(boltAccepts(example)).toBe(true);
    expect(weAccept(example)).toBe(false);
    expect(laxities.filter(({ applies }) => applies(example))).toHaveLength(1);
  });

  it('differs where Bolt cannot be asked: a body that is not UTF-8 is signed as bytes, and Bolt hashes a text', () => {
    const body = Uint8Array.of(0x74, 0x3d, 0xff);
    const signature = signatureOf(body, secret, seconds);
    const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': seconds };
    const text = new TextDecoder().decode(body);
    const asBolt = { signingSecret: secret, body: text, headers, nowMilliseconds: now };
    expect(bolt.isValidSlackRequest(asBolt)).toBe(false);
    const asUs = { body, signature, timestamp: String(seconds), secrets: [secret], now };
    expect(verifySlackRequest(asUs)).toBe('verified');
  });
});
