import { api, type AccessAnswer, type AccessRequestDraft } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { expect, it } from 'vitest';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
const asked = (change: Partial<AccessRequestDraft> = {}): AccessRequestDraft => ({
  ...{ subject: 'per-aroha', scope: { of: 'categories', categories: ['blood-tests'] }, rights: ['text'] },
  ...{ purpose: 'TREAT', days: 30, why: 'You are booked with me on Monday' },
  ...change,
});
async function tried(
  module: Testing,
  { sql, folder }: Place,
  run: (vault: ReturnType<Testing['testVault']>['vault']) => Promise<boolean>,
): Promise<boolean> {
  const posts: testing.Posts = new Map([[module.BEN, [{ organisation: module.HARBOUR, role: 'doctor' }]]]);
  const { vault } = module.testVault(sql, folder, { posts });
  await vault.start();
  try {
    // An honest request goes through: what is refused below is refused for what it is.
    const { id } = module.must(await vault.asking.ask(asked(), module.BEN));
    module.must(await vault.asking.withdraw(id, module.BEN));
    return await run(vault);
  } finally {
    await vault.stop();
  }
}
const asking =
  (change: Partial<AccessRequestDraft>) =>
  (module: Testing, place: Place): Promise<boolean> =>
    tried(module, place, async (vault) => (await vault.asking.ask(asked(change), module.BEN)).ok);

attack<Testing>({
  id: 'A19',
  name: 'a request that gets more than the person meant to give',
  through: 'testing.ts',
  ways: [
    {
      way: 'forty categories in one question',
      control: {
        file: 'domain/request-lint.ts',
        text: 'if (asked.length > ACCESS_REQUEST_SCOPE_MAX)',
        cut: 'if (false as boolean)',
      },
      run: asking({ scope: { of: 'categories', categories: Array.from({ length: 40 }, (_, i) => `category-${i}`) } }),
    },
    {
      way: 'research that is called treatment, in letters with marks between them',
      control: { file: 'domain/request-lint.ts', text: 'if (word !== undefined)', cut: 'if (false as boolean)' },
      run: asking({ why: 'For your care and our rese\u200barch programme' }),
    },
    {
      way: 'a box that is ticked already',
      control: { file: 'domain/request-lint.ts', text: 'if (pressing !== undefined)', cut: 'if (false as boolean)' },
      run: asking({ why: 'You already agreed to this at the desk' }),
    },
    {
      way: 'keeping copies, bundled with looking at several things',
      control: {
        file: 'domain/request-lint.ts',
        text: 'if (taking.length > 0 && asked.length > 1)',
        cut: 'if (false as boolean)',
      },
      run: asking({ scope: { of: 'categories', categories: ['notes', 'x-rays'] }, rights: ['text', 'store'] }),
    },
    {
      way: 'asked again and again after a no',
      control: { file: 'asking/asking.ts', text: 'if (busy !== null)', cut: 'if (false as boolean)' },
      run: (module, place) =>
        tried(module, place, async (vault) => {
          const { id } = module.must(await vault.asking.ask(asked(), module.BEN));
          module.must(await vault.asking.answer(id, { answer: 'decline' }, module.AROHA));
          return (await vault.asking.ask(asked(), module.BEN)).ok;
        }),
    },
    {
      way: 'a page in between that agrees to more than was asked',
      control: { file: 'asking/asking.ts', text: 'if (beyond.length > 0)', cut: 'if (false as boolean)' },
      run: (module, place) =>
        tried(module, place, async (vault) => {
          const { id } = module.must(await vault.asking.ask(asked(), module.BEN));
          const more: AccessAnswer = {
            ...{ answer: 'agree', scope: asked().scope, rights: ['text', 'export'], uses: null, refrains: [] },
            ...{ from: module.NOW, until: module.NOW + 30 * DAY_MS },
          };
          return (await vault.asking.answer(id, more, module.AROHA)).ok;
        }),
    },
    {
      way: 'somebody who works nowhere',
      control: { file: 'asking/asking.ts', text: 'if (post === undefined)', cut: 'if (false as boolean)' },
      run: (module, place) =>
        tried(module, place, async (vault) => {
          const made = await vault.asking.ask(asked(), module.CAT).catch(() => null);
          // Without the check it gets as far as SQL, which has a place for where they work.
          return made === null || made.ok;
        }),
    },
  ],
});

it('takes one call to take back what took one call to give, and nothing to fill in', () => {
  expect([api.takeBackConsent.method, api.takeBackConsent.body]).toEqual(['POST', undefined]);
});
