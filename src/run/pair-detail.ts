import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { canonicalJson } from '../model/canonical-json.js';
import { decimalText, sumText } from '../model/money.js';
import type { LineLink, Note, PairVerdict } from '../model/verdict.js';
import { type Invoice, invoicesOf, unreadableOf } from '../store/invoices.js';
import { type MismatchRecord, mismatchesOf } from '../store/mismatch-pages.js';
import type { PairRecord } from '../store/pair-pages.js';
import type { Database } from '../store/tables.js';
import { findPair } from './look-up.js';

type Unreadable = Awaited<ReturnType<typeof unreadableOf>>;

/** A pair with both sides' invoices, every line, how the lines are related, and the proof that it foots. */
export type PairDetail = {
  readonly pair: PairRecord;
  readonly run: string;
  readonly legacy: readonly Invoice[];
  readonly solvimon: readonly Invoice[];
  readonly unreadable: { readonly legacy: Unreadable; readonly solvimon: Unreadable };
  readonly links: readonly LineLink[];
  readonly mismatches: readonly MismatchRecord[];
  /** null when the two sides cannot be subtracted. */
  readonly footing: { readonly differences: string; readonly delta: string; readonly foots: boolean } | null;
  readonly notes: readonly Note[];
  readonly notReady: readonly string[];
  readonly alternatives: PairVerdict['alternatives'];
  readonly rules: readonly string[];
  /** Changes when anything of the pair changes: what a "viewed" tick hangs on. */
  readonly contentHash: string;
};

type Stored = {
  readonly links?: readonly LineLink[];
  readonly notes?: readonly Note[];
  readonly notReady?: readonly string[];
  readonly alternatives?: PairVerdict['alternatives'];
  readonly rules?: readonly string[];
};

/** Throws AppError `pair_not_found`. */
export async function pairDetail(db: Kysely<Database>, shownId: string): Promise<PairDetail> {
  const { pair, uuid, run } = await findPair(db, shownId);
  const mismatches = await mismatchesOf(db, run, uuid);
  const legacy = await invoicesOf(db, run, 'legacy', pair.legacy);
  const solvimon = await invoicesOf(db, run, 'solvimon', pair.solvimon);
  const stored = (pair.detail ?? {}) as Stored;
  const content = { legacy, solvimon, mismatches: mismatches.map(({ id, cause, delta }) => [id, cause, delta]) };
  return {
    pair,
    run: run.id,
    legacy,
    solvimon,
    unreadable: {
      legacy: await unreadableOf(db, run, 'legacy', pair.legacy),
      solvimon: await unreadableOf(db, run, 'solvimon', pair.solvimon),
    },
    links: stored.links ?? [],
    mismatches,
    footing: footingOf(pair, mismatches),
    notes: stored.notes ?? [],
    notReady: stored.notReady ?? [],
    alternatives: stored.alternatives ?? [],
    rules: stored.rules ?? [],
    contentHash: hash('sha256', canonicalJson(content), 'hex'),
  };
}

function footingOf(pair: PairRecord, mismatches: readonly MismatchRecord[]): PairDetail['footing'] {
  if (pair.delta === null) return null;
  const differences = sumText(mismatches.map((one) => decimalText(one.delta)));
  return { differences, delta: pair.delta, foots: differences === decimalText(pair.delta) };
}
