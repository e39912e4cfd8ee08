import type { CurrencyCode } from '../../model/currency.js';
import { Decimal, fromMinorUnits, type RoundingMode, toDecimal, toMinorUnits } from '../../model/money.js';
import type { PreparedDocument } from '../../model/prepared.js';
import type { Cause, Confidence, WorkingStep } from '../../model/verdict.js';
import { lineClass } from '../comparison-form.js';
import { fingerprint } from '../fingerprint.js';
import type { TaxScope } from '../group-link.js';
import { directionOf, type Finding } from '../judge-link.js';
import { wholly } from './components.js';
import { round, roundingModes } from './facts.js';

type Rest = {
  readonly legacy: readonly PreparedDocument[];
  readonly solvimon: readonly PreparedDocument[];
  readonly currency: CurrencyCode;
  readonly taxScope: TaxScope;
  /** Totals of both sides as they are judged, in minor units. */
  readonly totals: { readonly legacy: bigint; readonly solvimon: bigint };
};

/**
 * What the lines leave of the documents' delta: a difference in tax stated for the document, in how totals are rounded,
 * or in the header. One finding, or none.
 */
export function restOfPair(pair: Rest, found: readonly Finding[]): readonly Finding[] {
  const { currency, totals } = pair;
  const explained = found.reduce((sum, one) => sum + toMinorUnits(one.delta, currency), 0n);
  const rest = totals.solvimon - totals.legacy - explained;
  if (rest === 0n) return [];
  const taxes = { legacy: taxTotal(pair.legacy), solvimon: taxTotal(pair.solvimon) };
  const taxDelta = toMinorUnits(taxes.solvimon, currency) - toMinorUnits(taxes.legacy, currency);
  const isTax = pair.taxScope === 'document' && taxDelta !== 0n && (taxDelta === rest || found.length > 0);
  const cause =
    (isTax ? taxCause(pair, taxes, found.length > 0) : null) ?? netRounding(pair) ?? fallback(pair, rest, isTax);
  const finding = {
    level: isTax ? ('tax' as const) : ('header' as const),
    legacyLines: [],
    solvimonLines: [],
    chargeKey: null,
    period: null,
    cause: cause.cause,
    confidence: cause.confidence,
    rivals: [],
    legacy: fromMinorUnits(isTax ? toMinorUnits(taxes.legacy, currency) : totals.legacy, currency),
    solvimon: fromMinorUnits(isTax ? toMinorUnits(taxes.solvimon, currency) : totals.solvimon, currency),
    delta: fromMinorUnits(rest, currency),
    direction: directionOf(rest),
    components: wholly(componentOf(cause.cause, isTax), rest, currency),
    working: [
      { label: 'lines', text: `differ by ${fromMinorUnits(explained, currency)}` },
      { label: 'documents', text: `differ by ${fromMinorUnits(totals.solvimon - totals.legacy, currency)}` },
      ...cause.working,
    ],
    rules: ['left_by_the_lines', ...cause.rules],
  };
  return [{ ...finding, fingerprint: fingerprint(finding, currency) }];
}

type RestCause = {
  readonly cause: Cause;
  readonly confidence: Confidence;
  readonly working: readonly WorkingStep[];
  readonly rules: readonly string[];
};

function componentOf(cause: Cause, isTax: boolean) {
  if (cause.startsWith('rounding.')) return 'rounding';
  if (cause === 'unexplained') return 'unexplained';
  if (!isTax) return 'header';
  return cause === 'tax.rate' || cause === 'tax.missing' ? 'tax_rate' : 'tax_base';
}

