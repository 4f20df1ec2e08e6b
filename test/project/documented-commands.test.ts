import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { factsOf } from '../../shared/adapter/known-providers.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { fences, page, readme, sectionOf, shownConfigurations } from '../support/documents.ts';
import { paste, withoutNpm } from '../support/process/demo.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, programOf, sandboxEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';

/** Commands of the pages in `docs/`, run as they stand there. Those that ask what `npm start` starts are in try-it.test.ts. */
const [serveCommand = ''] = fences(sectionOf(page('docs/http.md'), 'Run it as a service'), 'sh');
const [shellFunction = '', ownCommands = '', commandsWithIds = ''] = fences(page('docs/cli.md'), 'sh');
const [awsCommands = ''] = fences(sectionOf(page('docs/aws.md'), '1. Decide who may come in'), 'sh');

const packageSchema = z.object({ scripts: z.object({ serve: z.string() }) });
const connectionNamesSchema = z.object({
  connectionNames: z.custom<(resolveVariable: () => Promise<string>) => Promise<string[]>>(
    (value) => typeof value === 'function',
  ),
});
/** The words of the commands that begin so, without that beginning. */
function commandWords(commands: string, beginning: string): string[] {
  const lines = commands.split('\n').filter((line) => line.startsWith(beginning));
  return lines.flatMap((line) => line.slice(beginning.length).split(' '));
}

describe('"Connect your providers" in the README', () => {
  const [connectCommands = ''] = fences(sectionOf(readme, 'Connect your providers'), 'sh');

  it('sets what the providers that it names need, and runs scripts that there are', async () => {
    const words = commandWords(connectCommands, 'export ');
    const environment = Object.fromEntries(words.map((word) => word.split('=')));
    const { connections } = readSettings(environment);
    expect(connections.map(({ name }) => name)).toEqual(['ionq', 'github-actions']);
    for (const { provider, options, keyFault } of connections) {
      // A placeholder is not sent: calloff says where it found it.
      expect([provider, keyFault]).toEqual([provider, expect.stringContaining('placeholder')]);
      const needed = factsOf(provider)?.options?.filter((option) => option.default === undefined) ?? [];
      expect(Object.keys(options)).toEqual(needed.map(({ name }) => name));
    }
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await readFile('package.json', 'utf8')));
    const run = commandWords(connectCommands, 'npm run ').filter((word) => !word.startsWith('-'));
    expect(run).toEqual(['calloff', 'doctor', 'serve']);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['calloff', 'serve']));
  });
});

describe('docs/http.md', () => {
  it('starts the server as npm run serve does', async () => {
    const { scripts } = packageSchema.parse(JSON.parse(await readFile('package.json', 'utf8')));
    expect(serveCommand).toBe(`exec ${scripts.serve}\n`);
  });
});

/** What commands print, and the exit code of each behind it. In npm test, the next test has the function of the page. */
async function saidBy(commands: string, env: Record<string, string>): Promise<readonly string[]> {
  if (runs(1, 0) === 1) {
    const direct = `calloff() { '${process.execPath}' '${programOf('cli/main.ts')}' "$@"; }\n`;
    const lines = commands.replaceAll(/$(?=\n)/gm, '; printf "\\036$?\\036"');
    return (await paste(`${direct}${lines}`, env)).split('\u{1e}');
  }
  const said: string[] = [];
  for (const line of commands.trimEnd().split('\n')) {
    const [command, ...words] = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
    expect(command).toBe('calloff');
    const { code, stdout } = await runInProcess(words, { env });
    said.push(stdout, String(code));
  }
  return said;
}

describe('docs/cli.md', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ demo: true });
  });
  afterAll(() => sandbox.close());

  it('has commands that do what it says', async () => {
    const said = await saidBy(ownCommands, bareEnvironment(sandboxEnvironment(sandbox)));
    const codes = said.filter((_, index) => index % 2 === 1);
    // The list of running jobs is partial beside a fresh sandbox, as the page says.
    expect(codes).toEqual(['0', '1', '0', '0', '0']);
    const [, list = '', look = '', cancel = '', audit = ''] = said.filter((_, index) => index % 2 === 0);
    expect(JSON.parse(list)).toMatchObject({
      partial: true,
      unavailable: [{ provider: 'promptloop', code: 'rate_limited' }],
    });
    expect(JSON.parse(look)).toMatchObject({ provider: 'ionq', state: 'running' });
    expect(JSON.parse(cancel)).toMatchObject({ outcomes: [{ outcome: 'cancelled' }] });
    expect(audit).toContain('"reason":"wrong ansatz"');
  });
});

