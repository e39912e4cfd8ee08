import type { Pool, PoolClient } from 'pg';
import type { RejectedUsage, UsageAggregate, UsageEvent } from '../../model/usage.js';
import { copyText, copyValue, CopyWriter } from '../copy-text.js';
import { eventLeaf } from './leaf.js';

/** The keys that a record is joined on, and whether the mappings know them. */
export type UsageKeys = {
  readonly customer: string;
  readonly meter: string;
  readonly isCustomerMapped: boolean;
  readonly isMeterMapped: boolean;
};

/** Of records that could not be read, so many are listed; all of them are counted. */
const mostRejected = 10_000;

const statements = {
  event: (loadId: string) =>
    `copy ${eventLeaf(loadId)} (no, reference, customer, meter, is_customer_mapped, is_meter_mapped, at, quantity, unique_key, ingested_at, outcome, outcome_reason) from stdin`,
  aggregate: () =>
    'copy usage_aggregate (load_id, no, customer, meter, is_customer_mapped, is_meter_mapped, period, events, quantity) from stdin',
  rejected: () => 'copy usage_rejected (load_id, no, reference, customer, meter, problems, file, file_line) from stdin',
} as const;
type Stream = keyof typeof statements;

const flag = (value: boolean) => (value ? 't' : 'f');

/** One COPY stream a table, each on a connection of its own and opened when it is first needed. Class, because it must be closed. */
export class UsageWriter {
  readonly #pool: Pool;
  readonly #loadId: string;
  readonly #open = new Map<Stream, { readonly client: PoolClient; readonly copy: CopyWriter }>();
  #events = 0;
  #others = 0;
  #rejected = 0;

  constructor(pool: Pool, loadId: string) {
    this.#pool = pool;
    this.#loadId = loadId;
  }

  async event(event: UsageEvent, keys: UsageKeys): Promise<void> {
    this.#events += 1;
    const stream = this.#open.get('event')?.copy ?? (await this.#stream('event'));
    await stream.row(
      `${this.#events}\t${copyText(event.reference)}\t${copyText(keys.customer)}\t${copyText(keys.meter)}\t${flag(keys.isCustomerMapped)}\t${flag(keys.isMeterMapped)}\t${event.at}\t${event.quantity}\t${copyText(event.uniqueKey)}\t${copyText(event.ingestedAt)}\t${event.outcome}\t${copyText(event.outcomeReason)}`,
    );
  }

  async aggregate(aggregate: UsageAggregate, keys: UsageKeys): Promise<void> {
    this.#others += 1;
    const stream = await this.#stream('aggregate');
    const period = `[${aggregate.period.start},${aggregate.period.end})`;
    await stream.row(
      [
        this.#loadId,
        String(this.#others),
        copyText(keys.customer),
        copyText(keys.meter),
        flag(keys.isCustomerMapped),
        flag(keys.isMeterMapped),
        period,
        copyText(aggregate.count),
        aggregate.sum,
      ].join('\t'),
    );
  }

  /** `keys`: whatever of them could be read. */
  async reject(
    rejected: RejectedUsage,
    keys: { readonly customer: string | null; readonly meter: string | null },
  ): Promise<void> {
    this.#rejected += 1;
    if (this.#rejected > mostRejected) return;
    const stream = await this.#stream('rejected');
    await stream.row(
      [
        this.#loadId,
        String(this.#rejected),
        copyText(rejected.reference),
        copyText(keys.customer),
        copyText(keys.meter),
        copyValue(JSON.stringify(rejected.problems)),
        copyText(rejected.place.file ?? null),
        copyValue(rejected.place.line ?? null),
      ].join('\t'),
    );
  }

  async finish(): Promise<void> {
    for (const one of this.#open.values()) await one.copy.end();
    for (const one of this.#open.values()) one.client.release();
    this.#open.clear();
  }

  /** Gives the connections up; the server throws away what was sent. */
  abort(cause: Error): void {
    for (const one of this.#open.values()) {
      one.copy.abort(cause);
      one.client.release(cause);
    }
    this.#open.clear();
  }

  async #stream(name: Stream): Promise<CopyWriter> {
    const known = this.#open.get(name);
    if (known !== undefined) return known.copy;
    const client = await this.#pool.connect();
    const copy = new CopyWriter(client, statements[name](this.#loadId));
    this.#open.set(name, { client, copy });
    return copy;
  }
}
