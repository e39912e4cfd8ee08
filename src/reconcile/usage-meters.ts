import type { Place } from '../model/document.js';
import { type Problem, problem } from '../model/problem.js';
import { otherSide, type Side } from '../model/side.js';
import { type Aggregation, aggregations, type Meter } from '../model/usage-finding.js';
import { joinMeterIds, mapCharge, type Mapping, type MappingRow } from './mapping.js';

/** One row of the meter file. `product` and `aggregation` are empty when the file does not say. */
export type MeterRow = MappingRow & { readonly product: string; readonly aggregation: string };

/** How meters of both systems become the keys that they are joined on. Built once; lookups are pure. */
export type MeterMapping = {
  readonly keys: Readonly<Record<Side, ReadonlyMap<string, string>>>;
  /** By key: what the file says about the meter. */
  readonly stated: ReadonlyMap<string, Pick<MeterRow, 'product'> & { readonly aggregation: Aggregation }>;
  /** True when a file was given: a meter that is not in it is then unknown. */
  readonly hasMeters: boolean;
};

/**
 * Builds the mapping of meters. As with products, a meter may be one on one side and several on the other; rows of one
 * meter that say different things about it are a problem. Null rows: no file, and meters join by being spelled alike.
 */
export function buildMeterMapping(rows: readonly MeterRow[] | null): {
  readonly meters: MeterMapping;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const keys = joinMeterIds(rows ?? [], problems);
  const stated = new Map<string, Pick<MeterRow, 'product'> & { aggregation: Aggregation }>();
  for (const row of rows ?? []) {
    const key = keys.legacy.get(row.legacy);
    const aggregation = readAggregation(row, problems);
    if (key === undefined || aggregation === undefined) continue;
    const known = stated.get(key);
    if (known === undefined) stated.set(key, { product: row.product, aggregation });
    else if (known.product !== row.product || known.aggregation !== aggregation)
      problems.push(
        problem(
          'field_malformed',
          row.place,
          'product, aggregation',
          `${row.product},${row.aggregation}`,
          sameAs(known),
        ),
      );
  }
  return { meters: { keys, stated, hasMeters: rows !== null }, problems };
}

function sameAs(known: { readonly product: string; readonly aggregation: string }): string {
  return `the same as the other rows of this meter: ${known.product},${known.aggregation}`;
}

function readAggregation(row: { readonly aggregation: string; readonly place: Place }, problems: Problem[]) {
  const found = aggregations.find((one) => one === (row.aggregation === '' ? 'sum' : row.aggregation));
  if (found === undefined)
    problems.push(
      problem('field_malformed', row.place, 'aggregation', row.aggregation, `one of ${aggregations.join(', ')}`),
    );
  return found;
}

/** The key that a side's meter is joined on, and whether the mapping knows it. */
export function meterKey(
  meters: MeterMapping,
  side: Side,
  ref: string,
): { readonly key: string; readonly isMapped: boolean } {
  const known = meters.keys[side].get(ref);
  if (known !== undefined) return { key: known, isMapped: true };
  // The same spelling on the other side is mapped to something else there, so it is not what this one means.
  const isAlone = meters.hasMeters || meters.keys[otherSide(side)].has(ref);
  return { key: isAlone ? `${side}:${ref}` : ref, isMapped: !isAlone };
}

/** A meter by its key: billed as the product that the file names, or as the product that is called as the meter is. */
export function meterOf(meters: MeterMapping, mapping: Mapping, key: string): Meter {
  const stated = meters.stated.get(key);
  const product = stated === undefined || stated.product === '' ? key : stated.product;
  const chargeKey = mapCharge(mapping, 'legacy', product).key;
  return { key, chargeKey, aggregation: stated?.aggregation ?? 'sum' };
}
