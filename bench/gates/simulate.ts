import { clopperPearsonUpper } from '../../src/confidence/clopper-pearson.js';
import { logEvidenceCount, meetsRiskLimit } from '../../src/confidence/e-process.js';

/** How the nights of one scenario look. Every invoice belongs to one customer; a customer is seen once. */
export type Scenario = {
  readonly name: string;
  readonly customersPerNight: number;
  readonly invoicesPerCustomer: number;
  /** Intraclass correlation of a customer's invoices: 0 independent, 1 all right or all wrong. */
  readonly icc: number;
  readonly nights: number;
};

export const gates = ['naive latest', 'naive cumulative', 'Clopper-Pearson peeking', 'shadowbill'] as const;
export type Gate = (typeof gates)[number];

/** Over all runs of a scenario at one true rate: how many promoted, and on which night. */
export type Outcome = { readonly promoted: number; readonly medianNight: number | null };

/** Most bad ones among n that still pass, per night; -1 when none does. Made once: a look is then one comparison. */
type Limits = Readonly<Record<Gate, readonly number[]>>;

const alpha = 0.05;

/** Runs a scenario at a true rate of wrong invoices (`rate`) against the limit, with one seeded stream of chance per run. */
export function simulate(
  scenario: Scenario,
  input: { readonly limit: number; readonly rate: number; readonly runs: number; readonly seed: number },
): Readonly<Record<Gate, Outcome>> {
  const limits = limitsOf(scenario, input.limit);
  const draw = customerDraw(scenario, input.rate);
  const nights: Record<Gate, number[]> = {
    'naive latest': [],
    'naive cumulative': [],
    'Clopper-Pearson peeking': [],
    shadowbill: [],
  };
  for (let run = 0; run < input.runs; run += 1) {
    const random = seeded(input.seed, run);
    for (const [gate, night] of oneRun(scenario, limits, draw, random)) nights[gate].push(night);
  }
  const outcome = (gate: Gate): Outcome => ({ promoted: nights[gate].length, medianNight: median(nights[gate]) });
  return {
    'naive latest': outcome('naive latest'),
    'naive cumulative': outcome('naive cumulative'),
    'Clopper-Pearson peeking': outcome('Clopper-Pearson peeking'),
    shadowbill: outcome('shadowbill'),
  };
}

/** The first night on which each gate promotes; a gate that never does is not there. */
function oneRun(
  { customersPerNight, nights }: Scenario,
  limits: Limits,
  draw: CustomerDraw,
  random: () => number,
): ReadonlyMap<Gate, number> {
  const first = new Map<Gate, number>();
  let [badInvoices, badCustomers] = [0, 0];
  for (let night = 1; night <= nights && first.size < gates.length; night += 1) {
    const tonight = drawNight(customersPerNight, draw, random);
    badInvoices += tonight.invoices;
    badCustomers += tonight.customers;
    const seen: Readonly<Record<Gate, number>> = {
      'naive latest': tonight.invoices,
      'naive cumulative': badInvoices,
      'Clopper-Pearson peeking': badInvoices,
      shadowbill: badCustomers,
    };
    for (const gate of gates)
      if (!first.has(gate) && seen[gate] <= (limits[gate][night - 1] ?? -1)) first.set(gate, night);
  }
  return first;
}

function limitsOf({ customersPerNight, invoicesPerCustomer, nights }: Scenario, limit: number): Limits {
  const perNight = Array.from({ length: nights }, (_unused, index) => index + 1);
  const invoices = customersPerNight * invoicesPerCustomer;
  return {
    'naive latest': perNight.map(() => Math.floor(limit * invoices + 1e-9)),
    'naive cumulative': perNight.map((night) => Math.floor(limit * invoices * night + 1e-9)),
    'Clopper-Pearson peeking': perNight.map((night) =>
      largest((k) => clopperPearsonUpper({ k, n: invoices * night, conf: 1 - alpha }) <= limit, invoices * night),
    ),
    shadowbill: perNight.map((night) =>
      largest(
        (k) => meetsRiskLimit(logEvidenceCount({ n: customersPerNight * night, k }, limit), alpha),
        customersPerNight * night,
      ),
    ),
  };
}

/** Largest k for which a falling condition holds; -1 when it does not hold for 0. */
function largest(holds: (k: number) => boolean, most: number): number {
  if (!holds(0)) return -1;
  let [low, high] = [0, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Chance that a customer has a wrong invoice at all, and the cumulated chances of 1, 2, … of them given that it has. */
type CustomerDraw = { readonly bad: number; readonly cumulated: readonly number[] };

/**
 * Wrong invoices of one customer follow the beta-binomial law with the given mean and intraclass correlation:
 * P(j) = C(m, j) B(j + a, m - j + b) / B(a, b), a = p (1/icc - 1), b = (1 - p) (1/icc - 1); at icc 0 it is the binomial
 * law, at icc 1 all or nothing.
 */
function customerDraw({ invoicesPerCustomer: m, icc }: Scenario, p: number): CustomerDraw {
  const chances = Array.from({ length: m + 1 }, (_unused, j) => chanceOf(j, m, p, icc));
  const bad = chances.slice(1).reduce((sum, chance) => sum + chance, 0);
  let sum = 0;
  const cumulated = chances.slice(1).map((chance) => {
    sum += bad === 0 ? 0 : chance / bad;
    return sum;
  });
  return { bad, cumulated };
}

function chanceOf(j: number, m: number, p: number, icc: number): number {
  if (p === 0) return j === 0 ? 1 : 0;
  if (icc === 1) return j === 0 ? 1 - p : j === m ? p : 0;
  let chance = 1;
  const scale = icc === 0 ? 0 : icc / (1 - icc);
  for (let i = 0; i < j; i += 1) chance *= ((m - i) / (i + 1)) * (p + i * scale);
  for (let i = 0; i < m - j; i += 1) chance *= 1 - p + i * scale;
  for (let i = 0; i < m; i += 1) chance /= 1 + i * scale;
  return chance;
}

function drawNight(
  customers: number,
  { bad, cumulated }: CustomerDraw,
  random: () => number,
): { readonly customers: number; readonly invoices: number } {
  let [badCustomers, invoices] = [0, 0];
  if (bad === 0) return { customers: 0, invoices: 0 };
  // Jumps from one bad customer to the next: geometric waiting times are the binomial law at a fraction of the draws.
  const jump = () => Math.floor(Math.log1p(-random()) / Math.log1p(-bad));
  for (let at = jump(); at < customers; at += 1 + jump()) {
    badCustomers += 1;
    const u = random();
    const found = cumulated.findIndex((chance) => u < chance);
    invoices += found < 0 ? cumulated.length : found + 1;
  }
  return { customers: badCustomers, invoices };
}

/** sfc32, seeded by the run: every run has its own stream, whatever ran before it. Uniform in [0, 1). */
function seeded(seed: number, run: number): () => number {
  let [a, b, c, d] = [seed | 0, run | 0, (seed ^ 0x9e3779b9) | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warm = 0; warm < 15; warm += 1) next();
  return next;
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
