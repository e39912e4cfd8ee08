import { type Kysely, sql } from 'kysely';
import type { ChargeKey } from '../../model/ids.js';
import { decimalText, sumText } from '../../model/money.js';
import type { EventEvidence, UsageEvidence } from '../../model/prepared.js';
import type { Database } from '../tables.js';

type Kind = 'missing' | 'duplicate' | 'late' | 'unmatched';
type Row = {
  readonly customer: string;
  readonly charge_key: string;
  readonly kind: Kind;
  readonly quantity: string;
  readonly events: string;
  readonly examples: readonly string[];
};

/** References that are named beside a quantity. */
const mostExamples = 20;

/**
 * What the usage check of a run found for the customers of a chunk, by customer. Nothing when there was no check, or a side
 * of it was not read completely: what was not read must not be called missing.
 */
export async function chunkEvidence(
  db: Kysely<Database>,
  input: { readonly runId: string; readonly runSeq: string; readonly chunk: number },
): Promise<ReadonlyMap<string, readonly UsageEvidence[]>> {
  const found = await sql<Row>`
    select e.customer, e.charge_key, e.kind, trim_scale(e.quantity)::text as quantity, e.events::text, e.examples
    from usage_check c join usage_evidence e on e.check_seq = c.seq
    where c.run_id = ${input.runId} and c.state = 'compared'
      and not exists (select from usage_load l where l.check_seq = c.seq and l.is_complete is not true)
      and e.customer in (select customer from residue where run_seq = ${sql.lit(input.runSeq)} and chunk = ${sql.lit(input.chunk)})
    order by e.customer collate "C", e.charge_key collate "C", e.meter collate "C"`.execute(db);
  const byCustomer = new Map<string, Map<string, Row[]>>();
  for (const row of found.rows) {
    const charges = byCustomer.get(row.customer) ?? new Map<string, Row[]>();
    byCustomer.set(row.customer, charges);
    charges.set(row.charge_key, [...(charges.get(row.charge_key) ?? []), row]);
  }
  return new Map(
    [...byCustomer].map(([customer, charges]) => [
      customer,
      [...charges].map(([key, rows]) => toEvidence(key as ChargeKey, rows)),
    ]),
  );
}

/** Several meters may be billed as one charge: what was found for them adds up. */
function toEvidence(chargeKey: ChargeKey, rows: readonly Row[]): UsageEvidence {
  const of = (kind: Kind) => rows.filter((row) => row.kind === kind);
  const quantity = (kind: Kind) =>
    of(kind).length === 0 ? null : sumText(of(kind).map((row) => decimalText(row.quantity)));
  const kinds = [...new Set(rows.map((row) => row.kind))];
  const events = kinds.map((kind): readonly [Kind, EventEvidence] => [
    kind,
    {
      count: sumText(of(kind).map((row) => decimalText(row.events))),
      examples: of(kind)
        .flatMap((row) => row.examples)
        .slice(0, mostExamples),
    },
  ]);
  return {
    chargeKey,
    periodStart: null,
    missing: quantity('missing'),
    duplicate: quantity('duplicate'),
    late: quantity('late'),
    unmatched: quantity('unmatched'),
    events: Object.fromEntries(events),
  };
}
