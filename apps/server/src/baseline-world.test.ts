/** Who would read how a device is set up: itself, or a gateway that has said that it holds it. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { createBaselineWorld, type BaselineWorldParts } from './baseline-world.ts';

const GATEWAY = 'switch-0001';
const world = (more: { readonly connected?: readonly string[]; readonly carried?: readonly string[] }) =>
  createBaselineWorld({
    identity: { gatewayOf: () => GATEWAY },
    isConnected: (device: string) => (more.connected ?? []).includes(device),
    isCarried: (device: string) => (more.carried ?? []).includes(device),
    ask: () => Promise.resolve(),
    timeServers: [],
    log: silentLog,
  } as unknown as BaselineWorldParts);

describe('the reader of a device', () => {
  it('is the device itself while it is connected', () => {
    expect(world({ connected: ['lamp-0001'] }).readerOf('lamp-0001', 'device')).toBe('lamp-0001');
    expect(world({}).readerOf('lamp-0001', 'device')).toBeNull();
  });
  it('is its gateway where that holds it: one that does not would be waited for, and hold up the others behind it', () => {
    const connected = [GATEWAY];
    expect(world({ connected, carried: ['cam-0001'] }).readerOf('cam-0001', 'gateway')).toBe(GATEWAY);
    expect(world({ connected, carried: ['cam-0001'] }).readerOf('cam-0002', 'gateway')).toBeNull();
    expect(world({ carried: ['cam-0001'] }).readerOf('cam-0001', 'gateway')).toBeNull();
  });
});
