import { type CurrencyCode, currencyDigits, parseCurrency } from '../model/currency.js';
import type { CallContext, SolvimonClient } from './client.js';
import { readPages, wholeNumber } from './list-pages.js';
import { isObject, type Json, type JsonObject } from './shape.js';

/*
 * Everything besides invoices that is read: who the customers are, what they subscribed to, what is sold and metered, and
 * in which currencies. Only the fields that are used; statuses and types are open and kept as sent (contract 7.1, row 1).
 */

export type Customer = {
  readonly id: string;
  readonly reference: string | null;
  readonly status: string | null;
  readonly isProcessingOnly: boolean;
};
export type Subscription = {
  readonly id: string;
  readonly reference: string | null;
  readonly customerId: string | null;
  readonly status: string | null;
  readonly type: string | null;
  readonly startsOnHold: boolean | null;
  readonly hasPaymentMethod: boolean;
  readonly nextInvoiceId: string | null;
};
/** A product item, meter or coupon: what a line may refer to. */
export type Named = {
  readonly id: string;
  readonly reference: string | null;
  readonly name: string | null;
  readonly status: string | null;
};
/** `digits` is Solvimon's own number of decimals; null when it does not say. */
export type PlatformCurrency = { readonly code: string; readonly digits: number | null };

export type Paging = { readonly pageSize: number; readonly readAhead: number };

async function* readCustomers(client: SolvimonClient, paging: Paging, context: CallContext): AsyncGenerator<Customer> {
  for await (const row of rows(client, '/v1/customers', paging, context)) {
    const id = text(row, 'id');
    if (id !== null)
      yield {
        id,
        reference: text(row, 'reference'),
        status: text(row, 'status'),
        isProcessingOnly: row['processing_only'] === true,
      };
  }
}

/** Billing subscriptions; quotes and templates are none (contract 2.5). */
export async function* readSubscriptions(
  client: SolvimonClient,
  paging: Paging,
  context: CallContext,
): AsyncGenerator<Subscription> {
  for await (const row of rows(client, '/v1/pricing-plan-subscriptions', paging, context)) {
    const id = text(row, 'id');
    const type = text(row, 'type');
    if (id === null || type === 'QUOTE' || type === 'TEMPLATE') continue;
    const next = row['next_invoice'];
    const hold = row['init_invoice_on_hold'];
    yield {
      id,
      reference: text(row, 'reference'),
      customerId: text(row, 'customer_id'),
      status: text(row, 'status'),
      type,
      startsOnHold: typeof hold === 'boolean' ? hold : null,
      hasPaymentMethod: text(row, 'payment_method_id') !== null,
      nextInvoiceId: isObject(next) ? text(next, 'invoice_id') : null,
    };
  }
}

const namedPaths = { products: '/v1/product-items', meters: '/v1/meters', coupons: '/v1/coupons' } as const;

/** Product items, meters or coupons. */
export async function* readNamed(
  what: keyof typeof namedPaths,
  client: SolvimonClient,
  paging: Paging,
  context: CallContext,
): AsyncGenerator<Named> {
  for await (const row of rows(client, namedPaths[what], paging, context)) {
    const id = text(row, 'id');
    if (id !== null)
      yield { id, reference: text(row, 'reference'), name: text(row, 'name'), status: text(row, 'status') };
  }
}

export const catalogueKinds = ['customers', 'subscriptions', 'products', 'meters', 'coupons'] as const;
export type CatalogueKind = (typeof catalogueKinds)[number];

/** One list of the platform, row by row, as a person needs it to write a mapping file: Solvimon's ids beside the references. */
export function readCatalogue(
  what: CatalogueKind,
  client: SolvimonClient,
  paging: Paging,
  context: CallContext,
): AsyncGenerator<Customer | Subscription | Named> {
  switch (what) {
    case 'customers':
      return readCustomers(client, paging, context);
    case 'subscriptions':
      return readSubscriptions(client, paging, context);
    case 'products':
    case 'meters':
    case 'coupons':
      return readNamed(what, client, paging, context);
  }
}

/** `GET /platforms/{id}/currencies`. The schema leaks a Java type, so both spellings and both forms are read (contract 8.2). */
export async function readCurrencies(
  client: SolvimonClient,
  platformId: string,
  context: CallContext,
): Promise<readonly PlatformCurrency[]> {
  const { json } = await client.get(`/v1/platforms/${encodeURIComponent(platformId)}/currencies`, {}, context);
  const list = Array.isArray(json) ? json : isObject(json) && Array.isArray(json['data']) ? json['data'] : [];
  return list.flatMap((row: Json) => {
    if (!isObject(row)) return [];
    const code = text(row, 'code') ?? text(row, 'currencyCode');
    return code === null ? [] : [{ code, digits: wholeNumber(row['exponent']) }];
  });
}

/** Currencies in which Solvimon counts other minor units than ISO 4217, or that we do not know. */
export function oddCurrencies(
  currencies: readonly PlatformCurrency[],
): readonly { readonly code: string; readonly theirs: number; readonly ours: number }[] {
  return currencies.flatMap(({ code, digits }) => {
    const known: CurrencyCode | undefined = parseCurrency(code);
    if (known === undefined || digits === null) return [];
    const ours = currencyDigits(known);
    return ours === digits ? [] : [{ code, theirs: digits, ours }];
  });
}

async function* rows(
  client: SolvimonClient,
  path: string,
  paging: Paging,
  context: CallContext,
): AsyncGenerator<JsonObject> {
  const query = { order_by: 'created_at', order_direction: 'asc' };
  if (path === namedPaths.meters) {
    // Not paged: asking for a page would be a parameter the API does not have (contract 1.7).
    const { json } = await client.get(path, query, context);
    const list = isObject(json) ? json['data'] : json;
    yield* (Array.isArray(list) ? list : []).filter((row: Json): row is JsonObject => isObject(row));
    return;
  }
  const ids = new Set<string>();
  for await (const page of readPages(client, { path, query, ...paging, fromPage: 1 }, context))
    for (const row of page.rows) {
      // Pages move while they are read; the same row on two of them is one row.
      const id = text(row, 'id');
      if (id !== null && ids.has(id)) continue;
      if (id !== null) ids.add(id);
      yield row;
    }
}

function text(row: JsonObject, key: string): string | null {
  const value = row[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
