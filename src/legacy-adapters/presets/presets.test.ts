import { describe, expect, test } from 'vitest';
import { faults, pullFile } from '../../../test/support/pull-file.js';
import { csvConfig, withPreset } from '../csv/shape.js';
import { filePresetNames, filePresets } from './index.js';

const pull = (preset: string, content: string, options: object = {}) =>
  pullFile({ kind: 'csv', content, options: { columns: undefined, preset, timezone: 'Europe/Amsterdam', ...options } });

const totalsOf = async (preset: string, content: string, options: object = {}) => {
  const pulled = await pull(preset, content, options);
  expect(faults(pulled)).toEqual([]);
  return pulled.documents;
};

describe('the preset of an export', () => {
  test.each(filePresetNames)('%s names its columns, and says what the export does not hold', (name) => {
    const { columns, gaps, about } = filePresets[name];
    for (const field of ['document_id', 'customer', 'currency', 'amount'] as const)
      expect(columns[field]?.length).toBeGreaterThan(0);
    for (const sentence of [about, ...gaps]) expect(sentence).toMatch(/^[A-Z]/u);
    expect(gaps.length).toBeGreaterThan(0);
  });

  test('gives way to what is written, key by key and word by word', () => {
    const options = (over: object) =>
      withPreset(csvConfig.parse({ path: 'a.csv', preset: 'zuora_aqua', timezone: 'UTC', ...over }));
    expect(options({})).toMatchObject({ period_end: 'inclusive_day', decimal_mark: '.', states: { Posted: 'final' } });
    const own = options({ period_end: 'exclusive', states: { Canceled: 'void' }, columns: { product: 'SKU' } });
    expect(own.period_end).toBe('exclusive');
    expect(own.states).toEqual({ Draft: 'draft', Posted: 'final', Canceled: 'void' });
    expect(own.columns.product).toBe('SKU');
    expect(own.columns.amount).toContain('InvoiceItem.ChargeAmount');
  });

  test('asks for the columns that are needed and for those that are written, not for every one it knows', async () => {
    const { problems } = await pull('zuora_aqua', 'Invoice.Id,InvoiceItem.ChargeAmount\nI1,1\n', {
      columns: { description: 'Note' },
    });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.field).toContain('Account.AccountNumber or');
    expect(problems[0]?.field).toContain('Account.Currency or');
    expect(problems[0]?.field).toContain('Note');
    expect(problems[0]?.field).not.toContain('ServiceStartDate');
  });

  test('or columns has to be there', () => {
    expect(csvConfig.safeParse({ path: 'a.csv', timezone: 'UTC' }).error?.issues.map((one) => one.path)).toEqual([
      ['columns'],
    ]);
  });
});

test('Zuora: discounts are items of their own, amounts are without tax, and the last day counts', async () => {
  // 100.00 for October with 21.00 tax, 10.00 off with 2.10 less tax: 90.00 and 18.90, together 108.90.
  const [document] = await totalsOf(
    'zuora_aqua',
    [
      'Invoice.Id,Invoice.InvoiceNumber,Invoice.Status,Account.AccountNumber,Account.Currency,Invoice.AmountWithoutTax,Invoice.TaxAmount,Invoice.Amount,InvoiceItem.Id,InvoiceItem.ProcessingType,InvoiceItem.ServiceStartDate,InvoiceItem.ServiceEndDate,InvoiceItem.Quantity,InvoiceItem.UnitPrice,InvoiceItem.ChargeAmount,InvoiceItem.TaxAmount,InvoiceItem.AppliedToInvoiceItemId',
      'i1,INV1,Posted,A1,EUR,90,18.9,108.9,l1,0,2026-10-01,2026-10-31,2,50,100,21,',
      'i1,INV1,Posted,A1,EUR,90,18.9,108.9,l2,1,2026-10-01,2026-10-31,,,-10,-2.1,l1',
    ].join('\n'),
  );
  expect(document).toMatchObject({ state: 'final', totals: { net: '90', tax: '18.9', gross: '108.9' } });
  expect(document?.lines.map(({ kind, net, appliesTo }) => `${kind} ${net} ${appliesTo}`)).toEqual([
    'unknown 100 null',
    'discount -10 l1',
  ]);
  // 31 October ends in Amsterdam after the clock change, at 23:00 UTC.
  expect(document?.lines[0]?.period).toEqual({ start: '2026-09-30T22:00:00.000Z', end: '2026-10-31T23:00:00.000Z' });
});

