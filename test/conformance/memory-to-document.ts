import { parse } from 'lossless-json';
import { parseCurrency } from '../../src/model/currency.js';
import {
  type Document,
  type DocumentKind,
  type DocumentState,
  type Line,
  noPriceFacts,
} from '../../src/model/document.js';
import type { DocumentId, LineId } from '../../src/model/ids.js';
import { decimalText, type DecimalText, sumText, toDecimal, toDecimalText } from '../../src/model/money.js';
import { instantOfMs, msOfInstant } from '../../src/model/period.js';
import { problem } from '../../src/model/problem.js';
import type { RawRecord, Translated } from '../../src/model/source.js';
import type { Breakage } from './breakages.js';
import type { SampleLine } from './harness.js';

export type JsonRecord = { readonly [key: string]: unknown };

/** Pure, unless it is broken. */
export function toDocument(raw: RawRecord, broken: Breakage | null, callCount: number): Translated {
  const is = (breakage: Breakage) => broken === breakage;
  const record = parse(new TextDecoder().decode(raw.bytes)) as JsonRecord;
  const currency = parseCurrency(String(record['currency']));
  const customerRef = String(record['customer']);
  if (currency === undefined)
    return {
      type: 'rejected',
      rejected: {
        id: raw.id,
        customerRef,
        currency: null,
        problems: [problem('currency_unknown', {}, 'currency', String(record['currency']), 'an ISO 4217 code')],
        place: {},
      },
    };
  const kind = record['kind'] as DocumentKind;
  const sign = is('bills_credits') && kind === 'credit_note' ? -1 : 1;
  const state = record['state'] as DocumentState;
  const kept = (record['lines'] as JsonRecord[])
    .filter((_, index) => !is('loses_lines_after_the_tenth') || index < 10)
    .filter((line) => !is('drops_zero_lines') || String(line['amount']) !== '0');
  const lines = kept.map((line, index) => toLine(line, index + 1, sign, broken));
  const net = sumText(lines.map((line) => line.net));
  const tax = sumText(kept.map((line) => signed(String(line['tax']), sign)));
  const document: Document = {
    source: { system: 'memory', account: '', objectType: 'invoice', id: raw.id as DocumentId },
    kind,
    state,
    rawStatus: state,
    number: is('translates_by_the_clock') ? `${callCount}` : null,
    customerRef,
    currency,
    issuedAt: record['issuedAt'] as Document['issuedAt'],
    updatedAt: null,
    timezone: null,
    period: null,
    taxMode: 'exclusive',
    totals: {
      net,
      discount: sumText(lines.map((line) => line.discount)),
      tax,
      gross: sumText([net, tax]),
      asReported: {},
    },
    lines,
    relatesTo: [],
    checks: [],
    notReady: state === 'draft' && !is('judges_drafts') ? ['legacy_draft'] : [],
    place: {},
    apiVersion: raw.apiVersion,
  };
  return { type: 'document', document };
}

const signed = (text: string, sign: number): DecimalText => toDecimalText(toDecimal(decimalText(text)).times(sign));

function toLine(raw: JsonRecord, ordinal: number, sign: number, broken: Breakage | null): Line {
  const is = (breakage: Breakage) => broken === breakage;
  const stated = signed(String(raw['amount']), sign);
  const amount = is('rounds_an_amount') ? toDecimalText(toDecimal(stated).toDecimalPlaces(2)) : stated;
  const discount = signed(String(raw['discount']), sign);
  const net = toDecimalText(toDecimal(amount).plus(discount));
  const tax = signed(String(raw['tax']), sign);
  const rate = raw['taxRate'] as DecimalText | null;
  const period = raw['period'] as SampleLine['period'];
  const tiers = (raw['tiers'] as JsonRecord[]).map((tier) => ({ ...tier, flat: null })) as unknown as Line['tiers'];
  return {
    id: (is('repeats_line_ids') ? 'il' : String(raw['id'])) as LineId,
    idIsSynthetic: false,
    ordinal,
    parentLineId: null,
    kind: raw['kind'] as Line['kind'],
    rawKind: String(raw['kind']),
    description: null,
    productRef: String(raw['product']),
    priceRef: String(raw['price']),
    subscriptionRef: null,
    meterRef: null,
    appliesTo: null,
    dimensions: {},
    period: is('closes_periods') ? { ...period, end: instantOfMs(msOfInstant(period.end) - 1000) } : period,
    periodQuality: 'exact',
    quantity: decimalText(String(raw['quantity'])),
    unitPrice: null,
    unitPriceIsBlended: false,
    tiers: is('flattens_tiers') ? [] : tiers,
    amount,
    discount,
    net,
    tax: is('hides_line_tax') ? null : tax,
    taxes: rate === null ? [] : [{ code: null, rate, taxable: net, amount: tax, behaviour: 'exclusive' }],
    exactness: 'exact',
    facts: noPriceFacts,
  };
}
