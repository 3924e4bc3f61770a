import type { GlassDraft } from '@cityward/contracts';
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';
import type * as testing from '../testing.ts';
import { attack, type Place, type Way } from '../testing-attack.ts';

type Testing = typeof testing;
type Run = Way<Testing>['run'];
interface At extends Testing, testing.TestVault {
  readonly record: string;
  inCare(subject: string, organisation?: string): Promise<void>;
  /** Did the glass break? */
  break(subject: string): Promise<boolean>;
  /** Is the record of AROHA seen in an emergency? */
  seen(): Promise<boolean>;
}

/** For two patients at the same moment, at two vaults over one database, of which neither has heard of the other's. */
const atTwoVaults: Run = async (tools: Testing, { sql, folder }: Place) => {
  const { testVault, must, person, AROHA, MUM, BEN, CLINIC } = tools;
  const posts = new Map([[BEN, [{ organisation: CLINIC, role: 'doctor' }]]]) as testing.Posts;
  const first = testVault(sql, `${folder}/first`, { posts });
  const vaults = [first, testVault(sql, `${folder}/second`, { posts })];
  await first.vault.start();
  try {
    for (const subject of [AROHA, MUM]) {
      const draft = { subject, kind: 'encounter', until: first.clock.now + DAY_MS } as const;
      must(await first.vault.people.care.report(draft, { by: 'svc-ward', organisation: CLINIC }));
    }
    await vaults[1]!.vault.start();
    const both = [AROHA, MUM].map((subject, i) => {
      const draft: GlassDraft = { subject, reason: 'cannot-answer', words: 'found unconscious' };
      return vaults[i]!.vault.people.emergencies.break(draft, person(BEN));
    });
    return (await Promise.all(both)).every(({ ok }) => ok);
  } finally {
    for (const { vault } of vaults) await vault.stop();
  }
};

/** In a vault with one record of AROHA, by BEN, who works at the clinic. */
const during =
  (run: (at: At) => Promise<boolean>): Run =>
  async (tools: Testing, { sql, folder }: Place) => {
    const { testVault, must, recordOf, person, AROHA, BEN, CLINIC, OFFICER } = tools;
    const at = testVault(sql, folder);
    const { vault, clock, posts } = at;
    posts.set(BEN, [{ organisation: CLINIC, role: 'doctor' }]);
    await vault.start();
    try {
      const { record } = must(await vault.put(recordOf(), OFFICER));
      const { care, emergencies } = vault.people;
      return await run({
        ...{ ...tools, ...at, record },
        inCare: async (subject, organisation = CLINIC) => {
          const draft = { subject, kind: 'encounter', until: clock.now + DAY_MS } as const;
          must(await care.report(draft, { by: 'svc-ward', organisation }));
        },
        break: async (subject) => {
          const draft: GlassDraft = { subject, reason: 'cannot-answer', words: 'found unconscious' };
          return (await emergencies.break(draft, person(BEN))).ok;
        },
        seen: async () => {
          const look = { record, purpose: 'ETREAT', right: 'text', principal: person(BEN) } as const;
          return (await vault.view(look)).ok && look.record !== AROHA;
        },
      });
    } finally {
      await vault.stop();
    }
  };

