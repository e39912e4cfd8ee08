import { stripeConfig } from '../../src/legacy-adapters/stripe/shape.js';
import { openStripe } from '../../src/legacy-adapters/stripe/adapter.js';
import { creditedInvoices, surroundings, toObject } from '../fakes/stripe/objects.js';
import { fakeKey, startStripe } from '../fakes/stripe/server.js';
import type { Harness, Setup } from './harness.js';
import { adapterConformance } from './suite.js';

/** Three days after the end of the suite's cycle; a day before it for a cycle that is not billed yet. */
const afterCycle = Date.UTC(2026, 10, 4);
const beforeEnd = Date.UTC(2026, 9, 30);

/** `windowDocuments` is how many documents are listed as one indivisible window. */
const harness = (windowDocuments: number): Harness => ({
  side: 'legacy',
  timezone: 'Europe/Amsterdam',
  faults: ['rate_limited', 'server_error', 'unauthorised', 'html', 'cut_off', 'hangs', 'inserts', 'deletes', 'repeats'],
  cycleIsCutBy: 'scope',
  knowsUnbilled: true,
  pageSize: 100,
  inlineLines: 10,
  amountDigits: (currency) => ({ EUR: 2, JPY: 0, KWD: 3 })[currency],
  isMetered: true,
  open: (setup) => openFake(setup, windowDocuments),
});

async function openFake(setup: Setup, windowDocuments: number) {
  const now = setup.isCycleBilled === false ? beforeEnd : afterCycle;
  const fake = await startStripe({
    state: {
      invoices: [
        ...setup.documents.filter(({ kind }) => kind === 'invoice').map(toObject),
        ...creditedInvoices(setup.documents),
      ],
      creditNotes: setup.documents.filter(({ kind }) => kind === 'credit_note').map(toObject),
      ...surroundings(setup.documents),
    },
    faults: setup.faults ?? [],
    now: () => now,
    toObject,
  });
  const config = stripeConfig.parse({
    api_key_env: 'STRIPE_KEY',
    base_url: `http://127.0.0.1:${fake.port}`,
    window_documents: windowDocuments,
  });
  const source = openStripe(config, { STRIPE_KEY: fakeKey });
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

// Windows of several pages, so that cursors are used and lost; and windows of less than a page, so that a pull has many checkpoints.
adapterConformance('Stripe', harness(150));
adapterConformance('Stripe in small windows', harness(15));
