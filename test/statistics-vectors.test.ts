import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attemptAlpha } from '../src/confidence/attempt-spending.js';
import { takeCensus } from '../src/confidence/census.js';
import { clopperPearsonLower, clopperPearsonUpper } from '../src/confidence/clopper-pearson.js';
import { proportionalSeats, proposeCore } from '../src/confidence/cohort-core.js';
import { comboWeights, type Features, twayCoverage } from '../src/confidence/coverage.js';
import { decide } from '../src/confidence/decide.js';
import { designEffect, goodTuringUnseenMass, signTest } from '../src/confidence/diagnostics.js';
import {
  confidenceOf,
  evidenceOf,
  logEvidenceCount,
  logEvidenceValue,
  type ValueItem,
} from '../src/confidence/e-process.js';
import { hypergeometricSampleSize, hypergeometricUpperCount } from '../src/confidence/hypergeometric.js';
import type { MeasuredRow } from '../src/confidence/metrics.js';
import { defaultPolicy } from '../src/confidence/policy.js';
import { readPolicy } from '../src/confidence/read-policy.js';
import {
  cyclesNeeded,
  moreCustomersAtRate,
  moreCustomersIfClean,
  requiredCustomers,
} from '../src/confidence/required-size.js';
import { seededOrder } from '../src/confidence/seeded-order.js';
import type { Snapshot } from '../src/confidence/snapshot.js';
import { poissonFactor, stringerBound } from '../src/confidence/stringer.js';
import {
  hoeffdingUpper,
  jeffreysInterval,
  maurerPontilUpper,
  multinomialDirichletUpper,
  wilsonInterval,
} from '../src/confidence/textbook-bounds.js';
import { upperLimitCount, upperLimitValue } from '../src/confidence/upper-limit.js';
import { largestRemainder } from '../src/model/apportion.js';
import { currency } from '../src/model/currency.js';
import { decimalText } from '../src/model/money.js';
import {
  addRational,
  multiplyRational,
  type Rational,
  rational,
  rationalFromText,
  rationalToNumber,
  subtractRational,
} from '../src/model/rational.js';
import { shapleyParts } from '../src/reconcile/shapley.js';

type Input = Record<string, unknown>;
type Vector = { readonly id: string; readonly fn: string; readonly input: Input; readonly expected: unknown };
type Vectors = { readonly policyDefaults: unknown; readonly cases: readonly Vector[] };

const shared = resolve(process.env['SHADOWBILL_SHARED'] ?? '../shared');
const file = resolve(shared, 'statistics/vectors.json');

const at = <Value>(input: Input, key: string): Value => input[key] as Value;
const number = (input: Input, key: string) => at<number>(input, key);
const items = (triples: readonly (readonly number[])[]): readonly ValueItem[] =>
  triples.map(([count = 0, base = 0, misstated = 0]) => [count, BigInt(base), BigInt(misstated)] as const);
const exact = (value: unknown) => rationalFromText(String(value));
const asNumbers = (parts: ReadonlyMap<string, Rational>) =>
  Object.fromEntries([...parts].map(([name, part]) => [name, rationalToNumber(part)]));
const texts = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));

function shapleyProduct(legacy: Input, solvimon: Input): Record<string, number> {
  const one = rational(1n);
  const factors = Object.keys(legacy);
  return asNumbers(
    shapleyParts(factors, (atSolvimon) =>
      factors.reduce((product, factor) => {
        const value = exact((atSolvimon.has(factor) ? solvimon : legacy)[factor]);
        return multiplyRational(product, factor === 'd' ? subtractRational(one, value) : value);
      }, one),
    ),
  );
}

type Plan = readonly (readonly [upTo: number | null, price: string])[];

