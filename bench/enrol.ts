/** `bench enrol`: certificates a second from distinct requests to the ledger, and @peculiar/x509 on the same requests by turns. */
import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import * as x509 from '@peculiar/x509';
import { createIdentity, type Identity } from '@cityward/identity';
import { systemClock } from '@cityward/kernel';
import { createLedger, type Ledger } from '@cityward/ledger';
import { silentLog } from '@cityward/log';
import { createDispatcher, openSql, type Dispatcher, type SqlWithCommits } from '@cityward/sql';
import type { Report, RunOptions } from './report.ts';

interface Sizes {
  readonly rounds: number;
  /** Enrolments in each round, ours; the peer takes the first `theirs` of the same requests. */
  readonly ours: number;
  readonly theirs: number;
  readonly sample: number;
}
const FULL: Sizes = { rounds: 5, ours: 10_000, theirs: 400, sample: 50 };
const QUICK: Sizes = { rounds: 1, ours: 300, theirs: 20, sample: 5 };
const IN_FLIGHT = 2_000;

interface Asked {
  readonly device: string;
  readonly code: string;
  /** DER, base64, as a client sends it. */
  readonly body: Buffer;
}
interface Setting {
  readonly sql: SqlWithCommits;
  readonly identity: Identity;
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  readonly folder: string;
}

/** `CITYWARD_BENCH_FOLDER` names the disk, `DATABASE_URL` the storage engine. */
export async function run({ quick }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK : FULL;
  const folder = mkdtempSync(join(process.env['CITYWARD_BENCH_FOLDER'] ?? tmpdir(), 'cityward-bench-'));
  const setting = await open(folder);
  try {
    const peer = await openPeer();
    await warmUp(setting, peer);
    const turns: { ours: number; theirs: number }[] = [];
    let issued: Buffer[] = [];
    for (let round = 0; round < sizes.rounds; round++) {
      const asked = await prepare(setting, round, sizes.ours);
      const mine = await ourTurn(setting, asked);
      issued = mine.certificates;
      turns.push({ ours: mine.perSecond, theirs: await theirTurn(peer, asked.slice(0, sizes.theirs)) });
    }
    const expected = sizes.rounds * sizes.ours;
    await checkAll(setting, issued, { expected, sample: sizes.sample });
    return report(setting, sizes, turns);
  } finally {
    await close(setting);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function open(folder: string): Promise<Setting> {
  const sql = await openSql({ folder: join(folder, 'sql'), databaseUrl: process.env['DATABASE_URL'], log: silentLog });
  const common = { sql, clock: systemClock, log: silentLog };
  const files = { folder: join(folder, 'ledger'), keyFile: join(folder, 'key.pem'), origin: 'bench.example/ledger' };
  const ledger = createLedger({ ...common, ...files });
  const identity = createIdentity({
    ...common,
    folder: join(folder, 'identity'),
    cityName: 'Port Merrow',
    directory: { device: (id) => ({ id, class: 'camera', site: 'site-1' }), siteOf: () => 'site-1' },
    origins: ['http://localhost:8080'],
  });
  const dispatcher = createDispatcher({ sql, handlers: [ledger.factHandler], log: silentLog });
  await ledger.start();
  await identity.start();
  await dispatcher.start();
  return { sql, identity, ledger, dispatcher, folder };
}

async function close({ sql, identity, ledger, dispatcher }: Setting): Promise<void> {
  await dispatcher.stop();
  await identity.stop();
  await ledger.stop();
  await sql.stop();
}

/** Keys, requests and codes are made before the clock runs: they are the devices' and the operator's work. */
async function prepare({ identity, dispatcher }: Setting, round: number, count: number): Promise<Asked[]> {
  const devices = Array.from({ length: count }, (_, i) => `cam-${round}-${String(i).padStart(6, '0')}`);
  const codes = await identity.issueCodes(devices, 'per-bench');
  await dispatcher.drained();
  return codes.map(({ device, code }) => ({ device, code, body: requestFor(device) }));
}

/** A PKCS#10 request for `CN=<device>` with a P-256 key of its own, put together from its fixed parts. */
function requestFor(device: string): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = Buffer.from(device, 'latin1');
  const text = tlv(0x0c, name);
  const subject = tlv(0x30, tlv(0x31, tlv(0x30, Buffer.from('0603550403', 'hex'), text)));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const info = tlv(0x30, Buffer.from('020100', 'hex'), subject, spki, Buffer.from('a000', 'hex'));
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const signature = sign('sha256', info, privateKey);
  return Buffer.from(tlv(0x30, info, algorithm, tlv(0x03, Buffer.from([0]), signature)).toString('base64'), 'latin1');
}
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** Everything that EST does but TLS: the clock stops when the last certificate is stored and in the ledger. */
async function ourTurn(
  { identity, dispatcher }: Setting,
  asked: readonly Asked[],
): Promise<{ perSecond: number; certificates: Buffer[] }> {
  const certificates: Buffer[] = [];
  const enrol = async ({ device, code, body }: Asked): Promise<void> => {
    const authorization = `Basic ${Buffer.from(`${device}:${code}`).toString('base64')}`;
    const answer = await identity.est({
      method: 'POST',
      path: '/.well-known/est/simpleenroll',
      headers: { 'content-type': 'application/pkcs10', authorization },
      body,
      address: '127.0.0.1',
      certificate: null,
    });
    if (answer.status !== 200) throw new Error(`enrol ${device}: ${answer.status} ${answer.body.toString()}`);
    certificates.push(answer.body);
  };
  const began = performance.now();
  await arrive(asked, enrol);
  await dispatcher.drained();
  return { perSecond: (asked.length / (performance.now() - began)) * 1_000, certificates };
}

/** As sockets deliver them: a few in each turn of the event loop, so many under way at most. Rejects with the first fault. */
async function arrive(asked: readonly Asked[], enrol: (one: Asked) => Promise<void>): Promise<void> {
  const all: Promise<void>[] = [];
  let underWay = 0;
  let room = (): void => {};
  for (let next = 0; next < asked.length;) {
    for (let i = 0; i < PER_TURN && underWay < IN_FLIGHT && next < asked.length; i++) {
      underWay++;
      const done = enrol(asked[next++]!).finally(() => {
        underWay--;
        room();
      });
      done.catch(() => undefined); // it is awaited below
      all.push(done);
    }
    if (underWay >= IN_FLIGHT) await new Promise<void>((resolve) => (room = resolve));
    await immediate();
  }
  await Promise.all(all);
}
const PER_TURN = 8;

interface Peer {
  readonly keys: CryptoKeyPair;
  readonly issuer: x509.X509Certificate;
}

async function openPeer(): Promise<Peer> {
  x509.cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const issuer = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'O=Port Merrow, CN=peer',
    keys: keys as never,
    signingAlgorithm: algorithm,
  });
  return { keys, issuer };
}

