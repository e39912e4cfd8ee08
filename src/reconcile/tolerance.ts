import type { CompareRules, ToleranceLimit, ToleranceRule } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import { type DecimalText, fromMinorUnits, toDecimal, toDecimalText, zero } from '../model/money.js';
import type { CustomerKey } from '../model/ids.js';
import type { AppliedTolerance, MismatchFinding } from '../model/verdict.js';

/** How much of each rule's budget a customer has used in this cycle. */
export type Budgets = Map<string, DecimalText>;

/**
 * The tolerance that applies to a mismatch: the first rule whose `when` fits. Within when the delta is at most `over`
 * (or, going down, at most `under`) and the rule's budget for this customer still covers it. A mismatch without money is
 * never tolerated by a limit on money alone unless a rule names its cause. Null: no rule fits, amounts must be equal.
 */
export function applyTolerance(
  finding: MismatchFinding,
  where: { readonly customer: CustomerKey | null; readonly currency: CurrencyCode | null },
  rules: CompareRules,
  budgets: Budgets,
): AppliedTolerance | null {
  const rule = rules.tolerance.find((candidate) => fits(candidate, finding, where));
  if (rule === undefined || where.currency === null) return null;
  const delta = toDecimal(finding.delta);
  const limit = delta.isNegative() ? rule.under : rule.over;
  const allowed = toDecimal(limitIn(limit, finding, where.currency));
  const hasMoney = !delta.isZero() || rule.when.cause !== undefined;
  // A document that exists on one side only is never a rounding matter.
  const isOneSided = finding.legacy === null || finding.solvimon === null;
  const used = toDecimal(budgets.get(rule.name) ?? zero).plus(delta.abs());
  const within =
    hasMoney &&
    !isOneSided &&
    delta.abs().lessThanOrEqualTo(allowed) &&
    (rule.budget === null || used.lessThanOrEqualTo(rule.budget));
  if (within) budgets.set(rule.name, toDecimalText(used));
  return { rule: rule.name, over: shown(rule.over), under: shown(rule.under), within };
}

function fits(
  rule: ToleranceRule,
  finding: MismatchFinding,
  where: { readonly customer: CustomerKey | null; readonly currency: CurrencyCode | null },
): boolean {
  const { when } = rule;
  return (
    (when.cause === undefined || when.cause === finding.cause) &&
    (when.level === undefined || when.level === finding.level) &&
    (when.customer === undefined || when.customer === where.customer) &&
    (when.currency === undefined || when.currency === where.currency)
  );
}

function limitIn(limit: ToleranceLimit, finding: MismatchFinding, currency: CurrencyCode): DecimalText {
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
