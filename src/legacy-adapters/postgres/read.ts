import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { instantOfMs, type Instant, parseInstant } from '../../model/period.js';
import type { Part } from '../sql/bind.js';
import {
  type AsOf,
  type Channel,
  type Column,
  type ColumnClass,
  type Connect,
  isThisMachine,
  type Rows,
  type Session,
  type SessionOptions,
} from '../sql/session.js';
import { untilAborted } from '../sql/until-aborted.js';
import { postgresError } from './errors.js';
import { writableTables } from './privileges.js';

const connectTimeoutMs = 15_000;
/** Longest that our side may think between two statements before the server ends the snapshot. */
const idleTimeoutMs = 600_000;
/** Oldest server major version that the suite runs against or that Postgres itself still mends. */
const oldestMajor = 12;

/** OIDs of pg_type whose text needs thought; everything else is exact as printed. */
const classes: ReadonlyMap<number, ColumnClass> = new Map([
  [700, 'float'],
  [701, 'float'],
  [1114, 'local'],
  // money prints by the server's locale, bytea is no text.
  [790, 'refused'],
  [17, 'refused'],
]);
const typeNames: ReadonlyMap<number, string> = new Map([
  [700, 'real'],
  [701, 'double precision'],
  [790, 'money'],
  [17, 'bytea'],
]);

/** Values stay the text that the server printed: no number, no Date, no JSON object is made of them. */
const asPrinted: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value as string };

/** Connects and opens the snapshot: one repeatable-read read-only transaction. Throws AppError. */
export const connectPostgres: Connect = async (options) => {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: 'shadowbill',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  });
  // A connection lost between two statements says why only now; the next statement reports it.
  const lost: { why: Error | undefined } = { why: undefined };
  client.on('error', (error) => {
    lost.why ??= error;
  });
  const stop = () => void client.end().catch(() => undefined);
  try {
    await untilAborted(options.signal, client.connect(), stop);
    await untilAborted(options.signal, client.query(beginning(options)), stop);
    return await openSession(client, lost, options.signal);
  } catch (error) {
    stop();
    throw options.signal.aborted ? options.signal.reason : postgresError(error, 'the connection');
  }
};

/** Settings hold for the transaction only, so that they also work behind a pooler that lends connections out. */
function beginning(options: SessionOptions): string {
  return [
    'begin isolation level repeatable read read only',
    `set local statement_timeout = ${options.statementTimeoutMs}`,
    `set local lock_timeout = ${options.lockTimeoutMs}`,
    `set local idle_in_transaction_session_timeout = ${idleTimeoutMs}`,
    `set local timezone = 'UTC'`,
    `set local datestyle = 'ISO, YMD'`,
    'set local extra_float_digits = 1',
    'set local standard_conforming_strings = on',
    ...(options.schema === null ? [] : [`set local search_path = ${pg.escapeIdentifier(options.schema)}`]),
  ].join('; ');
}

async function openSession(
  client: pg.Client,
  lost: { readonly why: Error | undefined },
  signal: AbortSignal,
): Promise<Session> {
  const run = async (parts: readonly Part[], what: string): Promise<Rows> => {
    signal.throwIfAborted();
    const { text, values } = render(parts);
    try {
      const result = await untilAborted(
        signal,
        client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array', types: asPrinted }),
        // A socket that is torn down ends a statement that hangs; the server notices by itself.
        () => client.connection.stream.destroy(),
      );
      return { columns: result.fields.map(columnOf), rows: result.rows };
    } catch (error) {
      signal.throwIfAborted();
      throw postgresError(lost.why ?? error, what);
    }
  };
  const version = (await run(['show server_version'], 'the version')).rows[0]?.[0] ?? 'unknown';
  const major = Number(/^\d+/.exec(version)?.[0] ?? 0);
  return {
    channel: channelOf(client),
    server: `PostgreSQL ${version}`,
    versionProblem:
      major < oldestMajor ? `PostgreSQL ${version} is older than ${oldestMajor}, the oldest that is read.` : null,
    instantText: (at) => at,
    query: run,
    keyOrder: async () => ({ expression: 'd.document_id', literal: (value) => [{ value }] }),
    comparesLoosely: false,
    asOf: () => readAsOf(run),
    writable: (statements) => writableTables(run, statements),
    outsideSnapshot: async () => [],
    close: async () => {
      // Ending the connection rolls back; there is nothing to commit.
      await client.end().catch(() => undefined);
    },
  };
}

/** As the socket says it: what the address asked for may be less than what came about. */
function channelOf(client: pg.Client): Channel {
  const { stream } = client.connection;
  if (stream instanceof TLSSocket) return stream.authorized ? 'verified' : 'unverified';
  return isThisMachine(client.host) ? 'local' : 'open';
}

function columnOf(field: pg.FieldDef): Column {
  return {
    name: field.name,
    typeName: typeNames.get(field.dataTypeID) ?? `type ${field.dataTypeID}`,
    class: classes.get(field.dataTypeID) ?? 'text',
  };
}

/** Every value becomes a parameter of its own, so that the server infers its type from where it stands. */
export function render(parts: readonly Part[]): { readonly text: string; readonly values: readonly string[] } {
  const values: string[] = [];
  const place = (value: string) => `$${values.push(value)}`;
  const text = parts
    .map((part) =>
      typeof part === 'string'
        ? part
        : 'value' in part
          ? place(part.value)
          : part.list.length === 0
            ? 'null'
            : part.list.map(place).join(', '),
    )
    .join('');
  return { text, values };
}

async function readAsOf(run: Session['query']): Promise<AsOf> {
  const { rows } = await run(
    [
      'select pg_is_in_recovery()::text, now()::text, case when pg_is_in_recovery() then pg_last_xact_replay_timestamp()::text end',
    ],
    'the age of the data',
  );
  return asOfRow(rows[0] ?? []);
}

/**
 * The age of what a server shows, from "is it a replica, its time, the time of the last change replayed". A replica of a
 * server where nothing happens looks older than it is: that errs on the safe side.
 */
export function asOfRow(row: readonly (string | null)[]): AsOf {
  const serverTime: Instant = parseInstant(row[1] ?? '') ?? instantOfMs(0);
  const isReplica = row[0] === 'true';
  const replayed = parseInstant(row[2] ?? '');
  return {
    at: isReplica ? (replayed ?? serverTime) : serverTime,
    serverTime,
    isReplica,
    unknownBecause:
      isReplica && replayed === undefined ? 'the replica has not replayed any change since it started' : null,
  };
}
