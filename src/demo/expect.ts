import { type CurrencyCode, currencyDigits } from '../model/currency.js';
import { Decimal, type DecimalText, roundTo, toDecimal, toDecimalText } from '../model/money.js';
import type { Cause, PairState } from '../model/verdict.js';
import type { Case } from './case.js';
import { unmappedProduct } from './catalogue.js';
import type { BillDocument } from './charge.js';
import { rateDocument, type Rated, totalsOf } from './rate.js';

/** A difference that a reconciler has to find: a row of both bills, or what the rows leave of the documents. */
export type ExpectedDifference = {
  readonly level: 'line' | 'header';
  readonly legacyRows: readonly Rated[];
  readonly solvimonRows: readonly Rated[];
  /** Gross, signed; null where a side has nothing. */
  readonly legacy: DecimalText | null;
  readonly solvimon: DecimalText | null;
  readonly delta: DecimalText;
};

export type ExpectedPair = {
  readonly state: PairState;
  readonly legacy: readonly BillDocument[];
  readonly solvimon: readonly BillDocument[];
  /** null when the two sides have two currencies; amounts then never subtract. */
  readonly currency: CurrencyCode | null;
  readonly delta: DecimalText | null;
  readonly differences: readonly ExpectedDifference[];
};

/**
 * What must be found in a customer's month, from the two bills alone: which documents belong together is known by the
 * name of their pair, which charges by the name of their row. `cause` decides only whether the configured tolerance, one
 * minor unit for tax that is rounded once, lets a difference pass.
 */
export function expectedPairs(one: Case, cause: Cause | null): readonly ExpectedPair[] {
  const names = [...new Set([...one.legacy, ...one.solvimon].map((document) => document.pair))];
  return names.flatMap((name) => {
    const legacy = one.legacy.filter((document) => document.pair === name);
    const solvimon = one.solvimon.filter((document) => document.pair === name);
    // Without a row in the mapping the two customers are strangers to each other.
    const groups = one.isCustomerMapped
      ? [{ legacy, solvimon }]
      : [
          ...legacy.map((each) => ({ legacy: [each], solvimon: [] })),
          ...solvimon.map((each) => ({ legacy: [], solvimon: [each] })),
        ];
    return groups.map((group) => expectedPair(group, one.isAmbiguous, cause));
  });
}

type Group = { readonly legacy: readonly BillDocument[]; readonly solvimon: readonly BillDocument[] };

function expectedPair(group: Group, isAmbiguous: boolean, cause: Cause | null): ExpectedPair {
  const { legacy, solvimon } = group;
  const currencies = new Set([...legacy, ...solvimon].map((document) => document.currency));
  const [only] = currencies;
  const base = { ...group, currency: currencies.size === 1 && only !== undefined ? only : null };
  if (legacy.some((document) => document.state === 'proforma') || solvimon.some((document) => !isReady(document)))
    return { ...base, state: 'not_ready', delta: null, differences: [] };
  if (base.currency === null) return { ...base, state: 'mismatch', delta: null, differences: [inTwoCurrencies(group)] };
  const { currency } = base;
  const amounts = { legacy: owedBy(legacy), solvimon: owedBy(solvimon) };
  const delta = toDecimalText(amounts.solvimon.minus(amounts.legacy));
  const isVoid = [...legacy, ...solvimon].every((document) => document.state === 'void');
  if (isVoid) return { ...base, state: 'matched', delta, differences: [] };
  if (legacy.length === 0 || solvimon.length === 0)
    return {
      ...base,
      state: legacy.length === 0 ? 'only_solvimon' : 'only_legacy',
      delta,
      differences: [
        {
          level: 'header',
          legacyRows: [],
          solvimonRows: [],
          legacy: legacy.length === 0 ? null : toDecimalText(amounts.legacy),
          solvimon: solvimon.length === 0 ? null : toDecimalText(amounts.solvimon),
          delta,
        },
      ],
    };
  const rows = rowDifferences(group, currency);
  const left = amounts.solvimon.minus(amounts.legacy).minus(sum(rows.map((row) => toDecimal(row.delta))));
  const differences = left.isZero()
    ? rows
    : [
        ...rows,
        {
          level: 'header' as const,
          legacyRows: [],
          solvimonRows: [],
          legacy: toDecimalText(amounts.legacy),
          solvimon: toDecimalText(amounts.solvimon),
          delta: toDecimalText(left),
        },
      ];
  const minor = new Decimal(10).pow(-currencyDigits(currency));
  const isTolerated =
    cause === 'rounding.level' && differences.every((one) => toDecimal(one.delta).abs().lessThanOrEqualTo(minor));
  const state = differences.length === 0 ? 'matched' : isTolerated ? 'within_tolerance' : 'mismatch';
  return { ...base, delta, differences, state: isAmbiguous ? 'ambiguous' : state };
}

