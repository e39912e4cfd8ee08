import type { CompareRules } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import type { LineId } from '../model/ids.js';
import { type DecimalText, fromMinorUnits, zero } from '../model/money.js';
import type { MappedLine, PreparedDocument } from '../model/prepared.js';
import type { Direction, Side } from '../model/side.js';
import type { LineLink, MismatchFinding, Note } from '../model/verdict.js';
import type { FormGroup } from '../model/prepared.js';
import type { Difference, DifferenceContext, DifferenceSide, Explanation } from './difference.js';
import { fingerprint } from './fingerprint.js';
import { type GroupLink, groupsOf, rowMinor, statesTheSame, type TaxScope } from './group-link.js';
import { mergeGroups } from './line-units.js';
import { compareText } from './text-order.js';

export type Explain = (difference: Difference) => Explanation;

/** A finding before tolerance. */
export type Finding = Omit<MismatchFinding, 'tolerance'>;

/** What comparing one pair of documents line by line finds, before tolerance. */
export type PairFindings = {
  readonly mismatches: readonly Finding[];
  readonly notes: readonly Note[];
  readonly links: readonly LineLink[];
};

export type PairContext = {
  readonly currency: CurrencyCode;
  readonly taxScope: TaxScope;
  readonly rules: CompareRules;
  readonly context: DifferenceContext;
  readonly explain: Explain;
  readonly documentOf: (line: MappedLine, side: Side) => PreparedDocument;
  /** Start of the period of every line that is left on each side; '' for one without a period. */
  readonly leftovers: Readonly<Record<'legacy' | 'solvimon', ReadonlySet<string>>>;
};

/** Turns one link of groups into what the verdict shows of it: the link of its lines, and a finding or a note when there is one. */
export function judgeLink(
  link: GroupLink,
  pair: PairContext,
): { readonly shown: LineLink; readonly finding?: Finding; readonly note?: Note } {
  const legacy = groupsOf(link, 'legacy');
  const solvimon = groupsOf(link, 'solvimon');
  const ids = { legacyLines: sortedIds(legacy), solvimonLines: sortedIds(solvimon) };
  if (link.kind === 'regrouped') {
    const judged = regrouped(ids, legacy.length > 0 ? legacy : solvimon, pair);
    return link.isSettled === true ? { shown: judged.shown } : judged;
  }
  const left = legacy.length === 0 ? null : mergeGroups(legacy);
  const right = solvimon.length === 0 ? null : mergeGroups(solvimon);
  const amounts = {
    legacy: left === null ? null : rowMinor(left.row, pair),
    solvimon: right === null ? null : rowMinor(right.row, pair),
  };
  const delta = (amounts.solvimon ?? 0n) - (amounts.legacy ?? 0n);
  const shown = {
    legacy: textOf(amounts.legacy, pair.currency),
    solvimon: textOf(amounts.solvimon, pair.currency),
    delta: fromMinorUnits(delta, pair.currency),
  };
  const differs =
    left === null ||
    right === null ||
    link.kind === 'ambiguous' ||
    (!isSettled(link) && (delta !== 0n || disagrees(left, right, link, pair)));
  const relation =
    link.kind === 'ambiguous'
      ? 'ambiguous'
      : left === null
        ? 'only_solvimon'
        : right === null
          ? 'only_legacy'
          : differs
            ? 'differs'
            : 'equal';
  if (!differs) return { shown: { relation, ...ids, ...shown } };
  return { shown: { relation, ...ids, ...shown }, finding: findingOf(link, { left, right, delta, ids, shown }, pair) };
}

type Judged = {
  readonly left: FormGroup | null;
  readonly right: FormGroup | null;
  readonly delta: bigint;
  readonly ids: { readonly legacyLines: readonly LineId[]; readonly solvimonLines: readonly LineId[] };
  readonly shown: {
    readonly legacy: DecimalText | null;
    readonly solvimon: DecimalText | null;
    readonly delta: DecimalText;
  };
};

