import './aws/start.ts';
import { lambdaHandler } from './aws/handler.ts';
import { lambdaParts } from './aws/parts.ts';
import { baseApp } from './http/base-app.ts';
import { mcpFault } from './http/mcp-fault.ts';
import { mcpRoutes } from './http/mcp-routes.ts';

const { settings, gateway, callers, log } = lambdaParts();
const { confirmAbove } = settings;
const routes = mcpRoutes({ gateway, callers, log, confirmAbove, hosts: 'any', streams: false });

/** MCP over Streamable HTTP on Lambda: `POST /mcp`, stateless, answers in JSON. */
export const handler = lambdaHandler((newRequestId) =>
  baseApp({ newRequestId, log }, mcpFault).route('/mcp', routes),
);
