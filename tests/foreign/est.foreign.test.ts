/** strongSwan, curl and openssl enrol, renew and are refused; openssl judges the certificates and the revocation list. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolWithCurl, has, run, startEstCity, unpack, type EstCity, type Ran } from './est-kit.ts';

const openssl = has('openssl', 'openssl') && has('curl', 'curl');
const strongSwan = has('pki', 'strongswan-pki');

let city: EstCity;
beforeAll(async () => {
  city = await startEstCity();
});
afterAll(() => city.stop());

describe.skipIf(!strongSwan)('strongSwan pki', () => {
  const pki = (...args: string[]): Promise<Ran> => run('pki', args, city.folder);
  async function request(
    device: string,
    name: string,
    [type, size]: [string, string] = ['ecdsa', '256'],
  ): Promise<void> {
    const key = await pki('--gen', '--type', type, '--size', size, '--outform', 'pem');
    writeFileSync(city.file(`${name}.key.pem`), key.out);
    const made = await pki(
      '--req',
      '--in',
      `${name}.key.pem`,
      '--type',
      type,
      '--dn',
      `CN=${device}`,
      '--outform',
      'der',
    );
    writeFileSync(city.file(`${name}.csr.der`), made.out);
  }
  const est = async (name: string, ...who: string[]): Promise<Ran> => {
    const common = ['--est', '--url', city.url, '--in', `${name}.csr.der`, '--cacert', 'ca.pem', '--interval', '1'];
    const ran = await pki(...common, '--maxpolltime', '2', '--outform', 'pem', ...who);
    if (ran.code === 0) writeFileSync(city.file(`${name}.cert.pem`), ran.out);
    return ran;
  };

  it('fetches and trusts the authorities', async () => {
    const ran = await pki(
      '--estca',
      '--url',
      city.url,
      '--cacert',
      'ca.pem',
      '--caout',
      'got.pem',
      '--outform',
      'pem',
      '--force',
    );
    expect(ran.err).toContain('Root CA equals trusted TLS Root CA');
    expect(ran.err).toContain('Sub CA cert is trusted');
    expect(readFileSync(city.file('got.pem'), 'utf8').replaceAll('\n', '')).toBe(
      city.identity.authority.rootPem.replaceAll('\n', ''),
    );
  });
  it.each([
    ['ecdsa', '256', 'cam-0001'],
    ['ecdsa', '384', 'cam-0002'],
    ['rsa', '3072', 'cam-0003'],
  ])('enrols with a key of %s %s', async (type, size, device) => {
    await request(device, device, [type, size]);
    const ran = await est(device, '--userpass', `${device}:${await city.code(device)}`);
    expect(ran.err).toContain(`Issued certificate "CN=${device}"`);
    expect(city.identity.standing(device)).toBe('active');
    const printed = await pki('--print', '--in', `${device}.cert.pem`);
    expect(printed.out.toString()).toMatch(new RegExp(`altNames: +spiffe://port-merrow/device/${device}`));
    expect(printed.out.toString()).toMatch(/flags: +clientAuth/);
  });
  it('is refused with a code that was used', async () => {
    await request('cam-0004', 'cam-0004');
    const code = await city.code('cam-0004');
    await est('cam-0004', '--userpass', `cam-0004:${code}`);
    const again = await est('cam-0004', '--userpass', `cam-0004:${code}`);
    expect(again.code).not.toBe(0);
    expect(again.err).toContain('401');
  });
  it('renews with its certificate and a new key, until it is revoked', async () => {
    await request('cam-0005', 'cam-0005');
    await est('cam-0005', '--userpass', `cam-0005:${await city.code('cam-0005')}`);
    await request('cam-0005', 'renewed');
    const own = ['--cert', 'cam-0005.cert.pem', '--key', 'cam-0005.key.pem'];
    const renewed = await est('renewed', ...own);
    expect(renewed.err).toContain('Issued certificate "CN=cam-0005"');
    await city.identity.revoke('cam-0005', { reason: 'foreign test', by: 'per-foreign' });
    const refused = await est('renewed', ...own);
    expect(refused.code).not.toBe(0);
    expect(refused.err).toContain('403');
  });
});

describe.skipIf(!openssl)('curl and openssl', () => {
  const curl = (...args: string[]): Promise<Ran> => run('curl', ['-sS', '--cacert', 'ca.pem', ...args], city.folder);
  const verify = (...args: string[]): Promise<Ran> =>
    run('openssl', ['verify', '-CAfile', 'ca.pem', '-untrusted', 'chain.pem', ...args], city.folder);

  it('enrol, and the certificate is good for a client and for nothing else', async () => {
    expect((await enrolWithCurl(city, 'cam-0101')).code).toBe(0);
    expect((await verify('-x509_strict', '-purpose', 'sslclient', 'cam-0101.cert.pem')).out.toString()).toContain('OK');
    for (const purpose of ['sslserver', 'smimesign', 'crlsign'])
      expect((await verify('-purpose', purpose, 'cam-0101.cert.pem')).code).not.toBe(0);
    const text = await run(
      'openssl',
      ['x509', '-in', 'cam-0101.cert.pem', '-noout', '-ext', 'subjectAltName'],
      city.folder,
    );
    expect(text.out.toString()).toContain('URI:spiffe://port-merrow/device/cam-0101');
  });
  it('are refused with a used code, a wrong one and no code', async () => {
    const code = await city.code('cam-0102');
    expect((await enrolWithCurl(city, 'cam-0102', code)).code).toBe(0);
    for (const tried of [code, 'guess']) expect((await enrolWithCurl(city, 'cam-0102', tried)).err).toContain('401');
    const status = await curl(
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-X',
      'POST',
      `${city.url}/.well-known/est/simpleenroll`,
    );
    expect(status.out.toString()).toBe('401');
  });
  it('renew by certificate, until the device is revoked', async () => {
    await enrolWithCurl(city, 'cam-0103');
    const renew = () =>
      curl(
        ...['--fail-with-body', '--cert', 'cam-0103.cert.pem', '--key', 'cam-0103.key.pem', '-o', 'again.p7.b64'],
        ...['-H', 'Content-Type: application/pkcs10', '-H', 'Content-Transfer-Encoding: base64'],
        ...['--data-binary', '@cam-0103.csr.pem', `${city.url}/.well-known/est/simplereenroll`],
      );
    expect((await renew()).code).toBe(0);
    await unpack(city.folder, 'again');
    expect((await verify('-purpose', 'sslclient', 'again.cert.pem')).out.toString()).toContain('OK');
    await city.identity.revoke('cam-0103', { reason: 'foreign test', by: 'per-foreign' });
    expect((await renew()).err).toContain('403');
  });
  it('accept the revocation list and refuse by it', async () => {
    await enrolWithCurl(city, 'cam-0104');
    await enrolWithCurl(city, 'cam-0105');
    await city.identity.revoke('cam-0104', { reason: 'foreign test', by: 'per-foreign' });
    await city.identity.hold('cam-0105', { until: Date.now() + 60_000, reason: 'foreign test', by: 'per-foreign' });
    await curl('-o', 'list.crl', `${city.url}/revocations.crl`);
    const list = await run(
      'openssl',
      ['crl', '-inform', 'der', '-in', 'list.crl', '-CAfile', 'chain.pem', '-text', '-out', 'list.pem'],
      city.folder,
    );
    expect(list.err).toContain('verify OK');
    expect(readFileSync(city.file('list.pem'), 'utf8')).toContain('Certificate Hold');
    for (const device of ['cam-0104', 'cam-0105']) {
      const judged = await verify('-crl_check', '-CRLfile', 'list.pem', `${device}.cert.pem`);
      expect(judged.err).toContain('certificate revoked');
    }
    await enrolWithCurl(city, 'cam-0106');
    expect((await verify('-crl_check', '-CRLfile', 'list.pem', 'cam-0106.cert.pem')).out.toString()).toContain('OK');
  });
  it('get a clear reason for a request that is not one', async () => {
    writeFileSync(city.file('bad'), 'this is no request');
    const said = await curl(
      ...['-u', `cam-0107:${await city.code('cam-0107')}`, '-H', 'Content-Type: application/pkcs10'],
      ...['--data-binary', '@bad', `${city.url}/.well-known/est/simpleenroll`],
    );
    expect(said.out.toString()).toBe('read request: wanted a PKCS#10 request in base64 or PEM\n');
  });
});
