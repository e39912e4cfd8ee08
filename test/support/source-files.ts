import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type SourceFile = {
  /** From the project's root, with slashes: `src/model/money.ts`. */
  readonly name: string;
  readonly text: string;
};

const root = path.resolve(import.meta.dirname, '../..');

/** Every TypeScript file under a folder of the project, tests left out unless asked for, in order of their names. */
export function sourceFiles(
  folder: string,
  options: { readonly tests: boolean } = { tests: false },
): readonly SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((name) => options.tests || !/\.test\.tsx?$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));
}
