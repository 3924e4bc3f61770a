import type * as content from '../domain/content.ts';
import type * as taken from '../consents/testing-taken.ts';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
type Content = typeof content;
type Taken = typeof taken;
type Vault = ReturnType<Testing['testVault']>['vault'];
const MANY = 150;
const YEAR_MS = 365 * 86_400_000;
/** Of SQL, at a start: far below one for each consent that was taken back. */
const QUESTIONS_MAX = 100;
/** For one decision. */
const GRANTS_LOOKED_AT_MAX = 200;

async function within(module: Testing, { sql, folder }: Place, run: (vault: Vault) => Promise<boolean>) {
  const { vault } = module.testVault(sql, folder);
  await vault.start();
  try {
    return await run(vault);
  } finally {
    await vault.stop();
  }
}
const toDoctors = (module: Testing) => {
  const { person: _nobody, ...draft } = module.consentTo(module.BEN, {
    organisation: module.HARBOUR,
    role: 'doctor',
    refrains: [],
  });
  return draft;
};

attack<Testing>({
  id: 'A24',
  name: 'so many consents that a decision or a start takes for ever',
  through: 'testing.ts',
  ways: [
    {
      way: 'more between two than a decision can look through',
      control: { file: 'consents/consents.ts', text: 'if (isFull()) return false;', cut: '' },
      run: (module, place) =>
        within(module, place, async (vault) => {
          let given = 0;
          while (given <= GRANTS_LOOKED_AT_MAX && (await vault.give(toDoctors(module), module.AROHA)).ok) given++;
          return given > GRANTS_LOOKED_AT_MAX;
        }),
    },
    {
      way: 'consents taken back that are each asked about at the next start',
      control: {
        file: 'consents/consents.ts',
        text: 'for (const some of someAtATime(taken)) {',
        cut: 'for (const some of taken.map((one) => [one])) {',
      },
      run: async (module, place) => {
        await within(module, place, async (vault) => {
          for (let i = 0; i < MANY; i++) {
            const { id } = module.must(await vault.give(toDoctors(module), module.AROHA));
            module.must(await vault.takeBack(id, module.AROHA));
          }
          return true;
        });
        let questions = 0;
        const counting = {
          ...place.sql,
          for: ((...given: []) => (questions++, place.sql.for(...given))) as typeof place.sql.for,
        };
        const { vault } = module.testVault(counting, place.folder);
        await vault.start();
        await vault.stop();
        return questions > QUESTIONS_MAX;
      },
    },
  ],
});

const GRANTS = 10_000;
/** Standing at one time. */
const OF_SUBJECT_MAX = 2_000;
const CALLED = 'rec-of-many';

attack<Taken>({
  id: 'A24',
  name: 'ten thousand consents for one record',
  through: 'consents/testing-taken.ts',
  ways: [
    {
      way: 'one more of a person who fills the room of everybody',
      control: { file: 'consents/consents.ts', text: 'if (isSubjectFull()) return false;', cut: '' },
      run: async (module, { sql, folder }) => {
        const { vault } = module.testVault(sql, folder);
        await sql.migrate(module.MIGRATIONS);
        await module.standing(sql, { count: OF_SUBJECT_MAX, record: CALLED });
        await vault.start();
        const given = await vault.give(module.consentTo(module.BEN), module.AROHA);
        await vault.stop();
        if (!given.ok && !given.error.message.includes('wanted at most')) throw new Error(given.error.message);
        return given.ok;
      },
    },
    {
      way: 'a look at the record that goes through all of them',
      control: [
        {
          file: 'consents/grant-book.ts',
          text: 'return this.#byPair.find(mixed(subject, key), (row) => subjectAt(row) === subject && keyAt(row) === key);',
          cut: 'return this.#byPair.find(mixed(subject, 0), (row) => subjectAt(row) === subject && keyAt(row) >= 0);',
        },
        {
          file: 'consents/grant-book.ts',
          text: 'mixed(this.#columns.subjectAt(row), this.#columns.keyAt(row))',
          cut: 'mixed(this.#columns.subjectAt(row), 0)',
        },
        {
          file: 'consents/grant-book.ts',
          text: 'else this.#next[this.#lastFrom(first)] = row;',
          cut: 'else { this.#next[row] = this.#next[first]!; this.#next[first] = row; }',
        },
      ],
      run: (module) => Promise.resolve(module.lookedAt(GRANTS, CALLED) > GRANTS_LOOKED_AT_MAX),
    },
  ],
});

attack<Taken>({
  id: 'A24',
  name: 'so much taken back that the journal fills memory',
  through: 'consents/testing-taken.ts',
  ways: [
    {
      way: 'in use for years, read again at each start',
      control: {
        file: 'opening.ts',
        text: "if (found && found.course.is !== 'other') await settle({ ...options, journal }, found.course.is === 'behind');",
        cut: '',
      },
      run: async (module, { sql, folder }) => {
        const first = module.testVault(sql, folder);
        await first.vault.start();
        await first.vault.stop();
        const { ledger } = await module.takenLongAgo({ sql, folder }, MANY + 1, first.ledger);
        const { vault, clock } = module.testVault(sql, folder, { ledger, settleAbove: MANY });
        clock.now += YEAR_MS;
        await vault.start();
        await vault.stop();
        return (await module.inJournal(folder)).length > MANY;
      },
    },
  ],
});

