/** Each duty that the law's files name is carried out by something, or is said to be a person's; and the files are read strictly. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DESK_PAPERS } from '../desk-papers.ts';
import { decidedCategories, readClasses } from './classes.ts';
import { readLaw } from './law.ts';

const LAW = readLaw();
const MODULE = new URL('../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, MODULE), 'utf8');

/** What carries a duty out, and what shows that it does: in each file stands that text. */
interface Carried {
  readonly code: readonly [string, string];
  readonly test: readonly [string, string];
}
const requests = (text: string): Carried['test'] => ['src/requests/requests.test.ts', text];
const CLOCKS = ['src/domain/law/request.ts', 'CLOCK_OF'] as const;
const REFUSALS = ['src/requests/requests.ts', "is: 'refusal'"] as const;
const EXTENSIONS = ['src/requests/requests.ts', "is: 'extension'"] as const;
const RIGHTS = ['src/requests/routes.ts', 'api.makeRequest'] as const;
const OWN = {
  code: ['src/viewing/deciding.ts', 'ownRecord'],
  test: ['src/vault.test.ts', 'is seen by its owner'],
} as const;
const SEALED = { code: ['src/keys/sealed.ts', 'sealContent'], test: ['src/gone.test.ts', 'describe('] } as const;
const PURPOSE = {
  code: ['src/domain/grant.ts', "'another-purpose'"],
  test: ['src/domain/grant.test.ts', "'another-purpose'"],
} as const;
const CONSENT = {
  code: ['src/consents/by-consent.ts', "by: 'consent'"],
  test: ['src/vault.test.ts', 'does not reach further'],
} as const;
const KEPT = {
  code: ['src/lives/by-standing.ts', 'kept-from-representative'],
  test: ['src/lives/lives.test.ts', 'keeps to themself'],
} as const;
const DESTROYED = { code: ['src/records/records.ts', 'destroy('], test: ['src/gone.test.ts', 'describe('] } as const;
const refusal = { code: REFUSALS, test: requests('is refused only by clauses that let it be') };
const right = { code: RIGHTS, test: requests('is due at the end of the twentieth working day') };
const extension = { code: EXTENSIONS, test: requests('is given more time') };

const CARRIED: Readonly<Record<string, Carried>> = {
  'count-working-days': {
    code: ['src/domain/law/working-days.ts', 'workingDaysAfter'],
    test: ['src/domain/law/working-days.test.ts', 'twenty working days'],
  },
  'tell-of-indirect-collection': {
    code: ['src/notices/indirect.ts', "'nz-ipp-3a'"],
    test: requests('whoever is written about by somebody else'),
  },
  'keep-sealed': SEALED,
  'keep-health-sealed': SEALED,
  'let-see-own': OWN,
  'let-patient-see': OWN,
  'let-correct': right,
  'let-patient-correct': right,
  'eu-let-see-own': OWN,
  'eu-let-correct': right,
  'eu-let-erase': right,
  'eu-let-take-along': right,
  'keep-no-longer': DESTROYED,
  'keep-health-no-longer': DESTROYED,
  'bind-to-purpose': PURPOSE,
  'bind-health-to-purpose': PURPOSE,
  'show-by-consent': CONSENT,
  'show-health-by-consent': CONSENT,
  'let-notices-wait': {
    code: ['src/people.ts', "is === 'delay'"],
    test: ['src/emergency/emergencies.test.ts', 'is told later only where two officers'],
  },
  'answer-access-in-time': { code: CLOCKS, test: requests('is due at the end of the twentieth working day') },
  'answer-correction-in-time': { code: CLOCKS, test: requests("'nz-pa-63'") },
  'answer-in-a-month': { code: CLOCKS, test: requests("'eu-gdpr-12-3'") },
  'extend-access': extension,
  'extend-correction': extension,
  'extend-two-months': extension,
  'refuse-for-safety': refusal,
  'refuse-for-others': refusal,
  'refuse-correction': refusal,
  'eu-refuse-for-others': refusal,
  'eu-refuse-correction': refusal,
  'eu-refuse-erasure': refusal,
  'eu-refuse-portability': refusal,
  'refuse-early-erasure': { code: REFUSALS, test: requests("'nz-retention-6'") },
  'age-of-own-say': {
    code: ['src/people.ts', "'nz-hipc-3', 'age'"],
    test: ['src/lives/lives.test.ts', 'until the child is sixteen'],
  },
  'show-in-emergency': {
    code: ['src/emergency/by-emergency.ts', 'byEmergency'],
    test: ['src/emergency/emergencies.test.ts', 'for half an hour'],
  },
  'needed-to-live': {
    code: ['src/people.ts', "'nz-hipc-r11-2-d', 'floor'"],
    test: ['src/lives/lives.test.ts', 'NEEDED_TO_LIVE'],
  },
  'keep-from-representative': KEPT,
  'refuse-representative': KEPT,
  'let-representative-ask': {
    code: ['src/lives/with-standings.ts', 'representedBy'],
    test: requests('makes requests for them'),
  },
  'keep-of-the-dead': { code: ['src/domain/lives/life.ts', "'deceased'"], test: requests('somebody who died') },
  'keep-ten-years': {
    code: ['law/classes.json', '"law": "nz-retention-5"'],
    test: ['src/life/life.test.ts', 'counts ten years'],
  },
  'take-back-as-easily': { code: ['src/consents/consents.ts', 'takeBack('], test: ['src/gone.test.ts', 'takeBack'] },
  'eu-keep-register': {
    code: ['src/requests/register.ts', 'registerOf'],
    test: ['src/requests/register.test.ts', 'registerOf'],
  },
};

