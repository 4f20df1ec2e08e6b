import type { Context, ErrorHandler, MiddlewareHandler } from 'hono';
import { Hono } from 'hono/quick';
import { routePath } from 'hono/route';
import { isUnsafeTarget } from '../../shared/http/url-path.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';
import { inTrace } from '../../shared/lib/telemetry/trace.ts';
import { type Bindings, type HonoEnvironment, rawTargetOf } from './hono-env.ts';

/** The parts of every HTTP app. */
export interface BaseParts {
  readonly log: Log;
  newRequestId(): string;
}

/** Answers a request that is not carried out, in the form of the surface. */
export type Refuse = (
  context: Context<HonoEnvironment>,
  kind: 'unreadable' | 'unsafe-path' | 'no-such-route' | 'internal',
) => Response;

/**
 * The base of every HTTP app: an id and a log line for each request, no dot segments, and an answer for unknown routes and
 * internal errors. A trailing slash does not change a path.
 */
export function baseApp({ newRequestId, log }: BaseParts, refuse: Refuse): Hono<HonoEnvironment> {
  const app = new Hono<HonoEnvironment>({ strict: false });
  app.use(identify(newRequestId, log));
  app.use(async (context, next) => {
    if (isUnreadable(context)) return refuse(context, 'unreadable');
    if (isUnsafeTarget(rawTargetOf(context.env) ?? context.req.path)) return refuse(context, 'unsafe-path');
    return next();
  });
  app.notFound((context) => refuse(context, 'no-such-route'));
  app.onError(answerBroken(log, refuse));
  return app;
}

/**
 * What a browser may do with an answer: with the page only what it needs, with any other nothing.
 * @see https://www.w3.org/TR/CSP3/
 */
const securityHeaders = [
  [
    'content-security-policy',
    [
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
      "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      "require-trusted-types-for 'script'; trusted-types lit-html",
    ].join('; '),
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
] as const;

/**
 * Gives every request an id, and one log line with its route (never its path, which holds callers' text). What it does is part of
 * the trace in its `traceparent`.
 */
function identify(newRequestId: () => string, log: Log): MiddlewareHandler<HonoEnvironment> {
  return (context, next) =>
    inTrace(context.req.header('traceparent'), async () => {
      const requestId = newRequestId();
      const startedAt = systemClock.now();
      context.set('requestId', requestId);
      await next();
      context.res.headers.set('x-request-id', requestId);
      if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
      for (const [name, value] of securityHeaders) context.res.headers.set(name, value);
      const client = context.env?.forwarded?.client;
      log({
        level: 'info',
        event: 'request',
        request_id: requestId,
        ...(isUnreadable(context) ? {} : { method: context.req.method }),
        ...(client === undefined ? {} : { client }),
        route: routePath(context, -1),
        status: context.res.status,
        duration_ms: systemClock.now() - startedAt,
      });
    });
}

/** Without bindings the app was called with a finished request. */
function isUnreadable({ env }: { readonly env: Bindings | undefined }): boolean {
  return env?.unreadable === true;
}

/** Logs an internal error by its name, and answers with a constant, because its message may hold anything. */
export function answerBroken(log: Log, refuse: Refuse): ErrorHandler<HonoEnvironment> {
  return (error, context) => {
    log({ level: 'error', event: 'request_failed', request_id: context.get('requestId'), error: error.name });
    return refuse(context, 'internal');
  };
}
