import { AppError } from '../errors.js';
import { instantOfMs, type Instant, msOfInstant } from '../model/period.js';
import type { Document } from '../model/document.js';
import type { Capabilities, PullContext, RawRecord, Source, Translated } from '../model/source.js';
import { isPathId } from './allowed-writes.js';
import { checkSolvimon } from './check.js';
import { type ClientOptions, SolvimonClient } from './client.js';
import { CustomerDirectory } from './customer-directory.js';
import { baseUrlOf, environmentUrls, type HttpConfig, readSecret, spanMs } from './http-config.js';
import { findPlatform } from './platform.js';
import { pullInvoices } from './pull.js';
import type { Incident, PullDeps } from './pull-deps.js';
import { type Kept, toRawRecord, type TranslateOptions, translateKept, translateRaw } from './raw-record.js';
import { gateReasons, noUnusedEvents, readPlatformState, readUnusedEvents, whyBehind } from './readiness.js';
import { pullReports } from './reports-pull.js';
import { isObject, type JsonObject } from './shape.js';
import { realSurroundings, type Surroundings } from './wait.js';
import { wantedActions } from './webhooks.js';

/** What the composition root gives. Everything but the first two has a default for production. */
export type HttpEnvironment = {
  readonly baseDir: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly onIncident?: (incident: Incident) => Promise<void>;
  readonly surroundings?: Surroundings;
  /** Addresses of both environments; other ones in tests. */
  readonly environmentUrls?: { readonly live: string; readonly test: string };
};

const capabilities: Capabilities = {
  snapshot: 'none',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'both',
  tiers: 'on_line',
  money: { unit: 'major', wire: 'string' },
  periodEnd: 'exclusive',
  resumable: true,
  fetchOne: true,
};

const checkAttempts = 2;

/** A Source over Solvimon's API. It only reads; throws AppError `config_invalid` when the key is not there. */
export function openHttp(config: HttpConfig, environment: HttpEnvironment): Source {
  const deps = httpDeps(config, environment);
  const { client, translate } = deps;
  return {
    side: 'solvimon',
    system: 'solvimon',
    capabilities: config.via === 'reports' ? { ...capabilities, tiers: 'none', resumable: false } : capabilities,
    check: (context) => check(config, environment, context),
    pull: (scope, context) =>
      config.via === 'reports'
        ? pullReports({ ...deps, ...reportDeps(config, environment) }, scope, context)
        : pullInvoices(deps, scope, context),
    fetchOne: (id, context) => fetchOne(deps, id, context),
    translate: (raw) => translateRaw(raw, translate),
    close: () => client.close(),
  };
}

function httpDeps(config: HttpConfig, environment: HttpEnvironment): PullDeps {
  return {
    client: new SolvimonClient(readingOptions(config, environment)),
    translate: translateOptions(config),
    platformId: config.platform_id ?? null,
    pageSize: config.page_size,
    readAhead: config.read_ahead,
    settleMs: spanMs(config.settle),
    latenessMs: spanMs(config.lateness),
    checksEvents: config.usage_events === 'check',
    leavesOutOneOff: config.one_off === 'list',
    cycleRule: config.cycle_by,
    surroundings: environment.surroundings ?? realSurroundings,
    onIncident: environment.onIncident ?? (async () => undefined),
  };
}

function reportDeps(config: HttpConfig, environment: HttpEnvironment) {
  return {
    columns: config.report_columns,
    openWriter: () => writingClient(config, environment),
    allowsPrivateAddress: config.allow_private_address === 'true',
  };
}

/** How documents are made by this configuration: the same for pages, replays and reports. */
export function translateOptions(
  config: Pick<HttpConfig, 'customer_key' | 'platform_id' | 'require_hold'>,
): TranslateOptions {
  return {
    account: config.platform_id ?? '',
    customerKey:
      config.customer_key === 'reference'
        ? { kind: 'reference' }
        : { kind: 'custom_field', reference: config.customer_key },
    requireHold: config.require_hold === 'true',
  };
}

function readingOptions(config: HttpConfig, environment: HttpEnvironment): ClientOptions {
  const apiKey = readSecret(
    'sources.solvimon.api_key',
    { env: config.api_key_env, file: config.api_key_file },
    environment.variables,
    environment.baseDir,
  );
  if (apiKey === null) throw new AppError('config_invalid', { detail: 'sources.solvimon names no key' });
  const urls = environment.environmentUrls ?? environmentUrls;
  return {
    baseUrl: config.base_url === undefined ? urls[config.environment] : baseUrlOf(config),
    apiKey,
    platformId: config.platform_id ?? null,
    timeoutMs: spanMs(config.timeout),
    maxAttempts: config.max_attempts,
    connections: config.read_ahead + 1,
    allowsPrivateAddress: config.allow_private_address === 'true',
    writes: new Set(),
    surroundings: environment.surroundings ?? realSurroundings,
  };
}

