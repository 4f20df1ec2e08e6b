import type { ConnectionOptions } from '../adapter/adapter.ts';
import { factsOf, type OwnProvider } from '../adapter/known-providers.ts';
import { defaultBaseUrlOf, optionSchema } from '../adapter/options.ts';
import { type AdapterDeployment, type AdapterOption, baseUrlVariable } from '../adapter/provider-facts.ts';
import { type ProviderId, providerIds } from '../contract/provider-ids.ts';
import { invalid, ok } from '../contract/result.ts';
import { providerFacts } from '../providers/facts.ts';
import type { DocumentedVariable, EnvironmentReader, Variable } from './environment-reader.ts';
import { foreignSecretFault, leftOpen } from './placeholder.ts';
import { type ParseValue, parseBaseUrl, parseKey } from './values.ts';

/** A connection as it is configured. `apiKey` is absent if the key comes from elsewhere, or if there is none. */
export interface ConnectionSettings {
  readonly name: string;
  readonly provider: string;
  /** Set if the provider is from a file that the configuration names. */
  readonly own?: OwnProvider | undefined;
  readonly baseUrl: string;
  /** The deployment that the environment says the provider's keys are for, if it says so. */
  readonly deploymentUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Why the text in the place of the key is no key, as the end of a sentence that begins with the place. */
  readonly keyFault?: string | undefined;
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
  const { displayName, key, deployment, options = [], defaultBaseUrl } = providerFacts[id];
  return {
    key: { name: key.variable, meaning: `the key of ${displayName}`, parse: parseKey },
    baseUrl: {
      name: baseUrlVariable(id),
      meaning: `the whole base URL of ${displayName}, path included`,
      parse: parseBaseUrl,
      defaultInWords:
        defaultBaseUrl === undefined ? `from \`${deployment?.variable}\`` : `\`${defaultBaseUrl}\``,
    },
    deployment: deployment && {
      name: deployment.variable,
      meaning: deployment.meaning,
      parse: parseDeployment(deployment),
    },
    options: options.map((option) => ({
      option,
      variable: {
        name: option.variable,
        meaning: option.meaning,
        parse: parseOption(option),
        defaultInWords: option.default ?? `none: ${displayName} needs it`,
      },
    })),
  } as const satisfies Record<string, Variable<string> | undefined | readonly object[]>;
}

/** The variables of all providers' connections, as the documentation has them. */
export const connectionVariables: readonly DocumentedVariable[] = providerIds.flatMap((id) => {
  const { key, baseUrl, deployment, options } = variablesOf(id);
  return [key, baseUrl, ...(deployment ? [deployment] : []), ...options.map(({ variable }) => variable)];
});

/** The connection that the environment sets for a provider. A text that is no key leaves it without one. */
export function readConnection(provider: ProviderId, reader: EnvironmentReader): ConnectionSettings {
  const facts = providerFacts[provider];
  const { key, baseUrl, deployment, options } = variablesOf(provider);
  const { [key.name]: written = '' } = reader.environment;
  const foreign = leftOpen.test(written.trim()) ? undefined : foreignSecretFault(written);
  const deploymentUrl = deployment && reader.read(deployment);
  const entries = options.flatMap(({ option, variable }) => {
    const value = option.default === undefined ? reader.need(variable) : reader.read(variable);
    return value === undefined ? [] : [[option.name, value] as const];
  });
  const chosen = Object.fromEntries(entries);
  const known = deploymentUrl ?? defaultBaseUrlOf(facts, chosen);
  return {
    name: provider,
    provider,
    baseUrl: reader.read(baseUrl) ?? known ?? reader.need(deployment ?? baseUrl) ?? '',
    ...(deploymentUrl === undefined ? {} : { deploymentUrl }),
    ...(foreign === undefined ? { apiKey: reader.read(key) ?? facts.key.default } : { keyFault: foreign }),
    options: chosen,
  };
}

/** A key belongs to one deployment: two variables that name two would send it to one that it is not for. */
export function deploymentFaults({ provider, baseUrl, deploymentUrl }: ConnectionSettings): string[] {
  if (deploymentUrl === undefined || new URL(deploymentUrl).host === new URL(baseUrl).host) return [];
  const names = `${baseUrlVariable(provider)} and ${factsOf(provider)?.deployment?.variable}`;
  return [`${names} name two hosts: unset the one that the key is not for`];
}

/** A base URL, or the bare host of one. */
function parseDeployment({ defaultPath = '' }: AdapterDeployment): ParseValue<string> {
  return (text) => {
    const value = parseBaseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
    if (!value.ok) return value;
    const { pathname, origin } = new URL(value.value);
    return pathname === '/' ? ok(origin + defaultPath) : value;
  };
}

function parseOption(option: AdapterOption): ParseValue<string> {
  const schema = optionSchema(option);
  return (text) => (schema.safeParse(text).success ? ok(text) : invalid('', option.fault));
}
