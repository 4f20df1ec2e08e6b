import type { Command } from 'commander';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { readListening } from '../../shared/config/listening.ts';
import { parsePublicUrl } from '../../shared/config/values.ts';
import { printNotDone, printUsageError } from '../output/error.ts';
import { addExamples, addNote } from '../output/help.ts';
import { askHealth } from './ask.ts';

/** `calloff health` */
export function addHealth(program: Command): void {
  const command = program
    .command('health')
    .description('ask a server whether it is alive, within a second; it asks no provider')
    .option('--url <url>', 'the address of the server (default: HOST and PORT on this machine)')
    .action(health);
  addExamples(command, [
    ['calloff health', 'ask the server that listens on HOST and PORT'],
    ['calloff health --url https://jobs.example.org/calloff', 'ask a server behind a proxy'],
  ]);
  addNote(command, 'Exit codes: 0 it is alive; 1 it does not answer as calloff does; 2 wrong usage.');
}

async function health({ url }: { readonly url?: string }): Promise<void> {
  const given = url === undefined ? undefined : parsePublicUrl(url);
  if (given?.ok === false) {
    printUsageError(
      given.faults.map(({ message }) => `--url ${message}.`),
      'health',
    );
    return;
  }
  const base = given?.value ?? ownAddress();
  const answer = await askHealth(base);
  if (answer.ok) {
    process.stdout.write(`calloff is alive at ${base.href}\n`);
    return;
  }
  printNotDone({
    what: `calloff does not answer at ${base.href}`,
    why: answer.faults.map(({ message }) => message),
    nextStep: 'Start it with "calloff serve", or give the address of another server with --url.',
  });
}

/** The address at which this machine reaches the server that its environment describes. */
function ownAddress(): URL {
  const { host, port, faults } = readListening();
  if (faults.length > 0) throw new ConfigurationError(faults);
  if (port === 0)
    throw new ConfigurationError([
      'PORT is 0, so only the server knows its port. Give its address with --url',
    ]);
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return new URL(`http://${reached.includes(':') ? `[${reached}]` : reached}:${port}/`);
}
