import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isObject, parseJson } from '../src/legacy-adapters/http/json.js';
import { writeEnvelope } from '../src/legacy-adapters/lago/shape.js';
import { toDocument } from '../src/legacy-adapters/lago/to-document.js';
import { instantOfMs } from '../src/model/period.js';

/*
 * Bodies that Lago's own client libraries are tested with. Every invoice among them has one fee of 1.00 euro with 0.20 tax,
 * read from the files by hand; the credit notes do not say how much of a fee they credit.
 */
const folder = resolve(process.env['SHADOWBILL_SHARED'] ?? '../shared', 'contracts/legacy/lago');
const isThere = existsSync(folder);

function translate(file: string, kind: 'invoice' | 'credit_note') {
  const body = parseJson(readFileSync(resolve(folder, file), 'utf8'), file);
  const object = isObject(body) ? body[kind] : undefined;
  if (!isObject(object)) throw new Error(`${file} has no ${kind}`);
  const bytes = writeEnvelope({ object, invoice: null });
  const raw = { objectType: kind, id: 'doc_1', bytes, apiVersion: 'v1', requestId: null, fetchedAt: instantOfMs(0) };
  return toDocument(raw, { account: 'api.getlago.com', currencyDigits: {} });
}

const invoices = [
  ['ruby-fixtures/invoice.json', '1a901a90-1a90-1a90-1a90-1a901a901a90', 'final'],
  ['ruby-fixtures/voided_invoice.json', '1a901a90-1a90-1a90-1a90-1a901a901a90', 'void'],
  ['ruby-fixtures/invoice_preview.json', '1a901a90-1a90-1a90-1a90-1a901a901a90', 'final'],
  ['python-fixtures/invoice.json', '5eb02857-a71e-4ea2-bcf9-57d3a41bc6ba', 'final'],
  ['python-fixtures/voided_invoice.json', '5eb02857-a71e-4ea2-bcf9-57d3a41bc6ba', 'void'],
  ['python-fixtures/one_off_invoice.json', '5eb02857-a71e-4ea2-bcf9-57d3a41bc6ba', 'final'],
] as const;

describe('the recorded Lago bodies', () => {
  test.runIf(!isThere)('were left out: ../shared is not present', () => {
    process.stderr.write(`The recorded Lago bodies were left out: ${folder} is not present. Set SHADOWBILL_SHARED.\n`);
    expect(existsSync(folder)).toBe(false);
  });

  test.runIf(isThere).each(invoices)('%s is 1.00 euro with 0.20 tax', (file, customerRef, state) => {
    const translated = translate(file, 'invoice');
    if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
    const { document } = translated;
    expect(document).toMatchObject({ customerRef, state, currency: 'EUR', timezone: 'Europe/Paris', notReady: [] });
    // 2 June 2022 begins in Paris at 22:00 UTC of the day before.
    expect(document.issuedAt).toBe('2022-06-01T22:00:00.000Z');
    expect(document.totals).toMatchObject({ net: '1', tax: '0.2', gross: '1.2' });
    expect(document.lines).toHaveLength(1);
    // The number 12.6 where the documents say text; a list of taxes that does not add up to the fee's own 0.20.
    expect(document.lines[0]).toMatchObject({ quantity: '12.6', amount: '1', tax: '0.2', unitPrice: null });
    expect(document.lines[0]?.taxes.map((one) => one.amount)).toEqual(['0.2']);
  });

  test.runIf(isThere).each(['ruby-fixtures', 'python-fixtures'])(
    'a credit note of %s that does not say what it credits is refused',
    (set) => {
      const translated = translate(`${set}/credit_note.json`, 'credit_note');
      const problems = translated.type === 'rejected' ? translated.rejected.problems : [];
      expect(problems.map((one) => `${one.code} ${one.field}`)).toEqual([
        'field_missing customer.external_id',
        'field_missing items[0].amount_cents',
      ]);
    },
  );
});
