import { AppError } from '../../errors.js';
import type { Capabilities, PullContext, RawRecord, Source, Translated } from '../../model/source.js';
import type { LegacyAdapter } from '../adapter.js';
import { HttpTransport } from '../http/transport.js';
import { checkStripe } from './check.js';
import { connect, isHarmless, pinnedApiVersion, type StripeClient } from './client.js';
import { complete, type Reading, readingOf, readObject } from './complete.js';
import { objectTypeOf, pullStripe } from './read.js';
import { References } from './references.js';
import { type StripeConfig, stripeConfig } from './shape.js';
import { toDocument } from './to-document.js';

const capabilities: Capabilities = {
  snapshot: 'none',
  linesInline: 'first_page',
  creditNotes: 'separate',
  taxLevel: 'line',
  tiers: 'sibling_lines',
  money: { unit: 'minor', wire: 'json_int' },
  periodEnd: 'exclusive',
  resumable: true,
  fetchOne: true,
};

/** Stripe Billing. The key is read from the environment when it is first needed, so that a missing one is a finding of `check`. */
export const stripeAdapter: LegacyAdapter = {
  kind: 'stripe',
  configSchema: stripeConfig,
  open: async (raw) => openStripe(stripeConfig.parse(raw), process.env),
};

/** A Source over one Stripe account. Never writes. */
export function openStripe(config: StripeConfig, variables: Readonly<Record<string, string | undefined>>): Source {
  const transport = new HttpTransport({ system: 'Stripe', isHarmless });
  const translate = (raw: RawRecord): Translated =>
    toDocument(raw, { account: config.account ?? '', currencyDigits: config.currency_digits });
  const begin = (context: PullContext) => {
    const client = connect(config, keyOf(config, variables), transport, context);
    return { client, reading: readingFor(config, client, context) };
  };
  return {
    side: 'legacy',
    system: 'stripe',
    capabilities,
    check: async (context) => {
      const apiKey = variables[config.api_key_env] ?? '';
      if (apiKey === '') return [missingKey(config)];
      return checkStripe(config, apiKey, begin(context).client, context.now());
    },
    pull: (scope, context) =>
      pullStripe({
        ...begin(context),
        translate,
        scope,
        context,
        windowDocuments: config.window_documents,
        settleHours: config.settle_hours,
        previews: config.previews,
      }),
    fetchOne: async (id, context) => {
      const { reading } = begin(context);
      const type = objectTypeOf(id);
      const found = await readObject(reading, type, id);
      const completed = found === undefined ? undefined : await complete(reading, type, found);
      return completed?.type === 'raw' ? { ...translate(completed.raw), raw: completed.raw } : undefined;
    },
    translate,
    close: () => transport.close(),
  };
}

function keyOf(config: StripeConfig, variables: Readonly<Record<string, string | undefined>>): string {
  const key = variables[config.api_key_env];
  if (key !== undefined && key !== '') return key;
  throw new AppError('config_invalid', {
    detail: `sources.legacy.api_key_env names ${config.api_key_env}, which is not set`,
  });
}

function missingKey(config: StripeConfig) {
  return {
    level: 'problem',
    topic: 'credentials',
    sentence: `The environment variable ${config.api_key_env} is not set.`,
    next: 'Put a restricted Stripe key into it; sources.legacy.api_key_env names the variable.',
  } as const;
}

function readingFor(config: StripeConfig, client: StripeClient, context: PullContext): Reading {
  const references = new References(client, (event, data) => context.log(event, data));
  return readingOf(client, references, context.now(), config.api_version ?? pinnedApiVersion);
}
