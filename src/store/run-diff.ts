import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

export const changes = ['new', 'worse', 'changed', 'better', 'resolved', 'same'] as const;
/** How what a key comes to changed: by its gross first, then by its net or its causes. */
export type Change = (typeof changes)[number];

/** Amounts are canonical decimal text in major units; null on the side that does not have it. */
export type ChangeTotals = {
  readonly change: Change;
  readonly currency: string | null;
  readonly count: number;
  readonly earlierGross: string;
  readonly laterGross: string;
};
export type ChangedKey = {
  readonly key: string;
  readonly change: Change;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly chargeKey: string | null;
  readonly earlier: Found | null;
  readonly later: Found | null;
};
type Found = { readonly causes: readonly string[]; readonly gross: string; readonly net: string; readonly id: string };

/** What decisions are kept by (work_key), in two runs, tolerated differences left out; currencies apart. */
const joined = (earlier: { readonly seq: string }, later: { readonly seq: string }) => sql`
  one as (
    select run_seq = ${sql.lit(later.seq)} as is_later, work_key as key, currency, min(customer collate "C") as customer,
      min(charge_key collate "C") as charge_key, min(id collate "C") as id,
      array_agg(distinct cause order by cause) as causes, sum(abs_delta) as gross, sum(delta) as net
    from mismatch where run_seq in (${sql.lit(earlier.seq)}, ${sql.lit(later.seq)}) and not is_within_tolerance
    group by 1, 2, 3
  ),
  joined as (
    select coalesce(l.key, e.key) as key, coalesce(l.currency, e.currency) as currency, coalesce(l.customer, e.customer) as customer,
      coalesce(l.charge_key, e.charge_key) as charge_key, e.id as e_id, e.causes as e_causes, e.gross as e_gross, e.net as e_net,
      l.id as l_id, l.causes as l_causes, l.gross as l_gross, l.net as l_net,
      case when e.key is null then 'new' when l.key is null then 'resolved' when l.gross > e.gross then 'worse'
        when l.gross < e.gross then 'better' when l.net <> e.net or l.causes <> e.causes then 'changed' else 'same' end as change
    from (select * from one where not is_later) e
    full join (select * from one where is_later) l on l.key = e.key and l.currency is not distinct from e.currency
  )`;

type RunKey = { readonly seq: string };

export async function changeTotals(
  db: Kysely<Database>,
  earlier: RunKey,
  later: RunKey,
): Promise<readonly ChangeTotals[]> {
  const result = await sql<Omit<ChangeTotals, 'count'> & { readonly count: string }>`
    with ${joined(earlier, later)}
    select change, currency, count(*) as count, trim_scale(coalesce(sum(e_gross), 0))::text as "earlierGross",
      trim_scale(coalesce(sum(l_gross), 0))::text as "laterGross"
    from joined group by change, currency
    order by array_position(${[...changes]}::text[], change), currency collate "C" nulls last`.execute(db);
  return result.rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** Changed keys, largest change of gross first. */
export async function changedKeys(
  db: Kysely<Database>,
  input: {
    readonly earlier: RunKey;
    readonly later: RunKey;
    readonly change: readonly Change[];
    readonly limit: number;
  },
): Promise<readonly ChangedKey[]> {
  const result = await sql<ChangedKey>`
    with ${joined(input.earlier, input.later)}
    select key, change, customer, currency, charge_key as "chargeKey",
      case when e_id is not null then jsonb_build_object('id', e_id, 'causes', e_causes, 'gross', trim_scale(e_gross)::text,
        'net', trim_scale(e_net)::text) end as earlier,
      case when l_id is not null then jsonb_build_object('id', l_id, 'causes', l_causes, 'gross', trim_scale(l_gross)::text,
        'net', trim_scale(l_net)::text) end as later
    from joined where change = any(${[...input.change]}::text[])
    order by abs(coalesce(l_gross, 0) - coalesce(e_gross, 0)) desc, key collate "C", currency collate "C" limit ${input.limit}`.execute(
    db,
  );
  return result.rows;
}
