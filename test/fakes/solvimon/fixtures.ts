import { type Invoice, makeInvoice, money, november, october, tier, tierDetails } from './invoice.js';

/*
 * The 29 fixtures of the contract's section 8.3. Those that are invoices stand here; 24 to 27 are ways the server behaves
 * and are set up in their tests. Amounts are typed by hand; see fixtures.test.ts for what each must become.
 */

export type FixtureName =
  | '01 plain fee'
  | '02 progressive tiers as sub-lines'
  | '03 progressive tiers as lines'
  | '04 top tier'
  | '05 stair-step cumulative'
  | '06 coupon percentage'
  | '07 total discount'
  | '08 commitment top-up'
  | '09 included volume'
  | '10a prorated calendar'
  | '10b exact anniversary'
  | '11 advance and arrears'
  | '12a JPY'
  | '12b KWD'
  | '13 tax inclusive'
  | '14 compound tax'
  | '15 foreign currency line'
  | '16 combined subscriptions'
  | '17 parent with children'
  | '18 credit note'
  | '19 zero usage absent'
  | '20 unrounded'
  | '21 to be reprocessed'
  | '22 held by validation'
  | '23 unknown status and line type'
  | '24 missing lines'
  | '25 page drift'
  | '26 troubled replies'
  | '27 unused events'
  | '28 clock change'
  | '29 final';

const fee = (net: string, tax: string) => ({ product: 'platform-fee', model: 'RECURRING', net, tax }) as const;
const calls = (net: string, tax: string, quantity: string, pricing: string) =>
  ({ product: 'api-calls', model: 'USAGE_BASED', net, tax, quantity, pricing }) as const;
const single = (id: string, lines: Parameters<typeof makeInvoice>[0]['periods'][0]['groups'][0]['lines'], extra = {}) =>
  makeInvoice({ id: `invo_${id}`, customer: `c${id}`, periods: [{ ...october, groups: [{ lines }] }], extra });

