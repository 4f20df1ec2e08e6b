import { connectionNames, ownNames } from './connection-names.js';
import { refusal } from './refusal.js';

/** What the functions without keys of providers read besides. The MCP server reads what the API does. */
const readBy = {
  api: ['token', 'config', 'pepper'],
  slack: ['slack', 'config'],
  worker: ['config', 'pepper'],
  operations: ['config', 'pepper', 'webhook', 'slack'],
};
const arnForm = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/;

/**
 * The secrets that have an ARN in `--param secretArns=ionq=arn:…`, because they have another name or are of another account.
 * A secret of another account is found by its whole ARN only, and a secret only in its own region.
 */
async function givenArns({ resolveVariable, resolveConfigurationProperty }) {
  const written = (await resolveVariable('param:secretArns')).split(',').filter((each) => each !== '');
  const region = await resolveConfigurationProperty(['provider', 'region']);
  const names = [...ownNames, ...(await connectionNames(resolveVariable))];
  const arns = new Map();
  for (const each of written) {
    const [, name = '', arn = ''] = /^([^=]*)=?(.*)$/.exec(each);
    if (!names.includes(name))
      throw refusal(`secretArns: "${name}" is no secret of this stack; it has ${names.join(', ')}`);
    if (arns.has(name)) throw refusal(`secretArns has two ARNs for "${name}"`);
    const [, itsRegion] = arnForm.exec(arn) ?? [];
    if (itsRegion === undefined)
      throw refusal(
        `secretArns: "${arn}" is no whole ARN of a secret, such as "aws secretsmanager describe-secret" shows`,
      );
    if (itsRegion !== region)
      throw refusal(
        `secretArns: the secret of "${name}" is in ${itsRegion} and the stack in ${region}; replicate the secret to ${region}`,
      );
    arns.set(name, arn);
  }
  return arns;
}

/** The ARNs of secrets for a policy. */
async function arnsOf(names, variables) {
  const given = await givenArns(variables);
  const prefix = await variables.resolveVariable('param:secretPrefix');
  const arn = (ending) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${prefix}${ending}`,
  });
  // The ARN of a secret ends in a hyphen and six random characters. One that is not there is judged by its bare name: without
  // that right, "absent" would read as "not allowed" (docs/decisions/0010-absent-secrets.md).
  return names.flatMap((name) => {
    const its = given.get(name);
    return its === undefined ? [arn(`${name}-??????`), arn(name)] : [its];
  });
}

/*
 * For serverless.yml: the secrets that each function may read, and the keys that those read which call providers. In
 * JavaScript, because osls loads no TypeScript.
 */
export const api = (variables) => arnsOf(readBy.api, variables);
export const slack = (variables) => arnsOf(readBy.slack, variables);
export const worker = (variables) => arnsOf(readBy.worker, variables);
export const operations = (variables) => arnsOf(readBy.operations, variables);
export const connections = async (variables) =>
  arnsOf(await connectionNames(variables.resolveVariable), variables);
