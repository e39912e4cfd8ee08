import path from 'node:path';
import type { Config } from './config/schema.js';
import { AppError } from './errors.js';
import { legacyAdapters } from './legacy-adapters/registry.js';
import type { Logger } from './log.js';
import type { Side } from './model/side.js';
import type { Source } from './model/source.js';
import type { Mapping } from './reconcile/mapping.js';
import { readMapping } from './run/read-mapping.js';
import { httpConfig } from './solvimon-adapter/http-config.js';
import { openPages, pagesConfig } from './solvimon-adapter/pages-source.js';
import type { Incident } from './solvimon-adapter/pull-deps.js';
import { reportsConfig } from './solvimon-adapter/reports-config.js';
import type { Store } from './store/database.js';

/*
 * Sources and mapping as a configuration names them. What reads a source, and what a source that is not configured would
 * need, is loaded when it is opened: a comparison of two files needs no database and no client of anybody's API.
 */

/** The mapping as configured; throws AppError `config_invalid` with every mistake in its files. */
export async function mappingOf(config: Config, baseDir: string): Promise<Mapping> {
  const { customers, products, strict } = config.mapping;
  const fileOf = (name: string | undefined) =>
    name === undefined ? null : { path: path.resolve(baseDir, name), shown: name };
  return readMapping({ customers: fileOf(customers), products: fileOf(products), strict });
}

/** What a source shares with the rest of the program; without it a source is on its own, as for a check. */
export type Shared = { readonly store: Pick<Store, 'db'>; readonly log: Logger };

/** Opens the source of one side as configured. */
export async function openSource(config: Config, side: Side, baseDir: string, shared?: Shared): Promise<Source> {
  const { kind, ...block } = config.sources[side];
  if (side === 'solvimon') return openSolvimon({ kind, ...block }, baseDir, shared);
  const adapter = Object.values(legacyAdapters).find((one) => one.kind === kind);
  if (adapter === undefined)
    throw new AppError('config_invalid', { detail: `sources.legacy.kind ${kind} is not known` });
  return adapter.open(block, { baseDir });
}

async function openSolvimon(
  block: { readonly kind: string },
  baseDir: string,
  shared: Shared | undefined,
): Promise<Source> {
  if (block.kind === 'pages') return openPages(pagesConfig.parse(block), baseDir);
  if (block.kind === 'reports') {
    const { openReports } = await import('./solvimon-adapter/reports-source.js');
    return openReports(reportsConfig.parse(block), baseDir);
  }
  const { openHttp } = await import('./solvimon-adapter/http-source.js');
  const config = httpConfig.parse(block);
  const account = config.platform_id ?? '';
  return openHttp(config, {
    baseDir,
    variables: process.env,
    ...(shared !== undefined && { onIncident: (incident) => raiseIncident(shared, account, incident) }),
  });
}

/** Writes an incident down, and says it once in the log as an error. */
async function raiseIncident({ store, log }: Shared, account: string, incident: Incident): Promise<void> {
  const { noteIncident } = await import('./store/solvimon-records.js');
  const isNew = await noteIncident(store.db, { ...incident, account, now: new Date() });
  if (isNew) log.error({ incident, account }, 'a shadow invoice turned FINAL');
}
