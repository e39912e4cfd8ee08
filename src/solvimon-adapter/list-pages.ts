import { isLosslessNumber } from 'lossless-json';
import { AppError } from '../errors.js';
import { type Instant, instantOfMs } from '../model/period.js';
import type { CallContext, GoodReply, SolvimonClient } from './client.js';
import type { Query } from './wire.js';
import { isObject, type Json, type JsonObject } from './shape.js';

export type Page = {
  readonly number: number;
  readonly rows: readonly JsonObject[];
  readonly requestId: string | null;
  readonly fetchedAt: Instant;
};

export type Scan = {
  readonly path: string;
  readonly query: Query;
  readonly pageSize: number;
  /** Pages asked for ahead of the one being worked on: the limiter and not the way there and back shall set the pace. */
  readonly readAhead: number;
  readonly fromPage: number;
  /** Told at the end whether the number of pages stayed the same: when it moved, rows may have slipped between pages. */
  readonly onEnd?: (end: ScanEnd) => void;
};

/** How a scan went. `isStable`: the number of pages did not move under it. */
export type ScanEnd = { readonly pages: number; readonly isStable: boolean };

/** More pages than any list has: a server that never ends its list is stopped here. */
const mostPages = 2_000_000;
const smallestPage = 10;

type Raw = Page & { readonly total: number | null; readonly limit: number | null };

/**
 * Every page of a list, in order, a few ahead. The echoed page must be the one asked for; a page size that the server
 * clamps or refuses is taken as it wants (contract 1.7). The end is an empty page or a short last one, never a link.
 * Throws AppError `source_reply_invalid` on anything that is no page.
 */
export async function* readPages(client: SolvimonClient, scan: Scan, context: CallContext): AsyncGenerator<Page> {
  const stop = new AbortController();
  const inner = withSignal(context, AbortSignal.any([context.signal, stop.signal]));
  const { first, pageSize } = await firstPage(client, scan, inner);
  const ahead = new Map<number, Promise<Raw>>();
  const fetch = (number: number) => {
    const page = fetchPage(client, scan, number, pageSize, inner);
    // Awaited in its turn; until then a failure must not end the process.
    page.catch(() => undefined);
    ahead.set(number, page);
    return page;
  };
  let [page, isStable] = [first, true];
  try {
    for (;;) {
      const total = page.total;
      const last = total ?? page.number;
      for (let next = page.number + 1; next <= Math.min(last, page.number + scan.readAhead); next += 1)
        if (!ahead.has(next)) void fetch(next);
      yield page;
      const size = page.limit ?? pageSize;
      const isShort = page.rows.length < size;
      if (page.rows.length === 0 || (isShort && (total === null || page.number >= total))) break;
      if (page.number >= mostPages) throw invalid(scan, `the list goes on after page ${page.number}`);
      const number = page.number + 1;
      const next = await (ahead.get(number) ?? fetch(number));
      ahead.delete(number);
      if (next.total !== first.total) isStable = false;
      page = next;
    }
    scan.onEnd?.({ pages: page.number, isStable });
  } finally {
    stop.abort(new AppError('interrupted', { detail: 'the pages ahead are not needed any more' }));
    await Promise.allSettled(ahead.values());
  }
}

/** The same context with another signal. Spelled out: a context may be an object of a class, which a spread would lose. */
function withSignal(context: CallContext, signal: AbortSignal): CallContext {
  return {
    signal,
    acquire: (tokens) => context.acquire(tokens),
    rateLimited: (retryAfterMs, why) => context.rateLimited(retryAfterMs, why),
    now: () => context.now(),
    log: (event, data) => context.log(event, data),
  };
}

/** The first page, with a page size the server accepts. */
async function firstPage(
  client: SolvimonClient,
  scan: Scan,
  context: CallContext,
): Promise<{ readonly first: Raw; readonly pageSize: number }> {
  for (let pageSize = scan.pageSize; ; pageSize = Math.max(smallestPage, Math.floor(pageSize / 2))) {
    const outcome = await client.tryGet(scan.path, pageQuery(scan, scan.fromPage, pageSize), context);
    if (outcome.kind === 'ok') {
      const first = toPage(scan, scan.fromPage, outcome);
      if (first.limit !== null && first.limit < pageSize)
        context.log('solvimon page size clamped', { path: scan.path, asked: pageSize, given: first.limit });
      return { first, pageSize: Math.min(pageSize, first.limit ?? pageSize) };
    }
    if (outcome.kind === 'not_found') throw invalid(scan, `a list answered ${outcome.code}`);
    // A refused size shrinks until it is accepted; any other refusal is the caller's to hear.
    if (outcome.field !== 'limit' || pageSize <= smallestPage || scan.fromPage !== 1) throw outcome.error;
    context.log('solvimon page size refused', { path: scan.path, asked: pageSize });
  }
}

async function fetchPage(
  client: SolvimonClient,
  scan: Scan,
  number: number,
  pageSize: number,
  context: CallContext,
): Promise<Raw> {
  return toPage(scan, number, await client.get(scan.path, pageQuery(scan, number, pageSize), context));
}

function pageQuery(scan: Scan, page: number, limit: number): Query {
  return { ...scan.query, page: String(page), limit: String(limit) };
}

function toPage(scan: Scan, number: number, reply: GoodReply): Raw {
  const { json, requestId } = reply;
  const at = `page ${number}${requestId === null ? '' : ` (${requestId})`}`;
  if (!isObject(json) || !Array.isArray(json['data'])) throw invalid(scan, `${at} has no data list`);
  const rows = json['data'].filter((row: Json): row is JsonObject => isObject(row));
  if (rows.length !== json['data'].length) throw invalid(scan, `${at} holds an entry that is no object`);
  const echoed = wholeNumber(json['page']);
  if (echoed !== null && echoed !== number) throw invalid(scan, `${at} says that it is page ${echoed}`);
  return {
    number,
    rows,
    requestId,
    fetchedAt: instantOfMs(reply.receivedAt),
    total: wholeNumber(json['total_number_of_pages']),
    limit: wholeNumber(json['limit']),
  };
}

/** A count from the envelope; never money. Null when it is absent or no whole number. */
export function wholeNumber(value: Json | undefined): number | null {
  const text = isLosslessNumber(value) ? value.toString() : typeof value === 'string' ? value : '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function invalid(scan: Scan, detail: string): AppError {
  return new AppError('source_reply_invalid', { detail: `GET ${scan.path}: ${detail}`, context: { path: scan.path } });
}
