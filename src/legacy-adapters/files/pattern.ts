import path from 'node:path';

/** Names of files or objects of a cycle, in a folder or a bucket. */
export type Pattern = {
  /** The bucket; null for a folder of this machine. */
  readonly bucket: string | null;
  /** The folder above everything that the cycle or a * decides, as an absolute path; of a bucket a prefix that ends in / or is ''. */
  readonly root: string;
  /** The name itself when it has no *: an absolute path, or a key. */
  readonly name: string | null;
  /** Folders below the root that a match can lie in, itself included. */
  readonly depth: number;
  readonly matches: (name: string) => boolean;
};

/**
 * The pattern of `text` for a cycle: {cycle} is replaced and * stands for any characters but the mark between folders.
 * Relative paths are of `baseDir`.
 */
export function patternOf(text: string, cycle: string, baseDir: string): Pattern {
  const bucket = /^s3:\/\/([^/]+)\/(.+)$/.exec(text);
  const template = bucket === null ? path.resolve(baseDir, text) : (bucket[2] ?? '');
  const mark = bucket === null ? path.sep : '/';
  const segments = template.split(mark);
  const firstOpen = segments.findIndex((segment) => segment.includes('{cycle}') || segment.includes('*'));
  const fixed = segments.slice(0, firstOpen < 0 ? -1 : Math.min(firstOpen, segments.length - 1));
  const root = fixed.length === 0 ? '' : `${fixed.join(mark)}${mark}`;
  const full = template.replaceAll('{cycle}', cycle);
  const open = full.includes('*');
  const expression = new RegExp(
    `^${full
      .split('*')
      .map(escaped)
      .join(`[^${mark === '\\' ? '\\\\' : mark}]*`)}$`,
  );
  return {
    bucket: bucket?.[1] ?? null,
    root: bucket === null && root === '' ? path.sep : root,
    name: open ? null : full,
    depth: segments.length - fixed.length,
    matches: (name) => expression.test(name),
  };
}

const escaped = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

/** The part of a pattern before its first *: what a listing is asked for. */
export function listPrefix(text: string, cycle: string): string {
  const key = text.replace(/^s3:\/\/[^/]+\//, '').replaceAll('{cycle}', cycle);
  return key.slice(0, key.includes('*') ? key.indexOf('*') : key.length);
}
