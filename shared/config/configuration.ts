import type { KnownToken } from '../access/authenticator.ts';
import { type Caller, type JobPattern, unrestrictedRights } from '../access/caller.ts';
import type { SlackPerson } from '../access/slack-identity.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import type { Settings } from './settings.ts';

/** The rules for a surface on which everyone is the user of the operating system. */
export type SurfaceRules = Omit<Caller, 'id'>;

/** The Slack app and workspace that are listened to, and who is who there. */
export interface SlackSettings {
  readonly teamId: string;
  readonly appId: string;
  readonly channels: readonly string[];
  /** Whether everyone in the channel sees what came of a cancel. */
  readonly announce: boolean;
  readonly people: readonly SlackPerson[];
}

/** Who may do what, where. */
export interface Configuration {
  readonly connections: readonly ConnectionSettings[];
  readonly callers: ReadonlyMap<string, Caller>;
  /** By id. `one`: callers have none of their own, and whoever has the one token of the installation comes in. */
  readonly tokens: ReadonlyMap<string, KnownToken> | 'one';
  readonly stdio: SurfaceRules;
  readonly cli: SurfaceRules;
  /** Jobs that nobody may cancel. */
  readonly protectedJobs: readonly JobPattern[];
  /** `members`: whoever Slack says is a member of the workspace whose app signs may list, and cancel single jobs. */
  readonly slack?: SlackSettings | 'members' | undefined;
}

/** What the environment says where a configuration does not. */
export type EnvironmentDefaults = Pick<Settings, 'connections' | 'confirmAbove'>;

/** The rules where there is no configuration: one token for everything, and an agent on stdio that is asked about much. */
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
    slack: 'members',
  };
}
