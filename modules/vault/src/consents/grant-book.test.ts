/** The book says of every grant what was put into it, whatever came and went meanwhile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredConsent } from './consent-store.ts';
import type { Grant } from '../domain/grant.ts';
import { GrantBook } from './grant-book.ts';

const people = fc.constantFrom('per-a', 'per-b', 'per-c');
const drawn = fc.record({
  subject: people,
  person: people,
  category: fc.constantFrom('notes', 'x-rays'),
  until: fc.integer({ min: 1, max: 100 }),
  uses: fc.option(fc.integer({ min: 1, max: 9 })),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('add' as const), grant: drawn }),
    fc.record({ do: fc.constantFrom('use' as const, 'take' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('prune' as const), at: fc.integer({ min: 0, max: 100 }) }),
  ),
  { maxLength: 60 },
);

type Draft = Omit<Drawn, 'subject' | 'person' | 'category'> & Record<'subject' | 'person' | 'category', string>;
function consentOf({ subject, person, category, until, uses }: Draft, i: number): StoredConsent {
  const grant: Grant = {
    ...{ id: `con-${i}`, subject, grantee: { person, organisation: null, role: null }, uses, used: 0, depth: 0 },
    ...{ scope: { of: 'categories', categories: [category] }, rights: ['text'], purpose: 'TREAT', refrains: [] },
    ...{ from: 0, until, state: { is: 'standing' } },
  };
  return { grant, given: { at: i, by: subject } };
}

describe('a book of grants', () => {
  it('is as a plain list would be', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const book = new GrantBook();
        let list: StoredConsent[] = [];
        const change = (i: number, to: Partial<Grant>): void => {
          list[i] = { ...list[i]!, grant: { ...list[i]!.grant, ...to } };
          book.change(list[i].grant.id, to as Pick<Grant, 'used'>);
        };
        for (const [i, step] of all.entries()) {
          if (step.do === 'add') {
            const consent = consentOf(step.grant, i);
            book.add(consent);
            list.push(consent);
          } else if (step.do === 'prune') {
            const isOver = (grant: Grant): boolean => grant.until <= step.at || grant.state.is === 'taken-back';
            book.prune(isOver);
            list = list.filter(({ grant }) => !isOver(grant));
          } else if (list.length > 0) {
            const which = step.which % list.length;
            if (step.do === 'use') change(which, { used: list[which]!.grant.used + 1 });
            else change(which, { state: { is: 'taken-back', at: i, by: 'per-a' } });
          }
        }
        expect(book.size).toBe(list.length);
        for (const one of list) expect(book.get(one.grant.id)).toEqual(one);
        for (const subject of ['per-a', 'per-b', 'per-c'])
          for (const person of ['per-a', 'per-b', 'per-c']) {
            const own = list.filter(({ grant }) => grant.subject === subject && grant.grantee.person === person);
            expect([...book.from(subject, person)]).toEqual(own.map(({ grant }) => grant));
          }
      }),
      { numRuns: 500 },
    );
  });

  it('grows beyond what it began with, and keeps each apart', () => {
    const book = new GrantBook();
    for (let i = 0; i < 5_000; i++)
      book.add(
        consentOf({ subject: `sub-${i % 700}`, person: 'per-a', category: 'notes', until: i + 1, uses: null }, i),
      );
    for (let i = 0; i < 5_000; i += 97) expect(book.get(`con-${i}`)!.grant).toMatchObject({ until: i + 1, uses: null });
    expect(book.from('sub-3', 'per-a')).toHaveLength(8);
    expect(book.get('con-5000')).toBeNull();
  });
});
