import { strToU8, unzipSync, zipSync } from 'fflate';
import writeExcelFile from 'write-excel-file/node';

export type SheetInput = string | number | Date | null;

/** A real workbook with one sheet: text, number and date cells as they are in JavaScript. */
export async function workbook(rows: readonly (readonly SheetInput[])[], sheet = 'Invoices'): Promise<Uint8Array> {
  const data = rows.map((row) => row.map(toCell));
  const written = new Uint8Array(await writeExcelFile([{ sheet, data }]).toBuffer());
  // The zip carries the time of writing; the same rows must be the same bytes, whenever they are written.
  return zipSync(unzipSync(written), { mtime: zipTime });
}

const zipTime = new Date(2026, 0, 1);

function toCell(value: SheetInput) {
  if (value === null) return null;
  if (typeof value === 'number') return { type: Number, value };
  if (typeof value === 'string') return { type: String, value };
  const isMidnight = value.getTime() % 86_400_000 === 0;
  return { type: Date, value, format: isMidnight ? 'yyyy-mm-dd' : 'yyyy-mm-dd hh:mm:ss' };
}

/** The same workbook with the text of its first sheet changed, as another program might have written it. */
export function withSheetText(bytes: Uint8Array, change: (xml: string) => string): Uint8Array {
  const files = unzipSync(bytes);
  const path = 'xl/worksheets/sheet1.xml';
  const xml = new TextDecoder().decode(files[path]);
  const changed = change(xml);
  if (changed === xml) throw new Error('the change of the sheet found nothing to change');
  return zipSync({ ...files, [path]: strToU8(changed) });
}
