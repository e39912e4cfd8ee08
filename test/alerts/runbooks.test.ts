import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { alertKindNames, alertKinds, runbookName } from '../../src/model/alert.js';

const docs = path.resolve(import.meta.dirname, '../../docs');
const textOf = (kind: string) => readFileSync(path.join(docs, 'runbooks', `${runbookName(kind)}.md`), 'utf8');

test('each alert has a runbook that opens with its name and says what to do, and there is none too many', () => {
  const wanted = alertKindNames.map((kind) => `${runbookName(kind)}.md`);
  expect(new Set(readdirSync(path.join(docs, 'runbooks')))).toEqual(new Set(wanted));
  for (const kind of alertKindNames) {
    expect(textOf(kind).split('\n')[0]).toMatch(new RegExp(`^# ${kind.replaceAll('.', '\\.')}: \\S`));
    expect(textOf(kind)).toMatch(/^What to do:$/m);
    expect(textOf(kind)).toMatch(/^1\. /m);
  }
});

test('the page about alerts names every kind with its severity, its meaning and its runbook', () => {
  const text = readFileSync(path.join(docs, 'alerts.md'), 'utf8');
  const listed = /<!-- kinds -->\n([^]*?)<!-- \/kinds -->/.exec(text)?.[1] ?? '';
  const rows = alertKindNames.map(
    (kind) =>
      `| [\`${kind}\`](runbooks/${runbookName(kind)}.md) | ${alertKinds[kind].severity} | ${alertKinds[kind].meaning} |`,
  );
  expect(listed.trim().split('\n')).toEqual(['| alert | severity | when |', '|---|---|---|', ...rows]);
});

/** What is wrong with a command line as a page shows it; null when the program has it with these options. */
function faultOf(program: Command, line: string): string | null {
  let current = program;
  const words = line.split(/\s+/).slice(1);
  while (current.commands.length > 0) {
    const word = words.shift() ?? '';
    const next = current.commands.find((one) => one.name() === word);
    if (next === undefined) return `${line}: there is no ${word === '' ? 'command' : word}`;
    current = next;
  }
  const known = [...current.options, ...program.options].map(({ long }) => long);
  const option = words.find((word) => word.startsWith('--') && !known.includes(word));
  return option === undefined ? null : `${line}: there is no ${option}`;
}

test('every command that a runbook tells to type exists, with its options', () => {
  const program = buildProgram(() => ({
    session: () => {
      throw new Error('nothing is run here');
    },
    setExit: () => undefined,
  }));
  const lines = alertKindNames.flatMap((kind) =>
    [...textOf(kind).matchAll(/`(shadowbill [a-z][^`]*)`/g)].map(([, line = '']) => line.replaceAll(/\s+/g, ' ')),
  );
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.flatMap((line) => faultOf(program, line) ?? []).filter((fault) => fault !== '')).toEqual([]);
  expect(faultOf(program, 'shadowbill runs shew x')).toContain('no shew');
  expect(faultOf(program, 'shadowbill runs show --nothing')).toContain('no --nothing');
});
