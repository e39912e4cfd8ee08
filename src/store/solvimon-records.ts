import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** A hold of ours. `askedBy` is the run or person it was set for. */
export type StoredHold = {
  readonly invoiceId: string;
  readonly askedBy: string;
  readonly step: string;
  readonly intendedAt: string;
  readonly confirmedAt: string | null;
};

/** Notes that a hold is about to be set. A repeat keeps the first note: it was ours from then on. */
export async function intendHold(
  db: Kysely<Database>,
  hold: {
    readonly account: string;
    readonly invoiceId: string;
    readonly askedBy: string;
    readonly step: string;
    readonly now: Date;
  },
): Promise<void> {
  await db
    .insertInto('solvimon_hold')
    .values({
      account: hold.account,
      invoice_id: hold.invoiceId,
      asked_by: hold.askedBy,
      step: hold.step,
      intended_at: hold.now,
    })
    .onConflict((conflict) => conflict.columns(['account', 'invoice_id']).doNothing())
    .execute();
}

export async function confirmHold(
  db: Kysely<Database>,
  hold: { readonly account: string; readonly invoiceId: string; readonly requestId: string | null; readonly now: Date },
): Promise<void> {
  await db
    .updateTable('solvimon_hold')
    .set({ confirmed_at: hold.now, request_id: hold.requestId })
    .where('account', '=', hold.account)
    .where('invoice_id', '=', hold.invoiceId)
    .execute();
}

/** Whether a hold on an invoice was set, or about to be set, by us and not by Solvimon or a person (contract 7.1, row 17). */
export async function isHoldOurs(db: Kysely<Database>, account: string, invoiceId: string): Promise<boolean> {
  const row = await db
    .selectFrom('solvimon_hold')
    .select('invoice_id')
    .where('account', '=', account)
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Our holds of an account, oldest first. */
export async function listHolds(db: Kysely<Database>, account: string): Promise<readonly StoredHold[]> {
  const rows = await db
    .selectFrom('solvimon_hold')
    .selectAll()
    .where('account', '=', account)
    .orderBy('intended_at')
    .orderBy('invoice_id')
    .execute();
  return rows.map((row) => ({
    invoiceId: row.invoice_id,
    askedBy: row.asked_by,
    step: row.step,
    intendedAt: row.intended_at,
    confirmedAt: row.confirmed_at,
  }));
}

export type StoredIncident = {
  readonly kind: 'shadow_invoice_final';
  readonly invoiceId: string;
  readonly customerRef: string | null;
  readonly seenBy: 'pull' | 'webhook';
  readonly firstSeenAt: string;
  readonly sightings: number;
};

/** Notes an incident; answers whether it is new, so that people are told once and not at every sighting. */
export async function noteIncident(
  db: Kysely<Database>,
  incident: {
    readonly kind: 'shadow_invoice_final';
    readonly account: string;
    readonly invoiceId: string;
    readonly customerRef: string | null;
    readonly seenBy: 'pull' | 'webhook';
    readonly now: Date;
  },
): Promise<boolean> {
  const row = await db
    .insertInto('solvimon_incident')
    .values({
      kind: incident.kind,
      account: incident.account,
      invoice_id: incident.invoiceId,
      customer_ref: incident.customerRef,
      seen_by: incident.seenBy,
      first_seen_at: incident.now,
      last_seen_at: incident.now,
    })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'account', 'invoice_id']).doUpdateSet({
        last_seen_at: incident.now,
        sightings: sql`solvimon_incident.sightings + 1`,
        customer_ref: sql`coalesce(solvimon_incident.customer_ref, excluded.customer_ref)`,
      }),
    )
    .returning('sightings')
    .executeTakeFirstOrThrow();
  return row.sightings === 1;
}

/** Incidents of an account, newest first. */
export async function listIncidents(db: Kysely<Database>, account: string): Promise<readonly StoredIncident[]> {
  const rows = await db
    .selectFrom('solvimon_incident')
    .selectAll()
    .where('account', '=', account)
    .orderBy('first_seen_at', 'desc')
    .orderBy('invoice_id')
    .execute();
  return rows.map((row) => ({
    kind: row.kind,
    invoiceId: row.invoice_id,
    customerRef: row.customer_ref,
    seenBy: row.seen_by,
    firstSeenAt: row.first_seen_at,
    sightings: row.sightings,
  }));
}

export async function isDeliveryKnown(db: Kysely<Database>, token: string): Promise<boolean> {
  const row = await db.selectFrom('webhook_delivery').select('token').where('token', '=', token).executeTakeFirst();
  return row !== undefined;
}

/** Remembers a handled delivery until `untilMs`, and forgets those whose time is over at `nowMs`. Epoch milliseconds. */
export async function rememberDelivery(
  db: Kysely<Database>,
  token: string,
  untilMs: number,
  nowMs: number,
): Promise<void> {
  await db
    .insertInto('webhook_delivery')
    .values({ token, keep_until: new Date(untilMs) })
    .onConflict((conflict) => conflict.column('token').doNothing())
    .execute();
  await db.deleteFrom('webhook_delivery').where('keep_until', '<', new Date(nowMs).toISOString()).execute();
}
