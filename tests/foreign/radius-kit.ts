/** FreeRADIUS as Debian ships it, from the configuration that `cityward radius config` writes, and a device that asks to join. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run } from './est-kit.ts';

const READY_MAX_MS = 20_000;

/** A port that is free for UDP now. */
export async function freeUdpPort(): Promise<number> {
  const socket: Socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

export interface RunningRadius {
  /** Everything that it has said. */
  said(): string;
  stop(): Promise<void>;
}

/** Starts it in the foreground; throws with what it said when it does not become ready. */
export async function startRadius(folder: string): Promise<RunningRadius> {
  let said = '';
  const child: ChildProcess = spawn('freeradius', ['-f', '-l', 'stdout', '-xx', '-d', folder, '-n', 'radiusd'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`freeradius did not become ready:\n${said}`)), READY_MAX_MS);
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (!said.includes('Ready to process requests')) return;
      clearTimeout(late);
      resolve();
    };
    child.stdout!.on('data', hear);
    child.stderr!.on('data', hear);
    child.once('exit', (code) => reject(new Error(`freeradius ended with ${code}:\n${said}`)));
  });
  return {
    said: () => said,
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
    },
  };
}

export interface SwitchSettings {
  readonly port: number;
  readonly secret: string;
  /** What it does with a request, in FreeRADIUS's own language; it takes all where left out. */
  readonly judges?: string;
}
/** A switch in the shape of FreeRADIUS: it takes what RFC 5176 asks of it when it is sealed with the secret, and says the VLAN aloud. */
export function writeSwitch(folder: string, { port, secret, judges = 'ok' }: SwitchSettings): void {
  mkdirSync(join(folder, 'mods-enabled'), { recursive: true });
  writeFileSync(
    join(folder, 'radiusd.conf'),
    `prefix = /usr
name = freeradius
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/pid
max_request_time = 5
client cityward {
  ipaddr = 127.0.0.1
  secret = ${secret}
  require_message_authenticator = yes
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
}
server switch {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${port}
  }
  recv-coa {
    ${judges}
  }
  send-coa {
    # Its answers carry the seal only when they are told to.
    update reply {
      Message-Authenticator := 0x00
    }
    ok
  }
}
`,
  );
}

export interface Supplicant {
  readonly folder: string;
  readonly port: number;
  readonly secret: string;
  readonly station: string;
  /** Where the switch asks from; 127.0.0.1 where left out. */
  readonly from?: string;
}
export interface Joined {
  readonly accepted: boolean;
  /** Of the Access-Accept; null where it named none. */
  readonly vlan: number | null;
  readonly out: string;
}

/** Joins by EAP-TLS with `<name>.pem` and `<name>.key` of the folder, trusting `ca.pem`. */
export async function join802(on: Supplicant, identity: string, name: string): Promise<Joined> {
  const at = (file: string): string => join(on.folder, file);
  writeFileSync(
    at(`${name}.conf`),
    `network={
  key_mgmt=IEEE8021X
  eap=TLS
  identity="${identity}"
  ca_cert="${at('ca.pem')}"
  client_cert="${at(`${name}.pem`)}"
  private_key="${at(`${name}.key`)}"
  domain_match="radius"
  eapol_flags=0
}
`,
  );
  // eapol_test has no clock of its own worth the name: -t bounds it.
  const from = on.from === undefined ? [] : ['-A', on.from];
  const args = ['-c', at(`${name}.conf`), '-a', '127.0.0.1', ...from, '-p', String(on.port), '-s', on.secret];
  const { code, out, err } = await run('eapol_test', [...args, '-M', on.station, '-r', '0', '-t', '15'], on.folder);
  const text = `${out.toString()}${err}`;
  return { accepted: code === 0, vlan: vlanIn(text), out: text };
}

/** As a switch asks where 802.1X has failed: by the MAC address alone (MAC authentication bypass). */
export async function joinByMac({ folder, port, secret, station }: Supplicant): Promise<Joined> {
  const name = station.replaceAll(':', '').toLowerCase();
  const attributes = [
    `User-Name = "${name}"`,
    `User-Password = "${name}"`,
    `Calling-Station-Id = "${station.replaceAll(':', '-')}"`,
    'NAS-Port-Type = Ethernet',
    'Service-Type = Call-Check',
    'Message-Authenticator = 0x00',
  ];
  const file = join(folder, `${name}.mab`);
  writeFileSync(file, `${attributes.join('\n')}\n`);
  const args = ['-x', '-f', file, '-r', '1', '-t', '10', `127.0.0.1:${port}`, 'auth', secret];
  const { out, err } = await run('radclient', args, folder);
  const text = `${out.toString()}${err}`;
  const vlan = /Tunnel-Private-Group-Id(?::0)? = "(\d+)"/.exec(text)?.[1];
  return {
    accepted: text.includes('Received Access-Accept'),
    vlan: vlan === undefined ? null : Number(vlan),
    out: text,
  };
}

/** Attribute 81 (Tunnel-Private-Group-Id) of the last answer: hexadecimal text of the number, perhaps after a tag octet. */
function vlanIn(text: string): number | null {
  const found = [...text.matchAll(/Attribute 81 \(Tunnel-Private-Group-Id\) length=\d+\s+Value: ([0-9a-f]+)/g)].at(-1);
  if (!found) return null;
  const digits = Buffer.from(found[1]!, 'hex')
    .toString('latin1')
    .replace(/[^0-9]/g, '');
  return Number(digits);
}
