import { providerIds } from './provider-ids.js';

const connectionName = /^[a-z][a-z0-9-]{0,39}$/;
/** Names of other secrets, which no connection can have. */
const reserved = ['token', 'slack', 'config', 'pepper', 'webhook'];

/**
 * For serverless.yml: the ARNs of the secrets of connections, one of each provider, and those that a configuration
 * names besides: `--param connections=ionq-research,sutro-eu`. In JavaScript, because osls loads no TypeScript.
 */
export const connections = async ({ resolveVariable }) => {
  const prefix = await resolveVariable('param:secretPrefix');
  const named = (await resolveVariable('param:connections')).split(',').filter((name) => name !== '');
  for (const name of named) {
    if (!connectionName.test(name) || reserved.includes(name))
      throw new Error(`"${name}" is no name of a connection`);
  }
  const arn = (ending) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${prefix}${ending}`,
  });
  // The ARN of a secret ends in a hyphen and six random characters; one that is not there is judged by its bare name.
  return [...new Set([...providerIds, ...named])].flatMap((name) => [arn(`${name}-??????`), arn(name)]);
};
