/** What is about to be signed, in words, made from the very bytes that are signed and from nothing else. */
import { ChangeJob, JOB_DOMAIN, Officers, OFFICERS_DOMAIN, type JobAction, type JobRevert } from '@cityward/contracts';
import { sha256 } from './bytes.ts';
import { needsOffline } from './officers.ts';
import { plainText, quoted } from './refusals.ts';
import { fits } from './shape.ts';

const hexHash = (bytes: Uint8Array): string => sha256(bytes).toString('hex');
const TIME_MAX = 8_640_000_000_000_000;
const timeText = (at: number): string =>
  at <= TIME_MAX ? `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'a time beyond all calendars';
const countText = (count: number, one: string): string =>
  `${count.toLocaleString('en-GB')} ${one}${count === 1 ? '' : 's'}`;

/** Reads bytes that begin with their domain; null when they are something else. */
function bodyOf(bytes: Uint8Array, domain: string): unknown {
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.startsWith(domain)) return null;
  try {
    return JSON.parse(text.slice(domain.length));
  } catch {
    return null;
  }
}

function actText(action: JobAction): string {
  switch (action.do) {
    case 'install': {
      const { name, version, size, sha256: hash } = action.artifact;
      return `INSTALL firmware "${name}" version ${version} (${countText(size, 'byte')}, SHA-256 ${hash})`;
    }
    case 'configure':
      return `CONFIGURE by the document with SHA-256 ${action.document}`;
    case 'restart':
      return 'RESTART';
    case 'rotate':
      return `ROTATE ${action.what === 'credentials' ? 'the credentials' : 'the certificate'}`;
    case 'set':
      return `SET ${action.name} to ${action.to}: something in the street moves or changes`;
    case 'wipe':
      return 'WIPE: erase all that the device holds, its memory card too. This cannot be undone';
  }
}

function revertText(revert: JobRevert | null): string {
  if (!revert) return 'none: what this does is not taken back by the same signatures';
  const { to, until } = revert;
  const target =
    'document' in to
      ? `the document with SHA-256 ${to.document}`
      : `"${to.name}" version ${to.version} (SHA-256 ${to.sha256}), even where that is older`;
  return `to ${target}, until ${timeText(until)}`;
}

/** Lines to show before a job is signed; null when the bytes are no job. */
export function jobInWords(bytes: Uint8Array): readonly string[] | null {
  const job = bodyOf(bytes, JOB_DOMAIN);
  if (!fits(ChangeJob, job)) return null;
  return [
    `Change    ${quoted(job.title)} (${job.id})`,
    `City      ${quoted(job.city)}`,
    `Does      ${actText(job.action)}`,
    `Devices   ${countText(job.devices.count, 'device')} (tree ${job.devices.root})`,
    `Between   ${timeText(job.notBefore)} and ${timeText(job.notAfter)}`,
    `Way back  ${revertText(job.revert)}`,
    `Kind      ${needsOffline(job.action) ? 'one signature at least must be made like this, on a machine of your own' : 'may be signed by passkey too'}`,
    `Hash      ${hexHash(bytes)}`,
  ];
}

/** Lines to show before an officers' document is signed; null when the bytes are none. */
export function officersInWords(bytes: Uint8Array): readonly string[] | null {
  const officers = bodyOf(bytes, OFFICERS_DOMAIN);
  if (!fits(Officers, officers)) return null;
  const { thresholds, keys } = officers;
  return [
    `Officers  version ${officers.version} of ${quoted(officers.city)}, until ${timeText(officers.expires)}`,
    ...keys.map((key) => {
      const kind = key.alg === 'ed25519' ? 'key for "cityward sign"' : `passkey for ${plainText(key.origin)}`;
      return `  ${key.officer.padEnd(20)} ${kind}, ${key.id}, ${hexHash(Buffer.from(key.publicKey, 'base64url')).slice(0, 16)}`;
    }),
    'How many distinct officers each act needs:',
    ...Object.entries(thresholds).map(([act, needed]) => `  ${act.padEnd(20)} ${needed}`),
    `Hash      ${hexHash(bytes)}`,
  ];
}
