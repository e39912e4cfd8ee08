import { invariant } from '../model/invariant.js';
import { compareText } from './text-order.js';

/** Larger problems are cut into pieces by the callers: the work grows with the cube. */
export const maxAssignment = 200;

/**
 * Cheapest one-to-one assignment of rows to columns by shortest augmenting paths (Jonker and Volgenant 1987, without
 * their initialisation): each of the fewer side gets a partner. Costs are whole numbers that stand for no money, so small that
 * no sum of `maxAssignment` of them leaves the range in which a JavaScript number is exact. Among assignments of
 * equal cost the one found depends only on the order of rows and columns, so callers sort both first.
 * Gives for every row its column, or -1.
 */
export function assign(costs: readonly (readonly number[])[], columnCount: number): readonly number[] {
  const rowCount = costs.length;
  if (rowCount === 0 || columnCount === 0) return costs.map(() => -1);
  if (rowCount > columnCount) {
    const flipped = Array.from({ length: columnCount }, (_unused, column) => costs.map((row) => row[column] ?? 0));
    const rowOfColumn = assign(flipped, rowCount);
    return costs.map((_unused, row) => rowOfColumn.indexOf(row));
  }
  invariant(columnCount <= maxAssignment, 'an assignment is cut into pieces first', { columnCount });
  const rowOfColumn = Array.from<number>({ length: columnCount + 1 }).fill(0);
  const rowPotential = Array.from<number>({ length: rowCount + 1 }).fill(0);
  const columnPotential = Array.from<number>({ length: columnCount + 1 }).fill(0);
  for (let row = 1; row <= rowCount; row += 1)
    augment(costs, columnCount, row, rowOfColumn, rowPotential, columnPotential);
  const result = Array.from<number>({ length: rowCount }).fill(-1);
  for (let column = 1; column <= columnCount; column += 1) {
    const row = rowOfColumn[column] ?? 0;
    if (row > 0) result[row - 1] = column - 1;
  }
  return result;
}

/**
 * As `assign`, for rows and columns that are the two sides: among assignments of equal cost the one found depends on which
 * of them the rows are, so the rows are always the side whose keys come first, and swapping the sides changes nothing (I3).
 */
export function assignAlike(
  costs: readonly (readonly number[])[],
  rowKeys: string,
  columnKeys: string,
): readonly number[] {
  const columnCount = costs[0]?.length ?? 0;
  if (compareText(columnKeys, rowKeys) >= 0) return assign(costs, columnCount);
  const turned = Array.from({ length: columnCount }, (_unused, column) => costs.map((row) => row[column] ?? 0));
  const rowOfColumn = assign(turned, costs.length);
  return costs.map((_unused, row) => rowOfColumn.indexOf(row));
}

/** Brings one more row into the matching; arrays count from 1, column 0 stands for "no column yet". */
function augment(
  costs: readonly (readonly number[])[],
  columnCount: number,
  newRow: number,
  rowOfColumn: number[],
  rowPotential: number[],
  columnPotential: number[],
): void {
  const shortest = Array.from<number>({ length: columnCount + 1 }).fill(Infinity);
  const previous = Array.from<number>({ length: columnCount + 1 }).fill(0);
  const isDone = Array.from<boolean>({ length: columnCount + 1 }).fill(false);
  rowOfColumn[0] = newRow;
  let column = 0;
  do {
    isDone[column] = true;
    const row = rowOfColumn[column] ?? 0;
    const [costsOfRow, potential] = [costs[row - 1] ?? [], rowPotential[row] ?? 0];
    let best = Infinity;
    let bestColumn = 0;
    for (let next = 1; next <= columnCount; next += 1) {
      if (isDone[next] === true) continue;
      const reduced = (costsOfRow[next - 1] ?? 0) - potential - (columnPotential[next] ?? 0);
      if (reduced < (shortest[next] ?? Infinity)) {
        shortest[next] = reduced;
        previous[next] = column;
      }
      const now = shortest[next] ?? Infinity;
      if (now < best) {
        best = now;
        bestColumn = next;
      }
    }
    for (let next = 0; next <= columnCount; next += 1) {
      if (isDone[next] === true) {
        const owner = rowOfColumn[next] ?? 0;
        rowPotential[owner] = (rowPotential[owner] ?? 0) + best;
        columnPotential[next] = (columnPotential[next] ?? 0) - best;
      } else shortest[next] = (shortest[next] ?? Infinity) - best;
    }
    column = bestColumn;
  } while ((rowOfColumn[column] ?? 0) !== 0);
  while (column !== 0) {
    const before = previous[column] ?? 0;
    rowOfColumn[column] = rowOfColumn[before] ?? 0;
    column = before;
  }
}
