import type { CompareRules } from '../model/compare-rules.js';
import type { Document, Line } from '../model/document.js';
import type { ChargeKey } from '../model/ids.js';
import type { MappedLine, PreparedDocument } from '../model/prepared.js';
import type { Side } from '../model/side.js';
import { comparisonForm, formDigest } from './comparison-form.js';
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
  const form = comparisonForm(document, lines);
  return {
    document,
    customer: customer.key,
    isCustomerMapped: customer.isMapped,
    lines,
    form,
    digest: formDigest(form, rules),
  };
}

function mapLines(lines: readonly Line[], side: Side, mapping: Mapping): readonly MappedLine[] {
  return lines.map((line) => {
    const charge = chargeOf(line, lines, side, mapping);
    return { ...line, chargeKey: charge.key, isMapped: charge.isMapped };
  });
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
