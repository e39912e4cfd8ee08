import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { UsageClass } from '../../model/usage-finding.js';
import type { Problem } from '../../model/problem.js';
import type { Side } from '../../model/side.js';
import type { Database } from '../tables.js';
import { type StoredUsageCheck, usageCheckById } from './checks.js';

/** The check that a front end means: by its id, or the newest finished one of a cycle; those of runs and single ones alike. */
export async function findUsageCheck(
  db: Kysely<Database>,
  which: { readonly id?: string | undefined; readonly cycle?: string | undefined },
): Promise<StoredUsageCheck | undefined> {
  if (which.id !== undefined) return usageCheckById(db, which.id);
  const found = await sql<{ id: string }>`
    select id from usage_check
    where state = 'compared' and kind in ('run', 'check') and (${which.cycle ?? null}::text is null or cycle = ${which.cycle ?? null})
    order by seq desc limit 1`.execute(db);
  const [newest] = found.rows;
  return newest === undefined ? undefined : usageCheckById(db, newest.id);
}

/** One finding as people and scripts read it. Times are UTC, quantities decimal text of the meter. */
export type UsageFinding = {
  readonly no: number;
  readonly class: UsageClass;
  readonly customer: string;
  readonly meter: string;
  /** Local day of the cycle's zone. */
  readonly day: string | null;
  readonly reference: string | null;
  readonly otherReference: string | null;
  readonly legacyAt: string | null;
  readonly solvimonAt: string | null;
  readonly legacyQuantity: string | null;
  readonly solvimonQuantity: string | null;
  /** Where Solvimon has it, when that is elsewhere. */
  readonly solvimonCustomer: string | null;
  readonly solvimonMeter: string | null;
  readonly ingestedAt: string | null;
  readonly reason: string | null;
  /** Solvimon minus legacy, of the customer's meter. */
  readonly effect: string;
};

export type UsageFilter = {
  readonly class?: string | undefined;
  readonly customer?: string | undefined;
  readonly meter?: string | undefined;
  readonly reference?: string | undefined;
};

const iso = (column: string) =>
  sql<string>`to_char(${sql.id(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

function whereOf(check: StoredUsageCheck, filter: UsageFilter): RawBuilder<unknown> {
  const conditions = [
    sql`check_seq = ${sql.lit(check.seq)}`,
    ...(filter.class === undefined ? [] : [sql`class = ${filter.class}`]),
    ...(filter.customer === undefined
      ? []
      : [sql`(customer = ${filter.customer} or solvimon_customer = ${filter.customer})`]),
    ...(filter.meter === undefined ? [] : [sql`(meter = ${filter.meter} or solvimon_meter = ${filter.meter})`]),
    ...(filter.reference === undefined
      ? []
      : [sql`(reference = ${filter.reference} or other_reference = ${filter.reference})`]),
  ];
  return sql.join(conditions, sql` and `);
}

/** One page of findings in order, from after number `after`. */
export async function usageFindingPage(
  db: Kysely<Database>,
  check: StoredUsageCheck,
  filter: UsageFilter,
  page: { readonly after: number; readonly size: number },
): Promise<{ readonly rows: readonly UsageFinding[]; readonly next: number | null }> {
  const found = await sql<UsageFinding>`
    select no, class, customer, meter, day::text as day, reference, other_reference as "otherReference", ${iso('legacy_at')} as "legacyAt",
      ${iso('solvimon_at')} as "solvimonAt", trim_scale(legacy_quantity)::text as "legacyQuantity", trim_scale(solvimon_quantity)::text as "solvimonQuantity",
      solvimon_customer as "solvimonCustomer", solvimon_meter as "solvimonMeter", ${iso('ingested_at')} as "ingestedAt", reason, trim_scale(effect)::text as effect
    from usage_finding where ${whereOf(check, filter)} and no > ${page.after} order by no limit ${page.size + 1}`.execute(
    db,
  );
  const rows = found.rows.slice(0, page.size);
  return { rows, next: found.rows.length > page.size ? (rows.at(-1)?.no ?? null) : null };
}

const streamedRows = 1000;

/** Every finding of a selection; pages inside, so that memory stays flat. */
export async function* streamUsageFindings(
  db: Kysely<Database>,
  check: StoredUsageCheck,
  filter: UsageFilter,
  limit: number | null,
): AsyncIterable<UsageFinding> {
  let [after, left] = [0, limit ?? Number.POSITIVE_INFINITY];
  while (left > 0) {
    const { rows, next } = await usageFindingPage(db, check, filter, { after, size: Math.min(streamedRows, left) });
    yield* rows;
    left -= rows.length;
    if (next === null) return;
    after = next;
  }
}

/** A record that could not be read. */
export type UsageRejected = {
  readonly side: Side;
  readonly reference: string | null;
  readonly customer: string | null;
  readonly meter: string | null;
  readonly problems: readonly Problem[];
};

/** The first records of a check that could not be read, legacy's first; `loadProblems` are the faults of whole inputs. */
export async function usageRejected(
  db: Kysely<Database>,
  check: StoredUsageCheck,
  limit: number,
): Promise<{
  readonly rejected: readonly UsageRejected[];
  readonly loadProblems: readonly (Problem & { side: Side })[];
}> {
  const rejected = await sql<UsageRejected>`
    select l.side, r.reference, r.customer, r.meter, r.problems
    from usage_load l join usage_rejected r on r.load_id = l.id
    where l.check_seq = ${sql.lit(check.seq)} order by l.side, r.no limit ${limit}`.execute(db);
  const loads = await db
    .selectFrom('usage_load')
    .select(['side', 'problems'])
    .where('check_seq', '=', check.seq)
    .orderBy('side')
    .execute();
  const loadProblems = loads.flatMap(({ side, problems }) =>
    (problems as readonly Problem[]).map((one) => ({ ...one, side })),
  );
  return { rejected: rejected.rows, loadProblems };
}
