/** FreeRADIUS plays the switch: its own listener for RFC 5176 takes our requests, and none that is not sealed with its secret. */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '@cityward/kernel';
import { createDynamicAuthorisation, type Switch } from '@cityward/radius';
import { has } from './est-kit.ts';
import { startRadius, writeSwitch, type RunningRadius } from './radius-kit.ts';

const able = has('freeradius', 'freeradius');
const SECRET = 'only-for-this-test';
const KNOWN = { userName: 'cam-0001', callingStationId: '02-00-00-00-00-01' };

/** It knows one session, and every VLAN but one. */
const JUDGES = `if (User-Name != "cam-0001") {
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
    }`;

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

describe.skipIf(!able)('FreeRADIUS as the switch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-radius-'));
  const client = createDynamicAuthorisation({ tryFirstMs: 200 });
  let radius: RunningRadius | undefined;
  let at: Switch;
  beforeAll(async () => {
    const port = await freePort();
    at = { address: '127.0.0.1', port, secret: new Secret(SECRET) };
    writeSwitch(folder, { port, secret: SECRET, judges: JUDGES });
    radius = await startRadius(folder);
  });
  afterAll(async () => {
    await radius?.stop();
    if (process.env['CITYWARD_LOG']) process.stdout.write(radius?.said() ?? '');
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
