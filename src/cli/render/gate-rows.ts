import { fromMinorUnits } from '../../model/money.js';
import type { Evaluation } from '../../run/evaluate-cohort.js';
import type { StoredEvaluation } from '../../store/evaluations.js';

/** A look of the past as JSON, JSONL and CSV. */
export function historyRow(one: StoredEvaluation) {
  return {
    schemaVersion: 1,
    id: one.id,
    cohort: one.cohortId,
    cycle: one.cycle,
    night: one.night,
    asOf: one.asOf,
    decision: one.decision,
    reason: one.reason,
    leaning: one.leaning,
    mode: one.mode,
    epoch: one.epoch,
    policyHash: one.policyHash,
    inputsHash: one.inputsHash,
    gridVersion: one.gridVersion,
    runId: one.runId,
  };
}

/** One look as JSON: a public interface; fields are only ever added. */
export function evaluationRow(one: Evaluation) {
  const { counted } = one.evidence;
  const currency = one.cycles.at(-1)?.census?.reportingCurrency ?? null;
  const moreValue = one.outlook?.moreValueMinor ?? null;
  return {
    schemaVersion: 1,
    id: one.id,
    cohort: one.cohort.id,
    stage: one.cohort.stage,
    step: one.snapshot.step,
    mode: one.snapshot.mode,
    cycle: one.cycle,
    asOf: one.asOf,
    recommendation: one.decision.decision,
    reason: one.decision.reason,
    gates: one.decision.chain.map(({ rule, field, observed, required, outcome }) => ({
      id: rule,
      field,
      observed: typeof observed === 'number' && Number.isNaN(observed) ? null : observed,
      required,
      result: outcome,
    })),
    customers: counted.n,
    badCustomers: counted.k,
    anyLookUpper: one.outlook?.upperLimit ?? null,
    textbookUpper: one.textbookUpper,
    missing:
      one.outlook === null
        ? null
        : {
            customers: one.outlook.moreCustomers,
            cycles: one.outlook.moreCycles,
            atRate: one.outlook.atRate,
            value:
              moreValue === null || currency === null
                ? null
                : { amount: fromMinorUnits(moreValue, currency), currency },
          },
    critical: one.critical,
    notes: one.notes,
    diagnostics: one.diagnostics,
    pointOfNoReturn: one.pointOfNoReturn,
    frame: one.cohort.frame,
    selection: one.cohort.selection,
    countedBy: counted.mode,
    epoch: one.evidence.epoch,
    attempt: one.snapshot.evidence.attempt,
    alpha: Number.isNaN(one.decision.alpha) ? null : one.decision.alpha,
    gridVersion: one.decision.gridVersion,
    policyHash: one.decision.policyHash,
    inputsHash: one.decision.inputsHash,
  };
}
