import type { Caller } from '../../../shared/access/caller.ts';
import { callerOnSlack } from '../../../shared/access/slack-identity.ts';
import type { Configuration, SlackSettings } from '../../../shared/config/configuration.ts';
import type { SlackIdentity } from './identity.ts';

/** Why the sender of a signed request is not admitted; `refusals` has the sentences. */
export type RefusalCode =
  | 'unreadable'
  | 'not_set_up'
  | 'other_team'
  | 'other_app'
  | 'other_channel'
  | 'unknown_person'
  | 'foreign_person';

/** The caller behind a signed request, or why there is none. */
export function authorizeSlackUser(
  who: SlackIdentity,
  configuration: Configuration | 'unreadable',
): Caller | RefusalCode {
  if (configuration === 'unreadable') return 'unreadable';
  const { slack } = configuration;
  if (slack === undefined) return 'not_set_up';
  return slack === 'members' ? admitMember(who) : admitConfigured(who, slack);
}

/** The scope of a confirmation: the person it was offered to, in this channel. */
export function scopeOf({ team, user, channel }: SlackIdentity): string {
  return `slack:${team}:${user}:${channel}`;
}

function admitConfigured(who: SlackIdentity, slack: SlackSettings): Caller | RefusalCode {
  if (who.team !== slack.teamId) return 'other_team';
  if (who.app !== slack.appId) return 'other_app';
  if (!slack.channels.includes(who.channel)) return 'other_channel';
  const { team: teamId, user: userId, enterprise: enterpriseId } = who;
  return callerOnSlack(slack.people, { teamId, userId, enterpriseId }) ?? 'unknown_person';
}

/** Admits members only: a shared channel also has people from other companies. */
function admitMember({ team, user, home = team }: SlackIdentity): Caller | RefusalCode {
  if (home !== team) return 'foreign_person';
  return {
    id: `slack:${team}:${user}`,
    kind: 'person',
    rights: {
      connections: ['*'],
      actions: ['list', 'cancel'],
      maxJobs: 1,
      maxOperationJobs: 1,
      selfConfirm: true,
      deny: [],
    },
  };
}
