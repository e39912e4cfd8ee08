import type { Line, LineKind, TaxSlice } from '../../model/document.js';
import { parseLineId } from '../../model/ids.js';
import { invariant } from '../../model/invariant.js';
import {
  type Decimal,
  type DecimalText,
  negateText,
  sumText,
  toDecimal,
  toDecimalText,
  zero,
} from '../../model/money.js';
import { decimalOf, isObject, type Json, type JsonObject, jsonText, objectsOf, textOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';
import { toPeriod } from './to-period.js';
import { factsOf, type Priced, tiersOf, unitPriceOf } from './to-price.js';

export type LineContext = {
  readonly documentId: string;
  readonly ordinal: number;
  readonly path: string;
  readonly zone: string;
  /** One subunit of the currency, such as 0.01. */
  readonly unit: Decimal;
  /** Whether the coupons of the document are spread over its fees. */
  readonly hasSpreadCoupons: boolean;
  readonly repeatedIds: ReadonlySet<string>;
};

const kinds: Readonly<Record<string, LineKind>> = {
  charge: 'usage',
  fixed_charge: 'recurring',
  subscription: 'recurring',
  product: 'recurring',
  add_on: 'one_time',
  one_off: 'one_time',
  // A purchase of credits is money that is asked for; paying with them is not.
  credit: 'one_time',
  commitment: 'minimum',
};

/** One fee of an invoice; amounts that are missing or malformed are noted. */
export function toLine(fee: JsonObject, reader: Reader, context: LineContext): Line {
  const { path, unit } = context;
  const amount = reader.required(fee, 'amount_cents', path);
  const quantity = reader.decimal(fee, 'units', path);
  const priced: Priced = { amount, quantity, unit };
  const coupons = context.hasSpreadCoupons ? preciseCoupons(fee, reader, context) : zero;
  const tax = reader.required(fee, 'taxes_amount_cents', path);
  const tiers = tiersOf(fee, priced);
  const identity = identityOf(fee, context, textOf(fee['lago_id']));
  const discount = negateText(coupons);
  return {
    ...identity,
    ordinal: context.ordinal,
    ...subjectOf(fee),
    ...periodOf(fee, reader, context),
    quantity,
    unitPrice: unitPriceOf(fee, priced),
    // A plain price per unit has no details, or empty ones.
    unitPriceIsBlended: isObject(fee['amount_details']) && Object.keys(fee['amount_details']).length > 0,
    tiers,
    amount,
    discount,
    net: toDecimalText(toDecimal(amount).plus(discount)),
    tax,
    taxes: taxesOf(fee, tax, reader, path),
    exactness: toDecimal(coupons).mod(unit).isZero() ? 'exact' : 'approximate',
    facts: factsOf(fee),
  };
}

export type CreditContext = Omit<LineContext, 'hasSpreadCoupons'> & {
  /** The tax of the whole credit note, when this is its only item and the tax therefore its own; otherwise null. */
  readonly onlyTax: DecimalText | null;
};

/**
 * One item of a credit note, turned: the fee that it credits, with the credited amount. An item states no tax. That of the
 * only item is the document's; otherwise it is worked out from the rate of the fee, rounded half up to the subunit as Lago
 * rounds, and what is left over becomes a line of its own.
 */
export function toCreditLine(item: JsonObject, reader: Reader, context: CreditContext): Line {
  const { path, unit } = context;
  const fee = isObject(item['fee']) ? item['fee'] : {};
  const amount = reader.required(item, 'amount_cents', path);
  const rate = reader.decimal(fee, 'taxes_rate', `${path}fee.`);
  const worked = rate === null ? null : toDecimalText(roundToUnit(toDecimal(amount).times(rate).div(100), unit));
  const tax = context.onlyTax ?? worked;
  const slice = { code: codeOf(fee), rate, taxable: null, behaviour: 'exclusive' } as const;
  return {
    ...identityOf(item, context, textOf(item['lago_id'])),
    ordinal: context.ordinal,
    ...subjectOf(fee),
    kind: 'refund_credit',
    ...periodOf(fee, reader, { ...context, path: `${path}fee.` }),
    quantity: reader.decimal(fee, 'units', `${path}fee.`),
    unitPrice: null,
    unitPriceIsBlended: false,
    tiers: [],
    amount,
    discount: zero,
    net: amount,
    tax,
    taxes: tax === null || (tax === zero && rate === null) ? [] : [{ ...slice, amount: tax }],
    exactness: context.onlyTax === null ? 'approximate' : 'exact',
    facts: factsOf({}),
  };
}

/** Half up, away from zero, to whole subunits. */
function roundToUnit(value: Decimal, unit: Decimal): Decimal {
  return value.div(unit).toDecimalPlaces(0, 4).times(unit);
}

function identityOf(
  raw: JsonObject,
  context: Pick<LineContext, 'documentId' | 'ordinal' | 'repeatedIds'>,
  given: string | null,
) {
  const own = given === null || context.repeatedIds.has(given) ? undefined : parseLineId(given);
  if (own !== undefined) return { id: own, idIsSynthetic: false };
  const place = `${context.documentId}#${context.ordinal}:`;
  // What stands for a missing id must itself be one that can be stored, whatever the record holds.
  const id = parseLineId(`${place}${textOf(raw['lago_charge_id']) ?? ''}`) ?? parseLineId(place);
  invariant(id !== undefined, 'the id of a document can be stored', { documentId: context.documentId });
  return { id, idIsSynthetic: true };
}

/** What a fee is for. */
function subjectOf(fee: JsonObject) {
  const item = isObject(fee['item']) ? fee['item'] : {};
  const type = textOf(item['type']) ?? '';
  const code = textOf(item['code']);
  const parent = textOf(fee['lago_true_up_parent_fee_id']);
  const kind: LineKind = parent === null ? (kinds[type] ?? 'unknown') : 'minimum';
  return {
    parentLineId: parent === null ? null : (parseLineId(parent) ?? null),
    kind,
    rawKind: parent === null ? type : `${type} true_up`,
    description: textOf(fee['invoice_display_name']) ?? textOf(item['invoice_display_name']) ?? textOf(item['name']),
    productRef: code,
    priceRef: textOf(fee['lago_charge_id']) ?? textOf(fee['lago_fixed_charge_id']) ?? code,
    subscriptionRef: textOf(fee['external_subscription_id']) ?? textOf(fee['lago_subscription_id']),
    meterRef: type === 'charge' ? code : null,
    appliesTo: null,
    dimensions: { ...dimensionsOf(item['filters']), ...dimensionsOf(item['grouped_by']) },
  } satisfies Partial<Line>;
}

/** Filters and grouping keys; several values of one key are joined in their order. */
function dimensionsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  const textIn = (one: Json): string => (typeof one === 'string' ? one : one === null ? '' : jsonText(one));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, Array.isArray(one) ? one.map(textIn).join(',') : textIn(one)]),
  );
}

