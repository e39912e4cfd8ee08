import { type Line, noPriceFacts, type TaxSlice } from '../../model/document.js';
import { parseLineId } from '../../model/ids.js';
import { invariant } from '../../model/invariant.js';
import { sumText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import { decimalOf, idOf, isObject, type JsonObject, objectsOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';
import type { Envelope } from './shape.js';

/** What is part of the total, or was paid from a balance, without being one of the lines: shipping, and billing credits. */
export function extraLines(envelope: Envelope, reader: Reader, documentId: string, lineCount: number): readonly Line[] {
  const { object } = envelope;
  const shipping = isObject(object['shipping_cost']) ? [shippingLine(object['shipping_cost'], envelope, reader)] : [];
  const grants = [...objectsOf(object['total_pretax_credit_amounts']), ...objectsOf(object['pretax_credit_amounts'])]
    .filter((one) => one['type'] === 'credit_balance_transaction')
    .map((one) => grantLine(one, reader));
  return [...shipping, ...grants].map((line, index) => {
    const ordinal = lineCount + index + 1;
    const id = parseLineId(`${documentId}#${ordinal}:${line.rawKind}`);
    invariant(id !== undefined, 'the id of a document can be stored', { documentId });
    return { ...line, id, ordinal };
  });
}

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
  exactness: 'exact',
  facts: noPriceFacts,
} as const satisfies Partial<Line>;

type Unplaced = Omit<Line, 'id' | 'ordinal'>;

/** Shipping is part of the total (`amount_shipping`); its subtotal contains inclusive tax. */
function shippingLine(cost: JsonObject, envelope: Envelope, reader: Reader): Unplaced {
  const amount = reader.required(cost, 'amount_subtotal', 'shipping_cost.');
  const tax = reader.required(cost, 'amount_tax', 'shipping_cost.');
  const total = reader.required(cost, 'amount_total', 'shipping_cost.');
  // The reply does not say which kind of tax it is, but its own arithmetic does.
  const behaviour = total === amount ? 'inclusive' : 'exclusive';
  const net = behaviour === 'inclusive' ? toDecimalText(toDecimal(amount).minus(tax)) : amount;
  const taxes: readonly TaxSlice[] = objectsOf(cost['taxes']).map((one, index) => {
    const rateId = idOf(one['rate']);
    const rate = isObject(one['rate']) ? one['rate'] : envelope.taxRates.get(rateId ?? '');
    const path = `shipping_cost.taxes[${index}].`;
    return {
      code: rateId,
      rate: decimalOf(rate?.['percentage']) ?? null,
      taxable: reader.amount(one, 'taxable_amount', path),
      amount: reader.required(one, 'amount', path),
      behaviour,
    };
  });
  const priceRef = idOf(cost['shipping_rate']);
  return {
    ...plain,
    kind: 'one_time',
    rawKind: 'shipping_cost',
    priceRef,
    productRef: priceRef,
    amount,
    net,
    tax,
    taxes,
  };
}

/** A billing credit pays for what was billed and is no part of the bill: shown, never summed. */
function grantLine(grant: JsonObject, reader: Reader): Unplaced {
  const amount = toDecimalText(toDecimal(reader.required(grant, 'amount', 'total_pretax_credit_amounts.')).negated());
  return {
    ...plain,
    kind: 'prepaid_drawdown',
    rawKind: 'credit_balance_transaction',
    description: idOf(grant['credit_balance_transaction']),
    amount,
    net: sumText([amount]),
    tax: null,
    taxes: [],
  };
}
