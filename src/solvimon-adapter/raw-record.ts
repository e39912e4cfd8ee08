import { AppError } from '../errors.js';
import { notReadyReasons, type NotReadyReason } from '../model/document.js';
import { invariant } from '../model/invariant.js';
import type { Instant } from '../model/period.js';
import type { RawRecord, Translated } from '../model/source.js';
import { wholeNumber } from './list-pages.js';
import { isObject, type JsonObject, jsonText, parseJson } from './shape.js';
import { toDocument, type ToDocumentOptions } from './to-document.js';

/*
 * What is kept of an invoice: its own JSON, every digit as sent, together with what was found out beside it and the
 * translation needs: the customer's reference, and the reasons of the readiness gate. With these in the bytes a replay
 * gives the same document as the pull did, and a document that was not ready can never become green by being replayed.
 */

export type Kept = {
  readonly invoice: JsonObject;
  /** The customer's reference, when the invoice names only the customer's id. */
  readonly customerReference: string | null;
  readonly gate: readonly NotReadyReason[];
};

export type Reading = { readonly requestId: string | null; readonly fetchedAt: Instant };

/** How documents are made; fixed by the configuration. */
export type TranslateOptions = Omit<ToDocumentOptions, 'place' | 'customerReferences'>;

const version = 1;
export const invoiceType = 'invoice';
export const apiVersion = 'v1';

export function toRawRecord(kept: Kept, reading: Reading): RawRecord {
  const id = kept.invoice['id'];
  const reference = kept.customerReference === null ? 'null' : JSON.stringify(kept.customerReference);
  const text = `{"v":${version},"gate":${JSON.stringify(kept.gate)},"customer_reference":${reference},"invoice":${jsonText(kept.invoice)}}`;
  return {
    objectType: invoiceType,
    id: typeof id === 'string' ? id : '',
    bytes: new TextEncoder().encode(text),
    apiVersion,
    requestId: reading.requestId,
    fetchedAt: reading.fetchedAt,
  };
}

/** Pure: the same bytes give the same answer. Throws AppError `internal` on bytes that `toRawRecord` did not make. */
export function translateRaw(raw: RawRecord, options: TranslateOptions): Translated {
  return translateKept(fromBytes(raw), options, raw.requestId);
}

/** The document of an invoice, with the gate's reasons added to its own. */
export function translateKept(kept: Kept, options: TranslateOptions, requestId: string | null): Translated {
  const customerId = kept.invoice['customer_id'];
  const references = new Map<string, string>();
  if (typeof customerId === 'string' && kept.customerReference !== null)
    references.set(customerId, kept.customerReference);
  const translated = toDocument(kept.invoice, {
    ...options,
    customerReferences: references,
    place: requestId === null ? {} : { requestId },
  });
  if (translated.type === 'rejected' || kept.gate.length === 0) return translated;
  const { document } = translated;
  return { type: 'document', document: { ...document, notReady: [...new Set([...document.notReady, ...kept.gate])] } };
}

function fromBytes(raw: RawRecord): Kept {
  const json = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(raw.bytes));
  if (!isObject(json) || !isObject(json['invoice']) || wholeNumber(json['v']) !== version)
    throw new AppError('internal', {
      detail: `the stored bytes of ${raw.id} are not a Solvimon invoice of version ${version}`,
    });
  const gate = Array.isArray(json['gate']) ? json['gate'] : [];
  const reference = json['customer_reference'];
  return {
    invoice: json['invoice'],
    customerReference: typeof reference === 'string' ? reference : null,
    gate: gate.map((reason) => {
      const known = notReadyReasons.find((one) => one === reason);
      invariant(known !== undefined, 'a stored reason is a known one', { id: raw.id, reason });
      return known;
    }),
  };
}
