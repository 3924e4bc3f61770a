/** `cityward sign`: shows what a file says from the very bytes that will be signed, asks, and signs. Needs no city. */
import { createHash, sign } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ChangeJob, JobLeaf, JobSignature, SignedOfficers, VaultOpening } from '@cityward/contracts';
import {
  checkJob,
  checkOfficers,
  checkRootKeys,
  isArtifact,
  jobBytes,
  jobInWords,
  keyIdOf,
  leafTree,
  metadataBytes,
  metadataInWords,
  officersBytes,
  openingBytes,
  openingInWords,
  officersInWords,
  plainText,
  tufKeyOf,
  type Root,
  type Targets,
} from '@cityward/fleet/verify';
import { askLine, askPassphrase, PASSPHRASE_FLAG } from './ask.ts';
import { readText } from './city.ts';
import type { Asked, Command, Said } from './command.ts';
import { CommandFault, EXIT } from './exit-codes.ts';
import { openKeyFile, readKeyFile, type Ed25519Key } from './key-file.ts';

/** Typed by hand: enough to have looked. */
const HASH_TYPED_CHARS = 8;
const LEAVES_SHOWN_MAX = 20;

/** What a file may hold, and how a signature on it is kept. */
export interface Signable {
  readonly bytes: Buffer;
  readonly words: readonly string[];
  /** Writes the signature where it belongs; answers that path. */
  readonly keep: (key: Ed25519Key, signature: Buffer) => string;
}

export const signCommand: Command = {
  verb: 'sign',
  words: ['FILE'],
  help: 'Sign a job, an officers document, a repository document or the opening of a vault. Shows what it says, from the bytes that are signed, and asks. Works without a city: use it on a machine of your own.',
  flags: [
    { name: 'key', value: 'FILE', help: 'your key file, made by "officers key"' },
    { name: 'out', value: 'FILE', help: 'where the signature on a job goes (FILE.KEY.sig.json)' },
    { name: 'artifact', value: 'FILE', help: 'a job that installs: the firmware that you know, to be the same' },
    { name: 'devices', value: 'FILE', help: 'a job: its list of devices, to be checked and shown' },
    { name: 'officers', value: 'FILE', help: 'a root: the officers document that it must follow' },
    { name: 'yes-hash', value: 'HASH', help: 'for scripts: sign without asking, if this is the whole hash' },
    PASSPHRASE_FLAG,
  ],
  examples: [
    'sign job.json --key ann.key',
    'sign job.json --key ann.key --artifact lamp-2.1.bin --devices devices.json',
    'sign officers.json --key ann.key',
  ],
  run: (asked) => signFile(asked),
};

export async function signFile(asked: Asked): Promise<Said> {
  const [path = ''] = asked.words;
  const keyPath = asked.flag('key');
  if (!keyPath) throw new CommandFault(EXIT.usage, 'sign: no key; give --key with your key file');
  const signable = signableOf(path, asked);
  const hash = createHash('sha256').update(signable.bytes).digest('hex');
  const { key: whose } = readKeyFile(keyPath);
  process.stderr.write(`${signable.words.join('\n')}\nKey       ${whose.id} of officer ${whose.officer}\n`);
  await agree(asked, hash);
  const { key, privateKey } = openKeyFile(keyPath, await askPassphrase(asked, false));
  const out = signable.keep(key, sign(null, signable.bytes, privateKey));
  return {
    data: { file: out, hash, key: key.id, officer: key.officer },
    text: `Signed by ${key.officer} (${key.id}): ${out}\nHash ${hash}`,
  };
}

async function agree(asked: Asked, hash: string): Promise<void> {
  const given = asked.flag('yes-hash');
  if (given !== undefined) {
    if (given.toLowerCase() === hash) return;
    throw new CommandFault(EXIT.refused, `sign: the hash of this file is ${hash}, "${plainText(given)}" was agreed to`);
  }
  const typed = await askLine(
    `Type the first ${HASH_TYPED_CHARS} characters of the hash to sign, or nothing to leave: `,
    '--yes-hash',
  );
  if (typed.trim().toLowerCase() === hash.slice(0, HASH_TYPED_CHARS)) return;
  throw new CommandFault(EXIT.refused, 'sign: not signed, the characters were others');
}

/** What the file is and says; throws where it is nothing that officers sign, or breaks a rule that no device would pass. */
function signableOf(path: string, asked: Asked): Signable {
  const value = readJson(path);
  if (value['kind'] === 'cityward-vault-opening') return openingOf(value as unknown as VaultOpening, path, asked);
  if (value['kind'] === 'cityward-job') return jobOf(value as unknown as ChangeJob, path, asked);
  if (value['officers'] !== undefined) return officersOf(value as unknown as SignedOfficers, path);
  const signed = (value['signed'] ?? value) as Root | Targets;
  if (signed._type === 'root' || signed._type === 'targets') return metadataOf(signed, { path, value, asked });
  throw new CommandFault(EXIT.refused, `sign "${path}": it is no job, officers document, root or targets`);
}

export function readJson(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    throw new CommandFault(EXIT.refused, `read "${path}": it is no JSON`);
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandFault(EXIT.refused, `read "${path}": wanted a JSON object`);
}

