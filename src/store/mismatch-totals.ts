import { type Kysely, sql } from 'kysely';
import { type MismatchSelection, selected } from './mismatch-filter.js';
import type { Database } from './tables.js';

/**
 * What a selection comes to in one currency. Amounts are canonical decimal text, major units: over ≥ 0, under ≤ 0, gross is
 * the sum of absolutes, net is over plus under. A net of zero is not a match, so all four are always given.
 */
export type Totals = {
  readonly currency: string | null;
  readonly count: number;
  readonly over: string;
  readonly under: string;
  readonly gross: string;
  readonly net: string;
};

/** Accepted mismatches left the totals as well as the count, and stand beside them in their own. */
export type SelectionTotals = { readonly counted: readonly Totals[]; readonly accepted: readonly Totals[] };

/** Totals of a whole selection per currency, whatever page is shown. Currencies are never added (I7). */
export async function selectionTotals(
  db: Kysely<Database>,
  run: { readonly seq: string },
  selection: MismatchSelection,
): Promise<SelectionTotals> {
  const result = await sql<Omit<Totals, 'count'> & { readonly count: string; readonly is_accepted: boolean }>`
    select m.currency, m.status = 'accepted' as is_accepted, count(*) as count,
      trim_scale(coalesce(sum(m.delta) filter (where m.delta > 0), 0))::text as over,
      trim_scale(coalesce(sum(m.delta) filter (where m.delta < 0), 0))::text as under,
      trim_scale(coalesce(sum(m.abs_delta), 0))::text as gross, trim_scale(coalesce(sum(m.delta), 0))::text as net
    from mismatch m where ${selected(run, selection)}
    group by 1, 2 order by m.currency collate "C" nulls last`.execute(db);
  const totals = (isAccepted: boolean) =>
    result.rows
      .filter((row) => row.is_accepted === isAccepted)
      .map(({ currency, count, over, under, gross, net }) => ({
        currency,
        count: Number(count),
        over,
        under,
        gross,
        net,
      }));
  return { counted: totals(false), accepted: totals(true) };
}

/** How many mismatches of a selection there are for each value of what can be filtered by. */
export type Facets = Readonly<
  Record<'cause' | 'status' | 'level' | 'currency' | 'confidence' | 'assignee', Readonly<Record<string, number>>>
>;

export async function selectionFacets(
  db: Kysely<Database>,
  run: { readonly seq: string },
  selection: MismatchSelection,
): Promise<Facets> {
  const result = await sql<{ facet: string; value: string; count: string }>`
    with chosen as (
      select m.cause, m.status, m.level, coalesce(m.currency, '') as currency, m.confidence, coalesce(m.assignee, 'none') as assignee
      from mismatch m where ${selected(run, selection)}
    ), cells as (
      select cause, status, level, currency, confidence, assignee, count(*) as count from chosen group by 1, 2, 3, 4, 5, 6
    )
    select facet, value, sum(count)::text as count
    from cells, lateral (values ('cause', cause), ('status', status), ('level', level), ('currency', currency), ('confidence', confidence), ('assignee', assignee)) as f(facet, value)
    group by facet, value order by facet, value collate "C"`.execute(db);
  const of = (facet: string) =>
    Object.fromEntries(result.rows.filter((row) => row.facet === facet).map((row) => [row.value, Number(row.count)]));
  return {
    cause: of('cause'),
    status: of('status'),
    level: of('level'),
    currency: of('currency'),
    confidence: of('confidence'),
    assignee: of('assignee'),
  };
}
