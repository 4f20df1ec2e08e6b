import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { desktop, openBrowser, openTab, phone } from '../../test/browser/chromium.ts';
import { enter, scenes } from '../../test/browser/scenes.ts';
import { openSeeded } from '../../test/browser/seeded.ts';
import { withPalette } from './palette.ts';

/** The scenes of which there are pictures in the documentation. With `--all` every scene is drawn, to be looked at. */
const documented: ReadonlySet<string> = new Set([
  ...['list', 'selection', 'dialog', 'stopping', 'done'],
  ...['operation', 'audit', 'waiting', 'empty', 'down'],
]);

/** Draws pictures of the console: scenes of the tests, each light and dark, on a desktop and a phone. */
const { values } = parseArgs({
  options: {
    to: { type: 'string', default: 'docs/pictures/console' },
    all: { type: 'boolean', default: false },
  },
});
const windows = { desktop: { ...desktop, width: 1_160, height: 600 }, phone: { ...phone, height: 780 } };
const schemes = ['light', 'dark'] as const;

mkdirSync(values.to, { recursive: true });
const [browser, server] = await Promise.all([openBrowser(), openSeeded()]);
const stage = { tab: await openTab(browser, windows.desktop), server };
const { page } = stage.tab;
/** The pictures of a scene are taken without a pause: the jobs go on meanwhile. */
const taken = new Map<string, Buffer>();
await enter(stage);
for (const [scene, play] of Object.entries(scenes)) {
  await page.setViewportSize(windows.desktop);
  await play(stage);
  if (!values.all && !documented.has(scene)) continue;
  for (const [name, size] of Object.entries(windows)) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      // Where the pointer is over nothing.
      await page.mouse.move(0, size.height - 1);
      taken.set(`${scene}-${name}-${colorScheme}.png`, await page.screenshot());
    }
  }
  process.stdout.write(`${scene}\n`);
}
await browser.close();
await server.close();

let total = 0;
for (const [file, png] of taken) {
  const picture = withPalette(png);
  writeFileSync(join(values.to, file), picture);
  total += picture.length;
}
process.stdout.write(`${taken.size} pictures, ${total.toLocaleString('en')} bytes\n`);
