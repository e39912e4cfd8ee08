import type { ServerResponse } from 'node:http';

/** One way a reply goes wrong. */
export type Trouble =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly code?: string;
      readonly message?: string;
      readonly field?: string;
    }
  /** An HTML page, as a proxy sends it, with any status. */
  | { readonly kind: 'html'; readonly status: number }
  /** The connection dies in the middle of a body whose length was announced. */
  | { readonly kind: 'cut' }
  /** A whole reply with half of its JSON. */
  | { readonly kind: 'half_json' }
  /** The connection dies before a reply. */
  | { readonly kind: 'reset' }
  /** Nothing comes until the client gives up. */
  | { readonly kind: 'hang'; readonly onHang?: () => void }
  | { readonly kind: 'redirect'; readonly location: string };

/** Which requests are troubled, and how often. `skip` lets that many pass first. */
export type Fault = {
  readonly path: RegExp;
  readonly page?: number;
  readonly trouble: Trouble;
  readonly times: number;
  readonly skip?: number;
};

/** The troubles still to come. */
export class FaultPlan {
  readonly #faults: { readonly fault: Fault; left: number; skip: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times, skip: fault.skip ?? 0 });
  }

  /** The trouble of this request, if it is to have one. */
  next(path: string, page: string | null): Trouble | null {
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (entry.left === 0 || !fault.path.test(path) || (fault.page !== undefined && String(fault.page) !== page))
        continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return fault.trouble;
    }
    return null;
  }

  /** Troubles that never came: a test whose fault did not happen has shown nothing. */
  get pending(): number {
    return this.#faults.reduce((sum, entry) => sum + (Number.isFinite(entry.left) ? entry.left : 0), 0);
  }
}

export function apiError(code: string, message: string, field: string | null = null): string {
  const type = code === 'INTERNAL_ERROR' ? 'API_ERROR' : 'INVALID_REQUEST';
  return JSON.stringify({ type, code, message, ...(field !== null && { field }) });
}

/** Plays a trouble. `good` is the body that would have been sent. */
export function play(trouble: Trouble, response: ServerResponse, good: string): void {
  switch (trouble.kind) {
    case 'status': {
      for (const [name, value] of Object.entries(trouble.headers ?? {})) response.setHeader(name, value);
      const body =
        trouble.code === undefined
          ? ''
          : apiError(trouble.code, trouble.message ?? 'made to fail', trouble.field ?? null);
      response.writeHead(trouble.status, { 'content-type': 'application/json' }).end(body);
      return;
    }
    case 'html':
      response
        .writeHead(trouble.status, { 'content-type': 'text/html' })
        .end('<html><body><h1>Bad Gateway</h1></body></html>');
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(good) + 64 });
      response.write(good.slice(0, Math.floor(good.length / 2)), () => response.destroy());
      return;
    case 'half_json':
      response.writeHead(200, { 'content-type': 'application/json' }).end(good.slice(0, Math.floor(good.length / 2)));
      return;
    case 'reset':
      response.destroy();
      return;
    case 'hang':
      trouble.onHang?.();
      return;
    case 'redirect':
      response.writeHead(302, { location: trouble.location }).end();
  }
}
