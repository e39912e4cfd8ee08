import { type Problem, problem } from '../model/problem.js';

/*
 * The names of the reports' columns are documented for the header report only (contract 6.3), so a file is read by its
 * header: each of our fields knows the names it may go by, the configuration may add one, and a file that lacks a needed
 * field is refused with the names it does have. The order of columns means nothing.
 */

export type ReportKind = 'header' | 'line' | 'tax';
export const reportKinds = ['header', 'line', 'tax'] as const satisfies readonly ReportKind[];

type Field = { readonly names: readonly string[]; readonly isNeeded: boolean };

const needed = (...names: string[]): Field => ({ names, isNeeded: true });
const optional = (...names: string[]): Field => ({ names, isNeeded: false });

export const reportFields = {
  header: {
    invoice_id: needed('Invoice ID'),
    invoice_number: optional('Invoice Number'),
    invoice_date: needed('Invoice Date'),
    status: needed('Invoice status', 'Status'),
    currency: needed('Invoice Currency'),
    gross: needed('Invoice Quantity'),
    tax: needed('Tax Quantity'),
    // Not among the documented columns; a custom field or an optional column must carry it.
    customer_reference: needed('Customer Reference', 'Sold To Reference', 'legacy_account_id'),
    type: optional('Invoice Type', 'Type'),
    on_hold: optional('On Hold'),
    to_be_reprocessed: optional('To Be Reprocessed'),
    updated_at: optional('Updated At'),
    timezone: optional('Timezone'),
    amount_type: optional('Pricing Amount Type'),
    // Why Solvimon itself holds an invoice; without it nobody can tell its holds from ours, and nothing is judged.
    validation: optional('Validation Result', 'Validation Details'),
    original_invoice_id: optional('Original Invoice ID', 'Credited Invoice ID'),
  },
  line: {
    invoice_id: needed('Invoice ID'),
    line_id: optional('Invoice Line ID', 'Line ID'),
    description: optional('Description', 'Line Description'),
    type: needed('Line Type', 'Type'),
    pricing_type: optional('Pricing Type'),
    product_reference: needed('Product Item Reference'),
    model_type: needed('Product Item Model Type', 'Model Type'),
    price_id: optional('Pricing Item Config ID'),
    subscription_id: optional('Pricing Plan Subscription ID', 'Subscription ID'),
    meter_reference: optional('Meter Value Reference'),
    period_start: needed('Service Start', 'Period Start', 'Start At'),
    period_end: needed('Service End', 'Period End', 'End At'),
    quantity: optional('Quantity', 'Meter Value Number'),
    unit_price: optional('Unit Price'),
    currency: needed('Currency', 'Invoice Currency'),
    net: needed('Amount Excluding Tax'),
    gross: needed('Amount Including Tax'),
  },
  tax: {
    invoice_id: needed('Invoice ID'),
    line_id: optional('Invoice Line ID', 'Line ID'),
    name: needed('Tax Name', 'Name'),
    percentage: optional('Tax Percentage', 'Percentage'),
    currency: needed('Tax Currency', 'Currency'),
    base: needed('Base Quantity', 'Taxable Quantity'),
    tax: needed('Tax Quantity'),
  },
} as const satisfies Record<ReportKind, Readonly<Record<string, Field>>>;

export type FieldOf<Kind extends ReportKind> = keyof (typeof reportFields)[Kind] & string;

/** In the configuration: there is no such column, and what it would say is taken as said. */
const noColumn = '-';

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/**
 * Where each field stands in a header. Names are compared without case, blanks and punctuation. `overrides`: our field, as
 * `line.quantity` or `quantity`, → the column's name, or `-` to say that there is none and that this is accepted. Every
 * needed field that is missing is a problem of its own.
 */
export function resolveReport(
  kind: ReportKind,
  header: readonly string[],
  overrides: Readonly<Record<string, string>>,
  file: string,
): { readonly at: ReadonlyMap<string, number>; readonly problems: readonly Problem[] } {
  const columns = header.map(plain);
  const at = new Map<string, number>();
  const problems: Problem[] = [];
  const fields: Readonly<Record<string, Field>> = reportFields[kind];
  for (const [name, field] of Object.entries(fields)) {
    const own = overrides[`${kind}.${name}`] ?? overrides[name];
    if (own === noColumn) {
      at.set(name, -1);
      continue;
    }
    const names = own === undefined ? field.names : [own];
    const index = names.map((one) => columns.indexOf(plain(one))).find((found) => found >= 0);
    if (index !== undefined) at.set(name, index);
    else if (field.isNeeded || own !== undefined)
      problems.push(
        problem(
          'column_missing',
          { file, line: 1 },
          name,
          header.join(', '),
          `a column ${names.join(' or ')}; name it under report_columns.${kind}.${name}`,
        ),
      );
  }
  return { at, problems };
}
