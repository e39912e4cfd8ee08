import type { RuleCovers } from '../../run/root-causes.js';
import type { CauseEvent, RootCauseView, TrendPoint } from '../../store/root-cause-views.js';
import type { MismatchView } from '../../store/views.js';
import { renderMismatch } from './diff.js';
import { amount } from './money.js';
import { table } from './table.js';

/** One row per root cause, and below it the rules that say where they happen. */
export function renderRootCauses(
  rows: readonly RootCauseView[],
  covers: RuleCovers | undefined,
  by: 'money' | 'count',
): string {
  if (rows.length === 0) return 'No root causes: every difference is inside a tolerance or accepted, or there is none.';
  return [draw(rows), ...(covers === undefined ? [] : ['', ...coverLines(covers, by)])].join('\n');
}

function draw(rows: readonly RootCauseView[]): string {
  return table(
    [
      { head: 'cause' },
      { head: 'fingerprint' },
      { head: 'charge' },
      { head: 'ccy' },
      { head: 'status' },
      { head: 'mismatches', isAmount: true },
      { head: 'proven', isAmount: true },
      { head: 'customers', isAmount: true },
      { head: '▲ over', isAmount: true },
      { head: '▼ under', isAmount: true },
      { head: 'if fixed', isAmount: true },
    ],
    rows.map((row) => [
      row.cause,
      row.fingerprint,
      row.chargeKey ?? '(several)',
      row.currency ?? '(two)',
      row.acceptedUntil === null ? row.status : `${row.status} until ${row.acceptedUntil}`,
      String(row.mismatches),
      String(row.proven),
      String(row.customers),
      amount(row.over, row.currency),
      amount(row.under, row.currency),
      `${row.wouldMatch} ${row.wouldMatch === 1 ? 'pair' : 'pairs'} would match`,
    ]),
  );
}

function coverLines(covers: RuleCovers, by: 'money' | 'count'): readonly string[] {
  const named = by === 'count' ? [['', covers.byPairs] as const] : Object.entries(covers.byMoney);
  return named.flatMap(([currency, cover]) => [
    `Where differences happen nearly always${currency === '' ? '' : `, ${currency} by money`}:`,
    ...cover.rules.map((rule) => {
      const where = Object.entries(rule.where)
        .map(([name, value]) => `${name} = ${value}`)
        .join(' and ');
      return `  ${rule.component}${rule.sign} where ${where === '' ? 'anything' : where}: ${rule.bad} of ${rule.pairs} invoices${currency === '' ? '' : `, ${amount(rule.gross, currency)} ${currency}`}`;
    }),
    `  ${cover.left} mismatched pairs are in no rule: for people to read`,
  ]);
}

/** A root cause in full: its row, its trend, what happened to it, and examples with their working. */
export function renderRootCause(
  rows: readonly RootCauseView[],
  trend: readonly TrendPoint[],
  events: readonly CauseEvent[],
  examples: readonly MismatchView[],
): string {
  const currency = new Set(rows.map((row) => row.currency)).size === 1 ? (rows[0]?.currency ?? null) : null;
  const parts = [draw(rows), '', 'Trend:', ...trend.map((point) => trendLine(point, currency))];
  if (events.length > 0) parts.push('', 'Life:', ...events.map(eventLine));
  if (examples.length > 0) parts.push('', 'Smallest examples:', ...examples.map((one) => `\n${renderMismatch(one)}`));
  return parts.join('\n');
}

function trendLine(point: TrendPoint, currency: string | null): string {
  // Root causes of several currencies never add: then only counts are shown.
  const money =
    currency === null ? '' : `  ▲ ${amount(point.over, currency)} ▼ ${amount(point.under, currency)} ${currency}`;
  return `  ${point.cycle}  ${point.mismatches} mismatches in ${point.pairs} pairs${money}`;
}

function eventLine(event: CauseEvent): string {
  const who = event.who === null ? '' : ` by ${event.who}`;
  const note = event.note === null ? '' : `: ${event.note}`;
  return `  ${event.cycle ?? event.at.slice(0, 10)}  ${event.event}: ${event.from} → ${event.to}${who}${note}`;
}
