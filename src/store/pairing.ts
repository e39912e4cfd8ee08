import { type Kysely, sql, type Transaction } from 'kysely';
import { allCurrencies, currencyDigits } from '../model/currency.js';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

export type PairingInput = {
  readonly runSeq: string;
  readonly cycle: string;
  readonly legacyLoad: string;
  readonly solvimonLoad: string;
  /** Most customers in one chunk of the residue. */
  readonly chunkSize: number;
  /** What documents are judged by: gross, or net where the rules leave tax out. */
  readonly judgedBy: 'gross' | 'net';
};

export type PairingResult = {
  readonly settledPairs: number;
  readonly residueCustomers: number;
  readonly chunks: number;
};

/** Name of the partition that holds one run's pairs or mismatches. */
export function runLeaf(table: 'pair' | 'mismatch', runSeq: string): string {
  invariant(/^\d+$/.test(runSeq), 'a run number is a whole number', { runSeq });
  return `${table}_r${runSeq}`;
}

/**
 * Pairs and clears, set-based: a customer whose documents are comparable and carry the same digests on both sides, as
 * often on each, is settled here without a line being read. Everybody else goes to `residue`, cut into chunks of whole
 * customers in key order. Runs inside one transaction; a repeat starts from nothing.
 */
export async function pairByDigest(trx: Transaction<Database>, input: PairingInput): Promise<PairingResult> {
  const { runSeq } = input;
  await sql`set local work_mem = '64MB'`.execute(trx);
  for (const table of ['pair', 'mismatch'] as const) {
    await sql`drop table if exists ${sql.id(runLeaf(table, runSeq))}`.execute(trx);
    await sql`create table ${sql.id(runLeaf(table, runSeq))} (like ${sql.id(table)} including all)`.execute(trx);
  }
  await trx.deleteFrom('residue').where('run_seq', '=', runSeq).execute();
  await trx.deleteFrom('compare_chunk').where('run_seq', '=', runSeq).execute();
  await collectCustomers(trx, input);
  const settledPairs = await settle(trx, input);
  const { residueCustomers, chunks } = await cutResidue(trx, input);
  await attach(trx, runSeq);
  return { settledPairs, residueCustomers, chunks };
}

/** One row per customer: whether its digests settle it. */
async function collectCustomers(trx: Transaction<Database>, input: PairingInput): Promise<void> {
  const sideOf = (loadId: string) => sql`
    select customer, array_agg(digest order by digest) as digests, bool_and(is_clearable) as is_clearable
    from document where load_id = ${sql.lit(loadId)} and in_cycle group by customer`;
  await sql`
    create temporary table customer_state on commit drop as
    select both_sides.customer,
      both_sides.is_equal and not exists (
        select from rejected_document r
        where r.load_id in (${sql.lit(input.legacyLoad)}, ${sql.lit(input.solvimonLoad)}) and r.customer = both_sides.customer
      ) as is_settled
    from (
      select customer, coalesce(l.digests = s.digests and l.is_clearable and s.is_clearable, false) as is_equal
      from (${sideOf(input.legacyLoad)}) l full join (${sideOf(input.solvimonLoad)}) s using (customer)
    ) both_sides`.execute(trx);
  await sql`analyze customer_state`.execute(trx);
}

/**
 * A document's amount as the engine judges it, in whole minor units of its currency: NUMERIC's round is half away from
 * zero, as `toMinorUnits` is. A digest may leave more digits equal, and the statement has to foot with both ways' pairs.
 */
function judgedAmount(judgedBy: PairingInput['judgedBy']) {
  const codesOf = new Map<number, string[]>();
  for (const code of allCurrencies())
    codesOf.set(currencyDigits(code), [...(codesOf.get(currencyDigits(code)) ?? []), code]);
  const cases = [...codesOf]
    .filter(([digits]) => digits !== 2)
    .map(([digits, codes]) => sql`when currency = any(${codes}::text[]) then ${sql.lit(digits)}`);
  return sql`trim_scale(round(${sql.ref(judgedBy)}, case ${sql.join(cases, sql` `)} else 2 end))`;
}

