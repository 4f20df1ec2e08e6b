import type { ConnectionOptions } from '../adapter/adapter.ts';
import { factsOf, type OwnProvider } from '../adapter/known-providers.ts';
import { defaultBaseUrlOf, optionSchema } from '../adapter/options.ts';
import { type AdapterOption, baseUrlVariable } from '../adapter/provider-facts.ts';
import { type ProviderId, providerIds } from '../contract/provider-ids.ts';
import { invalid, ok, type Result } from '../contract/result.ts';
import { providerFacts } from '../providers/facts.ts';
import { type Deployments, deploymentVariable } from './environment/deployments.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { foreignSecretFault } from './placeholder.ts';
import type { Written } from './secrets/secret-file.ts';
import { type ParseValue, parseBaseUrl, parseKey } from './values.ts';

/** A connection as it is configured. `apiKey` is absent if the key comes from elsewhere, or if there is none. */
export interface ConnectionSettings {
  readonly name: string;
  readonly provider: string;
  /** Set if the provider is from a file that the configuration names. */
  readonly own?: OwnProvider | undefined;
  /** Absent in Lambda, if only the secret of the connection can have it. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Why the text in the place of the key is no key, as the end of a sentence that begins with the place. */
  readonly keyFault?: string | undefined;
  /** The variable that the environment has the key in, or the field of the configuration file; the usual one, if absent. */
  readonly keyIn?: string | undefined;
  /** Set if the configuration file names the connection. */
  readonly fromFile?: true;
  readonly options: ConnectionOptions;
}

/** The providers that the environment serves if `CALLOFF_CONNECTIONS` does not say otherwise. */
export const defaultConnections: readonly ProviderId[] = providerIds.filter(
  (id) => !providerFacts[id].onlyIfNamed,
);

/** The variables of a provider's connection: its key, its base URL, and what its adapter declares besides. */
function variablesOf(id: ProviderId) {
  const facts = providerFacts[id];
  const meaning = `the whole base URL of ${facts.displayName}, path included`;
  return {
    key: { name: facts.key.variable, parse: parseKey, isSecret: true },
    baseUrl: { name: baseUrlVariable(id), meaning, parse: parseBaseUrl },
    deployment: deploymentVariable(facts),
    options: (facts.options ?? []).map((option) => ({
      option,
      variable: { name: option.variable, meaning: option.meaning, parse: parseOption(option) },
    })),
  } as const;
}

/** Whether the environment has a key for this connection, and not only what stands for one if none is set. */
export function hasOwnKey({ provider, apiKey }: ConnectionSettings): boolean {
  return apiKey !== undefined && apiKey !== factsOf(provider)?.key.default;
}

/** How the connections of the environment are read. */
export interface EnvironmentTerms {
  /** Set in Lambda, where a base URL may be in the secret of a connection. */
  readonly inLambda?: boolean;
}

/** The connection that the environment sets for a provider. A text that is no key leaves it without one. */
export function readConnection(
  provider: ProviderId,
  reader: EnvironmentReader,
  { inLambda = false }: EnvironmentTerms = {},
): ConnectionSettings {
  const facts = providerFacts[provider];
  const { key, baseUrl, deployment, options } = variablesOf(provider);
  const foreign = foreignKey(reader.written(key));
  const entries = options.flatMap(({ option, variable }) => {
    const value = option.default === undefined ? reader.need(variable, provider) : reader.read(variable);
    return value === undefined ? [] : [[option.name, value] as const];
  });
  const chosen = Object.fromEntries(entries);
  const deploymentUrl = deployment && reader.read(deployment);
  const known = reader.read(baseUrl) ?? deploymentUrl ?? defaultBaseUrlOf(facts, chosen);
  return {
    name: provider,
    provider,
    baseUrl: known ?? (inLambda ? undefined : reader.need(deployment ?? baseUrl, provider)),
    ...(foreign ?? { apiKey: reader.read(key) ?? facts.key.default }),
    options: chosen,
  };
}

/** What a connection has instead of a key if the text in the place of the key is no key, and where that text is. */
function foreignKey(written: Result<Written>): Pick<ConnectionSettings, 'keyFault' | 'keyIn'> | undefined {
  if (!written.ok) return undefined;
  const { text = '', variable, lead } = written.value;
  const fault = foreignSecretFault(text);
  return fault === undefined ? undefined : { keyFault: `${lead}${fault}`, keyIn: variable };
}

/** A key belongs to one deployment: two variables that name two would send it to one that it is not for. */
export function deploymentFaults(
  { provider, baseUrl }: ConnectionSettings,
  deployments: Deployments,
): string[] {
  const deployment = deployments.get(provider);
  if (baseUrl === undefined || !deployment?.ok) return [];
  if (new URL(deployment.value).host === new URL(baseUrl).host) return [];
  const names = `${baseUrlVariable(provider)} and ${factsOf(provider)?.deployment?.variable}`;
  return [`${names} name two hosts: unset the one that the key is not for`];
}

function parseOption(option: AdapterOption): ParseValue<string> {
  const schema = optionSchema(option);
  return (text) => (schema.safeParse(text).success ? ok(text) : invalid('', option.fault));
}
