import { type CallToolRequest, type CallToolResult, ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import type { ConsentAnswer, RequestContext } from '../shared/cancellation/request-context.ts';
import { mostJobs } from '../shared/contract/requests.ts';
import type { Fault } from '../shared/contract/result.ts';
import type { Clock } from '../shared/lib/clock.ts';
import { nameOf } from '../shared/lib/log.ts';
import { tooManyEntriesMessage } from '../shared/messages/faults.ts';
import { CallProgress, type ProgressNotice } from './call-progress.ts';
import type { ServerParts } from './server-parts.ts';
import { faultsResult } from './tools/faults.ts';
import { tools } from './tools/index.ts';
import type { ToolResult } from './tools/tool.ts';

/** A tool always answers within this time, because several clients give up a call after a minute. */
const longestCallMs = 49_000;
/** The time a call needs after a person has agreed, to send the cancels and check the status. */
const afterAnswerMs = 10_000;

/** One call of a tool, and the client it comes from. */
export interface Calling extends ServerParts {
  readonly clock: Clock;
  /** When the call arrived, on the monotonic clock. */
  readonly since: number;
  /** Aborted when the client cancels the call or disconnects, and when the process is to stop. */
  readonly signal: AbortSignal;
  notify(token: string | number, notice: ProgressNotice): void;
  /** Asks the person behind the client, and waits at most `patienceMs` milliseconds. */
  askPerson(question: string, onLateYes: () => Promise<void>, patienceMs: number): Promise<ConsentAnswer>;
}

/**
 * Calls a tool. Faults of the input and bugs in calloff are results with `isError` and calloff's own sentences.
 * @throws an error with a JSON-RPC code if there is no such tool.
 */
export async function callTool(params: CallToolRequest['params'], calling: Calling): Promise<CallToolResult> {
  const tool = tools.find(({ name }) => name === params.name);
  if (tool === undefined) throw noSuchTool();
  const tooLong = longList(params.arguments ?? {});
  if (tooLong !== undefined) return present(faultsResult([tooLong]));
  const { gateway, log, ownWork } = calling;
  const { context, progress } = await contextOf(params, calling);
  try {
    return present(await tool.run(params.arguments ?? {}, { gateway, context, ownWork }));
  } catch (error) {
    const { requestId } = context;
    log({ level: 'error', event: 'tool_failed', request_id: requestId, error: nameOf(error) });
    const text = `An internal error occurred in calloff (${requestId}).`;
    return present({ structured: {}, text, failed: true });
  } finally {
    progress.stop();
    // A cancelled call gets no answer, by the protocol. The log says how far it had come.
    if (context.signal?.aborted)
      log({ level: 'info', event: 'call_cancelled', request_id: context.requestId, jobs: progress.done });
  }
}

/** The fault of a list with more entries than any call takes. It is refused before its entries are checked. */
function longList(given: object): Fault | undefined {
  const [path] =
    Object.entries(given).find(([, each]) => Array.isArray(each) && each.length > mostJobs) ?? [];
  if (path === undefined) return undefined;
  return { path: path.slice(0, 100), kind: 'invalid', message: tooManyEntriesMessage(mostJobs) };
}

/** No `McpError`: that adds a prefix to its message, and the client adds another. */
function noSuchTool(): Error {
  return Object.assign(new Error('There is no tool with this name.'), { code: ErrorCode.InvalidParams });
}

async function contextOf(params: CallToolRequest['params'], calling: Calling) {
  const { signal, surface, notify, askPerson, clock, since } = calling;
  const token = params._meta?.progressToken;
  const leftMs = () => since + longestCallMs - clock.now();
  const caller = await calling.caller();
  const progress = new CallProgress(clock, (notice) => token !== undefined && notify(token, notice));
  const context: RequestContext = {
    requestId: calling.newRequestId(),
    caller,
    callerNow: calling.caller,
    surface,
    signal,
    limitMs: leftMs(),
    onProgress: (told) => progress.report(told),
    askPerson: (question, onLateYes) =>
      progress.asking(() => askPerson(question, onLateYes, leftMs() - afterAnswerMs)),
  };
  return { context, progress };
}

function present({ structured, text, failed }: ToolResult): CallToolResult {
  const content = [{ type: 'text' as const, text }];
  const said = Object.keys(structured).length === 0 ? {} : { structuredContent: structured };
  return { content, ...said, ...(failed ? { isError: true } : {}) };
}
