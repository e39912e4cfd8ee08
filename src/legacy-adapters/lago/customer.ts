import { isObject, type JsonObject, objectsOf, textOf } from '../http/json.js';

/** The customer as the account itself names it (`external_id`); of a credit note that of its fees or of its invoice. */
export function customerOf(object: JsonObject, invoice: JsonObject | null): string | null {
  const own = isObject(object['customer']) ? textOf(object['customer']['external_id']) : null;
  const fees = objectsOf(object['items']).map((item) => item['fee']);
  const named = fees.map((fee) => (isObject(fee) ? textOf(fee['external_customer_id']) : null));
  const credited = invoice !== null && isObject(invoice['customer']) ? invoice['customer'] : {};
  return own ?? named.find((one) => one !== null) ?? textOf(credited['external_id']);
}
