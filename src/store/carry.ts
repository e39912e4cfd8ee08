import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './tables.js';
import type { Acceptance, WorkState, WorkUnit } from './work.js';

type RunKey = { readonly seq: string; readonly cycle: string };

/** Notes which keys a cycle shows, by its newest run, and how long each is known. A repeat changes nothing. */
export async function noteSeen(trx: Transaction<Database>, run: RunKey): Promise<void> {
  await sql`
    delete from work_seen s where s.cycle = ${run.cycle}
      and not exists (select from mismatch m where m.run_seq = ${sql.lit(run.seq)} and m.work_key = s.key)`.execute(
    trx,
  );
  await sql`
    insert into work_seen (key, cycle) select distinct work_key, ${run.cycle} from mismatch where run_seq = ${sql.lit(run.seq)}
    on conflict do nothing`.execute(trx);
  // Only what an earlier cycle showed as well is written: most rows keep their defaults.
  await sql`
    update mismatch m set first_cycle = s.first_cycle, seen = s.seen
    from (
      select key, min(cycle collate "C") as first_cycle, 1 + count(*)::int as seen from work_seen
      where cycle collate "C" < ${run.cycle} group by key
    ) s
    where m.run_seq = ${sql.lit(run.seq)} and m.work_key = s.key and (m.first_cycle, m.seen) is distinct from (s.first_cycle, s.seen)`.execute(
    trx,
  );
}

/** A key with a decision of this cycle or, when it has none, the newest one of an earlier cycle. */
export type Decided = WorkState & {
  /** The cycle the decision is of. */
  readonly decidedIn: string;
  /** What the key comes to in the run; null when the run does not find it. */
  readonly unit: Pick<WorkUnit, 'gross' | 'content'> | null;
};

/** Every decision that concerns a run: those of its cycle, found by it or not, and older ones about keys that it finds. */
export async function decidedKeys(db: Kysely<Database>, run: RunKey): Promise<readonly Decided[]> {
  const result = await sql<
    Omit<Decided, 'unit' | 'acceptance'> & {
      readonly acceptance: Acceptance | null;
      readonly gross: string | null;
      readonly unitContent: string | null;
    }
  >`
    with newest as (
      select distinct on (key) * from work_item where cycle collate "C" <= ${run.cycle} order by key, cycle collate "C" desc
    ), unit as (
      select work_key as key, trim_scale(sum(abs_delta))::text as gross,
        md5(string_agg(cause || ' ' || trim_scale(delta)::text, E'\\n' order by cause collate "C", delta)) as content
      from mismatch where run_seq = ${sql.lit(run.seq)} and work_key in (select key from newest) group by work_key
    )
    select n.key, n.cycle as "decidedIn", n.status, n.assignee, n.version, u.gross, u.content as "unitContent",
      case when n.accepted_by is not null then jsonb_build_object('acceptedIn', n.accepted_in, 'acceptedBy', n.accepted_by, 'approvedBy', n.approved_by,
        'acceptedAt', to_char(n.accepted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'reason', n.reason, 'expiresOn', n.expires_on::text,
        'maxAmount', trim_scale(n.max_amount)::text, 'content', n.content) end as acceptance
    from newest n left join unit u using (key)
    where n.cycle = ${run.cycle} or u.key is not null
    order by n.key`.execute(db);
  return result.rows.map(({ gross, unitContent, ...row }) => ({
    ...row,
    unit: gross === null || unitContent === null ? null : { gross, content: unitContent },
  }));
}

/** Keys of the newest runs whose acceptance ends by a day, in cycles whose decisions nobody has signed for. */
export async function cyclesWithDue(db: Kysely<Database>, today: string): Promise<readonly string[]> {
  const result = await sql<{ cycle: string }>`
    select distinct i.cycle from work_item i left join cycle_state s using (cycle)
    where i.status = 'accepted' and i.expires_on <= ${today}::date and coalesce(s.state, 'comparable') not in ('in_review', 'signed')`.execute(
    db,
  );
  return result.rows.map((row) => row.cycle);
}
