import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceFiles, type SourceFile } from './support/source-files.js';
import { importsOf, linesWith, tokensOf } from './support/source-tokens.js';

/*
 * Who may import whom, as data. A room is a folder of src, or one of the files beside them. What is not named here is
 * refused, so that a new room has to be put on the map before it can be used.
 */

type Room = {
  /** Rooms besides itself. */
  readonly rooms: readonly string[];
  /** npm packages; `any`: whatever the room wants, because it is where the outside comes in. */
  readonly packages: readonly string[] | 'any';
  /** Node's own modules. */
  readonly builtins: readonly string[] | 'any';
};

/** Everything that can be used without knowing anything of ours but the nouns. */
const shared = ['model', 'errors', 'log'];
const outside = { packages: 'any', builtins: 'any' } as const;
/** A hash is a pure function of its input: the one thing that the pure rooms may take from Node. */
const hashing = ['node:crypto'];

const table: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: ['decimal.js', 'date-fns', '@date-fns/tz'], builtins: [] },
  reconcile: { rooms: ['model'], packages: [], builtins: hashing },
  confidence: { rooms: ['model'], packages: [], builtins: hashing },
  'legacy-adapters': { rooms: [...shared, 'address-guard'], ...outside },
  'solvimon-adapter': { rooms: [...shared, 'address-guard'], ...outside },
  store: { rooms: shared, ...outside },
  notify: { rooms: shared, ...outside },
  run: {
    rooms: [...shared, 'reconcile', 'confidence', 'store', 'notify', 'legacy-adapters', 'solvimon-adapter'],
    ...outside,
  },
  demo: { rooms: shared, ...outside },
  config: { rooms: [...shared, 'confidence'], ...outside },
  jobs: { rooms: [...shared, 'redact', 'run', 'store'], ...outside },
  cli: {
    rooms: [
      ...shared,
      'redact',
      'run',
      'confidence',
      'store',
      'config',
      'app',
      'app-confidence',
      'app-api',
      'app-compare',
      'app-config',
      'app-solvimon',
      'app-usage',
      'app-alerts',
      'app-worker',
      'demo',
      'jobs',
      'api',
    ],
    ...outside,
  },
  api: {
    rooms: [...shared, 'redact', 'run', 'confidence', 'store', 'config', 'app', 'app-confidence', 'jobs'],
    ...outside,
  },
  web: { rooms: [], packages: 'any', builtins: [] },
  errors: { rooms: ['model'], packages: [], builtins: [] },
  'address-guard': { rooms: ['errors'], packages: [], builtins: ['node:dns', 'node:net'] },
  redact: { rooms: [], packages: [], builtins: [] },
  log: { rooms: ['errors', 'redact', 'model'], packages: ['pino'], builtins: 'any' },
};

/** The composition root sees all: it is what puts the rooms together. A thread is a root of its own. */
const roots: ReadonlySet<string> = new Set([
  'app',
  'app-alerts',
  'app-api',
  'app-confidence',
  'app-compare',
  'app-config',
  'app-context',
  'app-solvimon',
  'app-sources',
  'app-usage',
  'app-webhook',
  'app-worker',
  'collect-thread',
  'collect-on-thread',
  'digest-thread',
  'on-thread',
  'in-thread',
]);

function roomOf(name: string): string {
  const [, first = ''] = name.split('/');
  return first.replace(/\.tsx?$/, '');
}

/** Every import of a file that the table does not allow, as sentences. */
function violations(file: SourceFile): readonly string[] {
  const room = roomOf(file.name);
  if (roots.has(room)) return [];
  const allowed = table[room];
  if (allowed === undefined) return [`${file.name}: the room ${room} is not in the table of test/architecture.test.ts`];
  return importsOf(file.text).flatMap(({ specifier, line }) => {
    const where = `${file.name}:${line}`;
    if (specifier === null) return [`${where} imports something computed`];
    const refused = refusal(file.name, room, allowed, specifier);
    return refused === null ? [] : [`${where} ${refused}`];
  });
}

