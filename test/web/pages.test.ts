import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openPage, openSite, settled, show, type Site } from './site.js';

const now = new Date();
const pictures = path.resolve(import.meta.dirname, '../../docs/screenshots');

/** Every page by its address; `pair` stands for a pair with a proof. */
const pages = {
  overview: '/',
  cycle: '/cycles/2026-10',
  mismatches: '/cycles/2026-10/mismatches',
  empty: '/cycles/2026-10/mismatches?search=nobody-has-this-name',
  pair: '/pairs/:pair',
  causes: '/cycles/2026-10/causes',
  usage: '/cycles/2026-10/usage',
  cohorts: '/cohorts',
  cohort: '/cohorts/ireland',
  decisions: '/decisions',
  settings: '/settings',
  jobs: '/jobs',
  alerts: '/alerts',
  runbook: '/runbooks/run-incomplete',
  audit: '/audit',
} as const;

/** Pages of which a picture is kept, taken when SCREENSHOTS is set. */
const pictured: Readonly<Record<'light' | 'dark', ReadonlySet<string>>> = {
  light: new Set(['overview', 'cycle', 'mismatches', 'pair', 'causes', 'cohort', 'settings', 'audit']),
  dark: new Set(['overview', 'mismatches', 'pair']),
};

describe.skipIf(!hasBrowser())('the pages', () => {
  let site: Site;
  let pair = '';

  beforeAll(async () => {
    site = await openSite(now);
    const reply = await fetch(
      `${site.address}/api/v1/cycles/2026-10/mismatches?cause=price.tier_mode&currency=JPY&size=1`,
    );
    const list = (await reply.json()) as { rows: readonly { pair: { id: string } }[] };
    pair = list.rows[0]?.pair.id ?? '';
    if (pair === '') throw new Error('the demo holds a pair whose tiers are priced in another mode');
  }, 120_000);
  afterAll(() => site?.close());

  test.each(['light', 'dark'] as const)(
    'every page is free of what axe finds in %s, asks only its own server, and breaks no policy',
    async (theme) => {
      const { context, page, complaints } = await openPage(site, theme);
      for (const [name, address] of Object.entries(pages)) {
        await show(site, page, address.replace(':pair', pair));
        const axe = new AxeBuilder({ page });
        // Only colours depend on the theme; everything else is looked at once.
        if (theme === 'light') axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']);
        else axe.withRules(['color-contrast']);
        const { violations, passes } = await axe.analyze();
        expect([
          name,
          violations.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ''} ${one.nodes[0]?.failureSummary ?? ''}`),
        ]).toEqual([name, []]);
        expect(passes.length).toBeGreaterThan(theme === 'light' ? 10 : 0);
        if (process.env['SCREENSHOTS'] !== undefined && pictured[theme].has(name)) {
          mkdirSync(pictures, { recursive: true });
          await page.screenshot({ path: path.join(pictures, `${name}-${theme}.png`) });
        }
      }
      expect(complaints).toEqual([]);
      await context.close();
    },
    240_000,
  );

  test('a link opened in a clean profile gives the same rows, order and totals', async () => {
    const first = await openPage(site);
    await show(site, first.page, pages.mismatches);
    await first.page.getByLabel('cause', { exact: true }).selectOption('tax.missing');
    await first.page.waitForURL(/cause=tax.missing/);
    await first.page.getByLabel('direction').selectOption('under');
    await first.page.waitForURL(/direction=under/);
    await first.page.getByRole('button', { name: /^Delta/ }).click();
    await first.page.locator('th[aria-sort=ascending]').waitFor();
    await settled(first.page);
    const seen = await tableText(first.page);
    const second = await openPage(site);
    await second.page.goto(first.page.url());
    await settled(second.page);
    expect(seen.rows).toHaveLength(57);
    expect(await tableText(second.page)).toEqual(seen);
    expect(seen.head).toBe('ascending');
    await Promise.all([first.context.close(), second.context.close()]);
  });

  test('over and under are told by a sign and a word in every row that differs', async () => {
    const { context, page } = await openPage(site);
    await show(site, page, pages.mismatches);
    const deltas = await page.locator('section[aria-label=Mismatches] tbody .delta').allInnerTexts();
    expect(deltas.length).toBe(100);
    for (const text of deltas) expect(text).toMatch(/^▲ \+[\d,.]+ over$|^▼ −[\d,.]+ under$|^= 0(\.0+)? same$/);
    expect(deltas.some((text) => text.includes('over')) && deltas.some((text) => text.includes('under'))).toBe(true);
    await context.close();
  });

  test('the keyboard alone finds, opens, comments, accepts with a preview, undoes and goes on, and focus is never lost', async () => {
    const { context, page } = await openPage(site);
    await show(site, page, pages.mismatches);
    const focused = () => page.evaluate(() => document.activeElement?.tagName ?? 'none');
    await page.keyboard.press('/');
    await page.keyboard.type('K-10382');
    await page.keyboard.press('Enter');
    await page.waitForURL(/search=K-10382/);
    await settled(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    expect(await focused()).toBe('A');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/pairs\//);
    await settled(page);
    expect(await focused()).toBe('MAIN');
    await page.goBack();
    await settled(page);
    await page.keyboard.press('j');
    await page.keyboard.press('c');
    await page.keyboard.type('asked the price team');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Comment: 1 mismatch' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Comment: done for 1 decision').waitFor();
    expect(await focused()).toBe('A');
    await page.keyboard.press('a');
    await page.keyboard.type('agreed with finance');
    for (
      let step = 0;
      step < 10 && (await page.evaluate(() => document.activeElement?.getAttribute('inputmode'))) !== 'decimal';
      step += 1
    )
      await page.keyboard.press('Tab');
    await page.keyboard.type('5000');
    await page.keyboard.press('Enter');
    const accept = page.getByRole('button', {
      name: /^(Accept|Propose to accept) 1 mismatch, JPY 3,300 gross, until /,
    });
    await accept.waitFor();
    await page.keyboard.press('Enter');
    // The demo lets nobody accept as much alone.
    await page
      .getByText(/waits for a second person/)
      .first()
      .waitFor();
    expect(await focused()).toBe('A');
    await page.keyboard.press('m');
    await page.keyboard.type('anna');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Assign: 1 mismatch' }).waitFor();
    await page.keyboard.press('Enter');
    const undo = page.getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    expect(await page.locator('section[aria-label=Mismatches] tbody tr td').last().innerText()).toBe('anna');
    await undo.focus();
    await page.keyboard.press('Enter');
    await page.getByText('Undone.').waitFor();
    await page.getByText('nobody', { exact: true }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await context.close();
  });

  test('the statement foots to zero in every currency, and whoever prepared a cycle is told why they cannot review it', async () => {
    const { context, page } = await openPage(site);
    await show(site, page, pages.cycle);
    expect(await page.getByText('✓ foots to zero').count()).toBe(5);
    await page.getByRole('button', { name: 'Sign as preparer' }).click();
    await page.getByText(/anna, preparer/).waitFor();
    const review = page.getByRole('button', { name: 'Sign as reviewer' });
    expect(await review.isDisabled()).toBe(true);
    expect(await review.locator('xpath=..').innerText()).toMatch(/prepared/);
    await context.close();
  });

  test('the footing row of a pair says that the lines add up, and an address with nothing behind it says what to do', async () => {
    const { context, page } = await openPage(site);
    await show(site, page, `/pairs/${pair}`);
    expect(await page.locator('tfoot').innerText()).toMatch(/✓ foots[\s\S]*3,300[\s\S]*▲ \+3,300 over/);
    await show(site, page, '/pairs/P-0000000000000000');
    expect(await page.getByRole('alert').innerText()).toMatch(/P-0000000000000000/);
    await show(site, page, '/nowhere');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('No such page');
    await context.close();
  });
});

async function tableText(page: Page) {
  const rows = await page.locator('section[aria-label=Mismatches] tbody tr').allInnerTexts();
  const totals = await page.locator('table.totals').innerText();
  const head = await page.locator('th', { hasText: 'Delta' }).getAttribute('aria-sort');
  return { rows, totals, head };
}
