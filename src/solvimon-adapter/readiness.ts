import type { NotReadyReason } from '../model/document.js';
import { type Instant, instantOfMs, msOfInstant, parseInstant, type Period } from '../model/period.js';
import type { CallContext, SolvimonClient } from './client.js';
import { readPages, wholeNumber } from './list-pages.js';
import { isObject, type Json, type JsonObject } from './shape.js';

/*
 * The part of the gate before a verdict that is not in the invoice itself (contract 7.3, steps 1 and 2): whether the
 * platform has processed everything, and whether a customer has events that nothing billed.
 */

/** What the platform says of its own progress. */
export type PlatformState = {
  readonly processedUntil: Instant | null;
  readonly invoicesToReprocess: number | null;
  readonly isReprocessing: boolean | null;
  readonly hasError: boolean | null;
};

/** `GET /platforms/{id}/up-to-date`. Whatever is missing is null and counts as not ready. */
export async function readPlatformState(
  client: SolvimonClient,
  platformId: string,
  context: CallContext,
): Promise<PlatformState> {
  const { json } = await client.get(`/v1/platforms/${encodeURIComponent(platformId)}/up-to-date`, {}, context);
  const state = isObject(json) ? json : {};
  const reprocess = isObject(state['reprocess']) ? state['reprocess'] : {};
  const until = state['event_processing_up_to_date_until'];
  return {
    processedUntil: typeof until === 'string' ? (parseInstant(until) ?? null) : null,
    invoicesToReprocess: wholeNumber(state['invoices_to_be_reprocessed']),
    isReprocessing: booleanOf(reprocess['in_progress']),
    hasError: booleanOf(reprocess['in_error']),
  };
}

/**
 * Why nothing of a period that ends at `end` can be judged yet, in words; null when the platform is up to date. Unknown is
 * not ready.
 */
export function whyBehind(state: PlatformState, end: Instant, latenessMs: number): string | null {
  const needed = instantOfMs(msOfInstant(end) + latenessMs);
  if (state.processedUntil === null) return 'the platform does not say until when events are processed';
  if (state.processedUntil < needed) return `events are processed until ${state.processedUntil}, needed is ${needed}`;
  if (state.invoicesToReprocess === null) return 'the platform does not say whether invoices are to be reprocessed';
  if (state.invoicesToReprocess !== 0) return `${state.invoicesToReprocess} invoices are still to be reprocessed`;
  if (state.isReprocessing !== false) return 'a reprocess is in progress';
  if (state.hasError !== false) return 'a reprocess ended in an error';
  return null;
}

function booleanOf(value: Json | undefined): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** Events that billing could not use, of one period. */
export type UnusedEvents = {
  /** Customers, by id, with at least one event that matched nothing. */
  readonly unmatchedCustomers: ReadonlySet<string>;
  readonly unmatched: number;
  readonly duplicates: number;
  /** False when the list was too long to read to its end: every customer then counts as having unmatched events. */
  readonly isWhole: boolean;
};

export const noUnusedEvents: UnusedEvents = {
  unmatchedCustomers: new Set(),
  unmatched: 0,
  duplicates: 0,
  isWhole: true,
};

/** The list has no filter by time (contract 2.7); more pages than this and we say that we do not know. */
const mostEventPages = 400;

/**
 * Unmatched and duplicate events of a period, of one customer or of all. Duplicates are counted and hold nothing up: they
 * are ignored by billing as they should be.
 */
export async function readUnusedEvents(
  client: SolvimonClient,
  input: {
    readonly period: Period;
    readonly customerId: string | null;
    readonly pageSize: number;
    readonly readAhead: number;
  },
  context: CallContext,
): Promise<UnusedEvents> {
  const customers = new Set<string>();
  const counts = { NOT_MATCHED: 0, DUPLICATE: 0 };
  let isWhole = true;
  for (const type of ['NOT_MATCHED', 'DUPLICATE'] as const) {
    const query = { processed_details_type: type, ...(input.customerId !== null && { customer_id: input.customerId }) };
    const scan = { path: '/v1/events', query, pageSize: input.pageSize, readAhead: input.readAhead, fromPage: 1 };
    for await (const page of readPages(client, scan, context)) {
      for (const event of page.rows) {
        if (!isInPeriod(event, input.period)) continue;
        counts[type] += 1;
        const customer = event['customer_id'];
        if (type === 'NOT_MATCHED' && typeof customer === 'string') customers.add(customer);
      }
      if (page.number < mostEventPages) continue;
      // Only the unmatched ones decide anything; a count of duplicates may be a lower bound.
      if (type === 'NOT_MATCHED') isWhole = false;
      break;
    }
  }
  context.log('solvimon unused events', {
    unmatched: counts.NOT_MATCHED,
    duplicates: counts.DUPLICATE,
    customers: customers.size,
    isWhole,
  });
  return { unmatchedCustomers: customers, unmatched: counts.NOT_MATCHED, duplicates: counts.DUPLICATE, isWhole };
}

/** An event whose time cannot be read counts as inside: it may be, and unknown is not ready. */
function isInPeriod(event: JsonObject, period: Period): boolean {
  if (event['deleted'] === true) return false;
  const text = event['timestamp'];
  const at = typeof text === 'string' ? parseInstant(text) : undefined;
  return at === undefined || (period.start <= at && at < period.end);
}

/** The reasons that hold an invoice back besides its own state. */
export function gateReasons(
  invoice: JsonObject,
  behind: string | null,
  events: UnusedEvents,
): readonly NotReadyReason[] {
  const reasons: NotReadyReason[] = [];
  if (behind !== null) reasons.push('processing_behind');
  if (!events.isWhole || customersOf(invoice).some((id) => events.unmatchedCustomers.has(id)))
    reasons.push('unmatched_events');
  return reasons;
}

/** Every customer whose usage an invoice may carry: its own, and those billed through it (contract 4.8). */
function customersOf(invoice: JsonObject): readonly string[] {
  const ids: string[] = [];
  const add = (value: Json | undefined) => {
    if (typeof value === 'string') ids.push(value);
  };
  add(invoice['customer_id']);
  if (isObject(invoice['customer'])) add(invoice['customer']['id']);
  for (const key of ['processing_only_customers', 'forwarded_from_customers'])
    for (const child of listOf(invoice[key])) add(child['id']);
  for (const period of listOf(invoice['periods']))
    for (const group of listOf(period['groups'])) {
      add(group['forwarded_from_customer_id']);
      for (const line of listOf(group['lines']))
        for (const sub of listOf(line['sub_lines'])) {
          add(sub['processing_only_customer_id']);
          add(sub['processing_only_customer_resource_id']);
        }
    }
  return ids;
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json): item is JsonObject => isObject(item)) : [];
}
