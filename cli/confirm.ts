import type { Command } from 'commander';
import { askPerson, localCall } from './local-call.ts';
import { type OutputOptions, orFaults, print, table } from './output.ts';

interface Options extends OutputOptions {
  readonly yes?: true;
  readonly decline?: true;
}

/** `calloff confirm <id>` */
export function addConfirm(program: Command): void {
  program
    .command('confirm')
    .description('let a caller go ahead that asked for a confirmation: shows the jobs, and asks')
    .argument('<id>', 'the id that the caller was given')
    .option('--yes', 'do not ask')
    .option('--decline', 'end it without a use')
    .option('--json', 'print JSON also on a terminal')
    .action(confirm);
}

async function confirm(confirmation_id: string, { yes, decline, json }: Options): Promise<void> {
  const { gateway, context } = localCall();
  const options = json ? { json } : {};
  const shown = orFaults(await gateway.showConfirmation({ confirmation_id }, context));
  if (shown === undefined) return;
  const rows = shown.jobs.map(({ provider, job_id }) => [provider, job_id]);
  const question = [
    `${shown.caller} asks to cancel ${rows.length} jobs.`,
    ...(shown.reason ? [`Why: ${shown.reason}`] : []),
    table(['PROVIDER', 'JOB'], rows),
  ].join('\n');
  const agreed = decline ? false : yes === true || (await askPerson(question)) === 'agreed';
  const request = { confirmation_id };
  const settled = agreed
    ? gateway.approveConfirmation(request, context)
    : decline
      ? gateway.closeConfirmation(request, context)
      : undefined;
  if (settled === undefined) {
    process.stderr.write('Nothing was confirmed. Without a terminal, say --yes or --decline.\n');
    process.exitCode = 1;
    return;
  }
  const result = orFaults(await settled);
  if (result !== undefined)
    print(
      result,
      options,
      () => `${result.state}: ${result.jobs.length} jobs of ${result.caller}, until ${result.expires_at}.`,
    );
}