function refusal(name: string, room: string, allowed: Room, specifier: string): string | null {
  if (specifier.startsWith('.')) {
    const target = path.posix.join(path.posix.dirname(name), specifier);
    if (!target.startsWith('src/')) return `imports ${target}, outside src`;
    const other = roomOf(target.replace(/\.js$/, '.ts'));
    return other === room || allowed.rooms.includes(other) ? null : `imports ${other}, which ${room} may not`;
  }
  if (specifier.startsWith('node:'))
    return allowed.builtins === 'any' || allowed.builtins.includes(specifier)
      ? null
      : `imports ${specifier}, which ${room} may not`;
  const parts = specifier.split('/');
  const packageName = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  return allowed.packages === 'any' || allowed.packages.includes(packageName)
    ? null
    : `imports the package ${packageName}, which ${room} may not`;
}

const files = sourceFiles('src').filter((file) => roomOf(file.name) !== 'web');

describe('who imports whom', () => {
  test('every file imports only what its room may, and the imports were really read', () => {
    expect(files.flatMap(violations)).toEqual([]);
    const read = files.map((file) => importsOf(file.text).length);
    expect(files.length).toBeGreaterThan(80);
    expect(read.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3 * files.length);
    // A file without any import is rare: a table of data, or the first of all nouns.
    expect(read.filter((count) => count === 0).length).toBeLessThan(files.length / 5);
  });

  test('each of the rooms that hold the rules was read', () => {
    for (const room of [
      'model',
      'reconcile',
      'confidence',
      'store',
      'run',
      'jobs',
      'legacy-adapters',
      'solvimon-adapter',
    ])
      expect([room, files.filter((file) => roomOf(file.name) === room).length > 1]).toEqual([room, true]);
  });

  test('nothing but the composition root imports a legacy adapter by its name', () => {
    const named = files
      .filter((file) => !file.name.startsWith('src/legacy-adapters/'))
      .flatMap((file) =>
        importsOf(file.text)
          .filter((one) => /legacy-adapters\/(?!(?:usage\/)?registry\.js|adapter\.js)/.test(one.specifier ?? ''))
          .map((one) => `${file.name}:${one.line}`),
      );
    expect(named).toEqual([]);
  });

  test('one adapter never imports another, only the ground that they share', () => {
    const crossing = files
      .filter((file) => file.name.startsWith('src/legacy-adapters/') && file.name.split('/').length > 3)
      .flatMap((file) => {
        const own = file.name.split('/')[2];
        return (
          importsOf(file.text)
            .map((one) => path.posix.join(path.posix.dirname(file.name), one.specifier ?? ''))
            .filter((target) => /^src\/legacy-adapters\/[^/]+\/[^/]+/.test(target))
            .filter((target) => target.split('/')[2] !== own && isAdapter(target.split('/')[2]))
            // Usage in a format is read by the reader of that format: usage/csv.ts may use csv/.
            .filter((target) => file.name !== `src/legacy-adapters/usage/${target.split('/')[2]}.ts`)
            .map((target) => `${file.name} imports ${target}`)
        );
      });
    expect(crossing).toEqual([]);
  });

  test('a made-up file that breaks the table is reported, once for each way of importing', () => {
    const text = [
      "import { Pool } from 'pg';",
      "import type { Database } from '../store/tables.js';",
      "export { readFile } from 'node:fs/promises';",
      "export * from '../run/collect.js';",
      "const late = await import('../jobs/queue.js');",
      "import '../config.js';",
      "const other = require('bullmq');",
      'const computed = await import(name);',
      "// import { nothing } from '../cli/main.js';",
      '/* export * from "../cli/main.js" */',
      'const shown = \'import x from "../cli/main.js"\';',
      "import { fine } from '../model/money.js';",
      "import { hash } from 'node:crypto';",
    ].join('\n');
    expect(violations({ name: 'src/reconcile/made-up.ts', text })).toEqual([
      'src/reconcile/made-up.ts:1 imports the package pg, which reconcile may not',
      'src/reconcile/made-up.ts:2 imports store, which reconcile may not',
      'src/reconcile/made-up.ts:3 imports node:fs/promises, which reconcile may not',
      'src/reconcile/made-up.ts:4 imports run, which reconcile may not',
      'src/reconcile/made-up.ts:5 imports jobs, which reconcile may not',
      'src/reconcile/made-up.ts:6 imports config, which reconcile may not',
      'src/reconcile/made-up.ts:7 imports the package bullmq, which reconcile may not',
      'src/reconcile/made-up.ts:8 imports something computed',
    ]);
    expect(violations({ name: 'src/attic/made-up.ts', text: '' })).toHaveLength(1);
    expect(violations({ name: 'src/model/made-up.ts', text: "import x from '../../test/support/x.js';" })).toEqual([
      'src/model/made-up.ts:1 imports test/support/x.js, outside src',
    ]);
  });
});