export function fixtureInvoices(): Readonly<Record<FixtureName, Invoice>> {
  return {
    '01 plain fee': single('01', [fee('49.00', '10.29')]),
    '02 progressive tiers as sub-lines': single('02', [
      {
        ...calls('175.00', '36.75', '2500', 'TIERED'),
        extra: {
          sub_lines: [tier(1, '0', '1000', '1000', '0.10', '100.00'), tier(2, '1000', null, '1500', '0.05', '75.00')],
        },
      },
    ]),
    '03 progressive tiers as lines': single('03', [
      {
        ...calls('100.00', '21.00', '1000', 'TIERED'),
        extra: { details: tierDetails('0', '1000', '1000', '0.10', '100.00') },
      },
      {
        ...calls('75.00', '15.75', '1500', 'TIERED'),
        extra: { details: tierDetails('1000', null, '1500', '0.05', '75.00') },
      },
    ]),
    '04 top tier': single('04', [
      {
        ...calls('40.00', '8.40', '500', 'TOP_TIERED'),
        extra: { sub_lines: [tier(1, '100', '1000', '500', '0.08', '40.00')] },
      },
    ]),
    '05 stair-step cumulative': single('05', [
      {
        ...calls('45.00', '9.45', '200', 'STAIR_STEP'),
        extra: { sub_lines: [tier(1, '0', '100', '100', '25', '25.00'), tier(2, '100', '500', '100', '20', '20.00')] },
      },
    ]),
    '06 coupon percentage': single('06', [
      fee('110.00', '23.10'),
      {
        product: 'platform-fee',
        model: 'RECURRING',
        type: 'DISCOUNT',
        pricing: 'PRODUCT_ITEM',
        net: '-11.00',
        tax: '-2.31',
        extra: {
          coupon_data: { coupon_id: 'coup_1', promotion_code_id: null },
          details: { band: { percentage: '10' } },
        },
      },
    ]),
    '07 total discount': single('07', [
      fee('100.00', '21.00'),
      calls('50.00', '10.50', '500', 'FLAT'),
      { type: 'DISCOUNT', pricing: 'TOTAL', net: '-15.00', tax: '-3.15' },
    ]),
    '08 commitment top-up': single('08', [
      calls('30.00', '6.30', '300', 'FLAT'),
      {
        product: 'api-calls',
        model: 'USAGE_BASED',
        type: 'COMMITMENT',
        pricing: 'PRICING_ITEM',
        net: '20.00',
        tax: '4.20',
        extra: { details: { band: { minimum_amount: money('50.00', 'EUR') } } },
      },
    ]),
    '09 included volume': single('09', [
      {
        ...calls('20.00', '4.20', '200', 'FLAT'),
        extra: {
          details: {
            amount: money('20.00', 'EUR'),
            band: { amount: money('0.10', 'EUR') },
            included_volume_details: {
              included_volume: { number: '1000' },
              available_included_volume: { number: '0' },
              period_volume: { number: '1200' },
            },
          },
        },
      },
    ]),
    '10a prorated calendar': makeInvoice({
      id: 'invo_10a',
      customer: 'c10a',
      periods: [
        {
          start: '2026-10-17T00:00:00+02:00',
          end: october.end,
          groups: [
            {
              lines: [
                {
                  ...fee('15.00', '3.15'),
                  extra: {
                    details: {
                      amount: money('15.00', 'EUR'),
                      band: { amount: money('31.00', 'EUR') },
                      meter_value: { type: 'NUMBER', number: '1', ratio: '0.4838709677419355' },
                    },
                  },
                },
              ],
            },
          ],
        },
      ],
    }),
    '10b exact anniversary': makeInvoice({
      id: 'invo_10b',
      customer: 'c10b',
      periods: [
        {
          start: '2026-10-31T00:00:00+01:00',
          end: '2026-11-30T00:00:00+01:00',
          groups: [{ lines: [fee('100.00', '21.00')] }],
        },
      ],
    }),
    '11 advance and arrears': makeInvoice({
      id: 'invo_11',
      customer: 'c11',
      periods: [
        { ...october, groups: [{ lines: [calls('175.00', '36.75', '2500', 'FLAT')] }] },
        { ...november, groups: [{ lines: [fee('99.00', '20.79')] }] },
      ],
    }),
    '12a JPY': makeInvoice({
      id: 'invo_12a',
      customer: 'c12a',
      currency: 'JPY',
      periods: [{ ...october, groups: [{ lines: [{ ...fee('1000', '100'), rate: '10' }] }] }],
    }),
    '12b KWD': makeInvoice({
      id: 'invo_12b',
      customer: 'c12b',
      currency: 'KWD',
      periods: [{ ...october, groups: [{ lines: [{ ...fee('12.345', '0'), rate: '0' }] }] }],
    }),
    '13 tax inclusive': single('13', [fee('100.00', '21.00')], { pricing_amount_type: 'INCLUDING_TAX' }),
    '14 compound tax': makeInvoice({
      id: 'invo_14',
      customer: 'c14',
      currency: 'CAD',
      periods: [
        {
          ...october,
          groups: [
            {
              lines: [
                {
                  ...fee('100.00', '12.00'),
                  extra: {
                    tax_categories: [
                      {
                        name: 'Sales tax',
                        category: 'STANDARD',
                        percentage: '12',
                        base_amount: money('100.00', 'CAD'),
                        tax_amount: money('12.00', 'CAD'),
                        total_amount: money('112.00', 'CAD'),
                        rates: [
                          { name: 'GST', percentage: '5', tax_amount: money('5.00', 'CAD') },
                          { name: 'PST', percentage: '7', tax_amount: money('7.00', 'CAD') },
                        ],
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    }),
    '15 foreign currency line': single(
      '15',
      [
        {
          ...fee('92.00', '19.32'),
          extra: {
            details: { amount: money('92.00', 'EUR'), pricing_currency: 'USD', pricing_amount: money('100.00', 'USD') },
          },
        },
      ],
      {
        used_exchange_rates: [
          {
            currency: 'USD',
            base_currency: 'EUR',
            rate_timestamp: '2026-10-31T16:00:00Z',
            rate: '0.92',
            source: 'ECB',
          },
        ],
      },
    ),
    '16 combined subscriptions': makeInvoice({
      id: 'invo_16',
      customer: 'c16',
      periods: [
        {
          ...october,
          groups: [
            { subscription: 'ppsu_16a', lines: [fee('20.00', '4.20')] },
            { subscription: 'ppsu_16b', lines: [fee('30.00', '6.30')] },
          ],
        },
      ],
      extra: { pricing_plan_subscription_ids: ['ppsu_16a', 'ppsu_16b'] },
    }),
    '17 parent with children': single('17', [
      {
        ...calls('30.00', '6.30', '300', 'TIERED'),
        extra: {
          sub_lines: [
            { ...tier(1, '0', '1000', '100', '0.10', '10.00'), processing_only_customer_id: 'cust_17a' },
            { ...tier(2, '0', '1000', '200', '0.10', '20.00'), processing_only_customer_id: 'cust_17b' },
          ],
        },
      },
    ]),
    '18 credit note': single('18', [fee('50.00', '10.50')], {
      type: 'CREDIT',
      credit: {
        original_invoice_id: 'invo_01',
        original_invoice_info: { id: 'invo_01', invoice_number: 'INV-1' },
        note: 'service outage',
      },
    }),
    '19 zero usage absent': single('19', [fee('10.00', '2.10')], { has_usage_based_pricing: true }),
    '20 unrounded': single('20', [{ ...calls('10.123456789012345678', '2.12592592569259259238', '31.4', 'FLAT') }]),
    '21 to be reprocessed': single('21', [fee('49.00', '10.29')], {
      to_be_reprocessed: true,
      to_be_reprocessed_at: '2026-11-01T03:00:00Z',
    }),
    '22 held by validation': single('22', [fee('49.00', '10.29')], {
      validation_result: [{ status: 'FAILED', details: 'the tax id of the customer is missing' }],
    }),
    '23 unknown status and line type': single(
      '23',
      [
        fee('49.00', '10.29'),
        { product: 'platform-fee', type: 'MARKUP', pricing: 'PERCENTAGE', net: '1.00', tax: '0.21' },
      ],
      { status: 'PENDING_APPROVAL' },
    ),
    '24 missing lines': single('24', [fee('49.00', '10.29')]),
    '25 page drift': single('25', [fee('25.00', '5.25')]),
    '26 troubled replies': single('26', [fee('26.00', '5.46')]),
    '27 unused events': single('27', [calls('27.00', '5.67', '270', 'FLAT')]),
    '28 clock change': makeInvoice({
      id: 'invo_28',
      customer: 'c28',
      periods: [
        {
          start: '2026-10-19T00:00:00+02:00',
          end: '2026-10-25T23:59:59+01:00',
          groups: [{ lines: [calls('7.00', '1.47', '70', 'FLAT')] }],
        },
      ],
    }),
    '29 final': single('29', [fee('49.00', '10.29')], {
      status: 'FINAL',
      on_hold: false,
      invoice_number: 'INV-2026-0001',
      updated_to_final_at: '2026-11-01T09:00:00Z',
    }),
  };
}
