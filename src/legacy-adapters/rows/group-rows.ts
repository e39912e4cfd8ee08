import { type Instant, instantOfMs } from '../../model/period.js';
import { isWellFormed, problem, type Problem } from '../../model/problem.js';
import type { ControlTotal, PullContext, PullEvent, Scope } from '../../model/source.js';
import type { Delivery } from '../files/deliveries.js';
import { checkManifest, Control } from './manifest.js';
import { type RowField, type RowOptions, shownField, type TextRow } from './shape.js';
import { toDocument } from './to-document.js';

/** What a reader yields: a row, or a stretch of the file that could not be read as rows. */
export type RowEvent =
  | { readonly type: 'row'; readonly row: TextRow }
  | { readonly type: 'problem'; readonly problem: Problem };

export type PullRowsInput = {
  readonly system: string;
  readonly delivery: Delivery;
  readonly options: RowOptions;
  /** `by_id`: rows that stand together and name the same document are its lines. `by_line`: each line of the file is a whole document. */
  readonly grouping: 'by_id' | 'by_line';
  /** Rows of a file of this machine; `shownFile` is its name for messages. */
  readonly rows: (file: string, shownFile: string) => AsyncIterable<RowEvent>;
  readonly scope: Scope;
  readonly context: PullContext;
};

type Rows = readonly [TextRow, ...TextRow[]];

/**
 * Groups rows into documents as they stream by: the rows of a document stand together, so memory holds one document. A
 * document whose id comes back later is caught by the store, which sees all of them. A row that cannot be told to belong
 * to a document is a rejected document of its own, and its neighbours are only believed when their totals prove them.
 */
export async function* pullRows(input: PullRowsInput): AsyncIterable<PullEvent> {
  const { delivery, context } = input;
  const { file, shownFile, manifest } = delivery;
  const end = new End(context, delivery.asOf);
  for (const { id, reason } of delivery.superseded) yield end.count({ type: 'skipped', id, kind: null, reason });
  for (const fault of delivery.problems) yield* end.fail(fault, reasonOf(fault, shownFile));
  if (file === null) {
    yield end.done([], null);
    return;
  }
  const control = new Control();
  for await (const event of groups(input, file.path, control)) {
    context.signal.throwIfAborted();
    if (event.type === 'problem') yield* end.fail(event.problem, `${shownFile} has parts that could not be read`);
    else yield end.count(toEvent(event.rows, event.mayLack, input, control));
  }
  const sha256 = await file.sha256();
  if (!(await file.isUnchanged())) {
    const expected = 'a file that does not change while it is read; run again';
    yield* end.fail(
      problem('file_changed', { file: shownFile }, null, null, expected),
      `${shownFile} changed while it was read`,
    );
  }
  const content = manifest?.content;
  const checked =
    manifest === null || content === null || content === undefined
      ? { totals: [], problems: [] }
      : checkManifest({ manifest: content, shownManifest: manifest.shown, shownFile, sha256, control });
  for (const fault of checked.problems) yield* end.fail(fault, `${shownFile} is not what its manifest says`);
  yield end.done(checked.totals, sha256);
}

/** Why a fault of the delivery leaves the pull incomplete. */
function reasonOf(fault: Problem, shownFile: string): string {
  const name = fault.place.file ?? shownFile;
  if (fault.code === 'file_missing' && fault.value === null && name === shownFile)
    return `there is no file ${shownFile}`;
  return name === shownFile ? `${shownFile} could not be opened` : `${shownFile} is not what its manifest says`;
}

/** Counts what a pull gives and why it is not complete. Class, because it gathers. */
class End {
  readonly #counts = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  readonly #reasons = new Set<string>();
  readonly #context: PullContext;
  readonly #asOf: Instant | null;

  constructor(context: PullContext, asOf: Instant | null) {
    this.#context = context;
    this.#asOf = asOf;
  }

  *fail(fault: Problem, reason: string): Iterable<PullEvent> {
    this.#reasons.add(reason);
    yield { type: 'problem', problem: fault };
  }

  count(event: PullEvent & { readonly type: 'document' | 'rejected' | 'skipped' }): PullEvent {
    this.#counts.listed += 1;
    this.#counts[event.type === 'document' ? 'emitted' : event.type] += 1;
    return event;
  }

