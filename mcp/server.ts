import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import type { RecentCancels } from '../shared/access/recent-cancels.ts';
import type { CallContext } from '../shared/cancellation/cancel-jobs.ts';
import { readInput } from '../shared/cancellation/check.ts';
import type { Gateway } from '../shared/gateway.ts';
import type { Log } from '../shared/log.ts';
import { version } from '../shared/version.ts';
import type { Consent, Verdict } from './consent.ts';
import { tools } from './tools/index.ts';
import { faultsResult } from './tools/results.ts';
import type { ToolResult } from './tools/tool.ts';

/** What the server needs. */
export interface ServerParts {
  readonly gateway: Gateway;
  readonly log: Log;
  /** From which number of jobs in ten minutes on a person is asked. */
  readonly confirmAbove: number;
  readonly recent: RecentCancels;
  newRequestId(): string;
  /** Aborted when the process is to stop. */
  readonly stopping?: AbortSignal | undefined;
  /** Told of every call, so that a process can wait for what is under way before it ends. */
  onCall?(call: Promise<unknown>): void;
}

const consentTimeoutMs = 120_000;
const instructions =
  'calloff cancels compute jobs and says only what is true. Find jobs with list_jobs, cancel with cancel_job or cancel_jobs. Believe outcome and state, never a job name. What is "cancelling" or "unknown" is not over: look again.';

/** The tools as a client sees them. `type: [a, b]` is put as `anyOf`, for clients that know single types only. */
function listTools() {
  return tools.map(({ name, title, description, input, output, annotations }) => ({
    name,
    title,
    description,
    inputSchema: schemaOf(input, 'input'),
    outputSchema: schemaOf(output, 'output'),
    annotations: { title, ...annotations },
  }));
}

function schemaOf(schema: z.ZodObject, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  const portable = JSON.stringify(rest).replaceAll(/"type":\[([^\]]+)\]/g, (_all, types: string) => {
    return `"anyOf":[${types.split(',').map((type) => `{"type":${type}}`)}]`;
  });
  return { ...JSON.parse(portable), type: 'object' as const };
}

/** A server with every tool, that knows no transport. One per connection; over stateless HTTP one per request. */
export function buildServer(parts: ServerParts): Server {
  const server = new Server(
    { name: 'calloff', title: 'calloff', version },
    { capabilities: { tools: {} }, instructions },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: listTools() }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const call = callTool(params, {
      ...parts,
      consent: consentOf(server, parts),
      signal: extra.signal,
      notify,
    });
    parts.onCall?.(call);
    return call;

    function notify(progressToken: string | number, progress: number, total: number): void {
      const params = { progressToken, progress, total };
      extra.sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
    }
  });
  return server;
}

interface CallParts extends ServerParts {
  readonly consent: Consent;
  readonly signal: AbortSignal;
  notify(token: string | number, progress: number, total: number): void;
}

async function callTool(params: CallToolRequest['params'], parts: CallParts): Promise<CallToolResult> {
  const tool = tools.find(({ name }) => name === params.name);
  if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, 'There is no such tool.');
  const given = params.arguments ?? {};
  const checked = readInput(tool.input, given);
  if (!checked.ok) return present(faultsResult(checked.faults));
  const { gateway, consent, signal, stopping } = parts;
  const token = params._meta?.progressToken;
  const context: CallContext = {
    requestId: parts.newRequestId(),
    signal: stopping === undefined ? signal : AbortSignal.any([signal, stopping]),
    ...(token === undefined ? {} : { onProgress: (done, total) => parts.notify(token, done, total) }),
  };
  try {
    return present(await tool.run(given, { gateway, consent, context }));
  } catch (error) {
    const { requestId } = context;
    const name = error instanceof Error ? error.name : 'unknown';
    parts.log({ level: 'error', event: 'tool_broke', request_id: requestId, error: name });
    return present({
      structured: {},
      text: `Something went wrong inside calloff (${requestId}).`,
      failed: true,
    });
  }
}

function present({ structured, text, failed }: ToolResult): CallToolResult {
  const content = [{ type: 'text' as const, text }];
  const said = Object.keys(structured).length === 0 ? {} : { structuredContent: structured };
  return { content, ...said, ...(failed ? { isError: true } : {}) };
}

function consentOf(server: Server, { confirmAbove, recent }: ServerParts): Consent {
  return { above: confirmAbove, recent, ask: (question) => askPerson(server, question) };
}

/** Asks the person through the client. Only a ticked box is a yes. */
async function askPerson(server: Server, message: string): Promise<Verdict> {
  if (server.getClientCapabilities()?.elicitation === undefined) return 'nobody';
  const confirm = { type: 'boolean' as const, title: 'Cancel these jobs', default: false };
  const requestedSchema = { type: 'object' as const, properties: { confirm }, required: ['confirm'] };
  try {
    const { action, content } = await server.elicitInput(
      { message, requestedSchema },
      { timeout: consentTimeoutMs },
    );
    return action === 'accept' && content?.['confirm'] === true ? 'agreed' : 'declined';
  } catch {
    return 'no_answer';
  }
}
