/** A maker of cameras, played by openssl: root, intermediate, and device certificates that never end (IEEE 802.1AR). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Ran } from './est-kit.ts';

const CONFIG = `
[req]
distinguished_name = name
prompt = no
[name]
[ca]
default_ca = issue
[issue]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
default_days = 30
[any]
commonName = supplied
organizationName = optional
serialNumber = optional
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[device]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
authorityKeyIdentifier = keyid
`;

export interface Maker {
  readonly rootPem: string;
  /** Makes `<name>.key.pem` and `<name>.chain.pem` (device, then intermediate). */
  device(name: string, subject: string): Promise<void>;
}

/** Everything lies in `<folder>/<prefix>.*`. Throws when openssl refuses. */
export async function startMaker(folder: string, prefix: string): Promise<Maker> {
  const file = (name: string): string => join(folder, `${prefix}.${name}`);
  const openssl = async (...args: readonly string[]): Promise<Ran> => {
    const ran = await run('openssl', args, folder);
    if (ran.code !== 0) throw new Error(`openssl ${args[0]}: ${ran.err}`);
    return ran;
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(file('cnf'), CONFIG.replace('index.txt', `${prefix}.index`));
  writeFileSync(file('index'), '');
  const config = ['-config', file('cnf')];
  const root = ['-keyout', file('root.key'), '-out', file('root.pem'), '-days', '36500', '-extensions', 'root'];
  await openssl('req', '-x509', ...key, ...root, '-subj', '/O=Maker/CN=Maker device ID Root CA', ...config);
  const issue = (name: string, signer: string, section: string): Promise<Ran> => {
    const from = ['-in', file(`${name}.csr`), '-cert', file(`${signer}.pem`), '-keyfile', file(`${signer}.key`)];
    const life = ['-enddate', '99991231235959Z', '-out', file(`${name}.pem`), '-extensions', section];
    return openssl('ca', '-batch', '-notext', ...from, ...life, ...config);
  };
  const request = (name: string, subject: string): Promise<Ran> =>
    openssl(
      'req',
      '-new',
      ...key,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.csr`),
      '-subj',
      subject,
      ...config,
    );
  await request('sub', '/O=Maker/CN=Maker device ID Intermediate CA ECC 2');
  await issue('sub', 'root', 'intermediate');
  return {
    rootPem: (await run('cat', [file('root.pem')], folder)).out.toString(),
    device: async (name, subject) => {
      await request(name, subject);
      await issue(name, 'sub', 'device');
      await run(
        'sh',
        ['-c', 'cat "$0" "$1" > "$2"', file(`${name}.pem`), file('sub.pem'), `${name}.chain.pem`],
        folder,
      );
      await run('cp', [file(`${name}.key`), `${name}.key.pem`], folder);
    },
  };
}
