/** The lying server: every way we know to make a device act without its officers, and each fails by its own guard. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeJob, JobOrder, JobSignature, Officers } from '@cityward/contracts';
import {
  TEST_NOW,
  testArtifact,
  testJob,
  testOfficer,
  testOfficers,
  testOrder,
  testPasskey,
  testThresholds,
} from '../../testing.ts';
import { jobBytes, officersBytes } from './bytes.ts';
import { leafTree } from './leaf-tree.ts';
import { verifyOrder, type Against } from './order.ts';
import { TRUST_CODES } from './refusals.ts';

const [ann, bob, eve] = [testOfficer('ann'), testOfficer('bob'), testOfficer('eve')];
const cleo = testPasskey('cleo');
const dora = testPasskey('dora', -8);
const officers = testOfficers([ann, bob, cleo, dora]);
const leaves = ['lamp-0001', 'lamp-0002', 'lamp-0003', 'lamp-0004', 'lamp-0005'].map((device) => ({
  device,
  counter: 7,
}));
const device = 'lamp-0003';
const job = testJob(leaves);
const good = testOrder({ job, leaves, device, signers: [ann, bob] });
const against: Against = {
  officers,
  device,
  counter: 6,
  runs: { firmware: '2.0.0', document: null },
  now: TEST_NOW,
};
/** Accepted, or the code of the refusal. */
const verdict = (order: unknown, changes: Partial<Against> = {}): string => {
  const judged = verifyOrder(order as JobOrder, { ...against, ...changes });
  return judged.ok ? 'accepted' : judged.error.code;
};
const ordered = (changed: ChangeJob, signers: readonly { sign(bytes: Uint8Array): JobSignature }[], more = {}) =>
  testOrder({ job: changed, leaves, device, signers, ...more });

describe('a good order', () => {
  it('is taken, and says what to do, the count to keep and who allowed it', () => {
    expect(verifyOrder(good, against)).toMatchObject({
      ok: true,
      value: { part: 'forward', act: job.action, counter: 7, officers: ['ann', 'bob'] },
    });
  });
  it.each([cleo, dora])('is taken with a passkey beside a signature made offline', (passkey) =>
    expect(verdict(ordered(job, [ann, passkey]))).toBe('accepted'),
  );
  it('is taken from an application that orders keys otherwise: the bytes are canonical', () => {
    const turned = Object.fromEntries(Object.entries(job).reverse()) as unknown as ChangeJob;
    expect(verdict({ ...good, job: turned })).toBe('accepted');
  });
});

describe('the server shows one job and asks for another', () => {
  const shown = testJob(leaves, { title: 'Restart the lamps', action: { do: 'restart' }, revert: null });
  it('gets signatures for what was shown, and they are worth nothing for what is asked', () => {
    const signatures = ordered(shown, [ann, bob]).signatures;
    expect(verdict({ ...good, signatures })).toBe('SIGNATURE_WRONG');
  });
  it('gets a passkey over another hash than that of the page it showed', () => {
    const challenge = ordered(shown, [cleo]);
    expect(verdict({ ...good, signatures: [ann.sign(jobBytes(job)), challenge.signatures[0]] })).toBe(
      'PASSKEY_CHALLENGE',
    );
  });
  const changes: readonly (readonly [string, Partial<ChangeJob> | Record<string, unknown>])[] = [
    ['kind', { kind: 'cityward-wish' }],
    ['version', { version: 2 }],
    ['id', { id: 'chg-0000000000000002' }],
    ['city', { city: 'Port Other' }],
    ['title', { title: 'Lamps to 2.1.1' }],
    ['devices.count', { devices: { ...job.devices, count: 6 } }],
    ['devices.root', { devices: { ...job.devices, root: 'ab'.repeat(32) } }],
    ['action', { action: { do: 'wipe' } }],
    ['action.artifact.name', { action: { do: 'install', artifact: { ...testArtifact(), name: 'other' } } }],
    ['action.artifact.version', { action: { do: 'install', artifact: { ...testArtifact(), version: '9.9' } } }],
    ['action.artifact.sha256', { action: { do: 'install', artifact: { ...testArtifact(), sha256: 'cd'.repeat(32) } } }],
    ['action.artifact.size', { action: { do: 'install', artifact: { ...testArtifact(), size: 1_001 } } }],
    ['notBefore', { notBefore: job.notBefore - 1 }],
    ['notAfter', { notAfter: job.notAfter + 1 }],
    ['revert', { revert: null }],
    ['revert.to', { revert: { ...job.revert!, to: testArtifact('1.0.0') } }],
    ['revert.until', { revert: { ...job.revert!, until: job.revert!.until + 1 } }],
    ['one field more', { urgent: true }],
  ];
  it.each(changes)('changes %s after signing', (_, change) => {
    expect(verdict({ ...good, job: { ...job, ...change } })).not.toBe('accepted');
  });
  it('names all fields of a job in the list above', () => {
    const named = new Set(changes.map(([field]) => field.split('.')[0]));
    expect(Object.keys(job).filter((field) => !named.has(field))).toEqual([]);
  });
});

