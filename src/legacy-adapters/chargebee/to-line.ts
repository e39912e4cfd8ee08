import { hash } from 'node:crypto';
import { type Line, type LineKind, noPriceFacts, type PriceFacts, type TaxSlice } from '../../model/document.js';
import { parseLineId } from '../../model/ids.js';
import { invariant } from '../../model/invariant.js';
import { type DecimalText, negateText, sumText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import { instantOfMs, msOfInstant } from '../../model/period.js';
import { decimalOf, type JsonObject, textOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';
import { toTiers } from './to-tiers.js';

export type LineContext = {
  readonly documentId: string;
  readonly ordinal: number;
  readonly path: string;
  readonly isCredit: boolean;
  /** Why a credit note was made, in the words of `reason_code` and `create_reason_code`. */
  readonly creditReason: string;
  readonly isInclusive: boolean;
  readonly billingMode: 'millisecond' | 'day';
  /** Rows of the sibling lists that name this line. */
  readonly tiers: readonly JsonObject[];
  readonly discounts: readonly JsonObject[];
  readonly taxes: readonly JsonObject[];
  readonly repeatedIds: ReadonlySet<string>;
};

/** Discounts of a bill; the other two types are a balance that pays and a proration (contract 3.2). */
const discountTypes: ReadonlySet<string> = new Set([
  'item_level_coupon',
  'document_level_coupon',
  'item_level_discount',
  'document_level_discount',
]);

/** Which of the three meanings a row of `line_item_discounts` or `discounts` has; null for a type that is not known. */
export function discountMeaning(row: JsonObject): 'discount' | 'proration' | 'balance' | null {
  const type = textOf(row['discount_type']) ?? '';
  // The header list calls the type entity_type and keeps fixed_amount or percentage under discount_type.
  const named = discountTypes.has(type) || type.endsWith('_credits') ? type : (textOf(row['entity_type']) ?? type);
  if (discountTypes.has(named)) return 'discount';
  if (named === 'prorated_credits') return 'proration';
  return named === 'promotional_credits' ? 'balance' : null;
}

/** One line of an invoice or credit note; amounts that are missing or malformed are noted. */
export function toLine(raw: JsonObject, reader: Reader, context: LineContext): Line {
  const { path } = context;
  const amount = amountOf(raw, reader, path);
  const discount = negateText(
    sumText(
      context.discounts
        .filter((row) => discountMeaning(row) === 'discount')
        .map((row) => discountAmount(row, reader, `${path}line_item_discounts.`)),
    ),
  );
  const taxes = toTaxes(raw, reader, context);
  const tax = sumText(taxes.map((one) => one.amount));
  const model = textOf(raw['pricing_model']);
  const line = {
    ordinal: context.ordinal,
    parentLineId: null,
    kind: kindOf(raw, context),
    rawKind: textOf(raw['entity_type']) ?? '',
    description: textOf(raw['description']),
    // One id for both: a plan or addon in product catalog 1, an item price in product catalog 2.
    productRef: textOf(raw['entity_id']),
    priceRef: textOf(raw['entity_id']),
    // The header's is missing on consolidated invoices.
    subscriptionRef: textOf(raw['subscription_id']),
    meterRef: null,
    appliesTo: null,
    dimensions: {},
    ...toPeriod(raw, reader, context),
    quantity: reader.decimal(raw, 'quantity_in_decimal', path) ?? reader.decimal(raw, 'quantity', path),
    unitPrice: unitPriceOf(raw, reader, path),
    unitPriceIsBlended: model === 'tiered' || model === 'volume' || model === 'stairstep',
    tiers: toTiers(context.tiers, model, reader, `${path}line_item_tiers.`),
    amount,
    discount,
    net: toDecimalText(
      toDecimal(amount)
        .plus(discount)
        .minus(context.isInclusive ? tax : zero),
    ),
    tax,
    taxes,
    exactness: 'exact',
    facts: factsOf(model, raw, context),
  } satisfies Omit<Line, 'id' | 'idIsSynthetic'>;
  const given = textOf(raw['id']);
  const own = given === null || context.repeatedIds.has(given) ? undefined : parseLineId(given);
  const id = own ?? parseLineId(syntheticId(line, context.documentId));
  invariant(id !== undefined, 'the id of a document can be stored', { documentId: context.documentId });
  return { id, idIsSynthetic: own === undefined, ...line };
}

/**
 * The whole-number amount is what the totals are made of. A site with multi-decimal prices sends `amount_in_decimal`
 * beside it, in major units: that is the amount before it was rounded, and counts only where the other is missing.
 */
function amountOf(raw: JsonObject, reader: Reader, path: string): DecimalText {
  const isWhole = raw['amount'] !== undefined && raw['amount'] !== null;
  const major = isWhole ? null : reader.decimal(raw, 'amount_in_decimal', path);
  if (major === null) return reader.required(raw, 'amount', path);
  return reader.sign === 1 ? major : negateText(major);
}

/** `unit_amount_in_decimal` is in major units, `unit_amount` beside it in minor ones: two scales on one object. */
function unitPriceOf(raw: JsonObject, reader: Reader, path: string): DecimalText | null {
  return reader.decimal(raw, 'unit_amount_in_decimal', path) ?? reader.price(raw, ['unit_amount'], path);
}

/** The size of a discount with the sign of the document; a row of the header list has it under another name. */
export function discountAmount(row: JsonObject, reader: Reader, path: string): DecimalText {
  return reader.required(row, row['amount'] === undefined ? 'discount_amount' : 'amount', path);
}

const prorationReasons = /subscription[_ ](change|cancellation|pause)/i;

function kindOf(raw: JsonObject, context: LineContext): LineKind {
  if (context.isCredit) return prorationReasons.test(context.creditReason) ? 'proration_credit' : 'refund_credit';
  if (raw['metered'] === true) return 'usage';
  const description = textOf(raw['description']) ?? '';
  // Older lines have the words alone.
  const isProrated =
    /prorated charges/i.test(description) || (/prorated/i.test(description) && textOf(raw['proration_mode']) !== null);
  switch (textOf(raw['entity_type']) ?? '') {
    case 'plan':
    case 'plan_item_price':
      return isProrated ? 'proration_charge' : 'recurring';
    case 'addon':
    case 'addon_item_price':
      // An addon that is charged once has the type of one that recurs, but no stretch of time.
      if (raw['date_from'] !== undefined && text(raw, 'date_from') === text(raw, 'date_to')) return 'one_time';
      return isProrated ? 'proration_charge' : 'recurring';
    case 'plan_setup':
      return 'setup';
    case 'charge_item_price':
    case 'adhoc':
      return 'one_time';
    default:
      return 'unknown';
  }
}

const text = (raw: JsonObject, key: string): string | undefined => decimalOf(raw[key]);

function toTaxes(raw: JsonObject, reader: Reader, context: LineContext): readonly TaxSlice[] {
  const behaviour = context.isInclusive ? 'inclusive' : 'exclusive';
  if (context.taxes.length > 0)
    return context.taxes.map((row) => toTax(row, reader, behaviour, `${context.path}line_item_taxes.`));
  const amount = reader.amount(raw, 'tax_amount', context.path) ?? zero;
  if (amount === zero) return [];
  return [{ code: null, rate: reader.decimal(raw, 'tax_rate', context.path), taxable: null, amount, behaviour }];
}

/** One row of `line_item_taxes`. Its rate is a percentage that is sent as a JSON number. */
export function toTax(row: JsonObject, reader: Reader, behaviour: TaxSlice['behaviour'], path: string): TaxSlice {
  return {
    code: textOf(row['tax_name']),
    rate: reader.decimal(row, 'tax_rate', path),
    taxable: reader.amount(row, 'taxable_amount', path),
    amount: reader.required(row, 'tax_amount', path),
    behaviour,
  };
}

/** On a site with day-based billing a period ends at its last second, 23:59:59 in the site's zone; otherwise where the next begins. */
function toPeriod(raw: JsonObject, reader: Reader, context: LineContext): Pick<Line, 'period' | 'periodQuality'> {
  const start = reader.seconds(raw, 'date_from', context.path);
  const end = reader.seconds(raw, 'date_to', context.path);
  if (start === null || end === null) return { period: null, periodQuality: 'missing' };
  if (end < start) return { period: { start, end }, periodQuality: 'inverted' };
  const isClosed = context.billingMode === 'day' && start < end && end.endsWith(':59.000Z');
  if (!isClosed) return { period: { start, end }, periodQuality: 'exact' };
  return { period: { start, end: instantOfMs(msOfInstant(end) + 1000) }, periodQuality: 'closed_end_fixed' };
}

const tierModes: Readonly<Record<string, PriceFacts['tierMode']>> = {
  tiered: 'graduated',
  volume: 'volume',
  stairstep: 'stair_step',
};

function factsOf(model: string | null, raw: JsonObject, context: LineContext): PriceFacts {
  const packages = context.tiers.flatMap((tier) => decimalOf(tier['package_size']) ?? []);
  const isPackaged = packages.length > 0 && new Set(packages).size === 1 && textOf(raw['pricing_model']) !== null;
  return {
    ...noPriceFacts,
    tierMode: model === null ? null : (tierModes[model] ?? null),
    blockSize: isPackaged ? (packages[0] ?? null) : null,
  };
}

/** A stable id for a line without one: its place and what it bills. */
function syntheticId(line: Omit<Line, 'id' | 'idIsSynthetic'>, documentId: string): string {
  const { rawKind, priceRef, period, amount } = line;
  const digest = hash('sha1', JSON.stringify([rawKind, priceRef, period, amount]), 'hex');
  return `${documentId}#${line.ordinal}:${digest.slice(0, 12)}`;
}
