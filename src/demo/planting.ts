import { invariant } from '../model/invariant.js';
import type { CycleId } from '../model/ids.js';
import type { Customer } from './business.js';
import type { Case } from './case.js';
import { type ExpectedPair, expectedPairs } from './expect.js';
import type { Plant } from './plant.js';
import { discountPlants, roundingPlants, taxPlants } from './plants/money.js';
import { existencePlants, identityPlants, periodPlants } from './plants/presence.js';
import { pricePlants, prorationPlants } from './plants/price.js';
import { situations, structurePlants } from './plants/structure.js';
import { usagePlants } from './plants/usage.js';
import type { Random } from './random.js';

/** Everything that is planted. Those that strike everybody concerned come first: they leave the others to choose from. */
export const plants: readonly Plant[] = [
  ...existencePlants,
  ...identityPlants,
  ...periodPlants,
  ...usagePlants,
  ...pricePlants,
  ...prorationPlants,
  ...discountPlants,
  ...taxPlants,
  ...roundingPlants,
  ...structurePlants,
  ...situations,
];

/** A customer's month after planting: what was done to it, if anything, and what must be found. */
export type PlantedCase = { readonly one: Case; readonly plant: Plant | null; readonly pairs: readonly ExpectedPair[] };

/** One cycle's months by customer number. */
export type CycleCases = { readonly cycle: CycleId; readonly cases: ReadonlyMap<number, Case> };

/**
 * Gives every plant its customers, at most one plant a customer and cycle, and makes it happen. A plant that does not
 * change what is billed strikes the next customer instead; one that finds nobody is an invariant failure, so that no
 * cause goes missing from the demo unseen.
 */
export function plantAll(
  cycles: readonly CycleCases[],
  customers: readonly Customer[],
  random: Random,
): readonly { readonly cycle: CycleId; readonly cases: readonly PlantedCase[] }[] {
  const beds = cycles.map((each) => new Bed(each, cycles[0]?.cases ?? each.cases));
  const everybody = plants.filter((plant) => plant.who === 'everybody');
  const chosen = plants.filter((plant) => plant.who !== 'everybody');
  for (const plant of everybody)
    for (const customer of customers)
      if (beds.every((bed) => bed.mayTake(plant, customer))) takeAll(beds, plant, customer, random, true);
  for (const plant of chosen) {
    const rounds = plant.who === 'lasting' ? [beds] : beds.map((bed) => [bed]);
    for (const [index, round] of rounds.entries())
      strike(round, plant, random.fork(`${plant.name} ${index}`).shuffled(customers), random);
  }
  return beds.map((bed) => ({ cycle: bed.cycle, cases: bed.all(customers) }));
}

function strike(beds: readonly Bed[], plant: Plant, candidates: readonly Customer[], random: Random): void {
  let struck = 0;
  for (const customer of candidates) {
    if (struck >= plant.count) return;
    if (beds.every((bed) => bed.mayTake(plant, customer)) && takeAll(beds, plant, customer, random, false)) struck += 1;
  }
  invariant(struck >= plant.count, 'every plant finds its customers', { plant: plant.name, struck });
}

/** Plants in all the given cycles or in none. */
function takeAll(beds: readonly Bed[], plant: Plant, customer: Customer, random: Random, mayMiss: boolean): boolean {
  const made = beds.map((bed) => bed.make(plant, customer, random));
  if (!mayMiss && !made.every((each) => bites(each))) return false;
  for (const [index, bed] of beds.entries()) {
    const planted = made[index];
    if (planted !== undefined) bed.keep(customer, planted);
  }
  return true;
}

/** Whether something came of it: a difference for a cause, none for what must not look like one. */
function bites({ plant, pairs }: PlantedCase): boolean {
  const hasDifference = pairs.some((pair) => pair.differences.length > 0);
  if (plant === null || plant.cause === null) return true;
  if (plant.cause === 'rounding.level') return pairs.some((pair) => pair.state === 'within_tolerance');
  return hasDifference !== (plant.isWithoutMoney === true);
}

/** The months of one cycle, and which of them are taken. Class, because it fills up. */
class Bed {
  readonly cycle: CycleId;
  readonly #cases: ReadonlyMap<number, Case>;
  readonly #firsts: ReadonlyMap<number, Case>;
  readonly #taken = new Map<number, PlantedCase>();

  constructor({ cycle, cases }: CycleCases, firsts: ReadonlyMap<number, Case>) {
    this.cycle = cycle;
    this.#cases = cases;
    this.#firsts = firsts;
  }

  mayTake(plant: Plant, customer: Customer): boolean {
    const one = this.#of(customer);
    // Months with a credit note are left as they are: what is planted shows best in a plain month, and on no free plan.
    return (
      !this.#taken.has(customer.number) &&
      customer.plan !== 'developer' &&
      customer.cohort === (plant.cohort ?? null) &&
      one.legacy.length === 1 &&
      plant.fits(one)
    );
  }

  make(plant: Plant, customer: Customer, random: Random): PlantedCase {
    const first = this.#firsts.get(customer.number) ?? this.#of(customer);
    const one = plant.apply(this.#of(customer), random.fork(`${plant.name} ${customer.number} ${this.cycle}`), first);
    return { one, plant, pairs: expectedPairs(one, plant.cause) };
  }

  keep(customer: Customer, planted: PlantedCase): void {
    this.#taken.set(customer.number, planted);
  }

  all(customers: readonly Customer[]): readonly PlantedCase[] {
    return customers.map((customer) => {
      const one = this.#of(customer);
      return this.#taken.get(customer.number) ?? { one, plant: null, pairs: expectedPairs(one, null) };
    });
  }

  #of(customer: Customer): Case {
    const one = this.#cases.get(customer.number);
    invariant(one !== undefined, 'every customer has every month', { customer: customer.number });
    return one;
  }
}
