import { stringify } from 'csv-stringify/sync';
import type { StoredRun } from '../../store/runs.js';
import type { MismatchView, PairView } from '../../store/views.js';

/*
 * The rows of `mismatch list` and `pair list` in JSON, JSONL and CSV: a public interface that others script against.
 * Fields are only ever added; a change of meaning raises schemaVersion.
 */

const schemaVersion = 1;

export function mismatchRow(view: MismatchView) {
  return {
    schemaVersion,
    id: view.id,
    cycle: view.cycle,
    customer: view.customer,
    currency: view.currency,
    pair: { id: view.pair.id, state: view.pair.state, legacy: view.pair.legacy, solvimon: view.pair.solvimon },
    level: view.level,
    lines: view.lines,
    cause: view.cause,
    confidence: view.confidence,
    legacy: view.legacy,
    solvimon: view.solvimon,
    delta: view.delta,
    direction: view.direction,
    components: view.components,
    status: view.status,
    fingerprint: view.fingerprint,
  };
}

/** A mismatch as one flat CSV row: the same facts, one cell each. */
export function flatMismatch(view: MismatchView) {
  return {
    id: view.id,
    cycle: view.cycle,
    customer: view.customer,
    currency: view.currency,
    pair: view.pair.id,
    pair_state: view.pair.state,
    legacy_documents: view.pair.legacy,
    solvimon_documents: view.pair.solvimon,
    level: view.level,
    charge_key: view.chargeKey,
    legacy_lines: view.lines.legacy,
    solvimon_lines: view.lines.solvimon,
    cause: view.cause,
    confidence: view.confidence,
    legacy: view.legacy,
    solvimon: view.solvimon,
    delta: view.delta,
    direction: view.direction,
    components: Object.entries(view.components).map(([name, part]) => `${name}=${part}`),
    status: view.status,
    fingerprint: view.fingerprint,
  };
}

/** What a run says of itself, without the whole of its problems. */
export function runRecord(run: StoredRun) {
  return {
    schemaVersion,
    id: run.id,
    cycle: run.cycle,
    state: run.state,
    isComplete: run.isComplete,
    incompleteBecause: run.incompleteBecause,
    resultHash: run.resultHash,
    summary: run.summary,
  };
}

export function pairRow(view: PairView) {
  return {
    schemaVersion,
    id: view.id,
    cycle: view.cycle,
    customer: view.customer,
    currency: view.currency,
    state: view.state,
    legacy: view.legacy,
    solvimon: view.solvimon,
    legacyGross: view.legacyGross,
    solvimonGross: view.solvimonGross,
    delta: view.delta,
    mismatches: view.mismatches,
  };
}

/** One CSV record of RFC 4180, ended by CRLF. A list is its items with blanks between them; what is absent is empty. */
export function csvRecord(values: readonly unknown[]): string {
  return stringify([values.map(cellText)], { record_delimiter: 'windows' });
}

/** A text that a spreadsheet would run as a formula gets a leading apostrophe; a negative number does not. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value as string | number | boolean);
  return /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
}
