import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ErrorCode, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Clock, systemClock } from '../shared/lib/clock.ts';
import { version } from '../shared/lib/version.ts';
import type { ProgressNotice } from './call-progress.ts';
import { Elicitation } from './elicitation.ts';
import type { ServerParts } from './server-parts.ts';

const instructions =
  'calloff cancels compute jobs and says only what is true. Find jobs with list_jobs, cancel with cancel_job or cancel_jobs. Believe outcome and state, never a job name. What is "cancelling" or "unknown" is not over: look again.';

/**
 * For checking what a person fills in, the SDK brings ajv, which costs more to load than all the rest. There is one form
 * with one box, `Person` reads it itself, and bundles leave ajv out.
 */
const jsonSchemaValidator = {
  getValidator(): never {
    throw new Error('no schema is compiled here');
  },
};

/**
 * What there is none of, and many a client asks for all the same, whatever the server says that it has: an error would
 * look like a server that is broken.
 */
const emptyLists = new Map([
  ['resources/list', { resources: [] }],
  ['resources/templates/list', { resourceTemplates: [] }],
  ['prompts/list', { prompts: [] }],
]);

/**
 * A server with every tool, that knows no transport. One per connection; over stateless HTTP one per request. Its parts
 * and the tools are loaded when they are first asked for, so that `initialize` is answered before.
 */
export function buildServer(load: () => Promise<ServerParts>, clock: Clock = systemClock): Server {
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
    const { listTools } = await import('./tools/index.ts');
    return { tools: listTools() };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const since = clock.now();
    const [parts, { callTool }] = await Promise.all([load(), import('./call-tool.ts')]);
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
