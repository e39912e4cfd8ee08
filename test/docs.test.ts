import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generatedDocs } from '../scripts/generated-docs.js';
import { dumpSchema } from '../src/store/schema-dump.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const root = path.resolve(import.meta.dirname, '..');
const committed = (file: string) => readFileSync(path.join(root, file), 'utf8');
const howTo = 'run npm run docs and commit what it writes';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each([...generatedDocs()])('%s is what the code says', (file, text) => {
  expect(committed(file), howTo).toBe(text);
});

test('migrations/schema.sql is what the migrations lead to', async () => {
  expect(committed('migrations/schema.sql'), howTo).toBe(await dumpSchema(database.db));
});

test('the README names only scripts that exist, and the two commands that do all the set-up', () => {
  const { scripts } = JSON.parse(committed('package.json')) as { scripts: Record<string, string> };
  const readme = committed('README.md');
  const named = [...readme.matchAll(/npm run ([a-z:-]+)/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
  expect(readme).toContain('npm ci && npm run demo');
  expect(readme).toContain('npm ci && npm test');
});

test('a link in a page leads to a file that is there', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'STYLE.md'];
  let links = 0;
  for (const page of pages)
    for (const [, target = ''] of committed(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      links += 1;
      expect(
        () => readFileSync(path.resolve(root, target.replace(/\/$/, '/README.md'))),
        `${page} → ${target}`,
      ).not.toThrow();
    }
  expect(links).toBeGreaterThan(3);
});
