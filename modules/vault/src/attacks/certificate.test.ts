import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { DestructionCertificate } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { attack, type Place } from '../testing-attack.ts';
import { destructionRecord, testCity, type TestCity } from '../life/testing-certificate.ts';
import type * as testing from '../testing.ts';
import type * as disaster from '../testing-disaster.ts';
import type * as verify from '../verify.ts';
import { signedBytes } from '../verify.ts';

type Verify = typeof verify;
type Testing = typeof testing;

interface Cities {
  readonly city: TestCity;
  /** Whose authority nobody here trusts. */
  readonly stranger: TestCity;
}
const folder = mkdtempSync(join(tmpdir(), 'cityward-certificate-'));
const opened: TestSql[] = [];
let made: Promise<Cities> | null = null;
async function makeCities(): Promise<Cities> {
  const one = async (name: string): Promise<TestCity> => {
    const sql = await openTestSql();
    opened.push(sql);
    mkdirSync(join(folder, name));
    return testCity(sql, join(folder, name));
  };
  return { city: await one('city'), stranger: await one('stranger') };
}
const cities = (): Promise<Cities> => (made ??= makeCities());
afterAll(async () => {
  if (made) for (const one of Object.values(await made)) await (one as TestCity).stop();
  for (const sql of opened) await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whoever has the city's root and the log's key takes the certificate for good. */
async function isTaken({ verifyDestruction }: Verify, file: DestructionCertificate, record?: string): Promise<boolean> {
  const { ca, verifierKey } = (await cities()).city;
  const json = Buffer.from(JSON.stringify(file));
  return verifyDestruction({ json, ca, verifierKey, ...(record ? { record } : {}) }).ok;
}
/** A good one is taken, so that none is refused for another reason. */
async function good(module: Verify): Promise<DestructionCertificate> {
  const file = await (await cities()).city.certify(destructionRecord());
  if (!(await isTaken(module, file))) throw new Error('a good certificate was refused');
  return file;
}
const LEFT = {
  id: 'cpy-replica',
  kind: 'replica',
  place: 'replica:b',
  custodian: 'city',
  why: 'offline',
  versions: 3,
} as const;

attack<Verify>({
  id: 'A15',
  name: 'certificate of destruction that proves nothing',
  through: 'verify.ts',
  ways: [
    {
      way: 'forged: in the ledger, signed by a city that nobody trusts',
      control: {
        file: 'verify-destruction.ts',
        text: 'if (!document.ok) return document;',
        cut: "if (!document.ok) return ok({ record, hash: '', signer: '', entry: 0, proven: 0 });",
      },
      run: async (module) => {
        const file = await good(module);
        const { stranger } = await cities();
        return isTaken(module, { ...file, city: (await stranger.sign(signedBytes(file.signed))).toString('base64') });
      },
    },
    {
      way: 'forged: the officer signed another document',
      control: { file: 'verify-destruction.ts', text: 'if (fault !== null)', cut: 'if (false)' },
      run: async (module) => {
        await good(module);
        const record = destructionRecord();
        return isTaken(module, await (await cities()).city.certify(record, { ...record, subject: 'per-other' }));
      },
    },
    {
      way: 'partial: a copy is left',
      control: { file: 'verify-destruction.ts', text: 'if (faults.length > 0)', cut: 'if (false)' },
      run: async (module) => {
        await good(module);
        const record = destructionRecord({ copies: [{ ...LEFT, outcome: 'pending' }] });
        return isTaken(module, await (await cities()).city.certify(record));
      },
    },
    {
      way: 'replayed: the ledger tells of another certificate',
      control: {
        file: 'verify-destruction.ts',
        text: 'if (!isAbout || actor !== record.verified.as || canonicalJson(data) !== canonicalJson(says))',
        cut: 'if (false)',
      },
      run: async (module) => {
        const other = await good(module);
        // Everything but the word of the ledger is right: whoever has the city's key alone makes no certificate.
        return isTaken(module, { ...(await good(module)), ledger: other.ledger });
      },
    },
    {
      way: 'replayed: shown for a record that was not destroyed by it',
      control: { file: 'verify-destruction.ts', text: 'if (!verifyInclusion(leaf))', cut: 'if (false)' },
      run: async (module) => {
        const file = await good(module);
        const proof = await (await cities()).city.proofOf(1);
        if (!(await isTaken(module, { ...file, proofs: [proof] }, 'rec-bbbb')))
          throw new Error('a good proof was refused');
        return isTaken(module, { ...file, proofs: [{ ...proof, record: 'rec-dddd' }] }, 'rec-dddd');
      },
    },
    {
      way: 'verified by who destroyed, checked by a stranger',
      control: { file: 'domain/destruction.ts', text: 'if (destroyed.as === verified.as)', cut: 'if (false)' },
      run: async (module) => {
        await good(module);
        const record = destructionRecord();
        const destroyed = { ...record.destroyed, as: record.verified.as };
        return isTaken(module, await (await cities()).city.certify({ ...record, destroyed }));
      },
    },
  ],
});

const VERIFIER = { name: 'Olive', title: 'officer', location: 'City Hall', contact: 'records@port.test' };
async function certifyOwn(
  { testVault, must, recordOf, OFFICER }: Testing,
  { sql, folder: place }: Place,
): Promise<boolean> {
  const { vault } = testVault(sql, place);
  await vault.start();
  try {
    const { record } = must(await vault.put(recordOf(), OFFICER));
    must(await vault.destroy(record, { by: OFFICER, reason: 'mine' }));
    const [destruction] = await vault.desk().destructions.list();
    return (await vault.desk().destructions.draft(destruction!.id, { verifier: VERIFIER, by: OFFICER })).ok;
  } finally {
    await vault.stop();
  }
}

attack<Testing>({
  id: 'A15',
  name: 'officer who certifies what they destroyed themself',
  through: 'testing.ts',
  ways: [
    {
      way: 'verifier is destroyer',
      control: { file: 'life/destructions.ts', text: 'if (row.by_whom === by)', cut: 'if (false)' },
      run: certifyOwn,
    },
  ],
});

attack<typeof disaster>({
  id: 'A15',
  name: 'certificate while a backup can still be opened',
  through: 'testing-disaster.ts',
  ways: [
    {
      way: 'the key of its week was put back after it was destroyed',
      control: {
        file: 'backup/trying.ts',
        text: 'if (await opens(keyStore!, folder, wanted)) opened++;',
        cut: 'if (folder === "") opened++;',
      },
      run: async ({ openSite, shared, backUp, must }, { sql, folder: place }) => {
        const epochs = join(place, 'keys', 'epochs');
        const site = await openSite({ sql, folder: place });
        const draft = async ({ vault }: typeof site) => {
          const [{ id } = { id: '' }] = await vault.desk().destructions.list();
          return vault.desk().destructions.draft(id, { verifier: VERIFIER, by: 'per-omar' });
        };
        const { record } = await shared(site);
        await backUp(site, place);
        copyFileSync(epochs, join(place, 'epochs'));
        must(await site.vault.destroy(record, { by: 'per-olive', reason: 'asked for' }));
        if ((await draft(site)).ok) throw new Error('it was certified before the week was over');
        site.clock.now += 50 * DAY_MS;
        await site.vault.tick();
        const { verification } = must(await draft(site)).record;
        if (verification.backupDecryptionsTried !== 1) throw new Error('the backup was not tried');
        await site.stop();
        copyFileSync(join(place, 'epochs'), epochs);
        const again = await openSite({ sql, folder: place, now: site.clock.now });
        try {
          return (await draft(again)).ok;
        } finally {
          await again.stop();
        }
      },
    },
  ],
});
