import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { readableEvent, requestIdOf } from './event.ts';
import type { GatewayEvent } from './route-path.ts';

/**
 * A Lambda function behind an HTTP API (payload format 2.0 or 1.0) or a REST API. The app is built once per environment,
 * and uses API Gateway's request ids.
 */
export function lambdaHandler(build: (newRequestId: () => string) => Hono<HonoEnvironment>) {
  const requestId = new AsyncLocalStorage<string>();
  const answer = handle(build(() => requestId.getStore() ?? randomUUID()));
  return (event: GatewayEvent, context?: Context) =>
    requestId.run(requestIdOf(event), () => answer(readableEvent(event), context));
}
