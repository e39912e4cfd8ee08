import type { Kysely } from 'kysely';
import { type CurrencyCode, currencyDigits } from '../model/currency.js';
import { toDecimal, toDecimalText, type RoundingMode } from '../model/money.js';
import { type Side, sides } from '../model/side.js';
import { type Inference, inferLevel, inferMode, type RoundingLevel } from '../reconcile/rounding/infer.js';
import { amountSamples, currenciesOf, taxSamples } from '../store/rounding-samples.js';
import type { Database } from '../store/tables.js';

/** How one side rounds in one currency, learned from a cycle. */
export type RoundingProfile = {
  readonly side: Side;
  readonly currency: CurrencyCode;
  readonly mode: Inference<RoundingMode>;
  readonly taxLevel: Inference<RoundingLevel>;
};

const mostLines = 4_000;
const mostDocuments = 1_000;

/**
 * How each side rounds, learned from samples of its own lines: one setting that differs explains thousands of cents.
 * Memory stays flat, whatever the size of the cycle.
 */
export async function learnRounding(
  db: Kysely<Database>,
  loads: { readonly legacyLoad: string; readonly solvimonLoad: string },
): Promise<readonly RoundingProfile[]> {
  const profiles: RoundingProfile[] = [];
  for (const side of sides) {
    const loadId = side === 'legacy' ? loads.legacyLoad : loads.solvimonLoad;
    for (const currency of await currenciesOf(db, loadId)) profiles.push(await profileOf(db, side, loadId, currency));
  }
  return profiles;
}

async function profileOf(
  db: Kysely<Database>,
  side: Side,
  loadId: string,
  currency: CurrencyCode,
): Promise<RoundingProfile> {
  const lines = await amountSamples(db, { loadId, currency, digits: currencyDigits(currency), limit: mostLines });
  const mode = inferMode(
    lines.map(({ quantity, unitPrice, amount }) => ({
      exact: toDecimalText(toDecimal(quantity).times(unitPrice)),
      stated: amount,
    })),
    currency,
  );
  const documents = await taxSamples(db, { loadId, currency, limit: mostDocuments });
  const taxMode = mode.verdict === 'undecided' || mode.verdict === 'unrounded' ? 'half_up' : mode.verdict;
  const taxLevel = inferLevel(
    documents.map((one) => ({ lines: one.lines, stated: one.tax })),
    currency,
    taxMode,
  );
  return { side, currency, mode, taxLevel };
}
