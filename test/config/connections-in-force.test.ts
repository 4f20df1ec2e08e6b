import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { type ConnectionSettings, hasOwnKey } from '../../shared/config/connection-settings.ts';
import { connectionVariables } from '../../shared/config/environment/documented-variables.ts';
import { keysInSecrets, skipKeyResolution } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import { configurationFromSecret } from '../../shared/config/file/reload.ts';
import { SecretCache } from '../../shared/config/secrets/cache.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { providerFacts } from '../../shared/providers/facts.ts';
import { canaryKey } from '../support/canary.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

type Environment = Readonly<Record<string, string>>;

/** Those that no other program has variables for. */
const usualIds = ['ionq', 'ionworks', 'promptloop', 'sutro'] as const;

/** All variables of a provider, its deployment among them, with values that it takes. */
function environmentOf(id: (typeof providerIds)[number]): Environment {
  const { key, deployment } = providerFacts[id];
  return {
    [key.variable]: 'key-1234567890',
    ...(deployment && { [deployment.variable]: `https://${deployment.variable.toLowerCase()}.example.com` }),
    ...variablesOf[id].options,
  };
}

const everything: Environment = Object.assign({}, ...providerIds.map(environmentOf));
const usual: Environment = Object.assign({}, ...usualIds.map(environmentOf));
const optionsOf: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  providerIds.map((id) => [id, Object.values(variablesOf[id].options)]),
);
const names = (connections: readonly ConnectionSettings[]) => connections.map(({ name }) => name);

/** What a file with these connections leads to in this environment, in Lambda or elsewhere. */
const fromFile = (environment: Environment, connections: object | undefined, inLambda = false) =>
  readConfiguration(JSON.stringify({ ...(connections && { connections }) }), {
    settings: readSettings(environment, { inLambda }),
    key: inLambda ? keysInSecrets : skipKeyResolution,
    inLambda,
  }).connections;

/** The configuration of a function: its secrets by their names, without the prefix. */
async function inLambda(environment: Environment, secrets: Environment) {
  const settings = readSettings(environment, { inLambda: true });
  const cache = new SecretCache({
    fetchSecret: async (name) => secrets[name.replace('calloff/', '')],
    clock: new ManualClock(),
    maxAgeMs: 300_000,
  });
  const configuration = await configurationFromSecret({ cache, settings, log: silentLog }).current();
  return configuration === 'unreadable' ? configuration : names(configuration.connections);
}

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

describe('the environment', () => {
  const ownNames = usualIds.flatMap((id) => {
    const { options = [], deployment, key } = providerFacts[id];
    return [
      key.variable,
      variablesOf[id].baseUrl,
      deployment?.variable,
      ...options.map(({ variable }) => variable),
    ];
  });
  const foreign = connectionVariables.map(({ name }) => name).filter((name) => !ownNames.includes(name));
  const value = (name: string) =>
    fc.constantFrom(everything[name] ?? 'https://example.com', '', 'no value at all', '$X');
  const subset = fc
    .subarray(foreign)
    .chain((some) => fc.record(Object.fromEntries(some.map((name) => [name, value(name)]))));

  test('serves none of the providers that must be named, whatever is in their variables', () => {
    fc.assert(
      fc.property(subset, (environment) => {
        const { connections, connectionFaults } = readSettings({ ...usual, ...environment });
        expect({ connections, connectionFaults }).toEqual({
          connections: readSettings(usual).connections,
          connectionFaults: [],
        });
      }),
    );
  });

  test('serves exactly those that CALLOFF_CONNECTIONS names', () => {
    const named = fc.shuffledSubarray([...providerIds], { minLength: 1 });
    fc.assert(
      fc.property(named, (ids) => {
        const CALLOFF_CONNECTIONS = ids.join(',');
        const { connections } = readSettings({ ...everything, CALLOFF_CONNECTIONS });
        expect(names(connections)).toEqual(ids);
        for (const { apiKey, provider, options } of connections) {
          const { [provider]: variables } = optionsOf;
          expect([apiKey, Object.values(options)]).toEqual(['key-1234567890', variables]);
        }
      }),
    );
  });

  test('is the same in Lambda, with a configuration and without', async () => {
    for (const secrets of [{}, { config: '{}' }] satisfies Environment[]) {
      expect(await inLambda(everything, secrets)).toEqual(usualIds);
      const named = { ...everything, CALLOFF_CONNECTIONS: 'gemini,ionq' };
      expect(await inLambda(named, secrets)).toEqual(['gemini', 'ionq']);
    }
    const config = JSON.stringify({ connections: { mine: { provider: 'replicate' } } });
    expect(await inLambda(everything, { config })).toEqual(['mine']);
  });
});

describe('a key in the environment', () => {
  test('is one of a connection, and not what stands for it if none is set', () => {
    const named = { CALLOFF_CONNECTIONS: 'aws-batch,gemini', AWS_REGION: 'eu-central-1' };
    const withKeys = (environment: Environment) =>
      names(readSettings({ ...named, ...environment }).connections.filter(hasOwnKey));
    expect(withKeys({})).toEqual([]);
    expect(withKeys({ GEMINI_API_KEY: 'key', AWS_BATCH_ACCESS_KEY: '{"accessKeyId":"A"}' })).toEqual([
      ...['aws-batch', 'gemini'],
    ]);
  });
});

