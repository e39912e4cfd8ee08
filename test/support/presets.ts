import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Document } from '../../src/model/document.js';
import type { RejectedDocument } from '../../src/model/problem.js';
import type { Source } from '../../src/model/source.js';
import type { BillingDatabase } from './billing-server.js';
import { onEachServer } from './bills.js';
import { openBilling } from './sql-reading.js';
import { loadSeed, type SeedType, sharedLegacyFile, withoutShared } from './warehouse-seeds.js';

/** Kill Bill's published DDL; undefined where ../shared is not present. */
export const killbillDdl = sharedLegacyFile('homegrown/killbill-invoice-ddl.sql');
/** Whether the published rows are there. Tests of hand-made rows run without them. */
export const hasShared = killbillDdl !== undefined;

export type PresetKit = {
  readonly isPostgres: boolean;
  readonly database: BillingDatabase;
  readonly open: (config: Readonly<Record<string, unknown>>) => Promise<Source>;
  /** The published rows where they are present, else an empty table with the columns that are used. */
  readonly seed: (file: string, table: string, types: Readonly<Record<string, SeedType>>) => Promise<void>;
};

/** Registers the tests of a preset for each server; `prepare` makes its tables. */
export function onPreset(
  title: string,
  prepare: (kit: PresetKit) => Promise<void>,
  define: (kit: PresetKit) => void,
): void {
  test.each(hasShared ? [] : [title])('the published rows of %s were left out: ../shared is not present', () => {
    console.warn(withoutShared);
    expect(killbillDdl).toBeUndefined();
  });
  onEachServer(title, ({ name, create }) => {
    let database: BillingDatabase;
    const sources: Source[] = [];
    const kit: PresetKit = {
      isPostgres: name === 'Postgres',
      get database() {
        return database;
      },
      open: async (config) => {
        const source = await openBilling(database, config);
        sources.push(source);
        return source;
      },
      seed: (file, table, types) =>
        loadSeed(database, table, sharedLegacyFile(file) ?? usedColumns[table] ?? '', types),
    };
    beforeAll(async () => {
      database = await create();
      await prepare(kit);
    });
    afterAll(async () => {
      for (const source of sources) await source.close();
      await database.drop();
    });
    define(kit);
  });
}

/** "kind amount [discount] from to" of each line: as much as a person compares. */
export function lineTexts(document: Document | undefined): readonly string[] {
  return (document?.lines ?? []).map((line) =>
    [
      line.kind,
      line.amount,
      ...(line.discount === '0' ? [] : [line.discount]),
      ...(line.period === null ? [] : [line.period.start.slice(0, 16), line.period.end.slice(0, 16)]),
    ].join(' '),
  );
}

/** "code value: expected" of each problem, by the id of its document. */
export function problemsOf(rejected: readonly RejectedDocument[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    rejected.map(({ id, problems }) => [
      id,
      problems.map(({ code, value, expected }) => `${code} ${value ?? ''}: ${expected}`),
    ]),
  );
}

/** Columns that the queries use, for where the published files are not present. */
const usedColumns: Readonly<Record<string, string>> = {
  invoice_line_item:
    'id,invoice_id,amount,currency,description,period_end,period_start,plan_id,proration,quantity,subscription_id,type,unit_amount_excluding_tax',
  discount: 'id,type_id,amount,coupon_id,invoice_id',
  price: 'id,product_id,recurring_usage_type',
  credit_note: 'id,amount,created,currency,discount_amount,subtotal,total,number,status,invoice_id',
  credit_note_line_item: 'credit_note_id,id,amount,discount_amount,description,quantity,unit_amount',
  invoice_history: '_fivetran_synced,id,created_at,updated_at,account_id,type,state,number,currency,total,tax',
  line_item_history:
    '_fivetran_synced,id,updated_at,invoice_id,origin,add_on_code,plan_code,product_code,subscription_id,currency,amount,description,quantity,unit_amount,subtotal,discount,tax,tax_code,proration_rate,start_date,end_date',
  invoice_item:
    'id,_fivetran_deleted,invoice_id,transaction_currency,processing_type,rate_plan_charge_id,product_rate_plan_charge_id,subscription_id,applied_to_invoice_item_id,charge_name,charge_amount,tax_amount,tax_code,quantity,unit_price,service_start_date,service_end_date',
  rate_plan_charge: 'id,charge_type',
  product_rate_plan_charge: 'id,charge_type',
  subscription: 'id,name',
  // Both Stripe's and Zuora's.
  invoice:
    'id,_fivetran_deleted,account_id,customer_id,currency,transaction_currency,number,invoice_number,invoice_date,status,is_deleted,period_end,proration,tax,total,subtotal,amount,amount_without_tax,tax_amount',
};
