import { AppError } from '../../errors.js';
import { instantOfMs } from '../../model/period.js';
import type { Capabilities, PullContext, RawRecord, Source, Translated } from '../../model/source.js';
import type { LegacyAdapter } from '../adapter.js';
import { wrong } from '../http/findings.js';
import { HttpTransport } from '../http/transport.js';
import { checkChargebee } from './check.js';
import { connect } from './client.js';
import { complete, type Reading, readObject } from './complete.js';
import { pullChargebee } from './read.js';
import { type ChargebeeConfig, chargebeeConfig } from './shape.js';
import { toDocument } from './to-document.js';

const capabilities: Capabilities = {
  snapshot: 'none',
  linesInline: 'first_page',
  creditNotes: 'separate',
  taxLevel: 'line',
  tiers: 'on_line',
  money: { unit: 'minor', wire: 'mixed' },
  periodEnd: 'by_config',
  resumable: true,
  fetchOne: true,
};

/** Chargebee, API V2 with either product catalog. The key is read from the environment when it is first needed. */
export const chargebeeAdapter: LegacyAdapter = {
  kind: 'chargebee',
  configSchema: chargebeeConfig,
  open: async (raw) => openChargebee(chargebeeConfig.parse(raw), process.env),
};

/** A Source over one Chargebee site. Never writes. */
export function openChargebee(
  config: ChargebeeConfig,
  variables: Readonly<Record<string, string | undefined>>,
): Source {
  const transport = new HttpTransport({
    system: 'Chargebee',
    isHarmless: () => false,
    // Another address can only be one of this machine.
    allowsPrivateAddress: config.base_url !== undefined,
  });
  const options = { site: config.site, billingMode: config.billing_mode, currencyDigits: config.currency_digits };
  const translate = (raw: RawRecord): Translated => toDocument(raw, options);
  const begin = async (context: PullContext): Promise<Reading> => {
    const client = await connect(config, keyOf(config, variables), transport, context);
    return { client, fetchedAt: instantOfMs(context.now()) };
  };
  return {
    side: 'legacy',
    system: 'chargebee',
    capabilities,
    check: async (context) => {
      if ((variables[config.api_key_env] ?? '') === '') return [missingKey(config)];
      const { client } = await begin(context);
      return checkChargebee(config, client, context.now());
    },
    pull: async function* (scope, context) {
      const { window_documents: windowDocuments, settle_hours: settleHours } = config;
      const reading = await begin(context);
      yield* pullChargebee({ reading, translate, scope, context, windowDocuments, settleHours });
    },
    fetchOne: async (id, context) => {
      const raw = await readOne(await begin(context), id);
      return raw === undefined ? undefined : { ...translate(raw), raw };
    },
    translate,
    close: () => transport.close(),
  };
}

/** An id does not tell what it is of: prefixes are the site's own choice. */
async function readOne(reading: Reading, id: string): Promise<RawRecord | undefined> {
  for (const kind of ['invoice', 'credit_note'] as const) {
    const found = await readObject(reading, kind, id);
    const completed = found === undefined ? undefined : await complete(reading, kind, found);
    if (completed?.type === 'raw') return completed.raw;
  }
  return undefined;
}

function keyOf(config: ChargebeeConfig, variables: Readonly<Record<string, string | undefined>>): string {
  const key = variables[config.api_key_env];
  if (key !== undefined && key !== '') return key;
  throw new AppError('config_invalid', {
    detail: `sources.legacy.api_key_env names ${config.api_key_env}, which is not set`,
  });
}

function missingKey(config: ChargebeeConfig) {
  return wrong(
    'credentials',
    `The environment variable ${config.api_key_env} is not set.`,
    'Put a read-only Chargebee API key into it; sources.legacy.api_key_env names the variable.',
  );
}
