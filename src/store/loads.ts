import { type Kysely, sql } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { invariant } from '../model/invariant.js';
import type { PreparedDocument } from '../model/prepared.js';
import type { Problem, RejectedDocument } from '../model/problem.js';
import type { Side } from '../model/side.js';
import type { ControlTotal, PullCounts } from '../model/source.js';
import { CopyWriter } from './copy-text.js';
import { documentColumns, encodeDocument, encodeLine, lineColumns } from './document-rows.js';
import type { Database } from './tables.js';

export type LoadState = { readonly id: string; readonly state: 'loading' | 'loaded' };

/** The finished load of a side of a run, if there is one. */
export async function findLoaded(db: Kysely<Database>, runId: string, side: Side): Promise<string | undefined> {
  const row = await db
    .selectFrom('load')
    .select('id')
    .where('run_id', '=', runId)
    .where('side', '=', side)
    .where('state', '=', 'loaded')
    .executeTakeFirst();
  return row?.id;
}

/**
 * Holds the lock of one side of one run while `work` runs, so that a twin of the same job waits and then finds the load
 * finished. The lock dies with its connection: a killed worker never leaves one behind.
 */
export async function withLoadLock<Result>(
  pool: Pool,
  runId: string,
  side: Side,
  work: () => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  const key = `shadowbill load ${runId} ${side}`;
  let failure: Error | undefined;
  try {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [key]);
    return await work();
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    if (failure === undefined) await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [key]);
    // After a failure the connection may be broken; dropping it frees the lock in every case.
    client.release(failure !== undefined);
  }
}

/** Starts a load afresh: what an earlier, killed attempt of this side left behind is dropped first. */
export async function beginLoad(db: Kysely<Database>, runId: string, side: Side, now: Date): Promise<string> {
  return db.transaction().execute(async (trx) => {
    const stale = await trx
      .deleteFrom('load')
      .where('run_id', '=', runId)
      .where('side', '=', side)
      .where('state', '=', 'loading')
      .returning('id')
      .execute();
    for (const load of stale) await dropLeaves(trx, load.id);
    const created = await trx
      .insertInto('load')
      .values({ run_id: runId, side, state: 'loading', started_at: now })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const table of ['document', 'line'] as const) {
      await sql`create table ${sql.id(leaf(table, created.id))} (like ${sql.id(table)} including defaults including constraints)`.execute(
        trx,
      );
    }
    return created.id;
  });
}

async function dropLeaves(db: Kysely<Database>, loadId: string): Promise<void> {
  for (const table of ['document', 'line'] as const)
    await sql`drop table if exists ${sql.id(leaf(table, loadId))}`.execute(db);
}

/** Name of the partition that holds one load. */
export function leaf(table: 'document' | 'line', loadId: string): string {
  invariant(/^\d+$/.test(loadId), 'a load id is a whole number', { loadId });
  return `${table}_l${loadId}`;
}

/** Two COPY streams, one for documents and one for lines. Class, because it is opened and must be closed. */
export class LoadWriter {
  readonly #loadId: string;
  readonly #clients: readonly [PoolClient, PoolClient];
  readonly #documents: CopyWriter;
  readonly #lines: CopyWriter;
  #docNo = 0;

  private constructor(loadId: string, clients: readonly [PoolClient, PoolClient]) {
    this.#loadId = loadId;
    this.#clients = clients;
    this.#documents = new CopyWriter(clients[0], `copy ${leaf('document', loadId)} (${documentColumns}) from stdin`);
    this.#lines = new CopyWriter(clients[1], `copy ${leaf('line', loadId)} (${lineColumns}) from stdin`);
  }

  static async open(pool: Pool, loadId: string): Promise<LoadWriter> {
    const first = await pool.connect();
    try {
      return new LoadWriter(loadId, [first, await pool.connect()]);
    } catch (error) {
      first.release();
      throw error;
    }
  }

  get documentCount(): number {
    return this.#docNo;
  }

