import type { Line, LineKind, PriceFacts, TaxSlice, TierSlice } from '../model/document.js';
import { noPriceFacts } from '../model/document.js';
import type { LineId } from '../model/ids.js';
import { type DecimalText, negateText, subtractText, sumText, toDecimal, toDecimalText, zero } from '../model/money.js';
import {
  dateInZone,
  type Instant,
  instantOfMs,
  isZone,
  msOfInstant,
  type Period,
  startOfDate,
} from '../model/period.js';
import type { JsonObject, Reader } from './shape.js';
import { toTiers } from './tiers.js';

export type LineContext = {
  readonly invoiceId: string;
  readonly ordinal: number;
  readonly path: string;
  readonly period: { readonly period: Period | null; readonly quality: Line['periodQuality'] };
  readonly subscriptionRef: string | null;
  readonly isInclusive: boolean;
  /** -1 for documents that state credits positive, so that a credit note always has negative lines. */
  readonly sign: 1 | -1;
  /** Rates the invoice states for itself, `currency>base currency` → rate; for lines that state none. */
  readonly exchangeRates?: ReadonlyMap<string, DecimalText>;
};

const kindByModel: Readonly<Record<string, LineKind>> = {
  RECURRING: 'recurring',
  PER_SEAT: 'recurring',
  USAGE_BASED: 'usage',
  USAGE_BASED_CONVERSION: 'usage',
  ONE_OFF: 'one_time',
  CREDITS: 'one_time',
};

const tierModes: Readonly<Record<string, NonNullable<PriceFacts['tierMode']>>> = {
  TIERED: 'graduated',
  TIERED_TOP_UP: 'graduated',
  TOP_TIERED: 'volume',
  STAIR_STEP: 'cumulative_stair_step',
  STAIR_STEP_TOP_UP: 'cumulative_stair_step',
};

/**
 * A period's bounds. An end at 23:59:59 of the day in the invoice's zone, or as it is written, is a closed end and becomes
 * the midnight after it (contract 7.1, row 4); any other second 59 is an end like every other.
 */
export function toPeriod(
  start: Instant | null,
  end: Instant | null,
  stated: { readonly endText: string | null; readonly zone: string | null },
): LineContext['period'] {
  if (start === null || end === null) return { period: null, quality: 'missing' };
  const next = instantOfMs(Math.floor(msOfInstant(end) / 1000) * 1000 + 1000);
  const isWrittenClosed = /[T ]23:59:59(\.\d+)?(Z|[+-])/.test(stated.endText ?? '');
  const isClosed = isWrittenClosed || (/:59\.\d{3}Z$/.test(end) && isMidnight(next, stated.zone));
  const fixed = isClosed ? next : end;
  return {
    period: { start, end: fixed },
    quality: fixed < start ? 'inverted' : isClosed ? 'closed_end_fixed' : 'exact',
  };
}

function isMidnight(at: Instant, zone: string | null): boolean {
  return zone !== null && isZone(zone) && startOfDate(dateInZone(at, zone), zone) === at;
}

