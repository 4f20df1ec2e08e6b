import { type CallToolRequest, type CallToolResult, ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import type { CallContext, Verdict } from '../shared/cancellation/call-context.ts';
import { readInput } from '../shared/cancellation/check.ts';
import { nameOf } from '../shared/log.ts';
import type { ServerParts } from './server.ts';
import { tools } from './tools/index.ts';
import { faultsResult } from './tools/results.ts';
import type { ToolResult } from './tools/tool.ts';

/** One call of a tool, and the client it comes from. */
export interface Calling extends ServerParts {
  /** Aborted when the client takes the call back or is gone, and when the process is to stop. */
  readonly signal: AbortSignal;
  notify(token: string | number, progress: number, total: number): void;
  /** Asks the person behind the client. */
  askPerson(question: string, onLateYes: () => Promise<void>): Promise<Verdict>;
}

/**
 * Calls a tool. Faults of the input and bugs of ours are results with `isError`, in words of our own.
 * @throws an error with the code of JSON-RPC where there is no such tool.
 */
export async function callTool(params: CallToolRequest['params'], calling: Calling): Promise<CallToolResult> {
  const tool = tools.find(({ name }) => name === params.name);
  if (tool === undefined) throw noSuchTool();
  const given = params.arguments ?? {};
  const checked = readInput(tool.input, given);
  if (!checked.ok) return present(faultsResult(checked.faults));
  const { gateway, log } = calling;
  const { context, done } = await contextOf(params, calling);
  try {
    return present(await tool.run(given, { gateway, context }));
  } catch (error) {
    const { requestId } = context;
    log({ level: 'error', event: 'tool_broke', request_id: requestId, error: nameOf(error) });
    const text = `Something went wrong inside calloff (${requestId}).`;
    return present({ structured: {}, text, failed: true });
  } finally {
    // A call that was taken back gets no answer: the protocol has none. The log says how far it had come.
    if (context.signal?.aborted)
      log({ level: 'info', event: 'call_cut_short', request_id: context.requestId, jobs: done() });
  }
}

/** An `McpError` would carry a prefix in its message, and the client puts its own before it. */
function noSuchTool(): Error {
  return Object.assign(new Error('There is no such tool.'), { code: ErrorCode.InvalidParams });
}

async function contextOf(params: CallToolRequest['params'], calling: Calling) {
  const { signal, surface, notify, askPerson } = calling;
  const token = params._meta?.progressToken;
  let jobsDone = 0;
  const context: CallContext = {
    requestId: calling.newRequestId(),
    caller: await calling.caller(),
    callerNow: calling.caller,
    surface,
    signal,
    onProgress(done, total) {
      jobsDone = done;
      if (token !== undefined) notify(token, done, total);
    },
    askPerson,
  };
  return { context, done: () => jobsDone };
}

function present({ structured, text, failed }: ToolResult): CallToolResult {
  const content = [{ type: 'text' as const, text }];
  const said = Object.keys(structured).length === 0 ? {} : { structuredContent: structured };
  return { content, ...said, ...(failed ? { isError: true } : {}) };
}
