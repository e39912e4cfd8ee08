import type { Line, Place } from '../model/document.js';
import { parseChargeKey, parseCustomerKey, type ChargeKey, type CustomerKey } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { type Problem, problem } from '../model/problem.js';
import type { Side } from '../model/side.js';

/** One row of a mapping file: what the legacy system calls it, and what Solvimon calls it. */
export type MappingRow = { readonly legacy: string; readonly solvimon: string; readonly place: Place };

/** How ids of both systems become the keys they are joined on. Built once per run; lookups are pure. */
export type Mapping = {
  readonly customers: Readonly<Record<Side, ReadonlyMap<string, CustomerKey>>>;
  readonly charges: Readonly<Record<Side, ReadonlyMap<string, ChargeKey>>>;
  /** True when a file was given: a customer or product that is not in it is then unmapped. */
  readonly hasCustomers: boolean;
  readonly hasProducts: boolean;
  /** True: an unmapped id never joins by being spelled alike on both sides. */
  readonly strict: boolean;
};

export const identityMapping: Mapping = {
  customers: { legacy: new Map(), solvimon: new Map() },
  charges: { legacy: new Map(), solvimon: new Map() },
  hasCustomers: false,
  hasProducts: false,
  strict: false,
};

/** Charge key of a line that names no product and no price. */
export const noProduct = '(no product)' as ChargeKey;
/** Charge key of a discount on the document as a whole. */
export const documentDiscount = '(document discount)' as ChargeKey;

/**
 * Builds the mapping from the rows of both files. Customers are one-to-one: a second row for either id is a problem.
 * Products may be one-to-one, many-to-one and one-to-many: ids that are connected through rows share one charge key, named
 * after the smallest legacy id of the group, so that the key does not depend on the order of the rows.
 */
export function buildMapping(input: {
  readonly customers: readonly MappingRow[] | null;
  readonly products: readonly MappingRow[] | null;
  readonly strict: boolean;
}): { readonly mapping: Mapping; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const customers = customerKeys(input.customers ?? [], problems);
  const charges = chargeKeys(input.products ?? [], problems);
  return {
    mapping: {
      customers,
      charges,
      hasCustomers: input.customers !== null,
      hasProducts: input.products !== null,
      strict: input.strict,
    },
    problems,
  };
}

function customerKeys(rows: readonly MappingRow[], problems: Problem[]): Mapping['customers'] {
  const legacy = new Map<string, CustomerKey>();
  const solvimon = new Map<string, CustomerKey>();
  for (const row of rows) {
    const key = parseCustomerKey(row.legacy);
    if (key === undefined || row.solvimon === '') {
      problems.push(
        problem(
          'field_missing',
          row.place,
          'legacy, solvimon',
          `${row.legacy},${row.solvimon}`,
          'both customer ids are needed',
        ),
      );
      continue;
    }
    for (const [side, map, id] of [
      ['legacy', legacy, row.legacy],
      ['solvimon', solvimon, row.solvimon],
    ] as const) {
      if (map.has(id))
        problems.push(problem('id_duplicate', row.place, side, id, 'each customer may stand in one row only'));
    }
    if (!legacy.has(row.legacy) && !solvimon.has(row.solvimon)) {
      legacy.set(row.legacy, key);
      solvimon.set(row.solvimon, key);
    }
  }
  return { legacy, solvimon };
}

function chargeKeys(rows: readonly MappingRow[], problems: Problem[]): Mapping['charges'] {
  const parent = new Map<string, string>();
  const root = (node: string): string => {
    let at = node;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  for (const row of rows) {
    if (parseChargeKey(row.legacy) === undefined || parseChargeKey(row.solvimon) === undefined) {
      problems.push(
        problem(
          'field_missing',
          row.place,
          'legacy, solvimon',
          `${row.legacy},${row.solvimon}`,
          'both product ids are needed',
        ),
      );
      continue;
    }
    const [a, b] = [root(`l ${row.legacy}`), root(`s ${row.solvimon}`)];
    // The smaller name wins, and 'l …' sorts before 's …': the group is named after its smallest legacy id.
    const [first, second] = a < b ? [a, b] : [b, a];
    parent.set(first, first);
    parent.set(second, first);
    for (const node of [`l ${row.legacy}`, `s ${row.solvimon}`]) if (!parent.has(node)) parent.set(node, first);
  }
  const legacy = new Map<string, ChargeKey>();
  const solvimon = new Map<string, ChargeKey>();
  for (const node of parent.keys()) {
    const key = parseChargeKey(root(node).slice(2));
    invariant(key !== undefined, 'a mapped product has a key', { node });
    (node.startsWith('l ') ? legacy : solvimon).set(node.slice(2), key);
  }
  return { legacy, solvimon };
}

/** The key that a side's customer id is joined on, and whether the mapping knows it. */
export function mapCustomer(
  mapping: Mapping,
  side: Side,
  ref: string,
): { readonly key: CustomerKey; readonly isMapped: boolean } {
  const known = mapping.customers[side].get(ref);
  if (known !== undefined) return { key: known, isMapped: true };
  const key = parseCustomerKey(mapping.strict && mapping.hasCustomers ? `${side}:${ref}` : ref);
  invariant(key !== undefined, 'an adapter gives a readable customer id', { ref });
  return { key, isMapped: !mapping.hasCustomers || !mapping.strict };
}

/** The charge key of a product or price id of a side, and whether the mapping knows it. */
export function mapCharge(
  mapping: Mapping,
  side: Side,
  ref: string,
): { readonly key: ChargeKey; readonly isMapped: boolean } {
  const known = mapping.charges[side].get(ref);
  if (known !== undefined) return { key: known, isMapped: true };
  const key = parseChargeKey(mapping.strict && mapping.hasProducts ? `${side}:${ref}` : ref);
  invariant(key !== undefined, 'an adapter gives a readable product id', { ref });
  return { key, isMapped: !mapping.hasProducts };
}

/** What a line is for in its own system's words: price before product only when the mapping names the price. */
export function chargeRef(mapping: Mapping, side: Side, line: Pick<Line, 'productRef' | 'priceRef'>): string | null {
  if (line.priceRef !== null && mapping.charges[side].has(line.priceRef)) return line.priceRef;
  return line.productRef ?? line.priceRef;
}
