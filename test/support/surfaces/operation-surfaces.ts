import * as z from 'zod';
import { operationInTerminal } from '../../../cli/operations/operation-words.ts';
import { operationReport } from '../../../cli/output/operation-report.ts';
import { operationTable } from '../../../cli/output/operation-table.ts';
import { createApp } from '../../../functions/http/app.ts';
import { actionIds } from '../../../functions/slack/inbound/actions.ts';
import { operationTitle } from '../../../functions/slack/wording/operations.ts';
import type { Caller } from '../../../shared/access/caller.ts';
import type { ConnectionSettings } from '../../../shared/config/connection-settings.ts';
import { operationStates } from '../../../shared/contract/operations.ts';
import { outcomeNames } from '../../../shared/contract/outcome.ts';
import { outcomeSigns } from '../../../shared/contract/signs.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import { silentLog } from '../../../shared/lib/log.ts';
import type { Store } from '../../../shared/store/store.ts';
import { callOf } from '../guard-harness.ts';
import { accepted } from '../harness.ts';
import { slackInMemory } from '../slack/in-memory.ts';
import type { ManualClock } from '../time/manual-clock.ts';
import { inMemory } from './mcp-client.ts';

/** What a surface told of an operation: only the counts that are not zero, with `pending` and `came_back`. */
export interface OperationTold {
  readonly state: string | undefined;
  readonly counts: Readonly<Record<string, number>>;
  /** All the words that it used. */
  readonly text: string;
}

/** A way to direct operations, and to read them. What cannot be done is told in a text. */
export interface OperationSurface {
  readonly name: string;
  read(id: string): Promise<OperationTold>;
  pause(id: string): Promise<string>;
  resume(id: string): Promise<string>;
}

/** What the surfaces share. */
export interface OperationGround {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly connections: readonly ConnectionSettings[];
  readonly clock: ManualClock;
  readonly caller: Caller;
}

const told = z.object({
  state: z.string(),
  counts: z.record(z.string(), z.number()),
  pending: z.number(),
  came_back: z.number(),
});

function countsOf({ counts, pending, came_back }: z.infer<typeof told>): Record<string, number> {
  const all = Object.entries({ ...counts, pending, came_back });
  return Object.fromEntries(all.filter(([, count]) => count > 0));
}

/** Every surface that tells of operations, on one gateway. */
export async function operationSurfaces(ground: OperationGround): Promise<readonly OperationSurface[]> {
  return [overHttp(ground), await byTools(ground), onCommandLine(ground), inSlack(ground)];
}

function overHttp({ gateway, caller }: OperationGround): OperationSurface {
  const callers = { identify: async () => caller };
  const app = createApp({ gateway, callers, log: silentLog, newRequestId: () => 'test' });
  const send = async (path: string, init?: RequestInit) => {
    const headers = { 'content-type': 'application/json' };
    return (await app.request(`/v1/operations/${path}`, { headers, ...init })).text();
  };
  const post = (path: string) => send(path, { method: 'POST', body: '{}' });
  return {
    name: 'HTTP',
    async read(id) {
      const text = await send(id);
      const view = told.parse(JSON.parse(text));
      return { state: view.state, counts: countsOf(view), text };
    },
    pause: (id) => post(`${id}/pause`),
    resume: (id) => post(`${id}/resume`),
  };
}

async function byTools({ gateway, clock, caller }: OperationGround): Promise<OperationSurface> {
  const parts = { gateway, clock, log: silentLog, caller: async () => caller, newRequestId: () => 'test' };
  const { call } = await inMemory({ ...parts, surface: 'mcp' });
  return {
    name: 'MCP',
    async read(operation_id) {
      const { structured, text } = await call('get_operation', { operation_id });
      const [view] = z.object({ operations: z.tuple([told]) }).parse(structured).operations;
      return { state: view.state, counts: countsOf(view), text };
    },
    pause: async (operation_id) => (await call('pause_operation', { operation_id })).text,
    resume: async (operation_id) => (await call('cancel_jobs', { operation_id })).text,
  };
}

/** The command line works through the gateway; what is judged is what it prints. */
function onCommandLine({ gateway, clock, caller }: OperationGround): OperationSurface {
  const terminal = { width: 400, hasColour: false };
  return {
    name: 'the command line',
    async read(operation_id) {
      const view = accepted(await gateway.getOperation({ operation_id }, callOf(caller)));
      const list = operationTable([view], terminal, clock.wallTime());
      const words = operationInTerminal(view);
      const text = operationReport(view, { notable: [], notableCount: 0, ...words }, terminal);
      const [, row = ''] = list.split('\n');
      const counted = [...text.matchAll(/^(?:\S )?(\w+|none yet) +\S+ +(\d+)$/gm)].map(
        ([, name = '', count]) => [name === 'none yet' ? 'pending' : name, Number(count)] as const,
      );
      const back = Number(/(\d+) jobs? that w(?:as|ere) cancelled ha/.exec(text)?.[1] ?? 0);
      const counts = Object.fromEntries([...counted, ...(back > 0 ? [['came_back', back] as const] : [])]);
      const state = row.split(' ')[1];
      return { state: state === 'waiting' ? 'waiting_for_confirmation' : state, counts, text };
    },
    pause: async (operation_id) =>
      JSON.stringify(await gateway.pauseOperation({ operation_id }, callOf(caller))),
    resume: async (operation_id) =>
      JSON.stringify(await gateway.resumeOperation({ operation_id }, callOf(caller))),
  };
}

function inSlack(ground: OperationGround): OperationSurface {
  const carryOut = slackInMemory(ground);
  const nameOf = new Map<string, string>([
    ...outcomeNames.map((name) => [outcomeSigns[name].word, name] as const),
    ['came back to life', 'came_back'] as const,
    ['without an outcome', 'pending'] as const,
  ]);
  return {
    name: 'Slack',
    async read(id) {
      const { texts } = await carryOut({ kind: 'operations' });
      const [text = ''] = texts;
      const line = text.split('\n').find((each) => each.endsWith(`\`${id}\``)) ?? '';
      const [, title = '', counted = ''] = /^(\S \*[^*]+\*) · [\d,]+ jobs? · (.*) · \d/.exec(line) ?? [];
      const counts = counted.split(', ').flatMap((part) => {
        const [, count, words = ''] = /^([\d,]+) (.*)$/.exec(part) ?? [];
        return count === undefined ? [] : [[nameOf.get(words) ?? words, Number(count)] as const];
      });
      const state = operationStates.find((each) => operationTitle(each) === title);
      return { state, counts: Object.fromEntries(counts), text };
    },
    pause: async (operation) => (await carryOut({ kind: 'pause', operation })).texts.join('\n'),
    async resume(operation) {
      const { texts, buttons, press } = await carryOut({ kind: 'resume', operation });
      if (!buttons.some(({ action_id }) => action_id === actionIds.confirm)) return texts.join('\n');
      return (await carryOut(press(actionIds.confirm))).texts.join('\n');
    },
  };
}
