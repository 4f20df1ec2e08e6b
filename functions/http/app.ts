import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { JobView } from '../../shared/contract/job.ts';
import { type Outcome, statusOf } from '../../shared/contract/outcome.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { largestDocument } from '../../shared/lib/json.ts';
import type { Result } from '../../shared/use-cases/validate.ts';
import { type BaseParts, baseApp } from './base-app.ts';
import type { HonoEnvironment } from './hono-env.ts';
import { inPath, queryFaults, readBody, readQuery } from './input.ts';
import { openApiDocument } from './openapi.ts';
import { problem, problemOf } from './problem.ts';

/** What the HTTP surface needs. */
export interface AppParts extends BaseParts {
  readonly gateway: Gateway;
  readonly callers: Authenticator;
  /** Aborted when the process is to stop: what is not sent by then is not sent. */
  readonly stopping?: AbortSignal;
}

/** The HTTP API: one app, served by Lambda and by a process of one's own. */
export function createApp({ gateway, callers, stopping, ...base }: AppParts): Hono<HonoEnvironment> {
  const app = baseApp(base, problem);

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/openapi.json', (context) => context.json(openApiDocument()));

  app.use('/v1/*', async (context, next) => {
    const identity = await callers.identify(context.req.header('authorization'));
    if (identity === 'unconfigured') return problem(context, 'not-configured');
    if (identity !== 'rejected') {
      context.set('caller', identity);
      return next();
    }
    const response = problem(context, 'unauthorized');
    response.headers.set('www-authenticate', 'Bearer realm="calloff"');
    return response;
  });
  app.use(
    '/v1/*',
    bodyLimit({ maxSize: largestDocument, onError: (context) => problem(context, 'body-too-large') }),
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
    return answerOutcome(context, await gateway.getJob(context.req.param(), callOf(context, stopping)));
  });
  app.get('/v1/jobs', async (context) =>
    answer(context, await withQuery(context, (query) => gateway.listJobs(query, callOf(context, stopping)))),
  );
  app.get('/v1/providers', async (context) =>
    answer(context, await gateway.providers(callOf(context, stopping))),
  );
  const confirmation = '/v1/confirmations/:confirmation_id';
  for (const [method, act] of [
    ['GET', gateway.showConfirmation],
    ['POST', gateway.approveConfirmation],
    ['DELETE', gateway.closeConfirmation],
  ] as const)
    app.on(method, confirmation, async (context) => {
      const body = await readBody(context.req);
      if (!body.ok) return problem(context, 'invalid-request', body.faults);
      const named = inPath(body.value, context.req.param());
      if (!named.ok) return problem(context, 'invalid-request', named.faults);
      return answer(context, await act(named.value, callOf(context, stopping)));
    });
  app.get('/v1/audit', async (context) =>
    answer(context, await withQuery(context, (query) => gateway.readAudit(query, callOf(context, stopping)))),
  );

  const methods = Map.groupBy(
    app.routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  );
  for (const [path, routes] of methods) {
    // Whatever is served by GET is served by HEAD.
    const allowed = routes.flatMap(({ method }) => (method === 'GET' ? [method, 'HEAD'] : [method]));
    app.all(path, (context) => {
      const response = problem(context, 'method-not-allowed');
      response.headers.set('allow', allowed.join(', '));
      return response;
    });
  }
  return app;
}

type AppContext = Context<HonoEnvironment>;

function callOf(context: AppContext, stopping: AbortSignal | undefined): RequestContext {
  const { signal } = context.req.raw;
  return {
    requestId: context.get('requestId'),
    caller: context.get('caller'),
    surface: 'http',
    signal: stopping === undefined ? signal : AbortSignal.any([signal, stopping]),
  };
}

/** What came of a request whose words are in its query, or what is wrong with that. */
async function withQuery(
  context: AppContext,
  act: (query: object) => Promise<Result<object>>,
): Promise<Result<object>> {
  const query = readQuery(context.req);
  return query.ok ? act(query.value) : query;
}

function answer(context: AppContext, result: Result<object>): Response {
  return result.ok ? context.json(result.value) : problem(context, problemOf(result.faults), result.faults);
}

/** A single outcome decides the HTTP status; a job that was merely looked at is a 200. */
function answerOutcome(context: AppContext, result: Result<Outcome | JobView>): Response {
  if (!result.ok || !('outcome' in result.value)) return answer(context, result);
  const outcome = result.value;
  if (outcome.retry_after_seconds !== undefined)
    context.header('retry-after', String(outcome.retry_after_seconds));
  return context.json(outcome, statusOf(outcome));
}
