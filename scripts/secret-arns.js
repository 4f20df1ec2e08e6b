import { connectionNames } from './connection-names.js';

/**
 * For serverless.yml: the ARNs of the secrets of connections. In JavaScript, because osls loads no TypeScript.
 */
export const connections = async ({ resolveVariable }) => {
  const prefix = await resolveVariable('param:secretPrefix');
  const arn = (ending) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${prefix}${ending}`,
  });
  // The ARN of a secret ends in a hyphen and six random characters; one that is not there is judged by its bare name.
  return (await connectionNames(resolveVariable)).flatMap((name) => [arn(`${name}-??????`), arn(name)]);
};