/** One invoice line; null when an amount that is needed is missing, which is noted. */
export function toLine(raw: JsonObject, reader: Reader, context: LineContext): Line | null {
  const { path } = context;
  const net = reader.amount(raw, 'amount_excluding_tax', path);
  const gross = reader.amount(raw, 'amount_including_tax', path);
  if (net === null || gross === null) {
    for (const key of ['amount_excluding_tax', 'amount_including_tax'])
      if (raw[key] === undefined || raw[key] === null)
        reader.note('field_missing', `${path}${key}`, undefined, 'an amount {quantity, currency}');
    return null;
  }
  const type = reader.text(raw, 'type') ?? '';
  const product = reader.objects(raw, 'product_items', path)[0] ?? null;
  const kind = kindOf(type, product === null ? null : reader.text(product, 'model_type'));
  const signed = (text: DecimalText) => (context.sign === 1 ? text : negateText(text));
  const netText = signed(net.quantity);
  const tax = subtractText(signed(gross.quantity), netText);
  const id = reader.text(raw, 'id');
  const tiers = toTiers(raw, reader, path, signed);
  const details = reader.object(raw, 'details');
  const productRef = product === null ? null : (reader.text(product, 'reference') ?? reader.text(product, 'id'));
  return {
    id: (id ?? `${context.invoiceId}#${context.ordinal}`) as LineId,
    idIsSynthetic: id === null,
    ordinal: context.ordinal,
    parentLineId: null,
    kind,
    rawKind: [
      type,
      reader.text(raw, 'pricing_type') ?? reader.text(raw, 'discount_type') ?? reader.text(raw, 'commitment_type'),
    ]
      .filter((part) => part !== null && part !== '')
      .join(' '),
    description: reader.text(raw, 'description'),
    productRef,
    priceRef: reader.text(raw, 'pricing_item_config_id'),
    subscriptionRef: context.subscriptionRef,
    meterRef: meterRef(raw, reader),
    appliesTo: kind === 'discount' ? productRef : null,
    dimensions: {},
    period: context.period.period,
    periodQuality: context.period.quality,
    quantity: kind === 'discount' ? null : quantityOf(raw, reader, path, kind, tiers),
    unitPrice: kind === 'discount' || tiers.length > 1 ? null : unitPriceOf(raw, reader, path),
    unitPriceIsBlended: tiers.length > 1,
    tiers,
    amount: context.isInclusive ? signed(gross.quantity) : netText,
    discount: zero,
    net: netText,
    tax,
    taxes: toTaxes(raw, reader, path, context),
    exactness: 'exact',
    facts: toFacts(raw, details, reader, path, context.exchangeRates ?? noRates),
  };
}

const noRates: ReadonlyMap<string, DecimalText> = new Map();

function kindOf(type: string, model: string | null): LineKind {
  if (type === 'DISCOUNT') return 'discount';
  if (type === 'COMMITMENT') return 'minimum';
  if (type !== 'REVENUE') return 'unknown';
  return (model === null ? undefined : kindByModel[model]) ?? 'unknown';
}

function meterRef(raw: JsonObject, reader: Reader): string | null {
  const meter = reader.object(raw, 'meter_value');
  return meter === null ? null : reader.text(meter, 'reference');
}

/** The contract's quantity rule (3.5): the line's meter value, its details', the sum over sub-lines, or 1 for a fee. */
function quantityOf(
  raw: JsonObject,
  reader: Reader,
  path: string,
  kind: LineKind,
  tiers: readonly TierSlice[],
): DecimalText | null {
  const own = reader.object(raw, 'meter_value');
  const details = reader.object(raw, 'details');
  const detailed = details === null ? null : reader.object(details, 'meter_value');
  const stated =
    (own === null ? null : reader.decimal(own, 'number', `${path}meter_value.`)) ??
    (detailed === null ? null : reader.decimal(detailed, 'number', `${path}details.meter_value.`));
  if (stated !== null) return stated;
  if (tiers.length > 0) return sumText(tiers.map((tier) => tier.quantity));
  return kind === 'recurring' || kind === 'one_time' ? ('1' as DecimalText) : null;
}

function unitPriceOf(raw: JsonObject, reader: Reader, path: string): DecimalText | null {
  const details = reader.object(raw, 'details');
  const band = details === null ? null : reader.object(details, 'band');
  if (band === null || reader.text(raw, 'pricing_type') !== 'FLAT') return null;
  return reader.amount(band, 'amount', `${path}details.band.`)?.quantity ?? null;
}