test('Stripe’s dashboard: one line for the invoice, and a discount that stands twice is refused', async () => {
  const header = 'id,Number,Status,Customer,Currency,Date (UTC),Subtotal,Total Discount Amount,Tax,Total';
  // 20.00 - 5.00 + 3.15 = 18.15.
  const good = 'in_1,A-1,paid,cus_1,eur,2026-11-01 00:10,20.00,5.00,3.15,18.15';
  const [document] = await totalsOf('stripe_dashboard', `${header}\n${good}\n`, { timezone: 'UTC' });
  expect(document).toMatchObject({
    issuedAt: '2026-11-01T00:10:00.000Z',
    totals: { net: '15', tax: '3.15', gross: '18.15' },
  });
  // A subtotal of 9.50 with the 9.50 off already: 9.50 - 9.50 is not 9.50.
  const twice = 'in_2,A-2,paid,cus_1,eur,2026-11-01 00:10,9.50,9.50,0,9.50';
  const pulled = await pull('stripe_dashboard', `${header}\n${twice}\n`);
  expect(pulled.rejected.map((one) => one.problems[0].code)).toEqual(['totals_differ']);
});

test('Chargebee: whole-number amounts on its own scale, three-decimal currencies included', async () => {
  const header =
    'invoice_id,customer_id,currency_code,id,entity_type,entity_id,date_from,date_to,quantity,unit_amount,amount,discount_amount,tax_amount';
  const line = (id: string, currency: string) =>
    `${id},c1,${currency},l_${id},plan_item_price,seats,2026-10-01 00:00:00,2026-11-01 00:00:00,1,1250,1250,250,210`;
  const documents = await totalsOf(
    'chargebee_export',
    [header, line('a', 'EUR'), line('b', 'KWD'), line('c', 'JPY')].join('\n'),
  );
  // (12.50 - 2.50) + 2.10; the dinar times 100 as well, and the yen as it is.
  expect(documents.map((one) => `${one.currency} ${one.totals.net} ${one.totals.gross}`)).toEqual([
    'EUR 10 12.1',
    'KWD 10 12.1',
    'JPY 1000 1210',
  ]);
  expect(documents[0]?.lines[0]).toMatchObject({ kind: 'recurring', productRef: 'seats', unitPrice: '12.5' });
});

test('Recurly: the subtotal is the amount, credits are negative, and a balance carried forward bills nothing', async () => {
  const header =
    'invoice_id,account_code,currency,id,origin,plan_code,start_date,end_date,quantity,unit_amount,subtotal,discount,tax,amount';
  const [document] = await totalsOf(
    'recurly_export',
    [
      header,
      // Its own amount is 100.00 - 10.00 + 18.90 = 108.90.
      'i1,acc,EUR,l1,plan,gold,2026-10-01 00:00:00,2026-11-01 00:00:00,1,100.0,100.0,10.0,18.9,108.9',
      'i1,acc,EUR,l2,credit,,2026-10-01 00:00:00,,1,-5.0,-5.0,0.0,0.0,-5.0',
      'i1,acc,EUR,l3,carryforward,,2026-10-01 00:00:00,,1,7.0,7.0,0.0,0.0,7.0',
    ].join('\n'),
  );
  expect(document?.totals).toMatchObject({ net: '85', tax: '18.9', gross: '103.9' });
  expect(document?.lines.map((one) => one.kind)).toEqual(['recurring', 'refund_credit', 'balance']);
});

test('Maxio: eight places survive, and the end is the day of the next billing', async () => {
  const header =
    'invoice_uid,customer_id,currency,issue_date,invoice_status,uid,kind,product_id,period_range_start,period_range_end,quantity,unit_price,subtotal_amount,discount_amount,tax_amount';
  const [document] = await totalsOf(
    'maxio_export',
    `${header}\ninv_1,1,USD,2026-11-01,paid,li_1,baseline,7,2026-10-01,2026-11-01,0.698,298.987,208.69341779,20.87125167,12.67783387\n`,
  );
  // 208.69341779 - 20.87125167 + 12.67783387 = 200.49999999, where Maxio's own header says 200.50.
  expect(document?.totals).toMatchObject({ net: '187.82216612', tax: '12.67783387', gross: '200.49999999' });
  expect(document?.lines[0]?.period?.end).toBe('2026-10-31T23:00:00.000Z');
});
