import { z } from 'zod';
import { isObject, type JsonObject, jsonText, objectsOf, parseJson } from '../http/json.js';

/** `sources.legacy` with `kind: chargebee`. */
export const chargebeeConfig = z.strictObject({
  site: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*(\.[a-z]{2})?$/, 'Write the part before .chargebee.com, such as acme or acme-test')
    .describe('The site: acme for acme.chargebee.com'),
  api_key_env: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, 'Write the name of an environment variable, such as CHARGEBEE_API_KEY')
    .describe('Name of the environment variable with a read-only API key'),
  billing_mode: z
    .enum(['millisecond', 'day'])
    .default('millisecond')
    .describe("The site's billing mode: day if periods end at 23:59:59, millisecond if they end where the next begins"),
  currency_digits: z
    .record(z.string().regex(/^[A-Z]{3}$/, 'Write a code such as CLP'), z.int().min(0).max(6))
    .default({})
    .describe('Digits after the point by currency, where Chargebee does not document them: { CLP: 0 }'),
  settle_hours: z
    .int()
    .min(0)
    .max(720)
    .default(2)
    .describe('Hours after its end in which the invoices of a cycle are still being made'),
  requests_per_second: z
    .number()
    .positive()
    .max(100)
    .default(1.25)
    .describe(
      'Requests that all workers share; the smallest plan allows 150 a minute, of which half is left to the site',
    ),
  burst: z.int().min(1).max(100).default(10).describe('Requests that may be made at once after a rest'),
  window_documents: z
    .int()
    .min(1)
    .max(2000)
    .default(500)
    .describe('Documents that are listed as one indivisible window'),
  base_url: z
    .string()
    .regex(
      /^http:\/\/(127\.0\.0\.1|localhost):\d+$/,
      'Only http://127.0.0.1:PORT is allowed: a key must not be sent elsewhere',
    )
    .optional()
    .describe('Another server in place of chargebee.com, on this machine only: for tests'),
});
export type ChargebeeConfig = z.infer<typeof chargebeeConfig>;

/**
 * What one document is translated from, and what is kept of it: the object as sent last and, when it carried only some of
 * its lines, the object once more for each page of them, from the first line on. Verbatim but for white space.
 */
export type Envelope = { readonly object: JsonObject; readonly pages: readonly JsonObject[] };

/** Bytes of an envelope: one JSON object; the same envelope gives the same bytes. */
export function writeEnvelope({ object, pages }: Envelope): Uint8Array {
  return new TextEncoder().encode(`{"object":${jsonText(object)},"pages":[${pages.map(jsonText).join(',')}]}`);
}

/** Throws AppError `source_reply_invalid` when the bytes are no JSON. */
export function readEnvelope(bytes: Uint8Array, what: string): Envelope {
  const root = parseJson(new TextDecoder().decode(bytes), what);
  const fields = isObject(root) ? root : {};
  return { object: isObject(fields['object']) ? fields['object'] : {}, pages: objectsOf(fields['pages']) };
}

/** The lists beside `line_items` whose rows name the line that they are about. */
export const siblings = ['line_item_tiers', 'line_item_discounts', 'line_item_taxes'] as const;
export type Sibling = (typeof siblings)[number];

/** Lines and what belongs to them, joined from all pages. */
export type Parts = { readonly lines: readonly JsonObject[] } & { readonly [Name in Sibling]: readonly JsonObject[] };

/**
 * Joins the pages of a document. Whether the sibling lists are paged with the lines or repeated whole on each page is not
 * documented: a row counts as often as it stands on the page that has it most often, which is right in both cases, since a
 * line is on one page only.
 */
export function joinPages({ object, pages }: Envelope): Parts {
  const all = pages.length === 0 ? [object] : pages;
  const joined = (name: Sibling | 'line_items') => unionOf(all.map((page) => objectsOf(page[name])));
  return {
    lines: joined('line_items'),
    line_item_tiers: joined('line_item_tiers'),
    line_item_discounts: joined('line_item_discounts'),
    line_item_taxes: joined('line_item_taxes'),
  };
}

function unionOf(pages: readonly (readonly JsonObject[])[]): readonly JsonObject[] {
  if (pages.length === 1) return pages[0] ?? [];
  const taken = new Map<string, number>();
  return pages.flatMap((page) => {
    const here = new Map<string, number>();
    return page.filter((row) => {
      const text = jsonText(row);
      const count = (here.get(text) ?? 0) + 1;
      here.set(text, count);
      if (count <= (taken.get(text) ?? 0)) return false;
      taken.set(text, count);
      return true;
    });
  });
}
