import { type CurrencyCode, currency } from '../model/currency.js';
import { type DecimalText, decimalText } from '../model/money.js';

/*
 * What the made-up business sells: a platform fee and seats in advance, metered usage in arrears. Prices are written by
 * hand per currency. Tier bounds are whole thousands, so that every full tier costs whole minor units and only the last
 * one needs rounding: both systems then round the same number once.
 */

export const plans = ['developer', 'starter', 'team', 'growth', 'business'] as const;
export type Plan = (typeof plans)[number];

export const billedCurrencies = ['EUR', 'USD', 'GBP', 'JPY', 'KWD'] as const;
export type BilledCurrency = (typeof billedCurrencies)[number];
export const codeOf = (name: BilledCurrency): CurrencyCode => currency(name);

export const countries = {
  NL: { currency: 'EUR', vat: '21', form: 'B.V.' },
  DE: { currency: 'EUR', vat: '19', form: 'GmbH' },
  FR: { currency: 'EUR', vat: '20', form: 'SARL' },
  BE: { currency: 'EUR', vat: '21', form: 'BV' },
  IE: { currency: 'EUR', vat: '23', form: 'Ltd' },
  GB: { currency: 'GBP', vat: '20', form: 'Ltd' },
  US: { currency: 'USD', vat: '0', form: 'Inc.' },
  JP: { currency: 'JPY', vat: '10', form: 'K.K.' },
  KW: { currency: 'KWD', vat: '0', form: 'W.L.L.' },
} as const satisfies Record<string, { currency: BilledCurrency; vat: string; form: string }>;
export type Country = keyof typeof countries;

/** Ids of every product in both systems, the words each prints for it, and how Solvimon models it. */
export const products = {
  developer: { legacy: 'FEE-DV', solvimon: 'platform-developer', text: 'Developer plan', name: 'Developer platform' },
  starter: { legacy: 'FEE-ST', solvimon: 'platform-starter', text: 'Starter plan', name: 'Starter platform' },
  team: { legacy: 'FEE-TM', solvimon: 'platform-team', text: 'Team plan', name: 'Team platform' },
  growth: { legacy: 'FEE-GR', solvimon: 'platform-growth', text: 'Growth plan', name: 'Growth platform' },
  business: { legacy: 'FEE-BU', solvimon: 'platform-business', text: 'Business plan', name: 'Business platform' },
  seat: { legacy: 'SEAT', solvimon: 'team-seat', text: 'User licences', name: 'Seats' },
  support: { legacy: 'SUPP', solvimon: 'premium-support', text: 'Support contract', name: 'Premium support' },
  connector: { legacy: 'CONN', solvimon: 'erp-connector', text: 'ERP connector (USD price list)', name: 'Connector' },
  onboarding: { legacy: 'ONBRD', solvimon: 'onboarding', text: 'Set-up and training', name: 'Onboarding' },
  archive: { legacy: 'ARCH', solvimon: 'cold-archive', text: 'Archive vault', name: 'Cold archive' },
  api: { legacy: 'API', solvimon: 'api-calls', text: 'API calls', name: 'API calls' },
  storage: { legacy: 'STOR', solvimon: 'storage-gb', text: 'Storage GB', name: 'Storage' },
  sms: { legacy: 'SMS', solvimon: 'sms-messages', text: 'Text messages', name: 'SMS messages' },
  exports: { legacy: 'EXPT', solvimon: 'data-exports', text: 'Export rows', name: 'Data exports' },
  workflows: { legacy: 'WORKF', solvimon: 'workflow-runs', text: 'Workflow bundle', name: 'Workflow runs' },
  minimum: { legacy: 'MINCOM', solvimon: 'usage-minimum', text: 'Top-up to minimum', name: 'Minimum commitment' },
} as const;
export type Product = keyof typeof products;

/** Meter of each metered product, as both systems call it. */
export const meters = {
  api: { legacy: 'APICALL', solvimon: 'api_calls' },
  storage: { legacy: 'STORGB', solvimon: 'storage_gb' },
  sms: { legacy: 'SMSOUT', solvimon: 'sms_out' },
  exports: { legacy: 'EXPROW', solvimon: 'export_rows' },
  workflows: { legacy: 'WFRUN', solvimon: 'workflow_runs' },
} as const satisfies Partial<Record<Product, { legacy: string; solvimon: string }>>;
export type Meter = keyof typeof meters;

