import mysql, { type Connection, type FieldPacket } from 'mysql2/promise';
import { AppError } from '../../errors.js';
import { type Instant, instantOfMs, msOfInstant, parseInstant } from '../../model/period.js';
import type { Part } from '../sql/bind.js';
import { untilAborted } from '../sql/until-aborted.js';
import {
  type AsOf,
  type Channel,
  type Column,
  type ColumnClass,
  type Connect,
  isThisMachine,
  type KeyOrder,
  type Rows,
  type Session,
  type SessionOptions,
} from '../sql/session.js';
import { mysqlError } from './errors.js';
import { tablesOutsideSnapshot, writableTables } from './privileges.js';

const connectTimeoutMs = 15_000;

/** Type numbers of the protocol (mysql2 constants/types) whose text needs thought. */
const type = { float: 4, double: 5, timestamp: 7, datetime: 12, bit: 16, geometry: 255 } as const;
/** Types that hold text or bytes; bytes are told by the character set `binary`. */
const textTypes: ReadonlySet<number> = new Set([15, 249, 250, 251, 252, 253, 254]);
const numberTypes: ReadonlySet<number> = new Set([0, 1, 2, 3, 8, 9, 13, 246]);
const binaryCharset = 63;

type Run = Session['query'];

/** Connects and opens the snapshot: one repeatable-read read-only transaction. Throws AppError. */
export const connectMysql: Connect = async (options) => {
  let connection: Connection | undefined;
  const stop = () => connection?.destroy();
  try {
    connection = await untilAborted(
      options.signal,
      mysql.createConnection(connectionOptions(options.url)),
      () => undefined,
    );
    // A connection lost between two statements says why only now; the next statement reports it.
    const lost: { why: Error | undefined } = { why: undefined };
    connection.on('error', (error: Error) => {
      lost.why ??= error;
    });
    return await openSession(connection, lost, options);
  } catch (error) {
    stop();
    options.signal.throwIfAborted();
    throw mysqlError(error, 'the connection');
  }
};

/** Only what an address needs to say is taken from it: an option such as multipleStatements in it has no effect. */
export function connectionOptions(address: string): mysql.ConnectionOptions {
  const malformed = (why: string) =>
    new AppError('config_invalid', {
      detail: `the address of the legacy database ${why}. Write mysql://user:password@host:3306/billing`,
    });
  if (!URL.canParse(address)) throw malformed('cannot be read');
  const url = new URL(address);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') throw malformed('does not begin with mysql:');
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') throw malformed('names no database');
  return {
    host: url.hostname,
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    multipleStatements: false,
    rowsAsArray: true,
    // Every value stays the text that the server printed.
    typeCast: (field) => field.string('utf8'),
    ...(url.searchParams.get('ssl') === 'true' && { ssl: { rejectUnauthorized: true, verifyIdentity: true } }),
  };
}

async function openSession(
  connection: Connection,
  lost: { readonly why: Error | undefined },
  options: SessionOptions,
): Promise<Session> {
  const { signal } = options;
  const run: Run = async (parts, what) => {
    signal.throwIfAborted();
    try {
      const [rows, fields] = await untilAborted(signal, connection.query(render(parts)), () => connection.destroy());
      if (!Array.isArray(fields)) return { columns: [], rows: [] };
      const columns = fields.map(columnOf);
      return { columns, rows: withZone(fields, rows as (string | null)[][]) };
    } catch (error) {
      signal.throwIfAborted();
      throw mysqlError(lost.why ?? error, what);
    }
  };
  const version = (await run(['select version()'], 'the version')).rows[0]?.[0] ?? 'unknown';
  const isMaria = /mariadb/i.test(version);
  // The age is asked before the snapshot is taken, so that it is never younger than what the snapshot shows.
  const asOf = await begin(run, options, isMaria);
  let loosely = false;
  return {
    channel: channelOf(new URL(options.url)),
    server: `${isMaria ? 'MariaDB' : 'MySQL'} ${version.split('-')[0] ?? version}`,
    versionProblem: versionProblem(version, isMaria),
    instantText,
    query: run,
    keyOrder: async (documents, key) => {
      const found = await keyOrder(run, documents, key);
      loosely = found.isLoose;
      return found.order;
    },
    get comparesLoosely() {
      return loosely;
    },
    asOf: async () => asOf,
    writable: (statements) => writableTables(run, statements),
    outsideSnapshot: (statements) => tablesOutsideSnapshot(run, statements),
    close: async () => connection.destroy(),
  };
}

