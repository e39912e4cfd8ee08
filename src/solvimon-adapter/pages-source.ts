import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { AppError } from '../errors.js';
import { instantOfMs } from '../model/period.js';
import { problem } from '../model/problem.js';
import type {
  Capabilities,
  CheckFinding,
  PullContext,
  PullEvent,
  RawRecord,
  Scope,
  Source,
  Translated,
} from '../model/source.js';
import { isObject, type Json, type JsonObject, jsonText, parseJson } from './shape.js';
import { toDocument, type ToDocumentOptions } from './to-document.js';

/** `sources.solvimon` with `kind: pages`: replies of GET /invoices saved as files. Every scalar arrives as text. */
export const pagesConfig = z.strictObject({
  kind: z.literal('pages'),
  /** A directory or file; `{cycle}` is replaced. */
  path: z.string().min(1),
  require_hold: z.enum(['true', 'false']).default('true'),
  /** `reference`, or the reference of a custom field that holds the legacy account id. */
  customer_key: z.string().min(1).default('reference'),
});
export type PagesConfig = z.infer<typeof pagesConfig>;

const capabilities: Capabilities = {
  snapshot: 'file',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'both',
  tiers: 'on_line',
  money: { unit: 'major', wire: 'string' },
  periodEnd: 'exclusive',
  resumable: false,
  fetchOne: false,
};

/** Files larger than this are refused: a page of invoices is far smaller, and a whole export belongs into several files. */
const maxFileBytes = 256 * 1024 * 1024;

/** A Source over saved API pages: `InvoiceResponseWrapper`, a list of invoices, or one invoice per line; also gzipped. */
export function openPages(config: PagesConfig, baseDir: string): Source {
  const options = {
    account: '',
    customerKey:
      config.customer_key === 'reference'
        ? ({ kind: 'reference' } as const)
        : ({ kind: 'custom_field', reference: config.customer_key } as const),
    customerReferences: new Map<string, string>(),
    requireHold: config.require_hold === 'true',
  };
  const locate = (cycle: string) => path.resolve(baseDir, config.path.replaceAll('{cycle}', cycle));
  return {
    side: 'solvimon',
    system: 'solvimon',
    capabilities,
    check: () => checkPages(path.resolve(baseDir, config.path.split('{cycle}')[0] ?? '')),
    pull: (scope, context) => pullPages(locate(scope.cycle), path.resolve(baseDir), scope, context, options),
    fetchOne: async () => undefined,
    translate: (raw: RawRecord): Translated => {
      throw new AppError('internal', { detail: `pages are read again, not replayed: ${raw.id}` });
    },
    close: async () => undefined,
  };
}

async function checkPages(root: string): Promise<readonly CheckFinding[]> {
  const found = await stat(root).then(
    () => true,
    () => false,
  );
  return [
    found
      ? { level: 'ok', topic: 'reachability', sentence: `The pages directory ${root} exists.`, next: null }
      : {
          level: 'problem',
          topic: 'reachability',
          sentence: `There is nothing at ${root}.`,
          next: 'Save the replies of GET /v1/invoices there, or correct sources.solvimon.path.',
        },
  ];
}

async function pageFiles(target: string): Promise<readonly string[]> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isFile()) return [target];
  const names = await readdir(target);
  return names
    .filter((name) => /\.(json|ndjson|jsonl)(\.gz)?$/.test(name))
    .sort()
    .map((name) => path.join(target, name));
}

type Seen = { readonly hash: string; readonly updatedAt: string };

