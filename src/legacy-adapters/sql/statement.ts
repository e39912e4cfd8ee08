/*
 * Reads a SQL statement just far enough to be sure that it is one SELECT, and to find its `:name` parameters. Everything
 * else is left to the server: the transaction is read-only and the role should be too. What is checked here is what a
 * read-only transaction would let pass.
 */

export type SqlDialect = 'postgres' | 'mysql';

/** A statement cut at its parameters: `texts` has one entry more than `names`. */
export type Statement = {
  readonly texts: readonly string[];
  readonly names: readonly string[];
  /** Every name in it, unquoted ones in lower case: to find out which tables it reads. */
  readonly words: ReadonlySet<string>;
};

export type ReadStatement =
  | { readonly ok: true; readonly statement: Statement }
  | { readonly ok: false; readonly problem: string };

type Token = { readonly kind: 'skip' | 'word' | 'quoted' | 'text' | 'param' | 'mark' | 'fault'; readonly text: string };

/** Cuts `sql` at its parameters; `problem` is a sentence without a full stop. `known` are the parameters that can be bound. */
export function readStatement(sql: string, dialect: SqlDialect, known: readonly string[]): ReadStatement {
  const tokens = [...tokenize(sql, dialect)];
  const problem = faultOf(tokens) ?? formFault(tokens) ?? unknownParameter(tokens, known);
  if (problem !== undefined) return { ok: false, problem };
  return { ok: true, statement: cut(tokens) };
}

function cut(tokens: readonly Token[]): Statement {
  const texts = [''];
  const names: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'param') {
      names.push(token.text.slice(1));
      texts.push('');
    } else if (token.text !== ';') texts[texts.length - 1] += token.text;
  }
  const words = tokens.flatMap((token) =>
    token.kind === 'word' ? [token.text.toLowerCase()] : token.kind === 'quoted' ? [token.text.slice(1, -1)] : [],
  );
  return { texts, names, words: new Set(words) };
}

function faultOf(tokens: readonly Token[]): string | undefined {
  return tokens.find((token) => token.kind === 'fault')?.text;
}

/** One statement, a SELECT, that takes no locks and writes nothing. */
function formFault(all: readonly Token[]): string | undefined {
  const tokens = all.filter((token) => token.kind !== 'skip');
  const end = tokens.findIndex((token) => token.text === ';');
  if (end >= 0 && tokens.slice(end).some((token) => token.text !== ';'))
    return 'is more than one statement. Keep one SELECT';
  const words = tokens.map((token) => (token.kind === 'word' ? token.text.toLowerCase() : token.text));
  const first = words.find((word) => word !== '(');
  if (first === undefined || first === ';') return 'is empty. Write a SELECT';
  if (first !== 'select' && first !== 'with') return `begins with ${first}. Only SELECT and WITH … SELECT are read`;
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    const after = words[index + 1] ?? '';
    if (before === '.' || before === 'as') continue;
    if (word === 'into') return 'writes with INTO. Remove it';
    if (word === 'for' && ['update', 'share', 'no', 'key'].includes(after))
      return `locks rows with FOR ${after.toUpperCase()}. Remove it`;
    if (word === 'lock' && after === 'in') return 'locks rows with LOCK IN SHARE MODE. Remove it';
    if (before === '(' && ['update', 'delete', 'merge'].includes(word))
      return `changes rows with ${word.toUpperCase()}. Keep one SELECT`;
  }
  return undefined;
}

function unknownParameter(tokens: readonly Token[], known: readonly string[]): string | undefined {
  const unknown = tokens
    .filter((token) => token.kind === 'param' && !known.includes(token.text.slice(1)))
    .map((token) => token.text);
  if (unknown.length === 0) return undefined;
  return `uses ${[...new Set(unknown)].join(', ')}, which is no parameter. There are ${known.map((name) => `:${name}`).join(', ')}, and what stands under params`;
}

const commonForms: readonly (readonly [Token['kind'], RegExp])[] = [
  ['skip', /\s+/y],
  ['text', /'(?:[^']|'')*'/y],
  ['quoted', /"(?:[^"]|"")*"/y],
  // A cast (::date), an assignment (:=) and an array slice of numbers are no parameters.
  ['mark', /::|:=/y],
  ['param', /:[A-Za-z_]\w*/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
];

const forms: Readonly<Record<SqlDialect, readonly (readonly [Token['kind'], RegExp])[]>> = {
  postgres: [
    ['skip', /--[^\n]*/y],
    ['text', /\$(?:[A-Za-z_]\w*)?\$/y],
    ['text', /[eE]'(?:[^'\\]|''|\\[\s\S])*'/y],
    ['fault', /\$\d+/y],
    ...commonForms,
  ],
  mysql: [
    ['skip', /(?:#|--(?=\s|$))[^\n]*/y],
    ['text', /'(?:[^'\\]|''|\\[\s\S])*'/y],
    ['quoted', /"(?:[^"\\]|""|\\[\s\S])*"/y],
    ['quoted', /`(?:[^`]|``)*`/y],
    ...commonForms,
  ],
};

function* tokenize(sql: string, dialect: SqlDialect): Iterable<Token> {
  let at = 0;
  while (at < sql.length) {
    const token = tokenAt(sql, at, dialect);
    yield token.kind === 'fault' ? { kind: 'fault', text: faultSentence(token.text) } : token;
    if (token.kind === 'fault') return;
    at += token.text.length;
  }
}

function tokenAt(sql: string, at: number, dialect: SqlDialect): Token {
  if (sql.startsWith('/*', at)) return comment(sql, at, dialect);
  for (const [kind, form] of forms[dialect]) {
    form.lastIndex = at;
    const text = form.exec(sql)?.[0];
    if (text === undefined) continue;
    return kind === 'text' && text.startsWith('$') ? dollarQuoted(sql, at, text) : { kind, text };
  }
  const char = sql.charAt(at);
  return `'"`.includes(char) || (char === '`' && dialect === 'mysql')
    ? { kind: 'fault', text: char }
    : { kind: 'mark', text: char };
}

function faultSentence(text: string): string {
  if (/^\$\d/.test(text)) return `uses ${text}. Write parameters by name, e.g. :cycle_start`;
  if (text.startsWith('/*!') || text.startsWith('/*M')) return 'has a comment that the server would execute. Remove it';
  return `has a ${text} that does not close`;
}

function dollarQuoted(sql: string, at: number, tag: string): Token {
  const end = sql.indexOf(tag, at + tag.length);
  return end < 0 ? { kind: 'fault', text: tag } : { kind: 'text', text: sql.slice(at, end + tag.length) };
}

/** Postgres nests comments; MySQL executes those that begin with an exclamation mark. */
function comment(sql: string, at: number, dialect: SqlDialect): Token {
  if (dialect === 'mysql') {
    if (/^\/\*(?:!|M!)/.test(sql.slice(at, at + 4))) return { kind: 'fault', text: sql.slice(at, at + 3) };
    const end = sql.indexOf('*/', at + 2);
    return end < 0 ? { kind: 'fault', text: '/*' } : { kind: 'skip', text: sql.slice(at, end + 2) };
  }
  const mark = /\/\*|\*\//g;
  mark.lastIndex = at;
  let depth = 0;
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return { kind: 'skip', text: sql.slice(at, mark.lastIndex) };
  }
  return { kind: 'fault', text: '/*' };
}
