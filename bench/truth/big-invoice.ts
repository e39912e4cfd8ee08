import { currency } from '../../src/model/currency.js';
import { build, type LineText } from './build.js';
import { frac, rounded, times, unitsText } from './exact.js';
import { randomOf } from './random.js';
import { toCase, rules } from './run-case.js';
import { reconcileCustomerWith } from '../../src/reconcile/reconcile-customer.js';
import { explain } from '../../src/reconcile/explain/explain.js';

export type BigInvoice = {
  readonly name: string;
  readonly lines: number;
  readonly milliseconds: string;
  readonly findings: number;
};

/** One invoice of many lines, judged with every line looked at; CPU time, median of five after one discarded. */
export function runBigInvoices(seed: number, lines: number): readonly BigInvoice[] {
  const cases: readonly (readonly [string, number, number])[] = [
    ['200 products, 1 % changed', 200, 1],
    ['200 products, 20 % changed', 200, 20],
    ['200 products, all changed', 200, 100],
    ['one product, 1 % changed', 1, 1],
    ['one product, all changed', 1, 100],
    ['every line its own product, 1 % changed', lines, 1],
  ];
  return cases.map(([name, products, changed]) => {
    const random = randomOf(seed);
    const pairs = Array.from({ length: lines }, (_unused, index) => {
      const [quantity, price] = [
        random.int(1, 5000),
        `${random.int(0, 20)}.${String(random.int(1, 99)).padStart(2, '0')}`,
      ];
      const line = (side: string, count: number): LineText => ({
        truth: `${side}${index}`,
        product: `p${index % products}`,
        kind: 'usage',
        quantity: String(count),
        unitPrice: price,
        amount: rounded(times([BigInt(count), 1n], frac(price)), 2),
        taxRate: '21',
      });
      return [line('l', quantity), line('s', random.chance(changed) ? quantity + random.int(1, 9) : quantity)] as const;
    });
    const document = (id: string, of: readonly LineText[]) =>
      build({ id, customer: 'big', currency: currency('EUR'), lines: random.shuffle(of) });
    const input = toCase({
      customer: 'big',
      legacy: [
        document(
          'L',
          pairs.map(([left]) => left),
        ),
      ],
      solvimon: [
        document(
          'S',
          pairs.map(([, right]) => right),
        ),
      ],
    });
    const times5: bigint[] = [];
    let findings = 0;
    for (let round = 0; round < 6; round += 1) {
      const started = process.cpuUsage();
      findings = reconcileCustomerWith(explain, input, rules, { isFastExitOn: false }).flatMap(
        (verdict) => verdict.mismatches,
      ).length;
      const { user, system } = process.cpuUsage(started);
      if (round > 0) times5.push(BigInt(user + system));
    }
    times5.sort((a, b) => (a < b ? -1 : 1));
    return { name, lines, milliseconds: unitsText((times5[2] ?? 0n) / 100n, 1), findings };
  });
}
