import type { Problem, RejectedDocument } from '../model/problem.js';
import type { Side } from '../model/side.js';
import type { PullEvent } from '../model/source.js';
import { invariant } from '../model/invariant.js';
import { mapCustomer, type Mapping } from '../reconcile/mapping.js';
import type { Findings } from '../store/load-findings.js';

/** How many examples of each reason for leaving a record out are kept. */
const skipExamples = 5;

type Done = PullEvent & { readonly type: 'done' };

/** What a pull says besides documents, since the last checkpoint. Class, because it gathers. */
export class Gathered {
  readonly #side: Side;
  readonly #mapping: Mapping;
  #rejected: { document: RejectedDocument; customer: string | null }[] = [];
  #problems: Problem[] = [];
  #skips = new Map<string, { count: number; examples: string[] }>();
  #rejectedBefore: number;
  #problemsBefore: number;
  #done: Done | undefined;

  constructor(side: Side, mapping: Mapping, before: { readonly rejected: number; readonly problems: number }) {
    this.#side = side;
    this.#mapping = mapping;
    this.#rejectedBefore = before.rejected;
    this.#problemsBefore = before.problems;
  }

  /** Rejected documents of the load so far, earlier attempts included. */
  get rejectedCount(): number {
    return this.#rejectedBefore + this.#rejected.length;
  }

  take(event: Exclude<PullEvent, { type: 'document' | 'checkpoint' }>): void {
    switch (event.type) {
      case 'rejected':
        this.#rejected.push({ document: event.rejected, customer: this.#customerOf(event.rejected) });
        return;
      case 'skipped':
        this.#skip(event.reason, event.id);
        return;
      case 'problem':
        this.#problems.push(event.problem);
        return;
      case 'done':
        this.#done = event;
    }
  }

  /** Hands over what was gathered and begins anew, so that memory does not grow with the cycle. */
  release(): Findings {
    const findings: Findings = {
      rejected: this.#rejected,
      rejectedBefore: this.#rejectedBefore,
      problems: this.#problems,
      problemsBefore: this.#problemsBefore,
      skips: this.#skips,
    };
    this.#rejectedBefore += this.#rejected.length;
    this.#problemsBefore += this.#problems.length;
    this.#rejected = [];
    this.#problems = [];
    this.#skips = new Map();
    return findings;
  }

  /** The source's last word; a source that ends without one, or cannot account for a record, broke its promise. */
  done(): Done {
    const done = this.#done;
    invariant(done !== undefined, 'a source ends its pull with done', { side: this.#side });
    const { counts } = done;
    invariant(
      counts.listed === counts.emitted + counts.rejected + counts.skipped,
      'a source accounts for every record it listed (I1)',
      { side: this.#side, counts },
    );
    return done;
  }

  #customerOf(document: RejectedDocument): string | null {
    const { customerRef } = document;
    if (customerRef === null || customerRef === '') return null;
    return mapCustomer(this.#mapping, this.#side, customerRef).key;
  }

  #skip(reason: string, id: string): void {
    const skip = this.#skips.get(reason) ?? { count: 0, examples: [] };
    skip.count += 1;
    if (skip.examples.length < skipExamples) skip.examples.push(id);
    this.#skips.set(reason, skip);
  }
}