describe('an old or foreign order', () => {
  it('is not done again: the count only grows', () => {
    expect(verdict(good, { counter: 7 })).toBe('REPLAYED');
    expect(verdict(good, { counter: 8 })).toBe('REPLAYED');
    expect(verdict(good, { counter: Number.NaN })).toBe('REPLAYED');
  });
  it('is not taken with a count that the officers did not sign', () =>
    expect(verdict({ ...good, leaf: { device, counter: 99 } }, { counter: 7 })).toBe('NOT_IN_JOB'));
  it("is not taken with another device's leaf", () => {
    const other = testOrder({ job, leaves, device: 'lamp-0002', signers: [ann, bob] });
    expect(verdict(other)).toBe('OTHER_DEVICE');
    expect(verdict({ ...other, leaf: { device, counter: 7 } })).toBe('NOT_IN_JOB');
  });
  it('is not taken with a forged proof', () => {
    const proof = [...good.proof];
    expect(verdict({ ...good, proof: proof.slice(1) })).toBe('NOT_IN_JOB');
    expect(verdict({ ...good, proof: [...proof, proof[0]] })).toBe('NOT_IN_JOB');
    expect(verdict({ ...good, proof: [...proof].reverse() })).toBe('NOT_IN_JOB');
    expect(verdict({ ...good, proof: proof.map((hash) => hash.slice(0, 40)) })).toBe('NOT_IN_JOB');
    expect(verdict({ ...good, index: 1 })).toBe('NOT_IN_JOB');
    expect(verdict({ ...good, index: 2 + 2 ** 32 })).toBe('NOT_IN_JOB');
  });
  it('is not taken where its proof is of a tree of another device list', () => {
    const mine = [...leaves.filter((leaf) => leaf.device !== device), { device: 'lamp-0009', counter: 7 }];
    const without = testJob(mine);
    const tree = leafTree(leaves);
    const order = { ...good, job: without, signatures: [ann, bob].map((one) => one.sign(jobBytes(without))) };
    expect(verdict({ ...order, proof: tree.proofOf(2) })).toBe('NOT_IN_JOB');
  });
  it('is not taken by another city', () =>
    expect(verdict(good, { officers: { ...officers, city: 'Port Other' } })).toBe('OTHER_CITY'));
  it('is not taken outside its window, or by a clock that is far off or broken', () => {
    expect(verdict(good, { now: job.notBefore - 1 })).toBe('TOO_EARLY');
    expect(verdict(good, { now: job.notAfter + 1 })).toBe('TOO_LATE');
    expect(verdict(good, { now: 0 })).toBe('TOO_EARLY');
    expect(verdict(good, { now: job.notAfter + 86_400_000 })).toBe('TOO_LATE');
    expect(verdict(good, { now: Number.NaN })).toBe('CLOCK_UNKNOWN');
    expect(verdict(good, { now: Number.POSITIVE_INFINITY })).toBe('CLOCK_UNKNOWN');
    expect([verdict(good, { now: job.notBefore }), verdict(good, { now: job.notAfter })]).toEqual([
      'accepted',
      'accepted',
    ]);
  });
  it('is not taken where the window ends before it begins', () =>
    expect(verdict(ordered({ ...job, notAfter: job.notBefore - 1 }, [ann, bob]))).toBe('WINDOW_WRONG'));
  it('is not taken under officers who have expired', () =>
    expect(verdict(good, { officers: { ...officers, expires: TEST_NOW } })).toBe('OFFICERS_EXPIRED'));
});

