import type { CompareRules } from '../model/compare-rules.js';
import type { NotReadyReason } from '../model/document.js';
import { type DocumentId, noId } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { type DecimalText, fromMinorUnits, toMinorUnits, zero } from '../model/money.js';
import type { CustomerCase, PreparedDocument } from '../model/prepared.js';
import type { RejectedDocument } from '../model/problem.js';
import { otherSide, type Side } from '../model/side.js';
import type { MismatchFinding, PairState, PairVerdict } from '../model/verdict.js';
import { comparePair, grossMinor, sideMinor } from './compare-pair.js';
import type { DifferenceContext } from './difference.js';
import { explain } from './explain/explain.js';
import { wholly } from './explain/components.js';
import { fingerprint } from './fingerprint.js';
import { directionOf, type Explain } from './judge-link.js';
import { type DocumentPair, isLive, pairDocuments } from './pair-documents.js';
import { compareText } from './text-order.js';
import { tolerances } from './tolerance.js';

/**
 * Judges one customer's cycle: pairs the documents, compares what can be compared, explains every difference. Pure: the
 * same case gives the same verdicts in the same order, whatever the order of its documents (I5, I8). Every document,
 * readable or not, comes out in exactly one pair (I1).
 */
export function reconcileCustomer(input: CustomerCase, rules: CompareRules): readonly PairVerdict[] {
  return reconcileCustomerWith(explain, input, rules, { isFastExitOn: true });
}

/** As `reconcileCustomer`, with another explanation, or without the fast exit for equal forms: for tests of both. */
export function reconcileCustomerWith(
  explainWith: Explain,
  input: CustomerCase,
  rules: CompareRules,
  options: { readonly isFastExitOn: boolean },
): readonly PairVerdict[] {
  const context: DifferenceContext = {
    legacyDocuments: input.legacy,
    solvimonDocuments: input.solvimon,
    legacyNeighbours: input.legacyNeighbours,
    solvimonNeighbours: input.solvimonNeighbours,
    usageEvidence: input.usageEvidence ?? [],
    rules,
  };
  const { errors, pairs } = joinUnreadable(pairDocuments(input), input);
  const verdicts = pairs.map((pair) =>
    judgePair(pair, input, rules, context, explainWith, options.isFastExitOn, pairs),
  );
  const all = [...errors, ...verdicts];
  const ordered = all.length < 2 ? all : all.sort((a, b) => compareText(orderOf(a), orderOf(b)));
  return withTolerance(ordered, input, rules);
}

function orderOf(verdict: PairVerdict): string {
  return `${verdict.legacy.join(',')}\u001f${verdict.solvimon.join(',')}`;
}

const noFindings = { mismatches: [], notes: [], links: [], alternatives: [] } as const;

/**
 * A rejected document is paired with its most likely counterpart, so that nobody calls the counterpart missing: another
 * rejected one, else what the readable documents left alone on the other side. It never takes a document from a pair, so
 * that everything else is compared as if the rejected one were not there.
 */
function joinUnreadable(
  pairs: readonly DocumentPair[],
  input: CustomerCase,
): { readonly errors: readonly PairVerdict[]; readonly pairs: readonly DocumentPair[] } {
  if (input.legacyRejected.length === 0 && input.solvimonRejected.length === 0) return { errors: [], pairs };
  const legacy = inOrder(input.legacyRejected);
  const solvimon = inOrder(input.solvimonRejected);
  const twinCount = Math.min(legacy.length, solvimon.length);
  const errors = legacy
    .slice(0, twinCount)
    .map((document, index) => errorVerdict(input, { legacy: document, ...pick('solvimon', solvimon[index]) }));
  const left = [...pairs];
  for (const [side, rejected] of [
    ['legacy', legacy.slice(twinCount)],
    ['solvimon', solvimon.slice(twinCount)],
  ] as const) {
    for (const document of rejected) {
      const at = left.findIndex((pair) => isLeftFor(pair, side, document));
      const [taken] = at < 0 ? [] : left.splice(at, 1);
      const other = otherSide(side);
      errors.push(errorVerdict(input, { ...pick(side, document), ...pick(other, taken?.[other][0]) }));
    }
  }
  return { errors, pairs: left };
}

