import { afterAll, describe, expect, test } from 'vitest';
import { mysqlAdapter } from '../../src/legacy-adapters/mysql/adapter.js';
import { createMariadbBilling, findMariadb, openedOnce, withoutMariadb } from '../support/billing-server.js';
import { createBillTables } from '../support/homegrown-billing.js';
import { sqlHarness } from '../support/sql-harness.js';
import { adapterConformance } from './suite.js';

const url = await findMariadb();

describe.runIf(url !== undefined)('on a real MariaDB', () => {
  const database = openedOnce(() => createMariadbBilling(url ?? ''), createBillTables);
  afterAll(() => database.drop());
  adapterConformance('the MySQL adapter', sqlHarness(mysqlAdapter, database.get));
});

test.each(url === undefined ? ['MySQL'] : [])('the %s adapter was not held to its contract: no MariaDB listens', () => {
  console.warn(withoutMariadb);
  expect(process.env['CI']).toBeUndefined();
});
