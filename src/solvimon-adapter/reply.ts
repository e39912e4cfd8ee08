import { AppError } from '../errors.js';
import { isObject, type Json, type JsonObject, parseJson } from './shape.js';

/** What came back over the wire, before anybody looked into it. Header names are in lower case. */
export type WireReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
};

/** Solvimon's error envelope (contract 1.4). `code` is kept as sent: new ones may appear. */
export type ApiError = {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
  readonly resourceType: string | null;
};

/** What a reply means. Decided by the envelope's code; the status speaks only where there is no envelope. */
export type Verdict =
  | { readonly kind: 'ok'; readonly json: Json }
  | { readonly kind: 'not_found'; readonly code: string }
  /** The request itself was refused; `field` lets the caller mend it. */
  | { readonly kind: 'refused'; readonly error: AppError; readonly field: string | null }
  | {
      readonly kind: 'again';
      readonly error: AppError;
      readonly retryAfterMs: number | null;
      readonly isRate: boolean;
    };

export type RequestSketch = { readonly method: string; readonly path: string; readonly permission: string | null };

/** Statuses that ask for another try whatever the body says (contract 1.4, 1.6). */
const againStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const shownText = 120;

/** Reads a reply. Never throws: whatever it is, it gets a meaning. `nowMs` serves Retry-After dates. */
export function readReply(reply: WireReply, request: RequestSketch, nowMs: number): Verdict {
  const text = new TextDecoder('utf-8').decode(reply.bytes);
  const parsed = tryJson(text);
  const envelope = parsed === undefined ? null : toApiError(parsed);
  const requestId = requestIdOf(reply.headers);
  const context = { status: reply.status, requestId, path: request.path };
  if (envelope !== null) return fromEnvelope(envelope, reply, request, context, nowMs);
  const about = `${request.method} ${request.path} answered ${reply.status}${requestId === null ? '' : ` (${requestId})`}`;
  if (reply.status >= 300 && reply.status < 400)
    return { kind: 'refused', field: null, error: redirected(reply, about) };
  if (againStatuses.has(reply.status)) return again(reply, `${about}: ${shown(reply, text)}`, context, nowMs);
  if (reply.status === 401 || reply.status === 403)
    return { kind: 'refused', field: null, error: new AppError('source_unauthorised', { detail: about, context }) };
  if (reply.status < 200 || reply.status > 299)
    return {
      kind: 'refused',
      field: null,
      error: new AppError('source_reply_invalid', { detail: `${about}: ${shown(reply, text)}`, context }),
    };
  if (parsed !== undefined) return { kind: 'ok', json: parsed };
  // A good status with a body that is no JSON: cut off on the way, or a proxy's page. Another try may be whole.
  return {
    kind: 'again',
    isRate: false,
    retryAfterMs: null,
    error: new AppError('source_reply_invalid', { detail: `${about}: ${shown(reply, text)}`, context }),
  };
}

function fromEnvelope(
  envelope: ApiError,
  reply: WireReply,
  request: RequestSketch,
  context: Readonly<Record<string, unknown>>,
  nowMs: number,
): Verdict {
  const { code, field } = envelope;
  const full = { ...context, code, field, type: envelope.type };
  const detail = `${request.method} ${request.path}: ${code}, ${envelope.message}${field === null ? '' : ` (field ${field})`}`;
  const refused = (error: AppError): Verdict => ({ kind: 'refused', error, field });
  if (code === 'UNAUTHORISED') return refused(new AppError('source_unauthorised', { detail, context: full }));
  if (code === 'USER_NOT_ALLOWED') {
    const needed = request.permission === null ? '' : `; it needs the permission ${request.permission}`;
    return refused(
      new AppError('source_unauthorised', {
        detail: `${detail}${needed}`,
        context: { ...full, permission: request.permission },
      }),
    );
  }
  if (code.endsWith('_NOT_FOUND')) return { kind: 'not_found', code };
  if (code === 'INTERNAL_ERROR' || envelope.type === 'API_ERROR' || againStatuses.has(reply.status))
    return again(reply, detail, full, nowMs);
  // 422: an earlier request with this idempotency key is still running (contract 1.5).
  if (reply.status === 422) return again(reply, detail, full, nowMs);
  return refused(new AppError('source_refused_request', { detail, context: full }));
}

function again(reply: WireReply, detail: string, context: Readonly<Record<string, unknown>>, nowMs: number): Verdict {
  const retryAfterMs = retryAfterOf(reply.headers, nowMs);
  const isRate = reply.status === 429;
  return {
    kind: 'again',
    isRate,
    retryAfterMs,
    error: isRate
      ? new AppError('source_rate_limited', { detail, context, ...(retryAfterMs !== null && { retryAfterMs }) })
      : new AppError('source_unreachable', { detail, context }),
  };
}

function redirected(reply: WireReply, about: string): AppError {
  const target = reply.headers['location'] ?? '';
  const host = URL.canParse(target) ? new URL(target).host : 'another place';
  return new AppError('source_reply_invalid', {
    detail: `${about} and points to ${host}; redirects are not followed, because the key would go along. Correct base_url`,
  });
}

/** How long the other side asks us to wait: seconds, or a date held against its own clock where it sent one. Null: it did not say. */
export function retryAfterOf(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return null;
  if (/^\d{1,7}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const at = Date.parse(value);
  if (Number.isNaN(at)) return null;
  const theirs = Date.parse(headers['date'] ?? '');
  return Math.max(0, at - (Number.isNaN(theirs) ? nowMs : theirs));
}

export function requestIdOf(headers: Readonly<Record<string, string>>): string | null {
  return headers['x-request-id'] ?? null;
}

function tryJson(text: string): Json | undefined {
  if (text.trim() === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    // Not JSON is one of the meanings a reply can have; the caller names it.
    return undefined;
  }
}

function toApiError(json: Json): ApiError | null {
  if (!isObject(json)) return null;
  const { type, code, message } = json;
  if (typeof type !== 'string' || typeof code !== 'string' || typeof message !== 'string') return null;
  // An invoice has a type too, but neither code nor message; an envelope never has an id.
  if (json['id'] !== undefined || json['data'] !== undefined) return null;
  return { type, code, message, field: textOf(json, 'field'), resourceType: textOf(json, 'resource_type') };
}

function textOf(json: JsonObject, key: string): string | null {
  const value = json[key];
  return typeof value === 'string' ? value : null;
}

function shown(reply: WireReply, text: string): string {
  const type = reply.headers['content-type'] ?? 'no content type';
  const start = text.replaceAll(/\s+/g, ' ').trim().slice(0, shownText);
  return `${type}, ${reply.bytes.length} bytes${start === '' ? '' : `, beginning ${JSON.stringify(start)}`}`;
}
