import { expect, test } from 'vitest';
import { commandIn } from './command-in.js';

test.each([
  [['run', '2026-10'], 'run'],
  [['-c', 'other.yml', '-o', 'json', 'run', '2026-10'], 'run'],
  [['--config=other.yml', 'run', '2026-10'], 'run'],
  [['--output', 'run', 'cycle'], 'cycle'],
  [['--help', 'run'], undefined],
  [['help', 'run'], 'help'],
  [['-crun'], undefined],
  [[], undefined],
])('%j names the command %s', (args, command) => {
  expect(commandIn(args)).toBe(command);
});