type Members = Partial<Record<Side, RejectedDocument | PreparedDocument>>;

function pick(side: Side, document: RejectedDocument | PreparedDocument | undefined): Members {
  return document === undefined ? {} : { [side]: document };
}

/** Whether a pair is one live document of the other side alone, in the currency of the rejected one as far as it is known. */
function isLeftFor(pair: DocumentPair, side: Side, document: RejectedDocument): boolean {
  const [alone] = pair[otherSide(side)];
  if (alone === undefined || pair[side].length > 0 || !isLive(alone)) return false;
  return document.currency === null || alone.document.currency === document.currency;
}

/** Rejected documents in an order that does not depend on how they were read (I5). */
function inOrder(documents: readonly RejectedDocument[]): readonly RejectedDocument[] {
  return [...documents].sort(
    (a, b) => compareText(a.id, b.id) || compareText(JSON.stringify(a.place), JSON.stringify(b.place)),
  );
}

function errorVerdict(input: CustomerCase, members: Members): PairVerdict {
  const all = [members.legacy, members.solvimon].filter((one) => one !== undefined);
  const idOf = (one: RejectedDocument | PreparedDocument | undefined): readonly DocumentId[] => {
    if (one === undefined) return [];
    if ('document' in one) return [one.document.source.id];
    // Kept as it was read, even where it is damaged: people search for it in the source.
    return [one.id === '' ? noId : (one.id as DocumentId)];
  };
  const grossOf = (one: RejectedDocument | PreparedDocument | undefined) =>
    one !== undefined && 'document' in one ? one.document.totals.gross : null;
  const currencies = new Set(
    all.map((one) => ('document' in one ? one.document.currency : one.currency)).filter((code) => code !== null),
  );
  const [currency] = currencies;
  return {
    customer: input.customer,
    currency: currencies.size === 1 && currency !== undefined ? currency : null,
    state: 'error',
    legacy: idOf(members.legacy),
    solvimon: idOf(members.solvimon),
    legacyGross: grossOf(members.legacy),
    solvimonGross: grossOf(members.solvimon),
    ...noFindings,
    notReady: [],
    problems: all.flatMap((one) => ('document' in one ? [] : one.problems)),
    rules: ['unreadable_document'],
  };
}

function judgePair(
  pair: DocumentPair,
  input: CustomerCase,
  rules: CompareRules,
  context: DifferenceContext,
  explainWith: Explain,
  isFastExitOn: boolean,
  all: readonly DocumentPair[],
): PairVerdict {
  const documents = [...pair.legacy, ...pair.solvimon];
  const currencies = new Set(documents.map((one) => one.document.currency));
  const [currency] = currencies;
  invariant(currency !== undefined, 'a pair has a document', {});
  const grossOf = (side: readonly PreparedDocument[]) =>
    side.length === 0
      ? null
      : fromMinorUnits(
          sideMinor(side, side[0]?.document.currency ?? currency, rules),
          side[0]?.document.currency ?? currency,
        );
  const base = {
    customer: input.customer,
    currency: currencies.size === 1 ? currency : null,
    legacy: pair.legacy.map((one) => one.document.source.id),
    solvimon: pair.solvimon.map((one) => one.document.source.id),
    legacyGross: grossOf(pair.legacy),
    solvimonGross: grossOf(pair.solvimon),
    notReady: [...new Set(documents.flatMap(reasonsAgainst))],
    problems: [],
    rules: pair.rules,
  };
  if (base.notReady.length > 0) return { ...base, ...noFindings, state: 'not_ready' };
  if (currencies.size > 1)
    return { ...base, ...noFindings, state: 'mismatch', mismatches: [otherCurrency(pair, rules)] };
  if (pair.legacy.length === 0 || pair.solvimon.length === 0) return oneSided(pair, base, rules, all, context);
  if (
    isFastExitOn &&
    pair.legacy.length === 1 &&
    pair.solvimon.length === 1 &&
    pair.legacy[0]?.digest === pair.solvimon[0]?.digest
  )
    return { ...base, ...noFindings, state: 'matched' };
  const found = comparePair(pair.legacy, pair.solvimon, currency, rules, context, explainWith);
  const mismatches = found.mismatches.map((finding) => ({ ...finding, tolerance: null }));
  const total = mismatches.reduce((sum, one) => sum + toMinorUnits(one.delta, currency), 0n);
  invariant(
    total === sideMinor(pair.solvimon, currency, rules) - sideMinor(pair.legacy, currency, rules),
    'the differences of a pair sum to its delta (I2)',
    { legacy: base.legacy, solvimon: base.solvimon },
  );
  const alternatives = pair.rivals.map((rival) => ({
    legacy: rival.legacy.map((one) => one.document.source.id),
    solvimon: rival.solvimon.map((one) => one.document.source.id),
    // A cost and no money: hundred-thousandths of the larger amount, a million for a charge that only one side has.
    costGap: rival.costGap,
  }));
  return {
    ...base,
    mismatches,
    notes: found.notes,
    links: found.links,
    alternatives,
    state: stateOf(mismatches, alternatives.length > 0),
  };
}

