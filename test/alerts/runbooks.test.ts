import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { alertKindNames, alertKinds, runbookName } from '../../src/model/alert.js';

const docs = path.resolve(import.meta.dirname, '../../docs');

test('each alert has a runbook that opens with its name and says what to do, and there is none too many', () => {
  const wanted = alertKindNames.map((kind) => `${runbookName(kind)}.md`);
  expect(readdirSync(path.join(docs, 'runbooks')).sort()).toEqual(wanted.toSorted());
  for (const kind of alertKindNames) {
    const text = readFileSync(path.join(docs, 'runbooks', `${runbookName(kind)}.md`), 'utf8');
    expect(text.split('\n')[0]).toMatch(new RegExp(`^# ${kind.replaceAll('.', '\\.')}: \\S`));
    expect(text).toMatch(/^What to do:$/m);
    expect(text).toMatch(/^1\. /m);
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
