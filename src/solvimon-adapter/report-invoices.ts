import { type Problem, problem } from '../model/problem.js';
import { type ReportKind, reportFields } from './report-columns.js';
import { readReportFile, type ReportRow } from './report-file.js';
import type { Json, JsonObject } from './shape.js';

export type ReportFile = { readonly path: string; readonly shown: string };
export type ReportFiles = Readonly<Record<ReportKind, readonly ReportFile[]>>;

export type ReportEvent =
  | { readonly type: 'invoice'; readonly invoice: JsonObject; readonly file: string; readonly line: number }
  | { readonly type: 'problem'; readonly problem: Problem };

type Cells = { readonly [field: string]: string };
type Header = { readonly cells: Cells; readonly file: string; readonly line: number };

/**
 * Puts the header, line and tax reports together into invoices of the shape that the API sends, so that both go through
 * the same translation and give the same documents. Lines of an invoice must stand together; header and tax rows are kept
 * in memory (about a kilobyte an invoice), lines are not.
 */
export async function* readReportInvoices(
  files: ReportFiles,
  overrides: Readonly<Record<string, string>>,
): AsyncGenerator<ReportEvent> {
  const headers = new Map<string, Header>();
  const taxes = new Map<string, Cells[]>();
  for (const file of files.header)
    yield* problemsOf(readReportFile('header', file, overrides), (row) => {
      const cells = cellsOf('header', row);
      const id = cells['invoice_id'] ?? '';
      if (headers.has(id))
        return problem(
          'id_duplicate',
          { file: file.shown, line: row.line },
          'invoice_id',
          id,
          'one header row for an invoice',
        );
      headers.set(id, { cells, file: file.shown, line: row.line });
      return null;
    });
  for (const file of files.tax)
    yield* problemsOf(readReportFile('tax', file, overrides), (row) => {
      const cells = cellsOf('tax', row);
      const id = cells['invoice_id'] ?? '';
      const known = taxes.get(id);
      if (known === undefined) taxes.set(id, [cells]);
      else known.push(cells);
      return null;
    });
  const closed = new Set<string>();
  for (const file of files.line) yield* readLines(file, overrides, headers, taxes, closed);
  // What is left has no lines: right for an invoice of zero, refused by the translation for any other.
  for (const [id, header] of headers)
    if (!closed.has(id))
      yield {
        type: 'invoice',
        invoice: toInvoice(header.cells, [], taxes.get(id) ?? []),
        file: header.file,
        line: header.line,
      };
}

async function* readLines(
  file: ReportFile,
  overrides: Readonly<Record<string, string>>,
  headers: ReadonlyMap<string, Header>,
  taxes: ReadonlyMap<string, readonly Cells[]>,
  closed: Set<string>,
): AsyncGenerator<ReportEvent> {
  let open: { readonly id: string; readonly rows: Cells[]; readonly line: number } | null = null;
  const finish = (): ReportEvent | null => {
    if (open === null) return null;
    const { id, rows, line } = open;
    closed.add(id);
    const header = headers.get(id);
    if (header === undefined)
      return {
        type: 'problem',
        problem: problem(
          'field_missing',
          { file: file.shown, line },
          'invoice_id',
          id,
          'an invoice that the header report has too',
        ),
      };
    return {
      type: 'invoice',
      invoice: toInvoice(header.cells, rows, taxes.get(id) ?? []),
      file: header.file,
      line: header.line,
    };
  };
  const rows = readReportFile('line', file, overrides);
  for (;;) {
    const next = await rows.next();
    if (next.done === true) {
      const last = finish();
      if (last !== null) yield last;
      for (const one of next.value) yield { type: 'problem', problem: one };
      return;
    }
    const cells = cellsOf('line', next.value);
    const id = cells['invoice_id'] ?? '';
    if (open !== null && open.id === id) {
      open.rows.push(cells);
      continue;
    }
    const done = finish();
    if (done !== null) yield done;
    open = null;
    if (closed.has(id))
      yield {
        type: 'problem',
        problem: problem(
          'lines_not_contiguous',
          { file: file.shown, line: next.value.line },
          'invoice_id',
          id,
          'all lines of an invoice one after the other; sort the file by invoice',
        ),
      };
    else open = { id, rows: [cells], line: next.value.line };
  }
}

/** Runs through rows that are only remembered, and gives the problems met. */
async function* problemsOf(
  rows: AsyncGenerator<ReportRow, readonly Problem[]>,
  take: (row: ReportRow) => Problem | null,
): AsyncGenerator<ReportEvent> {
  for (;;) {
    const next = await rows.next();
    if (next.done === true) {
      for (const one of next.value) yield { type: 'problem', problem: one };
      return;
    }
    const found = take(next.value);
    if (found !== null) yield { type: 'problem', problem: found };
  }
}

