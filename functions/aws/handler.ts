import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import type { Environment } from '../http/environment.ts';
import { type GatewayEvent, readableEvent, requestIdOf } from './event.ts';

/**
 * A Lambda function behind an HTTP API (payload format 2.0 or 1.0) or a REST API. The app is built once per
 * environment; what it takes for new request ids are those of API Gateway.
 */
export function lambdaHandler(build: (newRequestId: () => string) => Hono<Environment>) {
  const requestId = new AsyncLocalStorage<string>();
  const answer = handle(build(() => requestId.getStore() ?? randomUUID()));
  return (event: GatewayEvent, context?: Context) =>
    requestId.run(requestIdOf(event), () => answer(readableEvent(event), context));
}
