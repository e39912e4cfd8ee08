import { Transform, type TransformCallback } from 'node:stream';

/**
 * Bytes in, UTF-8 out. latin1 and windows-1252 know a character for every byte and cannot be broken; UTF-8 can, and then
 * shows the replacement character, which no honest export writes. Class, because streams are.
 */
export class TextDecoding extends Transform {
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(encoding: 'utf-8' | 'windows-1252' | 'latin1') {
    super();
    // A byte order mark is taken out by the decoder of UTF-8.
    this.#decoder = new TextDecoder(encoding);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    callback(null, this.#decoder.decode(chunk, { stream: true }));
  }

  override _flush(callback: TransformCallback): void {
    callback(null, this.#decoder.decode());
  }
}
