import type { MismatchView } from '../../store/views.js';
import { amount, delta } from './money.js';
import { table } from './table.js';

/** The mismatch table as finance reads it; at most `most` rows are drawn. */
export async function renderMismatches(views: AsyncIterable<MismatchView>, most: number): Promise<string> {
  const rows: MismatchView[] = [];
  for await (const view of views) {
    rows.push(view);
    if (rows.length >= most) break;
  }
  if (rows.length === 0) return 'No mismatches in this filter.';
  return table(
    [
      { head: 'id' },
      { head: 'customer' },
      { head: 'level' },
      { head: 'legacy', isAmount: true },
      { head: 'solvimon', isAmount: true },
      { head: 'delta', isAmount: true },
      { head: 'ccy' },
      { head: 'cause' },
      { head: 'confidence' },
    ],
    rows.map((row) => [
      row.id,
      row.customer ?? '–',
      row.level,
      amount(row.legacy, row.currency),
      amount(row.solvimon, row.currency),
      delta(row.delta, row.currency),
      row.currency ?? '–',
      row.cause,
      row.confidence,
    ]),
  );
}
