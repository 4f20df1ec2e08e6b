import { digestSchema } from '../../../mcp/tools/bulk-result.ts';
import { outcomeSchema } from '../../../shared/contract/answers/outcome-schema.ts';
import { statusOf } from '../../../shared/contract/outcome.ts';
import { omitUndefined } from '../../../shared/lib/collections.ts';
import { settingsFor } from '../harness.ts';
import { type McpClient, overHttp, overStdio } from './mcp-client.ts';
import { serverFor } from './server.ts';
import type { Ground, OpenSurface, Surface } from './surfaces.ts';

/** A surface of tools that answers. */
export interface OpenMcpSurface extends OpenSurface {
  readonly mcp: McpClient;
}

/** A surface that speaks MCP. */
export interface McpSurface extends Surface {
  open(ground: Ground): Promise<OpenMcpSurface>;
}

/** More than any test asks for: nobody is asked for consent here. */
const confirmAbove = 10_000;

/** Every surface that speaks MCP. */
export const mcpSurfaces: readonly McpSurface[] = [
  { name: 'MCP over stdio', open: stdio },
  { name: 'MCP over HTTP', open: http },
];

async function http({ connections, budgetMs }: Ground): Promise<OpenMcpSurface> {
  const settings = { ...settingsFor(connections, budgetMs), confirmAbove };
  const server = await serverFor(settings);
  const mcp = await overHttp({ url: server.url, token: settings.token });
  return byTools(mcp, async () => {
    await mcp.close();
    await server.stop();
  });
}

/** A process that knows any connections: the environment of `calloff mcp` has room for one per provider. */
async function stdio({ connections, budgetMs }: Ground): Promise<OpenMcpSurface> {
  const terms = JSON.stringify({ connections, budgetMs });
  const mcp = await overStdio({ args: ['test/support/surfaces/stdio-server.ts', terms] });
  return byTools(mcp, mcp.close);
}

function byTools(mcp: McpClient, close: () => Promise<void>): OpenMcpSurface {
  return {
    mcp,
    omits: ['send_if_status_unknown'],
    async cancel(request) {
      const { structured } = await mcp.call('cancel_job', request);
      const { operation_id: _, ...told } = structured;
      const outcome = outcomeSchema.parse(told);
      return { status: statusOf(outcome), outcome };
    },
    async cancelAmongMany({ provider, job_id, ...how }) {
      const { structured } = await mcp.call('cancel_jobs', { jobs: [{ provider, job_id }], ...how });
      const outcome = onlyOutcome(structured);
      return { status: statusOf(outcome), outcome };
    },
    close,
  };
}

/** A short answer: whatever an outcome holds, or less. */
export const briefSchema = outcomeSchema
  .partial()
  .required({ provider: true, job_id: true, outcome: true, state: true, message: true });

/** What a digest tells of the only job in it. */
function onlyOutcome(structured: unknown) {
  const { outcomes, notes, next_steps } = digestSchema.parse(structured);
  const [message, billing_note] = notes;
  const [next_step] = next_steps;
  return briefSchema.parse({ ...outcomes[0], ...omitUndefined({ message, billing_note, next_step }) });
}
