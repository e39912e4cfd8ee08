import { hash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { MismatchFinding, PairVerdict } from '../model/verdict.js';
import { copyValue, CopyWriter } from './copy-text.js';
import { runLeaf } from './pairing.js';

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

/**
 * Writes the verdicts of one chunk by COPY, replacing whatever an earlier attempt wrote, and marks the chunk done; all in
 * one transaction, so that a repeat changes nothing and a kill leaves nothing half-written.
 */
export async function writeChunk(
  pool: Pool,
  input: {
    readonly runSeq: string;
    readonly cycle: string;
    readonly chunk: number;
    readonly verdicts: readonly PairVerdict[];
    readonly now: Date;
  },
): Promise<void> {
  const { runSeq, chunk } = input;
  const ids = pairIds(input.cycle, input.verdicts);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin');
    // Twins of this job queue here; the second finds the same rows and writes them again.
    await client.query('select from compare_chunk where run_seq = $1 and chunk = $2 for update', [runSeq, chunk]);
    for (const table of ['mismatch', 'pair'] as const)
      await client.query(`delete from ${runLeaf(table, runSeq)} where chunk = $1`, [chunk]);
    await copyRows(
      client,
      runLeaf('pair', runSeq),
      input.verdicts.map((verdict, index) => pairRow(runSeq, ids[index] ?? '', chunk, verdict)),
    );
    await copyRows(
      client,
      runLeaf('mismatch', runSeq),
      input.verdicts.flatMap((verdict, index) => mismatchRows(runSeq, ids[index] ?? '', chunk, verdict)),
    );
    await client.query(
      `update compare_chunk set state = 'done', pairs = $3, finished_at = $4 where run_seq = $1 and chunk = $2`,
      [runSeq, chunk, input.verdicts.length, input.now],
    );
    await client.query('commit');
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    // A connection that is dropped takes its transaction with it.
    client.release(failure);
  }
}

/** Rows of one shape into a table; the names of their fields are those of the columns. */
async function copyRows(
  client: PoolClient,
  table: string,
  rows: readonly Readonly<Record<string, Parameters<typeof copyValue>[0]>>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const writer = new CopyWriter(client, `copy ${table} (${Object.keys(first).join(', ')}) from stdin`);
  for (const row of rows) await writer.row(Object.values(row).map(copyValue).join('\t'));
  await writer.end();
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
