import type { LegacyAdapter } from '../adapter.js';
import { openSqlSource } from '../sql/source.js';
import { connectMysql } from './read.js';
import { mysqlConfig } from './shape.js';

/** A billing database in MySQL or MariaDB, read with two queries out of one snapshot. */
export const mysqlAdapter: LegacyAdapter = {
  kind: 'mysql',
  configSchema: mysqlConfig,
  open: async (raw, { baseDir }) => {
    const config = mysqlConfig.parse(raw);
    return openSqlSource({ system: 'mysql', config, schema: null, baseDir, connect: connectMysql });
  },
};