describe('connections in a file', () => {
  const deployed = providerIds.filter((id) => providerFacts[id].deployment !== undefined);
  const required = (id: (typeof providerIds)[number]) =>
    Object.fromEntries(
      (providerFacts[id].options ?? [])
        .filter((option) => option.default === undefined)
        .map(({ name, variable }) => [name, variablesOf[id].options[variable]]),
    );

  test.each(deployed)('of %s are at the deployment that the environment names, without serving it', (id) => {
    const variable = providerFacts[id].deployment?.variable ?? '';
    const environment = { [variable]: 'https://eu.example.com' };
    for (const CALLOFF_CONNECTIONS of ['ionq', id]) {
      const [mine, own] = fromFile(
        { ...environment, CALLOFF_CONNECTIONS },
        {
          mine: { provider: id, ...required(id) },
          own: { provider: id, ...required(id), base_url: 'https://other.example.com/v1' },
        },
      );
      expect(new URL(mine?.baseUrl ?? '').host).toBe('eu.example.com');
      expect(own?.baseUrl).toBe('https://other.example.com/v1');
    }
  });

  test.each(deployed)('of %s are refused if the deployment of the environment is no URL', (id) => {
    const variable = providerFacts[id].deployment?.variable ?? '';
    const environment = { [variable]: 'ftp://x', CALLOFF_CONFIG: 'calloff.json' };
    const mine = { provider: id, ...required(id) };
    expect(faultsOf(() => fromFile(environment, { mine }))).toEqual([
      expect.stringMatching(`^connections.mine.base_url is missing, and ${variable} must `),
    ]);
    expect(faultsOf(() => fromFile(environment, { ionq: { provider: 'ionq' } }))).toEqual([]);
    const at = { ...mine, base_url: 'https://other.example.com/v1' };
    expect(faultsOf(() => fromFile(environment, { at }))).toEqual([]);
  });

  test.each(providerIds)('of %s are served without a variable', (id) => {
    const base_url = 'https://api.example.com';
    expect(names(fromFile({}, { mine: { provider: id, ...required(id), base_url } }))).toEqual(['mine']);
  });
});

describe('what is wrong with the connections of the environment', () => {
  const wrong = {
    CALLOFF_CONNECTIONS: 'ionq,github-actions,openai-batch',
    IONQ_BASE_URL: 'http://ionq.example.com',
    OPENAI_BASE_URL: 'https://one.example.com',
    OPENAI_BATCH_BASE_URL: 'https://two.example.com',
  };
  const faults = [
    'IONQ_BASE_URL must begin with https:// (http:// only on 127.0.0.1, localhost or [::1])',
    expect.stringMatching(/^GITHUB_REPOSITORY is not set/),
    expect.stringMatching(/^OPENAI_BATCH_BASE_URL and OPENAI_BASE_URL name two hosts/),
  ];
  const beside = { ...wrong, CALLOFF_CONFIG: 'calloff.json' };

  test('is told if it serves them: without a file, or beside one that names none', () => {
    expect(faultsOf(() => readSettings(wrong))).toEqual(faults);
    expect(faultsOf(() => fromFile(beside, undefined))).toEqual(faults);
  });

  test('is nothing if a file names the connections', () => {
    const mine = { provider: 'ionq' };
    expect(names(fromFile(beside, { mine }))).toEqual(['mine']);
    expect(names(fromFile({ ...beside, CALLOFF_CONNECTIONS: 'opnai,' }, { mine }))).toEqual(['mine']);
  });

  test('is told once, although two providers have the variable', () => {
    const two = { CALLOFF_CONNECTIONS: 'openai-batch,openai-fine-tuning', OPENAI_API_KEY: `${canaryKey} x` };
    expect(faultsOf(() => readSettings(two))).toEqual([expect.stringMatching(/^OPENAI_API_KEY must be/)]);
  });
});

describe('a provider whose customers each have a host of their own', () => {
  const named = { CALLOFF_CONNECTIONS: 'databricks,ionq' };
  const connections = { mine: { provider: 'databricks' }, ionq: { provider: 'ionq' } };

  test('needs a base URL where its key is, but in Lambda that may be in the secret', async () => {
    expect(faultsOf(() => readSettings(named))).toEqual([
      expect.stringMatching(/^DATABRICKS_HOST is not set/),
    ]);
    expect(await inLambda(named, {})).toEqual(['databricks', 'ionq']);
    expect(faultsOf(() => fromFile({}, connections))).toHaveLength(1);
    expect(fromFile({}, connections, true)).toMatchObject([{ baseUrl: undefined }, { name: 'ionq' }]);
  });

  test('is at a host of the environment in Lambda, too', () => {
    const DATABRICKS_HOST = 'acme.cloud.databricks.com';
    for (const lambda of [false, true])
      expect(fromFile({ DATABRICKS_HOST }, connections, lambda)[0]?.baseUrl).toBe(
        `https://${DATABRICKS_HOST}`,
      );
  });
});