/** The one product that nobody put into the mapping file. */
export const unmappedProduct: Product = 'archive';

type PriceList = {
  readonly fee: Readonly<Record<Plan, string>>;
  readonly seat: string;
  readonly support: string;
  readonly onboarding: string;
  readonly archive: string;
  readonly api: readonly [string, string, string];
  readonly storage: readonly [string, string];
  readonly sms: string;
  readonly exports: string;
  /** Fee of each band of workflow runs: the fee of the band that is reached is the whole price. */
  readonly workflows: readonly [string, string, string, string];
  readonly goodwill: string;
  readonly welcome: string;
  readonly minimum: string;
};

export const priceLists = {
  EUR: {
    fee: { developer: '0', starter: '29', team: '79', growth: '249', business: '899' },
    seat: '12',
    support: '190',
    onboarding: '450',
    archive: '65',
    api: ['0.004', '0.0025', '0.0015'],
    storage: ['0.1', '0.08'],
    sms: '0.0175',
    exports: '1.5',
    workflows: ['10', '25', '45', '80'],
    goodwill: '25',
    welcome: '15',
    minimum: '1500',
  },
  USD: {
    fee: { developer: '0', starter: '32', team: '87', growth: '275', business: '990' },
    seat: '13.5',
    support: '210',
    onboarding: '495',
    archive: '72',
    api: ['0.0044', '0.00275', '0.00165'],
    storage: ['0.11', '0.088'],
    sms: '0.019',
    exports: '1.65',
    workflows: ['11', '27.5', '49.5', '88'],
    goodwill: '27.5',
    welcome: '17.5',
    minimum: '1650',
  },
  GBP: {
    fee: { developer: '0', starter: '25', team: '69', growth: '215', business: '779' },
    seat: '10.5',
    support: '165',
    onboarding: '390',
    archive: '56',
    api: ['0.0035', '0.0022', '0.0013'],
    storage: ['0.087', '0.07'],
    sms: '0.015',
    exports: '1.3',
    workflows: ['9', '22', '39', '70'],
    goodwill: '22',
    welcome: '13',
    minimum: '1300',
  },
  JPY: {
    fee: { developer: '0', starter: '4500', team: '12500', growth: '39000', business: '142000' },
    seat: '1900',
    support: '30000',
    onboarding: '71000',
    archive: '10500',
    api: ['0.6', '0.4', '0.24'],
    storage: ['16', '13'],
    sms: '2.5',
    exports: '240',
    workflows: ['1600', '4000', '7200', '12800'],
    goodwill: '4000',
    welcome: '2400',
    minimum: '240000',
  },
  KWD: {
    fee: { developer: '0', starter: '9.75', team: '26.25', growth: '83.5', business: '299.75' },
    seat: '4.125',
    support: '63.5',
    onboarding: '150',
    archive: '21.75',
    api: ['0.00125', '0.0008', '0.0005'],
    storage: ['0.034', '0.027'],
    sms: '0.0125',
    exports: '0.505',
    workflows: ['3.5', '8.5', '15', '27'],
    goodwill: '8.5',
    welcome: '5',
    minimum: '500',
  },
} as const satisfies Record<BilledCurrency, PriceList>;

export const blockSize = decimalText('1000');
export const apiBounds = ['25000', '250000'] as const;
export const storageBounds = ['1000'] as const;
export const workflowBounds = ['500', '2000', '10000'] as const;
export const includedMessages: Readonly<Partial<Record<Plan, DecimalText>>> = {
  growth: decimalText('200'),
  business: decimalText('1000'),
};
/** USD price of the connector, billed in the customer's currency at the month's rate. */
export const connectorUsd = decimalText('120');
/** Euros for one dollar by cycle, as both systems use them. */
export const dollarRates: Readonly<Record<string, DecimalText>> = {
  '2026-09': decimalText('0.921'),
  '2026-10': decimalText('0.9185'),
};
