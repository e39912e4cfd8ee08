import { stringify } from 'lossless-json';
import { AppError } from '../../src/errors.js';
import { writeEnvelope as writeChargebee } from '../../src/legacy-adapters/chargebee/shape.js';
import { toDocument as fromChargebee } from '../../src/legacy-adapters/chargebee/to-document.js';
import { writeEnvelope as writeLago } from '../../src/legacy-adapters/lago/shape.js';
import { toDocument as fromLago } from '../../src/legacy-adapters/lago/to-document.js';
import { writeEnvelope as writeStripe } from '../../src/legacy-adapters/stripe/shape.js';
import { toDocument as fromStripe } from '../../src/legacy-adapters/stripe/to-document.js';
import { parseDecimalText } from '../../src/model/money.js';
import type { Translated } from '../../src/model/source.js';
import { toDocument as fromSolvimon } from '../../src/solvimon-adapter/to-document.js';
import { memoryHarness } from '../../test/conformance/memory-source.js';
import { many } from '../../test/conformance/samples.js';
import { toObject as chargebeeObject } from '../../test/fakes/chargebee/objects.js';
import { toObject as lagoObject } from '../../test/fakes/lago/objects.js';
import { makeInvoice, october } from '../../test/fakes/solvimon/invoice.js';
import { toObject as stripeObject } from '../../test/fakes/stripe/objects.js';
import type { Law } from './laws.js';
import { type Chance, spoiltTree } from './random.js';

/*
 * Records of billing systems with parts spoilt. A record that cannot be read must be rejected by name; one that is read must
 * be sound in itself, whatever was done to it, and read the same when it is read again.
 */

const documents = many(memoryHarness(), 6);
const plain = (value: unknown): object => JSON.parse(stringify(value) ?? 'null') as object;

const raw = (bytes: Uint8Array, id: string) => ({
  objectType: 'invoice',
  id,
  bytes,
  apiVersion: null,
  requestId: null,
  fetchedAt: '2026-11-04T00:00:00.000Z' as never,
});

type Records = {
  readonly name: string;
  readonly objects: readonly object[];
  readonly translate: (object: never) => Translated;
};

const currencyDigits = {};
const records: readonly Records[] = [
  {
    name: 'Stripe',
    objects: documents.map((one) => plain(stripeObject(one))),
    translate: (object) =>
      fromStripe(
        raw(
          writeStripe({
            object,
            linePages: [],
            prices: new Map(),
            taxRates: new Map(),
            coupons: new Map(),
            creditedLines: new Map(),
          }),
          'in_1',
        ),
        { account: '', currencyDigits },
      ),
  },
  {
    name: 'Chargebee',
    objects: documents.map((one) => plain(chargebeeObject(one, { billingMode: 'millisecond' }))),
    translate: (object) =>
      fromChargebee(raw(writeChargebee({ object, pages: [] }), 'in_1'), {
        site: 'acme',
        billingMode: 'millisecond',
        currencyDigits,
      }),
  },
  {
    name: 'Lago',
    objects: documents.map((one) => plain(lagoObject(one, { timezone: 'Europe/Amsterdam', periods: 'instants' }))),
    translate: (object) =>
      fromLago(raw(writeLago({ object, invoice: null }), 'in_1'), { account: 'lago', currencyDigits }),
  },
  {
    name: 'Solvimon',
    objects: ['acme', 'beta'].map((customer) =>
      makeInvoice({
        id: `invo_${customer}`,
        customer,
        periods: [
          {
            ...october,
            groups: [
              {
                lines: [
                  { product: 'fee', net: '10.00', tax: '2.10' },
                  { product: 'calls', model: 'USAGE_BASED', net: '0.33', tax: '0.07', quantity: '33', rate: '0.01' },
                ],
              },
            ],
          },
        ],
      }),
    ),
    translate: (object) =>
      fromSolvimon(object, {
        place: {},
        account: '',
        customerKey: { kind: 'reference' },
        customerReferences: new Map(),
        requireHold: true,
      }),
  },
];

function judge({ objects, translate }: Records, chance: Chance): string | null {
  const object = spoiltTree(chance.pick(objects), chance) as never;
  const shown = JSON.stringify(object).slice(0, 600);
  try {
    const translated = translate(object);
    if (JSON.stringify(translated) !== JSON.stringify(translate(object))) return `${shown} is read in two ways`;
    if (translated.type === 'rejected')
      return translated.rejected.problems.length > 0 ? null : `${shown} is rejected without a word`;
    const { totals, lines } = translated.document;
    const amounts = [
      totals.net,
      totals.tax,
      totals.gross,
      ...lines.flatMap((line) => [line.amount, line.discount, line.net]),
    ];
    const odd = amounts.find((amount) => parseDecimalText(amount) !== amount);
    return odd === undefined ? null : `${shown} has the amount ${String(odd)}`;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return null;
    return `${shown} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

export const recordLaws: readonly Law[] = records.map((one) => ({
  name: `records of ${one.name}`,
  weight: 15,
  judge: (chance) => judge(one, chance),
}));
