import { isLosslessNumber, LosslessNumber, parse } from 'lossless-json';
import { AppError } from '../../src/errors.js';
import { Decimal } from '../../src/model/money.js';
import { contains, instantOfMs } from '../../src/model/period.js';
import type {
  Capabilities,
  Checkpoint,
  PullContext,
  PullEvent,
  RawRecord,
  Scope,
  Source,
  Translated,
} from '../../src/model/source.js';
import type { Breakage } from './breakages.js';
import type { Harness } from './harness.js';
import { memoryPageSize, MemoryServer, type Reply } from './memory-server.js';
import { type JsonRecord, toDocument } from './memory-to-document.js';

/*
 * The smallest adapter that keeps the contract, over a billing system in memory. It shows that the suite can be passed,
 * and it is what the deliberately broken sources are made from.
 */

const capabilities: Capabilities = {
  snapshot: 'none',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'line',
  tiers: 'on_line',
  money: { unit: 'major', wire: 'json_number' },
  periodEnd: 'exclusive',
  resumable: true,
  fetchOne: true,
};

/** A harness over the memory source, whole or broken in one way. */
export function memoryHarness(breakage: Breakage | null = null): Harness {
  return {
    side: 'legacy',
    timezone: 'Europe/Amsterdam',
    faults: [
      'rate_limited',
      'server_error',
      'unauthorised',
      'html',
      'cut_off',
      'hangs',
      'inserts',
      'deletes',
      'repeats',
    ],
    cycleIsCutBy: 'scope',
    knowsUnbilled: true,
    pageSize: memoryPageSize,
    inlineLines: null,
    amountDigits: () => null,
    isMetered: true,
    open: async (setup) => {
      const server = new MemoryServer(setup);
      return {
        source: memorySource(server, breakage),
        requests: () => server.requestCount,
        writes: () => server.written,
        now: () => Date.UTC(2026, 10, 3),
        close: async () => undefined,
      };
    },
  };
}

function memorySource(server: MemoryServer, broken: Breakage | null): Source {
  const is = (breakage: Breakage) => broken === breakage;
  let callCount = 0;
  const translate = (raw: RawRecord): Translated => {
    callCount += 1;
    return toDocument(raw, broken, callCount);
  };
  return {
    side: is('forgets_its_side') ? 'solvimon' : 'legacy',
    system: 'memory',
    capabilities,
    check: async (context) => {
      if (is('writes')) server.write('POST /probe');
      const { status } = await server.list(null, context.signal);
      if (status === 401 && !is('checks_nothing'))
        return [{ level: 'problem', topic: 'credentials', sentence: 'The key is refused.', next: 'Give a good one.' }];
      return is('checks_nothing')
        ? []
        : [
            {
              level: 'ok',
              topic: 'reachability',
              sentence: is('speaks_in_fragments') ? 'ok' : 'The memory answers.',
              next: null,
            },
          ];
    },
    pull: (scope, context) => pull(server, scope, context, translate, broken),
    fetchOne: async (id, context) => {
      const reply = await server.read(id, context.signal);
      if (reply.status === 404 || is('cannot_read_one_again')) return undefined;
      const raw = rawOf(id, reply.body, context);
      return { ...translate(raw), raw };
    },
    translate,
    close: async () => undefined,
  };
}

const rawOf = (id: string, text: string, context: PullContext): RawRecord => ({
  objectType: 'invoice',
  id,
  bytes: new TextEncoder().encode(text),
  apiVersion: '1',
  requestId: null,
  fetchedAt: instantOfMs(context.now()),
});

let pullCount = 0;

type Progress = {
  after: string | null;
  phase: 'first' | 'second';
  readonly seen: Set<string>;
  readonly counts: { listed: number; emitted: number; rejected: number; skipped: number };
};

async function* pull(
  server: MemoryServer,
  scope: Scope,
  context: PullContext,
  translate: (raw: RawRecord) => Translated,
  broken: Breakage | null,
): AsyncIterable<PullEvent> {
  const is = (breakage: Breakage) => broken === breakage;
  const progress = progressOf(context.resume, broken);
  pullCount += 1;
  const isOtherOrder = is('answers_in_another_order') && pullCount % 2 === 0;
  const phases =
    is('trusts_the_first_pass') || is('trips_over_a_lost_cursor')
      ? (['first'] as const)
      : (['first', 'second'] as const);
  for (const phase of phases) {
    if (phase === 'first' && progress.phase === 'second') continue;
    if (phase === 'second' && progress.phase === 'first') Object.assign(progress, { phase, after: null });
    for (;;) {
      const page = await listPage(server, progress.after, context, broken);
      if (page === 'gone') {
        if (is('trips_over_a_lost_cursor')) break;
        progress.after = null;
        continue;
      }
      if (is('loses_the_last_page') && !page.hasMore && progress.after !== null) break;
      for (const record of isOtherOrder ? [...page.data].reverse() : page.data) {
        yield* take(record, scope, context, translate, progress, broken);
      }
      const last = page.data.at(-1);
      if (last === undefined || !page.hasMore) break;
      progress.after = String(last['id']);
      if (!is('gives_no_checkpoint')) yield checkpointOf(progress);
    }
  }
  if (is('writes')) server.write('POST /done');
  const { counts } = progress;
  const isLate = !server.isBilled && !is('calls_an_unbilled_cycle_empty');
  const isIncomplete = isLate || (is('calls_an_empty_cycle_incomplete') && counts.listed === 0);
  yield {
    type: 'done',
    counts: is('miscounts') ? { ...counts, skipped: counts.skipped + 1 } : counts,
    complete: !isIncomplete,
    incompleteBecause: isIncomplete ? ['the cycle is not billed yet'] : [],
    controlTotals: [],
    asOf: instantOfMs(context.now()),
    inputHash: null,
  };
}

