import { resolve } from 'node:path';
import type { Command } from 'commander';
import { faultIn, importFile, loadProvider } from '../../shared/config/adapters/load.ts';
import type { Fault } from '../../shared/contract/result.ts';
import type { LawVerdict } from '../../shared/laws/try-adapter.ts';
import { judgementReport } from '../adapters/judgement-report.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError } from '../output/error.ts';
import { addExamples, addNote } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';

interface Options extends OutputOptions {
  readonly fixtures?: string;
}

/** `calloff test-adapter <file>` */
export function addTestAdapter(program: Command): void {
  const command = program
    .command('test-adapter')
    .description('hold an adapter of your own against its fixtures and every law; sends nothing')
    .argument('<file>', 'the file that exports the provider, such as ./nimbus.mjs')
    .option(
      '--fixtures <file>',
      'the file that exports its fixtures; default ./nimbus.fixtures.mjs beside it',
    )
    .option('--json', 'print JSON, with every violation, on a terminal too')
    .action(testAdapter);
  addExamples(command, [['calloff test-adapter ./nimbus.mjs', 'try the adapter in nimbus.mjs']]);
  addNote(
    command,
    'Exit codes: 0 every law holds; 1 some law does not hold; 2 a file cannot be used. docs/your-own-adapter.md says what an adapter and its fixtures are.',
  );
}

async function testAdapter(file: string, options: Options): Promise<void> {
  const fixturesFile = options.fixtures ?? file.replace(/(\.\w+)$/, '.fixtures$1');
  const provider = await loadProvider(resolve(file));
  const { readFixtures, looksLikeFixtures, tryAdapter } = await import('../../shared/laws/for-command.ts');
  const exported = await importFile(resolve(fixturesFile));
  const fixtures = exported.ok
    ? readFixtures(
        Object.values(exported.value).find(looksLikeFixtures),
        provider.ok ? provider.value.provider : undefined,
      )
    : exported;
  const why = [
    ...(provider.ok ? [] : sentences(file, provider.faults)),
    ...(fixtures.ok ? [] : sentences(fixturesFile, fixtures.faults)),
  ];
  if (!provider.ok || !fixtures.ok) return printUnusable(why);
  const { facts, provider: tried } = provider.value;
  const judgements = await tryAdapter(tried, fixtures.value);
  report(facts.id, judgements, options);
}

function sentences(file: string, faults: readonly Fault[]): string[] {
  return faults.map((fault) => `${faultIn(file, fault)}.`);
}

function printUnusable(why: readonly string[]): void {
  printError({
    what: 'The adapter cannot be tried.',
    why,
    nextStep:
      'Correct this, then run the command again. docs/your-own-adapter.md has an adapter to start from.',
  });
  process.exitCode = exitCodes.usage;
}

function report(provider: string, judgements: readonly LawVerdict[], options: Options): void {
  const laws = judgements.map((each) => ({ ...each, holds: each.violations.length === 0 }));
  print({ provider, laws }, options, (terminal) => judgementReport(provider, judgements, terminal));
  if (laws.some(({ holds }) => !holds)) process.exitCode = exitCodes.notDone;
}
