import { AppError } from '../errors.js';
import type { CompareRules } from '../model/compare-rules.js';
import type { Checkpoint, PullContext, PullEvent, Scope, Source } from '../model/source.js';
import { invariant } from '../model/invariant.js';
import { isNoisy, type Prints, printsOf, type Reading, type SelfNoise, selfNoise } from '../reconcile/self-noise.js';

export type SelfNoiseInput = {
  readonly source: Source;
  readonly scope: Scope;
  readonly rules: CompareRules;
  readonly context: Omit<PullContext, 'resume'>;
  /** Waits out a pause that the source asked for, in milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  /** Called with the documents read so far. */
  readonly progress: (reading: 1 | 2, documents: number) => void;
};

export type SelfNoiseReport = SelfNoise & {
  /** Whether something differed that would be a mismatch, or a document came or went. */
  readonly isNoisy: boolean;
  /** Why one of the readings was not whole; then a missing document is no noise. */
  readonly incompleteBecause: readonly string[];
};

/** Pauses that one reading waits out before it gives up. */
const mostPauses = 20;

/**
 * Reads one side of a cycle twice, one after the other, and reports what differs from itself. Nothing is stored. Memory
 * holds some 250 bytes for each document. Throws AppError from the source.
 */
export async function measureSelfNoise(input: SelfNoiseInput): Promise<SelfNoiseReport> {
  const first = await readOnce(input, 1);
  const second = await readOnce(input, 2);
  const noise = selfNoise(first, second, input.rules);
  return {
    ...noise,
    isNoisy: isNoisy(noise),
    incompleteBecause: [...new Set([...first.incompleteBecause, ...second.incompleteBecause])],
  };
}

type Whole = Reading & { readonly incompleteBecause: readonly string[] };

async function readOnce(input: SelfNoiseInput, reading: 1 | 2): Promise<Whole> {
  const gathered = { documents: new Map<string, Prints>(), rejected: new Map<string, string>() };
  let resume: Checkpoint | null = null;
  for (let pauses = 0; ; pauses += 1) {
    try {
      for await (const event of input.source.pull(input.scope, { ...input.context, resume })) {
        input.context.signal.throwIfAborted();
        if (event.type === 'checkpoint') resume = event.checkpoint;
        else if (event.type === 'done') return { ...gathered, incompleteBecause: event.incompleteBecause };
        else take(event, gathered);
        if (event.type === 'document') input.progress(reading, gathered.documents.size);
      }
    } catch (error) {
      const waitMs = error instanceof AppError ? error.retryAfterMs : undefined;
      if (waitMs === undefined || pauses >= mostPauses) throw error;
      // What was read since the checkpoint is read again and replaces itself.
      await input.wait(waitMs);
      continue;
    }
    invariant(false, 'a source ends its pull with done', { system: input.source.system });
  }
}

function take(
  event: Exclude<PullEvent, { type: 'checkpoint' | 'done' }>,
  gathered: { readonly documents: Map<string, Prints>; readonly rejected: Map<string, string> },
): void {
  switch (event.type) {
    case 'document':
      gathered.documents.set(event.document.source.id, printsOf(event.document));
      return;
    case 'rejected':
      gathered.rejected.set(
        event.rejected.id,
        event.rejected.problems.map(({ code, field, value }) => `${code} ${field} ${value}`).join('\n'),
      );
      return;
    case 'skipped':
    case 'problem':
      // Not a document of the cycle: nothing of it is compared.
      return;
  }
}
