import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../model/invariant.js';
import { Fingerprints } from './fingerprints.js';

const content = (text: string) => createHash('sha256').update(text).digest();

describe('fingerprints', () => {
  test('tell new, same and changed', () => {
    const seen = new Fingerprints();
    expect(seen.note('a', content('1'))).toBe('new');
    expect([seen.compare('a', content('1')), seen.compare('a', content('2')), seen.compare('b', content('1'))]).toEqual(
      ['same', 'changed', 'unknown'],
    );
    expect(seen.note('a', content('2'))).toBe('changed');
    expect(seen.note('a', content('2'))).toBe('same');
    expect(seen.size).toBe(1);
  });

  test('agree with a plain Map over twenty thousand ids, through every growth', () => {
    const seen = new Fingerprints();
    const plain = new Map<string, string>();
    for (let index = 0; index < 20_000; index += 1) {
      // Every third id comes again with another content.
      const id = `invo_${index % 3 === 2 ? index - 1 : index}`;
      const text = `content ${index}`;
      expect(seen.note(id, content(text))).toBe(plain.has(id) ? 'changed' : 'new');
      plain.set(id, text);
    }
    expect(seen.size).toBe(plain.size);
    for (const [id, text] of plain) expect(seen.compare(id, content(text))).toBe('same');
    expect(seen.compare('invo_never', content(''))).toBe('unknown');
  });

  test('count what waits to be handed on, and forget it when asked', () => {
    const seen = new Fingerprints();
    for (let index = 0; index < 3000; index += 1) {
      seen.note(`invo_${index}`, content('x'));
      if (index % 2 === 0) seen.emit(`invo_${index}`);
    }
    seen.emit('invo_0');
    expect([seen.waiting, seen.isEmitted('invo_2'), seen.isEmitted('invo_3')]).toEqual([1500, true, false]);
    seen.forgetEmitted();
    expect([seen.waiting, seen.isEmitted('invo_2')]).toEqual([3000, false]);
    expect(() => seen.emit('invo_never')).toThrow(InvariantError);
  });
});
