import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.js';

const span = z.string().regex(/^\d{1,4}(ms|[smhd])$/, { error: 'is not a span of time. Write e.g. 30s, 10m or 2h' });
const yesNo = z.enum(['true', 'false']);

/** What may be sent besides reading. Everything is off until it is written here. */
const writesConfig = z.strictObject({
  api_key_env: z.string().min(1).optional().describe('Variable with a second key, held apart, that may write'),
  api_key_file: z.string().min(1).optional().describe('File with that key'),
  hold: yesNo.default('false').describe('Whether shadow invoices may be put on hold'),
  reports: yesNo.default('false').describe('Whether reports may be asked for'),
  reprocess: yesNo.default('false').describe('Whether a reprocess may be asked for'),
});

/** `sources.solvimon` with `kind: http`: Solvimon's API. Scalars arrive as text; secrets are named and never written here. */
export const httpConfig = z
  .strictObject({
    kind: z.literal('http').describe('http'),
    environment: z.enum(['live', 'test']).default('live').describe('live or test: decides the address'),
    base_url: z.string().min(1).optional().describe('Another address than that of the environment: a dedicated host'),
    api_key_env: z.string().min(1).optional().describe('Variable that holds the key, best a READ_ONLY one'),
    api_key_file: z.string().min(1).optional().describe('File that holds the key'),
    platform_id: z.string().min(1).optional().describe('plat_…, needed when the key covers several platforms'),
    customer_key: z
      .string()
      .min(1)
      .default('reference')
      .describe('reference, or the reference of a custom field with the legacy account id'),
    require_hold: yesNo
      .default('true')
      .describe('Whether invoices are shadows: a draft must be on hold, and one that turned FINAL is an incident'),
    one_off: z
      .enum(['list', 'compare'])
      .default('list')
      .describe('list leaves out one-off invoices, which are made by hand, and counts them; compare compares them'),
    cycle_by: z
      .enum(['service_period', 'invoice_date'])
      .default('service_period')
      .describe('What decides to which cycle an invoice belongs: the earliest period it charges, or its date'),
    via: z
      .enum(['api', 'reports'])
      .default('api')
      .describe('api: pages of JSON. reports: the three CSV reports; needs writes.reports'),
    report_columns: z
      .record(z.string(), z.string())
      .default({})
      .describe('Columns of the reports with other names than the known ones: our field → the column'),
    page_size: z.number().int().min(1).max(1000).default(50).describe('Invoices per request'),
    read_ahead: z.number().int().min(1).max(8).default(2).describe('Pages asked for ahead of the one worked on'),
    requests_per_second: z
      .number()
      .min(0.1)
      .max(1000)
      .default(5)
      .describe('Most requests a second, all workers together'),
    burst: z.number().int().min(1).max(1000).default(5).describe('Requests that may go at once after a pause'),
    timeout: span.default('60s').describe('How long a reply may take'),
    max_attempts: z.number().int().min(1).max(20).default(6).describe('Attempts at a request before giving up'),
    settle: span
      .default('10m')
      .describe('Least time between the two readings of an invoice that must be equal before it is judged'),
    lateness: span
      .default('1h')
      .describe('How far beyond the end of the cycle the platform must have processed events'),
    usage_events: z
      .enum(['check', 'skip'])
      .default('check')
      .describe('skip, for a platform without metered prices: unmatched events are then not looked for'),
    allow_private_address: yesNo
      .default('false')
      .describe('Whether the address may lie in a private network, and be http there'),
    webhook_secret_env: z.string().min(1).optional().describe('Variable with the secret of the webhook'),
    webhook_secret_file: z.string().min(1).optional().describe('File with that secret'),
    writes: writesConfig.optional().describe('What may be sent besides reading; nothing unless written here'),
  })
  .superRefine((config, context) => {
    if ((config.api_key_env === undefined) === (config.api_key_file === undefined))
      context.addIssue({
        code: 'custom',
        path: ['api_key_env'],
        message: 'is needed, or api_key_file, and not both. Write the name of the variable that holds the key',
      });
    const address = baseUrlProblem(config.base_url, config.allow_private_address === 'true');
    if (address !== null) context.addIssue({ code: 'custom', path: ['base_url'], message: address });
    if (config.via === 'reports' && config.writes?.reports !== 'true')
      context.addIssue({
        code: 'custom',
        path: ['via'],
        message: 'asks for reports, and asking is a write. Set writes.reports: true, or via: api',
      });
  });
export type HttpConfig = z.infer<typeof httpConfig>;

/** Addresses of both environments (contract 1.1). */
export const environmentUrls = {
  live: 'https://api.solvimon.com',
  test: 'https://test.api.solvimon.com',
} as const;

function baseUrlProblem(text: string | undefined, allowsPrivate: boolean): string | null {
  if (text === undefined) return null;
  if (!URL.canParse(text)) return 'is not a web address. Write e.g. https://acme.solvimon.com';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'holds credentials. Put the key into the environment';
  if (url.protocol === 'https:') return null;
  if (url.protocol === 'http:' && allowsPrivate) return null;
  return 'is not https, and the key would travel readable. Write https://…, or set allow_private_address for a proxy beside you';
}

/** The address that paths are put behind, without a trailing slash or version. */
export function baseUrlOf(config: Pick<HttpConfig, 'base_url' | 'environment'>): string {
  return (config.base_url ?? environmentUrls[config.environment]).replace(/\/+$/, '').replace(/\/v1$/, '');
}

/** "30s" in milliseconds. */
export function spanMs(text: string): number {
  const match = /^(\d+)(ms|[smhd])$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ''];
  if (match === null || unit === undefined) throw new AppError('config_invalid', { detail: `${text} is no span` });
  return Number(match[1]) * unit;
}

export type SecretPlace = { readonly env?: string | undefined; readonly file?: string | undefined };

/**
 * A secret from the variable or the file that the configuration names, without the blanks around it; null when neither
 * is named. Throws AppError `config_invalid`, never with the value.
 */
export function readSecret(
  what: string,
  place: SecretPlace,
  variables: Readonly<Record<string, string | undefined>>,
  baseDir: string,
): string | null {
  if (place.env === undefined && place.file === undefined) return null;
  const from = place.env ?? place.file ?? '';
  const value = (place.env === undefined ? readFile(what, baseDir, from) : (variables[place.env] ?? '')).trim();
  if (value === '') throw new AppError('config_invalid', { detail: `${what}: ${from} is not set or empty` });
  // A header value may not hold anything else; a pasted line break or an em dash would be refused deep in the client.
  if (!/^[\x21-\x7e]+$/.test(value))
    throw new AppError('config_invalid', { detail: `${what}: ${from} holds a character that no key has` });
  return value;
}

function readFile(what: string, baseDir: string, file: string): string {
  try {
    return readFileSync(path.resolve(baseDir, file), 'utf8');
  } catch (error) {
    throw new AppError('config_invalid', { detail: `${what}: the file ${file} could not be read`, cause: error });
  }
}
