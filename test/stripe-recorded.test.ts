import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isObject, type Json, type JsonObject, parseJson } from '../src/legacy-adapters/http/json.js';
import { writeEnvelope } from '../src/legacy-adapters/stripe/shape.js';
import { toDocument } from '../src/legacy-adapters/stripe/to-document.js';
import { instantOfMs } from '../src/model/period.js';
import type { Translated } from '../src/model/source.js';

/*
 * Invoices recorded from Stripe over six API versions. The expected figures are taken from the raw JSON in whole cents
 * with bigint, by a loop that shares nothing with the adapter.
 */
const shared = resolve(process.env['SHADOWBILL_SHARED'] ?? '../shared');
const folder = resolve(shared, 'contracts/legacy/stripe');
const isThere = existsSync(resolve(folder, 'recorded'));
const recorded = isThere ? readdirSync(resolve(folder, 'recorded')).sort() : [];

const textOf = (file: string): string => readFileSync(resolve(folder, file), 'utf8');

function objectOf(file: string): JsonObject {
  const value = parseJson(textOf(file), file);
  if (!isObject(value)) throw new Error(`${file} is no object`);
  return value;
}

const textIn = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function translate(object: JsonObject, objectType: string, version: string): Translated {
  const none = new Map<string, JsonObject>();
  const bytes = writeEnvelope({
    object,
    linePages: [],
    prices: none,
    taxRates: none,
    coupons: none,
    creditedLines: none,
  });
  const id = textIn(object['id']);
  const raw = { objectType, id, bytes, apiVersion: version, requestId: null, fetchedAt: instantOfMs(0) };
  return toDocument(raw, { account: '', currencyDigits: {} });
}

function documentOf(file: string, version: string) {
  const translated = translate(objectOf(file), 'invoice', version);
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

type Recorded = {
  readonly total: number;
  readonly lines: {
    readonly data: readonly {
      readonly amount: number;
      readonly discount_amounts: readonly { readonly amount: number }[];
      readonly taxes?: readonly unknown[];
      readonly tax_amounts?: readonly unknown[];
    }[];
  };
};

const cents = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return text.startsWith('-') ? -size : size;
};

describe('the recorded Stripe invoices', () => {
  test.runIf(!isThere)('the 31 recorded invoices were left out: ../shared is not present', () => {
    process.stderr.write(
      `The 31 recorded Stripe invoices were left out: ${folder} is not present. Set SHADOWBILL_SHARED.\n`,
    );
    expect(existsSync(resolve(folder, 'recorded'))).toBe(false);
  });

  test.runIf(isThere)('are 31 over six API versions', () => {
    expect(recorded).toHaveLength(31);
    expect(new Set(recorded.map((file) => file.split('__')[0])).size).toBe(6);
  });

  for (const file of recorded)
    test(`${file} keeps the line identity`, () => {
      const document = documentOf(`recorded/${file}`, file.split('__')[0] ?? '');
      const raw = JSON.parse(textOf(`recorded/${file}`)) as Recorded;
      let lines = 0n;
      for (const line of raw.lines.data) {
        lines += BigInt(line.amount);
        for (const discount of line.discount_amounts) lines -= BigInt(discount.amount);
        // None of the 31 carries tax; one that did would need its term here.
        expect([...(line.taxes ?? []), ...(line.tax_amounts ?? [])]).toEqual([]);
      }
      expect(lines).toBe(BigInt(raw.total));
      expect(cents(document.totals.gross)).toBe(lines);
      expect(document.lines).toHaveLength(raw.lines.data.length);
      expect(document.checks.filter((check) => !check.holds)).toEqual([]);
      expect(document.notReady).toEqual(document.state === 'draft' ? ['legacy_draft'] : []);
      for (const line of document.lines) {
        expect(line.productRef).toMatch(/^prod_/);
        expect(line.priceRef).not.toBeNull();
        expect(line.periodQuality).toBe('exact');
        expect(line.idIsSynthetic).toBe(false);
      }
    });

  test.runIf(isThere)('net a change of plan: -25.00 and 250.00 are 225.00', () => {
    const document = documentOf(
      'recorded/2025-10-29.clover__invoice__in_1SRzqxKXBGcbgpbZOY0ZtMPY__paid.json',
      'clover',
    );
    expect(document.lines.map(({ kind, net }) => [kind, net])).toEqual([
      ['proration_credit', '-25'],
      ['proration_charge', '250'],
    ]);
    expect(document.totals.gross).toBe('225');
    expect(document.relatesTo).toEqual(['in_1SRzqtKXBGcbgpbZhpdF1KCd']);
  });

  test.runIf(isThere)('count the discount of in_1SRzrf once: 19.00 less 9.50 is 9.50', () => {
    const document = documentOf(
      'recorded/2025-10-29.clover__invoice__in_1SRzrfKXBGcbgpbZqIe4IGKO__paid.json',
      'clover',
    );
    expect(document.totals).toMatchObject({ net: '9.5', discount: '-9.5', gross: '9.5' });
    expect(document.lines[0]?.facts.discountRate).toBe('50');
  });

  test.runIf(isThere)('read inclusive tax out of an anonymised older invoice: 5.22 inside 40.00', () => {
    const document = documentOf('djstripe/invoice_in_fakefakefakefakefake0004.json', '2020-03-02');
    expect(document.totals).toMatchObject({ net: '34.78', tax: '5.22', gross: '40' });
    expect(document.lines[0]?.taxes[0]).toMatchObject({ rate: '15', behaviour: 'inclusive' });
  });

  // The recorded event of the voiding carries a note that is still `issued`; void ones are in to-document.test.ts.
  test.runIf(isThere).each(['credit_note_created', 'credit_note_voided'])('turn the credit note of %s', (file) => {
    const event = objectOf(`supabase/${file}.json`);
    const data = isObject(event['data']) && isObject(event['data']['object']) ? event['data']['object'] : {};
    expect(data['status']).toBe('issued');
    expect(translate(data, 'credit_note', '2020-03-02')).toMatchObject({
      type: 'document',
      document: {
        kind: 'credit_note',
        state: 'final',
        totals: { net: '-10.99', gross: '-10.99' },
        relatesTo: ['in_1MxvRkLkdIwHu7ixABNtI99m'],
      },
    });
  });
});
