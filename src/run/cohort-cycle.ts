import { assembleCensus, type CensusPart, type CohortCensus, worstShare } from '../confidence/census.js';
import type { CycleRecord } from '../confidence/cycle-record.js';
import { type RowCounts, shareOf } from '../confidence/metrics.js';
import type { Policy } from '../confidence/policy.js';
import type { CauseStatus } from '../confidence/snapshot.js';
import { type CurrencyCode, currencyDigits, parseCurrency } from '../model/currency.js';
import { invariant } from '../model/invariant.js';
import { type DecimalText, decimalText, toDecimal } from '../model/money.js';
import { multiplyRational, type Rational, rational, rationalFromText, rationalToNumber } from '../model/rational.js';
import {
  type CauseFacts,
  causeFacts,
  type CurrencyFacts,
  currencyFacts,
  type CustomerFacts,
  customerFacts,
  lineFacts,
  type LineFacts,
  safetyFacts,
  type Who,
} from '../store/cohort-facts.js';
import type { CycleRun } from '../store/evaluations.js';
import type { CohortSettings, ConfidenceContext } from './confidence-context.js';

/** What one cycle's stored verdicts say of a cohort: exact facts, before anything is inferred. */
export type CohortCycle = {
  readonly run: CycleRun;
  readonly isClosed: boolean;
  readonly record: CycleRecord;
  /** Null when money could not be brought together; `notes` say why. */
  readonly census: CohortCensus | null;
  readonly customers: readonly CustomerFacts[];
  readonly causes: readonly CauseFacts[];
  /** Named findings that block an expansion, one line each. */
  readonly critical: readonly string[];
  /** Why a number could not be measured. */
  readonly notes: readonly string[];
  readonly lines: LineFacts;
};

export type CycleQuestion = {
  readonly run: CycleRun;
  readonly who: Who;
  readonly rosterId: string | null;
  /** Whether the roster says that members have usage charges; null when it does not say. */
  readonly hasUsage: boolean | null;
  readonly step: string;
  readonly mode: 'shadow' | 'live';
  readonly isClosed: boolean;
  /** Customers with two live systems in or after this cycle. */
  readonly doubleBilled: readonly string[];
  readonly settings: CohortSettings | null;
};

/** Measures a cohort in one cycle: set-based in SQL, identities asserted, missing never taken as zero. */
export async function measureCycle(
  context: Pick<ConfidenceContext, 'db' | 'reporting'>,
  policy: Policy,
  question: CycleQuestion,
): Promise<CohortCycle> {
  const { run, who, rosterId } = question;
  const key = { runSeq: run.seq, runId: run.id, cycle: run.cycle, who, rosterId };
  const currencies = await currencyFacts(context.db, key);
  const customers = await customerFacts(context.db, key);
  const causes = await causeFacts(context.db, key);
  const safety = await safetyFacts(context.db, key);
  const lines = await lineFacts(context.db, key);
  const notes: string[] = [];
  const census = censusOf(currencies, customers, context.reporting, notes);
  if (rosterId === null) notes.push('no roster: whom both systems forgot cannot be seen');
  if (!run.isComplete) notes.push(`the run of ${run.cycle} is incomplete`);
  const counts = sumCounts(currencies);
  checkCustomers(currencies, customers);
  const critical = criticalFindings({ currencies, census, counts, policy, question });
  const tolerated = census === null ? null : worstShare(census, 'toleratedGrossShare');
  if (tolerated !== null && tolerated > policy.toleranceKeys.cap.toleratedGrossShare)
    critical.push(`tolerated differences are ${percent(tolerated)} of the money, above the cap`);
  return {
    run,
    isClosed: question.isClosed,
    census,
    customers,
    causes,
    critical,
    notes,
    lines,
    record: {
      cycle: run.cycle,
      mode: question.mode,
      step: question.step,
      isFrozen: question.isClosed && counts.roster > 0 && counts.not_ready === 0,
      data: {
        freshnessHours: 0,
        pairCoverage: rosterId === null ? Number.NaN : coverageOf(counts),
        usageCompleteness: usageOf(lines, question.hasUsage, notes),
        ambiguousShare: ratio(counts.ambiguous, counts.roster - counts.not_ready),
        pipelineErrors: counts.errors + safety.strayErrors + (run.isComplete ? 0 : 1),
      },
      census: {
        overShare: shareOrUnknown(census, 'overShare'),
        underShare: shareOrUnknown(census, 'underShare'),
        unexplainedGrossShare: shareOrUnknown(census, 'unexplainedGrossShare'),
        openCritical: critical.length,
        taxMismatchCustomers: safety.taxCustomers,
        missingNew: counts.only_legacy,
        missingShare: ratio(counts.only_legacy, paired(counts)),
        extraNew: counts.only_solvimon,
        duplicates: safety.duplicates + (question.mode === 'live' ? question.doubleBilled.length : 0),
      },
      cause: worstCause(causes, customers, census, policy),
    },
  };
}

type Counts = CurrencyFacts['counts'];

