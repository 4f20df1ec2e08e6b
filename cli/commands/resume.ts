import type { Command } from 'commander';
import { anotherRequest, localCall } from '../local-call.ts';
import { beginOperation, confirmStart } from '../operations/confirm-start.ts';
import { printOperation } from '../operations/print-operation.ts';
import { sendingStates, workOff } from '../operations/work-off.ts';
import { valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import type { OutputOptions } from '../output/print.ts';

interface Options extends OutputOptions {
  readonly outcome?: string;
  readonly confirmation?: string;
  readonly background?: true;
}

/** `calloff resume <operation>` */
export function addResume(program: Command): void {
  const command = program
    .command('resume')
    .description('go on with an operation: do what is not attempted, unknown or failed; starts a draft')
    .argument('<operation>', 'the id of the operation')
    .option('--outcome <outcome>', 'do only jobs with this outcome; several with commas between them')
    .option('--confirmation <token or id>', 'use the confirmation that an earlier answer offered')
    .option('--background', 'leave the work to a "calloff serve" on the same store')
    .option('--json', 'print JSON, on a terminal too')
    .action(resume);
  addExamples(command, [
    ['calloff resume op_k7m2p9x4qdk7m2p9x4qd', 'go on'],
    ['calloff resume op_k7m2p9x4qdk7m2p9x4qd --outcome failed', 'try only what failed'],
  ]);
}

async function resume(operation_id: string, options: Options): Promise<void> {
  const call = await localCall();
  const command = 'resume';
  const read = await call.gateway.getOperation({ operation_id }, anotherRequest(call));
  const found = valueOrPrint(read, { command });
  if (found === undefined) return;
  const verb = found.started_at === undefined ? 'start' : 'resume';
  const outcome = options.outcome?.split(',').map((each) => each.trim());
  const round = { verb, outcome } as const;
  const asked = await beginOperation(call, found.id, round, options.confirmation);
  const begun = asked && (await confirmStart(call, asked, round));
  if (begun === undefined) return;
  const view =
    options.background || !sendingStates.has(begun.state)
      ? begun
      : await workOff(call, begun.id, { command, goesOn: sendingStates, works: true });
  if (view !== undefined) await printOperation(call, view, options);
}
