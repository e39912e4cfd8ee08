import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { zipSync } from 'fflate';
import { stringify } from 'yaml';
import { AppError } from '../../errors.js';
import type { Actor } from '../../model/access.js';
import { appendAudit, verifyAudit } from '../../store/audit.js';
import { listProposals } from '../../store/decisions.js';
import { selectionTotals } from '../../store/mismatch-totals.js';
import { streamMismatches } from '../../store/mismatch-pages.js';
import { streamPairs } from '../../store/pair-pages.js';
import { listWorkProposals } from '../../store/proposals.js';
import type { StoredRun } from '../../store/runs.js';
import { causeTotals, type CauseTotal } from '../../store/summary.js';
import { cycleOverview, type CycleOverview } from '../cycle-overview.js';
import { type Column, mismatchColumns, pairColumns } from '../export/columns.js';
import { acceptedOf, exportMismatches, totalsSheet } from '../export/export-cycle.js';
import { toSheet, writeWorkbook } from '../export/workbook.js';
import { printPdf } from '../report/pdf.js';
import { cycleReport } from '../report/report.js';
import type { WorkContext } from '../work-context.js';
import type { Manifest } from './manifest.js';

const byAmount = { by: 'abs', isDescending: true } as const;

export type Pack = {
  readonly zip: Uint8Array;
  readonly filename: string;
  /** sha256 of the manifest: kept elsewhere, it tells a pack from one that was made up. It stands in the audit log. */
  readonly manifestHash: string;
  readonly leftOut: readonly string[];
};

/**
 * Everything that was signed, in one file that can be checked without us: report, tables, configuration, decisions, and a
 * manifest with the hash of each and of the inputs. Throws AppError `cycle_not_found`.
 */
export async function packCycle(
  context: WorkContext,
  input: { readonly cycle: string; readonly actor: Actor; readonly chromium: string | null },
): Promise<Pack> {
  const overview = await cycleOverview(context, input.cycle, input.actor.name);
  const { run } = overview;
  if (run === undefined)
    throw new AppError('cycle_not_found', { detail: `no run of cycle ${input.cycle} has finished` });
  const leftOut: string[] = [];
  const files = await packFiles(context, run, { ...input, leftOut });
  const manifest = await manifestOf(context, overview, run, files, leftOut);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const manifestHash = hash('sha256', text, 'hex');
  await context.db.transaction().execute(async (trx) => {
    const { actor, cycle } = input;
    const detail = { run: run.id, manifest: manifestHash };
    await appendAudit(trx, {
      actor,
      action: 'cycle.pack',
      subject: `cycle ${cycle}`,
      cycle,
      detail,
      now: context.now(),
    });
  });
  // A fixed time, so that equal content is an equal file.
  const mtime = new Date(run.finishedAt ?? run.createdAt);
  const zip = zipSync({ ...Object.fromEntries(files), 'manifest.json': Buffer.from(text) }, { mtime });
  return { zip, filename: `signoff-${input.cycle}.zip`, manifestHash, leftOut };
}

type Files = ReadonlyMap<string, Uint8Array>;

async function packFiles(
  context: WorkContext,
  run: StoredRun,
  input: { readonly cycle: string; readonly chromium: string | null; readonly leftOut: string[] },
): Promise<Files> {
  const { db } = context;
  const report = await cycleReport(context, input.cycle);
  const csv = await exportMismatches(db, { run, format: 'csv', selection: {}, sort: byAmount });
  const decisions = await decisionLines(context, input.cycle);
  const files = new Map<string, Uint8Array>([
    ['report.html', Buffer.from(report.html)],
    ['mismatches.csv', await buffer(csv.content)],
    ['config.yml', Buffer.from(stringify((run.config as { readonly config: unknown }).config))],
    ['decisions.jsonl', Buffer.from(decisions)],
  ]);
  await orLeaveOut(files, input.leftOut, 'mismatches.xlsx', () => workbook(context, run, decisions));
  await orLeaveOut(files, input.leftOut, 'report.pdf', () => printPdf(report.html, input.chromium));
  return files;
}

