import type { SlackIdentity } from '../../functions/slack/inbound/identity.ts';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import { can } from '../../shared/access/policy.ts';
import type { Configuration, SlackSettings } from '../../shared/config/configuration.ts';
import type { ReloadingConfiguration } from '../../shared/config/file/reload.ts';

/** A person in a workspace that does not exist. */
const tryPerson = {
  team: 'T0TRY',
  user: 'U0TRY',
  channel: 'C0TRY',
  app: 'A0TRY',
} as const satisfies SlackIdentity;

/** If no configuration says who is who in Slack, the person who tries it has every right. */
export function withTryPerson(configuration: ReloadingConfiguration): ReloadingConfiguration {
  const { team: teamId, user: userId, channel, app: appId } = tryPerson;
  const caller = { id: 'you', kind: 'person' as const, rights: unrestrictedRights };
  const slack: SlackSettings = {
    ...{ teamId, appId, channels: [channel], announce: false },
    people: [{ teamId, userId, caller }],
  };
  const open = (read: Configuration) => (read.slack === 'members' ? { ...read, slack } : read);
  return { initial: open(configuration.initial), current: async () => open(await configuration.current()) };
}

/** The first person of the configuration who may do in Slack what is printed, in its first channel. */
export function whoToTry({ slack }: Configuration): SlackIdentity | undefined {
  if (typeof slack !== 'object') return undefined;
  const { teamId: team, appId: app, people, channels } = slack;
  const person = people.find(({ caller }) => can(caller, 'list') && can(caller, 'cancel'));
  const [channel] = channels;
  return person && channel !== undefined ? { team, app, channel, user: person.userId } : undefined;
}
