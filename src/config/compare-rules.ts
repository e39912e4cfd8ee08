import type { CompareRules, ToleranceRule } from '../model/compare-rules.js';
import type { DecimalText } from '../model/money.js';
import type { Config } from './schema.js';

/** Name of the rule made of `tolerance.default`. */
export const defaultRuleName = 'default';

/**
 * The comparison rules of a configuration on a day ("YYYY-MM-DD", in the configured zone). A rule that has expired does
 * not apply: an old allowance must not hide a new difference. `tolerance.default` becomes the last rule and fits all.
 */
export function toCompareRules(config: Config, today: string): CompareRules {
  const rules = config.tolerance.rules.map(toRule);
  const fallback = config.tolerance.default;
  return {
    quantity: config.compare.quantity,
    unitPrice: config.compare.unit_price,
    tax: config.compare.tax,
    period: config.compare.period,
    timezone: config.timezone,
    tolerance: [
      ...rules.filter((_, index) => !isExpired(config.tolerance.rules[index]?.expires, today)),
      ...(fallback === undefined
        ? []
        : [
            {
              name: defaultRuleName,
              when: {},
              over: fallback.over,
              under: fallback.under,
              budget: null,
              reason: 'tolerance.default',
            },
          ]),
    ],
  };
}

/** Whether an expiry date has come; without one nothing expires. */
export function isExpired(expires: string | undefined, today: string): boolean {
  return expires !== undefined && expires <= today;
}

function toRule(rule: Config['tolerance']['rules'][number], index: number): ToleranceRule {
  const { cause, level, customer, currency, component } = rule.when;
  return {
    name: rule.name ?? `tolerance.rules[${index}]`,
    when: {
      ...(cause !== undefined && { cause }),
      ...(level !== undefined && { level }),
      ...(customer !== undefined && { customer }),
      ...(currency !== undefined && { currency }),
      ...(component !== undefined && { component }),
    },
    over: rule.over,
    under: rule.under,
    budget: (rule.budget ?? null) as DecimalText | null,
    reason: rule.reason,
  };
}
