import { describe, expect, test } from 'vitest';
import type { Document } from '../../model/document.js';
import { instantOfMs } from '../../model/period.js';
import { isObject, type JsonObject, parseJson } from '../http/json.js';
import { writeEnvelope } from './shape.js';
import { toDocument } from './to-document.js';
import { toPeriod } from './to-period.js';

type Obj = Readonly<Record<string, unknown>>;
type Input = { readonly object: Obj | string; readonly invoice?: Obj; readonly kind?: string };

/** `text` is JSON, so that a number can be written with all its digits. */
function lossless(text: string): JsonObject {
  const parsed = parseJson(text, 'a fixture');
  return isObject(parsed) ? parsed : expect.fail('an object');
}

function translate(
  { object, invoice, kind = 'invoice' }: Input,
  currencyDigits: Readonly<Record<string, number>> = {},
) {
  const bytes = writeEnvelope({
    object: lossless(typeof object === 'string' ? object : JSON.stringify(object)),
    invoice: invoice === undefined ? null : lossless(JSON.stringify(invoice)),
  });
  const raw = { objectType: kind, id: 'doc_1', bytes, apiVersion: 'v1', requestId: 'req_1', fetchedAt: instantOfMs(0) };
  return toDocument(raw, { account: 'api.getlago.com', currencyDigits });
}

