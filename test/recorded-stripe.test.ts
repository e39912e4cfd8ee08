import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addFiles, inAnyOrder, type Reconciled, reconcileFolder, writeFolder } from './support/reconcile.js';
import {
  legacyBlock,
  majorText,
  readRecorded,
  type Recorded,
  type SolvimonDocument,
  toLegacyLine,
  toSolvimon,
} from './support/recorded-stripe.js';
import { addUp } from './support/solvimon-invoice.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

const shared = process.env['SHADOWBILL_SHARED'] ?? '../shared';
const folder = path.join(shared, 'contracts/legacy/stripe/recorded');
const isThere = existsSync(folder);
if (!isThere)
  process.stderr.write(
    `left out: the 31 recorded Stripe invoices are not at ${folder}. Set SHADOWBILL_SHARED to run them.\n`,
  );

const yaml = `version: 1
timezone: UTC
sources:
  legacy:${legacyBlock}
  solvimon: { kind: pages, path: 'solvimon/{cycle}' }
`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A folder with one legacy file and one Solvimon page for each cycle, and the cycles in it. */
function drop(recorded: readonly Recorded[], solvimon: readonly (SolvimonDocument & { readonly cycle?: string })[]) {
  const files: Record<string, string> = { 'shadowbill.yml': yaml };
  const cycles = [...new Set(recorded.map((one) => one.cycle))].sort();
  const cycleOf = new Map(recorded.map((one) => [`S${one.invoice.id}`, one.cycle]));
  for (const cycle of cycles) {
    const lines = recorded.filter((one) => one.cycle === cycle).map(toLegacyLine);
    files[`legacy/${cycle}.ndjson`] = `${lines.join('\n')}\n`;
    const page = solvimon.filter((one) => (one.cycle ?? cycleOf.get(one.id)) === cycle);
    files[`solvimon/${cycle}/page-1.json`] = JSON.stringify({ data: page, page: 1, total_number_of_pages: 1 });
  }
  return { dir: writeFolder(files), cycles };
}

async function reconcileAll(
  recorded: readonly Recorded[],
  solvimon = recorded.map(toSolvimon),
): Promise<readonly Reconciled[]> {
  const { dir, cycles } = drop(recorded, solvimon);
  const results: Reconciled[] = [];
  for (const cycle of cycles) results.push(await reconcileFolder(database, dir, cycle));
  return results;
}