/** At most a minor unit per line is rounding; more is nobody's rounding. */
function fallback(pair: Rest, rest: bigint, isTax: boolean): RestCause {
  // Each line of either side may be off by its own rounding; counted on both, so that swapping them changes nothing (I3).
  const linesOf = (documents: readonly PreparedDocument[]) => documents.reduce((sum, one) => sum + one.lines.length, 0);
  const lineCount = Math.max(1, linesOf(pair.legacy), linesOf(pair.solvimon));
  if ((rest < 0n ? -rest : rest) <= BigInt(lineCount))
    return { cause: 'rounding.level', confidence: 'likely', working: [], rules: ['at_most_a_minor_unit_per_line'] };
  if (isTax) return { cause: 'tax.base', confidence: 'likely', working: [], rules: ['tax_of_the_document'] };
  return { cause: 'unexplained', confidence: 'unknown', working: [], rules: ['no_hypothesis_fits'] };
}

function taxTotal(documents: readonly PreparedDocument[]): Decimal {
  return documents.reduce((sum, one) => sum.plus(one.form.tax), new Decimal(0));
}

/** One line's net and its stated rate in percent. */
type Base = { readonly net: Decimal; readonly rate: Decimal };

const levels = ['line', 'tax group', 'document'] as const;
type RoundingLevel = (typeof levels)[number];
type Rule = { readonly level: RoundingLevel; readonly mode: RoundingMode };

/** Tax of a document from its lines: rounded on every line, once per rate, or once for all. */
export function taxAt(bases: readonly Base[], rule: Rule, currency: CurrencyCode): Decimal {
  const exact = (base: Base) => base.net.times(base.rate).div(100);
  const sum = (amounts: readonly Decimal[]) => amounts.reduce((total, amount) => total.plus(amount), new Decimal(0));
  switch (rule.level) {
    case 'line':
      return sum(bases.map((base) => round(exact(base), currency, rule.mode)));
    case 'tax group': {
      const byRate = new Map<string, Decimal>();
      for (const base of bases)
        byRate.set(base.rate.toFixed(), (byRate.get(base.rate.toFixed()) ?? new Decimal(0)).plus(exact(base)));
      return sum([...byRate.values()].map((amount) => round(amount, currency, rule.mode)));
    }
    case 'document':
      return round(sum(bases.map(exact)), currency, rule.mode);
  }
}

/** Why the tax stated for the documents differs: a rate, a rounding level or mode, or none at all on one side. */
function taxCause(
  pair: Rest,
  taxes: { readonly legacy: Decimal; readonly solvimon: Decimal },
  followsLines: boolean,
): RestCause | null {
  const { currency } = pair;
  if (taxes.legacy.isZero() !== taxes.solvimon.isZero())
    return { cause: 'tax.missing', confidence: 'proven', working: taxWorking(taxes), rules: ['tax_on_one_side'] };
  const [left, right] = [basesOf(pair.legacy, pair.solvimon), basesOf(pair.solvimon, pair.legacy)];
  if (left === null || right === null) return null;
  const fits = (bases: readonly Base[], tax: Decimal) =>
    roundingModes
      .flatMap((mode) => levels.map((level) => ({ level, mode })))
      .filter((rule) => taxAt(bases, rule, currency).equals(tax));
  const [legacyRules, solvimonRules] = [fits(left, taxes.legacy), fits(right, taxes.solvimon)];
  if (legacyRules.length === 0 || solvimonRules.length === 0) return null;
  const working = [
    { label: 'legacy', text: `${ruleText(legacyRules)} gives ${taxes.legacy.toFixed()}` },
    { label: 'solvimon', text: `${ruleText(solvimonRules)} gives ${taxes.solvimon.toFixed()}` },
  ];
  const rates = (bases: readonly Base[]) => [...new Set(bases.map((base) => base.rate.toFixed()))].sort().join();
  if (rates(left) !== rates(right))
    return { cause: 'tax.rate', confidence: 'proven', working, rules: ['recomputed', 'rates_differ'] };
  if (followsLines)
    return { cause: 'tax.base', confidence: 'proven', working, rules: ['recomputed', 'follows_the_lines'] };
  const sameMode = legacyRules.some((a) => solvimonRules.some((b) => a.mode === b.mode));
  const sameLevel = legacyRules.some((a) => solvimonRules.some((b) => a.level === b.level));
  return {
    cause: sameMode ? 'rounding.level' : 'rounding.mode',
    confidence: sameMode && sameLevel ? 'likely' : 'proven',
    working,
    rules: ['recomputed', sameMode ? 'levels_differ' : 'modes_differ'],
  };
}

