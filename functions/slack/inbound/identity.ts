import * as z from 'zod';

/** A user's id as Slack writes it, and so one that may stand in a mention. */
export const userId = z.string().regex(/^[UW][A-Z0-9]{1,30}$/);
const teamId = z.string().regex(/^[TE][A-Z0-9]{1,30}$/);
const appId = z.string().regex(/^A[A-Z0-9]{1,30}$/);
const channelId = z.string().regex(/^[A-Z][A-Z0-9]{1,30}$/);

/**
 * Who acts, and where. `home` is the workspace that the person belongs to, where Slack says so: in a channel shared
 * with another company it need not be `team`. `app` is the Slack app that signed.
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