async function* take(
  record: JsonRecord,
  scope: Scope,
  context: PullContext,
  translate: (raw: RawRecord) => Translated,
  progress: Progress,
  broken: Breakage | null,
): AsyncIterable<PullEvent> {
  const is = (breakage: Breakage) => broken === breakage;
  const { seen, counts } = progress;
  const id = String(record['id']);
  if (seen.has(id) && !(is('keeps_repeated_records') && progress.phase === 'first')) return;
  seen.add(id);
  counts.listed += 1;
  const raw = rawOf(id, textOf(record), context);
  const translated = translate(raw);
  if (translated.type === 'rejected' && is('drops_what_it_cannot_read')) {
    counts.listed -= 1;
    return;
  }
  const customer = translated.type === 'document' ? translated.document.customerRef : translated.rejected.customerRef;
  const isAsked = scope.customers === 'all' || (customer !== null && scope.customers.has(customer));
  if (!isAsked && !is('ignores_the_customers_asked_for')) {
    counts.skipped += 1;
    yield { type: 'skipped', id, kind: null, reason: 'of a customer who was not asked for' };
    return;
  }
  const issued = translated.type === 'document' ? translated.document.issuedAt : null;
  const isNeighbour = issued !== null && !contains(scope.period, issued) && !is('takes_the_neighbours_in');
  const event = {
    ...translated,
    raw: is('keeps_no_raw_record') ? null : raw,
    ...(isNeighbour && { isNeighbour }),
  };
  counts[translated.type === 'document' ? 'emitted' : 'rejected'] += 1;
  yield event;
  if (!is('doubles_a_document') || counts.emitted !== 1) return;
  counts.listed += 1;
  counts.emitted += 1;
  yield event;
}

function progressOf(resume: Checkpoint | null, broken: Breakage | null): Progress {
  const fresh = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  if (resume === null || broken === 'resumes_from_the_start')
    return { after: null, phase: 'first', seen: new Set(), counts: fresh };
  const kept = JSON.parse(resume.cursor) as { after: string; seen: string[]; counts: typeof fresh };
  return {
    after: broken === 'forgets_where_it_was' ? null : kept.after,
    phase: resume.phase === 'second' ? 'second' : 'first',
    seen: new Set(broken === 'forgets_where_it_was' ? [] : kept.seen),
    counts: kept.counts,
  };
}

function checkpointOf(progress: Progress): PullEvent {
  const { after, phase, seen, counts } = progress;
  const cursor = JSON.stringify({ after, seen: [...seen], counts });
  return { type: 'checkpoint', checkpoint: { v: 1, phase, cursor, seen: counts.listed } };
}

async function listPage(
  server: MemoryServer,
  after: string | null,
  context: PullContext,
  broken: Breakage | null,
): Promise<{ readonly data: readonly JsonRecord[]; readonly hasMore: boolean } | 'gone'> {
  const is = (breakage: Breakage) => broken === breakage;
  const empty = { data: [], hasMore: false };
  const signal = is('ignores_abort') ? new AbortController().signal : context.signal;
  for (let attempt = 1; ; attempt += 1) {
    if (!is('takes_no_tokens')) await context.acquire();
    const reply = await server.list(after, signal);
    if (reply.status === 400) return 'gone';
    if (reply.status === 401 && is('retries_401') && attempt < 20) continue;
    if (reply.status === 500 && is('swallows_a_500')) return empty;
    if (reply.status === 429 && is('does_not_wait_after_429')) {
      context.rateLimited(retryAfterMs(reply), 'slow down');
      for (let again = 0; again < 20; again += 1) {
        const next = await server.list(after, signal);
        if (next.status === 200) return pageOf(next.body, broken);
      }
    }
    failOn(reply, context, broken);
    try {
      return pageOf(reply.body, broken);
    } catch (cause) {
      if (is('takes_a_cut_off_reply_for_the_end') && reply.body.startsWith('{')) return empty;
      if (is('takes_a_web_page_for_an_empty_list') && reply.body.startsWith('<')) return empty;
      const code = is('gives_up_at_a_cut_off_reply') ? 'internal' : 'source_reply_invalid';
      throw new AppError(code, { detail: 'no JSON', cause });
    }
  }
}

/** What a number is after it has been a float. */
const throughFloat = (text: string) => new LosslessNumber(new Decimal(Number(text)).toFixed());

const retryAfterMs = (reply: Reply): number => (reply.retryAfter === null ? 1000 : Number(reply.retryAfter) * 1000);

function failOn(reply: Reply, context: PullContext, broken: Breakage | null): void {
  if (reply.status === 401) throw new AppError('source_unauthorised');
  if (reply.status === 500) throw new AppError(broken === 'gives_up_at_a_500' ? 'internal' : 'source_unreachable');
  if (reply.status !== 429) return;
  if (broken !== 'says_nothing_about_429') context.rateLimited(retryAfterMs(reply), 'slow down');
  throw new AppError('source_rate_limited', { retryAfterMs: retryAfterMs(reply) });
}

function pageOf(
  body: string,
  broken: Breakage | null,
): { readonly data: readonly JsonRecord[]; readonly hasMore: boolean } {
  const page = (
    broken === 'reads_numbers_as_floats' ? parse(body, undefined, throughFloat) : parse(body)
  ) as JsonRecord;
  return { data: page['data'] as JsonRecord[], hasMore: page['has_more'] === true };
}

const textOf = (value: unknown): string =>
  isLosslessNumber(value)
    ? value.toString()
    : Array.isArray(value)
      ? `[${value.map(textOf).join(',')}]`
      : typeof value === 'object' && value !== null
        ? `{${Object.entries(value)
            .map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`)
            .join(',')}}`
        : JSON.stringify(value);
