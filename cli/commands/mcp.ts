import type { Command } from 'commander';
import { addExamples } from '../output/help.ts';

/** `calloff mcp` */
export function addMcp(program: Command): void {
  const command = program
    .command('mcp')
    .description('serve the MCP tools over standard input and output, with the keys of this machine')
    .action(async () => (await import('../../mcp/stdio.ts')).runStdio());
  addExamples(command, [['claude mcp add calloff -- calloff mcp', 'add calloff to Claude Code']]);
}
