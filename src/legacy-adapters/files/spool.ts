import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Opened, Refusal } from './file-store.js';
import { tooLarge } from './file-store.js';

/** Honest rows of text shrink to a tenth, repetitive ones to a hundredth; the format itself allows a thousandth. */
const mostRatio = 250;
/** A small file may be as repetitive as it likes. */
const ratioFromBytes = 1024 * 1024;

/**
 * Writes bytes into a file of this machine's folder for temporary files, unpacked if they are gzip, within bounds: bytes
 * before and after unpacking, and how much they grow. The file is removed by `close`, and at once when it is refused or
 * `bytes` throws. `sha256` is that of the bytes as they came.
 */
export async function spool(
  bytes: AsyncIterable<Uint8Array>,
  options: {
    /** The name as delivered; its last part is the name of the copy, and .gz says that it is packed. */
    readonly name: string;
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  },
): Promise<Opened> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shadowbill-file-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const isPacked = options.name.endsWith('.gz');
  const file = path.join(folder, isPacked ? 'unpacked' : 'file');
  const hash = createHash('sha256');
  const limits = new Limits(options.maxBytes);
  try {
    const packed = tap((chunk) => {
      hash.update(chunk);
      limits.came(chunk.length);
    });
    const source = Readable.from(bytes, { objectMode: false });
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    const written = tap((chunk) => limits.wrote(chunk.length));
    if (isPacked) await pipeline(source, packed, createGunzip(), written, target, { signal: options.signal });
    else await pipeline(source, packed, target, { signal: options.signal });
  } catch (error) {
    await remove();
    options.signal.throwIfAborted();
    const refusal = error instanceof Refused ? error.refusal : unpackingFault(error);
    if (refusal === null) throw error;
    return { type: 'refused', refusal };
  }
  const sha256 = hash.digest('hex');
  return {
    type: 'file',
    file: { path: file, sha256: async () => sha256, isUnchanged: async () => true, close: remove },
  };
}

/** Carries a refusal out of a stream. Class, because streams want errors. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.expected);
    this.refusal = refusal;
  }
}

/** Bytes that came and bytes that were made of them. Class, because it counts. */
class Limits {
  readonly #maxBytes: number;
  #came = 0;
  #wrote = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  came(count: number): void {
    this.#came += count;
    if (this.#came > this.#maxBytes) throw new Refused(tooLarge(this.#came, this.#maxBytes));
  }

  wrote(count: number): void {
    this.#wrote += count;
    if (this.#wrote > this.#maxBytes)
      throw new Refused({
        code: 'too_large',
        value: `over ${this.#maxBytes} bytes unpacked`,
        expected: `a file of at most ${this.#maxBytes} bytes when it is unpacked; max_bytes allows more`,
      });
    if (this.#wrote > ratioFromBytes && this.#wrote > this.#came * mostRatio)
      throw new Refused({
        code: 'too_large',
        value: `${this.#came} bytes that unpack to over ${this.#wrote}`,
        expected: `a file that grows at most ${mostRatio} times when it is unpacked; deliver it unpacked`,
      });
  }
}

function tap(look: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      try {
        look(chunk);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}

/** A fault of the packed bytes themselves; null for any other error. */
function unpackingFault(error: unknown): Refusal | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('Z_')) return null;
  return { code: 'row_malformed', value: code, expected: 'a whole gzip file; this one is cut off or damaged' };
}
