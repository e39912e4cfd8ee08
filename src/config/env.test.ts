import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnv } from './env.js';

test('an empty environment means the embedded default', () => {
  expect(readEnv({})).toEqual({
    ok: true,
    env: {
      databaseUrl: null,
      redisUrl: null,
      queue: 'postgres',
      isProduction: false,
      sessionKey: null,
      chromium: null,
      logLevel: 'info',
    },
  });
});

test('production refuses a half configuration and says what is missing', () => {
  expect(readEnv({ NODE_ENV: 'production' })).toMatchObject({ ok: false, problems: { length: 2 } });
  expect(readEnv({ NODE_ENV: 'production', DATABASE_URL: 'postgres://h/d', QUEUE: 'postgres' })).toMatchObject({
    ok: true,
    env: { queue: 'postgres', isProduction: true },
  });
});

test('a value may come from a file, but not from both places', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'shadowbill-env-')), 'url');
  writeFileSync(file, 'redis://cache:6379\n');
  expect(readEnv({ REDIS_URL_FILE: file })).toMatchObject({
    ok: true,
    env: { redisUrl: 'redis://cache:6379', queue: 'redis' },
  });
  expect(readEnv({ REDIS_URL_FILE: file, REDIS_URL: 'redis://x' })).toEqual({
    ok: false,
    problems: ['REDIS_URL and REDIS_URL_FILE are both set. Keep one of them'],
  });
  expect(readEnv({ REDIS_URL_FILE: `${file}.gone` })).toMatchObject({ ok: false });
});

test('all mistakes are named at once and no address is shown', () => {
  const result = readEnv({ DATABASE_URL: 'mysql://u:hunter2@h/d', QUEUE: 'kafka', LOG_LEVEL: 'loud' });
  expect(result).toMatchObject({ ok: false, problems: { length: 3 } });
  expect(JSON.stringify(result)).not.toContain('hunter2');
});
