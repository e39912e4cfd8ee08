import { type CompareRules, exactRules } from '../../src/model/compare-rules.js';
import type { Document } from '../../src/model/document.js';
import type { CustomerKey } from '../../src/model/ids.js';
import type { CustomerCase, UsageEvidence } from '../../src/model/prepared.js';
import type { PairVerdict } from '../../src/model/verdict.js';
import { identityMapping, type Mapping } from '../../src/reconcile/mapping.js';
import { explain } from '../../src/reconcile/explain/explain.js';
import { prepare } from '../../src/reconcile/prepare.js';
import { reconcileCustomer, reconcileCustomerWith } from '../../src/reconcile/reconcile-customer.js';
import { zone } from './build.js';

export const rules: CompareRules = { ...exactRules, timezone: zone };

/** Everything generated for one customer and cycle. */
export type Generated = {
  readonly customer: string;
  readonly legacy: readonly Document[];
  readonly solvimon: readonly Document[];
  readonly legacyNeighbours?: readonly Document[];
  readonly solvimonNeighbours?: readonly Document[];
  readonly usageEvidence?: readonly UsageEvidence[];
  /** Left out: ids are the same on both sides. */
  readonly mapping?: Mapping;
};

export function toCase(one: Generated, mapping: Mapping = one.mapping ?? identityMapping): CustomerCase {
  const of = (documents: readonly Document[], side: 'legacy' | 'solvimon') =>
    documents.map((document) => prepare(document, side, mapping, rules));
  return {
    customer: one.customer as CustomerKey,
    legacy: of(one.legacy, 'legacy'),
    solvimon: of(one.solvimon, 'solvimon'),
    legacyRejected: [],
    solvimonRejected: [],
    legacyNeighbours: of(one.legacyNeighbours ?? [], 'legacy'),
    solvimonNeighbours: of(one.solvimonNeighbours ?? [], 'solvimon'),
    ...(one.usageEvidence !== undefined && { usageEvidence: one.usageEvidence }),
  };
}

export function judge(one: Generated, mapping?: Mapping): readonly PairVerdict[] {
  return reconcileCustomer(toCase(one, mapping), rules);
}

/** As `judge`, with every line looked at and linked, also where the digests alone would settle the pair. */
export function judgeLines(one: Generated, mapping?: Mapping): readonly PairVerdict[] {
  return reconcileCustomerWith(explain, toCase(one, mapping), rules, { isFastExitOn: false });
}