  async write(prepared: PreparedDocument, inCycle: boolean): Promise<void> {
    this.#docNo += 1;
    for (const line of prepared.lines) await this.#lines.row(encodeLine(this.#loadId, this.#docNo, line));
    await this.#documents.row(encodeDocument(this.#loadId, this.#docNo, inCycle, prepared));
  }

  async finish(): Promise<void> {
    await this.#lines.end();
    await this.#documents.end();
    for (const client of this.#clients) client.release();
  }

  /** Gives both connections up; whatever was sent is thrown away by the server or by the next `beginLoad`. */
  abort(cause: Error): void {
    this.#lines.abort(cause);
    this.#documents.abort(cause);
    for (const client of this.#clients) client.release(cause);
  }
}

export type LoadOutcome = {
  readonly counts: PullCounts;
  readonly complete: boolean;
  readonly incompleteBecause: readonly string[];
  readonly controlTotals: readonly ControlTotal[];
  readonly inputHash: string | null;
  readonly asOf: string;
  readonly rejected: readonly { readonly document: RejectedDocument; readonly customer: string | null }[];
  readonly problems: readonly Problem[];
  readonly skips: ReadonlyMap<string, { readonly count: number; readonly examples: readonly string[] }>;
};

/** Makes a load visible, all at once: keys, partitions, counts and problems in one transaction. */
export async function finishLoad(db: Kysely<Database>, loadId: string, outcome: LoadOutcome, now: Date): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const documents = leaf('document', loadId);
    const lines = leaf('line', loadId);
    await sql`alter table ${sql.id(documents)} add primary key (doc_no)`.execute(trx);
    await sql`alter table ${sql.id(lines)} add primary key (doc_no, ordinal)`.execute(trx);
    await sql`alter table document attach partition ${sql.id(documents)} for values in (${sql.lit(loadId)})`.execute(
      trx,
    );
    await sql`alter table line attach partition ${sql.id(lines)} for values in (${sql.lit(loadId)})`.execute(trx);
    await insertFindings(trx, loadId, outcome);
    await trx
      .updateTable('load')
      .set({
        state: 'loaded',
        listed: String(outcome.counts.listed),
        emitted: String(outcome.counts.emitted),
        rejected: String(outcome.counts.rejected),
        skipped: String(outcome.counts.skipped),
        is_complete: outcome.complete,
        incomplete_because: [...outcome.incompleteBecause],
        control_totals: JSON.stringify(outcome.controlTotals),
        input_hash: outcome.inputHash,
        as_of: outcome.asOf,
        loaded_at: now,
      })
      .where('id', '=', loadId)
      .execute();
  });
  // Without statistics the planner joins a million documents by nested loops.
  await sql`analyze ${sql.id(leaf('document', loadId))}`.execute(db);
}

const batch = 500;

async function insertFindings(trx: Kysely<Database>, loadId: string, outcome: LoadOutcome): Promise<void> {
  const rejected = outcome.rejected.map(({ document, customer }, index) => ({
    load_id: loadId,
    seq: index + 1,
    document_id: document.id,
    customer,
    customer_ref: document.customerRef,
    currency: document.currency,
    problems: JSON.stringify(document.problems),
    file: document.place.file ?? null,
    file_line: document.place.line ?? null,
  }));
  for (let at = 0; at < rejected.length; at += batch)
    await trx
      .insertInto('rejected_document')
      .values(rejected.slice(at, at + batch))
      .execute();
  const problems = outcome.problems.map((item, index) => ({
    load_id: loadId,
    seq: index + 1,
    problem: JSON.stringify(item),
  }));
  for (let at = 0; at < problems.length; at += batch)
    await trx
      .insertInto('load_problem')
      .values(problems.slice(at, at + batch))
      .execute();
  const skips = [...outcome.skips].map(([reason, skip]) => ({
    load_id: loadId,
    reason,
    skipped: String(skip.count),
    examples: [...skip.examples],
  }));
  if (skips.length > 0) await trx.insertInto('load_skip').values(skips).execute();
}
