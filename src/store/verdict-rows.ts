import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { MismatchFinding, PairVerdict } from '../model/verdict.js';
import { runLeaf } from './pairing.js';
import type { Database } from './tables.js';

/** Identity of a pair: the same documents in the same cycle are the same pair in every run. MD5 only names it; the SQL of `pairByDigest` makes the same one. */
export function pairId(cycle: string, verdict: Pick<PairVerdict, 'customer' | 'legacy' | 'solvimon'>): string {
  const hex = hash(
    'md5',
    [cycle, verdict.customer ?? '', verdict.legacy.join(','), verdict.solvimon.join(',')].join('\u001f'),
    'hex',
  );
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** Ids of the pairs of one chunk, in order. Unreadable documents may share an id or have none: further copies are numbered, so that each keeps its pair (I1). */
function pairIds(cycle: string, verdicts: readonly PairVerdict[]): readonly string[] {
  const seen = new Map<string, number>();
  return verdicts.map((verdict) => {
    const first = pairId(cycle, verdict);
    const copy = seen.get(first) ?? 0;
    seen.set(first, copy + 1);
    return copy === 0 ? first : pairId(`${cycle}#${copy}`, verdict);
  });
}

/** "P-" and the first 16 hex digits: how people see a pair's id. */
export function shownPairId(id: string): string {
  return `P-${id.replaceAll('-', '').slice(0, 16)}`;
}

/** Identity of a mismatch inside its pair: level and lines, never its amount or cause, so that it keeps its id while they change. */
function mismatchId(pair: string, finding: MismatchFinding, copy: number): string {
  const parts = [
    pair,
    finding.level,
    finding.legacyLines.join(','),
    finding.solvimonLines.join(','),
    finding.chargeKey ?? '',
    String(copy),
  ];
  return `M-${hash('sha256', parts.join('\u001f'), 'hex').slice(0, 16)}`;
}

const batch = 200;

/**
 * Writes the verdicts of one chunk, replacing whatever an earlier attempt wrote, and marks the chunk done; all in one
 * transaction, so that a repeat changes nothing and a kill leaves nothing half-written.
 */
export async function writeChunk(
  db: Kysely<Database>,
  input: {
    readonly runSeq: string;
    readonly cycle: string;
    readonly chunk: number;
    readonly verdicts: readonly PairVerdict[];
    readonly now: Date;
  },
): Promise<void> {
  const { runSeq, chunk } = input;
  await db.transaction().execute(async (trx) => {
    // Twins of this job queue here; the second finds the same rows and writes them again.
    await trx
      .selectFrom('compare_chunk')
      .select('state')
      .where('run_seq', '=', runSeq)
      .where('chunk', '=', chunk)
      .forUpdate()
      .executeTakeFirstOrThrow();
    for (const table of ['mismatch', 'pair'] as const) {
      await sql`delete from ${sql.id(runLeaf(table, runSeq))} where chunk = ${sql.lit(chunk)}`.execute(trx);
    }
    const ids = pairIds(input.cycle, input.verdicts);
    const pairs = input.verdicts.map((verdict, index) => pairRow(runSeq, ids[index] ?? '', chunk, verdict));
    const mismatches = input.verdicts.flatMap((verdict, index) =>
      mismatchRows(runSeq, ids[index] ?? '', chunk, verdict),
    );
    for (let at = 0; at < pairs.length; at += batch)
      await trx
        .insertInto('pair')
        .values(pairs.slice(at, at + batch))
        .execute();
    for (let at = 0; at < mismatches.length; at += batch)
      await trx
        .insertInto('mismatch')
        .values(mismatches.slice(at, at + batch))
        .execute();
    await trx
      .updateTable('compare_chunk')
      .set({ state: 'done', pairs: pairs.length, finished_at: input.now })
      .where('run_seq', '=', runSeq)
      .where('chunk', '=', chunk)
      .execute();
  });
}

function pairRow(runSeq: string, id: string, chunk: number, verdict: PairVerdict) {
  const detail = {
    ...(verdict.notes.length > 0 && { notes: verdict.notes }),
    ...(verdict.links.length > 0 && { links: verdict.links }),
    ...(verdict.notReady.length > 0 && { notReady: verdict.notReady }),
    ...(verdict.problems.length > 0 && { problems: verdict.problems }),
    ...(verdict.alternatives.length > 0 && { alternatives: verdict.alternatives }),
    ...(verdict.rules.length > 0 && { rules: verdict.rules }),
  };
  return {
    run_seq: runSeq,
    id,
    chunk,
    customer: verdict.customer,
    currency: verdict.currency,
    state: verdict.state,
    legacy: [...verdict.legacy],
    solvimon: [...verdict.solvimon],
    legacy_gross: verdict.legacyGross,
    solvimon_gross: verdict.solvimonGross,
    mismatches: verdict.mismatches.length,
    detail: Object.keys(detail).length === 0 ? null : JSON.stringify(detail),
  };
}

function mismatchRows(runSeq: string, pair: string, chunk: number, verdict: PairVerdict) {
  const seen = new Map<string, number>();
  return verdict.mismatches.map((finding) => {
    const first = mismatchId(pair, finding, 0);
    const copy = seen.get(first) ?? 0;
    seen.set(first, copy + 1);
    return {
      run_seq: runSeq,
      id: copy === 0 ? first : mismatchId(pair, finding, copy),
      chunk,
      pair_id: pair,
      customer: verdict.customer,
      currency: verdict.currency,
      level: finding.level,
      cause: finding.cause,
      confidence: finding.confidence,
      charge_key: finding.chargeKey,
      period:
        finding.period === null || finding.period.start >= finding.period.end
          ? null
          : `[${finding.period.start},${finding.period.end})`,
      legacy_lines: [...finding.legacyLines],
      solvimon_lines: [...finding.solvimonLines],
      legacy: finding.legacy,
      solvimon: finding.solvimon,
      delta: finding.delta,
      direction: finding.direction,
      components: JSON.stringify(finding.components),
      is_within_tolerance: finding.tolerance?.within ?? false,
      fingerprint: finding.fingerprint,
      detail: JSON.stringify({
        rivals: finding.rivals,
        working: finding.working,
        rules: finding.rules,
        tolerance: finding.tolerance,
      }),
    };
  });
}
