import type { TierSlice } from '../../model/document.js';
import { type DecimalText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import type { JsonObject } from '../http/json.js';
import type { Reader } from '../http/reader.js';

/**
 * The tiers that a line was billed by, from the rows of `line_item_tiers` that name it. Whole-number tiers count their
 * units from 1 and include both ends, so the first begins after 0; tiers in decimals begin where the one before ends.
 * What is missing is noted.
 */
export function toTiers(
  rows: readonly JsonObject[],
  pricingModel: string | null,
  reader: Reader,
  path: string,
): readonly TierSlice[] {
  return rows.map((row) => {
    const quantity = either(row, 'quantity_used', reader, path) ?? missing('quantity_used', reader, path);
    const price =
      reader.decimal(row, 'unit_amount_in_decimal', path) ??
      reader.price(row, ['unit_amount'], path) ??
      missing('unit_amount', reader, path);
    // A stair step is one price for the whole tier, however many units of it were used.
    const isFlat = pricingModel === 'stairstep' || row['pricing_type'] === 'flat_fee';
    return {
      from: startOf(row, reader, path),
      to: either(row, 'ending_unit', reader, path),
      quantity,
      unitPrice: isFlat ? null : price,
      flat: isFlat ? price : null,
      amount: isFlat ? signed(price, reader) : signed(amountOf(row, quantity, price, reader, path), reader),
    };
  });
}

function startOf(row: JsonObject, reader: Reader, path: string): DecimalText {
  const exact = reader.decimal(row, 'starting_unit_in_decimal', path);
  if (exact !== null) return exact;
  const whole = reader.decimal(row, 'starting_unit', path) ?? missing('starting_unit', reader, path);
  return whole === zero ? zero : toDecimalText(toDecimal(whole).minus(1));
}

/** A package is billed whole, so begun packages are counted: ceiling, nothing else is rounded. */
function amountOf(row: JsonObject, quantity: DecimalText, price: DecimalText, reader: Reader, path: string) {
  const size = row['pricing_type'] === 'package' ? reader.decimal(row, 'package_size', path) : null;
  const units = size === null || size === zero ? toDecimal(quantity) : toDecimal(quantity).div(size).ceil();
  return toDecimalText(units.times(price));
}

const signed = (amount: DecimalText, reader: Reader): DecimalText =>
  toDecimalText(toDecimal(amount).times(reader.sign));

function either(row: JsonObject, key: string, reader: Reader, path: string): DecimalText | null {
  return reader.decimal(row, `${key}_in_decimal`, path) ?? reader.decimal(row, key, path);
}

/** Notes a figure that is not there; the document is then rejected, so the zero is never seen. */
function missing(key: string, reader: Reader, path: string): DecimalText {
  reader.note('field_missing', `${path}${key}`, undefined, 'a number; missing is not zero');
  return zero;
}
