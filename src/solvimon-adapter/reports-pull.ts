import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { NotReadyReason } from '../model/document.js';
import { dateInZone, type Instant, instantOfMs, msOfInstant } from '../model/period.js';
import type { PullContext, PullEvent, Scope } from '../model/source.js';
import { contentHash } from './canonical.js';
import type { SolvimonClient } from './client.js';
import { invoicePlacer } from './cycle-of.js';
import { Fingerprints } from './fingerprints.js';
import { readGate, whyChanged, whyUnbilled } from './gate.js';
import { hasDatedDrafts } from './listings.js';
import { findPlatform } from './platform.js';
import { isOneOff, type PullDeps } from './pull-deps.js';
import { type Kept, translateKept } from './raw-record.js';
import { gateReasons } from './readiness.js';
import { type ReportKind, reportKinds } from './report-columns.js';
import { awaitReport, type Downloaded, downloadReport, earliest } from './report-download.js';
import { readReportInvoices, type ReportFiles } from './report-invoices.js';
import { requestReport } from './writes.js';

export type ReportPullDeps = PullDeps & {
  readonly columns: Readonly<Record<string, string>>;
  /** Opens the client that may ask for reports. */
  readonly openWriter: () => SolvimonClient;
  readonly allowsPrivateAddress: boolean;
};

const codes = { header: 'INVOICE_HEADER', line: 'INVOICE_LINE', tax: 'INVOICE_TAX' } as const satisfies Record<
  ReportKind,
  string
>;
const dayMs = 86_400_000;

/**
 * The invoices of a scope from the three reports, as a bulk alternative to paging: asked for, awaited, saved, put together.
 * Everything is done twice with `settleMs` between, as in the paged pull, and the same gate applies. Not resumable: a
 * report is made for one reading, and a killed attempt asks for new ones.
 */
