import { describe, expect, test } from 'vitest';
import type { Document } from '../../model/document.js';
import { instantOfSeconds } from '../../model/period.js';
import { isObject, type JsonObject, parseJson } from '../http/json.js';
import { writeEnvelope } from './shape.js';
import { toDocument, type ToDocumentOptions } from './to-document.js';

const start = 1_790_805_600; // 2026-10-01T00:00:00+02:00
const end = 1_793_487_600; // 2026-11-01T00:00:00+01:00

type Obj = Readonly<Record<string, unknown>>;

/** `text` is JSON, so that a number can be written with all its digits. */
function lossless(text: string): JsonObject {
  const parsed = parseJson(text, 'a fixture');
  return isObject(parsed) ? parsed : expect.fail('an object');
}

const options: ToDocumentOptions = { site: 'acme', billingMode: 'millisecond', currencyDigits: {} };

type Input = { readonly object: Obj | string; readonly pages?: readonly Obj[]; readonly kind?: string };

function translate({ object, pages = [], kind = 'invoice' }: Input, over: Partial<ToDocumentOptions> = {}) {
  const bytes = writeEnvelope({
    object: lossless(typeof object === 'string' ? object : JSON.stringify(object)),
    pages: pages.map((page) => lossless(JSON.stringify(page))),
  });
  const raw = { objectType: kind, id: 'INV-1', bytes, apiVersion: 'v2', requestId: 'req_1' };
  return toDocument({ ...raw, fetchedAt: instantOfSeconds(end) }, { ...options, ...over });
}

