import { Unzip, UnzipInflate, type UnzipFile } from 'fflate';

export type WorkbookLimits = {
  /** Files in the archive. */
  readonly entries: number;
  /** Bytes of all files, unpacked. */
  readonly bytes: number;
  /** Rows times columns of a sheet: one cell in the last corner makes the library build every cell before it. */
  readonly cells: number;
};

/** What fits into the memory of the thread that reads one side; larger exports belong into CSV, which streams. */
export const workbookLimits: WorkbookLimits = { entries: 2000, bytes: 100 * 1024 * 1024, cells: 2_000_000 };

/** What stands against reading a workbook, or the cells of each sheet that hold no value although something was meant. */
export type Inspected =
  | { readonly type: 'refused'; readonly expected: string; readonly value: string }
  | {
      readonly type: 'good';
      /** Path of a sheet in the archive → references such as "D7" of cells with an error or an uncalculated formula. */
      readonly unreadable: ReadonlyMap<string, readonly string[]>;
      /** Name of a sheet → its path, in the order of the workbook. */
      readonly sheets: ReadonlyMap<string, string>;
    };

const pushBytes = 64 * 1024;

/**
 * Unpacks a workbook once, counting, before the library unpacks it into memory: what an archive says of its own sizes may
 * be a lie. Also finds what the library reads as empty without a word.
 */
export function inspectWorkbook(bytes: Uint8Array, limits: WorkbookLimits): Inspected {
  const unpacked = unpack(bytes, limits);
  if (unpacked.type === 'refused') return unpacked;
  const unreadable = new Map<string, readonly string[]>();
  for (const [path, xml] of unpacked.files) {
    if (!/^xl\/worksheets\/[^/]+\.xml$/.test(path)) continue;
    const cells = extentOf(xml);
    if (cells > limits.cells)
      return {
        type: 'refused',
        value: `${cells} cells`,
        expected: `a sheet of at most ${limits.cells} cells; larger ones belong into CSV`,
      };
    unreadable.set(path, unreadableCells(xml));
  }
  return { type: 'good', unreadable, sheets: sheetPaths(unpacked.files) };
}

type Unpacked =
  | { readonly type: 'unpacked'; readonly files: ReadonlyMap<string, string> }
  | Extract<Inspected, { type: 'refused' }>;

function unpack(bytes: Uint8Array, limits: WorkbookLimits): Unpacked {
  const files = new Map<string, string>();
  const refusal: { value?: Extract<Inspected, { type: 'refused' }> } = {};
  const count = { entries: 0, bytes: 0 };
  const unzip = new Unzip((file: UnzipFile) => {
    count.entries += 1;
    const decoder = new TextDecoder();
    const parts: string[] = [];
    file.ondata = (error, chunk, isLast) => {
      if (error !== null) refusal.value ??= broken(error.message);
      count.bytes += chunk?.length ?? 0;
      if (count.bytes > limits.bytes || refusal.value !== undefined) return;
      parts.push(decoder.decode(chunk, { stream: !isLast }));
      if (isLast) files.set(file.name, parts.join(''));
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  try {
    for (let start = 0; start < bytes.length && refusal.value === undefined; start += pushBytes) {
      unzip.push(bytes.subarray(start, start + pushBytes), start + pushBytes >= bytes.length);
      if (count.entries > limits.entries)
        refusal.value = refused(`${count.entries} files inside`, `a workbook of at most ${limits.entries} files`);
      else if (count.bytes > limits.bytes)
        refusal.value = refused(
          `more than ${limits.bytes} bytes unpacked`,
          `a workbook of at most ${limits.bytes} bytes`,
        );
    }
  } catch (error) {
    refusal.value ??= broken(error instanceof Error ? error.message : 'unreadable');
  }
  return refusal.value ?? { type: 'unpacked', files };
}

function refused(value: string, expected: string): Extract<Inspected, { type: 'refused' }> {
  return { type: 'refused', value, expected };
}

function broken(why: string): Extract<Inspected, { type: 'refused' }> {
  return refused(why, 'an .xlsx workbook; the archive is cut off or damaged');
}

/** Bounded, so that a file made to be slow is not: Excel allows 8,192 characters in a formula. */
const openTag = /<(?:\w{1,20}:)?c\b([^>]{0,500})>/g;
const wholeCell = /<(?:\w{1,20}:)?c\b([^>]{0,500}(?<!\/))>([\s\S]{0,20000}?)<\/(?:\w{1,20}:)?c>/g;
const reference = /\br=["']([A-Z]{1,3})(\d{1,7})["']/;

/** Rows times columns up to the last cell. */
function extentOf(xml: string): number {
  let [rows, columns] = [0, 0];
  for (const [, attributes = ''] of xml.matchAll(openTag)) {
    const [, letters = '', digits = '0'] = reference.exec(attributes) ?? [];
    rows = Math.max(rows, Number(digits));
    columns = Math.max(columns, columnNumber(letters));
  }
  return rows * columns;
}

/** A is 1, Z is 26, AA is 27. */
function columnNumber(letters: string): number {
  let number = 0;
  for (let index = 0; index < letters.length; index += 1) number = number * 26 + letters.charCodeAt(index) - 64;
  return number;
}

/** Cells with an error (#N/A) or with a formula whose value was never calculated: the library says that they are empty. */
function unreadableCells(xml: string): readonly string[] {
  const found: string[] = [];
  for (const [, attributes = '', content = ''] of xml.matchAll(wholeCell)) {
    const isError = /\bt=["']e["']/.test(attributes);
    const isUncalculated = /<(?:\w{1,20}:)?f\b/.test(content) && !/<(?:\w{1,20}:)?v\b/.test(content);
    if (!isError && !isUncalculated) continue;
    const [, letters = '', digits = ''] = reference.exec(attributes) ?? [];
    found.push(`${letters}${digits}`);
  }
  return found;
}

/** ECMA-376: the workbook names its sheets by relationship ids, and the relationships name their files. */
function sheetPaths(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const [tag] of (files.get('xl/_rels/workbook.xml.rels') ?? '').matchAll(/<(?:\w+:)?Relationship\b[^>]*>/g)) {
    const target = attribute(tag, 'Target');
    targets.set(attribute(tag, 'Id'), target.startsWith('/') ? target.slice(1) : `xl/${target}`);
  }
  const sheets = new Map<string, string>();
  for (const [tag] of (files.get('xl/workbook.xml') ?? '').matchAll(/<(?:\w+:)?sheet\b[^>]*>/g))
    sheets.set(unescapeXml(attribute(tag, 'name')), targets.get(attribute(tag, '\\w+:id')) ?? '');
  return sheets;
}

function attribute(tag: string, name: string): string {
  return (
    new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`)
      .exec(tag)
      ?.slice(1)
      .find((value) => value !== undefined) ?? ''
  );
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
