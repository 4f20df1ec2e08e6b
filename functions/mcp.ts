import './aws/zod-jitless.ts';
import { lambdaHandler } from './aws/handler.ts';
import { lambdaParts } from './aws/lambda-gateway.ts';
import { ringThrough } from './aws/ring.ts';
import { baseApp } from './http/base-app.ts';
import { jsonRpcError } from './http/json-rpc-error.ts';
import { mcpRoutes } from './http/mcp-routes.ts';

const { settings, gateway, callers, log } = lambdaParts({ ringThrough });
const { confirmAbove } = settings;
const routes = mcpRoutes({ gateway, callers, log, confirmAbove, hosts: 'any', streams: false });

/** MCP over Streamable HTTP on Lambda: `POST /mcp`, stateless, answers in JSON. */
export const handler = lambdaHandler((newRequestId) =>
  baseApp({ newRequestId, log }, jsonRpcError).route('/mcp', routes),
);
