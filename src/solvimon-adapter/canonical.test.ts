import { describe, expect, test } from 'vitest';
import { contentHash, SetHash } from './canonical.js';
import { isObject, type JsonObject, parseJson } from './shape.js';

const parse = (text: string): JsonObject => {
  const json = parseJson(text);
  if (!isObject(json)) throw new Error('an object');
  return json;
};
const hash = (text: string) => contentHash(parse(text)).toString('hex');

describe('the hash of an invoice’s content', () => {
  test('does not see the order of keys, nor blanks', () => {
    expect(hash('{"a":"1","b":{"c":true,"d":null}}')).toBe(hash('{ "b": { "d": null, "c": true }, "a": "1" }'));
  });

  test.each([
    ['a digit behind the point', '{"a":"1.00"}', '{"a":"1.0"}'],
    ['a number’s spelling', '{"a":1.0}', '{"a":1}'],
    ['a text and a number', '{"a":"1"}', '{"a":1}'],
    ['the order of a list', '{"a":["1","2"]}', '{"a":["2","1"]}'],
    ['null and missing', '{"a":null}', '{}'],
    ['where a quote ends', '{"a":"b\\",\\"c"}', '{"a":"b","c":""}'],
    ['nesting', '{"a":{"b":"1"}}', '{"a":{},"b":"1"}'],
  ])('sees %s', (_what, one, other) => {
    expect(hash(one)).not.toBe(hash(other));
  });

  test('does not see a link that is signed afresh', () => {
    expect(hash('{"a":"1","pay_invoice_link":{"url":"x"}}')).toBe(hash('{"a":"1"}'));
  });
});

describe('the hash of a set', () => {
  const [one, two, three] = ['{"a":"1"}', '{"a":"2"}', '{"a":"3"}'].map((text) => contentHash(parse(text)));
  const of = (...hashes: (Buffer | undefined)[]) => {
    const set = new SetHash();
    for (const each of hashes) if (each !== undefined) set.add(each);
    return set.hex;
  };

  test('does not see the order, and goes on from where it was', () => {
    expect(of(one, two, three)).toBe(of(three, one, two));
    const later = new SetHash(of(one, two));
    later.add(three ?? Buffer.alloc(32));
    expect(later.hex).toBe(of(one, two, three));
  });

  test('sees a member that is missing, doubled or another', () => {
    const all = of(one, two);
    for (const other of [of(one), of(one, two, two), of(one, three), of()]) expect(other).not.toBe(all);
  });
});