/** Graduated rating of a quantity, written for this suite alone. */
function graduated(quantity: Rational, plan: Plan): Rational {
  let total = rational(0n);
  let from = rational(0n);
  for (const [upTo, price] of plan) {
    const end = upTo === null || rationalToNumber(quantity) < upTo ? quantity : rational(BigInt(upTo));
    total = addRational(total, multiplyRational(subtractRational(end, from), rationalFromText(price)));
    from = end;
  }
  return total;
}

function shapleyTiered(input: Input): Record<string, number> {
  const [legacy, solvimon] = [at<{ q: number; plan: Plan }>(input, 'L'), at<{ q: number; plan: Plan }>(input, 'N')];
  return asNumbers(
    shapleyParts(['q', 'plan'], (atSolvimon) =>
      graduated(exact((atSolvimon.has('q') ? solvimon : legacy).q), (atSolvimon.has('plan') ? solvimon : legacy).plan),
    ),
  );
}

function metrics(input: Input): Record<string, number> {
  const pairs = at<readonly (readonly [string, number | null, number | null])[]>(input, 'pairs');
  const tolerance = number(input, 'tol');
  const rows = pairs.map(([code, legacy, solvimon], index): MeasuredRow => {
    const delta = (solvimon ?? 0) - (legacy ?? 0);
    return {
      key: { customer: `c${index}`, cycle: '2026-10', billingEntity: 'e', currency: currency(code) },
      state: legacy === null ? 'only_solvimon' : solvimon === null ? 'only_legacy' : 'both',
      isExpected: true,
      legacyMinor: legacy === null ? null : BigInt(legacy),
      solvimonMinor: solvimon === null ? null : BigInt(solvimon),
      lineDeltasMinor: legacy === null || solvimon === null ? [] : [BigInt(delta)],
      lines: { matched: 0, mismatched: 0, onlyLegacy: 0, onlySolvimon: 0 },
      isWithinTolerance: Math.abs(delta) <= tolerance,
      unexplainedMinor: [],
    };
  });
  const rates = new Map(
    Object.entries(at<Record<string, string>>(input, 'fx')).map(([code, rate]) => [currency(code), decimalText(rate)]),
  );
  const { total } = takeCensus({ rows, reportingCurrency: currency('EUR'), rates });
  const { counts, amounts, shares } = total;
  const known = (share: number | null) => share ?? Number.NaN;
  return {
    pairs: counts.both + counts.onlyLegacy + counts.onlySolvimon,
    both: counts.both,
    exact: counts.exact,
    tol: counts.tolerated,
    mismatch: counts.mismatch,
    missingNew: counts.onlyLegacy,
    extraNew: counts.onlySolvimon,
    base: rationalToNumber(amounts.base),
    valueMatch: known(shares.valueMatch),
    valueAccuracy: known(shares.valueAccuracy),
    gross: rationalToNumber(amounts.gross),
    net: rationalToNumber(amounts.net),
    over: rationalToNumber(amounts.over),
    under: rationalToNumber(amounts.under),
    overShare: known(shares.overShare),
    underShare: known(shares.underShare),
    asym: known(shares.asymmetry),
    netting: known(shares.netting),
    invoiceMatch: known(shares.invoiceMatch),
    coverage: known(shares.pairCoverage),
    tolerated: rationalToNumber(amounts.toleratedGross),
  };
}

function core(input: Input): unknown {
  type Raw = { id: string; revenue: number; features: Features };
  const strength = number(input, 't');
  const result = proposeCore({
    candidates: at<Raw[]>(input, 'cands').map(({ id, revenue, features }) => ({
      id,
      revenueMinor: BigInt(revenue),
      features,
    })),
    weights: comboWeights(at<Features[]>(input, 'target'), strength),
    strength,
    seats: number(input, 'maxN'),
    revenueCapMinor: BigInt(number(input, 'revCap')),
    perCustomerCapMinor: BigInt(number(input, 'perCap')),
  });
  return { ids: result.ids, revenue: Number(result.revenueMinor), coverage: result.coverage };
}

