/**
 * A17 for records that the city cannot read: whoever runs its computer, with the database, the key file, the root key and every key in
 * memory, reads nothing of them; nor does somebody who holds a share, or moves a sealed key to another place.
 */
import { createDecipheriv } from 'node:crypto';
import { join } from 'node:path';
import type * as Blind from '../testing-attack-blind.ts';
import { attack, type Control, type Place } from '../testing-attack.ts';

type Module = typeof Blind;
const [AROHA, BEN, OFFICER] = ['per-aroha', 'per-ben', 'per-olive'];
const CANARY = '4711-canary';
const [NONCE, TAG] = [12, 16];

async function blindCity(module: Module, { sql, folder }: Place) {
  const { testVault, TestBrowser, passkeyAtPortal, must, recordOf } = module;
  const { vault, clock } = testVault(sql, folder, { passkeyAtPortal });
  await vault.start();
  const [aroha, ben] = [AROHA, BEN].map((who) => new TestBrowser(who, () => vault));
  for (const one of [aroha, ben]) await one!.keepKey();
  const record = must(await vault.put(recordOf(), OFFICER)).record;
  const turnOn = async (): Promise<void> => {
    const choice = await aroha!.choice(clock.now);
    must(await aroha!.blind.choose(AROHA, choice));
  };
  return { vault, aroha: aroha!, ben: ben!, record, turnOn };
}
const versionsIn = ({ sql }: Place) =>
  sql
    .for<{ 'vault.version': { record: string; version: number; key: string; content: Buffer } }>()
    .selectFrom('vault.version')
    .selectAll()
    .execute();
interface SealRow {
  record: string;
  version: number;
  use: string;
  to_whom: string;
  under: string;
  from_whom: string;
  sealed: string;
}
const sealsIn = ({ sql }: Place) => sql.for<{ 'vault.blind_seal': SealRow }>();

/** Whatever AES-256-GCM gives under a key, its tag not looked at: whoever has all keys needs no tag. */
function tryEvery(keys: readonly Buffer[], content: Buffer): Buffer[] {
  return keys
    .filter(({ length }) => length === 32)
    .map((key) => {
      const decipher = createDecipheriv('aes-256-gcm', key, content.subarray(0, NONCE));
      return decipher.update(content.subarray(NONCE, content.length - TAG));
    });
}
/** Every key on every ciphertext, and every key on what came out of that. */
async function readsWithEverything({ keysInTheClear }: Module, place: Place): Promise<boolean> {
  const keys = await keysInTheClear(join(place.folder, 'keys'));
  return (await versionsIn(place)).some(({ content }) => {
    const once = tryEvery(keys, content);
    const twice = once.filter(({ length }) => length > NONCE + TAG).flatMap((inner) => tryEvery(keys, inner));
    return [...once, ...twice].some((text) => text.includes(CANARY));
  });
}

const VEILED_AT_PUT: Control = {
  file: 'records/records.ts',
  text: 'veiled?.content ?? content',
  cut: 'content',
};
const RESEALED: Control = {
  file: 'blind/modes.ts',
  text: 'return { content: veil(key, binding, content), save:',
  cut: 'return { content: Buffer.from(content), save:',
};
const OLD_KEY_DESTROYED: Control = {
  file: 'blind/reseal.ts',
  text: 'await keyring.destroy([isReplaced ? stored.key : key!.id]);',
  cut: '',
};
const BARRED: Control = {
  file: 'blind/modes.ts',
  text: 'if (isBlind === isSealed) return null;',
  cut: 'if (isBlind || isBlind === isSealed) return null;',
};
const BOUND: Control = {
  file: 'domain/blind/contexts.ts',
  text: 'joined([SEAL, use, subject, record, String(version), to, under, from])',
  cut: 'joined([SEAL, use, subject, to, from])',
};
const BOUND_CONTENT: Control = {
  file: 'domain/blind/contexts.ts',
  text: 'joined([CONTENT, record, String(version), subject, category, media])',
  cut: 'joined([CONTENT, subject, category, media])',
};
const TO_ANOTHER: Control = {
  file: 'blind/quorum.ts',
  text: 'if (ask.to === holder)',
  cut: 'if (ask.to === holder && holder === "")',
};
const HELD: Control = {
  file: 'blind/modes.ts',
  text: 'if (!this.#isShared) return;',
  cut: 'return;',
};
const SIGNED: Control = { file: 'blind/choosing.ts', text: 'if (!signed.ok) return signed;', cut: '' };
const COUNTED: Control = {
  file: 'blind/page/client.ts',
  text: 'return opened.length >= needed ? combine(opened) : null;',
  cut: 'return opened[0]?.slice(1) ?? null;',
};
/** Without it a share would be the key itself. */
const SPLIT: Control = {
  file: 'domain/blind/shamir.ts',
  text: 'share[byte + 1] = value ^ secret[byte]!;',
  cut: 'share[byte + 1] = secret[byte]!;',
};

