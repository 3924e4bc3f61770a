/** Makers' roots that somebody pinned, and whether a factory certificate leads to one: asked at first enrolment and nowhere else. */
import { createHash, X509Certificate } from 'node:crypto';
import type { MakerRoot } from '@cityward/contracts';
import { err, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import {
  CERTIFICATE_MAX_BYTES,
  CHAIN_MAX,
  checkFactoryAuthority,
  checkFactoryLeaf,
  readCertificate,
  serialIn,
  subjectText,
} from './domain/factory-certificate.ts';
import { addRoot, readRoots, removeRoot, type RootRow } from './ways-store.ts';

const ROOTS_MAX = 100;
/** Intermediates that once led to a root: a resumed TLS session, and a lazy client, bring only the device's own certificate. */
const REMEMBERED_MAX = 200;

/** What a factory certificate says, once its chain has been followed to a pinned root. */
export interface FactoryProof {
  /** Lower case. */
  readonly serial: string;
  readonly subject: string;
  /** SHA-256 of the device's factory key, hex. */
  readonly keyHash: string;
  readonly root: MakerRoot;
}

export interface PinDraft {
  readonly maker: string;
  readonly pem: string;
  readonly fingerprint: string;
  readonly approval: MakerRoot['approval'];
}

export interface Makers {
  list(): readonly MakerRoot[];
  pin(draft: PinDraft, by: string): Promise<Result<MakerRoot, Refusal>>;
  remove(fingerprint: string, by: string): Promise<Result<void, Refusal>>;
  /** Follows the chain that the client showed; `chain` is what it sent above its own. Refuses what leads to no pinned root. */
  prove(leaf: X509Certificate, chain: readonly X509Certificate[]): Result<FactoryProof, Refusal>;
}

export interface MakersParts {
  readonly sql: Sql;
  readonly clock: Clock;
  /** Is this a party of the city? Without it every id will do. */
  readonly isParty?: ((id: string) => boolean) | undefined;
  /** Fingerprints (hex) of the city's own authorities: never a maker. */
  readonly own: readonly string[];
}

interface Pinned extends RootRow {
  readonly certificate: X509Certificate;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export async function openMakers(parts: MakersParts): Promise<Makers> {
  const roots = new Map<string, Pinned>();
  const remembered = new Map<string, X509Certificate>();
  for (const row of await readRoots(parts.sql.for()))
    roots.set(row.fingerprint, { ...row, certificate: new X509Certificate(row.der) });
  const shown = ({ der: _der, certificate: _certificate, ...root }: Pinned): MakerRoot => root;
  return {
    list: () => [...roots.values()].map(shown),
    pin: async (draft, by) => {
      const pinned = readRoot(parts, roots, { ...draft, by });
      if (!pinned.ok) return pinned;
      const { certificate, ...row } = pinned.value;
      await parts.sql.transact(async (tx) => {
        await addRoot(tx.for(), row);
        const { fingerprint, subject, approval } = row;
        const fact = { module: 'identity', type: 'maker-root.pinned', actor: by, subject: row.maker } as const;
        tx.record({ ...fact, at: row.pinned, data: { fingerprint, title: subject, approval } });
      });
      roots.set(row.fingerprint, { ...row, certificate });
      return ok(shown(pinned.value));
    },
    remove: async (fingerprint, by) => {
      const root = roots.get(fingerprint);
      if (!root) return refuse('not-found', 'ROOT_UNKNOWN', `remove root "${fingerprint}": no such root is pinned`);
      await parts.sql.transact(async (tx) => {
        await removeRoot(tx.for(), fingerprint);
        const fact = { module: 'identity', type: 'maker-root.removed', actor: by, subject: root.maker } as const;
        tx.record({ ...fact, at: parts.clock(), data: { fingerprint } });
      });
      roots.delete(fingerprint);
      remembered.clear(); // whatever was remembered led to some root, perhaps to this one
      return ok(undefined);
    },
    prove: (leaf, chain) => prove({ roots, remembered, now: parts.clock() }, leaf, chain),
  };
}

function readRoot(
  { clock, isParty, own }: MakersParts,
  roots: ReadonlyMap<string, Pinned>,
  { by, ...draft }: PinDraft & { readonly by: string },
): Result<Pinned, Refusal> {
  const bad = (why: string) => refuse('invalid', 'ROOT_NOT_ACCEPTED', `pin root of "${draft.maker}": ${why}`);
  if (isParty && !isParty(draft.maker)) return bad('the city has no such party, wanted the id of a maker');
  const certificate = onlyCertificate(draft.pem);
  if (!certificate) return bad('wanted exactly one certificate in PEM');
  const fingerprint = sha256(certificate.raw);
  if (fingerprint !== draft.fingerprint.replaceAll(':', '').toLowerCase())
    return bad(`its SHA-256 is "${fingerprint}", wanted the one that was given beside it`);
  if (own.includes(fingerprint)) return bad('it is an authority of this city');
  if (roots.has(fingerprint))
    return refuse('conflict', 'ROOT_PINNED', `pin root "${fingerprint}": it is pinned already`);
  if (roots.size >= ROOTS_MAX) return bad(`wanted at most ${ROOTS_MAX} roots`);
  const read = readCertificate(certificate.raw);
  if (!read.ok) return err(read.error);
  const now = clock();
  const authority = checkFactoryAuthority(read.value, 0, now);
  if (!authority.ok) return bad('wanted the certificate of an authority that is in its time');
  if (!signedBy(certificate, certificate))
    return bad('it is not signed by itself, wanted the root and no intermediate');
  const { maker, approval } = draft;
  const subject = subjectText(read.value.subject);
  const notAfter = read.value.notAfter;
  return ok({ fingerprint, maker, subject, notAfter, approval, pinned: now, by, der: certificate.raw, certificate });
}

const PEM = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;
function onlyCertificate(pem: string): X509Certificate | null {
  const body = PEM.exec(pem)?.[1];
  if (body === undefined) return null;
  try {
    const der = Buffer.from(body, 'base64');
    const certificate = new X509Certificate(der);
    return certificate.raw.equals(der) ? certificate : null;
  } catch {
    return null;
  }
}

function signedBy(child: X509Certificate, parent: X509Certificate): boolean {
  try {
    return child.checkIssued(parent) && child.verify(parent.publicKey);
  } catch {
    return false; // a key that OpenSSL cannot read
  }
}

interface Known {
  readonly roots: ReadonlyMap<string, Pinned>;
  readonly remembered: Map<string, X509Certificate>;
  readonly now: number;
}

function prove(known: Known, leaf: X509Certificate, chain: readonly X509Certificate[]): Result<FactoryProof, Refusal> {
  const none = (why: string) => refuse('forbidden', 'CHAIN_NOT_ACCEPTED', `accept factory certificate: ${why}`);
  if (chain.length >= CHAIN_MAX) return none(`wanted a chain of at most ${CHAIN_MAX} certificates`);
  if ([leaf, ...chain].some((one) => one.raw.length > CERTIFICATE_MAX_BYTES))
    return none(`wanted certificates of at most ${CERTIFICATE_MAX_BYTES} bytes`);
  const read = readCertificate(leaf.raw);
  if (!read.ok) return read;
  const good = checkFactoryLeaf(read.value, known.now);
  if (!good.ok) return good;
  const root = climb(known, leaf, chain);
  if (!root.ok) return root;
  const serial = serialIn(read.value.subject);
  if (!serial.ok) return serial;
  const { der: _der, certificate: _certificate, ...shown } = root.value;
  return ok({
    serial: serial.value,
    subject: subjectText(read.value.subject),
    keyHash: sha256(read.value.spki),
    root: shown,
  });
}

/** From the device's certificate upwards, one signature at a time, each by what was shown or remembered, to a pinned root. */
function climb(known: Known, leaf: X509Certificate, chain: readonly X509Certificate[]): Result<Pinned, Refusal> {
  const passed: X509Certificate[] = [];
  let at = leaf;
  for (let below = 0; below < CHAIN_MAX; below++) {
    const root = [...known.roots.values()].find(({ certificate }) => signedBy(at, certificate));
    if (root) {
      const allowed = judge(root.certificate, below, known.now);
      if (!allowed.ok) return allowed;
      for (const one of passed) remember(known.remembered, one);
      return ok(root);
    }
    const next = [...chain, ...known.remembered.values()].find((one) => !passed.includes(one) && signedBy(at, one));
    if (!next) break;
    const allowed = judge(next, below, known.now);
    if (!allowed.ok) return allowed;
    passed.push(next);
    at = next;
  }
  return refuse(
    'forbidden',
    'CHAIN_NOT_ACCEPTED',
    'accept factory certificate: it leads to no root that is pinned here',
  );
}

function judge(authority: X509Certificate, below: number, now: number): Result<void, Refusal> {
  const read = readCertificate(authority.raw);
  return read.ok ? checkFactoryAuthority(read.value, below, now) : read;
}

function remember(remembered: Map<string, X509Certificate>, certificate: X509Certificate): void {
  if (remembered.size < REMEMBERED_MAX) remembered.set(certificate.fingerprint256, certificate);
}
