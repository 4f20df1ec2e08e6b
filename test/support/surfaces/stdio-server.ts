import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { loadedTools } from '../../../mcp/loaded-tools.ts';
import { buildServer } from '../../../mcp/server.ts';
import { StdioTransport } from '../../../mcp/stdio-transport.ts';
import { unrestrictedRights } from '../../../shared/access/caller.ts';
import { credentialFromSettings } from '../../../shared/config/secrets/credentials.ts';
import { providerIds } from '../../../shared/contract/provider-ids.ts';
import { createGateway } from '../../../shared/gateway.ts';
import { logToStderr as log } from '../../../shared/lib/log.ts';

/** `calloff mcp` on connections that the environment has no room for, given as its only argument. */
const terms = z
  .object({
    connections: z.array(
      z.object({
        name: z.string(),
        provider: z.enum(providerIds),
        baseUrl: z.string(),
        apiKey: z.string().optional(),
        options: z.record(z.string(), z.string()),
      }),
    ),
    budgetMs: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const server = buildServer(
  async () => ({
    gateway: createGateway({
      ...terms,
      connections: async () => terms.connections,
      credentials: credentialFromSettings,
      log,
    }),
    log,
    caller: async () => ({ id: 'test', kind: 'agent', rights: unrestrictedRights }),
    surface: 'stdio',
    newRequestId: randomUUID,
  }),
  loadedTools,
);
await server.connect(new StdioTransport(() => process.exit(0)));
