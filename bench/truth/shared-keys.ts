import type { CompareRules } from '../../src/model/compare-rules.js';
import { currency } from '../../src/model/currency.js';
import { agreeingStates } from '../../src/model/verdict.js';
import { decimalText } from '../../src/model/money.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { floatEqual } from './baselines.js';
import { build, type LineText } from './build.js';
import { percent } from './causes.js';
import { frac, isLess, negate, plus, rounded, times, unitsText } from './exact.js';
import { randomOf } from './random.js';
import { rules, toCase } from './run-case.js';

export type KeysReport = {
  readonly invoices: number;
  readonly lines: number;
  readonly seconds: string;
  readonly peakMegabytes: number;
  readonly tolerances: readonly {
    readonly tolerance: string;
    readonly breaks: number;
    readonly ours: { readonly precision: string; readonly recall: string };
    readonly float: { readonly precision: string; readonly recall: string };
  }[];
};

const tolerances = ['0', '0.01', '0.05'];

/** W1: one shared key per line, 4.6 in a hundred invoices broken, two in five of them by exactly one cent. */
export function runSharedKeys(seed: number, invoices: number): KeysReport {
  const random = randomOf(seed);
  const counts = tolerances.map(() => ({ breaks: 0, ours: { claimed: 0, right: 0 }, float: { claimed: 0, right: 0 } }));
  let lines = 0;
  let spentNs = 0n;
  for (let index = 0; index < invoices; index += 1) {
    const code = currency(random.pick(['EUR', 'USD', 'GBP']));
    const legacy: LineText[] = Array.from({ length: random.int(1, 7) }, (_unused, at) => {
      const [quantity, price] = [
        String(random.int(1, 300)),
        `${random.int(0, 90)}.${String(random.int(1, 99)).padStart(2, '0')}`,
      ];
      return {
        truth: `i${index}-${at}`,
        product: `sku-${at}`,
        quantity,
        unitPrice: price,
        amount: rounded(times(frac(quantity), frac(price)), 2),
      };
    });
    lines += legacy.length;
    const fault = random.int(1, 1000);
    const [first] = legacy;
    const cents = fault <= 19 ? random.pick([-1n, 1n]) : fault <= 46 ? BigInt(random.int(2, 400)) : 0n;
    const solvimon =
      cents === 0n || first === undefined
        ? legacy
        : [{ ...first, amount: rounded(plus(frac(first.amount), [cents, 100n]), 2) }, ...legacy.slice(1)];
    const document = (id: string, of: readonly LineText[]) =>
      build({ id: `${id}${index}`, customer: `c${index}`, currency: code, lines: of });
    const generated = { customer: `c${index}`, legacy: [document('L', legacy)], solvimon: [document('S', solvimon)] };
    const delta = cents < 0n ? -cents : cents;
    tolerances.forEach((tolerance, at) => {
      const count = counts[at];
      const [left, right] = [generated.legacy[0], generated.solvimon[0]];
      if (count === undefined || left === undefined || right === undefined) return;
      const limit = { kind: 'amount', value: decimalText(tolerance) } as const;
      const withTolerance: CompareRules = {
        ...rules,
        tolerance: [{ name: 't', when: {}, over: limit, under: limit, budget: null, reason: 'bench' }],
      };
      const started = process.hrtime.bigint();
      const verdicts = reconcileCustomer(toCase(generated), withTolerance);
      spentNs += process.hrtime.bigint() - started;
      const isBreak = delta !== 0n && isLess(plus(frac(tolerance), negate([delta, 100n])), [0n, 1n]);
      const isOurs = verdicts.some((verdict) => !agreeingStates.has(verdict.state));
      const isFloat = !floatEqual(left.totals.gross, right.totals.gross, Number(tolerance));
      count.breaks += isBreak ? 1 : 0;
      for (const [score, claim] of [
        [count.ours, isOurs],
        [count.float, isFloat],
      ] as const) {
        score.claimed += claim ? 1 : 0;
        score.right += claim && isBreak ? 1 : 0;
      }
    });
  }
  const ratios = (score: { claimed: number; right: number }, breaks: number) => ({
    precision: percent(score.right, score.claimed),
    recall: percent(score.right, breaks),
  });
  return {
    invoices,
    lines,
    seconds: unitsText(spentNs / BigInt(tolerances.length) / 10_000_000n, 2),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    tolerances: tolerances.map((tolerance, at) => {
      const count = counts[at] ?? { breaks: 0, ours: { claimed: 0, right: 0 }, float: { claimed: 0, right: 0 } };
      return {
        tolerance,
        breaks: count.breaks,
        ours: ratios(count.ours, count.breaks),
        float: ratios(count.float, count.breaks),
      };
    }),
  };
}
