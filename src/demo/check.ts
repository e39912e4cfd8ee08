import type { TruthFile, TruthPair } from './truth.js';

/** A pair as a run reports it; ids in any order, amounts as canonical decimal text. */
export type ReportedPair = {
  readonly state: string;
  readonly currency: string | null;
  readonly legacy: readonly string[];
  readonly solvimon: readonly string[];
  readonly delta: string | null;
};

export type Check = {
  /** How many pairs were planted so that they do not simply agree. */
  readonly planted: number;
  /** How many of them were reported with the planted state and delta. */
  readonly found: number;
  /** Planted pairs that were not found so, and reported ones that nobody planted; each as one line of text. */
  readonly missed: readonly string[];
  readonly unplanted: readonly string[];
};

/** Holds what a run reports of a cycle against the known answers, pair by pair: state, currency, documents, delta to the last digit. */
export function checkPairs(truth: TruthFile, cycle: string, reported: readonly ReportedPair[]): Check {
  const planted = truth.planted
    .filter((one) => one.cycle === cycle)
    .flatMap((one) => one.pairs)
    .filter((pair) => pair.state !== 'matched')
    .map(textOf);
  const seen = reported.filter((pair) => pair.state !== 'matched').map(textOf);
  const [known, actual] = [new Set(planted), new Set(seen)];
  return {
    planted: planted.length,
    found: planted.filter((text) => actual.has(text)).length,
    missed: planted.filter((text) => !actual.has(text)),
    unplanted: seen.filter((text) => !known.has(text)),
  };
}

/** An ambiguous pair is known by its legacy side alone: which of the rivals it got is what nobody can say. */
function textOf(pair: ReportedPair | TruthPair): string {
  const solvimon = pair.state === 'ambiguous' ? [] : [...pair.solvimon].sort();
  const delta = pair.currency === null ? null : pair.delta;
  return JSON.stringify([pair.state, pair.currency, [...pair.legacy].sort(), solvimon, delta]);
}
