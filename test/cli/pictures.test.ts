import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cliPictures } from '../../scripts/cli-pictures.ts';
import { page } from '../support/documents.ts';
import { runInProcess } from '../support/process/in-process.ts';

const folder = 'docs/pictures';
const mostBytes = 8_000;

it('shows the command line as it is: "npm run pictures" draws it anew', async () => {
  const pictures = await cliPictures(
    async (args, env) => (await runInProcess(args, { env, isTerminal: true })).stdout,
  );
  expect(pictures.size).toBe(12);
  for (const [name, svg] of pictures) {
    expect([name, readFileSync(join(folder, name), 'utf8')]).toEqual([name, svg]);
    expect(svg.length).toBeLessThan(mostBytes);
  }
});

it('has every picture on the page of the command line, light and dark, with words for who cannot see it', () => {
  const text = page('docs/cli.md');
  const shown = [...text.matchAll(/pictures\/(cli-[a-z]+-\d+-(?:light|dark)\.svg)/g)].map(
    ([, name = '']) => name,
  );
  expect(new Set(shown).size).toBe(12);
  for (const name of shown) expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^<svg /);
  const pictures = [...text.matchAll(/<picture>[\s\S]*?<\/picture>/g)].map(([picture]) => picture);
  expect(pictures).toHaveLength(6);
  for (const picture of pictures)
    expect(picture).toMatch(
      /<source media="\(prefers-color-scheme: dark\)" srcset="pictures\/(cli-[a-z]+-\d+)-dark\.svg">\s*<img alt="[^"]{20,}" src="pictures\/\1-light\.svg">/,
    );
});
