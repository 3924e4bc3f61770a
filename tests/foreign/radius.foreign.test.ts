/** FreeRADIUS plays the switch: its own listener for RFC 5176 takes our requests, and none that is not sealed with its secret. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '@cityward/kernel';
import { createDynamicAuthorisation, type Switch } from '@cityward/radius';
import { has } from './est-kit.ts';

const able = has('freeradius', 'freeradius');
const SECRET = 'only-for-this-test';
const KNOWN = { userName: 'cam-0001', callingStationId: '02-00-00-00-00-01' };

const configuration = (folder: string, port: number): string => `
prefix = /usr
name = freeradius
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/pid
max_request_time = 5
client cityward {
  ipaddr = 127.0.0.1
  secret = ${SECRET}
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
    if (User-Name != "cam-0001") {
      update reply {
        Error-Cause := Session-Context-Not-Found
      }
      reject
    }
    elsif (Packet-Type == CoA-Request && Tunnel-Private-Group-Id != "666") {
      reject
    }
    else {
      ok
    }
  }
  send-coa {
    # Its answers carry the seal only when they are told to.
    update reply {
      Message-Authenticator := 0x00
    }
    ok
  }
}
`;

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

describe.skipIf(!able)('FreeRADIUS as the switch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-radius-'));
  let said = '';
  const client = createDynamicAuthorisation({ tryFirstMs: 200 });
  let radius: ChildProcess;
  let at: Switch;
  beforeAll(async () => {
    const port = await freePort();
    at = { address: '127.0.0.1', port, secret: new Secret(SECRET) };
    mkdirSync(join(folder, 'mods-enabled'));
    writeFileSync(join(folder, 'radiusd.conf'), configuration(folder, port));
    radius = spawn('freeradius', ['-f', '-l', 'stdout', '-x', '-d', folder, '-n', 'radiusd'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes('Ready to process requests')) resolve();
      };
      radius.stdout!.on('data', hear);
      radius.stderr!.on('data', hear);
      radius.once('exit', (code) => reject(new Error(`freeradius ended with ${code}:\n${said}`)));
    });
  });
  afterAll(async () => {
    if (radius.exitCode === null) {
      const gone = new Promise((resolve) => radius.once('exit', resolve));
      radius.kill();
      await gone;
    }
    if (process.env['CITYWARD_LOG']) process.stdout.write(said);
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends a session', async () => {
    expect(await client.disconnect(at, KNOWN)).toEqual({ ok: true, value: undefined });
  });
  it('moves a session to the VLAN that was named', async () => {
    expect(await client.move(at, KNOWN, 666)).toEqual({ ok: true, value: undefined });
    expect(await client.move(at, KNOWN, 1)).toMatchObject({ ok: false, error: { code: 'SWITCH_REFUSED' } });
  });
  it('says that it has no such session', async () => {
    expect(await client.disconnect(at, { userName: 'cam-0999' })).toMatchObject({
      ok: false,
      error: { code: 'SWITCH_REFUSED', message: expect.stringContaining('it has no such session') as string },
    });
  });
  it('does not answer another secret', async () => {
    const wrong = { ...at, secret: new Secret('guessed') };
    expect(await client.disconnect(wrong, KNOWN)).toMatchObject({ ok: false, error: { code: 'SWITCH_SILENT' } });
  });
});
