import { type Kysely, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

/** One expected customer in one currency, from contract data. Amounts decimal text in major units. */
export type RosterEntry = {
  readonly customer: string;
  readonly currency: string;
  readonly country: string | null;
  readonly plan: string | null;
  readonly mrr: string | null;
  readonly hasUsage: boolean | null;
  readonly cohort: string | null;
  readonly starts: string | null;
  readonly ends: string | null;
  readonly exclusion: string | null;
  readonly features: Readonly<Record<string, string>>;
  readonly events: readonly string[];
};

export type StoredRoster = { readonly id: string; readonly inputHash: string; readonly file: string };

const batch = 1000;

/** Stores a roster once per content; a repeat, or a twin at the same moment, gives the one that is there. */
export async function saveRoster(
  db: Kysely<Database>,
  input: {
    readonly file: string;
    readonly inputHash: string;
    readonly entries: readonly RosterEntry[];
    readonly now: Date;
  },
): Promise<StoredRoster> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`shadowbill roster ${input.inputHash}`}, 0))`.execute(
      trx,
    );
    const known = await findRoster(trx, input.inputHash);
    if (known !== undefined) return known;
    await sql`insert into roster (input_hash, file, row_count, imported_at)
      values (${input.inputHash}, ${input.file}, ${input.entries.length}, ${input.now})`.execute(trx);
    const made = await findRoster(trx, input.inputHash);
    invariant(made !== undefined, 'a roster that was written is there');
    for (let at = 0; at < input.entries.length; at += batch) {
      const json = JSON.stringify(input.entries.slice(at, at + batch));
      await sql`
        insert into roster_row (roster_id, customer, currency, country, plan, mrr, has_usage, cohort, starts, ends, exclusion, features, events)
        select ${made.id}::bigint, customer, currency, country, plan, mrr::numeric, "hasUsage", cohort, starts, ends, exclusion, features,
          array(select jsonb_array_elements_text(events))
        from jsonb_to_recordset(${json}::jsonb) as r (customer text, currency text, country text, plan text, mrr text, "hasUsage" boolean,
          cohort text, starts text, ends text, exclusion text, features jsonb, events jsonb)`.execute(trx);
    }
    return made;
  });
}

async function findRoster(db: Kysely<Database>, inputHash: string): Promise<StoredRoster | undefined> {
  const result = await sql<{ id: string; input_hash: string; file: string }>`
    select id, input_hash, file from roster where input_hash = ${inputHash}`.execute(db);
  const row = result.rows[0];
  return row === undefined ? undefined : { id: row.id, inputHash: row.input_hash, file: row.file };
}