function isReady(document: BillDocument): boolean {
  return (document.isOnHold || document.isFinal) && !document.isToBeReprocessed && !document.isHeldByValidation;
}

const sum = (amounts: readonly Decimal[]) => amounts.reduce((total, amount) => total.plus(amount), new Decimal(0));

/** What the documents ask for; a void one asks for nothing. */
function owedBy(documents: readonly BillDocument[]): Decimal {
  return sum(documents.filter((document) => document.state !== 'void').map((document) => totalsOf(document).gross));
}

function inTwoCurrencies({ legacy, solvimon }: Group): ExpectedDifference {
  return {
    level: 'header',
    legacyRows: [],
    solvimonRows: [],
    legacy: toDecimalText(owedBy(legacy)),
    solvimon: toDecimalText(owedBy(solvimon)),
    delta: toDecimalText(new Decimal(0)),
  };
}

type SignedRow = { readonly rated: Rated; readonly sign: 1 | -1 };

function rowsOf(documents: readonly BillDocument[]): ReadonlyMap<string, readonly SignedRow[]> {
  const rows = new Map<string, SignedRow[]>();
  for (const document of documents)
    for (const rated of rateDocument(document)) {
      // A charge of nothing is no row: one system prints it, the other does not.
      if (rated.gross.isZero() && rated.net.isZero()) continue;
      const entry: SignedRow = { rated, sign: document.kind === 'credit_note' ? -1 : 1 };
      rows.set(rated.charge.row, [...(rows.get(rated.charge.row) ?? []), entry]);
    }
  return rows;
}

function rowDifferences(group: Group, currency: CurrencyCode): readonly ExpectedDifference[] {
  const [legacy, solvimon] = [rowsOf(group.legacy), rowsOf(group.solvimon)];
  return [...new Set([...legacy.keys(), ...solvimon.keys()])].flatMap((name) => {
    const [left = [], right = []] = [legacy.get(name), solvimon.get(name)];
    const [before, after] = [amountOf(left, currency), amountOf(right, currency)];
    const delta = after.minus(before);
    if (delta.isZero() && left.length > 0 && right.length > 0 && !hasOtherFacts(left, right)) return [];
    return [
      {
        level: 'line' as const,
        legacyRows: left.map((row) => row.rated),
        solvimonRows: right.map((row) => row.rated),
        legacy: left.length === 0 ? null : toDecimalText(before),
        solvimon: right.length === 0 ? null : toDecimalText(after),
        delta: toDecimalText(delta),
      },
    ];
  });
}

/** Gross of a row in whole minor units: the scale at which two lines are compared. */
function amountOf(rows: readonly SignedRow[], currency: CurrencyCode): Decimal {
  return roundTo(sum(rows.map(({ rated, sign }) => rated.gross.times(sign))), currencyDigits(currency), 'half_up');
}

/** Equal money all the same counts when the period differs, or when no mapping joins the product. */
function hasOtherFacts(left: readonly SignedRow[], right: readonly SignedRow[]): boolean {
  const [one, other] = [left[0]?.rated.charge, right[0]?.rated.charge];
  if (one === undefined || other === undefined) return false;
  if (one.product === unmappedProduct) return true;
  if (left.length > 1 || right.length > 1) return false;
  return one.from !== other.from || one.to !== other.to || one.cut !== other.cut;
}
