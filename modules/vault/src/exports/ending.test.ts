/** An export ends with its purpose: the city's file is deleted, and whoever fetched it is asked to delete it too. */
import { expect, it } from 'vitest';
import { testRecipient } from '../recipients/testing-recipient.ts';
import { addPatients, askExport, releaseExport } from '../testing-exports.ts';
import { useVault } from '../testing-rig.ts';
import { codeOf, must, OFFICER, SECOND_OFFICER, testDestruction } from '../testing.ts';

const rig = useVault({
  destruction: { ...testDestruction, sign: () => Promise.resolve(Buffer.from('signed by the city')) },
});
const university = testRecipient();

async function released(): Promise<string> {
  const id = await askExport(rig.at);
  must(await releaseExport(rig.at, id));
  return id;
}
/** By place: is its row closed? */
async function rows(): Promise<ReadonlyMap<string, boolean>> {
  const found = await rig.sql
    .for<{ 'vault.copy': { kind: string; place: string; closed_at: number | null } }>()
    .selectFrom('vault.copy')
    .select(['place', 'closed_at'])
    .where('kind', '=', 'export')
    .execute();
  return new Map(found.map(({ place, closed_at }) => [place, closed_at !== null]));
}

it.each(['time', 'withdrawing'])(
  'by %s: nobody fetches it any more, and the recipient has to sign that it deleted what it has',
  async (by) => {
    const { exports } = rig.at.vault;
    const recipients = rig.at.vault.recipients();
    const { publicKey } = university;
    must(await recipients.keep({ id: 'harbour-uni', name: 'Harbour University', url: null, publicKey }, OFFICER));
    await addPatients(rig.at, { count: 40, from: 0 });
    const [kept, fetched] = [await released(), await released()];
    must(await exports.file(fetched, OFFICER));
    await rig.at.vault.tick();
    expect([[...(await rows()).values()], await recipients.requests()]).toEqual([[false, false], []]);

    if (by === 'time') rig.at.clock.now = (await exports.list())[0]!.draft.until;
    else for (const id of [kept, fetched]) must(await exports.refuse(id, { by: SECOND_OFFICER, reason: 'no purpose' }));
    expect(codeOf(await exports.file(fetched, OFFICER))).toBe('EXPORT_NO_FILE');
    await rig.at.vault.tick();
    expect(await rows()).toEqual(
      new Map([
        [`export:${kept}`, true],
        [`export:${fetched}`, false],
      ]),
    );
    expect((await exports.list()).map(({ bytes }) => bytes)).toEqual([null, null]);
    await rig.at.vault.tick();
    const [request, ...others] = await recipients.requests();
    expect([request, others]).toMatchObject([
      { recipient: 'harbour-uni', subject: 'nobody', ask: 'delete', state: 'asked' },
      [],
    ]);

    const receipt = university.receipt(must(await recipients.file(request!.id)));
    must(await recipients.take(request!.id, receipt, OFFICER));
    expect([...(await rows()).values()]).toEqual([true, true]);
  },
  60_000,
);
