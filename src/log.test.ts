import { describe, expect, test } from 'vitest';
import { AppError } from './errors.js';
import { createLogger, type Logger } from './log.js';
import { redactText } from './redact.js';

function capture(): {
  readonly log: Logger;
  readonly text: () => string;
  readonly last: () => Record<string, unknown>;
} {
  const lines: string[] = [];
  const log = createLogger({
    component: 'test',
    level: 'debug',
    stream: { write: (line: string) => lines.push(line) },
  });
  return { log, text: () => lines.join(''), last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('createLogger', () => {
  test('a line is one JSON object with the fixed fields', () => {
    const { log, last } = capture();
    log.info({ run: '01J9' }, 'collected');
    expect(last()).toMatchObject({
      level: 'info',
      service: 'shadowbill',
      component: 'test',
      pid: process.pid,
      run: '01J9',
      msg: 'collected',
    });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('no secret leaves through a field, a child, a message, a cause, a context or a stack', () => {
    const { log, text } = capture();
    log.info({ solvimon: { apiKey: 'hunter-1', nested: [{ Authorization: ['hunter-2'] }] } }, 'config');
    log.child({ password: 'hunter-3' }).warn('child');
    log.info('opening postgres://app:hunter-4@db:5432/shadow?sslmode=require');
    const cause = new Error('GET https://x.test/?access_token=hunter-5&page=2 failed with Bearer hunter-66666');
    log.error({ err: new AppError('source_unreachable', { cause, context: { clientSecret: 'hunter-7' } }) }, 'failed');
    log.info({ body: '{"token":"hunter-8","id":"inv-1"}' }, 'reply {"api_key": "hunter-9"}');
    log.info({ redisUrl: 'rediss://:hunter-10@cache:6379/0' }, 'redis');
    expect(text().split('\n').filter(Boolean)).toHaveLength(6);
    expect(text()).not.toContain('hunter');
    expect(text()).toContain('postgres://app:[redacted]@db:5432/shadow?sslmode=require');
    expect(text()).toContain('page=2');
    expect(text()).toContain('inv-1');
    for (const line of text().split('\n').filter(Boolean)) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  test('names that only look like secrets are shown', () => {
    const { log, last } = capture();
    log.info({ chargeKey: 'api-calls', idempotencyKey: 'k1', tokenCount: 3, basic: 'basic plan' }, 'line');
    expect(last()).toMatchObject({ chargeKey: 'api-calls', idempotencyKey: 'k1', tokenCount: 3, basic: 'basic plan' });
  });

  test('an error keeps its code, context and the chain of causes', () => {
    const { log, last } = capture();
    log.error({
      err: new AppError('redis_unreachable', { cause: new Error('ECONNREFUSED'), context: { port: 6379 } }),
    });
    expect(last()['err']).toMatchObject({
      code: 'redis_unreachable',
      retry: 'later',
      context: { port: 6379 },
      cause: { message: 'ECONNREFUSED' },
    });
  });
});

describe('redactText', () => {
  test.each([
    ['postgres://u:p@h/db', 'postgres://u:[redacted]@h/db'],
    ['was 1postgres://u:p@h/db', 'was 1postgres://u:[redacted]@h/db'],
    ['postgres://u:p%40x@h/db', 'postgres://u:[redacted]@h/db'],
    ['postgres://u:a@b@h/db', 'postgres://u:[redacted]@h/db'],
    ['https://h/a?token=abc&x=1', 'https://h/a?token=[redacted]&x=1'],
    ['"password":"a\\"b","x":"y"', '"password":"[redacted]","x":"y"'],
    ['{\\"password\\":\\"abc\\",\\"x\\":1}', '{\\"password\\":\\"[redacted]\\",\\"x\\":1}'],
    ['at 12:30 mail me@example.com', 'at 12:30 mail me@example.com'],
    ['postgres://u@h:5432/db', 'postgres://u@h:5432/db'],
  ])('%s is shown as %s', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  // The runner's time limit is the guard: an expression that backtracks would need minutes for these.
  test.each(['abc', '"a', '\\', '\\"', 'a.', 'token', ' x='])(
    'a line of 200,000 times %s is shown as it is',
    (unit) => {
      const line = unit.repeat(200_000);
      expect(redactText(line)).toBe(line);
    },
  );
});
