import { type Kysely, sql } from 'kysely';
import { type Side, sides } from '../model/side.js';
import type { Database } from './tables.js';

/** What each line of a pair's documents is for, in its own system's words: line id → description, else charge key. */
export type LineTexts = Readonly<Record<Side, ReadonlyMap<string, string>>>;

/** Reads the texts of every line of the named documents of a run, both sides. Ids that stand in no document are left out. */
export async function lineTexts(
  db: Kysely<Database>,
  run: { readonly id: string },
  pair: Readonly<Record<Side, readonly string[]>>,
): Promise<LineTexts> {
  const [legacy, solvimon] = await Promise.all(sides.map((side) => textsOf(db, run.id, side, pair[side])));
  return { legacy: legacy ?? new Map(), solvimon: solvimon ?? new Map() };
}

async function textsOf(
  db: Kysely<Database>,
  runId: string,
  side: Side,
  documents: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const result = await sql<{ line_id: string; shown: string }>`
    select l.line_id, coalesce(l.description, l.charge_key) as shown
    from load x join document d on d.load_id = x.id join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
    where x.run_id = ${runId} and x.side = ${side} and x.state = 'loaded' and d.document_id = any(${[...documents]}::text[])
    order by d.document_id collate "C", l.ordinal`.execute(db);
  return new Map(result.rows.map((row) => [row.line_id, row.shown]));
}
