/** Cameras come with the certificates that their maker gave them: openssl plays the maker, curl the camera, strongSwan waits its turn. */
import { createHash, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Discovery, Waiting } from '@cityward/contracts';
import type { Caller } from '@cityward/http';
import { has, MAKER, run, startEstCity, unpack, type EstCity, type Ran } from './est-kit.ts';
import { startMaker, type Maker } from './factory-kit.ts';

const openssl = has('openssl', 'openssl') && has('curl', 'curl');
const strongSwan = has('pki', 'strongswan-pki');
const OPERATOR: Caller = {
  principal: { type: 'Person', id: 'per-operator', roles: ['operator'], attributes: {} },
  id: 'req-foreign',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};

let city: EstCity;
beforeAll(async () => {
  city = await startEstCity({ statusUrl: 'http://127.0.0.1:8080', approvalWaitMs: 2_000 });
});
afterAll(() => city.stop());

/** The route as the console calls it. */
async function api<Answer>(name: string, input: object = {}): Promise<Answer> {
  const found = city.identity.routes.find((route) => route.endpoint.name === name)!;
  const answer = await found.handle({ params: {}, query: {}, body: {}, ...input } as never, OPERATOR);
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value as Answer;
}
const waiting = async (): Promise<readonly Waiting[]> =>
  (await api<{ enrolments: readonly Waiting[] }>('listEnrolments')).enrolments;
const judge = (id: string, how: 'approveEnrolment' | 'refuseEnrolment', reason: string): Promise<Waiting> =>
  api(how, { params: { id }, body: { reason } });

