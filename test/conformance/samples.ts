import type { Capabilities } from '../../src/model/source.js';
import { Decimal, decimalText, type DecimalText, toDecimalText } from '../../src/model/money.js';
import { cyclePeriod, type Instant, instantOfMs, msOfInstant, type Period } from '../../src/model/period.js';
import type { CycleId } from '../../src/model/ids.js';
import type { Scope } from '../../src/model/source.js';
import type { Harness, SampleDocument, SampleLine } from './harness.js';

export const cycle = '2026-10' as CycleId;

export function scopeOf(harness: Harness): Scope {
  return {
    cycle,
    period: cyclePeriod(cycle, harness.timezone),
    timezone: harness.timezone,
    customers: 'all',
    slackDays: 7,
  };
}

/** The cycle after, for periods that begin where the suite's cycle ends. */
export function nextPeriod(harness: Harness): Period {
  return cyclePeriod('2026-11' as CycleId, harness.timezone);
}

export const plusMs = (instant: Instant, ms: number): Instant => instantOfMs(msOfInstant(instant) + ms);

/** What a source of these capabilities can say at all: without tax, or with it. */
export type Ability = Pick<Capabilities, 'taxLevel' | 'creditNotes' | 'tiers'>;

const text = (value: string): DecimalText => decimalText(value);

export function line(harness: Harness, id: string, over: Partial<SampleLine> = {}): SampleLine {
  return {
    id,
    kind: 'recurring',
    product: 'prod_seats',
    price: 'price_seats',
    period: cyclePeriod(cycle, harness.timezone),
    quantity: text('1'),
    amount: text('10'),
    discount: text('0'),
    tax: text('0'),
    taxRate: null,
    tiers: [],
    ...over,
  };
}

/** A document issued within the cycle, `hour` hours after its start, so that documents have an order. */
export function document(
  harness: Harness,
  id: string,
  lines: readonly SampleLine[],
  over: Partial<SampleDocument> & { readonly hour?: number } = {},
): SampleDocument {
  const { hour = 12, ...rest } = over;
  return {
    id,
    kind: 'invoice',
    state: 'final',
    customer: `cust_${id}`,
    currency: 'EUR',
    issuedAt: plusMs(scopeOf(harness).period.start, hour * 3_600_000),
    lines,
    ...rest,
  };
}

/** `count` small documents with two lines each, an hour apart. */
export function many(harness: Harness, count: number): readonly SampleDocument[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `in_${String(index + 1).padStart(5, '0')}`;
    return document(
      harness,
      id,
      [
        line(harness, `${id}_a`, { amount: text(`${index + 1}.05`), quantity: text('2') }),
        line(harness, `${id}_b`, { kind: 'usage', product: 'prod_calls', price: 'price_calls', amount: text('0.07') }),
      ],
      // Within the cycle however many there are: 744 hours, and some of them share one.
      { hour: index % 700 },
    );
  });
}

/** One more than two full pages, so that the last page is a short one; a dozen when the source has no pages. */
export const pagedCount = (harness: Harness): number => (harness.pageSize === null ? 12 : harness.pageSize * 2 + 1);

/** Every shape of money that the source can send: tax, discount, negative, zero, other scales, a credit note, tiers. */
export function variety(harness: Harness, can: Ability): readonly SampleDocument[] {
  const taxed = (rate: string, tax: string) => (can.taxLevel === 'none' ? {} : { taxRate: text(rate), tax: text(tax) });
  const period = cyclePeriod(cycle, harness.timezone);
  const middle = plusMs(period.start, 14 * 86_400_000);
  return [
    document(harness, 'in_plain', [line(harness, 'il_plain')], { hour: 10 }),
    document(
      harness,
      'in_taxed',
      [
        line(harness, 'il_taxed_1', { amount: text('100'), ...taxed('21', '21') }),
        line(harness, 'il_taxed_2', {
          amount: text('10.05'),
          product: 'prod_b',
          price: 'price_b',
          ...taxed('9', '0.9'),
        }),
      ],
      { hour: 11 },
    ),
    document(
      harness,
      'in_discounted',
      harness.discounts === 'detached'
        ? [
            line(harness, 'il_discounted', { amount: text('19'), ...taxed('21', '2') }),
            line(harness, 'il_discount', { kind: 'discount', amount: text('-9.5'), quantity: null }),
          ]
        : [line(harness, 'il_discounted', { amount: text('19'), discount: text('-9.5'), ...taxed('21', '2') })],
      { hour: 12 },
    ),
    document(
      harness,
      'in_changed',
      [
        line(harness, 'il_unused', {
          kind: 'proration_credit',
          amount: text('-25'),
          period: { start: middle, end: period.end },
        }),
        line(harness, 'il_remaining', {
          kind: 'proration_charge',
          amount: text('125.01'),
          product: 'prod_b',
          price: 'price_b',
          period: { start: middle, end: period.end },
        }),
        line(harness, 'il_nothing', {
          amount: text('0'),
          quantity: text('0'),
          product: 'prod_free',
          price: 'price_free',
        }),
      ],
      { hour: 13 },
    ),
    document(harness, 'in_free', [line(harness, 'il_free', { amount: text('0') })], { hour: 14 }),
    document(
      harness,
      'in_alike',
      [
        line(harness, 'il_alike_1', { amount: text('3.33') }),
        line(harness, 'il_alike_2', { amount: text('3.33') }),
        line(harness, 'il_alike_3', { amount: text('3.33') }),
      ],
      { hour: 15 },
    ),
    document(harness, 'in_yen', [line(harness, 'il_yen', { amount: text('1000') })], { currency: 'JPY', hour: 16 }),
    document(harness, 'in_dinar', [line(harness, 'il_dinar', { amount: text('1.25') })], { currency: 'KWD', hour: 17 }),
    document(harness, 'in_draft', [line(harness, 'il_draft')], { state: 'draft', hour: 18 }),
    document(harness, 'in_void', [line(harness, 'il_void')], { state: 'void', hour: 19 }),
    ...(can.creditNotes === 'none'
      ? []
      : [
          document(
            harness,
            'cn_credit',
            [
              line(harness, 'il_credit', {
                kind: 'refund_credit',
                amount: text('-5'),
                ...(can.taxLevel === 'none' ? {} : { taxRate: text('21'), tax: text('-1.05') }),
              }),
            ],
            { kind: 'credit_note', hour: 20 },
          ),
        ]),
    ...(can.tiers === 'none' ? [] : [document(harness, 'in_tiered', [tiered(harness)], { hour: 21 })]),
  ];
}

/** 1000 calls free, the next 500 at 0.02: 10.00. */
export function tiered(harness: Harness): SampleLine {
  return line(harness, 'il_tiered', {
    kind: 'usage',
    product: 'prod_calls',
    price: 'price_tiered',
    quantity: text('1500'),
    amount: text('10'),
    tiers: [
      { from: text('0'), to: text('1000'), quantity: text('1000'), unitPrice: text('0'), amount: text('0') },
      { from: text('1000'), to: null, quantity: text('500'), unitPrice: text('0.02'), amount: text('10') },
    ],
  });
}

/** Amounts that a float cannot hold, cut to the digits that the wire has. 2^53 + 1 is the first whole number it cannot. */
export function exactAmounts(digits: number | null): readonly DecimalText[] {
  if (digits === null) return ['33.333333333333333333', '-12345678901234567890.123456789', '0.000000000001'].map(text);
  const scaled = (minor: string) => toDecimalText(new Decimal(minor).div(new Decimal(10).pow(digits)));
  return [scaled('9007199254740993'), scaled('-9007199254740995'), scaled('1')];
}
