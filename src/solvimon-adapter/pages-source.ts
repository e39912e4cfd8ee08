import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
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
import { pageFiles, type PageCount, readPageFile, type SavedInvoice } from './read-pages.js';
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
  // Paging over a list that moves gives an invoice on two pages; only a real difference is a fault.
  repeatedIds: 'identical_once',
};

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

async function* pullPages(
  target: string,
  baseDir: string,
  scope: Scope,
  context: PullContext,
  options: Omit<ToDocumentOptions, 'place'>,
): AsyncIterable<PullEvent> {
  const counts = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  const incompleteBecause = new Set<string>();
  const inputHash = createHash('sha256');
  const pages: PageCount = { numbers: new Set(), total: null };
  const files = await pageFiles(target);
  if (files.length === 0) {
    const shown = path.relative(baseDir, target);
    incompleteBecause.add(`there are no pages at ${shown}`);
    const expected = `pages of cycle ${scope.cycle} (.json, .ndjson, .gz)`;
    yield { type: 'problem', problem: problem('file_missing', { file: shown }, null, null, expected) };
  }
  for (const file of files) {
    const name = path.relative(baseDir, file);
    for await (const event of readPageFile(file, name, pages, inputHash)) {
      context.signal.throwIfAborted();
      if (event.type === 'problem') {
        incompleteBecause.add(`${name} could not be read whole`);
        yield event;
        continue;
      }
      counts.listed += 1;
      const translated = translate(event.invoice, { ...options, place: { file: name, line: event.invoice.line } });
      counts[translated.type === 'document' ? 'emitted' : 'rejected'] += 1;
      yield { ...translated, raw: null };
    }
  }
  if (pages.total !== null && String(pages.numbers.size) !== pages.total)
    incompleteBecause.add(`${pages.numbers.size} of ${pages.total} pages are there`);
  yield {
    type: 'done',
    counts,
    complete: incompleteBecause.size === 0,
    incompleteBecause: [...incompleteBecause],
    controlTotals: [],
    asOf: instantOfMs(context.now()),
    inputHash: inputHash.digest('hex'),
  };
}

/** A rejection quotes what was read, so it is made from the numbers as they were written. */
function translate(invoice: SavedInvoice, options: ToDocumentOptions): Translated {
  const translated = toDocument(invoice.raw, options);
  return translated.type === 'document' ? translated : toDocument(invoice.exact(), options);
}
