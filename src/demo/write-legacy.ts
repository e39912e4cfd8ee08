import { createHash } from 'node:crypto';
import { stringify } from 'csv-stringify/sync';
import type { CycleId } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { type CurrencyCode, currencyDigits } from '../model/currency.js';
import { Decimal, type DecimalText, displayText, roundTo, toDecimal, toDecimalText } from '../model/money.js';
import type { Case } from './case.js';
import { products } from './catalogue.js';
import type { BillDocument, Charge } from './charge.js';
import { dayOf } from './contracts.js';
import { rateDocument, type Rated, totalsOf } from './rate.js';

/*
 * The old system's dialect: one row a line, a semicolon between cells, decimal commas, thousands points, days as
 * DD-MM-YYYY with the last day included, its own codes for kinds and states, credits as positive amounts, the discount in
 * a column of its own, one row per price tier, and zero lines printed.
 */

/** Ids that a writer gave, for the list of known answers. */
export type Written = {
  readonly documentIds: ReadonlyMap<BillDocument, string>;
  /** Lines of one charge of one document: several where the charge is printed in parts. */
  readonly lineIds: ReadonlyMap<BillDocument, ReadonlyMap<Charge, readonly string[]>>;
};

const columns = [
  'INVOICE',
  'ACCOUNT',
  'NAME',
  'CUR',
  'TYPE',
  'STATUS',
  'DATE',
  'POS',
  'KIND',
  'ITEM',
  'TEXT',
  'FROM',
  'UNTIL',
  'QTY',
  'PRICE',
  'AMOUNT',
  'DISCOUNT',
  'DISC_PCT',
  'VAT',
  'VAT_PCT',
  'TIERS',
  'FREE',
  'MINIMUM',
  'BLOCK',
  'SHARE',
  'FULL_PRICE',
  'FX_AMOUNT',
  'FX_CUR',
  'FX_RATE',
  'NET_TOTAL',
  'VAT_TOTAL',
  'GROSS_TOTAL',
] as const;
type Column = (typeof columns)[number];
type Row = Partial<Record<Column, string>>;

const kindCodes = { fee: 'FEE', seat: 'LIC', usage: 'MTR', one_time: 'ONE', minimum: 'MIN' } as const;
const stateCodes = { final: 'POSTED', void: 'CANCELLED', proforma: 'PROFORMA' } as const;
const tierCodes = {
  graduated: 'graduated',
  volume: 'volume',
  stair: 'stair_step',
  cumulative: 'cumulative_stair_step',
};

export type LegacyFile = Written & { readonly csv: Buffer; readonly manifest: string };

/** The invoice file of a cycle in windows-1252, and its manifest: row count, checksum and totals per currency. */
export function writeLegacy(cycle: CycleId, cases: readonly Case[]): LegacyFile {
  const documentIds = new Map<BillDocument, string>();
  const lineIds = new Map<BillDocument, ReadonlyMap<Charge, readonly string[]>>();
  const totals = new Map<CurrencyCode, Decimal>();
  const rows: Row[] = [];
  for (const one of cases)
    for (const document of one.legacy) {
      const id = `F${cycle.slice(2, 4)}${cycle.slice(5)}-${String(documentIds.size + 1).padStart(5, '0')}`;
      documentIds.set(document, id);
      lineIds.set(document, writeDocument({ one, document, id, cycle }, rows));
      const before = totals.get(document.currency) ?? new Decimal(0);
      totals.set(document.currency, before.plus(totalsOf(document).gross));
    }
  const text = stringify(rows, { header: true, columns: [...columns], delimiter: ';', record_delimiter: 'windows' });
  const csv = Buffer.from(text, 'latin1');
  const manifest = {
    rows: String(rows.length),
    sha256: createHash('sha256').update(csv).digest('hex'),
    control_totals: Object.fromEntries(
      [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, total]) => [code, displayText(total, code)]),
    ),
  };
  return { documentIds, lineIds, csv, manifest: `${JSON.stringify(manifest, null, 2)}\n` };
}

type DocumentInput = {
  readonly one: Case;
  readonly document: BillDocument;
  readonly id: string;
  readonly cycle: CycleId;
};

function writeDocument(input: DocumentInput, rows: Row[]): ReadonlyMap<Charge, readonly string[]> {
  const { document } = input;
  const header = headerOf(input);
  const ids = new Map<Charge, readonly string[]>();
  let position = 0;
  for (const rated of rateDocument(document)) {
    const own = partsOf(rated, document.currency).map((part) => {
      position += 1;
      rows.push({ ...header, ...part, POS: String(position * 10) });
      return String(position * 10);
    });
    ids.set(rated.charge, [...(ids.get(rated.charge) ?? []), ...own]);
  }
  return ids;
}

