import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { operationSigns, outcomeSigns, stateSigns } from '../../shared/contract/signs.ts';
import { casesAt } from '../support/thorough.ts';
import { chromiumPath, desktop, openBrowser, openTab, phone } from './chromium.ts';
import type { ConsoleServer } from './console.ts';
import { enter, type Stage, scenes } from './scenes.ts';
import { openSeeded } from './seeded.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violations = z.array(
  z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })) }),
);
/** The themes, each with what axe looks at: a theme changes nothing but colours. */
const schemes = { light: '{}', dark: "{ runOnly: ['color-contrast'] }" } as const;
/** The phone is as narrow as phones are. */
const windows = { desktop, phone: { ...phone, width: 360 } } as const;

/** What axe finds wrong with the page as it is drawn now. */
async function findings(page: Page, scheme: keyof typeof schemes): Promise<string[]> {
  await page.emulateMedia({ colorScheme: scheme });
  const run = `axe.run(${schemes[scheme]}).then(({ violations }) => violations)`;
  const found = violations.parse(await page.evaluate(run));
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** Whether the page itself, and not a box in it, can be scrolled sideways. */
const isTooWide = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

const signs = [stateSigns, outcomeSigns, operationSigns].flatMap((table) => Object.values(table));

/** What the page shows beside a mark that has another colour or another word in the tables, or is in none. */
async function strangeSigns(page: Page): Promise<string[]> {
  const shown = await page.locator('.sign').evaluateAll((badges) =>
    badges.map((badge) => {
      const mark = badge.querySelector('i')?.textContent ?? '';
      return { mark, classes: [...badge.classList], text: (badge.textContent ?? '').replace(mark, '') };
    }),
  );
  const isKnown = (badge: (typeof shown)[number]) =>
    signs.some(({ mark, tone, word }) => {
      return badge.mark === mark && badge.classes.includes(tone) && badge.text.trim().endsWith(word);
    });
  return shown.filter((badge) => !isKnown(badge)).map(({ mark, text }) => `${mark} ${text.trim()}`);
}

describe.skipIf(chromiumPath === undefined)('the console, as axe sees it', () => {
  let browser: Browser;
  let server: ConsoleServer;
  let stage: Stage;

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), openSeeded()]);
    const tab = await openTab(browser, { ...desktop, bypassPolicy: true });
    stage = { tab, server };
    await tab.context.addInitScript(axe);
    await enter(stage);
  });
  afterAll(async () => {
    expect(stage.tab.complaints).toEqual([]);
    await browser?.close();
    await server?.close();
  });

  it.each(casesAt(Object.entries(scenes), 3))(
    'finds nothing in %s, in either theme, at either size',
    async (_, play) => {
      const { page } = stage.tab;
      await page.setViewportSize(desktop);
      await play(stage);
      const strange = (await strangeSigns(page)).filter((each) => !each.endsWith('no outcome yet'));
      expect(strange, 'it shows a mark that is not in the tables').toEqual([]);
      const all: string[] = [];
      for (const [name, { width, height }] of Object.entries(windows)) {
        await page.setViewportSize({ width, height });
        expect(await isTooWide(page), `${name}: the page scrolls sideways`).toBe(false);
        for (const scheme of ['light', 'dark'] as const)
          all.push(...(await findings(page, scheme)).map((each) => `${name}, ${scheme}: ${each}`));
      }
      expect(all).toEqual([]);
    },
  );
});
