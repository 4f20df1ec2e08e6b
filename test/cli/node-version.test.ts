import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFault } from '../../cli/node-version.ts';
import { bareEnvironment, run } from '../support/process/run.ts';

describe('a Node', () => {
  it.each(['18.20.8', '20.20.2', '22.4.1', '22.12.0'])('%s is too old', (version) => {
    expect(nodeFault(version)).toBe(
      `Error: calloff needs Node 22.13 or newer, and this is Node ${version}.\nNext step: Install a newer Node, then run the command again.`,
    );
  });

  it.each(['22.13.0', '22.21.1', '24.0.0', '100.1.0'])('%s will do', (version) => {
    expect(nodeFault(version)).toBeUndefined();
  });

  it('will do from the version on that package.json names', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [major, minor] = engines.node.replace('>=', '').split('.').map(Number);
    expect(nodeFault(`${major}.${minor}.0`)).toBeUndefined();
    expect(nodeFault(`${major}.${minor - 1}.9`)).toContain(`Node ${major}.${minor} or newer`);
  });

  it.each([[['mcp']], [['list']], [['--help']]])(
    'that is too old ends %j at the start, with what is wrong and what to do',
    async (args) => {
      const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})";
      const env = bareEnvironment({ NODE_OPTIONS: `--import=${old}` });
      expect(await run('cli/main.ts', args, env)).toEqual({
        code: 2,
        stdout: '',
        stderr:
          'Error: calloff needs Node 22.13 or newer, and this is Node 20.20.2.\nNext step: Install a newer Node, then run the command again.\n',
      });
    },
  );
});
