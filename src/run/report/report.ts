import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { parseCurrency } from '../../model/currency.js';
import { displayText, parseDecimalText } from '../../model/money.js';
import type { Statement } from '../../store/cycle-views.js';
import { type MismatchRecord, streamMismatches } from '../../store/mismatch-pages.js';
import { selectionTotals, type SelectionTotals, type Totals } from '../../store/mismatch-totals.js';
import type { Database } from '../../store/tables.js';
import { AppError } from '../../errors.js';
import { type CycleOverview, cycleOverview } from '../cycle-overview.js';
import type { WorkContext } from '../work-context.js';
import { html, type Html } from './html.js';
import { printStyle } from './style.js';

/** Most mismatches of each list that are printed; the XLSX beside the report has all. */
export const printedRows = 1000;

export type Report = {
  readonly html: string;
  /** "sha256-…" of the page's one style sheet, for the policy that lets nothing else style it. */
  readonly styleHash: string;
};

/** The cycle as finance files it: statement, states, causes, differences, signatures; made on the server, without a script. Throws AppError. */
export async function cycleReport(context: WorkContext, cycle: string): Promise<Report> {
  const overview = await cycleOverview(context, cycle, '');
  const { run } = overview;
  if (run === undefined) throw new AppError('cycle_not_found', { detail: `no run of cycle ${cycle} has finished` });
  const totals = await selectionTotals(context.db, run, {});
  const open = await largest(context.db, run, [
    'open',
    'investigating',
    'fix_solvimon',
    'fix_legacy',
    'fix_mapping',
    'reopened',
    'expired',
    'stale',
  ]);
  const accepted = await largest(context.db, run, ['accepted']);
  const style = printStyle({
    left: `run ${run.id} · result ${hash('sha256', run.resultHash ?? '', 'hex').slice(0, 16)}`,
    right: `finished ${run.finishedAt ?? ''}`,
  });
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>shadowbill ${cycle}</title>
<style>${{ html: style }}</style>
</head>
<body>
<h1>Parallel run of ${cycle}</h1>
<p>State: <strong>${overview.cycle.state.replace('_', ' ')}</strong>. Run ${run.id}, finished ${run.finishedAt ?? 'not yet'}. Result ${run.resultHash ?? ''}.</p>
<p class="definition">A delta is Solvimon minus legacy. ▲ over: Solvimon bills more. ▼ under: Solvimon bills less. Currencies are never added.</p>
${incompleteNote(run.incompleteBecause)}
<h2>Statement</h2>
${overview.statement.map(statementTable)}
${outsideTable(overview)}
<h2>Pairs by state</h2>
${statesTable(overview)}
<h2>Differences</h2>
${totalsTable(totals)}
${mismatchTable('Not accepted', open)}
${mismatchTable('Accepted, not counted above', accepted)}
<h2>Signatures</h2>
${signatures(overview)}
</body>
</html>
`;
  return { html: page.html, styleHash: `sha256-${hash('sha256', style, 'base64')}` };
}

async function largest(
  db: Kysely<Database>,
  run: { readonly seq: string; readonly cycle: string },
  status: readonly string[],
): Promise<readonly MismatchRecord[]> {
  const rows: MismatchRecord[] = [];
  for await (const row of streamMismatches(db, run, { status }, { by: 'abs', isDescending: true })) {
    rows.push(row);
    if (rows.length > printedRows) break;
  }
  return rows;
}

function money(text: string | null, currency: string | null): string {
  if (text === null) return '–';
  const decimal = parseDecimalText(text);
  const known = currency === null ? undefined : parseCurrency(currency);
  const shown = decimal === undefined || known === undefined ? text : displayText(decimal, known);
  const [whole = '', fraction] = shown.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** With its arrow, sign and word: a print in black and white tells over from under. */
function delta(text: string, currency: string | null): string {
  if (text === '0') return money(text, currency);
  return text.startsWith('-') ? `▼ ${money(text, currency)} under` : `▲ +${money(text, currency)} over`;
}

function incompleteNote(reasons: readonly string[]): Html | null {
  return reasons.length === 0 ? null : html`<p class="warning">The run is incomplete: ${reasons.join('; ')}.</p>`;
}

const stepNames = {
  only_solvimon: 'invoices only in Solvimon',
  only_legacy: 'invoices only in legacy',
  cause: 'differences',
  accepted: 'accepted differences',
} as const;

function statementTable(one: Statement): Html {
  const { currency } = one;
  return html`<table>
<caption>${currency}</caption>
<thead><tr><th scope="col">Step</th><th scope="col" class="n">Mismatches</th><th scope="col" class="n">Amount ${currency}</th></tr></thead>
<tbody>
<tr><th scope="row">legacy total</th><td></td><td class="n">${money(one.legacy, currency)}</td></tr>
${one.steps.map((step) => html`<tr><th scope="row">${step.cause ?? stepNames[step.kind]}</th><td class="n">${step.mismatches}</td><td class="n">${delta(step.amount, currency)}</td></tr>`)}
<tr class="sum"><th scope="row">solvimon total</th><td></td><td class="n">${money(one.solvimon, currency)}</td></tr>
<tr><th scope="row">left over</th><td></td><td class="n">${one.difference === '0' ? `${money('0', currency)} ✓` : `${one.difference} ✗ our bug`}</td></tr>
</tbody></table>`;
}

function outsideTable({ outside }: CycleOverview): Html | null {
  if (outside.length === 0) return null;
  return html`<table>
<caption>Not in the statement: unreadable, not ready, or of two currencies</caption>
<thead><tr><th scope="col">State</th><th scope="col">Currency</th><th scope="col" class="n">Pairs</th><th scope="col" class="n">Legacy</th><th scope="col" class="n">Solvimon</th></tr></thead>
<tbody>${outside.map((one) => html`<tr><th scope="row">${one.state.replaceAll('_', ' ')}</th><td>${one.currency ?? '–'}</td><td class="n">${one.pairs}</td><td class="n">${money(one.legacy, one.currency)}</td><td class="n">${money(one.solvimon, one.currency)}</td></tr>`)}</tbody></table>`;
}

function statesTable({ states }: CycleOverview): Html {
  return html`<table>
<thead><tr><th scope="col">State</th><th scope="col">Currency</th><th scope="col" class="n">Pairs</th><th scope="col" class="n">Legacy</th><th scope="col" class="n">Solvimon</th></tr></thead>
<tbody>${states.map((one) => html`<tr><th scope="row">${one.state.replaceAll('_', ' ')}</th><td>${one.currency ?? '–'}</td><td class="n">${one.pairs}</td><td class="n">${money(one.legacy, one.currency)}</td><td class="n">${money(one.solvimon, one.currency)}</td></tr>`)}</tbody></table>`;
}

function totalsTable({ counted, accepted }: SelectionTotals): Html {
  const row = (what: string) => (one: Totals) =>
    html`<tr><th scope="row">${what}</th><td>${one.currency ?? '–'}</td><td class="n">${one.count}</td><td class="n">${money(one.over, one.currency)}</td><td class="n">${money(one.under, one.currency)}</td><td class="n">${money(one.gross, one.currency)}</td><td class="n">${money(one.net, one.currency)}</td></tr>`;
  return html`<table>
<thead><tr><th scope="col"></th><th scope="col">Currency</th><th scope="col" class="n">Rows</th><th scope="col" class="n">▲ over</th><th scope="col" class="n">▼ under</th><th scope="col" class="n">Gross</th><th scope="col" class="n">Net</th></tr></thead>
<tbody>${counted.map(row('counted'))}${accepted.map(row('accepted'))}</tbody></table>`;
}

function mismatchTable(title: string, rows: readonly MismatchRecord[]): Html | null {
  if (rows.length === 0) return html`<p>${title}: none.</p>`;
  const more =
    rows.length > printedRows
      ? html`<p>Only the ${printedRows} largest are printed; the table file has all.</p>`
      : null;
  return html`<table class="small">
<caption>${title}</caption>
<thead><tr><th scope="col">Id</th><th scope="col">Customer</th><th scope="col">Legacy ↔ Solvimon</th><th scope="col">Level</th><th scope="col">Cause</th><th scope="col">Confidence</th><th scope="col" class="n">Delta</th><th scope="col">Status</th></tr></thead>
<tbody>${rows.slice(0, printedRows).map((one) => html`<tr><td>${one.id}</td><td>${one.customer ?? '–'}</td><td>${one.pair.legacy.join(' ') || '–'} ↔ ${one.pair.solvimon.join(' ') || '–'}</td><td>${one.level}</td><td>${one.cause}</td><td>${one.confidence}</td><td class="n">${delta(one.delta, one.currency)} ${one.currency ?? ''}</td><td>${statusText(one)}</td></tr>`)}</tbody></table>${more}`;
}

function statusText({ status, acceptance }: MismatchRecord): string {
  if (status !== 'accepted' || acceptance === null) return status.replaceAll('_', ' ');
  const second = acceptance.approvedBy === null ? '' : `, approved by ${acceptance.approvedBy}`;
  return `accepted by ${acceptance.by}${second} until ${acceptance.expiresOn}: ${acceptance.reason}`;
}

function signatures({ signoff }: CycleOverview): Html {
  if (signoff.signatures.length === 0) return html`<p>Nobody has signed.</p>`;
  return html`<table>
<thead><tr><th scope="col">Who</th><th scope="col">As</th><th scope="col">When</th><th scope="col">Certifies</th><th scope="col">Counts</th></tr></thead>
<tbody>${signoff.signatures.map((one) => html`<tr><th scope="row">${one.person}</th><td>${one.part}</td><td>${one.signedAt}</td><td>${one.certification}</td><td>${one.counts ? 'yes' : 'no: the cycle was suspended or reopened after it'}</td></tr>`)}</tbody></table>`;
}
