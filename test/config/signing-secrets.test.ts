import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessDenied, SecretCache } from '../../shared/config/secrets/cache.ts';
import {
  signingSecretsFromSecret,
  slackWebhookFromSecret,
} from '../../shared/config/secrets/signing-secrets.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const current = 'canary-8f742231b10e8888abcd99yyyzzz85a5';
const previous = 'canary-the-one-before-it';

/** The signing secrets where the secret holds `text`, a way to change it, and what was logged. */
function secretsOf(text: string | undefined | typeof accessDenied | Error) {
  let held = text;
  const names: string[] = [];
  const logged: LogEntry[] = [];
  const clock = new ManualClock();
  const fetchSecret = async (name: string) => {
    names.push(name);
    if (held instanceof Error) throw held;
    return held;
  };
  const cache = new SecretCache({ fetchSecret, clock, maxAgeMs: 300_000 });
  const secrets = signingSecretsFromSecret(cache, { secretPrefix: 'calloff/' }, (entry) =>
    logged.push(entry),
  );
  const webhook = slackWebhookFromSecret(cache, { secretPrefix: 'calloff/' }, (entry) => logged.push(entry));
  const rotate = (next: string) => {
    held = next;
  };
  return { secrets, webhook, names, logged, clock, rotate };
}

describe('the signing secret in AWS', () => {
  test('is read from the secret `slack`', async () => {
    const { secrets, names } = secretsOf(current);
    await secrets();
    expect(names).toEqual(['calloff/slack']);
  });

  test.each([
    ['the secret itself', current, [current]],
    ['the secret with a line break behind it', `${current}\n`, [current]],
    ['JSON', ` ${JSON.stringify({ signing_secret: current })}\n`, [current]],
    [
      'JSON with the one before it',
      JSON.stringify({ signing_secret: current, previous_signing_secret: previous }),
      [current, previous],
    ],
  ])('may be %s', async (_how, text, expected) => {
    const { secrets, logged } = secretsOf(text);
    expect([await secrets(), logged]).toEqual([expected, []]);
  });

  test('that is not there is none, and nothing is logged', async () => {
    const { secrets, logged } = secretsOf(undefined);
    expect([await secrets(), logged]).toEqual([[], []]);
  });

  test('that may not be read counts as absent; one that cannot be read now does not', async () => {
    expect(await secretsOf(accessDenied).secrets()).toEqual([]);
    const { secrets, rotate, clock } = secretsOf(new Error('throttled'));
    expect(await secrets()).toBe('unreadable');
    rotate(current);
    await clock.turn(5_000);
    expect(await secrets()).toEqual([current]);
  });

  test.each([
    ['is a placeholder, which anyone could guess', '\u0024{env:SLACK_SIGNING_SECRET}'],
    ['is empty', ''],
    ['is too short', 'canary'],
    ['holds a line break', `${current}\n${previous}`],
    ['is JSON of another shape', '{"canary":"canary-signing-secret"}'],
    ['is JSON with one key too many', JSON.stringify({ signing_secret: current, prevoius: previous })],
    ['is broken JSON', '{"signing_secret":'],
    ['has an empty one before it', JSON.stringify({ signing_secret: current, previous_signing_secret: '' })],
  ])('that %s is none, which is logged once and without a word of it', async (_how, text) => {
    const { secrets, logged } = secretsOf(text);
    expect([await secrets(), await secrets()]).toEqual([[], []]);
    expect(logged).toEqual([{ level: 'error', event: 'signing_secret_unusable' }]);
  });

  test('is followed when it is rotated', async () => {
    const { secrets, rotate, clock } = secretsOf(previous);
    expect(await secrets()).toEqual([previous]);
    rotate(JSON.stringify({ signing_secret: current, previous_signing_secret: previous }));
    expect(await secrets()).toEqual([previous]);
    await clock.turn(300_000);
    expect(await secrets()).toEqual([current, previous]);
  });

  test('is never one that anyone could guess, for any content of the secret', async () => {
    const json = fc.record({ signing_secret: fc.string() }).map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), json), async (text) => {
        for (const secret of await secretsOf(text).secrets()) expect(secret).toMatch(/^[\x21-\x7e]{16,}$/);
      }),
    );
  });
});

describe('the URL of the incoming webhook in AWS', () => {
  const webhook_url = 'https://hooks.slack.com/services/T1/B1/canary';

  test('is in the same secret, which still has the signing secret', async () => {
    const { secrets, webhook, logged } = secretsOf(JSON.stringify({ signing_secret: current, webhook_url }));
    expect([await webhook(), await secrets(), logged]).toEqual([webhook_url, [current], []]);
  });

  const without: (string | undefined | typeof accessDenied)[] = [
    ...[undefined, current, JSON.stringify({ signing_secret: current })],
    accessDenied,
  ];
  test.each(without)('is none without one (%#), and nothing is logged', async (text) => {
    const { webhook, logged } = secretsOf(text);
    expect([await webhook(), logged]).toEqual([undefined, []]);
  });

  test('is none if it leads elsewhere, which is logged once, without it', async () => {
    const elsewhere = 'https://evil.example/canary';
    const { webhook, logged } = secretsOf(
      JSON.stringify({ signing_secret: current, webhook_url: elsewhere }),
    );
    expect([await webhook(), await webhook()]).toEqual([undefined, undefined]);
    expect(logged).toEqual([{ level: 'error', event: 'slack_webhook_url_unusable' }]);
  });

  test('is unreadable if the secret cannot be read now', async () => {
    expect(await secretsOf(new Error('throttled')).webhook()).toBe('unreadable');
  });
});
