import { newId, MINUTE_MS, DAY_MS } from '@cityward/kernel';
import type { Principal, Purpose } from '@cityward/contracts';
import type * as disaster from '../testing-disaster.ts';
import { attack, type Way } from '../testing-attack.ts';

type Disaster = typeof disaster;
type Site = Awaited<ReturnType<Disaster['openSite']>>;

const [AROHA, BEN, MUM] = ['per-aroha', 'per-ben', 'per-mum'];
const [OFFICER, SECOND_OFFICER] = ['per-olive', 'per-omar'] as const;
const HARBOUR = 'harbour-clinic';
const SYSTEM = { by: 'svc-ward', organisation: HARBOUR } as const;

const person = (id: string): Principal => ({ type: 'Person', id, roles: [], attributes: { signedInBy: 'passkey' } });
const sees = async (...[{ vault }, record, who, purpose]: readonly [Site, string, string, Purpose]): Promise<boolean> =>
  (await vault.view({ record, purpose, right: 'text', principal: person(who) })).ok;

/** A clinician at the clinic, and a patient in its care with one record. */
const posts = () => new Map([[BEN, [{ organisation: HARBOUR, role: 'doctor' as const }]]]);
async function inCare({ must, recordOf }: Disaster, { vault }: Site) {
  const { record } = must(await vault.put(recordOf(), OFFICER));
  const until = Date.UTC(2027, 0, 16);
  must(await vault.people.care.report({ subject: AROHA, kind: 'encounter', until }, SYSTEM));
  return { record };
}
const breaks = async ({ vault }: Site): Promise<string | null> => {
  const draft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall' } as const;
  const broken = await vault.people.emergencies.break(draft, person(BEN));
  return broken.ok ? broken.value.id : null;
};
const replays = (file: string, text: string): Way<Disaster>['control'] => ({ file, text, cut: 'types: [],' });

