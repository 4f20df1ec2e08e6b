import type { KeyObject } from 'node:crypto';
import type { KnownToken } from '../access/authenticator.ts';
import { type Caller, type JobPattern, unrestrictedRights } from '../access/caller.ts';
import { defaultConfirmationMinutes } from '../access/confirmation/record.ts';
import type { SlackPerson } from '../access/slack-identity.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import type { Settings } from './settings.ts';

/** The rules for a surface whose caller is always the user of the operating system. */
export type SurfaceRules = Omit<Caller, 'id'>;

/** The Slack app and workspace that calloff serves, and the callers there. */
export interface SlackSettings {
  readonly teamId: string;
  readonly appId: string;
  readonly channels: readonly string[];
  /** Whether everyone in the channel sees the outcome of a cancel. */
  readonly announce: boolean;
  readonly people: readonly SlackPerson[];
}

/** Where calloff sends its events, and the keys that it signs them with: one, or two while the secret is rotated. */
export interface WebhookSettings {
  readonly url: string;
  /** None in Lambda, where they are in a secret of their own. */
  readonly keys: readonly KeyObject[];
}

/** The connections, the callers and their rights. */
export interface Configuration {
  readonly connections: readonly ConnectionSettings[];
  readonly callers: ReadonlyMap<string, Caller>;
  /** By id. `one`: callers have no tokens of their own, and the one token of the installation admits anyone who has it. */
  readonly tokens: ReadonlyMap<string, KnownToken> | 'one';
  readonly stdio: SurfaceRules;
  readonly cli: SurfaceRules;
  /** Jobs that no caller may cancel. */
  readonly protectedJobs: readonly JobPattern[];
  /** How many minutes a confirmation lives that is for an operation, or that someone other than its caller must give. */
  readonly confirmationMinutes: number;
  /** `members`: every member of the workspace whose app signs may list jobs and cancel single ones. */
  readonly slack?: SlackSettings | 'members' | undefined;
  readonly webhook?: WebhookSettings | undefined;
}

/** The parts of the settings that apply if a configuration does not set them. */
export type EnvironmentDefaults = Pick<
  Settings,
  'connections' | 'connectionFaults' | 'deployments' | 'confirmAbove' | 'own'
>;

/** The rules without a configuration: one token for everything, and on stdio an agent that needs confirmations for many jobs. */
export function defaultConfiguration({ connections, confirmAbove }: EnvironmentDefaults): Configuration {
  return {
    connections,
    callers: new Map(),
    tokens: 'one',
    stdio: {
      kind: 'agent',
      rights: { ...unrestrictedRights, actions: ['list', 'cancel'], confirmAbove, selfConfirm: false },
    },
    cli: { kind: 'person', rights: unrestrictedRights },
    protectedJobs: [],
    confirmationMinutes: defaultConfirmationMinutes,
    slack: 'members',
  };
}
