import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** A cycle with its newest runs and where it stands. */
export type CycleRecord = {
  readonly cycle: string;
  readonly runs: number;
  /** Newest run of any state. */
  readonly newestRun: string;
  readonly newestRunState: string;
  /** Newest run that finished; null when none did. */
  readonly run: string | null;
  readonly resultHash: string | null;
  readonly isComplete: boolean | null;
  readonly finishedAt: string | null;
};

const iso = (expression: ReturnType<typeof sql>) =>
  sql<string>`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Every cycle that a run was made of, newest first. */
export async function listCycles(db: Kysely<Database>, cycle?: string): Promise<readonly CycleRecord[]> {
  const result = await sql<Omit<CycleRecord, 'runs'> & { readonly runs: string }>`
    select n.cycle, n.runs, n.id as "newestRun", n.state as "newestRunState", f.id as run, f.result_hash as "resultHash",
      f.is_complete as "isComplete", ${iso(sql`f.finished_at`)} as "finishedAt"
    from (
      select distinct on (cycle) cycle, id, state, count(*) over (partition by cycle) as runs from run
      where ${cycle ?? null}::text is null or cycle = ${cycle ?? null} order by cycle, seq desc
    ) n
    left join lateral (
      select id, result_hash, is_complete, finished_at from run where cycle = n.cycle and state = 'finished' order by seq desc limit 1
    ) f on true
    order by n.cycle collate "C" desc`.execute(db);
  return result.rows.map((row) => ({ ...row, runs: Number(row.runs) }));
}

/**
 * How the legacy total becomes the Solvimon total in one currency, as an accountant writes it. Amounts are canonical
 * decimal text, major units: `amount` of each step is added; `difference` is what is left after all of them and must be "0".
 */
export type Statement = {
  readonly currency: string;
  readonly legacy: string;
  readonly steps: readonly {
    /** only_solvimon, only_legacy: invoices that the other side lacks. cause: differences inside pairs. accepted: what somebody answers for. */
    readonly kind: 'only_solvimon' | 'only_legacy' | 'cause' | 'accepted';
    readonly cause: string | null;
    readonly mismatches: number;
    readonly pairs: number;
    readonly amount: string;
  }[];
  readonly solvimon: string;
  readonly difference: string;
};

type RunKey = { readonly seq: string };

/** The statement of a run, one per currency, over pairs whose two sides can be subtracted. What stands outside is in `outsideStatement`. */
export async function statement(db: Kysely<Database>, run: RunKey): Promise<readonly Statement[]> {
  const result = await sql<{
    currency: string;
    legacy: string;
    solvimon: string;
    difference: string;
    steps: Statement['steps'];
  }>`
    with judged as (
      select id, currency, state, coalesce(legacy_gross, 0) as legacy, coalesce(solvimon_gross, 0) as solvimon
      from pair where run_seq = ${sql.lit(run.seq)} and currency is not null and state not in ('error', 'not_ready')
    ), sides as (
      select currency, sum(legacy) as legacy, sum(solvimon) as solvimon from judged group by currency
    ), step as (
      select j.currency, kind, case when kind = 'cause' then m.cause end as cause, count(*) as mismatches, count(distinct m.pair_id) as pairs, sum(m.delta) as amount
      from mismatch m join judged j on j.id = m.pair_id,
        lateral (select case when m.status = 'accepted' then 'accepted' when j.state in ('only_solvimon', 'only_legacy') then j.state else 'cause' end as kind) k
      where m.run_seq = ${sql.lit(run.seq)} group by 1, 2, 3
    ), listed as (
      select currency, sum(amount) as total, jsonb_agg(jsonb_build_object('kind', kind, 'cause', cause, 'mismatches', mismatches, 'pairs', pairs,
        'amount', trim_scale(amount)::text) order by array_position(array['only_solvimon', 'only_legacy', 'cause', 'accepted'], kind),
        (cause = 'unexplained') desc, abs(amount) desc, cause collate "C") as steps
      from step group by currency
    )
    select s.currency, trim_scale(s.legacy)::text as legacy, trim_scale(s.solvimon)::text as solvimon,
      trim_scale(s.legacy + coalesce(l.total, 0) - s.solvimon)::text as difference, coalesce(l.steps, '[]') as steps
    from sides s left join listed l using (currency) order by s.currency collate "C"`.execute(db);
  return result.rows;
}

/** Pairs that no statement can hold: unreadable, not ready, or of two currencies. Their money is shown, never subtracted. */
export async function outsideStatement(
  db: Kysely<Database>,
  run: RunKey,
): Promise<
  readonly {
    readonly state: string;
    readonly currency: string | null;
    readonly pairs: number;
    readonly legacy: string | null;
    readonly solvimon: string | null;
  }[]
> {
  const result = await sql<{
    state: string;
    currency: string | null;
    pairs: string;
    legacy: string | null;
    solvimon: string | null;
  }>`
    select state, currency, count(*) as pairs, case when currency is not null then trim_scale(sum(legacy_gross))::text end as legacy,
      case when currency is not null then trim_scale(sum(solvimon_gross))::text end as solvimon
    from pair where run_seq = ${sql.lit(run.seq)} and (currency is null or state in ('error', 'not_ready'))
    group by state, currency order by state, currency collate "C" nulls last`.execute(db);
  return result.rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
}

/** What each side handed in for a run: counts, completeness, hash of the input, and its documents by status. */
export type SideReadiness = {
  readonly side: 'legacy' | 'solvimon';
  readonly state: string;
  readonly isComplete: boolean | null;
  readonly incompleteBecause: readonly string[];
  readonly listed: number;
  readonly emitted: number;
  readonly rejected: number;
  readonly skipped: number;
  readonly inputHash: string | null;
  readonly asOf: string | null;
  readonly loadedAt: string | null;
  readonly documents: readonly { readonly state: string; readonly rawStatus: string; readonly count: number }[];
};

export async function sideReadiness(
  db: Kysely<Database>,
  run: { readonly id: string },
): Promise<readonly SideReadiness[]> {
  const loads = await sql<{
    id: string;
    side: 'legacy' | 'solvimon';
    state: string;
    is_complete: boolean | null;
    incomplete_because: string[];
    listed: string | null;
    emitted: string | null;
    rejected: string | null;
    skipped: string | null;
    input_hash: string | null;
    as_of: string | null;
    loaded_at: string | null;
  }>`
    select id, side, state, is_complete, incomplete_because, listed, emitted, rejected, skipped, input_hash, ${iso(sql`as_of`)} as as_of,
      ${iso(sql`loaded_at`)} as loaded_at
    from load where run_id = ${run.id} order by side, (state = 'loaded') desc, id desc`.execute(db);
  const newest = loads.rows.filter((row, index) => loads.rows.findIndex((other) => other.side === row.side) === index);
  return Promise.all(
    newest.map(async (load) => ({
      side: load.side,
      state: load.state,
      isComplete: load.is_complete,
      incompleteBecause: load.incomplete_because,
      listed: Number(load.listed ?? 0),
      emitted: Number(load.emitted ?? 0),
      rejected: Number(load.rejected ?? 0),
      skipped: Number(load.skipped ?? 0),
      inputHash: load.input_hash,
      asOf: load.as_of,
      loadedAt: load.loaded_at,
      documents: await documentStates(db, load.id),
    })),
  );
}

async function documentStates(db: Kysely<Database>, loadId: string): Promise<SideReadiness['documents']> {
  const result = await sql<{ state: string; rawStatus: string; count: string }>`
    select state, raw_status as "rawStatus", count(*) as count from document where load_id = ${sql.lit(loadId)} and in_cycle
    group by 1, 2 order by count(*) desc, 1, 2`.execute(db);
  return result.rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** How far a run is, from the tables and never from the queue. */
export type RunProgress = {
  readonly state: string;
  readonly documents: { readonly legacy: number; readonly solvimon: number };
  readonly chunks: { readonly done: number; readonly total: number };
  readonly failure: unknown;
};

export async function runProgress(
  db: Kysely<Database>,
  run: { readonly id: string; readonly seq: string },
): Promise<RunProgress | undefined> {
  const result = await sql<{
    state: string;
    failure: unknown;
    legacy_documents: string;
    solvimon_documents: string;
    done_chunks: string;
    all_chunks: string;
  }>`
    select r.state, r.failure,
      (select coalesce(max(coalesce(emitted, committed_documents)), 0) from load where run_id = r.id and side = 'legacy') as legacy_documents,
      (select coalesce(max(coalesce(emitted, committed_documents)), 0) from load where run_id = r.id and side = 'solvimon') as solvimon_documents,
      (select count(*) filter (where state = 'done') from compare_chunk where run_seq = r.seq) as done_chunks,
      (select count(*) from compare_chunk where run_seq = r.seq) as all_chunks
    from run r where r.id = ${run.id}`.execute(db);
  const row = result.rows[0];
  if (row === undefined) return undefined;
  return {
    state: row.state,
    documents: { legacy: Number(row.legacy_documents), solvimon: Number(row.solvimon_documents) },
    chunks: { done: Number(row.done_chunks), total: Number(row.all_chunks) },
    failure: row.failure,
  };
}

/** Problems of a run's input by side, code and field, most frequent first, each with one example; at most 50. */
export async function problemGroups(
  db: Kysely<Database>,
  run: { readonly id: string },
): Promise<
  readonly {
    readonly side: string;
    readonly code: string;
    readonly field: string | null;
    readonly count: number;
    readonly example: unknown;
  }[]
> {
  const result = await sql<{ side: string; code: string; field: string | null; count: number; example: unknown }>`
    select side, problem ->> 'code' as code, problem ->> 'field' as field, count(*)::int as count, (array_agg(problem))[1] as example
    from (
      select l.side, p.value as problem from load l join rejected_document r on r.load_id = l.id, jsonb_array_elements(r.problems) p
      where l.run_id = ${run.id} and l.state = 'loaded'
      union all
      select l.side, lp.problem from load l join load_problem lp on lp.load_id = l.id where l.run_id = ${run.id} and l.state = 'loaded'
    ) listed group by 1, 2, 3 order by count(*) desc, 1, 2, 3 limit 50`.execute(db);
  return result.rows;
}
