import type { TierSlice } from '../model/document.js';
import { type DecimalText, sumText, zero } from '../model/money.js';
import type { JsonObject, Reader } from './shape.js';

/**
 * The tiers of a line: its sub-lines (one per tier), or its own band when the tiers stand as lines of their own (contract
 * 7.1, row 7). The same tier of several child customers is one tier; a currency conversion is none.
 */
export function toTiers(
  raw: JsonObject,
  reader: Reader,
  path: string,
  signed: (text: DecimalText) => DecimalText,
): readonly TierSlice[] {
  // A step costs its fee once, however much of it is used; the band's amount is that fee (contract 4.1).
  const isStep = reader.text(raw, 'pricing_type')?.startsWith('STAIR_STEP') === true;
  const subs = reader.objects(raw, 'sub_lines', path);
  const slices = subs.flatMap((sub, index) => {
    const details = reader.object(sub, 'details');
    if (details === null || reader.text(sub, 'type') === 'USAGE_BASED_CONVERSION') return [];
    return toTier(details, reader, `${path}sub_lines[${index}].details.`, signed, isStep);
  });
  if (subs.some((sub) => childOf(sub, reader) !== null)) return mergeTiers(slices);
  const details = reader.object(raw, 'details');
  const band = details === null ? null : reader.object(details, 'band');
  const isTierLine =
    band !== null && (reader.object(band, 'tier_lower_bound') ?? reader.object(band, 'tier_top_bound')) !== null;
  if (slices.length > 0 || details === null || !isTierLine) return slices;
  return toTier(details, reader, `${path}details.`, signed, isStep);
}

function toTier(
  details: JsonObject,
  reader: Reader,
  at: string,
  signed: (text: DecimalText) => DecimalText,
  isStep: boolean,
): readonly TierSlice[] {
  const band = reader.object(details, 'band');
  if (band === null) return [];
  const bound = (key: string) => {
    const value = reader.object(band, key);
    return value === null ? null : reader.decimal(value, 'number', `${at}band.${key}.`);
  };
  const meter = reader.object(details, 'meter_value');
  const amount = reader.amount(details, 'amount', at);
  const price = reader.amount(band, 'amount', `${at}band.`)?.quantity ?? null;
  return [
    {
      from: bound('tier_lower_bound') ?? zero,
      to: bound('tier_top_bound'),
      quantity: (meter === null ? null : reader.decimal(meter, 'number', `${at}meter_value.`)) ?? zero,
      unitPrice: isStep ? null : price,
      flat: isStep ? price : null,
      amount: signed(amount?.quantity ?? zero),
    },
  ];
}

function mergeTiers(slices: readonly TierSlice[]): readonly TierSlice[] {
  const merged = new Map<string, TierSlice>();
  for (const slice of slices) {
    const key = `${slice.from} ${slice.to ?? ''} ${slice.unitPrice ?? ''}`;
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined
        ? slice
        : {
            ...known,
            quantity: sumText([known.quantity, slice.quantity]),
            amount: sumText([known.amount, slice.amount]),
          },
    );
  }
  return [...merged.values()];
}

/** The child customer whose part of a parent's line this is (contract 4.8). */
export function childOf(sub: JsonObject, reader: Reader): string | null {
  return reader.text(sub, 'processing_only_customer_id') ?? reader.text(sub, 'processing_only_customer_resource_id');
}
