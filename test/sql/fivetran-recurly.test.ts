import { expect, test } from 'vitest';
import { hasShared, lineTexts, onPreset, problemsOf } from '../support/presets.js';
import { readCycle, scopeOfCycle, sqlContext } from '../support/sql-reading.js';
import type { SeedType } from '../support/warehouse-seeds.js';

onPreset(
  'Recurly through Fivetran',
  async (kit) => {
    const floats = Object.fromEntries(
      ['amount', 'subtotal', 'discount', 'tax', 'total', 'unit_amount', 'proration_rate'].map((column) => [
        column,
        'float' as const,
      ]),
    );
    const times: Readonly<Record<string, SeedType>> = {
      created_at: 'time',
      updated_at: 'time',
      start_date: 'time',
      end_date: 'time',
      _fivetran_synced: 'time',
    };
    await kit.seed('recurly/warehouse-seeds/invoice_history_data.csv', 'invoice_history', {
      ...floats,
      ...times,
      id: 'key',
      number: 'integer',
    });
    await kit.seed('recurly/warehouse-seeds/line_item_history_data.csv', 'line_item_history', {
      ...floats,
      ...times,
      id: 'key',
      invoice_id: 'key',
      quantity: 'integer',
    });
  },
  (kit) => {
    const scales = Object.fromEntries(
      ['document_tax', 'document_gross', 'unit_price', 'amount', 'discount', 'tax'].map((field) => [field, 2]),
    );
    const recurly = { preset: 'fivetran_recurly', timezone: 'UTC', float_scale: { ...scales, proration_factor: 9 } };
    const cycle = (id: string) => scopeOfCycle(id, { timezone: 'UTC' });

    test('floats are refused until somebody says how many digits they mean', async () => {
      const { float_scale: _scale, ...unscaled } = recurly;
      const source = await kit.open(unscaled);
      await expect(readCycle(source, cycle('2015-02'))).rejects.toMatchObject({ code: 'config_invalid' });
      const [finding] = (await source.check(sqlContext())).filter(({ level }) => level === 'problem');
      expect(finding?.sentence).toMatch(/document_gross is double/);
      expect(finding?.sentence).toMatch(/unit_price is double/);
    });

    test.runIf(hasShared)(
      'a line’s amount is its subtotal, a credit line lowers the invoice, and totals agree',
      async () => {
        const read = await readCycle(await kit.open(recurly), cycle('2015-02'));
        expect(problemsOf(read.rejected)).toEqual({});
        // Published: a charge of 10 and a credit of 5 on an invoice of 5; and an invoice of nothing without lines.
        expect(Object.fromEntries(read.documents.map((one) => [one.number, one.totals.gross]))).toEqual({
          '1000': '5',
          '1002': '0',
        });
        const invoice = read.documents.find((one) => one.number === '1000');
        expect(invoice?.lines.map(({ kind, amount, exactness }) => `${kind} ${amount} ${exactness}`)).toEqual([
          'one_time 10 rounded',
          'refund_credit -5 rounded',
        ]);
      },
    );

    test.runIf(hasShared)('a published invoice that its lines do not explain is refused', async () => {
      const july = await readCycle(await kit.open(recurly), cycle('2016-07'));
      // Total 99 with a balance of 89.1 carried in: 9.9 are left that no line explains.
      expect(problemsOf(july.rejected)).toEqual({
        '7309c58e6f43bfac36d6ce06c62cac66': ['totals_differ 9.9: 0, as the lines add up'],
      });
    });

    test('a balance carried forward stands on the invoice and bills nothing', async () => {
      await kit.database.run(
        `insert into invoice_history (id, created_at, updated_at, _fivetran_synced, account_id, type, state, currency, total, tax) values
          ('i0', '2020-04-01', '2020-04-01', '2020-04-02', 'a1', 'charge', 'paid', 'USD', 94.1, 0)`,
        `insert into line_item_history (id, invoice_id, updated_at, _fivetran_synced, origin, currency, amount, subtotal, discount, tax, quantity, unit_amount, start_date) values
          ('c1', 'i0', '2020-04-01', '2020-04-01', 'carryforward', 'USD', 89.1, 89.1, 0, 0, 1, 89.1, '2020-04-01'),
          ('c2', 'i0', '2020-04-01', '2020-04-01', 'one_time', 'USD', 5, 5, 0, 0, 1, 5, '2020-04-01')`,
      );
      const april = await readCycle(await kit.open(recurly), cycle('2020-04'));
      expect(april.documents.map((one) => [one.totals.gross, lineTexts(one)])).toEqual([
        ['5', ['balance 89.1', 'one_time 5']],
      ]);
    });

    test('of several versions of a row the newest counts, also when they share a moment', async () => {
      const columns = 'id, created_at, updated_at, _fivetran_synced, account_id, type, state, currency, total, tax';
      const items =
        'id, invoice_id, updated_at, _fivetran_synced, origin, currency, amount, subtotal, discount, tax, quantity, unit_amount, start_date, end_date';
      await kit.database.run(
        `insert into invoice_history (${columns}) values
          ('i1', '2020-05-01', '2020-05-01', '2020-05-02', 'a1', 'charge', 'pending', 'USD', 100, 0),
          ('i1', '2020-05-01', '2020-05-03', '2020-05-04', 'a1', 'charge', 'voided', 'USD', 107.3, 7.3),
          ('i1', '2020-05-01', '2020-05-03', '2020-05-05', 'a1', 'charge', 'paid', 'USD', 97.3, 7.3),
          ('i2', '2020-05-02', '2020-05-02', '2020-05-02', 'a1', 'credit', 'closed', 'USD', -9, 0)`,
        `insert into line_item_history (${items}) values
          ('l1', 'i1', '2020-05-01', '2020-05-01', 'plan', 'USD', 100, 100, 0, 0, 1, 100, '2020-05-01', '2020-06-01'),
          ('l1', 'i1', '2020-05-03', '2020-05-03', 'plan', 'USD', 97.3, 100, 10, 7.3, 1, 100, '2020-05-01', '2020-06-01'),
          ('l2', 'i2', '2020-05-03', '2020-05-03', 'credit', 'USD', -9, -9, 0, 0, 1, -9, '2020-05-02', null)`,
      );
      const read = await readCycle(await kit.open(recurly), cycle('2020-05'));
      expect(problemsOf(read.rejected)).toEqual({});
      // 100 - 10 discount + 7.30 tax = 97.30
      expect(
        read.documents.map((one) => [
          one.source.id,
          one.kind,
          one.state,
          one.totals.net,
          one.totals.gross,
          lineTexts(one),
        ]),
      ).toEqual([
        ['i1', 'invoice', 'final', '90', '97.3', ['recurring 100 -10 2020-05-01T00:00 2020-06-01T00:00']],
        ['i2', 'credit_note', 'final', '-9', '-9', ['refund_credit -9']],
      ]);
    });
  },
);
