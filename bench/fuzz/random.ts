/** A seeded source of chance that is quick enough for millions of inputs (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  }

  oneIn(count: number): boolean {
    return this.int(count) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** Up to `most` pieces in a row. */
  text(pieces: readonly string[], most: number): string {
    let text = '';
    for (let left = this.int(most + 1); left > 0; left -= 1) text += this.pick(pieces);
    return text;
  }
}

/** What breaks readers: quotes, ends of lines, numbers at the edge, other alphabets, controls, half a surrogate. */
export const awkward: readonly string[] = [
  '',
  ' ',
  '"',
  "'",
  ',',
  ';',
  '\n',
  '\r\n',
  '\t',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ':',
  '#',
  '&',
  '*',
  '!',
  '|',
  '%',
  '@',
  '`',
  '~',
  '0',
  '1',
  '-1',
  '007',
  '1.10',
  '-0.00',
  '.5',
  '5.',
  '1e5',
  '1E-400',
  '1,234.56',
  '1.234,56',
  '１２',
  '٣',
  '9007199254740993',
  '99999999999999999999999999999999.999999',
  '0.1',
  'NaN',
  'Infinity',
  'null',
  'true',
  'undefined',
  '-',
  '+',
  '--1',
  '0x10',
  '1_000',
  'EUR',
  'eur',
  'JPY',
  'XXX',
  '€',
  '2026-10-01',
  '2026-02-30',
  '2026-13-01',
  '2026-10-25T02:30:00',
  '2026-10-01T00:00:00Z',
  '1969-12-31',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\ufffd',
  '\ud800',
  'é',
  '漢',
  '😀',
  'a',
  'Z',
  '_',
  '.',
  '/',
  '__proto__',
  'constructor',
  'toString',
  '=1+1',
  '<script>',
  "';drop table run;--",
  '../../etc/passwd',
  '${x}',
  '{{x}}',
  '%s',
  '\\u0000',
];

/** A text with a few of its characters taken out, doubled, moved or replaced by something awkward. */
export function spoilt(text: string, chance: Chance): string {
  let spoiled = text;
  for (let times = 1 + chance.int(3); times > 0; times -= 1) {
    const at = chance.int(spoiled.length + 1);
    const length = chance.oneIn(8) ? chance.int(40) : chance.int(3);
    const put = chance.oneIn(3)
      ? ''
      : chance.oneIn(3)
        ? spoiled.slice(at, at + length).repeat(2)
        : chance.pick(awkward);
    spoiled = spoiled.slice(0, at) + put + spoiled.slice(at + length);
  }
  return spoiled;
}

/** A copy of a JSON object with one to three of its parts replaced, removed, doubled or put elsewhere; JSON again, so that nothing is left that no text can hold. */
export function spoiltTree(value: object, chance: Chance): object {
  const copy = structuredClone(value) as object;
  for (let times = 1 + chance.int(3); times > 0; times -= 1) {
    const parent = somewhere(copy, chance);
    const keys = Object.keys(parent);
    const key = keys[chance.int(Math.max(1, keys.length))];
    if (key === undefined) continue;
    const slots = parent as Record<string, unknown>;
    const kind = chance.int(6);
    if (kind === 0) Reflect.deleteProperty(slots, key);
    else if (kind === 1) slots[key] = null;
    else if (kind === 2) slots[key] = chance.pick([[], {}, true, false, 0, -1, 0.1, 1e21, [[]], [null]]);
    else if (kind === 3)
      slots[key] = typeof slots[key] === 'string' ? spoilt(slots[key], chance) : chance.pick(awkward);
    else if (kind === 4) slots[key] = [structuredClone(slots[key]), structuredClone(slots[key])];
    else slots[chance.pick(awkward)] = structuredClone(slots[key]);
  }
  return JSON.parse(JSON.stringify(copy)) as object;
}

function somewhere(value: object, chance: Chance): object {
  let place = value;
  for (let depth = chance.int(8); depth > 0; depth -= 1) {
    const inner: unknown = chance.pick([...Object.values(place), null]);
    if (typeof inner !== 'object' || inner === null) return place;
    place = inner;
  }
  return place;
}
