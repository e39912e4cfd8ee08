import { describe, expect, test } from 'vitest';
import { csvConfig } from '../csv/shape.js';
import { listPrefix, patternOf } from './pattern.js';

describe('a pattern of files', () => {
  test('of a folder names the file of a cycle below the part that never changes', () => {
    const pattern = patternOf('exports/{cycle}/invoices.csv', '2026-10', '/srv/billing');
    expect(pattern).toMatchObject({
      bucket: null,
      root: '/srv/billing/exports/',
      name: '/srv/billing/exports/2026-10/invoices.csv',
      depth: 2,
    });
    expect(patternOf('invoices.csv', '2026-10', '/srv/billing')).toMatchObject({ root: '/srv/billing/', depth: 1 });
  });

  test('of a bucket keeps the bucket apart from the key', () => {
    expect(patternOf('s3://billing/exports/{cycle}.csv', '2026-10', '/srv')).toMatchObject({
      bucket: 'billing',
      root: 'exports/',
      name: 'exports/2026-10.csv',
    });
    expect(patternOf('s3://billing/{cycle}.csv', '2026-10', '/srv').root).toBe('');
  });

  test('with a star matches within one name only, and letters as they are', () => {
    const pattern = patternOf('s3://b/x/{cycle}/*.manifest.json', '2026-10', '/');
    expect(pattern.name).toBeNull();
    expect(['x/2026-10/a.manifest.json', 'x/2026-10/.manifest.json'].every(pattern.matches)).toBe(true);
    expect(
      ['x/2026-10/a/b.manifest.json', 'x/2026-11/a.manifest.json', 'x/2026-10/a_manifest_json'].some(pattern.matches),
    ).toBe(false);
    expect(listPrefix('s3://b/x/{cycle}/run-*.json', '2026-10')).toBe('x/2026-10/run-');
  });
});

describe('the configuration of files', () => {
  const issues = (over: object) => {
    const parsed = csvConfig.safeParse({ path: 'a.csv', columns: {}, timezone: 'UTC', ...over });
    return parsed.success ? [] : parsed.error.issues.map((one) => one.path.join('.'));
  };

  test('says which of several files counts, and keeps a manifest beside its file', () => {
    expect(issues({ path: '{cycle}/*.csv' })).toEqual(['path']);
    expect(issues({ path: '{cycle}/*.csv', manifest: '{cycle}/manifest.json' })).toEqual(['path']);
    expect(issues({ path: '{cycle}/*.csv', manifest: '{cycle}/*.json' })).toEqual([]);
    expect(issues({ path: 's3://bucket/a.csv', manifest: 'manifest.json' })).toEqual(['manifest']);
  });

  test('names an object by bucket and key, and sends no key over an open line', () => {
    expect(issues({ path: 's3://bucket' })).toEqual(['path']);
    expect(issues({ path: 's3://UPPER/a.csv' })).toEqual(['path']);
    expect(issues({ path: 's3://bucket/a.csv', s3_endpoint: 'http://minio.example' })).toEqual(['s3_endpoint']);
    expect(issues({ path: 's3://bucket/a.csv', s3_endpoint: 'https://minio.example' })).toEqual([]);
  });
});
