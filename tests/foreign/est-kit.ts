/** A small city for foreign programs: identity on a fresh database, its EST listener, and running programs nobody here wrote. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createIdentity,
  type EstListener,
  type EstListenerOptions,
  type Identity,
  type IdentityOptions,
} from '@cityward/identity';
import type { Discovery } from '@cityward/contracts';
import { systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';

const PROGRAM_MAX_MS = 20_000;

/** Is the Debian program there? Says loudly on standard error when not, so that a skipped check is seen. */
export function has(program: string, debianPackage: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  if (!found) process.stderr.write(`\nSKIPPED: ${program} is not installed (apt install ${debianPackage})\n\n`);
  return found;
}

export interface Ran {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

/** Runs a program to its end; `code` is -1 when it had to be stopped. */
export const run = (program: string, args: readonly string[], cwd: string): Promise<Ran> =>
  runWith(program, args, { cwd, env: {} });

/** The same with more in its environment. */
export function runWith(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { cwd, env: { ...process.env, ...env }, encoding: 'buffer', timeout: PROGRAM_MAX_MS, killSignal: 'SIGKILL' },
      (fault, out, err) => {
        const code = fault ? (typeof fault.code === 'number' ? fault.code : -1) : 0;
        resolve({ code, out, err: err.toString() });
      },
    );
  });
}

export interface EstCity {
  readonly identity: Identity;
  readonly est: EstListener;
  /** Holds ca.pem (root), chain.pem (root and issuing) and whatever the programs write. */
  readonly folder: string;
  readonly url: string;
  file(name: string): string;
  code(device: string): Promise<string>;
  /** Of devices that nobody knows. */
  cards(): Promise<readonly Discovery[]>;
  stop(): Promise<void>;
}

export async function startEstCity(
  more: Pick<IdentityOptions, 'statusUrl' | 'approvalWaitMs'> = {},
  knockAt?: (identity: Identity) => NonNullable<EstListenerOptions['knock']>,
): Promise<EstCity> {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-'));
  const sql: TestSql = await openTestSql();
  const isDevice = (id: string): boolean => /^(cam|lamp)-\d{4}$/.test(id);
  const identity = createIdentity({
    sql,
    folder: join(folder, 'keys'),
    cityName: 'Port Merrow',
    clock: systemClock,
    log: silentLog,
    directory: {
      device: (id) => (isDevice(id) ? { id, class: 'camera', site: 'site-1' } : null),
      siteOf: () => 'site-1',
      bySerial: purchased,
      isParty: (id) => id === MAKER,
    },
    ...more,
    origins: ['http://localhost:8080'],
  });
  await identity.start();
  const knock = knockAt ? { knock: knockAt(identity) } : {};
  const est = identity.createEstListener({ host: '127.0.0.1', port: 0, log: silentLog, ...knock });
  await est.start();
  writeFileSync(join(folder, 'ca.pem'), identity.authority.rootPem);
  writeFileSync(join(folder, 'chain.pem'), identity.authority.caPem);
  return {
    identity,
    est,
    folder,
    url: `https://127.0.0.1:${est.port()}`,
    file: (name) => join(folder, name),
    code: async (device) => (await identity.issueCodes([device], 'per-foreign'))[0]!.code,
    cards: async () => {
      const listed = await identity.routes
        .find(({ endpoint }) => endpoint.name === 'listDiscoveries')!
        .handle({ params: undefined, query: undefined, body: undefined } as never, {} as never);
      return listed.ok ? (listed.value as { discoveries: Discovery[] }).discoveries : [];
    },
    stop: async () => {
      await est.stop();
      await identity.stop();
      await sql.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const MAKER = 'party-axis';
/** The purchase list: serial `accc8e00` and four digits is the camera of that number. */
function purchased(serial: string) {
  const number = /^accc8e00(\d{4})$/.exec(serial)?.[1];
  if (number === undefined || number >= '9000') return null;
  const common = { class: 'camera', site: 'site-1', maker: MAKER };
  return { ...common, id: `cam-${number}`, serial: serial.toUpperCase(), mac: serial.match(/../g)!.join(':') };
}

/** A key and its certificate made by openssl and curl: `<device>.key.pem`, `<device>.cert.pem` in the city's folder. */
export async function enrolWithCurl(city: EstCity, device: string, code?: string): Promise<Ran> {
  const { folder, url } = city;
  const made = await run(
    'openssl',
    ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${device}`]
      .concat(['-addext', `subjectAltName=URI:spiffe://port-merrow/device/${device}`])
      .concat(['-keyout', `${device}.key.pem`, '-out', `${device}.csr.pem`]),
    folder,
  );
  if (made.code !== 0) return made;
  const sent = await run(
    'curl',
    ['-sS', '--fail-with-body', '--cacert', 'ca.pem', '-u', `${device}:${code ?? (await city.code(device))}`]
      .concat(['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${device}.csr.pem`])
      .concat(['-o', `${device}.p7.b64`, `${url}/.well-known/est/simpleenroll`]),
    folder,
  );
  return sent.code === 0 ? unpack(folder, device) : sent;
}

/** Base64 certs-only to PEM, by openssl. */
export const unpack = (folder: string, name: string): Promise<Ran> =>
  run(
    'sh',
    [
      '-c',
      `base64 -d "$0.p7.b64" | openssl pkcs7 -inform der -print_certs | sed -n '/BEGIN/,/END/p' > "$0.cert.pem"`,
      name,
    ],
    folder,
  );
