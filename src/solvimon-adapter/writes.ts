import { createHash } from 'node:crypto';
import { AppError } from '../errors.js';
import type { Period } from '../model/period.js';
import { holdBody, isPathId } from './allowed-writes.js';
import type { CallContext, Outcome, SolvimonClient } from './client.js';
import { readPages } from './list-pages.js';
import { isObject, type Json } from './shape.js';

/*
 * The three writes, all off unless the configuration switches them on, sent with a key of their own. The bodies are made
 * here and nowhere else; the client checks them once more at the wire (allowed-writes.ts).
 */

/** Who asks, so that a repeat of the same step sends the same idempotency key (contract 1.5). */
export type Asker = { readonly runId: string; readonly step: string };

/** What we know of holds we have set. Kept by the store; the adapter only asks and tells. */
export type HoldLedger = {
  /** Notes that we are about to set a hold; before it is sent, so that no hold of ours is ever unknown to us. */
  readonly intend: (invoiceId: string, asker: Asker) => Promise<void>;
  readonly confirm: (invoiceId: string, requestId: string | null) => Promise<void>;
};

export type HoldResult =
  | { readonly kind: 'held'; readonly invoiceId: string }
  | { readonly kind: 'already_held'; readonly invoiceId: string }
  /** FINAL, archived or of a status we do not know: a hold can do nothing for it any more. */
  | { readonly kind: 'too_late'; readonly invoiceId: string; readonly status: string }
  | { readonly kind: 'gone'; readonly invoiceId: string };

/**
 * Puts a shadow invoice on hold, so that it stays a DRAFT. Looks first: an invoice already held, by whomever, is left
 * alone and not entered as ours. Throws AppError when Solvimon refuses or does not show the hold afterwards.
 */
export async function holdInvoice(
  client: SolvimonClient,
  ledger: HoldLedger,
  invoiceId: string,
  asker: Asker,
  context: CallContext,
): Promise<HoldResult> {
  if (!isPathId(invoiceId)) return { kind: 'gone', invoiceId };
  const path = `/v1/invoices/${invoiceId}`;
  const before = await client.tryGet(path, {}, context);
  if (before.kind === 'not_found') return { kind: 'gone', invoiceId };
  const invoice = objectOf(before);
  const status = typeof invoice['status'] === 'string' ? invoice['status'] : '';
  if (status !== 'OPEN' && status !== 'DRAFT') return { kind: 'too_late', invoiceId, status };
  if (invoice['on_hold'] === true) return { kind: 'already_held', invoiceId };
  await ledger.intend(invoiceId, asker);
  const outcome = await client.write('PATCH', path, holdBody, keyOf(asker, 'hold', invoiceId), context);
  if (objectOf(outcome)['on_hold'] !== true)
    throw new AppError('source_reply_invalid', {
      detail: `invoice ${invoiceId} was to be put on hold and does not say that it is`,
    });
  await ledger.confirm(invoiceId, outcome.kind === 'refused' ? null : outcome.requestId);
  return { kind: 'held', invoiceId };
}

export type ReportRequest = {
  readonly code: 'INVOICE_HEADER' | 'INVOICE_LINE' | 'INVOICE_TAX' | 'NOT_MATCHED_METER_DATA';
  /** Calendar dates "YYYY-MM-DD". */
  readonly from: string;
  readonly to: string;
};

/** Asks for a report; gives the id of the request, to be polled. Never by the overview GETs, which start a job unasked (contract 2.3). */
export async function requestReport(
  client: SolvimonClient,
  report: ReportRequest,
  asker: Asker,
  context: CallContext,
): Promise<string> {
  const body = JSON.stringify({
    report_code: report.code,
    parameter_values: [
      { name: 'from_date', value: report.from },
      { name: 'to_date', value: report.to },
    ],
  });
  const target = `${report.code} ${report.from} ${report.to}`;
  const outcome = await client.write(
    'POST',
    '/v1/report-generate-requests',
    body,
    keyOf(asker, 'report', target),
    context,
  );
  return idOf(outcome, 'a report request');
}

