import { gzipSync } from 'node:zlib';
import { stringify } from 'csv-stringify/sync';
import type { Invoice } from './invoice.js';

/** How a report file is written: everything the contract says is not documented. */
export type ReportStyle = {
  readonly delimiter: ',' | ';' | '\t';
  readonly bom: boolean;
  readonly gzip: boolean;
  readonly encoding: 'utf8' | 'utf16le';
};

export const reportColumns: Readonly<Record<string, readonly string[]>> = {
  INVOICE_HEADER: [
    'Invoice Number',
    'Invoice ID',
    'Invoice Date',
    'Due Date',
    'Invoice status',
    'Sold To Entity',
    'Tax Quantity',
    'Invoice Currency',
    'Invoice Quantity',
    'Customer Reference',
    'Invoice Type',
    'On Hold',
    'To Be Reprocessed',
    'Updated At',
    'Timezone',
    'Pricing Amount Type',
    'Validation Result',
    'Original Invoice ID',
  ],
  INVOICE_LINE: [
    'Invoice ID',
    'Invoice Line ID',
    'Description',
    'Line Type',
    'Pricing Type',
    'Product Item Reference',
    'Model Type',
    'Pricing Item Config ID',
    'Subscription ID',
    'Meter Value Reference',
    'Service Start',
    'Service End',
    'Quantity',
    'Currency',
    'Amount Excluding Tax',
    'Amount Including Tax',
  ],
  INVOICE_TAX: [
    'Invoice ID',
    'Invoice Line ID',
    'Tax Name',
    'Tax Percentage',
    'Currency',
    'Base Quantity',
    'Tax Quantity',
  ],
};

type Row = Readonly<Record<string, unknown>>;
type Amount = { readonly quantity: string; readonly currency: string };
type Category = {
  readonly name: string;
  readonly percentage: string;
  readonly base_amount: Amount;
  readonly tax_amount: Amount;
  readonly rates?: readonly Pick<Category, 'name' | 'percentage' | 'tax_amount'>[];
};
type Line = {
  readonly [key: string]: unknown;
  readonly product_items: readonly { readonly reference: string; readonly model_type: string }[];
  readonly meter_value?: { readonly reference: string; readonly number: string };
  readonly amount_excluding_tax: Amount;
  readonly amount_including_tax: Amount;
  readonly tax_categories: readonly Category[];
};
type Group = { readonly [key: string]: unknown; readonly lines: readonly Line[] };
type Whole = Invoice & {
  readonly validation_result: readonly { readonly details: string }[];
  readonly credit?: { readonly original_invoice_id: string };
  readonly periods: readonly { readonly groups: readonly Group[] }[];
  readonly tax_summary: { readonly tax_amount: Amount };
  readonly invoice_amount_including_tax: Amount;
};

const makers: Readonly<Record<string, (invoices: readonly Whole[]) => Row[]>> = {
  INVOICE_HEADER: headerRows,
  INVOICE_LINE: lineRows,
  INVOICE_TAX: taxRows,
};

/** The file of a report over these invoices. */
export function renderReport(code: string, invoices: readonly Invoice[], style: ReportStyle): Buffer {
  const rows = makers[code]?.(invoices as readonly Whole[]) ?? [];
  const columns = reportColumns[code] ?? [];
  const text = stringify(
    rows.map((row) => columns.map((column) => cell(row[column]))),
    { header: true, columns: [...columns], delimiter: style.delimiter },
  );
  const body = `${style.bom ? '\ufeff' : ''}${text}`;
  const bytes = Buffer.from(body, style.encoding);
  return style.gzip ? gzipSync(bytes) : bytes;
}

function cell(value: unknown): string {
  return value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function headerRows(invoices: readonly Whole[]): Row[] {
  return invoices.map((invoice) => ({
    'Invoice Number': invoice['invoice_number'],
    'Invoice ID': invoice['id'],
    'Invoice Date': invoice['invoice_date'],
    'Due Date': invoice['due_date'],
    'Invoice status': invoice['status'],
    'Sold To Entity': invoice['customer_reference'],
    'Tax Quantity': invoice.tax_summary.tax_amount.quantity,
    'Invoice Currency': invoice['billing_currency'],
    'Invoice Quantity': invoice.invoice_amount_including_tax.quantity,
    'Customer Reference': invoice['customer_reference'],
    'Invoice Type': invoice['type'],
    'On Hold': invoice['on_hold'],
    'To Be Reprocessed': invoice['to_be_reprocessed'],
    'Updated At': invoice['updated_at'],
    Timezone: invoice['timezone'],
    'Pricing Amount Type': invoice['pricing_amount_type'],
    'Validation Result': invoice.validation_result.map((one) => one.details).join('; '),
    'Original Invoice ID': invoice.credit?.original_invoice_id,
  }));
}

function eachLine(invoices: readonly Whole[], make: (line: Line, group: Group, invoice: Whole) => Row[]): Row[] {
  return invoices.flatMap((invoice) =>
    invoice.periods.flatMap((period) =>
      period.groups.flatMap((group) => group.lines.flatMap((line) => make(line, group, invoice))),
    ),
  );
}

function lineRows(invoices: readonly Whole[]): Row[] {
  return eachLine(invoices, (line, group, invoice) => [
    {
      'Invoice ID': invoice['id'],
      'Invoice Line ID': line['id'],
      Description: line['description'],
      'Line Type': line['type'],
      'Pricing Type': line['pricing_type'] ?? line['discount_type'] ?? line['commitment_type'],
      'Product Item Reference': line.product_items[0]?.reference,
      'Model Type': line.product_items[0]?.model_type,
      'Pricing Item Config ID': line['pricing_item_config_id'],
      'Subscription ID': group['pricing_plan_subscription_id'],
      'Meter Value Reference': line.meter_value?.reference,
      'Service Start': group['start_at'],
      'Service End': group['end_at'],
      Quantity: line.meter_value?.number,
      Currency: line.amount_excluding_tax.currency,
      'Amount Excluding Tax': line.amount_excluding_tax.quantity,
      'Amount Including Tax': line.amount_including_tax.quantity,
    },
  ]);
}

function taxRows(invoices: readonly Whole[]): Row[] {
  return eachLine(invoices, (line, _group, invoice) =>
    line.tax_categories.flatMap((category) => {
      const parts = category.rates ?? [category];
      return parts.map((part) => ({
        'Invoice ID': invoice['id'],
        'Invoice Line ID': line['id'],
        'Tax Name': part['name'],
        'Tax Percentage': part['percentage'],
        Currency: category.base_amount.currency,
        'Base Quantity': category.base_amount.quantity,
        'Tax Quantity': part.tax_amount.quantity,
      }));
    }),
  );
}
