import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Clock, systemClock } from '../shared/lib/clock.ts';
import { version } from '../shared/lib/version.ts';
import type { ProgressNotice } from './call-progress.ts';
import { Elicitation } from './elicitation.ts';
import type { ServerParts } from './server-parts.ts';

const instructions = `calloff cancels compute jobs and never reports a job as cancelled unless the provider's status says so. Find jobs with list_jobs, cancel with cancel_job or cancel_jobs. Trust outcome and state, never a job name. A job that is "cancelling" or "unknown" may still run: check it again with list_jobs. An operation goes on after the answer: see get_operation.`;

/**
 * The SDK checks a person's form input with ajv, which costs more to load than all the rest. calloff has one form with
 * one box, which `Elicitation` reads itself, so the bundles leave ajv out.
 */
const jsonSchemaValidator = {
  getValidator(): never {
    throw new Error('this server compiles no schema');
  },
};

/**
 * Methods that calloff does not offer but many clients call anyway. They get an empty list, because with an error the
 * server would look broken.
 */
const emptyLists = new Map([
  ['resources/list', { resources: [] }],
  ['resources/templates/list', { resourceTemplates: [] }],
  ['prompts/list', { prompts: [] }],
]);

/** The list of tools, and the function that calls them: loaded already, or when they are first needed. */
export interface ToolLoader {
  list(): Promise<Pick<typeof import('./tools/list-tools.ts'), 'listTools'>>;
  call(): Promise<Pick<typeof import('./call-tool.ts'), 'callTool'>>;
}

/**
 * A server with every tool, independent of the transport. One per connection; over stateless HTTP one per request. It asks
 * for its parts and the tools when they are first needed, so that a process of its own answers `initialize` sooner.
 */
export function buildServer(
  load: () => Promise<ServerParts>,
  tools: ToolLoader,
  clock: Clock = systemClock,
): Server {
  const server = new Server(
    { name: 'calloff', title: 'calloff', version },
    { capabilities: { tools: {} }, instructions, jsonSchemaValidator },
  );
  const person = new Elicitation(server, { clock });
  server.fallbackRequestHandler = async ({ method }) => {
    const nothing = emptyLists.get(method);
    if (nothing !== undefined) return nothing;
    throw Object.assign(new Error('Method not found'), { code: ErrorCode.MethodNotFound });
  };
  server.setRequestHandler(ListToolsRequestSchema, async () => {
    const { listTools } = await tools.list();
    return { tools: listTools() };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const since = clock.now();
    const [parts, { callTool }] = await Promise.all([load(), tools.call()]);
    const leaving = parts.stopping === undefined ? signal : AbortSignal.any([signal, parts.stopping]);
    const askPerson = (question: string, onLateYes: () => Promise<void>, patienceMs: number) =>
      person.ask(question, { signal: leaving, onLateYes, patienceMs });
    const call = callTool(params, { ...parts, signal: leaving, clock, since, notify, askPerson });
    parts.onCall?.(call);
    return call;

    function notify(progressToken: string | number, notice: ProgressNotice): void {
      const told = { progressToken, ...notice };
      sendNotification({ method: 'notifications/progress', params: told }).catch(() => undefined);
    }
  });
  return server;
}
