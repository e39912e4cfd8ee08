import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.js';
import { instantOfMs } from '../model/period.js';
import { problem } from '../model/problem.js';
import type { Capabilities, CheckFinding, PullContext, PullEvent, Scope, Source } from '../model/source.js';
import { type ReportKind, reportKinds } from './report-columns.js';
import type { ReportsConfig } from './reports-config.js';
import { readReportFile } from './report-file.js';
import type { ReportFile, ReportFiles } from './report-invoices.js';
import { emitReports } from './reports-pull.js';

const capabilities: Capabilities = {
  snapshot: 'file',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'both',
  tiers: 'none',
  money: { unit: 'major', wire: 'text' },
  periodEnd: 'exclusive',
  resumable: false,
  fetchOne: false,
};

/** A Source over saved report files. */
export function openReports(config: ReportsConfig, baseDir: string): Source {
  const locate = (cycle: string) => path.resolve(baseDir, config.path.replaceAll('{cycle}', cycle));
  return {
    side: 'solvimon',
    system: 'solvimon',
    capabilities,
    check: () => checkReports(config, path.resolve(baseDir, config.path.split('{cycle}')[0] ?? '')),
    pull: (scope, context) => pullFiles(config, locate(scope.cycle), path.resolve(baseDir), scope, context),
    fetchOne: async () => undefined,
    translate: (raw) => {
      throw new AppError('internal', { detail: `reports are read again, not replayed: ${raw.id}` });
    },
    close: async () => undefined,
  };
}

async function* pullFiles(
  config: ReportsConfig,
  dir: string,
  baseDir: string,
  scope: Scope,
  context: PullContext,
): AsyncGenerator<PullEvent> {
  const files = await findFiles(dir, baseDir);
  for (const kind of ['header', 'line'] as const)
    if (files[kind].length === 0)
      yield {
        type: 'problem',
        problem: problem(
          'file_missing',
          { file: path.relative(baseDir, dir) },
          null,
          null,
          `the ${kind} report of cycle ${scope.cycle}, a CSV file with ${kind} in its name`,
        ),
      };
  yield* emitReports(
    {
      columns: config.report_columns,
      translate: { account: '', customerKey: { kind: 'reference' }, requireHold: config.require_hold === 'true' },
      cycleRule: config.cycle_by,
      leavesOutOneOff: config.one_off === 'list',
      onIncident: async (incident) => context.log('solvimon shadow invoice is FINAL', incident),
    },
    scope,
    {
      files,
      reasonsOf: () => [],
      asOf: instantOfMs(context.now()),
      inputHash: await hashFiles(files),
      draftsAreDated: true,
      whyIncomplete: async () => [],
    },
  );
}

/** Report files of a directory by what their names say; a name that says nothing is left out and the check reports it. */
async function findFiles(dir: string, baseDir: string): Promise<ReportFiles> {
  const names = await readdir(dir).catch(() => []);
  const found: Record<ReportKind, ReportFile[]> = { header: [], line: [], tax: [] };
  for (const name of names.filter((one) => /\.csv(\.gz)?$/i.test(one)).sort()) {
    const kind = reportKinds.find((one) => name.toLowerCase().includes(one));
    const file = path.join(dir, name);
    if (kind !== undefined) found[kind].push({ path: file, shown: path.relative(baseDir, file) });
  }
  return found;
}

async function hashFiles(files: ReportFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const kind of reportKinds)
    for (const file of files[kind]) for await (const chunk of createReadStream(file.path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function checkReports(config: ReportsConfig, root: string): Promise<readonly CheckFinding[]> {
  const isThere = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere)
    return [
      {
        level: 'problem',
        topic: 'reachability',
        sentence: `There is no folder ${root}.`,
        next: 'Save Solvimon’s invoice reports there, or correct sources.solvimon.path.',
      },
    ];
  const files = await findFiles(root, root);
  const findings: CheckFinding[] = [
    { level: 'ok', topic: 'reachability', sentence: `The folder of the reports ${root} exists.`, next: null },
  ];
  for (const kind of reportKinds)
    for (const file of files[kind]) {
      const rows = readReportFile(kind, file, config.report_columns);
      const first = await rows.next();
      const problems = first.done === true ? first.value : [];
      await rows.return([]);
      for (const one of problems)
        findings.push({
          level: 'problem',
          topic: 'columns',
          sentence: `${file.shown} has no column for ${one.field ?? 'a field'}.`,
          next: `Expected is ${one.expected}.`,
        });
    }
  return findings;
}