/** With `ssl=true` there is a checked certificate or no connection at all. */
function channelOf(url: URL): Channel {
  if (url.searchParams.get('ssl') === 'true') return 'verified';
  return isThisMachine(url.hostname) ? 'local' : 'open';
}

async function begin(run: Run, options: SessionOptions, isMaria: boolean): Promise<AsOf> {
  const seconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));
  const settings = [
    `set session time_zone = '+00:00'`,
    // Without it a backslash would end no text, and ours are read as if it did.
    `set session sql_mode = replace(@@session.sql_mode, 'NO_BACKSLASH_ESCAPES', '')`,
    `set session lock_wait_timeout = ${seconds(options.lockTimeoutMs)}`,
    `set session innodb_lock_wait_timeout = ${seconds(options.lockTimeoutMs)}`,
    isMaria
      ? `set session max_statement_time = ${seconds(options.statementTimeoutMs)}`
      : `set session max_execution_time = ${options.statementTimeoutMs}`,
    'set session transaction isolation level repeatable read',
  ];
  for (const statement of settings) await run([statement], 'the settings of the session');
  const asOf = await readAsOf(run);
  await run(['start transaction with consistent snapshot, read only'], 'the start of the snapshot');
  return asOf;
}

/** "2026-09-30 22:00:00.000", UTC: MySQL's own form, in the zone of the session. */
function instantText(at: Instant): string {
  return at.replace('T', ' ').replace('Z', '');
}

function columnOf(field: FieldPacket): Column {
  const number = field.columnType ?? field.type ?? 0;
  return { name: field.name, typeName: typeName(field, number), class: classOf(field, number) };
}

function classOf(field: FieldPacket, number: number): ColumnClass {
  if (number === type.float || number === type.double) return 'float';
  if (number === type.datetime) return 'local';
  if (number === type.bit || number === type.geometry) return 'refused';
  return textTypes.has(number) && charsetOf(field) === binaryCharset ? 'refused' : 'text';
}

function typeName(field: FieldPacket, number: number): string {
  if (number === type.float) return 'float';
  if (number === type.double) return 'double';
  if (number === type.bit) return 'bit';
  if (number === type.geometry) return 'geometry';
  return charsetOf(field) === binaryCharset && textTypes.has(number) ? 'binary' : `type ${number}`;
}

function charsetOf(field: FieldPacket): number {
  return 'characterSet' in field && typeof field.characterSet === 'number' ? field.characterSet : 0;
}

/** TIMESTAMP prints in the zone of the session, which we made UTC: say so, or it would be read as a local time. */
function withZone(fields: readonly FieldPacket[], rows: (string | null)[][]): Rows['rows'] {
  const stamped = fields.flatMap((field, index) =>
    (field.columnType ?? field.type) === type.timestamp ? [index] : [],
  );
  if (stamped.length > 0)
    for (const row of rows)
      for (const index of stamped) {
        const cell = row[index];
        if (cell !== null && cell !== undefined) row[index] = `${cell}Z`;
      }
  return rows;
}

