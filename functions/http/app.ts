import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import { admit, type TokenSource } from '../../shared/access/token.ts';
import type { CallContext } from '../../shared/cancellation/cancel-jobs.ts';
import type { Checked } from '../../shared/cancellation/check.ts';
import type { JobView } from '../../shared/cancellation/look.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { isUnsafeTarget } from '../../shared/http/path.ts';
import type { Log } from '../../shared/log.ts';
import { type Outcome, statusOf } from '../../shared/outcome.ts';
import { type Environment, rawTargetOf } from './environment.ts';
import { inPath, largestBody, queryFaults, readBody, readQuery } from './input.ts';
import { openApiDocument } from './openapi.ts';
import { problem, problemOf } from './problem.ts';

/** What the HTTP surface needs. */
export interface AppParts {
  readonly gateway: Gateway;
  readonly token: TokenSource;
  readonly log: Log;
  newRequestId(): string;
  /** Aborted when the process is to stop: what is not sent by then is not sent. */
  readonly stopping?: AbortSignal;
}

/** The HTTP API: one app, served by Lambda and by a process of one's own. */
export function createApp({ gateway, token, log, newRequestId, stopping }: AppParts): Hono<Environment> {
  const app = new Hono<Environment>();

  app.use(identify(newRequestId, log));
  app.use(async (context, next) => {
    if (isUnsafeTarget(rawTargetOf(context.env) ?? context.req.path)) return problem(context, 'unsafe-path');
    return next();
  });
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/openapi.json', (context) => context.json(openApiDocument()));

  app.use('/v1/*', async (context, next) => {
    const admission = await admit(context.req.header('authorization'), token);
    if (admission === 'admitted') return next();
    if (admission === 'unconfigured') return problem(context, 'not-configured');
    const response = problem(context, 'unauthorized');
    response.headers.set('www-authenticate', 'Bearer realm="calloff"');
    return response;
  });
  app.use(
    '/v1/*',
    bodyLimit({ maxSize: largestBody, onError: (context) => problem(context, 'body-too-large') }),
  );

  const one = '/v1/providers/:provider/jobs/:job_id';
  app.post(`${one}/cancel`, async (context) => {
    const body = await readBody(context.req);
    if (!body.ok) return problem(context, 'invalid-request', body.faults);
    const named = inPath(body.value, context.req.param());
    if (!named.ok) return problem(context, 'invalid-request', named.faults);
    return answerOutcome(context, await gateway.cancelJob(named.value, callOf(context, stopping)));
  });
  app.post('/v1/jobs/cancel', async (context) => {
    const body = await readBody(context.req);
    if (!body.ok) return problem(context, 'invalid-request', body.faults);
    return answer(context, await gateway.cancelJobs(body.value, callOf(context, stopping)));
  });
  app.get(one, async (context) => {
    const faults = queryFaults(context.req, 'is not part of a job id');
    if (faults.length > 0) return problem(context, 'invalid-request', faults);
    return answerOutcome(context, await gateway.look(context.req.param(), callOf(context, stopping)));
  });
  app.get('/v1/jobs', async (context) =>
    answer(context, await gateway.find(readQuery(context.req), callOf(context, stopping))),
  );
  app.get('/v1/providers', async (context) => context.json({ providers: await gateway.providers() }));

  for (const { path, method } of app.routes.filter(({ method }) => method !== 'ALL')) {
    app.all(path, (context) => {
      const response = problem(context, 'method-not-allowed');
      response.headers.set('allow', method);
      return response;
    });
  }
  app.notFound((context) => problem(context, 'no-such-route'));
  app.onError((error, context) => {
    log({ level: 'error', event: 'request_broke', request_id: context.get('requestId'), error: error.name });
    return problem(context, 'internal');
  });
  return app;
}

type AppContext = Context<Environment>;

/** Gives every request an id, and one log line with its route (never its path, which holds what callers write). */
function identify(newRequestId: () => string, log: Log): MiddlewareHandler<Environment> {
  return async (context, next) => {
    const requestId = newRequestId();
    const startedAt = performance.now();
    context.set('requestId', requestId);
    await next();
    context.res.headers.set('x-request-id', requestId);
    context.res.headers.set('cache-control', 'no-store');
    const duration_ms = Math.round(performance.now() - startedAt);
    const { method } = context.req;
    const route = routePath(context, -1);
    log({
      level: 'info',
      event: 'request',
      request_id: requestId,
      method,
      route,
      status: context.res.status,
      duration_ms,
    });
  };
}

function callOf(context: AppContext, stopping: AbortSignal | undefined): CallContext {
  const { signal } = context.req.raw;
  return {
    requestId: context.get('requestId'),
    signal: stopping === undefined ? signal : AbortSignal.any([signal, stopping]),
  };
}

function answer(context: AppContext, result: Checked<object>): Response {
  return result.ok ? context.json(result.value) : problem(context, problemOf(result.faults), result.faults);
}

/** A single outcome decides the HTTP status; a job that was merely looked at is a 200. */
function answerOutcome(context: AppContext, result: Checked<Outcome | JobView>): Response {
  if (!result.ok || !('outcome' in result.value)) return answer(context, result);
  const outcome = result.value;
  if (outcome.retry_after_seconds !== undefined)
    context.header('retry-after', String(outcome.retry_after_seconds));
  return context.json(outcome, statusOf(outcome));
}
