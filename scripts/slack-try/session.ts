import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { slackIdentitySchema } from '../../functions/slack/inbound/identity.ts';
import { parseJson } from '../../shared/lib/json.ts';

/** What `npm start` leaves for `npm run slack:try`: where it listens, who to be, and what it last showed. */
const sessionSchema = z.strictObject({
  url: z.string(),
  /** Made up for this one run; worth nothing elsewhere. */
  signingSecret: z.string(),
  /** Where response URLs are. */
  origin: z.string(),
  who: z.strictObject(slackIdentitySchema.shape),
  buttons: z.array(z.strictObject({ action_id: z.string(), value: z.string() })),
});
export type Session = z.infer<typeof sessionSchema>;

const { SLACK_TRY_SESSION: ownFile } = process.env;
/**
 * Beside what this checkout has installed: the one place that both know and that git ignores. Tests that run side by side set
 * SLACK_TRY_SESSION to a file of their own.
 */
const file =
  ownFile ?? fileURLToPath(new URL('../../node_modules/.cache/calloff/slack-try.json', import.meta.url));

/** Leaves the session where the other command finds it, readable for this user only. */
export function writeSession(session: Session): void {
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(session), { mode: 0o600, flag: 'wx' });
}

/** The session of the `npm start` that began last, or `undefined` where none runs. */
export function readSession(): Session | undefined {
  try {
    return sessionSchema.safeParse(parseJson(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Takes the session away, unless it is another's by now. */
export function clearSession({ url }: Pick<Session, 'url'>): void {
  if (readSession()?.url === url) rmSync(file, { force: true });
}
