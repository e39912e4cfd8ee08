import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseInstant, msOfInstant, type Instant } from '../model/period.js';
import type { Incident } from './pull-deps.js';
import { isObject, type Json, type JsonObject, parseJson } from './shape.js';

/*
 * Webhooks wake us and never tell us anything that counts: what they say is fetched again (contract 2.8). What they can do
 * is cost us work or raise a false alarm, so each is proved to come from Solvimon, now, and for the first time.
 */

export const timestampHeader = 'x-payload-signature-timestamp';
export const signatureHeader = 'x-payload-signature';
/** Actions we ask to be woken by; `check` holds them against `GET /webhooks/actions`. */
export const wantedActions: readonly string[] = ['INVOICE.CREATED', 'INVOICE.UPDATED', 'INVOICE.STATUS_TO_FINAL'];

const windowMs = 5 * 60_000;
const mostBytes = 5 * 1024 * 1024;

export type WebhookRefusal =
  | 'too_large'
  | 'signature_missing'
  | 'timestamp_malformed'
  | 'timestamp_out_of_window'
  | 'signature_wrong'
  | 'replayed'
  | 'body_malformed';

export type WebhookInput = {
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as it came over the wire; a body that was parsed and written again has another signature. */
  readonly body: Uint8Array;
  readonly nowMs: number;
};

/** What a delivery asks for. `token` names it for refusing a replay. */
export type WakeUp = {
  readonly type: string;
  readonly environment: string | null;
  readonly createdAt: Instant | null;
  readonly invoiceId: string | null;
  readonly customerId: string | null;
  readonly originalRequestId: string | null;
  readonly token: string;
};

export type WebhookVerdict =
  | { readonly ok: true; readonly wakeUp: WakeUp }
  | { readonly ok: false; readonly because: WebhookRefusal };

/**
 * Verifies a delivery: HMAC-SHA256 over `timestamp.body` with any of the secrets (two are valid while one is rolled),
 * compared in constant time against each `v1=` signature given, hex in either case; the timestamp within five minutes of
 * our clock on either side. Replays are the handler's to refuse, by `token`. Pure.
 */
export function verifyWebhook(input: WebhookInput, secrets: readonly string[]): WebhookVerdict {
  const refuse = (because: WebhookRefusal): WebhookVerdict => ({ ok: false, because });
  if (input.body.length > mostBytes) return refuse('too_large');
  const timestamp = input.headers[timestampHeader];
  const given = signaturesOf(input.headers[signatureHeader] ?? '');
  if (timestamp === undefined || given.length === 0) return refuse('signature_missing');
  const at = parseInstant(timestamp.trim());
  if (at === undefined) return refuse('timestamp_malformed');
  const signature = matching(given, timestamp.trim(), input.body, secrets);
  if (signature === null) return refuse('signature_wrong');
  // After the signature, so that an unsigned request learns nothing about our clock.
  if (Math.abs(input.nowMs - msOfInstant(at)) > windowMs) return refuse('timestamp_out_of_window');
  const wakeUp = toWakeUp(input.body, signature);
  return wakeUp === null ? refuse('body_malformed') : { ok: true, wakeUp };
}

/** Signatures of version 1 as bytes. The separator between pairs is not documented: commas and blanks both part them. */
function signaturesOf(header: string): readonly Buffer[] {
  return header.split(/[\s,]+/).flatMap((pair) => {
    const hex = /^v1=([0-9a-f]{64})$/i.exec(pair)?.[1];
    return hex === undefined ? [] : [Buffer.from(hex, 'hex')];
  });
}

/** The signature that fits, as lower-case hex. Every pair is compared, so that time tells nothing about which fitted. */
function matching(
  given: readonly Buffer[],
  timestamp: string,
  body: Uint8Array,
  secrets: readonly string[],
): string | null {
  let fitting: string | null = null;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest();
    for (const one of given) if (timingSafeEqual(one, expected)) fitting = expected.toString('hex');
  }
  return fitting;
}

