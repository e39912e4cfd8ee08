import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { legacyAdapters } from '../src/legacy-adapters/registry.js';

const root = fileURLToPath(new URL('../src/legacy-adapters', import.meta.url));
const conformance = fileURLToPath(new URL('./conformance', import.meta.url));

/** Folders that several adapters share and that are none themselves. */
const shared: ReadonlySet<string> = new Set(['files', 'http', 'presets', 'rows', 'sql', 'usage']);

const fiveFiles = ['adapter.ts', 'read.ts', 'shape.ts', 'to-document.ts', 'to-document.test.ts'];
const translation = ['to-document.ts', 'to-document.test.ts'];

/** Adapters of rows have one translation between them, in the folder that says so. */
const translationIn: Readonly<Record<string, string>> = {
  csv: 'rows',
  ndjson: 'rows',
  xlsx: 'rows',
  mysql: 'sql',
  postgres: 'sql',
};

const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !shared.has(entry.name))
  .map((entry) => entry.name)
  .sort();

describe('the adapter folders', () => {
  test('are the registered adapters, each under its own kind', () => {
    expect(folders).toEqual(Object.keys(legacyAdapters).sort());
    for (const [kind, adapter] of Object.entries(legacyAdapters)) expect(adapter.kind).toBe(kind);
  });

  test.each(folders)('%s has the five files that every adapter has', (folder) => {
    const sharedWith = translationIn[folder];
    const own = sharedWith === undefined ? fiveFiles : fiveFiles.filter((file) => !translation.includes(file));
    for (const file of own) expect(readdirSync(path.join(root, folder))).toContain(file);
    if (sharedWith !== undefined) expect(readdirSync(path.join(root, sharedWith))).toContain('to-document.ts');
  });

  test.each(folders)('%s is held to the conformance suite', (folder) => {
    const file = path.join(conformance, `${folder}.test.ts`);
    expect(existsSync(file)).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^ *adapterConformance\(/m);
    expect(text).toMatch(new RegExp(`legacy-adapters/${folder}/`));
  });

  test.each(Object.values(legacyAdapters))('$kind names a mistake in its block of the configuration', (adapter) => {
    const result = adapter.configSchema.safeParse({ no_such_key: 'x' });
    expect(result.success).toBe(false);
  });
});
