import type { CurrencyCode } from '../model/currency.js';
import type { CycleId } from '../model/ids.js';
import { Decimal } from '../model/money.js';
import type { Case } from './case.js';
import { products } from './catalogue.js';
import type { BillDocument, Charge } from './charge.js';
import { dayOf } from './contracts.js';
import type { Random } from './random.js';
import { rateDocument, type Rated, totalsOf } from './rate.js';
import { amountOf, type Json, linesOf } from './solvimon-lines.js';
import { atMidnight } from './solvimon-time.js';
import type { Written } from './write-legacy.js';

/*
 * Solvimon's dialect: replies of GET /invoices, 50 invoices a page in no order of ours; numbers as text in major units
 * with zeros behind them; periods with an offset and an exclusive end; usage of one month and fees of the next as two
 * periods of one invoice; discounts as lines; tiers as sub-lines; no line for nothing; no number while an invoice is a
 * draft (contract 3).
 */

const pageSize = 50;

export type SolvimonPages = Written & { readonly pages: readonly string[] };

/** The pages of a cycle, as JSON texts in page order. */
export function writeSolvimon(cycle: CycleId, cases: readonly Case[], random: Random): SolvimonPages {
  const documentIds = new Map<BillDocument, string>();
  const lineIds = new Map<BillDocument, ReadonlyMap<Charge, readonly string[]>>();
  const invoices: Json[] = [];
  for (const one of cases) {
    const own = random.fork(`invoices ${one.input.customer.number}`);
    // Ids ascend as documents are made, so that of two equal ones the second is the copy.
    const made = one.solvimon.map(() => `invo_${own.letters(16)}`).sort();
    for (const [index, document] of one.solvimon.entries()) {
      const id = made[index] ?? '';
      documentIds.set(document, id);
      const ids = new Map<Charge, readonly string[]>();
      invoices.push(invoiceOf({ one, document, id, cycle }, own, ids));
      lineIds.set(document, ids);
    }
  }
  const shuffled = random.fork('order').shuffled(invoices);
  const pageCount = Math.max(1, Math.ceil(shuffled.length / pageSize));
  const pages = Array.from({ length: pageCount }, (_unused, index) =>
    JSON.stringify({
      data: shuffled.slice(index * pageSize, (index + 1) * pageSize),
      page: index + 1,
      limit: pageSize,
      total_number_of_pages: pageCount,
      links: { first: null, previous: null, current: null, next: null },
    }),
  );
  return { documentIds, lineIds, pages: pages.map((page) => `${page}\n`) };
}

type InvoiceInput = {
  readonly one: Case;
  readonly document: BillDocument;
  readonly id: string;
  readonly cycle: CycleId;
};

function invoiceOf(input: InvoiceInput, random: Random, ids: Map<Charge, readonly string[]>): Json {
  const { document, one, cycle } = input;
  const { customer } = one.input;
  const totals = totalsOf(document);
  const amount = (value: Decimal) => amountOf(value, document.currency, 0);
  const customerId = `cust_${customer.number.toString(36)}${customer.country}`;
  return {
    object_type: 'INVOICE',
    id: input.id,
    invoice_number: document.isFinal ? `INV-${cycle}-${customer.number}` : null,
    customer_id: customerId,
    customer_reference: customer.solvimonId,
    customer: {
      object_type: 'CUSTOMER',
      id: customerId,
      reference: customer.solvimonId,
      type: 'ORGANIZATION',
      organization: { legal_name: customer.name, registered_address: { country: customer.country } },
    },
    status: document.isFinal ? 'FINAL' : 'DRAFT',
    on_hold: document.isOnHold && !document.isFinal,
    type: document.kind === 'credit_note' ? 'CREDIT' : 'STANDARD',
    billing_type: 'DEFAULT',
    payment_status: 'UNPAID',
    created_at: atMidnight(dayOf(cycle, 1), 'local'),
    updated_at: atMidnight(dayOf(cycle, 1, 1), 'local'),
    invoice_date: atMidnight(dayOf(cycle, 1 + document.issuedAfterDays, 1), 'local'),
    billing_currency: document.currency,
    timezone: 'Europe/Amsterdam',
    billing_period: { type: 'MONTH', value: 1 },
    pricing_amount_type: document.charges.some((charge) => charge.vat.isIncluded) ? 'INCLUDING_TAX' : 'EXCLUDING_TAX',
    has_usage_based_pricing: document.charges.some((charge) => charge.kind === 'usage'),
    ...(document.isToBeReprocessed && { to_be_reprocessed: true }),
    ...(document.isHeldByValidation && {
      validation_result: [{ status: 'FAILED', details: 'The tax id of the customer could not be checked.' }],
    }),
    invoice_amount_including_tax: amount(totals.gross),
    tax_summary: {
      base_amount: amount(totals.net),
      tax_amount: amount(totals.tax),
      total_amount: amount(totals.gross),
    },
    periods: periodsOf(document, random, ids),
  };
}

/** Charges of the same period stand in one period, the earliest first; inside it one group per kind of pricing. */
function periodsOf(document: BillDocument, random: Random, ids: Map<Charge, readonly string[]>): readonly Json[] {
  const billed = rateDocument(document).filter((rated) => !rated.net.isZero() || !rated.tax.isZero());
  const byPeriod = groupBy(billed, ({ charge }) => `${charge.from} ${charge.to} ${charge.cut}`);
  const sign = document.kind === 'credit_note' ? -1 : 1;
  return [...byPeriod]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows], index) => {
      const bounds = boundsOf(rows);
      const sums = sumsOf(rows, document.currency, sign);
      return {
        period_order: index + 1,
        billing_period: { type: 'MONTH', value: 1 },
        ...bounds,
        ...sums,
        groups: [...groupBy(rows, ({ charge }) => (charge.kind === 'usage' ? 'Usage' : 'Subscription'))].map(
          ([name, members], order) => ({
            group_order: order + 1,
            type: 'DEFAULT',
            description: name,
            pricing_plan_subscription_id: `ppsu_${random.fork('subscription').letters(8)}`,
            ...bounds,
            ...sumsOf(members, document.currency, sign),
            // The order of Solvimon's catalogue, which is not that of the old system.
            lines: linesOf(
              [...members].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
              { currency: document.currency, sign, random, ids },
            ),
          }),
        ),
      };
    });
}

const nameOf = ({ charge }: Rated) => products[charge.product].name;

function boundsOf(rows: readonly Rated[]): { readonly start_at: string; readonly end_at: string } {
  const [first] = rows;
  const { from = '', to = '', cut = 'local' } = first?.charge ?? {};
  return { start_at: atMidnight(from, cut), end_at: atMidnight(to, cut) };
}

function sumsOf(rows: readonly Rated[], currency: CurrencyCode, sign: number): Json {
  const sum = (of: (row: Rated) => Decimal) =>
    rows.reduce((total, row) => total.plus(of(row)), new Decimal(0)).times(sign);
  return {
    amount_excluding_tax: amountOf(
      sum((row) => row.net),
      currency,
      0,
    ),
    amount_including_tax: amountOf(
      sum((row) => row.gross),
      currency,
      0,
    ),
  };
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
