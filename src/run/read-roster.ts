import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { AppError } from '../errors.js';
import { parseCurrency } from '../model/currency.js';
import { parseCustomerKey, parseCycleId } from '../model/ids.js';
import { parseDecimalText } from '../model/money.js';
import { describeProblem, problem, type Problem } from '../model/problem.js';
import type { RosterEntry } from '../store/rosters.js';

/** The expected customers of a file, with the identity of its bytes. */
export type RosterFile = {
  readonly file: string;
  readonly inputHash: string;
  readonly entries: readonly RosterEntry[];
};

const known = [
  'name',
  'customer',
  'currency',
  'country',
  'plan',
  'mrr',
  'usage',
  'is_usage',
  'cohort',
  'starts',
  'ends',
  'exclusion',
  'events',
] as const;
type Column = (typeof known)[number];
const featureForm = /^feature_[a-z0-9_]{1,39}$/;

/**
 * Reads the roster: contract data, one row per customer and currency. Columns: customer and currency (required), country,
 * plan, mrr (monthly amount, major units), usage or is_usage (true or false), cohort, starts and ends (first and last
 * expected cycle), exclusion (why the customer may not move now), events (names between blanks), name (not kept), and
 * feature_<name> for whatever else coverage should look at. Throws AppError `config_invalid` with every problem of the file at once: a roster read in part would hide
 * customers whom nobody bills.
 */
export async function readRoster(path: string): Promise<RosterFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new AppError('config_invalid', { detail: `the roster ${path} could not be read`, cause: error });
  });
  const problems: Problem[] = [];
  const rows = readRows(path, bytes, problems);
  const entries = rows.flatMap(({ cells, line }) => {
    const entry = toEntry(cells, { file: path, line }, problems);
    return entry === undefined ? [] : [entry];
  });
  const seen = new Map<string, number>();
  for (const [index, { customer, currency }] of entries.entries()) {
    const key = `${customer}\u001f${currency}`;
    const first = seen.get(key);
    const line = rows[index]?.line ?? 0;
    if (first === undefined) seen.set(key, line);
    else
      problems.push(
        problem(
          'id_duplicate',
          { file: path, line },
          'customer',
          customer,
          `one row per customer and currency; line ${first} has it too`,
        ),
      );
  }
  if (problems.length === 0 && entries.length === 0)
    problems.push(problem('row_malformed', { file: path }, null, null, 'at least one customer'));
  if (problems.length > 0)
    throw new AppError('config_invalid', {
      detail: `\n${problems.map(describeProblem).join('\n')}\n${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the roster`,
      context: { problems },
    });
  return { file: path, inputHash: createHash('sha256').update(bytes).digest('hex'), entries };
}

type Row = { readonly cells: ReadonlyMap<string, string>; readonly line: number };

function readRows(file: string, bytes: Buffer, problems: Problem[]): readonly Row[] {
  let records: readonly { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    // With `info` each record comes with its line; the library's types speak of plain records only.
    records = parse(bytes, options) as unknown as typeof records;
  } catch (error) {
    problems.push(
      problem('row_malformed', { file }, null, error instanceof Error ? error.message : null, 'a CSV file in UTF-8'),
    );
    return [];
  }
  const [header, ...body] = records;
  const names = header?.record ?? [];
  for (const name of ['customer', 'currency'])
    if (!names.includes(name))
      problems.push(
        problem('column_missing', { file, line: 1 }, name, names.join(','), `a header with the column ${name}`),
      );
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index)
      problems.push(problem('column_missing', { file, line: 1 }, name, name, 'each column once'));
    if (!known.some((one) => one === name) && !featureForm.test(name))
      problems.push(
        problem('column_missing', { file, line: 1 }, name, name, `one of ${known.join(', ')}, or feature_<name>`),
      );
  }
  if (problems.length > 0) return [];
  return body.flatMap(({ record, info }) => {
    if (record.length !== names.length) {
      problems.push(
        problem(
          'row_malformed',
          { file, line: info.lines },
          null,
          record.join(','),
          `${names.length} cells, as in the header; here are ${record.length}`,
        ),
      );
      return [];
    }
    return [{ cells: new Map(names.map((name, index) => [name, record[index] ?? ''])), line: info.lines }];
  });
}

function toEntry(
  cells: ReadonlyMap<string, string>,
  place: { readonly file: string; readonly line: number },
  problems: Problem[],
): RosterEntry | undefined {
  const before = problems.length;
  const cell = (name: Column) => (cells.get(name) === '' ? null : (cells.get(name) ?? null));
  const check = (name: Column, isFine: (value: string) => boolean, expected: string, isRequired = false) => {
    const value = cell(name);
    if (value === null ? isRequired : !isFine(value))
      problems.push(problem(value === null ? 'field_missing' : 'field_malformed', place, name, value, expected));
    return value;
  };
  const isAmount = (value: string) => parseDecimalText(value)?.startsWith('-') === false;
  const isCycle = (value: string) => parseCycleId(value) !== undefined;
  const customer = check('customer', (value) => parseCustomerKey(value) !== undefined, 'a customer id', true);
  const currency = check('currency', (value) => parseCurrency(value) !== undefined, 'an ISO 4217 code, e.g. EUR', true);
  const mrr = check(
    'mrr',
    isAmount,
    "an amount of zero or more, e.g. '49.00', or nothing when the contract does not say",
  );
  const usage = check(
    cells.has('is_usage') ? 'is_usage' : 'usage',
    (value) => value === 'true' || value === 'false',
    'true or false',
  );
  const starts = check('starts', isCycle, 'a cycle, e.g. 2026-10');
  const ends = check('ends', isCycle, 'a cycle, e.g. 2026-10');
  if (problems.length > before || customer === null || currency === null) return undefined;
  const features = [...cells].filter(([name]) => !known.some((one) => one === name));
  return {
    customer,
    currency,
    country: cell('country'),
    plan: cell('plan'),
    mrr: mrr === null ? null : (parseDecimalText(mrr) ?? null),
    hasUsage: usage === null ? null : usage === 'true',
    cohort: cell('cohort'),
    starts,
    ends,
    exclusion: cell('exclusion'),
    features: Object.fromEntries(
      features.map(([name, value]) => [name.slice('feature_'.length), value === '' ? 'none' : value]),
    ),
    events: (cell('events') ?? '').split(/\s+/).filter((event) => event !== ''),
  };
}
