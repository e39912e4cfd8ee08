import type { Kysely } from 'kysely';
import { AppError } from '../errors.js';
import { CustomerDirectory } from '../solvimon-adapter/customer-directory.js';
import type { CallContext } from '../solvimon-adapter/client.js';
import type { HttpConfig } from '../solvimon-adapter/http-config.js';
import { type HttpEnvironment, translateOptions, writingClient } from '../solvimon-adapter/http-source.js';
import {
  type Asker,
  type HoldCounts,
  type HoldLedger,
  holdShadowInvoices,
  type ReprocessTarget,
  requestReprocess,
} from '../solvimon-adapter/writes.js';
import { confirmHold, intendHold } from '../store/solvimon-records.js';
import type { Database } from '../store/tables.js';

export type ShadowWrites = {
  /** Holds every open or draft invoice of these customers, named as the configuration names them, or of all. */
  readonly hold: (customers: readonly string[] | 'all', asker: Asker) => Promise<HoldCounts>;
  /** Asks for a reprocess; gives its id. */
  readonly reprocess: (target: ReprocessTarget, asker: Asker) => Promise<string>;
  readonly close: () => Promise<void>;
};

/**
 * The writes to Solvimon that a person or a schedule may ask for, with the ledger of our own holds. Throws AppError
 * `not_allowed` for a write that the configuration does not switch on, `config_invalid` when there is no key for it.
 */
export function openShadowWrites(
  config: HttpConfig,
  environment: HttpEnvironment,
  store: { readonly db: Kysely<Database>; readonly now: () => Date },
  context: CallContext,
): ShadowWrites {
  const client = writingClient(config, environment);
  const ledger = holdLedger(store, config.platform_id ?? '');
  const paging = { pageSize: config.page_size, readAhead: 1 };
  return {
    hold: async (customers, asker) => {
      refuseUnless(config, 'hold');
      const directory = new CustomerDirectory(client, paging);
      const customerIds = customers === 'all' ? customers : await idsOf(customers, config, directory, context);
      return holdShadowInvoices(client, ledger, { customerIds, asker, pageSize: config.page_size }, context);
    },
    reprocess: async (target, asker) => {
      refuseUnless(config, 'reprocess');
      return requestReprocess(client, target, asker, context);
    },
    close: () => client.close(),
  };
}

function refuseUnless(config: HttpConfig, kind: 'hold' | 'reprocess'): void {
  if (config.writes?.[kind] === 'true') return;
  throw new AppError('not_allowed', { detail: `sources.solvimon.writes.${kind} is off` });
}

async function idsOf(
  customers: readonly string[],
  config: HttpConfig,
  directory: CustomerDirectory,
  context: CallContext,
): Promise<readonly string[]> {
  const { customerKey } = translateOptions(config);
  const ids: string[] = [];
  for (const name of customers) {
    const id = await directory.idOf(name, customerKey, context);
    if (id === null) throw new AppError('usage', { detail: `Solvimon has no customer ${name}` });
    ids.push(id);
  }
  return ids;
}

/** The ledger of one account in the store. */
export function holdLedger(
  store: { readonly db: Kysely<Database>; readonly now: () => Date },
  account: string,
): HoldLedger {
  return {
    intend: (invoiceId, { runId, step }) =>
      intendHold(store.db, { account, invoiceId, askedBy: runId, step, now: store.now() }),
    confirm: (invoiceId, requestId) => confirmHold(store.db, { account, invoiceId, requestId, now: store.now() }),
  };
}
