import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { configuredCallers } from '../../shared/config/configured-callers.ts';
import {
  type ConfigurationSource,
  configurationFromFile,
  configurationFromSecret,
  loadConfiguration,
} from '../../shared/config/file/reload.ts';
import { SecretCache } from '../../shared/config/secrets/cache.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { pepperFromSecret } from '../../shared/config/secrets/pepper.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { adaWith, newToken, pepper } from '../support/configuration.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const settings = readSettings({});

let clock: ManualClock;
let entries: LogEntry[];
const log = (entry: LogEntry) => void entries.push(entry);
const events = () => entries.map(({ event }) => event);

beforeEach(() => {
  clock = new ManualClock();
  entries = [];
});

/** Who is told apart by a configuration. */
function callersOf(configuration: ConfigurationSource): Authenticator {
  return configuredCallers({
    configuration,
    oneToken: async () => 'the-one-token-of-all',
    pepper: async () => pepper,
    clock,
  });
}

const idOf = async (callers: Authenticator, authorization: string) => {
  const identity = await callers.identify(authorization);
  return typeof identity === 'string' ? identity : identity.id;
};

describe('a configuration in a file', () => {
  let folder: string;
  let path: string;
  const write = (text: string) => writeFile(path, text);
  const follow = () => configurationFromFile(path, settings, { clock, log, environment: { KEY: 'a-key' } });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'calloff-'));
    path = join(folder, 'calloff.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('refuses to start where it is broken, or not there', async () => {
    expect(follow).toThrow(
      new ConfigurationError(['CALLOFF_CONFIG names a file that cannot be read (ENOENT)']),
    );
    await write('{"caller": {}}');
    expect(follow).toThrow(new ConfigurationError(['caller is not a known key']));
    await write('{"connections": {"ionq": {"provider": "ionq", "api_key_env": "UNSET"}}}');
    expect(follow).toThrow(/connections\.ionq\.api_key_env names a variable that is empty or not set/);
  });

  test('leads to keys in variables, and in files beside it', async () => {
    await write(
      JSON.stringify({
        connections: {
          ionq: { provider: 'ionq', api_key_env: 'KEY' },
          sutro: { provider: 'sutro', api_key_file: 'keys' },
        },
      }),
    );
    await writeFile(join(folder, 'keys'), 'another-key\n');
    const { connections } = follow().initial;
    expect(connections.map(({ apiKey }) => apiKey)).toEqual(['a-key', 'another-key']);
    // Where a rejected key is to be looked for.
    expect(connections.map((connection) => credentialFromSettings(connection).keyPlace?.().name)).toEqual([
      'connections.ionq.api_key_env',
      'connections.sutro.api_key_file',
    ]);
  });

  test('refuses a token within five seconds after it was revoked', async () => {
    const [kept, revoked] = [newToken(), newToken()];
    await write(adaWith(kept, revoked));
    const callers = callersOf(follow());
    expect(await idOf(callers, revoked.authorization)).toBe('ada');
    await write(adaWith(kept));
    await clock.turn(4_999);
    expect(await idOf(callers, revoked.authorization)).toBe('ada');
    await clock.turn(1);
    expect(await idOf(callers, revoked.authorization)).toBe('rejected');
    expect(await idOf(callers, kept.authorization)).toBe('ada');
    expect(events()).toEqual(['configuration_changed']);
  });

  test('still refuses it if the clock was set back', async () => {
    const revoked = newToken();
    await write(adaWith(revoked));
    const callers = callersOf(follow());
    await write(adaWith());
    await clock.turn(-3_600_000);
    expect(await idOf(callers, revoked.authorization)).toBe('rejected');
  });

  test('leaves the version before in force where a new one is broken, and says so once', async () => {
    const token = newToken();
    await write(adaWith(token));
    const callers = callersOf(follow());
    const brokenVersions = ['{"callers": ', '{"callers": ', '{"caller": {}}'];
    for (const broken of brokenVersions) {
      await write(broken);
      await clock.turn(5_000);
      expect(await idOf(callers, token.authorization)).toBe('ada');
    }
    await rm(path);
    await clock.turn(5_000);
    expect(await idOf(callers, token.authorization)).toBe('ada');
    expect(events()).toEqual(Array(3).fill('configuration_unreadable'));
    expect(entries[0]).toMatchObject({ error: 'ConfigurationError', see: 'calloff doctor' });
    await write(adaWith());
    await clock.turn(5_000);
    expect(await idOf(callers, token.authorization)).toBe('rejected');
  });

  test('follows who may come in also where a key is gone by now: connections are those of the start', async () => {
    const [kept, revoked] = [newToken(), newToken()];
    const connections = { sutro: { provider: 'sutro', api_key_file: 'key' } };
    const versionWith = (...tokens: (typeof kept)[]) =>
      write(JSON.stringify({ ...JSON.parse(adaWith(...tokens)), connections }));
    await writeFile(join(folder, 'key'), 'a-key');
    await versionWith(kept, revoked);
    const configuration = follow();
    const callers = callersOf(configuration);
    await rm(join(folder, 'key'));
    await versionWith(kept);
    await clock.turn(5_000);
    expect(await idOf(callers, revoked.authorization)).toBe('rejected');
    expect(await idOf(callers, kept.authorization)).toBe('ada');
    expect((await configuration.current()).connections).toEqual(configuration.initial.connections);
    expect(events()).toEqual(['configuration_changed']);
    expect(follow).toThrow(/connections\.sutro\.api_key_file names a file that cannot be read/);
  });

  test('keeps the webhook of the start, with its key, also where its file is gone by now', async () => {
    const section = { webhook: { url: 'https://hooks.example/', secret_file: 'hook' } };
    const versionWith = (...tokens: ReturnType<typeof newToken>[]) =>
      write(JSON.stringify({ ...JSON.parse(adaWith(...tokens)), ...section }));
    await writeFile(join(folder, 'hook'), `whsec_${Buffer.alloc(32, 7).toString('base64')}`);
    await versionWith(newToken());
    const configuration = follow();
    await rm(join(folder, 'hook'));
    await versionWith();
    await clock.turn(5_000);
    const { webhook } = await configuration.current();
    expect(webhook).toBe(configuration.initial.webhook);
    expect(webhook?.keys.map((key) => key.export())).toEqual([Buffer.alloc(32, 7)]);
    expect(events()).toEqual(['configuration_changed']);
    expect(follow).toThrow(/webhook\.secret_file names a file that cannot be read/);
  });

  test('is what a process with CALLOFF_CONFIG has, and one without has the rules of the environment', async () => {
    await write(adaWith(newToken()));
    const withFile = loadConfiguration(readSettings({ CALLOFF_CONFIG: path }), { clock, log });
    expect([...withFile.initial.callers.keys()]).toEqual(['ada']);
    const without = loadConfiguration(readSettings({}), { clock, log });
    expect(without.initial.tokens).toBe('one');
    expect(await without.current()).toBe(without.initial);
    expect(await idOf(callersOf(without), 'Bearer the-one-token-of-all')).toBe('token');
  });
});

