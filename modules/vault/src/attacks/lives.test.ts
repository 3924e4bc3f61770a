import type { Look } from '../viewing/viewing.ts';
import type * as testing from '../testing-lives.ts';
import { attack, type Place, type Way } from '../testing-attack.ts';

type Testing = typeof testing;
type Run = Way<Testing>['run'];
/** Midnight of 4 April 2027 in Auckland. */
const SIXTEEN = Date.UTC(2027, 3, 3, 11);
interface At extends Testing, testing.TestVault {
  readonly record: string;
  seen(who: string, purpose?: Look['purpose']): Promise<boolean>;
}

const during =
  (run: (at: At) => Promise<boolean>): Run =>
  async (tools: Testing, { sql, folder }: Place) => {
    const { testVault, must, recordOf, person, OFFICER } = tools;
    const at = testVault(sql, folder);
    const { vault } = at;
    await vault.start();
    try {
      const { record } = must(await vault.put(recordOf(), OFFICER));
      return await run({
        ...{ ...tools, ...at, record },
        seen: async (who, purpose = 'FAMRQT') =>
          (await vault.view({ record, purpose, right: 'text', principal: person(who) })).ok,
      });
    } finally {
      await vault.stop();
    }
  };

attack<Testing>({
  id: 'A11',
  name: 'acting for somebody for whom one acts no more',
  through: 'testing-lives.ts',
  ways: [
    {
      way: 'a guardian who lost custody',
      control: {
        file: 'domain/lives/life.ts',
        text: "if (standing.ended !== null || (standing.until !== null && now >= standing.until)) return 'standing-ended';",
        cut: '',
      },
      run: during(async ({ vault, asChild, must, seen, AROHA, MUM, OFFICER }) => {
        const { standings } = await asChild(vault);
        const ended = { do: 'end', standing: standings[0]!.id, why: 'custody-lost' } as const;
        must(await vault.people.lives.change(AROHA, ended, OFFICER));
        return seen(MUM);
      }),
    },
    {
      way: 'a page that a guardian opened before',
      control: { file: 'lease/reviewed.ts', text: "if (change.do !== 'use') review(changedBy(change));", cut: '{}' },
      run: during(async ({ vault, asChild, must, openDoor, openPage, fetchAs, record, AROHA, MUM, OFFICER }) => {
        const { standings } = await asChild(vault);
        const door = await openDoor(vault);
        try {
          let isCut = false;
          // From then on the page's heartbeat does not reach the vault: it is the change that turns it dark.
          const call: typeof fetch = (...asked) => (isCut ? new Promise(() => undefined) : fetch(...asked));
          const page = await openPage(door, { record, purpose: 'FAMRQT' }, fetchAs(MUM, 'first', call));
          isCut = true;
          if (vault.status().openViews !== 1) throw new Error('the page is not open');
          const ended = { do: 'end', standing: standings[0]!.id, why: 'custody-lost' } as const;
          must(await vault.people.lives.change(AROHA, ended, OFFICER));
          const isOpen = vault.status().openViews > 0;
          void page.close();
          return isOpen;
        } finally {
          await door.listener.stop();
        }
      }),
    },
    {
      way: 'a guardian at midnight of the sixteenth birthday',
      control: {
        file: 'domain/lives/life.ts',
        text: "if (PHASE_OF[standing.as] !== phaseAt(life, now)) return 'standing-out-of-phase';",
        cut: '',
      },
      run: during(async ({ vault, clock, asChild, seen, MUM }) => {
        await asChild(vault);
        clock.now = SIXTEEN;
        return seen(MUM);
      }),
    },
    {
      way: 'a doctor by a guardian’s consent, from that midnight on',
      control: {
        file: 'domain/lives/life.ts',
        text: "if (sixteenAt !== null && now >= sixteenAt && given.at < sixteenAt) return 'not-confirmed';",
        cut: '',
      },
      run: during(async ({ vault, clock, asChild, must, consentTo, seen, BEN, OFFICER }) => {
        await asChild(vault);
        must(await vault.give(consentTo(BEN, { until: SIXTEEN + 86_400_000 }), OFFICER));
        clock.now = SIXTEEN;
        return seen(BEN, 'TREAT');
      }),
    },
    {
      way: 'an executor whose office is disputed',
      control: {
        file: 'domain/lives/life.ts',
        text: "return life.disputedSince === null ? null : 'disputed';",
        cut: 'return null;',
      },
      run: during(async ({ vault, recordLife, must, seen, AROHA, DAD, OFFICER }) => {
        await recordLife(vault, { do: 'died' });
        await recordLife(vault, { do: 'appoint', person: DAD, as: 'executor', until: null });
        must(await vault.people.lives.change(AROHA, { do: 'dispute' }, OFFICER));
        return seen(DAD);
      }),
    },
    {
      way: 'somebody who signs in as one who died',
      control: {
        file: 'lives/by-standing.ts',
        text: "principal.id === subject && lives.of(subject).diedAt !== null ? 'deceased' : null",
        cut: "principal.id === subject && lives.of(subject).diedAt === 0 ? 'deceased' : null",
      },
      run: during(async ({ vault, recordLife, seen, AROHA }) => {
        await recordLife(vault, { do: 'died' });
        return seen(AROHA, 'PATRQT');
      }),
    },
    {
      way: 'a doctor by the consent of somebody who died',
      control: {
        file: 'domain/lives/life.ts',
        text: "if (diedAt !== null && (given.at < diedAt || given.by === subject)) return 'deceased';",
        cut: '',
      },
      run: during(async ({ vault, clock, recordLife, must, consentTo, seen, AROHA, BEN }) => {
        must(await vault.give(consentTo(BEN), AROHA));
        clock.now += 1_000;
        await recordLife(vault, { do: 'died' });
        return seen(BEN, 'TREAT');
      }),
    },
    {
      way: 'a guardian whom one officer alone made',
      control: { file: 'lives/lives.ts', text: 'if (proposal.by === by)', cut: "if (proposal.by === '')" },
      run: during(async ({ vault, must, recordOf, asChild, seen, AROHA, DAD, OFFICER }) => {
        await asChild(vault);
        const document = must(await vault.put(recordOf('forged', { category: 'papers' }), OFFICER)).record;
        const change = { do: 'appoint', person: DAD, as: 'guardian', until: null } as const;
        const { id } = must(await vault.people.lives.propose(AROHA, { change, document }, OFFICER));
        // SQL says no as well, after it is in force.
        await vault.people.lives.confirm(id, OFFICER).catch(() => undefined);
        return seen(DAD);
      }),
    },
    {
      way: 'a guardian to what the child keeps to themself',
      control: {
        file: 'lives/by-standing.ts',
        text: 'isKept(life, category) ?',
        cut: 'category === life.subject ?',
      },
      run: during(async ({ vault, asChild, must, seen, AROHA, MUM }) => {
        await asChild(vault);
        must(await vault.people.lives.wish(AROHA, { do: 'wishes', keep: ['blood-tests'], exclude: [] }, AROHA));
        return seen(MUM);
      }),
    },
  ],
});