attack<Disaster>({
  id: 'A12',
  name: 'who may act, as it was on an earlier day',
  through: 'testing-disaster.ts',
  ways: [
    {
      way: 'a guardian who lost custody since',
      control: replays('lives/replay.ts', "types: ['life.changed', 'life.turned-sixteen'],"),
      run: async ({ onAnotherDay, asChild, must, recordOf }, place) =>
        onAnotherDay(place, {
          before: async ({ vault }) => {
            const { standings } = await asChild(vault);
            const { record } = must(await vault.put(recordOf(), OFFICER));
            return { record, standing: standings[0]!.id };
          },
          since: async ({ vault }, { standing }) =>
            must(await vault.people.lives.change(AROHA, { do: 'end', standing, why: 'custody-lost' }, OFFICER)),
          then: (site, { record }) => sees(site, record, MUM, 'FAMRQT'),
        }),
    },
    {
      way: 'an appointment that was confirmed since, and ended since, confirmed once more',
      control: {
        file: 'lives/lives-store.ts',
        text: 'if (proposal !== undefined) await markConfirmed(tx, { id: proposal, at, by });',
        cut: '',
      },
      run: async ({ onAnotherDay, asChild, must, recordOf }, place) =>
        onAnotherDay(place, {
          before: async ({ vault }) => {
            await asChild(vault, []);
            const paper = recordOf('a certificate', { category: 'papers' });
            const document = must(await vault.put(paper, OFFICER)).record;
            const change = { do: 'appoint', person: MUM, as: 'guardian', until: null } as const;
            return must(await vault.people.lives.propose(AROHA, { change, document }, OFFICER)).id;
          },
          since: async ({ vault }, proposal) => {
            const { standings } = must(await vault.people.lives.confirm(proposal, SECOND_OFFICER));
            const ended = { do: 'end', standing: standings[0]!.id, why: 'custody-lost' } as const;
            must(await vault.people.lives.change(AROHA, ended, OFFICER));
          },
          then: async ({ vault }, proposal) => (await vault.people.lives.confirm(proposal, SECOND_OFFICER)).ok,
        }),
    },
    {
      way: 'a post that ended since',
      control: replays('lives/posts-replay.ts', "types: ['post.ended'],"),
      run: async ({ onAnotherDay, must, recordOf }, place) => {
        const all = posts();
        const endPosts = (ended: readonly { readonly person: string }[]): Promise<number> => {
          for (const one of ended) all.delete(one.person);
          return Promise.resolve(ended.length);
        };
        return onAnotherDay(
          { ...place, posts: all, endPosts },
          {
            before: async ({ vault, clock }) => {
              const { record } = must(await vault.put(recordOf(), OFFICER));
              const grant = { subject: AROHA, organisation: HARBOUR, role: 'doctor', purpose: 'TREAT' } as const;
              const scope = { of: 'records', records: [record] } as const;
              const [from, until] = [clock.now, clock.now + DAY_MS];
              const rights = ['view', 'text'] as const;
              must(
                await vault.give(
                  {
                    ...grant,
                    scope: { ...scope, records: [record] },
                    rights: [...rights],
                    from,
                    until,
                    uses: null,
                    refrains: [],
                  },
                  AROHA,
                ),
              );
              return record;
            },
            since: ({ ledger, clock: { now: at } }) =>
              ledger.append([
                {
                  ...({ module: 'identity', type: 'post.ended', actor: OFFICER, subject: BEN, at } as const),
                  ...{ personal: true, data: { post: 'pst-1', until: at }, id: newId<string>('evt') },
                },
              ]),
            then: (site, record) => sees(site, record, BEN, 'TREAT'),
          },
        );
      },
    },
    {
      way: 'an emergency that was ended since',
      control: {
        file: 'emergency/replay.ts',
        text: "else if (type === 'glass.ended') over.set(id, at);",
        cut: "else if (type === 'glass.ended') return;",
      },
      run: async (module, place) =>
        module.onAnotherDay(
          { ...place, posts: posts() },
          {
            before: async (site) => ({ ...(await inCare(module, site)), glass: (await breaks(site))! }),
            since: async ({ vault }, { glass }) => module.must(await vault.people.emergencies.end(glass, BEN)),
            then: (site, { record }) => sees(site, record, BEN, 'ETREAT'),
          },
        ),
    },
    {
      way: 'a clinician whose emergency was found not justified since',
      control: {
        file: 'emergency/replay.ts',
        text: 'reviewed.set(id, { at, by: body.actor, outcome });',
        cut: 'void outcome;',
      },
      run: async (module, place) =>
        module.onAnotherDay(
          { ...place, posts: posts() },
          {
            before: async (site) => {
              await inCare(module, site);
              return (await breaks(site))!;
            },
            since: async ({ vault }, glass) =>
              module.must(await vault.people.emergencies.review(glass, 'not-justified', OFFICER)),
            then: async (site) => (await breaks(site)) !== null,
          },
        ),
    },
    {
      way: 'emergencies since, which count no more',
      control: {
        file: 'emergency/replay.ts',
        text: "else if (type === 'glass.broken') broken.set(id, brokenOf(body));",
        cut: "else if (type === 'glass.broken') return;",
      },
      run: async (module, place) =>
        module.onAnotherDay(
          { ...place, posts: posts() },
          {
            before: (site) => inCare(module, site),
            since: async (site) => {
              for (let times = 0; times < 3; times++) await breaks(site);
            },
            then: async (site) => {
              site.clock.now += 31 * MINUTE_MS;
              return (await breaks(site)) !== null;
            },
          },
        ),
    },
    {
      way: 'a legal hold that was set since',
      control: replays('life/replay.ts', 'types: Object.keys(HOLD_OF) as HoldType[],'),
      run: async ({ onAnotherDay, must, recordOf }, place) =>
        onAnotherDay(place, {
          before: async ({ vault }) => must(await vault.put(recordOf(), OFFICER)).record,
          since: async ({ vault }, record) => {
            const held = { subject: AROHA, category: null, record, basis: 'a claim', clause: 'court' };
            const { id } = must(await vault.desk().holds.ask(held, OFFICER));
            must(await vault.desk().holds.set(id, SECOND_OFFICER));
          },
          then: async ({ vault }, record) => (await vault.destroy(record, { by: OFFICER, reason: 'asked for' })).ok,
        }),
    },
    {
      way: 'a record that its owner had restricted since',
      control: replays('life/replay.ts', 'types: Object.keys(LIFE_OF) as LifeType[],'),
      run: async ({ onAnotherDay, must, shared }, place) =>
        onAnotherDay(place, {
          before: shared,
          since: async ({ vault }, { record }) =>
            must(await vault.desk().lives.restrict(record, { by: AROHA, clause: '', restricted: true })),
          then: (site, { record }) => sees(site, record, BEN, 'TREAT'),
        }),
    },
  ],
});
