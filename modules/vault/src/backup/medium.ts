/** What overwriting a key is worth where the key folder lies, as far as the system tells. */
import { readFile } from 'node:fs/promises';
import { statfs } from 'node:fs/promises';

/** statfs(2), linux/magic.h. */
const KINDS: Readonly<Record<number, readonly [name: string, worth: string]>> = {
  0xef53: ['ext2, ext3 or ext4', 'in-place'],
  0x58465342: ['XFS', 'in-place'],
  0x9123683e: ['Btrfs', 'copy-on-write'],
  0x2fc12fc1: ['ZFS', 'copy-on-write'],
  0x01021994: ['tmpfs', 'memory'],
  0x794c7630: ['overlayfs', 'in-place'],
  0x6969: ['NFS', 'elsewhere'],
  0xff534d42: ['CIFS', 'elsewhere'],
  0xca451a4e: ['bcachefs', 'copy-on-write'],
};
const WORTH: Readonly<Record<string, string>> = {
  'in-place':
    'a file is overwritten where it lies. A solid-state disk below may still keep the old place until it clears it',
  'copy-on-write':
    'overwriting writes elsewhere, and snapshots keep what was. Here only the keys above may be relied on: use a key service, or another file system',
  memory: 'it is memory: keys are lost with the next restart',
  elsewhere: 'it lies on another machine: what overwriting does there is not known here',
  unknown: 'what overwriting does on it is not known here',
};

export async function mediumOf(folder: string): Promise<string> {
  const { type } = await statfs(folder);
  const [name, worth] = KINDS[Number(type)] ?? [`a file system of kind 0x${Number(type).toString(16)}`, 'unknown'];
  const disk = await diskOf(folder).catch(() => null);
  const said =
    disk === null ? '' : disk ? ' (the disk says that it is a solid-state one)' : ' (the disk says that it turns)';
  return `${name}${said}: ${WORTH[worth]}`;
}

/** Is it a solid-state disk, by its own word? `null` where nobody says. */
async function diskOf(folder: string): Promise<boolean | null> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' '));
  const at = mounts
    .filter(
      ([, , , , point]) =>
        point !== undefined && (folder === point || folder.startsWith(point === '/' ? '/' : `${point}/`)),
    )
    .sort((a, b) => b[4]!.length - a[4]!.length)[0];
  if (!at?.[2]) return null;
  for (const queue of [`/sys/dev/block/${at[2]}/queue`, `/sys/dev/block/${at[2]}/../queue`]) {
    const text = await readFile(`${queue}/rotational`, 'utf8').catch(() => null);
    if (text !== null) return text.trim() === '0';
  }
  return null;
}
