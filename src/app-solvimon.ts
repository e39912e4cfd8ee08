import { sourceContext } from './app-context.js';
import type { Shared } from './app-sources.js';
import type { LoadedConfig } from './config.js';
import { AppError } from './errors.js';
import { openShadowWrites, type ShadowWrites } from './run/shadow-writes.js';
import { type HttpConfig, httpConfig } from './solvimon-adapter/http-config.js';
import { readingClient } from './solvimon-adapter/http-source.js';
import { type CatalogueKind, catalogueKinds, readCatalogue } from './solvimon-adapter/read-model.js';

/* What commands about the Solvimon platform itself are built from. Apart, so that a run does not load it. */

/** The lists of a Solvimon platform that can be read besides invoices. */
export const solvimonLists = catalogueKinds;

/** Reads one list of the Solvimon platform. Throws AppError `not_allowed` for a source without an API. */
export async function* readSolvimonList(
  loaded: LoadedConfig,
  what: CatalogueKind,
  shared: Shared,
  signal: AbortSignal,
): AsyncGenerator<object> {
  const config = solvimonApi(loaded);
  const client = readingClient(config, { baseDir: loaded.baseDir, variables: process.env });
  try {
    const paging = { pageSize: config.page_size, readAhead: config.read_ahead };
    yield* readCatalogue(
      what,
      client,
      paging,
      sourceContext(loaded.config, 'solvimon', shared.store, shared.log, signal),
    );
  } finally {
    await client.close();
  }
}

/** The configuration of Solvimon's API; throws AppError `not_allowed` when Solvimon is read from files. */
function solvimonApi({ config }: LoadedConfig): HttpConfig {
  const block = config.sources.solvimon;
  if (block.kind === 'http') return httpConfig.parse(block);
  throw new AppError('not_allowed', {
    detail: `sources.solvimon.kind is ${block.kind}; only http has an API behind it`,
  });
}

/** The writes to Solvimon as this configuration allows them. Throws AppError `not_allowed` for a source without an API. */
export function openWrites(loaded: LoadedConfig, shared: Shared, signal: AbortSignal): ShadowWrites {
  return openShadowWrites(
    solvimonApi(loaded),
    { baseDir: loaded.baseDir, variables: process.env },
    { db: shared.store.db, now: () => new Date() },
    sourceContext(loaded.config, 'solvimon', shared.store, shared.log, signal),
  );
}
