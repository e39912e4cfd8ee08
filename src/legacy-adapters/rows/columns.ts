import { type Problem, problem } from '../../model/problem.js';
import { columnNames, requiredFields, type RowField, rowFields, type RowOptions } from './shape.js';

/**
 * Where each canonical field stands in a header. A column that is needed or configured and not there, and one that stands
 * twice, are named together in one problem: which of two columns counts is not guessed.
 */
export function resolveColumns(
  header: readonly string[],
  options: Pick<RowOptions, 'columns' | 'default_currency' | 'presetColumns'>,
  file: string,
  line: number,
): { readonly at: ReadonlyMap<RowField, number>; readonly problem: Problem | null } {
  const titles = header.map((title) => title.trim());
  const at = new Map<RowField, number>();
  const faults: string[] = [];
  for (const field of rowFields) {
    const names = columnNames(field, options.columns);
    const name = names.find((one) => titles.includes(one));
    if (name === undefined) {
      if (isNeeded(field, options)) faults.push(names.join(' or '));
      continue;
    }
    if (titles.indexOf(name) !== titles.lastIndexOf(name)) faults.push(`${name} (stands twice)`);
    at.set(field, titles.indexOf(name));
  }
  const expected = 'these columns once in the header, or other names under columns: in the configuration';
  return {
    at,
    problem:
      faults.length === 0
        ? null
        : problem('column_missing', { file, line }, faults.join(', '), header.join(', '), expected),
  };
}

function isNeeded(
  field: RowField,
  options: Pick<RowOptions, 'columns' | 'default_currency' | 'presetColumns'>,
): boolean {
  if (field === 'currency' && options.default_currency !== undefined) return false;
  const isWritten = options.columns[field] !== undefined && options.presetColumns?.has(field) !== true;
  return isWritten || (requiredFields as readonly string[]).includes(field);
}

/** The problem of a file in which not even a header stands: an export of an empty month still has one. */
export function withoutHeader(file: string): Problem {
  return problem('column_missing', { file, line: 1 }, null, null, 'a header; the file is empty');
}
