import type { Principal } from '@cityward/contracts';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';
import type { Look } from '../viewing/deciding.ts';

type Testing = typeof testing;
type Made = ReturnType<Testing['testVault']>;

/** As where a broad scope let an integrator's service through every door of the city. */
const EVERYTHING = { may: () => ({ ok: true, value: undefined }) as const };

async function tried(
  module: Testing,
  { sql, folder }: Place,
  seen: (made: Made, record: string) => Promise<boolean>,
): Promise<boolean> {
  const made = module.testVault(sql, folder, EVERYTHING);
  await made.vault.start();
  try {
    const { record } = module.must(await made.vault.put(module.recordOf(), module.OFFICER));
    module.must(await made.vault.give(module.consentTo(module.BEN), module.AROHA));
    return await seen(made, record);
  } finally {
    await made.vault.stop();
  }
}
const look = (record: string, principal: Principal, change: Partial<Look> = {}): Look => ({
  ...{ record, purpose: 'TREAT', right: 'text', principal },
  ...change,
});

attack<Testing>({
  id: 'A6',
  name: 'somebody who is let in for one thing used for another',
  through: 'testing.ts',
  ways: [
    {
      way: 'a service that says it asks for the clinician who was let see it',
      control: {
        file: 'consents/by-consent.ts',
        text: "if (look.principal.type !== 'Person') return null;",
        cut: '',
      },
      run: (module, place) =>
        tried(module, place, async ({ vault }, record) => {
          const service: Principal = { type: 'Service', id: module.BEN, roles: [], attributes: {} };
          return (await vault.view(look(record, service))).ok;
        }),
    },
    {
      way: 'a clinician who was not let see it, behind a service that may',
      control: {
        file: 'domain/grant.ts',
        text: '(person === null || person === holder.person) &&',
        cut: '',
      },
      run: (module, place) =>
        tried(module, place, async ({ vault, posts }, record) => {
          const at = { organisation: module.HARBOUR, role: 'doctor' } as const;
          // Somebody at the same place hands on what they were never given.
          posts.set(module.CAT, [at]);
          const named = module.consentTo(module.BEN, { ...at, depth: 1, refrains: [] });
          const { id } = module.must(await vault.give(named, module.AROHA));
          const { from, until, scope } = named;
          const draft = {
            person: 'per-dan',
            role: 'nurse' as const,
            scope,
            rights: ['text' as const],
            from,
            until,
            uses: null,
            refrains: [],
          };
          posts.set('per-dan', [{ ...at, role: 'nurse' }]);
          if (!(await vault.grants.handOn(id, draft, module.CAT)).ok) return false;
          return (await vault.view(look(record, module.person('per-dan')))).ok;
        }),
    },
    {
      way: 'another purpose named than the one that was allowed',
      control: { file: 'domain/grant.ts', text: "if (purpose !== ask.purpose) return 'another-purpose';", cut: '' },
      run: (module, place) =>
        tried(
          module,
          place,
          async ({ vault }, record) =>
            (await vault.view(look(record, module.person(module.BEN), { purpose: 'HRESCH' }))).ok,
        ),
    },
    {
      way: 'a new version under another subject than the record that is named',
      control: { file: 'records/records.ts', text: 'head?.subject !== subject ||', cut: 'head === null ||' },
      run: (module, place) =>
        tried(module, place, async ({ vault }) => {
          const { record } = module.must(
            await vault.put(module.recordOf(module.TEXT, { subject: module.MUM }), module.OFFICER),
          );
          const swapped = module.recordOf(module.TEXT, { subject: module.AROHA, record });
          return (await vault.put(swapped, module.OFFICER)).ok;
        }),
    },
    {
      way: 'a right that was not given',
      control: {
        file: 'domain/grant.ts',
        text: "return rights.includes(ask.right) ? null : 'right-not-given';",
        cut: 'return null;',
      },
      run: (module, { sql, folder }) =>
        tried(module, { sql, folder }, async ({ vault }, record) => {
          const drawn = module.consentTo(module.CAT, { rights: ['view'] });
          module.must(await vault.give(drawn, module.AROHA));
          return (await vault.view(look(record, module.person(module.CAT)))).ok;
        }),
    },
  ],
});
