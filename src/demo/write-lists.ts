import { stringify } from 'csv-stringify/sync';
import type { DecimalText } from '../model/money.js';
import { type Customer, hasUsage } from './business.js';
import { type Meter, meters, type Product, products, unmappedProduct } from './catalogue.js';

/** The mapping of customers: both ids in one row, without the customers that somebody forgot. */
export function writeCustomerMapping(customers: readonly Customer[], forgotten: ReadonlySet<number>): string {
  const rows = customers
    .filter((customer) => !forgotten.has(customer.number))
    .map((customer) => ({ legacy: customer.legacyId, solvimon: customer.solvimonId, name: customer.name }));
  return stringify(rows, { header: true });
}

/** The mapping of products. The archive is not in it. */
export function writeProductMapping(): string {
  const rows = (Object.keys(products) as Product[])
    .filter((product) => product !== unmappedProduct)
    .map((product) => ({
      legacy: products[product].legacy,
      solvimon: products[product].solvimon,
      name: products[product].name,
    }));
  return stringify(rows, { header: true });
}

/** The mapping of meters, for comparing usage events. */
export function writeMeterMapping(): string {
  const rows = Object.entries(meters).map(([product, ids]) => ({ ...ids, product: products[product as Meter].legacy }));
  return stringify(rows, { header: true });
}

/**
 * Who should be billed, from the contracts and from neither billing system: a customer whom both forgot is visible only
 * here. `mrr` is the net monthly amount of fees in the customer's currency.
 */
export function writeRoster(entries: readonly { readonly customer: Customer; readonly mrr: DecimalText }[]): string {
  const rows = entries.map(({ customer, mrr }) => ({
    customer: customer.legacyId,
    name: customer.name,
    country: customer.country,
    plan: customer.plan,
    currency: customer.currency,
    mrr,
    is_usage: String(hasUsage(customer)),
    cohort: customer.cohort ?? '',
  }));
  return stringify(rows, { header: true });
}
