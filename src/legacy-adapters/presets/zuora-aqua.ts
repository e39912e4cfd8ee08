import type { FilePreset } from './preset.js';

/*
 * An AQuA or data source export over InvoiceItem, which Zuora has joined with Invoice, Account, Subscription and the
 * charges already, so that one query gives every column: knowledgecenter.zuora.com, Export ZOQL. AQuA writes
 * InvoiceItem.ChargeAmount in the header, the user interface "Invoice Item: Charge Amount", a warehouse charge_amount.
 * An amount is without tax whatever the tax mode, discounts are items of their own, and the last day of a period counts.
 */
export const zuoraAqua: FilePreset = {
  about: 'Zuora: an export over InvoiceItem, whose rows are sorted by the id of the invoice',
  columns: {
    document_id: ['Invoice.Id', 'Invoice: ID', 'invoice_id'],
    document_number: ['Invoice.InvoiceNumber', 'Invoice: Invoice Number', 'invoice_number'],
    document_state: ['Invoice.Status', 'Invoice: Status'],
    customer: ['Account.AccountNumber', 'Account: Account Number', 'Account.Id', 'Account: ID', 'account_id'],
    currency: ['Account.Currency', 'Account: Currency', 'Invoice.TransactionCurrency', 'transaction_currency'],
    issued_at: ['Invoice.InvoiceDate', 'Invoice: Invoice Date', 'invoice_date'],
    document_net: ['Invoice.AmountWithoutTax', 'Invoice: Amount Without Tax'],
    document_tax: ['Invoice.TaxAmount', 'Invoice: Tax Amount'],
    document_gross: ['Invoice.Amount', 'Invoice: Amount'],
    line_id: ['InvoiceItem.Id', 'Invoice Item: ID', 'id'],
    line_kind: ['InvoiceItem.ProcessingType', 'Invoice Item: Processing Type', 'processing_type'],
    // Amendments give a charge a new id; the charge of the product keeps its own.
    product: ['ProductRatePlanCharge.Id', 'Product Rate Plan Charge: ID', 'product_rate_plan_charge_id'],
    price: ['RatePlanCharge.Id', 'Rate Plan Charge: ID', 'rate_plan_charge_id'],
    subscription: ['Subscription.Name', 'Subscription: Name', 'subscription_id'],
    description: ['InvoiceItem.ChargeName', 'Invoice Item: Charge Name', 'charge_name'],
    applies_to: [
      'InvoiceItem.AppliedToInvoiceItemId',
      'Invoice Item: Applied To Invoice Item ID',
      'applied_to_invoice_item_id',
    ],
    period_start: ['InvoiceItem.ServiceStartDate', 'Invoice Item: Service Start Date', 'service_start_date'],
    period_end: ['InvoiceItem.ServiceEndDate', 'Invoice Item: Service End Date', 'service_end_date'],
    quantity: ['InvoiceItem.Quantity', 'Invoice Item: Quantity', 'quantity'],
    unit_price: ['InvoiceItem.UnitPrice', 'Invoice Item: Unit Price', 'unit_price'],
    amount: ['InvoiceItem.ChargeAmount', 'Invoice Item: Charge Amount', 'charge_amount'],
    tax: ['InvoiceItem.TaxAmount', 'Invoice Item: Tax Amount', 'tax_amount'],
    tax_code: ['InvoiceItem.TaxCode', 'Invoice Item: Tax Code', 'tax_code'],
  },
  options: {
    period_end: 'inclusive_day',
    tax_mode: 'exclusive',
    states: { Draft: 'draft', Posted: 'final' },
    // AQuA writes the number of a processing type. It does not tell a fee from usage.
    kinds: {
      Charge: 'unknown',
      charge: 'unknown',
      '0': 'unknown',
      Discount: 'discount',
      discount: 'discount',
      '1': 'discount',
      Prepayment: 'prepaid_drawdown',
      prepayment: 'prepaid_drawdown',
      '2': 'prepaid_drawdown',
      Tax: 'tax',
      tax: 'tax',
      '3': 'tax',
      Rounding: 'rounding',
    },
  },
  gaps: [
    'Credit and debit memos are exports of their own and are not read: customers who have some show credits on one side only.',
  ],
};
