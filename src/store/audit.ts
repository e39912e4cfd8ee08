import { hash } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Actor } from '../model/access.js';
import { canonicalJson } from '../model/canonical-json.js';
import type { Database } from './tables.js';

/** One line of the audit log. Holds ids and user names, and nothing else about a person. */
export type AuditEntry = {
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly via: string;
  readonly action: string;
  readonly subject: string;
  readonly cycle: string | null;
  readonly detail: unknown;
  readonly previousHash: string;
  readonly hash: string;
};

export type AuditAct = {
  readonly actor: Actor;
  readonly action: string;
  readonly subject: string;
  readonly cycle: string | null;
  /** Plain JSON; amounts as text. */
  readonly detail: unknown;
  readonly now: Date;
};

/** What the first row has as its previous hash. */
export const genesis = '0'.repeat(64);

/**
 * Writes an act down, in the transaction that does it: neither stands without the other. sha256 over the previous hash and
 * the canonical JSON of the row; the lock makes the chain one chain, whoever writes at the same moment.
 */
export async function appendAudit(trx: Transaction<Database>, act: AuditAct): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('shadowbill audit', 0))`.execute(trx);
  const last = await sql<{
    seq: string;
    hash: string;
  }>`select seq, hash from audit_log order by seq desc limit 1`.execute(trx);
  const seq = String(BigInt(last.rows[0]?.seq ?? '0') + 1n);
  const previousHash = last.rows[0]?.hash ?? genesis;
  const { actor, action, subject, cycle, detail } = act;
  const row = { seq, at: act.now.toISOString(), actor: actor.name, via: actor.via, action, subject, cycle, detail };
  await sql`insert into audit_log (seq, at, actor, via, action, subject, cycle, detail, previous_hash, hash)
    values (${seq}, ${row.at}, ${row.actor}, ${row.via}, ${action}, ${subject}, ${cycle}, ${JSON.stringify(detail)}, ${previousHash}, ${entryHash(previousHash, row)})`.execute(
    trx,
  );
}

function entryHash(previousHash: string, row: Omit<AuditEntry, 'previousHash' | 'hash'>): string {
  return hash('sha256', `${previousHash}\n${canonicalJson(row)}`, 'hex');
}

export type AuditFilter = {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly cycle?: string | undefined;
  /** Entries older than this number. */
  readonly before?: string | undefined;
  readonly limit: number;
};

/** Entries, newest first. */
export async function listAudit(db: Kysely<Database>, filter: AuditFilter): Promise<readonly AuditEntry[]> {
  const { actor = null, action = null, cycle = null, before = null, limit } = filter;
  const result = await sql<AuditEntry>`
    select ${columns} from audit_log
    where (${actor}::text is null or actor = ${actor}) and (${action}::text is null or action = ${action})
      and (${cycle}::text is null or cycle = ${cycle}) and (${before}::bigint is null or seq < ${before}::bigint)
    order by seq desc limit ${limit}`.execute(db);
  return result.rows;
}

const columns = sql`seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor, via, action, subject, cycle, detail,
  previous_hash as "previousHash", hash`;

export type AuditVerdict = {
  readonly isWhole: boolean;
  readonly entries: number;
  /** Number and hash of the last entry: keep them elsewhere, and a chain that was cut at its end is found out as well. */
  readonly head: { readonly seq: string; readonly hash: string };
  /** The first entry that is not as it was written, and what is wrong with it. */
  readonly broken: { readonly seq: string; readonly because: string } | null;
};

const verifiedRows = 1000;

/** Reads the whole log and computes every hash again. `expected`: a head that was kept elsewhere and has to be in the chain. */
export async function verifyAudit(
  db: Kysely<Database>,
  expected?: { readonly seq: string; readonly hash: string },
): Promise<AuditVerdict> {
  let head = { seq: '0', hash: genesis };
  let entries = 0;
  let isExpectedSeen = expected === undefined || (expected.seq === '0' && expected.hash === genesis);
  for (;;) {
    const page = await sql<AuditEntry>`
      select ${columns} from audit_log where seq > ${head.seq}::bigint order by seq limit ${verifiedRows}`.execute(db);
    for (const row of page.rows) {
      const because = faultOf(row, head);
      if (because !== null) return { isWhole: false, entries, head, broken: { seq: row.seq, because } };
      head = { seq: row.seq, hash: row.hash };
      entries += 1;
      if (expected !== undefined && row.seq === expected.seq && row.hash === expected.hash) isExpectedSeen = true;
    }
    if (page.rows.length < verifiedRows) break;
  }
  if (isExpectedSeen) return { isWhole: true, entries, head, broken: null };
  const because = 'the entry with the kept hash is not in the log: it was cut or written anew';
  return { isWhole: false, entries, head, broken: { seq: expected?.seq ?? '0', because } };
}

function faultOf(row: AuditEntry, head: { readonly seq: string; readonly hash: string }): string | null {
  const { previousHash, hash: stored, ...content } = row;
  if (BigInt(row.seq) !== BigInt(head.seq) + 1n) return `entry ${String(BigInt(head.seq) + 1n)} is missing`;
  if (previousHash !== head.hash) return 'it does not follow the entry before it';
  return entryHash(previousHash, content) === stored ? null : 'its content is not what was written';
}
