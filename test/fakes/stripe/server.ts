import { LosslessNumber, stringify } from 'lossless-json';
import type { Fault } from '../../conformance/harness.js';
import { type FakeReply, type FakeRequest, type FakeServer, startFake } from '../http/fake-server.js';

/** Any object of Stripe's, with amounts as LosslessNumber where a number would lose digits. */
export type Obj = { readonly [key: string]: unknown };

export type StripeState = {
  readonly invoices: Obj[];
  readonly creditNotes: Obj[];
  readonly subscriptions: Obj[];
  readonly prices: Obj[];
  readonly taxRates: Obj[];
  readonly coupons: Obj[];
  /** Previews by subscription. */
  readonly previews: Readonly<Record<string, Obj>>;
};

export type StripeFakeOptions = {
  readonly state: Partial<StripeState>;
  readonly faults?: readonly Fault[];
  /** Paths that the key may not read: 403. */
  readonly forbidden?: readonly string[];
  readonly keyCanWrite?: boolean;
  readonly apiVersion?: string;
  /** What the server's clock says. */
  readonly now?: () => number;
  /** Makes the object of an `inserts` fault from its sample. */
  readonly toObject?: (sample: Extract<Fault, { kind: 'inserts' }>['document']) => Obj;
  /** Called after each list page of invoices: changes the state as time would. */
  readonly afterPage?: (state: StripeState, pages: number) => void;
  /** Called after each page of nested lines. */
  readonly afterLines?: (state: StripeState, pages: number) => void;
};

export const fakeKey = 'rk_live_fake';
const defaultInline = 10;
const harmless = new Set(['/v1/invoices/create_preview', '/v1/invoices/in_shadowbill_write_probe']);

export type StripeFake = FakeServer & {
  readonly state: StripeState;
  /** Requests that could change something. */
  writes(): readonly string[];
};

/**
 * Stripe as far as a reader sees it, with state: lists newest first with `created` ranges and object cursors that are
 * lost when their object goes, nested lists of which ten come inline, 404, 403 and 401 in Stripe's words. A list by
 * status is answered with 400, because nobody may do that.
 */
