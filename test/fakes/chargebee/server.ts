import { LosslessNumber, stringify } from 'lossless-json';
import type { Fault } from '../../conformance/harness.js';
import { type FakeReply, type FakeRequest, type FakeServer, startFake } from '../http/fake-server.js';

/** Any object of Chargebee's, with amounts as LosslessNumber where a number would lose digits. */
export type Obj = { readonly [key: string]: unknown };

export type ChargebeeState = { readonly invoices: Obj[]; readonly creditNotes: Obj[] };

export type ChargebeeFakeOptions = {
  readonly state: Partial<ChargebeeState>;
  readonly faults?: readonly Fault[];
  /** Paths that the key may not read: 403. */
  readonly forbidden?: readonly string[];
  /** False: there is no such site, 404. */
  readonly hasSite?: boolean;
  readonly catalog?: 'v1' | 'v2';
  /** Whether the sibling lists are cut with the lines, or whole on every page. */
  readonly siblings?: 'paged' | 'whole';
  /** What the server's clock says. */
  readonly now?: () => number;
  /** Makes the object of an `inserts` fault from its sample. */
  readonly toObject?: (sample: Extract<Fault, { kind: 'inserts' }>['document']) => Obj;
  /** Called after each page of the list of invoices: changes the state as time would. */
  readonly afterPage?: (state: ChargebeeState, pages: number) => void;
  /** Called after each page of nested lines. */
  readonly afterLines?: (state: ChargebeeState, pages: number) => void;
};

export const fakeKey = 'test_fakechargebeekey';
/** Lines that come with an object; the real number is not documented. */
export const inlineLines = 20;
/** Fewer than may be asked for, so that a document of the suite has several pages. */
const mostLines = 50;
const siblingNames = ['line_item_tiers', 'line_item_discounts', 'line_item_taxes'];

export type ChargebeeFake = FakeServer & { readonly state: ChargebeeState; writes(): readonly string[] };

/**
 * Chargebee as far as a reader sees it, with state: lists by date or last change with bounds that are not included,
 * offsets that hang on a record and are refused when it is gone, nested lines with an offset of their own, 404, 403 and
 * 401 in Chargebee's words. A list by status is answered with 400, because nobody may ask for one.
 */
export async function startChargebee(options: ChargebeeFakeOptions): Promise<ChargebeeFake> {
  const state: ChargebeeState = { invoices: [], creditNotes: [], ...options.state };
  const handler = new Handler(state, options);
  const server = await startFake({
    faults: options.faults ?? [],
    replies: {
      rateLimited: failure(429, 'api_request_limit_exceeded', 'Too many requests.'),
      serverError: failure(500, 'internal_error', 'Something went wrong.'),
      unauthorised: failure(401, 'api_authentication_failed', 'Sorry, authentication failed. Invalid api key'),
    },
    handle: (request) => handler.answer(request),
  });
  return {
    ...server,
    requests: server.requests,
    state,
    writes: () =>
      server.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
  };
}

function failure(status: number, code: string, message: string, param?: string): FakeReply {
  const body = { message, type: 'invalid_request', api_error_code: code, http_status_code: status, param };
  return { status, body: JSON.stringify(body) };
}

const notFound = (id: string): FakeReply => failure(404, 'resource_not_found', `${id} not found`);
const refused = (param: string): FakeReply => failure(400, 'param_wrong_value', `${param} is invalid`, param);

/** Answers requests from the state. Class, because it counts the pages that it has sent. */
class Handler {
  readonly #state: ChargebeeState;
  readonly #options: ChargebeeFakeOptions;
  #pages = 0;
  #linePages = 0;

  constructor(state: ChargebeeState, options: ChargebeeFakeOptions) {
    this.#state = state;
    this.#options = options;
  }

