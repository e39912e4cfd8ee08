import { type Kysely, sql, type Transaction } from 'kysely';
import type { Act } from '../model/work.js';
import type { MismatchStatus } from '../model/verdict.js';
import { type MismatchSelection, selected } from './mismatch-filter.js';
import type { Database } from './tables.js';

/** One key in one run with what it comes to there and how it stands. Amounts are canonical decimal text, major units. */
export type WorkUnit = {
  readonly key: string;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly status: MismatchStatus;
  readonly assignee: string | null;
  /** 0: nobody has decided anything in this cycle. */
  readonly version: number;
  readonly mismatches: number;
  readonly gross: string;
  readonly net: string;
  /** Digest over deltas and causes of the key in this run: what an acceptance is given for. */
  readonly content: string;
  readonly acceptance: Acceptance | null;
};

export type Acceptance = {
  readonly acceptedIn: string;
  readonly acceptedBy: string;
  readonly approvedBy: string | null;
  readonly acceptedAt: string;
  readonly reason: string;
  readonly expiresOn: string;
  readonly maxAmount: string;
  readonly content: string;
};

type RunKey = { readonly seq: string; readonly cycle: string };

const instant = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Everything that a key comes to in a run. The same rows give the same digest, whatever their order. */
const unitColumns = sql`m.work_key as key, min(m.customer) as customer, min(m.currency) as currency, count(*)::int as mismatches,
  trim_scale(sum(m.abs_delta))::text as gross, trim_scale(sum(m.delta))::text as net,
  md5(string_agg(m.cause || ' ' || trim_scale(m.delta)::text, E'\\n' order by m.cause collate "C", m.delta)) as content`;

/** The keys that a selection touches, each with ALL of its mismatches in the run: a decision holds for a key as a whole. */
export async function workUnits(
  db: Kysely<Database>,
  run: RunKey,
  selection: MismatchSelection,
  limit: number,
): Promise<readonly WorkUnit[]> {
  type Row = Omit<WorkUnit, 'acceptance'> & { readonly acceptance: Acceptance | null };
  const result = await sql<Row>`
    with unit as (
      select ${unitColumns} from mismatch m
      where m.run_seq = ${sql.lit(run.seq)} and m.work_key in (
        select m.work_key from mismatch m where ${selected(run, selection)}
      ) group by m.work_key order by m.work_key limit ${sql.lit(limit)}
    )
    select u.*, coalesce(w.status, 'open') as status, w.assignee, coalesce(w.version, 0) as version, ${acceptanceJson} as acceptance
    from unit u left join work_item w on w.cycle = ${run.cycle} and w.key = u.key order by u.key`.execute(db);
  return result.rows;
}

const acceptanceJson = sql`case when w.accepted_by is not null then jsonb_build_object('acceptedIn', w.accepted_in, 'acceptedBy', w.accepted_by,
  'approvedBy', w.approved_by, 'acceptedAt', ${instant('w.accepted_at')}, 'reason', w.reason, 'expiresOn', w.expires_on::text,
  'maxAmount', trim_scale(w.max_amount)::text, 'content', w.content) end`;

/** How a key stands before or after an act: what is written to its row, and what an undo puts back. */
export type WorkState = Pick<WorkUnit, 'key' | 'status' | 'assignee' | 'version' | 'acceptance'>;