export async function* pullReports(
  deps: ReportPullDeps,
  scope: Scope,
  context: PullContext,
): AsyncGenerator<PullEvent> {
  const platform = await findPlatform(deps.client, deps.platformId, context);
  const gate = await readGate(deps, scope, platform.id, context);
  const dir = await mkdtemp(path.join(os.tmpdir(), 'shadowbill-reports-'));
  try {
    const seen = new Fingerprints();
    const first = await fetchReports(deps, scope, context, { dir, round: 'first' });
    for await (const event of readReportInvoices(first.files, deps.columns))
      if (event.type === 'invoice') seen.note(idOf(event.invoice), contentHash(event.invoice));
    await deps.surroundings.wait(deps.settleMs, context.signal);
    const second = await fetchReports(deps, scope, context, { dir, round: 'second' });
    yield* emitReports(deps, scope, {
      files: second.files,
      reasonsOf: (invoice) => {
        const reading = seen.compare(idOf(invoice), contentHash(invoice));
        seen.note(idOf(invoice), contentHash(invoice));
        seen.emit(idOf(invoice));
        const reasons = gateReasons(invoice, gate.behind, gate.events);
        return reading === 'same' ? reasons : [...reasons, 'unstable_between_fetches'];
      },
      asOf: earliest(second.downloads, context.now()),
      inputHash: hashOf(second.downloads),
      draftsAreDated: hasDatedDrafts(platform.settings),
      whyIncomplete: async () => [
        ...whyUnbilled(scope, context),
        ...(seen.waiting > 0 ? [`${seen.waiting} invoices were in the first reports and not in the second`] : []),
        ...(await whyChanged(gate, deps, scope, platform.id, context)),
      ],
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

type Fetched = { readonly files: ReportFiles; readonly downloads: readonly Downloaded[] };

async function fetchReports(
  deps: ReportPullDeps,
  scope: Scope,
  context: PullContext,
  at: { readonly dir: string; readonly round: string },
): Promise<Fetched> {
  const slackMs = (scope.slackDays + 1) * dayMs;
  const dateOf = (ms: number) => dateInZone(instantOfMs(ms), scope.timezone);
  const range = {
    from: dateOf(msOfInstant(scope.period.start) - slackMs),
    to: dateOf(msOfInstant(scope.period.end) + slackMs),
  };
  // A key of its own for each pull: under an older key Solvimon would answer with the older report.
  const asker = { runId: `${scope.cycle} ${Math.floor(context.now() / 1000)}`, step: `reports ${at.round}` };
  const writer = deps.openWriter();
  const requests: { readonly kind: ReportKind; readonly id: string }[] = [];
  try {
    for (const kind of reportKinds)
      requests.push({ kind, id: await requestReport(writer, { code: codes[kind], ...range }, asker, context) });
  } finally {
    await writer.close();
  }
  const downloads: Downloaded[] = [];
  const paths = { header: '', line: '', tax: '' };
  for (const { kind, id } of requests) {
    const report = await awaitReport(deps.client, id, deps.surroundings, context);
    paths[kind] = path.join(at.dir, `${at.round}-${kind}.csv`);
    downloads.push(await downloadReport(deps.client, report, paths[kind], deps, context));
  }
  const file = (kind: ReportKind) => [{ path: paths[kind], shown: `${codes[kind]} report` }];
  return { files: { header: file('header'), line: file('line'), tax: file('tax') }, downloads };
}

function hashOf(downloads: readonly Downloaded[]): string {
  const hash = createHash('sha256');
  for (const one of downloads) hash.update(one.sha256);
  return hash.digest('hex');
}

function idOf(invoice: Kept['invoice']): string {
  return typeof invoice['id'] === 'string' ? invoice['id'] : '';
}

export type EmitInput = {
  readonly files: ReportFiles;
  readonly reasonsOf: (invoice: Kept['invoice']) => readonly NotReadyReason[];
  readonly asOf: Instant;
  readonly inputHash: string;
  readonly draftsAreDated: boolean;
  /** Asked at the end: why the reading may not be whole. */
  readonly whyIncomplete: () => Promise<readonly string[]>;
};

/** The events of saved reports; shared with the source that reads reports from disk. */
export async function* emitReports(
  deps: Pick<ReportPullDeps, 'columns' | 'translate' | 'cycleRule' | 'leavesOutOneOff' | 'onIncident'>,
  scope: Scope,
  input: EmitInput,
): AsyncGenerator<PullEvent> {
  const placeOf = invoicePlacer(deps.cycleRule, scope, input.draftsAreDated);
  const counts = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  const incompleteBecause: string[] = [];
  for await (const event of readReportInvoices(input.files, deps.columns)) {
    if (event.type === 'problem') {
      incompleteBecause.push(`${event.problem.place.file ?? 'a report'} could not be read completely`);
      yield event;
      continue;
    }
    const { invoice, file, line } = event;
    counts.listed += 1;
    const skip = (reason: string): PullEvent => {
      counts.skipped += 1;
      return { type: 'skipped', id: idOf(invoice), kind: null, reason };
    };
    if (deps.leavesOutOneOff && isOneOff(invoice)) {
      yield skip('one_off_invoice');
      continue;
    }
    const kept: Kept = { invoice, customerReference: null, gate: input.reasonsOf(invoice) };
    const translated = translateKept(kept, deps.translate, null);
    if (translated.type === 'rejected') {
      counts.rejected += 1;
      yield { ...translated, rejected: { ...translated.rejected, place: { file, line } }, raw: null };
      continue;
    }
    const document = { ...translated.document, place: { file, line } };
    const place = placeOf(document);
    if (scope.customers !== 'all' && !scope.customers.has(document.customerRef)) yield skip('other_customer');
    else if (place === 'elsewhere') yield skip('outside_cycle');
    else {
      if (document.state === 'final' && place === 'own' && deps.translate.requireHold)
        await deps.onIncident({
          kind: 'shadow_invoice_final',
          invoiceId: document.source.id,
          customerRef: document.customerRef,
          seenBy: 'pull',
        });
      counts.emitted += 1;
      yield { type: 'document', document, raw: null, ...(place === 'neighbour' && { isNeighbour: true }) };
    }
  }
  incompleteBecause.push(...(await input.whyIncomplete()));
  yield {
    type: 'done',
    counts,
    complete: incompleteBecause.length === 0,
    incompleteBecause: [...new Set(incompleteBecause)],
    controlTotals: [],
    asOf: input.asOf,
    inputHash: input.inputHash,
  };
}
