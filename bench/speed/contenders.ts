import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type Measured, measure } from './measure.js';

export type Server = { readonly url: string; readonly pid: number };

export type Contender = {
  readonly name: string;
  readonly what: string;
  /** Larger sizes are left out, said in the report: the time or memory would not be reasonable. */
  readonly mostCustomers: number;
  /** A limit and no rival: it answers less than was asked, so its answer is not judged. */
  readonly isLimit?: true;
  run(dir: string, server: Server): Promise<{ readonly measured: Measured; readonly damaged: ReadonlySet<string> }>;
};

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const script = (name: string, ...args: readonly string[]) => ['--import', 'tsx', path.join(here, name), ...args];
const lines = (text: string) => new Set(text.split('\n').filter((line) => line !== ''));
const anySize = Number.POSITIVE_INFINITY;

/** Each in the order in which a round runs them. */
export const contenders: readonly Contender[] = [
  {
    name: 'shadowbill',
    what: 'files to stored, explained verdicts; logged tables with primary keys',
    mostCustomers: anySize,
    run: async (dir, server) =>
      withDatabase(server, async (url) => {
        const cli = path.join(root, 'dist/cli/main.js');
        const measured = await measure(
          { args: [cli, '-o', 'json', 'run', '2026-10'], env: { DATABASE_URL: url, REDIS_URL: '' }, cwd: dir },
          server.pid,
        );
        return { measured, damaged: await damagedIn(url) };
      }),
  },
  {
    name: 'compare only',
    what: 'shadowbill compare --no-store: files to the customers that do not agree, nothing stored',
    mostCustomers: anySize,
    run: async (dir) => {
      const cli = path.join(root, 'dist/cli/main.js');
      const args = [cli, '-o', 'csv', 'compare', '2026-10', '--no-store'];
      // Exit code 1: customers that do not agree were found, as planted.
      const measured = await measure({ args, env: { DATABASE_URL: '' }, cwd: dir, success: [0, 1] }, null);
      const customers = [...lines(measured.output)].slice(1).map((line) => line.split(',')[0] ?? '');
      return { measured, damaged: named(new Set(customers)) };
    },
  },
  {
    name: 'duckdb store',
    what: 'DuckDB: lines into a database file, a hash for each invoice, one join',
    mostCustomers: anySize,
    run: (dir) =>
      withDir(async (temporary) => {
        const args = script('duckdb.ts', 'store', dir, path.join(temporary, 'bench.duckdb'));
        const measured = await measure({ args, env: {}, cwd: root }, null);
        return { measured, damaged: lines(measured.output) };
      }),
  },
  peer('duckdb hash', 'DuckDB: the same, nothing stored', anySize, 'duckdb.ts', 'hash'),
  peer('duckdb decimal', 'DuckDB: exact DECIMAL(38,12) lines, FULL JOIN', 200_000, 'duckdb.ts', 'decimal'),
  {
    name: 'sql line join',
    what: 'our loader, then every line joined in SQL',
    mostCustomers: anySize,
    run: (dir, server) => onServer(server, script('sql-join.ts', dir)),
  },
  {
    name: 'batched insert',
    what: 'decimal.js on every line, INSERT in statements of 500, join in SQL',
    mostCustomers: 200_000,
    run: (dir, server) => onServer(server, script('peers.ts', 'batched', dir)),
  },
  peer('daff', 'keyed tables in memory', 20_000, 'peers.ts', 'daff'),
  peer(
    'floor',
    'JSON.parse, hash, compare in memory; loses digits, stores and explains nothing',
    anySize,
    'peers.ts',
    'floor',
  ),
];

function peer(name: string, what: string, mostCustomers: number, file: string, mode: string): Contender {
  return {
    name,
    what,
    mostCustomers,
    run: async (dir) => {
      const measured = await measure({ args: script(file, mode, dir), env: {}, cwd: root }, null);
      return { measured, damaged: lines(measured.output) };
    },
  };
}

function onServer(server: Server, args: readonly string[]) {
  return withDatabase(server, async (url) => {
    const measured = await measure({ args, env: { DATABASE_URL: url }, cwd: root }, server.pid);
    return { measured, damaged: named(lines(measured.output)) };
  });
}

let databases = 0;

async function withDatabase<Result>(server: Server, work: (url: string) => Promise<Result>): Promise<Result> {
  const name = `bench_${process.pid}_${(databases += 1)}`;
  await onAdmin(server, `create database ${name} template template0`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  try {
    return await work(url.href);
  } finally {
    await onAdmin(server, `drop database ${name} with (force)`);
    // What one contender wrote must not be flushed on the time of the next.
    await onAdmin(server, 'checkpoint');
  }
}

async function onAdmin(server: Server, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function withDir<Result>(work: (dir: string) => Promise<Result>): Promise<Result> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-bench-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Customers with a pair that does not agree. */
async function damagedIn(url: string): Promise<ReadonlySet<string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ customer: string }>(
    `select distinct customer from pair where state not in ('matched', 'within_tolerance')`,
  );
  await client.end();
  return named(new Set(rows.map((row) => row.customer)));
}

/** Our customers are named after their legacy ids; the truth names the Solvimon ones. */
function named(customers: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...customers].map((customer) => customer.replace(/^C/, 'S')));
}
