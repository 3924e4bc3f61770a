/** openssl asks about certificates by OCSP, by POST and by GET, and judges the answers and who signed them. */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolWithCurl, has, run, startEstCity, type EstCity, type Ran } from './est-kit.ts';

const openssl = has('openssl', 'openssl') && has('curl', 'curl');

let city: EstCity;
/** The public listener speaks plain HTTP, as OCSP does: answers are signed. */
let plain: Server;
beforeAll(async () => {
  city = await startEstCity();
  const [, issuing] = city.identity.authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/);
  writeFileSync(city.file('issuing.pem'), issuing!);
  plain = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void city.identity.ocsp.answer(Buffer.concat(chunks)).then((answer) => {
        response.writeHead(200, { 'content-type': 'application/ocsp-response', 'content-length': answer.length });
        response.end(answer);
      });
    });
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  plain.close();
  await city.stop();
});

const ocsp = (...args: string[]): Promise<Ran> => run('openssl', ['ocsp', ...args], city.folder);
const trust = ['-CAfile', 'ca.pem', '-verify_other', 'issuing.pem'];
/** What openssl asked, heard and made of it. */
async function ask(which: readonly string[], ...how: string[]): Promise<string> {
  const { port } = plain.address() as AddressInfo;
  const url = ['-url', `http://127.0.0.1:${port}/pki/ocsp`, '-respout', 'answer.der'];
  const ran = await ocsp(...how, '-issuer', 'issuing.pem', ...which, ...url, ...trust);
  return `${ran.out.toString()}${ran.err}`;
}
const certificate = (device: string): string[] => ['-cert', `${device}.cert.pem`];
/** What openssl makes of the answer in `answer.der`. */
async function judge(device: string): Promise<string> {
  const judged = await ocsp(
    '-no_nonce',
    '-issuer',
    'issuing.pem',
    ...certificate(device),
    '-respin',
    'answer.der',
    ...trust,
  );
  return `${judged.out.toString()}${judged.err}`;
}

describe.skipIf(!openssl)('openssl ocsp', () => {
  it.each([[[]], [['-sha256']], [['-no_nonce']]])('finds a good certificate good, asked with %j', async (how) => {
    await enrolWithCurl(city, 'cam-0301');
    const said = await ask(certificate('cam-0301'), ...how);
    expect(said).toContain('Response verify OK');
    expect(said).toContain('cam-0301.cert.pem: good');
    expect(said).not.toContain('Nonce Verify error');
    expect(said.includes('WARNING: no nonce')).toBe(false);
  });
  it('learns at once of a hold, its end and a revocation', async () => {
    await enrolWithCurl(city, 'cam-0302');
    const because = { reason: 'foreign test', by: 'per-foreign' };
    await city.identity.hold('cam-0302', { until: Date.now() + 60_000, ...because });
    expect(await ask(certificate('cam-0302'))).toMatch(/: revoked[\s\S]*Reason: certificateHold/);
    await city.identity.release('cam-0302', because);
    expect(await ask(certificate('cam-0302'))).toContain(': good');
    await city.identity.revoke('cam-0302', because);
    expect(await ask(certificate('cam-0302'))).toMatch(/: revoked[\s\S]*Revocation Time:[\s\S]*Response verify OK/);
  });
  it('is told unknown for a serial that was never issued, and refuses what somebody else signed', async () => {
    await enrolWithCurl(city, 'cam-0303');
    expect(await ask(['-serial', '0x1234'])).toContain('0x1234: unknown');
    await ask(certificate('cam-0303'));
    const forged = await run(
      'sh',
      ['-c', 'printf "\\\\001" | dd of=answer.der bs=1 seek=120 conv=notrunc'],
      city.folder,
    );
    expect(forged.code).toBe(0);
    expect(await judge('cam-0303')).not.toContain('Response verify OK');
  });
  it('reads the answer to a GET', async () => {
    await enrolWithCurl(city, 'cam-0304');
    await ocsp('-issuer', 'issuing.pem', '-cert', 'cam-0304.cert.pem', '-no_nonce', '-reqout', 'question.der');
    const get =
      'curl -sS --fail --cacert ca.pem -o answer.der "$0/ocsp/$(base64 -w0 question.der | sed "s,/,%2F,g;s,+,%2B,g;s,=,%3D,g")"';
    expect((await run('sh', ['-c', get, city.url], city.folder)).code).toBe(0);
    expect(await judge('cam-0304')).toContain('cam-0304.cert.pem: good');
  });
  it('shows a responder that may do nothing else, and need not be asked about', async () => {
    await enrolWithCurl(city, 'cam-0305');
    await ask(certificate('cam-0305'));
    const text = (await ocsp('-respin', 'answer.der', '-resp_text', '-noverify')).out.toString();
    expect(text).toContain('OCSP Signing');
    expect(text).toContain('OCSP No Check');
    expect(text).toContain('Next Update');
    expect(text).not.toContain('TLS Web');
  });
});