function toWakeUp(body: Uint8Array, token: string): WakeUp | null {
  let json: Json;
  try {
    json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // A signed body that is no JSON is refused by name; the sender will send it again.
    return null;
  }
  if (!isObject(json)) return null;
  const type = textOf(json, 'type');
  if (type === null) return null;
  const data = isObject(json['data']) ? json['data'] : {};
  const created = textOf(json, 'created_at');
  return {
    type,
    environment: textOf(json, 'environment'),
    createdAt: created === null ? null : (parseInstant(created) ?? null),
    invoiceId: type.startsWith('INVOICE.') ? textOf(data, 'id') : null,
    customerId: textOf(data, 'customer_id'),
    originalRequestId: textOf(json, 'original_request_id'),
    token,
  };
}

function textOf(from: JsonObject, key: string): string | null {
  const value = from[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What the handler needs of the world. */
export type WebhookDeps = {
  /** The current secret, and the former one while it is rolled. */
  readonly secrets: readonly string[];
  readonly now: () => number;
  /** Whether a delivery was handled before. Shared by all processes. */
  readonly isKnown: (token: string) => Promise<boolean>;
  /** Remembers a handled delivery for as long as its timestamp could still pass. */
  readonly remember: (token: string, untilMs: number) => Promise<void>;
  /** Whether an invoice's customer is in the shadow run; null when that cannot be said, which counts as yes. */
  readonly isShadow: (wakeUp: WakeUp) => Promise<boolean | null>;
  readonly onIncident: (incident: Incident) => Promise<void>;
  /** Puts the reading of this invoice on the queue. */
  readonly wake: (wakeUp: WakeUp) => Promise<void>;
  readonly log: (event: string, data: Readonly<Record<string, unknown>>) => void;
};

/** A status for the reply: the sender repeats everything that is not a 2xx, and holds later deliveries back meanwhile. */
export type WebhookReply = { readonly status: 200 | 400 | 401 | 413; readonly body: string };

/**
 * Handles one delivery. A replay is answered 200 and does nothing, since the sender repeats what it believes lost and one
 * refusal would hold up everything behind it. `INVOICE.STATUS_TO_FINAL` of a shadow customer raises the incident before
 * anything is fetched: the fetch may take long, and a person must look at once.
 */
export async function handleWebhook(input: Omit<WebhookInput, 'nowMs'>, deps: WebhookDeps): Promise<WebhookReply> {
  const nowMs = deps.now();
  const verdict = verifyWebhook({ ...input, nowMs }, deps.secrets);
  if (!verdict.ok) {
    deps.log('solvimon webhook refused', { because: verdict.because });
    return { status: statusOf[verdict.because], body: verdict.because };
  }
  const { wakeUp } = verdict;
  if (await deps.isKnown(wakeUp.token)) {
    deps.log('solvimon webhook refused', { because: 'replayed', type: wakeUp.type });
    return { status: 200, body: 'replayed' };
  }
  if (wakeUp.type === 'INVOICE.STATUS_TO_FINAL' && wakeUp.invoiceId !== null && (await deps.isShadow(wakeUp)) !== false)
    await deps.onIncident({
      kind: 'shadow_invoice_final',
      invoiceId: wakeUp.invoiceId,
      customerRef: wakeUp.customerId,
      seenBy: 'webhook',
    });
  await deps.wake(wakeUp);
  // Last: a delivery that failed half-way must be taken again. Its twin at the same moment only wakes us twice.
  await deps.remember(wakeUp.token, nowMs + 2 * windowMs);
  return { status: 200, body: 'ok' };
}

const statusOf = {
  too_large: 413,
  signature_missing: 401,
  timestamp_malformed: 401,
  timestamp_out_of_window: 401,
  signature_wrong: 401,
  replayed: 200,
  body_malformed: 400,
} as const satisfies Record<WebhookRefusal, WebhookReply['status']>;
