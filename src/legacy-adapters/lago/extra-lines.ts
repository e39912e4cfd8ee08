import { type Line, noPriceFacts } from '../../model/document.js';
import { parseLineId } from '../../model/ids.js';
import { invariant } from '../../model/invariant.js';
import { type DecimalText, negateText, subtractText, sumText, zero } from '../../model/money.js';
import type { JsonObject } from '../http/json.js';
import type { Reader } from '../http/reader.js';

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

/** Header figures of which lines are made; signed as the document is. */
export type Header = {
  readonly coupons: DecimalText;
  /** The document's tax, which counts whatever its fees say. */
  readonly tax: DecimalText;
  readonly hasSpreadCoupons: boolean;
};

/**
 * What makes the lines add up to the document. Coupons that are not spread over the fees are a line; spread ones are
 * unrounded, and the document's rounded sum counts. Tax is computed for the document, so the taxes of the fees need not add
 * up to it: what is left over is a `rounding` line. What pays (prepaid credits, credit notes, usage that was billed
 * progressively) is shown and never summed.
 */
export function extraLines(
  lines: readonly Line[],
  object: JsonObject,
  header: Header,
  reader: Reader,
): readonly Unplaced[] {
  const spread = sumText(lines.map((line) => line.discount));
  const off = subtractText(negateText(header.coupons), spread);
  const taxOff = subtractText(header.tax, sumText(lines.map((line) => line.tax ?? zero)));
  return [
    ...(off === zero ? [] : [header.hasSpreadCoupons ? rounding('coupon_rounding', off, zero) : couponLine(off)]),
    ...(taxOff === zero ? [] : [rounding('tax_rounding', zero, taxOff)]),
    ...unsummed(object, reader),
  ];
}

const couponLine = (amount: DecimalText): Unplaced => ({
  ...plain,
  kind: 'discount',
  rawKind: 'coupons',
  amount,
  net: amount,
});

const rounding = (rawKind: string, amount: DecimalText, tax: DecimalText): Unplaced => ({
  ...plain,
  kind: 'rounding',
  rawKind,
  amount,
  net: amount,
  tax,
});

const payments = [
  ['prepaid_credit_amount_cents', 'prepaid_drawdown'],
  ['credit_notes_amount_cents', 'balance'],
  ['progressive_billing_credit_amount_cents', 'balance'],
] as const;

function unsummed(object: JsonObject, reader: Reader): readonly Unplaced[] {
  return payments.flatMap(([field, kind]) => {
    const paid = reader.amount(object, field, '') ?? zero;
    if (paid === zero) return [];
    const amount = negateText(paid);
    return [{ ...plain, kind, rawKind: field.replace('_amount_cents', ''), amount, net: amount }];
  });
}

/** Gives lines their place after the others. */
export function placed(lines: readonly Unplaced[], documentId: string, lineCount: number): readonly Line[] {
  return lines.map((line, index) => {
    const ordinal = lineCount + index + 1;
    const id = parseLineId(`${documentId}#${ordinal}:${line.rawKind}`);
    invariant(id !== undefined, 'the id of a document can be stored', { documentId });
    return { ...line, id, ordinal };
  });
}
