import type { CurrencyCode } from '../model/currency.js';
import type { DecimalText, RoundingMode } from '../model/money.js';
import type { Product } from './catalogue.js';

/*
 * The neutral bill: what a charge is, before either system has put it into its own words. Both writers start from these,
 * and a planted difference is a change to the charges of one side.
 */

/** One tier: everything above `from` up to and including `to` (null: no end). Stair steps have a fee and no unit price. */
export type Tier = { readonly from: DecimalText; readonly to: DecimalText | null; readonly price: DecimalText };

export type Price =
  | { readonly model: 'unit'; readonly unit: DecimalText }
  /** The first `included` are free; quantity is what the meter counted. */
  | { readonly model: 'included'; readonly unit: DecimalText; readonly included: DecimalText }
  /** Per block; a begun block counts whole, or in part when `isWhole` is false. */
  | { readonly model: 'blocks'; readonly unit: DecimalText; readonly size: DecimalText; readonly isWhole: boolean }
  /** Each tier's part at its own price. */
  | { readonly model: 'graduated'; readonly tiers: readonly Tier[] }
  /** Everything at the price of the tier reached. */
  | { readonly model: 'volume'; readonly tiers: readonly Tier[] }
  /** The fee of the tier reached. */
  | { readonly model: 'stair'; readonly tiers: readonly Tier[] }
  /** The fees of all tiers reached, added up. */
  | { readonly model: 'cumulative'; readonly tiers: readonly Tier[] }
  /** A price in another currency, converted. */
  | {
      readonly model: 'foreign';
      readonly amount: DecimalText;
      readonly currency: CurrencyCode;
      readonly rate: DecimalText;
    }
  /** A top-up to a minimum that was agreed. */
  | { readonly model: 'top_up'; readonly amount: DecimalText; readonly minimum: DecimalText };

/** A discount: percent of what is left after the coupons before it, or an amount off. */
export type Discount =
  | { readonly name: string; readonly percent: DecimalText }
  | { readonly name: string; readonly off: DecimalText };

export type Vat = {
  /** Percent; '0' where there is none. */
  readonly rate: DecimalText;
  /** `discounted`: on what is left after discounts, as the law wants it; `full`: on the charge before them. */
  readonly base: 'discounted' | 'full';
  /** True when the prices are read as containing the tax. */
  readonly isIncluded: boolean;
  /** `document`: lines carry the exact tax and only the document rounds. */
  readonly rounding: 'line' | 'document';
};

export type ChargeKind = 'fee' | 'seat' | 'usage' | 'one_time' | 'minimum';

export type Charge = {
  /** Names the same charge in both systems' bills; known only in here, never written. */
  readonly row: string;
  readonly product: Product;
  readonly kind: ChargeKind;
  /** Local dates; `to` is the first day after. */
  readonly from: string;
  readonly to: string;
  /** Which midnights cut the period. */
  readonly cut: 'local' | 'utc';
  readonly quantity: DecimalText;
  readonly price: Price;
  /** Share of the full period that is billed. */
  readonly share: { readonly days: number; readonly of: number } | null;
  readonly discounts: readonly Discount[];
  readonly vat: Vat;
  /** How the amount of the line is rounded to minor units. */
  readonly rounding: RoundingMode;
  /** Something typed in by hand that no stated number gives away; null on an honest charge. */
  readonly adjustment: DecimalText | null;
};

/** What a document is for readers and why it may not be judged. */
export type BillDocument = {
  /** Documents of both sides with the same pair name belong together. */
  readonly pair: string;
  readonly kind: 'invoice' | 'credit_note';
  readonly currency: CurrencyCode;
  readonly charges: readonly Charge[];
  readonly state: 'final' | 'void' | 'proforma';
  /** Solvimon only. */
  readonly isOnHold: boolean;
  readonly isFinal: boolean;
  readonly isToBeReprocessed: boolean;
  readonly isHeldByValidation: boolean;
  /** Days between the end of the cycle and the invoice's own date. */
  readonly issuedAfterDays: number;
};
