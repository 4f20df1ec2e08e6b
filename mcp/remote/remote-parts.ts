import { randomUUID } from 'node:crypto';
import { callerThere, startProxy } from '../../cli/remote/remote-call.ts';
import { createRemoteGateway } from '../../cli/remote/remote-gateway.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { ServerInUse } from '../../shared/config/client/server-in-use.ts';
import { faulty, ok, type Result } from '../../shared/contract/result.ts';
import { logToStderr as log } from '../../shared/lib/log.ts';
import type { ServerParts } from '../server-parts.ts';
import { assistantGateway } from './assistant-gateway.ts';

/** The parts of an MCP server in its own process that asks a calloff server, and has no provider's key. */
export function remoteParts(server: ServerInUse): ServerParts {
  startProxy(server);
  const agent = createRemoteGateway(server, 'stdio', agentCheck(server));
  const person = createRemoteGateway(server, undefined);
  const caller = { ...callerThere, kind: 'agent' } as const;
  return {
    gateway: assistantGateway({ agent, person }),
    log,
    caller: async () => caller,
    surface: 'stdio',
    newRequestId: randomUUID,
  };
}

/**
 * Checks, once and before anything else is asked, that the server treats the assistant as an agent: one that does not know the
 * header would give it all the rights of the token's caller.
 */
function agentCheck(server: ServerInUse): (context: RequestContext) => Promise<Result<true>> {
  const gateway = createRemoteGateway(server, 'stdio');
  let isChecked = false;
  return async (context) => {
    if (isChecked) return ok(true);
    const caller = await gateway.getCaller({}, context);
    if (!caller.ok) return caller;
    isChecked = caller.value.kind === 'agent';
    return isChecked ? ok(true) : faulty(notAnAgent(server.url));
  };
}

function notAnAgent(url: string) {
  const step = 'Update the server.';
  const message = `The server at ${url} does not treat this assistant as an agent, so calloff asks it for nothing. ${step}`;
  return { path: '', kind: 'denied', message, step } as const;
}
