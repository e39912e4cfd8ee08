import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Direction } from '../model/side.js';
import { type MismatchSelection, selected } from './mismatch-filter.js';
import type { Database } from './tables.js';
import { shownPairId } from './verdict-rows.js';

/** A mismatch with what people did about it. Amounts are canonical decimal text in major units. */
export type MismatchRecord = {
  readonly id: string;
  /** What it is about; the same in every run and cycle. Decisions hang on it. */
  readonly key: string;
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
  readonly absDelta: string;
  readonly direction: Direction;
  readonly components: Readonly<Record<string, string>>;
  readonly isWithinTolerance: boolean;
  readonly fingerprint: string;
  readonly status: string;
  readonly assignee: string | null;
  readonly firstCycle: string;
  /** Cycles in which its key was seen, this one included. */
  readonly seen: number;
  /** Counts the decisions about its key in this cycle; 0 before the first. */
  readonly version: number;
  readonly acceptance: {
    readonly by: string;
    readonly approvedBy: string | null;
    readonly reason: string;
    /** First day on which it no longer holds. */
    readonly expiresOn: string;
    readonly maxAmount: string;
    readonly acceptedIn: string;
  } | null;
  /** The known difference of the configuration that covers it. */
  readonly known: string | null;
  readonly detail: unknown;
};

export const sortKeys = ['abs', 'delta', 'customer', 'cause', 'age'] as const;
export type SortKey = (typeof sortKeys)[number];
export type Sort = { readonly by: SortKey; readonly isDescending: boolean };

/** A place in a sorted list: the sorted value as text, and the id that breaks ties. */
export type Place = { readonly value: string; readonly id: string };

export type PageRequest = {
  readonly sort: Sort;
  readonly size: number;
  /** Rows behind this place, or before it. Neither: the beginning. */
  readonly after?: Place | undefined;
  readonly before?: Place | undefined;
};

export type Page = {
  readonly rows: readonly MismatchRecord[];
  /** Where the next and the previous page begin; null when there is none. */
  readonly next: Place | null;
  readonly previous: Place | null;
};

type RunKey = { readonly seq: string; readonly cycle: string };

type SortColumn = { readonly expression: RawBuilder<unknown>; readonly type: RawBuilder<unknown> };

// Each is an index of the run's leaf (see mismatch-indexes.ts): change both together.
const sortColumns = {
  abs: { expression: sql`m.abs_delta`, type: sql`numeric` },
  delta: { expression: sql`m.delta`, type: sql`numeric` },
  customer: { expression: sql`coalesce(m.customer, '') collate "C"`, type: sql`text` },
  cause: { expression: sql`m.cause collate "C"`, type: sql`text` },
  // The oldest first: what is new in this cycle has no earlier one.
  age: { expression: sql`coalesce(m.first_cycle, '9999') collate "C"`, type: sql`text` },
} as const satisfies Record<SortKey, SortColumn>;

/** One page of a selection. Keyset: equally quick at the end as at the beginning, and stable while rows change. */
export async function mismatchPage(
  db: Kysely<Database>,
  run: RunKey,
  selection: MismatchSelection,
  request: PageRequest,
): Promise<Page> {
  const isBackward = request.before !== undefined;
  const place = request.before ?? request.after;
  const found = await selectPage(db, run, selection, {
    sort: isBackward ? { ...request.sort, isDescending: !request.sort.isDescending } : request.sort,
    place,
    limit: request.size + 1,
  });
  const rows = found.slice(0, request.size);
  const hasMore = found.length > request.size;
  if (isBackward) rows.reverse();
  const first = rows[0];
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => toRecord(row, run.cycle)),
    next: last !== undefined && (isBackward || hasMore) ? { value: last.sorted, id: last.id } : null,
    previous:
      first !== undefined && (isBackward ? hasMore : request.after !== undefined)
        ? { value: first.sorted, id: first.id }
        : null,
  };
}

const streamedRows = 1000;

/** Every mismatch of a selection in order; pages inside, so that memory stays flat. */
export async function* streamMismatches(
  db: Kysely<Database>,
  run: RunKey,
  selection: MismatchSelection,
  sort: Sort,
): AsyncIterable<MismatchRecord> {
  let place: Place | undefined;
  for (;;) {
    const rows = await selectPage(db, run, selection, { sort, place, limit: streamedRows });
    for (const row of rows) yield toRecord(row, run.cycle);
    const last = rows.at(-1);
    if (last === undefined || rows.length < streamedRows) return;
    place = { value: last.sorted, id: last.id };
  }
}

