import type { MappedLine } from '../model/prepared.js';
import { type FormGroup, rowOf } from './comparison-form.js';
import { compareText } from './text-order.js';

/**
 * A group cut into its charge lines, each with the discounts that name it. A group with a discount that names none of
 * its lines stays whole: nobody can say which line it lowers.
 */
export function unitsOf(group: FormGroup): readonly FormGroup[] {
  const charges = group.lines.filter((line) => line.kind !== 'discount');
  if (charges.length < 2) return [group];
  const members = new Map(charges.map((line) => [line.id as string, [line]]));
  // Numbered lines of two documents may carry the same id; then a name says nothing.
  if (members.size < charges.length) return charges.length === group.lines.length ? oneByOne(group) : [group];
  for (const discount of group.lines) {
    if (discount.kind !== 'discount') continue;
    const target = discount.appliesTo === null ? undefined : members.get(discount.appliesTo);
    if (target === undefined) return [group];
    target.push(discount);
  }
  const taxIsDocumentLevel = group.row.tax === null;
  return [...members.values()]
    .map((lines) => ({ row: rowOf(lines, taxIsDocumentLevel), lines }))
    .sort((a, b) => compareText(unitOrder(a), unitOrder(b)));
}

function oneByOne(group: FormGroup): readonly FormGroup[] {
  return group.lines
    .map((line) => ({ row: rowOf([line], group.row.tax === null), lines: [line] }))
    .sort((a, b) => compareText(unitOrder(a), unitOrder(b)));
}

/** Everything that two lines which say the same thing have in common, as one text. */
export function contentKey(unit: FormGroup): string {
  const { row } = unit;
  return [
    row.chargeKey,
    row.lineClass,
    row.periodStart ?? '',
    row.periodEnd ?? '',
    row.quantity ?? '',
    row.unitPrice ?? '',
    row.discount,
    row.net,
    row.tax ?? '',
    dimensionsKey(unit.lines),
  ].join('\u001f');
}

/** The dimensions of a line in one text, keys sorted: region=eu;tier=gold. */
export function dimensionsKey(lines: readonly MappedLine[]): string {
  const [first] = lines;
  if (first === undefined) return '';
  return Object.entries(first.dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .sort(compareText)
    .join(';');
}

/** Order of units: by content, then by what the source calls them, so that equal copies never depend on the input's order. */
export function unitOrder(unit: FormGroup): string {
  const ids = unit.lines.map((line) => line.id).sort(compareText);
  return `${contentKey(unit)}\u001f${ids.join(',')}`;
}

/** Several groups of lines as one: their lines together, their amounts summed. */
export function mergeGroups(groups: readonly FormGroup[]): FormGroup {
  const [only] = groups;
  if (groups.length === 1 && only !== undefined) return only;
  const lines = groups.flatMap((group) => group.lines);
  return {
    row: rowOf(
      lines,
      groups.some((group) => group.row.tax === null),
    ),
    lines,
  };
}
