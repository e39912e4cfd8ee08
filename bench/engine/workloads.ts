import { currency } from '../../src/model/currency.js';
import { build, type LineText } from '../truth/build.js';
import { frac, rounded, times, unitsText } from '../truth/exact.js';
import { plant, plants } from '../truth/plants.js';
import { type Random, randomOf } from '../truth/random.js';
import type { Generated } from '../truth/run-case.js';

/** Cases of one kind, each of a customer whose two sides differ. The same seed and count give the same cases. */
export type Workload = {
  readonly name: string;
  readonly text: string;
  readonly cases: (seed: number, count: number) => readonly Generated[];
};

const eur = currency('EUR');

/** Lines of one invoice on both sides; `change` makes Solvimon's of legacy's. */
function invoices(
  seed: number,
  count: number,
  legacyLines: (random: Random) => readonly LineText[],
  change: (line: LineText, random: Random) => readonly LineText[],
): readonly Generated[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, (_unused, at) => {
    const legacy = legacyLines(random);
    const solvimon = legacy
      .flatMap((line) => change(line, random))
      .map((line, index) => ({ ...line, truth: `s${index}` }));
    const document = (id: string, lines: readonly LineText[]) =>
      build({ id, customer: `c${at}`, currency: eur, lines: random.shuffle(lines) });
    return {
      customer: `c${at}`,
      legacy: [document(`L${at}`, legacy)],
      solvimon: [document(`S${at}`, solvimon)],
    };
  });
}

function lineOf(random: Random, truth: string, product: string): LineText {
  const [quantity, unitPrice] = [
    String(random.int(1, 5000)),
    `${random.int(0, 20)}.${String(random.int(1, 99)).padStart(2, '0')}`,
  ];
  return priced({ truth, product, kind: 'usage', amount: '0', taxRate: '21', quantity, unitPrice });
}

function priced(line: LineText): LineText {
  return { ...line, amount: rounded(times(frac(line.quantity ?? '0'), frac(line.unitPrice ?? '0')), 2) };
}

const sevenLines = (random: Random) =>
  Array.from({ length: 7 }, (_unused, index) => lineOf(random, `l${index}`, `product-${index}`));

const plus = (whole: string, more: number) => String(BigInt(whole) + BigInt(more));
const aCentMore = (price: string) => unitsText(BigInt(price.replace('.', '')) + 1n, 2);

/** Some lines of the same few products: one line in ten changed, and here and there one missing, twice, or cut in two. */
function tangle(line: LineText, random: Random): readonly LineText[] {
  const quantity = line.quantity ?? '0';
  switch (random.int(1, 40)) {
    case 1:
      return [];
    case 2:
      return [line, line];
    case 3:
      return [priced({ ...line, quantity: plus(quantity, -1) }), priced({ ...line, quantity: '1' })];
    case 4:
    case 5:
      return [priced({ ...line, quantity: plus(quantity, random.int(1, 9)) })];
    case 6:
    case 7:
      return [priced({ ...line, unitPrice: aCentMore(line.unitPrice ?? '0') })];
    default:
      return [line];
  }
}

export const workloads: readonly Workload[] = [
  {
    name: 'planted',
    text: 'one fault of every kind in turn (W4 of the truth benchmark), 2 to 7 lines',
    cases: (seed, count) => {
      const random = randomOf(seed);
      return Array.from({ length: count }, (_unused, at) => {
        const [cause] = plants[at % plants.length] ?? [];
        return plant(random, `c${at}`, cause ?? null).case;
      });
    },
  },
  {
    name: 'one quantity',
    text: '7 lines, one of them with another quantity',
    cases: (seed, count) =>
      invoices(seed, count, sevenLines, (line, random) =>
        line.truth === 'l3' ? [priced({ ...line, quantity: plus(line.quantity ?? '0', random.int(1, 9)) })] : [line],
      ),
  },
  {
    name: 'every price',
    text: '7 lines, the price of every one a cent higher',
    cases: (seed, count) =>
      invoices(seed, count, sevenLines, (line) => [priced({ ...line, unitPrice: aCentMore(line.unitPrice ?? '0') })]),
  },
  {
    name: 'every tax',
    text: '7 lines, all taxed at 20 % instead of 21 %',
    cases: (seed, count) => invoices(seed, count, sevenLines, (line) => [{ ...line, taxRate: '20' }]),
  },
  {
    name: 'tangled',
    text: '10 to 30 lines of 4 products, a fifth of them changed, missing, repeated or cut in two',
    cases: (seed, count) =>
      invoices(
        seed,
        count,
        (random) =>
          Array.from({ length: random.int(10, 30) }, (_unused, index) =>
            lineOf(random, `l${index}`, `product-${random.int(1, 4)}`),
          ),
        tangle,
      ),
  },
];
