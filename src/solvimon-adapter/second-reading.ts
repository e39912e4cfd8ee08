import type { IdentityCheck } from '../model/document.js';
import type { PullContext, PullCounts, PullEvent, Scope } from '../model/source.js';
import { contentHash } from './canonical.js';
import type { CustomerDirectory } from './customer-directory.js';
import { invoicePlacer } from './cycle-of.js';
import type { Fingerprints } from './fingerprints.js';
import type { Gate } from './gate.js';
import { type Page, readPages } from './list-pages.js';
import type { Listing } from './listings.js';
import { CursorTrail, emitPhase, type PullCursor } from './pull-cursor.js';
import { isOneOff, mostScans, type PullDeps, textOf } from './pull-deps.js';
import { type Kept, toRawRecord, translateKept } from './raw-record.js';
import { gateReasons } from './readiness.js';
import type { JsonObject } from './shape.js';

/** The pages of one listing. `onStable`: whether the number of pages held still. */
export function pagesOf(
  deps: PullDeps,
  listing: Listing,
  fromPage: number,
  context: PullContext,
  onStable: (isStable: boolean) => void,
): AsyncGenerator<Page> {
  return readPages(
    deps.client,
    {
      path: '/v1/invoices',
      query: listing.query,
      pageSize: deps.pageSize,
      readAhead: deps.readAhead,
      fromPage,
      onEnd: (end) => onStable(end.isStable),
    },
    context,
  );
}

type Writable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

/** The reading that hands on. Class, because it counts. */
export class SecondReading {
  readonly #deps: PullDeps;
  readonly #scope: Scope;
  readonly #placeOf: ReturnType<typeof invoicePlacer>;
  readonly #context: PullContext;
  readonly #directory: CustomerDirectory;
  readonly #gate: Gate;
  readonly #seen: Fingerprints;
  readonly #start: PullCursor | null;
  readonly #trail: CursorTrail;
  readonly #counts: Writable<PullCounts>;
  readonly incompleteBecause: string[] = [];
  /** Words of Solvimon's that we do not know, counted: statuses and line types are open lists (contract 7.1, row 1). */
  readonly unknownWords = new Map<string, number>();

  constructor(
    deps: PullDeps,
    scope: Scope,
    context: PullContext,
    state: {
      readonly directory: CustomerDirectory;
      readonly gate: Gate;
      readonly seen: Fingerprints;
      readonly cursor: PullCursor | null;
      readonly draftsAreDated: boolean;
    },
  ) {
    this.#deps = deps;
    this.#scope = scope;
    this.#placeOf = invoicePlacer(deps.cycleRule, scope, state.draftsAreDated);
    this.#context = context;
    this.#directory = state.directory;
    this.#gate = state.gate;
    this.#seen = state.seen;
    this.#start = state.cursor;
    this.#trail = new CursorTrail(state.cursor);
    this.#counts = { ...(state.cursor?.counts ?? { listed: 0, emitted: 0, rejected: 0, skipped: 0 }) };
  }

  get counts() {
    return this.#counts;
  }

  get inputHash(): string {
    return this.#trail.input.hex;
  }