/** A client that reads, for lists besides invoices. */
export function readingClient(config: HttpConfig, environment: HttpEnvironment): SolvimonClient {
  return new SolvimonClient(readingOptions(config, environment));
}

/** A client with the second key that may send what `writes` switches on. Throws AppError when there is no such key. */
export function writingClient(config: HttpConfig, environment: HttpEnvironment): SolvimonClient {
  const { writes } = config;
  const apiKey = readSecret(
    'sources.solvimon.writes.api_key',
    { env: writes?.api_key_env, file: writes?.api_key_file },
    environment.variables,
    environment.baseDir,
  );
  if (apiKey === null || writes === undefined)
    throw new AppError('config_invalid', {
      detail: 'sources.solvimon.writes names no key of its own; the reading key never writes',
    });
  const allowed = (['hold', 'reports', 'reprocess'] as const).filter((kind) => writes[kind] === 'true');
  return new SolvimonClient({ ...readingOptions(config, environment), apiKey, writes: new Set(allowed) });
}

async function check(config: HttpConfig, environment: HttpEnvironment, context: PullContext) {
  const options = { ...readingOptions(config, environment), maxAttempts: checkAttempts };
  const client = new SolvimonClient(options);
  const urls = environment.environmentUrls ?? environmentUrls;
  const other = config.environment === 'live' ? 'test' : 'live';
  try {
    return await checkSolvimon(
      {
        client,
        environment: config.environment,
        otherEnvironment: { name: other, open: () => new SolvimonClient({ ...options, baseUrl: urls[other] }) },
        keyName: config.api_key_env ?? config.api_key_file ?? '',
        platformId: config.platform_id ?? null,
        pageSize: config.page_size,
        readAhead: config.read_ahead,
        requiresHold: config.require_hold === 'true',
        checksEvents: config.usage_events === 'check',
        webhookActions:
          config.webhook_secret_env === undefined && config.webhook_secret_file === undefined ? [] : wantedActions,
      },
      context,
    );
  } finally {
    await client.close();
  }
}

/**
 * One invoice again, with the gate of this moment: the platform's progress against the invoice's own usage, and its
 * customer's unmatched events. `undefined` when Solvimon has no such invoice.
 */
async function fetchOne(
  deps: PullDeps,
  id: string,
  context: PullContext,
): Promise<(Translated & { readonly raw: RawRecord }) | undefined> {
  if (!isPathId(id)) return undefined;
  const outcome = await deps.client.tryGet(`/v1/invoices/${id}`, {}, context);
  if (outcome.kind === 'not_found') return undefined;
  if (outcome.kind === 'refused') throw outcome.error;
  if (!isObject(outcome.json)) throw new AppError('source_reply_invalid', { detail: `invoice ${id} is no object` });
  const invoice = outcome.json;
  const directory = new CustomerDirectory(deps.client, deps);
  const kept: Kept = {
    invoice,
    customerReference: await directory.referenceFor(invoice, context),
    gate: [],
  };
  const translated = translateKept(kept, deps.translate, outcome.requestId);
  const gated =
    translated.type === 'document'
      ? { ...kept, gate: await gateOfOne(deps, invoice, translated.document, context) }
      : kept;
  const reading = { requestId: outcome.requestId, fetchedAt: instantOfMs(outcome.receivedAt) };
  return { ...translateKept(gated, deps.translate, outcome.requestId), raw: toRawRecord(gated, reading) };
}

async function gateOfOne(deps: PullDeps, invoice: JsonObject, document: Document, context: PullContext) {
  const usage = document.lines.filter((line) => line.kind === 'usage' && line.period !== null);
  const starts = usage.flatMap((line) => (line.period === null ? [] : [line.period.start])).sort();
  const ends = usage.flatMap((line) => (line.period === null ? [] : [line.period.end])).sort();
  const [start, end] = [starts[0], ends.at(-1)];
  const platform = await findPlatform(deps.client, deps.platformId ?? platformOf(invoice), context);
  const behind =
    platform.id === null
      ? 'no platform is known'
      : // An invoice without usage waits for no events; a watermark of long ago is then enough.
        whyBehind(
          await readPlatformState(deps.client, platform.id, context),
          end ?? longAgo,
          end === undefined ? 0 : deps.latenessMs,
        );
  const customerId = typeof invoice['customer_id'] === 'string' ? invoice['customer_id'] : null;
  const events =
    !deps.checksEvents || start === undefined || end === undefined || msOfInstant(start) >= msOfInstant(end)
      ? noUnusedEvents
      : await readUnusedEvents(
          deps.client,
          { period: { start, end }, customerId, pageSize: deps.pageSize, readAhead: deps.readAhead },
          context,
        );
  return gateReasons(invoice, behind, events);
}

const longAgo = instantOfMs(0) satisfies Instant;

function platformOf(invoice: JsonObject): string | null {
  const id = invoice['platform_id'];
  return typeof id === 'string' && id !== '' ? id : null;
}
