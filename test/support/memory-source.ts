import type { Document } from '../../src/model/document.js';
import { instantOfMs } from '../../src/model/period.js';
import type { RejectedDocument } from '../../src/model/problem.js';
import type { Side } from '../../src/model/side.js';
import type { Capabilities, PullEvent, Source } from '../../src/model/source.js';

export type MemoryInput = {
  readonly documents: readonly Document[];
  readonly rejected?: readonly RejectedDocument[];
  readonly neighbours?: readonly Document[];
  /** Why the source cannot prove that it read everything; empty when it can. */
  readonly incompleteBecause?: readonly string[];
};

const capabilities: Capabilities = {
  snapshot: 'file',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'both',
  tiers: 'on_line',
  money: { unit: 'major', wire: 'text' },
  periodEnd: 'exclusive',
  resumable: false,
  fetchOne: false,
};

/** A source whose documents stand in memory, given in their order and accounted for to the last. */
export function memorySource(side: Side, input: MemoryInput): Source {
  return {
    side,
    system: 'memory',
    capabilities,
    check: async () => [],
    pull: (_scope, context) => pull(input, context.now()),
    fetchOne: async () => undefined,
    translate: (raw) => {
      throw new Error(`documents in memory have no raw record: ${raw.id}`);
    },
    close: async () => undefined,
  };
}

async function* pull(input: MemoryInput, nowMs: number): AsyncIterable<PullEvent> {
  const { documents, rejected = [], neighbours = [], incompleteBecause = [] } = input;
  for (const document of documents) yield { type: 'document', document, raw: null };
  for (const document of neighbours) yield { type: 'document', document, raw: null, isNeighbour: true };
  for (const one of rejected) yield { type: 'rejected', rejected: one, raw: null };
  const emitted = documents.length + neighbours.length;
  yield {
    type: 'done',
    counts: { listed: emitted + rejected.length, emitted, rejected: rejected.length, skipped: 0 },
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals: [],
    asOf: instantOfMs(nowMs),
    inputHash: null,
  };
}
