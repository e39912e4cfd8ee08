import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../src/solvimon-adapter/shape.js';
import { toDocument } from '../src/solvimon-adapter/to-document.js';

const shared = process.env['SHADOWBILL_SHARED'] ?? '../shared';
const file = path.join(shared, 'contracts/solvimon/sample-invoice.json');
const isThere = existsSync(file);
if (!isThere)
  process.stderr.write(`left out: Solvimon's sample invoice is not at ${file}. Set SHADOWBILL_SHARED to run it.\n`);

function sample(customerKey: Parameters<typeof toDocument>[1]['customerKey'] = { kind: 'reference' }) {
  const json = parseJson(readFileSync(file, 'utf8'));
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('an invoice was expected');
  const translated = toDocument(json as Parameters<typeof toDocument>[0], {
    place: { file: 'sample-invoice.json', line: 1 },
    account: '',
    customerKey,
    customerReferences: new Map(),
    requireHold: true,
  });
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

describe.runIf(isThere)('the sample invoice of the contract', () => {
  test('comes to net 274.00, tax 57.54 and gross 331.54 EUR, and every identity of its own numbers holds', () => {
    const document = sample();
    expect(document).toMatchObject({
      source: { system: 'solvimon', id: 'invo_8Qm2kT5vYbWc1aRz' },
      kind: 'invoice',
      state: 'draft',
      rawStatus: 'DRAFT STANDARD',
      number: null,
      customerRef: 'legacy-100482',
      currency: 'EUR',
      timezone: 'Europe/Amsterdam',
      taxMode: 'exclusive',
      totals: { net: '274', discount: '-11', tax: '57.54', gross: '331.54' },
      notReady: [],
    });
    // Lines, both groups and both periods against what is stated, and net + tax = gross.
    expect(document.checks.length).toBeGreaterThanOrEqual(7);
    expect(document.checks.filter((check) => !check.holds)).toEqual([]);
  });

  test('its three lines keep their own periods: usage in October, through the clock change, and the fee in November', () => {
    const [usage, fee, discount, ...rest] = sample().lines;
    const october = { start: '2026-09-30T22:00:00.000Z', end: '2026-10-31T23:00:00.000Z' };
    const november = { start: '2026-10-31T23:00:00.000Z', end: '2026-11-30T23:00:00.000Z' };
    expect(rest).toEqual([]);
    expect([usage?.period, fee?.period, discount?.period]).toEqual([october, november, november]);
    expect([usage?.id, fee?.id, discount?.id]).toEqual(['inli_2', 'inli_1', 'inli_3']);
  });

  test('the tiered line has two slices that come to it: 1,000 at 0.10 and 1,500 at 0.05', () => {
    const [usage] = sample().lines;
    expect(usage).toMatchObject({
      kind: 'usage',
      productRef: 'api-calls',
      quantity: '2500',
      unitPrice: null,
      unitPriceIsBlended: true,
      net: '175',
      tax: '36.75',
      facts: { tierMode: 'graduated' },
    });
    expect(
      usage?.tiers.map(({ from, to, quantity, unitPrice, amount }) => [from, to, quantity, unitPrice, amount]),
    ).toEqual([
      ['0', '1000', '1000', '0.1', '100'],
      ['1000', null, '1500', '0.05', '75'],
    ]);
  });

  test('the coupon is a negative line of its own that lowers the fee', () => {
    const [, fee, discount] = sample().lines;
    expect(fee).toMatchObject({ kind: 'recurring', quantity: '1', unitPrice: '110', net: '110', tax: '23.1' });
    expect(discount).toMatchObject({
      kind: 'discount',
      appliesTo: 'platform-fee',
      quantity: null,
      net: '-11',
      tax: '-2.31',
      taxes: [{ code: 'VAT', rate: '21', taxable: '-11', amount: '-2.31', behaviour: 'exclusive' }],
    });
  });

  test('the legacy id may stand in a custom field of the customer', () => {
    expect(sample({ kind: 'custom_field', reference: 'legacy_account_id' }).customerRef).toBe('100482');
  });
});
