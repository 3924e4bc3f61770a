import type { RecipientRequestFile, SignedReceipt } from '@cityward/contracts';
import type { TestRecipient } from '../recipients/testing-recipient.ts';
import type * as testing from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';

type Testing = typeof testing;
type Vault = ReturnType<Testing['testVault']>['vault'];
const SECOND = 'per-second';
const VERIFIER = { name: 'Otto', title: 'officer', location: 'City Hall', contact: 'records@port.test' };
const MONTH_MS = 31 * 86_400_000;

interface Scene {
  readonly vault: Vault;
  readonly record: string;
  readonly destruction: string;
  readonly clock: { now: number };
  readonly place: Place;
  /** The recipient whose key is registered. */
  readonly ben: TestRecipient;
  ask(): Promise<RecipientRequestFile>;
}
/** Ben was let store a record, has seen it, and it is destroyed. */
async function asked(module: Testing, place: Place, work: (scene: Scene) => Promise<boolean>): Promise<boolean> {
  const { testVault, testDestruction, testRecipient, must, recordOf, consentTo, person, AROHA, BEN, OFFICER } = module;
  const destruction = { ...testDestruction, sign: () => Promise.resolve(Buffer.from('the city')) };
  const { vault, clock } = testVault(place.sql, place.folder, { destruction });
  await vault.start();
  try {
    const ben = testRecipient();
    must(await vault.recipients().keep({ id: BEN, name: 'Ben', url: null, publicKey: ben.publicKey }, OFFICER));
    const { record } = must(await vault.put(recordOf(), OFFICER));
    must(await vault.give(consentTo(BEN, { rights: ['text', 'store'], refrains: [] }), AROHA));
    must(await vault.view({ record, purpose: 'TREAT', right: 'text', principal: person(BEN) }));
    must(await vault.destroy(record, { by: OFFICER, reason: 'tidy' }));
    const destruction = (await vault.desk().destructions.list())[0]!.id;
    const ask = async (): Promise<RecipientRequestFile> => {
      const [newest] = await vault.recipients().requests();
      return must(await vault.recipients().file(newest!.id));
    };
    return await work({ vault, record, destruction, clock, place, ben, ask });
  } finally {
    await vault.stop();
  }
}
/** A certificate that says that the copy is deleted. */
async function isCertified({ vault, destruction }: Scene): Promise<boolean> {
  await vault.tick();
  const draft = await vault.desk().destructions.draft(destruction, { verifier: VERIFIER, by: SECOND });
  return draft.ok && draft.value.record.exclusions.length === 0;
}
const answeredWith =
  (receipt: (module: Testing, scene: Scene, file: RecipientRequestFile) => Promise<SignedReceipt>) =>
  (module: Testing, place: Place): Promise<boolean> =>
    asked(module, place, async (scene) => {
      const file = await scene.ask();
      await scene.vault.recipients().take(file.request.id, await receipt(module, scene, file), module.OFFICER);
      return isCertified(scene);
    });

/** An answer to one request brought for another: what was deleted then is not what is asked for now. */
async function ofAnother(module: Testing, { vault, ben }: Scene): Promise<SignedReceipt> {
  const { must, recordOf, consentTo, person, AROHA, BEN, OFFICER } = module;
  const { record } = must(await vault.put(recordOf('another'), OFFICER));
  must(await vault.give(consentTo(BEN, { rights: ['text', 'store'], refrains: [] }), AROHA));
  must(await vault.view({ record, purpose: 'TREAT', right: 'text', principal: person(BEN) }));
  must(await vault.destroy(record, { by: OFFICER, reason: 'tidy' }));
  const all = await vault.recipients().requests();
  const files = await Promise.all(all.map(async ({ id }) => must(await vault.recipients().file(id))));
  return ben.receipt(files.find(({ request }) => request.versions.some((one) => one.record === record))!);
}

/** Who first said that it keeps its copy is made to have said something else. */
const answeredTwice = (module: Testing, place: Place): Promise<boolean> =>
  asked(module, place, async ({ vault, ask, ben }) => {
    const file = await ask();
    const { id } = file.request;
    module.must(
      await vault.recipients().take(id, ben.receipt(file, { did: 'kept', because: 'the law' }), module.OFFICER),
    );
    return (await vault.recipients().take(id, ben.receipt(file), module.OFFICER)).ok;
  });

/** Nobody ever answered, and the row says that the copy has ended. */
const closedBySilence = (module: Testing, place: Place): Promise<boolean> =>
  asked(module, place, async ({ vault, clock }) => {
    for (let i = 0; i < 2; i++) {
      clock.now += MONTH_MS;
      await vault.tick();
      await vault.tick();
    }
    const rows = await place.sql
      .for<{ 'vault.copy': { kind: string; closed_at: number | null } }>()
      .selectFrom('vault.copy')
      .select('closed_at')
      .where('kind', '=', 'recipient')
      .execute();
    return rows[0]!.closed_at !== null;
  });

attack<Testing>({
  id: 'A15',
  name: 'an answer that a copy is deleted, and none is',
  through: 'testing.ts',
  ways: [
    {
      way: 'a receipt is signed with another key',
      control: {
        file: 'domain/recipient.ts',
        text: "return isSigned ? null : 'it is not signed with the key that is registered';",
        cut: 'return null;',
      },
      run: answeredWith(({ testRecipient }, _scene, file) => Promise.resolve(testRecipient().receipt(file))),
    },
    {
      way: 'a receipt is of another record',
      control: {
        file: 'domain/recipient.ts',
        text: "if (receipt.request !== request.id || receipt.hash !== requestHash(request)) return 'it answers another request';",
        cut: '',
      },
      run: answeredWith((module, scene) => ofAnother(module, scene)),
    },
    {
      way: 'it is answered a second time',
      control: [
        { file: 'recipients/recipients.ts', text: 'if (row.receipt !== null) return answered;', cut: '' },
        {
          file: 'recipients/recipient-store.ts',
          text: ".set({ state, receipt, answered_at: at, next_try: null, fault: null })\n    .where('id', '=', id)\n    .where('receipt', 'is', null)",
          cut: ".set({ state, receipt, answered_at: at, next_try: null, fault: null })\n    .where('id', '=', id)",
        },
      ],
      run: answeredTwice,
    },
    {
      way: 'nobody answers, and the row is closed',
      control: {
        file: 'copies/copy-store.ts',
        text: "or (vault.copy.kind = 'recipient' and item.outcome = 'beyond')",
        cut: '',
      },
      run: closedBySilence,
    },
    {
      way: 'the copy was never registered',
      control: {
        file: 'viewing/viewing.ts',
        text: 'if (basis.lasts) await parts.keepCopy({ ...basis.lasts, record: look.record, version });',
        cut: '',
      },
      run: (module, place) => asked(module, place, isCertified),
    },
  ],
});
