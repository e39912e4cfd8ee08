import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Place } from './mismatch-pages.js';
import type { Database } from './tables.js';
import { shownPairId } from './verdict-rows.js';

export type PairRecord = {
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

/** Which pairs of a run are meant. Lists are alternatives; everything given must fit. */
export type PairSelection = {
  readonly state?: readonly string[] | undefined;
  readonly customer?: string | undefined;
  readonly currency?: readonly string[] | undefined;
  /** Part of a customer, or a whole document id. */
  readonly search?: string | undefined;
};

/** Amounts are null when no pair of the row has that side. Missing is not zero. */
export type PairTotals = {
  readonly currency: string | null;
  readonly state: string;
  readonly pairs: number;
  readonly legacy: string | null;
  readonly solvimon: string | null;
};

export type PairPage = {
  readonly rows: readonly PairRecord[];
  readonly next: Place | null;
  readonly previous: Place | null;
};

type RunKey = { readonly seq: string; readonly cycle: string };

const order = sql`coalesce(p.customer, '') collate "C"`;

/** One page of a run's pairs in the order of customer and id. */
export async function pairPage(
  db: Kysely<Database>,
  run: RunKey,
  selection: PairSelection,
  request: { readonly size: number; readonly after?: Place | undefined; readonly before?: Place | undefined },
): Promise<PairPage> {
  const isBackward = request.before !== undefined;
  const found = await selectPairs(db, run, selection, {
    place: request.before ?? request.after,
    isBackward,
    limit: request.size + 1,
  });
  const rows = found.slice(0, request.size);
  const hasMore = found.length > request.size;
  if (isBackward) rows.reverse();
  const placeOf = (row: PairRow | undefined): Place | null =>
    row === undefined ? null : { value: row.customer ?? '', id: row.id };
  return {
    rows: rows.map((row) => toRecord(row, run.cycle)),
    next: isBackward || hasMore ? placeOf(rows.at(-1)) : null,
    previous: (isBackward ? hasMore : request.after !== undefined) ? placeOf(rows[0]) : null,
  };
}

const streamedRows = 1000;

/** Every pair of a selection in order; pages inside, so that memory stays flat. */
export async function* streamPairs(
  db: Kysely<Database>,
  run: RunKey,
  selection: PairSelection,
): AsyncIterable<PairRecord> {
  let place: Place | undefined;
  for (;;) {
    const rows = await selectPairs(db, run, selection, { place, isBackward: false, limit: streamedRows });
    for (const row of rows) yield toRecord(row, run.cycle);
    const last = rows.at(-1);
    if (last === undefined || rows.length < streamedRows) return;
    place = { value: last.customer ?? '', id: last.id };
  }
}

/** Totals of a selection by currency and state. */
export async function pairTotals(
  db: Kysely<Database>,
  run: RunKey,
  selection: PairSelection,
): Promise<readonly PairTotals[]> {
  const result = await sql<Omit<PairTotals, 'pairs'> & { readonly pairs: string }>`
    select p.currency, p.state, count(*) as pairs,
      case when p.currency is not null then trim_scale(sum(p.legacy_gross))::text end as legacy,
      case when p.currency is not null then trim_scale(sum(p.solvimon_gross))::text end as solvimon
    from pair p where ${selected(run, selection)}
    group by 1, 2 order by p.currency collate "C" nulls last, p.state`.execute(db);
  return result.rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
}

/** A pair by its shown id "P-…", with its whole id. */
export async function pairById(
  db: Kysely<Database>,
  run: RunKey,
  shownId: string,
): Promise<{ readonly pair: PairRecord; readonly uuid: string } | undefined> {
  const hex = /^P-([0-9a-f]{16})$/.exec(shownId)?.[1];
  if (hex === undefined) return undefined;
  const rows = await readPairs(
    db,
    sql`p.run_seq = ${sql.lit(run.seq)} and p.id between ${`${hex}0000000000000000`}::uuid and ${`${hex}ffffffffffffffff`}::uuid`,
    sql`p.id`,
    1,
  );
  const row = rows[0];
  return row === undefined ? undefined : { pair: toRecord(row, run.cycle), uuid: row.id };
}

function selected(run: RunKey, selection: PairSelection): RawBuilder<unknown> {
  const { state, customer, currency, search } = selection;
  const parts = [
    sql`p.run_seq = ${sql.lit(run.seq)}`,
    state === undefined || state.length === 0 ? undefined : sql`p.state = any(${[...state]}::text[])`,
    currency === undefined || currency.length === 0 ? undefined : sql`p.currency = any(${[...currency]}::text[])`,
    customer === undefined ? undefined : sql`${order} = ${customer}`,
    search === undefined
      ? undefined
      : sql`(p.customer ilike ${`%${search.replaceAll(/[\\%_]/g, (mark) => `\\${mark}`)}%`} or p.legacy @> array[${search}]::text[] or p.solvimon @> array[${search}]::text[])`,
  ].filter((part) => part !== undefined);
  return sql.join(parts, sql` and `);
}

async function selectPairs(
  db: Kysely<Database>,
  run: RunKey,
  selection: PairSelection,
  request: { readonly place: Place | undefined; readonly isBackward: boolean; readonly limit: number },
): Promise<PairRow[]> {
  const direction = request.isBackward ? sql`desc` : sql`asc`;
  const keyset =
    request.place === undefined
      ? sql``
      : sql`and (${order}, p.id) ${request.isBackward ? sql`<` : sql`>`} (${request.place.value}, ${request.place.id}::uuid)`;
  return readPairs(
    db,
    sql`${selected(run, selection)} ${keyset}`,
    sql`${order} ${direction}, p.id ${direction}`,
    request.limit,
  );
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

async function readPairs(
  db: Kysely<Database>,
  where: RawBuilder<unknown>,
  by: RawBuilder<unknown>,
  limit: number,
): Promise<PairRow[]> {
  const result = await sql<PairRow>`
    select p.id, p.customer, p.currency, p.state, p.legacy, p.solvimon, trim_scale(p.legacy_gross)::text as legacy_gross,
      trim_scale(p.solvimon_gross)::text as solvimon_gross, p.mismatches, p.detail,
      case when p.currency is null or p.state in ('error', 'not_ready') then null
        else trim_scale(coalesce(p.solvimon_gross, 0) - coalesce(p.legacy_gross, 0))::text end as delta
    from pair p where ${where} order by ${by} limit ${sql.lit(limit)}`.execute(db);
  return [...result.rows];
}

function toRecord(row: PairRow, cycle: string): PairRecord {
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
