import { createSecretKey } from 'node:crypto';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWebhookSecret } from '../../shared/config/secrets/webhook-secret.ts';
import { signedHeaders } from '../../shared/webhooks/signature.ts';

interface Verifier {
  verify(payload: string, headers: Record<string, string>): unknown;
}
/** The verifier of Standard Webhooks, from the referees' package, which `npm test` installs. */
const { Webhook }: { readonly Webhook: new (secret: string) => Verifier } = createRequire(
  new URL('../referees/package.json', import.meta.url),
)('standardwebhooks');

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`;
const keysOf = (secret: string) => {
  const keys = parseWebhookSecret(secret);
  return keys.ok ? keys.value : [];
};

/** Whether the verifier takes a body with these headers. */
function isTaken(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

const timestamp = Math.floor(Date.now() / 1_000);
const secret = fc.uint8Array({ minLength: 24, maxLength: 64 }).map(secretOf);
const id = fc.stringMatching(/^msg_[a-z0-9]{1,40}$/);
const body = fc.json();

describe('a signature', () => {
  test('is that of the published example', () => {
    // https://docs.svix.com/receiving/verifying-payloads/how-manual, and the tests of standard-webhooks/standard-webhooks
    const headers = signedHeaders(keysOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'), {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1_614_265_330,
      body: '{"test": 2432232314}',
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('is taken by the verifier of Standard Webhooks, for any secret, id and body', () => {
    fc.assert(
      fc.property(secret, id, body, (secret, id, body) => {
        expect(isTaken(secret, body, signedHeaders(keysOf(secret), { id, timestamp, body }))).toBe(true);
      }),
    );
  });

  test('is not taken with another secret, id, time or body', () => {
    fc.assert(
      fc.property(secret, id, body, (secret, id, body) => {
        const headers = signedHeaders(keysOf(secret), { id, timestamp, body });
        expect(isTaken(secretOf(Buffer.alloc(24)), body, headers)).toBe(false);
        expect(isTaken(secret, `${body} `, headers)).toBe(false);
        expect(isTaken(secret, body, { ...headers, 'webhook-id': `${id}x` })).toBe(false);
        expect(isTaken(secret, body, { ...headers, 'webhook-timestamp': String(timestamp - 1) })).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  test('is made with both secrets while one is rotated: either one takes it', () => {
    const [old, next] = [secretOf(Buffer.alloc(24, 1)), secretOf(Buffer.alloc(32, 2))];
    const headers = signedHeaders(keysOf(`${next} ${old}`), { id: 'msg_1', timestamp, body: '{}' });
    expect([isTaken(old, '{}', headers), isTaken(next, '{}', headers)]).toEqual([true, true]);
  });

  test('shows nothing of the key', () => {
    const key = createSecretKey(Buffer.alloc(32, 'canary'));
    expect(JSON.stringify(signedHeaders([key], { id: 'msg_1', timestamp, body: '{}' }))).not.toContain(
      'canary',
    );
  });
});
