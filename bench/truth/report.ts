import type { BigInvoice } from './big-invoice.js';
import { type CausesReport, percent } from './causes.js';
import type { CyclesReport } from './cycles.js';
import type { LinesReport } from './lines.js';
import type { KeysReport } from './shared-keys.js';
import type { SplitsReport } from './splits.js';

export type Results = {
  readonly isQuick: boolean;
  readonly machine: string;
  readonly date: string;
  readonly size: Readonly<Record<string, number>>;
  readonly seeds: readonly {
    readonly seed: number;
    readonly keys: KeysReport;
    readonly lines: LinesReport;
    readonly splits: SplitsReport;
    readonly causes: CausesReport;
    readonly cycles: CyclesReport;
  }[];
  readonly big: readonly BigInvoice[];
};

export type Demand = { readonly text: string; readonly measured: string; readonly isMet: boolean };

type Sum = { planted: number; found: number; claimed: number; proven: number; wrong: number };

/** Scores of every cause over all seeds. */
function causeSums(results: Results): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const score of results.seeds.flatMap((one) => one.causes.scores)) {
    const sum = sums.get(score.cause) ?? { planted: 0, found: 0, claimed: 0, proven: 0, wrong: 0 };
    sum.planted += score.planted;
    sum.found += score.found;
    sum.claimed += score.claimed;
    sum.proven += score.proven;
    sum.wrong += score.wrongButProven;
    sums.set(score.cause, sum);
  }
  return sums;
}

