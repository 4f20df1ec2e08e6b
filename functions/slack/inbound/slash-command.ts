import * as z from 'zod';
import { type FormReading, isProbe, readForm } from './form.ts';
import { type SlackIdentity, slackIdentitySchema } from './identity.ts';

/** A slash command. `responseUrl` is a capability: it is never logged, and `readResponseUrl` must accept it. */
export interface SlashCommand {
  readonly kind: 'command';
  readonly who: SlackIdentity;
  readonly command: string;
  readonly text: string;
  readonly responseUrl: string;
}

const commandForm = z.object({
  command: z.string().startsWith('/').max(100),
  text: z.string(),
  response_url: z.string().min(1).max(2_000),
});

/**
 * Reads the post of a slash command whose signature was verified. Never throws. The deprecated fields `token`
 * and `user_name` prove nothing and are not read.
 * @see https://docs.slack.dev/interactivity/implementing-slash-commands
 */
export function readSlashCommand(body: Uint8Array): FormReading<SlashCommand | { readonly kind: 'probe' }> {
  const form = readForm(body);
  if (!form.ok) return form;
  if (isProbe(form.value)) return { ok: true, value: { kind: 'probe' } };
  const field = (name: string) => form.value.get(name) || undefined;
  const who = slackIdentitySchema.safeParse({
    team: field('team_id'),
    user: field('user_id'),
    channel: field('channel_id'),
    enterprise: field('enterprise_id'),
    app: field('api_app_id'),
  });
  const posted = commandForm.safeParse({
    command: field('command'),
    text: form.value.get('text') ?? '',
    response_url: field('response_url'),
  });
  if (!who.success || !posted.success) return { ok: false, fault: 'missing_field' };
  const { command, text, response_url } = posted.data;
  return { ok: true, value: { kind: 'command', who: who.data, command, text, responseUrl: response_url } };
}
