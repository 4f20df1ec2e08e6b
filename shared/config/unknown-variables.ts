import type { Environment } from './environment-reader.ts';
import { fileForm } from './secrets/secret-file.ts';
import { variables } from './variables.ts';

const prefix = 'CALLOFF_';

/**
 * Variables that Kubernetes and Docker set about a service named `calloff` or `calloff-…`: its address, not a setting
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const serviceVariable = /^CALLOFF_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/;
const servicePort = /^CALLOFF_(\w+_)?PORT$/;

/** The variables with calloff's prefix that are neither settings nor a platform's, so most likely misspelt. */
export function unknownVariables(environment: Environment): string[] {
  const known = Object.values(variables)
    .flatMap((variable): string[] =>
      'isSecret' in variable ? [variable.name, fileForm(variable.name)] : [variable.name],
    )
    .filter((name) => name.startsWith(prefix));
  const isLink = (name: string) =>
    serviceVariable.test(name) || (servicePort.test(name) && /^\w+:\/\//.test(environment[name] ?? ''));
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.includes(name) && !isLink(name))
    .map((name) => `${name} is not a known variable; calloff knows ${known.join(', ')}`);
}
