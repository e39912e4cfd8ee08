import { type Line, noPriceFacts } from '../model/document.js';
import type { LineId } from '../model/ids.js';
import { Decimal, toDecimal, toDecimalText, zero } from '../model/money.js';
import type { JsonObject, Reader } from './shape.js';
import { childOf } from './tiers.js';
import type { LineContext } from './to-line.js';

/**
 * Lines that show what a line is made of and are no part of any sum: one `summary` per child customer whose usage is on a
 * parent's invoice (contract 4.8), and one `prepaid_drawdown` for the wallet credits a line used (4.10).
 */
export function toDetailLines(raw: JsonObject, line: Line, reader: Reader, context: LineContext): readonly Line[] {
  const shown = (
    part: Pick<Line, 'kind' | 'rawKind' | 'dimensions' | 'amount' | 'quantity' | 'description'>,
    index: number,
  ): Line => ({
    ...line,
    ...part,
    id: `${line.id}#${part.kind}-${index + 1}` as LineId,
    idIsSynthetic: true,
    ordinal: context.ordinal + 1 + index,
    parentLineId: line.id,
    appliesTo: null,
    unitPrice: null,
    unitPriceIsBlended: false,
    tiers: [],
    discount: zero,
    net: part.amount,
    tax: null,
    taxes: [],
    facts: noPriceFacts,
  });
  const parts = [...childParts(raw, reader, context), ...walletParts(raw, reader, context)];
  return parts.map(shown);
}

type Part = Pick<Line, 'kind' | 'rawKind' | 'dimensions' | 'amount' | 'quantity' | 'description'>;

function childParts(raw: JsonObject, reader: Reader, context: LineContext): readonly Part[] {
  const byChild = new Map<string, { amount: Decimal; quantity: Decimal; description: string | null }>();
  reader.objects(raw, 'sub_lines', context.path).forEach((sub, index) => {
    const child = childOf(sub, reader);
    const details = reader.object(sub, 'details');
    if (child === null || details === null) return;
    const at = `${context.path}sub_lines[${index}].details.`;
    const amount = reader.amount(details, 'amount', at)?.quantity ?? zero;
    const meter = reader.object(details, 'meter_value');
    const quantity = (meter === null ? null : reader.decimal(meter, 'number', `${at}meter_value.`)) ?? zero;
    const known = byChild.get(child) ?? {
      amount: new Decimal(0),
      quantity: new Decimal(0),
      description: reader.text(sub, 'description'),
    };
    known.amount = known.amount.plus(toDecimal(amount).times(context.sign));
    known.quantity = known.quantity.plus(quantity);
    byChild.set(child, known);
  });
  return [...byChild].map(([child, part]) => ({
    kind: 'summary' as const,
    rawKind: 'PROCESSING_ONLY_CUSTOMER',
    dimensions: { customer: child },
    amount: toDecimalText(part.amount),
    quantity: toDecimalText(part.quantity),
    description: part.description,
  }));
}

function walletParts(raw: JsonObject, reader: Reader, context: LineContext): readonly Part[] {
  const details = reader.object(raw, 'details');
  const wallet = details === null ? null : reader.object(details, 'wallet_balance_details');
  const used = wallet === null ? null : reader.object(wallet, 'used_wallet_credits');
  if (used === null) return [];
  const at = `${context.path}details.wallet_balance_details.used_wallet_credits.`;
  const quantity = reader.decimal(used, 'quantity', at);
  if (quantity === null || quantity === zero) return [];
  return [
    {
      kind: 'prepaid_drawdown',
      rawKind: 'WALLET_CREDITS',
      // Credits are no currency, so their number stands as a quantity and no money is claimed for them.
      dimensions: { credit_type: reader.text(used, 'credit_type_id') ?? '' },
      amount: zero,
      quantity,
      description: null,
    },
  ];
}
