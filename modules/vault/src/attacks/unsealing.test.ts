import type { UnsealingDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import type * as testing from '../testing.ts';
import { attack, type Place, type Way } from '../testing-attack.ts';

type Testing = typeof testing;
type Run = Way<Testing>['run'];
const [ASKS, APPROVES] = ['per-omar', 'per-dan'];
interface At extends Testing, testing.TestVault {
  /** Sealed, both of AROHA, stored by OFFICER. */
  readonly record: string;
  readonly other: string;
  /** Is it open after that? */
  open(officers: readonly [string, string], change?: Partial<UnsealingDraft>): Promise<boolean>;
  seen(record: string, right?: 'view' | 'text'): Promise<boolean>;
  /** What AROHA reads of it. */
  told(): Promise<number>;
}

const during =
  (run: (at: At) => Promise<boolean>): Run =>
  async (tools: Testing, { sql, folder }: Place) => {
    const { testVault, must, recordOf, person, AROHA, BEN, OFFICER } = tools;
    const at = testVault(sql, folder);
    const { vault } = at;
    await vault.start();
    try {
      const [record, other] = [
        must(await vault.put(recordOf(), OFFICER)).record,
        must(await vault.put(recordOf(), OFFICER)).record,
      ];
      const hold = {
        subject: AROHA,
        category: null,
        record: null,
        basis: 'claim 12/27',
        clause: 'High Court Rules 8.3',
      };
      must(await vault.desk().holds.ask(hold, OFFICER));
      must(await vault.desk().erasing.erase({ subject: AROHA, by: OFFICER, code: 'officer', reason: 'by letter' }));
      const draft = { subject: AROHA, records: [record], reader: BEN, reason: 'claim 12/27', clause: hold.clause };
      return await run({
        ...{ ...tools, ...at, record, other },
        open: async ([asks, approves], change = {}) => {
          const full = { ...draft, reference: 'CIV-2027-404-12', days: 2, quiet: false, ...change };
          const asked = await vault.people.unsealings.ask(full, asks);
          return asked.ok && (await vault.people.unsealings.approve(asked.value.id, approves)).ok;
        },
        seen: async (id, right = 'view') =>
          (await vault.view({ record: id, purpose: 'HOPERAT', right, principal: person(BEN) })).ok,
        told: async () => (await vault.looks.list(AROHA, {})).filter(({ what }) => what === 'unsealed').length,
      });
    } finally {
      await vault.stop();
    }
  };
const order = async ({ vault, recordLife }: At, until: number): Promise<boolean> =>
  recordLife(vault, { do: 'hush', until, clause: 'nz-ipp-11' }).then(
    () => true,
    () => false,
  );

attack<Testing>({
  id: 'S1',
  name: 'what is sealed, opened without two others, beyond what was opened, or for ever in secret',
  through: 'testing.ts',
  ways: [
    {
      way: 'by the same officer twice',
      control: {
        file: 'unsealing/unsealings.ts',
        text: "if (one.asked.by === by) return refuse('forbidden', 'SECOND_OFFICER'",
        cut: "if (by === '') return refuse('forbidden', 'SECOND_OFFICER'",
      },
      // SQL keeps two apart as well, after the fact: here it is what is in force that counts.
      run: during(({ open }) => open([ASKS, ASKS]).catch(() => true)),
    },
    {
      way: 'by the officer whose records they are',
      control: { file: 'unsealing/unsealings.ts', text: 'by === subject || acts ||', cut: 'acts ||' },
      run: during(({ open, AROHA }) => open([ASKS, AROHA]).catch(() => true)),
    },
    {
      way: 'by the officer who stored them',
      control: {
        file: 'unsealing/unsealings.ts',
        text: '(await store.putBy(sql, records)).has(by)',
        cut: 'records.length === 0',
      },
      run: during(({ open, OFFICER }) => open([ASKS, OFFICER])),
    },
    {
      way: 'after its time',
      control: {
        file: 'unsealing/unsealings.ts',
        text: "state === 'open' && until !== null && now < until;",
        cut: "state === 'open' && until !== null && now > 0;",
      },
      run: during(async ({ clock, open, seen, record }) => {
        await open([ASKS, APPROVES]);
        clock.now += 2 * DAY_MS;
        return seen(record);
      }),
    },
    {
      way: 'another record of the same person',
      control: {
        file: 'unsealing/unsealings.ts',
        text: 'find(({ records }) => records.includes(record))',
        cut: 'find(({ records }) => records.length > 0)',
      },
      run: during(async ({ open, seen, other }) => {
        await open([ASKS, APPROVES]);
        return seen(other);
      }),
    },
    {
      way: 'to copy instead of to look',
      control: {
        file: 'unsealing/by-unsealing.ts',
        text: "if (right !== 'view') return { why: 'right-not-given' };",
        cut: '',
      },
      run: during(async ({ open, seen, record }) => {
        await open([ASKS, APPROVES]);
        return seen(record, 'text');
      }),
    },
    {
      way: 'kept from the person for ever by one order',
      control: {
        file: 'domain/lives/decide-life.ts',
        text: 'change.until <= circumstances.now + HUSH_MAX_MS',
        cut: 'true',
      },
      run: during(async (at) => {
        if (!(await order(at, at.NOW + 3_650 * DAY_MS))) return false;
        await at.open([ASKS, APPROVES], { quiet: true });
        at.clock.now += 365 * DAY_MS;
        return (await at.told()) === 0;
      }),
    },
    {
      way: 'kept from the person for ever by one order after the other',
      control: {
        file: 'unsealing/unsealings.ts',
        text: 'hiddenUntil !== null && now < hiddenUntil;',
        cut: 'hiddenUntil !== null && now > 0;',
      },
      run: during(async (at) => {
        await order(at, at.NOW + 30 * DAY_MS);
        await at.open([ASKS, APPROVES], { quiet: true });
        at.clock.now += 29 * DAY_MS;
        await order(at, at.NOW + 59 * DAY_MS);
        at.clock.now += DAY_MS;
        return (await at.told()) === 0;
      }),
    },
  ],
});
