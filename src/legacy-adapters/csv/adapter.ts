import type { LegacyAdapter } from '../adapter.js';
import { filePresets } from '../presets/index.js';
import { openRowFile, rowFileCapabilities } from '../rows/row-file-source.js';
import { readCsv } from './read.js';
import { csvConfig, withPreset } from './shape.js';

/** CSV files, one row per invoice line. */
export const csvAdapter: LegacyAdapter = {
  kind: 'csv',
  configSchema: csvConfig,
  open: async (raw, { baseDir }) => {
    const config = withPreset(csvConfig.parse(raw));
    return openRowFile({
      system: 'csv',
      config,
      baseDir,
      grouping: 'by_id',
      capabilities: rowFileCapabilities,
      gaps: config.preset === undefined ? [] : filePresets[config.preset].gaps,
      rows: (file, shown) => readCsv(file, shown, config),
    });
  },
};
