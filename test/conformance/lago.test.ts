import { describe, test } from 'vitest';
import { openLago } from '../../src/legacy-adapters/lago/adapter.js';
import { lagoConfig } from '../../src/legacy-adapters/lago/shape.js';
import type { Document } from '../../src/model/document.js';
import { instantOfMs, msOfInstant } from '../../src/model/period.js';
import { toObject } from '../fakes/lago/objects.js';
import { fakeKey, startLago } from '../fakes/lago/server.js';
import { type Break, broken, expectFoundOut } from './broken-variant.js';
import type { Harness, Setup } from './harness.js';
import { adapterConformance } from './suite.js';

/** Three days after the end of the suite's cycle; a day before it for a cycle that is not billed yet. */
const afterCycle = Date.UTC(2026, 10, 4);
const beforeEnd = Date.UTC(2026, 9, 30);
const timezone = 'Europe/Amsterdam';

type Variant = { readonly windowDays: number; readonly periods: 'instants' | 'clock' };

const harness = (variant: Variant): Harness => ({
  side: 'legacy',
  timezone,
  faults: ['rate_limited', 'server_error', 'unauthorised', 'html', 'cut_off', 'hangs', 'inserts', 'deletes', 'repeats'],
  cycleIsCutBy: 'scope',
  knowsUnbilled: true,
  pageSize: 100,
  // A list has none, and the document itself has all of them in one piece; the number only sizes the samples.
  inlineLines: 1,
  amountDigits: (currency) => ({ EUR: 2, JPY: 0, KWD: 3 })[currency],
  isMetered: true,
  open: (setup) => openFake(setup, variant),
});

async function openFake(setup: Setup, { windowDays, periods }: Variant) {
  const now = setup.isCycleBilled === false ? beforeEnd : afterCycle;
  const make = (document: Setup['documents'][number]) => toObject(document, { timezone, periods });
  const fake = await startLago({
    state: {
      invoices: setup.documents.filter(({ kind }) => kind === 'invoice').map(make),
      creditNotes: setup.documents.filter(({ kind }) => kind === 'credit_note').map(make),
    },
    faults: setup.faults ?? [],
    now: () => now,
    toObject: make,
  });
  const config = lagoConfig.parse({
    api_key_env: 'LAGO_KEY',
    base_url: `http://127.0.0.1:${fake.port}`,
    allow_private_address: true,
    window_days: windowDays,
  });
  const source = openLago(config, { LAGO_KEY: fakeKey });
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

// One window of several pages, so that they shift; and many windows, so that a pull has many checkpoints.
adapterConformance('Lago', harness({ windowDays: 62, periods: 'instants' }));
adapterConformance('Lago in windows of two days', harness({ windowDays: 2, periods: 'clock' }));

describe('the suite finds out a Lago adapter that', () => {
  const whole = harness({ windowDays: 62, periods: 'instants' });
  const withDocument =
    (change: (document: Document) => Document): Break =>
    (event) =>
      event.type === 'document' ? { ...event, document: change(event.document) } : event;

  test('believes the count of pages that is half an hour old', async () => {
    let emitted = 0;
    const cached: Break = (event) => {
      if (event.type !== 'document') return event;
      emitted += 1;
      return emitted > 200 ? null : event;
    };
    await expectFoundOut('pages are read to the last one', broken(whole, cached));
  });

  test('takes the last second for the end', async () => {
    const closed = withDocument((document) => ({
      ...document,
      lines: document.lines.map((line) => ({
        ...line,
        period:
          line.period === null
            ? null
            : { start: line.period.start, end: instantOfMs(msOfInstant(line.period.end) - 1000) },
      })),
    }));
    await expectFoundOut('periods are half-open in the zone of the source', broken(whole, closed));
  });

  test('bills credits', async () => {
    const unturned = withDocument((document) =>
      document.kind === 'credit_note' ? { ...document, kind: 'invoice' } : document,
    );
    await expectFoundOut('credit notes are there when they are declared, and negative', broken(whole, unturned));
  });
});
