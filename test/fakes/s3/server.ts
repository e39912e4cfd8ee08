import { createHash } from 'node:crypto';
import type { Fault } from '../../conformance/harness.js';
import { type FakeReply, type FakeRequest, type FakeServer, startFake } from '../http/fake-server.js';

export type S3FakeOptions = {
  readonly bucket: string;
  /** Objects by key. May change while the fake runs. */
  readonly objects: Map<string, Uint8Array>;
  readonly faults?: readonly Fault[];
  /** An error of S3 for everything, such as SlowDown with 503. */
  readonly refuses?: { readonly status: number; readonly code: string };
  /** Keys of a page of a listing. */
  readonly pageSize?: number;
  /** Called after each part of an object: changes the objects as time would. */
  readonly afterPart?: (objects: Map<string, Uint8Array>, parts: number) => void;
};

export const fakeKeyId = 'AKIDFAKE';
export const fakeSecret = 'fake-secret';

export type S3Fake = FakeServer & { writes(): readonly string[] };

/**
 * A bucket as far as a reader sees it: HeadObject, GetObject with ranges and If-Match, ListObjectsV2 with pages, and S3's
 * own errors. Requests have to be signed (that the signature is there and of the right key and region is checked, not
 * that it is right) and the bucket has to be part of the path.
 */
export async function startS3(options: S3FakeOptions): Promise<S3Fake> {
  let parts = 0;
  const handle = (request: FakeRequest): FakeReply => {
    const refused = refusal(request, options);
    if (refused !== null) return refused;
    const [, bucket = '', ...rest] = request.path.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    if (bucket !== options.bucket) return failure(404, 'NoSuchBucket');
    if (key === '') return list(options, request.query);
    const bytes = options.objects.get(key);
    if (bytes === undefined) return failure(404, 'NoSuchKey');
    if (request.method === 'HEAD') return { status: 200, body: '', headers: headersOf(bytes, bytes.length) };
    const reply = part(bytes, request.headers['range'] ?? '', request.headers['if-match'] ?? '');
    parts += 1;
    options.afterPart?.(options.objects, parts);
    return reply;
  };
  const server = await startFake({
    faults: options.faults ?? [],
    replies: {
      rateLimited: failure(503, 'SlowDown'),
      serverError: failure(500, 'InternalError'),
      unauthorised: failure(403, 'InvalidAccessKeyId'),
    },
    handle,
  });
  return {
    ...server,
    requests: server.requests,
    writes: () =>
      server.requests
        .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
        .map(({ method, path }) => `${method} ${path}`),
  };
}

function failure(status: number, code: string): FakeReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, body, headers: { 'content-type': 'application/xml' } };
}

function refusal({ method, headers }: FakeRequest, options: S3FakeOptions): FakeReply | null {
  if (options.refuses !== undefined) return failure(options.refuses.status, options.refuses.code);
  if (method !== 'GET' && method !== 'HEAD') return failure(405, 'MethodNotAllowed');
  const authorization = headers['authorization'] ?? '';
  const [, key, region] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request/.exec(authorization) ?? [];
  if (key === undefined || !/Signature=[0-9a-f]{64}$/.test(authorization)) return failure(403, 'AccessDenied');
  if (key !== fakeKeyId) return failure(403, 'InvalidAccessKeyId');
  if (region !== 'eu-west-1') return failure(400, 'AuthorizationHeaderMalformed');
  return headers['x-amz-date'] === undefined ? failure(403, 'AccessDenied') : null;
}

const etagOf = (bytes: Uint8Array): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

const headersOf = (bytes: Uint8Array, length: number): Readonly<Record<string, string>> => ({
  etag: etagOf(bytes),
  'content-type': 'application/octet-stream',
  'content-length': `${length}`,
  'accept-ranges': 'bytes',
});

function part(bytes: Uint8Array, range: string, ifMatch: string): FakeReply {
  if (ifMatch !== '' && ifMatch !== etagOf(bytes)) return failure(412, 'PreconditionFailed');
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (from === undefined || to === undefined)
    return { status: 200, body: bytes, headers: headersOf(bytes, bytes.length) };
  if (Number(from) >= bytes.length) return failure(416, 'InvalidRange');
  const body = bytes.subarray(Number(from), Number(to) + 1);
  const last = Number(from) + body.length - 1;
  const headers = { ...headersOf(bytes, body.length), 'content-range': `bytes ${from}-${last}/${bytes.length}` };
  return { status: 206, body, headers };
}

function list(options: S3FakeOptions, query: URLSearchParams): FakeReply {
  const prefix = query.get('prefix') ?? '';
  const size = options.pageSize ?? 1000;
  const keys = [...options.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const start = Number(query.get('continuation-token') ?? '0');
  const page = keys.slice(start, start + size);
  const isCut = start + size < keys.length;
  const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('');
  const next = isCut ? `<NextContinuationToken>${start + size}</NextContinuationToken>` : '';
  const body = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${options.bucket}</Name><Prefix>${prefix}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${size}</MaxKeys><IsTruncated>${isCut}</IsTruncated>${next}${contents}</ListBucketResult>`;
  return { status: 200, body, headers: { 'content-type': 'application/xml' } };
}
