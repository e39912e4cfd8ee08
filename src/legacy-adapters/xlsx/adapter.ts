import type { LegacyAdapter } from '../adapter.js';
import { openRowFile, rowFileCapabilities } from '../rows/row-file-source.js';
import { readXlsx } from './read.js';
import { xlsxConfig } from './shape.js';

/** Excel workbooks, one row per invoice line. */
export const xlsxAdapter: LegacyAdapter = {
  kind: 'xlsx',
  configSchema: xlsxConfig,
  open: async (raw, { baseDir }) => {
    const config = xlsxConfig.parse(raw);
    return openRowFile({
      system: 'xlsx',
      config,
      baseDir,
      grouping: 'by_id',
      capabilities: rowFileCapabilities,
      rows: (file, shown) => readXlsx(file, shown, config),
    });
  },
};
