import * as z from 'zod';
import { readDocument } from '../../../shared/lib/json.ts';
import { type ButtonAction, readAction } from './actions.ts';
import { type FormReading, isProbe, readForm } from './form.ts';
import { type SlackIdentity, slackIdentitySchema } from './identity.ts';

/**
 * A pressed button. It proves who pressed it, not that they may: its jobs are checked again. `responseUrl` is a
 * capability: it is never logged, and `readResponseUrl` must accept it.
 */
export interface Press {
  readonly kind: 'press';
  readonly who: SlackIdentity;
  readonly action: ButtonAction;
  readonly responseUrl: string;
}

/** An interaction: a press, Slack's probe, or a signed request that calloff does not use (a shortcut, a view, an old button). */
export type Interaction = Press | { readonly kind: 'probe' } | { readonly kind: 'foreign' };

const named = z.object({ id: z.string() });

const pressed = z.object({ action_id: z.string(), value: z.string().optional() });

const blockActions = z.lazy(() =>
  z.object({
    type: z.literal('block_actions'),
    api_app_id: z.string().nullish(),
    team: named.nullish(),
    enterprise: named.nullish(),
    user: z.object({ id: z.string(), team_id: z.string().nullish() }),
    channel: named.nullish(),
    container: z.object({ channel_id: z.string().nullish() }).nullish(),
    actions: z.tuple([pressed], pressed),
    response_url: z.string().min(1).max(2_000),
  }),
);
type BlockActions = z.infer<typeof blockActions>;

/**
 * Reads the post of an interaction whose signature was verified. Never throws.
 * @see https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
 */
export function readInteraction(body: Uint8Array): FormReading<Interaction> {
  const form = readForm(body);
  if (!form.ok) return form;
  if (isProbe(form.value)) return { ok: true, value: { kind: 'probe' } };
  const document = readDocument(form.value.get('payload') ?? '');
  if (document.kind === 'ambiguous') return { ok: false, fault: 'duplicate_field' };
  const payload = document.kind === 'read' ? document.value : undefined;
  const kind = z.object({ type: z.string() }).safeParse(payload);
  if (!kind.success) return { ok: false, fault: 'missing_field' };
  if (kind.data.type !== 'block_actions') return { ok: true, value: { kind: 'foreign' } };
  const read = blockActions.safeParse(payload);
  const who = read.success ? slackIdentitySchema.safeParse(whoOf(read.data)) : undefined;
  if (!read.success || !who?.success) return { ok: false, fault: 'missing_field' };
  const action = readAction(read.data.actions[0]);
  if (action === 'malformed') return { ok: false, fault: 'missing_field' };
  if (action === 'foreign') return { ok: true, value: { kind: 'foreign' } };
  return { ok: true, value: { kind: 'press', who: who.data, action, responseUrl: read.data.response_url } };
}

function whoOf(posted: BlockActions): Record<keyof SlackIdentity, unknown> {
  const { team, enterprise, user, channel, container, api_app_id } = posted;
  return {
    team: team?.id || user.team_id,
    user: user.id,
    channel: channel?.id || container?.channel_id,
    enterprise: enterprise?.id || undefined,
    home: user.team_id || undefined,
    app: api_app_id || undefined,
  };
}
