import { currencyDigits, type CurrencyCode } from '../../src/model/currency.js';
import {
  type Document,
  type DocumentKind,
  type DocumentState,
  type Line,
  type LineKind,
  noPriceFacts,
  type NotReadyReason,
  type PriceFacts,
  type TierSlice,
  unsummedKinds,
} from '../../src/model/document.js';
import type { DocumentId, LineId } from '../../src/model/ids.js';
import { Decimal, type DecimalText, decimalText, toDecimalText } from '../../src/model/money.js';
import type { Instant, Period } from '../../src/model/period.js';

/*
 * Documents for the properties are built from whole numbers of ticks, a hundredth of the currency's minor unit, so that
 * generators can move "one cent" or "half a cent" without knowing the currency, and so that no amount is ever a float.
 */

export const ticksPerMinor = 100n;

export type LineSpec = {
  readonly charge: string | null;
  readonly kind: LineKind;
  readonly period: Period | null;
  readonly quantity: DecimalText | null;
  /** Ticks; null when the source states none. */
  readonly unitPrice: bigint | null;
  readonly amount: bigint;
  readonly discount: bigint;
  /** null: tax is stated for the document only. */
  readonly tax: bigint | null;
  readonly taxRate: DecimalText | null;
  /** Index of the line that a detached discount lowers. */
  readonly appliesTo: number | null;
  readonly tiers: readonly TierSlice[];
  readonly facts: Partial<PriceFacts>;
};

export type DocumentSpec = {
  readonly kind: DocumentKind;
  readonly state: DocumentState;
  readonly currency: CurrencyCode;
  readonly lines: readonly LineSpec[];
  /** Ticks of tax that no line states: tax of the document, or its rounding. */
  readonly ownTax: bigint;
  readonly notReady: readonly NotReadyReason[];
};

/** Canonical text in major units of ticks. */
export function tickText(ticks: bigint, currency: CurrencyCode): DecimalText {
  return toDecimalText(new Decimal(ticks.toString()).div(new Decimal(10).pow(currencyDigits(currency) + 2)));
}

/** amount + discount; tax is exclusive in every generated document. */
export const netOf = (line: LineSpec): bigint => line.amount + line.discount;

export type DocumentNames = {
  readonly id: string;
  readonly customer: string;
  /** What line ids begin with; '' makes them collide between documents, as numbered lines of some systems do. */
  readonly linePrefix: string;
};

/** A Document as an adapter gives it: totals are the sums of the lines, tax may have a part of its own. */
export function buildDocument(spec: DocumentSpec, names: DocumentNames): Document {
  const lineId = (index: number) => `${names.linePrefix}${index + 1}` as LineId;
  const summed = spec.lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = summed.reduce((sum, line) => sum + (line.kind === 'tax' ? 0n : netOf(line)), 0n);
  const tax = summed.reduce((sum, line) => sum + (line.tax ?? 0n), spec.ownTax);
  const text = (ticks: bigint) => tickText(ticks, spec.currency);
  return {
    source: { system: 'property', account: '', objectType: 'invoice', id: names.id as DocumentId },
    kind: spec.kind,
    state: spec.state,
    rawStatus: spec.state,
    number: null,
    customerRef: names.customer,
    currency: spec.currency,
    issuedAt: '2026-11-01T00:00:00.000Z' as Instant,
    updatedAt: null,
    timezone: 'UTC',
    period: null,
    taxMode: 'exclusive',
    totals: { net: text(net), discount: null, tax: text(tax), gross: text(net + tax), asReported: {} },
    lines: spec.lines.map((line, index) => buildLine(line, lineId(index), index + 1, spec.currency, lineId)),
    relatesTo: [],
    checks: [],
    notReady: spec.notReady,
    place: {},
    apiVersion: null,
  };
}

function buildLine(
  spec: LineSpec,
  id: LineId,
  ordinal: number,
  currency: CurrencyCode,
  lineId: (index: number) => LineId,
): Line {
  const text = (ticks: bigint) => tickText(ticks, currency);
  const isTax = spec.kind === 'tax';
  return {
    id,
    idIsSynthetic: false,
    ordinal,
    parentLineId: null,
    kind: spec.kind,
    rawKind: spec.kind,
    description: `line ${ordinal}`,
    productRef: spec.charge,
    priceRef: null,
    subscriptionRef: null,
    meterRef: null,
    appliesTo: spec.appliesTo === null ? null : lineId(spec.appliesTo),
    dimensions: {},
    period: spec.period,
    periodQuality: spec.period === null ? 'missing' : 'exact',
    quantity: spec.quantity,
    unitPrice: spec.unitPrice === null ? null : text(spec.unitPrice),
    unitPriceIsBlended: spec.tiers.length > 1,
    tiers: spec.tiers,
    amount: text(spec.amount),
    discount: text(spec.discount),
    net: isTax ? decimalText('0') : text(netOf(spec)),
    tax: spec.tax === null ? null : text(spec.tax),
    taxes:
      spec.tax === null || spec.taxRate === null || isTax
        ? []
        : [
            {
              code: 'vat',
              rate: spec.taxRate,
              taxable: text(netOf(spec)),
              amount: text(spec.tax),
              behaviour: 'exclusive',
            },
          ],
    exactness: 'exact',
    facts: { ...noPriceFacts, ...spec.facts },
  };
}
