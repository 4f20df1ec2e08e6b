import { describe, expect, it } from 'vitest';
import { readSandboxArguments, sandboxHelp } from '../../sandbox/arguments.ts';

describe('the arguments of the sandbox', () => {
  it('may be none, or any of its options', () => {
    expect(readSandboxArguments([])).toEqual({ isEmpty: false, forAll: false, port: 0 });
    expect(readSandboxArguments(['--all', '--empty', '--port', '9000'])).toEqual({
      ...{ isEmpty: true, forAll: true, port: 9_000 },
    });
  });

  it.each(['--help', '-h'])('ask for help by %s, which names every option', (word) => {
    expect(readSandboxArguments(['--all', word])).toBe('help');
    for (const option of ['--all', '--empty', '--port', '--help']) expect(sandboxHelp).toContain(option);
  });

  it.each([
    [['--al'], "Unknown option '--al'."],
    [['start'], "Unexpected argument 'start'."],
    [['--port', 'x'], '--port must be a whole number from 0 to 65500.'],
    [['--port', '70000'], '--port must be a whole number from 0 to 65500.'],
    [['--port'], "Option '--port <value>' argument missing."],
  ])('are refused as %j, with a sentence', (words, fault) => {
    expect(readSandboxArguments(words)).toEqual({ fault });
  });
});
