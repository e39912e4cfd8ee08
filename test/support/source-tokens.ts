/*
 * A small reader of TypeScript source for the tests that guard its shape. TypeScript 7 has no compiler API in JavaScript,
 * and a regular expression over the text is fooled by comments and strings, so the text is cut into tokens first.
 */

export type Token = {
  /** `text`: a string without substitutions; `template`: one with. Both hold what stands between the quotes. */
  readonly kind: 'word' | 'sign' | 'text' | 'template' | 'regex';
  readonly value: string;
  /** From 1. */
  readonly line: number;
};

export type Import = {
  /** null when it is computed, so that nobody can say what is imported. */
  readonly specifier: string | null;
  readonly line: number;
};

const wordStart = /[\p{L}\p{N}_$#@]/u;
/** Words after which a slash begins a regular expression and is no division. */
const beforeRegex = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'else',
  'do',
  'yield',
  'await',
  'extends',
]);

/** The tokens of a source text, comments left out. Substitutions of a template are tokens of their own, after it. */
export function tokensOf(source: string): readonly Token[] {
  return new Reader(source).all();
}

class Reader {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  all(): readonly Token[] {
    if (this.#source.startsWith('#!')) this.#skipLine();
    this.#until(undefined);
    return this.#tokens;
  }

  /** Reads up to the closing brace of a substitution, or to the end of the text. */
  #until(end: '}' | undefined): void {
    let depth = 0;
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] ?? '';
      const next = this.#source[this.#at + 1];
      if (char === '\n') this.#step(1);
      else if (/\s/.test(char)) this.#step(1);
      else if (char === '/' && next === '/') this.#skipLine();
      else if (char === '/' && next === '*') this.#skipBlock();
      else if (char === "'" || char === '"') this.#quoted(char);
      else if (char === '`') this.#template();
      else if (char === '/' && this.#isRegexHere()) this.#regex();
      else if (wordStart.test(char)) this.#word();
      else {
        if (end !== undefined && char === '}' && depth === 0) return;
        if (char === '{') depth += 1;
        if (char === '}') depth -= 1;
        this.#push('sign', char, this.#line);
        this.#step(1);
      }
    }
  }

  #step(by: number): void {
    for (let count = 0; count < by; count += 1) {
      if (this.#source[this.#at] === '\n') this.#line += 1;
      this.#at += 1;
    }
  }

  #push(kind: Token['kind'], value: string, line: number): void {
    this.#tokens.push({ kind, value, line });
  }

  #skipLine(): void {
    while (this.#at < this.#source.length && this.#source[this.#at] !== '\n') this.#at += 1;
  }

  #skipBlock(): void {
    const end = this.#source.indexOf('*/', this.#at + 2);
    this.#step((end < 0 ? this.#source.length : end + 2) - this.#at);
  }

  #quoted(quote: string): void {
    const line = this.#line;
    let value = '';
    this.#step(1);
    while (this.#at < this.#source.length && this.#source[this.#at] !== quote) {
      if (this.#source[this.#at] === '\\') this.#step(1);
      value += this.#source[this.#at] ?? '';
      this.#step(1);
    }
    this.#step(1);
    this.#push('text', value, line);
  }

  #template(): void {
    const index = this.#tokens.length;
    const line = this.#line;
    let value = '';
    let isWhole = true;
    this.#step(1);
    while (this.#at < this.#source.length && this.#source[this.#at] !== '`') {
      if (this.#source.startsWith('${', this.#at)) {
        isWhole = false;
        this.#step(2);
        this.#until('}');
        this.#step(1);
        continue;
      }
      if (this.#source[this.#at] === '\\') this.#step(1);
      value += this.#source[this.#at] ?? '';
      this.#step(1);
    }
    this.#step(1);
    this.#tokens.splice(index, 0, { kind: isWhole ? 'text' : 'template', value, line });
  }

  #isRegexHere(): boolean {
    const before = this.#tokens.at(-1);
    if (before === undefined) return true;
    if (before.kind === 'word') return beforeRegex.has(before.value);
    return before.kind === 'sign' && !')]}'.includes(before.value);
  }

  #regex(): void {
    const line = this.#line;
    const start = this.#at;
    let isInClass = false;
    this.#step(1);
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at];
      if (char === '\\') this.#step(1);
      else if (char === '[') isInClass = true;
      else if (char === ']') isInClass = false;
      else if (char === '/' && !isInClass) break;
      this.#step(1);
    }
    this.#step(1);
    this.#push('regex', this.#source.slice(start, this.#at), line);
  }

  #word(): void {
    const start = this.#at;
    while (this.#at < this.#source.length && wordStart.test(this.#source[this.#at] ?? '')) this.#at += 1;
    this.#push('word', this.#source.slice(start, this.#at), this.#line);
  }
}

/** Everything that a file imports: `import … from`, `import '…'`, `export … from`, `import(…)` and `require(…)`. */
export function importsOf(source: string): readonly Import[] {
  const tokens = tokensOf(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || tokens[index - 1]?.value === '.') return [];
    const next = tokens[index + 1];
    if (token.value === 'import') {
      if (next?.value === '.') return [];
      if (next?.value === '(') return [called(tokens, index)];
      if (next?.kind === 'text') return [{ specifier: next.value, line: token.line }];
      return from(tokens, index);
    }
    if (token.value === 'require' && next?.value === '(') return [called(tokens, index)];
    if (token.value === 'export' && (next?.value === '*' || next?.value === '{' || next?.value === 'type'))
      return from(tokens, index);
    return [];
  });
}

function called(tokens: readonly Token[], index: number): Import {
  const argument = tokens[index + 2];
  const isPlain = argument?.kind === 'text' && [')', ','].includes(tokens[index + 3]?.value ?? '');
  return { specifier: isPlain ? argument.value : null, line: tokens[index]?.line ?? 0 };
}

/** The text after `from` when nothing but names, braces, commas and stars stands before it. */
function from(tokens: readonly Token[], index: number): readonly Import[] {
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    const next = tokens[at + 1];
    if (token === undefined) return [];
    if (token.value === 'from' && next?.kind === 'text')
      return [{ specifier: next.value, line: tokens[index]?.line ?? 0 }];
    if (token.kind !== 'word' && token.kind !== 'text' && !'{},*'.includes(token.value)) return [];
  }
  return [];
}

/** Lines on which a sequence of token values stands, e.g. `['Math', '.', 'round']`. Strings never count as words. */
export function linesWith(tokens: readonly Token[], sequence: readonly string[]): readonly number[] {
  return tokens.flatMap((token, index) =>
    sequence.every((value, offset) => {
      const one = tokens[index + offset];
      return one !== undefined && one.value === value && (one.kind === 'word' || one.kind === 'sign');
    })
      ? [token.line]
      : [],
  );
}
