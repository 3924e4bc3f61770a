/** The devices' half of identity, opened: authority, register, journal, standing, enrolment and EST tied together. */
import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { err, isId, ok, refuse, MINUTE_MS, type Refusal, type Result, type Secret } from '@cityward/kernel';
import type { DeviceIdentity } from '@cityward/contracts';
import { openApprovals, type Approvals } from './approvals.ts';
import { openAuthority, type Authority, type Issued, type ServerCertificate } from './authority.ts';
import { createDocuments, type Documents } from './documents.ts';
import { openDiscoveries, type Discoveries } from './discoveries.ts';
import { checkIssued, checkTime, EXPIRED_RENEWAL_MS } from './domain/enrolment.ts';
import { spiffeOf, type HolderType } from './domain/names.ts';
import { inForce, type Standing, type StandingChange } from './domain/standing.ts';
import { createEnrolment, type Enrolment } from './enrolment.ts';
import { createEst, type EstHandler } from './est.ts';
import { openJournal, type Journal } from '@cityward/journal';
import { openMakers, type Makers } from './makers.ts';
import { createHolders, type FindHolder } from './holders.ts';
import { Networks } from './networks.ts';
import type { IdentityOptions } from './needs.ts';
import { createOcsp, type Ocsp } from './ocsp.ts';
import { createRefusalNotes, type RefusalNotes } from './refusals.ts';
import { Register } from './register.ts';
import { ownerOnlyFolder } from './slot-file.ts';
import { StandingService } from './standing.ts';
import * as store from './store.ts';
import { readClaims } from './ways-store.ts';

/** The list is made anew after so long, and at once when somebody's standing changes. */
const REVOCATION_LIST_KEPT_MS = 60 * MINUTE_MS;
const LISTENER_NAMES = ['localhost', '127.0.0.1', '::1'] as const;

/** What a listener knows of the peer after TLS has verified its chain against `authority.caPem`. */
export interface Peer {
  readonly commonName: string;
  /** Hex, as Node prints it. */
  readonly serial: string;
}
export interface Admitted {
  /** Its id, which may be that of a network. */
  readonly device: string;
  readonly type: HolderType;
  /** `held`: only its quarantine topic. */
  readonly standing: 'active' | 'held';
}

export interface Devices extends Ways {
  readonly authority: Authority;
  readonly register: Register;
  readonly journal: Journal<StandingChange>;
  readonly standing: StandingService;
  readonly enrolment: Enrolment;
  readonly networks: Networks;
  readonly holder: FindHolder;
  readonly est: EstHandler;
  /** Only when the authority was made by this start. */
  readonly passphrase: Secret | null;
  readonly replayed: number;
  serverCertificate(names?: readonly string[]): Promise<ServerCertificate>;
  admit(peer: Peer): Result<Admitted, Refusal>;
  readonly refusals: RefusalNotes;
  revocations(): Buffer;
  readonly ocsp: Ocsp;
  readonly documents: Documents;
  identityOf(device: string): DeviceIdentity;
  isRetired(device: string): boolean;
  /** Revokes one certificate of a network and leaves its standing as it is. */
  withdraw(serial: string, network: string): Promise<Result<void, Refusal>>;
  stop(): Promise<void>;
}

