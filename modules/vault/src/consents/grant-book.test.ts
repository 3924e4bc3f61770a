/** The book says of every grant what was put into it, whatever came and went meanwhile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '@cityward/kernel';
import type { StoredConsent } from './consent-store.ts';
import type { Grant, Held, Holder } from '../domain/grant.ts';
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

const DOCTOR = { organisation: 'harbour-clinic', role: 'doctor' } as const;
const idOf = (i: number): string => `con-${String(i).padStart(16, '0')}`;
const holder = (person: string, ...posts: Held[]): Holder => ({ person, posts });
type Draft = Omit<Drawn, 'subject' | 'person' | 'category'> & Record<'subject' | 'person' | 'category', string>;
function consentOf({ subject, person, category, until, uses }: Draft, i: number): StoredConsent {
  const grant: Grant = {
    ...{
      id: idOf(i),
      subject,
      grantee: { person, organisation: null, role: null },
      uses,
      used: 0,
      depth: 0,
      parent: null,
    },
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
            expect([...book.from(subject, holder(person))]).toEqual(own);
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
    for (let i = 0; i < 5_000; i += 97) expect(book.get(idOf(i))!.grant).toMatchObject({ until: i + 1, uses: null });
    expect(book.from('sub-3', holder('per-a'))).toHaveLength(8);
    expect(book.get(idOf(5_000))).toBeNull();
  });

  const forRole = (i: number): StoredConsent => {
    const consent = consentOf({ subject: 'sub-1', person: 'per-a', category: 'notes', until: 9, uses: null }, i);
    return { ...consent, grant: { ...consent.grant, grantee: { person: null, ...DOCTOR } } };
  };

  it('finds what is for a role by who holds it, and by nobody else', () => {
    const book = new GrantBook();
    book.add(forRole(1));
    const found = (...posts: Held[]): number => book.from('sub-1', holder('per-b', ...posts)).length;
    expect(found(DOCTOR)).toBe(1);
    expect([
      found(),
      found({ ...DOCTOR, role: 'nurse' }),
      found({ ...DOCTOR, organisation: 'north-clinic' }),
      book.from('sub-2', holder('per-b', DOCTOR)).length,
    ]).toEqual([0, 0, 0, 0]);
  });

  it('tidies what is over away from decisions, first, last or between, and finds it by its id still', () => {
    for (const over of [[0], [2], [4], [0, 1, 4], [1, 2, 3], [0, 1, 2, 3, 4]]) {
      const book = new GrantBook();
      for (let i = 0; i < 5; i++) book.add(forRole(i));
      book.tidy('sub-1', { person: null, ...DOCTOR }, ({ id }) => over.some((i) => id === idOf(i)));
      book.add(forRole(5));
      const left = [0, 1, 2, 3, 4, 5].filter((i) => !over.includes(i));
      expect(book.from('sub-1', holder('per-b', DOCTOR)).map(({ grant }) => grant.id)).toEqual(left.map(idOf));
      expect(book.get(idOf(over[0]!))).not.toBeNull();
    }
  });

  it('counts what each person gave, and no more what is over, whoever else gives meanwhile', () => {
    const book = new GrantBook();
    const given = { person: 'per-a', category: 'notes', uses: null };
    for (let i = 0; i < 3_000; i++) book.add(consentOf({ ...given, subject: `sub-${i % 1_500}`, until: i }, i));
    expect([book.of('sub-1'), book.of('sub-1499'), book.of('per-a'), book.of('sub-none')]).toEqual([2, 2, 0, 0]);
    book.tidyOf('sub-1', ({ until }) => until <= 1);
    book.tidyOf('sub-none', () => true);
    expect([book.of('sub-1'), book.of('sub-2')]).toEqual([1, 2]);
    book.add(consentOf({ ...given, subject: 'sub-1', until: 9 }, 3_000));
    expect(book.of('sub-1')).toBe(2);
    book.prune(({ until }) => until < 1_500);
    expect([book.of('sub-1'), book.of('sub-2')]).toEqual([1, 1]);
  });

  it('refuses an id that was not made for a consent, and has none under it', () => {
    const book = new GrantBook();
    const odd = forRole(1);
    expect(() => book.add({ ...odd, grant: { ...odd.grant, id: 'con-1' } })).toThrow('keep consent "con-1"');
    for (const id of ['con-1', 'rec-0000000000000000', 'con-000000000000000i', '']) expect(book.get(id)).toBeNull();
  });

  it('keeps any id that is made for one as it is', () => {
    const book = new GrantBook();
    const ids = Array.from({ length: 500 }, () => newId<string>('con'));
    for (const [i, id] of ids.entries()) {
      const consent = forRole(i);
      book.add({ ...consent, grant: { ...consent.grant, id } });
    }
    for (const id of ids) expect(book.get(id)!.grant.id).toBe(id);
  });
});
