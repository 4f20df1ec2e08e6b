import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { desktop, openBrowser, openTab, phone } from '../../test/browser/chromium.ts';
import { enter, scenes } from '../../test/browser/scenes.ts';
import { openSeeded } from '../../test/browser/seeded.ts';

/** The pictures that the documentation shows. With `--all` every scene is drawn, in both themes and sizes, to be looked at. */
const documented: ReadonlySet<string> = new Set([
  'list-desktop-light',
  'selection-phone-light',
  'dialog-phone-dark',
  'stopping-desktop-dark',
  'done-phone-light',
  'operation-desktop-light',
  'audit-phone-dark',
  'waiting-desktop-light',
  'empty-desktop-dark',
  'down-phone-dark',
]);

/** Draws pictures of the console: the scenes of the tests, light and dark, on a desktop and a phone. */
const { values } = parseArgs({
  options: { to: { type: 'string', default: 'docs/pictures' }, all: { type: 'boolean', default: false } },
});
const windows = { desktop: { ...desktop, width: 1_100, height: 540 }, phone: { ...phone, height: 700 } };
const schemes = ['light', 'dark'] as const;

mkdirSync(values.to, { recursive: true });
const [browser, server] = await Promise.all([openBrowser(), openSeeded()]);
const stage = { tab: await openTab(browser, windows.desktop), server };
const { page } = stage.tab;
await enter(stage);
for (const [scene, play] of Object.entries(scenes)) {
  await page.setViewportSize(windows.desktop);
  await play(stage);
  for (const [name, size] of Object.entries(windows)) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      const picture = `${scene}-${name}-${colorScheme}`;
      if (!values.all && !documented.has(picture)) continue;
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(values.to, `console-${picture}.png`) });
    }
  }
  process.stdout.write(`${scene}\n`);
}
await browser.close();
await server.close();
