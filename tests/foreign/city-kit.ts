/** A whole city in this process for foreign programs: its identity, devices that enrol over EST, and the command on its socket. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DeviceClass, PortSession } from '@cityward/contracts';
import type { Identity } from '@cityward/identity';
import { call, certificatesIn, newRequest, pemOf } from '@cityward/identity/testing';
import type { Config } from '../../apps/server/src/config.ts';
import { openTestServer, type TestServer } from '../../apps/server/src/testing.ts';

const CLI = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

export interface RunningCity {
  readonly server: TestServer;
  readonly identity: Identity;
  /** PEM, root then issuing. */
  readonly ca: string;
  /** The nth device of a class. */
  deviceOf(kind: DeviceClass, nth?: number): string;
  /** Enrols over EST and writes `<path>.pem` and `<path>.key`. */
  enrol(device: string, path: string): Promise<void>;
  /** Runs `cityward` against this city; rejects with what it said when it did not end well. */
  cli(args: readonly string[]): Promise<string>;
  ports(): Promise<readonly PortSession[]>;
  stop(): Promise<void>;
}

export async function createRunningCity(change: Partial<Config> = {}): Promise<RunningCity> {
  const server = await openTestServer(change);
  const { identity, city } = server.modules;
  const { caPem: ca } = identity.authority;
  const { dataFolder, estPort: port } = server.config;
  const cli = (args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const all = ['--disable-warning=ExperimentalWarning', CLI, ...args, '--data', dataFolder];
      execFile(process.execPath, all, (fault, out, err) => {
        if (fault) reject(new Error(`cityward ${args.join(' ')}: ${out}${err}`));
        else resolve(out);
      });
    });
  return {
    server,
    identity,
    ca,
    deviceOf: (kind, nth = 0) => city.deviceIds().filter((id) => city.record(id)?.class === kind)[nth]!,
    enrol: async (device, path) => {
      const [issued] = await identity.issueCodes([device], 'system');
      const { key, base64: body } = newRequest(device);
      const basic = `${device}:${issued!.code}`;
      const answer = await call({ port, ca, path: '/.well-known/est/simpleenroll', body, basic });
      if (answer.status !== 200) throw new Error(`enrol "${device}": ${answer.status} ${answer.body}`);
      const [leaf] = certificatesIn(answer.body);
      // The issuing authority goes with it: a RADIUS server needs no more than the root.
      writeFileSync(`${path}.pem`, `${leaf!.toString()}${ca.slice(ca.lastIndexOf('-----BEGIN'))}`);
      writeFileSync(`${path}.key`, pemOf(key));
    },
    cli,
    ports: async () => JSON.parse(await cli(['radius', 'ports', '--json'])) as PortSession[],
    stop: () => server.stop(),
  };
}
