import { type BilledCurrency, type Country, countries, type Meter, type Plan } from './catalogue.js';
import type { Random } from './random.js';

/** A percentage off ("10") or a fixed amount off in the customer's currency; several apply one after the other. */
export type Coupon = { readonly name: string; readonly percent: string | null };

/** A customer of the made-up business and what the contract says. Usage figures are a usual month; months vary around them. */
export type Customer = {
  readonly number: number;
  /** The old system's account number. */
  readonly legacyId: string;
  /** Solvimon's customer reference. */
  readonly solvimonId: string;
  readonly name: string;
  readonly country: Country;
  readonly plan: Plan;
  readonly currency: BilledCurrency;
  /** Soft-launch cohort of shadowbill.yml; null for customers who stay where they are for now. */
  readonly cohort: CohortId | null;
  readonly seats: number;
  readonly usage: Readonly<Partial<Record<Meter, number>>>;
  readonly coupons: readonly Coupon[];
  readonly hasSupport: boolean;
  readonly hasConnector: boolean;
  readonly hasMinimum: boolean;
};

export const cohortIds = ['nl-basic', 'jp-team', 'ireland', 'de-growth'] as const;
export type CohortId = (typeof cohortIds)[number];

/** How many customers of each plan a country has. */
const population: readonly (readonly [Country, Plan, number])[] = [
  ['NL', 'starter', 215],
  ['NL', 'team', 140],
  ['NL', 'growth', 60],
  ['NL', 'business', 22],
  ['NL', 'developer', 6],
  ['DE', 'starter', 20],
  ['DE', 'team', 35],
  ['DE', 'growth', 40],
  ['DE', 'business', 16],
  ['FR', 'starter', 15],
  ['FR', 'team', 25],
  ['FR', 'growth', 22],
  ['FR', 'business', 10],
  ['BE', 'starter', 12],
  ['BE', 'team', 15],
  ['BE', 'growth', 18],
  ['IE', 'team', 6],
  ['IE', 'growth', 8],
  ['GB', 'starter', 18],
  ['GB', 'team', 22],
  ['GB', 'growth', 24],
  ['GB', 'business', 10],
  ['US', 'developer', 2],
  ['US', 'starter', 25],
  ['US', 'team', 35],
  ['US', 'growth', 48],
  ['US', 'business', 22],
  ['JP', 'team', 12],
  ['JP', 'growth', 20],
  ['JP', 'business', 9],
  ['KW', 'team', 4],
  ['KW', 'growth', 9],
  ['KW', 'business', 5],
];

/** The same membership as the cohorts of shadowbill.yml select. */
function cohortOf(country: Country, plan: Plan): CohortId | null {
  if (country === 'NL' && (plan === 'starter' || plan === 'team')) return 'nl-basic';
  if (country === 'JP' && plan === 'team') return 'jp-team';
  if (country === 'IE') return 'ireland';
  if (country === 'DE' && plan === 'growth') return 'de-growth';
  return null;
}

const places = [
  'Amberfield Bluefjord Brückner Caldera Cedarvale Claremont Corvane Dahlström Elmswood Fairhaven Fenwick Garance ' +
    'Greystone Hallberg Harbourgate Iverness Juniper Kestrel Lindqvist Lumière Marlowe Meridian Montclair Nordlys ' +
    'Northgate Oakhurst Orléan Pinewood Quarrington Ravensholm Rosenthal Saltmarsh Selwyn Stonebridge Thornbury ' +
    'Tidewater Umbria Valcourt Westmere Zephyr',
]
  .join('')
  .split(' ');
const trades =
  'Analytics Bakery Bikes Books Care Catering Ceramics Clinics Coffee Courier Dental Energy Fabrics Fitness Foods Gardens Glass Interiors Kitchens Labs Learning Legal Logistics Media Motors Optics Outdoors Parcels Pharmacy Press Print Robotics Security Studio Supply Telecom Textiles Timber Tools Travel Water Works'.split(
    ' ',
  );

/** Every customer, in order of account number. */
export function makeCustomers(random: Random): readonly Customer[] {
  const names = random.fork('names').shuffled(places.flatMap((place) => trades.map((trade) => `${place} ${trade}`)));
  const members = random
    .fork('order')
    .shuffled(population.flatMap(([country, plan, count]) => Array.from({ length: count }, () => ({ country, plan }))));
  const references = random.fork('references').shuffled(members.map((_unused, index) => 40_001 + index));
  return members.map(({ country, plan }, index) =>
    makeCustomer(random.fork(`customer ${index}`), {
      number: 10_001 + index,
      country,
      plan,
      name: names[index] ?? `Customer ${index}`,
      reference: references[index] ?? 0,
    }),
  );
}

function makeCustomer(
  random: Random,
  given: {
    readonly number: number;
    readonly country: Country;
    readonly plan: Plan;
    readonly name: string;
    readonly reference: number;
  },
): Customer {
  const { number, country, plan } = given;
  const { currency, form } = countries[country];
  const isBig = plan === 'business';
  return {
    number,
    legacyId: `K-${number}`,
    solvimonId: `S-${given.reference}`,
    name: `${given.name} ${form}`,
    country,
    plan,
    currency,
    cohort: cohortOf(country, plan),
    seats:
      plan === 'team' ? random.int(2, 15) : plan === 'growth' ? random.int(5, 40) : isBig ? random.int(25, 160) : 0,
    usage: usageOf(random, country, plan),
    coupons: couponsOf(random, plan),
    hasSupport: isBig || (plan === 'growth' && random.chance(25)) || (plan === 'team' && random.chance(10)),
    hasConnector: currency === 'EUR' && (isBig || plan === 'growth') && random.chance(25),
    hasMinimum: isBig && random.chance(40),
  };
}

function usageOf(random: Random, country: Country, plan: Plan): Customer['usage'] {
  if (plan === 'growth')
    return {
      api: random.int(country === 'FR' ? 14_000 : 6_000, country === 'FR' ? 48_000 : 90_000),
      storage: random.int(80, 900),
      sms: random.int(600, 4_000),
    };
  if (plan !== 'business') return {};
  return {
    api: random.int(120_000, 800_000),
    storage: random.int(1_200, 6_000),
    sms: random.int(3_000, 20_000),
    exports: random.int(4_000, 90_000),
    workflows: random.int(700, 14_000),
  };
}

function couponsOf(random: Random, plan: Plan): readonly Coupon[] {
  if (plan === 'developer') return [];
  const drawn = random.int(1, 100);
  if (drawn <= 8) return [{ name: 'LAUNCH10', percent: '10' }];
  if (drawn <= 11) return [{ name: 'WELCOME', percent: null }];
  if (drawn <= 15)
    return [
      { name: 'PARTNER15', percent: '15' },
      { name: 'WELCOME', percent: null },
    ];
  return [];
}

/** Whether a customer pays for metered usage. */
export function hasUsage(customer: Customer): boolean {
  return Object.keys(customer.usage).length > 0;
}
