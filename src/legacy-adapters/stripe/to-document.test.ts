import { describe, expect, test } from 'vitest';
import type { Document } from '../../model/document.js';
import { instantOfSeconds } from '../../model/period.js';
import type { RawRecord } from '../../model/source.js';
import { isObject, type JsonObject, parseJson } from '../http/json.js';
import { type Envelope, writeEnvelope } from './shape.js';
import { toDocument } from './to-document.js';

type Parts = { readonly [Name in keyof Envelope]?: unknown };

const start = 1_790_805_600; // 2026-10-01T00:00:00+02:00
const end = 1_793_487_600; // 2026-11-01T00:00:00+01:00

function lossless(value: unknown): JsonObject {
  const parsed = parseJson(JSON.stringify(value), 'a fixture');
  if (!isObject(parsed)) throw new Error('an object');
  return parsed;
}

const mapOf = (value: unknown): ReadonlyMap<string, JsonObject> =>
  new Map(Object.entries((value ?? {}) as Record<string, unknown>).map(([id, item]) => [id, lossless(item)]));

function rawOf(parts: Parts, objectType = 'invoice', id = 'in_1'): RawRecord {
  const bytes = writeEnvelope({
    object: lossless(parts.object),
    linePages: ((parts.linePages ?? []) as unknown[]).map(lossless),
    prices: mapOf(parts.prices),
    taxRates: mapOf(parts.taxRates),
    coupons: mapOf(parts.coupons),
    creditedLines: mapOf(parts.creditedLines),
  });
  const fetchedAt = instantOfSeconds(end);
  return { objectType, id, bytes, apiVersion: '2026-10-28.endive', requestId: 'req_1', fetchedAt };
}

const translate = (parts: Parts, objectType?: string, digits: Readonly<Record<string, number>> = {}) =>
  toDocument(rawOf(parts, objectType), { account: '', currencyDigits: digits });

