import type { ConsentDraft, HandOnDraft } from '@cityward/contracts';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
const DAN = 'per-dan';

/** BEN, CAT and DAN are doctors at the harbour; BEN was let see it, while he is that. */
async function tried(
  module: Testing,
  { sql, folder }: Place,
  { given, run }: { readonly given: Partial<ConsentDraft>; readonly run: (world: World) => Promise<boolean> },
): Promise<boolean> {
  const { BEN, CAT, AROHA, OFFICER, HARBOUR, consentTo, must } = module;
  const at = { organisation: HARBOUR, role: 'doctor' } as const;
  const posts: testing.Posts = new Map([BEN, CAT, DAN].map((who) => [who, [at]]));
  const made = { ...module.testVault(sql, folder, { posts }) };
  await made.vault.start();
  const { record } = must(await made.vault.put(module.recordOf(), OFFICER));
  const draft = consentTo(BEN, { ...at, refrains: [], ...given });
  const consent = must(await made.vault.give(draft, AROHA)).id;
  const { from, until, scope } = draft;
  const world: World = {
    ...{ consent, posts },
    handOn: async (id, by, change) => {
      const wanted = { person: CAT, scope, rights: ['text' as const], from, until, uses: null, refrains: [], depth: 0 };
      const handed = await made.vault.grants.handOn(id, { ...wanted, ...change }, by);
      return handed.ok ? handed.value.id : null;
    },
    sees: async (who) => {
      const look = { record, purpose: 'TREAT', right: 'text', principal: module.person(who) } as const;
      return (await made.vault.view(look)).ok;
    },
    takeBack: async (id) => void must(await made.vault.takeBack(id, AROHA)),
    restart: async (over = sql) => {
      await made.vault.stop();
      Object.assign(made, module.testVault(over, folder, { posts, ledger: made.ledger }));
      await made.vault.start();
    },
    sql,
    ledger: () => made.ledger,
  };
  try {
    return await run(world);
  } finally {
    await made.vault.stop();
  }
}
interface World {
  readonly consent: string;
  readonly posts: testing.Posts;
  readonly sql: Place['sql'];
  readonly ledger: () => testing.TestLedger;
  readonly handOn: (id: string, by: string, change: Partial<HandOnDraft>) => Promise<string | null>;
  readonly sees: (who: string) => Promise<boolean>;
  readonly takeBack: (id: string) => Promise<void>;
  readonly restart: (over?: Parameters<Testing['testVault']>[0]) => Promise<void>;
}
const SAME_POST = 'post.organisation === organisation && (role === null || post.role === role)';

attack<Testing>({
  id: 'A18',
  name: 'a consent handed on beyond what its owner allowed',
  through: 'testing.ts',
  ways: [
    {
      way: 'a chain longer than was allowed',
      control: { file: 'domain/grant.ts', text: 'if (child.depth >= parent.depth)', cut: 'if (false as boolean)' },
      run: (module, place) =>
        tried(module, place, {
          given: { depth: 1 },
          run: async ({ handOn, sees, consent }) => {
            const second = await handOn(consent, module.BEN, { depth: 1 });
            if (second === null) return false;
            await handOn(second, module.CAT, { person: DAN });
            return sees(DAN);
          },
        }),
    },
    {
      way: 'an organisation that takes over the staff of the one that was trusted',
      control: { file: 'domain/grant.ts', text: SAME_POST, cut: '(role === null || post.role === role)' },
      run: (module, place) =>
        tried(module, place, {
          given: {},
          run: ({ posts, sees }) => {
            posts.set(module.BEN, [{ organisation: module.NORTH, role: 'doctor' }]);
            return sees(module.BEN);
          },
        }),
    },
    {
      way: 'the role of one place and the desk of another put together',
      control: {
        file: 'domain/grant.ts',
        text: SAME_POST,
        cut: 'post.organisation === organisation && (role === null || holder.posts.some((one) => one.role === role))',
      },
      run: (module, place) =>
        tried(module, place, {
          given: {},
          run: ({ posts, sees }) => {
            posts.set(module.BEN, [
              { organisation: module.HARBOUR, role: 'receptionist' },
              { organisation: module.NORTH, role: 'doctor' },
            ]);
            return sees(module.BEN);
          },
        }),
    },
    {
      way: 'one use handed on to two people',
      control: {
        file: 'consents/consents.ts',
        text: 'const counted = chain\n',
        cut: 'const counted = chain.slice(0, 1)\n',
      },
      run: (module, place) =>
        tried(module, place, {
          given: { depth: 1, uses: 1 },
          run: async ({ handOn, sees, consent }) => {
            await handOn(consent, module.BEN, { uses: 1 });
            await handOn(consent, module.BEN, { uses: 1, person: DAN });
            return (await sees(module.CAT)) && (await sees(DAN));
          },
        }),
    },
    {
      way: 'a use that was counted right before a crash, forgotten at the restart',
      control: { file: 'consents/consents.ts', text: 'this.#book.change(consent, { used });', cut: '' },
      run: (module, place) =>
        tried(module, place, {
          given: { uses: 1 },
          run: async ({ sees, restart, sql, ledger }) => {
            // Cut off from SQL and from the ledger after the use was on disk.
            let isCut = false;
            await restart({
              ...sql,
              transact: (work) => (isCut ? Promise.reject(new Error('SQL is gone')) : sql.transact(work)),
            });
            isCut = ledger().isFull = true;
            const isCounted = await sees(module.BEN).then(
              () => false,
              () => true,
            );
            if (!isCounted) throw new Error('the look was to end with the ledger, after it was counted');
            ledger().isFull = false;
            await restart();
            return sees(module.BEN);
          },
        }),
    },
    {
      way: 'what was handed on, after its owner took back what it came from',
      control: { file: 'consents/chain.ts', text: 'while (parent !== null) {', cut: 'while (false as boolean) {' },
      run: (module, place) =>
        tried(module, place, {
          given: { depth: 1 },
          run: async ({ handOn, sees, takeBack, consent }) => {
            await handOn(consent, module.BEN, {});
            await takeBack(consent);
            return sees(module.CAT);
          },
        }),
    },
  ],
});
