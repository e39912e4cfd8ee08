declare const idBrand: unique symbol;
type Branded<Name extends string> = string & { readonly [idBrand]: Name };

/** One execution over a cycle: 26 lower-case characters, sortable by time. */
export type RunId = Branded<'RunId'>;
/** A billing period being compared, "2026-10" (a month) or "2026-10-05" (a period that starts on that day). */
export type CycleId = Branded<'CycleId'>;
/** The id that a document has in its own system, e.g. "in_1SRzrf" or "invo_8Qm2". */
export type DocumentId = Branded<'DocumentId'>;
/** The id that a line has in its own system, or the synthetic one its adapter made. */
export type LineId = Branded<'LineId'>;
/** The customer both systems are joined on, after mapping. */
export type CustomerKey = Branded<'CustomerKey'>;
/** What a line is for, after mapping: product or price, meter, dimensions. The join key between the systems. */
export type ChargeKey = Branded<'ChargeKey'>;

/** What stands for the id of a document that has none: it could not be read, and is still shown in a pair. */
export const noId = '(no id)' as DocumentId;

const cycleForm = /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/;

export function parseCycleId(text: string): CycleId | undefined {
  return cycleForm.test(text) ? (text as CycleId) : undefined;
}

/** Ids of foreign systems are opaque; only emptiness and control characters are refused. */
export function parseDocumentId(text: string): DocumentId | undefined {
  return isOpaqueId(text) ? (text as DocumentId) : undefined;
}

export function parseLineId(text: string): LineId | undefined {
  return isOpaqueId(text) ? (text as LineId) : undefined;
}

export function parseCustomerKey(text: string): CustomerKey | undefined {
  return isOpaqueId(text) ? (text as CustomerKey) : undefined;
}

export function parseChargeKey(text: string): ChargeKey | undefined {
  return isOpaqueId(text) ? (text as ChargeKey) : undefined;
}

function isOpaqueId(text: string): boolean {
  if (text.length === 0 || text.length > 500) return false;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) < 32) return false;
  return true;
}