function documentOf(input: Input, digits?: Readonly<Record<string, number>>): Document {
  const translated = translate(input, digits);
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

function problemsOf(input: Input): readonly string[] {
  const translated = translate(input);
  return translated.type === 'rejected' ? translated.rejected.problems.map((one) => `${one.code} ${one.field}`) : [];
}

const fee = (id: string, cents: number, over: Obj = {}): Obj => ({
  lago_id: id,
  item: { type: 'subscription', code: 'startup', name: 'Startup' },
  amount_cents: cents,
  taxes_amount_cents: 0,
  taxes_rate: 0,
  units: '1.0',
  from_date: '2026-09-30T22:00:00Z',
  to_date: '2026-10-31T22:59:59Z',
  ...over,
});

const customer = { external_id: 'cust_1', applicable_timezone: 'Europe/Amsterdam' };

const invoice = (fees: readonly Obj[], over: Obj = {}): Obj => ({
  lago_id: 'doc_1',
  number: 'LAG-1',
  issuing_date: '2026-11-01',
  invoice_type: 'subscription',
  version_number: 4,
  status: 'finalized',
  currency: 'EUR',
  taxes_amount_cents: 0,
  coupons_amount_cents: 0,
  total_amount_cents: 0,
  customer,
  fees,
  ...over,
});

const brokenChecks = (document: Document) => document.checks.filter((one) => !one.holds).map((one) => one.name);

describe('a Lago document', () => {
  test('takes the tax of the document, and keeps what the taxes of the fees leave over', () => {
    // 3 × 0.33 is 0.99. Each fee alone has 0.33 × 20 % = 0.066, rounded 0.07, together 0.21; the document 0.198, rounded 0.20.
    const third = { taxes_amount_cents: 7, taxes_rate: '20.0' };
    const document = documentOf({
      object: invoice([fee('f_1', 33, third), fee('f_2', 33, third), fee('f_3', 33, third)], {
        fees_amount_cents: 99,
        taxes_amount_cents: 20,
        sub_total_excluding_taxes_amount_cents: 99,
        total_amount_cents: 119,
      }),
    });
    expect(document.totals).toMatchObject({ net: '0.99', tax: '0.2', gross: '1.19' });
    expect(document.lines.map(({ kind, net, tax }) => `${kind} ${net} ${tax}`)).toEqual([
      'recurring 0.33 0.07',
      'recurring 0.33 0.07',
      'recurring 0.33 0.07',
      'rounding 0 -0.01',
    ]);
    expect(brokenChecks(document)).toEqual([]);
  });

  test('is not judged when the taxes of its fees are off by more than rounding', () => {
    const document = documentOf({
      object: invoice([fee('f_1', 1000, { taxes_amount_cents: 500 })], {
        taxes_amount_cents: 200,
        total_amount_cents: 1200,
      }),
    });
    expect(document.totals.tax).toBe('2');
    expect(brokenChecks(document)).toEqual(['taxes and coupons of the fees = those of the document, up to rounding']);
    expect(document.notReady).toEqual(['source_inconsistent']);
  });

  test('makes an id for a fee whose own cannot be stored, instead of failing', () => {
    const { lines } = documentOf({
      object: invoice([fee('f\t1', 100, { lago_charge_id: 'c\t1' })], { total_amount_cents: 100 }),
    });
    expect(lines.map(({ id, idIsSynthetic }) => [id, idIsSynthetic])).toEqual([['doc_1#1:', true]]);
  });

  test('spreads coupons over the fees and keeps what their fractions leave over', () => {
    // 10.00 off three fees of 33.33 each: 3.3333… each, which text cuts at 16 places.
    const share = { precise_coupons_amount_cents: '333.3333333333333333' };
    const document = documentOf({
      object: invoice([fee('f_1', 3333, share), fee('f_2', 3333, share), fee('f_3', 3333, share)], {
        fees_amount_cents: 9999,
        coupons_amount_cents: 1000,
        sub_total_excluding_taxes_amount_cents: 8999,
        total_amount_cents: 8999,
      }),
    });
    expect(document.totals).toMatchObject({ net: '89.99', gross: '89.99' });
    expect(document.lines[0]).toMatchObject({ discount: '-3.333333333333333333', exactness: 'approximate' });
    // 3 × 3.333333333333333333 is 9.999999999999999999, a trillionth of a millionth short of ten.
    expect(document.lines[3]).toMatchObject({ kind: 'rounding', net: '-0.000000000000000001' });
    expect(brokenChecks(document)).toEqual([]);
  });

  test.each([
    ['a number', 333.5],
    ['text', '333.5'],
  ])('reads a share of a coupon that is sent as %s', (_, precise_coupons_amount_cents) => {
    const document = documentOf({
      object: invoice([fee('f_1', 1000, { precise_coupons_amount_cents })], {
        coupons_amount_cents: 334,
        total_amount_cents: 666,
      }),
    });
    expect(document.lines.map((line) => line.net)).toEqual(['6.665', '-0.005']);
    expect(document.totals.net).toBe('6.66');
  });

  test('takes coupons off after tax until version 2', () => {
    // 100.00 + 20.00 tax - 10.00 coupon; the subtotal is before the coupon, and no fee carries a part of it.
    const object = invoice(
      [fee('f_1', 10000, { taxes_amount_cents: 2000, taxes_rate: 20, precise_coupons_amount_cents: '1000.0' })],
      {
        version_number: 2,
        fees_amount_cents: 10000,
        coupons_amount_cents: 1000,
        sub_total_excluding_taxes_amount_cents: 10000,
        taxes_amount_cents: 2000,
        total_amount_cents: 11000,
      },
    );
    const document = documentOf({ object });
    expect(document.lines.map(({ kind, net }) => `${kind} ${net}`)).toEqual(['recurring 100', 'discount -10']);
    expect(document.totals).toMatchObject({ net: '90', discount: '-10', tax: '20', gross: '110' });
    expect(brokenChecks(document)).toEqual([]);
    // The same subtotal means something else from version 3 on.
    expect(brokenChecks(documentOf({ object: { ...object, version_number: 3 } }))).toEqual([
      'fees - coupons = subtotal before tax',
    ]);
  });

  test('adds back what pays for it', () => {
    // 100.00 + 21.00; 30.00 from prepaid credits and 11.00 from a credit note leave 80.00 to be paid.
    const document = documentOf({
      object: invoice([fee('f_1', 10000, { taxes_amount_cents: 2100, taxes_rate: 21 })], {
        taxes_amount_cents: 2100,
        sub_total_excluding_taxes_amount_cents: 10000,
        prepaid_credit_amount_cents: 3000,
        credit_notes_amount_cents: 1100,
        total_amount_cents: 8000,
      }),
    });
    expect(document.totals).toMatchObject({ net: '100', tax: '21', gross: '121' });
    expect(document.lines.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
      'recurring 100',
      'prepaid_drawdown -30',
      'balance -11',
    ]);
    expect(document.notReady).toEqual([]);
  });

  test('with usage that was billed progressively is shown and never judged', () => {
    const document = documentOf({
      object: invoice([fee('f_1', 10000, { taxes_amount_cents: 800, taxes_rate: 20 })], {
        progressive_billing_credit_amount_cents: 6000,
        sub_total_excluding_taxes_amount_cents: 4000,
        taxes_amount_cents: 800,
        total_amount_cents: 4800,
      }),
    });
    expect(document.totals.net).toBe('100');
    expect(brokenChecks(document)).toEqual(['the tax covers all of the usage']);
    expect(document.notReady).toEqual(['source_inconsistent']);
  });

  test('turns a credit note: the tax of its only item is its own', () => {
    const item = { lago_id: 'i_1', amount_cents: 1000, fee: fee('f_1', 5000, { taxes_rate: 21 }) };
    const document = documentOf({
      kind: 'credit_note',
      object: {
        lago_id: 'doc_1',
        lago_invoice_id: 'inv_0',
        currency: 'EUR',
        credit_status: 'available',
        taxes_amount_cents: 210,
        coupons_adjustment_amount_cents: 0,
        sub_total_excluding_taxes_amount_cents: 1000,
        total_amount_cents: 1210,
        created_at: '2026-10-04 16:21:00',
        items: [item],
      },
      invoice: { customer },
    });
    expect(document).toMatchObject({
      kind: 'credit_note',
      customerRef: 'cust_1',
      relatesTo: ['inv_0'],
      issuedAt: '2026-10-04T16:21:00.000Z',
    });
    expect(document.totals).toMatchObject({ net: '-10', tax: '-2.1', gross: '-12.1' });
    expect(document.lines[0]).toMatchObject({ kind: 'refund_credit', amount: '-10', tax: '-2.1', exactness: 'exact' });
  });

  test('works out the taxes of several credited items, less the coupon, and lets the document win', () => {
    // 10.03 and 10.03 at 21 % are 2.1063 each, 2.11 rounded; the coupon takes 1.00 off, so the document has 4.00 and 19.06.
    const item = (id: string) => ({
      lago_id: id,
      amount_cents: 1003,
      fee: fee(`f_${id}`, 1003, { taxes_rate: '21.0' }),
    });
    const document = documentOf({
      kind: 'credit_note',
      object: {
        lago_id: 'doc_1',
        currency: 'EUR',
        customer,
        taxes_amount_cents: 421,
        coupons_adjustment_amount_cents: 100,
        sub_total_excluding_taxes_amount_cents: 1906,
        total_amount_cents: 2327,
        items: [item('a'), item('b')],
      },
    });
    expect(document.lines.map(({ kind, net, tax }) => `${kind} ${net} ${tax}`)).toEqual([
      'refund_credit -10.03 -2.11',
      'refund_credit -10.03 -2.11',
      'discount 1 0',
      'rounding 0 0.01',
    ]);
    expect(document.totals).toMatchObject({ net: '-19.06', tax: '-4.21', gross: '-23.27' });
    expect(brokenChecks(document)).toEqual([]);
  });

  test.each([
    ['EUR', 1234, '12.34'],
    ['JPY', 1234, '1234'],
    ['KWD', 1234, '1.234'],
    ['HUF', 1234, '1234'],
    ['MGA', 1234, '1234'],
  ])('reads %s of %d as %s, as the Money gem counts', (currency, cents, major) => {
    expect(
      documentOf({ object: invoice([fee('f_1', cents)], { currency, total_amount_cents: cents }) }).totals.gross,
    ).toBe(major);
  });

  test('refuses a currency whose subunit is no decimal, until it is told', () => {
    const input = { object: invoice([fee('f_1', 500)], { currency: 'MRU', total_amount_cents: 500 }) };
    expect(problemsOf(input)).toEqual(['currency_unknown currency']);
    expect(documentOf(input, { MRU: 2 }).totals.gross).toBe('5');
  });

  test('keeps every digit, of numbers and of text', () => {
    const text = JSON.stringify(invoice([fee('f_1', 1, { units: 1 })], { total_amount_cents: 1 }))
      .replaceAll('"amount_cents":1,', '"amount_cents":"9007199254740993",')
      .replace('"total_amount_cents":1,', '"total_amount_cents":9007199254740993,')
      .replace('"units":1,', '"units":33.333333333333333333,');
    const document = documentOf({ object: text });
    expect(document.totals.gross).toBe('90071992547409.93');
    expect(document.lines[0]?.quantity).toBe('33.333333333333333333');
    expect(brokenChecks(document)).toEqual([]);
  });

  test('shows a unit price only where it explains the amount, on whichever scale', () => {
    const priceOf = (cents: number, units: string, precise_unit_amount: string) =>
      documentOf({
        object: invoice([fee('f_1', cents, { units, precise_unit_amount })], { total_amount_cents: cents }),
      }).lines[0]?.unitPrice;
    // 0.32 units at 3.125, or at 312.5 cents, are 1.00.
    expect(priceOf(100, '0.32', '3.125')).toBe('3.125');
    expect(priceOf(100, '0.32', '312.5')).toBe('3.125');
    expect(priceOf(100, '12.6', '9.52')).toBeNull();
    expect(priceOf(0, '0.0', '9.52')).toBeNull();
  });

  test('reads graduated ranges as tiers, and shows none that do not add up', () => {
    const range = (from: number, to: number | null, units: string, price: string, flat: string, total: string) => ({
      from_value: from,
      to_value: to,
      units,
      per_unit_amount: price,
      flat_unit_amount: flat,
      total_with_flat_amount: total,
    });
    // 10 at 1.00 plus 1.00 flat, and 5 at 0.50: 13.50.
    const graduated_ranges = [range(0, 10, '10.0', '1.0', '1.0', '11.0'), range(11, null, '5.0', '0.5', '0.0', '2.5')];
    const tiersOf = (cents: number) =>
      documentOf({
        object: invoice([fee('f_1', cents, { units: '15', amount_details: { graduated_ranges } })], {
          total_amount_cents: cents,
        }),
      }).lines[0];
    expect(tiersOf(1350)?.tiers).toEqual([
      { from: '0', to: '10', quantity: '10', unitPrice: '1', flat: '1', amount: '11' },
      { from: '10', to: null, quantity: '5', unitPrice: '0.5', flat: null, amount: '2.5' },
    ]);
    expect(tiersOf(1350)).toMatchObject({ unitPriceIsBlended: true, facts: { tierMode: 'graduated' } });
    expect(tiersOf(9999)?.tiers).toEqual([]);
  });

  test('names what a fee is for, with its filters and groups', () => {
    const object = invoice(
      [
        fee('f_1', 100, {
          lago_charge_id: 'ch_1',
          external_subscription_id: 'sub_1',
          item: {
            type: 'charge',
            code: 'api_calls',
            name: 'Calls',
            filters: { region: ['us', 'eu'] },
            grouped_by: { agent: 'aragorn', team: null },
          },
        }),
        fee('f_2', 50, { lago_true_up_parent_fee_id: 'f_1', item: { type: 'charge', code: 'api_calls' } }),
        fee('f_3', 10, { item: { type: 'commitment' } }),
        fee('f_4', 10, { item: { type: 'brand_new' } }),
      ],
      { total_amount_cents: 170 },
    );
    const [usage, trueUp, commitment, unknown] = documentOf({ object }).lines;
    expect(usage).toMatchObject({
      kind: 'usage',
      productRef: 'api_calls',
      priceRef: 'ch_1',
      meterRef: 'api_calls',
      subscriptionRef: 'sub_1',
      dimensions: { region: 'us,eu', agent: 'aragorn', team: '' },
    });
    expect(trueUp).toMatchObject({ kind: 'minimum', parentLineId: 'f_1', rawKind: 'charge true_up' });
    expect([commitment?.kind, unknown?.kind, unknown?.rawKind]).toEqual(['minimum', 'unknown', 'brand_new']);
  });

  test.each([
    ['draft', 'draft', ['legacy_draft']],
    ['finalized', 'final', []],
    ['voided', 'void', []],
    ['failed', 'failed', ['legacy_draft']],
    ['thawed', 'unknown', ['unknown_status']],
  ])('with status %s is %s', (status, state, notReady) => {
    expect(documentOf({ object: invoice([fee('f_1', 100)], { status, total_amount_cents: 100 }) })).toMatchObject({
      state,
      notReady,
    });
  });

  test('of a list, without fees, is refused; so is one whose fees do not make up its sum', () => {
    expect(problemsOf({ object: invoice([], { fees: undefined }) })).toEqual(['lines_missing fees']);
    expect(problemsOf({ object: invoice([fee('f_1', 100)], { fees_amount_cents: 200 }) })).toEqual([
      'lines_missing fees_amount_cents',
    ]);
  });

  test('names every problem at once, and no missing amount is zero', () => {
    const object = invoice([fee('f_1', 100, { amount_cents: undefined, from_date: 'soon' })], {
      customer: {},
      taxes_amount_cents: undefined,
      total_amount_cents: '12,50',
    });
    expect(problemsOf({ object })).toEqual([
      'field_missing customer.external_id',
      'field_missing taxes_amount_cents',
      'field_missing fees[0].amount_cents',
      'date_malformed fees[0].from_date',
      'amount_malformed total_amount_cents',
    ]);
  });
});

