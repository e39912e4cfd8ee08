/** One line of a made-up Solvimon invoice. Amounts are decimal text in major units. */
export type SolvimonLineInput = {
  readonly product: string | null;
  readonly net: string;
  readonly tax?: string;
  readonly quantity?: string | null;
  readonly unitPrice?: string | null;
  readonly type?: string;
  readonly model?: string;
  readonly start?: string;
  readonly end?: string;
};

export type SolvimonInvoiceInput = {
  readonly id: string;
  readonly customer: string;
  readonly currency?: string;
  readonly lines: readonly SolvimonLineInput[];
  readonly more?: Readonly<Record<string, unknown>>;
};

const october = { start: '2026-10-01T00:00:00Z', end: '2026-11-01T00:00:00Z' };

/** An invoice in the shape of GET /invoices, on hold, each line in a group with its own period; totals add up. */
export function solvimonInvoice(input: SolvimonInvoiceInput): Readonly<Record<string, unknown>> {
  const { currency = 'EUR' } = input;
  const amount = (quantity: string) => ({ quantity, currency });
  const net = addUp(input.lines.map((line) => line.net));
  const gross = addUp(input.lines.flatMap((line) => [line.net, line.tax ?? '0']));
  const tax = addUp(input.lines.map((line) => line.tax ?? '0'));
  const groups = input.lines.map((line, index) => {
    const lineGross = addUp([line.net, line.tax ?? '0']);
    return {
      start_at: line.start ?? october.start,
      end_at: line.end ?? october.end,
      amount_excluding_tax: amount(line.net),
      amount_including_tax: amount(lineGross),
      lines: [
        {
          id: `${input.id}-${index + 1}`,
          type: line.type ?? 'REVENUE',
          pricing_type: 'FLAT',
          product_items:
            line.product === null ? [] : [{ reference: line.product, model_type: line.model ?? 'RECURRING' }],
          amount_excluding_tax: amount(line.net),
          amount_including_tax: amount(lineGross),
          ...(typeof line.quantity === 'string' && { meter_value: { type: 'NUMBER', number: line.quantity } }),
          ...(typeof line.unitPrice === 'string' && { details: { band: { amount: amount(line.unitPrice) } } }),
        },
      ],
    };
  });
  return {
    id: input.id,
    status: 'DRAFT',
    on_hold: true,
    type: 'STANDARD',
    customer_reference: input.customer,
    billing_currency: currency,
    invoice_amount_including_tax: amount(gross),
    tax_summary: { base_amount: amount(net), tax_amount: amount(tax), total_amount: amount(gross) },
    periods: [{ start_at: october.start, end_at: october.end, groups }],
    ...input.more,
  };
}

/** A page of invoices as the API answers it. */
export function solvimonPage(invoices: readonly unknown[], page = 1, total = 1): string {
  return JSON.stringify({ data: invoices, page, limit: 100, total_number_of_pages: total });
}

/** Sum of plain decimal texts by whole ten-thousandths, apart from the product's own arithmetic. */
export function addUp(texts: readonly string[]): string {
  const sum = texts.reduce((total, text) => total + scaled(text), 0n);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(5, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'));
  return text.startsWith('-') ? -size : size;
}