describe.runIf(isThere)('the 31 recorded Stripe invoices', () => {
  const all = isThere ? readRecorded(folder) : [];
  // Three were recorded twice, as a draft and again when paid: the drafts are what an earlier drop of the month held.
  const earlier = all.filter((one) => one.invoice.status === 'draft');
  const later = all.filter((one) => one.invoice.status !== 'draft');

  test('against themselves in Solvimon’s words, every one stands in exactly one pair and every pair is matched', async () => {
    keepOnFailure(database);
    expect([all.length, earlier.length, later.length, new Set(later.map((one) => one.invoice.id)).size]).toEqual([
      31, 3, 28, 28,
    ]);
    const results = [...(await reconcileAll(earlier)), ...(await reconcileAll(later))];
    const pairs = results.flatMap((result) => result.pairs);
    expect(results.flatMap((result) => result.problems)).toEqual([]);
    expect(results.map((result) => result.run.isComplete)).toEqual(results.map(() => true));
    expect(inAnyOrder(pairs.map((pair) => [pair.legacy, pair.solvimon, pair.state]))).toEqual(
      inAnyOrder(all.map(({ invoice }) => [[invoice.id], [`S${invoice.id}`], 'matched'])),
    );
    // Stripe's own totals, added up in cents: the pairs are not merely equal, they hold this money.
    const cents = all.reduce((sum, { invoice }) => sum + invoice.total, 0);
    const read = addUp(pairs.map((pair) => pair.legacyGross ?? 'missing'));
    expect([read, pairs.filter((pair) => pair.currency !== 'USD')]).toEqual([`${majorText(cents)}00`, []]);
  });

  test('a draft that nobody asked for is not ready and never matched', async () => {
    const { dir, cycles } = drop(earlier, earlier.map(toSolvimon));
    addFiles(dir, { 'shadowbill.yml': yaml.replace('draft: final', 'draft: draft') });
    for (const cycle of cycles) {
      const { pairs } = await reconcileFolder(database, dir, cycle);
      expect(pairs.length).toBeGreaterThan(0);
      expect(new Set(pairs.map((pair) => pair.state))).toEqual(new Set(['not_ready']));
    }
  });

  test('of ten planted edits of ten kinds exactly those ten are found, with their money', async () => {
    keepOnFailure(database);
    const planted = new Map(later.map((one) => [one.invoice.id, structuredClone(toSolvimon(one))]));
    const edit = (id: string, change: (document: SolvimonDocument) => void) => {
      const document = planted.get(id);
      if (document === undefined) throw new Error(`${id} is not recorded`);
      change(document);
    };
    edit('in_1SRznJKXBGcbgpbZY3cunpjF', (one) => charge(one, 0, '11.00', { unitPrice: '11.00' }));
    planted.delete('in_1SRzp4KXBGcbgpbZ9xmUJ3df');
    edit('in_1SRzqVKXBGcbgpbZAcG0DXXa', (one) => charge(one, 0, '225.00', { quantity: '9' }));
    edit('in_1IeONhKXBGcbgpbZSoAZyHwz', (one) => {
      one.periods[0]?.groups[0]?.lines.pop();
      total(one, '25.00');
    });
    edit('in_1M6iuwQK2ZHS99RkeBIkgLc1', (one) => {
      const [group] = one.periods[0]?.groups ?? [];
      if (group !== undefined) group.end_at = group.end_at.replace('2022-12-21', '2022-12-22');
    });
    edit('in_1R6zvAKXBGcbgpbZ6yuY3YPe', (one) => inCurrency(one, 'EUR'));
    edit('in_1SRzqxKXBGcbgpbZOY0ZtMPY', (one) => {
      one.periods[0]?.groups.shift();
      total(one, '250.00');
    });
    edit('in_1SOMb8KXBGcbgpbZaPVAMLBv', (one) => withTax(one, '2.10', '12.10'));
    edit('in_1SRzqCKXBGcbgpbZs4xgnmrX', (one) => charge(one, 0, '25.01'));
    const twice = planted.get('in_1SRzpbKXBGcbgpbZUqaQ2eu7');
    if (twice === undefined) throw new Error('an invoice to double was expected');
    const results = await reconcileAll(later, [
      ...planted.values(),
      { ...twice, id: 'S-double', cycle: '2025-11' } as SolvimonDocument & { readonly cycle: string },
    ]);
    const pairs = results.flatMap((result) => result.pairs);
    const found = pairs.filter((pair) => pair.state !== 'matched');
    expect(inAnyOrder(found.map((pair) => [pair.legacy[0] ?? pair.solvimon[0], pair.state, pair.delta]))).toEqual(
      inAnyOrder([
        // 10.00 → 11.00
        ['in_1SRznJKXBGcbgpbZY3cunpjF', 'mismatch', '1'],
        ['in_1SRzp4KXBGcbgpbZ9xmUJ3df', 'only_legacy', '-10'],
        // 250.00 → 225.00
        ['in_1SRzqVKXBGcbgpbZAcG0DXXa', 'mismatch', '-25'],
        // 15.00 → 25.00
        ['in_1IeONhKXBGcbgpbZSoAZyHwz', 'mismatch', '10'],
        ['in_1M6iuwQK2ZHS99RkeBIkgLc1', 'mismatch', '0'],
        ['in_1R6zvAKXBGcbgpbZ6yuY3YPe', 'mismatch', null],
        // 225.00 → 250.00
        ['in_1SRzqxKXBGcbgpbZOY0ZtMPY', 'mismatch', '25'],
        ['in_1SOMb8KXBGcbgpbZaPVAMLBv', 'mismatch', '2.1'],
        ['in_1SRzqCKXBGcbgpbZs4xgnmrX', 'mismatch', '0.01'],
        [found.find((pair) => pair.state === 'only_solvimon')?.solvimon[0], 'only_solvimon', '10'],
      ]),
    );
    const causes = results.flatMap((result) => result.mismatches).map((one) => [one.customer, one.cause]);
    const customerOf = (id: string) => later.find((one) => one.invoice.id === id)?.invoice.customer;
    expect(causes).toHaveLength(10);
    for (const [id, cause] of [
      ['in_1SRznJKXBGcbgpbZY3cunpjF', 'price.unit_price'],
      ['in_1SRzp4KXBGcbgpbZ9xmUJ3df', 'invoice.missing_in_solvimon'],
      ['in_1SRzqVKXBGcbgpbZAcG0DXXa', 'usage.quantity'],
      ['in_1IeONhKXBGcbgpbZSoAZyHwz', 'discount.missing'],
      ['in_1M6iuwQK2ZHS99RkeBIkgLc1', 'period.boundary_shift'],
      ['in_1R6zvAKXBGcbgpbZ6yuY3YPe', 'currency.differs'],
      ['in_1SRzqxKXBGcbgpbZOY0ZtMPY', 'proration.missing'],
      ['in_1SRzpbKXBGcbgpbZUqaQ2eu7', 'invoice.duplicate_in_solvimon'],
    ] as const)
      expect(causes).toContainEqual([customerOf(id), cause]);
    expect(pairs.filter((pair) => pair.state === 'matched')).toHaveLength(19);
    // 28 legacy invoices, each in exactly one pair; 27 of theirs in Solvimon and the double.
    expect([pairs.flatMap((pair) => pair.legacy).length, new Set(pairs.flatMap((pair) => pair.solvimon)).size]).toEqual(
      [28, 28],
    );
  });
});

function total(document: SolvimonDocument, gross: string): void {
  document.invoice_amount_including_tax.quantity = gross;
  document.tax_summary.base_amount.quantity = gross;
  const [group] = document.periods[0]?.groups ?? [];
  if (group !== undefined) group.amount_excluding_tax.quantity = gross;
}

/** Another amount for the only charge of an invoice. */
function charge(
  document: SolvimonDocument,
  index: number,
  amount: string,
  more: { quantity?: string; unitPrice?: string } = {},
): void {
  const line = document.periods[0]?.groups[0]?.lines[index];
  if (line === undefined) throw new Error('a line was expected');
  line.amount_excluding_tax.quantity = amount;
  line.amount_including_tax.quantity = amount;
  if (more.quantity !== undefined) line.meter_value = { type: 'NUMBER', number: more.quantity };
  if (more.unitPrice !== undefined && line.details !== undefined) line.details.band.amount.quantity = more.unitPrice;
  total(document, amount);
}

function withTax(document: SolvimonDocument, tax: string, gross: string): void {
  const line = document.periods[0]?.groups[0]?.lines[0];
  if (line === undefined) throw new Error('a line was expected');
  line.amount_including_tax.quantity = gross;
  document.tax_summary.tax_amount.quantity = tax;
  document.invoice_amount_including_tax.quantity = gross;
}

function inCurrency(document: SolvimonDocument, code: string): void {
  const text = JSON.stringify(document).replaceAll('"currency":"USD"', `"currency":"${code}"`);
  Object.assign(document, JSON.parse(text), { billing_currency: code });
}