/** Applies the rules to all that the customer's compared pairs differ in: a budget is for the customer and not for a pair. */
function withTolerance(
  verdicts: readonly PairVerdict[],
  input: CustomerCase,
  rules: CompareRules,
): readonly PairVerdict[] {
  if (rules.tolerance.length === 0) return verdicts;
  const isCompared = (one: PairVerdict) => one.legacy.length > 0 && one.solvimon.length > 0 && one.currency !== null;
  const candidates = verdicts
    .filter(isCompared)
    .flatMap((one) =>
      one.mismatches.flatMap((finding) => (one.currency === null ? [] : [{ finding, currency: one.currency }])),
    );
  const applied = tolerances(candidates, input.customer, rules);
  const byFinding = new Map(candidates.map(({ finding }, index) => [finding, applied[index] ?? null]));
  return verdicts.map((verdict) => {
    if (!isCompared(verdict) || verdict.mismatches.length === 0) return verdict;
    const mismatches = verdict.mismatches.map((one) => ({ ...one, tolerance: byFinding.get(one) ?? null }));
    return { ...verdict, mismatches, state: stateOf(mismatches, verdict.alternatives.length > 0) };
  });
}

/** Why a document cannot be judged. A state that nobody can interpret is a reason of its own: unknown is never green (I10). */
function reasonsAgainst(one: PreparedDocument): readonly NotReadyReason[] {
  const { notReady, state } = one.document;
  return notReady.length === 0 && (state === 'unknown' || state === 'failed') ? ['unknown_status'] : notReady;
}

function stateOf(mismatches: readonly MismatchFinding[], isAmbiguous: boolean): PairState {
  if (isAmbiguous) return 'ambiguous';
  if (mismatches.length === 0) return 'matched';
  return mismatches.every((one) => one.tolerance?.within === true) ? 'within_tolerance' : 'mismatch';
}

type Base = Omit<PairVerdict, 'state' | 'mismatches' | 'notes' | 'links' | 'alternatives'>;

/** A document without a counterpart. Its other side is missing, which is not zero (I6); a void one owes nothing. */
function oneSided(
  pair: DocumentPair,
  base: Base,
  rules: CompareRules,
  all: readonly DocumentPair[],
  context: DifferenceContext,
): PairVerdict {
  const isSolvimon = pair.solvimon.length > 0;
  const [one] = isSolvimon ? pair.solvimon : pair.legacy;
  invariant(one !== undefined, 'a one-sided pair has one document', {});
  if (!isLive(one)) return { ...base, ...noFindings, state: 'matched', rules: [...base.rules, 'void_owes_nothing'] };
  const gross = grossMinor(one, rules);
  const currency = one.document.currency;
  const why = whyAlone(one, isSolvimon, all, context);
  const delta = isSolvimon ? gross : -gross;
  const amount = fromMinorUnits(gross, currency);
  const finding = {
    level: 'header' as const,
    legacyLines: [],
    solvimonLines: [],
    chargeKey: null,
    period: null,
    cause: why.cause,
    confidence: why.confidence,
    rivals: [],
    legacy: isSolvimon ? null : amount,
    solvimon: isSolvimon ? amount : null,
    delta: fromMinorUnits(delta, currency),
    direction: directionOf(delta),
    components: wholly('header', delta, currency),
    working: [
      { label: isSolvimon ? 'solvimon' : 'legacy', text: `${one.document.source.id} of ${amount} ${currency}` },
      { label: isSolvimon ? 'legacy' : 'solvimon', text: why.text },
    ],
    rules: [...base.rules, why.rule],
  };
  const mismatch = { ...finding, fingerprint: fingerprint(finding, currency), tolerance: null };
  return { ...base, ...noFindings, mismatches: [mismatch], state: isSolvimon ? 'only_solvimon' : 'only_legacy' };
}

