/** Signed artifacts by Debian's mender-artifact, and its mender-client with a device's own certificate, as many side by side as wanted. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startClient, type ClientProcess } from './client-process.ts';
import { run } from './est-kit.ts';

export const DEVICE_TYPE = 'gateway';
/** Debian's package holds this update module: it puts one file into a folder, and can take it back. */
const MODULE = 'single-file';
/**
 * The same, with a reboot of the device: the power goes in it, as when a real one restarts, and whatever the test starts next is the device
 * after it. What the new one does not bring up it is asked for by the file `never`.
 */
const REBOOTING_MODULE = 'cityward-reboot';
const MODULES_FOLDER = '/usr/share/mender/modules/v3';
const REBOOTING_SCRIPT = `#!/bin/sh
set -e
target=$(cat "$2"/files/dest_dir 2>/dev/null || true)
case "$1" in
  NeedsArtifactReboot) echo "Yes" ;;
  ArtifactReboot)
    : > "$target/rebooting"
    kill -9 "$PPID"
    sleep 30
    ;;
  ArtifactVerifyReboot) test ! -e "$target/never" ;;
  ArtifactRollbackReboot|ArtifactVerifyRollbackReboot) exit 0 ;;
  *) exec ${MODULES_FOLDER}/${MODULE} "$@" ;;
esac
`;

/** Who signs artifacts: a P-256 key as SEC 1, which is the only form that mender-artifact takes, and its public half. */
export async function makeArtifactSigner(folder: string, name: string): Promise<void> {
  for (const args of [
    ['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', `${name}.sec1.pem`],
    ['ec', '-in', `${name}.sec1.pem`, '-pubout', '-out', `${name}.pub.pem`],
  ]) {
    const made = await run('openssl', args, folder);
    if (made.code !== 0) throw new Error(`make signer "${name}": ${made.err}`);
  }
}

export interface Artifact {
  /** The name of the artifact: what the device says that it runs, once it does. */
  readonly version: string;
  readonly signer: string;
  readonly deviceType?: string;
  /** The device restarts with it. */
  readonly reboots?: boolean;
  /** One byte of its payload is another than what was signed. */
  readonly tampered?: boolean;
}

/** An artifact that writes its name into a file of the device. */
export async function makeArtifact(folder: string, target: string, made: Artifact): Promise<Buffer> {
  const own = join(folder, `artifact-${made.version}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(own);
  const files = { dest_dir: target, filename: 'installed', permissions: '644', installed: made.version };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), `${text}\n`);
  const module = made.reboots ? REBOOTING_MODULE : MODULE;
  const about = ['-T', module, '-t', made.deviceType ?? DEVICE_TYPE, '-n', made.version, '--compression', 'none'];
  const contents = Object.keys(files).flatMap((name) => ['-f', name]);
  const key = ['-k', join(folder, `${made.signer}.sec1.pem`)];
  const written = await run(
    'mender-artifact',
    ['write', 'module-image', ...about, '-o', 'out.mender', ...contents, ...key],
    own,
  );
  if (written.code !== 0) throw new Error(`write an artifact: ${written.err}`);
  const bytes = readFileSync(join(own, 'out.mender'));
  if (!made.tampered) return bytes;
  // The payload lies last; not compressed, so that its text is there to be changed.
  const at = bytes.lastIndexOf(`${made.version}\n`);
  if (at < 0) throw new Error('tamper with an artifact: its payload is not there as it was written');
  bytes[at]! ^= 1;
  return bytes;
}

export interface MenderStart {
  readonly folder: string;
  readonly device: string;
  readonly url: string;
  /** Whose artifacts it takes. */
  readonly trust: string;
  /** PEM files of the device's certificate and key, and of the city's authority. Without a certificate it is a stranger. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string } | { readonly ca: string };
}
/** The daemon, asking each second; all that is its own lies below one folder. */
export function startMender(start: MenderStart): ClientProcess {
  const own = join(start.folder, start.device);
  const data = join(own, 'data');
  mkdirSync(data, { recursive: true });
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(own, name);
    writeFileSync(path, text, { mode });
    return path;
  };
  const { tls } = start;
  const client =
    'key' in tls
      ? { Certificate: file('cert.pem', tls.cert), Key: file('key.pem', tls.key) }
      : { Certificate: '', Key: '' };
  const config = {
    ServerURL: start.url,
    ServerCertificate: file('ca.pem', tls.ca),
    ...(client.Key === '' ? {} : { HttpsClient: client }),
    UpdatePollIntervalSeconds: 1,
    InventoryPollIntervalSeconds: 2,
    RetryPollIntervalSeconds: 1,
    DeviceTypeFile: file('device_type', `device_type=${DEVICE_TYPE}\n`),
    ArtifactVerifyKey: join(start.folder, `${start.trust}.pub.pem`),
    DBus: { Enabled: false },
  };
  const args = ['-c', file('mender.conf', JSON.stringify(config)), '-d', data, '--no-syslog', 'daemon'];
  return startClient('mender', args, { cwd: own, env: { TEST_DEVICE: start.device } });
}
/** Where the client looks for who it is and what it runs at first, whatever its configuration says. */
const FIXED = {
  '/etc/mender/artifact_info': ['artifact_name=base-1.0\n', 0o644],
  [`${MODULES_FOLDER}/${REBOOTING_MODULE}`]: [REBOOTING_SCRIPT, 0o755],
  '/usr/share/mender/identity/mender-device-identity': ['#!/bin/sh\necho "id=$TEST_DEVICE"\n', 0o755],
} satisfies Readonly<Record<string, readonly [string, number]>>;

/** Puts them there where nothing is; what it answers takes them away again. Null where one may not write there. */
export function layFixedFiles(): (() => void) | null {
  const laid: string[] = [];
  const away = (): void => laid.forEach((path) => rmSync(path, { force: true }));
  try {
    for (const [path, [text, mode]] of Object.entries(FIXED)) {
      if (existsSync(path)) continue;
      writeFileSync(path, text, { mode });
      laid.push(path);
    }
    return away;
  } catch {
    away();
    process.stderr.write(
      '\nSKIPPED: mender-client keeps two files below /etc and /usr/share, which only root may write\n\n',
    );
    return null;
  }
}

/** What the device's disk holds; null while nothing was installed. */
export const menderInstalled = (target: string): string | null => {
  const path = join(target, 'installed');
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
};
