import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** A root cause in one cycle, as people read it. Amounts decimal text, major units; over ≥ 0, under ≤ 0. */
export type RootCauseView = {
  readonly fingerprint: string;
  readonly cause: string;
  readonly level: string;
  readonly chargeKey: string | null;
  readonly currency: string | null;
  readonly status: string;
  readonly owner: string | null;
  readonly note: string | null;
  /** Day on which the acceptance ends, "YYYY-MM-DD"; null unless it is accepted. */
  readonly acceptedUntil: string | null;
  readonly firstCycle: string;
  readonly mismatches: number;
  readonly proven: number;
  readonly pairs: number;
  readonly customers: number;
  readonly over: string;
  readonly under: string;
  /** Pairs that would match if this cause alone were fixed. */
  readonly wouldMatch: number;
  /** Ids of its smallest mismatches. */
  readonly examples: readonly string[];
};

export type TrendPoint = {
  readonly cycle: string;
  readonly mismatches: number;
  readonly pairs: number;
  readonly over: string;
  readonly under: string;
};

export type CauseEvent = {
  readonly cycle: string | null;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly who: string | null;
  readonly note: string | null;
  readonly at: string;
};

const columns = sql`
  r.fingerprint, r.cause, r.level, r.charge_key as "chargeKey", r.currency, r.status, r.owner, r.note, r.first_cycle as "firstCycle",
  case when r.status = 'accepted' then r.accepted_until::text end as "acceptedUntil",
  c.mismatches, c.proven, c.pairs, c.customers, trim_scale(c.over)::text as over, trim_scale(c.under)::text as under,
  c.would_match as "wouldMatch", c.examples`;

/** Root causes of a run: unexplained ones first, then by pairs or by money, ties by fingerprint. Every one of them: none can be hidden. */
export async function listRootCauses(
  db: Kysely<Database>,
  run: { readonly seq: string },
  by: 'count' | 'money',
): Promise<readonly RootCauseView[]> {
  const size = by === 'count' ? sql`c.pairs` : sql`c.over - c.under`;
  const result = await sql<RootCauseView>`
    select ${columns} from root_cause_cycle c join root_cause r using (fingerprint)
    where c.run_seq = ${sql.lit(run.seq)}
    order by (r.cause = 'unexplained') desc, ${size} desc, c.fingerprint`.execute(db);
  return result.rows;
}

/** The root causes of a run that a person means: by fingerprint (or its beginning), or by cause. */
export async function findRootCauses(
  db: Kysely<Database>,
  run: { readonly seq: string },
  wanted: string,
): Promise<readonly RootCauseView[]> {
  const result = await sql<RootCauseView>`
    select ${columns} from root_cause_cycle c join root_cause r using (fingerprint)
    where c.run_seq = ${sql.lit(run.seq)} and (r.cause = ${wanted} or starts_with(r.fingerprint, ${wanted}))
    order by c.over - c.under desc, c.fingerprint`.execute(db);
  return result.rows;
}

/** The state of a root cause now, whatever cycle it was last seen in. */
export async function rootCauseStatus(
  db: Kysely<Database>,
  fingerprint: string,
): Promise<{ readonly status: string } | undefined> {
  return db.selectFrom('root_cause').select('status').where('fingerprint', '=', fingerprint).executeTakeFirst();
}

/** What root causes came to in each cycle, oldest first, at most `limit` of the newest. */
export async function trendOf(
  db: Kysely<Database>,
  fingerprints: readonly string[],
  limit: number,
): Promise<readonly TrendPoint[]> {
  const result = await sql<TrendPoint>`
    select * from (
      select cycle, sum(mismatches)::int as mismatches, sum(pairs)::int as pairs, trim_scale(sum(over))::text as over, trim_scale(sum(under))::text as under
      from root_cause_cycle where fingerprint = any(${[...fingerprints]}::text[])
      group by cycle order by cycle desc limit ${limit}
    ) newest order by cycle`.execute(db);
  return result.rows;
}

export async function eventsOf(db: Kysely<Database>, fingerprint: string): Promise<readonly CauseEvent[]> {
  const result = await sql<CauseEvent>`
    select cycle, event, from_status as "from", to_status as "to", who, note, at::text from root_cause_event
    where fingerprint = ${fingerprint} order by id limit 200`.execute(db);
  return result.rows;
}
