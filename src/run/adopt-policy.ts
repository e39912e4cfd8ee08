import type { Kysely } from 'kysely';
import { changePolicy, type Weakened } from '../confidence/change-policy.js';
import { personOf } from '../confidence/maker-checker.js';
import type { Policy } from '../confidence/policy.js';
import { policyHash } from '../confidence/policy-hash.js';
import { readPolicy } from '../confidence/read-policy.js';
import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import { parseCycleId } from '../model/ids.js';
import { shiftCycle } from '../model/period.js';
import { hasEvaluations, runsByCycle } from '../store/evaluations.js';
import { currentPolicy, insertEpoch, insertPolicy, type StoredPolicy } from '../store/policies.js';
import type { Database } from '../store/tables.js';
import { sql } from 'kysely';

export type Adopted = {
  readonly stored: StoredPolicy;
  readonly isNew: boolean;
  readonly weakened: readonly Weakened[];
};

/**
 * Puts the policy in force, or finds that it is. A threshold that got weaker after data was seen needs two different
 * people and restarts the evidence with the cycle after the newest one that was compared. Throws AppError `not_allowed`
 * when the people are missing: nothing is evaluated under a policy that nobody signed.
 */
export async function adoptPolicy(
  db: Kysely<Database>,
  input: { readonly policy: Policy; readonly people: readonly string[]; readonly now: Date },
): Promise<Adopted> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('shadowbill policy', 0))`.execute(trx);
    const before = await currentPolicy(trx);
    const hash = policyHash(input.policy);
    if (before?.hash === hash) return { stored: before, isNew: false, weakened: [] };
    const people = [...new Set(input.people.map(personOf))].filter((name) => name !== '').sort();
    const change =
      before === undefined
        ? null
        : changePolicy({
            before: storedPolicy(before),
            after: input.policy,
            hasSeenData: await hasEvaluations(trx, null),
            approvers: people,
          });
    if (change?.kind === 'refused')
      throw new AppError('not_allowed', {
        detail: `the policy got weaker after data was seen (${change.weakened.map(({ path }) => path).join(', ')}). Two people adopt it with \`shadowbill gate adopt --by <name> --by <name>\`; the evidence then starts again`,
        context: { weakened: change.weakened },
      });
    const restartsEvidence = change?.restartsEvidence ?? false;
    const stored = await insertPolicy(trx, {
      hash,
      policy: input.policy,
      restartsEvidence,
      adoptedBy: people,
      weakened: change?.weakened ?? [],
      now: input.now,
    });
    if (restartsEvidence) await restart(trx, people, change?.weakened ?? [], input.now);
    return { stored, isNew: true, weakened: change?.weakened ?? [] };
  });
}

async function restart(
  trx: Kysely<Database>,
  people: readonly string[],
  weakened: readonly Weakened[],
  now: Date,
): Promise<void> {
  const newest = (await runsByCycle(trx, null)).at(-1)?.cycle;
  const cycle = newest === undefined ? undefined : parseCycleId(newest);
  // Data was seen, so a run exists; its cycle was checked when it began.
  invariant(cycle !== undefined, 'evidence that restarts had a cycle');
  await insertEpoch(trx, {
    cohortId: null,
    kind: 'policy',
    startsWith: shiftCycle(cycle, 1),
    reason: `policy weakened: ${weakened.map(({ path }) => path).join(', ')}`,
    by: people.join(', '),
    now,
  });
}

function storedPolicy(stored: StoredPolicy): Policy {
  const { ladder, ...rest } = stored.policy as Policy;
  const read = readPolicy(rest);
  // The ladder's order is part of a policy, and jsonb forgets the order of keys.
  invariant(read.kind === 'policy', 'a stored policy is one that was read', { hash: stored.hash });
  return { ...read.policy, ladder };
}
