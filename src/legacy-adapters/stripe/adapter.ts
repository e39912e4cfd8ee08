import { AppError } from '../../errors.js';
import type { Capabilities, PullContext, RawRecord, Source, Translated } from '../../model/source.js';
import type { LegacyAdapter } from '../adapter.js';
import { HttpTransport } from '../http/transport.js';
import { checkStripe } from './check.js';
import { connect, isHarmless, type StripeClient } from './client.js';
import { complete, type Completed, type Reading, readingOf, readObject } from './complete.js';
import { previewPrefix, readPreview } from './previews.js';
import { pullStripe } from './read.js';
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
  const transport = new HttpTransport({
    system: 'Stripe',
    isHarmless,
    // Another address can only be one of this machine.
    allowsPrivateAddress: config.base_url !== undefined,
  });
  const translate = (raw: RawRecord): Translated =>
    toDocument(raw, { account: config.account ?? '', currencyDigits: config.currency_digits });
  const begin = async (context: PullContext) => {
    const client = await connect(config, keyOf(config, variables), transport, context);
    const references = new References(client, (event, data) => context.log(event, data));
    return { client, reading: readingOf(client, references, context.now()) };
  };
  return {
    side: 'legacy',
    system: 'stripe',
    capabilities,
    check: async (context) => {
      const apiKey = variables[config.api_key_env] ?? '';
      if (apiKey === '') return [missingKey(config)];
      const { client } = await begin(context);
      return checkStripe(config, apiKey, client, context.now());
    },
    pull: async function* (scope, context) {
      const { window_documents: windowDocuments, settle_hours: settleHours, previews } = config;
      yield* pullStripe({
        ...(await begin(context)),
        translate,
        scope,
        context,
        windowDocuments,
        settleHours,
        previews,
      });
    },
    fetchOne: async (id, context) => {
      const { client, reading } = await begin(context);
      const completed = await readOne(client, reading, id);
      return completed?.type === 'raw' ? { ...translate(completed.raw), raw: completed.raw } : undefined;
    },
    translate,
    close: () => transport.close(),
  };
}

async function readOne(client: StripeClient, reading: Reading, id: string): Promise<Completed | undefined> {
  if (id.startsWith(previewPrefix)) {
    const preview = await readPreview(client, id.slice(previewPrefix.length));
    return preview.type === 'found' ? complete(reading, 'preview', preview.found) : undefined;
  }
  // Stripe's ids tell what they are of.
  const type = id.startsWith('cn_') ? 'credit_note' : 'invoice';
  const found = await readObject(reading, type, id);
  return found === undefined ? undefined : complete(reading, type, found);
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