function headerOf({ one, document, id, cycle }: DocumentInput): Row {
  const { customer } = one.input;
  const totals = totalsOf(document);
  // Credits are positive here: the type says that they lower the bill.
  const shown = (amount: Decimal) => money(amount.abs(), document.currency);
  return {
    INVOICE: id,
    ACCOUNT: customer.legacyId,
    NAME: customer.name,
    CUR: document.currency,
    TYPE: document.kind === 'credit_note' ? 'CRN' : 'INV',
    STATUS: stateCodes[document.state],
    DATE: day(dayOf(cycle, 1, 1)),
    NET_TOTAL: shown(totals.net),
    VAT_TOTAL: shown(totals.tax),
    GROSS_TOTAL: shown(totals.gross),
  };
}

/** One row, or one per tier; the parts' amounts and taxes add up to the charge. */
function partsOf(rated: Rated, currency: CurrencyCode): readonly Row[] {
  const { charge } = rated;
  const common = {
    KIND: charge.share === null ? kindCodes[charge.kind] : 'PRO',
    ITEM: products[charge.product].legacy,
    TEXT: products[charge.product].text,
    FROM: day(charge.from),
    UNTIL: day(dayBefore(charge.to)),
    VAT_PCT: number(charge.vat.rate),
    ...factsOf(rated, currency),
  };
  if (rated.slices.length > 1) return tierRows(rated, currency, common);
  const discount = rated.discounts.reduce((total, one) => total.plus(one.amount), new Decimal(0));
  const [percent] = charge.discounts.flatMap((one) => ('percent' in one ? [one.percent] : []));
  return [
    {
      ...common,
      QTY: rated.quantity === null ? '' : number(rated.quantity),
      PRICE: priceText(rated),
      AMOUNT: money(rated.amount, currency),
      DISCOUNT: discount.isZero() ? '' : money(discount.abs(), currency),
      DISC_PCT: charge.discounts.length === 1 && percent !== undefined ? number(percent) : '',
      VAT: money(rated.tax, currency),
    },
  ];
}

function priceText({ unitPrice, slices, charge }: Rated): string {
  if (unitPrice !== null) return number(unitPrice);
  const [slice] = slices;
  return slice === undefined || charge.price.model === 'stair' ? '' : number(slice.price);
}

function tierRows(rated: Rated, currency: CurrencyCode, common: Row): readonly Row[] {
  const { charge, slices } = rated;
  invariant(charge.discounts.length === 0 && charge.adjustment === null, 'metered charges of the demo are plain', {
    row: charge.row,
  });
  let taxLeft = rated.tax;
  return slices.map((slice, index) => {
    const isLast = index === slices.length - 1;
    // The tax of the charge is spread over its rows, the last one takes what rounding left.
    const tax = isLast
      ? taxLeft
      : roundTo(slice.amount.times(charge.vat.rate).div(100), currencyDigits(currency), 'half_up');
    taxLeft = taxLeft.minus(tax);
    const reach = slice.to === null ? `above ${number(slice.from)}` : `up to ${number(slice.to)}`;
    return {
      ...common,
      TEXT: `${common.TEXT ?? ''}, ${reach}`,
      QTY: number(slice.quantity),
      PRICE: number(slice.price),
      AMOUNT: money(slice.amount, currency),
      VAT: money(tax, currency),
    };
  });
}

/** What the old system prints about how an amount came about. */
function factsOf({ charge }: Rated, currency: CurrencyCode): Row {
  const { price, share } = charge;
  const shared = share === null ? {} : { SHARE: number(shareText(share)) };
  switch (price.model) {
    case 'unit':
      return share === null ? {} : { ...shared, FULL_PRICE: number(price.unit) };
    case 'included':
      return { FREE: number(price.included) };
    case 'blocks':
      return { BLOCK: number(price.size) };
    case 'foreign':
      return { FX_AMOUNT: number(price.amount), FX_CUR: price.currency, FX_RATE: number(price.rate) };
    case 'top_up':
      return { MINIMUM: money(toDecimal(price.minimum), currency) };
    case 'graduated':
    case 'volume':
    case 'stair':
    case 'cumulative':
      return { TIERS: tierCodes[price.model] };
  }
}

/** A share of the period with ten decimals, as both systems print it. */
export function shareText(share: { readonly days: number; readonly of: number }): DecimalText {
  return toDecimalText(roundTo(new Decimal(share.days).div(share.of), 10, 'half_up'));
}

/** "1.234,50" with the digits of the currency. */
function money(amount: Decimal, currency: CurrencyCode): string {
  return european(displayText(toDecimalText(amount), currency));
}

/** "1.234,5" as it is. */
function number(text: DecimalText): string {
  return european(text);
}

function european(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '.');
  return fraction === undefined ? grouped : `${grouped},${fraction}`;
}

/** "2026-10-31" as "31-10-2026". */
function day(date: string): string {
  return date.split('-').reverse().join('-');
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