/** The peer reads, verifies and issues with the same extensions; it stores nothing, which is in its favour. */
async function theirTurn({ keys, issuer }: Peer, asked: readonly Asked[]): Promise<number> {
  const began = performance.now();
  for (const { device, body } of asked) {
    const request = new x509.Pkcs10CertificateRequest(Buffer.from(body.toString('latin1'), 'base64'));
    if (!(await request.verify())) throw new Error(`verify request of ${device} by the peer: it does not`);
    const now = Date.now();
    const publicKey = await request.publicKey.export();
    await x509.X509CertificateGenerator.create({
      serialNumber: createHash('sha256').update(device).digest('hex').slice(0, 32),
      subject: request.subject,
      issuer: issuer.subject,
      notBefore: new Date(now),
      notAfter: new Date(now + 90 * 86_400_000),
      publicKey,
      signingKey: keys.privateKey as never,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2']),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey as never),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://port-merrow/device/${device}` }]),
      ],
    });
  }
  return (asked.length / (performance.now() - began)) * 1_000;
}

async function warmUp(setting: Setting, peer: Peer): Promise<void> {
  const asked = await prepare(setting, 99, 200);
  await ourTurn(setting, asked);
  await theirTurn(peer, asked.slice(0, 20));
}
const WARMED = 200;

/** Serials unique and stored, facts in the ledger, and a sample verified by openssl. */
async function checkAll(
  { sql, identity, ledger, folder }: Setting,
  answers: readonly Buffer[],
  { expected, sample }: { readonly expected: number; readonly sample: number },
): Promise<void> {
  const table = 'identity.certificate';
  const rows = await sql
    .for<{ [table]: { serial: string; profile: string } }>()
    .selectFrom(table)
    .select((eb) => [eb.fn.countAll<number>().as('all'), eb.fn.count<number>('serial').distinct().as('distinct')])
    .where('profile', '=', 'device')
    .executeTakeFirstOrThrow();
  if (Number(rows.all) !== expected + WARMED || rows.all !== rows.distinct)
    throw new Error(`count certificates: ${rows.all}, ${rows.distinct} of them distinct, wanted ${expected + WARMED}`);
  if (ledger.status().durable < expected)
    throw new Error(`count entries: ${ledger.status().durable}, wanted ${expected}`);
  writeFileSync(join(folder, 'ca.pem'), identity.authority.caPem);
  for (const answer of answers.slice(0, sample)) {
    const pem = execFileSync('openssl', ['pkcs7', '-inform', 'der', '-print_certs'], {
      input: Buffer.from(answer.toString('latin1'), 'base64'),
    });
    writeFileSync(join(folder, 'one.pem'), new X509Certificate(pem).toString());
    const how = [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      join(folder, 'ca.pem'),
      join(folder, 'one.pem'),
    ];
    execFileSync('openssl', how);
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

function report({ sql }: Setting, sizes: Sizes, turns: readonly { ours: number; theirs: number }[]): Report {
  const ours = median(turns.map((turn) => turn.ours));
  const theirs = median(turns.map((turn) => turn.theirs));
  return {
    name: 'enrol',
    figures: { certificates_per_s: Math.round(ours), times_peculiar_x509: Math.round((ours / theirs) * 10) / 10 },
    against: { peculiar_x509_certificates_per_s: Math.round(theirs) },
    workload: {
      requests: sizes.rounds * sizes.ours,
      key: 'P-256',
      distinct: 'keys, names, codes and serials',
      ours: 'request read, code and possession checked, issued, stored, in the ledger',
      peculiar_x509: 'the same requests read, possession checked, issued; nothing stored',
      engine: sql.engine,
      in_flight: IN_FLIGHT,
      verified_by_openssl: sizes.sample,
      rounds: sizes.rounds,
    },
  };
}
