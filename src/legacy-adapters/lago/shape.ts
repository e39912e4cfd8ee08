import { z } from 'zod';
import { checkAddress, privateAddressOption } from '../http/private-address.js';
import { isObject, type JsonObject, jsonText, parseJson } from '../http/json.js';

const block = z.strictObject({
  base_url: z
    .string()
    .regex(
      /^(https:\/\/[^\s/?#@]+(\/[^\s?#]*)?|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)$/,
      'Write https://…; http is allowed on this machine only, because a key must not travel in the open',
    )
    .default('https://api.getlago.com')
    .describe('Address of the server, without /api/v1: https://api.eu.getlago.com, or your own'),
  ...privateAddressOption,
  api_key_env: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/, 'Write the name of an environment variable, such as LAGO_API_KEY')
    .describe('Name of the environment variable with an API key, read-only where the server can restrict keys'),
  currency_digits: z
    .record(z.string().regex(/^[A-Z]{3}$/, 'Write a code such as MRU'), z.int().min(0).max(6))
    .default({})
    .describe('Digits after the point by currency, where they are other than those of the Money gem: { HUF: 2 }'),
  settle_hours: z
    .int()
    .min(0)
    .max(720)
    .default(24)
    .describe(
      "Hours after its end in which a cycle is still being billed; Lago bills at midnight in each customer's zone",
    ),
  requests_per_second: z
    .number()
    .positive()
    .max(100)
    .default(5)
    .describe('Requests that all workers share; Lago publishes no limit, and each invoice costs one'),
  burst: z.int().min(1).max(100).default(10).describe('Requests that may be made at once after a rest'),
  window_days: z.int().min(1).max(62).default(7).describe('Days of issue that are listed as one indivisible window'),
});

/** `sources.legacy` with `kind: lago`. */
export const lagoConfig = block.superRefine((config, context) =>
  checkAddress('base_url', config.base_url, config.allow_private_address, context),
);
export type LagoConfig = z.infer<typeof lagoConfig>;

/**
 * What one document is translated from, and what is kept of it: the invoice or credit note as sent by its own address,
 * and for a credit note that does not name its customer the invoice that it credits. Verbatim but for white space.
 */
export type Envelope = { readonly object: JsonObject; readonly invoice: JsonObject | null };

/** Bytes of an envelope: one JSON object; the same envelope gives the same bytes. */
export function writeEnvelope({ object, invoice }: Envelope): Uint8Array {
  return new TextEncoder().encode(`{"object":${jsonText(object)},"invoice":${jsonText(invoice)}}`);
}

/** Throws AppError `source_reply_invalid` when the bytes are no JSON. */
export function readEnvelope(bytes: Uint8Array, what: string): Envelope {
  const root = parseJson(new TextDecoder().decode(bytes), what);
  const fields = isObject(root) ? root : {};
  return {
    object: isObject(fields['object']) ? fields['object'] : {},
    invoice: isObject(fields['invoice']) ? fields['invoice'] : null,
  };
}