describe('officers', () => {
  it('whom the server invented sign for nothing, even with a document of their own', () => {
    const [mallory, trudy] = [testOfficer('ann', 'ann-key'), testOfficer('bob', 'bob-key')];
    expect(verdict(ordered(job, [mallory, trudy]))).toBe('SIGNATURE_WRONG');
    expect(verdict(ordered(job, [eve, testOfficer('zoe')]))).toBe('KEY_UNKNOWN');
    const own = testOfficers([mallory, trudy]);
    expect(verdict({ ...ordered(job, [mallory, trudy]), officers: own })).toBe('ORDER_SHAPE');
  });
  it('are counted once, whatever keys they hold', () => {
    const second = testOfficer('ann', 'ann-second');
    const both = testOfficers([ann, second, bob]);
    expect(verdict(ordered(job, [ann, second]), { officers: both })).toBe('OFFICER_TWICE');
    expect(verdict(ordered(job, [ann, ann]))).toBe('OFFICER_TWICE');
    expect(verdict(ordered(job, [ann, second, bob]), { officers: both })).toBe('OFFICER_TWICE');
  });
  it('must be enough for the act', () => {
    expect(verdict(ordered(job, [ann]))).toBe('TOO_FEW_OFFICERS');
    expect(verdict({ ...good, signatures: [] })).toBe('ORDER_SHAPE');
    const three: Officers = { ...officers, thresholds: { ...testThresholds(), install: 3 } };
    expect(verdict(good, { officers: three })).toBe('TOO_FEW_OFFICERS');
  });
  it('must all be right: one wrong signature among enough good ones refuses the order', () =>
    expect(verdict({ ...good, signatures: [...good.signatures, cleo.sign(Buffer.from('other'))] })).toBe(
      'PASSKEY_CHALLENGE',
    ));
  it.each([
    ['install', job.action],
    ['set', { do: 'set', name: 'brightness', to: 0 }],
    ['wipe', { do: 'wipe' }],
  ] as const)('sign "%s" with one signature at least by another machine', (_, action) => {
    const mass = testJob(leaves, { action, revert: null });
    expect(verdict(ordered(mass, [cleo, dora]))).toBe('NO_OFFLINE_SIGNATURE');
    expect(verdict(ordered(mass, [cleo, ann]))).toBe('accepted');
  });
  it.each([
    ['restart', { do: 'restart' }],
    ['configure', { do: 'configure', document: 'ab'.repeat(32) }],
    ['rotate', { do: 'rotate', what: 'credentials' }],
  ] as const)('may sign "%s" by passkey alone', (_, action) =>
    expect(verdict(ordered(testJob(leaves, { action, revert: null }), [cleo]))).toBe('accepted'),
  );
  it('cannot have a restart that few sign carry firmware as its way back', () => {
    const trojan = testJob(leaves, { action: { do: 'restart' } });
    expect(verdict(ordered(trojan, [ann], { part: 'revert' }))).toBe('REVERT_OTHER_KIND');
    expect(verdict(ordered(trojan, [ann]))).toBe('REVERT_OTHER_KIND');
    const configured = testJob(leaves, { action: { do: 'configure', document: 'ab'.repeat(32) } });
    expect(verdict(ordered(configured, [ann], { part: 'revert' }))).toBe('REVERT_OTHER_KIND');
  });
});

