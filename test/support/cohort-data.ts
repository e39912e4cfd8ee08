import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { defaultGolive, type ConfidenceContext } from '../../src/run/confidence-context.js';
import { defaultPolicy } from '../../src/confidence/policy.js';
import { parseCurrency } from '../../src/model/currency.js';
import { decimalText } from '../../src/model/money.js';
import type { RosterFile } from '../../src/run/read-roster.js';
import type { RosterEntry } from '../../src/store/rosters.js';
import { finishRun, startRun, type StoredRun } from '../../src/store/runs.js';
import type { Database } from '../../src/store/tables.js';

/** One stored pair with the mismatches that make it. Amounts in major units; null is a side without a document. */
export type TestPair = {
  readonly customer: string | null;
  readonly currency?: string | null;
  readonly state: string;
  readonly legacy: string | null;
  readonly solvimon: string | null;
  readonly mismatches?: readonly TestMismatch[];
};

export type TestMismatch = {
  readonly cause: string;
  readonly confidence: 'proven' | 'likely' | 'unknown';
  readonly delta: string;
  readonly level?: 'usage' | 'line' | 'tax' | 'header';
  readonly fingerprint?: string;
  readonly components?: Readonly<Record<string, string>>;
  readonly isWithinTolerance?: boolean;
  readonly status?: string;
};

const uuidOf = (text: string) => {
  const hex = createHash('md5').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
let runs = 0;

/** A finished run with these verdicts, as the engine would have stored them, both sides read at `now`. */
export async function storeRun(
  db: Kysely<Database>,
  input: {
    readonly cycle: string;
    readonly pairs: readonly TestPair[];
    readonly now: Date;
    readonly isComplete?: boolean;
    readonly config?: unknown;
    readonly isFinished?: boolean;
  },
): Promise<StoredRun> {
  runs += 1;
  const { run } = await startRun(db, {
    id: `t${String(runs).padStart(25, '0')}`,
    cycle: input.cycle,
    timezone: 'Europe/Amsterdam',
    configHash: `hash ${runs}`,
    config: { config: input.config ?? {} },
    now: input.now,
  });
  for (const side of ['legacy', 'solvimon'])
    await sql`insert into load (run_id, side, state, is_complete, as_of, started_at) values (${run.id}, ${side}, 'loaded', true, ${input.now}, ${input.now})`.execute(
      db,
    );
  for (const table of ['pair', 'mismatch'])
    await sql`create table ${sql.id(`${table}_r${run.seq}`)} partition of ${sql.id(table)} for values in (${sql.lit(run.seq)})`.execute(
      db,
    );
  const stored = input.pairs.map((pair, index) => rowsOf(run, index, pair));
  const mismatches = stored.flatMap((one) => one.mismatches);
  for (let at = 0; at < stored.length; at += batch) {
    const pairs = stored.slice(at, at + batch).map(({ pair }) => pair);
    await db.insertInto('pair').values(pairs).execute();
  }
  for (let at = 0; at < mismatches.length; at += batch)
    await db
      .insertInto('mismatch')
      .values(mismatches.slice(at, at + batch))
      .execute();
  if (input.isFinished === false) return run;
  await finishRun(db, run.id, {
    isComplete: input.isComplete ?? true,
    incompleteBecause: [],
    summary: {},
    resultHash: 'x',
    now: input.now,
  });
  return run;
}

const batch = 200;

function rowsOf(run: StoredRun, index: number, pair: TestPair) {
  const id = uuidOf(`${run.id} ${index}`);
  const currency = pair.currency === undefined ? 'EUR' : pair.currency;
  return {
    pair: {
      run_seq: run.seq,
      id,
      chunk: 1,
      customer: pair.customer,
      currency,
      state: pair.state,
      legacy: pair.legacy === null ? [] : [`L${index}`],
      solvimon: pair.solvimon === null ? [] : [`S${index}`],
      legacy_gross: pair.legacy,
      solvimon_gross: pair.solvimon,
      mismatches: pair.mismatches?.length ?? 0,
      detail: null,
    },
    mismatches: (pair.mismatches ?? []).map((one, at) => ({
      run_seq: run.seq,
      id: `M-${id}-${at}`,
      chunk: 1,
      pair_id: id,
      customer: pair.customer,
      currency,
      level: one.level ?? 'line',
      cause: one.cause,
      confidence: one.confidence,
      charge_key: null,
      period: null,
      legacy_lines: [],
      solvimon_lines: [],
      legacy: null,
      solvimon: null,
      delta: one.delta,
      direction: one.delta.startsWith('-') ? 'under' : one.delta === '0' ? 'none' : 'over',
      components: JSON.stringify(one.components ?? {}),
      is_within_tolerance: one.isWithinTolerance ?? false,
      status: one.status ?? 'open',
      fingerprint: one.fingerprint ?? `fp1-${one.cause}`,
      detail: '{}',
    })),
  };
}

export const matched = (customer: string, amount = '100.00'): TestPair => ({
  customer,
  state: 'matched',
  legacy: amount,
  solvimon: amount,
});

export function rosterEntry(customer: string, over: Partial<RosterEntry> = {}): RosterEntry {
  return {
    customer,
    currency: 'EUR',
    country: 'NL',
    plan: 'basic',
    mrr: '100',
    hasUsage: false,
    cohort: null,
    starts: null,
    ends: null,
    exclusion: null,
    features: {},
    events: [],
    ...over,
  };
}

export function rosterFile(entries: readonly RosterEntry[]): RosterFile {
  return {
    file: 'roster.csv',
    inputHash: createHash('sha256').update(JSON.stringify(entries)).digest('hex'),
    entries,
  };
}

/** A context with the default policy, one night of agreement, euros, and a clock that the test owns. */
export function confidenceContext(
  db: Kysely<Database>,
  input: Partial<ConfidenceContext> & { readonly now: () => Date },
): ConfidenceContext {
  const euro = parseCurrency('EUR');
  if (euro === undefined) throw new Error('EUR is a currency');
  return {
    db,
    zone: 'Europe/Amsterdam',
    policy: { ...defaultPolicy, cycles: { ...defaultPolicy.cycles, agreeNights: 1 } },
    roster: null,
    reporting: { currency: euro, rates: new Map([[parseCurrency('USD') ?? euro, decimalText('0.9')]]) },
    cohorts: [],
    golive: defaultGolive,
    ...input,
  };
}

export const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_unused, index) => `${prefix}-${String(index + 1).padStart(3, '0')}`);
