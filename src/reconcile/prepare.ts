import type { CompareRules } from '../model/compare-rules.js';
import type { Document, Line } from '../model/document.js';
import type { ChargeKey } from '../model/ids.js';
import type { MappedLine, PreparedDocument } from '../model/prepared.js';
import type { Side } from '../model/side.js';
import { comparisonForm, formDigest, groupLines } from './comparison-form.js';
import { chargeRef, documentDiscount, mapCharge, mapCustomer, type Mapping, noProduct } from './mapping.js';

/** Maps a document's customer and lines and makes its comparison form and digest. Pure. */
export function prepare(document: Document, side: Side, mapping: Mapping, rules: CompareRules): PreparedDocument {
  const customer = mapCustomer(mapping, side, document.customerRef);
  const lines = mapLines(document.lines, side, mapping);
  return assemble(document, lines, { key: customer.key, isMapped: customer.isMapped }, rules);
}

/** A prepared document from lines that are already mapped, as they come back from the store. */
export function assemble(
  document: Document,
  lines: readonly MappedLine[],
  customer: { readonly key: PreparedDocument['customer']; readonly isMapped: boolean },
  rules: CompareRules,
): PreparedDocument {
  const groups = groupLines(lines);
  const form = comparisonForm(document, groups);
  return {
    document,
    customer: customer.key,
    isCustomerMapped: customer.isMapped,
    lines,
    groups,
    form,
    digest: formDigest(form, rules),
  };
}

function mapLines(lines: readonly Line[], side: Side, mapping: Mapping): readonly MappedLine[] {
  return lines.map((line) => {
    const charge = chargeOf(line, lines, side, mapping);
    return withCharge(line, charge.key, charge.isMapped);
  });
}

/** A line with its charge key. Spelled out, because a spread of so many fields is what a million invoices spend most time on. */
function withCharge(line: Line, chargeKey: ChargeKey, isMapped: boolean): MappedLine {
  return {
    id: line.id,
    idIsSynthetic: line.idIsSynthetic,
    ordinal: line.ordinal,
    parentLineId: line.parentLineId,
    kind: line.kind,
    rawKind: line.rawKind,
    description: line.description,
    productRef: line.productRef,
    priceRef: line.priceRef,
    subscriptionRef: line.subscriptionRef,
    meterRef: line.meterRef,
    appliesTo: line.appliesTo,
    dimensions: line.dimensions,
    period: line.period,
    periodQuality: line.periodQuality,
    quantity: line.quantity,
    unitPrice: line.unitPrice,
    unitPriceIsBlended: line.unitPriceIsBlended,
    tiers: line.tiers,
    amount: line.amount,
    discount: line.discount,
    net: line.net,
    tax: line.tax,
    taxes: line.taxes,
    exactness: line.exactness,
    facts: line.facts,
    chargeKey,
    isMapped,
  };
}

function chargeOf(
  line: Line,
  lines: readonly Line[],
  side: Side,
  mapping: Mapping,
): { readonly key: ChargeKey; readonly isMapped: boolean } {
  const ref = chargeRef(mapping, side, line);
  if (line.kind !== 'discount' || line.appliesTo === null) {
    if (ref !== null) return mapCharge(mapping, side, ref);
    return { key: line.kind === 'discount' ? documentDiscount : noProduct, isMapped: true };
  }
  // A detached discount is for whatever it lowers, not for the coupon that made it.
  const target = lines.find((other) => other.id === line.appliesTo && other !== line);
  const targetRef = target === undefined ? line.appliesTo : chargeRef(mapping, side, target);
  return targetRef === null ? { key: noProduct, isMapped: true } : mapCharge(mapping, side, targetRef);
}
