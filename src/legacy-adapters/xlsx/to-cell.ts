import { Decimal } from '../../model/money.js';
import type { CellType } from '../rows/shape.js';

/** A number cell as the workbook writes it, before anybody makes a number of it. Class, to be told apart from text. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What the library gives for a cell. */
export type SheetValue = string | NumberText | boolean | Date | null;

/** A cell as text, with the spreadsheet's word for what it is; null for text. */
export type Cell = { readonly text: string; readonly type: CellType | null };

/** One cell. Pure. Text stays as it is; a number becomes the shortest decimal text of its double; a date has no zone. */
export function toCell(value: SheetValue): Cell {
  if (value === null) return { text: '', type: null };
  if (typeof value === 'string') return { text: value, type: null };
  if (typeof value === 'boolean') return { text: String(value), type: null };
  return value instanceof Date ? { text: dateText(value), type: 'date' } : numberCell(value.text);
}

/**
 * Excel keeps a number as a double and writes it with up to 17 digits ("79.900000000000006"). The shortest text that reads
 * back as the same double is what a person typed, as long as it has at most 15 digits; the reader refuses longer ones.
 * This is the one place where money passes through a double, because in the file it is one.
 */
function numberCell(raw: string): Cell {
  const double = Number(raw);
  if (raw.trim() === '' || !Number.isFinite(double)) return { text: raw, type: null };
  return { text: new Decimal(String(double)).toFixed(), type: 'double' };
}

/** "2026-10-31", or "2026-10-31 23:59:59" when the cell has a time. A serial day is a fraction, so times are rounded to the second. */
function dateText(value: Date): string {
  if (Number.isNaN(value.getTime())) return 'no date';
  const rounded = new Date(Math.round(value.getTime() / 1000) * 1000).toISOString();
  const [date = '', time = ''] = rounded.slice(0, 19).split('T');
  return time === '00:00:00' ? date : `${date} ${time}`;
}
