import { providerFacts } from '../../providers/facts.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { type Environment, EnvironmentReader } from '../environment-reader.ts';
import { leftOpen } from '../placeholder.ts';
import { fileForm } from '../secrets/secret-file.ts';
import { variables } from '../variables.ts';

/** A variable with a provider's key that is set, although no connection is at any of the providers that it is for. */
export interface UnusedKey {
  readonly variable: string;
  readonly providers: readonly string[];
}

/** The keys of providers in the environment that calloff leaves alone. */
export function unusedKeys(
  connections: readonly Pick<ConnectionSettings, 'provider' | 'apiKey'>[],
  environment: Environment = process.env,
): UnusedKey[] {
  const byVariable = Map.groupBy(Object.values(providerFacts), ({ key }) => key.variable);
  return [...byVariable].flatMap(([variable, facts]) => {
    const written = new EnvironmentReader(environment).written({ name: variable, isSecret: true });
    const { text, variable: name } = written.ok ? written.value : { text: '', variable: fileForm(variable) };
    const providers = facts.map(({ id }) => id);
    const isUsed = connections.some(
      ({ provider, apiKey }) => providers.includes(provider) || apiKey === text,
    );
    return isUsed || text === undefined ? [] : [{ variable: name, providers }];
  });
}

/** Whether the environment lists its connections in vain, because a configuration file names some. */
export function isListUnused(
  connections: readonly Pick<ConnectionSettings, 'fromFile'>[],
  environment: Environment = process.env,
): boolean {
  return connections.some(({ fromFile }) => fromFile) && isSet(environment[variables.connections.name]);
}

function isSet(written = ''): boolean {
  return written.trim() !== '' && !leftOpen.test(written.trim());
}
