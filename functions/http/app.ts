import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { statusOf } from '../../shared/contract/outcome.ts';
import { type Fault, invalid, ok, type Result } from '../../shared/contract/result.ts';
import type { Gateway, GatewayMethod } from '../../shared/gateway.ts';
import { largestDocument } from '../../shared/lib/json.ts';
import { authenticate } from '../console/authenticate.ts';
import type { ConsoleSurface } from '../console/console-surface.ts';
import { namesEtag } from '../etag.ts';
import { calledFrom, knowOwnClient } from '../own-client.ts';
import { serveProbes } from '../probes/probe-routes.ts';
import type { Readiness } from '../probes/readiness.ts';
import { type BaseParts, baseApp } from './base-app.ts';
import type { HonoEnvironment } from './hono-env.ts';
import { readRequest } from './input.ts';
import { problem, problemOf } from './problem.ts';
import type { Route, Success } from './route.ts';
import { routes } from './routes.ts';

/** The parts of the HTTP surface. */
export interface AppParts extends BaseParts {
  readonly gateway: Gateway;
  readonly callers: Authenticator;
  /** The number of cancels in ten minutes above which an assistant needs a confirmation, with any token. Default: 0. */
  readonly confirmAbove?: number;
  /** Aborted when the process is to stop: cancels that are not sent by then are not sent. */
  readonly stopping?: AbortSignal;
  /** The page for people, and its sessions. Absent: it is off. In AWS another function serves the page itself. */
  readonly console?: ConsoleSurface | undefined;
  /** Serves the metrics. Absent: there are none. */
  readonly serveMetrics?: ((app: Hono<HonoEnvironment>) => void) | undefined;
  /** Whether a cancel can be carried out. Default: nothing could keep it from that. */
  ready?(): Promise<Readiness>;
}

/** The HTTP API: one app, served by Lambda and by `calloff serve`. */
export function createApp(parts: AppParts): Hono<HonoEnvironment> {
  const { gateway, callers, confirmAbove = 0, stopping, console, ready, serveMetrics, ...base } = parts;
  const app = baseApp(base, problem);

  serveProbes(app, ready);
  serveMetrics?.(app);
  app.get('/openapi.json', async (context) => {
    const { openApiDocument } = await import('./openapi.ts');
    return context.json(openApiDocument());
  });

  console?.serveOpenly(app);
  app.use('/v1/*', authenticate(callers, console), knowOwnClient(confirmAbove));
  console?.serveOwn(app);
  app.use(
    '/v1/*',
    bodyLimit({ maxSize: largestDocument, onError: (context) => problem(context, 'body-too-large') }),
  );

  for (const route of routes)
    app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) =>
      serve(route, context, gateway, stopping),
    );

  refuseOtherMethods(app);
  return app;
}

/** Answers 405 to a method that a path does not have, with those that it has. */
function refuseOtherMethods(app: Hono<HonoEnvironment>): void {
  const byPath = Map.groupBy(
    app.routes.filter(({ method }) => method !== 'ALL'),
    ({ path }) => path,
  );
  for (const [path, served] of byPath) {
    // A route that serves GET also serves HEAD.
    const methods = served.flatMap(({ method }) => (method === 'GET' ? [method, 'HEAD'] : [method]));
    const allowed = [...new Set(methods)];
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
    ...calledFrom(context),
    signal: stopping === undefined ? signal : AbortSignal.any([signal, stopping]),
  };
}

async function serve(
  route: Route,
  context: AppContext,
  gateway: Gateway,
  stopping: AbortSignal | undefined,
): Promise<Response> {
  const request = await readRequest[route.input](context.req);
  const chosen = request.ok ? choose(route, request.value) : request;
  if (!chosen.ok) return refuse(context, chosen);
  const { operation, success, value } = chosen.value;
  const key = route.isIdempotent || route.background ? context.req.header('idempotency-key') : undefined;
  const call = { ...callOf(context, stopping), idempotencyKey: key };
  const result = await gateway[operation](value, call);
  if (!result.ok) return refuse(context, result);
  const told = route.field === undefined ? result.value : { [route.field]: result.value };
  return route.hasEtag ? answerWithEtag(context, told) : answer(context, told, success);
}

/** What carries a request out: the method of its route, or the one for `background`. */
interface Chosen {
  readonly operation: GatewayMethod;
  readonly success: Success | undefined;
  readonly value: object;
}

function choose({ operation, success, background }: Route, request: object): Result<Chosen> {
  if (background === undefined || !('background' in request))
    return ok({ operation, success, value: request });
  const { background: isWanted, ...value } = request;
  if (typeof isWanted !== 'boolean') return invalid('background', 'must be true or false');
  return ok(isWanted ? { ...background, value } : { operation, success, value });
}

function refuse(context: AppContext, { faults }: { readonly faults: readonly Fault[] }): Response {
  return problem(context, problemOf(faults), faults);
}

/** The answer to a request. A single outcome decides the HTTP status; what was created has a place. */
function answer(context: AppContext, value: object, { status = 200 }: Partial<Success> = {}): Response {
  if (status !== 200 && 'id' in value) context.header('location', `/v1/operations/${value.id}`);
  if (!isOutcome(value)) return context.json(value, status);
  if (value.retry_after_seconds !== undefined)
    context.header('retry-after', String(value.retry_after_seconds));
  return context.json(value, statusOf(value));
}

/** An answer with an `ETag`; a 304 without a body if the caller has it already. */
function answerWithEtag(context: AppContext, value: object): Response {
  const tag = `"${createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22)}"`;
  context.header('etag', tag);
  const isKnown = namesEtag(context.req.header('if-none-match'), tag);
  return isKnown ? context.body(null, 304) : context.json(value);
}

function isOutcome(value: object): value is Outcome {
  return 'outcome' in value && 'retryable' in value;
}
