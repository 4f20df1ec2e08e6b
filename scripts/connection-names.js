import { usualProviders } from './provider-ids.js';
import { refusal } from './refusal.js';

const connectionName = /^[a-z][a-z0-9-]{0,39}$/;
/** Names of other secrets, which no connection can have. */
export const ownNames = ['token', 'slack', 'config', 'pepper', 'webhook'];

/**
 * For serverless.yml: the names of the connections, one of each provider, and those that a configuration names besides:
 * `--param connections=ionq-research,sutro-eu`.
 */
export async function connectionNames(resolveVariable) {
  const named = (await resolveVariable('param:connections')).split(',').filter((name) => name !== '');
  for (const name of named) {
    if (!connectionName.test(name) || ownNames.includes(name))
      throw refusal(`"${name}" is no name of a connection`);
  }
  return [...new Set([...usualProviders, ...named])];
}
