import { stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.js';
import type { Capabilities, Source } from '../../model/source.js';
import { pullRows, type PullRowsInput, type RowEvent } from './group-rows.js';
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

/** A Source over one file per cycle whose rows are invoice lines. The file may not lie outside the configuration's folder tree by way of the cycle. */
export function openRowFile(input: {
  readonly system: string;
  readonly config: RowOptions & { readonly path: string; readonly manifest?: string | undefined };
  readonly grouping: PullRowsInput['grouping'];
  readonly baseDir: string;
  readonly capabilities: Capabilities;
  readonly rows: (file: string, shownFile: string) => AsyncIterable<RowEvent>;
}): Source {
  const { config, baseDir } = input;
  const locate = (pattern: string, cycle: string) => path.resolve(baseDir, pattern.replaceAll('{cycle}', cycle));
  return {
    side: 'legacy',
    system: input.system,
    capabilities: input.capabilities,
    check: async () => {
      const dir = path.dirname(locate(config.path, ''));
      const isThere = await stat(dir).then(
        () => true,
        () => false,
      );
      return [
        isThere
          ? { level: 'ok', topic: 'reachability', sentence: `The folder of the legacy files exists.`, next: null }
          : {
              level: 'problem',
              topic: 'reachability',
              sentence: `There is no folder ${path.relative(baseDir, dir)}.`,
              next: 'Correct sources.legacy.path, or put the files there.',
            },
        ...(config.manifest === undefined
          ? [
              {
                level: 'warning' as const,
                topic: 'completeness',
                sentence: 'No manifest is configured, so a cut-off file cannot be told from a whole one.',
                next: 'Let the export write row counts and control totals, and name the file under manifest.',
              },
            ]
          : []),
      ];
    },
    pull: (scope, context) => {
      const file = locate(config.path, scope.cycle);
      const shownFile = path.relative(baseDir, file);
      const manifestFile = config.manifest === undefined ? null : locate(config.manifest, scope.cycle);
      return pullRows({
        system: input.system,
        file,
        shownFile,
        manifest: manifestFile === null ? null : { file: manifestFile, shown: path.relative(baseDir, manifestFile) },
        options: config,
        grouping: input.grouping,
        rows: (one) => input.rows(one, shownFile),
        scope,
        context,
      });
    },
    fetchOne: async () => undefined,
    translate: (raw) => {
      throw new AppError('internal', { detail: `files are read again, not replayed: ${raw.id}` });
    },
    close: async () => undefined,
  };
}
