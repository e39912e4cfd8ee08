import { createReadStream } from 'node:fs';

/** A line without its break; `text` is null when it was longer than allowed and was thrown away. Lines count from 1. */
export type FileLine = { readonly number: number; readonly text: string | null };

/** Bytes that are decoded at once. */
const chunkBytes = 256 * 1024;

/**
 * Lines of a text file, one at a time, in memory of at most `maxLength` characters whatever the file holds. latin1 and
 * windows-1252 know a character for every byte; UTF-8 that is broken shows the replacement character, which no honest
 * export writes, and loses its byte order mark. Throws what the file system throws.
 */
export async function* readLines(
  file: string,
  options: { readonly encoding: 'utf-8' | 'windows-1252' | 'latin1'; readonly maxLength: number },
): AsyncIterable<FileLine> {
  const decoder = new TextDecoder(options.encoding);
  let number = 0;
  let rest = '';
  const toLine = (text: string): FileLine => {
    number += 1;
    if (text.length > options.maxLength) return { number, text: null };
    return { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
  };
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) {
    const text = rest + decoder.decode(chunk as Buffer, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield toLine(text.slice(from, end));
      from = end + 1;
    }
    // Of a line that is too long already, no more is kept than shows that it is.
    rest = text.length - from > options.maxLength ? text.slice(from, from + options.maxLength + 1) : text.slice(from);
  }
  rest += decoder.decode();
  if (rest !== '') yield toLine(rest);
}
