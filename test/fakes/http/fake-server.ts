import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault } from '../../conformance/harness.js';

export type FakeRequest = {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};

export type FakeReply = {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};

export type FakeServer = {
  readonly port: number;
  readonly requests: readonly FakeRequest[];
  close(): Promise<void>;
};

/** The replies of the system for what goes wrong: each one says "slow down" in its own words. */
export type FakeReplies = {
  readonly rateLimited: FakeReply;
  readonly serverError: FakeReply;
  readonly unauthorised: FakeReply;
};

/**
 * A `node:http` server on a free port that answers by `handle` and fails as the conformance suite asks: 401, 429 with or
 * without Retry-After, 500, a login page, a body that is cut off by closing the connection, a reply that never comes.
 * Faults that concern data (`inserts`, `deletes`, `repeats`) are left to `handle`.
 */
export async function startFake(input: {
  readonly faults: readonly Fault[];
  readonly replies: FakeReplies;
  readonly handle: (request: FakeRequest) => FakeReply;
}): Promise<FakeServer> {
  const requests: FakeRequest[] = [];
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const request = await readRequest(incoming);
    const number = requests.length;
    requests.push(request);
    const isSpoilt = (fault: Fault) => 'times' in fault && number >= fault.after && number < fault.after + fault.times;
    const spoilt = input.faults.find(
      (fault) => fault.kind === 'unauthorised' || (fault.kind === 'hangs' && number >= fault.after) || isSpoilt(fault),
    );
    if (spoilt?.kind === 'hangs') return spoilt.onHang();
    const reply = replyOf(spoilt, input, request);
    if (spoilt?.kind === 'cut_off') return cutOff(outgoing, reply);
    outgoing.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    outgoing.end(reply.body);
  };
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      // A mistake of the fake must not look like a failure of the system.
      outgoing.writeHead(599).end(`the fake broke: ${String(error)}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, requests, close: () => stop(server) };
}

function replyOf(
  spoilt: Fault | undefined,
  input: { readonly replies: FakeReplies; readonly handle: (request: FakeRequest) => FakeReply },
  request: FakeRequest,
): FakeReply {
  switch (spoilt?.kind) {
    case 'unauthorised':
      return input.replies.unauthorised;
    case 'server_error':
      return input.replies.serverError;
    case 'rate_limited': {
      const { retryAfterSeconds } = spoilt;
      const { headers, ...rest } = input.replies.rateLimited;
      return {
        ...rest,
        headers: { ...headers, ...(retryAfterSeconds !== null && { 'retry-after': `${retryAfterSeconds}` }) },
      };
    }
    case 'html':
      return {
        status: 200,
        body: '<!doctype html><html><body><h1>Sign in</h1></body></html>',
        headers: { 'content-type': 'text/html' },
      };
    case 'cut_off':
    case 'hangs':
    case 'inserts':
    case 'deletes':
    case 'repeats':
    case undefined:
      return input.handle(request);
  }
}

/** Promises the whole body, sends half of it and hangs up. */
function cutOff(outgoing: ServerResponse, reply: FakeReply): void {
  const bytes = Buffer.from(reply.body);
  outgoing.writeHead(reply.status, {
    'content-type': 'application/json',
    ...reply.headers,
    'content-length': `${bytes.length}`,
  });
  outgoing.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => outgoing.destroy());
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://fake');
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve, reject) =>
    server.close((error) => (error === undefined ? resolve() : reject(error))),
  );
}