function findingOf(link: GroupLink, judged: Judged, pair: PairContext): Finding {
  const { left, right, delta, ids, shown } = judged;
  const opposite = left === null ? pair.leftovers.legacy : pair.leftovers.solvimon;
  const row = (left ?? right)?.row;
  const explained = pair.explain({
    level: 'line',
    currency: pair.currency,
    legacy: sideOf(left, 'legacy', pair),
    solvimon: sideOf(right, 'solvimon', pair),
    delta: shown.delta,
    context: pair.context,
    hasLeftoverOpposite: (left === null || right === null) && opposite.has(row?.periodStart ?? ''),
  });
  const { cause, confidence, rivals, components, working, rules } =
    link.kind === 'ambiguous' ? undecided(explained) : explained;
  const level = 'line';
  const chargeKey = row?.chargeKey ?? null;
  const { legacy, solvimon } = shown;
  return {
    level,
    legacyLines: ids.legacyLines,
    solvimonLines: ids.solvimonLines,
    chargeKey,
    period:
      row === undefined || row.periodStart === null || row.periodEnd === null
        ? null
        : { start: row.periodStart, end: row.periodEnd },
    cause,
    confidence,
    rivals,
    legacy,
    solvimon,
    delta: shown.delta,
    direction: directionOf(delta),
    components,
    working,
    rules: [...link.rules, ...rules],
    fingerprint: fingerprint({ level, chargeKey, cause, components, legacy, solvimon }, pair.currency),
  };
}

/** Which of several lines belong together is open, so no cause is more than likely. */
function undecided(explanation: Explanation): Explanation {
  if (explanation.confidence !== 'proven') return explanation;
  return { ...explanation, confidence: 'likely', rules: [...explanation.rules, 'lines_ambiguous'] };
}

function regrouped(
  ids: Judged['ids'],
  groups: readonly FormGroup[],
  pair: PairContext,
): { readonly shown: LineLink; readonly note: Note } {
  const amount = textOf(rowMinor(mergeGroups(groups).row, pair), pair.currency);
  const isMerged = ids.legacyLines.length > ids.solvimonLines.length;
  return {
    shown: { relation: isMerged ? 'merged' : 'split', ...ids, legacy: amount, solvimon: amount, delta: zero },
    note: {
      cause: isMerged ? 'structure.merged_line' : 'structure.split_line',
      ...ids,
      text: `${count(ids.legacyLines, 'legacy')} and ${count(ids.solvimonLines, 'solvimon')} add up to the same`,
    },
  };
}

const count = (lines: readonly unknown[], side: string) =>
  `${lines.length} ${side} ${lines.length === 1 ? 'line' : 'lines'}`;

function isSettled(link: GroupLink): boolean {
  return link.kind === 'matched' && link.isSettled === true;
}

/** Of equal money: a fact that both sides state disagrees; lines found by their money only differ in what they are for. */
function disagrees(legacy: FormGroup, solvimon: FormGroup, link: GroupLink, pair: PairContext): boolean {
  if (!statesTheSame(legacy.row, solvimon.row, pair)) return true;
  // Found among the same charge, or by money: their periods or their products differ.
  return link.rules[0] !== 'charge_class_period';
}

function sideOf(group: FormGroup | null, side: Side, pair: PairContext): DifferenceSide | null {
  const line = group?.lines[0];
  if (group === null || line === undefined) return null;
  return { row: group.row, lines: group.lines, document: pair.documentOf(line, side) };
}

/** Sorted, so that a finding keeps its identity when its source lists the lines in another order (I5). */
function sortedIds(groups: readonly FormGroup[]): readonly LineId[] {
  const [group] = groups;
  const [line] = group?.lines ?? [];
  if (groups.length === 1 && group?.lines.length === 1 && line !== undefined) return [line.id];
  return groups.flatMap((one) => one.lines.map((each) => each.id)).sort(compareText);
}

function textOf(minor: bigint | null, currency: CurrencyCode): DecimalText | null {
  return minor === null ? null : fromMinorUnits(minor, currency);
}

export function directionOf(delta: bigint): Direction {
  return delta > 0n ? 'over' : delta < 0n ? 'under' : 'none';
}