  async *run(listings: readonly Listing[]): AsyncGenerator<PullEvent> {
    for (let scan = 1; scan <= mostScans; scan += 1) {
      let isStable = true;
      for (const [index, listing] of listings.entries()) {
        if (scan === 1 && this.#start !== null && index < this.#start.listing) continue;
        // One page back: rows may have moved to an earlier page since.
        const isResumed = scan === 1 && this.#start !== null && index === this.#start.listing;
        const fromPage = isResumed ? Math.max(1, (this.#start?.page ?? 1) - 1) : 1;
        const pages = pagesOf(this.#deps, listing, fromPage, this.#context, (stable) => (isStable &&= stable));
        for await (const page of pages) {
          for (const row of page.rows) yield* this.#take(row, index, page, scan);
          const cursor = scan === 1 ? this.#trail.cursor(page.number, this.#counts) : null;
          if (cursor !== null)
            yield {
              type: 'checkpoint',
              checkpoint: { v: 1, phase: emitPhase, cursor: JSON.stringify(cursor), seen: cursor.count },
            };
        }
      }
      if (isStable && this.#seen.waiting === 0) return;
      this.#context.log('solvimon pages moved', { reading: 'second', scan, waiting: this.#seen.waiting });
    }
    const { waiting } = this.#seen;
    this.incompleteBecause.push(
      waiting === 0
        ? `the list of invoices kept moving during ${mostScans} readings`
        : `${waiting} ${waiting === 1 ? 'invoice was' : 'invoices were'} listed and then not any more`,
    );
  }

  async *#take(row: JsonObject, listing: number, page: Page, scan: number): AsyncGenerator<PullEvent> {
    const id = textOf(row, 'id');
    const createdAt = textOf(row, 'created_at');
    // Without an id a row can be told from no other; it is rejected once, by the first scan.
    if (id === '') {
      if (scan === 1) yield* this.#emit(row, page, false);
      return;
    }
    const content = contentHash(row);
    const reading = this.#seen.compare(id, content);
    if (this.#seen.isEmitted(id) && reading !== 'changed') {
      if (scan === 1) this.#trail.pass(listing, createdAt, id);
      return;
    }
    const isAgain = this.#seen.isEmitted(id);
    this.#seen.note(id, content);
    this.#seen.emit(id);
    if (!isAgain) this.#trail.add(listing, createdAt, id, content);
    yield* this.#emit(row, page, reading === 'same');
  }

  async *#emit(row: JsonObject, page: Page, isSettled: boolean): AsyncGenerator<PullEvent> {
    this.#counts.listed += 1;
    const id = textOf(row, 'id');
    if (this.#deps.leavesOutOneOff && isOneOff(row)) {
      this.#counts.skipped += 1;
      yield { type: 'skipped', id, kind: null, reason: 'one_off_invoice' };
      return;
    }
    const gate = gateReasons(row, this.#gate.behind, this.#gate.events);
    const kept: Kept = {
      invoice: row,
      customerReference: await this.#directory.referenceFor(row, this.#context),
      gate: isSettled ? gate : [...gate, 'unstable_between_fetches'],
    };
    const translated = translateKept(kept, this.#deps.translate, page.requestId);
    const raw = toRawRecord(kept, page);
    if (translated.type === 'rejected') {
      this.#counts.rejected += 1;
      yield { ...translated, raw };
      return;
    }
    const { document } = translated;
    const { customers } = this.#scope;
    const place = this.#placeOf(document);
    const isOther = customers !== 'all' && !customers.has(document.customerRef);
    if (isOther || place === 'elsewhere') {
      this.#counts.skipped += 1;
      yield { type: 'skipped', id, kind: document.kind, reason: isOther ? 'other_customer' : 'outside_cycle' };
      return;
    }
    if (document.state === 'final' && place === 'own' && this.#deps.translate.requireHold)
      await this.#deps.onIncident({
        kind: 'shadow_invoice_final',
        invoiceId: id,
        customerRef: document.customerRef,
        seenBy: 'pull',
      });
    this.#warn(id, document.checks, row);
    if (document.state === 'unknown') this.#countUnknown(`status ${document.rawStatus}`);
    for (const line of document.lines) if (line.kind === 'unknown') this.#countUnknown(`line type ${line.rawKind}`);
    this.#counts.emitted += 1;
    yield { ...translated, raw, ...(place === 'neighbour' && { isNeighbour: true }) };
  }

  #countUnknown(word: string): void {
    this.unknownWords.set(word, (this.unknownWords.get(word) ?? 0) + 1);
  }

  /** What is odd and worth a line in the log, though it changes nothing. */
  #warn(id: string, checks: readonly IdentityCheck[], row: JsonObject): void {
    const broken = checks.filter((check) => !check.holds).map((check) => check.name);
    if (broken.length > 0) this.#context.log('solvimon invoice does not add up', { id, broken });
    const closed = row['closed_periods'];
    if (Array.isArray(closed) && closed.length > 0)
      this.#context.log('solvimon closed periods left out of the sums', { id, closedPeriods: closed.length });
  }
}
