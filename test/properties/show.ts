import type { Document } from '../../src/model/document.js';
import type { PairVerdict } from '../../src/model/verdict.js';
import type { GeneratedCase } from './arbitraries.js';

/** A generated case as a person would note it, for the message of a failed property. */
export function showCase(generated: GeneratedCase): string {
  return [
    `near-misses: ${generated.misses.join(', ')}`,
    ...(['legacy', 'solvimon'] as const).flatMap((side) => [
      ...generated[side].map((one) => `${side} ${showDocument(one)}`),
      ...(side === 'legacy' ? generated.legacyRejected : generated.solvimonRejected).map(
        (one) => `${side} ${one.id} unreadable ${one.currency ?? ''}`,
      ),
    ]),
  ].join('\n');
}

function showDocument(one: Document): string {
  const { net, tax, gross } = one.totals;
  const head = `${one.source.id} ${one.kind} ${one.state} ${one.currency} net ${net} tax ${tax} gross ${gross} ${one.notReady.join(' ')}`;
  const lines = one.lines.map((line) => {
    const period = line.period === null ? '-' : `${line.period.start.slice(5, 10)}..${line.period.end.slice(5, 10)}`;
    const applies = line.appliesTo === null ? '' : ` for ${line.appliesTo}`;
    return `    ${line.id} ${line.kind} ${line.productRef ?? '-'} ${period} q ${line.quantity ?? '-'} p ${line.unitPrice ?? '-'} amount ${line.amount} discount ${line.discount} net ${line.net} tax ${line.tax ?? '-'}${applies}`;
  });
  return [head, ...lines].join('\n');
}

export function showVerdicts(verdicts: readonly PairVerdict[]): string {
  return verdicts
    .map((one) =>
      [
        `[${one.legacy.join(' ')}] [${one.solvimon.join(' ')}] ${one.state} ${one.legacyGross ?? '-'} ${one.solvimonGross ?? '-'} ${one.rules.join(' ')}`,
        ...one.mismatches.map(
          (found) =>
            `    ${found.level} ${found.cause} [${found.legacyLines.join(' ')}] [${found.solvimonLines.join(' ')}] ${found.legacy ?? '-'} ${found.solvimon ?? '-'} delta ${found.delta} ${JSON.stringify(found.components)} ${found.rules.join(' ')}`,
        ),
      ].join('\n'),
    )
    .join('\n');
}
