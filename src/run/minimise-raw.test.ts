import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instant } from '../model/period.js';
import type { RawRecord } from '../model/source.js';
import { minimisedFields, minimiser } from './minimise-raw.js';

const rawOf = (text: string): RawRecord => ({
  objectType: 'invoice',
  id: 'in_1',
  bytes: new TextEncoder().encode(text),
  apiVersion: null,
  requestId: null,
  fetchedAt: '2026-11-01T00:00:00.000Z' as Instant,
});
const plain = minimiser({ keep: [], remove: [] });
const kept = (text: string, minimise = plain) => new TextDecoder().decode(minimise(rawOf(text)).bytes);

describe('what is kept of a record', () => {
  test('is everything but the values of the fields named, byte for byte', () => {
    const text =
      '{ "id":"in_1", "email" : "a@b.c","amount":1.10,"address":{"line1":"x\\"}","city":["y"]},"phone":null,"lines":[{"card":{"a":[1,{"b":"]"}]},"n":1e2}],"zip":12 }';
    expect(kept(text)).toBe(
      '{ "id":"in_1", "email" : "[removed]","amount":1.10,"address":"[removed]","phone":null,"lines":[{"card":"[removed]","n":1e2}],"zip":"[removed]" }',
    );
  });

  test('is the record itself when there is nothing to take out', () => {
    const raw = rawOf('{"id":"in_1","description":"mail \\"email\\": a@b.c","a":"email"}');
    expect(plain(raw)).toBe(raw);
  });

  test('follows the configuration, but never keeps a credential', () => {
    const own = minimiser({ keep: ['email', 'client_secret'], remove: ['po.number'] });
    expect(
      kept('{"email":"a@b.c","po.number":"7","poxnumber":"8","client_secret":"s","card_token":"t","token":"u"}', own),
    ).toBe(
      '{"email":"a@b.c","po.number":"[removed]","poxnumber":"8","client_secret":"[removed]","card_token":"[removed]","token":"[removed]"}',
    );
  });

  test('of any JSON at all is JSON again, with the named fields gone at every depth and the others as they were', () => {
    const keys = fc.constantFrom('id', 'email', 'lines', 'address', 'a"b', 'token', 'amount', '\\', 'zip');
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom('"', '\\', '}', '","email":"x', '{'),
      ),
      tree: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    let taken = 0;
    const names = new Set([...minimisedFields, 'token']);
    const expected = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(expected);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => {
          if (!names.has(name) || item === null) return [name, expected(item)];
          taken += 1;
          return [name, '[removed]'];
        }),
      );
    };
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1), (value, indent) => {
        expect(JSON.parse(kept(JSON.stringify(value, null, indent)))).toEqual(
          expected(JSON.parse(JSON.stringify(value))),
        );
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  test.each(['', '{', '{"email":', '{"email":"x', '{"email":{"a":[', 'not json "email": x', '"email":}'])(
    'of %j, which is no JSON, ends',
    (text) => expect(kept(text)).not.toContain('x"'),
  );
});
