import type { CompareRules } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import type { DecimalText } from '../model/money.js';
import type { FormRow, MappedLine, PreparedDocument, UsageEvidence } from '../model/prepared.js';
import type { Cause, Components, Confidence, Level, WorkingStep } from '../model/verdict.js';

/** One side of a difference: its form row and the lines folded into it (charges, attached and detached discounts). */
export type DifferenceSide = {
  readonly row: FormRow;
  readonly lines: readonly MappedLine[];
  readonly document: PreparedDocument;
};

/** Two groups of lines that belong together and do not agree, or one group without a counterpart. */
export type Difference = {
  readonly level: Level;
  readonly currency: CurrencyCode;
  readonly legacy: DifferenceSide | null;
  readonly solvimon: DifferenceSide | null;
  /** solvimon minus legacy, gross (net plus tax where both are compared), rounded to the minor unit on each side first. */
  readonly delta: DecimalText;
  /** Everything else of the same customer and cycle, for causes that look beyond the line (scope, other cycle, duplicates). */
  readonly context: DifferenceContext;
  /** For a line on one side only: whether the other side has a line of the same period left as well, which it may be. */
  readonly hasLeftoverOpposite: boolean;
};

export type DifferenceContext = {
  readonly legacyDocuments: readonly PreparedDocument[];
  readonly solvimonDocuments: readonly PreparedDocument[];
  readonly legacyNeighbours: readonly PreparedDocument[];
  readonly solvimonNeighbours: readonly PreparedDocument[];
  readonly usageEvidence: readonly UsageEvidence[];
  readonly rules: CompareRules;
};

/** Why a difference exists, with the proof and the exact decomposition of its delta. */
export type Explanation = {
  readonly cause: Cause;
  readonly confidence: Confidence;
  readonly rivals: readonly Cause[];
  /** Sums to the difference's delta exactly. */
  readonly components: Components;
  readonly working: readonly WorkingStep[];
  readonly rules: readonly string[];
};
