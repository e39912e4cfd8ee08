import { currency, type CurrencyCode } from '../../src/model/currency.js';
import { type Document, type DocumentKind, type Line, noPriceFacts } from '../../src/model/document.js';
import type { ChargeKey, CustomerKey, DocumentId, LineId } from '../../src/model/ids.js';
import { type DecimalText, decimalText, sumText, toDecimal, toDecimalText } from '../../src/model/money.js';
import type { Instant, Period } from '../../src/model/period.js';
import type { MappedLine, PreparedDocument } from '../../src/model/prepared.js';
import type { CompareRules } from '../../src/model/compare-rules.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { prepare } from '../../src/reconcile/prepare.js';

/** A line in words: amounts as decimal text; net is amount + discount unless it is given. */
export type LineIn = Partial<
  Omit<Line, 'id' | 'amount' | 'discount' | 'net' | 'tax' | 'quantity' | 'unitPrice' | 'facts'>
> & {
  readonly id: string;
  readonly product?: string | null;
  readonly amount: string;
  readonly discount?: string;
  readonly net?: string;
  readonly tax?: string | null;
  readonly taxRate?: string;
  readonly quantity?: string;
  readonly unitPrice?: string;
  readonly facts?: Partial<Line['facts']>;
};

export type DocumentIn = {
  readonly id: string;
  readonly lines: readonly LineIn[];
  readonly customer?: string;
  readonly currency?: CurrencyCode;
  readonly kind?: DocumentKind;
  readonly zone?: string | null;
  /** Tax of the document when its lines state none. */
  readonly tax?: string;
  readonly net?: string;
  readonly relatesTo?: readonly string[];
};

export const october: Period = {
  start: '2026-10-01T00:00:00.000Z' as Instant,
  end: '2026-11-01T00:00:00.000Z' as Instant,
};

/** A document as an adapter gives it; its totals are the sums of its lines unless they are given. */
export function documentOf(input: DocumentIn): Document {
  const lines = input.lines.map(lineOf);
  const net = input.net === undefined ? sumText(lines.map((line) => line.net)) : decimalText(input.net);
  const tax = input.tax === undefined ? sumText(lines.flatMap((line) => line.tax ?? [])) : decimalText(input.tax);
  return {
    source: { system: 'test', account: '', objectType: 'invoice', id: input.id as DocumentId },
    kind: input.kind ?? 'invoice',
    state: 'final',
    rawStatus: 'final',
    number: null,
    customerRef: input.customer ?? 'c1',
    currency: input.currency ?? currency('EUR'),
    issuedAt: '2026-11-01T00:00:00.000Z' as Instant,
    updatedAt: null,
    timezone: input.zone === undefined ? 'UTC' : input.zone,
    period: null,
    taxMode: 'exclusive',
    totals: { net, discount: null, tax, gross: sumText([net, tax]), asReported: {} },
    lines,
    relatesTo: input.relatesTo ?? [],
    checks: [],
    notReady: [],
    place: {},
    apiVersion: null,
  };
}

function lineOf(input: LineIn, index: number): Line {
  const text = (value: string | undefined): DecimalText | null => (value === undefined ? null : decimalText(value));
  const amount = decimalText(input.amount);
  const discount = decimalText(input.discount ?? '0');
  const net = input.net === undefined ? toDecimalText(toDecimal(amount).plus(discount)) : decimalText(input.net);
  const tax = input.tax === null ? null : decimalText(input.tax ?? '0');
  return {
    idIsSynthetic: false,
    ordinal: index + 1,
    parentLineId: null,
    kind: 'recurring',
    rawKind: input.kind ?? 'recurring',
    description: null,
    productRef: input.product === undefined ? 'seats' : input.product,
    priceRef: null,
    subscriptionRef: null,
    meterRef: null,
    appliesTo: null,
    dimensions: {},
    period: october,
    periodQuality: 'exact',
    unitPriceIsBlended: false,
    tiers: [],
    exactness: 'exact',
    ...input,
    id: input.id as LineId,
    quantity: text(input.quantity),
    unitPrice: text(input.unitPrice),
    amount,
    discount,
    net,
    tax,
    taxes:
      input.taxRate === undefined
        ? []
        : [
            {
              code: null,
              rate: decimalText(input.taxRate),
              taxable: null,
              amount: tax ?? decimalText('0'),
              behaviour: 'exclusive',
            },
          ],
    facts: { ...noPriceFacts, ...input.facts },
  };
}

export function prepared(side: 'legacy' | 'solvimon', rules: CompareRules, input: DocumentIn): PreparedDocument {
  return prepare(documentOf(input), side, identityMapping, rules);
}

export const chargeKey = (text: string) => text as ChargeKey;
export const customerKey = (text: string) => text as CustomerKey;
export type { MappedLine };
