import type { MismatchView } from '../../store/views.js';
import { amount, deltaCell } from './money.js';
import { type Column, table } from './table.js';

/** The beginning of an id that a table shows; `mismatch show` takes it. */
const shownIdLength = 9;

const columns: readonly Column[] = [
  { head: 'id' },
  { head: 'customer' },
  { head: 'what' },
  { head: 'legacy', isAmount: true },
  { head: 'solvimon', isAmount: true },
  { head: 'delta', isAmount: true },
  { head: 'cause' },
];

/** The mismatch table as finance reads it; at most `most` rows are drawn. */
export async function renderMismatches(views: AsyncIterable<MismatchView>, most: number): Promise<string> {
  const rows: MismatchView[] = [];
  for await (const view of views) {
    rows.push(view);
    if (rows.length >= most) break;
  }
  if (rows.length === 0) return 'No mismatches in this filter.';
  return table(
    [...columns.slice(0, -1), { head: 'ccy' }, ...columns.slice(-1)],
    rows.map((row) => [...cellsOf(row).slice(0, -1), row.currency ?? 'two', causeOf(row)]),
  );
}

/** Mismatches under one heading per currency: amounts of two currencies cannot be told to be the larger. */
export function renderByCurrency(
  groups: readonly { readonly currency: string; readonly views: readonly MismatchView[] }[],
): string {
  const shown = groups.filter((group) => group.views.length > 0);
  if (shown.length === 0) return 'No mismatches.';
  const [head = '', ...lines] = table(
    columns,
    shown.flatMap((group) => group.views.map(cellsOf)),
  ).split('\n');
  let next = 0;
  const sections = shown.flatMap((group) => {
    const own = lines.slice(next, next + group.views.length);
    next += group.views.length;
    return [group.currency, ...own];
  });
  return [head, ...sections].join('\n');
}

function cellsOf(row: MismatchView): readonly string[] {
  return [
    row.id.slice(0, shownIdLength),
    row.customer ?? '–',
    row.level === 'line' || row.level === 'usage' ? (row.chargeKey ?? row.level) : whole(row),
    amount(row.legacy, row.currency),
    amount(row.solvimon, row.currency),
    deltaCell(row.delta, row.currency),
    causeOf(row),
  ];
}

/** A difference of the document and not of a line of it. */
const whole = (row: MismatchView) => (row.level === 'tax' ? 'tax' : 'invoice');

/** The cause, and how sure it is when it is not proven; `unexplained` says so itself. */
function causeOf(row: MismatchView): string {
  return row.confidence === 'likely' ? `${row.cause} (likely)` : row.cause;
}
