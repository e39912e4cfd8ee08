import { type RawBuilder, sql } from 'kysely';

/** Which mismatches of a run are meant. Lists are alternatives; everything given must fit. Amounts are decimal text, major units. */
export type MismatchSelection = {
  /** Cause ids, or groups of causes such as "price". */
  readonly cause?: readonly string[] | undefined;
  /** States of the pair. */
  readonly state?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  readonly customer?: string | undefined;
  readonly currency?: readonly string[] | undefined;
  readonly level?: readonly string[] | undefined;
  readonly confidence?: readonly string[] | undefined;
  readonly direction?: readonly string[] | undefined;
  readonly minAbs?: string | undefined;
  readonly maxAbs?: string | undefined;
  /** A name, or "none" for what nobody has. */
  readonly assignee?: string | undefined;
  readonly cohort?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Part of a customer or charge, a whole document id, or the beginning of a mismatch id. */
  readonly search?: string | undefined;
  /** Work keys. */
  readonly keys?: readonly string[] | undefined;
  readonly ids?: readonly string[] | undefined;
};

type RunKey = { readonly seq: string };

/** The condition of a selection over `mismatch m`, run included. Names no other table outside of subqueries. */
export function selected(run: RunKey, selection: MismatchSelection): RawBuilder<unknown> {
  const parts = [
    sql`m.run_seq = ${sql.lit(run.seq)}`,
    causes(selection.cause),
    oneOf(sql`m.status`, selection.status),
    oneOf(sql`m.currency`, selection.currency),
    oneOf(sql`m.level`, selection.level),
    oneOf(sql`m.confidence`, selection.confidence),
    oneOf(sql`m.direction`, selection.direction),
    oneOf(sql`m.work_key`, selection.keys),
    oneOf(sql`m.id`, selection.ids),
    selection.customer === undefined ? undefined : sql`coalesce(m.customer, '') collate "C" = ${selection.customer}`,
    selection.minAbs === undefined ? undefined : sql`m.abs_delta >= ${selection.minAbs}::numeric`,
    selection.maxAbs === undefined ? undefined : sql`m.abs_delta <= ${selection.maxAbs}::numeric`,
    selection.fingerprint === undefined ? undefined : sql`m.fingerprint = ${selection.fingerprint}`,
    selection.assignee === undefined
      ? undefined
      : selection.assignee === 'none'
        ? sql`m.assignee is null`
        : sql`m.assignee = ${selection.assignee.toLowerCase()}`,
    selection.state === undefined || selection.state.length === 0
      ? undefined
      : sql`m.pair_id in (select p.id from pair p where p.run_seq = ${sql.lit(run.seq)} and p.state = any(${[...selection.state]}::text[]))`,
    selection.cohort === undefined
      ? undefined
      : sql`m.customer in (select customer from cohort_member where cohort_id = ${selection.cohort})`,
    selection.search === undefined ? undefined : search(run, selection.search),
  ].filter((part) => part !== undefined);
  return sql.join(parts, sql` and `);
}

function oneOf(column: RawBuilder<unknown>, values: readonly string[] | undefined): RawBuilder<unknown> | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return sql`${column} = any(${[...values]}::text[])`;
}

/** A cause is meant by its id, a group by the part in front of the dot. */
function causes(wanted: readonly string[] | undefined): RawBuilder<unknown> | undefined {
  if (wanted === undefined || wanted.length === 0) return undefined;
  const each = wanted.map((one) =>
    one.includes('.') || one === 'unexplained'
      ? sql`m.cause collate "C" = ${one}`
      : sql`(m.cause collate "C" >= ${`${one}.`} and m.cause collate "C" < ${`${one}/`})`,
  );
  return sql`(${sql.join(each, sql` or `)})`;
}

function search(run: RunKey, text: string): RawBuilder<unknown> {
  const part = `%${text.replaceAll(/[\\%_]/g, (mark) => `\\${mark}`)}%`;
  return sql`(m.customer ilike ${part} or m.charge_key ilike ${part} or starts_with(m.id, ${text}) or m.pair_id in (
    select p.id from pair p where p.run_seq = ${sql.lit(run.seq)} and p.chunk >= 0 and (p.legacy @> array[${text}]::text[] or p.solvimon @> array[${text}]::text[])))`;
}
