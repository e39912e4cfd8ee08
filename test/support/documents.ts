import { currency } from '../../src/model/currency.js';
import { type Document, type Line, noPriceFacts } from '../../src/model/document.js';
import type { DocumentId, LineId } from '../../src/model/ids.js';
import { decimalText, sumText, zero } from '../../src/model/money.js';
import type { Instant, Period } from '../../src/model/period.js';

export const october: Period = {
  start: '2026-10-01T00:00:00.000Z' as Instant,
  end: '2026-11-01T00:00:00.000Z' as Instant,
};

/** A line of one charge: 1 × `net`, no tax, unless told otherwise. */
export function aLine(id: string, net: string, more: Partial<Line> = {}): Line {
  const amount = decimalText(net);
  return {
    id: id as LineId,
    idIsSynthetic: false,
    ordinal: 1,
    parentLineId: null,
    kind: 'recurring',
    rawKind: 'recurring',
    description: null,
    productRef: 'seat',
    priceRef: null,
    subscriptionRef: null,
    meterRef: null,
    appliesTo: null,
    dimensions: {},
    period: october,
    periodQuality: 'exact',
    quantity: decimalText('1'),
    unitPrice: amount,
    unitPriceIsBlended: false,
    tiers: [],
    amount,
    discount: zero,
    net: amount,
    tax: zero,
    taxes: [],
    exactness: 'exact',
    facts: noPriceFacts,
    ...more,
  };
}

/** A final EUR invoice of these lines, its totals their sums. */
export function aDocument(
  id: string,
  customer: string,
  lines: readonly Line[],
  more: Partial<Document> = {},
): Document {
  const net = sumText(lines.map((line) => line.net));
  const tax = sumText(lines.map((line) => line.tax ?? zero));
  return {
    source: { system: 'test', account: '', objectType: 'invoice', id: id as DocumentId },
    kind: 'invoice',
    state: 'final',
    rawStatus: 'final',
    number: null,
    customerRef: customer,
    currency: currency('EUR'),
    issuedAt: null,
    updatedAt: null,
    timezone: null,
    period: null,
    taxMode: 'exclusive',
    totals: { net, discount: null, tax, gross: sumText([net, tax]), asReported: {} },
    lines: lines.map((line, index) => ({ ...line, ordinal: index + 1 })),
    relatesTo: [],
    checks: [],
    notReady: [],
    place: {},
    apiVersion: null,
    ...more,
  };
}
