import { type Kysely, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { DecisionKind } from '../model/cohort.js';
import type { Database } from './tables.js';

/** One look at a cohort, as it is kept for ever. JSON members are what the use case gave. */
export type StoredEvaluation = {
  readonly id: string;
  readonly cohortId: string;
  readonly cycle: string;
  readonly runId: string | null;
  readonly asOf: string;
  /** Calendar day of the look in the zone of the configuration. */
  readonly night: string;
  readonly decision: DecisionKind;
  readonly reason: string;
  readonly leaning: DecisionKind;
  readonly snapshot: unknown;
  readonly chain: unknown;
  readonly detail: unknown;
  readonly alpha: number | null;
  readonly policySeq: string;
  readonly policyHash: string;
  readonly inputsHash: string;
  readonly gridVersion: string;
  readonly mode: 'strict' | 'discovery';
  readonly epoch: number;
  readonly frame: string;
  readonly selection: string;
};

export type NewEvaluation = Omit<StoredEvaluation, 'id' | 'asOf'> & { readonly asOf: Date };

/** Writes a look down and answers its id. Every look is kept, also one that changed nothing. */
export async function insertEvaluation(db: Kysely<Database>, one: NewEvaluation): Promise<string> {
  const result = await sql<{ id: string }>`
    insert into evaluation (cohort_id, cycle, run_id, as_of, night, decision, reason, leaning, snapshot, chain, detail, alpha,
      policy_seq, policy_hash, inputs_hash, grid_version, mode, epoch, frame, selection, created_at)
    values (${one.cohortId}, ${one.cycle}, ${one.runId}, ${one.asOf}, ${one.night}, ${one.decision}, ${one.reason}, ${one.leaning},
      ${JSON.stringify(one.snapshot)}, ${JSON.stringify(one.chain)}, ${JSON.stringify(one.detail)}, ${one.alpha},
      ${one.policySeq}, ${one.policyHash}, ${one.inputsHash}, ${one.gridVersion}, ${one.mode}, ${one.epoch}, ${one.frame}, ${one.selection}, ${one.asOf})
    returning id`.execute(db);
  const id = result.rows[0]?.id;
  invariant(id !== undefined, 'an inserted row answers its id');
  return id;
}

/** Looks at a cohort, newest first. */
export async function listEvaluations(
  db: Kysely<Database>,
  filter: { readonly cohortId?: string; readonly id?: string; readonly limit: number },
): Promise<readonly StoredEvaluation[]> {
  const result = await sql<{
    id: string;
    cohort_id: string;
    cycle: string;
    run_id: string | null;
    as_of: string;
    night: string;
    decision: DecisionKind;
    reason: string;
    leaning: DecisionKind;
    snapshot: unknown;
    chain: unknown;
    detail: unknown;
    alpha: number | null;
    policy_seq: string;
    policy_hash: string;
    inputs_hash: string;
    grid_version: string;
    mode: 'strict' | 'discovery';
    epoch: number;
    frame: string;
    selection: string;
  }>`
    select id, cohort_id, cycle, run_id, to_char(as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as as_of, night::text as night,
      decision, reason, leaning, snapshot, chain, detail, alpha, policy_seq, policy_hash, inputs_hash, grid_version, mode, epoch, frame, selection
    from evaluation
    where (${filter.cohortId ?? null}::text is null or cohort_id = ${filter.cohortId ?? null})
      and (${filter.id ?? null}::bigint is null or id = ${filter.id ?? null}::bigint)
    order by id desc limit ${filter.limit}`.execute(db);
  return result.rows.map((row) => ({
    id: row.id,
    cohortId: row.cohort_id,
    cycle: row.cycle,
    runId: row.run_id,
    asOf: row.as_of,
    night: row.night,
    decision: row.decision,
    reason: row.reason,
    leaning: row.leaning,
    snapshot: row.snapshot,
    chain: row.chain,
    detail: row.detail,
    alpha: row.alpha,
    policySeq: row.policy_seq,
    policyHash: row.policy_hash,
    inputsHash: row.inputs_hash,
    gridVersion: row.grid_version,
    mode: row.mode,
    epoch: row.epoch,
    frame: row.frame,
    selection: row.selection,
  }));
}

/** The last leaning of each earlier night of a cohort at its present step and policy, newest first, `night` itself left out. */
export async function earlierNights(
  db: Kysely<Database>,
  input: { readonly cohortId: string; readonly night: string; readonly step: string; readonly policyHash: string },
): Promise<readonly { readonly night: string; readonly leaning: DecisionKind }[]> {
  const result = await sql<{ night: string; leaning: DecisionKind }>`
    select distinct on (night) night::text as night, leaning from evaluation
    where cohort_id = ${input.cohortId} and night < ${input.night}::date and policy_hash = ${input.policyHash}
      and snapshot ->> 'step' = ${input.step}
    order by night desc, id desc limit 100`.execute(db);
  return result.rows;
}

/** Whether anybody has looked at any cohort, or at this one. */
export async function hasEvaluations(db: Kysely<Database>, cohortId: string | null): Promise<boolean> {
  const result = await sql<{ seen: boolean }>`
    select exists (select from evaluation where ${cohortId}::text is null or cohort_id = ${cohortId}) as seen`.execute(
    db,
  );
  return result.rows[0]?.seen ?? false;
}

/** The newest finished run over all customers of a cycle. An incomplete one is not passed over for an older complete one. */
export type CycleRun = {
  readonly id: string;
  readonly seq: string;
  readonly cycle: string;
  readonly timezone: string;
  readonly isComplete: boolean;
  readonly config: unknown;
  readonly finishedAt: string;
  /** When the older of its two sides was read; null when a side is not there. */
  readonly dataAsOf: string | null;
};

/** The newest finished run of every cycle up to `cycle`, oldest cycle first. */
export async function runsByCycle(db: Kysely<Database>, upTo: string | null): Promise<readonly CycleRun[]> {
  const result = await sql<{
    id: string;
    seq: string;
    cycle: string;
    timezone: string;
    is_complete: boolean | null;
    config: unknown;
    finished_at: string;
    data_as_of: string | null;
  }>`
    select distinct on (r.cycle collate "C") r.id, r.seq, r.cycle, r.timezone, r.is_complete, r.config,
      to_char(r.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as finished_at,
      (select case when count(*) = 2 then to_char(min(x.as_of) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end
        from load x where x.run_id = r.id and x.state = 'loaded' and x.as_of is not null) as data_as_of
    from run r
    where r.state = 'finished' and r.customers is null and (${upTo}::text is null or r.cycle <= ${upTo})
    order by r.cycle collate "C", r.seq desc`.execute(db);
  return result.rows.map((row) => ({
    id: row.id,
    seq: row.seq,
    cycle: row.cycle,
    timezone: row.timezone,
    isComplete: row.is_complete === true,
    config: row.config,
    finishedAt: row.finished_at,
    dataAsOf: row.data_as_of,
  }));
}
