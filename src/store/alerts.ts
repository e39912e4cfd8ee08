import { hash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type AlertKind, alertKinds, type NewAlert, type Severity } from '../model/alert.js';
import type { Database } from './tables.js';

export type StoredAlert = Omit<NewAlert, 'kind' | 'about'> & {
  readonly id: string;
  /** As it was written: a later version may know other kinds. */
  readonly kind: string;
  readonly severity: Severity;
  readonly raisedAt: string;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: string | null;
  readonly note: string | null;
};

/** The id of an alert: the same kind about the same thing is the same alert, on every machine. */
export function alertId(kind: AlertKind, about: string): string {
  return `A-${hash('sha256', `${kind}\u001f${about}`, 'hex').slice(0, 20)}`;
}

/** Writes an alert down unless it is there already; answers its id and whether this call wrote it. */
export async function insertAlert(
  db: Kysely<Database>,
  one: NewAlert,
  now: Date,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const id = alertId(one.kind, one.about);
  const result = await sql<{ id: string }>`
    insert into alert (id, kind, severity, cycle, run_id, title, lines, detail, customers, owners, link, raised_at)
    values (${id}, ${one.kind}, ${alertKinds[one.kind].severity}, ${one.cycle}, ${one.run}, ${one.title}, ${JSON.stringify(one.lines)},
      ${JSON.stringify(one.detail)}, ${[...one.customers]}::text[], ${[...one.owners]}::text[], ${one.link}, ${now})
    on conflict (id) do nothing returning id`.execute(db);
  return { id, isNew: result.rows.length > 0 };
}

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const columns = sql`a.id, a.kind, a.severity, a.cycle, a.run_id as run, a.title, a.lines, a.detail, a.customers, a.owners, a.link,
  ${iso('a.raised_at')} as "raisedAt", a.acknowledged_by as "acknowledgedBy", ${iso('a.acknowledged_at')} as "acknowledgedAt", a.note`;

/** Alerts whose channels are still to be chosen, oldest first, locked for this transaction. */
export async function unroutedAlerts(trx: Transaction<Database>, limit: number): Promise<readonly StoredAlert[]> {
  const result = await sql<StoredAlert>`
    select ${columns} from alert a where a.routed_at is null order by a.seq limit ${limit} for update skip locked`.execute(
    trx,
  );
  return result.rows;
}

export type NewDelivery = {
  readonly alertId: string;
  readonly channel: string;
  readonly recipient: string;
  readonly notBefore: Date;
};

/** Writes who gets an alert; nobody is an answer too, and the alert is then only in the list. */
export async function routeAlert(
  trx: Transaction<Database>,
  alert: string,
  deliveries: readonly NewDelivery[],
  now: Date,
): Promise<void> {
  for (const one of deliveries)
    await sql`insert into alert_delivery (alert_id, channel, recipient, not_before)
      values (${one.alertId}, ${one.channel}, ${one.recipient}, ${one.notBefore}) on conflict do nothing`.execute(trx);
  await sql`update alert set routed_at = ${now} where id = ${alert}`.execute(trx);
}

/** Where one alert went and how far it came. */
export type DeliveryState = {
  readonly channel: string;
  readonly recipient: string;
  readonly message: string | null;
  readonly state: 'held' | 'waiting' | 'sending' | 'sent' | 'dead';
  readonly attempts: number;
  readonly lastError: string | null;
  /** When it is tried next, or when it ended. */
  readonly at: string;
};

export type ListedAlert = StoredAlert & { readonly seq: string; readonly deliveries: readonly DeliveryState[] };

export type AlertFilter = {
  readonly id?: string | undefined;
  readonly kind?: string | undefined;
  /** open: nobody has acknowledged it. undelivered: a message of it was given up. */
  readonly show?: 'open' | 'undelivered' | undefined;
  /** Only those written before this number. */
  readonly before?: string | undefined;
  readonly limit: number;
};

/** Alerts with where they went, newest first. */
export async function listAlerts(db: Kysely<Database>, filter: AlertFilter): Promise<readonly ListedAlert[]> {
  const { id = null, kind = null, show = null, before = null, limit } = filter;
  const result = await sql<ListedAlert>`
    select a.seq, ${columns}, coalesce((
      select jsonb_agg(jsonb_build_object('channel', d.channel, 'recipient', d.recipient, 'message', m.id,
        'state', coalesce(m.state, 'held'), 'attempts', coalesce(m.attempts, 0), 'lastError', m.last_error,
        'at', to_char(coalesce(m.ended_at, m.due_at, d.not_before) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
        order by d.channel, d.recipient)
      from alert_delivery d left join alert_message m on m.id = d.message_id where d.alert_id = a.id), '[]') as deliveries
    from alert a
    where (${id}::text is null or a.id = ${id}) and (${kind}::text is null or a.kind = ${kind})
      and (${before}::bigint is null or a.seq < ${before}::bigint)
      and (${show}::text is distinct from 'open' or a.acknowledged_at is null)
      and (${show}::text is distinct from 'undelivered' or exists (
        select from alert_delivery d join alert_message m on m.id = d.message_id where d.alert_id = a.id and m.state = 'dead'))
    order by a.seq desc limit ${limit}`.execute(db);
  return result.rows;
}

/** Notes that somebody takes care of it; answers whether this call did. The first one counts. */
export async function acknowledgeAlert(
  trx: Transaction<Database>,
  one: { readonly id: string; readonly by: string; readonly note: string | null; readonly now: Date },
): Promise<boolean> {
  const result =
    await sql`update alert set acknowledged_by = ${one.by}, acknowledged_at = ${one.now}, note = ${one.note}
    where id = ${one.id} and acknowledged_at is null`.execute(trx);
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** Those of the given alerts that somebody takes care of. */
export async function acknowledgedOf(db: Kysely<Database>, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const result = await sql<{ id: string }>`
    select id from alert where id = any(${[...ids]}::text[]) and acknowledged_at is not null`.execute(db);
  return new Set(result.rows.map(({ id }) => id));
}
