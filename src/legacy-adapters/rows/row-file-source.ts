import { AppError } from '../../errors.js';
import type { Capabilities, CheckFinding, PullContext, PullEvent, Scope, Source } from '../../model/source.js';
import { openDelivery } from '../files/deliveries.js';
import type { FileStore } from '../files/file-store.js';
import { folderStore } from '../files/folder-store.js';
import type { FileOptions } from '../files/options.js';
import { patternOf } from '../files/pattern.js';
import { ok, warning } from '../http/findings.js';
import { pullRows, type PullRowsInput } from './group-rows.js';
import type { RowOptions } from './shape.js';

export const rowFileCapabilities: Capabilities = {
  snapshot: 'file',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'both',
  tiers: 'none',
  money: { unit: 'by_config', wire: 'text' },
  periodEnd: 'by_config',
  resumable: false,
  fetchOne: false,
};

export type RowFileInput = {
  readonly system: string;
  readonly config: RowOptions & FileOptions;
  readonly grouping: PullRowsInput['grouping'];
  readonly baseDir: string;
  readonly capabilities: Capabilities;
  /** What the export does not hold, as sentences. */
  readonly gaps?: readonly string[];
  readonly rows: PullRowsInput['rows'];
};

/** A Source over the file of each cycle, in a folder or a bucket, whose rows are invoice lines. */
export async function openRowFile(input: RowFileInput): Promise<Source> {
  const { config, baseDir } = input;
  const { bucket } = patternOf(config.path, '', baseDir);
  const store =
    bucket === null ? folderStore({ baseDir, maxBytes: config.max_bytes }) : await openBucket(bucket, config);
  return {
    side: 'legacy',
    system: input.system,
    capabilities: input.capabilities,
    check: async (context) => [
      ...(await store.check(patternOf(config.path, '', baseDir), context)),
      completeness(config),
      ...(input.gaps ?? []).map((gap) =>
        warning('completeness', gap, 'Read docs/file-sources.md, and say what your export has under columns.'),
      ),
    ],
    pull: (scope, context) => pullFile(input, store, scope, context),
    fetchOne: async () => undefined,
    translate: (raw) => {
      throw new AppError('internal', { detail: `files are read again, not replayed: ${raw.id}` });
    },
    close: () => store.close(),
  };
}

/** Loaded when a bucket is configured: it brings the clients for HTTP and S3. */
async function openBucket(bucket: string, options: FileOptions): Promise<FileStore> {
  const { bucketStore } = await import('../files/bucket-store.js');
  return bucketStore(bucket, options, process.env);
}

async function* pullFile(
  input: RowFileInput,
  store: FileStore,
  scope: Scope,
  context: PullContext,
): AsyncIterable<PullEvent> {
  const { system, config, grouping, baseDir, rows } = input;
  const delivery = await openDelivery({ store, options: config, baseDir, cycle: scope.cycle, context });
  try {
    yield* pullRows({ system, delivery, options: config, grouping, rows, scope, context });
  } finally {
    await delivery.file?.close();
  }
}

function completeness(config: FileOptions): CheckFinding {
  if (config.manifest === undefined)
    return warning(
      'completeness',
      'No manifest is configured, so a cut-off file cannot be told from a whole one.',
      'Let the export write row counts and control totals, and name the file under manifest.',
    );
  return ok(
    'completeness',
    config.manifest.includes('*')
      ? 'Of several deliveries of a cycle the one whose manifest has the newest as_of counts, as a whole.'
      : 'A file is held against its manifest.',
  );
}