function toTaxes(raw: JsonObject, reader: Reader, path: string, context: LineContext): readonly TaxSlice[] {
  return reader.objects(raw, 'tax_categories', path).flatMap((category, index) => {
    const at = `${path}tax_categories[${index}].`;
    const amount = reader.amount(category, 'tax_amount', at);
    if (amount === null) return [];
    const taxable = reader.amount(category, 'base_amount', at);
    const slice = (from: JsonObject, fromPath: string, code: string | null, tax: DecimalText): TaxSlice => {
      const rate = reader.decimal(from, 'percentage', fromPath);
      const signed = (text: DecimalText) => (context.sign === 1 ? text : negateText(text));
      return {
        code,
        rate: rate === null ? null : asPercentage(rate, taxable?.quantity ?? null, tax),
        taxable: taxable === null ? null : signed(taxable.quantity),
        amount: signed(tax),
        behaviour: context.isInclusive ? 'inclusive' : 'exclusive',
      };
    };
    const name = reader.text(category, 'name') ?? reader.text(category, 'category');
    // A compound tax states its parts, such as GST and PST, and each is a tax of its own (contract 3.5).
    const parts = reader.objects(category, 'rates', at).flatMap((part, p) => {
      const partAt = `${at}rates[${p}].`;
      const tax = reader.amount(part, 'tax_amount', partAt);
      return tax === null ? [] : [slice(part, partAt, reader.text(part, 'name') ?? name, tax.quantity)];
    });
    return parts.length > 0 ? parts : [slice(category, at, name, amount.quantity)];
  });
}

/** "21" or "0.21" (contract 7.1, row 8): whichever comes closer to the stated tax; "21" when nothing tells them apart. */
function asPercentage(rate: DecimalText, base: DecimalText | null, tax: DecimalText): DecimalText {
  if (base === null || base === zero || tax === zero) return rate;
  const asPercent = toDecimal(base).times(rate).div(100).minus(tax).abs();
  const asFraction = toDecimal(base).times(rate).minus(tax).abs();
  return asFraction.lessThan(asPercent) ? toDecimalText(toDecimal(rate).times(100)) : rate;
}

function toFacts(
  raw: JsonObject,
  details: JsonObject | null,
  reader: Reader,
  path: string,
  rates: ReadonlyMap<string, DecimalText>,
): PriceFacts {
  const tierMode = tierModes[reader.text(raw, 'pricing_type') ?? ''] ?? null;
  if (details === null) return { ...noPriceFacts, tierMode };
  const at = `${path}details.`;
  const band = reader.object(details, 'band');
  const meter = reader.object(details, 'meter_value');
  const included = reader.object(details, 'included_volume_details');
  const numberOf = (from: JsonObject | null, key: string) => {
    const value = from === null ? null : reader.object(from, key);
    return value === null ? null : reader.decimal(value, 'number', `${at}${key}.`);
  };
  const pricing = reader.amount(details, 'pricing_amount', at);
  const converted = reader.amount(details, 'amount', at);
  const rate = reader.objects(details, 'used_exchange_rates', at)[0];
  const isForeign = pricing !== null && converted !== null && pricing.currency !== converted.currency;
  return {
    tierMode,
    includedVolume: numberOf(included, 'included_volume'),
    minimumAmount: band === null ? null : (reader.amount(band, 'minimum_amount', `${at}band.`)?.quantity ?? null),
    blockSize: numberOf(band, 'block_size'),
    prorationFactor: meter === null ? null : reader.decimal(meter, 'ratio', `${at}meter_value.`),
    fullPrice:
      meter !== null && meter['ratio'] !== undefined && band !== null
        ? (reader.amount(band, 'amount', `${at}band.`)?.quantity ?? null)
        : null,
    pricing: isForeign
      ? {
          amount: pricing.quantity,
          currency: pricing.currency,
          rate:
            rate === undefined
              ? (rates.get(`${pricing.currency}>${converted.currency}`) ?? null)
              : reader.decimal(rate, 'rate', at),
        }
      : null,
    discountRate: band === null ? null : reader.decimal(band, 'percentage', `${at}band.`),
  };
}
