import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LegacyAdapter } from '../../src/legacy-adapters/adapter.js';
import { Decimal, type DecimalText } from '../../src/model/money.js';
import type { Harness, SampleDocument, SampleLine, Setup } from './harness.js';
import { cycle } from './samples.js';

/** One line of a document under the canonical names of fields; amounts are plain text in major units. */
export type FileRow = Readonly<Record<string, string>>;

/**
 * A harness over one file per cycle. `write` makes its content from rows; `config` is the adapter's block of the
 * configuration but for path and zone.
 */
export function fileHarness(
  adapter: LegacyAdapter,
  extension: string,
  write: (rows: readonly FileRow[]) => string | Promise<Uint8Array>,
  config: Readonly<Record<string, unknown>> = {},
): Harness {
  const timezone = 'Europe/Amsterdam';
  return {
    side: 'legacy',
    timezone,
    faults: [],
    cycleIsCutBy: 'input',
    knowsUnbilled: true,
    pageSize: null,
    inlineLines: null,
    amountDigits: () => null,
    isMetered: false,
    open: async (setup: Setup) => {
      const [fault] = setup.faults ?? [];
      if (fault !== undefined) throw new Error(`a file cannot have ${fault.kind}`);
      const baseDir = await mkdtemp(path.join(tmpdir(), 'shadowbill-conformance-'));
      const block = { path: `invoices-{cycle}.${extension}`, timezone, date_format: 'iso', columns: {}, ...config };
      // An export that has not been made yet is a file that is not there.
      if (setup.isCycleBilled !== false)
        await writeFile(
          path.join(baseDir, `invoices-${cycle}.${extension}`),
          await write(setup.documents.flatMap(rowsOf)),
        );
      const source = await adapter.open(adapter.configSchema.parse(block) as Record<string, unknown>, { baseDir });
      return {
        source,
        requests: () => 0,
        writes: () => [],
        now: () => Date.UTC(2026, 10, 4),
        close: async () => {
          await source.close();
          await rm(baseDir, { recursive: true });
        },
      };
    },
  };
}

export function rowsOf(document: SampleDocument): readonly FileRow[] {
  const sum = (amounts: readonly DecimalText[]) =>
    amounts.reduce((total, amount) => total.plus(amount), new Decimal(0)).toFixed();
  const net = sum(document.lines.flatMap((line) => [line.amount, line.discount]));
  const tax = sum(document.lines.map((line) => line.tax));
  const header = {
    document_id: document.id,
    customer: document.customer,
    currency: document.currency,
    document_number: `N-${document.id}`,
    document_kind: document.kind,
    document_state: document.state,
    issued_at: document.issuedAt,
    document_net: net,
    document_tax: tax,
    document_gross: new Decimal(net).plus(tax).toFixed(),
  };
  return document.lines.map((line) => ({ ...header, ...lineRow(line) }));
}

function lineRow(line: SampleLine): FileRow {
  return {
    line_id: line.id,
    line_kind: line.kind,
    product: line.product,
    price: line.price,
    period_start: line.period.start,
    period_end: line.period.end,
    quantity: line.quantity ?? '',
    amount: line.amount,
    discount: line.discount,
    tax: line.tax,
    tax_rate: line.taxRate ?? '',
  };
}