/** Locks everything that people decide about a cycle: acts on one cycle are taken one after the other. */
export async function lockCycleWork(trx: Transaction<Database>, cycle: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`shadowbill work ${cycle}`}, 0))`.execute(trx);
}

/** Writes how keys stand now, each with its next version, and shows it on the mismatches of the run. */
export async function saveStates(
  trx: Transaction<Database>,
  run: RunKey,
  states: readonly WorkState[],
  now: Date,
): Promise<void> {
  if (states.length === 0) return;
  const rows = states.map(({ acceptance, ...state }) => ({ ...state, ...acceptance }));
  await sql`
    insert into work_item (cycle, key, status, assignee, version, accepted_in, accepted_by, approved_by, accepted_at, reason, expires_on, max_amount, content, updated_at)
    select ${run.cycle}, r.key, r.status, r.assignee, r.version + 1, r."acceptedIn", r."acceptedBy", r."approvedBy", r."acceptedAt"::timestamptz, r.reason,
      r."expiresOn"::date, r."maxAmount"::numeric, r.content, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (key text, status text, assignee text, version int, "acceptedIn" text, "acceptedBy" text,
      "approvedBy" text, "acceptedAt" text, reason text, "expiresOn" text, "maxAmount" text, content text)
    on conflict (cycle, key) do update set status = excluded.status, assignee = excluded.assignee, version = excluded.version,
      accepted_in = excluded.accepted_in, accepted_by = excluded.accepted_by, approved_by = excluded.approved_by, accepted_at = excluded.accepted_at,
      reason = excluded.reason, expires_on = excluded.expires_on, max_amount = excluded.max_amount, content = excluded.content, updated_at = excluded.updated_at`.execute(
    trx,
  );
  await showStates(
    trx,
    run,
    states.map((state) => state.key),
  );
}

/** Puts status and assignee of keys on the mismatches of a run, where lists are sorted and filtered by them. What a known difference of the configuration covers stays accepted by it. */
export async function showStates(
  trx: Transaction<Database>,
  run: RunKey,
  keys: readonly string[] | null,
): Promise<void> {
  await sql`
    update mismatch m set status = case when m.known is null then w.status else m.status end, assignee = w.assignee from work_item w
    where m.run_seq = ${sql.lit(run.seq)} and w.cycle = ${run.cycle} and w.key = m.work_key
      ${keys === null ? sql`` : sql`and m.work_key = any(${[...keys]}::text[])`}
      and ((m.known is null and m.status is distinct from w.status) or m.assignee is distinct from w.assignee)`.execute(
    trx,
  );
}

export type Batch = {
  readonly id: string;
  readonly cycle: string;
  readonly act: Act | { readonly kind: 'undo' | 'reversal'; readonly reason: string | null };
  readonly before: readonly WorkState[];
  readonly who: string;
  readonly at: string;
  readonly reverses: string | null;
  readonly reversedBy: string | null;
};

export async function insertBatch(
  trx: Transaction<Database>,
  batch: Omit<Batch, 'at' | 'reversedBy'> & { readonly now: Date },
): Promise<void> {
  await sql`insert into work_batch (id, cycle, act, before, who, at, reverses)
    values (${batch.id}, ${batch.cycle}, ${JSON.stringify(batch.act)}, ${JSON.stringify(batch.before)}, ${batch.who}, ${batch.now}, ${batch.reverses})`.execute(
    trx,
  );
}

export async function findBatch(db: Kysely<Database>, id: string): Promise<Batch | undefined> {
  const result = await sql<Batch>`
    select b.id, b.cycle, b.act, b.before, b.who, ${instant('b.at')} as at, b.reverses, r.id as "reversedBy"
    from work_batch b left join work_batch r on r.reverses = b.id where b.id = ${id}`.execute(db);
  return result.rows[0];
}

export type NewEvent = {
  readonly batchId: string | null;
  readonly cycle: string;
  readonly key: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly who: string;
  readonly note: string | null;
};

export async function insertEvents(trx: Transaction<Database>, events: readonly NewEvent[], now: Date): Promise<void> {
  if (events.length === 0) return;
  await sql`
    insert into work_event (batch_id, cycle, key, kind, from_status, to_status, who, note, at)
    select r."batchId", r.cycle, r.key, r.kind, r."from", r."to", r.who, r.note, ${now}
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as r ("batchId" text, cycle text, key text, kind text, "from" text, "to" text, who text, note text)`.execute(
    trx,
  );
}

export type WorkEventRecord = {
  readonly id: string;
  readonly batch: string | null;
  readonly cycle: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly who: string;
  readonly note: string | null;
  readonly at: string;
};

/** What happened to a key in every cycle, oldest first; at most 500. */
export async function eventsOfKey(db: Kysely<Database>, key: string): Promise<readonly WorkEventRecord[]> {
  const result = await sql<WorkEventRecord>`
    select id, batch_id as batch, cycle, kind, from_status as "from", to_status as "to", who, note, ${instant('at')} as at
    from work_event where key = ${key} order by id limit 500`.execute(db);
  return result.rows;
}

/** How many mismatches of a run stand how, and how many proposals wait in its cycle. */
export async function workCounts(
  db: Kysely<Database>,
  run: RunKey | undefined,
  cycle: string,
): Promise<{ readonly byStatus: Readonly<Record<string, number>>; readonly proposals: number }> {
  const counted =
    run === undefined
      ? { rows: [] }
      : await sql<{ status: string; count: string }>`
          select status, count(*) as count from mismatch where run_seq = ${sql.lit(run.seq)} group by status`.execute(
          db,
        );
  const waiting = await sql<{ count: string }>`
    select count(*) as count from work_proposal where cycle = ${cycle} and state = 'waiting'`.execute(db);
  return {
    byStatus: Object.fromEntries(counted.rows.map((row) => [row.status, Number(row.count)])),
    proposals: Number(waiting.rows[0]?.count ?? 0),
  };
}

/** The newest finished run of each cycle that a mismatch or key can be looked up in, newest cycle first. */
export async function newestRuns(
  db: Kysely<Database>,
): Promise<readonly { readonly id: string; readonly seq: string; readonly cycle: string }[]> {
  const result = await sql<{ id: string; seq: string; cycle: string }>`
    select distinct on (cycle collate "C") id, seq, cycle from run where state = 'finished' order by cycle collate "C" desc, seq desc`.execute(
    db,
  );
  return result.rows;
}
