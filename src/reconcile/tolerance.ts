import type { CompareRules, ToleranceLimit, ToleranceRule } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import { Decimal, type DecimalText, fromMinorUnits, toDecimal, toDecimalText, zero } from '../model/money.js';
import type { CustomerKey } from '../model/ids.js';
import type { AppliedTolerance, ComponentName, MismatchFinding } from '../model/verdict.js';

type Finding = Omit<MismatchFinding, 'tolerance'>;

/** A mismatch of a customer that may be tolerated, with the currency of its pair. */
export type Candidate = { readonly finding: Finding; readonly currency: CurrencyCode };

type Measured = {
  readonly rule: ToleranceRule;
  /** Rule and currency: a budget never adds two currencies (I7). */
  readonly purse: string;
  readonly size: Decimal;
  readonly allowed: Decimal;
  readonly isEligible: boolean;
};

/**
 * The tolerance of each of a customer's mismatches, in their order: the first rule whose `when` fits applies. Within when
 * the delta is at most `over` (or, going down, at most `under`) and the rule's budget still covers it. A budget is spent on
 * what lies deepest inside its limits first, and when it is used up the rest is a mismatch: so a rule made wider by a
 * factor, or given a larger budget, never creates one (I11). A mismatch without money is never tolerated by a limit on
 * money alone unless a rule names its cause. Null: no rule fits, amounts must be equal.
 */
export function tolerances(
  candidates: readonly Candidate[],
  customer: CustomerKey | null,
  rules: CompareRules,
): readonly (AppliedTolerance | null)[] {
  const measured = candidates.map((candidate) => measure(candidate, customer, rules));
  const within = new Set<Measured>();
  const spent = new Map<string, Decimal>();
  const eligible = measured.filter((one) => one !== null && one.isEligible) as Measured[];
  for (const one of eligible.sort(byDepth)) {
    const total = (spent.get(one.purse) ?? new Decimal(0)).plus(one.size);
    // Kept when it is too much as well, so that nothing shallower slips in after it.
    spent.set(one.purse, total);
    if (one.rule.budget === null || total.lessThanOrEqualTo(one.rule.budget)) within.add(one);
  }
  return measured.map((one) =>
    one === null
      ? null
      : { rule: one.rule.name, over: shown(one.rule.over), under: shown(one.rule.under), within: within.has(one) },
  );
}

function measure({ finding, currency }: Candidate, customer: CustomerKey | null, rules: CompareRules): Measured | null {
  const index = rules.tolerance.findIndex((candidate) => fits(candidate, finding, { customer, currency }));
  const rule = rules.tolerance[index];
  if (rule === undefined) return null;
  const delta = toDecimal(finding.delta);
  const size = delta.abs();
  const allowed = toDecimal(limitIn(delta.isNegative() ? rule.under : rule.over, finding, currency));
  const hasMoney = !delta.isZero() || rule.when.cause !== undefined;
  // A line or document that exists on one side only is never a rounding matter.
  const isOneSided = finding.legacy === null || finding.solvimon === null;
  const isEligible = hasMoney && !isOneSided && size.lessThanOrEqualTo(allowed);
  return { rule, purse: `${index} ${currency}`, size, allowed, isEligible };
}

/** By the share of the limit that a difference uses, exact: a/b < c/d when ad < cb. Nothing at all comes first. */
function byDepth(a: Measured, b: Measured): number {
  if (a.size.isZero() || b.size.isZero()) return a.size.comparedTo(b.size);
  return a.size.times(b.allowed).comparedTo(b.size.times(a.allowed)) || a.size.comparedTo(b.size);
}

function fits(
  rule: ToleranceRule,
  finding: Finding,
  where: { readonly customer: CustomerKey | null; readonly currency: CurrencyCode },
): boolean {
  const { when } = rule;
  return (
    (when.cause === undefined || when.cause === finding.cause) &&
    (when.level === undefined || when.level === finding.level) &&
    (when.customer === undefined || when.customer === where.customer) &&
    (when.currency === undefined || when.currency === where.currency) &&
    (when.component === undefined || isWholly(when.component, finding))
  );
}

/** Whether a difference has money, and every part of it is this component: a rule for rounding lets no price pass beside it. */
function isWholly(component: ComponentName, { components }: Finding): boolean {
  const names = Object.keys(components);
  return names.length === 1 && names[0] === component;
}

function limitIn(limit: ToleranceLimit, finding: Finding, currency: CurrencyCode): DecimalText {
  switch (limit.kind) {
    case 'minor_units':
      return fromMinorUnits(BigInt(toDecimal(limit.value).floor().toFixed()), currency);
    case 'amount':
      return limit.value;
    case 'percent':
      // Of the legacy amount, exact; nothing is tolerated where legacy has none.
      return finding.legacy === null
        ? zero
        : toDecimalText(toDecimal(finding.legacy).abs().times(limit.value).div(100));
  }
}

function shown(limit: ToleranceLimit): string {
  return limit.kind === 'minor_units' ? `${limit.value}mu` : limit.kind === 'percent' ? `${limit.value}%` : limit.value;
}