function cellsOf(kind: ReportKind, row: ReportRow): Cells {
  const cells = Object.keys(reportFields[kind]).map((field) => [field, row.get(field)] as const);
  return Object.fromEntries(cells.filter((cell): cell is readonly [string, string] => cell[1] !== undefined));
}

/** An invoice as the API would send it. Empty cells stay out: missing is not zero. */
function toInvoice(header: Cells, lines: readonly Cells[], taxes: readonly Cells[]): JsonObject {
  const currency = header['currency'] ?? '';
  return compact({
    id: text(header['invoice_id']),
    invoice_number: text(header['invoice_number']),
    status: text(header['status']),
    type: text(header['type']) ?? 'STANDARD',
    on_hold: flag(header['on_hold']),
    to_be_reprocessed: flag(header['to_be_reprocessed']),
    updated_at: text(header['updated_at']),
    invoice_date: text(header['invoice_date']),
    timezone: text(header['timezone']),
    pricing_amount_type: text(header['amount_type']),
    customer_reference: text(header['customer_reference']),
    billing_currency: text(header['currency']),
    invoice_amount_including_tax: amount(header['gross'], currency),
    tax_summary: summary(header, currency),
    validation_result: validation(header['validation']),
    credit: compact({ original_invoice_id: text(header['original_invoice_id']) }),
    periods: periodsOf(lines, taxes),
  });
}

/** Why Solvimon holds the invoice. A report without that column does not say that there is nothing: unknown is not ready. */
function validation(cell: string | undefined): Json {
  if (cell === undefined) return [{ status: 'FAILED', details: 'the header report does not say' }];
  return cell === '' ? [] : [{ status: 'FAILED', details: cell }];
}

/** The header report states gross and tax and leaves net to be their difference; without it the lines' sum is the net. */
function summary(header: Cells, currency: string): Json | undefined {
  const tax = amount(header['tax'], currency);
  return tax === undefined ? undefined : { tax_amount: tax };
}

function periodsOf(lines: readonly Cells[], taxes: readonly Cells[]): Json {
  const periods: {
    readonly start: string;
    readonly end: string;
    readonly groups: { readonly subscription: string; readonly lines: Json[] }[];
  }[] = [];
  for (const line of lines) {
    const [start, end, subscription] = [
      line['period_start'] ?? '',
      line['period_end'] ?? '',
      line['subscription_id'] ?? '',
    ];
    let period = periods.at(-1);
    if (period === undefined || period.start !== start || period.end !== end)
      periods.push((period = { start, end, groups: [] }));
    let group = period.groups.at(-1);
    if (group === undefined || group.subscription !== subscription)
      period.groups.push((group = { subscription, lines: [] }));
    group.lines.push(toLine(line, taxes));
  }
  return periods.map(({ start, end, groups }) =>
    compact({
      start_at: text(start),
      end_at: text(end),
      groups: groups.map((group) =>
        compact({ pricing_plan_subscription_id: text(group.subscription), lines: group.lines }),
      ),
    }),
  );
}

function toLine(line: Cells, taxes: readonly Cells[]): Json {
  const currency = line['currency'] ?? '';
  const id = text(line['line_id']);
  const own = id === undefined ? [] : taxes.filter((tax) => tax['line_id'] === id);
  const kind = line['type'] ?? '';
  const kindField = { DISCOUNT: 'discount_type', COMMITMENT: 'commitment_type' }[kind] ?? 'pricing_type';
  const product = text(line['product_reference']);
  const number = text(line['quantity']);
  const price = amount(line['unit_price'], currency);
  return compact({
    id,
    description: text(line['description']),
    type: text(kind),
    [kindField]: text(line['pricing_type']),
    pricing_item_config_id: text(line['price_id']),
    product_items:
      product === undefined ? undefined : [compact({ reference: product, model_type: text(line['model_type']) })],
    meter_value: number === undefined ? undefined : compact({ number, reference: text(line['meter_reference']) }),
    details: price === undefined ? undefined : { band: { amount: price } },
    amount_excluding_tax: amount(line['net'], currency),
    amount_including_tax: amount(line['gross'], currency),
    tax_categories: own.map((tax) =>
      compact({
        name: text(tax['name']),
        percentage: text(tax['percentage']),
        base_amount: amount(tax['base'], tax['currency'] ?? currency),
        tax_amount: amount(tax['tax'], tax['currency'] ?? currency),
      }),
    ),
  });
}

function text(cell: string | undefined): string | undefined {
  return cell === undefined || cell === '' ? undefined : cell;
}

function amount(cell: string | undefined, currency: string): Json | undefined {
  return cell === undefined || cell === '' ? undefined : { quantity: cell, currency };
}

function flag(cell: string | undefined): boolean | undefined {
  return cell === undefined || cell === '' ? undefined : /^(true|yes|1)$/i.test(cell);
}

function compact(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
