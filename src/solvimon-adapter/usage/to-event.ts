import type { Place } from '../../model/document.js';
import { parseCustomerKey } from '../../model/ids.js';
import { parseDecimalText } from '../../model/money.js';
import { type Instant, parseInstant } from '../../model/period.js';
import { isWellFormed, problem, type Problem } from '../../model/problem.js';
import type { RejectedUsage, UsageEvent, UsageOutcome } from '../../model/usage.js';
import { isObject, type Json, type JsonObject, jsonText } from '../shape.js';

/** What the configuration says about meters that an event alone does not tell. */
export type ToEventOptions = {
  /** Meter reference → the reference of its value that is billed, for meters with several. */
  readonly meterValues: Readonly<Record<string, string>>;
  /** Meter reference → the reference of the property whose different values are counted. */
  readonly uniqueBy: Readonly<Record<string, string>>;
};

/** `processed_details.type` (contract 2.7); an event without it was taken in and is billed. */
const outcomes: ReadonlyMap<string, UsageOutcome> = new Map([
  ['DEFAULT', 'counted'],
  ['NOT_MATCHED', 'not_matched'],
  ['DUPLICATE', 'duplicate'],
]);

/**
 * Translates one `MeterData` of GET /events: an event, or a rejection that names every problem of it. Pure. The meter is
 * `meter_reference`, the time `timestamp`, the moment of arrival `created_at`, all as contract 2.7 names them.
 */
export function toUsageEvent(raw: JsonObject, place: Place, options: ToEventOptions): UsageEvent | RejectedUsage {
  const reader = new EventReader(raw, place);
  const [reference, customer, meter] = [
    reader.text('reference', false),
    reader.id('customer_reference', 'customer'),
    reader.id('meter_reference', 'meter'),
  ];
  const [at, ingestedAt] = [reader.instant('timestamp', true), reader.instant('created_at', false)];
  const quantity = reader.quantity(meter === null ? undefined : options.meterValues[meter]);
  const { outcome, reason } = reader.outcome();
  const property = meter === null ? undefined : options.uniqueBy[meter];
  const uniqueKey = property === undefined ? null : reader.property(property);
  const [first, ...rest] = reader.problems;
  if (first !== undefined || customer === null || meter === null || at === null || quantity === null) {
    const named = first ?? problem('field_missing', place, null, null, 'a whole event');
    return { type: 'rejected', reference, customer, meter, problems: [named, ...rest], place };
  }
  return {
    type: 'event',
    reference,
    customer,
    meter,
    at,
    quantity,
    uniqueKey,
    ingestedAt,
    outcome,
    outcomeReason: reason,
  };
}

/** Reads the fields of one event and notes every fault. Class, because it gathers. */
class EventReader {
  readonly problems: Problem[] = [];
  readonly #raw: JsonObject;
  readonly #place: Place;

  constructor(raw: JsonObject, place: Place) {
    this.#raw = raw;
    this.#place = place;
  }

  text(field: string, isNeeded: boolean): string | null {
    const value = this.#raw[field];
    if (value === undefined || value === null || value === '') {
      if (isNeeded) this.#note('field_missing', field, null, 'text');
      return null;
    }
    if (typeof value === 'string' && isWellFormed(value) && !value.includes('\0')) return value;
    this.#note('field_malformed', field, value, 'text');
    return null;
  }

  /** An id as the fields of an event have it, or as the embedded resource does when the reply was expanded. */
  id(field: string, resource: string): string | null {
    const embedded = this.#raw[resource];
    const isEmbedded = (this.#raw[field] ?? null) === null && isObject(embedded);
    const value = isEmbedded ? embedded['reference'] : this.#raw[field];
    if (typeof value === 'string' && parseCustomerKey(value) !== undefined && isWellFormed(value)) return value;
    const isMissing = value === undefined || value === null || value === '';
    this.#note(
      isMissing ? 'field_missing' : 'field_malformed',
      field,
      value ?? null,
      'an id of at most 500 characters',
    );
    return null;
  }

  instant(field: string, isNeeded: boolean): Instant | null {
    const value = this.text(field, isNeeded);
    if (value === null) return null;
    const at = parseInstant(value);
    if (at !== undefined) return at;
    const isLocal =
      /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(value) && !/(Z|[+-]\d{2}(:?\d{2})?)$/.test(value.slice(10));
    this.#note(isLocal ? 'timestamp_without_zone' : 'date_malformed', field, value, 'a time with its offset');
    return null;
  }

  /** The value that is billed: the only one, or the one that the configuration names for a meter with several. */
  quantity(named: string | undefined) {
    const values = this.#raw['meter_values'];
    const list = Array.isArray(values) ? values.filter(isObject) : [];
    const fitting = named === undefined ? list : list.filter((one) => one['reference'] === named);
    const [only] = fitting;
    if (only === undefined || fitting.length > 1) {
      const expected =
        named === undefined
          ? 'one meter value; for a meter with several, name the one that is billed under usage.solvimon.meter_values'
          : `one meter value with the reference ${named}`;
      this.#note(list.length === 0 ? 'field_missing' : 'field_malformed', 'meter_values', values ?? null, expected);
      return null;
    }
    return this.#number(only);
  }

  #number(value: JsonObject) {
    const { number, count, amount } = value;
    const stated = number ?? count ?? (isObject(amount) ? amount['quantity'] : undefined);
    const read = typeof stated === 'string' ? parseDecimalText(stated) : undefined;
    if (read === undefined)
      this.#note('amount_malformed', 'meter_values.number', stated ?? null, 'decimal text with a point');
    return read ?? null;
  }

  outcome(): { readonly outcome: UsageOutcome; readonly reason: string | null } {
    if (this.#raw['deleted'] === true) return { outcome: 'deleted', reason: null };
    const details = this.#raw['processed_details'];
    if (!isObject(details) || (details['type'] ?? null) === null) return { outcome: 'counted', reason: null };
    const type = details['type'];
    const outcome = typeof type === 'string' ? outcomes.get(type) : undefined;
    if (outcome === undefined) {
      this.#note('kind_unknown', 'processed_details.type', type ?? null, [...outcomes.keys()].join(', '));
      return { outcome: 'counted', reason: null };
    }
    return { outcome, reason: reasonOf(details) };
  }

  property(reference: string): string | null {
    const list = this.#raw['meter_properties'];
    const found = (Array.isArray(list) ? list : []).filter(isObject).find((one) => one['reference'] === reference);
    const value = found?.['value'];
    if (typeof value === 'string' && value !== '') return value;
    this.#note('field_missing', `meter_properties.${reference}`, value ?? null, 'what this meter counts');
    return null;
  }

  #note(code: Problem['code'], field: string, value: Json, expected: string): void {
    const shown = value === null ? null : typeof value === 'string' ? value : jsonText(value);
    this.problems.push(problem(code, this.#place, field, shown, expected));
  }
}

function reasonOf(details: JsonObject): string | null {
  const [unmatched, duplicate] = [details['not_matched'], details['duplicate']];
  if (isObject(unmatched) && typeof unmatched['variant'] === 'string') return unmatched['variant'];
  const of = details['duplicate_of_meter_data_id'] ?? (isObject(duplicate) ? duplicate['of_meter_data_id'] : undefined);
  return typeof of === 'string' ? `duplicate of ${of}` : null;
}
