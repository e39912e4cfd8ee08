import { expect, test } from 'vitest';
import { sourceFiles, type SourceFile } from './support/source-files.js';
import { type Token, tokensOf } from './support/source-tokens.js';

/*
 * Money never becomes a JavaScript number. Where money passes, whatever turns text into a number has to be in a file of
 * this list, for the reason given; and even there nothing may be converted whose name says that it is money.
 */

const folders = ['src/model', 'src/reconcile', 'src/store', 'src/run', 'src/legacy-adapters', 'src/solvimon-adapter'];

/** Files that convert, and what: never amounts, prices, quantities or rates. An entry that is no longer needed fails. */
const converting: Readonly<Record<string, string>> = {
  'src/model/apportion.ts': 'how many minor units are left over, at most one for each part',
  'src/model/currency.ts': 'minor-unit digits of the table of currencies',
  'src/model/period.ts': 'parts of dates and times',
  'src/model/rational.ts': 'an exponent; and shares for statistics, which take no money',
  'src/model/retry-after.ts': 'seconds to wait',
  'src/reconcile/self-noise.ts': 'yes and no, to sort by',
  'src/legacy-adapters/http/findings.ts': 'seconds by which a clock is off',
  'src/legacy-adapters/http/reader.ts': 'epoch seconds',
  'src/legacy-adapters/chargebee/listing.ts': 'epoch seconds',
  'src/legacy-adapters/chargebee/read.ts': 'a checkpoint of our own, epoch seconds',
  'src/legacy-adapters/lago/check.ts': 'the version of an invoice',
  'src/legacy-adapters/lago/read.ts': 'a checkpoint of our own',
  'src/legacy-adapters/mysql/read.ts': 'the port, the version, numbers of column types',
  'src/legacy-adapters/postgres/privileges.ts': 'the plan of a statement, for the names of its tables',
  'src/legacy-adapters/postgres/read.ts': 'the version',
  'src/legacy-adapters/rows/read-values.ts': 'epoch seconds',
  'src/legacy-adapters/usage/read-time.ts': 'epoch seconds and milliseconds',
  'src/legacy-adapters/sql/check.ts': 'seconds by which a clock or a replica is late',
  'src/legacy-adapters/sql/read.ts': 'the count of documents',
  'src/legacy-adapters/sql/to-document.ts': 'a raw record of our own, whose cells are all text',
  'src/legacy-adapters/stripe/listing.ts': 'epoch seconds',
  'src/legacy-adapters/stripe/read.ts': 'a checkpoint of our own',
  'src/run/evaluate-cohort.ts': 'canonical JSON of evidence, in which whole numbers of money are text',
  'src/solvimon-adapter/shape.ts': 'a page as a whole; the reader refuses an amount that is a bare number',
  'src/solvimon-adapter/check.ts': 'seconds between two clocks',
  'src/solvimon-adapter/http-config.ts': 'spans of time in the configuration',
  'src/solvimon-adapter/list-pages.ts': 'page numbers, page sizes and other counts of an envelope',
  'src/solvimon-adapter/pull-cursor.ts': 'our own checkpoint: ids, counts and hashes',
  'src/solvimon-adapter/reply.ts': 'seconds of Retry-After',
  'src/reconcile/explain/hypotheses/proration.ts': 'days and hours of a period',
  'src/reconcile/assign-lines.ts': 'how close another pairing comes, a cost and no money',
  'src/store/cohort-facts.ts': 'counts of customers, mismatches and lines',
  'src/store/cohorts.ts': 'counts of members',
  'src/legacy-adapters/ndjson/parse-json.ts': 'a JSON string with escapes',
  'src/legacy-adapters/xlsx/inspect.ts': 'row numbers of cells',
  'src/legacy-adapters/xlsx/read.ts': 'row numbers of cells',
  'src/legacy-adapters/xlsx/to-cell.ts': 'the double that a workbook holds, for its shortest text; seconds of a date',
  'src/solvimon-adapter/read-pages.ts': 'where in a text JSON breaks off',
  'src/store/coverage.ts': 'counts of lines',
  'src/run/export/workbook.ts': 'an amount for a number cell of a workbook, only where the double is the same number',
  'src/store/backup/manifest.ts': 'the manifest of a backup: names, hashes, and counts that are text',
  'src/run/pack/verify-pack.ts': 'the manifest of a pack: names and hashes',
  'src/store/issued.ts': 'counts of invoices',
  'src/store/run-diff.ts': 'counts of keys that changed',
  'src/store/cycle-views.ts': 'counts of runs, documents, pairs and chunks',
  'src/store/mismatch-totals.ts': 'counts of mismatches',
  'src/store/pair-pages.ts': 'counts of pairs',
  'src/store/work.ts': 'counts of mismatches',
  'src/store/embedded-postgres.ts': 'process ids, user ids, the port; the list of symbolic links',
  'src/store/known.ts': 'counts of mismatches and customers',
  'src/store/load-findings.ts': 'counts of findings',
  'src/store/loads.ts': 'counts of documents',
  'src/store/pairing.ts': 'counts of pairs, customers and chunks',
  'src/store/source-rate.ts': 'milliseconds to wait',
  'src/store/summary.ts': 'counts of documents, pairs, mismatches and problems',
};

/** Last words of names that hold money or what money is made of. */
const moneyWords = new Set(
  'amount amounts net gross tax taxes discount discounts price prices delta deltas total totals money over under sum balance fee cost budget credit legacy solvimon quantity rate limit'.split(
    ' ',
  ),
);

