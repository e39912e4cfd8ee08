import { Decimal, decimalText, toDecimalText } from '../../../src/model/money.js';

/*
 * Invoices in Solvimon's shape, made by hand: whoever builds one types the net and the tax of every line, and only sums
 * are filled in, so that a fixture is as short as what it shows. Nothing here is used to compute an expectation.
 */

export type Fields = { readonly [key: string]: unknown };
export type Invoice = { [key: string]: unknown; id: string };

export const october = { start: '2026-10-01T00:00:00+02:00', end: '2026-11-01T00:00:00+01:00' } as const;
export const november = { start: '2026-11-01T00:00:00+01:00', end: '2026-12-01T00:00:00+01:00' } as const;

export type LineInput = {
  readonly net: string;
  readonly tax: string;
  /** Reference of the product item; none for a discount or commitment on the whole. */
  readonly product?: string;
  readonly model?: 'RECURRING' | 'USAGE_BASED' | 'ONE_OFF' | 'PER_SEAT';
  readonly type?: string;
  readonly pricing?: string;
  readonly quantity?: string;
  readonly rate?: string;
  readonly taxName?: string;
  readonly extra?: Fields;
};
export type GroupInput = {
  readonly subscription?: string;
  readonly lines: readonly LineInput[];
  readonly extra?: Fields;
};
export type PeriodInput = { readonly start: string; readonly end: string; readonly groups: readonly GroupInput[] };
export type InvoiceInput = {
  readonly id: string;
  readonly customer: string;
  readonly currency?: string;
  readonly periods: readonly PeriodInput[];
  readonly extra?: Fields;
};

export const money = (quantity: string, currency: string) => ({ quantity, currency });
const add = (texts: readonly string[]) =>
  toDecimalText(texts.reduce((sum, text) => sum.plus(decimalText(text)), new Decimal(0)));

/** A whole invoice: DRAFT and on hold unless said otherwise. */
export function makeInvoice(input: InvoiceInput): Invoice {
  const currency = input.currency ?? 'EUR';
  const lines = input.periods.flatMap((period) => period.groups.flatMap((group) => group.lines));
  const [net, tax] = [add(lines.map((line) => line.net)), add(lines.map((line) => line.tax))];
  const customerId = `cust_${input.customer}`;
  return {
    object_type: 'INVOICE',
    invoice_number: null,
    platform_id: 'plat_shadow',
    customer_id: customerId,
    customer_reference: input.customer,
    customer: { object_type: 'CUSTOMER', id: customerId, reference: input.customer, timezone: 'Europe/Amsterdam' },
    billing_entity_id: 'bien_1',
    status: 'DRAFT',
    on_hold: true,
    paid: false,
    type: 'STANDARD',
    billing_type: 'DEFAULT',
    payment_status: 'UNPAID',
    created_at: '2026-10-01T00:00:12Z',
    updated_at: '2026-11-01T01:10:44Z',
    invoice_date: '2026-11-01T00:00:00+01:00',
    due_date: '2026-12-01T00:00:00+01:00',
    billing_currency: currency,
    timezone: 'Europe/Amsterdam',
    billing_period: { type: 'MONTH', value: 1 },
    pricing_plan_subscription_ids: [`ppsu_${input.customer}`],
    pricing_amount_type: 'EXCLUDING_TAX',
    invoice_amount_including_tax: money(add([net, tax]), currency),
    periods: input.periods.map((period, index) => makePeriod(period, index, currency, input.customer)),
    tax_summary: {
      country_code: 'NL',
      base_amount: money(net, currency),
      tax_amount: money(tax, currency),
      total_amount: money(add([net, tax]), currency),
    },
    used_exchange_rates: [],
    validation_result: [],
    to_be_reprocessed: false,
    ...input.extra,
    id: input.id,
  };
}

function makePeriod(input: PeriodInput, index: number, currency: string, customer: string): Fields {
  const lines = input.groups.flatMap((group) => group.lines);
  return {
    period_order: index + 1,
    billing_period: { type: 'MONTH', value: 1 },
    start_at: input.start,
    end_at: input.end,
    ...amounts(lines, currency),
    tax_categories: [],
    groups: input.groups.map((group, g) => ({
      group_order: g + 1,
      type: 'DEFAULT',
      pricing_plan_subscription_id: group.subscription ?? `ppsu_${customer}`,
      start_at: input.start,
      end_at: input.end,
      ...amounts(group.lines, currency),
      tax_categories: [],
      lines: group.lines.map((line, l) => makeLine(line, `${index + 1}.${g + 1}.${l + 1}`, currency)),
      ...group.extra,
    })),
  };
}

function amounts(lines: readonly LineInput[], currency: string): Fields {
  const net = add(lines.map((line) => line.net));
  return {
    amount_excluding_tax: money(net, currency),
    amount_including_tax: money(add([net, ...lines.map((line) => line.tax)]), currency),
  };
}

function makeLine(line: LineInput, place: string, currency: string): Fields {
  const type = line.type ?? 'REVENUE';
  const kindField = { DISCOUNT: 'discount_type', COMMITMENT: 'commitment_type' }[type] ?? 'pricing_type';
  const [net, gross] = [money(line.net, currency), money(add([line.net, line.tax]), currency)];
  return {
    id: `inli_${place}`,
    line_order: Number(place.split('.').at(-1)),
    description: line.product ?? type,
    type,
    [kindField]: line.pricing ?? (type === 'REVENUE' ? 'FLAT' : 'TOTAL'),
    pricing_item_config_id: line.product === undefined ? null : `pico_${line.product}`,
    product_items:
      line.product === undefined
        ? []
        : [
            {
              object_type: 'PRODUCT_ITEM',
              id: `prit_${line.product}`,
              reference: line.product,
              name: line.product,
              type: 'REVENUE',
              model_type: line.model ?? 'RECURRING',
            },
          ],
    ...(line.quantity !== undefined && {
      meter_value: { reference: `${line.product ?? 'meter'}_count`, type: 'NUMBER', number: line.quantity },
    }),
    amount_excluding_tax: net,
    amount_including_tax: gross,
    tax_categories: [
      {
        name: line.taxName ?? 'VAT',
        category: 'STANDARD',
        percentage: line.rate ?? '21',
        base_amount: net,
        tax_amount: money(line.tax, currency),
        total_amount: gross,
      },
    ],
    ...line.extra,
  };
}

/** A tier as Solvimon shows it in a sub-line: its bounds, price, quantity and amount. `to` null: open. */
export function tier(
  order: number,
  from: string,
  to: string | null,
  quantity: string,
  price: string,
  amount: string,
  currency = 'EUR',
): Fields {
  return {
    sub_line_order: order,
    description: `${from} to ${to ?? '…'}`,
    details: tierDetails(from, to, quantity, price, amount, currency),
  };
}

export function tierDetails(
  from: string,
  to: string | null,
  quantity: string,
  price: string,
  amount: string,
  currency = 'EUR',
): Fields {
  return {
    amount: money(amount, currency),
    pricing_currency: currency,
    pricing_amount: money(amount, currency),
    band: {
      amount: money(price, currency),
      tier_lower_bound: { number: from },
      ...(to !== null && { tier_top_bound: { number: to } }),
    },
    meter_value: { id: 'metv_1', reference: 'count', type: 'NUMBER', number: quantity },
  };
}
