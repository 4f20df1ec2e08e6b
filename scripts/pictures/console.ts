import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { desktop, openBrowser, openTab, phone } from '../../test/browser/chromium.ts';
import { enter, scenes } from '../../test/browser/scenes.ts';
import { openSeeded } from '../../test/browser/seeded.ts';

/** Draws the pictures of the console: every scene of the tests, light and dark, on a desktop and a phone. */
const { values } = parseArgs({ options: { to: { type: 'string', default: 'docs/pictures' } } });
const windows = { desktop: { ...desktop, height: 640 }, phone: { ...phone, height: 760 } };
const schemes = ['light', 'dark'] as const;

mkdirSync(values.to, { recursive: true });
const [browser, server] = await Promise.all([openBrowser(), openSeeded()]);
const stage = { tab: await openTab(browser, windows.desktop), server };
const { page } = stage.tab;
page.setDefaultTimeout(10_000);
await enter(stage);
for (const [scene, play] of Object.entries(scenes)) {
  await page.setViewportSize(windows.desktop);
  await play(stage);
  for (const [name, size] of Object.entries(windows)) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(values.to, `console-${scene}-${name}-${colorScheme}.png`) });
    }
  }
  process.stdout.write(`${scene}\n`);
}
await browser.close();
await server.close();
