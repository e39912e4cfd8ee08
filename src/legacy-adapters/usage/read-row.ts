import type { Place } from '../../model/document.js';
import { parseCustomerKey } from '../../model/ids.js';
import type { DecimalText } from '../../model/money.js';
import { endOfDate, type Instant, type Period, startOfDate } from '../../model/period.js';
import { isWellFormed, problem, type Problem, type ProblemCode } from '../../model/problem.js';
import type { RejectedUsage, UsageAggregate, UsageEvent } from '../../model/usage.js';
import { numberForm, readNumber } from '../rows/read-number.js';
import { readDay, readTime } from './read-time.js';
import { namesOf, requiredFields, type UsageField, usageFields, type UsageRowOptions } from './shape.js';

/** A row as text under canonical names. A field that has no column is absent; an empty cell is ''. */
export type UsageRow = {
  readonly place: Place;
  readonly cells: ReadonlyMap<UsageField, string>;
  /** What is wrong with the row as a whole, such as a cell too many. */
  readonly fault?: Problem;
};

type Read = UsageEvent | UsageAggregate | RejectedUsage;

/** Translates a row: an event, a count, or a rejection that names every problem of it. Pure. */
export function readUsageRow(row: UsageRow, options: UsageRowOptions): Read {
  const reader = new UsageRowReader(row, options);
  return options.layout === 'events' ? readEvent(reader, row) : readAggregate(reader, row);
}

function readEvent(reader: UsageRowReader, row: UsageRow): UsageEvent | RejectedUsage {
  const [reference, customer, meter] = [reader.text('reference'), reader.id('customer'), reader.id('meter')];
  const [at, quantity, uniqueKey] = [reader.instant('at'), reader.number('quantity'), reader.text('unique_key')];
  const rejected = reader.rejection({ reference, customer, meter }, row.place);
  if (rejected !== null || customer === null || meter === null || at === null || quantity === null)
    return rejected ?? reader.incomplete({ reference, customer, meter }, row.place);
  return {
    type: 'event',
    reference,
    customer,
    meter,
    at,
    quantity,
    uniqueKey,
    ingestedAt: null,
    outcome: 'counted',
    outcomeReason: null,
  };
}

function readAggregate(reader: UsageRowReader, row: UsageRow): UsageAggregate | RejectedUsage {
  const [customer, meter] = [reader.id('customer'), reader.id('meter')];
  const [period, sum, count] = [reader.period(), reader.number('quantity'), reader.count()];
  const rejected = reader.rejection({ reference: null, customer, meter }, row.place);
  if (rejected !== null || customer === null || meter === null || period === null || sum === null)
    return rejected ?? reader.incomplete({ reference: null, customer, meter }, row.place);
  return { type: 'aggregate', customer, meter, period, count, sum };
}

type Identity = Pick<RejectedUsage, 'reference' | 'customer' | 'meter'>;

/** Reads the cells of one row by the configured formats and notes every fault. Class, because it gathers. */
class UsageRowReader {
  readonly #row: UsageRow;
  readonly #options: UsageRowOptions;
  readonly #problems: Problem[];

  constructor(row: UsageRow, options: UsageRowOptions) {
    this.#row = row;
    this.#options = options;
    this.#problems = row.fault === undefined ? [] : [row.fault];
    for (const [field, value] of row.cells)
      if (value.includes('\uFFFD') || value.includes('\0') || !isWellFormed(value))
        this.#note('encoding_broken', field, value, 'text in the configured encoding, without NUL');
    if (row.fault === undefined)
      for (const field of requiredFields(options.layout))
        if (this.text(field) === null) this.#note('field_missing', field, null, 'a value');
  }

  text(field: UsageField): string | null {
    const value = this.#row.cells.get(field)?.trim();
    return value === undefined || value === '' ? null : value;
  }

  id(field: 'customer' | 'meter'): string | null {
    const value = this.text(field);
    if (value === null || parseCustomerKey(value) !== undefined) return value;
    this.#note('field_malformed', field, value, 'an id of at most 500 characters without control characters');
    return null;
  }

