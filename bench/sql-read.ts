import { randomBytes } from 'node:crypto';
import os from 'node:os';
import pg from 'pg';
import { postgresAdapter } from '../src/legacy-adapters/postgres/adapter.js';
import { Decimal } from '../src/model/money.js';
import { cyclePeriod } from '../src/model/period.js';
import type { CycleId } from '../src/model/ids.js';
import type { PullContext, PullEvent } from '../src/model/source.js';

/*
 * How fast, and in how much memory, the SQL adapter reads a large cycle out of a real Postgres:
 *   npx tsx bench/sql-read.ts [invoices, 200000] [lines of each, 7]
 * Makes a database with generate_series on the server at DATABASE_URL (or postgres://postgres@127.0.0.1:5432/postgres),
 * reads it through the adapter, holds counts and money against the database's own, prints, and drops it.
 */

const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const invoices = Number(process.argv[2] ?? 200_000);
const linesEach = Number(process.argv[3] ?? 7);
const cycle = '2026-10' as CycleId;
const timezone = 'Europe/Amsterdam';

const suffix = randomBytes(4).toString('hex');
const name = `shadowbill_bench_${suffix}`;
const reader = `shadowbill_bench_reader_${suffix}`;

/** An address of the same server for another database, and another account. */
function addressOf(database: string, user?: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) {
    url.username = user;
    url.password = suffix;
  }
  return url.href;
}

async function makeData(admin: pg.Client): Promise<void> {
  await admin.query(`create database ${name}`);
  await admin.query(`create role ${reader} login password '${suffix}'`);
  const owner = new pg.Client({ connectionString: addressOf(name) });
  await owner.connect();
  await owner.query(`
    create table invoices (id text primary key, customer_id text not null, currency text not null, issued_at timestamptz not null, total numeric(38, 18) not null);
    create table invoice_lines (id bigint primary key, invoice_id text not null, kind text not null, product text not null,
      period_start timestamptz not null, period_end timestamptz not null, quantity numeric(38, 18) not null, unit_price numeric(38, 18) not null,
      amount numeric(38, 18) not null, tax numeric(38, 18) not null);
    insert into invoice_lines
      select n * ${linesEach} + k, 'inv_' || lpad(n::text, 9, '0'), case when k = 0 then 'recurring' else 'usage' end, 'product_' || k,
        '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z', 1 + (n * 7 + k) % 1000, 0.000000000001 * (1 + (n + k) % 997),
        (1 + (n * 7 + k) % 1000) * 0.000000000001 * (1 + (n + k) % 997), 0
      from generate_series(1, ${invoices}) n, generate_series(0, ${linesEach - 1}) k;
    insert into invoices
      select l.invoice_id, 'cust_' || right(l.invoice_id, 6), 'EUR', '2026-10-01T12:00:00Z', sum(l.amount) from invoice_lines l group by l.invoice_id;
    create index on invoice_lines (invoice_id);
    grant select on invoices, invoice_lines to ${reader};
  `);
  await owner.query('vacuum analyze');
  await owner.end();
}

const documents = `
  select i.id as document_id, i.customer_id as customer, i.currency, i.issued_at, i.total as document_gross
  from invoices i where i.issued_at >= :window_start and i.issued_at < :window_end`;
const lines = `
  select l.invoice_id as document_id, l.id as line_id, l.kind as line_kind, l.product, l.period_start, l.period_end, l.quantity,
    l.unit_price, l.amount, l.tax
  from invoice_lines l`;

const context: PullContext = {
  signal: new AbortController().signal,
  resume: null,
  acquire: async () => undefined,
  rateLimited: () => undefined,
  now: () => Date.now(),
  log: () => undefined,
};

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;

async function measure(): Promise<void> {
  process.env['BENCH_LEGACY_URL'] = addressOf(name, reader);
  const source = await postgresAdapter.open(
    { url_env: 'BENCH_LEGACY_URL', documents, lines, timezone, cycle_by: 'line_period' },
    { baseDir: '.' },
  );
  const startedAt = performance.now();
  let [documentCount, lineCount] = [0, 0];
  let gross = new Decimal(0);
  let done: Extract<PullEvent, { type: 'done' }> | undefined;
  const memory: number[] = [];
  const scope = { cycle, period: cyclePeriod(cycle, timezone), timezone, customers: 'all', slackDays: 7 } as const;
  for await (const event of source.pull(scope, context)) {
    if (event.type === 'done') done = event;
    if (event.type === 'rejected') throw new Error(JSON.stringify(event.rejected));
    if (event.type !== 'document') continue;
    documentCount += 1;
    lineCount += event.document.lines.length;
    gross = gross.plus(event.document.totals.gross);
    if (documentCount % Math.ceil(invoices / 10) === 0) memory.push(process.memoryUsage().rss);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await source.close();
  const expected = await inDatabase();
  const isRight =
    done?.complete === true &&
    expected.documents === String(documentCount) &&
    expected.lines === String(lineCount) &&
    new Decimal(expected.gross).equals(gross);
  console.log(
    `${documentCount} invoices, ${lineCount} lines, gross ${gross.toFixed()}: ${isRight ? 'as in the database' : `WRONG, ${JSON.stringify(expected)} in the database`}`,
  );
  console.log(
    `${seconds.toFixed(1)} s, ${Math.round(documentCount / seconds)} invoices/s, ${Math.round(lineCount / seconds)} lines/s`,
  );
  console.log(
    `resident memory at each tenth: ${memory.map(megabytes).join(', ')}; most ${megabytes(process.resourceUsage().maxRSS * 1024)}`,
  );
  console.log(`${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.cpus().length} cores, Node ${process.version}`);
  if (!isRight) process.exitCode = 1;
}

async function inDatabase(): Promise<{ readonly documents: string; readonly lines: string; readonly gross: string }> {
  const owner = new pg.Client({ connectionString: addressOf(name) });
  await owner.connect();
  const { rows } = await owner.query<{ documents: string; lines: string; gross: string }>(
    'select (select count(*) from invoices) as documents, (select count(*) from invoice_lines) as lines, (select sum(amount) from invoice_lines) as gross',
  );
  await owner.end();
  const [row] = rows;
  if (row === undefined) throw new Error('the database answers');
  return row;
}

const admin = new pg.Client({ connectionString: serverUrl });
await admin.connect();
try {
  await makeData(admin);
  await measure();
} finally {
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`drop role if exists ${reader}`);
  await admin.end();
}
