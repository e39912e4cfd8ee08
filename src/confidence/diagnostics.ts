import { invariant } from '../model/invariant.js';
import { binomialLowerTail } from './special-functions.js';

/**
 * Two-sided exact sign test: the chance of a split at least as uneven as `pos` against `neg` if both directions were
 * equally likely. Tolerated deltas take part, zero deltas do not: 40 up against 15 down (p = 0.001) makes a systematic
 * +0.01 an issue.
 */
export function signTest(pos: number, neg: number): number {
  invariant(
    [pos, neg].every((count) => Number.isSafeInteger(count) && count >= 0),
    'whole counts are expected',
    { pos, neg },
  );
  return Math.min(1, 2 * binomialLowerTail({ k: Math.min(pos, neg), n: pos + neg, p: 0.5 }));
}

/** Customers of one cluster (a plan, a region, a reseller tree) and how many of them are bad. */
export type Cluster = { readonly size: number; readonly bad: number };

/**
 * Intraclass correlation by the one-way analysis of variance, the design effect 1 + (m_a - 1) * ICC and the effective
 * number of customers n / deff (statistics 2.7). A diagnostic only: with zero errors the correlation is not estimable
 * and comes out as 0.
 */
export function designEffect(clusters: readonly Cluster[]): {
  readonly icc: number;
  readonly deff: number;
  readonly effectiveCount: number;
} {
  invariant(clusters.length >= 2, 'at least two clusters are expected', { clusters: clusters.length });
  const total = clusters.reduce((sum, cluster) => sum + cluster.size, 0);
  const bad = clusters.reduce((sum, cluster) => sum + cluster.bad, 0);
  const squares = clusters.reduce((sum, cluster) => sum + cluster.size ** 2, 0);
  invariant(total > clusters.length, 'some cluster must hold more than one customer', { total });
  const between =
    clusters.reduce((sum, { size, bad: k }) => sum + size * (k / size - bad / total) ** 2, 0) / (clusters.length - 1);
  const within = clusters.reduce((sum, { size, bad: k }) => sum + k * (1 - k / size), 0) / (total - clusters.length);
  const n0 = (total - squares / total) / (clusters.length - 1);
  const spread = between + (n0 - 1) * within;
  const icc = spread > 0 ? Math.max(0, (between - within) / spread) : 0;
  const deff = 1 + (squares / total - 1) * icc;
  return { icc, deff, effectiveCount: total / deff };
}

/** Good-Turing estimate of the share of next customers who reveal a cause never seen: causes seen exactly once over n. */
export function goodTuringUnseenMass(seenOnce: number, n: number): number {
  invariant(n > 0 && seenOnce >= 0, 'at least one customer is expected', { seenOnce, n });
  return seenOnce / n;
}