describe('the law', () => {
  const duties = LAW.instruments.flatMap(({ clauses }) =>
    clauses.flatMap(({ id: clause, duties: some }) => some.map((duty) => ({ clause, ...duty }))),
  );
  it('names no duty of the software that nothing carries out, and none is carried out that it does not name', () => {
    const own = duties.filter(({ by }) => by === 'software').map(({ id }) => id);
    expect(own.sort()).toEqual(Object.keys(CARRIED).sort());
  });
  it.each(Object.entries(CARRIED))('%s is carried out, and shown to be', (_, { code, test }) => {
    for (const [file, text] of [code, test]) expect([file, textOf(file).includes(text)]).toEqual([file, true]);
  });
  it('says in words what is a person’s to do', () => {
    const tasks = duties.filter(({ by }) => by === 'person');
    expect(tasks.length).toBeGreaterThan(10);
    for (const task of tasks) expect([task.id, task.is]).toEqual([task.id, 'task']);
  });
  it('has every principle and rule, and the articles that the city goes by', () => {
    const ids = LAW.instruments.flatMap(({ clauses }) => clauses.map(({ id }) => id));
    for (let i = 1; i <= 13; i++) expect(ids).toEqual(expect.arrayContaining([`nz-ipp-${i}`, `nz-hipc-r${i}`]));
    for (const id of [
      'nz-ipp-3a',
      'nz-ha-22f',
      'nz-hipc-r11-4',
      'eu-gdpr-7',
      'eu-gdpr-15',
      'eu-gdpr-17',
      'eu-gdpr-17-3',
    ])
      expect(ids).toContain(id);
    for (const id of ['eu-gdpr-20', 'eu-gdpr-30', 'eu-gdpr-12-3']) expect(ids).toContain(id);
    expect(LAW.clause('nz-ipp-3a').from).toBe('2026-05-01');
  });
  it('asks that health records are kept ten years', () =>
    expect(LAW.duty('nz-retention-5', 'period')).toMatchObject({ years: 10, since: 'last-encounter' }));
  it('is named by code only by ids that it has', () => {
    const source = new URL('src/', MODULE);
    const named = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/test/.test(name))
      .flatMap((name) => [...readFileSync(new URL(name, source), 'utf8').matchAll(/'((?:nz|eu)-[a-z0-9-]+)'/g)])
      .map(([, id]) => id!);
    expect(named.length).toBeGreaterThan(8);
    for (const id of named) expect([id, LAW.has(id) || id === 'nz-days']).toEqual([id, true]);
  });
});

