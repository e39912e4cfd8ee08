import { noPriceFacts, type PriceFacts, type TierSlice } from '../../model/document.js';
import { type Decimal, type DecimalText, sumText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import { decimalOf, isObject, type JsonObject, objectsOf } from '../http/json.js';

/*
 * Prices of a fee come without a scale: the documents show `precise_unit_amount` both in units of the currency and in its
 * subunits. The fee's own arithmetic tells which, and a price that gives the amount in neither is not shown.
 */

export type Priced = {
  readonly amount: DecimalText;
  readonly quantity: DecimalText | null;
  /** One subunit of the currency, such as 0.01. */
  readonly unit: Decimal;
};

/** The unit price in major units; null when it does not explain the amount, or there is none. */
export function unitPriceOf(fee: JsonObject, { amount, quantity, unit }: Priced): DecimalText | null {
  const stated = decimalOf(fee['precise_unit_amount']);
  if (stated === undefined || quantity === null || quantity === zero) return null;
  const fits = (price: Decimal) => price.times(quantity).minus(amount).abs().lte(unit);
  if (fits(toDecimal(stated))) return stated;
  const scaled = toDecimal(stated).times(unit);
  return fits(scaled) ? toDecimalText(scaled) : null;
}

/** The graduated ranges of a fee as tiers; none when they do not add up to the amount. */
export function tiersOf(fee: JsonObject, { amount, unit }: Priced): readonly TierSlice[] {
  const rows = objectsOf(detailsOf(fee)['graduated_ranges']).map(readRange);
  const known = rows.filter((row) => row !== null);
  if (known.length === 0 || known.length !== rows.length) return [];
  const sum = toDecimal(sumText(known.map((row) => row.total)));
  // Each range is rounded by itself, so the sum may be off by one subunit for each.
  const fits = (factor: Decimal) => sum.times(factor).minus(amount).abs().lte(unit.times(known.length));
  const factor = [unit.pow(0), unit].find(fits);
  if (factor === undefined) return [];
  const scaled = (text: DecimalText) => toDecimalText(toDecimal(text).times(factor));
  return known.map((row, index) => ({
    // Both ends of a range are included, so it begins after the one before.
    from: index === 0 ? row.from : (known[index - 1]?.to ?? row.from),
    to: row.to,
    quantity: row.units,
    unitPrice: scaled(row.price),
    flat: row.flat === zero ? null : scaled(row.flat),
    amount: scaled(row.total),
  }));
}

function readRange(row: JsonObject) {
  const read = (key: string) => decimalOf(row[key]);
  const [units, from, price, total] = ['units', 'from_value', 'per_unit_amount', 'total_with_flat_amount'].map(read);
  if (units === undefined || from === undefined || price === undefined || total === undefined) return null;
  return { units, from, price, total, to: read('to_value') ?? null, flat: read('flat_unit_amount') ?? zero };
}

/** What a fee says about how it was priced. */
export function factsOf(fee: JsonObject): PriceFacts {
  const details = detailsOf(fee);
  const isGraduated = objectsOf(details['graduated_ranges']).length > 0;
  const isVolume = isObject(details['volume_ranges']) || objectsOf(details['volume_ranges']).length > 0;
  const free = decimalOf(details['free_units']);
  return {
    ...noPriceFacts,
    tierMode: isGraduated ? 'graduated' : isVolume ? 'volume' : null,
    includedVolume: free === undefined || free === zero ? null : free,
    blockSize: decimalOf(details['per_package_size']) ?? null,
  };
}

const detailsOf = (fee: JsonObject): JsonObject => (isObject(fee['amount_details']) ? fee['amount_details'] : {});
