/** What the tests of changes share: a disk whose power can go between any two operations, officers with real keys, and signed orders. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type {
  ChangeJob,
  JobAction,
  JobOrder,
  JobRevert,
  OfficerKey,
  Officers,
  SignedOfficers,
} from '@cityward/contracts';
import { jobBytes, leafTree, officersBytes } from '@cityward/fleet/verify';
import type { Disk } from './disk.ts';

export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

interface Node {
  bytes: Buffer;
  /** What a power cut leaves of it. */
  synced: number;
}
export interface ShakyDisk extends Disk {
  /** Operations done since the start. */
  readonly done: number;
  /** The power goes before the operation of this number; infinity for never. */
  cutAt: number;
  /** What is left after the power went: nothing unsynced, but parts of it where `keep` says so. */
  restart(keep: (name: string, unsynced: number) => number): ShakyDisk;
  names(): string[];
}

type Files = Map<string, Node>;

function nodeOf(files: Files, name: string): Node {
  const node = files.get(name);
  if (!node) throw new Error(`write "${name}": it was not created`);
  return node;
}

/** What each operation does once the power is there for it. */
const operationsOn = (files: Files, keepNames: () => void): Omit<Disk, 'read' | 'digest' | 'list' | 'close'> => ({
  create: (name) => void files.set(name, { bytes: Buffer.alloc(0), synced: 0 }),
  append: (name, bytes) => {
    const node = nodeOf(files, name);
    node.bytes = Buffer.concat([node.bytes, bytes]);
  },
  sync: (name) => {
    const node = nodeOf(files, name);
    node.synced = node.bytes.length;
  },
  rename: (old, name) => {
    files.set(name, nodeOf(files, old));
    files.delete(old);
  },
  remove: (name) => void files.delete(name),
  erase: (name) => void files.delete(name),
  syncFolder: keepNames,
});

function whatIsLeft(names: Files, keep: (name: string, unsynced: number) => number): Map<string, Buffer> {
  const left = new Map<string, Buffer>();
  for (const [name, { bytes, synced }] of names) {
    const unsynced = bytes.length - synced;
    left.set(name, bytes.subarray(0, synced + (unsynced > 0 ? keep(name, unsynced) : 0)));
  }
  return left;
}

/** Files in memory; names are lost too unless the folder was synced. */
export function shakyDisk(from: ReadonlyMap<string, Buffer> = new Map()): ShakyDisk {
  const files: Files = new Map();
  for (const [name, bytes] of from) files.set(name, { bytes, synced: bytes.length });
  let durable: Files = new Map(files);
  const state = { done: 0, cutAt: Infinity };
  const operations = operationsOn(files, () => (durable = new Map(files)));
  const powered = Object.entries(operations).map(([name, act]) => [
    name,
    (...given: [never, never]) => {
      if (state.done >= state.cutAt) throw new PowerCut('the power went');
      state.done++;
      act(...given);
    },
  ]);
  return {
    ...(Object.fromEntries(powered) as typeof operations),
    get done() {
      return state.done;
    },
    get cutAt() {
      return state.cutAt;
    },
    set cutAt(at: number) {
      state.cutAt = at;
    },
    names: () => [...files.keys()],
    list: () => [...files.keys()],
    read: (name) => files.get(name)?.bytes ?? null,
    digest: (name) => {
      const bytes = files.get(name)?.bytes;
      return bytes ? { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length } : null;
    },
    close: () => undefined,
    // A folder that was not synced may hold the old names or the new ones, here by the same dice as the bytes.
    restart: (keep) => shakyDisk(whatIsLeft(keep('', 1) === 1 ? files : durable, keep)),
  };
}

export interface Signer {
  readonly key: OfficerKey;
  readonly privateKey: KeyObject;
}
export const newSigner = (officer: string): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'jwk' }).x!;
  return { key: { id: `key-${officer}`, officer, alg: 'ed25519', publicKey: raw }, privateKey };
};

export const CITY = 'Port Merrow';
export function officersOf(signers: readonly Signer[], version = 1): Officers {
  return {
    kind: 'cityward-officers',
    version,
    city: CITY,
    expires: Date.now() + 86_400_000,
    thresholds: { officers: 2, install: 2, set: 2, wipe: 2, configure: 1, rotate: 1, restart: 1 },
    keys: signers.map(({ key }) => key),
  };
}
export const signOfficers = (officers: Officers, signers: readonly Signer[]): SignedOfficers => ({
  officers,
  signatures: signers.map(({ key, privateKey }) => ({
    key: key.id,
    alg: 'ed25519',
    signature: sign(null, officersBytes(officers), privateKey).toString('base64url'),
  })),
});

export interface OrderDraft {
  readonly id?: string;
  readonly device: string;
  readonly counter: number;
  readonly action: JobAction;
  readonly revert?: JobRevert | null;
  readonly part?: JobOrder['part'];
  readonly city?: string;
  readonly notAfter?: number;
}
/** A whole order, signed by these; other devices are in the job too. */
export function orderOf(draft: OrderDraft, signers: readonly Signer[]): JobOrder {
  const others = ['aaa-0001', 'zzz-9999'].map((device) => ({ device, counter: 1 }));
  const leaf = { device: draft.device, counter: draft.counter };
  const leaves = [others[0]!, leaf, others[1]!];
  const tree = leafTree(leaves);
  const now = Date.now();
  const job: ChangeJob = {
    kind: 'cityward-job',
    version: 1,
    id: draft.id ?? 'job-0001',
    city: draft.city ?? CITY,
    title: 'A change for a test',
    devices: { count: leaves.length, root: tree.root },
    action: draft.action,
    notBefore: now - 60_000,
    notAfter: draft.notAfter ?? now + 3_600_000,
    revert: draft.revert ?? null,
  };
  const bytes = jobBytes(job);
  return {
    order: 'job',
    job,
    signatures: signers.map(({ key, privateKey }) => ({
      key: key.id,
      alg: 'ed25519',
      signature: sign(null, bytes, privateKey).toString('base64url'),
    })),
    leaf,
    index: 1,
    proof: tree.proofOf(1),
    source: null,
    part: draft.part ?? 'forward',
  };
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** An image and the action that installs it. */
export function firmware(
  version: string,
  text = `firmware ${version}`,
): { bytes: Buffer; action: JobAction & { do: 'install' } } {
  const bytes = Buffer.from(text);
  const artifact = { name: 'fw.bin', version, sha256: hashOf(bytes), size: bytes.length };
  return { bytes, action: { do: 'install', artifact } };
}
