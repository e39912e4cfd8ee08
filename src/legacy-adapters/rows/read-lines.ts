import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { TextDecoding } from './decode-text.js';

/** A line without its break; `text` is null when it was longer than allowed and was thrown away. Lines count from 1. */
export type FileLine = { readonly number: number; readonly text: string | null };

/** Lines of a text file, one at a time, in memory of at most `maxLength` characters whatever the file holds. Throws what the file system throws. */
export async function* readLines(
  file: string,
  options: { readonly encoding: 'utf-8' | 'windows-1252' | 'latin1'; readonly maxLength: number },
): AsyncIterable<FileLine> {
  const decoding = new TextDecoding(options.encoding);
  decoding.setEncoding('utf8');
  pipeline(createReadStream(file), decoding, () => undefined);
  let number = 1;
  let pending: string[] = [];
  let length = 0;
  const take = (): FileLine => {
    const isTooLong = length > options.maxLength;
    const line = { number, text: isTooLong ? null : pending.join('').replace(/\r$/, '') };
    [pending, length, number] = [[], 0, number + 1];
    return line;
  };
  for await (const chunk of decoding as AsyncIterable<string>) {
    const parts = chunk.split('\n');
    for (const [index, part] of parts.entries()) {
      length += part.length;
      if (length <= options.maxLength) pending.push(part);
      else pending = [];
      if (index < parts.length - 1) yield take();
    }
  }
  if (length > 0) yield take();
}
