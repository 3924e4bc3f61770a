/** Signed packages for Debian's swupdate, and its daemon with a device's own certificate, as many side by side as wanted. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startClient, type ClientProcess } from './client-process.ts';
import { run } from './est-kit.ts';

/** Who signs packages: made by openssl, with the extended key usage that swupdate asks for. */
export async function makeSigner(folder: string, name: string): Promise<void> {
  const subject = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  const usage = ['-addext', 'keyUsage=critical,digitalSignature', '-addext', 'extendedKeyUsage=codeSigning'];
  const files = ['-keyout', `${name}.key.pem`, '-out', `${name}.cert.pem`];
  const made = await run('openssl', [...subject, ...usage, ...files], folder);
  if (made.code !== 0) throw new Error(`make signer "${name}": ${made.err}`);
}

export interface Package {
  readonly version: string;
  readonly signer: string;
  readonly hardware?: string;
  /** Another payload than the one that was described and signed. */
  readonly tampered?: boolean;
}
/** A package that writes the version into a file; where it goes is the device's own folder. */
export async function makePackage(
  folder: string,
  target: string,
  { version, signer, hardware = '1.0', tampered }: Package,
): Promise<Buffer> {
  const own = join(folder, `package-${version}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(own);
  const payload = Buffer.from(`${version}\n`);
  const sha256 = createHash('sha256').update(payload).digest('hex');
  const file = `{filename="fw.bin";path="${target}";sha256="${sha256}";properties:{create-destination="true";};}`;
  const text = `software={version="${version}";hardware-compatibility:["${hardware}"];files:(${file});};\n`;
  writeFileSync(join(own, 'sw-description'), text);
  writeFileSync(join(own, 'fw.bin'), tampered ? Buffer.from('6.6.6\n'.padEnd(payload.length)) : payload);
  const keys = ['-signer', join(folder, `${signer}.cert.pem`), '-inkey', join(folder, `${signer}.key.pem`)];
  const cms = ['cms', '-sign', '-in', 'sw-description', '-out', 'sw-description.sig', ...keys];
  const signed = await run('openssl', [...cms, '-outform', 'DER', '-nosmimecap', '-binary'], own);
  if (signed.code !== 0) throw new Error(`sign a package: ${signed.err}`);
  const packed = await run(
    'sh',
    ['-c', "printf 'sw-description\\nsw-description.sig\\nfw.bin\\n' | cpio -o -H crc"],
    own,
  );
  if (packed.code !== 0) throw new Error(`pack: ${packed.err}`);
  return packed.out;
}

export interface SwupdateStart {
  readonly folder: string;
  readonly device: string;
  readonly url: string;
  readonly trust: string;
  /** PEM files of the device's certificate and key, and of the city's authority. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
  /** What the device says that it runs. */
  readonly version: string;
  /** 2: it comes back from a restart with the new one running; 3: with the old one. */
  readonly confirm?: 2 | 3;
}
/** The daemon, polling; one temporary folder each, or two would meet at one socket. */
export function startSwupdate(start: SwupdateStart): ClientProcess {
  const own = join(start.folder, start.device);
  mkdirSync(own, { recursive: true });
  const files = {
    key: join(own, 'key.pem'),
    cert: join(own, 'cert.pem'),
    ca: join(own, 'ca.pem'),
    config: join(own, 'swupdate.cfg'),
  };
  for (const name of ['key', 'cert', 'ca'] as const) writeFileSync(files[name], start.tls[name], { mode: 0o600 });
  const suricatta = `tenant="DEFAULT";id="${start.device}";url="${start.url}";polldelay=1;cafile="${files.ca}";sslcert="${files.cert}";sslkey="${files.key}";`;
  writeFileSync(
    files.config,
    `globals:{loglevel=4;};\nsuricatta:{${suricatta}};\nidentify:({name="version";value="${start.version}";});\n`,
  );
  const confirm = start.confirm ? ` -c ${start.confirm}` : '';
  const trust = ['-k', join(start.folder, `${start.trust}.cert.pem`), '--cert-purpose', 'codeSigning'];
  const args = [
    '-f',
    files.config,
    '-l',
    '4',
    '-H',
    'board:1.0',
    ...trust,
    '-u',
    `-t DEFAULT -i ${start.device}${confirm}`,
  ];
  return startClient('swupdate', args, { cwd: own, env: { TMPDIR: own } });
}

/** What the device's disk holds; null while nothing was installed. */
export const installedIn = (path: string): string | null =>
  existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
