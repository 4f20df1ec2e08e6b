import { boundHeap } from './bounded-heap.ts';
import { nodeFault } from './node-version.ts';

/**
 * What `npx calloff` starts. A host starts `calloff mcp` anew for every session and waits for it, so that way loads the
 * server alone: no command line, and none of the other commands.
 */
const [, , command, ...others] = process.argv;

const fault = nodeFault(process.versions.node);
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exit(2);
}
// Before anything is loaded, because it starts anew.
if (command === 'serve') boundHeap(process);
if (command === 'mcp' && others.length === 0) await (await import('../mcp/stdio.ts')).runStdio();
else await (await import('./program.ts')).runProgram();