async function* pullPages(
  target: string,
  baseDir: string,
  scope: Scope,
  context: PullContext,
  options: Omit<ToDocumentOptions, 'place'>,
): AsyncIterable<PullEvent> {
  const counts = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  const incompleteBecause: string[] = [];
  const inputHash = createHash('sha256');
  const seen = new Map<string, Seen>();
  const pages = { numbers: new Set<string>(), total: null as string | null };
  const files = await pageFiles(target);
  if (files.length === 0) {
    incompleteBecause.push(`there are no pages at ${path.relative(baseDir, target)}`);
    yield {
      type: 'problem',
      problem: problem(
        'file_missing',
        { file: path.relative(baseDir, target) },
        null,
        null,
        `pages of cycle ${scope.cycle} (.json, .ndjson, .gz)`,
      ),
    };
  }
  for (const file of files) {
    context.signal.throwIfAborted();
    const name = path.relative(baseDir, file);
    const { size } = await stat(file);
    if (size > maxFileBytes) {
      yield {
        type: 'problem',
        problem: problem('too_large', { file: name }, null, `${size} bytes`, `at most ${maxFileBytes} bytes`),
      };
      continue;
    }
    const stored = await readFile(file);
    inputHash.update(stored);
    const read = readInvoices(stored, file, pages);
    if (typeof read === 'string') {
      incompleteBecause.push(`${name} could not be read`);
      yield { type: 'problem', problem: problem('json_malformed', { file: name }, null, null, read) };
      continue;
    }
    for (const [index, raw] of read.entries()) {
      counts.listed += 1;
      const place = { file: name, line: index + 1 };
      const duplicate = duplicateReason(raw, seen);
      if (duplicate !== null) {
        counts.skipped += 1;
        yield { type: 'skipped', id: textOf(raw, 'id'), kind: null, reason: duplicate };
        continue;
      }
      const translated = toDocument(raw, { ...options, place });
      counts[translated.type === 'document' ? 'emitted' : 'rejected'] += 1;
      yield { ...translated, raw: null };
    }
  }
  if (pages.total !== null && String(pages.numbers.size) !== pages.total)
    incompleteBecause.push(`${pages.numbers.size} of ${pages.total} pages are there`);
  yield {
    type: 'done',
    counts,
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals: [],
    asOf: instantOfMs(context.now()),
    inputHash: inputHash.digest('hex'),
  };
}

function textOf(raw: JsonObject, key: string): string {
  const value = raw[key];
  return typeof value === 'string' ? value : '';
}

/** The same invoice on two pages is what paging over a moving list gives; only a real difference is left to the duplicate check of the store. */
function duplicateReason(raw: JsonObject, seen: Map<string, Seen>): string | null {
  const id = textOf(raw, 'id');
  const now = {
    hash: createHash('sha256').update(jsonText(raw)).digest('base64'),
    updatedAt: textOf(raw, 'updated_at'),
  };
  const before = seen.get(id);
  if (id === '' || before === undefined) {
    seen.set(id, now);
    return null;
  }
  return before.hash === now.hash ? 'the same invoice again on another page' : null;
}

/** The invoices of one file, or a sentence about why it is no page. */
function readInvoices(
  stored: Buffer,
  file: string,
  pages: { readonly numbers: Set<string>; total: string | null },
): readonly JsonObject[] | string {
  try {
    const bytes = file.endsWith('.gz') ? gunzipSync(stored, { maxOutputLength: maxFileBytes }) : stored;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const values: Json[] = /\.(ndjson|jsonl)(\.gz)?$/.test(file)
      ? text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map(parseJson)
      : [parseJson(text)];
    return values.flatMap((value) => invoicesOf(value, pages));
  } catch (error) {
    return `JSON in UTF-8: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
}

function invoicesOf(
  value: Json,
  pages: { readonly numbers: Set<string>; total: string | null },
): readonly JsonObject[] {
  if (Array.isArray(value)) return value.filter((item: Json): item is JsonObject => isObject(item));
  if (!isObject(value)) throw new Error('an object was expected');
  if (!Array.isArray(value['data'])) return [value];
  if (value['page'] !== undefined && value['page'] !== null) pages.numbers.add(jsonText(value['page']));
  const total = value['total_number_of_pages'];
  if (total !== undefined && total !== null) pages.total = jsonText(total);
  return value['data'].filter((item: Json): item is JsonObject => isObject(item));
}
