import { AppError } from '../errors.js';
import type { CallContext, SolvimonClient } from './client.js';
import { readPages } from './list-pages.js';
import { isObject, type JsonObject } from './shape.js';

/** How customers are named to us: by their reference, or by a custom field with the legacy account id. */
export type CustomerKeyRule =
  | { readonly kind: 'reference' }
  | { readonly kind: 'custom_field'; readonly reference: string };

/**
 * References of customers by their Solvimon ids, for invoices that name only the id (contract 7.1, row 23). The whole list
 * is read at the first need: one request for fifty customers instead of one each. Class, because it remembers.
 */
export class CustomerDirectory {
  readonly #client: SolvimonClient;
  readonly #paging: { readonly pageSize: number; readonly readAhead: number };
  #references: Map<string, string> | null = null;

  constructor(client: SolvimonClient, paging: { readonly pageSize: number; readonly readAhead: number }) {
    this.#client = client;
    this.#paging = paging;
  }

  /** The reference an invoice needs and does not carry itself; null when it carries one or there is none. */
  async referenceFor(invoice: JsonObject, context: CallContext): Promise<string | null> {
    if (typeof invoice['customer_reference'] === 'string' && invoice['customer_reference'] !== '') return null;
    const { customer, customer_id: id } = invoice;
    if (isObject(customer) && typeof customer['reference'] === 'string' && customer['reference'] !== '') return null;
    if (typeof id !== 'string' || id === '') return null;
    this.#references ??= await this.#readAll(context);
    return this.#references.get(id) ?? (await this.#readOne(id, context));
  }

  /** Solvimon's id of a customer that is named as `rule` says; null when there is none. */
  async idOf(name: string, rule: CustomerKeyRule, context: CallContext): Promise<string | null> {
    const query = rule.kind === 'reference' ? { reference: name } : { custom_field: `${rule.reference}:${name}` };
    const ids: string[] = [];
    for await (const page of readPages(this.#client, { ...this.#scan(), query }, context))
      for (const customer of page.rows)
        if (typeof customer['id'] === 'string' && isNamed(customer, name, rule)) ids.push(customer['id']);
    if (ids.length > 1)
      throw new AppError('source_reply_invalid', {
        detail: `${ids.length} customers are named ${name}; a name stands for one`,
      });
    return ids[0] ?? null;
  }

  async #readAll(context: CallContext): Promise<Map<string, string>> {
    const references = new Map<string, string>();
    for await (const page of readPages(this.#client, this.#scan(), context))
      for (const { id, reference } of page.rows)
        if (typeof id === 'string' && typeof reference === 'string' && reference !== '') references.set(id, reference);
    return references;
  }

  /** A customer that came after the list was read. */
  async #readOne(id: string, context: CallContext): Promise<string | null> {
    const outcome = await this.#client.tryGet(`/v1/customers/${encodeURIComponent(id)}`, {}, context);
    if (outcome.kind === 'refused') throw outcome.error;
    const reference = outcome.kind === 'ok' && isObject(outcome.json) ? outcome.json['reference'] : undefined;
    if (typeof reference !== 'string' || reference === '') return null;
    this.#references?.set(id, reference);
    return reference;
  }

  #scan() {
    return {
      path: '/v1/customers',
      query: { order_by: 'created_at', order_direction: 'asc' },
      ...this.#paging,
      fromPage: 1,
    };
  }
}

/** A filter is not trusted to be exact; the row must say the same. */
function isNamed(customer: JsonObject, name: string, rule: CustomerKeyRule): boolean {
  if (rule.kind === 'reference') return customer['reference'] === name;
  const fields = customer['custom_fields'];
  return (
    Array.isArray(fields) &&
    fields.some((field) => isObject(field) && field['reference'] === rule.reference && field['value'] === name)
  );
}
