import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/** What the page uses of lit-html. */
const used = [
  "export { html, nothing, render } from 'lit-html';",
  "export { live } from 'lit-html/directives/live.js';",
  "export { repeat } from 'lit-html/directives/repeat.js';",
].join('\n');

/** The one library of the page, as one module that a browser loads as it is, with its licence. By path. */
export async function derivedVendor(): Promise<ReadonlyMap<string, string>> {
  const licence = await readFile('node_modules/lit-html/LICENSE', 'utf8');
  const { outputFiles } = await build({
    stdin: { contents: used, resolveDir: process.cwd() },
    banner: { js: `/*! lit-html, as "npm run generate" writes it here.\n\n${licence.trim()}\n*/` },
    bundle: true,
    format: 'esm',
    legalComments: 'none',
    minify: true,
    write: false,
  });
  return new Map(outputFiles.map(({ text }) => ['console/vendor/lit-html.js', text]));
}
