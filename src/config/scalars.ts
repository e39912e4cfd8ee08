import { z } from 'zod';
import type { ToleranceLimit } from '../model/compare-rules.js';
import { type CurrencyCode, parseCurrency } from '../model/currency.js';
import { type CustomerKey, parseCustomerKey } from '../model/ids.js';
import { type DecimalText, parseDecimalText } from '../model/money.js';
import { isRealDate, isZone } from '../model/period.js';
import { didYouMean } from './did-you-mean.js';

/*
 * Every scalar of shadowbill.yml arrives as text (YAML's failsafe schema), so that 0.10 stays "0.10". These schemas give
 * it a type. Each message is "what is wrong. What to write", ready for a person.
 */

/** Text with something in it. */
export const text = z
  .string()
  .refine((value) => value.trim() !== '', { error: 'is empty. Write a text or remove the key' });

function scalar<Out>(read: (value: string) => Out | undefined, message: (value: string) => string) {
  return z.string().transform((value, context): Out => {
    const out = read(value);
    if (out !== undefined) return out;
    context.issues.push({ code: 'custom', input: value, message: message(value) });
    return z.NEVER;
  });
}

const quoted = (value: string) => JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);

/** true or false, and nothing that merely looks like it. */
export const bool = scalar(
  (value) => (value === 'true' ? true : value === 'false' ? false : undefined),
  (value) => `${quoted(value)} is neither true nor false. Write true or false`,
);

/** A whole number of things; never money. */
export function count(min: number, max: number) {
  return scalar(
    (value) => (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined),
    (value) => `${quoted(value)} is not a whole number from ${min} to ${max}. Write e.g. '${Math.max(min, 1)}'`,
  );
}

/** A non-negative amount in major units as canonical decimal text. */
export const amount = scalar<DecimalText>(
  (value) => {
    const parsed = parseDecimalText(value);
    return parsed === undefined || parsed.startsWith('-') ? undefined : parsed;
  },
  (value) => `${quoted(value)} is not an amount of zero or more. Write e.g. '5.00'`,
);

const minorUnits = /^(\d{1,18})mu$/;
const percent = /^(\d{1,3}(?:\.\d{1,12})?)%$/;

/** '1mu' (whole minor units), '0.02' (major units) or '0.5%' (of the legacy amount); undefined when it is none of them. */
export function parseLimit(value: string): ToleranceLimit | undefined {
  const units = minorUnits.exec(value)?.[1];
  const share = percent.exec(value)?.[1];
  const kind = units !== undefined ? 'minor_units' : share !== undefined ? 'percent' : 'amount';
  const parsed = parseDecimalText(units ?? share ?? value);
  return parsed === undefined || parsed.startsWith('-') ? undefined : { kind, value: parsed };
}

/** The text that `parseLimit` reads back into the same limit. */
export function limitText(limit: ToleranceLimit): string {
  if (limit.kind === 'minor_units') return `${limit.value}mu`;
  return limit.kind === 'percent' ? `${limit.value}%` : limit.value;
}

export const limit = scalar(
  parseLimit,
  (value) => `${quoted(value)} is not an amount. Write e.g. '0.05', '1mu' or '0.5%'`,
);

/** One of a closed list, with a suggestion for a slip. */
export function oneOf<const Value extends string>(values: readonly Value[]) {
  return scalar<Value>(
    (value) => values.find((known) => known === value),
    (value) => `${quoted(value)} is not known.${didYouMean(value, values) ?? ` Write one of ${values.join(', ')}`}`,
  );
}

export const zone = scalar(
  (value) => (value !== '' && isZone(value) ? value : undefined),
  (value) => `${quoted(value)} is not a time zone. Write an IANA name, e.g. Europe/Amsterdam`,
);

export const date = scalar(
  (value) => (isRealDate(value) ? value : undefined),
  (value) => `${quoted(value)} is not a date. Write YYYY-MM-DD`,
);

/** Longest life of a known difference. */
export const maxKnownDays = 90;

/** A date at most `maxKnownDays` after `today` ("YYYY-MM-DD"); a date in the past is allowed and means expired. */
export function expiryFrom(today: string) {
  return date.refine((value) => Date.parse(value) - Date.parse(today) <= maxKnownDays * 86_400_000, {
    error: `is more than ${maxKnownDays} days away. Write a date within ${maxKnownDays} days; it can be renewed`,
  });
}

export const currency = scalar<CurrencyCode>(parseCurrency, (value) =>
  parseCurrency(value.toUpperCase()) === undefined
    ? `${quoted(value)} is not a currency of ISO 4217. Write e.g. EUR`
    : `${quoted(value)} is not in upper case. Write ${value.toUpperCase()}`,
);

export const customerKey = scalar<CustomerKey>(
  parseCustomerKey,
  () => 'is no customer id. Write the id that the mapping joins on',
);

export const webAddress = scalar(
  (value) => (/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '') ? value : undefined),
  (value) => `${quoted(value)} is not a web address. Write e.g. https://recon.example.com`,
);

export const mailAddress = scalar(
  (value) => (/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(value) ? value : undefined),
  (value) => `${quoted(value)} is not a mail address. Write e.g. finance@example.com`,
);

/** The name of an environment variable that holds a secret. */
export const variableName = scalar(
  (value) => (/^[A-Z_][A-Z0-9_]*$/.test(value) ? value : undefined),
  () =>
    'is not the name of an environment variable. Write the name, e.g. SLACK_URL, and put the value in the environment',
);

export const clockTime = scalar(
  (value) => (/^([01]\d|2[0-3]):[0-5]\d$/.test(value) ? value : undefined),
  (value) => `${quoted(value)} is not a time of day. Write e.g. '06:30'`,
);

/** A span such as 48h, 30m or 2d, in milliseconds. */
export const duration = scalar(
  (value) => {
    const match = /^(\d{1,4})([smhd])$/.exec(value);
    const unit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ''];
    return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
  },
  (value) => `${quoted(value)} is not a span of time. Write e.g. 48h, 30m or 2d`,
);

export const cron = scalar(
  (value) => (/^(\S+\s+){4}\S+$/.test(value.trim()) ? value.trim() : undefined),
  (value) => `${quoted(value)} is not a schedule. Write five cron fields, e.g. '15 4 * * *'`,
);

/** A requirement of a gate: '>= 99.5%', '<= 0.1%'. */
export const comparison = scalar(
  (value) => (/^(>=|<=)\s*\d+(\.\d+)?%$/.test(value) ? value : undefined),
  (value) => `${quoted(value)} is not a requirement. Write e.g. '>= 99.5%'`,
);
