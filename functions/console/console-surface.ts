import type { Context, Hono } from 'hono';
import type { Identity } from '../../shared/access/authenticator.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import type { Page } from './files.ts';
import { servePage } from './page-routes.ts';
import { callerOfSession, type SessionParts, serveOwnSession, serveSignIn } from './session-routes.ts';

/** The page for people and its sessions, as an app serves them. An app without a console loads none of it. */
export interface ConsoleSurface {
  /** Serves what needs no caller: the page, and the sign-in. */
  serveOpenly(app: Hono<HonoEnvironment>): void;
  /** Serves the session of a caller; behind the authentication. */
  serveOwn(app: Hono<HonoEnvironment>): void;
  /** @see callerOfSession */
  callerOf(context: Context<HonoEnvironment>): Promise<Identity | Response | undefined>;
}

/** The console of an app. Without a `page`, as in AWS, something else serves that. */
export function consoleSurface({ page, ...parts }: SessionParts & { readonly page?: Page }): ConsoleSurface {
  return {
    serveOpenly(app) {
      if (page !== undefined) servePage(app, page);
      serveSignIn(app, parts);
    },
    serveOwn: (app) => serveOwnSession(app, parts),
    callerOf: (context) => callerOfSession(context, parts),
  };
}
