import { type Line, unsummedKinds } from '../model/document.js';
import { type DecimalText, negateText, sumText, zero } from '../model/money.js';
import { toDetailLines } from './detail-lines.js';
import type { Amount, JsonObject, Reader } from './shape.js';
import { toLine, toPeriod } from './to-line.js';

/** Stated sum of one level (group or period) beside what its parts add up to. */
export type LevelSum = { readonly name: string; readonly stated: DecimalText; readonly actual: DecimalText };

/** Every line of an invoice in its order; what each level says of its own sum is put into `sums`. */
export function readLines(
  raw: JsonObject,
  reader: Reader,
  invoiceId: string,
  sign: 1 | -1,
  sums: LevelSum[],
): readonly Line[] {
  const lines: Line[] = [];
  const exchangeRates = ratesOf(raw, reader);
  const isInclusive = reader.text(raw, 'pricing_amount_type') === 'INCLUDING_TAX';
  const zone = zoneOf(raw, reader);
  const signedAmount = (amount: Amount) => (sign === 1 ? amount.quantity : negateText(amount.quantity));
  reader.objects(raw, 'periods', '').forEach((period, p) => {
    const periodPath = `periods[${p}].`;
    const own = {
      start: reader.instant(period, 'start_at', periodPath),
      end: reader.instant(period, 'end_at', periodPath),
    };
    const before = lines.length;
    reader.objects(period, 'groups', periodPath).forEach((group, g) => {
      const groupPath = `${periodPath}groups[${g}].`;
      const start = reader.instant(group, 'start_at', groupPath) ?? own.start;
      const end = reader.instant(group, 'end_at', groupPath) ?? own.end;
      const endText = reader.text(group, 'end_at') ?? reader.text(period, 'end_at');
      const groupBefore = lines.length;
      reader.objects(group, 'lines', groupPath).forEach((line, l) => {
        const context = {
          invoiceId,
          ordinal: lines.length + 1,
          path: `${groupPath}lines[${l}].`,
          period: toPeriod(start, end, { endText, zone }),
          subscriptionRef: reader.text(group, 'pricing_plan_subscription_id'),
          isInclusive,
          sign,
          exchangeRates,
        };
        const read = toLine(line, reader, context);
        if (read !== null) lines.push(read, ...toDetailLines(line, read, reader, context));
      });
      const stated = reader.amount(group, 'amount_excluding_tax', groupPath);
      if (stated !== null) {
        turnDiscounts(lines, groupBefore, signedAmount(stated));
        sums.push({
          name: `group ${p + 1}.${g + 1} net`,
          stated: signedAmount(stated),
          actual: summedNet(lines.slice(groupBefore)),
        });
      }
    });
    const stated = reader.amount(period, 'amount_excluding_tax', periodPath);
    if (stated !== null)
      sums.push({
        name: `period ${p + 1} net`,
        stated: signedAmount(stated),
        actual: summedNet(lines.slice(before)),
      });
  });
  return lines;
}

function summedNet(lines: readonly Line[]): DecimalText {
  return sumText(lines.filter((line) => !unsummedKinds.has(line.kind)).map((line) => line.net));
}

/**
 * The sign of a discount line is not documented (contract 7.1, row 6). When a group's own total holds only with its
 * positive discounts taken off, they are stated positive and are turned; when it holds in neither way nothing is touched,
 * and the identity check below says so.
 */
function turnDiscounts(lines: Line[], from: number, stated: DecimalText): void {
  const group = lines.slice(from);
  const isPositive = (line: Line) => line.kind === 'discount' && !line.net.startsWith('-') && line.net !== zero;
  if (!group.some(isPositive) || summedNet(group) === stated) return;
  const turned = group.map((line) => (isPositive(line) ? negated(line) : line));
  if (summedNet(turned) === stated) lines.splice(from, group.length, ...turned);
}

function negated(line: Line): Line {
  return {
    ...line,
    amount: negateText(line.amount),
    net: negateText(line.net),
    tax: line.tax === null ? null : negateText(line.tax),
    taxes: line.taxes.map((tax) => ({
      ...tax,
      amount: negateText(tax.amount),
      taxable: tax.taxable === null ? null : negateText(tax.taxable),
    })),
  };
}

/** The invoice's own exchange rates, `currency>base currency` → rate (contract 3.2). */
function ratesOf(raw: JsonObject, reader: Reader): ReadonlyMap<string, DecimalText> {
  const rates = new Map<string, DecimalText>();
  reader.objects(raw, 'used_exchange_rates', '').forEach((one, index) => {
    const rate = reader.decimal(one, 'rate', `used_exchange_rates[${index}].`);
    const [from, to] = [reader.text(one, 'currency'), reader.text(one, 'base_currency')];
    if (rate !== null && from !== null && to !== null) rates.set(`${from}>${to}`, rate);
  });
  return rates;
}

/** The invoice's zone, or its customer's when it names none (contract 7.1, row 5). */
export function zoneOf(raw: JsonObject, reader: Reader): string | null {
  const own = reader.text(raw, 'timezone');
  const customer = reader.object(raw, 'customer');
  return own ?? (customer === null ? null : reader.text(customer, 'timezone'));
}
