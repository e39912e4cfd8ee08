import type { CurrencyCode } from '../model/currency.js';
import { invariant } from '../model/invariant.js';
import type { DecimalText } from '../model/money.js';
import { compareRational, multiplyRational, type Rational, rational, subtractRational } from '../model/rational.js';
import { signTest } from './diagnostics.js';
import {
  addCounts,
  addSums,
  type AmountSums,
  checkAmounts,
  checkCounts,
  convertSums,
  countRows,
  type MeasuredRow,
  type RowCounts,
  shareOf,
  sumAmounts,
} from './metrics.js';

/** Shares of one currency or of the whole cohort, each `null` when there is nothing to take a share of. */
export type CensusShares = {
  readonly invoiceMatch: number | null;
  readonly lineMatch: number | null;
  readonly valueMatch: number | null;
  readonly valueAccuracy: number | null;
  readonly overShare: number | null;
  readonly underShare: number | null;
  readonly asymmetry: number | null;
  readonly netting: number | null;
  readonly pairCoverage: number | null;
  readonly rosterCoverage: number | null;
  readonly valueCoverage: number | null;
  readonly toleratedGrossShare: number | null;
  readonly unexplainedGrossShare: number | null;
  /** Two-sided exact sign test over the directions of all deltas, tolerated ones included. */
  readonly directionBias: number;
};

/** Exact facts of one cohort and cycle: no interval belongs on them, because every pair was compared. */
export type Census = {
  readonly counts: RowCounts;
  readonly amounts: AmountSums;
  readonly shares: CensusShares;
};

export type CohortCensus = {
  readonly reportingCurrency: CurrencyCode;
  /** The fixed rates of the cycle that the evaluation used, recorded with it. */
  readonly rates: ReadonlyMap<CurrencyCode, DecimalText>;
  readonly byCurrency: ReadonlyMap<CurrencyCode, Census>;
  /** All currencies converted to the reporting currency. */
  readonly total: Census;
  readonly customers: CustomerRate;
};

/** Mature customers of whom every frozen pair matched: the unit of inference. */
export type CustomerRate = { readonly mature: number; readonly clean: number; readonly rate: number | null };

/**
 * The census of a cohort and cycle: per currency first, then in the reporting currency at the fixed rates (major per
 * major). Throws an invariant failure when a rate is missing, because a currency left out would hide its errors.
 */
export function takeCensus(input: {
  readonly rows: readonly MeasuredRow[];
  readonly reportingCurrency: CurrencyCode;
  readonly rates: ReadonlyMap<CurrencyCode, DecimalText>;
}): CohortCensus {
  const { rows, reportingCurrency, rates } = input;
  const parts = new Map<CurrencyCode, CensusPart>();
  for (const code of [...new Set(rows.map((row) => row.key.currency))].sort()) {
    const own = rows.filter((row) => row.key.currency === code);
    parts.set(code, { counts: countRows(own), amounts: sumAmounts(own) });
  }
  return assembleCensus({ parts, reportingCurrency, rates, customers: customerCleanRate(rows) });
}

/** What was counted and summed in one currency, by this code or by a statement in the database. */
export type CensusPart = { readonly counts: RowCounts; readonly amounts: AmountSums };

/**
 * The census from counts and sums per currency. Asserts every identity of statistics 1 on each part, so that sums made
 * elsewhere keep the same promises as those made here. Throws an invariant failure on a missing rate.
 */
export function assembleCensus(input: {
  readonly parts: ReadonlyMap<CurrencyCode, CensusPart>;
  readonly reportingCurrency: CurrencyCode;
  readonly rates: ReadonlyMap<CurrencyCode, DecimalText>;
  readonly customers: CustomerRate;
}): CohortCensus {
  const { parts, reportingCurrency, rates, customers } = input;
  const byCurrency = new Map<CurrencyCode, Census>();
  const converted: AmountSums[] = [];
  for (const code of [...parts.keys()].sort()) {
    const part = parts.get(code);
    const rate = rates.get(code);
    invariant(part !== undefined && rate !== undefined, 'every currency needs a fixed cycle rate', { currency: code });
    checkCounts(part.counts);
    checkAmounts(part.amounts);
    byCurrency.set(code, censusOf(part.counts, part.amounts));
    converted.push(convertSums(part.amounts, code, reportingCurrency, rate));
  }
  const total = censusOf(addCounts([...parts.values()].map((part) => part.counts)), addSums(converted));
  return { reportingCurrency, rates, byCurrency, total, customers };
}

function censusOf(counts: RowCounts, amounts: AmountSums): Census {
  const paired = counts.both + counts.onlyLegacy + counts.onlySolvimon;
  const ofCount = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const { base, gross } = amounts;
  const shares: CensusShares = {
    invoiceMatch: ofCount(counts.exact + counts.tolerated, paired),
    lineMatch: ofCount(counts.linesMatched, counts.linesAll),
    valueMatch: shareOf(amounts.matchedBase, base),
    valueAccuracy: shareOf(subtractRational(base, gross), base),
    overShare: shareOf(amounts.over, base),
    underShare: shareOf(amounts.under, base),
    asymmetry: shareOf(amounts.net, gross),
    netting: shareOf(absolute(amounts.net), gross),
    pairCoverage: ofCount(counts.both, paired),
    rosterCoverage: ofCount(counts.frozen, counts.roster),
    valueCoverage: shareOf(amounts.bothBase, base),
    toleratedGrossShare: shareOf(amounts.toleratedGross, base),
    unexplainedGrossShare: shareOf(amounts.unexplainedGross, base),
    directionBias: signTest(counts.deltasOver, counts.deltasUnder),
  };
  return { counts, amounts, shares };
}

function absolute(value: Rational): Rational {
  return value.numerator < 0n ? rational(-value.numerator, value.denominator) : value;
}

/**
 * The worst (largest) value of a share over the reporting currency and every currency that carries at least 1 % of the
 * cohort's base: errors in one currency are never netted by another. `null` when no base could be measured.
 */
export function worstShare(
  census: CohortCensus,
  share: 'overShare' | 'underShare' | 'unexplainedGrossShare' | 'toleratedGrossShare',
): number | null {
  const totalBase = census.total.amounts.base;
  const values = [census.total.shares[share]];
  for (const [code, own] of census.byCurrency) {
    const rate = census.rates.get(code);
    invariant(rate !== undefined, 'every currency needs a fixed cycle rate', { currency: code });
    const base = convertSums(own.amounts, code, census.reportingCurrency, rate).base;
    if (compareRational(multiplyRational(base, rational(100n)), totalBase) >= 0) values.push(own.shares[share]);
  }
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : Math.max(...measured);
}

/**
 * Customers with every frozen pair matched over customers mature. A customer is mature here when none of its rows is
 * still `not_ready`; a row that is missing, ambiguous or missing on both sides makes its customer unclean.
 */
export function customerCleanRate(rows: readonly MeasuredRow[]): CustomerRate {
  const byCustomer = new Map<string, MeasuredRow[]>();
  for (const row of rows) {
    const own = byCustomer.get(row.key.customer);
    if (own === undefined) byCustomer.set(row.key.customer, [row]);
    else own.push(row);
  }
  const mature = [...byCustomer.values()].filter((own) => own.every((row) => row.state !== 'not_ready'));
  const clean = mature.filter((own) => {
    const counts = countRows(own);
    return counts.exact + counts.tolerated === own.length;
  });
  return {
    mature: mature.length,
    clean: clean.length,
    rate: mature.length === 0 ? null : clean.length / mature.length,
  };
}
