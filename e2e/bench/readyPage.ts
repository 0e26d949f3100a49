import type { Browser, Page } from '@playwright/test';

/** Most that reading a picture of 20,000 × 20,000 px and encoding it may take on a busy computer. */
const readyMs = 300_000;

/** The workbench on its project's first image, which is drawn and encoded. */
export async function openReadyPage(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName('lamella:usable').length > 0, null, {
    timeout: readyMs,
  });
  await page.locator('[data-testid="embedding-state"][data-status="ready"]').waitFor({ timeout: readyMs });
  return page;
}

/** The page has drawn what was asked of it before and waits, as it does between two clicks of a person. */
export async function untilIdle(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise<void>((idle) => requestAnimationFrame(() => requestIdleCallback(() => idle()))),
  );
}
