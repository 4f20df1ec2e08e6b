import type { Command } from 'commander';
import type { OperationState } from '../../shared/contract/operations.ts';
import { anotherRequest } from '../call.ts';
import { openCall } from '../open-call.ts';
import { printOperation } from '../operations/print-operation.ts';
import { workOff } from '../operations/work-off.ts';
import { valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import type { OutputOptions } from '../output/print.ts';

/** An operation is followed until nothing changes any more by itself. */
const followedStates: ReadonlySet<OperationState> = new Set(['listing', 'running', 'following']);

/** `calloff follow <operation>` */
export function addFollow(program: Command): void {
  const command = program
    .command('follow')
    .description(
      'show the progress of an operation until every job has ended; works on it if nothing else does',
    )
    .argument('<operation>', 'the id of the operation')
    .option('--json', 'print JSON, on a terminal too')
    .action(follow);
  addExamples(command, [['calloff follow op_k7m2p9x4qdk7m2p9x4qd', 'wait until every job has ended']]);
}

async function follow(operation_id: string, options: OutputOptions): Promise<void> {
  const call = await openCall();
  const { gateway, context } = call;
  const command = 'follow';
  const read = await gateway.getOperation({ operation_id }, anotherRequest(call));
  const found = valueOrPrint(read, { command });
  if (found === undefined) return;
  const works = !call.isRemote && [found.caller, found.started_by].includes(context.caller.id);
  const view = followedStates.has(found.state)
    ? await workOff(call, found, { command, goesOn: followedStates, works })
    : found;
  if (view !== undefined) await printOperation(call, view, options);
}
