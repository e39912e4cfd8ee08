import { expect, test } from 'vitest';
import type { MismatchView } from '../../store/views.js';
import { renderByCurrency } from './mismatches.js';

const view = (currency: string, delta: string, more: Partial<MismatchView> = {}): MismatchView => ({
  id: 'M-0123456789abcdef',
  cycle: '2026-10',
  customer: 'K-1',
  currency,
  pair: { id: 'P-1', state: 'mismatch', legacy: ['F1'], solvimon: ['invo_1'] },
  level: 'line',
  chargeKey: 'SEAT',
  lines: { legacy: ['10'], solvimon: ['inli_1'] },
  cause: 'tax.missing',
  confidence: 'proven',
  legacy: '590.4',
  solvimon: '480',
  delta,
  direction: 'under',
  components: {},
  isWithinTolerance: false,
  status: 'open',
  fingerprint: 'fp1-0',
  detail: null,
  ...more,
});

test('each currency has its own heading, digits stand under digits, and over and under are told by arrow, sign and word', () => {
  const drawn = renderByCurrency([
    {
      currency: 'EUR',
      views: [
        view('EUR', '789.65', {
          level: 'header',
          chargeKey: null,
          legacy: null,
          solvimon: '789.65',
          cause: 'invoice.duplicate_in_solvimon',
        }),
        view('EUR', '-110.4'),
      ],
    },
    { currency: 'GBP', views: [] },
    {
      currency: 'JPY',
      views: [
        view('JPY', '550', { legacy: '3977', solvimon: '4527', cause: 'price.included_volume', confidence: 'likely' }),
      ],
    },
  ]);
  expect(drawn.split('\n')).toEqual([
    'id         customer  what     legacy  solvimon            delta  cause',
    'EUR',
    'M-0123456  K-1       invoice       –    789.65  ▲ +789.65 over   invoice.duplicate_in_solvimon',
    'M-0123456  K-1       SEAT     590.40    480.00  ▼ -110.40 under  tax.missing',
    'JPY',
    'M-0123456  K-1       SEAT      3,977     4,527     ▲ +550 over   price.included_volume (likely)',
  ]);
});