type RawSnapshot = Omit<Snapshot, 'evidence'> & {
  readonly evidence: Omit<Snapshot['evidence'], 'valueItems' | 'J'> & {
    readonly valueItems: number[][];
    readonly J: number;
  };
};

function decision(input: Input): readonly string[] {
  const raw = at<RawSnapshot>(input, 'snapshot');
  const snapshot: Snapshot = {
    ...raw,
    evidence: { ...raw.evidence, valueItems: items(raw.evidence.valueItems), J: BigInt(raw.evidence.J) },
  };
  const read = readPolicy(input['policy'] ?? {});
  if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems));
  const decided = decide(snapshot, read.policy);
  return [decided.decision, decided.reason];
}

const claim = (input: Input) => ({ m: number(input, 'm'), alpha: number(input, 'alpha') });
const count = (input: Input) => ({ n: number(input, 'n'), k: number(input, 'k') });
const sample = (input: Input) => ({ ...count(input), conf: number(input, 'conf') });
const value = (input: Input) => ({ items: items(at(input, 'items')), capMinor: BigInt(number(input, 'J')) });

const functions: Record<string, (input: Input) => unknown> = {
  cpUpper: (input) => clopperPearsonUpper(sample(input)),
  cpLower: (input) => clopperPearsonLower(sample(input)),
  wilson: (input) => wilsonInterval(sample(input)),
  jeffreys: (input) => jeffreysInterval(sample(input)),
  hyperUpperCount: (input) => hypergeometricUpperCount({ ...sample(input), N: number(input, 'N') }),
  hyperN: (input) =>
    hypergeometricSampleSize({ N: number(input, 'N'), tolerable: number(input, 'tol'), conf: number(input, 'conf') }),
  poissonFactor: (input) => poissonFactor(number(input, 'k'), number(input, 'conf')),
  stringer: (input) =>
    stringerBound({
      taints: at(input, 'taints'),
      n: number(input, 'n'),
      conf: number(input, 'conf'),
      distribution: input['dist'] === 'poisson' ? 'poisson' : 'binomial',
    }),
  hoeffdingUpper: (input) =>
    hoeffdingUpper({ mean: number(input, 'mean'), n: number(input, 'n'), conf: number(input, 'conf') }),
  maurerPontilUpper: (input) =>
    maurerPontilUpper({ zeros: number(input, 'zeros'), extra: at(input, 'extra'), conf: number(input, 'conf') }),
  eCount: (input) => evidenceOf(logEvidenceCount(count(input), number(input, 'm'))),
  eUpperCount: (input) => upperLimitCount(count(input), number(input, 'alpha')),
  confCount: (input) => confidenceOf(logEvidenceCount(count(input), number(input, 'm'))),
  nRequired: (input) => requiredCustomers(number(input, 'k'), claim(input)),
  moreCustomers: (input) => moreCustomersIfClean(count(input), claim(input)),
  moreCustomersAtRate: (input) => {
    const forecast = moreCustomersAtRate(count(input), claim(input));
    return forecast.kind === 'customers' ? forecast.more : null;
  },
  cyclesNeeded: (input) => {
    const forecast = cyclesNeeded({
      moreCustomers: number(input, 'moreCustomers'),
      maturePerCycle: number(input, 'maturePerCycle'),
      minObserved: number(input, 'minObserved'),
      cyclesObserved: number(input, 'cyclesObserved'),
    });
    return forecast.kind === 'cycles' ? forecast.cycles : forecast.kind;
  },
  eMoney: (input) => evidenceOf(logEvidenceValue(value(input), number(input, 'm'))),
  eUpperMoney: (input) => upperLimitValue(value(input), number(input, 'alpha')),
  signTest: (input) => signTest(number(input, 'pos'), number(input, 'neg')),
  iccDeff: (input) => {
    const clusters = at<number[][]>(input, 'clusters').map(([size = 0, bad = 0]) => ({ size, bad }));
    const { icc, deff, effectiveCount } = designEffect(clusters);
    return [icc, deff, effectiveCount];
  },
  attemptAlpha: (input) =>
    attemptAlpha({ alpha: number(input, 'alpha'), attempt: number(input, 'j'), spending: 'telescoping' }),
  goodTuring: (input) => goodTuringUnseenMass(number(input, 'f1'), number(input, 'n')),
  mdUpper: (input) =>
    multinomialDirichletUpper({ taints: at(input, 'taints'), n: number(input, 'n'), conf: number(input, 'conf') }),
  shapleyProduct: (input) => shapleyProduct(at(input, 'L'), at(input, 'N')),
  shapleyTax: (input) => shapleyProduct(at(input, 'L'), at(input, 'N')),
  shapleyTiered,
  largestRemainder: (input) => {
    const parts = Object.entries(at<Record<string, string>>(input, 'parts')).map(
      ([name, part]) => [name, rationalFromText(part)] as const,
    );
    const units = largestRemainder(parts, BigInt(number(input, 'total')));
    return Object.fromEntries([...units].map(([name, unit]) => [name, Number(unit)]));
  },
  metrics,
  tway: (input) => {
    const universe = at<Record<string, unknown[]>>(input, 'universe');
    const values = Object.fromEntries(Object.entries(universe).map(([name, all]) => [name, all.map(String)]));
    return twayCoverage(at<Record<string, unknown>[]>(input, 'rows').map(texts), values, number(input, 't'));
  },
  proposeCore: core,
  proportional: (input) =>
    Object.fromEntries(
      proportionalSeats({
        counts: new Map(Object.entries(at<Record<string, number>>(input, 'counts'))),
        seats: number(input, 'seats'),
      }),
    ),
  seededOrder: (input) => seededOrder(at(input, 'ids'), at(input, 'seed')),
  decide: decision,
};

