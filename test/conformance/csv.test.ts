import { stringify } from 'csv-stringify/sync';
import { csvAdapter } from '../../src/legacy-adapters/csv/adapter.js';
import { rowFields } from '../../src/legacy-adapters/rows/shape.js';
import { fileHarness } from './file-harness.js';
import { adapterConformance } from './suite.js';

const columns = [...rowFields];

adapterConformance(
  'CSV',
  fileHarness(csvAdapter, 'csv', (rows) => stringify([...rows], { header: true, columns })),
);
