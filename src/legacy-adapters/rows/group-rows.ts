import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LosslessNumber, parse as parseLossless } from 'lossless-json';
import { Decimal, parseDecimalText, toDecimalText } from '../../model/money.js';
import { instantOfMs } from '../../model/period.js';
import { problem, type Problem } from '../../model/problem.js';
import type { ControlTotal, PullContext, PullEvent, Scope } from '../../model/source.js';
import { type RowField, type RowOptions, rowFields, requiredFields, type TextRow } from './shape.js';
import { toDocument } from './to-document.js';

/** What a reader yields: a row, or a fault of a row or of the file. A row that names a fault still counts as read. */
export type RowEvent =
  | { readonly type: 'row'; readonly row: TextRow }
  | { readonly type: 'problem'; readonly problem: Problem };

/**
 * Groups rows into documents as they stream by: the rows of a document stand together, so memory holds one document. A
 * document whose id comes back later is caught by the store, which sees all of them.
 */
export async function* pullRows(input: {
  readonly system: string;
  readonly file: string;
  readonly shownFile: string;
  readonly manifestFile: string | null;
  readonly options: RowOptions;
  readonly rows: (file: string) => AsyncIterable<RowEvent>;
  readonly scope: Scope;
  readonly context: PullContext;
}): AsyncIterable<PullEvent> {
  const { file, shownFile, options, context } = input;
  const counts = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  const incompleteBecause: string[] = [];
  const control = new Control();
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    incompleteBecause.push(`there is no file ${shownFile}`);
    yield {
      type: 'problem',
      problem: problem('file_missing', { file: shownFile }, null, null, `the invoices of cycle ${input.scope.cycle}`),
    };
    yield done(counts, incompleteBecause, [], context, null);
    return;
  }
  const emit = function* (rows: readonly [TextRow, ...TextRow[]]): Iterable<PullEvent> {
    const translated = toDocument(rows, options, { system: input.system, file: shownFile });
    const customer = translated.type === 'document' ? translated.document.customerRef : translated.rejected.customerRef;
    counts.listed += 1;
    if (input.scope.customers !== 'all' && customer !== null && !input.scope.customers.has(customer)) {
      counts.skipped += 1;
      yield { type: 'skipped', id: idOf(rows), kind: null, reason: 'another customer than asked for' };
      return;
    }
    counts[translated.type === 'document' ? 'emitted' : 'rejected'] += 1;
    if (translated.type === 'document') control.add(translated.document.currency, translated.document.totals.gross);
    yield { ...translated, raw: null };
  };
  let open: [TextRow, ...TextRow[]] | undefined;
  for await (const event of input.rows(file)) {
    context.signal.throwIfAborted();
    if (event.type === 'problem') {
      incompleteBecause.push(`${shownFile} has rows that could not be read`);
      yield event;
      continue;
    }
    control.rows += 1;
    if (open !== undefined && idOf(open) === idOf([event.row]) && idOf(open) !== '') open.push(event.row);
    else {
      if (open !== undefined) yield* emit(open);
      open = [event.row];
    }
  }
  if (open !== undefined) yield* emit(open);
  const sha256 = await hashFile(file);
  const manifest =
    input.manifestFile === null
      ? { totals: [], problems: [] }
      : await checkManifest(input.manifestFile, shownFile, sha256, control);
  for (const fault of manifest.problems) yield { type: 'problem', problem: fault };
  if (manifest.problems.length > 0) incompleteBecause.push(`${shownFile} is not what its manifest says`);
  yield done(counts, [...new Set(incompleteBecause)], manifest.totals, context, sha256);
}

function done(
  counts: { listed: number; emitted: number; rejected: number; skipped: number },
  incompleteBecause: readonly string[],
  controlTotals: readonly ControlTotal[],
  context: PullContext,
  inputHash: string | null,
): PullEvent {
  return {
    type: 'done',
    counts,
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals,
    asOf: instantOfMs(context.now()),
    inputHash,
  };
}

function idOf(rows: readonly TextRow[]): string {
  return rows[0]?.cells.get('document_id')?.trim() ?? '';
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Rows and gross totals per currency as read, to hold against the manifest. */
class Control {
  rows = 0;
  readonly #gross = new Map<string, Decimal>();

  add(currency: string, gross: string): void {
    this.#gross.set(currency, (this.#gross.get(currency) ?? new Decimal(0)).plus(gross));
  }

  gross(currency: string): string {
    return toDecimalText(this.#gross.get(currency) ?? new Decimal(0));
  }
}

/** Holds a file against its manifest {rows, sha256, control_totals: {EUR: "123.45"}}; whatever the manifest leaves out is not checked. */
async function checkManifest(
  manifestFile: string,
  shownFile: string,
  sha256: string,
  control: Control,
): Promise<{ readonly totals: readonly ControlTotal[]; readonly problems: readonly Problem[] }> {
  const shown = path.basename(manifestFile);
  let manifest: Record<string, unknown>;
  try {
    manifest = parseLossless(await readFile(manifestFile, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    return {
      totals: [],
      problems: [
        problem(
          'file_missing',
          { file: shown },
          null,
          null,
          `a JSON manifest of ${shownFile}: ${error instanceof Error ? error.message : 'unreadable'}`,
        ),
      ],
    };
  }
  const asText = (value: unknown) =>
    value instanceof LosslessNumber ? value.toString() : typeof value === 'string' ? value : '';
  const totals: ControlTotal[] = [];
  const compare = (name: string, expected: string, actual: string) =>
    totals.push({
      name,
      expected,
      actual,
      agrees: (parseDecimalText(expected) ?? expected) === (parseDecimalText(actual) ?? actual),
    });
  if (manifest['rows'] !== undefined) compare('rows', asText(manifest['rows']), String(control.rows));
  if (manifest['sha256'] !== undefined) compare('sha256', asText(manifest['sha256']), sha256);
  for (const [currency, expected] of Object.entries((manifest['control_totals'] ?? {}) as Record<string, unknown>))
    compare(`gross ${currency}`, asText(expected), control.gross(currency));
  const problems = totals
    .filter((total) => !total.agrees)
    .map((total) =>
      problem(
        'control_total_differs',
        { file: shownFile },
        total.name,
        total.actual,
        `${total.expected}, as ${shown} says`,
      ),
    );
  return { totals, problems };
}

/** Where each canonical field stands in a header, or the problem that a needed column is not there. */
export function resolveColumns(
  header: readonly string[],
  options: RowOptions,
  file: string,
  line: number,
): { readonly at: ReadonlyMap<RowField, number>; readonly problem: Problem | null } {
  const at = new Map<RowField, number>();
  const missing: string[] = [];
  for (const field of rowFields) {
    const named = options.columns[field];
    const names = named === undefined ? [field] : Array.isArray(named) ? named : [named];
    const index = names.map((name) => header.indexOf(name)).find((found) => found >= 0);
    if (index !== undefined) at.set(field, index);
    else if (named !== undefined || (requiredFields as readonly string[]).includes(field)) {
      if (field !== 'currency' || options.default_currency === undefined) missing.push(names.join(' or '));
    }
  }
  const found =
    missing.length === 0
      ? null
      : problem(
          'column_missing',
          { file, line },
          missing.join(', '),
          header.join(', '),
          'these columns in the header, or other names under columns: in the configuration',
        );
  return { at, problem: found };
}
