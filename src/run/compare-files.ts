import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import type { CompareRules } from '../model/compare-rules.js';
import { isClearable } from '../model/document.js';
import type { CycleId } from '../model/ids.js';
import { cyclePeriod } from '../model/period.js';
import type { Problem } from '../model/problem.js';
import type { Side } from '../model/side.js';
import type { PullEvent, Source } from '../model/source.js';
import { mapCustomer, type Mapping } from '../reconcile/mapping.js';
import { prepare } from '../reconcile/prepare.js';
import { CustomerDigests, type CustomerDigest, doubts, type PackedDigests } from './customer-digests.js';

/** Problems that are kept to be shown; the others are counted. */
const mostProblems = 20;

export type DigestSideInput = {
  readonly side: Side;
  readonly cycle: CycleId;
  readonly timezone: string;
  readonly slackDays: number;
  readonly mapping: Mapping;
  readonly rules: CompareRules;
  readonly source: Source;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** One side of a comparison that stores nothing; plain data, so that a thread can hand it over. */
export type SideDigests = {
  readonly table: PackedDigests;
  readonly documents: number;
  readonly rejected: number;
  /** Rejected documents whose customer could not be read either. */
  readonly withoutCustomer: number;
  readonly skipped: number;
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  readonly incompleteBecause: readonly string[];
};

/**
 * Why a customer is listed. `differs`: digests are not equal, and only a run can say whether that is a mismatch and why.
 * `repeated`: a document id stands more than once. `error`: a document could not be read.
 */
export type CustomerFinding = {
  readonly customer: string;
  readonly finding: 'differs' | 'only_legacy' | 'only_solvimon' | 'not_ready' | 'repeated' | 'error';
  readonly legacyDocuments: number;
  readonly solvimonDocuments: number;
};

export type FileComparison = {
  readonly settledCustomers: number;
  readonly sides: Readonly<Record<Side, Omit<SideDigests, 'table'>>>;
  readonly isComplete: boolean;
  /** In order of the customers' keys by UTF-16 code unit. */
  readonly findings: readonly CustomerFinding[];
};

/**
 * Reads one side and keeps a digest for each customer. The same reading, mapping and digest as a run's; what a run would
 * not settle by digest is not settled here. Throws AppError `not_allowed` for a source that is not made of files.
 */
export async function digestSide(input: DigestSideInput): Promise<SideDigests> {
  const { side, source, cycle, timezone } = input;
  try {
    if (source.capabilities.snapshot !== 'file')
      throw new AppError('not_allowed', {
        detail: `sources.${side} is not read from files; without storing only files are compared`,
      });
    const gathered = new SideReading(input);
    const scope = {
      cycle,
      period: cyclePeriod(cycle, timezone),
      timezone,
      customers: 'all',
      slackDays: input.slackDays,
    } as const;
    const context = {
      signal: input.signal,
      resume: null,
      now: input.now,
      acquire: async () => undefined,
      rateLimited: () => undefined,
      log: () => undefined,
    };
    for await (const event of source.pull(scope, context)) {
      input.signal.throwIfAborted();
      gathered.take(event);
    }
    return gathered.done();
  } finally {
    await source.close();
  }
}

/** What a pull gives, as far as it is kept. Class, because it gathers. */
class SideReading {
  readonly #input: DigestSideInput;
  readonly #digests = new CustomerDigests();
  readonly #problems: Problem[] = [];
  readonly #counts = { documents: 0, rejected: 0, withoutCustomer: 0, skipped: 0, problemCount: 0 };
  #end: (PullEvent & { readonly type: 'done' }) | undefined;

  constructor(input: DigestSideInput) {
    this.#input = input;
  }

  take(event: PullEvent): void {
    const { side, mapping, rules } = this.#input;
    switch (event.type) {
      case 'document': {
        if (event.isNeighbour === true) return;
        const prepared = prepare(event.document, side, mapping, rules);
        this.#digests.add(prepared.customer, event.document.source.id, prepared.digest, isClearable(event.document));
        this.#counts.documents += 1;
        return;
      }
      case 'rejected': {
        const { customerRef, problems } = event.rejected;
        this.#counts.rejected += 1;
        if (customerRef === null || customerRef === '') this.#counts.withoutCustomer += 1;
        else this.#digests.doubt(mapCustomer(mapping, side, customerRef).key, 'rejected');
        for (const problem of problems) this.#note(problem);
        return;
      }
      case 'problem':
        this.#note(event.problem);
        return;
      case 'skipped':
        this.#counts.skipped += 1;
        return;
      case 'checkpoint':
        return;
      case 'done':
        this.#end = event;
    }
  }

  done(): SideDigests {
    const end = this.#end;
    invariant(end !== undefined, 'a source ends its pull with done', { side: this.#input.side });
    return {
      table: this.#digests.pack(),
      ...this.#counts,
      problems: this.#problems,
      incompleteBecause:
        end.complete || end.incompleteBecause.length > 0
          ? end.incompleteBecause
          : ['the input could not be read completely'],
    };
  }

  #note(problem: Problem): void {
    this.#counts.problemCount += 1;
    if (this.#problems.length < mostProblems) this.#problems.push(problem);
  }
}

/** Lists every customer that its digests do not settle. */
export function compareDigests(legacy: SideDigests, solvimon: SideDigests): FileComparison {
  const tables = { legacy: CustomerDigests.of(legacy.table), solvimon: CustomerDigests.of(solvimon.table) };
  const findings: CustomerFinding[] = [];
  let settledCustomers = 0;
  const judge = (customer: string, ofLegacy: CustomerDigest | undefined, ofSolvimon: CustomerDigest | undefined) => {
    const finding = findingOf(ofLegacy, ofSolvimon);
    if (finding === null) settledCustomers += 1;
    else
      findings.push({
        customer,
        finding,
        legacyDocuments: ofLegacy?.documents ?? 0,
        solvimonDocuments: ofSolvimon?.documents ?? 0,
      });
  };
  for (const one of tables.legacy) judge(one.customer, one, tables.solvimon.get(one.customer));
  for (const one of tables.solvimon)
    if (tables.legacy.get(one.customer) === undefined) judge(one.customer, undefined, one);
  const { table: _legacyTable, ...ofLegacy } = legacy;
  const { table: _solvimonTable, ...ofSolvimon } = solvimon;
  return {
    settledCustomers,
    sides: { legacy: ofLegacy, solvimon: ofSolvimon },
    isComplete: [legacy, solvimon].every((side) => side.incompleteBecause.length === 0 && side.problemCount === 0),
    findings: findings.sort((a, b) => (a.customer < b.customer ? -1 : 1)),
  };
}

function findingOf(
  legacy: CustomerDigest | undefined,
  solvimon: CustomerDigest | undefined,
): CustomerFinding['finding'] | null {
  const flags = (legacy?.flags ?? 0) | (solvimon?.flags ?? 0);
  if ((flags & doubts.rejected) !== 0) return 'error';
  if ((flags & doubts.repeated) !== 0) return 'repeated';
  if ((flags & doubts.notReady) !== 0) return 'not_ready';
  if (legacy === undefined) return 'only_solvimon';
  if (solvimon === undefined) return 'only_legacy';
  const isEqual =
    legacy.documents === solvimon.documents && legacy.sum.every((word, index) => word === solvimon.sum[index]);
  return isEqual ? null : 'differs';
}
