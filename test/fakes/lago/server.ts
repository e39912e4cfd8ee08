import { LosslessNumber, stringify } from 'lossless-json';
import type { Fault } from '../../conformance/harness.js';
import { type FakeReply, type FakeRequest, type FakeServer, startFake } from '../http/fake-server.js';

/** Any object of Lago's, with amounts as LosslessNumber where a number would lose digits. */
export type Obj = { readonly [key: string]: unknown };

export type LagoState = { readonly invoices: Obj[]; readonly creditNotes: Obj[] };

export type LagoFakeOptions = {
  readonly state: Partial<LagoState>;
  readonly faults?: readonly Fault[];
  /** Paths that the key may not read: 403. */
  readonly forbidden?: readonly string[];
  readonly organization?: Obj;
  /** 404 for everything, as from the address of the user interface. */
  readonly isApi?: boolean;
  /** What the server's clock says. */
  readonly now?: () => number;
  /** Makes the object of an `inserts` fault from its sample. */
  readonly toObject?: (sample: Extract<Fault, { kind: 'inserts' }>['document']) => Obj;
  /** Called after each page of the list of invoices: changes the state as time would. */
  readonly afterPage?: (state: LagoState, pages: number) => void;
  /** Seconds in `x-ratelimit-reset`, with which Lago names the pause after a 429. */
  readonly rateLimitReset?: number;
  /** Sends the first page whatever page is asked for. */
  readonly ignoresPages?: boolean;
};

export const fakeKey = 'lago_fake_key';

/** What a list leaves out: it has neither fees nor periods. */
const onlyAlone = ['fees', 'billing_periods', 'credits', 'subscriptions', 'items'];

export type LagoFake = FakeServer & { readonly state: LagoState; writes(): readonly string[] };

/**
 * Lago as far as a reader sees it, with state: numbered pages with the newest first, that shift when the list changes;
 * counts of pages that are of the first time the list was asked for; lists without fees; 404, 403 and 401 in Lago's words.
 */
export async function startLago(options: LagoFakeOptions): Promise<LagoFake> {
  const state: LagoState = { invoices: [], creditNotes: [], ...options.state };
  const handler = new Handler(state, options);
  const server = await startFake({
    faults: options.faults ?? [],
    replies: {
      rateLimited: {
        ...failure(429, 'Too Many Requests'),
        headers: options.rateLimitReset === undefined ? {} : { 'x-ratelimit-reset': `${options.rateLimitReset}` },
      },
      serverError: failure(500, 'Internal Server Error'),
      unauthorised: failure(401, 'Unauthorized'),
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

const failure = (status: number, error: string): FakeReply => ({ status, body: JSON.stringify({ status, error }) });

/** Answers requests from the state. Class, because it counts pages and remembers old counts. */
class Handler {
  readonly #state: LagoState;
  readonly #options: LagoFakeOptions;
  readonly #cachedCounts = new Map<string, number>();
  #pages = 0;

  constructor(state: LagoState, options: LagoFakeOptions) {
    this.#state = state;
    this.#options = options;
  }

  answer(request: FakeRequest): FakeReply {
    const date = new Date(this.#options.now?.() ?? Date.now()).toUTCString();
    const reply = this.#reply(request);
    return { ...reply, headers: { date, 'x-request-id': 'req_1', ...reply.headers } };
  }

  #reply({ headers, method, path, query }: FakeRequest): FakeReply {
    if (this.#options.isApi === false) return failure(404, 'Not Found');
    if (headers['authorization'] !== `Bearer ${fakeKey}`) return failure(401, 'Unauthorized');
    if (this.#options.forbidden?.some((one) => path.startsWith(one)) === true) return failure(403, 'Forbidden');
    if (method !== 'GET') return failure(405, 'Nobody may change anything here');
    const [, , , collection = '', id] = path.split('/').map(decodeURIComponent);
    if (collection === 'organizations')
      return okay({ organization: this.#options.organization ?? { name: 'Acme', finalize_zero_amount_invoice: true } });
    const isInvoices = collection === 'invoices';
    if (!isInvoices && collection !== 'credit_notes') return failure(404, 'Not Found');
    const all = isInvoices ? this.#state.invoices : this.#state.creditNotes;
    if (id === undefined) return this.#list(collection, all, query);
    const found = all.find((one) => one['lago_id'] === id);
    return found === undefined ? failure(404, 'Not Found') : okay({ [isInvoices ? 'invoice' : 'credit_note']: found });
  }

  #list(collection: string, all: Obj[], query: URLSearchParams): FakeReply {
    const matching = all.filter((one) => matches(one, query)).sort(newestFirst);
    const size = Math.min(Number(query.get('per_page') ?? '20'), 100);
    const page = this.#options.ignoresPages === true ? 1 : Number(query.get('page') ?? '1');
    const start = (page - 1) * size;
    const isRepeating = page > 1 && this.#options.faults?.some((fault) => fault.kind === 'repeats') === true;
    const shown = matching.slice(isRepeating ? start - 1 : start, start + size);
    const filters = new URLSearchParams(query);
    filters.delete('page');
    const key = `${collection}?${filters.toString()}`;
    const count = this.#cachedCounts.get(key) ?? matching.length;
    this.#cachedCounts.set(key, count);
    // The count is up to half an hour old, and a page too few follows from it.
    const isThereNext = start + size < count - 1;
    if (collection === 'invoices') this.#move(shown);
    return okay({
      [collection]: shown.map(inList),
      meta: {
        current_page: page,
        next_page: isThereNext ? page + 1 : null,
        prev_page: page > 1 ? page - 1 : null,
        total_pages: Math.ceil(count / size),
        total_count: count,
      },
    });
  }

  /** The list of invoices changes after its first page, as the faults say. */
  #move(page: readonly Obj[]): void {
    if (page.length === 0) return;
    this.#pages += 1;
    this.#options.afterPage?.(this.#state, this.#pages);
    if (this.#pages !== 1) return;
    const { invoices } = this.#state;
    for (const fault of this.#options.faults ?? []) {
      if (fault.kind === 'inserts' && this.#options.toObject !== undefined)
        invoices.push(this.#options.toObject(fault.document));
      if (fault.kind !== 'deletes') continue;
      const gone = page.at(-1)?.['lago_id'];
      invoices.splice(
        invoices.findIndex((one) => one['lago_id'] === gone),
        1,
      );
      fault.onDelete(String(gone));
    }
  }
}

function matches(one: Obj, query: URLSearchParams): boolean {
  const day = String(one['issuing_date']);
  const [from, to] = [query.get('issuing_date_from'), query.get('issuing_date_to')];
  const customer = query.get('external_customer_id');
  return (
    (from === null || day >= from) &&
    (to === null || day <= to) &&
    (customer === null || (one['customer'] as Obj | undefined)?.['external_id'] === customer)
  );
}

function newestFirst(a: Obj, b: Obj): number {
  const key = (one: Obj) => `${String(one['issuing_date'])} ${String(one['created_at'])}`;
  const byTime = key(b) < key(a) ? -1 : key(b) > key(a) ? 1 : 0;
  return byTime === 0 ? (String(a['lago_id']) < String(b['lago_id']) ? -1 : 1) : byTime;
}

const inList = (object: Obj): Obj =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !onlyAlone.includes(name)));

function okay(body: Obj): FakeReply {
  return { status: 200, body: stringify(body) ?? '' };
}

/** A number with all its digits. */
export const exact = (text: string): LosslessNumber => new LosslessNumber(text);
