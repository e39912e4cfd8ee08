import type { RunSummary } from '../../run/summarise.js';
import type { CauseTotal } from '../../store/summary.js';
import { Decimal, decimalText } from '../../model/money.js';
import { amount } from './money.js';

/** The cause that moves most money, over and under added up, and how much there is of it. */
export type Leading = CauseTotal & { readonly currency: string };

/**
 * The root cause to begin with: the one with the most money in the currency with the most pairs. Causes of other
 * currencies are not weighed against it, because amounts of two currencies never compare (I7). `null` when nothing of
 * that currency differs in money.
 */
export function leadingCause(summary: RunSummary): Leading | null {
  const pairs = new Map<string, number>();
  for (const row of summary.states)
    if (row.currency !== null) pairs.set(row.currency, (pairs.get(row.currency) ?? 0) + row.pairs);
  const [main] = [...pairs].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const rows = summary.causes.filter((row): row is Leading => row.currency === main?.[0] && !gross(row).isZero());
  return rows.sort((a, b) => gross(b).comparedTo(gross(a)) || (a.cause < b.cause ? -1 : 1))[0] ?? null;
}

function gross(row: CauseTotal): Decimal {
  return new Decimal(decimalText(row.over)).plus(new Decimal(decimalText(row.under)).abs());
}

/** One plain sentence on what to do next, from the result. `proof` is the command that shows the proof. */
export function nextStep(leading: Leading | null, cycle: string, proof: string): string {
  if (leading === null) return `Next: nothing differs in ${cycle}; run the next cycle.`;
  const { cause, currency, customers, mismatches, proven } = leading;
  const [over, under] = [amount(leading.over, currency), amount(leading.under.replace(/^-/, ''), currency)];
  const money =
    leading.under === '0'
      ? `${currency} ${over} too much`
      : leading.over === '0'
        ? `${currency} ${under} too little`
        : `${currency} ${over} too much and ${under} too little`;
  const how =
    cause === 'unexplained'
      ? 'nobody knows why yet'
      : mismatches === 1
        ? proven === 1
          ? 'proven'
          : 'likely, not proven'
        : `${mismatches} differences, ${proven === mismatches ? 'all' : proven === 0 ? 'none' : proven} proven`;
  return `Next: begin with ${cause}, which bills ${customers} ${customers === 1 ? 'customer' : 'customers'} ${money} (${how}): read one proof with \`${proof}\`, mend it, and run ${cycle} again.`;
}
