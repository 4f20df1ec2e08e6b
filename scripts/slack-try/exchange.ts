import { createHmac, randomUUID } from 'node:crypto';
import { sentences } from '../../functions/slack/wording/sentences.ts';
import { parseJson } from '../../shared/lib/json.ts';
import type { ShownButton } from './card-text.ts';
import type { Session } from './session.ts';

/** What calloff answered at once, and what followed through the response URL. */
export interface Exchange {
  readonly status: number;
  readonly answer: unknown;
  readonly later: AsyncIterable<unknown>;
}

/** Posts a command as Slack would, signed. */
export function sendCommand(session: Session, text: string): Promise<Exchange> {
  const { team, user, channel, app } = session.who;
  const names = { team_id: team, user_id: user, channel_id: channel, api_app_id: app ?? '' };
  const fields = { ...names, command: '/calloff', text, trigger_id: randomUUID() };
  return post(session, '/slack/commands', (response_url) => ({ ...fields, response_url }));
}

/** Posts a pressed button as Slack would, signed. */
export function sendPress(session: Session, button: ShownButton): Promise<Exchange> {
  const { team, user, channel, app } = session.who;
  const payload = {
    ...{ type: 'block_actions', api_app_id: app, team: { id: team }, channel: { id: channel } },
    ...{ user: { id: user, team_id: team }, trigger_id: randomUUID() },
    actions: [{ type: 'button', ...button }],
  };
  return post(session, '/slack/interactions', (response_url) => ({
    payload: JSON.stringify({ ...payload, response_url }),
  }));
}

async function post(
  { url, origin, signingSecret }: Session,
  path: string,
  fieldsWith: (responseUrl: string) => Record<string, string>,
): Promise<Exchange> {
  const responseUrl = `${origin}/actions/${randomUUID()}`;
  const body = new URLSearchParams(fieldsWith(responseUrl)).toString();
  const timestamp = Math.floor(Date.now() / 1_000);
  const mac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': `v0=${mac}`,
    },
    body,
  });
  const text = await response.text();
  const answer = parseJson(text) ?? text;
  return { status: response.status, answer, later: follow(responseUrl, path, answer) };
}

/** What follows, until there is a message that nothing more follows. */
async function* follow(responseUrl: string, path: string, answer: unknown): AsyncGenerator<unknown> {
  if (path === '/slack/commands' && !JSON.stringify(answer).includes(' …"')) return;
  for (let seen = 0, open = true; open; ) {
    const response = await fetch(`${responseUrl}?after=${seen}`);
    const messages: unknown = await response.json();
    if (!Array.isArray(messages) || messages.length === 0) return;
    seen += messages.length;
    open = JSON.stringify(messages.at(-1)).includes(sentences.answered);
    yield* messages;
  }
}
