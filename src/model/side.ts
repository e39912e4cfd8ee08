/** The two systems of a parallel run, always in this order. */
export const sides = ['legacy', 'solvimon'] as const;
export type Side = (typeof sides)[number];

/** Over: Solvimon bills more. Under: Solvimon bills less. A delta is always solvimon minus legacy. */
export type Direction = 'over' | 'under' | 'none';

export function otherSide(side: Side): Side {
  return side === 'legacy' ? 'solvimon' : 'legacy';
}
