import type * as z from 'zod';
import type { Caller } from '../../access/caller.ts';
import { factsOf } from '../../adapter/known-providers.ts';
import { defaultBaseUrlOf } from '../../adapter/options.ts';
import { type Configuration, defaultConfiguration, type EnvironmentDefaults } from '../configuration.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { setOptions } from './option-schemas.ts';
import { rightsOf } from './rights-schema.ts';
import type { configurationSchema } from './schema.ts';

type File = z.infer<ReturnType<typeof configurationSchema>>;

/** The configuration that a valid file describes. */
export function assembleConfiguration(file: File, settings: EnvironmentDefaults): Configuration {
  const entries = Object.entries(file.callers ?? {}).map(([id, { kind, may, tokens, slack }]) => {
    const caller: Caller = { id, kind, rights: rightsOf(kind, may, settings) };
    return { caller, tokens, slack };
  });
  const otherwise = defaultConfiguration(settings);
  const rules = (section: File['stdio']) =>
    section && { kind: section.kind, rights: rightsOf(section.kind, section.may, settings) };
  return {
    connections: file.connections ? connectionsOf(file.connections, settings) : settings.connections,
    callers: new Map(entries.map(({ caller }) => [caller.id, caller])),
    tokens: new Map(
      entries.flatMap(({ caller, tokens }) =>
        tokens.map(
          ({ id, hmac, expires_at }) => [id, { hmac, expiresAt: timeOf(expires_at), caller }] as const,
        ),
      ),
    ),
    stdio: rules(file.stdio) ?? otherwise.stdio,
    cli: rules(file.cli) ?? otherwise.cli,
    protectedJobs: file.protected_jobs,
    confirmationMinutes: file.confirmations?.minutes ?? otherwise.confirmationMinutes,
    webhook: file.webhook,
    slack: file.slack && {
      teamId: file.slack.team_id,
      appId: file.slack.app_id,
      channels: file.slack.channels,
      announce: file.slack.announce,
      people: entries.flatMap(({ caller, slack }) =>
        slack.map(({ team_id, user_id, enterprise_id }) => ({
          teamId: team_id,
          userId: user_id,
          enterpriseId: enterprise_id,
          caller,
        })),
      ),
    },
  };
}

type ConnectionEntry = NonNullable<File['connections']>[string];

/**
 * A connection without a base URL uses the deployment that the environment names, whatever it serves itself, or the host that
 * the provider documents.
 */
function connectionsOf(
  connections: NonNullable<File['connections']>,
  settings: EnvironmentDefaults,
): ConnectionSettings[] {
  return Object.entries(connections).map(([name, entry]) => {
    const { provider, base_url, api_key, api_key_env, api_key_file, ...written } = entry;
    const facts = factsOf(provider, settings.own);
    const options = setOptions(written);
    const deployment = settings.deployments.get(provider);
    return {
      name,
      provider,
      own: settings.own?.get(provider),
      baseUrl: base_url ?? (deployment?.ok ? deployment.value : facts && defaultBaseUrlOf(facts, options)),
      apiKey: api_key ?? api_key_env ?? api_key_file ?? facts?.key.default,
      keyIn: fieldOfKey(name, entry),
      options,
      fromFile: true,
    };
  });
}

/** The field that a connection has its key in; `undefined` if it is the usual one, or there is none. */
function fieldOfKey(name: string, { api_key, api_key_file }: ConnectionEntry): string | undefined {
  if (api_key !== undefined) return `connections.${name}.api_key`;
  return api_key_file === undefined ? undefined : `connections.${name}.api_key_file`;
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
