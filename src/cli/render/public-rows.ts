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

/** One CSV cell; a text that a spreadsheet would run as a formula gets a leading apostrophe, a negative number does not. */
export function csvCell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ''
      : Array.isArray(value)
        ? value.join(' ')
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value as string | number | boolean);
  const guarded = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
