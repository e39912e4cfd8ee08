import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from './support/source-files.js';
import { tokensOf } from './support/source-tokens.js';

const root = path.resolve(import.meta.dirname, '..');
const page = readFileSync(path.join(root, 'docs/INVARIANTS.md'), 'utf8');

/** Sections of docs/INVARIANTS.md by id: `I1` and so on, and `digest path`. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      /^(I\d+) /.exec(section)?.[1] ?? section.slice(0, section.indexOf('\n')).toLowerCase(),
      section,
    ]),
);

type Titled = { readonly file: string; readonly title: string };

/** Titles of all tests: a text that is the first argument of `test(`, or of what `test.each(…)` and the like give back. */
function titlesIn(file: { readonly name: string; readonly text: string }): readonly Titled[] {
  const tokens = tokensOf(file.text);
  return tokens.flatMap((token, index) => {
    const caller = tokens[index - 2];
    const isTitle =
      (token.kind === 'text' || token.kind === 'template') &&
      tokens[index - 1]?.value === '(' &&
      (caller?.value === ')' || (caller?.kind === 'word' && ['test', 'it', 'describe'].includes(caller.value)));
    return isTitle ? [{ file: file.name, title: token.value }] : [];
  });
}

const titles = [...sourceFiles('src', { tests: true }), ...sourceFiles('test', { tests: true })]
  .filter((file) => /\.test\.tsx?$/.test(file.name))
  .flatMap(titlesIn);

/** Ids in brackets at the end of a title: "(I1)", "(I5, I8)", "(I4, the other way)", "(digest path)". */
function idsOf(title: string): readonly string[] {
  return [...title.matchAll(/\(((?:I\d+|digest path)[^)]*)\)/g)].flatMap((match) =>
    (match[1] ?? '').split(', ').filter((part) => /^I\d+$|^digest path$/.test(part)),
  );
}

test('the laws from I1 on and the digest path are documented without a gap, each with its enforcement and its proof', () => {
  const lawCount = sections.size - 1;
  expect(lawCount).toBeGreaterThanOrEqual(12);
  expect([...sections.keys()]).toEqual([
    ...Array.from({ length: lawCount }, (_unused, index) => `I${index + 1}`),
    'digest path',
  ]);
  for (const [id, section] of sections) {
    expect([id, /^- Kept by /m.test(section), /^- Proved in /m.test(section)]).toEqual([id, true, true]);
    const named = [...section.matchAll(/`((?:src|test)\/[^`]+\.ts)`/g)].map((match) => match[1] ?? '');
    expect(named.length, id).toBeGreaterThan(1);
    expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  }
});

test('every law stands in a title of each test file that the page names as its proof', () => {
  expect(titles.length).toBeGreaterThan(100);
  for (const [id, section] of sections) {
    const proofs = /^- Proved in (.*)$/m.exec(section)?.[1] ?? '';
    const files = [...proofs.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    for (const file of files)
      expect(
        titles.some((one) => one.file === file && idsOf(one.title).includes(id)),
        `${id} in a title of ${file}`,
      ).toBe(true);
  }
});

test('an id in a title is documented', () => {
  const unknown = titles.flatMap((one) =>
    idsOf(one.title)
      .filter((id) => !sections.has(id))
      .map((id) => `${one.file}: ${id}`),
  );
  expect(unknown).toEqual([]);
  expect(idsOf('something else holds (I99)')).toEqual(['I99']);
  expect(
    titlesIn({ name: 'x', text: "test('a (I1)', f); test.each([1])('b (I2)', f); call('c (I3)'); // test('d (I4)')" }),
  ).toEqual([
    { file: 'x', title: 'a (I1)' },
    { file: 'x', title: 'b (I2)' },
  ]);
});