function sumCounts(currencies: readonly CurrencyFacts[]): Counts {
  const sum: Record<string, number> = {};
  const names = [
    'roster',
    'both',
    'only_legacy',
    'only_solvimon',
    'both_missing',
    'ambiguous',
    'not_ready',
    'errors',
    'unexpected',
    'exact',
    'tolerated',
    'compensating',
    'mismatch',
    'deltas_over',
    'deltas_under',
    'duplicate_rows',
  ] as const satisfies readonly (keyof Counts)[];
  for (const name of names) sum[name] = currencies.reduce((all, { counts }) => all + counts[name], 0);
  return sum as Counts;
}

function paired(counts: Counts): number {
  return counts.both + counts.only_legacy + counts.only_solvimon;
}

/**
 * Share of pairs that both sides have, as far as it speaks of the data. A proven second copy of a document is no hole in
 * what was read: it counts as extra and as a duplicate in the census, and does not make the rest untrusted.
 */
function coverageOf(counts: Counts): number {
  return ratio(counts.both, paired(counts) - counts.duplicate_rows);
}

/** A share of whole numbers; NaN when there is nothing to take it of: unmeasured is never green. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? Number.NaN : part / whole;
}

/** The census, or null with a note when a currency cannot be brought together with the others. */
function censusOf(
  currencies: readonly CurrencyFacts[],
  customers: readonly CustomerFacts[],
  reporting: ConfidenceContext['reporting'],
  notes: string[],
): CohortCensus | null {
  const parts = new Map<CurrencyCode, CensusPart>();
  for (const facts of currencies) {
    const code = facts.currency === null ? undefined : parseCurrency(facts.currency);
    if (code !== undefined) parts.set(code, toPart(code, facts));
  }
  if (parts.size === 0) {
    notes.push('no money of this cohort was found in this cycle');
    return null;
  }
  const [only] = [...parts.keys()];
  const reportingCurrency = reporting?.currency ?? (parts.size === 1 ? only : undefined);
  if (reportingCurrency === undefined) {
    notes.push(`several currencies (${[...parts.keys()].join(', ')}) and no reporting currency: name one in reporting`);
    return null;
  }
  const rates = new Map(reporting?.rates).set(reportingCurrency, decimalText('1'));
  const missing = [...parts.keys()].filter((code) => !rates.has(code));
  if (missing.length > 0) {
    notes.push(`no rate from ${missing.join(', ')} to ${reportingCurrency}: name it in reporting.rates`);
    return null;
  }
  const byName = new Map<string, boolean>();
  for (const { customer, isFrozen } of customers) byName.set(customer, (byName.get(customer) ?? true) && isFrozen);
  const clean = new Map<string, boolean>();
  for (const { customer, isClean } of customers) clean.set(customer, (clean.get(customer) ?? true) && isClean);
  const mature = [...byName].filter(([, isFrozen]) => isFrozen).map(([customer]) => customer);
  const cleanCount = mature.filter((customer) => clean.get(customer) === true).length;
  const rate = mature.length === 0 ? null : cleanCount / mature.length;
  return assembleCensus({
    parts,
    reportingCurrency,
    rates,
    customers: { mature: mature.length, clean: cleanCount, rate },
  });
}

function toPart(code: CurrencyCode, { counts, amounts }: CurrencyFacts): CensusPart {
  const minor = (text: string) => minorOf(text, code);
  const rows: RowCounts = {
    roster: counts.roster,
    frozen: counts.roster - counts.not_ready,
    both: counts.both,
    onlyLegacy: counts.only_legacy,
    onlySolvimon: counts.only_solvimon,
    bothMissing: counts.both_missing,
    ambiguous: counts.ambiguous,
    notReady: counts.not_ready,
    unexpected: counts.unexpected,
    exact: counts.exact,
    tolerated: counts.tolerated,
    compensating: counts.compensating,
    mismatch: counts.mismatch,
    linesMatched: 0,
    linesAll: 0,
    deltasOver: counts.deltas_over,
    deltasUnder: counts.deltas_under,
  };
  return {
    counts: rows,
    amounts: {
      base: minor(amounts.base),
      matchedBase: minor(amounts.matched_base),
      bothBase: minor(amounts.both_base),
      gross: minor(amounts.gross),
      net: minor(amounts.net),
      over: minor(amounts.over),
      under: minor(amounts.under),
      toleratedGross: minor(amounts.tolerated_gross),
      unexplainedGross: minor(amounts.unexplained_gross),
      offsetInsideInvoice: minor(amounts.offset_inside),
    },
  };
}

/** Exact minor units of decimal text; a fraction stays a fraction. */
export function minorOf(text: string, code: CurrencyCode): Rational {
  return multiplyRational(rationalFromText(text), rational(10n ** BigInt(currencyDigits(code))));
}

/** The same money counted twice by two statements must agree: per currency, customers sum to the currency. */
function checkCustomers(currencies: readonly CurrencyFacts[], customers: readonly CustomerFacts[]): void {
  for (const { currency, amounts } of currencies) {
    const own = customers.filter((one) => one.currency === currency);
    const base = own.reduce((sum, one) => sum.plus(one.base), toDecimal(decimalText('0')));
    const over = own.reduce((sum, one) => sum.plus(one.over), toDecimal(decimalText('0')));
    invariant(base.equals(amounts.base) && over.equals(amounts.over), 'customers sum to their currency', {
      currency,
      base: base.toFixed(),
      over: over.toFixed(),
    });
  }
}

