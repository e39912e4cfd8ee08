import { isObject, type Json, parseJson } from './shape.js';

/** The only three things that may be sent besides reading, each switched on by itself (architecture, section 7). */
export const writeKinds = ['hold', 'reports', 'reprocess'] as const;
export type WriteKind = (typeof writeKinds)[number];

const reportBodies: ReadonlySet<string> = new Set(['report_code', 'parameter_values', 'invoice_id', 'customer_id']);
const reprocessBodies = { NOT_MATCHED: 'not_matched', INVOICE: 'invoice', CUSTOMER: 'customer' } as const;
/** An id as one path segment: nothing in it may lead to another path. */
const segment = /^[A-Za-z0-9_-]{1,200}$/;

/** Whether an id may stand in a path. */
export function isPathId(id: string): boolean {
  return segment.test(id);
}

/**
 * Which allowed write a request is, judged by exactly what would go over the wire; null for everything else. The hold is
 * `{"on_hold":true}` to the byte: the same body with one more field could finalise an invoice (contract 2.1).
 */
export function writeKindOf(method: string, path: string, body: string): WriteKind | null {
  if (method === 'PATCH') {
    const id = /^\/v1\/invoices\/([^/?#]+)$/.exec(path)?.[1];
    return id !== undefined && isPathId(id) && body === holdBody ? 'hold' : null;
  }
  if (method !== 'POST') return null;
  const json = tryParse(body);
  if (!isObject(json)) return null;
  if (path === '/v1/report-generate-requests')
    return typeof json['report_code'] === 'string' && Object.keys(json).every((key) => reportBodies.has(key))
      ? 'reports'
      : null;
  if (path !== '/v1/reprocess') return null;
  const type = json['type'];
  const target =
    typeof type === 'string' && Object.hasOwn(reprocessBodies, type)
      ? reprocessBodies[type as keyof typeof reprocessBodies]
      : null;
  return target !== null && Object.keys(json).every((key) => key === 'type' || key === target) ? 'reprocess' : null;
}

export const holdBody = '{"on_hold":true}';

function tryParse(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    // A body that is not JSON is no allowed write.
    return undefined;
  }
}
