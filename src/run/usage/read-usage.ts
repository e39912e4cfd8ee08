import type { CycleId } from '../../model/ids.js';
import type { Side } from '../../model/side.js';
import type { UsageContext, UsageDone, UsageRecord, UsageSource } from '../../model/usage.js';
import { mapCustomer } from '../../reconcile/mapping.js';
import { meterKey } from '../../reconcile/usage-meters.js';
import { withLoadLock } from '../../store/loads.js';
import { beginUsageLoad, findUsageLoad, finishUsageLoad, type StoredUsageCheck } from '../../store/usage/checks.js';
import { type UsageKeys, UsageWriter } from '../../store/usage/usage-writer.js';
import type { RunContext } from '../context.js';
import { limitRequests } from '../limit-requests.js';
import { type UsageSettings, usageWindow } from './settings.js';

const progressEvery = 100_000;

/**
 * Reads the usage of one side into Postgres: pull, map, COPY. Nothing of it is visible before it is whole; a killed attempt
 * is begun again, a repeat after success does nothing, and a twin waits for the first. Throws AppError from the source.
 */
export async function readUsageSide(
  context: RunContext,
  check: StoredUsageCheck,
  side: Side,
  settings: UsageSettings,
): Promise<void> {
  if (check.state === 'compared') return;
  await withLoadLock(context.pool, `usage ${check.id}`, side, async (lost) => {
    if ((await findUsageLoad(context.db, check.seq, side)) !== undefined) return;
    const source = await settings.open(side);
    try {
      const signal = AbortSignal.any([context.signal, lost]);
      await load({ context, check, side, settings, source, signal });
    } finally {
      await source.close();
    }
  });
}

type LoadInput = {
  readonly context: RunContext;
  readonly check: StoredUsageCheck;
  readonly side: Side;
  readonly settings: UsageSettings;
  readonly source: UsageSource;
  readonly signal: AbortSignal;
};

async function load(input: LoadInput): Promise<void> {
  const { context, check, side, source } = input;
  const started = { checkSeq: check.seq, side, system: source.system, now: context.now() };
  const loadId = await beginUsageLoad(context.db, started);
  const writer = new UsageWriter(context.pool, loadId);
  let done: UsageDone;
  try {
    done = await drain(input, writer);
    await writer.finish();
  } catch (error) {
    writer.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  input.signal.throwIfAborted();
  await finishUsageLoad(context.db, loadId, done, context.now());
  context.progress({ step: 'usage', side, records: done.read, isDone: true });
}

async function drain(input: LoadInput, writer: UsageWriter): Promise<UsageDone> {
  const { context, check, side, settings } = input;
  const pulled = input.source.pull(
    usageWindow(check.cycle as CycleId, check.timezone, settings.slackHours),
    usageContext(input),
  );
  let records = 0;
  for (let next = await pulled.next(); ; next = await pulled.next()) {
    if (next.done === true) return next.value;
    input.signal.throwIfAborted();
    for (const record of next.value) await write(record, writer, side, settings);
    const before = records;
    records += next.value.length;
    if (Math.trunc(before / progressEvery) !== Math.trunc(records / progressEvery))
      context.progress({ step: 'usage', side, records, isDone: false });
  }
}

async function write(record: UsageRecord, writer: UsageWriter, side: Side, settings: UsageSettings): Promise<void> {
  if (record.type === 'event') return writer.event(record, keysOf(record, side, settings));
  if (record.type === 'aggregate') return writer.aggregate(record, keysOf(record, side, settings));
  const { customer, meter } = record;
  await writer.reject(record, {
    customer: customer === null ? null : mapCustomer(settings.mapping, side, customer).key,
    meter: meter === null ? null : meterKey(settings.meters, side, meter).key,
  });
}

function keysOf(
  record: { readonly customer: string; readonly meter: string },
  side: Side,
  settings: UsageSettings,
): UsageKeys {
  const customer = mapCustomer(settings.mapping, side, record.customer);
  const meter = meterKey(settings.meters, side, record.meter);
  return {
    customer: customer.key,
    meter: meter.key,
    isCustomerMapped: customer.isMapped,
    isMeterMapped: meter.isMapped,
  };
}

function usageContext({ context, check, side, settings, signal }: LoadInput): UsageContext {
  const log = (event: string, data: Readonly<Record<string, unknown>>) =>
    context.log(event, { usageCheck: check.id, cycle: check.cycle, side, ...data });
  return {
    signal,
    now: () => context.now().getTime(),
    log,
    ...limitRequests(context.db, settings.rateOf(side), signal, log),
  };
}
