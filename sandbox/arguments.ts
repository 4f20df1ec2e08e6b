import { parseArgs } from 'node:util';

/** What `npm run sandbox` is to do. */
export interface SandboxArguments {
  /** Demo jobs are left out. */
  readonly isEmpty: boolean;
  /** Variables are printed for all providers, and not only for the usual ones. */
  readonly forAll: boolean;
  /** The first of the ports in a row; 0 for free ones. */
  readonly port: number;
}

/** Shown for `--help`, and after a fault. */
export const sandboxHelp = `npm run sandbox -- [--all] [--empty] [--port N]

Starts pretend providers on this machine, with jobs in every state, and prints the variables with
which calloff finds them. Nothing leaves the machine.

  --all      print the variables of all providers, not only of the usual four
  --empty    start without jobs
  --port N   use the ports in a row from N; otherwise any that are free
  --help     show this, and start nothing
`;

const options = {
  port: { type: 'string', default: '0' },
  empty: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

/** What the words after `npm run sandbox --` ask for, or a sentence on what is wrong with them. */
export function readSandboxArguments(
  words: readonly string[],
): SandboxArguments | 'help' | { readonly fault: string } {
  try {
    const { port, empty, all, help } = parseArgs({ args: [...words], options }).values;
    if (help) return 'help';
    if (!/^\d{1,5}$/.test(port) || Number(port) > mostPort)
      return { fault: `--port must be a whole number from 0 to ${mostPort}.` };
    return { isEmpty: empty, forAll: all, port: Number(port) };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}

/** Above it there is no room for the ports in a row. */
const mostPort = 65_500;

/** Node's own words for a wrong option, up to its advice, which does not fit here. */
function faultOf(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : '').split(/[.\n]/, 1);
  return `${first}.`;
}
