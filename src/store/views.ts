import { type Kysely, type RawBuilder, sql } from 'kysely';
import { shownPairId } from './verdict-rows.js';
import type { Database } from './tables.js';

/** A mismatch as people and scripts read it. Amounts are decimal text in major units. */
export type MismatchView = {
  readonly id: string;
  readonly cycle: string;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly pair: {
    readonly id: string;
    readonly state: string;
    readonly legacy: readonly string[];
    readonly solvimon: readonly string[];
  };
  readonly level: string;
  readonly chargeKey: string | null;
  readonly lines: { readonly legacy: readonly string[]; readonly solvimon: readonly string[] };
  readonly cause: string;
  readonly confidence: string;
  readonly legacy: string | null;
  readonly solvimon: string | null;
  readonly delta: string;
  readonly direction: string;
  readonly components: Readonly<Record<string, string>>;
  readonly isWithinTolerance: boolean;
  readonly status: string;
  readonly fingerprint: string;
  readonly detail: unknown;
};

export type PairView = {
  readonly id: string;
  readonly cycle: string;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly state: string;
  readonly legacy: readonly string[];
  readonly solvimon: readonly string[];
  readonly legacyGross: string | null;
  readonly solvimonGross: string | null;
  /** null when the two sides cannot be subtracted: an unreadable side or two currencies. */
  readonly delta: string | null;
  readonly mismatches: number;
  readonly detail: unknown;
};

export type MismatchFilter = {
  readonly cause?: string | undefined;
  readonly state?: string | undefined;
  readonly customer?: string | undefined;
  readonly currency?: string | undefined;
  readonly level?: string | undefined;
  readonly status?: string | undefined;
  readonly limit?: number | undefined;
};

export type PairFilter = {
  readonly state?: string | undefined;
  readonly customer?: string | undefined;
  readonly currency?: string | undefined;
  readonly limit?: number | undefined;
};

/** Rows fetched in one round trip of a streamed list. */
const pageSize = 1000;

type RunKey = { readonly seq: string; readonly cycle: string };

/** Mismatches of a run, largest first, ties by id: the same order on every machine. Streams keyset pages; memory stays flat. */
export async function* listMismatches(
  db: Kysely<Database>,
  run: RunKey,
  filter: MismatchFilter,
): AsyncIterable<MismatchView> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let after: { abs: string; id: string } | undefined;
  const where = conditions([
    filter.cause === undefined
      ? undefined
      : filter.cause.includes('.') || filter.cause === 'unexplained'
        ? sql`m.cause = ${filter.cause}`
        : sql`m.cause like ${`${filter.cause}.%`}`,
    filter.state === undefined ? undefined : sql`p.state = ${filter.state}`,
    filter.customer === undefined ? undefined : sql`m.customer = ${filter.customer}`,
    filter.currency === undefined ? undefined : sql`m.currency = ${filter.currency}`,
    filter.level === undefined ? undefined : sql`m.level = ${filter.level}`,
    filter.status === undefined ? undefined : sql`m.status = ${filter.status}`,
  ]);
  while (left > 0) {
    const keyset =
      after === undefined
        ? sql``
        : sql`and (m.abs_delta < ${after.abs}::numeric or (m.abs_delta = ${after.abs}::numeric and m.id > ${after.id}))`;
    const page = await selectMismatches(db, run, sql`${where} ${keyset}`, Math.min(pageSize, left));
    for (const row of page) yield toMismatchView(row, run.cycle);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    left -= page.length;
    after = { abs: last.abs_delta, id: last.id };
  }
}

/** A mismatch by its whole id or an unambiguous beginning of it. */
export async function findMismatches(
  db: Kysely<Database>,
  run: RunKey,
  idStart: string,
): Promise<readonly MismatchView[]> {
  const rows = await selectMismatches(db, run, sql`and starts_with(m.id, ${idStart})`, 3);
  return rows.map((row) => toMismatchView(row, run.cycle));
}

export async function mismatchesOfPair(
  db: Kysely<Database>,
  run: RunKey,
  pairId: string,
): Promise<readonly MismatchView[]> {
  const rows = await selectMismatches(db, run, sql`and m.pair_id = ${pairId}::uuid`, 100_000);
  return rows.map((row) => toMismatchView(row, run.cycle));
}

type MismatchRow = {
  readonly id: string;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly pair_id: string;
  readonly pair_state: string;
  readonly pair_legacy: readonly string[];
  readonly pair_solvimon: readonly string[];
  readonly level: string;
  readonly charge_key: string | null;
  readonly legacy_lines: readonly string[];
  readonly solvimon_lines: readonly string[];
  readonly cause: string;
  readonly confidence: string;
  readonly legacy: string | null;
  readonly solvimon: string | null;
  readonly delta: string;
  readonly abs_delta: string;
  readonly direction: string;
  readonly components: Readonly<Record<string, string>>;
  readonly is_within_tolerance: boolean;
  readonly status: string;
  readonly fingerprint: string;
  readonly detail: unknown;
};

