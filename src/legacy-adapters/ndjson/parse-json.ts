import { isLosslessNumber, parse } from 'lossless-json';

/** A JSON number with every digit it was written with. Class, so that it is told from text. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonValue =
  | string
  | boolean
  | null
  | NumberText
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * Parses JSON without touching a digit. A plain reader takes what exports are made of; at anything out of the ordinary (an
 * escape in a key, a key that stands twice, a fault) it steps back and lossless-json reads the text, so that the fast way
 * is never more than fast. Throws SyntaxError with that library's words.
 */
export function parseJson(text: string): JsonValue {
  // Raw control characters are no JSON; the plain reader does not look for them.
  if (!control.test(text)) {
    const reader = new PlainReader(text);
    const value = reader.read();
    if (value !== undefined) return value;
  }
  return convert(parse(text));
}

/** Everything below a blank: the control characters. */
const control = /[^ -\uffff]/;

function convert(value: unknown): JsonValue {
  if (isLosslessNumber(value)) return new NumberText(value.toString());
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value as string | boolean | null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]));
}

const maxDepth = 64;
const [quote, comma, colon, minus, point, backslash] = [34, 44, 58, 45, 46, 92];
const [openBrace, closeBrace, openBracket, closeBracket, blank] = [123, 125, 91, 93, 32];

/** Reads one JSON text; `undefined` wherever it is not sure. Class, because it walks. */
class PlainReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonValue | undefined {
    const value = this.#value(0);
    this.#skip();
    return this.#at === this.#text.length ? value : undefined;
  }

  #skip(): void {
    while (this.#text.charCodeAt(this.#at) === blank) this.#at += 1;
  }

  #value(depth: number): JsonValue | undefined {
    this.#skip();
    const code = this.#text.charCodeAt(this.#at);
    if (code === quote) return this.#string();
    if (code === openBrace) return depth > maxDepth ? undefined : this.#object(depth);
    if (code === openBracket) return depth > maxDepth ? undefined : this.#array(depth);
    if (code === minus || (code >= 48 && code <= 57)) return this.#number();
    return this.#word();
  }

  #word(): JsonValue | undefined {
    for (const [word, value] of words)
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    return undefined;
  }

  #string(): string | undefined {
    const start = this.#at + 1;
    let end = this.#text.indexOf('"', start);
    if (end < 0) return undefined;
    const plain = this.#text.slice(start, end);
    if (!plain.includes('\\')) {
      this.#at = end + 1;
      return plain;
    }
    // A quote behind an odd row of backslashes is part of the text.
    while (end >= 0 && this.#isEscaped(end, start)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) return undefined;
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start - 1, end + 1)) as string;
    } catch {
      return undefined;
    }
  }

  #isEscaped(at: number, start: number): boolean {
    let before = at - 1;
    while (before >= start && this.#text.charCodeAt(before) === backslash) before -= 1;
    return (at - 1 - before) % 2 === 1;
  }

  #number(): NumberText | undefined {
    const start = this.#at;
    if (this.#text.charCodeAt(this.#at) === minus) this.#at += 1;
    const first = this.#text.charCodeAt(this.#at);
    const wholeDigits = this.#digits();
    if (wholeDigits === 0 || (wholeDigits > 1 && first === 48)) return undefined;
    if (this.#text.charCodeAt(this.#at) === point) {
      this.#at += 1;
      if (this.#digits() === 0) return undefined;
    }
    const next = this.#text.charCodeAt(this.#at);
    // Exponents are rare in bills and left to the other reader.
    if (next === 69 || next === 101) return undefined;
    return new NumberText(this.#text.slice(start, this.#at));
  }

  #digits(): number {
    const start = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (!(code >= 48 && code <= 57)) return this.#at - start;
      this.#at += 1;
    }
  }

  #array(depth: number): readonly JsonValue[] | undefined {
    const items: JsonValue[] = [];
    this.#at += 1;
    this.#skip();
    if (this.#text.charCodeAt(this.#at) === closeBracket) {
      this.#at += 1;
      return items;
    }
    for (;;) {
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
      const isMore = this.#goesOn(closeBracket);
      if (isMore === undefined) return undefined;
      if (!isMore) return items;
    }
  }

  #object(depth: number): { readonly [key: string]: JsonValue } | undefined {
    const object: { [key: string]: JsonValue } = {};
    this.#at += 1;
    this.#skip();
    if (this.#text.charCodeAt(this.#at) === closeBrace) {
      this.#at += 1;
      return object;
    }
    for (;;) {
      this.#skip();
      const key = this.#text.charCodeAt(this.#at) === quote ? this.#string() : undefined;
      if (key === undefined || key === '__proto__' || Object.hasOwn(object, key)) return undefined;
      this.#skip();
      if (this.#text.charCodeAt(this.#at) !== colon) return undefined;
      this.#at += 1;
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      object[key] = value;
      const isMore = this.#goesOn(closeBrace);
      if (isMore === undefined) return undefined;
      if (!isMore) return object;
    }
  }

  /** Past a comma: true. Past the closing mark: false. Anything else: not sure. */
  #goesOn(closing: number): boolean | undefined {
    this.#skip();
    const code = this.#text.charCodeAt(this.#at);
    this.#at += 1;
    return code === comma ? true : code === closing ? false : undefined;
  }
}

const words = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;
