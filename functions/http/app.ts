import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import { type Outcome, statusOf } from '../../shared/contract/outcome.ts';
import type { Result } from '../../shared/contract/result.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { largestDocument } from '../../shared/lib/json.ts';
import { type BaseParts, baseApp } from './base-app.ts';
import type { HonoEnvironment } from './hono-env.ts';
import { readRequest } from './input.ts';
import { openApiDocument } from './openapi.ts';
import { problem, problemOf } from './problem.ts';
import { routes } from './routes.ts';

/** The parts of the HTTP surface. */
export interface AppParts extends BaseParts {
  readonly gateway: Gateway;
  readonly callers: Authenticator;
  /** Aborted when the process is to stop: cancels that are not sent by then are not sent. */
  readonly stopping?: AbortSignal;
}

/** The HTTP API: one app, served by Lambda and by `calloff serve`. */
export function createApp({ gateway, callers, stopping, ...base }: AppParts): Hono<HonoEnvironment> {
  const app = baseApp(base, problem);

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/openapi.json', (context) => context.json(openApiDocument()));

  app.use('/v1/*', authenticate(callers));
  app.use(
    '/v1/*',
    bodyLimit({ maxSize: largestDocument, onError: (context) => problem(context, 'body-too-large') }),
  );

  for (const { method, path, input, operation } of routes)
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (context) => {
      const request = await readRequest[input](context.req);
      if (!request.ok) return answer(context, request);
      return answer(context, await gateway[operation](request.value, callOf(context, stopping)));
    });

  refuseOtherMethods(app);
  return app;
}

/** Identifies the caller by the bearer token. */
function authenticate(callers: Authenticator): MiddlewareHandler<HonoEnvironment> {
  return async (context, next) => {
    const identity = await callers.identify(context.req.header('authorization'));
    if (identity === 'unconfigured') return problem(context, 'not-configured');
    if (identity !== 'rejected') {
      context.set('caller', identity);
      return next();
    }
    const response = problem(context, 'unauthorized');
    response.headers.set('www-authenticate', 'Bearer realm="calloff"');
    return response;
  };
}

/** Answers 405 to a method that a path does not have, with those that it has. */
function refuseOtherMethods(app: Hono<HonoEnvironment>): void {
  const byPath = Map.groupBy(
    app.routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  );
  for (const [path, served] of byPath) {
    // A route that serves GET also serves HEAD.
    const allowed = served.flatMap(({ method }) => (method === 'GET' ? [method, 'HEAD'] : [method]));
    app.all(path, (context) => {
      const response = problem(context, 'method-not-allowed');
      response.headers.set('allow', allowed.join(', '));
      return response;
    });
  }
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

/** The answer to a request. A single outcome decides the HTTP status; any other success is a 200. */
function answer(context: AppContext, result: Result<object>): Response {
  if (!result.ok) return problem(context, problemOf(result.faults), result.faults);
  const { value: outcome } = result;
  if (!isOutcome(outcome)) return context.json(outcome);
  if (outcome.retry_after_seconds !== undefined)
    context.header('retry-after', String(outcome.retry_after_seconds));
  return context.json(outcome, statusOf(outcome));
}

function isOutcome(value: object): value is Outcome {
  return 'outcome' in value && 'retryable' in value;
}
