/** What certificates of destruction take from the city: its signature, people's passkeys, and what the keys lie on. */
import { readFile, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Identity } from '@cityward/identity';
import { DAY_MS } from '@cityward/kernel';
import { BACKUP_WEEKS, type DestructionNeeds } from '@cityward/vault';

interface Parts {
  readonly identity: Pick<Identity, 'signDocument' | 'passkeyOf'>;
  readonly cityName: string;
  readonly keyFolder: string;
}
const VERSION = '0.1.0';

export const destructionNeeds = ({ identity, cityName, keyFolder }: Parts): DestructionNeeds => ({
  cityName,
  tool: `Cityward ${VERSION}`,
  office: { location: cityName, contact: `records office of ${cityName}` },
  medium: () => mediumOf(keyFolder),
  sign: (bytes) => identity.signDocument(bytes),
  passkey: (person, credential) => identity.passkeyOf(person, credential),
  // The weeks that a key of backups is kept, and the one that a destruction falls in.
  backupLifeMs: () => (BACKUP_WEEKS + 1) * 7 * DAY_MS,
});

const DEVICE_NUMBER_BITS = 8n;
const LOW_MINOR = 0xffn;
const HIGH_MINOR_SHIFT = 12n;
const MAJOR = 0xfffn;

/** What Linux says of the disk; a medium that it does not know (a container's, a network's) stays empty rather than guessed. */
async function mediumOf(folder: string): ReturnType<DestructionNeeds['medium']> {
  const { dev } = await stat(folder, { bigint: true });
  const major = (dev >> DEVICE_NUMBER_BITS) & MAJOR;
  const minor = (dev & LOW_MINOR) | ((dev >> HIGH_MINOR_SHIFT) & ~LOW_MINOR);
  const disk = await wholeDisk(`/sys/dev/block/${major}:${minor}`);
  const read = async (name: string): Promise<string> =>
    disk === null ? '' : (await readFile(join(disk, name), 'utf8').catch(() => '')).trim().slice(0, 100);
  const rotates = await read('queue/rotational');
  return {
    manufacturer: await read('device/vendor'),
    model: await read('device/model'),
    serial: await read('device/serial'),
    property: '',
    type: rotates === '1' ? 'hard disk' : rotates === '0' ? 'solid-state disk' : 'not known',
    source: `key file of the records, ${disk === null ? 'on a medium that the system does not name' : basename(disk)}`,
  };
}

/** A partition lies below its disk. */
async function wholeDisk(link: string): Promise<string | null> {
  try {
    const path = join(dirname(link), await readlink(link));
    const isPart = await stat(join(path, 'partition')).then(
      () => true,
      () => false,
    );
    return isPart ? dirname(path) : path;
  } catch {
    return null;
  }
}
