import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** One charge key in one currency with its money on both sides. A key that one side lacks is where a mapping is missing. */
export type CoverageRow = {
  readonly chargeKey: string;
  readonly currency: string;
  readonly isMapped: boolean;
  readonly legacyLines: number;
  readonly legacyNet: string | null;
  readonly solvimonLines: number;
  readonly solvimonNet: string | null;
};

/** Mapping coverage of a run's cycle: what only one side knows first, then by money. */
export async function mappingCoverage(
  db: Kysely<Database>,
  run: { readonly id: string },
): Promise<readonly CoverageRow[]> {
  const result = await sql<{
    charge_key: string;
    currency: string;
    is_mapped: boolean;
    legacy_lines: string;
    legacy_net: string | null;
    solvimon_lines: string;
    solvimon_net: string | null;
  }>`
    select l.charge_key, d.currency, bool_and(l.is_mapped) as is_mapped,
      count(*) filter (where x.side = 'legacy') as legacy_lines, trim_scale(sum(l.net) filter (where x.side = 'legacy'))::text as legacy_net,
      count(*) filter (where x.side = 'solvimon') as solvimon_lines, trim_scale(sum(l.net) filter (where x.side = 'solvimon'))::text as solvimon_net
    from load x join document d on d.load_id = x.id and d.in_cycle join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
    where x.run_id = ${run.id} and x.state = 'loaded'
    group by l.charge_key, d.currency
    order by (count(*) filter (where x.side = 'legacy') = 0 or count(*) filter (where x.side = 'solvimon') = 0) desc, sum(abs(l.net)) desc, l.charge_key collate "C"`.execute(
    db,
  );
  return result.rows.map((row) => ({
    chargeKey: row.charge_key,
    currency: row.currency,
    isMapped: row.is_mapped,
    legacyLines: Number(row.legacy_lines),
    legacyNet: row.legacy_net,
    solvimonLines: Number(row.solvimon_lines),
    solvimonNet: row.solvimon_net,
  }));
}
