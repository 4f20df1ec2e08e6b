import type { Command } from 'commander';
import { addExamples } from '../output/help.ts';

/** `calloff serve` */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve the HTTP API, and MCP at /mcp, with the keys of this machine')
    .action(async () => (await import('../../functions/serve.ts')).serve());
  addExamples(command, [
    ['CALLOFF_CONFIG=calloff.json calloff serve', 'serve the callers of a configuration file'],
    ['PORT=8080 calloff serve', 'listen on another port'],
  ]);
}
