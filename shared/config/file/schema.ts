import * as z from 'zod';
import { tokenIdPattern } from '../../access/api-token.ts';
import { callerKinds } from '../../access/caller.ts';
import { providerIds } from '../../contract/provider-ids.ts';
import { faultText, type Result } from '../../contract/result.ts';
import { parseBaseUrl } from '../values.ts';
import type { KeyField } from './connection-keys.ts';
import { optionIssues, optionSchemas } from './option-schemas.ts';
import { jobPatternSchema, names, rightsSchema, type ValidationContext } from './rights-schema.ts';

const reserved: readonly string[] = ['token', 'slack', 'config', 'pepper'];
const kindSchema = () =>
  z.enum(callerKinds).describe('An agent is asked about more, and cannot confirm for itself unless it may');
const callerId = () =>
  names(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be a name of up to 64 letters, digits or any of . _ @ -');
const connectionName = () =>
  names(
    /^[a-z][a-z0-9-]{0,39}$/,
    'must be a name of up to 40 small letters, digits or - that begins with a letter',
  ).refine((name) => !reserved.includes(name), `must be another name than ${reserved.join(', ')}`);

/**
 * The form of the configuration file, strict at every level, and what its values must fit. Built for each reading:
 * whatever is wrong has a path, and all of it is found at once. No schema is made before: most cold starts read no file.
 */
export function configurationSchema(around: ValidationContext) {
  return z.strictObject({
    $schema: z.string().optional().describe('Where the JSON Schema of this file is, for editors'),
    connections: z
      .record(connectionName(), connectionSchema(around))
      .refine((connections) => Object.keys(connections).length > 0, 'must name a connection, or be left out')
      .optional()
      .describe(
        'Provider accounts by their names. Without it: one for each provider, set by the environment',
      ),
    callers: z
      .record(callerId(), callerSchema(around))
      .optional()
      .describe('Who may come in with a token or through Slack, by the name that the audit will show'),
    stdio: z
      .strictObject({ kind: kindSchema().default('agent'), may: rightsSchema(around) })
      .optional()
      .describe('What the MCP server over standard input and output may do'),
    cli: z
      .strictObject({ kind: kindSchema().default('person'), may: rightsSchema(around) })
      .optional()
      .describe('What the command line may do'),
    protected_jobs: z
      .array(jobPatternSchema(around))
      .default([])
      .describe(
        'Jobs that nobody may cancel. Where a name is asked for and cannot be seen, the job is protected',
      ),
    slack: slackSchema()
      .optional()
      .describe('The Slack app and workspace that are listened to, and nothing else'),
  });
}

function connectionSchema({ key }: ValidationContext) {
  const keyFrom = (field: KeyField, form: z.ZodString) =>
    form.transform((value, context) => orIssue(key(field, value), context)).optional();
  return z
    .strictObject({
      ...optionSchemas(),
      provider: z.enum(providerIds).describe('Whose API it is'),
      base_url: z
        .string()
        .transform((text, context) => orIssue(parseBaseUrl(text), context))
        .optional()
        .describe(
          'The whole base URL, path included; https, except on loopback. Default: as the provider documents',
        ),
      api_key: keyFrom('api_key', z.string()).describe('The key itself; better kept outside of this file'),
      api_key_env: keyFrom(
        'api_key_env',
        names(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a variable'),
      ).describe('The environment variable that holds the key'),
      api_key_file: keyFrom('api_key_file', names(/^[^\0]+$/, 'must be a path')).describe(
        'The file that holds the key; a relative path begins where this file is',
      ),
    })
    .refine(
      ({ api_key, api_key_env, api_key_file }) =>
        [api_key, api_key_env, api_key_file].filter((field) => field !== undefined).length <= 1,
      'must have one of api_key, api_key_env and api_key_file at most',
    )
    .superRefine((connection, context) => {
      for (const issue of optionIssues(connection)) context.addIssue({ code: 'custom', ...issue });
    });
}

function callerSchema(around: ValidationContext) {
  return z.strictObject({
    kind: kindSchema(),
    tokens: z
      .array(tokenSchema(around))
      .default([])
      .describe('Made by `calloff token create`; several, so that one can be replaced without a gap'),
    slack: z.array(slackUserSchema(around)).default([]).describe('Who this caller is in Slack'),
    may: rightsSchema(around),
  });
}

function tokenSchema({ isFirst }: ValidationContext) {
  return z.strictObject({
    id: names(tokenIdPattern, 'must be the 8 letters and digits of a token after calloff_')
      .refine((id) => isFirst(`token ${id}`), 'is the id of another token, too')
      .describe('What stands in the token after calloff_'),
    hmac: names(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').describe(
      'What is kept of the token: worth nothing without the pepper',
    ),
    expires_at: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2027-01-01T00:00:00Z' })
      .optional()
      .describe('From then on it is refused. Without it: never'),
  });
}

const slackId = (letters: string, what: string) =>
  names(
    new RegExp(`^[${letters}][A-Z0-9]{2,20}$`),
    `must be the id of ${what} in Slack, such as ${letters[0]}012ABCDEF`,
  );

function slackUserSchema({ isFirst, slackTeam }: ValidationContext) {
  return z
    .strictObject({
      team_id: slackId('T', 'a workspace').refine(
        (id) => id === slackTeam,
        'must be the team_id of the section slack, from which alone requests are taken',
      ),
      user_id: slackId('UW', 'a person'),
      enterprise_id: slackId('E', 'an organisation').optional().describe('Without it: any'),
    })
    .refine(
      ({ team_id, user_id }) => isFirst(`slack ${team_id} ${user_id}`),
      'is the person of another caller, too',
    );
}

const slackSchema = () =>
  z.strictObject({
    team_id: slackId('T', 'a workspace').describe('The only workspace that is listened to'),
    app_id: slackId('A', 'an app').describe('The only app that is listened to'),
    channels: z
      .array(slackId('CGD', 'a channel'))
      .min(1, 'must name a channel')
      .describe('Where the command may be used'),
    announce: z
      .boolean()
      .default(false)
      .describe('Whether everyone in the channel sees what came of a cancel'),
  });

function orIssue(read: Result<string>, context: z.RefinementCtx): string {
  if (read.ok) return read.value;
  context.addIssue({ code: 'custom', message: faultText(read.faults) });
  return z.NEVER;
}
