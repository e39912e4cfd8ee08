import { z } from 'zod';
import { isObject, type JsonObject, jsonText, objectsOf, parseJson } from '../http/json.js';

/** `sources.legacy` with `kind: stripe`. */
export const stripeConfig = z.strictObject({
  api_key_env: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, 'Write the name of an environment variable, such as STRIPE_API_KEY')
    .describe('Name of the environment variable with a restricted key that can only read'),
  account: z
    .string()
    .regex(/^acct_/, 'An account id begins with acct_')
    .optional()
    .describe('A connected account, sent as Stripe-Account'),
  api_version: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/, 'Write a version such as 2024-06-20')
    .optional()
    .describe('Another API version than the one that the client library is made for'),
  currency_digits: z
    .record(z.string().regex(/^[A-Z]{3}$/, 'Write a code such as UGX'), z.int().min(0).max(6))
    .default({})
    .describe('Digits after the point by currency, where they are other than Stripe documents: { UGX: 2 }'),
  previews: z.boolean().default(false).describe('true: also read what active subscriptions would be billed next'),
  settle_hours: z
    .int()
    .min(0)
    .max(720)
    .default(2)
    .describe('Hours after its end in which the drafts of a cycle are still being finalised'),
  requests_per_second: z
    .number()
    .positive()
    .max(100)
    .default(12)
    .describe('Requests that all workers share; Stripe allows 25 per endpoint, of which half is left to the account'),
  burst: z.int().min(1).max(100).default(12).describe('Requests that may be made at once after a rest'),
  window_documents: z
    .int()
    .min(1)
    .max(2000)
    .default(500)
    .describe('Documents that are listed as one indivisible window'),
  write_probe: z
    .boolean()
    .default(false)
    .describe('true: doctor tries a change of an invoice that does not exist, to see whether the key may write'),
  base_url: z
    .string()
    .regex(
      /^http:\/\/(127\.0\.0\.1|localhost):\d+$/,
      'Only http://127.0.0.1:PORT is allowed: a key must not be sent elsewhere',
    )
    .optional()
    .describe('Another server in place of api.stripe.com, on this machine only: for tests'),
});
export type StripeConfig = z.infer<typeof stripeConfig>;

/**
 * What one document is translated from, and what is kept of it: the object as sent, and beside it the other replies
 * that its translation needs. Each part is verbatim but for white space.
 */
export type Envelope = {
  readonly object: JsonObject;
  /** The pages of `/lines`, from the first line on, when the object carried only some of them. */
  readonly linePages: readonly JsonObject[];
  readonly prices: ReadonlyMap<string, JsonObject>;
  readonly taxRates: ReadonlyMap<string, JsonObject>;
  readonly coupons: ReadonlyMap<string, JsonObject>;
  /** Invoice lines that the lines of a credit note take back. */
  readonly creditedLines: ReadonlyMap<string, JsonObject>;
};

const lists = {
  prices: 'prices',
  taxRates: 'tax_rates',
  coupons: 'coupons',
  creditedLines: 'credited_lines',
} as const;

/** Bytes of an envelope: one JSON object; the same envelope gives the same bytes. */
export function writeEnvelope(envelope: Envelope): Uint8Array {
  const parts = [
    `"object":${jsonText(envelope.object)}`,
    `"line_pages":[${envelope.linePages.map(jsonText).join(',')}]`,
  ];
  for (const [field, name] of Object.entries(lists) as readonly [keyof typeof lists, string][])
    parts.push(`"${name}":[${[...envelope[field].values()].map(jsonText).join(',')}]`);
  return new TextEncoder().encode(`{${parts.join(',')}}`);
}

/** Throws AppError `source_reply_invalid` when the bytes are no envelope. */
export function readEnvelope(bytes: Uint8Array, what: string): Envelope {
  const root = parseJson(new TextDecoder().decode(bytes), what);
  const fields = isObject(root) ? root : {};
  const byId = (name: string) =>
    new Map(objectsOf(fields[name]).map((item) => [typeof item['id'] === 'string' ? item['id'] : '', item] as const));
  return {
    object: isObject(fields['object']) ? fields['object'] : {},
    linePages: objectsOf(fields['line_pages']),
    prices: byId(lists.prices),
    taxRates: byId(lists.taxRates),
    coupons: byId(lists.coupons),
    creditedLines: byId(lists.creditedLines),
  };
}