attack<Module>({
  id: 'A17',
  name: 'the city reads what it must not be able to',
  through: 'testing-attack-blind.ts',
  ways: [
    {
      way: 'the operator tries every key of the city on what was stored blind',
      control: VEILED_AT_PUT,
      run: async (module, place) => {
        const { vault, turnOn } = await blindCity(module, place);
        await turnOn();
        module.must(await vault.put(module.recordOf(), OFFICER));
        const reads = await readsWithEverything(module, place);
        await vault.stop();
        return reads;
      },
    },
    {
      way: 'the operator tries every key of the city on what was there before the choice',
      control: RESEALED,
      run: async (module, place) => {
        const { vault, turnOn } = await blindCity(module, place);
        await turnOn();
        const reads = await readsWithEverything(module, place);
        await vault.stop();
        return reads;
      },
    },
    {
      way: 'the operator kept the old ciphertext and waits for its key',
      control: OLD_KEY_DESTROYED,
      run: async (module, place) => {
        const { vault, turnOn } = await blindCity(module, place);
        const [old] = await versionsIn(place);
        await turnOn();
        const keys = await module.keysInTheClear(join(place.folder, 'keys'));
        await vault.stop();
        return tryEvery(keys, old!.content).some((text) => text.includes(CANARY));
      },
    },
    {
      way: 'another node stores a record in the clear while its owner makes the choice',
      control: HELD,
      run: async (module, place) => {
        const { sql, folder } = place;
        const { testVault, TestBrowser, passkeyAtPortal, must, recordOf } = module;
        // No lease ends here, however slow the machine is.
        const options = { passkeyAtPortal, processes: 'many', monotonic: () => 0 } as const;
        const { vault, clock } = testVault(sql, folder, options);
        await vault.start();
        const [ready, chosen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const slow: typeof sql = {
          ...sql,
          transact: async (work) => (ready.resolve(), await chosen.promise, sql.transact(work)),
        };
        const keyHolder = join(folder, 'keys', module.HOLDER_SOCKET);
        const second = testVault(slow, join(folder, 'second'), { ...options, keyHolder });
        const aroha = new TestBrowser(AROHA, () => vault);
        await aroha.keepKey();
        await second.vault.start();
        const storing = second.vault.put(recordOf(), OFFICER);
        await ready.promise;
        must(await aroha.blind.choose(AROHA, await aroha.choice(clock.now)));
        chosen.resolve();
        must(await storing);
        const reads = await readsWithEverything(module, place);
        await second.vault.stop();
        await vault.stop();
        return reads;
      },
    },
    {
      way: 'a page asks for what is blind by the way of readable records',
      control: BARRED,
      run: async (module, place) => {
        const { vault, record, turnOn } = await blindCity(module, place);
        await turnOn();
        const principal = module.person(AROHA);
        const seen = await vault.view({ record, purpose: 'PATRQT', right: 'text', principal });
        await vault.stop();
        return seen.ok;
      },
    },
    {
      way: 'the operator serves a record and its key in the place of another',
      control: [BOUND, BOUND_CONTENT],
      run: async (module, place) => {
        const { vault, aroha, record, turnOn } = await blindCity(module, place);
        await turnOn();
        const other = module.must(await vault.put(module.recordOf('another'), OFFICER)).record;
        const given = module.must(
          await vault.blind.view({ record: other, purpose: 'PATRQT', principal: module.person(AROHA), version: 1 }),
        );
        const { readRecord } = module.client;
        const content = await readRecord(await aroha.me(), { ...given, record });
        await vault.stop();
        return content !== null;
      },
    },
    {
      way: 'the operator has a key that was given for a consent open another record',
      control: BOUND,
      run: async (module, place) => {
        const { vault, aroha, ben, record, turnOn } = await blindCity(module, place);
        await turnOn();
        const hidden = module.must(await vault.put(module.recordOf('hidden'), OFFICER)).record;
        const scope = { of: 'records' as const, records: [record] };
        const consent = module.must(await vault.give(module.consentTo(BEN, { scope }), AROHA)).id;
        await aroha.share(consent);
        // His key, moved to the record that he was not given.
        await sealsIn(place)
          .updateTable('vault.blind_seal')
          .set({ record: hidden })
          .where('use', '=', 'consent')
          .execute();
        const [moved] = await sealsIn(place)
          .selectFrom('vault.blind_seal')
          .selectAll()
          .where('use', '=', 'consent')
          .execute();
        const { open, fromText } = module.hpke;
        const { sealInfo } = module.contexts;
        const there = {
          use: 'consent',
          subject: AROHA,
          record: hidden,
          version: 1,
          to: BEN,
          under: consent,
          from: '',
        } as const;
        const key = await open(await ben.me(), fromText(moved!.sealed), { info: sealInfo(there) });
        await vault.stop();
        return key !== null;
      },
    },
    {
      way: 'somebody who stole the session chooses without the passkey',
      control: SIGNED,
      run: async (module, place) => {
        const { vault, aroha } = await blindCity(module, place);
        const choice = await aroha.choice(Date.UTC(2027, 0, 15));
        const chosen = await aroha.blind.choose(AROHA, {
          ...choice,
          signature: { ...choice.signature, signature: 'AAAA' },
        });
        await vault.stop();
        return chosen.ok;
      },
    },
    {
      way: 'a holder opens a record with the own share alone',
      control: [SPLIT, COUNTED],
      run: async (module, place) => {
        const { vault, aroha, record } = await blindCity(module, place);
        const holders = await Promise.all(
          ['per-cat', 'per-dan'].map(async (who) => {
            const one = new module.TestBrowser(who, () => vault);
            return { one, person: who, publicKey: await one.keepKey() };
          }),
        );
        const named = holders.map(({ person, publicKey }) => ({ person, publicKey }));
        const choice = await aroha.choice(Date.UTC(2027, 0, 15), { needed: 2, holders: named });
        module.must(await aroha.blind.choose(AROHA, choice));
        const given = module.must(
          await vault.blind.view({ record, purpose: 'PATRQT', principal: module.person(AROHA), version: 1 }),
        );
        const [share] = await sealsIn(place)
          .selectFrom('vault.blind_seal')
          .selectAll()
          .where('to_whom', '=', 'per-cat')
          .execute();
        const { readRecord } = module.client;
        const { open, seal, fromText, toText } = module.hpke;
        const { sealInfo } = module.contexts;
        const cat = await holders[0]!.one.me();
        const at = { subject: AROHA, record, version: 1, under: '', from: '' };
        const mine = { ...at, use: 'share', to: 'per-cat' } as const;
        const opened = await open(cat, fromText(share!.sealed), { info: sealInfo(mine) });
        // As if two had released: the same share, under two names.
        const released = await Promise.all(
          ['per-cat', 'per-dan'].map(async (from) => {
            const there = { ...at, use: 'release', to: 'per-cat', under: 'gla-x', from } as const;
            const sealed = toText(await seal(cat.publicKey, sealInfo(there), opened!));
            return { use: 'release' as const, under: 'gla-x', from, sealed };
          }),
        );
        const content = await readRecord(cat, { ...given, seals: released });
        await vault.stop();
        return content !== null;
      },
    },
    {
      way: 'a clinician who holds a share counts for two',
      control: TO_ANOTHER,
      run: async (module, place) => {
        const { vault, aroha } = await blindCity(module, place);
        const cat = new module.TestBrowser('per-cat', () => vault);
        const dan = new module.TestBrowser('per-dan', () => vault);
        const named = [];
        for (const one of [cat, dan]) named.push({ person: one.who, publicKey: await one.keepKey() });
        const now = Date.UTC(2027, 0, 15);
        module.must(await aroha.blind.choose(AROHA, await aroha.choice(now, { needed: 2, holders: named })));
        module.posts.set('per-cat', [{ organisation: 'harbour-clinic', role: 'doctor' }]);
        const care = { subject: AROHA, kind: 'encounter', until: now + 3_600_000 } as const;
        module.must(await vault.people.care.report(care, { by: 'svc-ward', organisation: 'harbour-clinic' }));
        const draft = { subject: AROHA, reason: 'cannot-answer', words: 'Unconscious after a fall' } as const;
        const glass = module.must(await vault.people.emergencies.break(draft, module.person('per-cat')));
        const { ask } = module.must(await cat.blind.quorum.askInEmergency(glass.id, 'per-cat'));
        const seals = [{ record: 'rec-none', version: 1, sealed: 'A'.repeat(150) }];
        const released = await cat.blind.quorum.release(ask, { seals, holder: 'per-cat' });
        await vault.stop();
        return released.ok;
      },
    },
  ],
});