/** What must hold, with what was measured. */
export function demands(results: Results): readonly Demand[] {
  const { seeds } = results;
  const sums = [...causeSums(results)];
  const least = (values: readonly number[]) => Math.min(...values);
  const total = (pick: (one: Results['seeds'][number]) => number) => seeds.reduce((sum, one) => sum + pick(one), 0);
  const demand = (text: string, measured: string | number, isMet: boolean): Demand => ({
    text,
    measured: String(measured),
    isMet,
  });
  const precision = least(sums.map(([, sum]) => (sum.claimed === 0 ? 1 : sum.found / sum.claimed)));
  const recall = least(sums.map(([, sum]) => sum.found / sum.planted));
  const f1 = least(seeds.map((one) => Number(one.lines.ours.f1)));
  const money = least(seeds.map((one) => Number(one.causes.moneyExplained)));
  const proven = total((one) => one.causes.scores.reduce((sum, score) => sum + score.wrongButProven, 0));
  const residuals = total((one) => one.causes.residuals);
  const searched = total((one) => one.splits.search.problems);
  const searchFound = total((one) => one.splits.search.found);
  const falseSubsets = total(
    (one) => one.splits.search.falseSubsets + one.splits.falseSplits + one.splits.ambiguousPicked,
  );
  const missed = total((one) => one.splits.planted - one.splits.found - one.splits.calledAmbiguous);
  return [
    demand('W2: line-pair F1 at least 0.999 in every seed', f1, f1 >= 0.999),
    demand(
      'W3: exact-subset recall 100 % up to twelve amounts',
      `${searchFound} of ${searched}`,
      searchFound === searched,
    ),
    demand('W3: planted splits missed (neither found nor called ambiguous): none', missed, missed === 0),
    demand('W3: false subsets: none', falseSubsets, falseSubsets === 0),
    demand('W4: precision of every cause at least 0.98', precision.toFixed(4), precision >= 0.98),
    demand('W4: recall of every cause at least 0.95', recall.toFixed(4), recall >= 0.95),
    demand('W4: at least 99 % of planted money explained in every seed', `${money} %`, money >= 99),
    demand('W4: causes proven and wrong: none', proven, proven === 0),
    demand('W4: decompositions that leave a residual: none', residuals, residuals === 0),
  ];
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** The whole report as Markdown. */
export function report(results: Results): string {
  const { seeds } = results;
  return `${[
    '# How often matching and explanation are right',
    `Made by \`npm run bench:truth${results.isQuick ? ' -- --quick' : ''}\` on ${results.date}: ${results.machine}. Seeds ${seeds.map((one) => one.seed).join(', ')}.`,
    'Invoices are generated with their faults planted and labelled; the generators compute with fractions of their own and share no arithmetic with the product. Baselines are written as their rules state, floats included. The generators are by the makers of the product: the figures say that it finds what it claims to find, not how often the faults of a real system are of these kinds.',
    '## Demands',
    table(
      ['demand', 'measured', 'met'],
      demands(results).map((one) => [one.text, one.measured, one.isMet ? 'yes' : '**no**']),
    ),
    '## W4: causes',
    causesText(results),
    '## W2: lines without shared ids',
    table(
      [
        'seed',
        'line pairs',
        'ours: precision',
        'recall',
        'F1',
        'first match F1',
        'greedy by amount F1',
        'composite key in row order F1',
      ],
      seeds.map(({ seed, lines }) => [
        seed,
        lines.pairs,
        lines.ours.precision,
        lines.ours.recall,
        lines.ours.f1,
        lines.firstMatch.f1,
        lines.greedy.f1,
        lines.compositeKey.f1,
      ]),
    ),
    '## W3: split and merged lines',
    table(
      [
        'seed',
        'planted',
        'found',
        'another subset equally good: called ambiguous',
        'missed',
        'false splits',
        'ambiguous planted / reported / picked',
        'search: found of problems',
        'greedy fill',
      ],
      seeds.map(({ seed, splits }) => [
        seed,
        splits.planted,
        splits.found,
        splits.calledAmbiguous,
        splits.planted - splits.found - splits.calledAmbiguous,
        splits.falseSplits,
        `${splits.ambiguousPlanted} / ${splits.ambiguousReported} / ${splits.ambiguousPicked}`,
        `${splits.search.found} of ${splits.search.problems}`,
        `${splits.search.greedyFound} of ${splits.search.problems}`,
      ]),
    ),
    '## W5: decisions carried over six cycles',
    'Usage changes every month, so neither values nor ids of rows stay. A platform setting is one cause however many products show it.',
    table(
      [
        'seed',
        'identity',
        'carried %',
        'carried to a wrong cause',
        'closed while still there',
        'fixed causes closed %',
        'returns called regressed %',
      ],
      seeds.flatMap(({ seed, cycles }) =>
        (
          [
            ['fingerprint', cycles.ours],
            ['values on both sides', cycles.bySignature],
            ['row ids', cycles.byRowId],
          ] as const
        ).map(([name, score]) => [
          seed,
          name,
          score.carried,
          score.wronglyCarried,
          score.falseCloses,
          score.closed,
          score.regressionsSeen,
        ]),
      ),
    ),
    '## W1: shared keys, tolerance at the cent',
    table(
      [
        'seed',
        'invoices',
        'seconds',
        'peak MB',
        'tolerance',
        'breaks',
        'ours: precision %',
        'recall %',
        'floats: precision %',
        'recall %',
      ],
      seeds.flatMap(({ seed, keys }) =>
        keys.tolerances.map((one) => [
          seed,
          keys.invoices,
          keys.seconds,
          keys.peakMegabytes,
          one.tolerance,
          one.breaks,
          one.ours.precision,
          one.ours.recall,
          one.float.precision,
          one.float.recall,
        ]),
      ),
    ),
    '## One long invoice',
    'Every line looked at, the fast exit for equal invoices off; CPU time of the process, which a busy machine stretches less than the wall; median of five.',
    table(
      ['workload', 'lines a side', 'CPU milliseconds', 'findings'],
      results.big.map((one) => [one.name, one.lines, one.milliseconds, one.findings]),
    ),
  ].join('\n\n')}\n`;
}

function causesText(results: Results): string {
  const { seeds } = results;
  const sums = [...causeSums(results)];
  const planted = seeds.reduce((sum, one) => sum + one.causes.baseline.planted, 0);
  const guessed = seeds.reduce((sum, one) => sum + one.causes.baseline.found, 0);
  return [
    table(
      ['cause', 'planted', 'precision %', 'recall %', 'proven %', 'proven and wrong'],
      sums.map(([cause, sum]) => [
        cause,
        sum.planted,
        percent(sum.found, sum.claimed),
        percent(sum.found, sum.planted),
        percent(sum.proven, sum.planted),
        sum.wrong,
      ]),
    ),
    '',
    `Money explained: ${seeds.map((one) => `${one.causes.moneyExplained} %`).join(', ')} by seed. Clean customers with a finding: ${seeds.reduce((sum, one) => sum + one.causes.cleanCustomersFlagged, 0)}.`,
    `The size-and-field heuristic names ${guessed} of ${planted} causes (${percent(guessed, planted)} %) and proves none.`,
    'Drawn again are plants without any effect, and tax levels that moved nothing but taxes of exactly half a minor unit: there another rounding mode gives the very same invoice, and the product says `likely` and names both. A cause that is never proven says so on purpose: which events fell between two boundaries, whether a product was renamed or replaced, and under which id the other system knows an unmapped customer, the invoices do not state; structure and metadata are notes beside invoices that agree, which have no money and no confidence.',
  ].join('\n');
}
