import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { RecentCancels } from '../shared/access/recent-cancels.ts';
import { systemClock } from '../shared/clock.ts';
import { type GatewayEvent, readableEvent } from './aws/event.ts';
import { lambdaParts } from './aws/parts.ts';
import type { Environment } from './http/environment.ts';
import { mcpRoutes } from './http/mcp-routes.ts';

const { settings, gateway, token, log } = lambdaParts();
const routes = mcpRoutes({
  gateway,
  token,
  log,
  confirmAbove: settings.confirmAbove,
  recent: new RecentCancels(systemClock),
  newRequestId: randomUUID,
  hosts: 'any',
  streams: false,
});
const answer = handle(new Hono<Environment>().route('/mcp', routes));

/** MCP over Streamable HTTP on Lambda: `POST /mcp`, stateless, answers in JSON. */
export async function handler(event: GatewayEvent, context?: Context) {
  return answer(readableEvent(event), context);
}
