import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { Decimal, toDecimalText } from '../../src/model/money.js';
import type { PullEvent, Source } from '../../src/model/source.js';
import type { Harness } from './harness.js';
import { solvimonHarness } from './solvimon-harness.js';
import { conformanceChecks } from './suite.js';

/*
 * The suite is green for the Solvimon adapter only if it would be red for a worse one. Each of these is the real adapter
 * over the real fake with one thing spoilt, and the law beside it must find that out.
 */

type Spoil = (source: Source) => Source;

const events =
  (change: (event: PullEvent, index: number) => PullEvent | null): Spoil =>
  (source) => ({
    ...source,
    pull: async function* (scope, context) {
      let index = 0;
      for await (const event of source.pull(scope, context)) {
        const changed = change(event, index);
        index += 1;
        if (changed !== null) yield changed;
      }
    },
  });

const spoilt: readonly (readonly [string, string, Spoil])[] = [
  [
    'loses a document',
    'pages are read to the last one',
    events((event, index) => (event.type === 'document' && index === 4 ? null : event)),
  ],
  [
    'rounds an amount',
    'amounts are exact to the last digit',
    events((event) =>
      event.type === 'document'
        ? {
            ...event,
            document: {
              ...event.document,
              lines: event.document.lines.map((line) => ({
                ...line,
                net: toDecimalText(new Decimal(line.net).toDecimalPlaces(2, Decimal.ROUND_HALF_UP)),
              })),
            },
          }
        : event,
    ),
  ],
  [
    'takes the neighbours in',
    'periods are half-open in the zone of the source',
    events((event) => (event.type === 'document' ? { ...event, isNeighbour: false } : event)),
  ],
  [
    'gives no checkpoint',
    'a pull killed at any checkpoint goes on to the same documents',
    events((event) => (event.type === 'checkpoint' ? null : event)),
  ],
  [
    'forgets where it was',
    'a pull killed at any checkpoint goes on to the same documents',
    (source) => ({ ...source, pull: (scope, context) => source.pull(scope, { ...plain(context), resume: null }) }),
  ],
  [
    'says complete whatever happened',
    'a cycle that is not billed yet is never an empty one',
    events((event) => (event.type === 'done' ? { ...event, complete: true, incompleteBecause: [] } : event)),
  ],
  [
    'judges drafts',
    'a draft is not ready, and a void document owes nothing',
    events((event) =>
      event.type === 'document' ? { ...event, document: { ...event.document, notReady: [] } } : event,
    ),
  ],
  [
    'replays to something else',
    'raw records replay to the same documents',
    (source) => ({
      ...source,
      translate: (raw) => {
        const translated = source.translate(raw);
        return translated.type === 'document'
          ? { ...translated, document: { ...translated.document, number: 'another' } }
          : translated;
      },
    }),
  ],
  [
    'takes no tokens',
    'each request asks for a token first',
    (source) => ({
      ...source,
      pull: (scope, context) => source.pull(scope, { ...plain(context), acquire: async () => undefined }),
    }),
  ],
  [
    'says nothing about 429',
    'a request to slow down with Retry-After reaches the queue and is obeyed',
    (source) => ({
      ...source,
      pull: (scope, context) => source.pull(scope, { ...plain(context), rateLimited: () => undefined }),
    }),
  ],
];

function plain(context: Parameters<Source['pull']>[1]): Parameters<Source['pull']>[1] {
  return {
    signal: context.signal,
    resume: context.resume,
    acquire: (tokens) => context.acquire(tokens),
    rateLimited: (ms, why) => context.rateLimited(ms, why),
    now: () => context.now(),
    log: (event, data) => context.log(event, data),
  };
}

const brokenHarness = (spoil: Spoil): Harness => ({
  ...solvimonHarness,
  open: async (setup) => {
    const opened = await solvimonHarness.open(setup);
    return { ...opened, source: spoil(opened.source) };
  },
});

describe('the suite finds out a Solvimon adapter that', () => {
  test.each(spoilt)('%s', async (_what, law, spoil) => {
    const check = conformanceChecks.find(({ name }) => name === law);
    if (check === undefined) throw new Error(`there is no law ${law}`);
    await check.run(solvimonHarness);
    await expect(check.run(brokenHarness(spoil))).rejects.toSatisfy(
      (error: unknown) => error instanceof AssertionError || error instanceof AppError,
    );
  });
});
