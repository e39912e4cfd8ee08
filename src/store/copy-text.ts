import { once } from 'node:events';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Text is sent in pieces of about this many characters: large enough to be cheap, small enough to stay flat. */
const flushAt = 64 * 1024;

/** One value in COPY's text format. */
export function copyValue(value: string | number | boolean | null | readonly string[]): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return escapeText(arrayLiteral(value));
}

/** As `copyValue`, for text that may be absent. */
export function copyText(value: string | null): string {
  return value === null ? '\\N' : escapeText(value);
}

const special = /[\\\t\n\r\0\b\f\v]/;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\0': '',
};

/** Escapes what COPY treats as syntax. NUL cannot be stored in Postgres text; adapters refuse it, and here it is dropped as the last guard. */
function escapeText(text: string): string {
  return special.test(text) ? text.replace(/[\\\t\n\r\0\b\f\v]/g, (char) => escapes[char] ?? '') : text;
}

/** A Postgres text[] literal; every element quoted, so that no element can be read as NULL or syntax. */
export function arrayLiteral(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/["\\]/g, (char) => `\\${char}`)}"`).join(',')}}`;
}

/** A COPY … FROM STDIN in progress. Class, because it is opened and must be closed. */
export class CopyWriter {
  readonly #stream: ReturnType<typeof copyFrom> & NodeJS.WritableStream;
  #buffer: string[] = [];
  #size = 0;
  #failure: Error | undefined;
  rowCount = 0;

  constructor(client: PoolClient, statement: string) {
    this.#stream = client.query(copyFrom(statement));
    this.#stream.on('error', (error: Error) => {
      this.#failure ??= error;
    });
  }

  /** Adds one row, values already encoded by `copyValue` and joined by tabs. Resolves when the server keeps up. */
  async row(encoded: string): Promise<void> {
    this.rowCount += 1;
    this.#size += encoded.length + 1;
    this.#buffer.push(encoded);
    if (this.#size >= flushAt) await this.#flush();
  }

  /** Sends what is left and waits for the server's answer. Throws what the server refused. */
  async end(): Promise<void> {
    await this.#flush();
    if (this.#failure !== undefined) throw this.#failure;
    const finished = once(this.#stream, 'finish');
    this.#stream.end();
    await finished;
  }

  /** Gives up: the server rolls the statement back. */
  abort(cause: Error): void {
    this.#stream.destroy(cause);
  }

  async #flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#buffer.length === 0) return;
    const text = `${this.#buffer.join('\n')}\n`;
    this.#buffer = [];
    this.#size = 0;
    if (!this.#stream.write(text)) await once(this.#stream, 'drain');
  }
}