export type ReprocessTarget =
  | { readonly kind: 'invoice'; readonly invoiceId: string }
  | { readonly kind: 'customer' | 'not_matched'; readonly customerId: string; readonly period: Period };

/** Asks Solvimon to compute again; gives the id of the reprocess. */
export async function requestReprocess(
  client: SolvimonClient,
  target: ReprocessTarget,
  asker: Asker,
  context: CallContext,
): Promise<string> {
  const body = JSON.stringify(reprocessBody(target));
  const name = target.kind === 'invoice' ? target.invoiceId : `${target.customerId} ${target.period.start}`;
  const outcome = await client.write(
    'POST',
    '/v1/reprocess',
    body,
    keyOf(asker, `reprocess ${target.kind}`, name),
    context,
  );
  return idOf(outcome, 'a reprocess');
}

function reprocessBody(target: ReprocessTarget) {
  if (target.kind === 'invoice') return { type: 'INVOICE', invoice: { invoice_id: target.invoiceId } };
  const scope = { customer_id: target.customerId, start_at: target.period.start, end_at: target.period.end };
  return target.kind === 'customer'
    ? { type: 'CUSTOMER', customer: scope }
    : { type: 'NOT_MATCHED', not_matched: scope };
}

/** The same key for the same step of the same run, so that a repeat is answered and not done again. At most 255 characters. */
function keyOf(asker: Asker, what: string, target: string): string {
  return createHash('sha256')
    .update(JSON.stringify([asker.runId, asker.step, what, target]))
    .digest('hex');
}

function objectOf(outcome: Outcome): { readonly [key: string]: Json } {
  if (outcome.kind === 'refused') throw outcome.error;
  if (outcome.kind === 'not_found')
    throw new AppError('source_refused_request', { detail: `Solvimon answered ${outcome.code}` });
  if (!isObject(outcome.json)) throw new AppError('source_reply_invalid', { detail: 'a reply that is no object' });
  return outcome.json;
}

function idOf(outcome: Outcome, what: string): string {
  const { id } = objectOf(outcome);
  if (typeof id === 'string' && id !== '') return id;
  throw new AppError('source_reply_invalid', { detail: `${what} came back without an id` });
}

export type HoldCounts = {
  readonly held: number;
  readonly alreadyHeld: number;
  readonly tooLate: readonly string[];
  readonly gone: number;
};

/**
 * Puts every OPEN and DRAFT invoice of these customers on hold, so that none turns FINAL by itself. One that turned FINAL
 * while we were at it is named in `tooLate`. May run twice or beside its twin: a held invoice is left alone.
 */
export async function holdShadowInvoices(
  client: SolvimonClient,
  ledger: HoldLedger,
  input: { readonly customerIds: readonly string[] | 'all'; readonly asker: Asker; readonly pageSize: number },
  context: CallContext,
): Promise<HoldCounts> {
  const counts = { held: 0, alreadyHeld: 0, gone: 0 };
  const tooLate: string[] = [];
  const scopes = input.customerIds === 'all' ? [{}] : input.customerIds.map((id) => ({ customer_id: id }));
  for (const scope of scopes) {
    const query = { ...scope, 'statuses[]': ['OPEN', 'DRAFT'], order_by: 'created_at', order_direction: 'asc' };
    const scan = { path: '/v1/invoices', query, pageSize: input.pageSize, readAhead: 1, fromPage: 1 };
    for await (const page of readPages(client, scan, context))
      for (const { id, on_hold: onHold } of page.rows) {
        if (typeof id !== 'string') continue;
        // A held one is counted without looking again; holding does not move the list, since the hold is no filter of it.
        const result: HoldResult =
          onHold === true
            ? { kind: 'already_held', invoiceId: id }
            : await holdInvoice(client, ledger, id, input.asker, context);
        if (result.kind === 'held') counts.held += 1;
        else if (result.kind === 'already_held') counts.alreadyHeld += 1;
        else if (result.kind === 'gone') counts.gone += 1;
        else tooLate.push(id);
      }
  }
  return { ...counts, tooLate };
}