  number(field: 'quantity'): DecimalText | null {
    const value = this.text(field);
    if (value === null) return null;
    const read = readNumber(value, this.#options);
    if (read === undefined) this.#note('amount_malformed', field, value, numberForm(this.#options));
    return read ?? null;
  }

  count(): DecimalText | null {
    const value = this.text('count');
    if (value === null) return null;
    const read = readNumber(value, this.#options);
    if (read !== undefined && /^\d+$/.test(read)) return read;
    this.#note('amount_malformed', 'count', value, 'a whole number of events');
    return null;
  }

  instant(field: 'at' | 'period_start' | 'period_end'): Instant | null {
    const value = this.text(field);
    if (value === null) return null;
    const read = readTime(value, this.#options);
    if (read.at === null) this.#note(read.code, field, value, read.expected);
    return read.at;
  }

  /** The day, or the half-open period, that a count is of. */
  period(): Period | null {
    const day = this.text('day');
    if (day !== null) return this.#day(day);
    const [start, end] = [this.instant('period_start'), this.instant('period_end')];
    if (start === null || end === null) {
      if (this.text('period_start') === null || this.text('period_end') === null)
        this.#note('field_missing', 'day', null, 'a day, or period_start and period_end');
      return null;
    }
    if (start < end) return { start, end };
    this.#note('period_inverted', 'period_end', end, `a time after period_start ${start}`);
    return null;
  }

  #day(text: string): Period | null {
    const { timezone, time_format: format } = this.#options;
    const date = readDay(text, format);
    if (date === undefined) this.#note('date_malformed', 'day', text, 'a calendar day');
    else if (timezone === undefined)
      this.#note('timestamp_without_zone', 'day', text, 'the zone of the days under timezone');
    if (date === undefined || timezone === undefined) return null;
    const [start, end] = [startOfDate(date, timezone), endOfDate(date, timezone)];
    return start === undefined || end === undefined ? null : { start, end };
  }

  rejection(identity: Identity, place: Place): RejectedUsage | null {
    const [first, ...rest] = this.#problems;
    return first === undefined ? null : { type: 'rejected', ...identity, problems: [first, ...rest], place };
  }

  /** A row of which something is missing that no problem names yet. */
  incomplete(identity: Identity, place: Place): RejectedUsage {
    this.#note('row_malformed', 'quantity', null, 'a whole row');
    return this.rejection(identity, place) as RejectedUsage;
  }

  #note(code: ProblemCode, field: UsageField, value: string | null, expected: string): void {
    const names = namesOf(field, this.#options.columns);
    const shown = names.length === 1 && names[0] === field ? field : `${field} (column ${names.join(' or ')})`;
    this.#problems.push(problem(code, this.#row.place, shown, value, expected));
  }
}

/** Where each field stands in a header, or the problem that columns are missing or stand twice. */
export function resolveUsageColumns(
  header: readonly string[],
  options: UsageRowOptions,
  place: Place,
): { readonly at: ReadonlyMap<UsageField, number>; readonly problem: Problem | null } {
  const titles = header.map((title) => title.trim());
  const needed: ReadonlySet<UsageField> = new Set(requiredFields(options.layout));
  const at = new Map<UsageField, number>();
  const faults: string[] = [];
  for (const field of usageFields) {
    const names = namesOf(field, options.columns);
    const name = names.find((one) => titles.includes(one));
    if (name === undefined) {
      if (needed.has(field) || options.columns[field] !== undefined) faults.push(names.join(' or '));
      continue;
    }
    if (titles.indexOf(name) !== titles.lastIndexOf(name)) faults.push(`${name} (stands twice)`);
    at.set(field, titles.indexOf(name));
  }
  const expected = 'these columns once in the header, or other names under columns: in the configuration';
  const fault =
    faults.length === 0 ? null : problem('column_missing', place, faults.join(', '), header.join(', '), expected);
  return { at, problem: fault };
}