function taxWorking(taxes: { readonly legacy: Decimal; readonly solvimon: Decimal }): readonly WorkingStep[] {
  return [
    { label: 'legacy', text: `tax ${taxes.legacy.toFixed()}` },
    { label: 'solvimon', text: `tax ${taxes.solvimon.toFixed()}` },
  ];
}

const ruleText = (rules: readonly Rule[]) => rules.map((rule) => `${rule.mode} per ${rule.level}`).join(' or ');

/** Nets and stated rates of a side's lines; a line that states none takes the only rate of its documents, or of the other side's. */
function basesOf(own: readonly PreparedDocument[], other: readonly PreparedDocument[]): readonly Base[] | null {
  const only = onlyRate(own) ?? onlyRate(other);
  const bases: Base[] = [];
  for (const line of own.flatMap((one) => one.lines)) {
    const cls = lineClass(line.kind);
    if (cls === 'tax' || cls === 'not_summed') continue;
    const [slice, ...more] = line.taxes;
    const stated = slice?.rate ?? null;
    const rate = stated === null ? only : toDecimal(stated);
    if (more.length > 0 || rate === null) return null;
    bases.push({ net: toDecimal(line.net), rate });
  }
  return bases.length === 0 ? null : bases;
}

function onlyRate(documents: readonly PreparedDocument[]): Decimal | null {
  const rates = new Set(documents.flatMap((one) => one.lines.flatMap((line) => line.taxes.map((slice) => slice.rate))));
  const [rate] = rates;
  return rates.size === 1 && rate !== null && rate !== undefined ? toDecimal(rate) : null;
}

/** One side adds rounded lines, the other rounds the sum of unrounded ones. */
function netRounding(pair: Rest): RestCause | null {
  const { currency } = pair;
  const exact = (documents: readonly PreparedDocument[]) => {
    const nets = documents.flatMap((one) =>
      one.lines
        .filter((line) => !['tax', 'not_summed'].includes(lineClass(line.kind)))
        .map((line) => toDecimal(line.net)),
    );
    return {
      sum: nets.reduce((total, net) => total.plus(net), new Decimal(0)),
      rounded: nets.reduce((total, net) => total.plus(round(net, currency)), new Decimal(0)),
    };
  };
  const stated = (documents: readonly PreparedDocument[]) =>
    documents.reduce((total, one) => total.plus(one.form.net), new Decimal(0));
  const [left, right] = [exact(pair.legacy), exact(pair.solvimon)];
  const isSumRounded = (side: typeof left, net: Decimal) =>
    round(side.sum, currency).equals(round(net, currency)) && !side.rounded.equals(side.sum);
  const isLineRounded = (side: typeof left, net: Decimal) => side.rounded.equals(net);
  const [legacyNet, solvimonNet] = [stated(pair.legacy), stated(pair.solvimon)];
  const fits =
    (isLineRounded(left, legacyNet) && isSumRounded(right, solvimonNet)) ||
    (isSumRounded(left, legacyNet) && isLineRounded(right, solvimonNet));
  if (!fits || toMinorUnits(legacyNet, currency) === toMinorUnits(solvimonNet, currency)) return null;
  return {
    cause: 'rounding.level',
    confidence: 'proven',
    working: [
      {
        label: 'legacy',
        text: `lines sum to ${left.sum.toFixed()}, rounded lines to ${left.rounded.toFixed()}, stated ${legacyNet.toFixed()}`,
      },
      {
        label: 'solvimon',
        text: `lines sum to ${right.sum.toFixed()}, rounded lines to ${right.rounded.toFixed()}, stated ${solvimonNet.toFixed()}`,
      },
    ],
    rules: ['recomputed', 'levels_differ'],
  };
}
