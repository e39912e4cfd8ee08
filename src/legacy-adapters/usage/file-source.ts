import { contains, instantOfMs } from '../../model/period.js';
import { problem, type Problem } from '../../model/problem.js';
import {
  type UsageContext,
  type UsageDone,
  type UsageRecord,
  type UsageSource,
  UsageTally,
  type UsageWindow,
} from '../../model/usage.js';
import { bucketStore } from '../files/bucket-store.js';
import { type Delivery, openDelivery } from '../files/deliveries.js';
import type { FileStore } from '../files/file-store.js';
import { folderStore } from '../files/folder-store.js';
import type { FileOptions } from '../files/options.js';
import { patternOf } from '../files/pattern.js';
import { ok, warning } from '../http/findings.js';
import { checkManifest, Control } from '../rows/manifest.js';
import { readUsageRow, type UsageRow } from './read-row.js';
import type { UsageRowOptions } from './shape.js';

/** A row, or a fault of the file as a whole after which its rest is not read. */
export type UsageRowEvent =
  | { readonly type: 'row'; readonly row: UsageRow }
  | { readonly type: 'problem'; readonly problem: Problem };

export type UsageFileInput = {
  readonly system: string;
  readonly config: UsageRowOptions & FileOptions;
  readonly baseDir: string;
  /** Rows of the file in batches, whatever its format. */
  readonly rows: (file: string, shownFile: string) => AsyncIterable<readonly UsageRowEvent[]>;
};

const outside = 'outside the window that was asked for';

/** A usage source over the file of each cycle, in a folder or a bucket. */
export function openUsageFile(input: UsageFileInput): UsageSource {
  const { config, baseDir } = input;
  const { bucket } = patternOf(config.path, '', baseDir);
  const store =
    bucket === null ? folderStore({ baseDir, maxBytes: config.max_bytes }) : bucketStore(bucket, config, process.env);
  return {
    side: 'legacy',
    system: input.system,
    check: async (context) => [
      ...(await store.check(patternOf(config.path, '', baseDir), { ...context, resume: null })),
      config.manifest === undefined
        ? warning(
            'completeness',
            'No manifest of the usage is configured, so a cut-off file cannot be told from a whole one.',
            'Let the export write its row count, and name the file under usage.legacy.manifest.',
          )
        : ok('completeness', 'A usage file is held against its manifest.'),
    ],
    pull: (window, context) => pullFile(input, store, window, context),
    close: () => store.close(),
  };
}

async function* pullFile(
  input: UsageFileInput,
  store: FileStore,
  window: UsageWindow,
  context: UsageContext,
): AsyncGenerator<readonly UsageRecord[], UsageDone> {
  const { config, baseDir } = input;
  const delivery = await openDelivery({
    store,
    options: config,
    baseDir,
    cycle: window.cycle,
    context: { ...context, resume: null },
    content: { what: 'the usage', option: 'usage.legacy.path' },
  });
  const tally = new UsageTally();
  const asOf = delivery.asOf ?? instantOfMs(context.now());
  for (const fault of delivery.problems) tally.fail(fault, `${delivery.shownFile} could not be read as configured`);
  if (delivery.file === null) return tally.done(asOf, null);
  try {
    const control = new Control();
    for await (const batch of input.rows(delivery.file.path, delivery.shownFile)) {
      context.signal.throwIfAborted();
      yield readBatch(batch, { input, window, tally, control, shownFile: delivery.shownFile });
    }
    const sha256 = await delivery.file.sha256();
    await checkDelivery(delivery, delivery.file, tally, control, sha256);
    return tally.done(asOf, sha256);
  } finally {
    await delivery.file.close();
  }
}

type Reading = {
  readonly input: UsageFileInput;
  readonly window: UsageWindow;
  readonly tally: UsageTally;
  readonly control: Control;
  readonly shownFile: string;
};

function readBatch(batch: readonly UsageRowEvent[], reading: Reading): readonly UsageRecord[] {
  const { input, window, tally, control } = reading;
  const records: UsageRecord[] = [];
  for (const event of batch) {
    if (event.type === 'problem') {
      tally.fail(event.problem, `${reading.shownFile} could not be read to its end`);
      continue;
    }
    control.rows += 1;
    const record = readUsageRow(event.row, input.config);
    if (record.type === 'event' && !contains(window.period, record.at)) tally.skip(outside);
    else if (record.type === 'aggregate' && !overlaps(record.period, window)) tally.skip(outside);
    else records.push(tally.take(record));
  }
  return records;
}

function overlaps(period: { readonly start: string; readonly end: string }, window: UsageWindow): boolean {
  return period.start < window.period.end && period.end > window.period.start;
}

async function checkDelivery(
  delivery: Delivery,
  file: NonNullable<Delivery['file']>,
  tally: UsageTally,
  control: Control,
  sha256: string,
): Promise<void> {
  const { shownFile, manifest } = delivery;
  if (!(await file.isUnchanged())) {
    const expected = 'a file that does not change while it is read; run again';
    const fault = problem('file_changed', { file: shownFile }, null, null, expected);
    tally.fail(fault, `${shownFile} changed while it was read`);
  }
  if (manifest?.content === undefined || manifest.content === null) return;
  // Totals per currency are of invoices; what proves a usage file is its row count and its hash.
  const { control_totals: _money, documents: _documents, ...content } = manifest.content;
  const checked = checkManifest({ manifest: content, shownManifest: manifest.shown, shownFile, sha256, control });
  for (const fault of checked.problems) tally.fail(fault, `${shownFile} is not what its manifest says`);
}
