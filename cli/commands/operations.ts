import { type Command, Option } from 'commander';
import { operationStates } from '../../shared/contract/operations.ts';
import { openCall } from '../open-call.ts';
import { valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { operationTable } from '../output/operation-table.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { wrapText } from '../output/wrap.ts';

interface Options extends OutputOptions {
  readonly state?: string;
  readonly caller?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

/** `calloff operations` */
export function addOperations(program: Command): void {
  const command = program
    .command('operations')
    .description('list your operations, the newest first')
    .addOption(
      new Option('--state <state>', 'list operations in this state; several with commas between them')
        .choices(operationStates)
        .argParser((text) => text),
    )
    .option('--caller <id>', "list another caller's; * for all")
    .option('--limit <count>', 'list at most this many; default 100')
    .option('--cursor <cursor>', 'continue an earlier list with the same filters')
    .option('--json', 'print JSON, on a terminal too')
    .action(operations);
  addExamples(command, [
    ['calloff operations', 'see what calloff works on, and what has ended'],
    ['calloff operations --state running,following', 'list those that have not ended'],
  ]);
}

async function operations({ json, ...filters }: Options): Promise<void> {
  const { gateway, context } = await openCall();
  const found = valueOrPrint(await gateway.listOperations(filters, context), { command: 'operations' });
  if (found === undefined) return;
  const { next_cursor: next } = found;
  print(found, json ? { json } : {}, (terminal) =>
    [
      ...(found.operations.length === 0
        ? ['No operation matches.']
        : [operationTable(found.operations, terminal)]),
      ...(next === null
        ? []
        : wrapText(`There may be more: repeat the command with --cursor ${next}`, terminal.width)),
    ].join('\n'),
  );
}
