import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What stands beside the modules of the page. */
const others = ['index.html', 'console.css', 'icon.svg'];

/**
 * Writes the page into a folder, its modules as one file: a browser asks a function of AWS for four files and not for
 * thirty, each of which would be a run. `npm start` serves it so, too;
 * `npm run serve` and the tests serve the modules as they are.
 */
export async function writePage(folder: string): Promise<void> {
  for (const name of others) await cp(join('console', name), join(folder, name));
  await build({
    entryPoints: ['console/main.js'],
    outfile: join(folder, 'main.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    // The licence of lit-html.
    legalComments: 'inline',
    logLevel: 'warning',
  });
}