/** A file that cannot be made here is named with its reason; the pack is whole without it, because its content is in others. */
async function orLeaveOut(
  files: Map<string, Uint8Array>,
  leftOut: string[],
  name: string,
  make: () => Promise<Uint8Array>,
): Promise<void> {
  try {
    files.set(name, await make());
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'pdf_unavailable' && error.code !== 'too_large')) throw error;
    leftOut.push(`${name}: ${error.message} ${error.next}`);
  }
}

async function workbook(context: WorkContext, run: StoredRun, decisions: string): Promise<Uint8Array> {
  const { db } = context;
  const lines = decisions.split('\n').filter((line) => line !== '');
  return writeWorkbook([
    totalsSheet(run, await selectionTotals(db, run, {})),
    await toSheet('Mismatches', mismatchColumns, streamMismatches(db, run, {}, byAmount)),
    await toSheet('Pairs', pairColumns, streamPairs(db, run, {})),
    await toSheet('Accepted', mismatchColumns, acceptedOf(db, run)),
    await toSheet('Causes', causeColumns, await causeTotals(db, run)),
    await toSheet('Decisions', [{ name: 'decision', kind: 'text', width: 120, value: (line: string) => line }], lines),
    await toSheet('Config', configColumns, configRows(run)),
  ]);
}

const causeColumns: readonly Column<CauseTotal>[] = [
  { name: 'cause', kind: 'text', width: 30, value: (row) => row.cause },
  { name: 'currency', kind: 'text', width: 10, value: (row) => row.currency },
  { name: 'mismatches', kind: 'count', width: 12, value: (row) => row.mismatches },
  { name: 'customers', kind: 'count', width: 12, value: (row) => row.customers },
  { name: 'proven', kind: 'count', width: 10, value: (row) => row.proven },
  { name: 'over', kind: 'amount', width: 16, value: (row) => row.over },
  { name: 'under', kind: 'amount', width: 16, value: (row) => row.under },
];

type ConfigRow = readonly [path: string, value: string];
const configColumns: readonly Column<ConfigRow>[] = [
  { name: 'key', kind: 'text', width: 40, value: ([key]) => key },
  { name: 'value', kind: 'text', width: 60, value: ([, value]) => value },
];

function configRows(run: StoredRun): readonly ConfigRow[] {
  const { config } = run.config as { readonly config: Readonly<Record<string, unknown>> };
  return Object.entries(config).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]);
}

/** What people decided: acceptances and their proposals of the cycle, and decisions about cohorts; one JSON object a line. */
async function decisionLines(context: WorkContext, cycle: string): Promise<string> {
  const accepted = await listWorkProposals(context.db, { cycle });
  const decided = await listProposals(context.db, { limit: 500 });
  return [
    ...accepted.map((one) => ({ kind: 'acceptance', ...one })),
    ...decided.map((one) => ({ kind: 'cohort', ...one })),
  ]
    .map((one) => `${JSON.stringify(one)}\n`)
    .join('');
}

async function manifestOf(
  context: WorkContext,
  { cycle, signoff, readiness }: CycleOverview,
  run: StoredRun,
  files: Files,
  leftOut: readonly string[],
): Promise<Manifest> {
  const audit = await verifyAudit(context.db);
  return {
    schemaVersion: 1,
    cycle: run.cycle,
    run: run.id,
    resultHash: run.resultHash ?? '',
    configHash: run.configHash,
    state: cycle.state,
    finishedAt: run.finishedAt,
    inputs: readiness.map(({ side, inputHash, asOf }) => ({ side, inputHash, asOf })),
    signatures: signoff.signatures.map(({ person, part, signedAt, resultHash, certification, counts }) => ({
      person,
      part,
      signedAt,
      resultHash,
      certification,
      counts,
    })),
    audit: audit.head,
    leftOut: [...leftOut],
    files: [...files].map(([name, content]) => ({
      name,
      bytes: content.byteLength,
      sha256: hash('sha256', content, 'hex'),
    })),
  };
}
