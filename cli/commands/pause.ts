import type { Command } from 'commander';
import { anotherRequest } from '../call.ts';
import { openCall } from '../open-call.ts';
import { printOperation } from '../operations/print-operation.ts';
import { valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import type { OutputOptions } from '../output/print.ts';

/** `calloff pause <operation>` */
export function addPause(program: Command): void {
  const command = program
    .command('pause')
    .description('pause an operation: no cancel is sent later than a second after the answer')
    .argument('<operation>', 'the id of the operation')
    .option('--json', 'print JSON, on a terminal too')
    .action(pause);
  addExamples(command, [['calloff pause op_k7m2p9x4qdk7m2p9x4qd', 'send nothing more until it is resumed']]);
}

async function pause(operation_id: string, options: OutputOptions): Promise<void> {
  const call = await openCall();
  const answer = await call.gateway.pauseOperation({ operation_id }, anotherRequest(call));
  const view = valueOrPrint(answer, { command: 'pause' });
  if (view === undefined) return;
  process.exitCode = 0;
  await printOperation(call, view, options);
}
