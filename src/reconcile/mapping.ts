import type { Line, Place } from '../model/document.js';
import { parseChargeKey, parseCustomerKey, type ChargeKey, type CustomerKey } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { type Problem, problem } from '../model/problem.js';
import { otherSide, type Side } from '../model/side.js';

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
 * Builds the mapping from the rows of both files. Customers and products alike may be one-to-one, many-to-one and
 * one-to-many: ids that are connected through rows share one key, named after the smallest legacy id among them, so that
 * it does not depend on the order of the rows. A row that stands twice, and a row that joins several ids with several, is
 * a problem: which of them was meant is not guessed.
 */
export function buildMapping(input: {
  readonly customers: readonly MappingRow[] | null;
  readonly products: readonly MappingRow[] | null;
  readonly strict: boolean;
}): { readonly mapping: Mapping; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const customers = joinIds(input.customers ?? [], 'customer', problems);
  const products = joinIds(input.products ?? [], 'product', problems);
  return {
    mapping: {
      customers: keysOf(customers, parseCustomerKey),
      charges: keysOf(products, parseChargeKey),
      hasCustomers: input.customers !== null,
      hasProducts: input.products !== null,
      strict: input.strict,
    },
    problems,
  };
}

/** Each id of a side → the smallest legacy id it is connected with. */
type Joined = Readonly<Record<Side, ReadonlyMap<string, string>>>;

/** The ids of meters that are joined through rows → the smallest legacy id among them. Mistakes are added to `problems`. */
export function joinMeterIds(rows: readonly MappingRow[], problems: Problem[]): Joined {
  return joinIds(rows, 'meter', problems);
}

type Mapped = 'customer' | 'product' | 'meter';

function joinIds(rows: readonly MappingRow[], what: Mapped, problems: Problem[]): Joined {
  const good = goodRows(rows, what, problems);
  const partners = { legacy: partnersOf(good, 'legacy'), solvimon: partnersOf(good, 'solvimon') };
  for (const row of good) checkConflict(row, partners, what, problems);
  const legacy = new Map<string, string>();
  const solvimon = new Map<string, string>();
  for (const row of good) {
    // Without conflicts one of the two has a single partner, so these are all the ids that are connected.
    const connected = partners.solvimon.get(row.solvimon)?.map((one) => one.legacy) ?? [];
    const smallest = [...connected, row.legacy].reduce((a, b) => (b < a ? b : a));
    legacy.set(row.legacy, smallest);
    solvimon.set(row.solvimon, smallest);
  }
  return { legacy, solvimon };
}

function goodRows(rows: readonly MappingRow[], what: Mapped, problems: Problem[]): readonly MappingRow[] {
  const seen = new Map<string, MappingRow>();
  return rows.filter((row) => {
    const shown = `${row.legacy},${row.solvimon}`;
    if (parseCustomerKey(row.legacy) === undefined || parseCustomerKey(row.solvimon) === undefined) {
      problems.push(problem('field_missing', row.place, 'legacy, solvimon', shown, `the ${what} ids of both systems`));
      return false;
    }
    const first = seen.get(shown);
    if (first !== undefined) {
      const expected = `a row that stands once; it stands on line ${lineOf(first)} too`;
      problems.push(problem('id_duplicate', row.place, 'legacy, solvimon', shown, expected));
      return false;
    }
    seen.set(shown, row);
    return true;
  });
}

function partnersOf(rows: readonly MappingRow[], side: Side): ReadonlyMap<string, readonly MappingRow[]> {
  const found = new Map<string, MappingRow[]>();
  for (const row of rows) {
    const known = found.get(row[side]);
    if (known === undefined) found.set(row[side], [row]);
    else known.push(row);
  }
  return found;
}

/** A row both of whose ids have other partners joins several with several: its money could belong to any of them. */
function checkConflict(
  row: MappingRow,
  partners: Readonly<Record<Side, ReadonlyMap<string, readonly MappingRow[]>>>,
  what: Mapped,
  problems: Problem[],
): void {
  const others = (side: Side) => (partners[side].get(row[side]) ?? []).filter((one) => one !== row);
  const [ofLegacy] = others('legacy');
  const [ofSolvimon] = others('solvimon');
  if (ofLegacy === undefined || ofSolvimon === undefined) return;
  const expected =
    `one ${what} joined with several, never several with several; ` +
    `${row.legacy} is joined with ${ofLegacy.solvimon} on line ${lineOf(ofLegacy)}, ${row.solvimon} with ${ofSolvimon.legacy} on line ${lineOf(ofSolvimon)}`;
  problems.push(problem('id_duplicate', row.place, 'legacy, solvimon', `${row.legacy},${row.solvimon}`, expected));
}

function lineOf(row: MappingRow): string {
  return String(row.place.line ?? '?');
}

function keysOf<Key extends string>(
  joined: Joined,
  parse: (text: string) => Key | undefined,
): Readonly<Record<Side, ReadonlyMap<string, Key>>> {
  const branded = (ids: ReadonlyMap<string, string>) =>
    new Map(
      [...ids].map(([id, smallest]) => {
        const key = parse(smallest);
        invariant(key !== undefined, 'a mapped id has a readable key', { id });
        return [id, key] as const;
      }),
    );
  return { legacy: branded(joined.legacy), solvimon: branded(joined.solvimon) };
}

/** The key that a side's customer id is joined on, and whether the mapping knows it. */
export function mapCustomer(
  mapping: Mapping,
  side: Side,
  ref: string,
): { readonly key: CustomerKey; readonly isMapped: boolean } {
  const known = mapping.customers[side].get(ref);
  if (known !== undefined) return { key: known, isMapped: true };
  const isAlone = (mapping.strict && mapping.hasCustomers) || mapping.customers[otherSide(side)].has(ref);
  const key = parseCustomerKey(isAlone ? `${side}:${ref}` : ref);
  invariant(key !== undefined, 'an adapter gives a readable customer id', { ref });
  return { key, isMapped: !isAlone };
}

/** The charge key of a product or price id of a side, and whether the mapping knows it. */
export function mapCharge(
  mapping: Mapping,
  side: Side,
  ref: string,
): { readonly key: ChargeKey; readonly isMapped: boolean } {
  const known = mapping.charges[side].get(ref);
  if (known !== undefined) return { key: known, isMapped: true };
  // The same spelling on the other side is mapped to something else there, so it is not what this one means.
  const isAlone = (mapping.strict && mapping.hasProducts) || mapping.charges[otherSide(side)].has(ref);
  const key = parseChargeKey(isAlone ? `${side}:${ref}` : ref);
  invariant(key !== undefined, 'an adapter gives a readable product id', { ref });
  return { key, isMapped: !mapping.hasProducts };
}

/** What a line is for in its own system's words: price before product only when the mapping names the price. */
export function chargeRef(mapping: Mapping, side: Side, line: Pick<Line, 'productRef' | 'priceRef'>): string | null {
  if (line.priceRef !== null && mapping.charges[side].has(line.priceRef)) return line.priceRef;
  return line.productRef ?? line.priceRef;
}