describe('a configuration in a secret', () => {
  let secrets: Map<string, string | Error>;
  const maxAgeMs = 300_000;

  const start = () => {
    const cache = new SecretCache({
      async fetchSecret(name) {
        const secret = secrets.get(name);
        if (secret instanceof Error) throw secret;
        return secret;
      },
      clock,
      maxAgeMs,
    });
    const configuration = configurationFromSecret({ cache, settings, log });
    const callers = configuredCallers({
      configuration,
      oneToken: async () => 'the-one-token-of-all',
      pepper: pepperFromSecret(cache, { secretPrefix: 'calloff/' }, log),
      clock,
    });
    return { configuration, callers };
  };

  beforeEach(() => {
    secrets = new Map<string, string | Error>([['calloff/pepper', pepper]]);
  });

  test('refuses a token within the age of the cache after it was revoked', async () => {
    const token = newToken();
    secrets.set('calloff/config', adaWith(token));
    const { callers } = start();
    expect(await idOf(callers, token.authorization)).toBe('ada');
    secrets.set('calloff/config', adaWith());
    await clock.turn(maxAgeMs - 1);
    expect(await idOf(callers, token.authorization)).toBe('ada');
    await clock.turn(1);
    expect(await idOf(callers, token.authorization)).toBe('rejected');
  });

  test('is read again only when its text has changed', async () => {
    secrets.set('calloff/config', adaWith());
    const { configuration } = start();
    const first = await configuration.current();
    await clock.turn(maxAgeMs);
    expect(await configuration.current()).toBe(first);
    secrets.set('calloff/config', adaWith(newToken()));
    await clock.turn(maxAgeMs);
    expect(await configuration.current()).not.toBe(first);
  });

  test('whose pepper cannot be read admits no caller, and does not count as an installation without one', async () => {
    const token = newToken();
    secrets.set('calloff/config', adaWith(token));
    secrets.set('calloff/pepper', new Error('throttled'));
    const { callers } = start();
    expect(await idOf(callers, token.authorization)).toBe('unconfigured');
    const cache = new SecretCache({
      fetchSecret: () => Promise.reject(new Error('throttled')),
      clock,
      maxAgeMs,
    });
    await expect(pepperFromSecret(cache, { secretPrefix: 'calloff/' }, log)()).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
  });

  test('that is not there leaves the rules of the environment', async () => {
    expect(await idOf(start().callers, 'Bearer the-one-token-of-all')).toBe('token');
  });

  test('that is broken admits no caller, and logs it once', async () => {
    const token = newToken();
    for (const broken of [
      '{',
      '{"caller": {}}',
      '{"connections": {"ionq": {"provider": "ionq", "api_key": "k"}}}',
    ]) {
      entries = [];
      secrets.set('calloff/config', broken);
      const { callers } = start();
      for (const authorization of [token.authorization, 'Bearer the-one-token-of-all'])
        expect(await idOf(callers, authorization)).toBe('unconfigured');
      expect(events()).toEqual(['configuration_unreadable']);
    }
  });

  test('that becomes broken admits no caller any more', async () => {
    const token = newToken();
    secrets.set('calloff/config', adaWith(token));
    const { callers } = start();
    expect(await idOf(callers, token.authorization)).toBe('ada');
    secrets.set('calloff/config', '{');
    await clock.turn(maxAgeMs);
    expect(await idOf(callers, token.authorization)).toBe('unconfigured');
  });

  test('that cannot be read admits no caller, not even with the one token', async () => {
    secrets.set('calloff/config', new Error('throttled'));
    const { callers } = start();
    for (let each = 0; each < 3; each += 1) {
      expect(await idOf(callers, 'Bearer the-one-token-of-all')).toBe('unconfigured');
      await clock.turn(5_000);
    }
    const token = newToken();
    secrets.set('calloff/config', adaWith(token));
    await clock.turn(5_000);
    expect(await idOf(callers, token.authorization)).toBe('ada');
  });

  test('that cannot be read any more leaves what was known in force', async () => {
    const token = newToken();
    secrets.set('calloff/config', adaWith(token));
    const { callers } = start();
    await callers.identify(undefined);
    secrets.set('calloff/config', new Error('throttled'));
    await clock.turn(maxAgeMs);
    expect(await idOf(callers, token.authorization)).toBe('ada');
  });

  test('is worth nothing without a pepper that is safe', async () => {
    const token = newToken();
    secrets.set('calloff/config', adaWith(token));
    secrets.set('calloff/pepper', 'too short');
    expect(await idOf(start().callers, token.authorization)).toBe('unconfigured');
  });
});
