import type { AdapterDeployment, ProviderFacts } from '../../adapter/provider-facts.ts';
import { faultText, invalid, ok, type Result } from '../../contract/result.ts';
import { providerFacts } from '../../providers/facts.ts';
import { type Environment, EnvironmentReader, type Variable } from '../environment-reader.ts';
import { type ParseValue, parseBaseUrl } from '../values.ts';

/**
 * The deployments that the environment says the keys of providers are for, by provider; or what is wrong with what it says.
 * They hold for the connections of a configuration file, too.
 */
export type Deployments = ReadonlyMap<string, Result<string>>;

/** The variable with the deployment of a provider; `undefined` if every account of it is reached at one base URL. */
export function deploymentVariable({
  deployment,
}: Pick<ProviderFacts, 'deployment'>): (Variable<string> & { readonly meaning: string }) | undefined {
  return (
    deployment && { name: deployment.variable, meaning: deployment.meaning, parse: parseHost(deployment) }
  );
}

/** Reads the deployments of all providers, whether or not the environment serves a connection for them. */
export function readDeployments(environment: Environment): Deployments {
  const entries = Object.values(providerFacts).flatMap((facts): [string, Result<string>][] => {
    const variable = deploymentVariable(facts);
    const deployment = variable && readOne(variable, environment);
    return deployment === undefined ? [] : [[facts.id, deployment]];
  });
  return new Map(entries);
}

/** The deployment in a variable, if it is set. A fault is a whole sentence. */
function readOne(variable: Variable<string>, environment: Environment): Result<string> | undefined {
  const reader = new EnvironmentReader(environment);
  const value = reader.read(variable);
  if (value !== undefined) return ok(value);
  return reader.faults.length === 0 ? undefined : invalid('', reader.faults.join('; '));
}

/**
 * Why a connection in a configuration file needs a base URL of its own, as the end of a sentence; `undefined` if it can do
 * without. In Lambda the secret of the connection may have the one that no document names.
 */
export function baseUrlNeed(
  { id, displayName, defaultBaseUrl, deployment }: ProviderFacts,
  deployments: Deployments,
  inLambda: boolean,
): string | undefined {
  const read = deployments.get(id);
  if (read?.ok === false) return `is missing, and ${faultText(read.faults)}`;
  if (read !== undefined || defaultBaseUrl !== undefined || inLambda) return undefined;
  const places = deployment === undefined ? 'Set it' : `Set it, or ${deployment.variable},`;
  return `is missing: each customer of ${displayName} has a host of their own. ${places} to the one that the key is for`;
}

/** A base URL, or the bare host of one. */
function parseHost({ defaultPath = '' }: AdapterDeployment): ParseValue<string> {
  return (text) => {
    const value = parseBaseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
    if (!value.ok) return value;
    const { pathname, origin } = new URL(value.value);
    return pathname === '/' ? ok(origin + defaultPath) : value;
  };
}