  done(controlTotals: readonly ControlTotal[], inputHash: string | null): PullEvent {
    const incompleteBecause = [...this.#reasons];
    return {
      type: 'done',
      counts: this.#counts,
      complete: incompleteBecause.length === 0,
      incompleteBecause,
      controlTotals,
      asOf: this.#asOf ?? instantOfMs(this.#context.now()),
      inputHash,
    };
  }
}

type Group =
  | { readonly type: 'rows'; readonly rows: Rows; readonly mayLack: Problem | null }
  | { readonly type: 'problem'; readonly problem: Problem };

/** Rows of one document at a time, with the fault of an unreadable neighbour that may be one of its lines. */
async function* groups(input: PullRowsInput, file: string, control: Control): AsyncIterable<Group> {
  let open: { readonly rows: [TextRow, ...TextRow[]]; mayLack: Problem | null } | undefined;
  let sinceLastRow: Problem | null = null;
  for await (const event of input.rows(file, input.delivery.shownFile)) {
    if (event.type === 'problem') {
      sinceLastRow = event.problem;
      if (open !== undefined) open.mayLack = event.problem;
      yield event;
      continue;
    }
    control.rows += 1;
    const row = withTextChecked(event.row, input);
    const key = keyOf(row, input.grouping);
    if (key === '') {
      sinceLastRow = row.faults?.[0] ?? withoutId(row, input);
      if (open !== undefined) open.mayLack = sinceLastRow;
      yield { type: 'rows', rows: [row], mayLack: null };
      continue;
    }
    if (open !== undefined && keyOf(open.rows[0], input.grouping) === key) open.rows.push(row);
    else {
      if (open !== undefined) yield { type: 'rows', ...open };
      open = { rows: [row], mayLack: sinceLastRow };
    }
    sinceLastRow = null;
  }
  if (open !== undefined) yield { type: 'rows', ...open };
}

function idOf(row: TextRow): string {
  return row.cells.get('document_id')?.trim() ?? '';
}

/** What rows of one document have in common; '' when nothing tells which document a row is of. */
function keyOf(row: TextRow, grouping: PullRowsInput['grouping']): string {
  return grouping === 'by_line' ? String(row.line) : idOf(row);
}

function withoutId(row: TextRow, input: PullRowsInput): Problem {
  const field = shownField('document_id', input.options.columns);
  return problem(
    'field_missing',
    { file: input.delivery.shownFile, line: row.line },
    field,
    null,
    'the id of the document',
  );
}

/** Bytes that were no text: the replacement character, a NUL, or half a character. Postgres could not keep them either. */
function isText(value: string): boolean {
  return !value.includes('\uFFFD') && !value.includes('\0') && isWellFormed(value);
}

/** The row with a fault for every cell that is no text; a broken id is taken out, so that nothing is filed under it. */
function withTextChecked(row: TextRow, input: PullRowsInput): TextRow {
  const broken: RowField[] = [];
  for (const [field, value] of row.cells) if (!isText(value)) broken.push(field);
  if (broken.length === 0) return row;
  const place = { file: input.delivery.shownFile, line: row.line };
  const faults = broken.map((field) =>
    problem(
      'encoding_broken',
      place,
      shownField(field, input.options.columns),
      row.cells.get(field) ?? '',
      'text in the encoding that the configuration names; an export from Windows may need encoding: windows-1252',
    ),
  );
  const cells = new Map<RowField, string>(row.cells);
  for (const field of broken) cells.set(field, '');
  return { ...row, cells, faults: [...(row.faults ?? []), ...faults] };
}

function toEvent(
  rows: Rows,
  mayLack: Problem | null,
  input: PullRowsInput,
  control: Control,
): PullEvent & { readonly type: 'document' | 'rejected' | 'skipped' } {
  const translated = toDocument(rows, input.options, { system: input.system, file: input.delivery.shownFile, mayLack });
  control.documents += 1;
  // Control totals are about the file, so a customer who was not asked for counts too.
  if (translated.type === 'document') control.add(translated.document.currency, translated.document.totals.gross);
  const customer = translated.type === 'document' ? translated.document.customerRef : translated.rejected.customerRef;
  const isAskedFor = input.scope.customers === 'all' || customer === null || input.scope.customers.has(customer);
  if (isAskedFor) return { ...translated, raw: null };
  return { type: 'skipped', id: idOf(rows[0]), kind: null, reason: 'another customer than asked for' };
}