/** Values are written as hexadecimal texts, which no quote, backslash or setting of the server can end early. */
export function render(parts: readonly Part[]): string {
  const literal = (value: string) =>
    value === '' ? `_utf8mb4 ''` : `_utf8mb4 0x${Buffer.from(value, 'utf8').toString('hex')}`;
  return parts
    .map((part) =>
      typeof part === 'string'
        ? part
        : 'value' in part
          ? literal(part.value)
          : part.list.length === 0
            ? 'null'
            : part.list.map(literal).join(', '),
    )
    .join('');
}

/**
 * Most collations take 'in_AB' and 'in_ab' for one key, and a page that ends with one would leave the other out. Such
 * keys are put in the order of their bytes instead. Whole numbers are compared as numbers, never as floats.
 */
async function keyOrder(
  run: Run,
  documents: readonly Part[],
  key: Column,
): Promise<{ readonly order: KeyOrder; readonly isLoose: boolean }> {
  const { rows } = await run(
    ['select collation(d.document_id) from (\n', ...documents, '\n) d limit 1'],
    'the collation of document_id',
  );
  const collation = rows[0]?.[0] ?? 'binary';
  const isNumber = numberTypes.has(Number(/^type (\d+)$/.exec(key.typeName)?.[1] ?? -1));
  if (isNumber)
    return {
      order: { expression: 'd.document_id', literal: (value) => ['cast(', { value }, ' as decimal(65, 0))'] },
      isLoose: false,
    };
  if (collation.endsWith('_bin') || collation === 'binary')
    return { order: { expression: 'd.document_id', literal: (value) => [{ value }] }, isLoose: false };
  return {
    order: { expression: 'cast(d.document_id as binary)', literal: (value) => ['cast(', { value }, ' as binary)'] },
    isLoose: true,
  };
}

function versionProblem(version: string, isMaria: boolean): string | null {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = isMaria ? major < 10 || (major === 10 && minor < 5) : major < 8;
  return isOld ? `${version} is older than ${isMaria ? 'MariaDB 10.5' : 'MySQL 8.0'}, the oldest that is read.` : null;
}

async function readAsOf(run: Run): Promise<AsOf> {
  const { rows } = await run([`select concat(utc_timestamp(3), 'Z'), @@global.read_only`], 'the time of the server');
  const serverTime = parseInstant(rows[0]?.[0] ?? '') ?? instantOfMs(0);
  return asOfStatus(serverTime, rows[0]?.[1] !== '0', await replicaStatus(run));
}

/** Rows of the replication status by name; null when the user may not see them. */
async function replicaStatus(run: Run): Promise<readonly ReadonlyMap<string, string | null>[] | null> {
  for (const statement of ['show replica status', 'show slave status']) {
    try {
      const { columns, rows } = await run([statement], 'the replication status');
      return rows.map((row) => new Map(columns.map(({ name }, index) => [name, row[index] ?? null])));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Older servers know the second form only; without the privilege neither is answered.
      if (error.code === 'source_unreachable' && error.context['number'] === 0) throw error;
    }
  }
  return null;
}

/** The age of what a server shows, from its own time, whether it refuses writes, and its replication status. */
export function asOfStatus(
  serverTime: Instant,
  isReadOnly: boolean,
  status: readonly ReadonlyMap<string, string | null>[] | null,
): AsOf {
  if (status === null)
    return {
      at: serverTime,
      serverTime,
      isReplica: isReadOnly,
      unknownBecause: isReadOnly
        ? 'the user may not see it. Grant REPLICATION CLIENT (MariaDB: SLAVE MONITOR) on *.*'
        : null,
    };
  if (status.length === 0) return { at: serverTime, serverTime, isReplica: false, unknownBecause: null };
  const lags = status.map((one) => one.get('Seconds_Behind_Source') ?? one.get('Seconds_Behind_Master') ?? null);
  if (lags.includes(null))
    return { at: serverTime, serverTime, isReplica: true, unknownBecause: 'replication has stopped' };
  const worst = Math.max(...lags.map(Number));
  return { at: instantOfMs(msOfInstant(serverTime) - worst * 1000), serverTime, isReplica: true, unknownBecause: null };
}
