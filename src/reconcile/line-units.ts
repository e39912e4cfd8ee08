import type { FormGroup, MappedLine } from '../model/prepared.js';
import { rowOf } from './comparison-form.js';
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
  return inUnitOrder([...members.values()].map((lines) => ({ row: rowOf(lines, taxIsDocumentLevel), lines })));
}

function oneByOne(group: FormGroup): readonly FormGroup[] {
  return inUnitOrder(group.lines.map((line) => ({ row: rowOf([line], group.row.tax === null), lines: [line] })));
}

/** Everything that two lines which say the same thing have in common, as one text. Kept, for every stage asks again. */
export function contentKey(unit: FormGroup): string {
  const known = contents.get(unit);
  if (known !== undefined) return known;
  const { row } = unit;
  const what = `${row.chargeKey}\u001f${row.lineClass}\u001f${row.periodStart ?? ''}\u001f${row.periodEnd ?? ''}`;
  const howMuch = `${row.quantity ?? ''}\u001f${row.unitPrice ?? ''}\u001f${row.discount}\u001f${row.net}\u001f${row.tax ?? ''}`;
  const content = `${what}\u001f${howMuch}\u001f${dimensionsKey(unit.lines)}`;
  contents.set(unit, content);
  return content;
}

const contents = new WeakMap<FormGroup, string>();

/** The dimensions of a line in one text, keys sorted: region=eu;tier=gold. */
export function dimensionsKey(lines: readonly MappedLine[]): string {
  const [first] = lines;
  if (first === undefined || isEmpty(first.dimensions)) return '';
  return Object.entries(first.dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .sort(compareText)
    .join(';');
}

function isEmpty(dimensions: MappedLine['dimensions']): boolean {
  for (const _name in dimensions) return false;
  return true;
}

/** Units in the order of `unitOrder`. */
export function inUnitOrder(units: readonly FormGroup[]): FormGroup[] {
  if (units.length < 2) return [...units];
  return units
    .map((unit) => ({ unit, key: unitOrder(unit) }))
    .sort((a, b) => compareText(a.key, b.key))
    .map(({ unit }) => unit);
}

/** Order of units: by content, then by what the source calls them, so that equal copies never depend on the input's order. */
export function unitOrder(unit: FormGroup): string {
  const [line] = unit.lines;
  if (unit.lines.length === 1 && line !== undefined) return `${contentKey(unit)}\u001f${line.id}`;
  const ids = unit.lines.map((one) => one.id).sort(compareText);
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
