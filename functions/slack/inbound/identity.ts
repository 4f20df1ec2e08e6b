import * as z from 'zod';

/** A user's id in Slack's form, which is safe in a mention. */
export const userId = z.string().regex(/^[UW][A-Z0-9]{1,30}$/);
const teamId = z.string().regex(/^[TE][A-Z0-9]{1,30}$/);
const appId = z.string().regex(/^A[A-Z0-9]{1,30}$/);
const channelId = z.string().regex(/^[A-Z][A-Z0-9]{1,30}$/);

/**
 * The person, and the place of the request. `home` is the person's workspace, if Slack names it: in a channel shared with
 * another company it may differ from `team`. `app` is the Slack app that signed.
 */
export const slackIdentitySchema = z.object({
  team: teamId,
  user: userId,
  channel: channelId,
  enterprise: teamId.optional(),
  home: teamId.optional(),
  app: appId.optional(),
});
export type SlackIdentity = z.infer<typeof slackIdentitySchema>;