/** Beside, then over: a file that was signed is whole. */
export function writeJson(path: string, value: unknown): string {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.new`, path);
  return path;
}

function jobOf(given: ChangeJob, path: string, asked: Asked): Signable {
  const job = checkJob(given);
  if (!job.ok) throw new CommandFault(EXIT.refused, `sign "${path}": ${job.error.message}`);
  const bytes = jobBytes(job.value);
  return {
    bytes,
    words: [...(jobInWords(bytes) ?? []), ...artifactWords(job.value, asked), ...deviceWords(job.value, asked)],
    keep: (key, signature) => {
      const kept: JobSignature = { key: key.id, alg: 'ed25519', signature: signature.toString('base64url') };
      return writeJson(asked.flag('out') ?? `${path}.${key.id}.sig.json`, kept);
    },
  };
}

/** The firmware that the officer holds must be the one that the job installs. */
function artifactWords({ action }: ChangeJob, { flag }: Asked): string[] {
  const file = flag('artifact');
  if (!file) return [];
  if (action.do !== 'install') throw new CommandFault(EXIT.usage, `compare "${file}": this job installs nothing`);
  if (!isArtifact(readFileSync(file), action.artifact))
    throw new CommandFault(EXIT.notVerified, `compare "${file}": the job installs OTHER bytes than this file`);
  return [`Artifact  the same bytes as "${file}"`];
}

function deviceWords({ devices }: ChangeJob, { flag }: Asked): string[] {
  const file = flag('devices');
  if (!file) return [];
  let root = '';
  const { leaves } = readJson(file) as { leaves?: readonly JobLeaf[] };
  try {
    root = leafTree(leaves ?? []).root;
  } catch (error) {
    throw new CommandFault(EXIT.notVerified, `compare "${file}": ${plainText((error as Error).message)}`);
  }
  if (!leaves || root !== devices.root || leaves.length !== devices.count)
    throw new CommandFault(EXIT.notVerified, `compare "${file}": the job is for OTHER devices than this list`);
  const shown = leaves.slice(0, LEAVES_SHOWN_MAX).map(({ device }) => plainText(device));
  const more = leaves.length > shown.length ? [`and ${leaves.length - shown.length} more`] : [];
  return [`Namely    ${[...shown, ...more].join(', ')}`];
}

function openingOf(opening: VaultOpening, path: string, asked: Asked): Signable {
  const bytes = tryBytes(() => openingBytes(opening));
  const words = bytes && openingInWords(bytes);
  if (!bytes || !words) throw new CommandFault(EXIT.refused, `sign "${path}": it is not what "vault opening" wrote`);
  return {
    bytes,
    words,
    keep: (key, signature) => {
      const made: JobSignature = { key: key.id, alg: 'ed25519', signature: signature.toString('base64url') };
      return writeJson(asked.flag('out') ?? `${path}.${key.id}.sig.json`, made);
    },
  };
}

function officersOf(document: SignedOfficers, path: string): Signable {
  const { officers, signatures } = document;
  let words: readonly string[] | null = null;
  const bytes = tryBytes(() => officersBytes(officers));
  if (bytes) words = officersInWords(bytes);
  if (!bytes || !words) throw new CommandFault(EXIT.refused, `sign "${path}": it is no officers document`);
  const sound = checkOfficers(officers);
  if (!sound.ok) throw new CommandFault(EXIT.refused, `sign "${path}": ${sound.error.message}`);
  return {
    bytes,
    words,
    keep: (key, signature) => {
      const others = (Array.isArray(signatures) ? signatures : []).filter((one) => one.key !== key.id);
      const mine = { key: key.id, alg: 'ed25519', signature: signature.toString('base64url') };
      return writeJson(path, { officers, signatures: [...others, mine] });
    },
  };
}

function metadataOf(
  signed: Root | Targets,
  { path, value, asked }: { path: string; value: Record<string, unknown>; asked: Asked },
): Signable {
  const bytes = tryBytes(() => metadataBytes(signed));
  const words = bytes && metadataInWords(bytes);
  if (!bytes || !words) throw new CommandFault(EXIT.refused, `sign "${path}": it is no root or targets document`);
  if (signed._type === 'root') checkRootOf(signed, path, asked);
  return {
    bytes,
    words,
    keep: (key, signature) => {
      const tuf = tufKeyOf(key);
      if (!tuf) throw new CommandFault(EXIT.refused, `sign "${path}": the key is not of the wanted form`);
      const keyid = keyIdOf(tuf);
      const given = value['signatures'] as readonly { keyid: string }[] | undefined;
      const others = (Array.isArray(given) ? given : []).filter((one) => one.keyid !== keyid);
      return writeJson(path, { signed, signatures: [...others, { keyid, sig: signature.toString('hex') }] });
    },
  };
}

/** A root names only keys: whose they are is known from the officers document that the officer brings along. */
function checkRootOf(root: Root, path: string, { flag }: Asked): void {
  const file = flag('officers');
  if (!file)
    throw new CommandFault(
      EXIT.usage,
      `sign "${path}": a root; give --officers with the officers document that you know`,
    );
  const { officers } = readJson(file) as unknown as SignedOfficers;
  const sound = officers ? checkOfficers(officers) : null;
  if (!sound?.ok) throw new CommandFault(EXIT.refused, `read "${file}": it is no officers document`);
  const fits = checkRootKeys(root, officers);
  if (!fits.ok) throw new CommandFault(EXIT.notVerified, `sign "${path}": ${fits.error.message}`);
}

function tryBytes(make: () => Buffer): Buffer | null {
  try {
    return make();
  } catch {
    return null;
  }
}
