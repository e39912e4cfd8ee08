import { expect, test } from 'vitest';
import { hasShared, lineTexts, onPreset, problemsOf } from '../support/presets.js';
import { findingsAbout, readCycle, scopeOfCycle, sqlContext } from '../support/sql-reading.js';
import type { SeedType } from '../support/warehouse-seeds.js';

onPreset(
  'Zuora through Fivetran',
  async (kit) => {
    const common: Readonly<Record<string, SeedType>> = { id: 'key', _fivetran_deleted: 'flag' };
    await kit.seed('zuora/warehouse-seeds/zuora_invoice_data.csv', 'invoice', {
      ...common,
      invoice_date: 'date',
      amount: 'exact',
      amount_without_tax: 'exact',
      tax_amount: 'exact',
    });
    await kit.seed('zuora/warehouse-seeds/zuora_invoice_item_data.csv', 'invoice_item', {
      ...common,
      invoice_id: 'key',
      processing_type: 'integer',
      quantity: 'exact',
      unit_price: 'exact',
      charge_amount: 'exact',
      tax_amount: 'exact',
      service_start_date: 'date',
      service_end_date: 'date',
    });
    await kit.seed('zuora/warehouse-seeds/zuora_rate_plan_charge_data.csv', 'rate_plan_charge', common);
    await kit.seed('zuora/warehouse-seeds/zuora_product_rate_plan_charge_data.csv', 'product_rate_plan_charge', common);
    await kit.seed('zuora/warehouse-seeds/zuora_subscription_data.csv', 'subscription', common);
  },
  (kit) => {
    const zuora = { preset: 'fivetran_zuora' };

    test.runIf(hasShared)('the published rows, dollars above and yen below, are refused for exactly that', async () => {
      const read = await readCycle(await kit.open(zuora), scopeOfCycle('2015-10'));
      expect(problemsOf(read.rejected)).toEqual({
        dff38ac0a531a01100012160a3061ef6: [
          'currency_mixed JPY: USD, as the document says',
          // Header of 65 + 5.36 over an item of 570860 + 45668.
          'totals_differ 65: 570860, as the lines add up',
          'totals_differ 5.36: 45668, as the lines add up',
          'totals_differ 70.36: 616528, as the lines add up',
        ],
      });
    });

    test.runIf(hasShared)(
      'the last day is inclusive, tax comes on top, and quantity times price is the amount',
      async () => {
        await kit.database.run(
          `update invoice set transaction_currency = 'JPY', amount_without_tax = 570860, tax_amount = 45668, amount = 616528 where id = 'dff38ac0a531a01100012160a3061ef6'`,
        );
        const read = await readCycle(await kit.open(zuora), scopeOfCycle('2015-10'));
        expect(problemsOf(read.rejected)).toEqual({});
        expect(read.documents.map((one) => [one.number, one.totals.net, one.totals.tax, one.totals.gross])).toEqual([
          ['INV00000030', '570860', '45668', '616528'],
        ]);
        // August, first to last day, in Amsterdam: until midnight before the first of September. 33580 × 17 = 570860.
        expect(read.documents[0]?.lines[0]).toMatchObject({
          amount: '570860',
          quantity: '33580',
          unitPrice: '17',
          tax: '45668',
          productRef: 'dff38ac08f2704eb2cdd3bff320e8594',
          priceRef: 'dff38ac01989d93744ba17e51cc5338b',
          period: { start: '2015-07-31T22:00:00.000Z', end: '2015-08-31T22:00:00.000Z' },
          periodQuality: 'date_in_zone',
          kind: 'unknown',
        });
      },
    );

    test('what a charge is comes from its plan, discounts are items of their own, deleted rows are gone', async () => {
      await kit.database.run(
        `insert into rate_plan_charge (id, charge_type) values ('rpc_usage', 'Usage'), ('rpc_fee', 'Recurring')`,
        `insert into product_rate_plan_charge (id, charge_type) values ('prpc_once', 'OneTime')`,
        `insert into subscription (id, name) values ('sub_v2', 'A-S00000099')`,
        `insert into invoice (id, _fivetran_deleted, account_id, transaction_currency, invoice_number, invoice_date, status, amount_without_tax, tax_amount, amount) values
          ('i1', false, 'acc', 'EUR', 'INV1', '2026-11-01', 'Posted', 117, 21, 138), ('i2', true, 'acc', 'EUR', 'INV2', '2026-10-05', 'Posted', 1, 0, 1), ('i3', false, 'acc', 'EUR', 'INV3', '2026-10-05', 'Canceled', 0, 0, 0)`,
        `insert into invoice_item (id, _fivetran_deleted, invoice_id, transaction_currency, processing_type, rate_plan_charge_id, product_rate_plan_charge_id, subscription_id, applied_to_invoice_item_id, charge_amount, tax_amount, quantity, unit_price, service_start_date, service_end_date) values
          ('t1', false, 'i1', 'EUR', 0, 'rpc_usage', 'prpc_calls', 'sub_v2', null, 20, 4.2, 200, 0.1, '2026-10-01', '2026-10-31'),
          ('t2', false, 'i1', 'EUR', 0, 'rpc_fee', 'prpc_fee', 'sub_v2', null, 100, 16.8, 1, 100, '2026-11-01', '2026-11-30'),
          ('t3', false, 'i1', 'EUR', 1, 'rpc_disc', 'prpc_disc', 'sub_v2', 't2', -10, 0, null, null, '2026-11-01', '2026-11-30'),
          ('t4', false, 'i1', 'EUR', 0, 'rpc_x', 'prpc_once', null, null, 7, 0, 1, 7, null, null),
          ('t5', true, 'i1', 'EUR', 0, 'rpc_fee', 'prpc_fee', null, null, 999, 0, 1, 999, null, null)`,
      );
      const read = await readCycle(await kit.open(zuora), scopeOfCycle('2026-10'));
      expect(problemsOf(read.rejected)).toEqual({ i3: [expect.stringContaining('kind_unknown Canceled')] });
      const [invoice] = read.documents;
      // 20 + 100 - 10 + 7 = 117
      expect(invoice?.totals).toMatchObject({ net: '117', tax: '21', gross: '138' });
      expect(lineTexts(invoice)).toEqual([
        'usage 20 2026-09-30T22:00 2026-10-31T23:00',
        'recurring 100 2026-10-31T23:00 2026-11-30T23:00',
        'discount -10 2026-10-31T23:00 2026-11-30T23:00',
        'one_time 7',
      ]);
      expect(invoice?.lines[2]?.appliesTo).toBe('t2');
      expect(invoice?.lines[0]?.subscriptionRef).toBe('A-S00000099');
      const check = await (await kit.open(zuora)).check(sqlContext());
      expect(findingsAbout(check, 'completeness').join('\n')).toContain('Credit and debit memos');
    });
  },
);