describe.skipIf(!openssl)('a factory certificate', () => {
  let maker: Maker;
  const pin = (one: Maker, approval: 'automatic' | 'each') => {
    const fingerprint = createHash('sha256').update(new X509Certificate(one.rootPem).raw).digest('hex');
    return api('pinMakerRoot', { body: { maker: MAKER, pem: one.rootPem, fingerprint, approval } });
  };
  beforeAll(async () => {
    maker = await startMaker(city.folder, 'maker');
  });

  const camera = (serial: string, name = serial): Promise<void> =>
    maker.device(name, `/O=Axis/CN=axis-${serial}-eccp256-1`);
  /** The status, and what was said. The new key is `<name>.new.pem`. */
  async function enrol(name: string, subject: string, operation = 'simpleenroll'): Promise<readonly [string, string]> {
    const made = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', subject];
    await run('openssl', [...made, '-keyout', `${name}.new.pem`, '-out', `${name}.csr.pem`], city.folder);
    const who = ['-sS', '--cacert', 'ca.pem', '--cert', `${name}.chain.pem`, '--key', `${name}.key.pem`];
    const what = ['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${name}.csr.pem`];
    const url = `${city.url}/.well-known/est/${operation}`;
    const sent = await run('curl', [...who, ...what, '-w', '\n%{http_code}', url], city.folder);
    if (sent.code !== 0) throw new Error(sent.err);
    const [body, status] = sent.out
      .toString()
      .trimEnd()
      .split(/\n(?=\d+$)/);
    if (status === '200') writeFileSync(city.file(`${name}.p7.b64`), body!);
    return [status!, body!];
  }

  it('is worth nothing before somebody has pinned its maker', async () => {
    await camera('accc8e000001');
    const [status, said] = await enrol('accc8e000001', '/CN=accc8e000001');
    expect([status, said]).toEqual(['403', expect.stringContaining('leads to no root that is pinned here')]);
  });
  it('without an end lets a camera of the purchase list in, under the name of the city', async () => {
    await pin(maker, 'automatic');
    const [status, said] = await enrol('accc8e000001', '/CN=accc8e000001', 'camera/simpleenroll');
    expect([status, said.slice(0, 3)]).toEqual(['200', 'MII']);
    await unpack(city.folder, 'accc8e000001');
    const judged = ['verify', '-CAfile', 'ca.pem', '-untrusted', 'chain.pem', 'accc8e000001.cert.pem'];
    expect((await run('openssl', judged, city.folder)).out.toString()).toContain('OK');
    const shown = await run('openssl', ['x509', '-in', 'accc8e000001.cert.pem', '-noout', '-text'], city.folder);
    expect(shown.out.toString()).toContain('CN = cam-0001');
    expect(shown.out.toString()).toContain('OCSP - URI:http://127.0.0.1:8080/pki/ocsp');
    expect(city.identity.standing('cam-0001')).toBe('active');
  });
  it('opens first enrolment and nothing else', async () => {
    expect((await enrol('accc8e000001', '/CN=cam-0001', 'simplereenroll'))[0]).toBe('403');
    expect(city.identity.admit({ commonName: 'axis-accc8e000001-eccp256-1', serial: '01' }).ok).toBe(false);
  });
  it('of a camera that nobody bought is quarantined, with a card', async () => {
    await camera('accc8e009999');
    const [status, said] = await enrol('accc8e009999', '/CN=accc8e009999');
    expect([status, said]).toEqual(['202', expect.stringContaining('not on the purchase list')]);
    const { discoveries } = await api<{ discoveries: readonly Discovery[] }>('listDiscoveries');
    expect(discoveries).toEqual([
      expect.objectContaining({
        why: 'serial-unknown',
        serial: 'accc8e009999',
        maker: MAKER,
        subject: 'CN=axis-accc8e009999-eccp256-1, O=Axis',
        state: 'quarantined',
      }),
    ]);
  });
  it('that claims a serial a second time with another key waits for a person', async () => {
    await camera('accc8e000001', 'second');
    const [status] = await enrol('second', '/CN=accc8e000001');
    expect(status).toBe('202');
    const [open] = await waiting();
    expect(open).toMatchObject({ device: 'cam-0001', why: 'second-claim', way: 'factory', state: 'waiting' });
    await judge(open!.id, 'refuseEnrolment', 'this camera is on its pole');
    // A fresh key does not ask again.
    expect(await enrol('second', '/CN=accc8e000001')).toEqual(['403', expect.stringContaining('on its pole')]);
    expect(city.identity.standing('cam-0001')).toBe('active');
  });
  it('of a device whose identity has ended does not come back', async () => {
    await camera('accc8e000002');
    expect((await enrol('accc8e000002', '/'))[0]).toBe('200');
    await city.identity.end('cam-0002', { as: 'replaced', reason: 'foreign test', by: 'per-foreign' });
    expect(await enrol('accc8e000002', '/')).toEqual(['403', expect.stringContaining('has ended')]);
  });
  it('from another maker, or for another key, is refused', async () => {
    const forger = await startMaker(city.folder, 'forger');
    await forger.device('forged', '/O=Axis/CN=axis-accc8e000003-eccp256-1');
    expect((await enrol('forged', '/CN=accc8e000003'))[0]).toBe('403');
    await run('cp', ['forged.key.pem', 'accc8e000001.key.pem'], city.folder);
    await expect(enrol('accc8e000001', '/CN=accc8e000001')).rejects.toThrow();
  });
});

describe.skipIf(!strongSwan)('strongSwan pki', () => {
  const pki = (...args: string[]): Promise<Ran> => run('pki', args, city.folder);

  it('sends the same request again until a person has let the device in', async () => {
    const [issued] = await city.identity.issueCodes(['cam-0801'], 'per-foreign', { approval: true });
    writeFileSync(
      city.file('wait.key.pem'),
      (await pki('--gen', '--type', 'ecdsa', '--size', '256', '--outform', 'pem')).out,
    );
    writeFileSync(
      city.file('wait.csr.der'),
      (await pki('--req', '--in', 'wait.key.pem', '--type', 'ecdsa', '--dn', 'CN=cam-0801', '--outform', 'der')).out,
    );
    const asks = pki(
      ...['--est', '--url', city.url, '--in', 'wait.csr.der', '--cacert', 'ca.pem', '--interval', '1'],
      ...['--maxpolltime', '15', '--outform', 'pem', '--userpass', `cam-0801:${issued!.code}`],
    );
    await expect.poll(async () => (await waiting()).find(({ device }) => device === 'cam-0801')?.state).toBe('waiting');
    expect(city.identity.standing('cam-0801')).toBe('none');
    const open = (await waiting()).find(({ device }) => device === 'cam-0801')!;
    await judge(open.id, 'approveEnrolment', 'the installer is on site');
    const ran = await asks;
    expect(ran.err).toContain('Issued certificate "CN=cam-0801"');
    expect((await waiting()).find(({ id }) => id === open.id)!.state).toBe('issued');
    expect(city.identity.standing('cam-0801')).toBe('active');
  });
});
