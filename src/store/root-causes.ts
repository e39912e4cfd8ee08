import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './tables.js';

/** One row of the life of root causes: what an event makes of a state. Refused ones are left out. */
export type Transition = { readonly from: string; readonly event: string; readonly to: string };

export type RecordInput = {
  readonly runSeq: string;
  readonly cycle: string;
  /** State of a root cause that was never seen. */
  readonly firstState: string;
  readonly transitions: readonly Transition[];
  /** Gross may grow to this many times the decided one before it counts as changed. */
  readonly changedFactor: number;
  /** False for a partial or incomplete run: it may show causes, but that one is gone it cannot say. */
  readonly isWhole: boolean;
  /** "YYYY-MM-DD", in the zone of the cycle: acceptances whose day has come end. */
  readonly today: string;
  readonly now: Date;
};

/** Mismatches that count: not let pass by a tolerance and not covered by a known difference. */
const open = sql`not is_within_tolerance and known is null`;

/**
 * Writes what a run shows of each root cause, and moves the life of all of them on when the run is whole and no newer
 * cycle was judged. Set-based; a repeat replaces its own rows and starts from the same states, so it changes nothing.
 */
export async function recordRootCauses(trx: Transaction<Database>, input: RecordInput): Promise<void> {
  // Two runs that end together take turns: the life of a cause is one story.
  await sql`lock table root_cause in share row exclusive mode`.execute(trx);
  const seen = await groupMismatches(trx, input);
  await sql`
    insert into root_cause (fingerprint, cause, level, charge_key, currency, status, status_before, first_cycle, last_cycle, judged_cycle,
      decided_gross, decided_direction, updated_at)
    select fingerprint, cause, level, charge_key, currency, ${input.firstState}, ${input.firstState}, ${input.cycle}, ${input.cycle}, ${input.cycle},
      gross, direction, ${input.now}
    from ${seen}
    on conflict (fingerprint) do update set last_cycle = greatest(root_cause.last_cycle, excluded.last_cycle)`.execute(
    trx,
  );
  await sql`delete from root_cause_cycle where cycle = ${input.cycle}`.execute(trx);
  await sql`
    insert into root_cause_cycle (fingerprint, cycle, run_seq, mismatches, proven, pairs, customers, over, under, would_match, examples)
    select fingerprint, ${input.cycle}, ${sql.lit(input.runSeq)}::bigint, mismatches, proven, pairs, customers, over, under, would_match, examples
    from ${seen}`.execute(trx);
  await expireAcceptances(trx, input);
  if (input.isWhole) await moveLife(trx, input);
}

/** Ends the acceptances whose day has come, by the table of the life. A repeat finds none left. */
async function expireAcceptances(trx: Transaction<Database>, input: RecordInput): Promise<void> {
  const rule = input.transitions.find(({ from, event }) => from === 'accepted' && event === 'expired');
  if (rule === undefined) return;
  await sql`
    with ended as (
      update root_cause set status = ${rule.to}, status_before = ${rule.to}, updated_at = ${input.now}
      where status = 'accepted' and accepted_until <= ${input.today}::date
      returning fingerprint
    )
    insert into root_cause_event (fingerprint, cycle, event, from_status, to_status, at)
    select fingerprint, null, 'expired', 'accepted', ${rule.to}, ${input.now} from ended`.execute(trx);
}

