import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Examination, examine, redact } from '../shared/cancellation/examine.ts';
import { exitCodes } from './exit.ts';
import { localGateway } from './local-gateway.ts';
import { type OutputOptions, print, table } from './output.ts';

interface Options extends OutputOptions {
  readonly record?: string;
}

/** `calloff doctor` */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'see whether keys are accepted and the answers of the providers are shaped as expected; reads only',
    )
    .option('--record <file>', 'write the answers, redacted, to a file')
    .option('--json', 'print JSON also on a terminal')
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  const examinations = await Promise.all([...localGateway().connections.values()].map(examine));
  if (options.record !== undefined)
    await writeFile(options.record, `${JSON.stringify(recordOf(examinations), null, 2)}\n`);
  const findings = examinations.map(({ provider, checks }) => ({ provider, checks }));
  print({ connections: findings }, options, () =>
    table(
      ['PROVIDER', 'CHECK', 'RESULT', ''],
      findings.flatMap(({ provider, checks }) =>
        checks.map(({ check, result, finding }) => [provider, check, result, finding]),
      ),
    ),
  );
  const differs = findings.some(({ checks }) => checks.some(({ result }) => result === 'differs'));
  if (differs) process.exitCode = exitCodes.notDone;
}

function recordOf(examinations: readonly Examination[]): object[] {
  return examinations.flatMap(({ provider, exchanges }) =>
    exchanges.map(({ operation, request, status, body }) => ({
      provider,
      operation,
      method: request.method,
      status,
      body: redact(body),
    })),
  );
}
