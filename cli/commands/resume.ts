import type { Command } from 'commander';
import { anotherRequest, isInterrupted } from '../call.ts';
import { openCall } from '../open-call.ts';
import { tellNotResumed } from '../operations/begin.ts';
import { type CarryOutOptions, carryOut } from '../operations/carry-out.ts';
import { beginOperation } from '../operations/confirm-start.ts';
import { valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';

interface Options extends CarryOutOptions {
  readonly outcome?: string;
  readonly confirmation?: string;
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
  const call = await openCall();
  const command = 'resume';
  const read = await call.gateway.getOperation({ operation_id }, anotherRequest(call));
  if (!read.ok && isInterrupted(call)) return tellNotResumed(operation_id);
  const found = valueOrPrint(read, { command });
  if (found === undefined) return;
  const isDraft = found.state === 'draft' || found.state === 'waiting_for_confirmation';
  const outcome = options.outcome?.split(',').map((each) => each.trim());
  const round = { verb: isDraft ? 'start' : 'resume', outcome, command } as const;
  const begun = await beginOperation(call, found.id, round, options.confirmation);
  if (begun !== undefined) await carryOut(call, begun, round, options);
}
