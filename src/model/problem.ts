import type { CurrencyCode } from './currency.js';
import type { Place } from './document.js';

/** Ways in which a record from a source can be unreadable. Each names a field and says what was expected. */
export const problemCodes = [
  'amount_malformed',
  'amount_out_of_scale',
  'currency_unknown',
  'currency_mixed',
  'column_missing',
  'field_missing',
  'field_malformed',
  'date_malformed',
  'date_ambiguous',
  'timestamp_without_zone',
  'period_inverted',
  'id_duplicate',
  'id_damaged',
  'encoding_broken',
  'row_malformed',
  'totals_differ',
  'lines_missing',
  'lines_not_contiguous',
  'kind_unknown',
  'json_malformed',
  'file_missing',
  'file_changed',
  'control_total_differs',
  'too_large',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/**
 * One thing wrong with the input, complete enough for a person to find and mend it: the place, the field, the value as
 * read (cut to 200 characters) and what was expected instead.
 */
export type Problem = {
  readonly code: ProblemCode;
  readonly place: Place;
  readonly field: string | null;
  readonly value: string | null;
  readonly expected: string;
};

/** A record that could not be read as a document. Whatever identity could be read is kept, so that its counterpart is not called missing. */
export type RejectedDocument = {
  readonly id: string;
  readonly customerRef: string | null;
  readonly currency: CurrencyCode | null;
  readonly problems: readonly [Problem, ...Problem[]];
  readonly place: Place;
};

const maxValueLength = 200;

/**
 * A problem with its value cut to a length that fits a table. NUL and halves of characters are shown as ␀ and �: neither
 * a terminal nor Postgres can hold them.
 */
export function problem(
  code: ProblemCode,
  place: Place,
  field: string | null,
  value: string | null,
  expected: string,
): Problem {
  const cut = value !== null && value.length > maxValueLength ? `${value.slice(0, maxValueLength)}…` : value;
  const shown = cut?.replaceAll('\0', '␀').replaceAll(/\p{Surrogate}/gu, '�') ?? null;
  return { code, place, field, value: shown, expected };
}

/** "invoices.csv:17 amount "12,5O" — expected …" in one line. */
export function describeProblem(item: Problem): string {
  const at = item.place.file === undefined ? (item.place.requestId ?? 'input') : item.place.file;
  const line = item.place.line === undefined ? '' : `:${item.place.line}`;
  const field = item.field === null ? '' : ` ${item.field}`;
  const value = item.value === null ? '' : ` ${JSON.stringify(item.value)}`;
  return `${at}${line}${field}${value}: ${item.expected} (${item.code})`;
}

/** False for text with half a surrogate pair. ES2024, in Node from 20 on. */
export function isWellFormed(text: string & { isWellFormed?(): boolean }): boolean {
  return text.isWellFormed?.() !== false;
}
