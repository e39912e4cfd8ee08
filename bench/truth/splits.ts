import { currency } from '../../src/model/currency.js';
import type { Instant, Period } from '../../src/model/period.js';
import type { LineLink } from '../../src/model/verdict.js';
import { exactSubsets } from '../../src/reconcile/exact-subset.js';
import { greedyFill } from './baselines.js';
import { build, type LineText, october } from './build.js';
import { unitsText } from './exact.js';
import { type Random, randomOf } from './random.js';
import { type Generated, judgeLines } from './run-case.js';

export type SplitsReport = {
  readonly planted: number;
  readonly found: number;
  /** Planted splits that are reported as ambiguous: another subset has the same sum and the same quantity. */
  readonly calledAmbiguous: number;
  /** Splits claimed that nobody planted. */
  readonly falseSplits: number;
  readonly ambiguousPlanted: number;
  readonly ambiguousReported: number;
  readonly ambiguousPicked: number;
  readonly search: {
    readonly problems: number;
    readonly found: number;
    readonly falseSubsets: number;
    readonly greedyFound: number;
  };
};

type Kind = 'quantity' | 'period' | 'all there is' | 'merged' | 'two to two' | 'ambiguous' | 'none';
const kinds: readonly Kind[] = ['quantity', 'period', 'all there is', 'merged', 'two to two', 'ambiguous', 'none'];

/** W3: lines split in two to six and merged, two into two, among lines of the same product, with equal amounts. */
export function runSplits(seed: number, perKind: number): SplitsReport {
  const random = randomOf(seed);
  const report = {
    planted: 0,
    found: 0,
    calledAmbiguous: 0,
    falseSplits: 0,
    ambiguousPlanted: 0,
    ambiguousReported: 0,
    ambiguousPicked: 0,
  };
  for (const kind of kinds)
    for (let index = 0; index < perKind; index += 1) {
      const { generated, truth } = caseOf(random, `${kind}-${index}`, kind);
      const links = judgeLines(generated).flatMap((verdict) => verdict.links);
      const claimed = links.filter((link) => link.relation === 'split' || link.relation === 'merged');
      const isRight = (link: LineLink) => truth !== null && idsOf(link) === truth;
      if (kind === 'ambiguous') {
        report.ambiguousPlanted += 1;
        if (links.some((link) => link.relation === 'ambiguous')) report.ambiguousReported += 1;
        report.ambiguousPicked += claimed.length;
        continue;
      }
      if (truth !== null) report.planted += 1;
      if (claimed.some(isRight)) report.found += 1;
      else if (truth !== null && links.some((link) => link.relation === 'ambiguous')) report.calledAmbiguous += 1;
      report.falseSplits += claimed.filter((link) => !isRight(link)).length;
    }
  return { ...report, search: searchReport(random, perKind * 10) };
}

