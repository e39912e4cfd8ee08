import { currency } from '../../src/model/currency.js';
import type { Document } from '../../src/model/document.js';
import { firstState, nextState, type RootCauseState } from '../../src/reconcile/root-causes/life.js';
import { build, type LineText } from './build.js';
import { percent } from './causes.js';
import { frac, rounded, times } from './exact.js';
import { type Random, randomOf } from './random.js';
import { judge } from './run-case.js';

export type CyclesReport = {
  readonly causes: number;
  readonly differences: number;
  readonly ours: CarryScore;
  /** Identity by the values that differ on both sides. */
  readonly bySignature: CarryScore;
  /** Identity by the ids of document and line. */
  readonly byRowId: CarryScore;
};

export type CarryScore = {
  /** Differences of a decided cause that still carry its decision, in percent. */
  readonly carried: string;
  /** Differences that carry the decision of another cause. */
  readonly wronglyCarried: number;
  /** Identities that are closed while their cause is still there. */
  readonly falseCloses: number;
  /** Causes that were fixed and whose identities are all closed in that cycle, in percent. */
  readonly closed: string;
  /** Causes that came back and are called regressed, in percent. */
  readonly regressionsSeen: string;
};

type Planned = {
  readonly id: number;
  readonly product: string;
  readonly kind: 'price' | 'tax' | 'usage' | 'missing';
  readonly customers: ReadonlySet<number>;
  /** Cycles in which it is there. */
  readonly cycles: ReadonlySet<number>;
};
type Seen = { readonly cause: number; readonly key: string };

const cycleCount = 6;
const customerCount = 60;

/** W5: causes that begin, are fixed and come back over six cycles, while every customer's usage changes each month. */
export function runCycles(seed: number, causeCount: number): CyclesReport {
  const random = randomOf(seed);
  const plan = Array.from({ length: causeCount }, (_unused, id) => planned(random, id));
  const identities = { ours: new Carry(plan), bySignature: new Carry(plan), byRowId: new Carry(plan) };
  let differences = 0;
  for (let cycle = 0; cycle < cycleCount; cycle += 1) {
    const seen = { ours: [] as Seen[], bySignature: [] as Seen[], byRowId: [] as Seen[] };
    for (let customer = 0; customer < customerCount; customer += 1) {
      const { legacy, solvimon } = documentsOf(random, plan, cycle, customer);
      const verdicts = judge({ customer: `c${customer}`, legacy: [legacy], solvimon: [solvimon] });
      for (const finding of verdicts.flatMap((verdict) => verdict.mismatches)) {
        const cause = plan.find((one) => one.product === finding.chargeKey)?.id;
        if (cause === undefined) continue;
        differences += 1;
        seen.ours.push({ cause, key: finding.fingerprint });
        seen.bySignature.push({ cause, key: `c${customer} ${finding.legacy} ${finding.solvimon}` });
        seen.byRowId.push({ cause, key: [...finding.legacyLines, ...finding.solvimonLines].join() });
      }
    }
    for (const name of ['ours', 'bySignature', 'byRowId'] as const) identities[name].cycle(cycle, seen[name]);
  }
  return {
    causes: causeCount,
    differences,
    ours: identities.ours.score(),
    bySignature: identities.bySignature.score(),
    byRowId: identities.byRowId.score(),
  };
}

/** The first cause is a tax rate: a setting of the platform, so there is one of it; the others lie in their products. */
function planned(random: Random, id: number): Planned {
  const start = random.int(0, 3);
  const end = random.chance(60) ? random.int(start + 1, 5) : cycleCount;
  const back = end < cycleCount - 1 && random.chance(40) ? random.int(end + 1, cycleCount - 1) : cycleCount;
  const cycles = new Set(
    Array.from({ length: cycleCount }, (_unused, cycle) => cycle).filter(
      (cycle) => (cycle >= start && cycle < end) || cycle >= back,
    ),
  );
  const members = random
    .shuffle(Array.from({ length: customerCount }, (_unused, index) => index))
    .slice(0, random.int(5, 30));
  return {
    id,
    product: `product-${id}`,
    kind: id === 0 ? 'tax' : random.pick(['price', 'usage', 'missing'] as const),
    customers: new Set(members),
    cycles,
  };
}

function documentsOf(
  random: Random,
  plan: readonly Planned[],
  cycle: number,
  customer: number,
): { readonly legacy: Document; readonly solvimon: Document } {
  const lines: Record<'legacy' | 'solvimon', LineText[]> = { legacy: [], solvimon: [] };
  for (const cause of plan) {
    if (!cause.customers.has(customer)) continue;
    const isThere = cause.cycles.has(cycle);
    const quantity = random.int(200, 900);
    const line = (side: 'l' | 's', count: number, price: string, taxRate: string): LineText => ({
      truth: `${side}-${cycle}-${customer}-${cause.id}`,
      product: cause.product,
      kind: 'usage',
      quantity: String(count),
      unitPrice: price,
      amount: rounded(times([BigInt(count), 1n], frac(price)), 2),
      taxRate,
    });
    lines.legacy.push(line('l', quantity, '1.25', '21'));
    if (!isThere) lines.solvimon.push(line('s', quantity, '1.25', '21'));
    else if (cause.kind === 'price') lines.solvimon.push(line('s', quantity, '1.35', '21'));
    else if (cause.kind === 'tax') lines.solvimon.push(line('s', quantity, '1.25', '9'));
    else if (cause.kind === 'usage') lines.solvimon.push(line('s', quantity + random.int(1, 50), '1.25', '21'));
  }
  const document = (side: 'legacy' | 'solvimon') =>
    build({
      id: `${side}-${cycle}-${customer}`,
      customer: `c${customer}`,
      currency: currency('EUR'),
      lines: random.shuffle(lines[side]),
    });
  return { legacy: document('legacy'), solvimon: document('solvimon') };
}

