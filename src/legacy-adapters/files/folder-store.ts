import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CheckFinding } from '../../model/source.js';
import { ok, wrong } from '../http/findings.js';
import { type FileStore, type LocalFile, maxTextBytes, type Refusal, tooLarge } from './file-store.js';
import type { Pattern } from './pattern.js';
import { spool } from './spool.js';

/** More entries below one folder than this are no exports of a cycle. */
const maxEntries = 100_000;

/** Files in a folder of this machine. Paths are shown relative to `baseDir`. */
export function folderStore(options: { readonly baseDir: string; readonly maxBytes: number }): FileStore {
  const shown = (name: string) => path.relative(options.baseDir, name);
  return {
    shown,
    list: (pattern) => listFiles(pattern),
    open: async (name, pattern, { signal }) => {
      const found = await find(name, pattern, shown);
      if (found.type !== 'found') return found;
      if (found.stats.size > options.maxBytes)
        return { type: 'refused', refusal: tooLarge(found.stats.size, options.maxBytes) };
      if (!name.endsWith('.gz')) return { type: 'file', file: inPlace(name, found.stats) };
      const spooled = await spool(createReadStream(name), { name, maxBytes: options.maxBytes, signal });
      return spooled.type === 'file'
        ? { type: 'file', file: { ...spooled.file, isUnchanged: () => isSame(name, found.stats) } }
        : spooled;
    },
    readText: async (name, pattern) => {
      const found = await find(name, pattern, shown);
      if (found.type !== 'found') return found;
      if (found.stats.size > maxTextBytes)
        return { type: 'refused', refusal: tooLarge(found.stats.size, maxTextBytes) };
      return { type: 'text', text: await readFile(name, 'utf8') };
    },
    check: (pattern) => checkFolder(pattern, shown),
    close: async () => undefined,
  };
}

type Found =
  | { readonly type: 'found'; readonly stats: Stats }
  | { readonly type: 'missing' }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** A file, unless a link in its path leads out of the folder: what is delivered must not name files of this machine. */
async function find(name: string, pattern: Pattern, shown: (name: string) => string): Promise<Found> {
  const stats = await stat(name).catch(() => undefined);
  if (stats === undefined || !stats.isFile()) return { type: 'missing' };
  const [root, real] = await Promise.all([realpath(pattern.root), realpath(name)]);
  if (real.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`)) return { type: 'found', stats };
  const expected = `a file inside ${shown(pattern.root) || 'the folder of the configuration'}; this is a link that leads out of it`;
  return { type: 'refused', refusal: { code: 'file_missing', value: null, expected } };
}

async function listFiles(pattern: Pattern): Promise<readonly string[]> {
  const names: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = path.join(folder, entry.name);
      // A folder that is a link is not followed; a file that is one is looked at when it is opened.
      if (entry.isDirectory()) {
        if (depth > 1) await walk(name, depth - 1);
      } else if (pattern.matches(name) && names.length < maxEntries) names.push(name);
    }
  };
  await walk(pattern.root, pattern.depth);
  return names.sort();
}

/** The file as it lies there: read where it is, and looked at again afterwards. */
function inPlace(name: string, before: Stats): LocalFile {
  return {
    path: name,
    sha256: async () => {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(name)) hash.update(chunk as Buffer);
      return hash.digest('hex');
    },
    isUnchanged: () => isSame(name, before),
    close: async () => undefined,
  };
}

async function isSame(name: string, before: Stats): Promise<boolean> {
  const after = await stat(name).catch(() => undefined);
  return (
    after !== undefined && before.mtimeMs === after.mtimeMs && before.size === after.size && before.ino === after.ino
  );
}

async function checkFolder(pattern: Pattern, shown: (name: string) => string): Promise<readonly CheckFinding[]> {
  const stats = await stat(pattern.root).catch(() => undefined);
  if (stats?.isDirectory() === true) return [ok('reachability', 'The folder of the legacy files exists.')];
  return [
    wrong(
      'reachability',
      `There is no folder ${shown(pattern.root) || pattern.root}.`,
      'Correct sources.legacy.path, or put the files there.',
    ),
  ];
}