/** The SQL of one page, for the database's own account of how it reads it. */
export function pageQuery(
  run: RunKey,
  selection: MismatchSelection,
  request: { readonly sort: Sort; readonly place: Place | undefined; readonly limit: number },
): RawBuilder<MismatchRow> {
  const { expression, type } = sortColumns[request.sort.by];
  const direction = request.sort.isDescending ? sql`desc` : sql`asc`;
  const comparison = request.sort.isDescending ? sql`<` : sql`>`;
  const keyset =
    request.place === undefined
      ? sql``
      : sql`and (${expression}, m.id collate "C") ${comparison} (${request.place.value}::${type}, ${request.place.id})`;
  // The page is cut before anything is joined to it, so that a join can never make the whole list be read.
  return sql<MismatchRow>`
    select page.*, p.state as pair_state, p.legacy as pair_legacy, p.solvimon as pair_solvimon, w.version, w.accepted_by, w.approved_by, w.reason,
      w.expires_on::text as expires_on, trim_scale(w.max_amount)::text as max_amount, w.accepted_in
    from (
      select m.id, m.work_key, m.customer, m.currency, m.pair_id, m.level, m.charge_key, m.legacy_lines, m.solvimon_lines, m.cause, m.confidence,
        trim_scale(m.legacy)::text as legacy, trim_scale(m.solvimon)::text as solvimon, trim_scale(m.delta)::text as delta,
        trim_scale(m.abs_delta)::text as abs_delta, m.direction, m.components, m.is_within_tolerance, m.status, m.assignee, m.first_cycle, m.seen,
        m.fingerprint, m.known, m.detail, (${expression})::text as sorted, row_number() over (order by ${expression} ${direction}, m.id collate "C" ${direction}) as nth
      from mismatch m where ${selected(run, selection)} ${keyset}
      order by ${expression} ${direction}, m.id collate "C" ${direction} limit ${sql.lit(request.limit)}
    ) page
    left join pair p on p.run_seq = ${sql.lit(run.seq)} and p.id = page.pair_id
    left join work_item w on w.cycle = ${run.cycle} and w.key = page.work_key
    order by page.nth`;
}

async function selectPage(
  db: Kysely<Database>,
  run: RunKey,
  selection: MismatchSelection,
  request: { readonly sort: Sort; readonly place: Place | undefined; readonly limit: number },
): Promise<MismatchRow[]> {
  return [...(await pageQuery(run, selection, request).execute(db)).rows];
}

/** Mismatches by id or by the beginning of one; at most `limit`. */
export async function mismatchesById(
  db: Kysely<Database>,
  run: RunKey,
  ids: readonly string[],
): Promise<readonly MismatchRecord[]> {
  const rows = await selectPage(
    db,
    run,
    { ids },
    { sort: { by: 'abs', isDescending: true }, place: undefined, limit: Math.max(1, ids.length) },
  );
  return rows.map((row) => toRecord(row, run.cycle));
}

/** Every mismatch of a pair, largest first. */
export async function mismatchesOf(
  db: Kysely<Database>,
  run: RunKey,
  pairUuid: string,
): Promise<readonly MismatchRecord[]> {
  const ids = await sql<{ id: string }>`
    select id from mismatch where run_seq = ${sql.lit(run.seq)} and pair_id = ${pairUuid}::uuid`.execute(db);
  return ids.rows.length === 0
    ? []
    : mismatchesById(
        db,
        run,
        ids.rows.map((row) => row.id),
      );
}

type MismatchRow = {
  readonly id: string;
  readonly work_key: string;
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
  readonly direction: Direction;
  readonly components: Readonly<Record<string, string>>;
  readonly is_within_tolerance: boolean;
  readonly status: string;
  readonly assignee: string | null;
  readonly first_cycle: string | null;
  readonly seen: number;
  readonly fingerprint: string;
  readonly known: string | null;
  readonly detail: unknown;
  readonly sorted: string;
  readonly version: number | null;
  readonly accepted_by: string | null;
  readonly approved_by: string | null;
  readonly reason: string | null;
  readonly expires_on: string | null;
  readonly max_amount: string | null;
  readonly accepted_in: string | null;
};

function toRecord(row: MismatchRow, cycle: string): MismatchRecord {
  return {
    id: row.id,
    key: row.work_key,
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
    absDelta: row.abs_delta,
    direction: row.direction,
    components: row.components,
    isWithinTolerance: row.is_within_tolerance,
    fingerprint: row.fingerprint,
    status: row.status,
    assignee: row.assignee,
    firstCycle: row.first_cycle ?? cycle,
    seen: row.seen,
    version: row.version ?? 0,
    acceptance: toAcceptance(row),
    known: row.known,
    detail: row.detail,
  };
}

function toAcceptance(row: MismatchRow): MismatchRecord['acceptance'] {
  const { accepted_by: by, accepted_in: acceptedIn, reason, expires_on: expiresOn, max_amount: maxAmount } = row;
  if (by === null || acceptedIn === null || reason === null || expiresOn === null || maxAmount === null) return null;
  return { by, approvedBy: row.approved_by, reason, expiresOn, maxAmount, acceptedIn };
}