/** Pairs equal digests of settled customers one to one, equal copies in order of their ids. */
async function settle(trx: Transaction<Database>, input: PairingInput): Promise<number> {
  const numbered = (loadId: string) => sql`
    select customer, currency, digest, document_id, ${judgedAmount(input.judgedBy)} as amount,
      row_number() over (partition by customer, digest order by document_id collate "C") as copy
    from document join customer_state using (customer)
    where load_id = ${sql.lit(loadId)} and in_cycle and is_settled`;
  const result = await sql`
    insert into ${sql.id(runLeaf('pair', input.runSeq))}
      (run_seq, id, chunk, customer, currency, state, legacy, solvimon, legacy_gross, solvimon_gross, mismatches)
    select ${sql.lit(input.runSeq)}::bigint,
      md5(concat_ws(E'\\x1f', ${input.cycle}::text, l.customer, l.document_id, s.document_id))::uuid,
      -1, l.customer, l.currency, 'matched', array[l.document_id], array[s.document_id], l.amount, s.amount, 0
    from (${numbered(input.legacyLoad)}) l join (${numbered(input.solvimonLoad)}) s using (customer, digest, copy)`.execute(
    trx,
  );
  return Number(result.numAffectedRows ?? 0n);
}

async function cutResidue(
  trx: Transaction<Database>,
  input: PairingInput,
): Promise<{ residueCustomers: number; chunks: number }> {
  const both = sql`(${sql.lit(input.legacyLoad)}, ${sql.lit(input.solvimonLoad)})`;
  await sql`
    insert into residue (run_seq, chunk, customer, side, load_id, doc_no)
    select ${sql.lit(input.runSeq)}::bigint, ranked.chunk, ranked.customer,
      case d.load_id when ${sql.lit(input.legacyLoad)} then 'legacy' when ${sql.lit(input.solvimonLoad)} then 'solvimon' end, d.load_id, d.doc_no
    from (
      select customer, 1 + (row_number() over (order by customer collate "C") - 1) / ${sql.lit(input.chunkSize)} as chunk
      from (
        select customer from customer_state where not is_settled
        union
        select customer from rejected_document where load_id in ${both} and customer is not null
      ) unsettled
    ) ranked
    left join document d on d.customer = ranked.customer and d.load_id in ${both}`.execute(trx);
  const counted = await sql<{ customers: string; chunks: string }>`
    select count(*) as customers, coalesce(ceil(count(*)::numeric / ${sql.lit(input.chunkSize)}), 0)::bigint as chunks
    from (
      select customer from customer_state where not is_settled
      union
      select customer from rejected_document where load_id in ${both} and customer is not null
    ) unsettled`.execute(trx);
  const { customers, chunks } = counted.rows[0] ?? { customers: '0', chunks: '0' };
  // Chunk 0 is for rejected documents whose customer could not be read.
  await sql`
    insert into compare_chunk (run_seq, chunk, state)
    select ${sql.lit(input.runSeq)}::bigint, chunk, 'waiting' from generate_series(0, ${sql.lit(Number(chunks))}) as chunk`.execute(
    trx,
  );
  return { residueCustomers: Number(customers), chunks: Number(chunks) + 1 };
}

async function attach(trx: Transaction<Database>, runSeq: string): Promise<void> {
  const pairs = sql.id(runLeaf('pair', runSeq));
  const mismatches = sql.id(runLeaf('mismatch', runSeq));
  await sql`alter table ${pairs} add primary key (id)`.execute(trx);
  await sql`create index on ${pairs} (chunk) where chunk >= 0`.execute(trx);
  await sql`alter table ${mismatches} add primary key (id)`.execute(trx);
  await sql`create index on ${mismatches} (chunk)`.execute(trx);
  await sql`alter table pair attach partition ${pairs} for values in (${sql.lit(runSeq)})`.execute(trx);
  await sql`alter table mismatch attach partition ${mismatches} for values in (${sql.lit(runSeq)})`.execute(trx);
  await sql`analyze ${pairs}`.execute(trx);
}

/** Numbers of a run's chunks that the engine has still to judge. */
export async function chunksOf(db: Kysely<Database>, runSeq: string): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('compare_chunk')
    .select('chunk')
    .where('run_seq', '=', runSeq)
    .where('state', '=', 'waiting')
    .orderBy('chunk')
    .execute();
  return rows.map((row) => row.chunk);
}
