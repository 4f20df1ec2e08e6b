import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { handle } from 'hono/aws-lambda';
import { type GatewayEvent, readableEvent, requestIdOf } from './aws/event.ts';
import { lambdaParts } from './aws/parts.ts';
import { createApp } from './http/app.ts';

const { gateway, token, log } = lambdaParts();
const requestId = new AsyncLocalStorage<string>();
const newRequestId = () => requestId.getStore() ?? randomUUID();
const answer = handle(createApp({ gateway, token, log, newRequestId }));

/**
 * The HTTP API on Lambda, behind an HTTP API (payload format 2.0 or 1.0) or a REST API. What is above is built once
 * per environment; secrets are read when they are first needed.
 */
export async function handler(event: GatewayEvent, context?: Context) {
  return requestId.run(requestIdOf(event), () => answer(readableEvent(event), context));
}
