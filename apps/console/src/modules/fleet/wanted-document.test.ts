/** What somebody types as a configuration document, and finding its values. */
import { describe, expect, test } from 'vitest';
import { documentIn, valueAt } from './wanted-document.ts';

describe('a document', () => {
  test('is a JSON object', () => {
    expect(documentIn('{"ssh": false}')).toEqual({ ssh: false });
    expect(documentIn('{}')).toEqual({});
  });
  test.each(['', '{', '[]', 'null', '"text"', '3'])('is not %j', (text) => {
    expect(documentIn(text)).toBeNull();
  });
});

describe('a value', () => {
  const document = { ntp: { servers: ['a', 'b'] }, 'a.b': { c: 1 }, off: false };
  test.each([
    ['ntp.servers', ['a', 'b']],
    ['a.b.c', 1],
    ['off', false],
    ['ntp.none', undefined],
    ['ntp.servers.0', undefined],
    ['toString', undefined],
  ])('at %s', (path, value) => {
    expect(valueAt(document, path)).toEqual(value);
  });
});
