import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { AppError } from '../errors.js';

/*
 * What lies between a request and its bytes: the address with its query, headers in one spelling, a body of bounded size,
 * and the words for a connection that fails.
 */

/** Query values; a list is sent as repeated keys, which is what `statuses[]` wants (contract 1.8). */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

const maxBodyBytes = 128 * 1024 * 1024;

/** The request target of a path under a base address that may have a path of its own. */
export function targetOf(baseUrl: string, path: string, query: Query): string {
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '');
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) params.append(name, one);
  }
  const text = params.toString();
  return `${prefix}${path}${text === '' ? '' : `?${text}`}`;
}

/** Headers with lower-case names and one text each. */
export function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/** A whole body. Throws AppError when it is larger than any reply should be. */
export async function readBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBodyBytes)
      throw new AppError('source_reply_invalid', { detail: `a reply of more than ${maxBodyBytes} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const unzip = { gzip: promisify(gunzip), 'x-gzip': promisify(gunzip), deflate: promisify(inflate) };

/** A body without its compression. */
export async function decoded(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity' || bytes.length === 0) return bytes;
  const open = Object.hasOwn(unzip, encoding) ? unzip[encoding as keyof typeof unzip] : undefined;
  if (open === undefined) throw new AppError('source_reply_invalid', { detail: `a reply in the encoding ${encoding}` });
  return open(bytes, { maxOutputLength: maxBodyBytes });
}

const plainWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name could not be resolved just now',
  ECONNREFUSED: 'it refused the connection',
  ECONNRESET: 'it closed the connection in the middle',
  UND_ERR_SOCKET: 'it closed the connection in the middle',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it did not accept the connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody we know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by nobody we know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  TimeoutError: 'it did not answer in time',
};

/** What a failing socket or stream says, in words, by its code. */
export function wireTrouble(error: unknown, host: string): AppError {
  const code = errorCode(error);
  const words = plainWords[code] ?? `the connection failed (${code})`;
  return new AppError('source_unreachable', {
    detail: `${host}: ${words}`,
    cause: error,
    context: { host, wire: code },
  });
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error.name === 'TimeoutError') return 'TimeoutError';
  return error.cause instanceof Error ? errorCode(error.cause) : error.name;
}
