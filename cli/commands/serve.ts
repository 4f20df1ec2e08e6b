import type { Command } from 'commander';
import { serve } from '../../functions/serve.ts';

/** `calloff serve` */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve the HTTP API, and MCP at /mcp, from this process, on the keys of this machine')
    .action(serve);
}
