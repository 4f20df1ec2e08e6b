import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Configuration, defaultConfiguration } from '../../shared/config/configuration.ts';
import { accessDenied, SecretCache } from '../../shared/config/secrets/cache.ts';
import { parseWebhookSecret, webhookFromSecret } from '../../shared/config/secrets/webhook-secret.ts';
import { readSettings } from '../../shared/config/settings.ts';
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

  test.each([
    [23, 0],
    [24, 1],
    [64, 1],
    [65, 0],
  ])('of %i bytes makes %i keys', (bytes, keys) => {
    expect(bytesOf(secretOf(Buffer.alloc(bytes)))).toHaveLength(keys);
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

const url = 'https://hooks.example/';
const absent = defaultConfiguration(readSettings({}));
const withWebhook: Configuration = { ...absent, webhook: { url, keys: [] } };

/** The webhook where the secret holds `text`, and what was read and logged. */
function webhookWith(
  text: string | undefined | typeof accessDenied | Error,
  configuration: Configuration | 'unreadable' = withWebhook,
) {
  const names: string[] = [];
  const logged: LogEntry[] = [];
  const fetchSecret = async (name: string) => {
    names.push(name);
    if (text instanceof Error) throw text;
    return text;
  };
  const cache = new SecretCache({ fetchSecret, clock: new ManualClock(), maxAgeMs: 300_000 });
  const log = (entry: LogEntry) => logged.push(entry);
  const parts = {
    configuration: async () => configuration,
    cache,
    naming: { secretPrefix: 'calloff/' },
    log,
  };
  return { webhook: webhookFromSecret(parts), names, logged };
}

describe('the webhook in AWS', () => {
  test('has its secret from the secret `webhook`', async () => {
    const { webhook, names, logged } = webhookWith(`${secret}\n`);
    expect(await webhook()).toMatchObject({ url, keys: [{}] });
    expect([names, logged]).toEqual([['calloff/webhook'], []]);
  });

  const unusable: [string, string | undefined | typeof accessDenied][] = [
    ['is absent', undefined],
    ['may not be read', accessDenied],
    ['is unusable', 'canary'],
  ];
  test.each(unusable)('has no key if its secret %s, which is logged once', async (_how, text) => {
    const { webhook, logged } = webhookWith(text);
    expect([await webhook(), await webhook()]).toEqual([
      { url, keys: [] },
      { url, keys: [] },
    ]);
    expect(logged).toEqual([{ level: 'error', event: 'webhook_secret_unusable' }]);
  });

  test('is unreadable if its secret or the configuration cannot be read now', async () => {
    expect(await webhookWith(new Error('throttled')).webhook()).toBe('unreadable');
    expect(await webhookWith(secret, 'unreadable').webhook()).toBe('unreadable');
  });

  test('is none without the section, and then its secret is not read', async () => {
    const { webhook, names } = webhookWith(secret, absent);
    expect([await webhook(), names]).toEqual([undefined, []]);
  });
});