attack<Testing>({
  id: 'A24',
  name: 'so many refusals that the ledger is full of them',
  through: 'testing.ts',
  ways: [
    {
      way: 'one who asks for what they may not see, over and over',
      control: {
        file: 'viewing/refusals.ts',
        text: 'if (now.told < REFUSALS_EACH_MAX) {',
        cut: 'if (now.told >= 0) {',
      },
      run: async (module, { sql, folder }) => {
        const { vault, ledger, clock } = module.testVault(sql, folder);
        await vault.start();
        const { record } = module.must(await vault.put(module.recordOf(), module.OFFICER));
        const ask = { purpose: 'TREAT', right: 'text', principal: module.person(module.BEN) } as const;
        for (let i = 0; i < MANY; i++) await vault.view({ ...ask, record: i % 3 === 0 ? record : `rec-none-${i}` });
        const before = ledger.of('record.refused').length;
        clock.now += 60_000;
        await vault.tick();
        const told = ledger.of('record.refused');
        const times = told.reduce((sum, { data }) => sum + Number(data['times'] ?? 1), 0);
        if (times !== MANY) throw new Error(`${times} refusals are told of ${MANY}`);
        const hers = (await vault.looks.list(module.AROHA, {})).filter(({ what }) => what === 'refused');
        if (hers.reduce((sum, look) => sum + (look.times ?? 1), 0) !== MANY / 3) throw new Error('she reads of fewer');
        await vault.stop();
        return before === MANY || told.length > MANY / 3;
      },
    },
    {
      way: 'from a ledger that takes nothing for a while',
      control: {
        file: 'viewing/refusals.ts',
        text: 'counted.set(about, { first, times: times + (counted.get(about)?.times ?? 0) });',
        cut: '',
      },
      run: async (module, { sql, folder }) => {
        const { vault, ledger, clock } = module.testVault(sql, folder);
        await vault.start();
        const ask = {
          record: 'rec-none',
          purpose: 'TREAT',
          right: 'text',
          principal: module.person(module.BEN),
        } as const;
        for (let i = 0; i < MANY; i++) await vault.view(ask);
        clock.now += 60_000;
        ledger.isFull = true;
        await vault.tick().catch(() => undefined);
        ledger.isFull = false;
        await vault.stop();
        const told = ledger.of('record.refused');
        return told.reduce((sum, { data }) => sum + Number(data['times'] ?? 1), 0) !== MANY;
      },
    },
  ],
});

/** What a record says it is, before anything parses it. */
const isTaken = ({ contentFault }: Content, json: string): Promise<boolean> =>
  Promise.resolve(
    contentFault('application/fhir+json', Buffer.from(`{"resourceType":"Basic","extension":${json}}`)) === null,
  );
const DEEP = 500;
const WIDE = 5_000;

attack<Content>({
  id: 'A24',
  name: 'JSON bombs in a record',
  through: 'domain/content.ts',
  ways: [
    {
      way: 'so deep that whatever walks it runs out of stack',
      control: {
        file: 'domain/fhir/strict-json.ts',
        text: 'if (levels.length >= JSON_LIMITS.depth)',
        cut: 'if (levels.length >= Infinity)',
      },
      run: (module) => isTaken(module, `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`),
    },
    {
      way: 'so wide that each object is a table',
      control: {
        file: 'domain/fhir/strict-json.ts',
        text: 'if (keys.length > JSON_LIMITS.keys)',
        cut: 'if (keys.length > Infinity)',
      },
      run: (module) => isTaken(module, `{${Array.from({ length: WIDE }, (_, i) => `"k${i}":0`).join(',')}}`),
    },
    {
      way: 'millions of nothings',
      control: {
        file: 'domain/fhir/strict-json.ts',
        text: 'if (values > JSON_LIMITS.values)',
        cut: 'if (values > Infinity)',
      },
      run: (module) => isTaken(module, `[${'0,'.repeat(600_000)}0]`),
    },
    {
      way: 'a number that takes a page, and one that is infinite',
      control: {
        file: 'domain/fhir/strict-json.ts',
        text: 'if (end - start > JSON_LIMITS.numberChars || Math.abs(Number(text.slice(start, end))) === Infinity)',
        cut: 'if (end < start)',
      },
      run: async (module) => (await isTaken(module, '9'.repeat(100_000))) || isTaken(module, '1e999'),
    },
    {
      way: 'one key twice, so that two readers see two records',
      control: {
        file: 'domain/fhir/strict-json.ts',
        text: "if (level.all ? level.all.has(level.key) : keys.includes(level.key)) throw fault(levels, 'each key once');",
        cut: '',
      },
      run: (module) => isTaken(module, '{"valueCode":"NOPERSISTP","valueCode":"none"}'),
    },
  ],
});