/** Numbers to relative 1e-9 (whole numbers exactly), everything else exactly; objects member by member. */
function expectSame(actual: unknown, expected: unknown): void {
  if (typeof expected === 'number' && !Number.isInteger(expected)) {
    if (typeof actual !== 'number') throw new Error(`a number is expected, got ${String(actual)}`);
    expect(Math.abs(actual - expected) / Math.abs(expected)).toBeLessThanOrEqual(1e-9);
  } else if (Array.isArray(expected)) {
    expect(actual).toHaveLength(expected.length);
    for (const [index, each] of expected.entries()) expectSame((actual as unknown[])[index], each);
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(actual as object).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, each] of Object.entries(expected)) expectSame((actual as Input)[key], each);
  } else if (typeof expected === 'number')
    expect(Math.abs((actual as number) - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
  else expect(actual).toBe(expected);
}

const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors) : undefined;

describe('the shared statistics vectors', () => {
  test.runIf(vectors !== undefined)('there are 90 of them and every function they name is known', () => {
    const cases = vectors?.cases ?? [];
    expect(cases).toHaveLength(90);
    expect(new Set(cases.map((each) => each.id)).size).toBe(90);
    expect(cases.filter((each) => functions[each.fn] === undefined)).toEqual([]);
  });

  test.runIf(vectors !== undefined)('the numeric defaults of the policy are the shared ones', () => {
    const { ladder, ...policy } = defaultPolicy;
    expect(ladder).toEqual(Object.keys(policy.steps));
    expect(policy).toMatchObject(vectors?.policyDefaults as Record<string, unknown>);
  });

  for (const { id, fn, input, expected } of vectors?.cases ?? []) {
    test(`${id} ${fn} gives the shared value`, () => {
      expectSame(functions[fn]?.(input), expected);
    });
  }

  test.runIf(vectors === undefined)('the 90 shared vectors were left out: ../shared is not present', () => {
    console.warn(
      `The 90 shared statistics vectors were left out: ${file} is not present. Set SHADOWBILL_SHARED to its folder.`,
    );
    expect(existsSync(file)).toBe(false);
  });
});
