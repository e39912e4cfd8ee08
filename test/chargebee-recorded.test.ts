import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isObject, parseJson } from '../src/legacy-adapters/http/json.js';
import { writeEnvelope } from '../src/legacy-adapters/chargebee/shape.js';
import { toDocument } from '../src/legacy-adapters/chargebee/to-document.js';
import { instantOfMs } from '../src/model/period.js';

/* One invoice recorded from a Chargebee test site with product catalog 2. Its figures are read from the file by hand. */
const file = resolve(
  process.env['SHADOWBILL_SHARED'] ?? '../shared',
  'contracts/legacy/chargebee/chargebeex-invoice.json',
);
const isThere = existsSync(file);

function translate(change: (text: string) => string = (text) => text) {
  const object = parseJson(change(readFileSync(file, 'utf8')), file);
  if (!isObject(object)) throw new Error(`${file} is no object`);
  const bytes = writeEnvelope({ object, pages: [] });
  const raw = { objectType: 'invoice', id: '__demo_inv__7', bytes, apiVersion: 'v2', requestId: null };
  return toDocument(
    { ...raw, fetchedAt: instantOfMs(0) },
    { site: 'acme-test', billingMode: 'millisecond', currencyDigits: {} },
  );
}

describe('the recorded Chargebee invoice', () => {
  test.runIf(!isThere)('was left out: ../shared is not present', () => {
    process.stderr.write(
      `The recorded Chargebee invoice was left out: ${file} is not present. Set SHADOWBILL_SHARED.\n`,
    );
    expect(existsSync(file)).toBe(false);
  });

  test.runIf(isThere)('is 10.00 dollars for 28 days of one item price', () => {
    const translated = translate();
    if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
    const { document } = translated;
    expect(document).toMatchObject({
      kind: 'invoice',
      state: 'final',
      customerRef: '__test__8asyKSOcTHxf1V',
      currency: 'USD',
      // 1517490266 s after 1970.
      issuedAt: '2018-02-01T13:04:26.000Z',
      taxMode: 'none',
      notReady: [],
    });
    expect(document.totals).toMatchObject({ net: '10', tax: '0', gross: '10', discount: '0' });
    expect(document.lines).toHaveLength(1);
    expect(document.lines[0]).toMatchObject({
      id: 'li___test__8asyKSOcTI6v1e',
      kind: 'recurring',
      productRef: 'basic-USD',
      subscriptionRef: '__test__8asyKSOcTI3k1c',
      quantity: '1',
      unitPrice: '10',
      period: { start: '2018-02-01T13:04:26.000Z', end: '2018-03-01T13:04:26.000Z' },
      periodQuality: 'exact',
    });
    expect(document.checks.map((one) => one.holds)).toEqual([true, true, true]);
  });

  test.runIf(isThere)('is refused with its only line taken away, and inconsistent with another total', () => {
    const without = translate((text) => text.replace('"line_items"', '"other_items"'));
    expect(without.type).toBe('rejected');
    const other = translate((text) => text.replace('"total": 1000', '"total": 1001'));
    expect(other.type === 'document' && other.document.notReady).toEqual(['source_inconsistent']);
  });
});
