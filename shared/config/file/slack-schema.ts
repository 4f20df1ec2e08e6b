import * as z from 'zod';
import { names } from './rights-schema.ts';
import type { ValidationContext } from './validation-context.ts';

const slackId = (letters: string, what: string) =>
  names(
    new RegExp(`^[${letters}][A-Z0-9]{2,20}$`),
    `must be the id of ${what} in Slack, such as ${letters[0]}012ABCDEF`,
  );

/** A Slack user who is a caller. */
export function slackUserSchema({ isFirst, slackTeam }: ValidationContext) {
  return z
    .strictObject({
      team_id: slackId('T', 'a workspace').refine(
        (id) => id === slackTeam,
        'must be the team_id of the section slack, because calloff takes requests only from there',
      ),
      user_id: slackId('UW', 'a person'),
      enterprise_id: slackId('E', 'an organisation').optional().describe('Default: any'),
    })
    .refine(
      ({ team_id, user_id }) => isFirst(`slack ${team_id} ${user_id}`),
      'is also the person of another caller',
    );
}

/** The section `slack` of the configuration file. */
export const slackSchema = () =>
  z.strictObject({
    team_id: slackId('T', 'a workspace').describe('The only workspace that calloff serves'),
    app_id: slackId('A', 'an app').describe('The only app that calloff serves'),
    channels: z
      .array(slackId('CGD', 'a channel'))
      .min(1, 'must name a channel')
      .describe('The channels in which the command works'),
    announce: z
      .boolean()
      .default(false)
      .describe('Whether everyone in the channel sees the outcome of a cancel'),
  });
