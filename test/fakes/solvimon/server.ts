import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { age, type Book, type FakeEvent, iso, type Metered, reprocess } from './billing.js';
import { apiError, type Fault, FaultPlan, play } from './faults.js';
import type { Fields, Invoice } from './invoice.js';
import { isAllowedWrite, neededPermission } from './rules.js';
import { renderReport, reportColumns, type ReportStyle } from './report-csv.js';

export type FakeKey = {
  readonly environment: 'live' | 'test';
  readonly role: 'READ_ONLY' | 'ADMINISTRATOR';
  /** Permissions the key lacks. */
  readonly without?: readonly string[];
};

export type FakeOptions = {
  readonly environment?: 'live' | 'test';
  readonly keys?: Readonly<Record<string, FakeKey>>;
  /** The server's clock, epoch milliseconds; starts on the first of November 2026, noon UTC. */
  readonly now?: number;
  /** Larger pages are clamped to this, or refused with `field: limit`. */
  readonly largestPage?: number;
  readonly refusesLargePages?: boolean;
  readonly latencyMs?: number;
};

export type Recorded = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export const readKey = 'key-read-only';
export const writeKey = 'key-that-writes';
export const webhookSecret = 'whsec-of-the-fake';
const defaultKeys: Readonly<Record<string, FakeKey>> = {
  [readKey]: { environment: 'live', role: 'READ_ONLY' },
  [writeKey]: { environment: 'live', role: 'ADMINISTRATOR' },
};

type Answer = { readonly status: number; readonly body: string };
type Report = {
  readonly id: string;
  readonly request: string;
  readonly code: string;
  readonly extractedAt: string;
  readonly file: Buffer;
};
type Unpaged = { readonly data: readonly Fields[] };

/**
 * Solvimon, small: invoices that age, events, reports, a processing watermark, pages that can move while they are read, and
 * a plan of troubles. It remembers every request; whatever is not a GET and not one of the three allowed writes is a
 * violation, and closing it then throws, so that the test fails whatever it was about.
 */
export class FakeSolvimon {
  readonly requests: Recorded[] = [];
  /** Every reply that was not spoilt, kept when `keepsReplies` is on: for holding it against the specification. */
  readonly replies: { readonly request: Recorded; readonly status: number; readonly body: string }[] = [];
  keepsReplies = false;
  readonly violations: string[] = [];
  readonly faults = new FaultPlan();
  readonly events: FakeEvent[] = [];
  readonly customers: Fields[] = [];
  readonly subscriptions: Fields[] = [];
  readonly productItems: Fields[] = [];
  readonly meters: Fields[] = [];
  readonly coupons: Fields[] = [];
  currencies: Fields[] = [
    { code: 'EUR', exponent: 2 },
    { code: 'JPY', exponent: 0 },
    { code: 'KWD', exponent: 3 },
  ];
  platform: Record<string, unknown> = {
    id: 'plat_shadow',
    timezone: 'Europe/Amsterdam',
    default_pricing_plan_subscription_settings: { init_invoice_on_hold: true },
    invoice_settings: {
      invoice_date_determination_type: 'AFTER_END_OF_BILLING_PERIOD',
      send_by_email: { trigger_type: 'MANUAL' },
      export_to_erp: { trigger_type: 'MANUAL' },
    },
  };
  upToDate: Record<string, unknown> = {
    timestamp: '2026-11-01T12:00:00Z',
    event_processing_up_to_date_until: '2026-11-01T11:55:00Z',
    invoices_to_be_reprocessed: 0,
    customers_to_be_reprocessed: 0,
    reprocess: { in_progress: false, in_error: false, items_scheduled: 0 },
  };
  webhookActions: Unpaged = {
    data: [{ object_type: 'INVOICE', actions: ['CREATED', 'UPDATED', 'STATUS_TO_FINAL', 'PAID'] }],
  };
  reportStyle: ReportStyle = { delimiter: ',', bom: false, gzip: false, encoding: 'utf8' };
  /** Polls of a report request before the report is there. */
  reportPolls = 1;
  reportLink: string | null = null;
  /** Leaves lines out even when they are asked for (fixture 24). */
  ignoresIncludeFlags = false;
  /** Sends the last row of each page again as the first of the next. */
  repeatsLastRow = false;
  /** Called with every request before it is answered; may change anything. */
  onRequest: ((request: Recorded) => void) | null = null;
  now: number;

