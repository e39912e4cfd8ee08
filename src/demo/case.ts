import { invariant } from '../model/invariant.js';
import { decimalText } from '../model/money.js';
import type { BillDocument, Charge, Discount } from './charge.js';
import type { BillInput } from './contracts.js';
import type { UsageEvent } from './events.js';

/** One customer's month in both systems. They start alike; a plant makes them differ. */
export type Case = {
  readonly input: BillInput;
  readonly legacy: readonly BillDocument[];
  readonly solvimon: readonly BillDocument[];
  readonly legacyEvents: readonly UsageEvent[];
  readonly solvimonEvents: readonly UsageEvent[];
  readonly isCustomerMapped: boolean;
  /** Two pairings are equally good, so nobody can say which is right. */
  readonly isAmbiguous: boolean;
};

export type CaseSide = 'legacy' | 'solvimon';

/** The charges of the ordinary invoice. */
export function chargesOf(one: Case, side: CaseSide): readonly Charge[] {
  return one[side].find((document) => document.pair === 'main')?.charges ?? [];
}

export function hasRow(one: Case, row: string): boolean {
  return chargesOf(one, 'legacy').some((charge) => charge.row === row);
}

/** The charge of a row of the old system's invoice; an invariant failure when it is not there. */
export function rowOf(one: Case, row: string): Charge {
  const found = chargesOf(one, 'legacy').find((charge) => charge.row === row);
  invariant(found !== undefined, 'a plant looks before it changes a row', { row, customer: one.input.customer.number });
  return found;
}

/** The ordinary invoice of one side with other charges. */
export function withCharges(
  one: Case,
  side: CaseSide,
  change: (charges: readonly Charge[]) => readonly Charge[],
): Case {
  return {
    ...one,
    [side]: one[side].map((document) =>
      document.pair === 'main' ? { ...document, charges: change(document.charges) } : document,
    ),
  };
}

/** One row changed on one side. */
export function withRow(one: Case, side: CaseSide, row: string, change: (charge: Charge) => Charge): Case {
  return withCharges(one, side, (charges) => charges.map((charge) => (charge.row === row ? change(charge) : charge)));
}

/** One row changed on both sides: part of the contract and no difference. */
export function withRowOnBoth(one: Case, row: string, change: (charge: Charge) => Charge): Case {
  return withRow(withRow(one, 'legacy', row, change), 'solvimon', row, change);
}

export function withoutRow(one: Case, side: CaseSide, row: string): Case {
  return withCharges(one, side, (charges) => charges.filter((charge) => charge.row !== row));
}

export function withAdded(one: Case, side: CaseSide, ...added: readonly Charge[]): Case {
  return withCharges(one, side, (charges) => [...charges, ...added]);
}

/** Coupons on the fee in both systems. */
export function withCoupons(one: Case, discounts: readonly Discount[]): Case {
  return withRowOnBoth(one, 'fee', (charge) => ({ ...charge, discounts }));
}

export const percentOff = (name: string, percent: string): Discount => ({ name, percent: decimalText(percent) });

/** The documents of one side changed as a whole. */
export function withDocuments(
  one: Case,
  side: CaseSide,
  change: (documents: readonly BillDocument[]) => readonly BillDocument[],
): Case {
  return { ...one, [side]: change(one[side]) };
}
