import { type Line, noPriceFacts } from '../../model/document.js';
import { parseLineId } from '../../model/ids.js';
import { invariant } from '../../model/invariant.js';
import { type DecimalText, negateText, sumText, zero } from '../../model/money.js';
import { type JsonObject, objectsOf, textOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';
import { discountAmount, discountMeaning, toTax } from './to-line.js';

const plain = {
  idIsSynthetic: true,
  parentLineId: null,
  description: null,
  productRef: null,
  priceRef: null,
  subscriptionRef: null,
  meterRef: null,
  appliesTo: null,
  dimensions: {},
  period: null,
  periodQuality: 'missing',
  quantity: null,
  unitPrice: null,
  unitPriceIsBlended: false,
  tiers: [],
  discount: zero,
  tax: zero,
  taxes: [],
  exactness: 'exact',
  facts: noPriceFacts,
} as const satisfies Partial<Line>;

type Unplaced = Omit<Line, 'id' | 'ordinal'>;

export type Unattached = {
  /** Rows of the discount lists: those that are no discount of a line, or that name no line. */
  readonly discounts: readonly JsonObject[];
  /** Taxes of the document as a whole. */
  readonly taxes: readonly JsonObject[];
  readonly isInclusive: boolean;
};

/**
 * What is part of the total without being one of the lines: discounts and taxes of the document as a whole, prorated
 * credits, the rounding of the total. And what pays for it and is no part of it: promotional credits and applied credit
 * notes, shown and never summed.
 */
export function extraLines(
  object: JsonObject,
  rest: Unattached,
  reader: Reader,
  place: { readonly documentId: string; readonly lineCount: number },
): readonly Line[] {
  const lines = [
    ...rest.discounts.map((row) => discountLine(row, reader)),
    ...rest.taxes.map((row) => taxLine(row, rest.isInclusive, reader)),
    ...roundingLines(object, reader),
    ...objectsOf(object['applied_credits']).map((row) => appliedLine(row, reader)),
  ];
  return lines.map((line, index) => {
    const ordinal = place.lineCount + index + 1;
    const id = parseLineId(`${place.documentId}#${ordinal}:${line.rawKind}`);
    invariant(id !== undefined, 'the id of a document can be stored', { documentId: place.documentId });
    return { ...line, id, ordinal };
  });
}

function discountLine(row: JsonObject, reader: Reader): Unplaced {
  const amount = negateText(discountAmount(row, reader, 'line_item_discounts.'));
  const meaning = discountMeaning(row);
  if (meaning === null)
    reader.note('kind_unknown', 'line_item_discounts.discount_type', row['discount_type'], 'a known type of discount');
  const rawKind = textOf(row['discount_type']) ?? textOf(row['entity_type']) ?? 'discount';
  const kind =
    meaning === 'balance' ? 'prepaid_drawdown' : meaning === 'proration' ? 'proration_credit' : ('discount' as const);
  return {
    ...plain,
    kind,
    rawKind,
    description: textOf(row['description']) ?? textOf(row['coupon_id']) ?? textOf(row['entity_id']),
    appliesTo: kind === 'discount' ? textOf(row['line_item_id']) : null,
    amount,
    net: amount,
  };
}

/** A tax of the document as a whole. An inclusive one is inside the amounts of the lines, and is taken out here. */
function taxLine(row: JsonObject, isInclusive: boolean, reader: Reader): Unplaced {
  const slice = toTax(row, reader, isInclusive ? 'inclusive' : 'exclusive', 'line_item_taxes.');
  const net = isInclusive ? negateText(slice.amount) : zero;
  const description = textOf(row['tax_name']);
  return { ...plain, kind: 'tax', rawKind: 'tax', description, amount: zero, net, tax: slice.amount, taxes: [slice] };
}

/** `round_off_amount` moves the total to a rounder figure: 99.99 becomes 100.00 with 0.01. */
function roundingLines(object: JsonObject, reader: Reader): readonly Unplaced[] {
  const amount = reader.amount(object, 'round_off_amount', '') ?? zero;
  return amount === zero ? [] : [{ ...plain, kind: 'rounding', rawKind: 'round_off', amount, net: amount }];
}

/** A credit note that pays: it is a document of its own, and its lines are counted there. */
function appliedLine(row: JsonObject, reader: Reader): Unplaced {
  const amount = negateText(reader.required(row, 'applied_amount', 'applied_credits.'));
  return {
    ...plain,
    kind: 'balance',
    rawKind: 'applied_credit',
    description: textOf(row['cn_id']),
    amount,
    net: amount,
  };
}

/** Sum of the amounts of lines of one kind. */
export function sumOfKind(lines: readonly Line[], kind: Line['kind']): DecimalText {
  return sumText(lines.filter((line) => line.kind === kind).map((line) => line.amount));
}
