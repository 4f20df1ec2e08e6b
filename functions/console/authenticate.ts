import type { MiddlewareHandler } from 'hono';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { problem } from '../http/problem.ts';
import { callerOfSession, hasSession, type SessionParts } from './session-routes.ts';

/** Identifies the caller by the bearer token or, if the console is served, by its session. */
export function authenticate(
  callers: Authenticator,
  sessions: SessionParts | undefined,
): MiddlewareHandler<HonoEnvironment> {
  return async (context, next) => {
    const identity =
      sessions !== undefined && hasSession(context)
        ? await callerOfSession(context, sessions)
        : await callers.identify(context.req.header('authorization'));
    if (identity === 'unconfigured') return problem(context, 'not-configured');
    if (identity === 'foreign') return problem(context, 'foreign-site');
    if (identity !== 'rejected') {
      context.set('caller', identity);
      return next();
    }
    const response = problem(context, 'unauthorized');
    response.headers.set('www-authenticate', 'Bearer realm="calloff"');
    return response;
  };
}