describe('docs/cli.md, ids from standard input', () => {
  it('has commands that take them', async () => {
    const sandbox = await startSandbox({ demo: true });
    const folder = freshFolder();
    await mkdir(folder, { recursive: true });
    const lines = commandsWithIds.replaceAll('ids.txt', join(folder, 'ids.txt'));
    const separated = lines.replace('\ncalloff cancel', "\nprintf '\\036'\ncalloff cancel");
    const environment = await withoutNpm(bareEnvironment(sandboxEnvironment(sandbox)));
    const said = await paste(`${shellFunction}${separated}`, environment);
    const [got = '', cancelled = ''] = said.split('\u{1e}');
    const ids = ['0d84ff57-1ad8-49dd-a11e-e21e17d7333c', 'cdd23533-44d9-4fe6-a215-836ba4843bdf'];
    expect(JSON.parse(got)).toMatchObject({ jobs: ids.map((job_id) => ({ job_id })), missing: [] });
    expect(JSON.parse(cancelled)).toMatchObject({
      outcomes: ids.map((job_id) => ({ job_id, outcome: 'would_cancel' })),
    });
    await sandbox.close();
  });
});

describe('docs/aws.md', () => {
  it('makes a token for the caller that its file names, and stores the file and its pepper', async () => {
    const folder = freshFolder();
    const config = join(folder, 'aws.json');
    await mkdir(join(folder, 'bin'), { recursive: true });
    await writeFile(config, shownConfigurations['of one caller on AWS']);
    // In the place of the AWS CLI: says what it is asked.
    await writeFile(join(folder, 'bin', 'aws'), '#!/bin/sh\nprintf "aws %s\\n" "$*"\n');
    await chmod(join(folder, 'bin', 'aws'), 0o755);
    const environment = await withoutNpm();
    const { PATH } = environment;
    const printed = await paste(
      `${awsCommands.replaceAll('aws.json', `${config}`)}echo "left: $CALLOFF_CONFIG$CALLOFF_PEPPER"`,
      { ...environment, PATH: `${join(folder, 'bin')}:${PATH}` },
    );
    expect(printed.split('\n')).toEqual([
      expect.stringMatching(/^calloff_\w+$/),
      expect.stringMatching(
        /^aws secretsmanager create-secret --name calloff-prod\/pepper --secret-string \S{44}$/,
      ),
      `aws secretsmanager create-secret --name calloff-prod/config --secret-string file://${config}`,
      'left: ',
      '',
    ]);
    const { callers } = JSON.parse(await readFile(config, 'utf8'));
    expect(callers.ada.tokens).toHaveLength(1);
  });

  it('lets the functions read the secrets of the connections that it deploys with', async () => {
    const { connections } = z
      .object({ connections: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(shownConfigurations['of a provider with a place on AWS']));
    const given = [...page('docs/aws.md').matchAll(/--param "connections=([\w,-]+)"/g)].map(
      ([, names]) => names,
    );
    expect(new Set(given).size).toBe(1);
    const { connectionNames } = connectionNamesSchema.parse(
      await import(import.meta.resolve('../../scripts/connection-names.js')),
    );
    const readable = await connectionNames(async () => given[0] ?? '');
    expect(readable).toEqual(expect.arrayContaining(Object.keys(connections)));
  });

  it('names every parameter of the stack', async () => {
    const stack = await readFile('serverless.yml', 'utf8');
    const [, block = ''] = /^params:\n {2}default:\n((?: {4}.*\n)+)/m.exec(stack) ?? [];
    const parameters = [...block.matchAll(/^ {4}(\w+):/gm)].map(([, name = '']) => name);
    expect(parameters.length).toBeGreaterThan(6);
    const used = [...stack.matchAll(/\$\{param:(\w+)/g)].map(([, name = '']) => name);
    const untold = new Set(
      [...parameters, ...used].filter((name) => !page('docs/aws.md').includes(`\`${name}\``)),
    );
    expect([...untold]).toEqual([]);
  });
});
