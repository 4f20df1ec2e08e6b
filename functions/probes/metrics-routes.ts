import type { Context, Hono } from 'hono';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import { can } from '../../shared/access/policy.ts';
import { expositionType } from '../../shared/lib/telemetry/exposition.ts';
import { authenticate } from '../console/authenticate.ts';
import { type BaseParts, baseApp } from '../http/base-app.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { type Hosts, isAllowedOrigin } from '../http/origin.ts';
import { problem } from '../http/problem.ts';

/** Serves `/metrics` beside the API, for callers with the right `audit`. */
export function serveMetrics(
  app: Hono<HonoEnvironment>,
  text: () => Promise<string>,
  callers: Authenticator,
): void {
  app.use('/metrics', authenticate(callers, undefined));
  app.get('/metrics', async (context) =>
    can(context.get('caller'), 'audit') ? answerWith(context, await text()) : problem(context, 'forbidden'),
  );
}

/** The app of a port of its own, which serves `/metrics` without a token. On loopback it refuses foreign names of the host. */
export function metricsApp(
  parts: BaseParts,
  text: () => Promise<string>,
  hosts: Hosts,
): Hono<HonoEnvironment> {
  const app = baseApp(parts, problem);
  app.get('/metrics', async (context) => {
    const { req } = context;
    const isOwn = isAllowedOrigin(req.header('host') ?? '', req.header('origin'), hosts);
    return isOwn ? answerWith(context, await text()) : problem(context, 'forbidden');
  });
  return app;
}

function answerWith(context: Context, text: string): Response {
  return context.body(text, 200, { 'content-type': expositionType });
}
