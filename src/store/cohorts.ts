import { type Kysely, sql, type Transaction } from 'kysely';
import type { Stage, StageEvent, Standing } from '../model/cohort.js';
import type { Database } from './tables.js';

export type Part = 'random' | 'core' | 'convenience';

export type StoredCohort = {
  readonly id: string;
  readonly stage: Stage;
  readonly step: string;
  readonly selection: 'random' | 'proposed' | 'convenience';
  readonly seed: string | null;
  readonly frame: string;
  readonly members: number;
  readonly left: number;
  readonly createdBy: string;
  readonly createdAt: string;
};

export type NewCohort = Pick<StoredCohort, 'id' | 'step' | 'selection' | 'seed' | 'frame' | 'createdBy'> & {
  readonly members: readonly { readonly customer: string; readonly part: Part }[];
  readonly now: Date;
};

/** Creates a cohort with its members, all or nothing. */
export async function insertCohort(trx: Transaction<Database>, input: NewCohort): Promise<void> {
  await sql`insert into cohort (id, stage, step, selection, seed, frame, created_by, created_at)
    values (${input.id}, 'shadow', ${input.step}, ${input.selection}, ${input.seed}, ${input.frame}, ${input.createdBy}, ${input.now})`.execute(
    trx,
  );
  await insertMembers(trx, { cohortId: input.id, members: input.members, by: input.createdBy, now: input.now });
}

/** Adds members; those already there stay as they are. Answers how many are new. */
export async function insertMembers(
  db: Kysely<Database>,
  input: {
    readonly cohortId: string;
    readonly members: readonly { readonly customer: string; readonly part: Part }[];
    readonly by: string;
    readonly now: Date;
  },
): Promise<number> {
  const result = await sql`
    insert into cohort_member (cohort_id, customer, part, joined_at, joined_by)
    select ${input.cohortId}, customer, part, ${input.now}, ${input.by}
    from jsonb_to_recordset(${JSON.stringify(input.members)}::jsonb) as r (customer text, part text)
    on conflict (cohort_id, customer) do nothing`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** Marks a member as gone. The row stays: the census and the evidence go on seeing it. */
export async function markLeft(
  db: Kysely<Database>,
  input: {
    readonly cohortId: string;
    readonly customer: string;
    readonly by: string;
    readonly reason: string;
    readonly now: Date;
  },
): Promise<boolean> {
  const result =
    await sql`update cohort_member set left_at = ${input.now}, left_by = ${input.by}, leave_reason = ${input.reason}
    where cohort_id = ${input.cohortId} and customer = ${input.customer} and left_at is null`.execute(db);
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** Takes members out of a cohort that nobody has looked at yet. */
export async function deleteMember(db: Kysely<Database>, cohortId: string, customer: string): Promise<boolean> {
  const result = await sql`delete from cohort_member where cohort_id = ${cohortId} and customer = ${customer}`.execute(
    db,
  );
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** All cohorts in the order of their ids. */
export async function listCohorts(db: Kysely<Database>): Promise<readonly StoredCohort[]> {
  return selectCohorts(db, null);
}

export async function findCohort(db: Kysely<Database>, id: string): Promise<StoredCohort | undefined> {
  return (await selectCohorts(db, id))[0];
}

async function selectCohorts(db: Kysely<Database>, id: string | null): Promise<readonly StoredCohort[]> {
  const result = await sql<{
    id: string;
    stage: Stage;
    step: string;
    selection: StoredCohort['selection'];
    seed: string | null;
    frame: string;
    members: string;
    left: string;
    created_by: string;
    created_at: string;
  }>`
    select c.id, c.stage, c.step, c.selection, c.seed, c.frame, c.created_by, c.created_at,
      count(m.customer) filter (where m.left_at is null) as members, count(m.left_at) as left
    from cohort c left join cohort_member m on m.cohort_id = c.id
    where ${id}::text is null or c.id = ${id}
    group by c.id order by c.id collate "C"`.execute(db);
  return result.rows.map((row) => ({
    id: row.id,
    stage: row.stage,
    step: row.step,
    selection: row.selection,
    seed: row.seed,
    frame: row.frame,
    members: Number(row.members),
    left: Number(row.left),
    createdBy: row.created_by,
    createdAt: row.created_at,
  }));
}

export type StoredMember = {
  readonly customer: string;
  readonly part: Part;
  readonly joinedAt: string;
  readonly leftAt: string | null;
  readonly leaveReason: string | null;
};

/** Members of a cohort in byte order, those who left included. */
export async function membersOf(db: Kysely<Database>, cohortId: string): Promise<readonly StoredMember[]> {
  const result = await sql<{
    customer: string;
    part: Part;
    joined_at: string;
    left_at: string | null;
    leave_reason: string | null;
  }>`select customer, part, joined_at, left_at, leave_reason from cohort_member
    where cohort_id = ${cohortId} order by customer collate "C"`.execute(db);
  return result.rows.map((row) => ({
    customer: row.customer,
    part: row.part,
    joinedAt: row.joined_at,
    leftAt: row.left_at,
    leaveReason: row.leave_reason,
  }));
}

/** The cohort that each of these customers is in now; customers in none are not there. */
export async function cohortsOf(
  db: Kysely<Database>,
  customers: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const result = await sql<{ customer: string; cohort_id: string }>`
    select customer, cohort_id from cohort_member where left_at is null and customer = any(${[...customers]}::text[])`.execute(
    db,
  );
  return new Map(result.rows.map((row) => [row.customer, row.cohort_id]));
}

/** Every customer in any cohort now. */
export async function takenCustomers(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  const result = await sql<{ customer: string }>`select customer from cohort_member where left_at is null`.execute(db);
  return new Set(result.rows.map((row) => row.customer));
}

/** Moves a cohort and notes why; a decision that already had its effect changes nothing and answers false. */
export async function moveCohort(
  trx: Transaction<Database>,
  input: {
    readonly cohortId: string;
    readonly proposalId: string | null;
    readonly event: StageEvent;
    readonly from: Standing;
    readonly to: Standing;
    readonly now: Date;
  },
): Promise<boolean> {
  const noted = await sql`
    insert into stage_change (cohort_id, proposal_id, event, from_stage, from_step, to_stage, to_step, changed_at)
    values (${input.cohortId}, ${input.proposalId}, ${input.event}, ${input.from.stage}, ${input.from.step}, ${input.to.stage}, ${input.to.step}, ${input.now})
    on conflict (proposal_id) do nothing`.execute(trx);
  if ((noted.numAffectedRows ?? 0n) === 0n) return false;
  await sql`update cohort set stage = ${input.to.stage}, step = ${input.to.step} where id = ${input.cohortId}`.execute(
    trx,
  );
  return true;
}

/** The last move of a cohort, null when it never moved. */
export async function lastMove(db: Kysely<Database>, cohortId: string): Promise<StageEvent | null> {
  const result = await sql<{ event: StageEvent }>`
    select event from stage_change where cohort_id = ${cohortId} order by seq desc limit 1`.execute(db);
  return result.rows[0]?.event ?? null;
}
