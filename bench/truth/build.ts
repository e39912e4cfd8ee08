import { type CurrencyCode, currencyDigits } from '../../src/model/currency.js';
import {
  type Document,
  type DocumentKind,
  type Line,
  type LineKind,
  noPriceFacts,
  type PriceFacts,
  type TierSlice,
} from '../../src/model/document.js';
import type { DocumentId, LineId } from '../../src/model/ids.js';
import { decimalText } from '../../src/model/money.js';
import type { Instant, Period } from '../../src/model/period.js';
import { type Fraction, frac, type Mode, plus, rounded, times } from './exact.js';

/** What one system writes on a line. Amounts are decimal text in major units; `net` is amount + discount. */
export type LineText = {
  readonly truth: string;
  readonly product: string | null;
  readonly kind?: LineKind;
  readonly description?: string;
  readonly period?: Period | null;
  readonly quantity?: string | null;
  readonly unitPrice?: string | null;
  readonly amount: string;
  readonly discount?: string;
  /** Net when it is not amount + discount: a price that contains its tax. */
  readonly net?: string;
  /** Percent; null: no tax on this line. */
  readonly taxRate?: string | null;
  /** Tax when it is not the rounded rate of the net. */
  readonly tax?: string;
  readonly taxable?: string;
  readonly appliesTo?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly tiers?: readonly TierSlice[];
  readonly facts?: Partial<PriceFacts>;
};

export type DocumentText = {
  readonly id: string;
  readonly customer: string;
  readonly currency: CurrencyCode;
  readonly kind?: DocumentKind;
  readonly lines: readonly LineText[];
  readonly zone?: string;
  /** `line`: every line states its tax; `document`: one tax line per rate, rounded by `taxOf`. */
  readonly tax?: 'line' | 'document';
  readonly taxOf?: (lines: readonly LineText[], currency: CurrencyCode) => string;
  readonly relatesTo?: readonly string[];
  readonly number?: string;
  /** Instead of the sum of the lines' nets. */
  readonly net?: string;
};

export const october: Period = {
  start: '2026-09-30T22:00:00.000Z' as Instant,
  end: '2026-10-31T23:00:00.000Z' as Instant,
};
export const zone = 'Europe/Amsterdam';

export function netText(line: LineText): string {
  return line.net ?? text(plus(frac(line.amount), frac(line.discount ?? '0')));
}

/** Canonical decimal text of a fraction whose denominator is a power of ten. */
export function text(value: Fraction): string {
  return decimalText(rounded(value, value[1].toString().length - 1));
}

/** Tax of a net at a rate in percent, rounded. */
export function taxText(net: string, rate: string, digits: number, mode: Mode = 'half_up'): string {
  return rounded(times(frac(net), times(frac(rate), [1n, 100n])), digits, mode);
}

/** A Document as an adapter gives it. Lines are numbered in the order given; their ids carry the truth of the generator. */
export function build(doc: DocumentText): Document {
  const digits = currencyDigits(doc.currency);
  const lines = doc.lines.map((line, index) => toLine(line, index + 1, doc, digits));
  const sum = (texts: readonly string[]) =>
    text(texts.reduce<Fraction>((total, one) => plus(total, frac(one)), [0n, 1n]));
  const net = doc.net ?? sum(lines.map((line) => line.net));
  const tax =
    doc.tax === 'document' ? (doc.taxOf?.(doc.lines, doc.currency) ?? '0') : sum(lines.map((line) => line.tax ?? '0'));
  const taxLine: readonly Line[] =
    doc.tax === 'document'
      ? [
          toLine(
            { truth: `${doc.id}-tax`, product: null, kind: 'tax', amount: '0', net: '0', tax },
            lines.length + 1,
            { ...doc, tax: 'line' },
            digits,
          ),
        ]
      : [];
  return {
    source: { system: 'truth', account: '', objectType: 'invoice', id: doc.id as DocumentId },
    kind: doc.kind ?? 'invoice',
    state: 'final',
    rawStatus: 'final',
    number: doc.number ?? null,
    customerRef: doc.customer,
    currency: doc.currency,
    issuedAt: '2026-11-01T00:00:00.000Z' as Instant,
    updatedAt: null,
    timezone: doc.zone ?? zone,
    period: null,
    taxMode: 'exclusive',
    totals: {
      net: decimalText(net),
      discount: null,
      tax: decimalText(tax),
      gross: decimalText(sum([net, tax])),
      asReported: {},
    },
    lines: [...lines, ...taxLine],
    relatesTo: doc.relatesTo ?? [],
    checks: [],
    notReady: [],
    place: {},
    apiVersion: null,
  };
}

function toLine(line: LineText, ordinal: number, doc: DocumentText, digits: number): Line {
  const net = netText(line);
  const rate = line.taxRate ?? null;
  const isByLine = doc.tax !== 'document';
  const tax = line.tax ?? (rate === null ? '0' : taxText(net, rate, digits));
  return {
    id: line.truth as LineId,
    idIsSynthetic: false,
    ordinal,
    parentLineId: null,
    kind: line.kind ?? 'recurring',
    rawKind: line.kind ?? 'recurring',
    description: line.description ?? null,
    productRef: line.product,
    priceRef: null,
    subscriptionRef: null,
    meterRef: null,
    appliesTo: line.appliesTo ?? null,
    dimensions: line.dimensions ?? {},
    period: line.period === undefined ? october : line.period,
    periodQuality: 'exact',
    quantity: line.quantity === undefined || line.quantity === null ? null : decimalText(line.quantity),
    unitPrice: line.unitPrice === undefined || line.unitPrice === null ? null : decimalText(line.unitPrice),
    unitPriceIsBlended: false,
    tiers: line.tiers ?? [],
    amount: decimalText(line.amount),
    discount: decimalText(line.discount ?? '0'),
    net: decimalText(net),
    tax: isByLine ? decimalText(tax) : null,
    taxes:
      rate === null
        ? []
        : [
            {
              code: 'VAT',
              rate: decimalText(rate),
              taxable: line.taxable === undefined ? null : decimalText(line.taxable),
              amount: decimalText(isByLine ? tax : '0'),
              behaviour: 'exclusive',
            },
          ],
    exactness: 'exact',
    facts: { ...noPriceFacts, ...line.facts },
  };
}
