import { type CurrencyCode, parseCurrency } from '../../model/currency.js';
import {
  type Line,
  type LineKind,
  lineKinds,
  noPriceFacts,
  type PeriodQuality,
  type PriceFacts,
  type TaxSlice,
} from '../../model/document.js';
import type { LineId } from '../../model/ids.js';
import { addText, type DecimalText, negateText, subtractText, zero } from '../../model/money.js';
import type { Period } from '../../model/period.js';
import type { RowReader } from './read-values.js';
import type { RowOptions } from './shape.js';

const tierModes = ['graduated', 'volume', 'stair_step', 'cumulative_stair_step'] as const;

export type LinePlace = {
  readonly ordinal: number;
  readonly documentId: string;
  readonly currency: CurrencyCode | null;
  /** -1 for a credit note whose amounts the file states positive. */
  readonly sign: 1 | -1;
};

/**
 * One line from its row; null when its amount or kind cannot be read, which is noted. Amounts become decimal text in
 * major units: net = amount + discount - inclusive tax.
 */
export function toLine(row: RowReader, options: RowOptions, at: LinePlace): Line | null {
  const kind = kindOf(row, options);
  if (row.text('amount') === null)
    row.note('field_missing', 'amount', null, 'the amount of the line; missing is not zero');
  const stated = signed(row.money('amount', at.currency), at.sign);
  const discount = lowering(row.money('discount', at.currency), stated);
  const tax = options.tax_mode === 'none' ? zero : signed(row.money('tax', at.currency), at.sign);
  if (options.tax_mode === 'inclusive' && kind !== 'tax' && row.text('tax') === null)
    row.note('field_missing', 'tax', null, 'the tax that the amount includes; without it the net is not known');
  const lineId = row.id('line_id');
  const refs = {
    productRef: row.id('product'),
    priceRef: row.id('price'),
    subscriptionRef: row.id('subscription'),
    meterRef: row.id('meter'),
    appliesTo: row.id('applies_to'),
  };
  const { period, quality } = periodOf(row, options);
  const facts = factsOf(row, at.currency);
  const quantity = row.decimal('quantity');
  const unitPrice = row.price('unit_price', at.currency);
  const rate = row.decimal('tax_rate');
  if (stated === null || kind === undefined) return null;
  const isTax = kind === 'tax';
  const amount = options.amount_includes_discount === 'true' ? subtractText(stated, discount) : stated;
  const inclusive = options.tax_mode === 'inclusive' ? (tax ?? zero) : zero;
  const net = isTax ? zero : subtractText(addText(amount, discount), inclusive);
  return {
    id: (lineId ?? `${at.documentId}#${at.ordinal}`) as LineId,
    idIsSynthetic: lineId === null,
    ordinal: at.ordinal,
    parentLineId: null,
    kind,
    rawKind: row.text('line_kind') ?? '',
    description: row.text('description'),
    ...refs,
    dimensions: {},
    period,
    periodQuality: quality,
    quantity,
    unitPrice,
    unitPriceIsBlended: facts.tierMode !== null,
    tiers: [],
    amount,
    discount,
    net,
    tax: isTax ? amount : tax,
    taxes: isTax ? [] : taxesOf(row, options, { tax, rate, net }),
    exactness: 'exact',
    facts,
  };
}

/** The amount with its sign turned for a credit note that the file states positive. */
export function signed(text: DecimalText | null, sign: 1 | -1): DecimalText | null {
  return text === null || sign === 1 ? text : negateText(text);
}

function kindOf(row: RowReader, options: RowOptions): LineKind | undefined {
  const raw = row.text('line_kind');
  if (raw === null) return 'unknown';
  const kind = lineKinds.find((known) => known === (options.kinds[raw] ?? raw));
  if (kind === undefined)
    row.note('kind_unknown', 'line_kind', raw, `one of ${lineKinds.join(', ')}, or an entry in kinds`);
  return kind;
}

/** A discount column may state the reduction positive or negative: it always brings the line's amount nearer to zero. */
function lowering(text: DecimalText | null, amount: DecimalText | null): DecimalText {
  if (text === null) return zero;
  const isPositive = amount !== null && amount.startsWith('-');
  return text.startsWith('-') === isPositive ? negateText(text) : text;
}

function periodOf(
  row: RowReader,
  options: RowOptions,
): { readonly period: Period | null; readonly quality: PeriodQuality } {
  const start = row.instant('period_start');
  const end = row.end('period_end');
  if (start === null || end === null) return { period: null, quality: 'missing' };
  const period = { start, end };
  if (end < start) return { period, quality: 'inverted' };
  if (options.period_end === 'inclusive_second') return { period, quality: 'closed_end_fixed' };
  const isDated = row.isDate('period_start') || row.isDate('period_end');
  return { period, quality: isDated ? 'date_in_zone' : 'exact' };
}

function taxesOf(
  row: RowReader,
  options: RowOptions,
  stated: { readonly tax: DecimalText | null; readonly rate: DecimalText | null; readonly net: DecimalText },
): readonly TaxSlice[] {
  const code = row.text('tax_code');
  if (stated.tax === null || options.tax_mode === 'none' || (stated.rate === null && code === null)) return [];
  const behaviour = options.tax_mode === 'inclusive' ? 'inclusive' : 'exclusive';
  return [{ code, rate: stated.rate, taxable: stated.net, amount: stated.tax, behaviour }];
}

function factsOf(row: RowReader, currency: CurrencyCode | null): PriceFacts {
  const tierMode = row.text('tier_mode');
  const known = tierModes.find((mode) => mode === tierMode) ?? null;
  if (tierMode !== null && known === null)
    row.note('kind_unknown', 'tier_mode', tierMode, `one of ${tierModes.join(', ')}`);
  const facts: PriceFacts = {
    tierMode: known,
    includedVolume: row.decimal('included_volume'),
    minimumAmount: row.money('minimum_amount', currency),
    blockSize: row.decimal('block_size'),
    prorationFactor: row.decimal('proration_factor'),
    fullPrice: row.price('full_price', currency),
    pricing: pricingOf(row),
    discountRate: row.decimal('discount_rate'),
  };
  // Most lines state none, and one shared object says so at a glance.
  return Object.values(facts).every((fact) => fact === null) ? noPriceFacts : facts;
}

/** The amount before conversion in its own currency, by whose digits minor units are read. Both or neither. */
function pricingOf(row: RowReader): PriceFacts['pricing'] {
  const code = row.text('pricing_currency');
  const currency = code === null ? undefined : parseCurrency(code.toUpperCase());
  if (code !== null && currency === undefined)
    row.note('currency_unknown', 'pricing_currency', code, 'an ISO 4217 code such as USD');
  const amount = row.price('pricing_amount', currency ?? null);
  const rate = row.decimal('fx_rate');
  if (amount !== null && code === null)
    row.note('field_missing', 'pricing_currency', null, 'the currency of the pricing amount');
  return currency === undefined || amount === null ? null : { amount, currency, rate };
}
