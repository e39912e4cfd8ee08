import { beforeAll, expect, test } from 'vitest';
import { killbillDdl, lineTexts, onPreset, problemsOf } from '../support/presets.js';
import { findingsAbout, type ReadCycle, readCycle, sqlContext } from '../support/sql-reading.js';

onPreset(
  'Kill Bill',
  async (kit) => {
    // The published DDL is MySQL's; Kill Bill gives Postgres these two types under the same names.
    if (kit.isPostgres) await kit.database.run('create domain datetime as timestamp', 'create domain blob as bytea');
    for (const statement of (killbillDdl ?? killbillTables)
      .split(';')
      .filter((one) => one.replaceAll(/\/\*!?[^*]*\*\//g, '').trim() !== ''))
      await kit.database.run(statement);
    await kit.database.run(...killbillRows());
    await kit.database.grantRead('invoices', 'invoice_items');
  },
  (kit) => {
    const killbill = { preset: 'killbill', params: { tenant_record_id: '1' } };
    let october: ReadCycle;
    beforeAll(async () => {
      october = await readCycle(await kit.open(killbill));
    });
    const found = (id: string) => october.documents.find((one) => one.source.id === id);

    test('an invoice is its items, without what only moves a balance', () => {
      // 30 + 12.345678912 + 6.3 - 3 - 10; the balance of 5 that was used up is shown and bills nothing.
      expect(found('inv-usage')?.totals).toMatchObject({ net: '29.345678912', tax: '6.3', gross: '35.645678912' });
      expect(lineTexts(found('inv-usage'))).toEqual([
        'recurring 30 2026-10-31T23:00 2026-11-30T23:00',
        'usage 12.345678912 2026-09-30T22:00 2026-10-31T23:00',
        'tax 6.3',
        'discount -3',
        'proration_credit -10 2026-10-14T22:00 2026-10-31T23:00',
        'balance -5',
      ]);
    });

    test('an invoice of the first of November for October’s usage is October’s', () => {
      expect(found('inv-usage')?.issuedAt).toBe('2026-10-31T23:00:00.000Z');
      expect(october.neighbours.map((one) => one.source.id)).toEqual(['inv-september']);
    });

    test('a credit to the account bills nothing, and a credit on an invoice lowers it', () => {
      expect(found('inv-granted')?.totals.gross).toBe('0');
      expect(lineTexts(found('inv-granted'))).toEqual(['balance -20', 'balance 20']);
      expect(found('inv-lowered')?.totals.gross).toBe('6');
      expect(lineTexts(found('inv-lowered'))).toEqual([
        'recurring 10 2026-09-30T22:00 2026-10-31T23:00',
        'refund_credit -4',
      ]);
    });

    test('states, products, prices and quantities are Kill Bill’s own', () => {
      expect(Object.fromEntries(october.documents.map((one) => [one.source.id, one.state]))).toMatchObject({
        'inv-usage': 'final',
        'inv-void': 'void',
        'inv-draft': 'draft',
      });
      const usage = found('inv-usage')?.lines[1];
      expect(usage).toMatchObject({
        productRef: 'gold-calls',
        priceRef: 'gold-evergreen',
        meterRef: 'gold-calls',
        subscriptionRef: 'sub-1',
        quantity: '1234.567891234',
        unitPrice: '0.01',
      });
      expect(found('inv-usage')?.lines[3]?.appliesTo).toBe('item-1');
    });

    test('an invoice without items is one, the summary of a parent is shown and not billed again', () => {
      expect(found('inv-empty')).toMatchObject({ lines: [], totals: { gross: '0' } });
      expect(found('inv-parent')?.totals.gross).toBe('0');
      expect(lineTexts(found('inv-parent'))).toEqual(['summary 50']);
    });

    test('other tenants and migrated invoices are not read, and an item in another currency refuses its invoice', () => {
      const ids = october.documents.map((one) => one.source.id);
      expect(ids).not.toContain('inv-other-tenant');
      expect(ids).not.toContain('inv-migrated');
      expect(problemsOf(october.rejected)).toEqual({
        'inv-mixed': ['currency_mixed USD: EUR, as the document says'],
      });
      expect(october.done).toMatchObject({ complete: true, counts: { rejected: 1 } });
    });

    test('the check names what the tables do not hold', async () => {
      const findings = await (await kit.open(killbill)).check(sqlContext());
      expect(findings.filter(({ level }) => level === 'problem')).toEqual([]);
      expect(findingsAbout(findings, 'completeness').join('\n')).toContain('The zone of each account');
    });
  },
);

/** Kill Bill's two tables as far as they are used, for where its DDL is not present. */
const killbillTables = `
  create table invoices (record_id serial, id varchar(36), account_id varchar(36), invoice_date date, target_date date, currency varchar(3),
    status varchar(15), migrated bool, parent_invoice bool, grp_id varchar(36), created_by varchar(50), created_date datetime, account_record_id bigint, tenant_record_id bigint);
  create table invoice_items (record_id serial, id varchar(36), type varchar(24), invoice_id varchar(36), account_id varchar(36), subscription_id varchar(36),
    description varchar(255), product_name varchar(255), plan_name varchar(255), phase_name varchar(255), usage_name varchar(255), start_date date, end_date date,
    amount numeric(15, 9), rate numeric(15, 9), currency varchar(3), linked_item_id varchar(36), quantity decimal(18, 9), created_by varchar(50), created_date datetime,
    account_record_id bigint, tenant_record_id bigint)`;

/** Invoices of Kill Bill with one trap each. */
function killbillRows(): readonly string[] {
  const invoice = (
    id: string,
    on: string,
    over: { status?: string; migrated?: boolean; tenant?: number; parent?: boolean } = {},
  ) =>
    `insert into invoices (id, account_id, invoice_date, target_date, currency, status, migrated, parent_invoice, grp_id, created_by, created_date, account_record_id, tenant_record_id)
     values ('${id}', 'acc-1', '${on}', '${on}', 'EUR', '${over.status ?? 'COMMITTED'}', ${over.migrated ?? false}, ${over.parent ?? false}, '${id}', 'me', '2026-10-01 00:00:00', 1, ${over.tenant ?? 1})`;
  let items = 0;
  const item = (invoiceId: string, type: string, amount: string, over: Readonly<Record<string, string>> = {}) => {
    items += 1;
    const row: Record<string, string> = {
      id: `'item-${items}'`,
      type: `'${type}'`,
      invoice_id: `'${invoiceId}'`,
      account_id: `'acc-1'`,
      amount,
      currency: `'EUR'`,
      created_by: `'me'`,
      created_date: `'2026-10-01 00:00:00'`,
      account_record_id: '1',
      tenant_record_id: '1',
      ...over,
    };
    return `insert into invoice_items (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`;
  };
  const fee = { plan_name: `'gold'`, phase_name: `'gold-evergreen'`, subscription_id: `'sub-1'`, rate: '30' };
  const october = { start_date: `'2026-10-01'`, end_date: `'2026-11-01'` };
  const november = { start_date: `'2026-11-01'`, end_date: `'2026-12-01'` };
  return [
    invoice('inv-usage', '2026-11-01'),
    item('inv-usage', 'RECURRING', '30', { ...fee, ...november }),
    item('inv-usage', 'USAGE', '12.345678912', {
      ...fee,
      ...october,
      usage_name: `'gold-calls'`,
      rate: '0.01',
      quantity: '1234.567891234',
    }),
    item('inv-usage', 'TAX', '6.3'),
    item('inv-usage', 'ITEM_ADJ', '-3', { linked_item_id: `'item-1'` }),
    item('inv-usage', 'REPAIR_ADJ', '-10', {
      start_date: `'2026-10-15'`,
      end_date: `'2026-11-01'`,
      linked_item_id: `'item-1'`,
    }),
    item('inv-usage', 'CBA_ADJ', '-5'),
    invoice('inv-september', '2026-10-01'),
    item('inv-september', 'USAGE', '1', {
      ...fee,
      usage_name: `'gold-calls'`,
      start_date: `'2026-09-01'`,
      end_date: `'2026-10-01'`,
    }),
    invoice('inv-granted', '2026-10-07'),
    item('inv-granted', 'CREDIT_ADJ', '-20'),
    item('inv-granted', 'CBA_ADJ', '20'),
    invoice('inv-lowered', '2026-10-07'),
    item('inv-lowered', 'RECURRING', '10', { ...fee, ...october }),
    item('inv-lowered', 'CREDIT_ADJ', '-4'),
    invoice('inv-void', '2026-10-08', { status: 'VOID' }),
    item('inv-void', 'RECURRING', '10', { ...fee, ...october }),
    invoice('inv-draft', '2026-10-08', { status: 'DRAFT' }),
    item('inv-draft', 'RECURRING', '10', { ...fee, ...october }),
    invoice('inv-empty', '2026-10-09'),
    invoice('inv-parent', '2026-10-09', { parent: true }),
    item('inv-parent', 'PARENT_SUMMARY', '50'),
    invoice('inv-mixed', '2026-10-10'),
    item('inv-mixed', 'RECURRING', '10', { ...fee, ...october, currency: `'USD'` }),
    invoice('inv-migrated', '2026-10-10', { migrated: true }),
    item('inv-migrated', 'RECURRING', '10', { ...fee, ...october }),
    invoice('inv-other-tenant', '2026-10-10', { tenant: 2 }),
    item('inv-other-tenant', 'RECURRING', '10', { ...fee, ...october, tenant_record_id: '2' }),
  ];
}
