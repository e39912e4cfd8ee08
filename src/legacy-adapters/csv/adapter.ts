import type { LegacyAdapter } from '../adapter.js';
import { openRowFile, rowFileCapabilities } from '../rows/row-file-source.js';
import { readCsv } from './read.js';
import { csvConfig } from './shape.js';

/** CSV files, one row per invoice line. */
export const csvAdapter: LegacyAdapter = {
  kind: 'csv',
  configSchema: csvConfig,
  open: async (raw, { baseDir }) => {
    const config = csvConfig.parse(raw);
    return openRowFile({
      system: 'csv',
      config,
      baseDir,
      grouping: 'by_id',
      capabilities: rowFileCapabilities,
      rows: (file, shown) => readCsv(file, shown, config),
    });
  },
};
