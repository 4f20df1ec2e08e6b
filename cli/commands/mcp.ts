import type { Command } from 'commander';

/** `calloff mcp` */
export function addMcp(program: Command): void {
  program
    .command('mcp')
    .description('serve the MCP tools over standard input and output, on the keys of this machine')
    .action(async () => (await import('../../mcp/stdio.ts')).runStdio());
}