describe('a signature of one kind is none of another', () => {
  it('an officers document or bare JSON, signed, is no job', () => {
    const overDocument = [ann, bob].map((one) => one.sign(officersBytes(officers)));
    expect(verdict({ ...good, signatures: overDocument })).toBe('SIGNATURE_WRONG');
    const bare = [ann, bob].map((one) => one.sign(jobBytes(job).subarray('cityward/job/v1\n'.length)));
    expect(verdict({ ...good, signatures: bare })).toBe('SIGNATURE_WRONG');
  });
  it('the name of the kind must be that of the key', () => {
    const asEd25519 = { ...ann.sign(jobBytes(job)), key: cleo.key.id };
    expect(verdict({ ...good, signatures: [asEd25519, bob.sign(jobBytes(job))] })).toBe('SIGNATURE_KIND');
    const asPasskey = { ...cleo.sign(jobBytes(job)), key: ann.key.id };
    expect(verdict({ ...good, signatures: [asPasskey, bob.sign(jobBytes(job))] })).toBe('SIGNATURE_KIND');
  });
  it('a second spelling of a signature is not another signature', () => {
    const [first, second] = good.signatures as { signature: string }[];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The last of 86 characters carries four bits that no byte uses.
    const last = alphabet[alphabet.indexOf(first!.signature.at(-1)!) ^ 1]!;
    const respelt = { ...first, signature: first!.signature.slice(0, -1) + last };
    expect(verdict({ ...good, signatures: [respelt, second] })).toBe('SIGNATURE_WRONG');
  });
});

describe('a passkey', () => {
  const restart = testJob(leaves, { action: { do: 'restart' }, revert: null });
  const bytes = jobBytes(restart);
  const by = (signature: JobSignature): string => verdict({ ...ordered(restart, [cleo]), signatures: [signature] });
  it.each([
    ['at another origin', { origin: 'http://localhost.evil.example:8080' }, 'PASSKEY_ORIGIN'],
    ['at another port', { origin: 'http://localhost:8081' }, 'PASSKEY_ORIGIN'],
    ['in a page within another', { extra: { crossOrigin: true } }, 'PASSKEY_ORIGIN'],
    ['below another page', { extra: { topOrigin: 'https://evil.example' } }, 'PASSKEY_ORIGIN'],
    ['for another site', { rpId: 'evil.example' }, 'PASSKEY_RP'],
    ['that nobody touched', { flags: 0x04 }, 'PASSKEY_NOT_PRESENT'],
    ['that did not check its person', { flags: 0x01 }, 'PASSKEY_NOT_VERIFIED'],
    ['that is backed up', { flags: 0x05 | 0x18 }, 'PASSKEY_BACKED_UP'],
    ['that attests a new key', { flags: 0x45 }, 'PASSKEY_DATA'],
    ['with extensions', { flags: 0x85, tail: Buffer.from([0xa0]) }, 'PASSKEY_DATA'],
    ['that was created, not used', { type: 'webauthn.create' }, 'PASSKEY_TYPE'],
    ['for a payment', { type: 'payment.get' }, 'PASSKEY_TYPE'],
    ['asked about something else', { challenge: 'AAAA' }, 'PASSKEY_CHALLENGE'],
  ] as const)('%s is refused', (_, change, code) => expect(by(cleo.sign(bytes, change))).toBe(code));
  it('that could be backed up but is not, is taken', () =>
    expect(by(cleo.sign(bytes, { flags: 0x0d }))).toBe('accepted'));
  it('with other bytes than it signed is refused', () => {
    const signed = cleo.sign(bytes) as Extract<JobSignature, { alg: 'webauthn' }>;
    const counted = Buffer.from(signed.authenticatorData, 'base64url');
    counted[36]! ^= 1;
    expect(by({ ...signed, authenticatorData: counted.toString('base64url') })).toBe('SIGNATURE_WRONG');
    const longer = Buffer.from(`${Buffer.from(signed.clientDataJson, 'base64url').toString()} `);
    expect(by({ ...signed, clientDataJson: longer.toString('base64url') })).toBe('SIGNATURE_WRONG');
    expect(by({ ...signed, clientDataJson: Buffer.from('null').toString('base64url') })).toBe('PASSKEY_DATA');
    expect(by({ ...signed, clientDataJson: Buffer.from('{').toString('base64url') })).toBe('PASSKEY_DATA');
    expect(by({ ...signed, signature: '' })).toBe('SIGNATURE_WRONG');
  });
  it('whose key is of another algorithm than was pinned is refused with its officers', () => {
    const changed = {
      ...officers,
      keys: officers.keys.map((key) => (key.alg === 'webauthn' ? { ...key, cose: -7 as const } : key)),
    };
    expect(verdict(ordered(restart, [cleo]), { officers: changed })).toBe('OFFICERS_KEY_WEAK');
  });
});