/** Follows one way of telling differences apart through the cycles. Class, because it gathers. */
class Carry {
  readonly #plan: readonly Planned[];
  readonly #states = new Map<string, { state: RootCauseState; causes: Set<number> }>();
  #should = 0;
  #did = 0;
  #wrong = 0;
  #falseCloses = 0;
  #fixes = 0;
  #closedFixes = 0;
  #returns = 0;
  #seenReturns = 0;

  constructor(plan: readonly Planned[]) {
    this.#plan = plan;
  }

  cycle(cycle: number, seen: readonly Seen[]): void {
    const keys = new Map<string, Set<number>>();
    for (const { cause, key } of seen) {
      this.#countCarried(cycle, cause, key);
      keys.set(key, (keys.get(key) ?? new Set()).add(cause));
    }
    this.#countReturns(cycle, seen);
    for (const [key, causes] of keys) {
      const known = this.#states.get(key);
      const state = known === undefined ? firstState : this.#next(known.state, 'seen');
      this.#states.set(key, {
        state: state === 'unknown' ? this.#next(state, 'name') : state,
        causes: new Set([...(known?.causes ?? []), ...causes]),
      });
    }
    for (const [key, entry] of this.#states) if (!keys.has(key)) this.#close(cycle, key, entry);
    this.#countFixes(cycle, keys);
    // Everybody who will fix something before the next cycle says so now.
    for (const [key, entry] of this.#states)
      if (keys.has(key) && [...entry.causes].some((cause) => this.#isFixedAfter(cause, cycle)))
        entry.state = this.#next(entry.state, 'declare_fixed');
  }

  score(): CarryScore {
    return {
      carried: percent(this.#did, this.#should),
      wronglyCarried: this.#wrong,
      falseCloses: this.#falseCloses,
      closed: percent(this.#closedFixes, this.#fixes),
      regressionsSeen: percent(this.#seenReturns, this.#returns),
    };
  }

  #next(state: RootCauseState, event: Parameters<typeof nextState>[1]): RootCauseState {
    const next = nextState(state, event);
    return next === 'refused' ? state : next;
  }

  #isThere(cause: number, cycle: number): boolean {
    return this.#plan[cause]?.cycles.has(cycle) === true;
  }

  #isFixedAfter(cause: number, cycle: number): boolean {
    return this.#isThere(cause, cycle) && cycle + 1 < cycleCount && !this.#isThere(cause, cycle + 1);
  }

  #countCarried(cycle: number, cause: number, key: string): void {
    if (!this.#isThere(cause, cycle - 1)) return;
    this.#should += 1;
    const known = this.#states.get(key);
    if (known === undefined) return;
    if (known.causes.has(cause)) this.#did += 1;
    else this.#wrong += 1;
  }

  #countReturns(cycle: number, seen: readonly Seen[]): void {
    for (const cause of this.#plan) {
      const wasEver = Array.from({ length: cycle }, (_unused, before) => before).some((before) =>
        cause.cycles.has(before),
      );
      if (!this.#isThere(cause.id, cycle) || this.#isThere(cause.id, cycle - 1) || !wasEver) continue;
      this.#returns += 1;
      const own = seen.filter((one) => one.cause === cause.id);
      const states = own.map((one) => this.#states.get(one.key)?.state);
      if (own.length > 0 && states.every((state) => state === 'fix-verified' || state === 'closed'))
        this.#seenReturns += 1;
    }
  }

  #close(cycle: number, _key: string, entry: { state: RootCauseState; causes: Set<number> }): void {
    const isOpen = entry.state !== 'closed' && entry.state !== 'fix-verified';
    if (isOpen && [...entry.causes].some((cause) => this.#isThere(cause, cycle))) this.#falseCloses += 1;
    entry.state = this.#next(entry.state, 'gone');
  }

  #countFixes(cycle: number, keys: ReadonlyMap<string, unknown>): void {
    for (const cause of this.#plan) {
      if (!this.#isThere(cause.id, cycle - 1) || this.#isThere(cause.id, cycle)) continue;
      this.#fixes += 1;
      const own = [...this.#states].filter(([, entry]) => entry.causes.has(cause.id));
      if (
        own.length > 0 &&
        own.every(([key, entry]) => !keys.has(key) && (entry.state === 'closed' || entry.state === 'fix-verified'))
      )
        this.#closedFixes += 1;
    }
  }
}