describe('a file of the law', () => {
  const readWith = (file: string, change: (text: string) => string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'cityward-law-'));
    try {
      cpSync(fileURLToPath(new URL('law/', MODULE)), folder, { recursive: true });
      writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
      readLaw(pathToFileURL(`${folder}/`));
      return 'read';
    } catch (fault) {
      return (fault as Error).message;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  it.each<[RegExp, string, (text: string) => string]>([
    [/^read$/, 'eu-gdpr.json', (text) => text],
    [/eu-gdpr\.json/, 'eu-gdpr.json', (text) => text.replace('"months": 1', '"months": 0')],
    [/eu-gdpr\.json/, 'eu-gdpr.json', (text) => text.replace('"words"', '"word"')],
    [/eu-gdpr\.json/, 'eu-gdpr.json', (text) => text.replace('"is": "clock"', '"is": "clok"')],
    [/eu-gdpr\.json/, 'eu-gdpr.json', (text) => text.replace('"by": "software"', '"by": "somebody"')],
    [/"nz-ipp-6" is there twice/, 'eu-gdpr.json', (text) => text.replace('"id": "eu-gdpr-15"', '"id": "nz-ipp-6"')],
    [
      /"let-see-own" is there twice/,
      'eu-gdpr.json',
      (text) => text.replace('"id": "eu-let-see-own"', '"id": "let-see-own"'),
    ],
    [/nz-days\.json/, 'nz-days.json', (text) => text.replace('"month": 2', '"month": 13')],
    [/JSON/, 'nz-days.json', (text) => text.slice(10)],
  ])('%s: %s', (said, file, change) => expect(readWith(file, change)).toMatch(said));
  it('that is not there is named', () => {
    expect(() => LAW.clause('nz-none')).toThrow('no file of the law has it');
    expect(() => LAW.duty('nz-ipp-6', 'clock')).toThrow('nothing of the sort "clock"');
    expect(() => LAW.calendar('fr-days')).toThrow('no file of the law has it');
  });
});

describe('the classes of data', () => {
  const file = textOf('law/classes.json');
  const said = (change: (text: string) => string): string => {
    try {
      readClasses(change(file), LAW);
      return 'read';
    } catch (fault) {
      return (fault as Error).message;
    }
  };
  it('take the ten years from the clause that says so, and name it in words', () =>
    expect(readClasses(file, LAW).retention.classes['health']).toMatchObject({
      ...{ keepAtLeast: { years: 10 }, clauses: ['nz-retention-5', 'nz-retention-6'] },
      clause: 'Health (Retention of Health Information) Regulations 1996, regulation 5, regulation 6',
    }));
  it('have one for each category that the vault itself makes, that sensors make, or that an emergency may see', () => {
    const decided = decidedCategories();
    const floor = LAW.duty('nz-hipc-r11-2-d', 'floor').categories;
    for (const category of [...DESK_PAPERS, ...floor, 'street-camera', 'number-plates', 'wi-fi', 'parking'])
      expect([category, decided.has(category)]).toEqual([category, true]);
    expect(decided.has('something-else')).toBe(false);
  });
  it.each<[RegExp, (text: string) => string]>([
    [/^read$/, (text) => text],
    [/"nz-none" up: no file of the law has it/, (text) => text.replace('"nz-ipp-9"', '"nz-none"')],
    [/nothing of the sort "period"/, (text) => text.replace('"law": "nz-retention-5"', '"law": "nz-ipp-9"')],
    [/counts from "last-encounter"/, (text) => text.replace('"from": "last-encounter"', '"from": "stored"')],
    [/"letters": it is of a class and free/, (text) => text.replace('"library": ', '"letters": ')],
    [/"notes": it is of two classes/, (text) => text.replace('"letters"', '"notes"')],
    [/wanted periods/, (text) => text.replace('"days": 30', '"days": 0')],
    [/classes/, (text) => text.replace('"words"', '"word"')],
  ])('%s', (wanted, change) => expect(said(change)).toMatch(wanted));
});
