import { randomBytes } from 'node:crypto';
import net from 'node:net';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { inject } from 'vitest';
import type { SqlDialect } from '../../src/legacy-adapters/sql/statement.js';

/** An empty database of its own on a real server, with an account that may do anything and one that may only read. */
export type BillingDatabase = {
  readonly dialect: SqlDialect;
  readonly name: string;
  /** Address of an account that owns the database. */
  readonly ownerUrl: string;
  /** Address of an account without any privilege, until `grantRead` gives it some. */
  readonly readerUrl: string;
  readonly reader: string;
  /** Runs statements as the owner, one after the other, on one connection. */
  run(...statements: readonly string[]): Promise<void>;
  /** Rows of one statement as the owner. */
  rows(statement: string): Promise<readonly (readonly unknown[])[]>;
  /** Lets the reader read tables, and nothing more. */
  grantRead(...tables: readonly string[]): Promise<void>;
  drop(): Promise<void>;
};

/** A database on the Postgres that vitest runs on. */
export async function createPostgresBilling(): Promise<BillingDatabase> {
  const serverUrl = inject('serverUrl');
  const { name, reader, password } = names();
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`create database ${name} template template0 encoding 'UTF8'`);
  await admin.query(`create role ${reader} login password '${password}'`);
  const ownerUrl = withPath(serverUrl, name);
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const run = async (...statements: readonly string[]) => {
    for (const statement of statements) await owner.query(statement);
  };
  return {
    dialect: 'postgres',
    name,
    reader,
    ownerUrl,
    readerUrl: withAccount(ownerUrl, reader, password),
    run,
    rows: async (statement) => (await owner.query<unknown[]>({ text: statement, rowMode: 'array' })).rows,
    grantRead: (...tables) => run(`grant select on ${tables.join(', ')} to ${reader}`),
    drop: async () => {
      await owner.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.query(`drop role ${reader}`);
      await admin.end();
    },
  };
}

const defaultMariadb = 'mysql://root@127.0.0.1:3306/mysql';

/**
 * Address of a MariaDB for tests: MARIADB_URL, or one on this machine without a password. Undefined when none listens
 * and nobody asked for one; with MARIADB_URL or in CI that is an error.
 */
export async function findMariadb(): Promise<string | undefined> {
  const given = process.env['MARIADB_URL'];
  const url = new URL(given ?? defaultMariadb);
  const listens = await new Promise<boolean>((resolve) => {
    const socket = net.connect(Number(url.port === '' ? 3306 : url.port), url.hostname);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
  if (listens) return url.href;
  if (given === undefined && process.env['CI'] === undefined) return undefined;
  throw new Error(
    `No MariaDB listens at ${url.host}. Start one: apt-get install -y mariadb-server && mkdir -p /run/mysqld && chown mysql:mysql /run/mysqld && start-stop-daemon --start --background --exec /usr/sbin/mariadbd`,
  );
}

/** What to print where MariaDB is missing. */
export const withoutMariadb =
  'The tests on a real MariaDB were left out: none listens on 127.0.0.1:3306. Start one, or set MARIADB_URL.';

/** A database on the MariaDB at `url`. */
export async function createMariadbBilling(url: string): Promise<BillingDatabase> {
  const { name, reader, password } = names();
  const at = new URL(url);
  const account = {
    host: at.hostname,
    port: Number(at.port === '' ? 3306 : at.port),
    user: decodeURIComponent(at.username),
    password: decodeURIComponent(at.password),
  };
  const owner = await mysql.createConnection({ ...account, charset: 'utf8mb4' });
  const run = async (...statements: readonly string[]) => {
    for (const statement of statements) await owner.query(statement);
  };
  await run(
    `create database ${name} character set utf8mb4`,
    `use ${name}`,
    `create user '${reader}'@'%' identified by '${password}'`,
    `create user '${reader}'@'localhost' identified by '${password}'`,
  );
  const ownerUrl = withPath(url, name);
  return {
    dialect: 'mysql',
    name,
    reader,
    ownerUrl,
    readerUrl: withAccount(ownerUrl, reader, password),
    run,
    rows: async (statement) => {
      const [rows] = await owner.query({ sql: statement, rowsAsArray: true });
      return rows as unknown as (readonly unknown[])[];
    },
    grantRead: async (...tables) => {
      for (const table of tables)
        for (const host of ['%', 'localhost'])
          await owner.query(`grant select on ${name}.${table} to '${reader}'@'${host}'`);
    },
    drop: async () => {
      await run(`drop database ${name}`, `drop user '${reader}'@'%'`, `drop user '${reader}'@'localhost'`);
      await owner.end();
    },
  };
}

function names() {
  const suffix = randomBytes(5).toString('hex');
  return { name: `billing_${suffix}`, reader: `reader_${suffix}`, password: `p${suffix}` };
}

function withPath(address: string, name: string): string {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
}

function withAccount(address: string, user: string, password: string): string {
  const url = new URL(address);
  url.username = user;
  url.password = password;
  return url.href;
}

/** The same address at another port of this machine. */
export function throughPort(address: string, port: number): string {
  const url = new URL(address);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}

/** Makes `process.env[name]` the address that a source with `url_env: name` reads, and gives the name. */
export function inEnvironment(address: string): string {
  const name = `BILLING_URL_${randomBytes(5).toString('hex').toUpperCase()}`;
  process.env[name] = address;
  return name;
}

/** A database that is made, and given its tables, when it is first asked for. */
export function openedOnce(
  create: () => Promise<BillingDatabase>,
  prepare: (database: BillingDatabase) => Promise<void>,
): { readonly get: () => Promise<BillingDatabase>; readonly drop: () => Promise<void> } {
  let opened: Promise<BillingDatabase> | undefined;
  const open = async () => {
    const database = await create();
    await prepare(database);
    return database;
  };
  return {
    get: () => (opened ??= open()),
    drop: async () => (await opened)?.drop(),
  };
}
