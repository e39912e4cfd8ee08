import { hash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { StoredAlert } from './alerts.js';
import type { Database } from './tables.js';

/** Makes routing and composing one at a time: two processes that do it at the same moment must not make two messages of one alert. */
export async function lockComposing(trx: Transaction<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('shadowbill alert messages', 0))`.execute(trx);
}

/** Deliveries that may go out and are in no message yet, in the order in which their alerts were written. */
export async function openDeliveries(
  trx: Transaction<Database>,
  now: Date,
): Promise<readonly { readonly alertId: string; readonly channel: string; readonly recipient: string }[]> {
  const result = await sql<{ alertId: string; channel: string; recipient: string }>`
    select d.alert_id as "alertId", d.channel, d.recipient from alert_delivery d join alert a on a.id = d.alert_id
    where d.message_id is null and d.not_before <= ${now} order by d.channel, d.recipient, a.seq limit 5000`.execute(
    trx,
  );
  return result.rows;
}

/** Makes a message of alerts for one recipient; its id follows from what it carries. */
export async function insertMessage(
  trx: Transaction<Database>,
  one: { readonly channel: string; readonly recipient: string; readonly alerts: readonly string[]; readonly now: Date },
): Promise<void> {
  const { channel, recipient, alerts, now } = one;
  const id = `N-${hash('sha256', [channel, recipient, ...alerts].join('\u001f'), 'hex').slice(0, 20)}`;
  await sql`insert into alert_message (id, channel, recipient, state, due_at, created_at)
    values (${id}, ${channel}, ${recipient}, 'waiting', ${now}, ${now})`.execute(trx);
  await sql`update alert_delivery set message_id = ${id}
    where channel = ${channel} and recipient = ${recipient} and alert_id = any(${[...alerts]}::text[])`.execute(trx);
}

/** A message that this caller alone may send until its claim ends. */
export type ClaimedMessage = {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  /** This attempt included. */
  readonly attempts: number;
  readonly createdAt: string;
  /** An earlier attempt ended without anybody knowing whether the receiver took it. */
  readonly isRepeat: boolean;
};

/** Takes the next due message of a channel; undefined when none is due. Two callers never hold the same one at a time. */
export async function claimMessage(
  db: Kysely<Database>,
  input: { readonly channel: string; readonly claim: string; readonly now: Date; readonly until: Date },
): Promise<ClaimedMessage | undefined> {
  const result = await sql<ClaimedMessage>`
    with due as (
      select id, state from alert_message
      where channel = ${input.channel} and ((state = 'waiting' and due_at <= ${input.now}) or (state = 'sending' and claimed_until <= ${input.now}))
      order by due_at, id limit 1 for update skip locked
    )
    update alert_message m set state = 'sending', attempts = m.attempts + 1, claim = ${input.claim}, claimed_until = ${input.until},
      may_have_arrived = m.may_have_arrived or due.state = 'sending'
    from due where m.id = due.id
    returning m.id, m.channel, m.recipient, m.attempts, to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
      m.may_have_arrived as "isRepeat"`.execute(db);
  return result.rows[0];
}

/** What a message carries, in the order in which the alerts were written. */
export async function alertsOfMessage(db: Kysely<Database>, id: string): Promise<readonly StoredAlert[]> {
  const result = await sql<StoredAlert>`
    select a.id, a.kind, a.severity, a.cycle, a.run_id as run, a.title, a.lines, a.detail, a.customers, a.owners, a.link,
      to_char(a.raised_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "raisedAt"
    from alert_delivery d join alert a on a.id = d.alert_id where d.message_id = ${id} order by a.seq`.execute(db);
  return result.rows;
}

/** How an attempt ended. A claim that ran out changes nothing: whoever took the message over decides. */
export type AttemptEnd =
  | { readonly kind: 'sent'; readonly reference: string | null }
  | { readonly kind: 'again'; readonly error: string; readonly dueAt: Date; readonly mayHaveArrived: boolean }
  | { readonly kind: 'dead'; readonly error: string };

export async function endAttempt(
  db: Kysely<Database>,
  input: { readonly id: string; readonly claim: string; readonly end: AttemptEnd; readonly now: Date },
): Promise<boolean> {
  const { id, claim, end, now } = input;
  const values =
    end.kind === 'sent'
      ? sql`state = 'sent', ended_at = ${now}, reference = ${end.reference}, last_error = null`
      : end.kind === 'dead'
        ? sql`state = 'dead', ended_at = ${now}, last_error = ${end.error}`
        : sql`state = 'waiting', due_at = ${end.dueAt}, last_error = ${end.error}, may_have_arrived = may_have_arrived or ${end.mayHaveArrived}`;
  const result = await sql`update alert_message set ${values}, claim = null, claimed_until = null
    where id = ${id} and claim = ${claim} and state = 'sending'`.execute(db);
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** Channels that have messages to send. */
export async function channelsWithDue(db: Kysely<Database>, now: Date): Promise<readonly string[]> {
  const result = await sql<{ channel: string }>`
    select distinct channel from alert_message
    where (state = 'waiting' and due_at <= ${now}) or (state = 'sending' and claimed_until <= ${now}) order by channel`.execute(
    db,
  );
  return result.rows.map((row) => row.channel);
}

/** Messages that were given up, with the channel of each; newest first. */
export async function deadMessages(
  db: Kysely<Database>,
  since: Date,
): Promise<
  readonly {
    readonly id: string;
    readonly channel: string;
    readonly error: string;
    readonly kinds: readonly string[];
    readonly titles: readonly string[];
  }[]
> {
  const result = await sql<{ id: string; channel: string; error: string; kinds: string[]; titles: string[] }>`
    select m.id, m.channel, coalesce(m.last_error, '') as error, array_agg(distinct a.kind) as kinds, array_agg(a.title order by a.seq) as titles
    from alert_message m join alert_delivery d on d.message_id = m.id join alert a on a.id = d.alert_id
    where m.state = 'dead' and m.ended_at >= ${since} group by m.id order by m.ended_at desc limit 200`.execute(db);
  return result.rows;
}

/** Puts the given-up messages of an alert back to be tried at once, under their old ids; answers how many. */
export async function reviveMessages(trx: Transaction<Database>, alert: string, now: Date): Promise<number> {
  const result = await sql`
    update alert_message m set state = 'waiting', attempts = 0, due_at = ${now}, ended_at = null
    from alert_delivery d where d.message_id = m.id and d.alert_id = ${alert} and m.state = 'dead' returning m.id`.execute(
    trx,
  );
  return result.rows.length;
}
