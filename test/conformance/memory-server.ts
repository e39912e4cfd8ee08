import { sumText } from '../../src/model/money.js';
import type { Fault, SampleDocument, Setup } from './harness.js';

export type Reply = {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
};

/** Documents per page: small, so that few documents are many pages. */
export const memoryPageSize = 3;

/**
 * A billing system in memory with one endpoint: a list, newest first, paged by the id of the last record. It speaks
 * JSON text and statuses as a server would, and fails as it is told to. Class, because it has state.
 */
export class MemoryServer {
  requestCount = 0;
  readonly written: string[] = [];
  readonly isBilled: boolean;
  readonly #faults: readonly Fault[];
  #documents: readonly SampleDocument[];

  constructor(setup: Setup) {
    this.isBilled = setup.isCycleBilled !== false;
    this.#faults = setup.faults ?? [];
    this.#documents = [...setup.documents].sort((a, b) =>
      a.issuedAt === b.issuedAt ? order(b.id, a.id) : order(b.issuedAt, a.issuedAt),
    );
  }

  /** One page after the record `after`; 400 when that record is gone. Waits for `signal` when it is told to hang. */
  async list(after: string | null, signal: AbortSignal): Promise<Reply> {
    const spoilt = await this.#spoil(signal);
    if (spoilt !== null) return spoilt;
    const start = after === null ? 0 : this.#documents.findIndex((one) => one.id === after) + 1;
    if (after !== null && start === 0) return { status: 400, retryAfter: null, body: '{"error":"cursor_gone"}' };
    const repeats = this.#faults.some((fault) => fault.kind === 'repeats') && start > 0 ? 1 : 0;
    const page = this.#documents.slice(start - repeats, start + memoryPageSize);
    const hasMore = start + memoryPageSize < this.#documents.length;
    const body = `{"data":[${page.map(recordText).join(',')}],"has_more":${hasMore}}`;
    this.#move();
    return this.#isCut()
      ? { status: 200, retryAfter: null, body: body.slice(0, -20) }
      : { status: 200, retryAfter: null, body };
  }

  async read(id: string, signal: AbortSignal): Promise<Reply> {
    const spoilt = await this.#spoil(signal);
    if (spoilt !== null) return spoilt;
    const found = this.#documents.find((one) => one.id === id);
    return found === undefined
      ? { status: 404, retryAfter: null, body: '{"error":"not_found"}' }
      : { status: 200, retryAfter: null, body: recordText(found) };
  }

  write(what: string): void {
    this.requestCount += 1;
    this.written.push(what);
  }

  async #spoil(signal: AbortSignal): Promise<Reply | null> {
    signal.throwIfAborted();
    const number = this.requestCount;
    this.requestCount += 1;
    for (const fault of this.#faults) {
      if (fault.kind === 'unauthorised') return { status: 401, retryAfter: null, body: '{"error":"who are you"}' };
      if (fault.kind === 'hangs' && number >= fault.after) {
        await new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          fault.onHang();
        });
      }
      if (!('times' in fault) || number < fault.after || number >= fault.after + fault.times) continue;
      if (fault.kind === 'server_error') return { status: 500, retryAfter: null, body: '{"error":"oops"}' };
      if (fault.kind === 'html') return { status: 200, retryAfter: null, body: '<html><body>Sign in</body></html>' };
      if (fault.kind === 'rate_limited')
        return {
          status: 429,
          retryAfter: fault.retryAfterSeconds === null ? null : `${fault.retryAfterSeconds}`,
          body: '{"error":"slow down"}',
        };
    }
    return null;
  }

  #isCut(): boolean {
    const number = this.requestCount - 1;
    return this.#faults.some(
      (fault) => fault.kind === 'cut_off' && number >= fault.after && number < fault.after + fault.times,
    );
  }

  /** The list changes once, after its first page. */
  #move(): void {
    if (this.requestCount !== 1) return;
    for (const fault of this.#faults) {
      if (fault.kind === 'inserts') this.#documents = [fault.document, ...this.#documents];
      if (fault.kind === 'deletes') {
        const gone = this.#documents[memoryPageSize - 1]?.id ?? '';
        this.#documents = this.#documents.filter((one) => one.id !== gone);
        fault.onDelete(gone);
      }
    }
  }
}

/** The record as JSON text. Amounts are number tokens with all their digits, so that a careless parser loses some. */
function recordText(document: SampleDocument): string {
  const { lines, ...header } = document;
  const total = sumText(lines.flatMap((line) => [line.amount, line.discount, line.tax]));
  return `${JSON.stringify(header).slice(0, -1)},"total":${total},"lines":[${lines
    .map(({ amount, discount, tax, quantity, ...rest }) => {
      const numbers = `"amount":${amount},"discount":${discount},"tax":${tax},"quantity":${quantity}`;
      return `${JSON.stringify(rest).slice(0, -1)},${numbers}}`;
    })
    .join(',')}]}`;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