attack<Testing>({
  id: 'A10',
  name: 'the glass broken for something else than an emergency',
  through: 'testing.ts',
  ways: [
    {
      way: 'many patients at once',
      control: {
        file: 'domain/glass.ts',
        text: "if (own.some((one) => isOpen(one, now) && one.subject !== subject)) return err('another-patient-open');",
        cut: '',
      },
      run: during(async ({ inCare, break: breaks, AROHA, MUM }) => {
        for (const subject of [AROHA, MUM]) await inCare(subject);
        return (await breaks(AROHA)) && (await breaks(MUM));
      }),
    },
    {
      way: 'two patients at once, each at another process',
      control: {
        file: 'emergency/glass-claims.ts',
        text: 'const counted = { glasses: await glassesAbout(tx, about), claims: await claimsAbout(tx, about) };',
        cut: 'const counted = { glasses: [], claims: [] };',
      },
      run: atTwoVaults,
    },
    {
      way: 'a patient in care elsewhere',
      control: {
        file: 'domain/glass.ts',
        text: 'isLive(one, now) && organisations.includes(one.organisation)',
        cut: 'isLive(one, now)',
      },
      run: during(async ({ inCare, break: breaks, AROHA }) => {
        await inCare(AROHA, 'party-other-clinic');
        return breaks(AROHA);
      }),
    },
    {
      way: 'one’s own family',
      control: { file: 'domain/glass.ts', text: "if (isFamily(life, clinician)) return err('own-family');", cut: '' },
      run: during(async ({ vault, must, inCare, break: breaks, AROHA, BEN, OFFICER }) => {
        await inCare(AROHA);
        must(await vault.people.lives.change(AROHA, { do: 'watch', kin: [BEN], guarded: false }, OFFICER));
        return breaks(AROHA);
      }),
    },
    {
      way: 'somebody whom everybody knows, and nobody looks twice',
      control: { file: 'domain/glass.ts', text: "if (life.isGuarded) flags.push('guarded');", cut: '' },
      run: during(async ({ vault, alarms, must, inCare, break: breaks, AROHA, OFFICER }) => {
        await inCare(AROHA);
        must(await vault.people.lives.change(AROHA, { do: 'watch', kin: [], guarded: true }, OFFICER));
        await breaks(AROHA);
        return alarms.length === 0;
      }),
    },
    {
      way: 'again and again',
      control: {
        file: 'domain/glass.ts',
        text: 'export const GLASS_PER_CLINICIAN_MAX = 3;',
        cut: 'export const GLASS_PER_CLINICIAN_MAX = 300;',
      },
      run: during(async ({ inCare, break: breaks, AROHA }) => {
        await inCare(AROHA);
        let times = 0;
        for (let i = 0; i < 5; i++) if (await breaks(AROHA)) times++;
        return times > 3;
      }),
    },
    {
      way: 'after death',
      control: {
        file: 'domain/glass.ts',
        text: "if (phaseAt(life, now) === 'deceased') return err('deceased');",
        cut: '',
      },
      run: during(async ({ vault, recordLife, inCare, break: breaks, AROHA }) => {
        await inCare(AROHA);
        await recordLife(vault, { do: 'died' });
        return breaks(AROHA);
      }),
    },
    {
      way: 'while the ledger takes nothing',
      control: {
        file: 'emergency/emergencies.ts',
        text: "await this.#write('glass.broken', { by, subject, at }, told(glass, shownFrom));",
        cut: '',
      },
      run: during(async ({ ledger, inCare, break: breaks, AROHA }) => {
        await inCare(AROHA);
        ledger.isFull = true;
        return breaks(AROHA).catch(() => false);
      }),
    },
    {
      way: 'longer than half an hour',
      control: { file: 'domain/glass.ts', text: "if (!isOpen(glass, now)) return 'glass-over';", cut: '' },
      run: during(async ({ clock, inCare, break: breaks, seen, AROHA }) => {
        await inCare(AROHA);
        await breaks(AROHA);
        clock.now += 30 * MINUTE_MS;
        return seen();
      }),
    },
    {
      way: 'what the person excluded',
      control: {
        file: 'emergency/by-emergency.ts',
        text: 'lives.of(subject).excluded.includes(category)',
        cut: 'false',
      },
      run: during(async ({ vault, must, inCare, break: breaks, seen, AROHA }) => {
        must(await vault.people.lives.wish(AROHA, { do: 'wishes', keep: [], exclude: ['blood-tests'] }, AROHA));
        await inCare(AROHA);
        await breaks(AROHA);
        return seen();
      }),
    },
    {
      way: 'and found justified by somebody who has part in it',
      control: {
        file: 'emergency/emergencies.ts',
        text: "if (isParty) return refuse('forbidden', 'REVIEW_OF_ONESELF'",
        cut: "if (isParty && by === '') return refuse('forbidden', 'REVIEW_OF_ONESELF'",
      },
      run: during(async ({ vault, inCare, break: breaks, AROHA }) => {
        await inCare(AROHA);
        await breaks(AROHA);
        const [glass] = vault.people.emergencies.waiting();
        return (await vault.people.emergencies.review(glass!.id, 'justified', AROHA)).ok;
      }),
    },
  ],
});