describe('a period of Lago', () => {
  const amsterdam = { start: '2026-09-30T22:00:00.000Z', end: '2026-10-31T23:00:00.000Z' };

  test.each([
    ['points in time', '2026-09-30T22:00:00Z', '2026-10-31T22:59:59Z', 'closed_end_fixed'],
    ['points in time to the millisecond', '2026-09-30T22:00:00.000Z', '2026-10-31T22:59:59.999Z', 'closed_end_fixed'],
    ['the clock of the customer with a Z', '2026-10-01T00:00:00Z', '2026-10-31T23:59:59Z', 'shifted'],
    ['days', '2026-10-01', '2026-10-31', 'date_in_zone'],
  ])('in Amsterdam is the same month in %s', (_, from, to, periodQuality) => {
    expect(toPeriod(from, to, 'Europe/Amsterdam')).toEqual({ period: amsterdam, periodQuality });
  });

  test('that is ended early ends then', () => {
    expect(toPeriod('2026-09-30T22:00:00Z', '2026-10-12T09:14:33Z', 'Europe/Amsterdam')).toEqual({
      period: { start: amsterdam.start, end: '2026-10-12T09:14:33.000Z' },
      periodQuality: 'exact',
    });
  });

  test('in UTC needs no telling apart', () => {
    expect(toPeriod('2026-10-01T00:00:00Z', '2026-10-31T23:59:59Z', 'UTC')).toEqual({
      period: { start: '2026-10-01T00:00:00.000Z', end: '2026-11-01T00:00:00.000Z' },
      periodQuality: 'closed_end_fixed',
    });
  });

  test('that ends before it begins is kept and marked, and one that is no time is none', () => {
    expect(toPeriod('2026-10-31T00:00:00Z', '2026-10-01T00:00:00Z', 'UTC')?.periodQuality).toBe('inverted');
    expect(toPeriod('2025-02-00T00:00:00Z', '2025-02-28T23:59:59Z', 'UTC')).toBeNull();
  });
});
