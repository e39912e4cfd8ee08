import { type Kysely, sql } from 'kysely';
import { type FactsKey, memberTable } from '../cohort-facts.js';
import type { Database } from '../tables.js';
import { usageCheckOfRun } from './checks.js';

/** What the usage check of a run says of a cohort. */
export type UsageFacts = {
  /** False when a side was not read whole, or records of it could not be read. */
  readonly isComplete: boolean;
  readonly incompleteBecause: readonly string[];
  /** The meter of which the smallest share of legacy's events stands in Solvimon as it should; null without any usage. */
  readonly worstMeter: { readonly meter: string; readonly arrived: string } | null;
};

/** The usage of a cohort's customers, as the check of the run found it; null when the run had no check. */
export async function usageFacts(
  db: Kysely<Database>,
  key: FactsKey & { readonly runId: string },
): Promise<UsageFacts | null> {
  const check = await usageCheckOfRun(db, key.runId);
  if (check === undefined) return null;
  const worst = await sql<{ meter: string; arrived: string }>`
    with ${memberTable(key.who)}
    select meter, round(sum(arrived_events)::numeric / sum(legacy_events), 12)::text as arrived
    from usage_total join member using (customer)
    where check_seq = ${sql.lit(check.seq)} group by meter having sum(legacy_events) > 0
    order by sum(arrived_events)::numeric / sum(legacy_events), meter collate "C" limit 1`.execute(db);
  return {
    isComplete: check.isComplete === true,
    incompleteBecause: check.state === 'compared' ? check.incompleteBecause : ['it did not end'],
    worstMeter: worst.rows[0] ?? null,
  };
}