export async function openDevices(options: IdentityOptions): Promise<Devices> {
  const { sql, clock, log, folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await ownerOnlyFolder(folder);
  const { authority, passphrase } = await openAuthority({
    folder: join(folder, 'authority'),
    cityName: options.cityName,
    now: clock(),
    keepPassphrase: options.keepPassphrase ?? false,
    statusUrl: options.statusUrl,
  });
  const register = new Register();
  const rows = await load(options, register);
  const journal = await openStandingJournal(options, rows);
  const networks = await Networks.open({ sql, clock, register, directory: options.directory });
  const holder = createHolders(options.directory, networks);
  const typeOf = (id: string): HolderType => holder(id)?.type ?? 'device';
  const standing = new StandingService({ register, journal, sql, clock, log, typeOf });
  const replayed = await standing.replay();
  if (replayed > 0) log.warn('standing journal was ahead of SQL and has been replayed', { changes: replayed });
  if (passphrase) await recordAuthority(options, authority);

  const refusals = createRefusalNotes({ sql, clock, log });
  const ways = await openWays(options, authority);
  const enrolment = createEnrolment({ ...options, ...ways, holder, register, authority, standing, refusals, networks });
  const revocations = createRevocations({ authority, register, standing, clock });
  const ocsp = createOcsp({ authority, register, clock, log, keep: keepOther(options, register, 'ocsp') });
  return {
    authority,
    register,
    journal,
    standing,
    enrolment,
    networks,
    holder,
    passphrase,
    replayed,
    refusals,
    ...ways,
    revocations,
    ocsp,
    documents: documentsOf(options, authority, register),
    est: createEst({ ...options, holder, authority, enrolment, refusals, revocations, ocsp }),
    serverCertificate: async (names = LISTENER_NAMES) => {
      const issued = await issueServer(options, authority, names);
      register.addOther(issued.serial);
      return issued;
    },
    admit: (peer) => admit({ register, holder }, peer, clock()),
    isRetired: (device) => isRetired(register, device),
    withdraw: (serial, network) => withdraw({ register, standing, options }, serial, network),
    identityOf: (device) => identityOf({ register, authority, options }, device),
    stop: async () => {
      await refusals.stop();
      await standing.stop();
      await journal.close();
    },
  };
}

function isRetired(register: Register, device: string): boolean {
  const restriction = register.restriction(device);
  return restriction?.kind === 'ended' && restriction.as === 'retired';
}

async function openStandingJournal(
  { folder, log }: IdentityOptions,
  rows: readonly store.DeviceRow[],
): Promise<Journal<StandingChange>> {
  const journal = await openJournal<StandingChange>({
    path: join(folder, 'standing.journal'),
    after: Math.max(0, ...rows.map((row) => row.sequence)),
    about: (change) => change.device,
  });
  if (journal.repairedBytes > 0)
    log.warn('standing journal: a torn last line was cut off; nobody was told that it counted', {
      bytes: journal.repairedBytes,
    });
  return journal;
}

interface Ways {
  readonly makers: Makers;
  readonly approvals: Approvals;
  readonly discoveries: Discoveries;
}

async function openWays(options: IdentityOptions, authority: Authority): Promise<Ways> {
  const { directory } = options;
  const own = authority.caPem.split(/(?<=-----END CERTIFICATE-----\n)/).filter((pem) => pem.trim() !== '');
  return {
    makers: await openMakers({
      ...options,
      isParty: directory.isParty && ((id) => directory.isParty!(id)),
      own: own.map((pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()),
    }),
    approvals: await openApprovals(options),
    discoveries: await openDiscoveries(options),
  };
}

const documentsOf = (options: IdentityOptions, authority: Authority, register: Register): Documents =>
  createDocuments({
    folder: join(options.folder, 'documents'),
    authority,
    clock: options.clock,
    keep: keepOther(options, register, 'document'),
  });

const keepOther =
  ({ sql }: IdentityOptions, register: Register, profile: 'ocsp' | 'document') =>
  async ({ serial, keyHash, notBefore, notAfter }: Issued): Promise<void> => {
    const row = { serial, keyHash, notBefore, notAfter, profile, holder: profile };
    await sql.transact((tx) => store.addCertificates(tx.for<store.DeviceTables>(), [row]));
    register.addOther(serial);
  };

async function load({ sql, clock }: IdentityOptions, register: Register): Promise<readonly store.DeviceRow[]> {
  await sql.migrate({ module: 'identity', folder: new URL('../migrations/', import.meta.url) });
  const db = sql.for<store.DeviceTables>();
  const rows = await store.readDevices(db);
  const now = clock();
  register.load(rows, await store.readCertificates(db, now - EXPIRED_RENEWAL_MS), await store.readCodes(db, now));
  for (const serial of await store.readOthers(db, now)) register.addOther(serial);
  for (const claim of await readClaims(db)) register.setClaim(claim);
  return rows;
}

const recordAuthority = ({ sql, clock }: IdentityOptions, authority: Authority): Promise<void> =>
  sql.transact((tx) => {
    const data = { trustDomain: authority.trustDomain, fingerprint: authority.fingerprint };
    tx.record({
      module: 'identity',
      type: 'authority.created',
      actor: 'system',
      subject: 'authority',
      at: clock(),
      data,
    });
    return Promise.resolve();
  });

async function issueServer(
  { sql, clock }: IdentityOptions,
  authority: Authority,
  names: readonly string[],
): Promise<ServerCertificate> {
  const issued = authority.issueServer(names, clock());
  const row = { ...issued, profile: 'server', holder: names[0] ?? 'localhost' } as const;
  await sql.transact((tx) => store.addCertificates(tx.for<store.DeviceTables>(), [row]));
  return issued;
}

/** Judges a peer by serial, for every connection, resumed ones too: TLS keeps trusting a resumed session after revocation and expiry. */
function admit(
  { register, holder }: Pick<Devices, 'register' | 'holder'>,
  { commonName, serial }: Peer,
  now: number,
): Result<Admitted, Refusal> {
  if (!isId(commonName))
    return refuse('forbidden', 'CERTIFICATE_NOT_OF_DEVICE', 'admit peer: its common name is no device id');
  const issued = checkIssued(register.certificate(serial.toUpperCase()), commonName);
  if (!issued.ok) return issued;
  const inTime = checkTime(issued.value, now);
  if (!inTime.ok) return err(inTime.error);
  const restriction = inForce(register.restriction(commonName), now);
  if (restriction?.kind === 'revoked')
    return refuse('forbidden', 'DEVICE_REVOKED', `admit "${commonName}": the device is revoked`);
  if (restriction?.kind === 'ended')
    return refuse('forbidden', 'DEVICE_ENDED', `admit "${commonName}": the identity of the device has ended`);
  const type = holder(commonName)?.type ?? 'device';
  return ok({ device: commonName, type, standing: restriction ? 'held' : 'active' });
}

async function withdraw(
  { register, standing, options }: Pick<Devices, 'register' | 'standing'> & { readonly options: IdentityOptions },
  serial: string,
  network: string,
): Promise<Result<void, Refusal>> {
  const record = register.certificate(serial);
  if (record?.device !== network)
    return refuse('invalid', 'malformed', `revoke "${serial}": network "${network}" has no such certificate`);
  if (record.state !== 'live') return refuse('invalid', 'alreadyRevoked', `revoke "${serial}": it counts no more`);
  const at = options.clock();
  register.end([serial], 'revoked', at);
  standing.tell(network);
  await options.sql.transact(async (tx) => {
    await store.endCertificates(tx.for<store.DeviceTables>(), [serial], { state: 'revoked', at });
    const fact = { module: 'identity', type: 'network.certificate-revoked', actor: network, subject: network } as const;
    tx.record({ ...fact, at, data: { serial } });
  });
  return ok(undefined);
}

interface RevocationParts {
  readonly authority: Authority;
  readonly register: Register;
  readonly standing: StandingService;
  readonly clock: () => number;
}

function createRevocations({ authority, register, standing, clock }: RevocationParts): () => Buffer {
  let list: { readonly der: Buffer; readonly made: number } | null = null;
  standing.onStanding(() => void (list = null));
  return () => {
    const now = clock();
    if (!list || now - list.made >= REVOCATION_LIST_KEPT_MS || now < list.made)
      list = { der: authority.revocationList(register.revokedEntries(now), now), made: now };
    return list.der;
  };
}

interface IdentityParts {
  readonly register: Register;
  readonly authority: Authority;
  readonly options: IdentityOptions;
}

const STATES: Readonly<Record<Exclude<Standing, 'none'>, DeviceIdentity['state']>> = {
  active: 'enrolled',
  held: 'held',
  revoked: 'revoked',
  ended: 'ended',
};

function identityOf({ register, authority, options }: IdentityParts, device: string): DeviceIdentity {
  const now = options.clock();
  const standing = register.standing(device, now);
  const certificate = register.latest(device);
  const restriction = inForce(register.restriction(device), now);
  const code = register.code(device);
  const waiting = code !== undefined && code.used === null && code.expires > now;
  const withoutCertificate = certificate ? 'expired' : waiting ? 'code-issued' : 'none';
  return {
    device,
    state: standing === 'none' ? withoutCertificate : STATES[standing],
    serial: certificate?.serial ?? null,
    spiffe: certificate ? spiffeOf(authority.trustDomain, device) : null,
    notAfter: certificate?.notAfter ?? null,
    connected: options.connected?.(device) ?? false,
    until: restriction?.kind === 'held' ? restriction.until : null,
    reason: restriction?.reason ?? null,
  };
}
