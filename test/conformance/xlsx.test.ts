import { rowFields } from '../../src/legacy-adapters/rows/shape.js';
import { xlsxAdapter } from '../../src/legacy-adapters/xlsx/adapter.js';
import { workbook } from '../support/workbook.js';
import { type FileRow, fileHarness } from './file-harness.js';
import { adapterConformance } from './suite.js';

/** Text cells throughout: a number cell cannot hold every amount of the suite to the last digit, and is refused when it does not. */
const write = (rows: readonly FileRow[]): Promise<Uint8Array> =>
  workbook([[...rowFields], ...rows.map((row) => rowFields.map((field) => row[field] ?? null))]);

adapterConformance('XLSX', fileHarness(xlsxAdapter, 'xlsx', write));