  answer(request: FakeRequest): FakeReply {
    const { headers, path } = request;
    const date = new Date(this.#options.now?.() ?? Date.now()).toUTCString();
    const reply = this.#reply(request, headers['authorization'] ?? '', path);
    return { ...reply, headers: { date, 'x-request-id': 'req_1', ...reply.headers } };
  }

  #reply(request: FakeRequest, authorization: string, path: string): FakeReply {
    if (this.#options.hasSite === false) return failure(404, 'site_not_found', 'There is no such site.');
    if (authorization !== `Basic ${Buffer.from(`${fakeKey}:`).toString('base64')}`)
      return failure(401, 'api_authentication_failed', 'Sorry, authentication failed. Invalid api key');
    if (this.#options.forbidden?.some((one) => path.startsWith(one)) === true)
      return failure(403, 'api_authorization_failed', 'The key has not sufficient permissions.');
    if (request.method !== 'GET') return failure(405, 'http_method_not_supported', 'Nobody may change anything here.');
    const [, , , collection = '', id] = path.split('/').map(decodeURIComponent);
    if (path === '/api/v2/configurations')
      return okay({ configurations: [{ domain: 'acme', product_catalog_version: this.#options.catalog ?? 'v2' }] });
    if (collection !== 'invoices' && collection !== 'credit_notes') return notFound(path);
    const kind = collection === 'invoices' ? 'invoice' : 'credit_note';
    const all = collection === 'invoices' ? this.#state.invoices : this.#state.creditNotes;
    if (id === undefined) return this.#list(kind, all, request.query);
    const found = all.find((one) => one['id'] === id);
    if (found === undefined) return notFound(id);
    return this.#retrieve(kind, found, request.query);
  }

  #list(kind: string, all: Obj[], query: URLSearchParams): FakeReply {
    if ([...query.keys()].some((key) => key.startsWith('status'))) return refused('status');
    const isDescending = query.has('sort_by[desc]');
    const by = query.get('sort_by[asc]') ?? query.get('sort_by[desc]') ?? 'date';
    const value = (one: Obj) => Number(one[by]);
    const order = (a: Obj, b: Obj) => value(a) - value(b) || (String(a['id']) < String(b['id']) ? -1 : 1);
    const matching = all.filter((one) => matches(one, query)).sort(order);
    if (isDescending) matching.reverse();
    const offset = query.get('offset');
    const start = offset === null ? 0 : startAfter(matching, offset);
    if (start === null) return refused('offset');
    const limit = Math.min(Number(query.get('limit') ?? '10'), 100);
    const isRepeating = start > 0 && this.#options.faults?.some((fault) => fault.kind === 'repeats') === true;
    const page = matching.slice(isRepeating ? start - 1 : start, start + limit);
    const last = start + limit < matching.length ? page.at(-1) : undefined;
    if (kind === 'invoice' && by === 'date' && !isDescending) this.#move(page);
    return okay({
      list: page.map((one) => ({ [kind]: this.#withLines(one, 0, inlineLines) })),
      ...(last !== undefined && { next_offset: JSON.stringify([String(last[by]), last['id']]) }),
    });
  }

  /** The list of invoices changes after its first page, as the faults say. */
  #move(page: readonly Obj[]): void {
    this.#pages += 1;
    this.#options.afterPage?.(this.#state, this.#pages);
    if (this.#pages !== 1) return;
    const { invoices } = this.#state;
    for (const fault of this.#options.faults ?? []) {
      if (fault.kind === 'inserts' && this.#options.toObject !== undefined)
        invoices.push({ ...this.#options.toObject(fault.document), updated_at: this.#nowSeconds() });
      if (fault.kind !== 'deletes') continue;
      const gone = page.at(-1)?.['id'];
      invoices.splice(
        invoices.findIndex((one) => one['id'] === gone),
        1,
      );
      fault.onDelete(String(gone));
    }
  }

  #nowSeconds(): number {
    return Math.floor((this.#options.now?.() ?? Date.now()) / 1000);
  }

  #retrieve(kind: string, found: Obj, query: URLSearchParams): FakeReply {
    const offset = query.get('line_items_offset');
    const start =
      offset === null ? 0 : linesOf(found).findIndex((line) => `after:${String(line['id'])}` === offset) + 1;
    if (offset !== null && start === 0) return refused('line_items_offset');
    const limit = Math.min(Number(query.get('line_items_limit') ?? '100'), mostLines);
    const reply = okay({ [kind]: this.#withLines(found, start, limit) });
    this.#linePages += 1;
    this.#options.afterLines?.(this.#state, this.#linePages);
    return reply;
  }

  /** The object with some of its lines, and the sibling rows as the options say. */
  #withLines(object: Obj, start: number, limit: number): Obj {
    const lines = linesOf(object);
    const shown = lines.slice(start, start + limit);
    const ids = new Set(shown.map((line) => line['id']));
    const next =
      start + limit < lines.length ? { line_items_next_offset: `after:${String(shown.at(-1)?.['id'])}` } : {};
    const isWhole = this.#options.siblings === 'whole';
    const rows = siblingNames.flatMap((name) => {
      const all = object[name] as readonly Obj[] | undefined;
      return all === undefined
        ? []
        : [[name, isWhole ? all : all.filter((row) => ids.has(row['line_item_id']))] as const];
    });
    return { ...object, ...Object.fromEntries(rows), line_items: shown, ...next };
  }
}

/** Bounds are not included, which is the harsher of the two readings of the documents. */
function matches(one: Obj, query: URLSearchParams): boolean {
  const between = query.get('date[between]');
  const [from, to] = between === null ? [] : (JSON.parse(between) as [number, number]);
  const updatedAfter = query.get('updated_at[after]');
  const customers = query.get('customer_id[in]');
  const isDeleted = one['deleted'] === true;
  return (
    (from === undefined || Number(one['date']) > from) &&
    (to === undefined || Number(one['date']) < to) &&
    (updatedAfter === null || Number(one['updated_at']) > Number(updatedAfter)) &&
    (customers === null || (JSON.parse(customers) as unknown[]).includes(one['customer_id'])) &&
    (!isDeleted || query.get('include_deleted') === 'true')
  );
}

/** Null when the record that the offset hangs on is gone. */
function startAfter(matching: readonly Obj[], offset: string): number | null {
  const [, id] = JSON.parse(offset) as [string, string];
  const at = matching.findIndex((one) => one['id'] === id);
  return at < 0 ? null : at + 1;
}

const linesOf = (object: Obj): readonly Obj[] => (object['line_items'] ?? []) as readonly Obj[];

function okay(body: Obj): FakeReply {
  return { status: 200, body: stringify(body) ?? '' };
}

/** A number with all its digits. */
export const exact = (text: string): LosslessNumber => new LosslessNumber(text);
