/** Debian's lego as the ACME client of a Linux gateway: an account only with the city's binding, a certificate, its renewal, its end. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../apps/server/src/testing-ports.ts';
import { createRunningCity, type RunningCity } from './city-kit.ts';
import { has, runWith, type Ran } from './est-kit.ts';

const able = has('lego', 'lego');
const GATEWAY = 'gateway-east';
const HOST = 'gateway-east.example';
/** The network's own id comes first: it is the common name, by which lego finds the certificate when it renews. */
const NAMES = ['--domains', GATEWAY, '--domains', HOST];

interface Bound {
  readonly kid: string;
  readonly key: string;
  readonly directory: string;
}

describe.skipIf(!able)('lego', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-acme-'));
  let city: RunningCity;
  let challengePort: number;
  /** Used up by the first certificate; lego wants it named again each time, and sends it no more. */
  let bound: Bound;
  beforeAll(async () => {
    [challengePort] = (await freePorts(1)) as [number];
    city = await createRunningCity({ acme: new Map([[HOST, '127.0.0.1']]), acmePort: challengePort });
    const registered = ['--kind', 'site-gateway', '--name', 'Gateway east', '--party', partyOf(city)];
    await city.cli(['network', 'add', GATEWAY, ...registered]);
    writeFileSync(join(folder, 'ca.pem'), city.ca);
  }, 120_000);
  afterAll(async () => {
    await city?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const lego = (directory: string, command: readonly string[], binding?: Pick<Bound, 'kid' | 'key'>): Promise<Ran> => {
    const bound = binding ? ['--eab', '--kid', binding.kid, '--hmac', binding.key] : [];
    const http = ['--http', '--http.port', `127.0.0.1:${challengePort}`];
    const who = ['--email', 'gateway@example.org', '--accept-tos', '--path', join(folder, 'lego'), ...NAMES];
    return runWith('lego', ['--server', directory, ...who, ...bound, ...http, ...command], {
      cwd: folder,
      env: { LEGO_CA_CERTIFICATES: join(folder, 'ca.pem') },
    });
  };
  const bind = async (): Promise<Bound> =>
    JSON.parse(await city.cli(['network', 'acme', GATEWAY, '--names', HOST, '--json'])) as Bound;
  const file = (name: string): string => readFileSync(join(folder, 'lego', 'certificates', name), 'utf8');
  const admitted = (pem: string) => {
    const certificate = new X509Certificate(pem);
    const commonName = /CN=(.*)/.exec(certificate.subject)![1]!;
    return city.identity.admit({ commonName, serial: certificate.serialNumber });
  };

  it('gets no account without a binding, nor with one that somebody invented', async () => {
    const { directory, kid } = await bind();
    expect((await lego(directory, ['run'])).err).toContain('Server requires External Account Binding');
    const invented = await lego(directory, ['run'], { kid, key: Buffer.alloc(32, 7).toString('base64url') });
    expect([invented.code, invented.err]).toEqual([1, expect.stringContaining('unauthorized')]);
  });

  it('gets a certificate that lets the gateway in, and serves under the name that it proved', async () => {
    bound = await bind();
    const ran = await lego(bound.directory, ['run'], bound);
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('Server responded with a certificate')]);
    const leaf = new X509Certificate(file(`${GATEWAY}.crt`));
    expect(leaf.subjectAltName).toBe(`URI:spiffe://port-merrow/network/${GATEWAY}, DNS:${GATEWAY}, DNS:${HOST}`);
    expect(admitted(file(`${GATEWAY}.crt`))).toMatchObject({ ok: true, value: { device: GATEWAY, type: 'network' } });
    expect(city.identity.standing(GATEWAY)).toBe('active');
  });

  it('renews it with its account, without a new binding', async () => {
    const before = new X509Certificate(file(`${GATEWAY}.crt`)).serialNumber;
    const ran = await lego(bound.directory, ['renew', '--days', '365', '--no-random-sleep'], bound);
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('Server responded with a certificate')]);
    expect(new X509Certificate(file(`${GATEWAY}.crt`)).serialNumber).not.toBe(before);
    expect(admitted(file(`${GATEWAY}.crt`)).ok).toBe(true);
  });

  it('revokes it', async () => {
    const ran = await lego(bound.directory, ['revoke', '--keep'], bound);
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('Certificate was revoked')]);
    expect(admitted(file(`${GATEWAY}.crt`))).toMatchObject({ ok: false, error: { code: 'CERTIFICATE_REVOKED' } });
  });

  it('gets none once the gateway has ended', async () => {
    await city.cli(['network', 'end', GATEWAY, '--reason', 'taken down']);
    const ran = await lego(bound.directory, ['renew', '--days', '365', '--no-random-sleep'], bound);
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('unauthorized')]);
  });
});

const partyOf = (city: RunningCity): string => city.server.modules.city.parties()[0]!.id;
