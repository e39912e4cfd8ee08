import { describe, expect, test } from 'vitest';
import { asOfRow } from './read.js';

describe('the age of what a Postgres shows', () => {
  const now = '2026-11-01 00:10:00.5+00';

  test('on a primary is its own time', () => {
    expect(asOfRow(['false', now, null])).toEqual({
      at: '2026-11-01T00:10:00.500Z',
      serverTime: '2026-11-01T00:10:00.500Z',
      isReplica: false,
      unknownBecause: null,
    });
  });

  test('on a replica is the last change that it has replayed', () => {
    expect(asOfRow(['true', now, '2026-10-31 22:58:12.25+00'])).toMatchObject({
      at: '2026-10-31T22:58:12.250Z',
      isReplica: true,
      unknownBecause: null,
    });
  });

  test('on a replica that has replayed nothing is not known', () => {
    expect(asOfRow(['true', now, null]).unknownBecause).toMatch(/has not replayed any change/);
  });
});
