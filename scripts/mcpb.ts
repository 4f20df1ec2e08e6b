import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** Where the bundles are and the `.mcpb` goes; `node scripts/mcpb.ts some/folder` takes and puts it elsewhere. */
const folder = process.argv[2] ?? 'dist';
const stage = join(folder, 'mcpb');
const tool = resolve('test/referees/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js');

if (!existsSync(tool)) {
  process.stderr.write('mcpb comes with the referees: run "npm run referees" first.\n');
  process.exit(1);
}
await rm(stage, { recursive: true, force: true });
await cp('mcpb/manifest.json', join(stage, 'manifest.json'));
await cp('LICENSE', join(stage, 'LICENSE'));
// A host of MCP shows no page.
const isNoPage = (path: string) => basename(path) !== 'console';
await cp(join(folder, 'cli'), join(stage, 'server'), { recursive: true, filter: isNoPage });
mcpb('validate', join(stage, 'manifest.json'));
mcpb('pack', stage, join(folder, 'calloff.mcpb'));

function mcpb(...args: readonly string[]): void {
  execFileSync(process.execPath, [tool, ...args], { stdio: 'inherit' });
}