describe('versions', () => {
  it('go forward only: a downgrade is refused and alarms', () => {
    const judged = verifyOrder(good, { ...against, runs: { firmware: '2.2.0', document: null } });
    expect(judged).toMatchObject({ ok: false, error: { code: 'DOWNGRADE', alarm: true } });
    expect(verdict(good, { runs: { firmware: '2.1.0', document: null } })).toBe('accepted');
    expect(verdict(good, { runs: { firmware: null, document: null } })).toBe('RUNNING_UNKNOWN');
  });
  it("except a job's own way back, before its end, with the count of its job", () => {
    const back = ordered(job, [ann, bob], { part: 'revert' });
    const after: Partial<Against> = { counter: 7, runs: { firmware: '2.1.0', document: null } };
    expect(verifyOrder(back, { ...against, ...after })).toMatchObject({
      ok: true,
      value: { part: 'revert', act: { do: 'install', artifact: testArtifact('2.0.0') } },
    });
    expect(verdict(back, { ...after, now: job.notAfter + 1 })).toBe('accepted');
    expect(verdict(back, { ...after, now: job.revert!.until + 1 })).toBe('TOO_LATE');
    expect(verdict(back, { ...after, counter: 8 })).toBe('REPLAYED');
    expect(verdict(back, { ...after, now: job.notBefore - 1 })).toBe('TOO_EARLY');
    expect(verdict(ordered(testJob(leaves, { revert: null }), [ann, bob], { part: 'revert' }), after)).toBe(
      'REVERT_NOT_SIGNED',
    );
  });
  it('and a device that was brought back does not go forward by the same job', () =>
    expect(verdict(good, { counter: 7 })).toBe('REPLAYED'));
});

describe('anything else', () => {
  const never = (value: unknown): void => {
    const judged = verifyOrder(value as JobOrder, against);
    expect(judged.ok).toBe(false);
    if (!judged.ok) expect(Object.keys(TRUST_CODES)).toContain(judged.error.code);
  };
  it('is refused and never throws: 5,000 values of every kind', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }), never),
      { numRuns: 5_000 },
    );
  });
  it('is refused and never throws: 5,000 good orders with something changed', () => {
    const paths = pathsOf(good);
    const changed = fc
      .tuple(fc.constantFrom(...paths), fc.anything())
      .map(([path, value]) => withAt(good, path, value));
    fc.assert(
      fc.property(changed, (order) => {
        if (JSON.stringify(order) === JSON.stringify(good) || sourceOnly(order)) return;
        never(order);
      }),
      { numRuns: 5_000 },
    );
  });
  it('is refused where an object would answer differently the second time', () => {
    let asked = 0;
    const sly = {
      ...good,
      job: {
        ...job,
        get title() {
          return asked++ === 0 ? job.title : 'Other';
        },
      },
    };
    expect(verdict(sly)).toBe('ORDER_SHAPE');
    class Order {}
    expect(verdict(Object.assign(new Order(), good))).toBe('ORDER_SHAPE');
  });
});

type Path = readonly (string | number)[];
const pathsOf = (value: unknown, path: Path = []): Path[] =>
  value !== null && typeof value === 'object'
    ? [
        ...(path.length > 0 ? [path] : []),
        ...Object.keys(value).flatMap((name) => pathsOf((value as Record<string, unknown>)[name], [...path, name])),
      ]
    : [path];
function withAt(value: unknown, [first, ...rest]: Path, to: unknown): unknown {
  if (first === undefined) return to;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[first] = withAt(copy[first], rest, to);
  return copy;
}
/** Where the bytes lie is not signed: they are checked against their hash. */
const sourceOnly = (order: unknown): boolean =>
  JSON.stringify({ ...(order as object), source: null }) === JSON.stringify(good);