type Alone = Pick<MismatchFinding, 'cause' | 'confidence'> & { readonly text: string; readonly rule: string };

/** Billed twice, billed in a neighbouring cycle, a customer nobody mapped, or missing. */
function whyAlone(
  one: PreparedDocument,
  isSolvimon: boolean,
  all: readonly DocumentPair[],
  context: DifferenceContext,
): Alone {
  const twin = all
    .filter((other) => other.legacy.length > 0 && other.solvimon.length > 0)
    .flatMap((other) => (isSolvimon ? other.solvimon : other.legacy))
    .find((other) => other.digest === one.digest);
  if (twin !== undefined)
    return {
      cause: isSolvimon ? 'invoice.duplicate_in_solvimon' : 'invoice.duplicate_in_legacy',
      confidence: 'proven',
      text: `has it once; it repeats ${twin.document.source.id}`,
      rule: 'copy_of_a_paired_document',
    };
  const neighbours = isSolvimon ? context.legacyNeighbours : context.solvimonNeighbours;
  const elsewhere = neighbours.find((other) => other.digest === one.digest && other.form.rows.length > 0);
  if (elsewhere !== undefined)
    return {
      cause: 'period.other_cycle',
      confidence: 'proven',
      text: `bills the same as ${elsewhere.document.source.id}, in a neighbouring cycle`,
      rule: 'found_in_a_neighbouring_cycle',
    };
  if (!one.isCustomerMapped)
    return {
      cause: 'mapping.unmapped_customer',
      confidence: 'likely',
      text: `may have it under another id: ${one.document.customerRef} is in no row of the customer mapping`,
      rule: 'customer_not_in_the_mapping',
    };
  return {
    cause: isSolvimon ? 'invoice.missing_in_legacy' : 'invoice.missing_in_solvimon',
    confidence: 'proven',
    text: 'has no document for it',
    rule: 'document_on_one_side',
  };
}

/** Two currencies never subtract (I7): both amounts are shown, the delta says nothing. */
function otherCurrency(pair: DocumentPair, rules: CompareRules): MismatchFinding {
  const amountOf = (documents: readonly PreparedDocument[]): DecimalText | null => {
    const [one] = documents;
    return one === undefined ? null : fromMinorUnits(grossMinor(one, rules), one.document.currency);
  };
  const codes = (documents: readonly PreparedDocument[]) => documents.map((one) => one.document.currency).join(', ');
  const finding = {
    level: 'header' as const,
    legacyLines: [],
    solvimonLines: [],
    chargeKey: null,
    period: null,
    cause: 'currency.differs' as const,
    confidence: 'proven' as const,
    rivals: [],
    legacy: amountOf(pair.legacy),
    solvimon: amountOf(pair.solvimon),
    delta: zero,
    direction: 'none' as const,
    components: {},
    working: [
      { label: 'legacy', text: `${amountOf(pair.legacy) ?? ''} ${codes(pair.legacy)}` },
      { label: 'solvimon', text: `${amountOf(pair.solvimon) ?? ''} ${codes(pair.solvimon)}` },
    ],
    rules: [...pair.rules, 'currencies_never_add'],
  };
  return { ...finding, fingerprint: fingerprint(finding, null), tolerance: null };
}
