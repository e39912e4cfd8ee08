import { Decimal, toDecimal, zero } from '../model/money.js';
import type { LineLink, Note } from '../model/verdict.js';
import type { FormGroup } from '../model/prepared.js';
import { type MatchOptions, rowMinor } from './group-link.js';
import { documentDiscount } from './mapping.js';
import { mergeGroups } from './line-units.js';

export type Folded = {
  readonly legacy: readonly FormGroup[];
  readonly solvimon: readonly FormGroup[];
  readonly links: readonly LineLink[];
  readonly notes: readonly Note[];
};

/**
 * One side gives its discount on the document, the other on the lines, and both come to the same: the charges that the
 * discount explains are settled together. Only when the amounts before discount agree line by line and the sums agree to
 * the last digit; otherwise everything is left to be matched and explained.
 */
export function foldDocumentDiscount(
  legacy: readonly FormGroup[],
  solvimon: readonly FormGroup[],
  options: MatchOptions,
): Folded {
  const untouched: Folded = { legacy, solvimon, links: [], notes: [] };
  const isOnDocument = (group: FormGroup) => group.row.chargeKey === documentDiscount;
  const [left, right] = [legacy.filter(isOnDocument), solvimon.filter(isOnDocument)];
  if ((left.length === 0) === (right.length === 0)) return untouched;
  const [detached, holder, attached] = left.length > 0 ? [left, legacy, solvimon] : [right, solvimon, legacy];
  const pairs = discountedPairs(holder, attached);
  if (pairs.length === 0) return untouched;
  const onDocument = detached.reduce((sum, group) => sum.plus(group.row.net), new Decimal(0));
  const onLines = pairs.reduce((sum, pair) => sum.plus(pair.other.row.discount), new Decimal(0));
  if (!onDocument.equals(onLines)) return untouched;
  const mine = [...detached, ...pairs.map((pair) => pair.own)];
  const theirs = pairs.map((pair) => pair.other);
  const [a, b] = [rowMinor(mergeGroups(mine).row, options), rowMinor(mergeGroups(theirs).row, options)];
  if (a !== b) return untouched;
  return settle(legacy, solvimon, left.length > 0 ? [mine, theirs] : [theirs, mine], mergeGroups(theirs).row.net);
}

/** Charges of both sides that are equal before discount and discounted on the other side only. */
function discountedPairs(
  holder: readonly FormGroup[],
  attached: readonly FormGroup[],
): readonly { readonly own: FormGroup; readonly other: FormGroup }[] {
  const key = (group: FormGroup) =>
    [group.row.chargeKey, group.row.lineClass, group.row.periodStart, group.row.periodEnd].join('\u001f');
  const own = new Map(holder.filter((group) => group.row.discount === zero).map((group) => [key(group), group]));
  return attached.flatMap((other) => {
    const group = own.get(key(other));
    if (group === undefined || other.row.discount === zero) return [];
    const before = toDecimal(other.row.net).minus(other.row.discount);
    return before.equals(group.row.net) ? [{ own: group, other }] : [];
  });
}

function settle(
  legacy: readonly FormGroup[],
  solvimon: readonly FormGroup[],
  [left, right]: readonly [readonly FormGroup[], readonly FormGroup[]],
  amount: FormGroup['row']['net'],
): Folded {
  const ids = {
    legacyLines: left.flatMap((group) => group.lines.map((line) => line.id)),
    solvimonLines: right.flatMap((group) => group.lines.map((line) => line.id)),
  };
  return {
    legacy: legacy.filter((group) => !left.includes(group)),
    solvimon: solvimon.filter((group) => !right.includes(group)),
    links: [
      {
        relation: ids.legacyLines.length > ids.solvimonLines.length ? 'merged' : 'split',
        ...ids,
        legacy: amount,
        solvimon: amount,
        delta: zero,
      },
    ],
    notes: [
      {
        cause: 'metadata.differs',
        ...ids,
        text: 'the discount stands on the document on one side and on its lines on the other, and comes to the same',
      },
    ],
  };
}
