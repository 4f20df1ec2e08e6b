import { execFile, spawnSync } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { bareEnvironment, programOf, sandboxEnvironment } from '../support/process/run.ts';
import { casesAt, inSoak } from '../support/thorough.ts';

/** Whether this machine has util-linux's script(1), which runs a command on a pseudo terminal. */
const hasScript = spawnSync('script', ['-qec', 'stty size', '/dev/null']).status === 0;
const green = `${String.fromCharCode(27)}[32m`;
/** With this the line is erased that says what a command is at. */
const erase = `\r${String.fromCharCode(27)}[2K`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ demo: true, control: false });
});
afterAll(() => sandbox.close());

/** What a command prints on a real terminal of so many columns. */
async function onTerminal(columns: number, args: readonly string[], more: Record<string, string> = {}) {
  const words = [process.execPath, programOf('cli/main.ts'), ...args].map((word) => `'${word}'`);
  const command = `stty cols ${columns} rows 24; ${words.join(' ')}`;
  const env = { ...bareEnvironment(sandboxEnvironment(sandbox)), TERM: 'xterm', SHELL: '/bin/sh', ...more };
  const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], { env }).catch(
    (error: { readonly stdout: string }) => error,
  );
  return stdout.replaceAll('\r\n', '\n');
}

/** What stays on the terminal: a busy machine takes more than a second, and then a command says what it is at. */
const staying = (printed: string) => printed.split(erase).at(-1) ?? '';

describe.runIf(hasScript)('on a real terminal', () => {
  it.each(casesAt([40, 60, 80, 120], 0))('%i columns wide, a list fits, in colours', async (columns) => {
    const printed = staying(await onTerminal(columns, ['list', '--provider', 'ionq']));
    const lines = stripVTControlCharacters(printed).trimEnd().split('\n');
    expect(lines.filter(({ length }) => length > columns)).toEqual([]);
    expect(printed).toContain(`${green}● running`);
    for (const id of ['454d00f0-88ef-405d-a288-abd8ab0a6097', '3615ecb1-4405-47af-ada8-4cd28f8779bb'])
      expect(lines.some((line) => line.includes(id))).toBe(true);
    expect(lines.at(-1)).toMatch(
      columns < 60 ? /shows them\.$/ : /^4 jobs that are over are hidden: --all shows them\.$/,
    );
  });

  it.each(casesAt([{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }], 0))(
    'has no colours with %j',
    async (more) => {
      const printed = staying(await onTerminal(80, ['list', '--provider', 'ionq'], more));
      expect(printed).toContain('● running');
      expect(printed).toBe(stripVTControlCharacters(printed));
    },
  );

  it('shows what a slow command is at, and erases it', async () => {
    sandbox.providers.ionq.setFault({ kind: 'delay', ms: 1_500, times: 2 });
    const printed = await onTerminal(80, ['get', 'ionq', '454d00f0-88ef-405d-a288-abd8ab0a6097']);
    const [, ...drawn] = printed.split(erase);
    expect(drawn.length).toBeGreaterThan(2);
    expect(drawn[0]).toBe('⠋ Checking the status (1 s)');
    expect(drawn.at(-1)).toContain('454d00f0-88ef-405d-a288-abd8ab0a6097');
    expect(drawn.at(-1)).not.toContain('Checking');
  });

  // In npm test, test/cli/terminal.test.ts has a line that cannot be erased.
  inSoak(() => {
    it('shows nothing of it where lines cannot be erased', async () => {
      sandbox.providers.ionq.setFault({ kind: 'delay', ms: 1_500, times: 2 });
      const args = ['get', 'ionq', '454d00f0-88ef-405d-a288-abd8ab0a6097'];
      expect(await onTerminal(80, args, { TERM: 'dumb' })).not.toContain('Checking');
    });
  });
});
