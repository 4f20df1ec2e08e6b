import * as z from 'zod';
import { tokenIdPattern } from '../../access/api-token.ts';
import { callerKinds } from '../../access/caller.ts';
import { defaultConfirmationMinutes } from '../../access/confirmation/record.ts';
import { faultText, type Result } from '../../contract/result.ts';
import { parseBaseUrl } from '../values.ts';
import { adaptersSchema, connectionProviderSchema } from './adapters-schema.ts';
import type { KeyField } from './connection-keys.ts';
import { optionIssues, optionSchemas } from './option-schemas.ts';
import { jobPatternSchema, names, rightsSchema, whole } from './rights-schema.ts';
import { slackSchema, slackUserSchema } from './slack-schema.ts';
import type { ValidationContext } from './validation-context.ts';
import { variableName, webhookSchema } from './webhook-schema.ts';

const reserved: readonly string[] = ['token', 'slack', 'config', 'pepper', 'webhook'];
const kindSchema = () =>
  z
    .enum(callerKinds)
    .describe('An agent needs confirmations sooner, and cannot confirm for itself unless its rights say so');
const callerId = () =>
  names(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be a name of up to 64 letters, digits or any of . _ @ -');
const connectionName = () =>
  names(
    /^[a-z][a-z0-9-]{0,39}$/,
    'must be a name of up to 40 small letters, digits or - that begins with a letter',
  ).refine(
    (name) => !reserved.includes(name),
    `must not be one of the reserved names ${reserved.join(', ')}`,
  );

/**
 * The form of the configuration file, strict at every level, with the checks of its values. All faults are found at once,
 * each with its path. It is built for each reading and not before, because most cold starts read no file.
 */
export function configurationSchema(around: ValidationContext) {
  return z.strictObject({
    $schema: z.string().optional().describe('The place of the JSON Schema of this file, for editors'),
    adapters: adaptersSchema(around.adapters).optional(),
    connections: z
      .record(connectionName(), connectionSchema(around))
      .refine((connections) => Object.keys(connections).length > 0, 'must name a connection, or be left out')
      .optional()
      .describe('Provider accounts by their names. Default: one for each provider, set by the environment'),
    callers: z
      .record(callerId(), callerSchema(around))
      .optional()
      .describe('The callers with tokens or in Slack, by the names that the audit shows'),
    stdio: z
      .strictObject({ kind: kindSchema().default('agent'), may: rightsSchema(around) })
      .optional()
      .describe('The rights of the MCP server over standard input and output'),
    cli: z
      .strictObject({ kind: kindSchema().default('person'), may: rightsSchema(around) })
      .optional()
      .describe('The rights of the command line'),
    protected_jobs: z
      .array(jobPatternSchema(around))
      .default([])
      .describe(
        'Jobs that no caller may cancel. If a rule has a name and the name of a job cannot be read, the job is protected',
      ),
    confirmations: z
      .strictObject({ minutes: whole(1, 1_440).default(defaultConfirmationMinutes) })
      .optional()
      .describe(
        'How many minutes a confirmation lives that is for an operation, or that its own caller may not give. Default: an hour',
      ),
    slack: slackSchema().optional().describe('The only Slack app and workspace that calloff serves'),
    webhook: webhookSchema(around)
      .optional()
      .describe('Where calloff says that an operation has finished, or that a job came back'),
  });
}

function connectionSchema({ key, adapters, baseUrlNeed }: ValidationContext) {
  const keyFrom = (field: KeyField, form: z.ZodString) =>
    form.transform((value, context) => orIssue(key(field, value), context)).optional();
  return z
    .strictObject({
      ...optionSchemas(adapters.own),
      provider: connectionProviderSchema(adapters),
      base_url: z
        .string()
        .transform((text, context) => orIssue(parseBaseUrl(text), context))
        .optional()
        .describe(
          "The whole base URL, path included; https, except on loopback. Default: the provider's documented one",
        ),
      api_key: keyFrom('api_key', z.string()).describe('The key itself; it is safer outside this file'),
      api_key_env: keyFrom('api_key_env', variableName()).describe(
        'The environment variable that holds the key',
      ),
      api_key_file: keyFrom('api_key_file', names(/^[^\0]+$/, 'must be a path')).describe(
        'The file that holds the key; a relative path starts in the folder of this file',
      ),
    })
    .refine(
      ({ api_key, api_key_env, api_key_file }) =>
        [api_key, api_key_env, api_key_file].filter((field) => field !== undefined).length <= 1,
      'must have at most one of api_key, api_key_env and api_key_file',
    )
    .superRefine((connection, context) => {
      for (const issue of optionIssues(connection, adapters.own))
        context.addIssue({ code: 'custom', ...issue });
      const need = connection.base_url === undefined ? baseUrlNeed(connection.provider) : undefined;
      if (need !== undefined) context.addIssue({ code: 'custom', path: ['base_url'], message: need });
    });
}

function callerSchema(around: ValidationContext) {
  return z.strictObject({
    kind: kindSchema(),
    tokens: z
      .array(tokenSchema(around))
      .default([])
      .describe(
        'Made by `calloff token create`. A caller can have several, so that you can replace one without a gap',
      ),
    slack: z.array(slackUserSchema(around)).default([]).describe('The Slack users that are this caller'),
    may: rightsSchema(around),
  });
}

function tokenSchema({ isFirst }: ValidationContext) {
  return z.strictObject({
    id: names(tokenIdPattern, 'must be the 8 letters and digits of a token after calloff_')
      .refine((id) => isFirst(`token ${id}`), 'is also the id of another token')
      .describe('The 8 characters of the token after calloff_'),
    hmac: names(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').describe(
      'The HMAC of the token; useless without the pepper',
    ),
    expires_at: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2027-01-01T00:00:00Z' })
      .optional()
      .describe('When the token expires. Default: never'),
  });
}

function orIssue(read: Result<string>, context: z.RefinementCtx): string {
  if (read.ok) return read.value;
  context.addIssue({ code: 'custom', message: faultText(read.faults) });
  return z.NEVER;
}