async function selectMismatches(
  db: Kysely<Database>,
  run: RunKey,
  where: RawBuilder<unknown>,
  limit: number,
): Promise<readonly MismatchRow[]> {
  const result = await sql<MismatchRow>`
    select m.id, m.customer, m.currency, m.pair_id, p.state as pair_state, p.legacy as pair_legacy, p.solvimon as pair_solvimon, m.level,
      m.charge_key, m.legacy_lines, m.solvimon_lines, m.cause, m.confidence, m.legacy, m.solvimon, m.delta, m.abs_delta, m.direction,
      m.components, m.is_within_tolerance, m.status, m.fingerprint, m.detail
    from mismatch m join pair p on p.run_seq = m.run_seq and p.id = m.pair_id
    where m.run_seq = ${sql.lit(run.seq)} and p.run_seq = ${sql.lit(run.seq)} ${where}
    order by m.abs_delta desc, m.id limit ${limit}`.execute(db);
  return result.rows;
}

function toMismatchView(row: MismatchRow, cycle: string): MismatchView {
  return {
    id: row.id,
    cycle,
    customer: row.customer,
    currency: row.currency,
    pair: { id: shownPairId(row.pair_id), state: row.pair_state, legacy: row.pair_legacy, solvimon: row.pair_solvimon },
    level: row.level,
    chargeKey: row.charge_key,
    lines: { legacy: row.legacy_lines, solvimon: row.solvimon_lines },
    cause: row.cause,
    confidence: row.confidence,
    legacy: row.legacy,
    solvimon: row.solvimon,
    delta: row.delta,
    direction: row.direction,
    components: row.components,
    isWithinTolerance: row.is_within_tolerance,
    status: row.status,
    fingerprint: row.fingerprint,
    detail: row.detail,
  };
}

/** Pairs of a run in the order of customer and id; every document of both sides stands in exactly one. Streams. */
export async function* listPairs(db: Kysely<Database>, run: RunKey, filter: PairFilter): AsyncIterable<PairView> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let after: { customer: string; id: string } | undefined;
  const where = conditions([
    filter.state === undefined ? undefined : sql`state = ${filter.state}`,
    filter.customer === undefined ? undefined : sql`customer = ${filter.customer}`,
    filter.currency === undefined ? undefined : sql`currency = ${filter.currency}`,
  ]);
  while (left > 0) {
    const keyset =
      after === undefined
        ? sql``
        : sql`and (coalesce(customer, '') collate "C" > ${after.customer} or (coalesce(customer, '') = ${after.customer} and id > ${after.id}::uuid))`;
    const page = await selectPairs(db, run, sql`${where} ${keyset}`, Math.min(pageSize, left));
    for (const row of page) yield toPairView(row, run.cycle);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    left -= page.length;
    after = { customer: last.customer ?? '', id: last.id };
  }
}

/** Pairs by shown id ("P-…"), document id or customer: whatever a person has at hand. At most `limit`. */
export async function findPairs(
  db: Kysely<Database>,
  run: RunKey,
  wanted: string,
  limit: number,
): Promise<readonly PairView[]> {
  const hex = /^P-([0-9a-f]{4,16})$/.exec(wanted)?.[1];
  const where =
    hex === undefined
      ? sql`and (customer = ${wanted} or legacy @> array[${wanted}]::text[] or solvimon @> array[${wanted}]::text[])`
      : sql`and starts_with(replace(id::text, '-', ''), ${hex})`;
  return (await selectPairs(db, run, where, limit)).map((row) => toPairView(row, run.cycle));
}

type PairRow = {
  readonly id: string;
  readonly customer: string | null;
  readonly currency: string | null;
  readonly state: string;
  readonly legacy: readonly string[];
  readonly solvimon: readonly string[];
  readonly legacy_gross: string | null;
  readonly solvimon_gross: string | null;
  readonly delta: string | null;
  readonly mismatches: number;
  readonly detail: unknown;
};

async function selectPairs(
  db: Kysely<Database>,
  run: RunKey,
  where: RawBuilder<unknown>,
  limit: number,
): Promise<readonly PairRow[]> {
  const result = await sql<PairRow>`
    select id, customer, currency, state, legacy, solvimon, legacy_gross, solvimon_gross, mismatches, detail,
      case when currency is null or state in ('error', 'not_ready') then null
        else trim_scale(coalesce(solvimon_gross, 0) - coalesce(legacy_gross, 0)) end as delta
    from pair where run_seq = ${sql.lit(run.seq)} ${where}
    order by coalesce(customer, '') collate "C", id limit ${limit}`.execute(db);
  return result.rows;
}

function toPairView(row: PairRow, cycle: string): PairView {
  return {
    id: shownPairId(row.id),
    cycle,
    customer: row.customer,
    currency: row.currency,
    state: row.state,
    legacy: row.legacy,
    solvimon: row.solvimon,
    legacyGross: row.legacy_gross,
    solvimonGross: row.solvimon_gross,
    delta: row.delta,
    mismatches: row.mismatches,
    detail: row.detail,
  };
}

/** The whole id of a pair from its view. */
export async function pairUuid(db: Kysely<Database>, run: RunKey, shownId: string): Promise<string | undefined> {
  const hex = shownId.replace(/^P-/, '');
  const row = await sql<{
    id: string;
  }>`select id from pair where run_seq = ${sql.lit(run.seq)} and starts_with(replace(id::text, '-', ''), ${hex}) limit 1`.execute(
    db,
  );
  return row.rows[0]?.id;
}

function conditions(parts: readonly (RawBuilder<unknown> | undefined)[]): RawBuilder<unknown> {
  const present = parts.filter((part) => part !== undefined).map((part) => sql`and ${part}`);
  return present.length === 0 ? sql`` : sql.join(present, sql` `);
}
