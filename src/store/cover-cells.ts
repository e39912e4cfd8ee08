import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** Mismatched pairs of a run that share dominant component, sign, charge and currency. `gross` in ten-thousandths of a major unit. */
export type CellRow = {
  readonly component: string;
  readonly sign: '+' | '-';
  readonly chargeKey: string | null;
  readonly currency: string | null;
  readonly pairs: number;
  readonly gross: string;
};

/** How many documents of a cycle have a charge, a currency, or both; null: any. */
export type PopulationRow = {
  readonly chargeKey: string | null;
  readonly currency: string | null;
  readonly documents: number;
};

/** The largest component of every open mismatch, grouped: the input of the rule cover. */
export async function coverCells(db: Kysely<Database>, run: { readonly seq: string }): Promise<readonly CellRow[]> {
  const result = await sql<CellRow>`
    select c.component, c.sign, m.charge_key as "chargeKey", m.currency, count(distinct m.pair_id)::int as pairs,
      trunc(sum(m.abs_delta) * 10000)::text as gross
    from mismatch m cross join lateral (
      select key as component, case when value::numeric < 0 then '-' else '+' end as sign
      from jsonb_each_text(m.components) order by abs(value::numeric) desc, key limit 1
    ) c
    where m.run_seq = ${sql.lit(run.seq)} and not m.is_within_tolerance and m.known is null
    group by c.component, c.sign, m.charge_key, m.currency
    order by c.component, c.sign, m.charge_key collate "C", m.currency`.execute(db);
  return result.rows;
}

/** Documents of the cycle by charge and currency, the larger of the two sides, for the share of them that is bad. */
export async function coverPopulations(
  db: Kysely<Database>,
  loads: { readonly legacyLoad: string; readonly solvimonLoad: string },
): Promise<readonly PopulationRow[]> {
  const result = await sql<PopulationRow>`
    select "chargeKey", currency, max(documents)::int as documents from (
      select l.charge_key as "chargeKey", d.currency, d.load_id, count(distinct d.doc_no) as documents
      from document d join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
      where d.load_id in (${sql.lit(loads.legacyLoad)}, ${sql.lit(loads.solvimonLoad)}) and d.in_cycle
        and l.load_id in (${sql.lit(loads.legacyLoad)}, ${sql.lit(loads.solvimonLoad)})
      group by grouping sets ((d.load_id, l.charge_key, d.currency), (d.load_id, l.charge_key), (d.load_id, d.currency), (d.load_id))
    ) counted group by "chargeKey", currency`.execute(db);
  return result.rows;
}