type Conversion = {
  readonly line: number;
  readonly what: string;
  readonly argument: string;
  readonly isMoney: boolean;
};

const calls: readonly (readonly string[])[] = [
  ['Number', '('],
  ['Number', '.', 'parseFloat', '('],
  ['Number', '.', 'parseInt', '('],
  ['parseFloat', '('],
  ['parseInt', '('],
  ['Math', '.', 'round', '('],
  ['Math', '.', 'fround', '('],
  ['JSON', '.', 'parse', '('],
];

function conversions(file: SourceFile): readonly Conversion[] {
  const tokens = tokensOf(file.text);
  return tokens.flatMap((token, index): readonly Conversion[] => {
    if (token.kind === 'text' || token.kind === 'template' || token.kind === 'regex') return [];
    if (isUnaryPlus(tokens, index)) {
      const operand = untilEnd(tokens, index + 1);
      return [conversion(token, 'unary +', operand)];
    }
    if (token.value === 'toNumber' && tokens[index - 1]?.value === '.' && tokens[index + 1]?.value === '(')
      return [{ line: token.line, what: 'toNumber', argument: '', isMoney: true }];
    // `Number.parseInt(` is found at `Number`, and not once more at `parseInt`.
    if (tokens[index - 1]?.value === '.') return [];
    const call = calls.find((one) => one.every((value, offset) => tokens[index + offset]?.value === value));
    if (call === undefined) return [];
    return [conversion(token, call.slice(0, -1).join(''), inBrackets(tokens, index + call.length))];
  });
}

function conversion(token: Token, what: string, argument: readonly Token[]): Conversion {
  const names = argument.filter((one) => one.kind === 'word').map((one) => lastWord(one.value));
  return {
    line: token.line,
    what,
    argument: argument.map((one) => one.value).join(''),
    isMoney: names.some((name) => moneyWords.has(name)),
  };
}

function lastWord(name: string): string {
  return (
    name
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .split('_')
      .at(-1) ?? ''
  );
}

function inBrackets(tokens: readonly Token[], start: number): readonly Token[] {
  let depth = 1;
  let at = start;
  for (; at < tokens.length && depth > 0; at += 1) {
    if (tokens[at]?.kind !== 'sign') continue;
    if (tokens[at]?.value === '(') depth += 1;
    if (tokens[at]?.value === ')') depth -= 1;
  }
  return tokens.slice(start, at - 1);
}

function isUnaryPlus(tokens: readonly Token[], index: number): boolean {
  if (tokens[index]?.kind !== 'sign' || tokens[index]?.value !== '+') return false;
  const [before, after] = [tokens[index - 1], tokens[index + 1]];
  if (after === undefined || after.value === '+' || after.value === '=' || before === undefined) return false;
  if (before.kind === 'word') return before.value === 'return' && after.kind === 'word';
  return before.kind === 'sign' && !')]}+'.includes(before.value) && after.kind === 'word';
}

/** The operand of a unary plus: names, dots and calls up to whatever ends it. */
function untilEnd(tokens: readonly Token[], start: number): readonly Token[] {
  let at = start;
  while (at < tokens.length && (tokens[at]?.kind === 'word' || '.?!'.includes(tokens[at]?.value ?? ' '))) at += 1;
  return tokens.slice(start, at);
}

/** Sentences about every conversion that is not allowed. */
function violations(file: SourceFile): readonly string[] {
  return conversions(file).flatMap((one) => {
    const shown = `${file.name}:${one.line} ${one.what}(${one.argument})`;
    if (one.isMoney) return [`${shown} makes a number of money`];
    if (Object.hasOwn(converting, file.name)) return [];
    return [`${shown}: say in test/money-discipline.test.ts what ${file.name} converts, or keep the text`];
  });
}

const files = folders.flatMap((folder) => sourceFiles(folder));

test('where money passes, nothing is made a number but what the list says (I12)', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(violations)).toEqual([]);
});

test('every entry of the list is still needed', () => {
  const stale = Object.keys(converting).filter((name) => {
    const file = files.find((one) => one.name === name);
    return file === undefined || conversions(file).length === 0;
  });
  expect(stale).toEqual([]);
});

test('made-up conversions are reported in any file, and money in the files of the list as well', () => {
  const text = [
    'const a = Number(row.count);',
    'const b = parseFloat(text);',
    'const c = total.toNumber();',
    'const d = Math.round(hours);',
    'const e = +row.pairs;',
    'const f = Number.parseInt(text, 10);',
    'const g = JSON.parse(body);',
    'const h = a + b;',
    "const shown = 'Number(x)'; // Number(x)",
    'const i = /Number(x)/;',
    'const j = isLosslessNumber(value);',
    'return +line.amount;',
  ].join('\n');
  const lines = violations({ name: 'src/store/made-up.ts', text }).map((one) => one.split(' ')[0]?.split(':')[1]);
  expect(lines).toEqual(['1', '2', '3', '4', '5', '6', '7', '12']);
  const money = ['Number(row.legacy_gross)', 'Number(row.amount ?? 0)', 'Number(totals.net)', 'x.toNumber()'].join(
    ';\n',
  );
  expect(violations({ name: 'src/store/summary.ts', text: money })).toHaveLength(4);
  expect(violations({ name: 'src/store/summary.ts', text: 'Number(row.legacy_lines); Number(row.pairs);' })).toEqual(
    [],
  );
});