function documentOf(parts: Parts, objectType?: string, digits?: Readonly<Record<string, number>>): Document {
  const translated = translate(parts, objectType, digits);
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

function problemsOf(parts: Parts): readonly string[] {
  const translated = translate(parts);
  return translated.type === 'rejected' ? translated.rejected.problems.map((one) => `${one.code} ${one.field}`) : [];
}

const list = (data: readonly unknown[], over: object = {}) => ({
  object: 'list',
  data,
  has_more: false,
  total_count: data.length,
  ...over,
});

const invoice = (lines: readonly unknown[], over: object = {}) => ({
  id: 'in_1',
  object: 'invoice',
  created: end,
  currency: 'eur',
  customer: 'cus_1',
  status: 'paid',
  number: 'A-1',
  period_start: start,
  period_end: end,
  effective_at: end,
  total: 0,
  total_discount_amounts: [],
  total_taxes: [],
  lines: list(lines),
  ...over,
});

/** A line from Basil on. */
const line = (id: string, amount: number, over: object = {}) => ({
  id,
  object: 'line_item',
  amount,
  discount_amounts: [],
  parent: {
    type: 'subscription_item_details',
    invoice_item_details: null,
    subscription_item_details: { proration: false, subscription: 'sub_1', subscription_item: 'si_1' },
  },
  period: { start, end },
  pricing: {
    type: 'price_details',
    price_details: { price: 'price_1', product: 'prod_1' },
    unit_amount_decimal: '1000',
  },
  quantity: 1,
  taxes: [],
  ...over,
});

/** A line until Acacia. */
const olderLine = (id: string, amount: number, over: object = {}) => ({
  id,
  object: 'line_item',
  amount,
  discount_amounts: [],
  period: { start, end },
  price: {
    id: 'price_1',
    product: 'prod_1',
    billing_scheme: 'per_unit',
    recurring: { usage_type: 'licensed' },
    unit_amount: 1000,
    unit_amount_decimal: '1000.5',
  },
  proration: false,
  quantity: 1,
  subscription: 'sub_1',
  tax_amounts: [],
  tax_rates: [],
  type: 'subscription',
  ...over,
});

const licensed = {
  price_1: {
    id: 'price_1',
    billing_scheme: 'per_unit',
    product: 'prod_1',
    recurring: { usage_type: 'licensed' },
    unit_amount_decimal: '1000',
  },
};
const metered = { price_1: { ...licensed.price_1, recurring: { usage_type: 'metered', meter: 'mtr_1' } } };

describe('a Stripe document', () => {
  test('reads both shapes of a line to the same line', () => {
    const newer = documentOf({ object: invoice([line('il_1', 1000)], { total: 1000 }), prices: licensed });
    const older = documentOf({
      object: invoice([olderLine('il_1', 1000)], {
        total: 1000,
        total_taxes: undefined,
        tax: null,
        total_tax_amounts: [],
      }),
    });
    const { unitPrice, rawKind, ...same } = older.lines[0] ?? expect.fail('a line');
    expect(newer.lines[0]).toMatchObject(same);
    // The price to a twelfth of a cent, not the rounded one beside it.
    expect([unitPrice, rawKind]).toEqual(['10.005', 'subscription']);
    expect(newer.lines[0]).toMatchObject({ kind: 'recurring', unitPrice: '10', rawKind: 'subscription_item_details' });
    expect([newer.taxMode, older.taxMode]).toEqual(['none', 'none']);
  });

  test('reads the newer fields where a line carries both families', () => {
    const both = {
      ...olderLine('il_1', 1000),
      ...line('il_1', 1000),
      taxes: [
        { amount: 210, tax_behavior: 'exclusive', taxable_amount: 1000, tax_rate_details: { tax_rate: 'txr_1' } },
      ],
    };
    const document = documentOf({
      object: invoice([{ ...both, tax_amounts: [{ amount: 210, inclusive: false, tax_rate: 'txr_1' }] }], {
        total: 1210,
        total_taxes: [{ amount: 210, tax_behavior: 'exclusive' }],
      }),
      taxRates: { txr_1: { id: 'txr_1', percentage: 21 } },
    });
    expect(document.lines[0]?.taxes).toEqual([
      { code: 'txr_1', rate: '21', taxable: '10', amount: '2.1', behaviour: 'exclusive' },
    ]);
    expect(document.totals).toMatchObject({ net: '10', tax: '2.1', gross: '12.1' });
  });

  test('takes inclusive tax out of the net and leaves the total', () => {
    const document = documentOf({
      object: invoice(
        [
          olderLine('il_1', 4000, {
            tax_amounts: [{ amount: 522, inclusive: true, tax_rate: 'txr_1' }],
            tax_rates: [{ id: 'txr_1', percentage: 15.0 }],
          }),
        ],
        { total: 4000, tax: 522, total_taxes: undefined, total_tax_amounts: [{ amount: 522, inclusive: true }] },
      ),
    });
    expect(document.totals).toMatchObject({ net: '34.78', tax: '5.22', gross: '40' });
    expect(document.taxMode).toBe('inclusive');
    expect(document.lines[0]).toMatchObject({ amount: '40', net: '34.78', tax: '5.22' });
    expect(document.checks.every((check) => check.holds)).toBe(true);
  });

  test('calls inclusive beside exclusive tax mixed', () => {
    const taxes = [
      { amount: 100, tax_behavior: 'inclusive' },
      { amount: 50, tax_behavior: 'exclusive' },
    ];
    const document = documentOf({
      object: invoice([line('il_1', 1000, { taxes })], { total: 1050, total_taxes: taxes }),
      prices: licensed,
    });
    expect([document.taxMode, document.totals.net, document.totals.tax, document.totals.gross]).toEqual([
      'mixed',
      '9',
      '1.5',
      '10.5',
    ]);
  });

  test('counts a discount on an item once, although subtotal and discounts both contain it', () => {
    const discount = { id: 'di_1', source: { type: 'coupon', coupon: 'half' } };
    const document = documentOf({
      object: invoice([line('il_1', 1900, { discount_amounts: [{ amount: 950, discount: 'di_1' }] })], {
        subtotal: 950,
        total: 950,
        total_excluding_tax: 950,
        total_discount_amounts: [{ amount: 950, discount }],
      }),
      prices: licensed,
      coupons: { half: { id: 'half', percent_off: 50 } },
    });
    expect(document.totals).toMatchObject({ net: '9.5', discount: '-9.5', gross: '9.5' });
    expect(document.lines[0]).toMatchObject({
      amount: '19',
      discount: '-9.5',
      net: '9.5',
      facts: { discountRate: '50' },
    });
    expect(document.notReady).toEqual([]);
  });

  test('marks a document whose own numbers do not add up, and lets nobody judge it', () => {
    const document = documentOf({ object: invoice([line('il_1', 1000)], { total: 1001 }), prices: licensed });
    expect(document.notReady).toEqual(['source_inconsistent']);
    expect(document.checks[0]).toEqual({
      name: 'lines - discounts + exclusive tax = total',
      holds: false,
      expected: '10.01',
      actual: '10',
    });
  });

  test('is refused when only the inline lines were read', () => {
    const inline = Array.from({ length: 10 }, (_, index) => line(`il_${index}`, 100));
    const object = invoice(inline, { total: 3700, lines: list(inline, { has_more: true, total_count: 37 }) });
    expect(problemsOf({ object, prices: licensed })).toEqual(['lines_missing lines.has_more']);
  });

  test('is refused when the lines read are fewer than Stripe counts', () => {
    const lines = [line('il_1', 100), line('il_2', 100)];
    const object = invoice(lines, { total: 200, lines: list(lines.slice(0, 1), { has_more: true, total_count: 3 }) });
    expect(problemsOf({ object, prices: licensed, linePages: [list(lines)] })).toEqual([
      'lines_missing lines.total_count',
    ]);
  });

  test('takes a line that slid to the next page once, and lines that are only alike as often as they stand', () => {
    const alike = { ...line('il_1', 333), id: 'il_2' };
    const object = invoice([], { total: 999, lines: list([], { has_more: true, total_count: 3 }) });
    const pages = [list([line('il_1', 333), alike], { has_more: true }), list([alike, { ...alike, id: 'il_3' }])];
    const document = documentOf({ object, prices: licensed, linePages: pages });
    expect(document.lines.map(({ id, amount }) => [id, amount])).toEqual([
      ['il_1', '3.33'],
      ['il_2', '3.33'],
      ['il_3', '3.33'],
    ]);
  });

  test('makes ids for lines without one and for lines that share one', () => {
    const lines = [line('sub_1', 100), line('sub_1', 200), { ...line('x', 300), id: null }];
    const { lines: read } = documentOf({ object: invoice(lines, { total: 600 }), prices: licensed });
    expect(read.map((one) => one.idIsSynthetic)).toEqual([true, true, true]);
    expect(new Set(read.map((one) => one.id)).size).toBe(3);
    expect(read[0]?.id).toMatch(/^in_1#1:[0-9a-f]{12}$/);
  });

  test('makes an id for a line whose own cannot be stored, instead of failing', () => {
    const { lines } = documentOf({ object: invoice([line('il\t1', 100)], { total: 100 }), prices: licensed });
    expect(lines.map((one) => one.idIsSynthetic)).toEqual([true]);
    expect(lines[0]?.id).toMatch(/^in_1#1:[0-9a-f]{12}$/);
  });

  test('names every problem at once', () => {
    const bad = { ...line('il_1', 0), amount: 12.5, period: { start: 'soon', end } };
    const object = invoice([bad, { ...line('il_2', 0), amount: null }], { total: undefined, customer: null });
    expect(problemsOf({ object, prices: licensed })).toEqual([
      'field_missing customer',
      'amount_malformed lines[0].amount',
      'date_malformed lines[0].period.start',
      'field_missing lines[1].amount',
      'field_missing total',
    ]);
  });

  test.each([
    ['jpy', '1000', '1000'],
    ['mga', '1000', '1000'],
    ['kwd', '1250', '1.25'],
    ['isk', '100', '1'],
    ['eur', '9007199254740993', '90071992547409.93'],
  ])('reads %s %s on Stripe’s own scale as %s', (code, minor, major) => {
    // Written as text, because a JavaScript number would lose digits before the test began.
    const text = new TextDecoder().decode(
      rawOf({ object: invoice([line('il_1', 777)], { total: 777, currency: code }), prices: licensed }).bytes,
    );
    const bytes = new TextEncoder().encode(text.replaceAll('777', minor));
    const translated = toDocument({ ...rawOf({ object: {} }), bytes }, { account: '', currencyDigits: {} });
    expect(translated).toMatchObject({
      type: 'document',
      document: { totals: { gross: major }, lines: [{ amount: major }] },
    });
  });

  test('asks for the scale of a currency for which Stripe documents two', () => {
    const object = invoice([line('il_1', 500)], { total: 500, currency: 'ugx' });
    expect(problemsOf({ object, prices: licensed })).toEqual(['currency_unknown currency']);
    expect(documentOf({ object, prices: licensed }, 'invoice', { UGX: 2 }).totals.gross).toBe('5');
    expect(documentOf({ object, prices: licensed }, 'invoice', { UGX: 0 }).totals.gross).toBe('500');
  });

  test('tells usage, fees, one-off items and prorations apart', () => {
    const item = (proration: boolean) => ({
      type: 'invoice_item_details',
      invoice_item_details: { proration, subscription: null },
      subscription_item_details: null,
    });
    const lines = [
      line('il_usage', 100),
      line('il_item', 100, { parent: item(false) }),
      line('il_credit', -50, { parent: item(true) }),
      line('il_charge', 70, { parent: item(true) }),
      line('il_new', 10, { parent: { type: 'rate_card_subscription_details' } }),
    ];
    const document = documentOf({ object: invoice(lines, { total: 230 }), prices: metered });
    expect(document.lines.map(({ kind }) => kind)).toEqual([
      'usage',
      'one_time',
      'proration_credit',
      'proration_charge',
      'unknown',
    ]);
    expect(document.lines[0]).toMatchObject({
      meterRef: 'mtr_1',
      subscriptionRef: 'sub_1',
      productRef: 'prod_1',
      priceRef: 'price_1',
    });
    // What is prorated has no unit price of its own; the full one is in the price.
    expect(document.lines[2]).toMatchObject({ unitPrice: null, facts: { fullPrice: '10' } });
  });

  test('keeps the tiers of a graduated price as lines of one price and one period', () => {
    const price = {
      id: 'price_1',
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      product: 'prod_1',
      recurring: { usage_type: 'metered' },
      tiers: [
        { up_to: 1000, unit_amount_decimal: '0', flat_amount: null },
        { up_to: null, unit_amount_decimal: '0.02' },
      ],
    };
    const lines = [line('il_1', 0, { quantity: 1000 }), line('il_2', 999, { quantity: 0 })];
    const document = documentOf({ object: invoice(lines, { total: 999 }), prices: { price_1: price } });
    for (const one of document.lines)
      expect(one).toMatchObject({
        kind: 'usage',
        priceRef: 'price_1',
        unitPriceIsBlended: true,
        facts: { tierMode: 'graduated', includedVolume: '1000' },
      });
    expect(document.lines.map(({ quantity }) => quantity)).toEqual(['1000', '0']);
  });

  test('prefers the decimal quantity to the one that is cut to a whole number', () => {
    const document = documentOf({
      object: invoice([line('il_1', 1000, { quantity: 2, quantity_decimal: '2.750000000001' })], { total: 1000 }),
      prices: licensed,
    });
    expect(document.lines[0]?.quantity).toBe('2.750000000001');
  });

  test('takes a small shift out of metered usage, and keeps an end before the start', () => {
    const shifted = line('il_1', 100, { period: { start: start - 278, end: end - 300 } });
    const inverted = line('il_2', 100, { period: { start: 1_581_084_245, end: 1_581_084_101 } });
    const far = line('il_3', 100, { period: { start: start - 301, end } });
    const document = documentOf({ object: invoice([shifted, inverted, far], { total: 300 }), prices: metered });
    expect(document.lines.map(({ periodQuality }) => periodQuality)).toEqual(['shifted', 'inverted', 'exact']);
    expect(document.lines[0]?.period).toEqual({ start: '2026-09-30T22:00:00.000Z', end: '2026-10-31T23:00:00.000Z' });
    expect(document.lines[1]?.period).toEqual({ start: '2020-02-07T14:04:05.000Z', end: '2020-02-07T14:01:41.000Z' });
  });

  test('adds shipping to the lines, because it is part of the total', () => {
    const object = invoice([line('il_1', 1000)], {
      total: 1605,
      total_taxes: [{ amount: 105, tax_behavior: 'exclusive' }],
      shipping_cost: {
        amount_subtotal: 500,
        amount_tax: 105,
        amount_total: 605,
        shipping_rate: 'shr_1',
        taxes: [{ amount: 105, taxable_amount: 500, rate: { id: 'txr_1', percentage: 21 } }],
      },
    });
    const document = documentOf({ object, prices: licensed });
    expect(document.lines[1]).toMatchObject({ rawKind: 'shipping_cost', net: '5', tax: '1.05', productRef: 'shr_1' });
    expect(document.totals).toMatchObject({ net: '15', tax: '1.05', gross: '16.05' });
    expect(document.notReady).toEqual([]);
  });

  test.each([[1000], [700]])(
    'shows a billing credit without summing it, with a total of %d before or after it',
    (total) => {
      const grant = { type: 'credit_balance_transaction', amount: 300, credit_balance_transaction: 'cbtxn_1' };
      const document = documentOf({
        object: invoice([line('il_1', 1000)], { total, total_pretax_credit_amounts: [grant] }),
        prices: licensed,
      });
      expect(document.lines[1]).toMatchObject({ kind: 'prepaid_drawdown', amount: '-3' });
      expect([document.totals.gross, document.notReady]).toEqual(['10', []]);
    },
  );

  test('compares the total and never what is due after a balance', () => {
    const document = documentOf({
      object: invoice([line('il_1', 12_000)], { total: 12_000, starting_balance: -7200, amount_due: 4800 }),
      prices: licensed,
    });
    expect(document.totals.gross).toBe('120');
    expect(document.totals.asReported).toMatchObject({ total: '120', amount_due: '48', starting_balance: '-72' });
  });

  test.each([
    ['draft', 'draft', ['legacy_draft']],
    ['open', 'final', []],
    ['uncollectible', 'final', []],
    ['void', 'void', []],
    ['paused', 'unknown', ['unknown_status']],
  ])('with status %s is %s', (status, state, notReady) => {
    const document = documentOf({ object: invoice([line('il_1', 1000)], { total: 1000, status }), prices: licensed });
    expect([document.state, document.notReady, document.rawStatus]).toEqual([state, notReady, status]);
  });

  test('that is a preview is open, whatever its status says', () => {
    const document = documentOf(
      { object: invoice([line('il_1', 1000)], { total: 1000, status: 'draft' }), prices: licensed },
      'preview',
    );
    expect([document.state, document.notReady]).toEqual(['preview', ['open']]);
  });

  test('without lines and money is legal', () => {
    expect(documentOf({ object: invoice([]) }).totals.gross).toBe('0');
  });

  test('that is a credit note is negative, with product and period of the line it takes back', () => {
    const note = {
      id: 'cn_1',
      object: 'credit_note',
      created: end,
      currency: 'usd',
      customer: 'cus_1',
      invoice: 'in_0',
      status: 'issued',
      total: 1210,
      total_excluding_tax: 1000,
      tax_amounts: [{ amount: 210, inclusive: false, tax_rate: 'txr_1' }],
      lines: list([
        {
          id: 'cnli_1',
          object: 'credit_note_line_item',
          type: 'invoice_line_item',
          amount: 1100,
          discount_amounts: [{ amount: 100, discount: 'di_1' }],
          invoice_line_item: 'il_0',
          quantity: 1,
          unit_amount_decimal: '1100',
          tax_amounts: [{ amount: 210, inclusive: false, tax_rate: 'txr_1' }],
        },
      ]),
    };
    const document = documentOf(
      { object: note, creditedLines: { il_0: line('il_0', 5000) }, prices: licensed },
      'credit_note',
    );
    expect(document).toMatchObject({
      kind: 'credit_note',
      relatesTo: ['in_0'],
      totals: { net: '-10', discount: '1', tax: '-2.1', gross: '-12.1' },
    });
    expect(document.lines[0]).toMatchObject({
      kind: 'refund_credit',
      amount: '-11',
      discount: '1',
      net: '-10',
      tax: '-2.1',
      unitPrice: '11',
      productRef: 'prod_1',
      period: { end: '2026-10-31T23:00:00.000Z' },
    });
    expect(document.totals.asReported).toMatchObject({ total: '12.1' });
    expect(document.notReady).toEqual([]);
    expect(documentOf({ object: { ...note, status: 'void' } }, 'credit_note').state).toBe('void');
  });

  test('names the invoices whose lines a proration takes back', () => {
    const parent = {
      type: 'subscription_item_details',
      subscription_item_details: {
        proration: true,
        subscription: 'sub_1',
        proration_details: { credited_items: { invoice: 'in_0', invoice_line_items: ['il_0'] } },
      },
    };
    const document = documentOf({ object: invoice([line('il_1', -100, { parent })], { total: -100 }) });
    expect(document.relatesTo).toEqual(['in_0']);
  });
});
