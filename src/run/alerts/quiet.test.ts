import { expect, test } from 'vitest';
import { afterQuiet } from './quiet.js';

const zone = 'Europe/Amsterdam';
const night = { from: '20:00', to: '07:00' };
const after = (now: string, quiet = night) => afterQuiet(new Date(now), quiet, zone).toISOString();

test('within the hours it is their end, on the next day when they began before midnight; outside it is now', () => {
  expect(after('2026-11-05T18:59:59.000Z')).toBe('2026-11-05T18:59:59.000Z');
  expect(after('2026-11-05T19:00:00.000Z')).toBe('2026-11-06T06:00:00.000Z');
  expect(after('2026-11-06T03:15:00.000Z')).toBe('2026-11-06T06:00:00.000Z');
  expect(after('2026-11-06T06:00:00.000Z')).toBe('2026-11-06T06:00:00.000Z');
  expect(after('2026-11-06T12:00:00.000Z', { from: '12:00', to: '14:00' })).toBe('2026-11-06T13:00:00.000Z');
  expect(after('2026-11-06T10:59:59.000Z', { from: '12:00', to: '14:00' })).toBe('2026-11-06T10:59:59.000Z');
});

test('over a clock change they end at the same time of the clock', () => {
  // 29 March 2026 has 23 hours, 25 October 25.
  expect(after('2026-03-28T22:00:00.000Z')).toBe('2026-03-29T05:00:00.000Z');
  expect(after('2026-10-24T22:00:00.000Z')).toBe('2026-10-25T06:00:00.000Z');
  // Hours that end in the gap, or in the doubled hour, still end once and later than they began.
  expect(after('2026-03-29T00:30:00.000Z', { from: '01:00', to: '02:30' })).toBe('2026-03-29T01:30:00.000Z');
  const doubled = after('2026-10-24T23:30:00.000Z', { from: '01:00', to: '02:30' });
  expect(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']).toContain(doubled);
});

test('without quiet hours it is always now', () => {
  expect(afterQuiet(new Date(0), null, zone)).toEqual(new Date(0));
});
