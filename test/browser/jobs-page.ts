import type { Locator, Page } from 'playwright-core';

/** The row of the job with this name. */
export function rowOf(page: Page, name: string): Locator {
  return page.locator('tr[data-key]').filter({ has: page.getByRole('button', { name, exact: true }) });
}

/** The last cell of its row: the outcome of its stop, or the button that stops it. */
export function stopCellOf(page: Page, name: string): Locator {
  return rowOf(page, name).locator('.c-stop');
}

/** The box that ticks it. */
export function boxOf(page: Page, name: string): Locator {
  return rowOf(page, name).getByRole('checkbox');
}

/** The bar with the ticked jobs. */
export function tickedBar(page: Page): Locator {
  return page.getByRole('region', { name: 'Ticked jobs' });
}

/** Reads all connections again, and waits for the first answer. The focus stays where it is. */
export async function refresh(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().includes('/v1/jobs?'));
  await page.getByRole('button', { name: 'Refresh' }).evaluate((button) => {
    if (button instanceof HTMLElement) button.click();
  });
  await answered;
}

/** The names of the jobs in the table, from the top. */
export async function namesIn(page: Page): Promise<string[]> {
  return page.locator('tr[data-key] .c-name .link').allTextContents();
}
