import type { RunSummary } from '../../run/summarise.js';
import { amount } from './money.js';

/** What known differences cover, one line each; nothing when they cover nothing. */
export function renderAccepted(summary: RunSummary): string {
  const rows = summary.accepted ?? [];
  if (rows.length === 0) return '';
  return ['Accepted, and in no other total:', ...rows.map(acceptedLine)].join('\n');
}

function acceptedLine(row: NonNullable<RunSummary['accepted']>[number]): string {
  const wrong = row.isLegacyWrong ? ', legacy is wrong' : '';
  const beyond = row.beyondCap > 0 ? `; ${row.beyondCap} more are beyond its cap and stay open` : '';
  const money = `▲ ${amount(row.over, row.currency)} ▼ ${amount(row.under, row.currency)} ${row.currency ?? ''}`;
  return `  ${row.known}: ${row.mismatches} mismatches, ${money} (${row.owner}, until ${row.expires}${wrong})${beyond}`;
}

/** How each side rounds; sides that too few lines tell anything about are left out, as silence says the same. */
export function renderRounding(summary: RunSummary): string {
  const rows = (summary.rounding ?? []).filter(
    (row) => row.mode.verdict !== 'undecided' || row.taxLevel.verdict !== 'undecided',
  );
  if (rows.length === 0) return '';
  const lines = rows.map((row) => {
    const [mode, level] = [row.mode.verdict.replace('_', '-'), row.taxLevel.verdict.replace('_', ' ')];
    return `  ${row.side} ${row.currency}: amounts ${mode} (${row.mode.informative} lines tell), tax ${level} (${row.taxLevel.informative} invoices tell)`;
  });
  return ['How each side rounds, learned from its lines:', ...lines].join('\n');
}
