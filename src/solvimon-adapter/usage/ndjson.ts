import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { contains, instantOfMs } from '../../model/period.js';
import { problem } from '../../model/problem.js';
import {
  type RejectedUsage,
  type UsageContext,
  type UsageDone,
  type UsageRecord,
  type UsageSource,
  UsageTally,
  type UsageWindow,
} from '../../model/usage.js';
import { damaged, pageFiles, textLines } from '../read-pages.js';
import { isObject, parseFast } from '../shape.js';
import { type ToEventOptions, toUsageEvent } from './to-event.js';

/** How the meters of Solvimon are read, whatever the events come from. */
export const meterOptions = {
  meter_values: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('Meter reference → reference of the value that is billed, for meters with several'),
  unique_by: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('Meter reference → reference of the property whose different values are counted'),
};

/** `usage.solvimon` with `kind: ndjson`: events as GET /v1/events gives them, one on each line. */
export const ndjsonEventsConfig = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('A file, or a folder of .ndjson, .jsonl and .gz files, relative to this file; {cycle} is replaced'),
  ...meterOptions,
});
type NdjsonEventsConfig = z.infer<typeof ndjsonEventsConfig>;

/** A longer line is no event. Characters. */
const maxEventLength = 1024 * 1024;
const batchSize = 1000;

/** A usage source over saved events. */
export function openNdjsonEvents(config: NdjsonEventsConfig, baseDir: string): UsageSource {
  const options = { meterValues: config.meter_values, uniqueBy: config.unique_by };
  return {
    side: 'solvimon',
    system: 'solvimon',
    check: async () => {
      const root = path.resolve(baseDir, config.path.split('{cycle}')[0] ?? '');
      const isThere = await stat(root).then(
        () => true,
        () => false,
      );
      return [
        isThere
          ? { level: 'ok', topic: 'reachability', sentence: 'The folder or file of the events exists.', next: null }
          : {
              level: 'problem',
              topic: 'reachability',
              sentence: `There is nothing at ${path.relative(baseDir, root)}.`,
              next: 'Save the events of GET /v1/events there, or correct usage.solvimon.path.',
            },
      ];
    },
    pull: (window, context) =>
      pullFiles(path.resolve(baseDir, config.path.replaceAll('{cycle}', window.cycle)), {
        baseDir,
        window,
        context,
        options,
      }),
    close: async () => undefined,
  };
}

type Pull = {
  readonly baseDir: string;
  readonly window: UsageWindow;
  readonly context: UsageContext;
  readonly options: ToEventOptions;
};

async function* pullFiles(target: string, pull: Pull): AsyncGenerator<readonly UsageRecord[], UsageDone> {
  const tally = new UsageTally();
  const hash = createHash('sha256');
  const files = await pageFiles(target);
  const shown = path.relative(pull.baseDir, target);
  if (files.length === 0) {
    const expected = `the events of cycle ${pull.window.cycle} (.ndjson, .jsonl, .gz)`;
    tally.fail(problem('file_missing', { file: shown }, null, null, expected), `there are no events at ${shown}`);
  }
  for (const file of files) {
    const name = path.relative(pull.baseDir, file);
    try {
      yield* eventsOf(file, name, pull, tally, hash);
    } catch (error) {
      // A gzip that is cut off or damaged; what came before it was read.
      if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw error;
      tally.fail(damaged({ file: name }, error), `${name} could not be read to its end`);
    }
  }
  return tally.done(instantOfMs(pull.context.now()), files.length === 0 ? null : hash.digest('hex'));
}

async function* eventsOf(
  file: string,
  name: string,
  { window, context, options }: Pull,
  tally: UsageTally,
  hash: Hash,
): AsyncIterable<readonly UsageRecord[]> {
  let line = 0;
  let batch: UsageRecord[] = [];
  for await (const text of textLines(file, hash)) {
    line += 1;
    if (text.trim() === '') continue;
    const record = readEvent(text, { file: name, line }, options);
    if (record.type === 'event' && !contains(window.period, record.at))
      tally.skip('outside the window that was asked for');
    else batch.push(tally.take(record));
    if (batch.length < batchSize) continue;
    context.signal.throwIfAborted();
    yield batch;
    batch = [];
  }
  yield batch;
}

function readEvent(text: string, place: { readonly file: string; readonly line: number }, options: ToEventOptions) {
  const reject = (code: 'too_large' | 'json_malformed' | 'encoding_broken', expected: string): RejectedUsage => ({
    type: 'rejected',
    reference: null,
    customer: null,
    meter: null,
    problems: [problem(code, place, null, code === 'too_large' ? null : text, expected)],
    place,
  });
  if (text.length > maxEventLength) return reject('too_large', `a line of at most ${maxEventLength} characters`);
  if (text.includes('\uFFFD')) return reject('encoding_broken', 'UTF-8 text');
  try {
    const raw = parseFast(text);
    return isObject(raw) ? toUsageEvent(raw, place, options) : reject('json_malformed', 'one event as a JSON object');
  } catch (error) {
    return reject(
      'json_malformed',
      `one event as a JSON object: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
}