/** A folder with an adapter.ts is an adapter; the others are ground that several share. */
const isAdapter = (folder: string | undefined) =>
  files.some((file) => file.name === `src/legacy-adapters/${folder}/adapter.ts`);

describe('pure rooms', () => {
  const pure = files.filter((file) => ['model', 'reconcile', 'confidence'].includes(roomOf(file.name)));

  test('model, reconcile and confidence ask no clock, no chance, no environment', () => {
    expect(pure.length).toBeGreaterThan(40);
    expect(pure.flatMap(impurities)).toEqual([]);
  });

  test('a made-up file that does is reported, and one that only speaks of it is not', () => {
    const text = [
      'const now = Date.now();',
      'const today = new Date();',
      'const bare = new Date;',
      'const text = Date();',
      'const dice = Math.random();',
      "const home = process.env['HOME'];",
      'const fast = performance.now();',
      'setTimeout(() => undefined, 1);',
      '// Date.now() and Math.random() are not used here',
      "const shown = 'Date.now()';",
      'const day = new Date(2026, 9, 1);',
      'const pattern = /new Date()/;',
      'const inside = `${Math.random()} new Date()`;',
    ].join('\n');
    expect(impurities({ name: 'src/model/made-up.ts', text })).toEqual([
      'src/model/made-up.ts:1 Date.now',
      'src/model/made-up.ts:2 new Date()',
      'src/model/made-up.ts:3 new Date',
      'src/model/made-up.ts:4 Date()',
      'src/model/made-up.ts:5 Math.random',
      'src/model/made-up.ts:6 process',
      'src/model/made-up.ts:7 performance.now',
      'src/model/made-up.ts:8 setTimeout',
      'src/model/made-up.ts:13 Math.random',
    ]);
  });
});

function impurities(file: SourceFile): readonly string[] {
  const tokens = tokensOf(file.text);
  const found: { readonly line: number; readonly what: string }[] = [];
  const note = (what: string, ...sequence: readonly string[]) => {
    for (const line of linesWith(tokens, sequence)) found.push({ line, what });
  };
  note('Date.now', 'Date', '.', 'now');
  note('new Date()', 'new', 'Date', '(', ')');
  note('Math.random', 'Math', '.', 'random');
  note('performance.now', 'performance', '.', 'now');
  for (const word of ['process', 'globalThis', 'setTimeout', 'setInterval', 'setImmediate', 'fetch']) note(word, word);
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || token.value !== 'Date') continue;
    const [before, after] = [tokens[index - 1]?.value, tokens[index + 1]?.value];
    if (before === 'new' && after !== '(') found.push({ line: token.line, what: 'new Date' });
    if (before !== 'new' && after === '(') found.push({ line: token.line, what: 'Date()' });
  }
  return found.sort((a, b) => a.line - b.line).map(({ line, what }) => `${file.name}:${line} ${what}`);
}
