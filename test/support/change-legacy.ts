import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addText, decimalText } from '../../src/model/money.js';

/**
 * Adds 100.00 net and 19.00 tax to the plan fee of one invoice in the demo's legacy file, consistently: line, totals, and the
 * manifest beside it. As if the old system had billed again after a late correction.
 */
export function addToLegacyInvoice(dir: string, cycle: string, invoice: string): void {
  const file = path.join(dir, 'legacy', cycle, 'invoices.csv');
  const [head = '', ...rows] = readFileSync(file, 'latin1').split('\r\n');
  const names = head.split(';');
  const at = (name: string) => names.indexOf(name);
  let isLineChanged = false;
  const changed = rows.map((row) => {
    const cells = row.split(';');
    if (cells[0] !== invoice) return row;
    const add = (name: string, amount: string) => {
      cells[at(name)] = german(addText(fromGerman(cells[at(name)] ?? ''), decimalText(amount)));
    };
    if (!isLineChanged && cells[at('KIND')] === 'FEE' && cells[at('QTY')] === '1' && cells[at('VAT_PCT')] === '19') {
      isLineChanged = true;
      cells[at('PRICE')] = german(addText(fromGerman(cells[at('PRICE')] ?? ''), decimalText('100')));
      add('AMOUNT', '100');
      add('VAT', '19');
    }
    add('NET_TOTAL', '100');
    add('VAT_TOTAL', '19');
    add('GROSS_TOTAL', '119');
    return cells.join(';');
  });
  if (!isLineChanged) throw new Error(`${invoice} has no plan fee with 19 % tax`);
  const bytes = Buffer.from([head, ...changed].join('\r\n'), 'latin1');
  writeFileSync(file, bytes);
  const manifestFile = path.join(dir, 'legacy', cycle, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as {
    control_totals: Record<string, string>;
    sha256: string;
  };
  manifest.sha256 = createHash('sha256').update(bytes).digest('hex');
  manifest.control_totals['EUR'] = addText(decimalText(manifest.control_totals['EUR'] ?? '0'), decimalText('119'));
  writeFileSync(manifestFile, JSON.stringify(manifest));
}

function fromGerman(text: string) {
  return decimalText(text.replaceAll('.', '').replace(',', '.'));
}

function german(text: string): string {
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole},${fraction.padEnd(2, '0')}`;
}
