import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, gunzipSync } from 'node:zlib';
import type { Hash } from 'node:crypto';
import { problem, type Problem } from '../model/problem.js';
import { isObject, type Json, type JsonObject, jsonText, parseFast, parseJson } from './shape.js';

/** A whole page is held in memory once; a page of the API is far smaller, and a large export belongs into lines. */
const maxPageBytes = 256 * 1024 * 1024;
/** One invoice on one line; longer lines are refused before they fill the memory. */
const maxLineLength = 64 * 1024 * 1024;

/** Which pages of how many the saved replies say they are. */
export type PageCount = { readonly numbers: Set<string>; total: string | null };

export type SavedInvoice = {
  readonly raw: JsonObject;
  readonly line: number;
  /** The same invoice with every number as it was written, for the words of a rejection. */
  exact(): JsonObject;
};

export type ReadEvent =
  | { readonly type: 'invoice'; readonly invoice: SavedInvoice }
  | { readonly type: 'problem'; readonly problem: Problem };

/** The page files at `target`, a file or a folder, in the order of their names. */
export async function pageFiles(target: string): Promise<readonly string[]> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isFile()) return [target];
  const names = await readdir(target);
  return names
    .filter((name) => /\.(json|ndjson|jsonl)(\.gz)?$/.test(name))
    .sort()
    .map((name) => path.join(target, name));
}

/**
 * The invoices of one file: a saved reply, a list of invoices, or one invoice or reply on each line (.ndjson, .jsonl).
 * Lines stream, so that memory holds one invoice. The stored bytes go into `hash`. What cannot be read is a problem with
 * its line; the lines after it are still read.
 */
export async function* readPageFile(
  file: string,
  name: string,
  pages: PageCount,
  hash: Hash,
): AsyncIterable<ReadEvent> {
  if (/\.(ndjson|jsonl)(\.gz)?$/.test(file)) return yield* readLines(file, name, pages, hash);
  const { size } = await stat(file);
  const place = { file: name };
  if (size > maxPageBytes) {
    const expected = `at most ${maxPageBytes} bytes; write one invoice a line into an .ndjson file instead`;
    return yield { type: 'problem', problem: problem('too_large', place, null, `${size} bytes`, expected) };
  }
  const stored = await readFile(file);
  hash.update(stored);
  const text = pageText(stored, place);
  if (typeof text !== 'string') return yield { type: 'problem', problem: text };
  let items: readonly Json[];
  try {
    items = itemsOf(parseJson(text), pages);
  } catch (error) {
    return yield { type: 'problem', problem: unreadable({ ...place, line: lineOfFault(text, error) }, error) };
  }
  for (const [index, item] of items.entries()) yield toEvent(item, index, { ...place, line: index + 1 }, () => item);
}

/** The text of a stored page, or why there is none. */
function pageText(stored: Uint8Array, place: { readonly file: string }): string | Problem {
  let bytes = stored;
  try {
    if (place.file.endsWith('.gz')) bytes = gunzipSync(stored, { maxOutputLength: maxPageBytes });
  } catch (error) {
    return damaged(place, error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return problem('encoding_broken', place, null, null, 'UTF-8 text, as every reply of the API is');
  }
}

/** The line on which the parser gave up: it names a position, or the text was at its end. */
function lineOfFault(text: string, error: unknown): number {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  return text.slice(0, position === undefined ? text.length : Number(position)).split('\n').length;
}

/** The problem of a gzip file that is cut off or damaged. */
export function damaged(place: { readonly file: string }, error: unknown): Problem {
  const why = error instanceof Error ? error.message : 'unreadable';
  return problem('row_malformed', place, null, null, `a whole gzip file of at most ${maxPageBytes} bytes: ${why}`);
}

/** One entry of a page; what is no object there is told with its index and not left out. */
function toEvent(
  item: Json,
  index: number,
  place: { readonly file: string; readonly line: number },
  exact: () => Json,
): ReadEvent {
  if (!isObject(item))
    return {
      type: 'problem',
      problem: problem('json_malformed', place, `data[${index}]`, jsonText(item), 'an invoice object'),
    };
  return {
    type: 'invoice',
    invoice: {
      raw: item,
      line: place.line,
      exact: () => {
        const read = exact();
        return isObject(read) ? read : item;
      },
    },
  };
}

async function* readLines(file: string, name: string, pages: PageCount, hash: Hash): AsyncIterable<ReadEvent> {
  try {
    yield* invoiceLines(file, name, pages, hash);
  } catch (error) {
    // A gzip that is cut off or damaged; what came before it was read.
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    yield { type: 'problem', problem: damaged({ file: name }, error) };
  }
}

async function* invoiceLines(file: string, name: string, pages: PageCount, hash: Hash): AsyncIterable<ReadEvent> {
  let line = 0;
  for await (const text of textLines(file, hash)) {
    line += 1;
    const place = { file: name, line };
    if (text.length > maxLineLength) {
      yield {
        type: 'problem',
        problem: problem('too_large', place, null, null, `a line of at most ${maxLineLength} characters`),
      };
      continue;
    }
    if (text.trim() === '') continue;
    if (text.includes('\uFFFD')) {
      yield { type: 'problem', problem: problem('encoding_broken', place, null, text, 'UTF-8 text') };
      continue;
    }
    try {
      const items = itemsOf(parseFast(text), pages);
      for (const [index, item] of items.entries())
        yield toEvent(
          item,
          index,
          place,
          () => itemsOf(parseJson(text), { numbers: new Set(), total: null })[index] ?? item,
        );
    } catch (error) {
      yield { type: 'problem', problem: unreadable(place, error, text) };
    }
  }
}

/** Lines of a file, also a gzipped one. A line that would not fit comes cut, one character too long, for the caller to refuse. */
export async function* textLines(file: string, hash: Hash): AsyncIterable<string> {
  const stored = createReadStream(file, { highWaterMark: 1 << 18 });
  stored.on('data', (chunk) => hash.update(chunk));
  const unzip = file.endsWith('.gz') ? createGunzip() : undefined;
  if (unzip !== undefined) stored.on('error', (error) => unzip.destroy(error)).pipe(unzip);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of unzip ?? stored) {
    const text = rest + decoder.write(chunk as Buffer);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield text.slice(from, end);
      from = end + 1;
    }
    rest = text.slice(from, from + maxLineLength + 1);
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}

function unreadable(place: { readonly file: string; readonly line?: number }, error: unknown, text?: string): Problem {
  const why = error instanceof Error ? error.message : 'unreadable';
  return problem('json_malformed', place, null, text ?? null, `JSON in UTF-8: ${why}`);
}

function itemsOf(value: Json, pages: PageCount): readonly Json[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value) || !Array.isArray(value['data'])) return [value];
  if (value['page'] !== undefined && value['page'] !== null) pages.numbers.add(plain(value['page']));
  const total = value['total_number_of_pages'];
  if (total !== undefined && total !== null) pages.total = plain(total);
  return value['data'];
}

/** "3" and 3 are the same page. */
function plain(value: Json): string {
  return typeof value === 'string' ? value : jsonText(value);
}
