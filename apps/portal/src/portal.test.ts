/** The parts of the pages: both languages whole, text never markup, days by the city's clock, FHIR in words. */
import { describe, expect, it } from 'vitest';
import { tellResource } from './fhir-rows.ts';
import { calendarFor } from './dates.ts';
import { markup } from './markup.ts';
import { ownPath } from './pages/door.ts';
import { refusedPage } from './problems.ts';
import type { Visit } from './visit.ts';
import { languageOf, LANGUAGES, WORDS } from './words/index.ts';

const ZONE = 'Pacific/Auckland';
/** Names of languages, a greeting and punctuation are the same in both. */
const SAME = new Set(['language.name', 'home.hello', 'home.takeBackOf']);

/** Every word by its place; of a sentence, the text that makes it. */
function placed(words: object, at = ''): Map<string, unknown> {
  const all = new Map<string, unknown>();
  for (const [name, value] of Object.entries(words)) {
    const place = at === '' ? name : `${at}.${name}`;
    if (typeof value === 'object' && value !== null)
      for (const [key, one] of placed(value as object, place)) all.set(key, one);
    else all.set(place, value);
  }
  return all;
}

describe('the words', () => {
  const [en, mi] = [placed(WORDS.en), placed(WORDS.mi)];
  it('are the same in number and kind in every language', () => {
    expect([...mi.keys()].sort()).toEqual([...en.keys()].sort());
    for (const [place, word] of en) expect([place, typeof mi.get(place)]).toEqual([place, typeof word]);
  });
  it('are translated, each of them, and none is empty', () => {
    const untranslated = [...en].filter(([place, word]) => String(mi.get(place)) === String(word) && !SAME.has(place));
    expect(untranslated.map(([place]) => place)).toEqual([]);
    for (const [place, word] of [...en, ...mi]) expect([place, String(word).trim().length > 0]).toEqual([place, true]);
  });
  it('say a whole sentence with what they are given', () => {
    const one = {
      who: { name: 'Dr Harris', profession: 'doctor', organisation: 'Quay Street Clinic' },
      what: ['blood tests', 'medicines'],
      purpose: 'TREAT',
      until: '1 March 2027',
    } as const;
    for (const language of LANGUAGES)
      for (const part of ['Dr Harris', 'Quay Street Clinic', 'blood tests', 'medicines', '1 March 2027'])
        expect(WORDS[language].home.canSee(one)).toContain(part);
  });
});

it.each([
  [null, 'mi,en;q=0.8', 'mi'],
  ['en', 'mi', 'en'],
  [null, 'de-DE,fr', 'en'],
  ['xx', undefined, 'en'],
])('a visitor who chose %s and whose browser names %s reads %s', (chosen, named, language) =>
  expect(languageOf(chosen, named === undefined ? {} : { 'accept-language': named })).toBe(language),
);

it.each(LANGUAGES)('a record that the city cannot read says so and leads to the page of its key, in %s', (language) => {
  const words = WORDS[language];
  const visit = { words, caller: { id: 'req-1', principal: { attributes: {} } } } as unknown as Visit;
  const page = refusedPage(visit, { kind: 'conflict', code: 'RECORD_BLIND', message: 'blind' });
  expect(page).toMatchObject({ status: 409, title: words.errors.locked });
  expect(page.main.text).toMatch(/href="\/private"/);
});

describe('markup', () => {
  it('escapes every text that is put in, in lists too', () => {
    const bad = `"><script>alert('1')</script>&`;
    expect(markup`<p title="${bad}">${[bad, markup`<b>${bad}</b>`]}</p>`.text).not.toMatch(/<script|"">|'1'/);
    expect(markup`<p>${null}${undefined}${false}${0}</p>`.text).toBe('<p>0</p>');
  });
  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/a b', null])(
    'leads to no other site: %s',
    (path) => expect(ownPath(path)).toBe('/'),
  );
  it('leads to own pages', () => expect(ownPath('/looks?before=12')).toBe('/looks?before=12'));
});

describe('days', () => {
  const calendar = calendarFor('en', ZONE);
  it.each([
    ['an ordinary day', { day: 1, month: 3, year: 2027 }, '2027-03-01T11:00:00.000Z'],
    ['the day on which summer time ends', { day: 4, month: 4, year: 2027 }, '2027-04-04T12:00:00.000Z'],
    ['the day on which it begins', { day: 26, month: 9, year: 2027 }, '2027-09-26T11:00:00.000Z'],
    ['a leap day', { day: 29, month: 2, year: 2028 }, '2028-02-29T11:00:00.000Z'],
  ])('end by the clock of the city: %s', (_, day, end) =>
    expect(new Date(calendar.endOf(day)!).toISOString()).toBe(end),
  );
  it.each([
    { day: 29, month: 2, year: 2027 },
    { day: 0, month: 1, year: 2027 },
    { day: 1, month: 13, year: 2027 },
    { day: NaN, month: 1, year: 2027 },
  ])('that do not exist are none: %j', (day) => expect(calendar.endOf(day)).toBeNull());
  it('say the last day on which a consent still holds, in both languages', () => {
    const until = calendar.endOf({ day: 1, month: 3, year: 2027 })!;
    expect(calendar.lastDay(until)).toBe('1 March 2027');
    expect(calendarFor('mi', ZONE).lastDay(until)).toMatch(/^1 \p{L}+.* 2027$/u);
  });
});

describe('a FHIR resource in words', () => {
  const fields = WORDS.en.record.fields;
  const calendar = calendarFor('en', ZONE);
  it('says what is in it, and nothing else', () => {
    const resource = {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ display: 'Haemoglobin' }] },
      valueQuantity: { value: 132, unit: 'g/L' },
      referenceRange: [{ low: { value: 115, unit: 'g/L' }, high: { value: 155, unit: 'g/L' } }],
      effectiveDateTime: '2026-03-02',
    };
    expect(tellResource(resource, fields, calendar)).toEqual({
      title: 'Haemoglobin',
      language: null,
      rows: [
        { name: 'Result', value: '132 g/L' },
        { name: 'Usual range', value: '115 g/L – 155 g/L' },
        { name: 'Taken', value: '2 March 2026' },
        { name: 'Status', value: 'final' },
      ],
    });
  });
  it.each([null, 7, [], { resourceType: 'Basic' }, { resourceType: '__proto__' }, { resourceType: 'toString' }])(
    'is left as it is stored where it has no words: %j',
    (resource) => expect(tellResource(resource, fields, calendar)).toBeNull(),
  );
  it('takes any shape where another was meant', () => {
    for (const odd of [null, 1, 'x', [], {}, [[]], { coding: 'x' }])
      for (const kind of ['Patient', 'Observation', 'MedicationRequest', 'DocumentReference'])
        expect(() =>
          tellResource(
            { resourceType: kind, code: odd, name: odd, content: odd, dosageInstruction: odd, date: odd },
            fields,
            calendar,
          ),
        ).not.toThrow();
  });
});
