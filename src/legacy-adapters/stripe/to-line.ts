import { hash } from 'node:crypto';
import type { Line, LineKind, PriceFacts, TaxSlice } from '../../model/document.js';
import { noPriceFacts } from '../../model/document.js';
import { parseLineId } from '../../model/ids.js';
import { invariant } from '../../model/invariant.js';
import { type DecimalText, sumText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import { type Instant, msOfInstant, type Period } from '../../model/period.js';
import { decimalOf, idOf, isObject, type Json, type JsonObject, objectsOf, textOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';
import type { Envelope } from './shape.js';

/*
 * Lines come in two shapes. Until Acacia a line has type, price, plan, proration and tax_amounts; from Basil on it has
 * parent, pricing and taxes; Acacia itself carries both. The fields decide and not the version: the newer ones are read
 * where they are there.
 */

export type LineContext = {
  readonly documentId: string;
  readonly ordinal: number;
  readonly path: string;
  readonly envelope: Envelope;
  /** The header's period, for lines of metered usage that are shifted by a few minutes against it. */
  readonly headerPeriod: Period | null;
  /** Percentage of each discount of the document, by its id, where it is a percentage. */
  readonly discountRates: ReadonlyMap<string, DecimalText>;
  /** Ids that stand more than once in the document: old API versions repeat them per subscription item. */
  readonly repeatedIds: ReadonlySet<string>;
};

/** What a line says about where it comes from, whatever its shape. */
export type Origin = {
  readonly rawKind: string;
  readonly isProration: boolean;
  readonly subscriptionRef: string | null;
  readonly price: JsonObject | null;
  readonly priceRef: string | null;
  readonly productRef: string | null;
};

/** Metered usage of older accounts ends up to five minutes before the period it is billed for. */
const shiftToleranceMs = 300_000;

/** One line of an invoice or credit note; amounts that are missing or malformed are noted. */
export function toLine(raw: JsonObject, reader: Reader, context: LineContext): Line {
  const { path } = context;
  const credited = creditedBy(raw, context);
  const origin = originOf(credited ?? raw, context.envelope);
  const amount = reader.required(raw, 'amount', path);
  const discount = negated(
    sumText(
      objectsOf(raw['discount_amounts']).map((one) => reader.required(one, 'amount', `${path}discount_amounts.`)),
    ),
  );
  const taxes = toTaxes(raw, reader, context);
  const inclusive = sumText((taxes ?? []).filter((tax) => tax.behaviour === 'inclusive').map((tax) => tax.amount));
  const kind =
    credited === null && raw['object'] !== 'credit_note_line_item' ? kindOf(origin, amount) : 'refund_credit';
  const isTiered = origin.price?.['billing_scheme'] === 'tiered';
  const given = textOf(raw['id']);
  const isRepeated = given !== null && context.repeatedIds.has(given);
  const period = toPeriod(credited ?? raw, reader, kind, context);
  const stated = unitPriceOf(raw, origin, reader, path);
  const line = {
    ordinal: context.ordinal,
    parentLineId: null,
    kind,
    rawKind: textOf(raw['type']) ?? origin.rawKind,
    description: textOf(raw['description']),
    productRef: origin.productRef,
    priceRef: origin.priceRef,
    subscriptionRef: origin.subscriptionRef,
    meterRef: meterOf(origin.price),
    appliesTo: null,
    dimensions: {},
    ...period,
    // `quantity` is cut to a whole number; the decimal one is the truth (type definitions of stripe 23).
    quantity: reader.decimal(raw, 'quantity_decimal', path) ?? reader.decimal(raw, 'quantity', path),
    unitPrice: origin.isProration ? null : stated,
    unitPriceIsBlended: isTiered,
    tiers: [],
    amount,
    discount,
    net: toDecimalText(toDecimal(amount).plus(discount).minus(inclusive)),
    tax: taxes === null ? null : sumText(taxes.map((tax) => tax.amount)),
    taxes: taxes ?? [],
    exactness: 'exact',
    facts: factsOf(raw, origin, reader, context),
  } satisfies Omit<Line, 'id' | 'idIsSynthetic'>;
  const own = given === null || isRepeated ? undefined : parseLineId(given);
  const id = own ?? parseLineId(syntheticId(line, context.documentId));
  invariant(id !== undefined, 'the id of a document can be stored', { documentId: context.documentId });
  return { id, idIsSynthetic: own === undefined, ...line };
}

/** The invoice line that a line of a credit note takes back: only it knows product, price and period. */
function creditedBy(raw: JsonObject, context: LineContext): JsonObject | null {
  const id = textOf(raw['invoice_line_item']);
  return id === null ? null : (context.envelope.creditedLines.get(id) ?? null);
}

/** Reads where a line comes from, in either shape. */
export function originOf(raw: JsonObject, envelope: Pick<Envelope, 'prices'>): Origin {
  const parent = objectAt(raw, 'parent');
  const details = objectAt(parent, 'subscription_item_details') ?? objectAt(parent, 'invoice_item_details');
  const pricing = objectAt(objectAt(raw, 'pricing'), 'price_details');
  const plan = objectAt(raw, 'plan');
  const inline = objectAt(raw, 'price') ?? objectAt(pricing, 'price');
  const priceRef = idOf(pricing?.['price']) ?? idOf(raw['price']) ?? idOf(plan ?? undefined);
  const price = (priceRef === null ? undefined : envelope.prices.get(priceRef)) ?? inline ?? plan;
  return {
    rawKind: textOf(parent?.['type']) ?? textOf(raw['type']) ?? '',
    isProration: details?.['proration'] === true || raw['proration'] === true,
    subscriptionRef: idOf(details?.['subscription']) ?? idOf(raw['subscription']),
    price,
    priceRef,
    productRef: idOf(pricing?.['product']) ?? idOf(price?.['product']) ?? idOf(plan?.['product']),
  };
}

function objectAt(from: JsonObject | null, key: string): JsonObject | null {
  const value = from?.[key];
  return isObject(value) ? value : null;
}

/** Whether the line is billed by a subscription, in either shape. */
export function isOfSubscription(origin: Origin): boolean {
  return origin.rawKind === 'subscription_item_details' || origin.rawKind === 'subscription';
}

function kindOf(origin: Origin, amount: DecimalText): LineKind {
  if (origin.isProration) return amount.startsWith('-') ? 'proration_credit' : 'proration_charge';
  if (origin.rawKind === 'invoice_item_details' || origin.rawKind === 'invoiceitem') return 'one_time';
  if (!isOfSubscription(origin)) return 'unknown';
  const usageType = textOf(objectAt(origin.price, 'recurring')?.['usage_type']) ?? textOf(origin.price?.['usage_type']);
  if (usageType === 'metered') return 'usage';
  return usageType === 'licensed' ? 'recurring' : 'unknown';
}

function meterOf(price: JsonObject | null): string | null {
  return idOf(objectAt(price, 'recurring')?.['meter']);
}

function unitPriceOf(raw: JsonObject, origin: Origin, reader: Reader, path: string): DecimalText | null {
  const pricing = objectAt(raw, 'pricing');
  const own = reader.price(pricing ?? raw, ['unit_amount_decimal'], path);
  if (own !== null || pricing !== null || origin.price === null) return own;
  return reader.price(
    origin.price,
    ['unit_amount_decimal', 'unit_amount', 'amount_decimal', 'amount'],
    `${path}price.`,
  );
}

/** Null when the line has no statement about tax at all: API versions that state it for the document only. */
function toTaxes(raw: JsonObject, reader: Reader, context: LineContext): readonly TaxSlice[] | null {
  const newer = raw['taxes'];
  const older = raw['tax_amounts'];
  const { path } = context;
  if (Array.isArray(newer))
    return objectsOf(newer).map((tax, index) => {
      const at = `${path}taxes[${index}].`;
      const rateId = idOf(objectAt(tax, 'tax_rate_details')?.['tax_rate']);
      return slice(tax, rateId, behaviourOf(tax['tax_behavior'], reader, at), reader, at, context, raw);
    });
  if (!Array.isArray(older)) return null;
  return objectsOf(older).map((tax, index) => {
    const behaviour = tax['inclusive'] === true ? 'inclusive' : 'exclusive';
    return slice(tax, idOf(tax['tax_rate']), behaviour, reader, `${path}tax_amounts[${index}].`, context, raw);
  });
}

function behaviourOf(value: Json | undefined, reader: Reader, path: string): TaxSlice['behaviour'] {
  if (value === 'inclusive' || value === 'exclusive') return value;
  reader.note('kind_unknown', `${path}tax_behavior`, value, 'inclusive or exclusive');
  return 'exclusive';
}

function slice(
  tax: JsonObject,
  rateId: string | null,
  behaviour: TaxSlice['behaviour'],
  reader: Reader,
  path: string,
  context: LineContext,
  line: JsonObject,
): TaxSlice {
  const inline = [...objectsOf(line['tax_rates']), ...(isObject(tax['tax_rate']) ? [tax['tax_rate']] : [])];
  const rate =
    rateId === null ? undefined : (context.envelope.taxRates.get(rateId) ?? inline.find((one) => one['id'] === rateId));
  return {
    code: rateId,
    rate: decimalOf(rate?.['percentage']) ?? null,
    taxable: reader.amount(tax, 'taxable_amount', path),
    amount: reader.required(tax, 'amount', path),
    behaviour,
  };
}

/** The line's own period. An end before its start is kept and marked, and a small shift of metered usage is taken out. */
function toPeriod(
  raw: JsonObject,
  reader: Reader,
  kind: LineKind,
  context: LineContext,
): Pick<Line, 'period' | 'periodQuality'> {
  const stated = objectAt(raw, 'period');
  const start = stated === null ? null : reader.seconds(stated, 'start', `${context.path}period.`);
  const end = stated === null ? null : reader.seconds(stated, 'end', `${context.path}period.`);
  if (start === null || end === null) return { period: null, periodQuality: 'missing' };
  const header = context.headerPeriod;
  const isOff = (a: Instant, b: Instant) => Math.abs(msOfInstant(a) - msOfInstant(b)) <= shiftToleranceMs;
  const isExact = header !== null && start === header.start && end === header.end;
  if (kind === 'usage' && header !== null && header.start < header.end && !isExact)
    if (isOff(start, header.start) && isOff(end, header.end)) return { period: header, periodQuality: 'shifted' };
  return { period: { start, end }, periodQuality: end < start ? 'inverted' : 'exact' };
}

function factsOf(raw: JsonObject, origin: Origin, reader: Reader, context: LineContext): PriceFacts {
  const { price } = origin;
  const path = `${context.path}price.`;
  const mode = price?.['tiers_mode'];
  const block = objectAt(price, 'transform_quantity') ?? objectAt(price, 'transform_usage');
  const isPerUnit = price !== null && price['billing_scheme'] === 'per_unit';
  const discounts = objectsOf(raw['discount_amounts']).map((one) => idOf(one['discount']) ?? '');
  return {
    ...noPriceFacts,
    tierMode: mode === 'graduated' || mode === 'volume' ? mode : null,
    includedVolume: price === null ? null : includedVolume(price, reader, path),
    blockSize: block === null ? null : reader.decimal(block, 'divide_by', `${path}transform_quantity.`),
    fullPrice:
      origin.isProration && isPerUnit ? reader.price(price, ['unit_amount_decimal', 'unit_amount'], path) : null,
    discountRate: discounts.length === 1 ? (context.discountRates.get(discounts[0] ?? '') ?? null) : null,
  };
}

/** Units that the first tier of a graduated price gives away. */
function includedVolume(price: JsonObject, reader: Reader, path: string): DecimalText | null {
  const [first] = objectsOf(price['tiers']);
  if (first === undefined || price['tiers_mode'] !== 'graduated') return null;
  const unit = reader.price(first, ['unit_amount_decimal', 'unit_amount'], `${path}tiers[0].`) ?? zero;
  const flat = reader.price(first, ['flat_amount_decimal', 'flat_amount'], `${path}tiers[0].`) ?? zero;
  return unit === zero && flat === zero ? reader.decimal(first, 'up_to', `${path}tiers[0].`) : null;
}

/** A stable id for a line without one: its place and what it bills. */
function syntheticId(line: Omit<Line, 'id' | 'idIsSynthetic'>, documentId: string): string {
  const { rawKind, priceRef, period, amount } = line;
  const digest = hash('sha1', JSON.stringify([rawKind, priceRef, period, amount]), 'hex');
  return `${documentId}#${line.ordinal}:${digest.slice(0, 12)}`;
}

const negated = (text: DecimalText): DecimalText => toDecimalText(toDecimal(text).negated());
