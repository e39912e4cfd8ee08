import { afterAll } from 'vitest';
import { postgresAdapter } from '../../src/legacy-adapters/postgres/adapter.js';
import { createPostgresBilling, openedOnce } from '../support/billing-server.js';
import { createBillTables } from '../support/homegrown-billing.js';
import { sqlHarness } from '../support/sql-harness.js';
import { adapterConformance } from './suite.js';

const database = openedOnce(createPostgresBilling, createBillTables);
afterAll(() => database.drop());

adapterConformance('the Postgres adapter', sqlHarness(postgresAdapter, database.get));