export async function startStripe(options: StripeFakeOptions): Promise<StripeFake> {
  const state: StripeState = {
    invoices: [],
    creditNotes: [],
    subscriptions: [],
    prices: [],
    taxRates: [],
    coupons: [],
    previews: {},
    ...options.state,
  };
  const handler = new Handler(state, options);
  const server = await startFake({
    faults: options.faults ?? [],
    replies: {
      rateLimited: failure(429, { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.' }),
      serverError: failure(500, { type: 'api_error', message: 'Something went wrong.' }),
      unauthorised: failure(401, {
        type: 'invalid_request_error',
        message: `Invalid API Key provided: ${fakeKey}****`,
      }),
    },
    handle: (request) => handler.answer(request),
  });
  return {
    ...server,
    requests: server.requests,
    state,
    writes: () =>
      server.requests
        .filter(({ method, path }) => method !== 'GET' && !(method === 'POST' && harmless.has(path)))
        .map(({ method, path }) => `${method} ${path}`),
  };
}

function failure(status: number, error: Obj): FakeReply {
  return { status, body: JSON.stringify({ error }), headers: { 'request-id': 'req_failed' } };
}

const missing = (param: string | null, what: string): FakeReply =>
  failure(param === null ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    param,
    message: `No such ${what}`,
  });

/** Answers requests from the state. Class, because it counts the pages that it has sent. */
class Handler {
  readonly #state: StripeState;
  readonly #options: StripeFakeOptions;
  #pages = 0;
  #linePages = 0;
  #number = 0;

  constructor(state: StripeState, options: StripeFakeOptions) {
    this.#state = state;
    this.#options = options;
  }

  answer(request: FakeRequest): FakeReply {
    const { headers, path } = request;
    this.#number += 1;
    if (headers['authorization'] !== `Bearer ${fakeKey}`)
      return failure(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' });
    if (headers['stripe-version'] === undefined) return failure(400, { message: 'No version is pinned.' });
    if (this.#options.forbidden?.some((one) => path.startsWith(one)) === true)
      return failure(403, {
        type: 'invalid_request_error',
        message: `The provided key ${fakeKey}**** does not have access.`,
      });
    const reply = request.method === 'GET' ? this.#get(request) : this.#post(request);
    return {
      ...reply,
      headers: {
        'request-id': `req_${this.#number}`,
        'stripe-version': this.#options.apiVersion ?? headers['stripe-version'],
        date: new Date(this.#options.now?.() ?? Date.now()).toUTCString(),
        ...reply.headers,
      },
    };
  }

  #get(request: FakeRequest): FakeReply {
    const [, , collection = '', id, nested] = request.path.split('/').map(decodeURIComponent);
    const all = this.#collection(collection);
    if (all === null) return missing(null, 'path');
    if (id === undefined) return this.#list(collection, all, request);
    const found = all.find((one) => one['id'] === id) ?? this.#previewNamed(id);
    if (found === undefined) return missing(null, `${collection}: '${id}'`);
    if (nested === 'lines') return this.#lines(found, request);
    return okay(collection === 'invoices' || collection === 'credit_notes' ? withInlineLines(found) : found);
  }

  #previewNamed(id: string): Obj | undefined {
    return Object.values(this.#state.previews).find((one) => one['id'] === id);
  }

  #post(request: FakeRequest): FakeReply {
    if (request.path === '/v1/invoices/create_preview') {
      const preview = this.#state.previews[new URLSearchParams(request.body).get('subscription') ?? ''];
      return preview === undefined
        ? failure(404, { type: 'invalid_request_error', code: 'invoice_upcoming_none', message: 'No upcoming invoice' })
        : okay(withInlineLines(preview));
    }
    if (this.#options.keyCanWrite !== true)
      return failure(403, { type: 'invalid_request_error', message: `The key ${fakeKey}**** may not write.` });
    return missing(null, 'invoice');
  }

  #collection(name: string): readonly Obj[] | null {
    const { invoices, creditNotes, subscriptions, prices, taxRates, coupons } = this.#state;
    const byName: Readonly<Record<string, readonly Obj[]>> = {
      invoices,
      credit_notes: creditNotes,
      subscriptions,
      prices,
      tax_rates: taxRates,
      coupons,
    };
    return byName[name] ?? null;
  }

  #list(collection: string, all: readonly Obj[], request: FakeRequest): FakeReply {
    const { query } = request;
    if (query.has('status')) return failure(400, { message: 'Never list by status: its cursors are lost.' });
    const [from, to] = [query.get('created[gte]'), query.get('created[lt]')];
    const customer = query.get('customer');
    const matching = all
      .filter((one) => from === null || Number(one['created']) >= Number(from))
      .filter((one) => to === null || Number(one['created']) < Number(to))
      .filter((one) => customer === null || one['customer'] === customer)
      .sort(newestFirst);
    const after = query.get('starting_after');
    const start = after === null ? 0 : matching.findIndex((one) => one['id'] === after) + 1;
    if (after !== null && start === 0) return missing('starting_after', `${collection}: '${after}'`);
    const limit = Number(query.get('limit') ?? '10');
    const isRepeating = start > 0 && this.#options.faults?.some(({ kind }) => kind === 'repeats') === true;
    const page = matching.slice(isRepeating ? start - 1 : start, start + limit);
    const hasMore = start + limit < matching.length;
    if (collection === 'invoices') this.#move(matching.slice(start, start + limit));
    const shown = collection === 'invoices' || collection === 'credit_notes' ? page.map(withInlineLines) : page;
    return okay({ object: 'list', data: shown, has_more: hasMore, url: `/v1/${collection}` });
  }

  /** The list of invoices changes after its first page, as the faults say. */
  #move(page: readonly Obj[]): void {
    this.#pages += 1;
    this.#options.afterPage?.(this.#state, this.#pages);
    if (this.#pages !== 1) return;
    const { invoices } = this.#state;
    for (const fault of this.#options.faults ?? []) {
      if (fault.kind === 'inserts' && this.#options.toObject !== undefined)
        invoices.push(this.#options.toObject(fault.document));
      if (fault.kind !== 'deletes') continue;
      const gone = page.at(-1)?.['id'];
      invoices.splice(
        invoices.findIndex((one) => one['id'] === gone),
        1,
      );
      fault.onDelete(String(gone));
    }
  }

  #lines(found: Obj, request: FakeRequest): FakeReply {
    const all = linesOf(found);
    const after = request.query.get('starting_after');
    const start = after === null ? 0 : all.findIndex((one) => one['id'] === after) + 1;
    // Stripe does not page a preview: it has forgotten the lines that it computed.
    const isPreview = this.#previewNamed(String(found['id'])) !== undefined;
    if (after !== null && (start === 0 || isPreview)) return missing('starting_after', 'invoice line');
    const limit = Number(request.query.get('limit') ?? '10');
    this.#linePages += 1;
    this.#options.afterLines?.(this.#state, this.#linePages);
    return okay({
      object: 'list',
      data: all.slice(start, start + limit),
      has_more: start + limit < all.length,
      total_count: all.length,
      url: request.path,
    });
  }
}

function newestFirst(a: Obj, b: Obj): number {
  const byTime = Number(b['created']) - Number(a['created']);
  return byTime === 0 ? (String(a['id']) < String(b['id']) ? 1 : -1) : byTime;
}

function linesOf(object: Obj): readonly Obj[] {
  const list = object['lines'] as Obj | undefined;
  return (list?.['data'] ?? []) as readonly Obj[];
}

/** The object as Stripe sends it: with its first ten lines. */
function withInlineLines(object: Obj): Obj {
  const all = linesOf(object);
  const lines = {
    object: 'list',
    data: all.slice(0, defaultInline),
    has_more: all.length > defaultInline,
    total_count: all.length,
    url: `/v1/${object['object'] === 'credit_note' ? 'credit_notes' : 'invoices'}/${String(object['id'])}/lines`,
  };
  return { ...object, lines };
}

function okay(body: Obj): FakeReply {
  return { status: 200, body: stringify(body) ?? '' };
}

/** A number with all its digits. */
export const exact = (text: string): LosslessNumber => new LosslessNumber(text);
