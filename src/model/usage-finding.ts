import type { ChargeKey } from './ids.js';

/** Every way in which an event can be other than it should be. Ids are public and stay. */
export const usageClasses = [
  'missing',
  'extra',
  'duplicate',
  'late',
  'unmatched',
  'wrong_customer',
  'wrong_meter',
  'wrong_period',
  'wrong_time',
  'wrong_quantity',
  'future',
  'unknown_customer',
  'unknown_meter',
  'unreadable',
  'count_differs',
] as const;
export type UsageClass = (typeof usageClasses)[number];

/** What a meter makes of its events. `unique`: how many different keys. `latest`: the last value of the cycle. */
export const aggregations = ['sum', 'count', 'max', 'min', 'average', 'unique', 'latest'] as const;
export type Aggregation = (typeof aggregations)[number];

/** A meter after mapping: the key that both sides are joined on, what it is billed as, and what it makes of its events. */
export type Meter = { readonly key: string; readonly chargeKey: ChargeKey; readonly aggregation: Aggregation };
