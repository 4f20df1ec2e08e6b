import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** What Slack's documentation and other people's libraries publish about signatures. */
export const published = z
  .object({
    signatures: z.array(
      z.object({
        id: z.string(),
        signing_secret: z.string(),
        timestamp: z.string(),
        body: z.string(),
        signature: z.string(),
      }),
    ),
    bodies: z.object({ list: z.array(z.string()) }),
  })
  .parse(sample('published-signatures-and-bodies'));

/** A payload as the Java SDK publishes it: every field there is, with blank values. */
export function sample(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/slack/${name}.json`, import.meta.url), 'utf8'));
}

/** The signature that Slack would put on a body. */
export function signatureOf(body: string | Uint8Array, secret: string, timestamp: string | number): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

/** The bytes of a form, as Slack posts them. */
export function formBytes(fields: Readonly<Record<string, string>>): Uint8Array {
  return new TextEncoder().encode(new URLSearchParams({ ...fields }).toString());
}

/** The form post of a slash command. */
export function commandPost(fields: Readonly<Record<string, string>> = {}): Uint8Array {
  return formBytes({
    ...{ token: 'deprecated', team_id: 'T111', team_domain: 'lab', channel_id: 'C111', channel_name: 'jobs' },
    ...{ user_id: 'W111', user_name: 'deprecated', command: '/calloff', text: 'list', api_app_id: 'A111' },
    ...{ is_enterprise_install: 'false', trigger_id: '111.222.xxx' },
    response_url: 'https://hooks.slack.com/commands/T111/111/xxx',
    ...fields,
  });
}

/** The form post of a pressed button. */
export function pressPost(payload: Readonly<Record<string, unknown>> = {}): Uint8Array {
  const whole = {
    ...{ type: 'block_actions', api_app_id: 'A111', team: { id: 'T111', domain: 'lab' }, enterprise: null },
    ...{ user: { id: 'W111', username: 'maya', team_id: 'T111' }, channel: { id: 'C111', name: 'jobs' } },
    ...{
      container: { type: 'message', message_ts: '1612879511.000100', channel_id: 'C111' },
      token: 'deprecated',
    },
    actions: [{ type: 'button', action_id: 'calloff_confirm', value: '{"ticket":"ticket"}', action_ts: '1' }],
    response_url: 'https://hooks.slack.com/actions/T111/222/yyy',
    ...payload,
  };
  return formBytes({ payload: JSON.stringify(whole) });
}