  readonly #options: Required<Pick<FakeOptions, 'environment' | 'keys' | 'latencyMs' | 'refusesLargePages'>> & {
    readonly largestPage: number;
  };
  readonly #server: Server;
  readonly #books: Book[] = [];
  readonly #reports: Report[] = [];
  readonly #reportRequests = new Map<string, { readonly code: string; polls: number; readonly body: Fields }>();
  readonly #replays = new Map<string, { readonly body: string; readonly answer: Answer }>();
  #serial = 0;

  private constructor(options: FakeOptions) {
    this.now = options.now ?? Date.parse('2026-11-01T12:00:00Z');
    this.#options = {
      environment: options.environment ?? 'live',
      keys: options.keys ?? defaultKeys,
      latencyMs: options.latencyMs ?? 0,
      refusesLargePages: options.refusesLargePages ?? false,
      largestPage: options.largestPage ?? 100,
    };
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        this.violations.push(
          `the fake itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        response.destroy();
      });
    });
  }

  static async start(options: FakeOptions = {}): Promise<FakeSolvimon> {
    const fake = new FakeSolvimon(options);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get invoices(): readonly Invoice[] {
    return this.#books.map((book) => book.invoice);
  }

  fault(fault: Fault): void {
    this.faults.add(fault);
  }

  /** `first`: ahead of all others, where a reader may have been already. */
  addInvoice(
    invoice: Invoice,
    options: {
      readonly closesAt?: number;
      readonly draftedAt?: number;
      readonly metered?: Metered;
      readonly first?: boolean;
    } = {},
  ): Invoice {
    const book: Book = {
      invoice,
      closesAt: options.closesAt ?? null,
      draftedAt: options.draftedAt ?? null,
      metered: options.metered ?? null,
      pending: 0,
    };
    if (options.first === true) this.#books.unshift(book);
    else this.#books.push(book);
    return invoice;
  }

  removeInvoice(id: string): void {
    const at = this.#books.findIndex((book) => book.invoice.id === id);
    if (at >= 0) this.#books.splice(at, 1);
  }

  /** Moves the clock on; invoices age with it. */
  advance(ms: number): void {
    this.now += ms;
    age(this.#books, this.now);
  }

  /** An event as the ingest would take it: duplicate by reference, unmatched without a line to bill it, else pending. */
  ingest(event: Omit<FakeEvent, 'id' | 'processed_details'>): FakeEvent {
    const twin = this.events.find((one) => one.reference === event.reference);
    const book = this.#books.find(
      ({ invoice, metered }) =>
        metered !== null &&
        metered.meter === event.meter_reference &&
        invoice['customer_id'] === event.customer_id &&
        (invoice['status'] === 'OPEN' || invoice['status'] === 'DRAFT'),
    );
    const type = twin !== undefined ? 'DUPLICATE' : book === undefined ? 'NOT_MATCHED' : 'DEFAULT';
    const stored: FakeEvent = {
      ...event,
      id: `mdat_${(this.#serial += 1)}`,
      processed_details: { type, ...(twin !== undefined && { duplicate_of_meter_data_id: twin.id }) },
    };
    this.events.push(stored);
    if (type === 'DEFAULT' && book !== undefined) {
      book.pending += event.count;
      book.invoice['to_be_reprocessed'] = true;
      this.#countPending();
    }
    return stored;
  }

  /** Computes everything that is pending. */
  process(): void {
    for (const book of this.#books) if (book.invoice['to_be_reprocessed'] === true) reprocess(book, this.now);
    this.#countPending();
  }

  /** A webhook delivery as this server would send it now. */
  delivery(
    type: string,
    data: Fields,
    secret = webhookSecret,
  ): { readonly headers: Record<string, string>; readonly body: Buffer } {
    const body = Buffer.from(JSON.stringify({ created_at: iso(this.now), type, environment: 'LIVE', data }));
    const timestamp = iso(this.now);
    const hex = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex').toUpperCase();
    return { headers: { 'x-payload-signature-timestamp': timestamp, 'x-payload-signature': `v1=${hex}` }, body };
  }

  /** Ends the server. Throws when something was sent that must not be. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    if (this.violations.length > 0)
      throw new Error(`the fake was asked for what must never be sent:\n${this.violations.join('\n')}`);
  }

  #countPending(): void {
    this.upToDate = {
      ...this.upToDate,
      invoices_to_be_reprocessed: this.#books.filter((book) => book.invoice['to_be_reprocessed'] === true).length,
    };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const recorded: Recorded = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.requests.push(recorded);
    response.setHeader('X-Request-Id', `reqr_${(this.#serial += 1)}`);
    response.setHeader('Date', new Date(this.now).toUTCString());
    if (this.#options.latencyMs > 0) await sleep(this.#options.latencyMs);
    this.onRequest?.(recorded);
    const file = /^\/files\/([^/]+)$/.exec(recorded.path)?.[1];
    if (file !== undefined) return this.#sendFile(file, recorded, response);
    const answer = this.#guard(recorded) ?? this.#answer(recorded);
    const trouble = this.faults.next(recorded.path, recorded.query.get('page'));
    if (trouble !== null) return play(trouble, response, answer.body);
    if (this.keepsReplies) this.replies.push({ request: recorded, status: answer.status, body: answer.body });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }

  #sendFile(id: string, recorded: Recorded, response: ServerResponse): void {
    // The link is signed by itself; our key has no business there.
    if (recorded.headers['x-api-key'] !== undefined) this.violations.push('the key was sent to the download link');
    const report = this.#reports.find((one) => one.id === id);
    const trouble = this.faults.next(recorded.path, null);
    if (trouble !== null) return play(trouble, response, report?.file.toString('latin1') ?? '');
    response.writeHead(report === undefined ? 404 : 200, { 'content-type': 'text/csv' }).end(report?.file);
  }

  /** Everything that is checked before a request is looked at: the key, its environment, its permissions, what it sends. */
  #guard(request: Recorded): Answer | null {
    if (request.method !== 'GET' && !isAllowedWrite(request.method, request.path, request.body))
      this.violations.push(`${request.method} ${request.path} ${request.body}`);
    if (request.path.endsWith('-overview')) this.violations.push(`GET ${request.path} starts a job`);
    const name = request.headers['x-api-key'];
    const key = typeof name === 'string' ? this.#options.keys[name] : undefined;
    if (key === undefined || key.environment !== this.#options.environment)
      return refused(401, 'UNAUTHORISED', 'the key is not valid');
    const platform = request.headers['x-platform-id'];
    if (platform !== undefined && platform !== this.platform['id'])
      return refused(400, 'PLATFORM_NOT_FOUND', 'no such platform');
    const permission = neededPermission(request.method, request.path);
    if (permission !== null && key.without?.includes(permission) === true)
      return refused(403, 'USER_NOT_ALLOWED', `${permission} is needed`);
    return request.method !== 'GET' && key.role === 'READ_ONLY'
      ? refused(403, 'USER_NOT_ALLOWED', 'the key may only read')
      : null;
  }

  #answer(request: Recorded): Answer {
    const { method, path } = request;
    if (method !== 'GET') return this.#write(request);
    const one = /^\/v1\/invoices\/([^/]+)$/.exec(path)?.[1];
    if (path === '/v1/invoices')
      return this.#list(request, this.#matchingInvoices(request), (invoice) => this.#shown(invoice, request.query));
    // 400 or 404, the contract says; the fake takes the surprising one.
    if (one !== undefined) return found(this.#books.find((book) => book.invoice.id === one)?.invoice);
    const customer = /^\/v1\/customers\/([^/]+)$/.exec(path)?.[1];
    if (customer !== undefined)
      return found(this.customers.find((row) => row['id'] === customer || row['reference'] === customer));
    if (path.startsWith('/v1/platforms/')) return this.#platform(path);
    if (path.startsWith('/v1/report')) return this.#report(path);
    if (path === '/v1/webhooks/actions') return ok(this.webhookActions);
    const rows: Readonly<Record<string, readonly Fields[]>> = {
      '/v1/customers': this.customers,
      '/v1/pricing-plan-subscriptions': this.subscriptions,
      '/v1/product-items': this.productItems,
      '/v1/meters': this.meters,
      '/v1/coupons': this.coupons,
      '/v1/events': this.events,
    };
    const list = rows[path];
    return list === undefined
      ? { status: 404, body: 'page does not exist' }
      : this.#list(
          request,
          list.filter((row) => isAsked(row, request.query)),
        );
  }

  #platform(path: string): Answer {
    const [, id, rest] = /^\/v1\/platforms\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    if (id !== this.platform['id']) return refused(400, 'PLATFORM_NOT_FOUND', 'no such platform');
    if (rest === '/up-to-date') return ok(this.upToDate);
    if (rest === '/currencies') return ok(this.currencies);
    return ok(this.platform);
  }

  #matchingInvoices({ query }: Recorded): readonly Invoice[] {
    const range = /^\[(.+),(.+)\]$/.exec(query.get('invoice_date') ?? '');
    const statuses = query.getAll('statuses[]');
    const matching = this.#books.filter(({ invoice }) => {
      const dated = Date.parse(String(invoice['invoice_date']));
      return (
        (range === null || (dated >= Date.parse(range[1] ?? '') && dated <= Date.parse(range[2] ?? ''))) &&
        (statuses.length === 0 || statuses.includes(String(invoice['status']))) &&
        isAsked(invoice, query)
      );
    });
    const direction = query.get('order_direction') === 'asc' ? 1 : -1;
    const created = (book: Book) => String(book.invoice['created_at']);
    const ordered = matching.toSorted((a, b) =>
      created(a) < created(b) ? -direction : created(a) > created(b) ? direction : 0,
    );
    return ordered.map((book) => book.invoice);
  }

  /** Lists are thin unless told otherwise (contract 2.1). */
  #shown(invoice: Invoice, query: URLSearchParams): Fields {
    const { periods, ...thin } = invoice;
    if (query.get('include_periods') !== 'true') return thin;
    if (query.get('include_lines') === 'true' && !this.ignoresIncludeFlags) return invoice;
    const bare = (periods as Fields[]).map((period) => ({
      ...period,
      groups: (period['groups'] as Fields[]).map((group) => ({ ...group, lines: null })),
    }));
    return { ...thin, periods: bare };
  }

  #list<Row extends Fields>(
    { query, path }: Recorded,
    rows: readonly Row[],
    show: (row: Row) => Fields = (row) => row,
  ): Answer {
    const page = Number(query.get('page') ?? '1');
    const asked = Number(query.get('limit') ?? '50');
    const { largestPage, refusesLargePages } = this.#options;
    if (asked > largestPage && refusesLargePages)
      return refused(400, 'INVALID_FIELD', `at most ${largestPage}`, 'limit');
    const limit = Math.min(asked, largestPage);
    const again = this.repeatsLastRow && page > 1 ? 1 : 0;
    const data = rows.slice((page - 1) * limit - again, page * limit).map(show);
    const total = Math.ceil(rows.length / limit);
    const link = (number: number) => (number < 1 || number > total ? null : `${path}?page=${number}&limit=${limit}`);
    return ok({
      data,
      page,
      limit,
      total_number_of_pages: total,
      links: { first: link(1), previous: link(page - 1), current: link(page), next: link(page + 1) },
    });
  }

  #write(request: Recorded): Answer {
    const key = request.headers['idempotency-key'];
    const known = typeof key === 'string' ? this.#replays.get(key) : undefined;
    if (known !== undefined)
      return known.body === request.body
        ? known.answer
        : refused(409, 'IDEMPOTENCY_CHECK_FAILED', 'the key was used for another body');
    const answer = this.#take(request);
    if (typeof key === 'string') this.#replays.set(key, { body: request.body, answer });
    return answer;
  }

  #take({ method, path, body }: Recorded): Answer {
    const json = JSON.parse(body === '' ? '{}' : body) as Fields;
    if (method === 'PATCH') {
      const id = /^\/v1\/invoices\/([^/]+)$/.exec(path)?.[1];
      const invoice = this.#books.find((book) => book.invoice.id === id)?.invoice;
      if (invoice === undefined) return found(undefined);
      if (invoice['status'] === 'FINAL') return refused(400, 'INVALID_OPERATION', 'a final invoice does not change');
      // The real one would take status FINAL here as well; so does the fake, and the guard above has already noted it.
      Object.assign(invoice, json, { updated_at: iso(this.now) });
      return ok(invoice);
    }
    if (path === '/v1/reprocess') {
      const target = (json['invoice'] as Fields | undefined)?.['invoice_id'];
      for (const book of this.#books) if (target === undefined || book.invoice.id === target) reprocess(book, this.now);
      this.#countPending();
      return {
        status: 201,
        body: JSON.stringify({
          id: `repr_${(this.#serial += 1)}`,
          type: json['type'],
          status: 'DONE',
          percentage: 100,
        }),
      };
    }
    if (path === '/v1/report-generate-requests') {
      const id = `rgrq_${(this.#serial += 1)}`;
      this.#reportRequests.set(id, { code: String(json['report_code']), polls: this.reportPolls, body: json });
      return { status: 201, body: JSON.stringify({ ...json, id, status: 'REQUESTED' }) };
    }
    return { status: 404, body: 'page does not exist' };
  }

  #report(path: string): Answer {
    if (path === '/v1/report-definitions')
      return ok({
        data: Object.entries(reportColumns).map(([code, columns]) => ({
          report_code: code,
          category: 'INVOICE',
          columns: columns.map((name, order) => ({ name, order, default: true, optional: false })),
        })),
        links: {},
      });
    const [, request, isReport] = /^\/v1\/report-generate-requests\/([^/]+)(\/report)?$/.exec(path) ?? [];
    if (request !== undefined) return this.#reportRequest(request, isReport !== undefined);
    const [, id, isLink] = /^\/v1\/reports\/([^/]+)(\/download-url)?$/.exec(path) ?? [];
    const report = this.#reports.find((one) => one.id === id);
    if (report === undefined) return found(undefined);
    if (isLink === undefined)
      return ok({ id: report.id, report_code: report.code, data_extracted_at: report.extractedAt });
    return ok({
      resource: null,
      expire_at: iso(this.now + 60_000),
      url: this.reportLink ?? `${this.url}/files/${report.id}?signature=abc`,
    });
  }

  #reportRequest(id: string, wantsReport: boolean): Answer {
    const request = this.#reportRequests.get(id);
    if (request === undefined) return found(undefined);
    if (!wantsReport) {
      request.polls -= 1;
      return ok({ id, report_code: request.code, status: request.polls > 0 ? 'IN_PROGRESS' : 'COMPLETED' });
    }
    if (request.polls > 0) return refused(404, 'RESOURCE_NOT_FOUND', 'the report is not there yet');
    let report = this.#reports.find((one) => one.request === id);
    if (report === undefined) {
      report = {
        id: `repo_${(this.#serial += 1)}`,
        request: id,
        code: request.code,
        extractedAt: iso(this.now),
        file: renderReport(request.code, this.invoices, this.reportStyle),
      };
      this.#reports.push(report);
    }
    return ok({
      id: report.id,
      report_code: report.code,
      file_name: `${report.code}.csv`,
      data_extracted_at: report.extractedAt,
      report_generate_request_id: id,
    });
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body: JSON.stringify(body) });
const found = (row: unknown): Answer =>
  row === undefined ? refused(400, 'RESOURCE_NOT_FOUND', 'there is none') : ok(row);

function refused(status: number, code: string, message: string, field: string | null = null): Answer {
  return { status, body: apiError(code, message, field) };
}

/** The filters of the lists that the adapter uses. */
function isAsked(row: Fields, query: URLSearchParams): boolean {
  const same = (param: string, value: unknown) => query.get(param) === null || query.get(param) === String(value);
  const custom = query.get('custom_field')?.split(':');
  const fields = (row['custom_fields'] ?? []) as Fields[];
  return (
    same('customer_id', row['customer_id']) &&
    same('on_hold', row['on_hold']) &&
    same('reference', row['reference']) &&
    same('processed_details_type', (row['processed_details'] as Fields | undefined)?.['type']) &&
    (custom === undefined || fields.some((field) => field['reference'] === custom[0] && field['value'] === custom[1]))
  );
}
