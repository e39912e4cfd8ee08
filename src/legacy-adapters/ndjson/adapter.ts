import type { LegacyAdapter } from '../adapter.js';
import { openRowFile, rowFileCapabilities } from '../rows/row-file-source.js';
import { readNdjson } from './read.js';
import { ndjsonConfig } from './shape.js';

/** NDJSON files: one document with its lines, or one row, on each line of the file. */
export const ndjsonAdapter: LegacyAdapter = {
  kind: 'ndjson',
  configSchema: ndjsonConfig,
  open: async (raw, { baseDir }) => {
    const config = ndjsonConfig.parse(raw);
    return openRowFile({
      system: 'ndjson',
      config,
      baseDir,
      grouping: config.layout === 'documents' ? 'by_line' : 'by_id',
      capabilities: rowFileCapabilities,
      rows: (file, shown) => readNdjson(file, shown, config),
    });
  },
};
