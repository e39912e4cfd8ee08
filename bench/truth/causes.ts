import { currencyDigits } from '../../src/model/currency.js';
import type { Cause, PairVerdict } from '../../src/model/verdict.js';
import { sizeAndField } from './baselines.js';
import { frac, rounded, times } from './exact.js';
import { plant, type Planted, plants } from './plants.js';
import { randomOf } from './random.js';
import { judge } from './run-case.js';

export type CauseScore = {
  readonly cause: Cause;
  readonly planted: number;
  readonly found: number;
  readonly claimed: number;
  readonly proven: number;
  readonly wrongButProven: number;
};

export type CausesReport = {
  readonly scores: readonly CauseScore[];
  /** Share of planted money, in percent, whose findings name the planted cause. */
  readonly moneyExplained: string;
  readonly residuals: number;
  readonly cleanCustomersFlagged: number;
  readonly baseline: { readonly found: number; readonly planted: number; readonly moneyExplained: string };
};

/** W4: every cause planted `perCause` times among as many clean customers as there are causes. */
export function runCauses(
  seed: number,
  perCause: number,
  onWrong?: (planted: Planted, verdicts: readonly PairVerdict[]) => void,
): CausesReport {
  const random = randomOf(seed);
  const tally = new Map<Cause, { planted: number; found: number; claimed: number; proven: number; wrong: number }>();
  const of = (cause: Cause) => {
    const known = tally.get(cause) ?? { planted: 0, found: 0, claimed: 0, proven: 0, wrong: 0 };
    tally.set(cause, known);
    return known;
  };
  const money = { planted: 0n, explained: 0n, baseline: 0n };
  let [residuals, flagged, baselineFound, total] = [0, 0, 0, 0];
  const names: (Cause | null)[] = plants.flatMap(([cause]) => Array.from({ length: perCause }, () => cause));
  names.push(...Array.from({ length: perCause * 3 }, () => null));
  names.forEach((cause, index) => {
    const planted = plant(random, `c${index}`, cause);
    const verdicts = judge(planted.case);
    const findings = verdicts.flatMap((verdict) => verdict.mismatches.map((finding) => ({ finding, verdict })));
    for (const verdict of verdicts) residuals += residualOf(verdict) ? 1 : 0;
    if (cause === null) {
      flagged += findings.length > 0 ? 1 : 0;
      for (const { finding } of findings) of(finding.cause).claimed += 1;
      for (const note of verdicts.flatMap((verdict) => verdict.notes)) of(note.cause).claimed += 1;
      return;
    }
    total += 1;
    of(cause).planted += 1;
    // A note is what the product says where no money differs; it has no confidence.
    const claimed = new Set([
      ...findings.map(({ finding }) => finding.cause),
      ...verdicts.flatMap((verdict) => verdict.notes.map((note) => note.cause)),
    ]);
    for (const name of claimed) of(name).claimed += 1;
    if (claimed.has(cause)) of(cause).found += 1;
    if (findings.some(({ finding }) => finding.cause === cause && finding.confidence === 'proven'))
      of(cause).proven += 1;
    const wrong = findings.filter(({ finding }) => finding.cause !== cause && finding.confidence === 'proven').length;
    of(cause).wrong += wrong;
    if (wrong > 0 || !claimed.has(cause) || claimed.size > 1) onWrong?.(planted, verdicts);
    const guess = sizeAndField(planted.case);
    if (guess === cause) baselineFound += 1;
    for (const { finding } of findings) {
      const size = magnitude(units(finding.delta));
      money.planted += size;
      if (finding.cause === cause) money.explained += size;
      if (guess === cause) money.baseline += size;
    }
  });
  return {
    scores: plants.map(([cause]) => {
      const one = of(cause);
      return {
        cause,
        planted: one.planted,
        found: one.found,
        claimed: one.claimed,
        proven: one.proven,
        wrongButProven: one.wrong,
      };
    }),
    moneyExplained: percent(money.explained, money.planted),
    residuals,
    cleanCustomersFlagged: flagged,
    baseline: { found: baselineFound, planted: total, moneyExplained: percent(money.baseline, money.planted) },
  };
}

const magnitude = (value: bigint) => (value < 0n ? -value : value);
const units = (text: string) => BigInt(rounded(times(frac(text), [10_000n, 1n]), 0));

export function percent(part: bigint | number, whole: bigint | number): string {
  return BigInt(whole) === 0n ? '–' : rounded([BigInt(part) * 100n, BigInt(whole)], 2);
}

/** Whether some finding's components do not sum to its delta, or a pair's findings do not sum to its delta. */
function residualOf(verdict: PairVerdict): boolean {
  const sum = (texts: readonly string[]) => texts.reduce((total, one) => total + units(one), 0n);
  if (
    verdict.mismatches.some(
      (one) => one.cause !== 'currency.differs' && sum(Object.values(one.components)) !== units(one.delta),
    )
  )
    return true;
  if (verdict.currency === null) return false;
  const delta = units(verdict.solvimonGross ?? '0') - units(verdict.legacyGross ?? '0');
  const scale = 10n ** BigInt(4 - currencyDigits(verdict.currency));
  return (sum(verdict.mismatches.map((one) => one.delta)) - delta) / scale !== 0n;
}