function shareOrUnknown(
  census: CohortCensus | null,
  share: 'overShare' | 'underShare' | 'unexplainedGrossShare',
): number {
  return (census === null ? null : worstShare(census, share)) ?? Number.NaN;
}

function usageOf(lines: LineFacts, hasUsage: boolean | null, notes: string[]): number {
  if (lines.worstMeter !== null) {
    if (lines.worstMeter.completeness !== null)
      return rationalToNumber(rationalFromText(lines.worstMeter.completeness));
    notes.push(`meter ${lines.worstMeter.meter} has usage in Solvimon and none in legacy`);
    return Number.NaN;
  }
  // No usage line anywhere is complete only when contract data says that none is due.
  if (hasUsage === false) return 1;
  notes.push('no usage line was found, and the roster does not say usage=false for every member');
  return Number.NaN;
}

function criticalFindings(input: {
  readonly currencies: readonly CurrencyFacts[];
  readonly census: CohortCensus | null;
  readonly counts: Counts;
  readonly policy: Policy;
  readonly question: CycleQuestion;
}): string[] {
  const { currencies, census, counts, policy, question } = input;
  const found: string[] = [];
  const { both_missing: forgotten } = counts;
  if (forgotten > 0) found.push(`${forgotten} expected invoices are in neither system`);
  const mixed = currencies.find(({ currency }) => currency === null);
  if (mixed !== undefined) found.push(`${mixed.counts.roster} pairs have no single currency`);
  const { signTestP, minSigned } = policy.toleranceKeys.cap;
  const bias = census?.total.shares.directionBias ?? 1;
  const signed = counts.deltas_over + counts.deltas_under;
  if (signed >= minSigned && bias < signTestP)
    found.push(
      `differences lean one way: ${counts.deltas_over} over, ${counts.deltas_under} under (p ${bias.toPrecision(2)})`,
    );
  if (question.doubleBilled.length > 0)
    found.push(`single biller: ${question.doubleBilled.length} customers live in two systems`);
  if (question.settings !== null) found.push(...unmetRequirements(question.settings, census, counts));
  return found;
}

/** What the configuration asks of this cohort beyond the policy. Money in major units of the reporting currency. */
function unmetRequirements(
  { requirements }: CohortSettings,
  census: CohortCensus | null,
  counts: Counts,
): readonly string[] {
  const found: string[] = [];
  const { maxOver, maxUnder, minExplained } = requirements;
  const above = (part: 'over' | 'under', limit: DecimalText | null) => {
    if (limit === null) return;
    if (census === null) found.push(`${part} money could not be measured against ${limit}`);
    else {
      const most = minorOf(limit, census.reportingCurrency);
      const { numerator, denominator } = census.total.amounts[part];
      if (numerator * most.denominator > most.numerator * denominator)
        found.push(`${part} money is above ${limit} ${census.reportingCurrency}`);
    }
  };
  above('over', maxOver);
  above('under', maxUnder);
  if (minExplained !== null && census !== null) {
    const { gross, unexplainedGross } = census.total.amounts;
    const share = 1 - (shareOf(unexplainedGross, gross) ?? 0);
    if (!(share >= minExplained))
      found.push(`${percent(share)} of the difference is explained, ${percent(minExplained)} is asked`);
  }
  if (requirements.minCoverage !== null && !(coverageOf(counts) >= requirements.minCoverage))
    found.push(`pair coverage is below ${percent(requirements.minCoverage)}`);
  return found;
}

/**
 * The cause as decide() takes it. Its reach is that of the cause that hits the most customers. It is known only when that
 * cause is proven throughout AND what is not explained is within the policy: a proven cause must not lend its name to money
 * that nobody can explain. What people said of root causes counts: all of them declared fixed is ready for the next cycle,
 * and one that came back after it was gone is regressed.
 */
function worstCause(
  causes: readonly CauseFacts[],
  customers: readonly CustomerFacts[],
  census: CohortCensus | null,
  policy: Policy,
): CycleRecord['cause'] {
  const [worst] = causes;
  if (worst === undefined) return { status: 'none', customersShare: 0, customers: 0, regressed: false };
  const present = new Set(customers.map(({ customer }) => customer)).size;
  const unexplained = shareOrUnknown(census, 'unexplainedGrossShare');
  const isKnown = worst.explained === worst.mismatches && unexplained <= policy.census.maxUnexplainedGrossShare;
  const isFixPending = causes.every(({ fixPending, mismatches }) => fixPending === mismatches);
  const status: CauseStatus = !isKnown ? 'unknown' : isFixPending ? 'fix-ready' : 'known';
  return {
    status,
    customersShare: ratio(worst.customers, present),
    customers: worst.customers,
    regressed: causes.some(({ hasRegressed }) => hasRegressed),
  };
}

export function percent(share: number): string {
  return Number.isNaN(share) ? 'not measured' : `${(share * 100).toFixed(2)} %`;
}