function documentOf(input: Input, over?: Partial<ToDocumentOptions>): Document {
  const translated = translate(input, over);
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

function problemsOf(input: Input, over?: Partial<ToDocumentOptions>): readonly string[] {
  const translated = translate(input, over);
  return translated.type === 'rejected' ? translated.rejected.problems.map((one) => `${one.code} ${one.field}`) : [];
}

const line = (id: string, amount: number, over: Obj = {}): Obj => ({
  id,
  object: 'line_item',
  subscription_id: 'sub_1',
  date_from: start,
  date_to: end,
  unit_amount: amount,
  quantity: 1,
  amount,
  pricing_model: 'per_unit',
  is_taxed: false,
  tax_amount: 0,
  description: 'Seats',
  entity_type: 'plan_item_price',
  entity_id: 'seats-EUR-monthly',
  ...over,
});

const invoice = (lines: readonly Obj[], over: Obj = {}): Obj => ({
  id: 'INV-1',
  object: 'invoice',
  customer_id: 'cus_1',
  date: end,
  status: 'paid',
  price_type: 'tax_exclusive',
  currency_code: 'EUR',
  sub_total: 0,
  tax: 0,
  total: 0,
  round_off_amount: 0,
  deleted: false,
  updated_at: end + 60,
  line_items: lines,
  ...over,
});

const brokenChecks = (document: Document) => document.checks.filter((one) => !one.holds).map((one) => one.name);

describe('a Chargebee document', () => {
  test('adds up to its total from lines, discounts and taxes that stand beside the lines', () => {
    // 100.00 - 10.00 and 50.00 - 5.00 are 135.00; 21 % of them is 18.90 + 9.45 = 28.35; together 163.35.
    const document = documentOf({
      object: invoice([line('li_1', 10000), line('li_2', 5000)], {
        sub_total: 13500,
        tax: 2835,
        total: 16335,
        line_item_discounts: [
          { line_item_id: 'li_1', discount_type: 'item_level_coupon', coupon_id: 'c', discount_amount: 1000 },
          { line_item_id: 'li_2', discount_type: 'document_level_coupon', coupon_id: 'c', discount_amount: 500 },
        ],
        line_item_taxes: [
          { line_item_id: 'li_1', tax_name: 'VAT', tax_rate: 21.0, taxable_amount: 9000, tax_amount: 1890 },
          { line_item_id: 'li_2', tax_name: 'VAT', tax_rate: 21.0, taxable_amount: 4500, tax_amount: 945 },
        ],
      }),
    });
    expect(document.totals).toMatchObject({ net: '135', discount: '-15', tax: '28.35', gross: '163.35' });
    expect(document.lines[0]).toMatchObject({ amount: '100', discount: '-10', net: '90', tax: '18.9' });
    expect(document.lines[0]?.taxes).toEqual([
      { code: 'VAT', rate: '21', taxable: '90', amount: '18.9', behaviour: 'exclusive' },
    ]);
    expect(brokenChecks(document)).toEqual([]);
    expect(document.checks.map((one) => one.name)).toEqual([
      'lines - discounts + exclusive tax + rounding = total',
      'line taxes = tax',
      'lines - discounts = sub_total',
    ]);
  });

  test('takes inclusive tax out of the net and leaves the total', () => {
    // 121.00 with 21 % inside is 100.00 and 21.00.
    const document = documentOf({
      object: invoice([line('li_1', 12100)], {
        price_type: 'tax_inclusive',
        sub_total: 12100,
        tax: 2100,
        total: 12100,
        line_item_taxes: [
          { line_item_id: 'li_1', tax_name: 'VAT', tax_rate: 21, tax_amount: 2100, taxable_amount: 10000 },
        ],
      }),
    });
    expect(document.totals).toMatchObject({ net: '100', tax: '21', gross: '121' });
    expect(document.taxMode).toBe('inclusive');
    expect(brokenChecks(document)).toEqual([]);
  });

  test('reads a tax that stands on the line when there are no rows beside it', () => {
    const document = documentOf({
      object: invoice([line('li_1', 10000, { tax_amount: 900, tax_rate: 9.0 })], {
        sub_total: 10000,
        tax: 900,
        total: 10900,
      }),
    });
    expect(document.lines[0]?.taxes).toEqual([
      { code: null, rate: '9', taxable: null, amount: '9', behaviour: 'exclusive' },
    ]);
    expect(document.totals.gross).toBe('109');
  });

  test.each([
    ['JPY', 1500, '1500'],
    ['KRW', 1500, '1500'],
    ['EUR', 1500, '15'],
    ['KWD', 1500, '15'],
    ['BHD', 1501, '15.01'],
  ])('reads an amount in %s of %d as %s', (currency_code, amount, major) => {
    const document = documentOf({
      object: invoice([line('li_1', amount)], { currency_code, sub_total: amount, total: amount }),
    });
    expect(document.totals.gross).toBe(major);
  });

  test('refuses a currency without decimals whose scale is not documented, until it is told', () => {
    const input = { object: invoice([line('li_1', 1500)], { currency_code: 'CLP', sub_total: 1500, total: 1500 }) };
    expect(problemsOf(input)).toEqual(['currency_unknown currency_code']);
    expect(documentOf(input, { currencyDigits: { CLP: 0 } }).totals.gross).toBe('1500');
    expect(documentOf(input, { currencyDigits: { CLP: 2 } }).totals.gross).toBe('15');
  });

  test('keeps the two scales of a multi-decimal site apart', () => {
    // 1234.5 calls at 0.0125 are 15.43125, billed as 15.43.
    const document = documentOf({
      object: invoice(
        [
          line('li_1', 1543, {
            unit_amount: 1,
            unit_amount_in_decimal: '0.0125',
            quantity: 1234,
            quantity_in_decimal: '1234.5',
            amount_in_decimal: '15.43125',
            metered: true,
          }),
        ],
        { sub_total: 1543, total: 1543 },
      ),
    });
    expect(document.lines[0]).toMatchObject({
      amount: '15.43',
      unitPrice: '0.0125',
      quantity: '1234.5',
      kind: 'usage',
    });
    const small = documentOf({ object: invoice([line('li_1', 2000)], { sub_total: 2000, total: 2000 }) });
    expect(small.lines[0]?.unitPrice).toBe('20');
  });

  test('reads an amount in decimals only where the whole one is missing', () => {
    const document = documentOf({
      object: invoice([line('li_1', 0, { amount: undefined, amount_in_decimal: '20.25' })], {
        sub_total: 2025,
        total: 2025,
      }),
    });
    expect(document.totals.net).toBe('20.25');
  });

  test('keeps every digit of a number that a float cannot hold', () => {
    const text = JSON.stringify(invoice([line('li_1', 1)], { sub_total: 1, total: 1 }))
      .replace('"amount":1,', '"amount":9007199254740993,')
      .replace('"sub_total":1,', '"sub_total":9007199254740993,')
      .replace('"total":1,', '"total":9007199254740993,')
      .replace('"quantity":1,', '"quantity":33.333333333333333333,');
    const document = documentOf({ object: text });
    expect(document.totals.gross).toBe('90071992547409.93');
    expect(document.lines[0]?.quantity).toBe('33.333333333333333333');
    expect(brokenChecks(document)).toEqual([]);
  });

  test('turns a credit note, and calls the credit of a change a proration', () => {
    const object = {
      ...invoice([line('li_1', 998)], { sub_total: 998, total: 998, status: 'adjusted', tax: undefined }),
      taxes: [],
      reason_code: 'subscription_change',
      create_reason_code: 'Subscription Change',
      reference_invoice_id: 'INV-0',
    };
    const document = documentOf({ object, kind: 'credit_note' });
    expect(document).toMatchObject({ kind: 'credit_note', state: 'final', relatesTo: ['INV-0'] });
    expect(document.totals).toMatchObject({ net: '-9.98', gross: '-9.98' });
    expect(document.totals.asReported).toMatchObject({ total: '9.98' });
    expect(document.lines[0]).toMatchObject({ kind: 'proration_credit', amount: '-9.98' });
    const waiver = documentOf({
      object: { ...object, reason_code: 'waiver', create_reason_code: '' },
      kind: 'credit_note',
    });
    expect(waiver.lines[0]?.kind).toBe('refund_credit');
  });

  test('with discount and tax turns all of a credit note', () => {
    // -(100.00 - 10.00) = -90.00, 21 % of it -18.90: -108.90.
    const document = documentOf({
      kind: 'credit_note',
      object: {
        ...invoice([line('li_1', 10000)], { sub_total: 9000, total: 10890, tax: undefined, status: 'refunded' }),
        taxes: [{ name: 'VAT', amount: 1890 }],
        line_item_discounts: [{ line_item_id: 'li_1', discount_type: 'item_level_discount', discount_amount: 1000 }],
        line_item_taxes: [
          { line_item_id: 'li_1', tax_name: 'VAT', tax_rate: 21, tax_amount: 1890, taxable_amount: 9000 },
        ],
      },
    });
    expect(document.lines[0]).toMatchObject({ amount: '-100', discount: '10', net: '-90', tax: '-18.9' });
    expect(document.totals).toMatchObject({ net: '-90', tax: '-18.9', gross: '-108.9' });
    expect(brokenChecks(document)).toEqual([]);
  });

  test('shows what pays and sums what bills', () => {
    // 100.00 - 30.00 prorated credits = 70.00, rounded off to 70.05 by 0.05; 20.00 promotional credits and 10.00 of a credit note pay.
    const document = documentOf({
      object: invoice([line('li_1', 10000)], {
        sub_total: 7000,
        total: 7005,
        round_off_amount: 5,
        line_item_discounts: [
          { line_item_id: 'li_1', discount_type: 'prorated_credits', discount_amount: 3000 },
          { line_item_id: 'li_1', discount_type: 'promotional_credits', discount_amount: 2000 },
        ],
        applied_credits: [{ cn_id: 'CN-1', applied_amount: 1000, applied_at: end, cn_status: 'adjusted' }],
      }),
    });
    expect(document.lines.map(({ kind, amount, ordinal }) => `${ordinal} ${kind} ${amount}`)).toEqual([
      '1 recurring 100',
      '2 proration_credit -30',
      '3 prepaid_drawdown -20',
      '4 rounding 0.05',
      '5 balance -10',
    ]);
    expect(document.totals).toMatchObject({ net: '70.05', discount: '0', gross: '70.05' });
    expect(brokenChecks(document)).toEqual([]);
  });

  test('keeps a discount of the document as a whole as a line of its own', () => {
    const document = documentOf({
      object: invoice([line('li_1', 10000)], {
        sub_total: 9000,
        total: 9000,
        discounts: [
          { amount: 1000, entity_type: 'document_level_coupon', discount_type: 'percentage', entity_id: 'c' },
        ],
      }),
    });
    expect(document.lines.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual(['recurring 100', 'discount -10']);
    expect(document.totals).toMatchObject({ net: '90', discount: '-10', gross: '90' });
  });

  test('takes the header list of discounts only where the lines have none', () => {
    const discounts = [{ amount: 1000, entity_type: 'item_level_coupon', entity_id: 'c', line_item_id: 'li_1' }];
    const header = documentOf({ object: invoice([line('li_1', 10000)], { sub_total: 9000, total: 9000, discounts }) });
    expect(header.lines).toHaveLength(1);
    expect(header.lines[0]?.discount).toBe('-10');
    const both = documentOf({
      object: invoice([line('li_1', 10000)], {
        sub_total: 9000,
        total: 9000,
        discounts,
        line_item_discounts: [{ line_item_id: 'li_1', discount_type: 'item_level_coupon', discount_amount: 1000 }],
      }),
    });
    expect(both.totals.net).toBe('90');
  });

  test('knows the tiers of each pricing model', () => {
    const tier = (over: Obj) => ({ line_item_id: 'li_1', pricing_type: 'per_unit', ...over });
    const tiersOf = (pricing_model: string, rows: readonly Obj[], amount: number) => {
      const object = invoice([line('li_1', amount, { pricing_model, quantity: 15 })], {
        sub_total: amount,
        total: amount,
        line_item_tiers: rows,
      });
      const [only] = documentOf({ object }).lines;
      return {
        mode: only?.facts.tierMode,
        isBlended: only?.unitPriceIsBlended,
        tiers: only?.tiers.map(({ from, to, quantity, unitPrice, flat, amount: size }) =>
          [from, to, quantity, unitPrice, flat, size].join(' '),
        ),
      };
    };
    // 10 at 2.00 and 5 at 1.00.
    const graduated = [
      tier({ starting_unit: 1, ending_unit: 10, quantity_used: 10, unit_amount: 200 }),
      tier({ starting_unit: 11, quantity_used: 5, unit_amount: 100 }),
    ];
    expect(tiersOf('tiered', graduated, 2500)).toEqual({
      mode: 'graduated',
      isBlended: true,
      tiers: ['0 10 10 2  20', '10  5 1  5'],
    });
    // A stair step is one price, 90.00, whatever is used of it.
    const stair = [tier({ starting_unit: 11, ending_unit: 20, quantity_used: 15, unit_amount: 9000 })];
    expect(tiersOf('stairstep', stair, 9000)).toEqual({
      mode: 'stair_step',
      isBlended: true,
      tiers: ['10 20 15  90 90'],
    });
    // 15 units are two packages of ten at 4.00.
    const packages = [
      tier({ starting_unit: 1, quantity_used: 15, unit_amount: 400, pricing_type: 'package', package_size: 10 }),
    ];
    expect(tiersOf('volume', packages, 800)).toMatchObject({ mode: 'volume', tiers: ['0  15 4  8'] });
    // Decimal tiers begin where the one before ends, and are priced in major units.
    const decimals = [
      tier({
        starting_unit: 1,
        starting_unit_in_decimal: '0',
        ending_unit: 1,
        ending_unit_in_decimal: '1.5',
        quantity_used: 1,
        quantity_used_in_decimal: '1.5',
        unit_amount: 2,
        unit_amount_in_decimal: '0.0205',
      }),
    ];
    expect(tiersOf('tiered', decimals, 3).tiers).toEqual(['0 1.5 1.5 0.0205  0.03075']);
  });

  test.each([
    ['plan', {}, 'recurring'],
    ['addon_item_price', {}, 'recurring'],
    ['addon', { date_to: start }, 'one_time'],
    ['plan_setup', {}, 'setup'],
    ['charge_item_price', {}, 'one_time'],
    ['adhoc', { entity_id: undefined }, 'one_time'],
    ['plan_item_price', { metered: true }, 'usage'],
    ['plan', { description: 'Seats - Prorated Charges' }, 'proration_charge'],
    ['plan', { description: 'Prorated seats', proration_mode: 'delta' }, 'proration_charge'],
    ['plan', { description: 'Prorated seats' }, 'recurring'],
    ['something_new', {}, 'unknown'],
  ])('calls a line of %s %o %s', (entity_type, over, kind) => {
    const object = invoice([line('li_1', 100, { entity_type, ...over })], { sub_total: 100, total: 100 });
    expect(documentOf({ object }).lines[0]).toMatchObject({ kind, rawKind: entity_type });
  });

  test.each([
    ['pending', {}, 'draft', ['legacy_draft']],
    ['payment_due', {}, 'final', []],
    ['voided', {}, 'void', []],
    ['paid', { deleted: true }, 'deleted', []],
    ['frozen', {}, 'unknown', ['unknown_status']],
  ])('with status %s %o is %s', (status, over, state, notReady) => {
    const document = documentOf({
      object: invoice([line('li_1', 100)], { status, sub_total: 100, total: 100, ...over }),
    });
    expect(document).toMatchObject({ state, rawStatus: status, notReady });
  });

  test('ends a period a second later on a site with day-based billing only', () => {
    const object = invoice([line('li_1', 100, { date_to: end - 1 })], { sub_total: 100, total: 100 });
    const period = { start: instantOfSeconds(start), end: instantOfSeconds(end) };
    expect(documentOf({ object }, { billingMode: 'day' }).lines[0]).toMatchObject({
      period,
      periodQuality: 'closed_end_fixed',
    });
    const exactEnd = { start: period.start, end: instantOfSeconds(end - 1) };
    expect(documentOf({ object }).lines[0]).toMatchObject({ period: exactEnd, periodQuality: 'exact' });
    const instant = invoice([line('li_1', 100, { date_to: start })], { sub_total: 100, total: 100 });
    expect(documentOf({ object: instant }, { billingMode: 'day' }).lines[0]?.periodQuality).toBe('exact');
  });

  test('keeps and marks a period that ends before it begins', () => {
    const object = invoice([line('li_1', 100, { date_to: start - 60 })], { sub_total: 100, total: 100 });
    expect(documentOf({ object }).lines[0]?.periodQuality).toBe('inverted');
  });

  test('joins pages whose sibling rows are cut with the lines, and pages that repeat them whole', () => {
    const lines = [line('li_1', 100), line('li_2', 100), line('li_3', 100)];
    const discount = (id: string) => ({ line_item_id: id, discount_type: 'item_level_coupon', discount_amount: 10 });
    // Two coupons of the same size on one line are two rows.
    const rows = [discount('li_1'), discount('li_1'), discount('li_3')];
    const header = { sub_total: 270, total: 270 };
    const page = (part: readonly Obj[], discounts: readonly Obj[], over: Obj = {}) =>
      invoice(part, { ...header, line_item_discounts: discounts, ...over });
    const more = { line_items_next_offset: 'x' };
    const cut = [page(lines.slice(0, 2), rows.slice(0, 2), more), page(lines.slice(2), rows.slice(2))];
    const whole = [page(lines.slice(0, 2), rows, more), page(lines.slice(2), rows)];
    for (const pages of [cut, whole]) {
      const document = documentOf({ object: pages[0] ?? {}, pages });
      expect(document.lines.map((one) => `${one.id} ${one.discount}`)).toEqual(['li_1 -0.2', 'li_2 0', 'li_3 -0.1']);
      expect(document.totals.net).toBe('2.7');
    }
  });

  test('is refused when its lines cannot be proved complete', () => {
    const more = invoice([line('li_1', 100)], { sub_total: 200, total: 200, line_items_next_offset: 'x' });
    expect(problemsOf({ object: more })).toEqual(['lines_missing line_items_next_offset']);
    expect(problemsOf({ object: more, pages: [more, more] })).toEqual(['lines_missing line_items_next_offset']);
    expect(problemsOf({ object: invoice([], { line_items: undefined }) })).toEqual(['lines_missing line_items']);
    const about = { line_item_taxes: [{ line_item_id: 'li_9', tax_name: 'VAT', tax_rate: 21, tax_amount: 1 }] };
    expect(problemsOf({ object: invoice([line('li_1', 100)], about) })).toEqual([
      'lines_missing line_item_taxes.line_item_id',
    ]);
  });

  test('names every problem at once, and no missing amount is zero', () => {
    const object = invoice([line('li_1', 100, { amount: undefined }), line('li_2', 100, { amount: 10.5 })], {
      customer_id: '',
      price_type: 'net',
      total: undefined,
      line_item_discounts: [{ line_item_id: 'li_2', discount_type: 'item_level_coupon' }],
    });
    expect(problemsOf({ object })).toEqual([
      'field_missing customer_id',
      'kind_unknown price_type',
      'field_missing line_items[0].amount',
      'amount_malformed line_items[1].amount',
      'field_missing line_items[1].line_item_discounts.discount_amount',
      'field_missing total',
    ]);
  });

  test('whose own numbers do not add up is never judged', () => {
    const document = documentOf({ object: invoice([line('li_1', 100)], { sub_total: 100, total: 101 }) });
    expect(document.notReady).toEqual(['source_inconsistent']);
    expect(brokenChecks(document)).toEqual(['lines - discounts + exclusive tax + rounding = total']);
    expect(document.totals.gross).toBe('1');
  });

  test('gives lines without an id, with one that stands twice or that cannot be stored, an id of their own', () => {
    const lines = ['li_1', 'li_1', undefined, 'li\t3'].map((id) => line('li', 100, { id }));
    const document = documentOf({ object: invoice(lines, { sub_total: 400, total: 400 }) });
    expect(new Set(document.lines.map((one) => one.id)).size).toBe(4);
    expect(document.lines.map((one) => one.idIsSynthetic)).toEqual([true, true, true, true]);
  });
});