const idsOf = (link: LineLink) => contentsOf([...link.legacyLines], [...link.solvimonLines]);
/** Ids without their copy number: equal parts are interchangeable. */
const contentsOf = (legacy: readonly string[], solvimon: readonly string[]) =>
  [legacy, solvimon]
    .map((ids) =>
      ids
        .map((id) => id.replace(/#.*/, ''))
        .sort()
        .join(),
    )
    .join(' = ');

function caseOf(
  random: Random,
  customer: string,
  kind: Kind,
): { readonly generated: Generated; readonly truth: string | null } {
  const planted = plantSplit(random, kind);
  const others = distractors(random, planted.legacy.length + planted.solvimon.length, kind);
  const document = (id: string, lines: readonly LineText[]) =>
    build({ id: `${customer}-${id}`, customer, currency: currency('EUR'), lines: random.shuffle(lines) });
  return {
    generated: {
      customer,
      legacy: [document('L', [...planted.legacy, ...others.legacy])],
      solvimon: [document('S', [...planted.solvimon, ...others.solvimon])],
    },
    truth: planted.isTrue
      ? contentsOf(
          planted.legacy.map((line) => line.truth),
          planted.solvimon.map((line) => line.truth),
        )
      : null,
  };
}

type Split = { readonly legacy: readonly LineText[]; readonly solvimon: readonly LineText[]; readonly isTrue: boolean };

/** A line of a product at a price of 7 cents a unit, or without a quantity; the id says its content. */
function line(side: string, cents: number, more: Partial<LineText> = {}, copy = 0): LineText {
  const amount = unitsText(BigInt(cents), 2);
  return { truth: `${side}${cents}${more.quantity ?? ''}#${copy}`, product: 'split', amount, taxRate: '0', ...more };
}

function parts(random: Random, count: number): readonly number[] {
  const sizes = Array.from({ length: count }, () => random.int(2, 900) * 7);
  // Equal parts are the usual case, so a third of the splits have some.
  if (random.chance(35) && count > 2) sizes[1] = sizes[0] ?? 7;
  return sizes;
}

const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);
const byQuantity = (side: string, cents: number, copy = 0, region = '') =>
  line(
    side,
    cents,
    { quantity: String(cents / 7), unitPrice: '0.07', ...(region !== '' && { dimensions: { region } }) },
    copy,
  );

function plantSplit(random: Random, kind: Kind): Split {
  const sizes = parts(random, random.int(2, 6));
  const regions = ['eu', 'us', 'apac', 'latam', 'mea', 'anz'];
  switch (kind) {
    case 'quantity':
      return {
        legacy: [byQuantity('w', total(sizes))],
        solvimon: sizes.map((size, index) => byQuantity('p', size, index, regions[index])),
        isTrue: true,
      };
    case 'merged':
      return {
        legacy: sizes.map((size, index) => byQuantity('p', size, index, regions[index])),
        solvimon: [byQuantity('w', total(sizes))],
        isTrue: true,
      };
    case 'period': {
      const cut = '2026-10-15T22:00:00.000Z' as Instant;
      const halves: readonly Period[] = [
        { start: october.start, end: cut },
        { start: cut, end: october.end },
      ];
      const [a = 70, b = 77] = sizes;
      return {
        legacy: [line('w', a + b)],
        solvimon: [line('p', a, { period: halves[0] ?? null }), line('p', b, { period: halves[1] ?? null })],
        isTrue: true,
      };
    }
    case 'all there is':
      return {
        legacy: [line('w', total(sizes))],
        solvimon: sizes.map((size, index) => line('p', size, { period: half(index) }, index)),
        isTrue: true,
      };
    case 'two to two': {
      const [a, b, shift] = [random.int(200, 900) * 7, random.int(1000, 1900) * 7, random.int(1, 99) * 7];
      return {
        legacy: [byQuantity('w', a), byQuantity('w', b, 1)],
        solvimon: [byQuantity('p', a - shift), byQuantity('p', b + shift, 1)],
        isTrue: true,
      };
    }
    case 'ambiguous': {
      const [a, b, shift] = [random.int(200, 900) * 7, random.int(1000, 1900) * 7, random.int(1, 99) * 7];
      return {
        legacy: [byQuantity('w', a + b)],
        solvimon: [a, b, a - shift, b + shift].map((size, index) => byQuantity('p', size, index)),
        isTrue: false,
      };
    }
    case 'none':
      // One unit more than the parts: nothing adds up.
      return {
        legacy: [byQuantity('w', total(sizes) + 7)],
        solvimon: sizes.map((size, index) => byQuantity('p', size, index, regions[index])),
        isTrue: false,
      };
  }
}

/** Periods that do not tile: seats that were added in the middle of the month. */
function half(index: number): Period {
  return { start: `2026-10-${String(2 + index * 4).padStart(2, '0')}T22:00:00.000Z` as Instant, end: october.end };
}

/** Lines of the same product that have their own counterpart, or none, so that there are up to twelve candidates. */
function distractors(
  random: Random,
  used: number,
  kind: Kind,
): { readonly legacy: readonly LineText[]; readonly solvimon: readonly LineText[] } {
  const count = kind === 'all there is' || kind === 'two to two' ? 0 : random.int(0, Math.max(0, 12 - used));
  const both = Array.from({ length: count }, (_unused, index) =>
    byQuantity('d', random.int(2, 900) * 7 + 7 * 100_000 * (index + 1), index),
  );
  const isExtra = kind === 'quantity' && random.chance(50);
  const extra = isExtra ? [byQuantity('x', random.int(2, 900) * 7)] : [];
  return { legacy: both, solvimon: [...both.map((one) => ({ ...one, truth: `s${one.truth}` })), ...extra] };
}

/** The search alone: up to twelve amounts with a planted subset. Every answer is summed again. */
function searchReport(random: Random, problems: number): SplitsReport['search'] {
  let [found, falseSubsets, greedyFound] = [0, 0, 0];
  for (let index = 0; index < problems; index += 1) {
    const amounts = Array.from({ length: random.int(2, 12) }, () => BigInt(random.int(-200, 9000)));
    const wanted = random
      .shuffle(amounts.map((_amount, at) => at))
      .slice(0, random.int(2, Math.min(6, amounts.length)))
      .sort((a, b) => a - b);
    const sum = (indices: readonly number[]) => indices.reduce((all, at) => all + (amounts[at] ?? 0n), 0n);
    const answer = exactSubsets(amounts, sum(wanted));
    if (answer.kind !== 'found') continue;
    if (answer.subsets.some((subset) => subset.join() === wanted.join())) found += 1;
    falseSubsets += answer.subsets.filter((subset) => sum(subset) !== sum(wanted) || subset.length < 2).length;
    const filled = greedyFill(amounts, sum(wanted));
    if (filled !== null && sum(filled) === sum(wanted)) greedyFound += 1;
  }
  return { problems, found, falseSubsets, greedyFound };
}