/** A temporary table with one row per fingerprint of the run. */
async function groupMismatches(trx: Transaction<Database>, input: RecordInput) {
  await sql`
    create temporary table seen_cause on commit drop as
    with open_mismatch as (
      select *, row_number() over (partition by fingerprint order by abs_delta, id) as nth
      from mismatch where run_seq = ${sql.lit(input.runSeq)} and ${open}
    ), alone as (
      select min(fingerprint) as fingerprint, count(*) as would_match from (
        select pair_id, min(fingerprint) as fingerprint from open_mismatch group by pair_id having count(distinct fingerprint) = 1
      ) single group by single.fingerprint
    )
    select m.fingerprint, min(m.cause) as cause, min(m.level) as level,
      case when count(distinct m.charge_key) = 1 then min(m.charge_key) end as charge_key, min(m.currency) as currency,
      count(*)::int as mismatches, (count(*) filter (where m.confidence = 'proven'))::int as proven,
      count(distinct m.pair_id)::int as pairs, count(distinct m.customer)::int as customers,
      coalesce(sum(m.delta) filter (where m.delta > 0), 0) as over, coalesce(sum(m.delta) filter (where m.delta < 0), 0) as under,
      sum(m.abs_delta) as gross,
      case when sum(m.delta) > 0 then 'over' when sum(m.delta) < 0 then 'under' else 'none' end as direction,
      coalesce(min(a.would_match), 0)::int as would_match,
      array_agg(m.id order by m.nth) filter (where m.nth <= 3) as examples
    from open_mismatch m left join alone a on a.fingerprint = m.fingerprint
    group by m.fingerprint`.execute(trx);
  return sql.table('seen_cause');
}

/** Applies `seen`, `changed` or `gone` to every root cause by the table of the life, and writes the changes down. */
async function moveLife(trx: Transaction<Database>, input: RecordInput): Promise<void> {
  const newer = await trx
    .selectFrom('root_cause')
    .select('fingerprint')
    .where('judged_cycle', '>', input.cycle)
    .limit(1)
    .executeTakeFirst();
  if (newer !== undefined) return;
  await sql`delete from root_cause_event where cycle = ${input.cycle} and who is null`.execute(trx);
  await sql`
    with rule as (
      select * from jsonb_to_recordset(${JSON.stringify(input.transitions)}::jsonb) as t("from" text, event text, "to" text)
    ), event as (
      select r.fingerprint, case when r.judged_cycle = ${input.cycle} then r.status_before else r.status end as base,
        case when s.fingerprint is null then 'gone'
          when s.gross > r.decided_gross * ${sql.lit(input.changedFactor)} or (s.direction <> r.decided_direction and s.direction <> 'none' and r.decided_direction <> 'none') then 'changed'
          else 'seen' end as event
      from root_cause r left join seen_cause s using (fingerprint)
      where r.first_cycle <= ${input.cycle}
    ), moved as (
      select event.fingerprint, event.base, event.event, coalesce(rule."to", event.base) as status
      from event left join rule on rule."from" = event.base and rule.event = event.event
    ), updated as (
      update root_cause r set status = moved.status, status_before = moved.base, judged_cycle = ${input.cycle}, updated_at = ${input.now}
      from moved where r.fingerprint = moved.fingerprint
    )
    insert into root_cause_event (fingerprint, cycle, event, from_status, to_status, at)
    select fingerprint, ${input.cycle}, event, base, status, ${input.now} from moved where base <> status`.execute(trx);
}

/**
 * Writes down what somebody decided about a root cause. `to` is the state the decision leads to; `from` the state it was
 * decided in: when another decision came first, nothing changes and the answer is false.
 */
export async function decideRootCause(
  db: Kysely<Database>,
  input: {
    readonly fingerprint: string;
    readonly event: string;
    readonly from: string;
    readonly to: string;
    readonly who: string;
    readonly note: string | null;
    /** Day on which an acceptance ends, "YYYY-MM-DD"; null for every other decision. */
    readonly until: string | null;
    readonly now: Date;
  },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const changed = await sql`
      update root_cause r set status = ${input.to}, status_before = ${input.to}, owner = ${input.who}, note = coalesce(${input.note}, note),
        accepted_until = ${input.until}::date,
        decided_gross = coalesce((select c.over - c.under from root_cause_cycle c where c.fingerprint = r.fingerprint and c.cycle = r.last_cycle), decided_gross),
        updated_at = ${input.now}
      where fingerprint = ${input.fingerprint} and status = ${input.from}`.execute(trx);
    if ((changed.numAffectedRows ?? 0n) === 0n) return false;
    await trx
      .insertInto('root_cause_event')
      .values({
        fingerprint: input.fingerprint,
        cycle: null,
        event: input.event,
        from_status: input.from,
        to_status: input.to,
        who: input.who,
        note: input.note,
        at: input.now,
      })
      .execute();
    return true;
  });
}
