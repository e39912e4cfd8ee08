import { expect, test } from 'vitest';
import { hasShared, lineTexts, onPreset, problemsOf } from '../support/presets.js';
import { readCycle, scopeOfCycle } from '../support/sql-reading.js';
import type { SeedType } from '../support/warehouse-seeds.js';

onPreset(
  'Stripe through Fivetran',
  async (kit) => {
    const money: Readonly<Record<string, SeedType>> = {
      amount: 'integer',
      subtotal: 'integer',
      tax: 'integer',
      total: 'integer',
      discount_amount: 'integer',
      unit_amount: 'integer',
    };
    const times: Readonly<Record<string, SeedType>> = { created: 'time', period_start: 'time', period_end: 'time' };
    await kit.seed('stripe/warehouse-seeds/invoice_data.csv', 'invoice', {
      ...money,
      ...times,
      id: 'key',
      is_deleted: 'flag',
      proration: 'flag',
    });
    await kit.seed('stripe/warehouse-seeds/invoice_line_item_data.csv', 'invoice_line_item', {
      ...money,
      ...times,
      id: 'key',
      invoice_id: 'key',
      proration: 'flag',
      quantity: 'integer',
      unit_amount_excluding_tax: 'exact',
    });
    await kit.seed('stripe/warehouse-seeds/discount_data.csv', 'discount', {
      ...money,
      id: 'key',
      invoice_id: 'key',
      type_id: 'key',
    });
    await kit.seed('stripe/warehouse-seeds/price_data.csv', 'price', { id: 'key' });
    await kit.seed('stripe/warehouse-seeds/credit_note_data.csv', 'credit_note', {
      ...money,
      ...times,
      id: 'key',
      invoice_id: 'key',
    });
    await kit.seed('stripe/warehouse-seeds/credit_note_line_item_data.csv', 'credit_note_line_item', {
      ...money,
      credit_note_id: 'key',
      quantity: 'integer',
    });
  },
  (kit) => {
    const stripe = { preset: 'fivetran_stripe', timezone: 'UTC' };
    const cycle = (id: string) => scopeOfCycle(id, { timezone: 'UTC' });

    test.runIf(hasShared)('the published rows, whose totals are made up, are refused for exactly that', async () => {
      const read = await readCycle(await kit.open(stripe), cycle('2021-02'));
      expect(problemsOf(read.rejected)).toEqual({
        // Line 21 cents, total 1000 cents; and a total of 1000 cents without any line.
        ab1111: ['totals_differ 10: 0.21, as the lines add up'],
        si8jo54: [expect.stringMatching(/^(totals_differ|lines_missing) 10: /)],
      });
      expect(read.documents).toEqual([]);
      const june = await readCycle(await kit.open(stripe), cycle('2021-06'));
      // Its invoice is not among the published rows, so nobody knows whose it is.
      expect(problemsOf(june.rejected)).toEqual({ cn_89hUNfs: ['field_missing : the id of the customer'] });
    });

    test('minor units become major units on Stripe’s own scale, sub-cent prices stay whole', async () => {
      await kit.database.run(
        `delete from invoice where period_end < '2021-03-01'`,
        `insert into invoice (id, customer_id, currency, status, is_deleted, period_end, tax, total) values
          ('in_cents', 'cus_1', 'usd', 'paid', false, '2021-02-19 14:16:37', 0, 21), ('in_nothing', 'cus_1', 'usd', 'paid', false, '2021-02-19 14:16:37', 0, 0),
          ('in_yen', 'cus_1', 'jpy', 'open', false, '2021-02-10 10:00:00', 0, 1500), ('in_dinar', 'cus_1', 'kwd', 'paid', false, '2021-02-10 10:00:00', 0, 1250),
          ('in_krona', 'cus_1', 'isk', 'void', false, '2021-02-10 10:00:00', 0, 10000), ('in_ariary', 'cus_1', 'mga', 'draft', true, '2021-02-10 10:00:00', 0, 300)`,
        `insert into price (id, product_id, recurring_usage_type) values ('price_yen', 'prod_yen', 'licensed')`,
        `insert into invoice_line_item (id, invoice_id, amount, currency, plan_id, proration, quantity, type, period_start, period_end, unit_amount_excluding_tax) values
          ('il_c', 'in_cents', 21, 'usd', 'sg555', true, 5, null, '2021-02-18 14:16:37', '2021-02-19 14:16:37', 4.2),
          ('il_y', 'in_yen', 1500, 'jpy', 'price_yen', false, 3, 'subscription', '2021-02-01 00:00:00', '2021-03-01 00:00:00', 500),
          ('il_d', 'in_dinar', 1250, 'kwd', 'price_1', false, 1, 'invoiceitem', '2021-02-01 00:00:00', '2021-02-01 00:00:00', 1250),
          ('il_k', 'in_krona', 10000, 'isk', 'price_1', false, 1, 'invoiceitem', '2021-02-01 00:00:00', '2021-02-01 00:00:00', 10000),
          ('il_a', 'in_ariary', 300, 'mga', 'price_1', false, 1, 'invoiceitem', '2021-02-01 00:00:00', '2021-02-01 00:00:00', 300)`,
      );
      const read = await readCycle(await kit.open(stripe), cycle('2021-02'));
      expect(
        Object.fromEntries(
          read.documents.map((one) => [one.source.id, `${one.totals.gross} ${one.currency} ${one.state}`]),
        ),
      ).toEqual({
        in_cents: '0.21 USD final',
        in_nothing: '0 USD final',
        in_yen: '1500 JPY final',
        in_dinar: '1.25 KWD final',
        in_krona: '100 ISK void',
        in_ariary: '300 MGA deleted',
      });
      const [line] = read.documents.find((one) => one.source.id === 'in_cents')?.lines ?? [];
      // 4.2 cents for each of 5, 21 cents in all.
      expect(line).toMatchObject({
        kind: 'proration_charge',
        amount: '0.21',
        unitPrice: '0.042',
        quantity: '5',
        productRef: null,
        priceRef: 'sg555',
        period: { start: '2021-02-18T14:16:37.000Z', end: '2021-02-19T14:16:37.000Z' },
      });
      const yen = read.documents.find((one) => one.source.id === 'in_yen')?.lines[0];
      expect(yen).toMatchObject({ productRef: 'prod_yen', priceRef: 'price_yen', unitPrice: '500', quantity: '3' });
    });

    test('discounts are lines of their own, tax is the document’s, credit notes turn negative', async () => {
      await kit.database.run(
        `insert into price (id, product_id, recurring_usage_type) values ('price_calls', 'prod_calls', 'metered')`,
        `delete from credit_note where id = 'cn_89hUNfs'`,
        `delete from credit_note_line_item where credit_note_id = 'cn_89hUNfs'`,
        `insert into credit_note (id, amount, created, currency, discount_amount, subtotal, total, status, invoice_id) values ('cn_89hUNfs', 50, '2021-06-30 10:04:03', 'usd', 0, 50, 50, 'issued', 'in_1J7DINLdeVo')`,
        `insert into credit_note_line_item (credit_note_id, id, amount, discount_amount, quantity, unit_amount) values ('cn_89hUNfs', 'cnli_1', 50, 0, 10, 5)`,
        `insert into invoice (id, customer_id, currency, status, is_deleted, period_end, tax, total) values ('in_1J7DINLdeVo', 'cus_9', 'usd', 'paid', false, '2021-06-01 00:00:00', 378, 2178)`,
        `insert into invoice_line_item (id, invoice_id, amount, currency, plan_id, proration, quantity, subscription_id, type, period_start, period_end) values
          ('il_1', 'in_1J7DINLdeVo', 1500, 'usd', 'price_2', false, 1, 'sub_1', 'subscription', '2021-06-01 00:00:00', '2021-07-01 00:00:00'),
          ('il_2', 'in_1J7DINLdeVo', 700, 'usd', 'price_calls', false, 70, 'sub_1', 'subscription', '2021-06-01 00:00:00', '2021-07-01 00:00:00'),
          ('il_3', 'in_1J7DINLdeVo', -200, 'usd', 'price_2', true, 1, 'sub_1', 'invoiceitem', '2021-06-10 00:00:00', '2021-07-01 00:00:00')`,
        `insert into discount (id, type_id, amount, invoice_id) values ('di_1', 'cus_9', 200, 'in_1J7DINLdeVo')`,
      );
      const read = await readCycle(await kit.open(stripe), cycle('2021-06'));
      expect(problemsOf(read.rejected)).toEqual({});
      const invoice = read.documents.find((one) => one.kind === 'invoice');
      // 15 + 7 - 2 - 2 = 18, and 21 % of that is 3.78.
      expect(invoice?.totals).toMatchObject({ net: '18', tax: '3.78', gross: '21.78' });
      expect(lineTexts(invoice)).toEqual([
        'discount -2',
        'recurring 15 2021-06-01T00:00 2021-07-01T00:00',
        'usage 7 2021-06-01T00:00 2021-07-01T00:00',
        'proration_credit -2 2021-06-10T00:00 2021-07-01T00:00',
      ]);
      const note = read.documents.find((one) => one.kind === 'credit_note');
      expect(note).toMatchObject({
        source: { id: 'cn_89hUNfs' },
        customerRef: 'cus_9',
        totals: { net: '-0.5', tax: '0', gross: '-0.5' },
      });
      expect(lineTexts(note)).toEqual(['refund_credit -0.5']);
    });

    test('an invoice whose tax is inclusive does not add up in these tables and is refused', async () => {
      await kit.database.run(
        `insert into invoice (id, customer_id, currency, status, is_deleted, period_end, tax, total) values ('in_incl', 'cus_1', 'eur', 'paid', false, '2021-09-01 00:00:00', 522, 4000)`,
        `insert into invoice_line_item (id, invoice_id, amount, currency, proration, quantity, period_start, period_end) values ('il_i', 'in_incl', 4000, 'eur', false, 1, '2021-09-01 00:00:00', '2021-10-01 00:00:00')`,
      );
      const read = await readCycle(await kit.open(stripe), cycle('2021-09'));
      expect(problemsOf(read.rejected)).toEqual({ in_incl: ['totals_differ 40: 45.22, as the lines add up'] });
    });
  },
);
