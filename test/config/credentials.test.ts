import { describe, expect, test } from 'vitest';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { SecretCache } from '../../shared/config/secrets/cache.ts';
import { credentialFromSecret, credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { canaryKey } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const baseUrl = 'https://api.example.com/v1';
const connection: ConnectionSettings = { name: 'ionq-research', provider: 'ionq', baseUrl, options: {} };

/** The credential of a connection whose secret holds `text`, and a way to rotate it. */
function sourceOf(
  text: string | undefined,
  provider: ConnectionSettings['provider'] = 'ionq',
  known: Pick<ConnectionSettings, 'baseUrl'> = { baseUrl },
) {
  let held = text;
  const names: string[] = [];
  const clock = new ManualClock();
  const fetchSecret = async (name: string) => {
    names.push(name);
    return held;
  };
  const cache = new SecretCache({ fetchSecret, clock, maxAgeMs: 300_000 });
  const rotate = (next: string | undefined) => {
    held = next;
  };
  return {
    source: credentialFromSecret({ ...connection, provider, baseUrl: undefined, ...known }, cache, {
      secretPrefix: 'calloff/',
    }),
    names,
    clock,
    rotate,
  };
}

describe('a credential from the environment', () => {
  test('is the key and the base URL, or nothing without a key', async () => {
    const configured = credentialFromSettings({ ...connection, apiKey: canaryKey });
    expect(await configured.current()).toEqual({ apiKey: canaryKey, baseUrl });
    expect(await credentialFromSettings(connection).current()).toBeUndefined();
  });

  test('does not change while the process lives', async () => {
    const configured = credentialFromSettings({ ...connection, apiKey: canaryKey });
    expect(await configured.renew({ apiKey: canaryKey, baseUrl })).toBeUndefined();
  });
});

describe('a credential from a secret', () => {
  test('is the whole JSON if a key of the provider has several parts', async () => {
    const key = { accessKeyId: 'AKIDOURS', secretAccessKey: canaryKey };
    for (const text of [JSON.stringify(key, null, 2), JSON.stringify({ api_key: JSON.stringify(key) })])
      expect(await sourceOf(text, 'aws-batch').source.current()).toEqual({
        ...{ apiKey: JSON.stringify(key), baseUrl },
      });
    expect(await sourceOf(JSON.stringify(key)).source.current()).toBeUndefined();
  });

  test('needs its base URL beside the key if the settings know none, and says so', async () => {
    const { source, rotate, clock } = sourceOf(canaryKey, 'databricks', {});
    expect(await source.current()).toBeUndefined();
    expect(source.keyPlace?.()).toEqual({
      ...{ kind: 'secret', name: 'calloff/ionq-research' },
      fault:
        'holds a key without a base URL, and each customer of Databricks has a host of their own; write JSON {"api_key", "base_url"} into it',
    });
    rotate(JSON.stringify({ api_key: canaryKey, base_url: 'https://acme.cloud.databricks.com' }));
    await clock.turn(300_000);
    expect(await source.current()).toEqual({
      ...{ apiKey: canaryKey, baseUrl: 'https://acme.cloud.databricks.com' },
    });
    expect(source.keyPlace?.().fault).toBeUndefined();
  });

  test('is read from the secret named after the connection', async () => {
    const { source, names } = sourceOf(canaryKey);
    await source.current();
    expect(names).toEqual(['calloff/ionq-research']);
  });

  test.each([
    ['the key itself', canaryKey],
    ['the key with a line break behind it', `${canaryKey}\n`],
    ['JSON', JSON.stringify({ api_key: canaryKey })],
    ['JSON over several lines', ` \n${JSON.stringify({ api_key: canaryKey }, null, 2)}\n`],
  ])('may be %s', async (_name, text) => {
    expect(await sourceOf(text).source.current()).toEqual({ apiKey: canaryKey, baseUrl });
  });

  test('may bring its own base URL', async () => {
    const text = JSON.stringify({ api_key: canaryKey, base_url: 'https://other.example/v2/' });
    expect(await sourceOf(text).source.current()).toEqual({
      apiKey: canaryKey,
      baseUrl: 'https://other.example/v2',
    });
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['blank', ' \n'],
    ['a key of two words', 'two words'],
    ['a key over two lines', `${canaryKey}\r\nx-other: 1`],
    ['JSON cut off', `{"api_key": "${canaryKey}"`],
    ['JSON without a key', '{}'],
    ['JSON with a key that is no text', '{"api_key": 5}'],
    ['JSON with an empty key', '{"api_key": ""}'],
    ['JSON with a misspelt field', JSON.stringify({ api_key: canaryKey, baseurl: baseUrl })],
    [
      'JSON with a base URL without TLS',
      JSON.stringify({ api_key: canaryKey, base_url: 'http://api.example.com' }),
    ],
  ])('counts as not configured where the secret is %s', async (_name, text) => {
    expect(await sourceOf(text).source.current()).toBeUndefined();
  });
});

describe('a rejected credential', () => {
  test('is replaced by the one that the secret holds by now', async () => {
    const { source, clock, rotate } = sourceOf('old');
    await source.current();
    rotate('new');
    await clock.turn(60_000);
    expect(await source.renew({ apiKey: 'old', baseUrl })).toEqual({ apiKey: 'new', baseUrl });
    expect(await source.current()).toEqual({ apiKey: 'new', baseUrl });
  });

  test('is replaced where only the base URL has changed', async () => {
    const { source } = sourceOf(canaryKey);
    const rejected = { apiKey: canaryKey, baseUrl: 'https://old.example' };
    expect(await source.renew(rejected)).toEqual({ apiKey: canaryKey, baseUrl });
  });

  test('is not replaced where the secret still holds it, or nothing any more', async () => {
    const { source, clock, rotate } = sourceOf('old');
    await source.current();
    await clock.turn(60_000);
    expect(await source.renew({ apiKey: 'old', baseUrl })).toBeUndefined();
    rotate(undefined);
    await clock.turn(60_000);
    expect(await source.renew({ apiKey: 'old', baseUrl })).toBeUndefined();
  });
});
