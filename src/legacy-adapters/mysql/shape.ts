import { z } from 'zod';
import { checkSqlConfig, sqlShape } from '../sql/shape.js';

/** `sources.legacy` with `kind: mysql`: MySQL and MariaDB. */
export const mysqlConfig = z.strictObject(sqlShape).superRefine(checkSqlConfig('mysql'));
