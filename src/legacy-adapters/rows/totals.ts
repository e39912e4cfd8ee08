import { type IdentityCheck, type Line, unsummedKinds } from '../../model/document.js';
import { addText, type DecimalText, subtractText, sumText } from '../../model/money.js';

/** What a document says of itself, signed; null where it says nothing. */
export type Stated = {
  readonly net: DecimalText | null;
  readonly tax: DecimalText | null;
  readonly gross: DecimalText | null;
};

export type LineTotals = {
  readonly net: DecimalText;
  readonly tax: DecimalText;
  readonly gross: DecimalText;
  /** The stated totals held against the lines; empty when nothing is stated. */
  readonly checks: readonly IdentityCheck[];
  /** True when a stated net or gross holds: then no line can be missing without another being wrong. */
  readonly areLinesProven: boolean;
};

/**
 * Totals of a document from its lines, exact, with the stated ones checked against them. Tax that no line states is taken
 * from the document: as stated, or as the stated gross less the stated net.
 */
export function totalsOf(lines: readonly Line[], stated: Stated): LineTotals {
  const summed = lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = sumText(summed.map((line) => line.net));
  const taxes = summed.map((line) => line.tax).filter((tax) => tax !== null);
  const hasLineTax = taxes.length > 0;
  const tax = hasLineTax ? sumText(taxes) : (documentTax(stated) ?? sumText([]));
  const gross = addText(net, tax);
  const checks = [
    check('document_net', net, stated.net),
    check('document_tax', tax, hasLineTax ? stated.tax : null),
    check('document_gross', gross, stated.gross),
  ].filter((one) => one !== null);
  return {
    net,
    tax,
    gross,
    checks,
    areLinesProven: (stated.net !== null || stated.gross !== null) && checks.every((one) => one.holds),
  };
}

/** Lines of which some state tax and some do not: what the others carry is not known, unless the document's tax says so. */
export function linesWithoutTax(lines: readonly Line[], stated: Stated): readonly Line[] {
  const summed = lines.filter((line) => !unsummedKinds.has(line.kind));
  const hasTaxLines = summed.some((line) => line.kind === 'tax');
  const silent = summed.filter((line) => line.tax === null);
  return silent.length === summed.length || hasTaxLines || documentTax(stated) !== null ? [] : silent;
}

function documentTax(stated: Stated): DecimalText | null {
  if (stated.tax !== null || stated.net === null || stated.gross === null) return stated.tax;
  return subtractText(stated.gross, stated.net);
}

function check(name: string, expected: DecimalText, actual: DecimalText | null): IdentityCheck | null {
  return actual === null ? null : { name, holds: actual === expected, expected, actual };
}
