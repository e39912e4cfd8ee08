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
  let invoices: readonly JsonObject[];
  try {
    const bytes = file.endsWith('.gz') ? gunzipSync(stored, { maxOutputLength: maxPageBytes }) : stored;
    invoices = invoicesOf(parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), pages);
  } catch (error) {
    return yield { type: 'problem', problem: unreadable(place, error) };
  }
  for (const [index, raw] of invoices.entries())
    yield { type: 'invoice', invoice: { raw, line: index + 1, exact: () => raw } };
}

async function* readLines(file: string, name: string, pages: PageCount, hash: Hash): AsyncIterable<ReadEvent> {
  try {
    yield* invoiceLines(file, name, pages, hash);
  } catch (error) {
    // A gzip that is cut off or damaged; what came before it was read.
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
    yield { type: 'problem', problem: unreadable({ file: name }, error) };
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
      const found = invoicesOf(parseFast(text), pages);
      for (const [index, raw] of found.entries()) {
        const exact = () => invoicesOf(parseJson(text), { numbers: new Set(), total: null })[index] ?? raw;
        yield { type: 'invoice', invoice: { raw, line, exact } };
      }
    } catch (error) {
      yield { type: 'problem', problem: unreadable(place, error) };
    }
  }
}

/** Lines of a file, also a gzipped one. A line that would not fit comes cut, one character too long, for the caller to refuse. */
async function* textLines(file: string, hash: Hash): AsyncIterable<string> {
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

function unreadable(place: { readonly file: string; readonly line?: number }, error: unknown): Problem {
  const why = error instanceof Error ? error.message : 'unreadable';
  return problem('json_malformed', place, null, null, `JSON in UTF-8: ${why}`);
}

function invoicesOf(value: Json, pages: PageCount): readonly JsonObject[] {
  if (Array.isArray(value)) return objectsOf(value);
  if (!isObject(value)) throw new Error('an object was expected');
  if (!Array.isArray(value['data'])) return [value];
  if (value['page'] !== undefined && value['page'] !== null) pages.numbers.add(jsonText(value['page']));
  const total = value['total_number_of_pages'];
  if (total !== undefined && total !== null) pages.total = jsonText(total);
  return objectsOf(value['data']);
}

/** Everything in a list of invoices is one; something else there is a page that we do not understand. */
function objectsOf(items: readonly Json[]): readonly JsonObject[] {
  return items.map((item) => {
    if (isObject(item)) return item;
    throw new Error(`a list of invoices holds ${jsonText(item).slice(0, 40)}`);
  });
}
