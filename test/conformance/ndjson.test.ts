import { ndjsonAdapter } from '../../src/legacy-adapters/ndjson/adapter.js';
import { type FileRow, fileHarness } from './file-harness.js';
import { adapterConformance } from './suite.js';

const numbers = new Set(['amount', 'discount', 'tax', 'quantity', 'document_net', 'document_tax', 'document_gross']);

/** Amounts are JSON numbers with all their digits, as a database would export them. */
const toJson = (row: FileRow): string =>
  `{${Object.entries(row)
    .map(([name, value]) => `${JSON.stringify(name)}:${numbers.has(name) ? value : JSON.stringify(value)}`)
    .join(',')}}`;

const write = (rows: readonly FileRow[]): string => rows.map((row) => `${toJson(row)}\n`).join('');

adapterConformance('NDJSON', fileHarness(ndjsonAdapter, 'ndjson', write, { layout: 'rows' }));
