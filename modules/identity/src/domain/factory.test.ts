/** Factory certificates and claims, as data: serials in every spelling, verdicts in a table, and hostile bytes. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { newMaker, type Holder } from '../testing-maker.ts';
import { CERTIFICATE_MAX_BYTES, readCertificate, serialIn } from './factory-certificate.ts';
import { judgeClaim, type ClaimAsked } from './factory-claim.ts';
import { OID } from './oids.ts';

const cn = (value: string) => ({ type: OID.commonName, value });
const sn = (value: string) => ({ type: OID.serialNumber, value });

describe('a serial', () => {
  it.each([
    [[cn('axis-accc8e000001-eccp256-1')], 'accc8e000001'],
    [[cn('axis-ACCC8E000001-rsa4096-1')], 'accc8e000001'],
    [[cn('axis-accc8e000001-eccp256-1'), sn('AC:CC:8E:00:00:01')], 'accc8e000001'],
    [[sn('PID:C9300 SN:FOC2233X0AB')], 'foc2233x0ab'],
    [[sn(' LMN-0042 '), cn('a lamp')], 'lmn-0042'],
    [[cn('accc8e000001')], null],
    [[cn('xaxis-accc8e000001-eccp256-1')], null],
    [[sn('a'), cn('b')], null],
    [[sn('one-1'), sn('two-2')], null],
    [[sn('one-1'), cn('axis-accc8e000001-eccp256-1')], null],
    [[sn('../etc/passwd')], null],
    [[sn('x'.repeat(65))], null],
    [[], null],
  ])('%# is read', (subject, wanted) => {
    const read = serialIn(subject);
    expect(read.ok ? read.value : null).toBe(wanted);
  });
});

describe('a claim', () => {
  const claim = { serial: 'accc8e000001', device: 'cam-1', keyHash: 'k', ended: null };
  const device = { id: 'cam-1', maker: 'party-axis', serial: 'ACCC8E000001', mac: 'ac:cc:8e:00:00:01' };
  const asked: ClaimAsked = {
    serial: 'accc8e000001',
    keyHash: 'k',
    maker: 'party-axis',
    approval: 'automatic',
    device,
    claim: undefined,
    ofDevice: undefined,
    isReplaced: false,
  };
  it.each<[Partial<ClaimAsked>, string | null]>([
    [{}, null],
    [{ device: { id: 'cam-1', mac: 'AC-CC-8E-00-00-01' } }, null],
    [{ device: { id: 'cam-1', serial: 'accc8e000001' } }, null],
    [{ device: { ...device, serial: 'B8A4-77', mac: 'ac:cc:8e:00:00:01' } }, null],
    [{ claim, ofDevice: claim }, null],
    [{ approval: 'each' }, 'asked-for'],
    [{ approval: 'each', claim, ofDevice: claim }, null],
    [{ isReplaced: true }, 'asked-for'],
    [{ claim, ofDevice: claim, keyHash: 'other' }, 'second-claim'],
    [{ device: null }, 'serial-unknown'],
    [{ maker: 'party-other' }, 'maker-differs'],
    [{ device: { ...device, mac: 'ac:cc:8e:00:00:02' } }, 'serial-ambiguous'],
    [{ device: { ...device, serial: 'accc8e000002' } }, 'serial-ambiguous'],
    [{ serial: 'lmn-1', device: { id: 'cam-1', serial: 'lmn-2' } }, 'serial-ambiguous'],
    [{ device: { id: 'cam-1' } }, 'serial-ambiguous'],
    [{ claim: { ...claim, device: 'cam-2' } }, 'serial-ambiguous'],
    [{ ofDevice: { ...claim, serial: 'accc8e000009' } }, 'serial-ambiguous'],
    [{ claim: { ...claim, ended: 1 } }, 'claim-ended'],
    [{ claim: { ...claim, ended: 1 }, device: null }, 'claim-ended'],
  ])('%# is judged', (change, wanted) => {
    const verdict = judgeClaim({ ...asked, ...change });
    expect('device' in verdict ? verdict.why : verdict.quarantine).toBe(wanted);
  });
});

describe('a certificate of somebody else', () => {
  let camera: Holder;
  beforeAll(async () => {
    camera = await (await newMaker()).device('CN=axis-accc8e000001-eccp256-1');
  });
  it('is read with its year 9999', () => {
    const read = readCertificate(Buffer.from(camera.certificate.rawData));
    if (!read.ok) throw new Error(read.error.message);
    expect(new Date(read.value.notAfter).getUTCFullYear()).toBe(9_999);
    expect(read.value).toMatchObject({ authority: false, keyUsage: [0], extKeyUsage: null });
  });
  it('is refused for its size', () => expect(readCertificate(Buffer.alloc(CERTIFICATE_MAX_BYTES + 1)).ok).toBe(false));
  it('never makes the reader throw', () => {
    const good = Buffer.from(camera.certificate.rawData);
    const changed = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const copy = Buffer.from(good);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    const cut = fc.nat(good.length).map((length) => good.subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(changed, cut, fc.uint8Array({ maxLength: 300 })), (der) => {
        const read = readCertificate(der);
        if (!read.ok) expect(read.error.code).toBe('CHAIN_NOT_ACCEPTED');
        else serialIn(read.value.subject);
      }),
      { numRuns: 10_000 },
    );
  });
});
