import type { CycleId } from '../model/ids.js';
import { countries } from './catalogue.js';
import type { ExpectedDifference, ExpectedPair } from './expect.js';
import type { PlantedCase } from './planting.js';
import type { BillDocument } from './charge.js';
import type { Rated } from './rate.js';
import type { Written } from './write-legacy.js';

/** A document id and, for differences of lines, the line ids as the reports show them. */
export type TruthDifference = {
  readonly level: 'line' | 'header';
  readonly legacyLines: readonly string[];
  readonly solvimonLines: readonly string[];
  readonly product: string | null;
  readonly legacy: string | null;
  readonly solvimon: string | null;
  readonly delta: string;
};

export type TruthPair = {
  readonly state: string;
  readonly legacy: readonly string[];
  /** Empty for an ambiguous pair: which of the rivals stands here is what nobody can say. */
  readonly solvimon: readonly string[];
  readonly currency: string | null;
  /** Gross, solvimon minus legacy, in major units; null where the sides cannot be subtracted. */
  readonly delta: string | null;
  readonly differences: readonly TruthDifference[];
};

/** One planted thing: what was done to whom, and what has to be found. */
export type Truth = {
  readonly cycle: string;
  readonly plant: string;
  /** null: no difference, and must not be called one. */
  readonly cause: string | null;
  readonly reach: 'lasting' | 'each_cycle' | 'everybody';
  readonly sentence: string;
  readonly customer: string;
  readonly solvimonCustomer: string;
  readonly country: string;
  readonly cohort: string | null;
  readonly pairs: readonly TruthPair[];
};

export type TruthFile = {
  readonly about: string;
  readonly seed: number;
  readonly customers: number;
  readonly countries: number;
  readonly cycles: readonly { readonly cycle: string; readonly customersThatDiffer: number }[];
  readonly planted: readonly Truth[];
};

const about =
  'Everything that was planted into the demo, computed by the generator from its own bills. Deltas are solvimon minus legacy with tax. A pair of a cycle that is not listed here agrees.';

/** Documents and lines of both sides under the ids that the writers gave them. */
export type Ids = { readonly legacy: Written; readonly solvimon: Written };

/** What was planted into one cycle and came to anything. */
export function truthsOf(cycle: CycleId, cases: readonly PlantedCase[], ids: Ids): readonly Truth[] {
  return cases.flatMap(({ one, plant, pairs }) => {
    // A wrong setting that changed nothing this month is no finding.
    const isIdle = plant?.who === 'everybody' && pairs.every((pair) => pair.differences.length === 0);
    if (plant === null || isIdle) return [];
    const { customer } = one.input;
    return [
      {
        cycle,
        plant: plant.name,
        cause: plant.cause,
        reach: plant.who,
        sentence: plant.sentence,
        customer: customer.legacyId,
        solvimonCustomer: customer.solvimonId,
        country: customer.country,
        cohort: customer.cohort,
        pairs: pairs.map((pair) => toTruthPair(pair, ids)),
      },
    ];
  });
}

function toTruthPair(pair: ExpectedPair, ids: Ids): TruthPair {
  const idsOf = (documents: readonly BillDocument[], written: Written) =>
    documents.map((document) => written.documentIds.get(document) ?? '').sort();
  return {
    state: pair.state,
    legacy: idsOf(pair.legacy, ids.legacy),
    solvimon: pair.state === 'ambiguous' ? [] : idsOf(pair.solvimon, ids.solvimon),
    currency: pair.currency,
    delta: pair.delta,
    differences: pair.state === 'ambiguous' ? [] : pair.differences.map((one) => toTruthDifference(one, pair, ids)),
  };
}

function toTruthDifference(difference: ExpectedDifference, pair: ExpectedPair, ids: Ids): TruthDifference {
  const linesOf = (rows: readonly Rated[], documents: readonly BillDocument[], written: Written) => [
    ...new Set(
      rows.flatMap((row) => documents.flatMap((document) => written.lineIds.get(document)?.get(row.charge) ?? [])),
    ),
  ];
  const [row] = [...difference.legacyRows, ...difference.solvimonRows];
  return {
    level: difference.level,
    legacyLines: linesOf(difference.legacyRows, pair.legacy, ids.legacy),
    solvimonLines: linesOf(difference.solvimonRows, pair.solvimon, ids.solvimon),
    product: row?.charge.product ?? null,
    legacy: difference.legacy,
    solvimon: difference.solvimon,
    delta: difference.delta,
  };
}

/** The list of known answers as it is written. */
export function truthFile(
  seed: number,
  customers: number,
  cycles: readonly { readonly cycle: CycleId; readonly truths: readonly Truth[] }[],
): TruthFile {
  const differs = (truth: Truth) =>
    truth.pairs.some((pair) => pair.differences.length > 0 || pair.state === 'ambiguous');
  return {
    about,
    seed,
    customers,
    countries: Object.keys(countries).length,
    cycles: cycles.map(({ cycle, truths }) => ({
      cycle,
      customersThatDiffer: new Set(truths.filter(differs).map((truth) => truth.customer)).size,
    })),
    planted: cycles.flatMap(({ truths }) => truths),
  };
}
