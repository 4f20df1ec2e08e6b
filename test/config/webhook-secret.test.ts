import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessDenied, SecretCache } from '../../shared/config/secrets/cache.ts';
import { parseWebhookSecret, webhookKeysFromSecret } from '../../shared/config/secrets/webhook-secret.ts';
import { parseWebhookUrl } from '../../shared/config/values.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { everythingShown } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`;
const secret = secretOf(Buffer.alloc(32, 7));
const bytesOf = (text: string) => {
  const keys = parseWebhookSecret(text);
  return keys.ok ? keys.value.map((key) => key.export()) : [];
};

describe('the secret of a webhook', () => {
  test('is 24 to 64 bytes in base64 behind whsec_, with or without its padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, padded) => {
        const text = padded ? secretOf(bytes) : secretOf(bytes).replace(/=+$/, '');
        const isUsable = bytes.length >= 24 && bytes.length <= 64;
        expect(bytesOf(` ${text}\n`)).toEqual(isUsable ? [Buffer.from(bytes)] : []);
      }),
    );
  });

  test('may be two while it is rotated, and not more', () => {
    expect(bytesOf(`${secret} ${secret}`)).toHaveLength(2);
    expect(bytesOf(`${secret} ${secret} ${secret}`)).toEqual([]);
  });

  test.each([
    ['has no prefix', secret.slice(6)],
    ['has another prefix', `sk_${secret.slice(6)}`],
    ['has a character outside base64', `${secret.slice(0, -4)}!AA=`],
    ['is in quotes', `"${secret}"`],
    ['is a placeholder', '\u0024{env:HOOK}'],
    ['is half usable', `${secret} whsec_short`],
    ['is empty', ''],
  ])('that %s is none', (_how, text) => {
    const read = parseWebhookSecret(text);
    expect(read.ok).toBe(false);
    expect(everythingShown(read)).not.toContain(secret.slice(6));
  });

  test('is never anything else, for any text', () => {
    const words = fc.oneof(fc.string(), fc.base64String(), fc.constantFrom('whsec_', ' ', secret));
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), (parts) => {
        for (const key of bytesOf(parts.join('')))
          expect(parts.join('')).toContain(secretOf(key).slice(0, 32));
      }),
    );
  });
});

describe('the URL of a webhook', () => {
  test('is https or on loopback, without user info, for any text', () => {
    const part = fc.constantFrom(
      'https:',
      'http:',
      '//',
      'ada@',
      'ada:x@',
      'localhost',
      '127.0.0.1',
      '[::1]',
      '0',
      '.example',
      '/x',
      '?a',
      '#b',
      '\\\\',
      '%00',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, part, fc.string({ maxLength: 3 })), { maxLength: 6 }), (parts) => {
        const text = parts.join('');
        const url = parseWebhookUrl(text);
        if (!url.ok) return;
        const { protocol, hostname, username, password, hash } = new URL(url.value);
        expect(protocol === 'https:' || /^(localhost|127\..*|\[::1\])$/.test(hostname)).toBe(true);
        expect([username, password, hash]).toEqual(['', '', '']);
      }),
    );
  });

  test.each([
    'http://127.0.0.1.example/',
    'http://[::2]/',
    'http://0.0.0.0/',
    'http://localhost.example/',
    'ftp://localhost/',
    'file:///etc/passwd',
    'https://user@hooks.example/',
    'https://hooks.example/#',
  ])('is not %s', (text) => {
    expect(parseWebhookUrl(text).ok).toBe(false);
  });
});

/** The keys where the secret holds `text`, and what was logged. */
function keysOf(text: string | undefined | typeof accessDenied | Error) {
  const names: string[] = [];
  const logged: LogEntry[] = [];
  const fetchSecret = async (name: string) => {
    names.push(name);
    if (text instanceof Error) throw text;
    return text;
  };
  const cache = new SecretCache({ fetchSecret, clock: new ManualClock(), maxAgeMs: 300_000 });
  return { keys: webhookKeysFromSecret(cache, 'calloff/', (entry) => logged.push(entry)), names, logged };
}

describe('the secret of the webhook in AWS', () => {
  test('is read from the secret `webhook`', async () => {
    const { keys, names, logged } = keysOf(`${secret}\n`);
    expect((await keys()).length).toBe(1);
    expect([names, logged]).toEqual([['calloff/webhook'], []]);
  });

  const unusable: [string, string | undefined | typeof accessDenied][] = [
    ['is absent', undefined],
    ['may not be read', accessDenied],
    ['is unusable', 'canary'],
  ];
  test.each(unusable)('that %s is none, which is logged once', async (_how, text) => {
    const { keys, logged } = keysOf(text);
    expect([await keys(), await keys()]).toEqual([[], []]);
    expect(logged).toEqual([{ level: 'error', event: 'webhook_secret_unusable' }]);
  });

  test('that cannot be read now is unreadable', async () => {
    expect(await keysOf(new Error('throttled')).keys()).toBe('unreadable');
  });
});