function periodOf(
  fee: JsonObject,
  reader: Reader,
  context: Pick<LineContext, 'path' | 'zone'>,
): Pick<Line, 'period' | 'periodQuality'> {
  const [from, to] = [textOf(fee['from_date']), textOf(fee['to_date'])];
  if (from === null || to === null) return { period: null, periodQuality: 'missing' };
  const period = toPeriod(from, to, context.zone);
  if (period !== null) return period;
  reader.note('date_malformed', `${context.path}from_date`, fee['from_date'], 'a day or a time with its offset');
  return { period: null, periodQuality: 'missing' };
}

/** The part of the coupons that falls on a fee, in subunits with fractions, sent as text or as a float. */
function preciseCoupons(fee: JsonObject, reader: Reader, context: LineContext): DecimalText {
  const stated = reader.decimal(fee, 'precise_coupons_amount_cents', context.path) ?? zero;
  return toDecimalText(toDecimal(stated).times(context.unit));
}

/** The taxes of a fee; one slice when the list beside it does not add up to it, as in the published examples. */
function taxesOf(fee: JsonObject, tax: DecimalText, reader: Reader, path: string): readonly TaxSlice[] {
  const rows = objectsOf(fee['applied_taxes']);
  const amounts = rows.map((row) => reader.amount(row, 'amount_cents', `${path}applied_taxes.`) ?? zero);
  const behaviour = 'exclusive' as const;
  if (rows.length > 0 && sumText(amounts) === tax)
    return rows.map((row, index) => ({
      code: textOf(row['tax_code']),
      rate: decimalOf(row['tax_rate']) ?? null,
      taxable: null,
      amount: amounts[index] ?? zero,
      behaviour,
    }));
  const rate = reader.decimal(fee, 'taxes_rate', path);
  if (tax === zero && (rate === null || rate === zero)) return [];
  return [{ code: codeOf(fee), rate, taxable: null, amount: tax, behaviour }];
}

function codeOf(fee: JsonObject): string | null {
  const rows = objectsOf(fee['applied_taxes']);
  return rows.length === 1 ? textOf(rows[0]?.['tax_code']) : null;
}
