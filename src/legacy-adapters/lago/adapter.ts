import { AppError } from '../../errors.js';
import { instantOfMs } from '../../model/period.js';
import type { Capabilities, PullContext, RawRecord, Source, Translated } from '../../model/source.js';
import type { LegacyAdapter } from '../adapter.js';
import { wrong } from '../http/findings.js';
import { HttpTransport } from '../http/transport.js';
import { checkLago } from './check.js';
import { connect } from './client.js';
import { pullLago, type Reading, readDocument } from './read.js';
import { type LagoConfig, lagoConfig } from './shape.js';
import { toDocument } from './to-document.js';

const capabilities: Capabilities = {
  snapshot: 'none',
  linesInline: 'none',
  creditNotes: 'separate',
  taxLevel: 'both',
  tiers: 'on_line',
  money: { unit: 'minor', wire: 'mixed' },
  periodEnd: 'inclusive_second',
  resumable: true,
  fetchOne: true,
};

/** Lago, in its cloud or on a server of one's own. The key is read from the environment when it is first needed. */
export const lagoAdapter: LegacyAdapter = {
  kind: 'lago',
  configSchema: lagoConfig,
  open: async (raw) => openLago(lagoConfig.parse(raw), process.env),
};

/** A Source over one Lago organization. Never writes. */
export function openLago(config: LagoConfig, variables: Readonly<Record<string, string | undefined>>): Source {
  const transport = new HttpTransport({
    system: 'Lago',
    isHarmless: () => false,
    allowsPrivateAddress: config.allow_private_address,
  });
  const options = { account: new URL(config.base_url).hostname, currencyDigits: config.currency_digits };
  const translate = (raw: RawRecord): Translated => toDocument(raw, options);
  const begin = (context: PullContext): Reading => ({
    client: connect(config, keyOf(config, variables), transport, context),
    fetchedAt: instantOfMs(context.now()),
  });
  return {
    side: 'legacy',
    system: 'lago',
    capabilities,
    check: async (context) => {
      if ((variables[config.api_key_env] ?? '') === '') return [missingKey(config)];
      return checkLago(config, begin(context).client, context.now());
    },
    pull: async function* (scope, context) {
      const { window_days: windowDays, settle_hours: settleHours } = config;
      yield* pullLago({ reading: begin(context), translate, scope, context, windowDays, settleHours });
    },
    fetchOne: async (id, context) => {
      const reading = begin(context);
      // An id does not tell what it is of.
      const read = (await readDocument(reading, 'invoice', id)) ?? (await readDocument(reading, 'credit_note', id));
      return read === undefined ? undefined : { ...translate(read.raw), raw: read.raw };
    },
    translate,
    close: () => transport.close(),
  };
}

function keyOf(config: LagoConfig, variables: Readonly<Record<string, string | undefined>>): string {
  const key = variables[config.api_key_env];
  if (key !== undefined && key !== '') return key;
  throw new AppError('config_invalid', {
    detail: `sources.legacy.api_key_env names ${config.api_key_env}, which is not set`,
  });
}

function missingKey(config: LagoConfig) {
  return wrong(
    'credentials',
    `The environment variable ${config.api_key_env} is not set.`,
    'Put a Lago API key into it; sources.legacy.api_key_env names the variable.',
  );
}
