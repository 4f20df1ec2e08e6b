import { consoleSurface } from '../../functions/console/console-surface.ts';
import type { Page } from '../../functions/console/files.ts';
import { SignInCodes } from '../../functions/console/sign-in-codes.ts';
import { createApp } from '../../functions/http/app.ts';
import { createToken, hmacOf } from '../../shared/access/api-token.ts';
import { callersByToken, type KnownToken } from '../../shared/access/authenticator.ts';
import { type CallerKind, unrestrictedRights } from '../../shared/access/caller.ts';
import { sessionsByToken } from '../../shared/access/sessions.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { pepper } from './configuration.ts';
import { ManualClock } from './time/manual-clock.ts';

const keyless = { name: 'sutro', provider: 'sutro', baseUrl: 'http://127.0.0.1:9', options: {} } as const;

/** The HTTP app with the console, on a clock of its own, and its parts. */
export function consoleApp({
  pepper: secret = pepper,
  ...terms
}: {
  readonly publicUrl?: URL;
  readonly page?: Page;
  readonly pepper?: string;
} = {}) {
  const clock = new ManualClock();
  const tokens = new Map<string, KnownToken>();
  const logged: LogEntry[] = [];
  const parts = { tokens: async () => tokens, pepper: async () => secret, clock };
  const codes = new SignInCodes(clock);
  const app = createApp({
    gateway: createGateway({
      connections: async () => [keyless],
      credentials: credentialFromSettings,
      budgetMs: 5_000,
    }),
    callers: callersByToken(parts),
    console: consoleSurface({ sessions: sessionsByToken(parts), codes, ...terms }),
    log: (entry) => void logged.push(entry),
    newRequestId: () => 'the-id',
  });
  /** Gives someone a token. */
  function give(id: string, kind: CallerKind = 'person', expiresAt?: number) {
    const made = createToken();
    const caller = { id, kind, rights: unrestrictedRights };
    tokens.set(made.id, { hmac: hmacOf(made.token, secret), caller, expiresAt });
    return made;
  }
  /** Asks to sign in, by default as a page at this server does. */
  const signIn = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    app.request('/v1/session', {
      method: 'POST',
      headers: { host: '127.0.0.1:8787', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  /** The cookie of someone who has just signed in, as a browser sends it. `origin`: of the page, by default none. */
  async function cookieFor(token: string, origin?: string): Promise<string> {
    const { headers } = await signIn({ token }, origin === undefined ? {} : { origin });
    return (headers.get('set-cookie') ?? '').split(';', 1).join();
  }
  return { app, clock, tokens, codes, logged, give, signIn, cookieFor };
}
