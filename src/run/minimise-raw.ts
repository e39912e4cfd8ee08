import type { RawRecord } from '../model/source.js';

/** What stands where a value was taken out, so that whoever reads the evidence sees that there was one. */
export const removed = '"[removed]"';

/**
 * Fields that no comparison needs and that are not kept unless the configuration says so: about people, or links and keys
 * that let whoever has them do something. Names as the billing systems write them.
 */
export const minimisedFields: readonly string[] = [
  'email',
  'emails',
  'customer_email',
  'billing_email',
  'invoice_email',
  'receipt_email',
  'cc_emails',
  'phone',
  'mobile',
  'customer_phone',
  'fax',
  'first_name',
  'last_name',
  'firstname',
  'lastname',
  'full_name',
  'customer_name',
  'legal_name',
  'contact',
  'contacts',
  'contact_person',
  'date_of_birth',
  'birth_date',
  'ip_address',
  'address',
  'addresses',
  'customer_address',
  'billing_address',
  'shipping_address',
  'shipping',
  'customer_shipping',
  'address_line1',
  'address_line2',
  'address_line_1',
  'address_line_2',
  'street',
  'postal_code',
  'zipcode',
  'zip',
  'tax_id',
  'tax_ids',
  'customer_tax_ids',
  'tax_identification_number',
  'vat_number',
  'vat_id',
  'legal_number',
  'iban',
  'bic',
  'bank_account',
  'account_number',
  'account_holder_name',
  'payment_method',
  'payment_method_details',
  'default_payment_method',
  'default_source',
  'card',
  'bank_details',
  'notes_to_customer',
  'hosted_invoice_url',
  'invoice_pdf',
  'receipt_url',
  'file_url',
  'pdf_url',
  'xml_url',
  'download_url',
  'payment_url',
  'checkout_url',
  'pay_invoice_link',
  'confirmation_secret',
  'logo_url',
];

/** Names of credentials, whatever stands before them. They are never kept. */
const credential =
  '[\\w.-]{0,40}(?:secret|password|passwd|api_?key|access_?key|private_?key)|[\\w.-]{0,40}_token|token';

/** Takes the values of fields out of raw records. Made once for a run. */
export type Minimise = (raw: RawRecord) => RawRecord;

/**
 * Takes out what no comparison needs before anything is stored. `keep`: fields of `minimisedFields` that stay after all;
 * `remove`: further ones. Works on the bytes of JSON and leaves every other byte as it was; in a record that is no JSON
 * text, what looks like such a field is taken out too. The record's own sha256 is that of what is kept.
 */
export function minimiser(rules: { readonly keep: readonly string[]; readonly remove: readonly string[] }): Minimise {
  const names = [...minimisedFields, ...rules.remove].filter((name) => !rules.keep.includes(name));
  // A text of JSON that is followed by a colon is a key: a quote inside a text has a backslash before it.
  const key = new RegExp(`"(?:${credential}|${names.map(escaped).join('|')})"\\s*:\\s*`, 'gi');
  return (raw) => {
    const text = new TextDecoder().decode(raw.bytes);
    const kept = withoutFields(text, key);
    return kept === text ? raw : { ...raw, bytes: new TextEncoder().encode(kept) };
  };
}

function escaped(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function withoutFields(text: string, key: RegExp): string {
  const parts: string[] = [];
  let from = 0;
  key.lastIndex = 0;
  for (let match = key.exec(text); match !== null; match = key.exec(text)) {
    const start = key.lastIndex;
    const end = endOfValue(text, start);
    // "No value" says nothing about anybody, and a system may tell absence from null.
    if (text.slice(start, end) !== 'null') {
      parts.push(text.slice(from, start), removed);
      from = end;
    }
    key.lastIndex = end;
  }
  return from === 0 ? text : `${parts.join('')}${text.slice(from)}`;
}

/** Where the JSON value that begins at `start` ends; the end of the text when it does not end. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const mark = text[at];
    if (mark === '"') at = endOfText(text, at);
    else if (mark === '{' || mark === '[') depth += 1;
    else if (mark === '}' || mark === ']') {
      if (depth === 0) return at;
      depth -= 1;
    } else if (depth === 0 && (mark === ',' || mark === ' ' || mark === '\n' || mark === '\r' || mark === '\t'))
      return at;
    if (depth === 0 && (mark === '"' || mark === '}' || mark === ']')) return at + 1;
  }
  return text.length;
}

/** Index of the quote that ends the text whose first quote is at `start`. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
