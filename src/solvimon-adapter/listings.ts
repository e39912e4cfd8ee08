import { instantOfMs, msOfInstant, type Instant } from '../model/period.js';
import type { Scope } from '../model/source.js';
import type { CallContext, SolvimonClient } from './client.js';
import type { Query } from './wire.js';
import type { CustomerDirectory, CustomerKeyRule } from './customer-directory.js';
import { isObject, type JsonObject } from './shape.js';

/** One way of listing invoices. Several overlap on purpose; an invoice is taken once. */
export type Listing = { readonly name: string; readonly query: Query };

const dayMs = 86_400_000;
/** So many customers are listed one by one; more and the whole list is read and sifted. */
const mostSingleCustomers = 100;

/** Always sent: without them lines and periods may be absent, and the order would move (contract 1.7, 2.1). */
const always: Query = {
  include_periods: 'true',
  include_lines: 'true',
  order_by: 'created_at',
  order_direction: 'asc',
};

/**
 * The lists that together hold every invoice of a scope. By invoice date, a day wider than asked because nobody says
 * whether the bounds are inclusive (contract 1.8). Where the date of a draft is only set when it turns FINAL, also all
 * OPEN and DRAFT ones whatever their date (7.1, row 12).
 */
export async function listingsOf(
  input: {
    readonly client: SolvimonClient;
    readonly directory: CustomerDirectory;
    readonly customerKey: CustomerKeyRule;
    readonly platform: JsonObject | null;
  },
  scope: Scope,
  context: CallContext,
): Promise<readonly Listing[]> {
  const slackMs = (scope.slackDays + 1) * dayMs;
  const range = `[${secondsText(msOfInstant(scope.period.start) - slackMs)},${secondsText(msOfInstant(scope.period.end) + slackMs)}]`;
  const kinds: readonly Listing[] = [
    { name: 'by invoice date', query: { invoice_date: range } },
    ...(hasDatedDrafts(input.platform) ? [] : [{ name: 'open and draft', query: { 'statuses[]': ['OPEN', 'DRAFT'] } }]),
  ];
  const customers = await customerIds(input, scope, context);
  const narrowed = customers === null ? [{}] : customers.map((id) => ({ customer_id: id }));
  return narrowed.flatMap((only) =>
    kinds.map(({ name, query }) => ({ name, query: { ...always, ...query, ...only } })),
  );
}

/** Whether a draft has the date it will keep: known only when the platform says how dates are set. */
export function hasDatedDrafts(platform: JsonObject | null): boolean {
  const settings = platform === null ? undefined : platform['invoice_settings'];
  const rule = isObject(settings) ? settings['invoice_date_determination_type'] : undefined;
  return rule === 'AT_END_OF_BILLING_PERIOD' || rule === 'AFTER_END_OF_BILLING_PERIOD';
}

/** Ids of the customers of a scope, sorted; null for all. A customer Solvimon does not have lists nothing. */
async function customerIds(
  input: { readonly directory: CustomerDirectory; readonly customerKey: CustomerKeyRule },
  scope: Scope,
  context: CallContext,
): Promise<readonly string[] | null> {
  if (scope.customers === 'all' || scope.customers.size > mostSingleCustomers) return null;
  const ids: string[] = [];
  for (const name of [...scope.customers].sort()) {
    const id = await input.directory.idOf(name, input.customerKey, context);
    if (id === null) context.log('solvimon customer unknown', { customer: name });
    else ids.push(id);
  }
  return ids;
}

/** ISO 8601 without milliseconds (contract 1.11). */
function secondsText(ms: number): string {
  const text: Instant = instantOfMs(ms);
  return text.replace(/\.\d{3}Z$/, 'Z');
}
