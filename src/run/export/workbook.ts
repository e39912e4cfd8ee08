import writeXlsxFile, { type SheetData } from 'write-excel-file/node';
import { AppError } from '../../errors.js';
import { Decimal } from '../../model/money.js';
import type { Cell, CellKind, Column } from './columns.js';

/** A sheet ready to be written. Rows are held in memory: XLSX cannot be streamed. */
export type Sheet = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly kind: CellKind; readonly width: number }[];
  readonly rows: readonly (readonly Cell[])[];
};

/** Most rows of a sheet; beyond it CSV streams. Some 370 MB are needed for 100,000. */
export const maxSheetRows = 200_000;

/** Gathers rows into a sheet. Throws AppError `too_large`. */
export async function toSheet<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: AsyncIterable<Row> | Iterable<Row>,
): Promise<Sheet> {
  const all: (readonly Cell[])[] = [];
  for await (const row of rows) {
    if (all.length >= maxSheetRows)
      throw new AppError('too_large', { detail: `more than ${maxSheetRows} rows for one XLSX sheet; export CSV` });
    all.push(columns.map((column) => column.value(row)));
  }
  return { name, columns, rows: all };
}

/**
 * An XLSX file: amounts as numbers where a spreadsheet holds them exactly and as exact text where not, everything else as
 * text, so that no id loses its zeros; the header stays in sight and filters. Totals are values, never formulas.
 */
export async function writeWorkbook(sheets: readonly Sheet[]): Promise<Buffer> {
  const written = writeXlsxFile(
    sheets.map((sheet) => ({
      data: [
        sheet.columns.map((column) => ({ value: column.name, type: String, fontWeight: 'bold' as const })),
        ...sheet.rows.map((row) => row.map((cell, index) => toCell(cell, sheet.columns[index]?.kind ?? 'text'))),
      ] satisfies SheetData,
      sheet: sheet.name,
      columns: sheet.columns.map(({ width }) => ({ width })),
      stickyRowsCount: 1,
    })),
    { features: [filters(sheets)] },
  );
  return written.toBuffer();
}

function toCell(cell: Cell, kind: CellKind) {
  if (cell === null) return null;
  if (kind === 'text') return { value: String(cell), type: String };
  const number = excelNumber(String(cell));
  return number === null ? { value: String(cell), type: String } : { value: number, type: Number };
}

/** Decimal digits that a spreadsheet keeps. */
const exactDigits = 15;

/** An amount as a spreadsheet's number, or null when it would not be the same number there. The one place where money leaves decimal text. */
export function excelNumber(text: string): number | null {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return null;
  const decimal = new Decimal(text);
  if (decimal.precision(true) > exactDigits) return null;
  const number = Number(text);
  return new Decimal(number).eq(decimal) ? number : null;
}

type SheetFeature = NonNullable<NonNullable<Parameters<typeof writeXlsxFile>[1]>['features']>[number];

/** Adds the filter buttons of the header row, which the library has no option for. */
function filters(sheets: readonly Sheet[]): SheetFeature {
  return {
    files: {
      transform: {
        'xl/worksheets/sheet{id}.xml': {
          transform: (content: string, _options: unknown, { sheetIndex }: { readonly sheetIndex: number }) => {
            const sheet = sheets[sheetIndex];
            if (sheet === undefined || sheet.columns.length === 0) return content;
            const range = `A1:${columnLetters(sheet.columns.length)}${sheet.rows.length + 1}`;
            return content.replace('</sheetData>', `</sheetData><autoFilter ref="${range}"/>`);
          },
        },
      },
    },
  };
}

/** 1 → A, 27 → AA. */
function columnLetters(position: number): string {
  const rest = (position - 1) % 26;
  const before = Math.floor((position - 1) / 26);
  return `${before > 0 ? columnLetters(before) : ''}${String.fromCharCode(65 + rest)}`;
}
