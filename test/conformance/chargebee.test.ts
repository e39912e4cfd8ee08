import { describe, test } from 'vitest';
import { openChargebee } from '../../src/legacy-adapters/chargebee/adapter.js';
import { chargebeeConfig } from '../../src/legacy-adapters/chargebee/shape.js';
import type { Document } from '../../src/model/document.js';
import { Decimal, toDecimalText } from '../../src/model/money.js';
import { toObject } from '../fakes/chargebee/objects.js';
import { fakeKey, inlineLines, startChargebee } from '../fakes/chargebee/server.js';
import { type Break, broken, expectFoundOut } from './broken-variant.js';
import type { Harness, Setup } from './harness.js';
import { adapterConformance } from './suite.js';

/** Three days after the end of the suite's cycle; a day before it for a cycle that is not billed yet. */
const afterCycle = Date.UTC(2026, 10, 4);
const beforeEnd = Date.UTC(2026, 9, 30);

type Variant = {
  readonly windowDocuments: number;
  readonly billingMode: 'millisecond' | 'day';
  readonly siblings: 'paged' | 'whole';
};

const harness = (variant: Variant): Harness => ({
  side: 'legacy',
  timezone: 'Europe/Amsterdam',
  faults: ['rate_limited', 'server_error', 'unauthorised', 'html', 'cut_off', 'hangs', 'inserts', 'deletes', 'repeats'],
  cycleIsCutBy: 'scope',
  knowsUnbilled: true,
  pageSize: 100,
  inlineLines,
  // Three-decimal currencies have two digits here, which is Chargebee's own.
  amountDigits: (currency) => ({ EUR: 2, JPY: 0, KWD: 2 })[currency],
  isMetered: true,
  open: (setup) => openFake(setup, variant),
});

async function openFake(setup: Setup, { windowDocuments, billingMode, siblings }: Variant) {
  const now = setup.isCycleBilled === false ? beforeEnd : afterCycle;
  const make = (document: Setup['documents'][number]) => toObject(document, { billingMode });
  const fake = await startChargebee({
    state: {
      invoices: setup.documents.filter(({ kind }) => kind === 'invoice').map(make),
      creditNotes: setup.documents.filter(({ kind }) => kind === 'credit_note').map(make),
    },
    faults: setup.faults ?? [],
    siblings,
    now: () => now,
    toObject: make,
  });
  const config = chargebeeConfig.parse({
    site: 'acme',
    api_key_env: 'CHARGEBEE_KEY',
    billing_mode: billingMode,
    base_url: `http://127.0.0.1:${fake.port}`,
    window_documents: windowDocuments,
  });
  const source = openChargebee(config, { CHARGEBEE_KEY: fakeKey });
  return {
    source,
    requests: () => fake.requests.length,
    writes: () => fake.writes(),
    now: () => now,
    close: async () => {
      await source.close();
      await fake.close();
    },
  };
}

// Windows of several pages, so that offsets are used and lost; and windows of less than a page, so that a pull has many checkpoints.
adapterConformance('Chargebee', harness({ windowDocuments: 150, billingMode: 'millisecond', siblings: 'paged' }));
adapterConformance(
  'Chargebee with day-based billing, in small windows',
  harness({ windowDocuments: 15, billingMode: 'day', siblings: 'whole' }),
);

describe('the suite finds out a Chargebee adapter that', () => {
  const whole = harness({ windowDocuments: 150, billingMode: 'millisecond', siblings: 'paged' });
  const withDocument =
    (change: (document: Document) => Document): Break =>
    (event) =>
      event.type === 'document' ? { ...event, document: change(event.document) } : event;

  test('reads only the lines that come with the list', async () => {
    const inlineOnly = withDocument((document) => ({ ...document, lines: document.lines.slice(0, inlineLines) }));
    await expectFoundOut('every line of every document is there, however many there are', broken(whole, inlineOnly));
  });

  test('takes the scale of ISO 4217 for its own', async () => {
    const thousandths = withDocument((document) =>
      document.currency === 'KWD'
        ? {
            ...document,
            totals: { ...document.totals, gross: toDecimalText(new Decimal(document.totals.gross).div(10)) },
          }
        : document,
    );
    await expectFoundOut('every shape of money arrives as it was billed', broken(whole, thousandths));
  });

  test('does not read a list again', async () => {
    const forgetful: Break = (event) =>
      event.type === 'document' && event.document.source.id === 'in_late' ? null : event;
    await expectFoundOut('a document that appears while pages are read is not lost', broken(whole, forgetful));
  });
});
