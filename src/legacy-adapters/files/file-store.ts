import type { PullContext, CheckFinding } from '../../model/source.js';
import type { ProblemCode } from '../../model/problem.js';
import type { Pattern } from './pattern.js';

/** A file on this machine that a reader may open. */
export type LocalFile = {
  readonly path: string;
  /** sha256 of the file as it was delivered, hexadecimal. Called after reading. */
  sha256(): Promise<string>;
  /** Whether the file is still the one that was opened. */
  isUnchanged(): Promise<boolean>;
  /** Removes what was made for it. */
  close(): Promise<void>;
};

/** Why a file is not given out, in the terms of a problem of the input. */
export type Refusal = { readonly code: ProblemCode; readonly value: string | null; readonly expected: string };

export type Opened =
  | { readonly type: 'file'; readonly file: LocalFile }
  | { readonly type: 'missing' }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** A text that was read whole, or why not. */
export type ReadText =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'missing' }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** A place where files lie. Names are absolute paths, or keys of a bucket. Never writes there. */
export type FileStore = {
  /** Names that match, sorted. */
  list(pattern: Pattern, prefix: string, context: PullContext): Promise<readonly string[]>;
  /** Opens a file that must lie below the pattern's root. `.gz` is unpacked. */
  open(name: string, pattern: Pattern, context: PullContext): Promise<Opened>;
  /** A small text file below the pattern's root. */
  readText(name: string, pattern: Pattern, context: PullContext): Promise<ReadText>;
  /** A name as people know it. */
  shown(name: string): string;
  check(pattern: Pattern, context: PullContext): Promise<readonly CheckFinding[]>;
  close(): Promise<void>;
};

/** Larger manifests are none. */
export const maxTextBytes = 1024 * 1024;

export const tooLarge = (size: number | bigint, maxBytes: number): Refusal => ({
  code: 'too_large',
  value: `${size} bytes`,
  expected: `a file of at most ${maxBytes} bytes; max_bytes allows more`,
});
