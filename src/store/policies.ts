import { type Kysely, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

export type StoredPolicy = {
  readonly seq: string;
  readonly hash: string;
  readonly policy: unknown;
  readonly restartsEvidence: boolean;
  readonly adoptedBy: readonly string[];
};

/** The policy in force, if one was ever adopted. */
export async function currentPolicy(db: Kysely<Database>): Promise<StoredPolicy | undefined> {
  const result = await sql<{
    seq: string;
    hash: string;
    policy: unknown;
    restarts_evidence: boolean;
    adopted_by: string[];
  }>`select seq, hash, policy, restarts_evidence, adopted_by from policy_version order by seq desc limit 1`.execute(db);
  const row = result.rows[0];
  return row === undefined
    ? undefined
    : {
        seq: row.seq,
        hash: row.hash,
        policy: row.policy,
        restartsEvidence: row.restarts_evidence,
        adoptedBy: row.adopted_by,
      };
}

/** Puts a policy in force. */
export async function insertPolicy(
  db: Kysely<Database>,
  input: Omit<StoredPolicy, 'seq'> & { readonly weakened: unknown; readonly now: Date },
): Promise<StoredPolicy> {
  await sql`insert into policy_version (hash, policy, weakened, restarts_evidence, adopted_by, adopted_at)
    values (${input.hash}, ${JSON.stringify(input.policy)}, ${JSON.stringify(input.weakened)}, ${input.restartsEvidence},
      ${[...input.adoptedBy]}::text[], ${input.now})`.execute(db);
  const made = await currentPolicy(db);
  invariant(made !== undefined, 'a policy that was written is there');
  return made;
}

export type Epoch = {
  readonly cohortId: string | null;
  readonly kind: 'policy' | 'configuration' | 'fix';
  readonly startsWith: string;
  readonly reason: string;
};

/** Begins a new stretch of evidence. */
export async function insertEpoch(
  db: Kysely<Database>,
  input: Epoch & { readonly by: string; readonly now: Date },
): Promise<void> {
  await sql`insert into epoch (cohort_id, kind, starts_with, reason, created_by, created_at)
    values (${input.cohortId}, ${input.kind}, ${input.startsWith}, ${input.reason}, ${input.by}, ${input.now})`.execute(
    db,
  );
}

/** Epochs that concern a cohort, its own and those of everybody, in order. */
export async function epochsOf(db: Kysely<Database>, cohortId: string): Promise<readonly Epoch[]> {
  const result = await sql<{ cohort_id: string | null; kind: Epoch['kind']; starts_with: string; reason: string }>`
    select cohort_id, kind, starts_with, reason from epoch where cohort_id is null or cohort_id = ${cohortId} order by seq`.execute(
    db,
  );
  return result.rows.map((row) => ({
    cohortId: row.cohort_id,
    kind: row.kind,
    startsWith: row.starts_with,
    reason: row.reason,
  }));
}
