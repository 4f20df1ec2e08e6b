import type { Caller } from './caller.ts';

/** The sender of a signed Slack request: by ids, which no user can choose, never by a name. */
export interface SlackUser {
  readonly teamId: string;
  readonly userId: string;
  readonly enterpriseId?: string | undefined;
}

/** A Slack user who is one of the callers. Without an `enterpriseId` that of the request does not matter. */
export interface SlackPerson extends SlackUser {
  readonly caller: Caller;
}

/** The caller behind a Slack user; `undefined` if there is none. */
export function callerOnSlack(people: readonly SlackPerson[], user: SlackUser): Caller | undefined {
  return people.find(
    ({ teamId, userId, enterpriseId }) =>
      teamId === user.teamId &&
      userId === user.userId &&
      (enterpriseId === undefined || enterpriseId === user.enterpriseId),
  )?.caller;
}
