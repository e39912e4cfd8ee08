import type { LegacyAdapter } from '../../src/legacy-adapters/adapter.js';
import type { Fault, Harness, Opened, Setup } from '../conformance/harness.js';
import { type BillingDatabase, inEnvironment, throughPort } from './billing-server.js';
import { billQueries, insertStatements } from './homegrown-billing.js';
import { startSqlProxy, type Verdict } from './sql-proxy.js';

const timezone = 'Europe/Amsterdam';
const pageSize = 3;
/** The clock of the suite's setups is the machine's: the database has no other. */
const now = () => Date.now();

/** Faults that a connection to a database can have. In a snapshot nothing appears or comes twice while it is read. */
const possible = new Set<Fault['kind']>(['server_error', 'unauthorised', 'cut_off', 'hangs', 'deletes']);

/**
 * A harness over a real server, with a proxy in between that lets the connection fail. The tables are emptied and filled
 * for each setup; `database` gives the same database each time.
 */
export function sqlHarness(adapter: LegacyAdapter, database: () => Promise<BillingDatabase>): Harness {
  return {
    side: 'legacy',
    timezone,
    faults: [...possible],
    cycleIsCutBy: 'scope',
    knowsUnbilled: false,
    pageSize,
    inlineLines: null,
    amountDigits: () => null,
    isMetered: false,
    open: async (setup) => openSetup(adapter, await database(), setup),
  };
}

async function openSetup(adapter: LegacyAdapter, database: BillingDatabase, setup: Setup): Promise<Opened> {
  const faults = setup.faults ?? [];
  for (const { kind } of faults) if (!possible.has(kind)) throw new Error(`a database cannot have ${kind}`);
  await database.run(
    'delete from bill_rows',
    'delete from bills',
    ...insertStatements(setup.documents, database.dialect),
  );
  const isRefused = faults.some(({ kind }) => kind === 'unauthorised');
  const target = new URL(database.readerUrl);
  const port = Number(target.port === '' ? (database.dialect === 'postgres' ? 5432 : 3306) : target.port);
  const proxy = await startSqlProxy(database.dialect, { host: target.hostname, port }, judge(faults, database));
  const address = new URL(throughPort(database.readerUrl, proxy.port));
  if (isRefused) address.username = 'nobody_of_this_name';
  const source = await adapter.open(
    {
      url_env: inEnvironment(address.href),
      documents: billQueries.documents,
      lines: billQueries.lines,
      states: billQueries.states,
      timezone,
      timestamp_timezone: 'UTC',
      cycle_by: 'line_period',
      page_size: pageSize,
    },
    { baseDir: '.' },
  );
  return {
    source,
    requests: () => proxy.statements.length,
    writes: () => proxy.statements.filter((statement) => !isHarmless(statement)),
    now,
    close: async () => {
      await source.close();
      await proxy.close();
    },
  };
}

/** Statements of a reader: reads, settings of its own session, and the beginning of a read-only transaction. */
function isHarmless(statement: string): boolean {
  return statement
    .split(';')
    .map((one) => one.trim())
    .every((one) =>
      /^(select|show|explain|set (local|session)|begin isolation level repeatable read read only|start transaction with consistent snapshot, read only)\b/.test(
        one,
      ),
    );
}

/** Statements that are answered by pages of documents or lines; faults are counted over these. */
const isPage = (statement: string) => statement.startsWith('select * from (') && !/ limit [01]$/.test(statement);

function judge(faults: readonly Fault[], database: BillingDatabase): (statement: string) => Promise<Verdict> {
  let pages = 0;
  let isDeleted = false;
  return async (statement) => {
    if (!isPage(statement)) return 'forward';
    const number = pages;
    pages += 1;
    for (const fault of faults) {
      if (fault.kind === 'hangs' && number >= fault.after) {
        fault.onHang();
        return 'hang';
      }
      if (fault.kind === 'deletes' && number === 1 && !isDeleted) {
        isDeleted = true;
        // The last of the first page: the key that the next page begins behind.
        const [row] = await database.rows(`select id from bills order by id limit 1 offset ${pageSize - 1}`);
        const id = String(row?.[0]);
        await database.run(`delete from bill_rows where bill_id = '${id}'`, `delete from bills where id = '${id}'`);
        fault.onDelete(id);
      }
      if (!('times' in fault) || number < fault.after || number >= fault.after + fault.times) continue;
      if (fault.kind === 'server_error') return 'close';
      if (fault.kind === 'cut_off') return 'cut_reply';
    }
    return 'forward';
  };
}
