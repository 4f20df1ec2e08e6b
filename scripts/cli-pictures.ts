import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wrapText } from '../cli/output/wrap.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { palettes, terminalSvg } from './terminal-svg.ts';

/** What the pictures show: each command beside a fresh sandbox. */
const commands = {
  list: ['list'],
  cancel: [
    ...['cancel', 'ionq', '454d00f0-88ef-405d-a288-abd8ab0a6097', '0d84ff57-1ad8-49dd-a11e-e21e17d7333c'],
    ...['617a1f8b-59d4-435d-aa33-695433d7155e', '--reason', '"wrong ansatz"'],
  ],
  help: ['--help'],
} as const;

const widths = [80, 120];
/** Passes the pipes of a command for a terminal. */
const terminal = new URL('../test/support/process/terminal.ts', import.meta.url).href;

/** What a command prints to the standard output of a terminal, in an environment with nothing in it but what is given. */
type Run = (words: readonly string[], env: Readonly<Record<string, string>>) => Promise<string>;

/** Every picture by its file name: real output of the real command, in two widths, light and dark. */
export async function cliPictures(run: Run = runAlone): Promise<Map<string, string>> {
  const pictures = new Map<string, string>();
  const shown = Object.entries(commands).flatMap(([name, words]) =>
    widths.map(async (columns) => ({ name, columns, output: await outputOf(words, columns, run) })),
  );
  for (const { name, columns, output } of await Promise.all(shown))
    for (const [theme, palette] of Object.entries(palettes))
      pictures.set(
        `cli-${name}-${columns}-${theme}.svg`,
        terminalSvg(output, { title: `calloff ${name}`, columns, palette }),
      );
  return pictures;
}

/** The command line as it is typed, and what the command prints on a terminal beside a fresh sandbox. */
async function outputOf(words: readonly string[], columns: number, run: Run): Promise<string> {
  const sandbox = await startSandbox({ demo: true, control: false });
  const folder = await mkdtemp(join(tmpdir(), 'calloff-pictures-'));
  const connections = Object.entries(sandbox.providers).flatMap(([name, { baseUrl, apiKey }]) => [
    [`${name.toUpperCase()}_BASE_URL`, baseUrl],
    [`${name.toUpperCase()}_API_KEY`, apiKey],
  ]);
  const printed = await run(
    words.map((word) => word.replaceAll('"', '')),
    {
      ...Object.fromEntries(connections),
      ...{ COLUMNS: String(columns), FORCE_COLOR: '1', CALLOFF_DATA_DIR: folder },
    },
  );
  await sandbox.close();
  await rm(folder, { recursive: true });
  const typed = wrapText(`$ calloff ${words.join(' ')}`, columns - 6).join(' \\\n    ');
  return `${typed}\n${printed}`;
}

/** Runs a command in a process of its own. */
const runAlone: Run = (words, env) =>
  new Promise((resolve) => {
    const { PATH } = process.env;
    const args = ['--import', terminal, 'cli/main.ts', ...words];
    execFile(process.execPath, args, { env: { PATH, ...env } }, (_error, stdout) => resolve(stdout));
  });

if (import.meta.main) {
  const folder = 'docs/pictures';
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of await cliPictures()) {
    await writeFile(join(folder, name), svg);
    process.stdout.write(`${join(folder, name)}  ${svg.length.toLocaleString('en')} bytes\n`);
  }
}
