import type { MiddlewareHandler } from 'hono';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { problem } from '../http/problem.ts';
import type { ConsoleSurface } from './console-surface.ts';

/** Identifies the caller by the session of the console, if there is one, or by the bearer token. */
export function authenticate(
  callers: Authenticator,
  console: ConsoleSurface | undefined,
): MiddlewareHandler<HonoEnvironment> {
  return async (context, next) => {
    const signedIn = await console?.callerOf(context);
    const identity = signedIn ?? (await callers.identify(context.req.header('authorization')));
    if (identity === 'unconfigured') return problem(context, 'not-configured');
    if (identity instanceof Response) return identity;
    if (identity !== 'rejected') {
      context.set('caller', identity);
      context.set('surface', signedIn === undefined ? 'http' : 'console');
      return next();
    }
    const response = problem(context, 'unauthorized');
    response.headers.set('www-authenticate', 'Bearer realm="calloff"');
    return response;
  };
}
