/** Orders and officers' documents on the topic of a device: what goes out, in which order, and what waits. */
import { describe, expect, it } from 'vitest';
import type { SignedOfficers } from '@cityward/contracts';
import { signedOfficers, testOfficer, testOfficers } from '@cityward/fleet/testing';
import { silentLog } from '@cityward/log';
import type { Running } from './desk.ts';
import { createJobsGateway, type JobsGateway } from './gateway-jobs.ts';
import { artifactFrom, testDesk, unsignedOrder } from './testing-desk.ts';
import { eventually } from './testing-clients.ts';

const DEVICE = 'cam-0001';
const people = [testOfficer('ada'), testOfficer('bea')];
const version = (number: number): SignedOfficers => signedOfficers(testOfficers(people, { version: number }), people);

interface Line {
  readonly what: 'order' | 'nothing' | number;
  readonly retain: boolean;
}

function bench(versions: number) {
  const documents = Array.from({ length: versions }, (_, at) => version(at + 1));
  const lines: Line[] = [];
  const connected = new Set<string>();
  const heard: ((device: string, says: Running) => void)[] = [];
  const changed: (() => void)[] = [];
  const desk = {
    ...testDesk(),
    onSaid: (listener: (device: string, says: Running) => void) => (heard.push(listener), () => undefined),
    onOfficers: (listener: () => void) => (changed.push(listener), () => undefined),
    officersAfter: (number: number) => documents.filter(({ officers }) => officers.version > number),
  };
  const gateway: JobsGateway = createJobsGateway({
    desk,
    log: silentLog,
    isConnected: (device) => connected.has(device),
    refused: () => undefined,
    publish: (_topic, payload, retain) => {
      const said = payload.length === 0 ? null : (JSON.parse(Buffer.from(payload).toString()) as object);
      const what = !said ? 'nothing' : 'officers' in said ? (said as SignedOfficers).officers.version : 'order';
      lines.push({ what, retain });
      return Promise.resolve();
    },
  });
  const says = (officers: number | null): void => {
    for (const hear of heard) hear(DEVICE, { firmware: null, document: null, officers });
  };
  const comes = (): void => {
    connected.add(DEVICE);
    gateway.subscribed(DEVICE);
  };
  desk.order(DEVICE, unsignedOrder(DEVICE, artifactFrom(Buffer.from('fw'), '2.0.0')));
  return { desk, gateway, lines, connected, says, comes, changed, documents };
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const has = (lines: readonly Line[], count: number) =>
  eventually('it was sent', () => (lines.length >= count ? true : null));

describe('the topic of a device', () => {
  it('holds its order at once where nobody has changed the officers', async () => {
    const { comes, lines, gateway } = bench(1);
    comes();
    await has(lines, 1);
    expect(lines).toEqual([{ what: 'order', retain: true }]);
    gateway.stop();
  });
  it('carries what the device has missed one by one, never retained, and only then its order', async () => {
    const { comes, says, lines, gateway } = bench(4);
    comes();
    await settled();
    expect(lines).toEqual([]);
    says(2);
    await has(lines, 3);
    says(3);
    says(4);
    await settled();
    expect(lines.slice(0, 3)).toEqual([
      { what: 3, retain: false },
      { what: 4, retain: false },
      { what: 'order', retain: true },
    ]);
    expect(lines.filter(({ what }) => typeof what === 'number')).toHaveLength(2);
    gateway.stop();
  });
  it('carries no officers to a device that has none pinned: the first come by no network', async () => {
    const { comes, says, lines, gateway, changed, documents } = bench(3);
    comes();
    says(null);
    documents.push(version(4));
    for (const tell of changed) tell();
    await settled();
    expect(lines).toEqual([]);
    // After a while it gets its order, and refuses it.
    await has(lines, 1);
    expect(lines).toEqual([{ what: 'order', retain: true }]);
    gateway.stop();
  });
  it('carries a new document to those who are there, and again to a device that went away before it followed', async () => {
    const { comes, says, lines, gateway, connected, changed, documents } = bench(1);
    comes();
    says(1);
    await has(lines, 1);
    documents.push(version(2));
    for (const tell of changed) tell();
    await eventually('the second was sent', () => (lines.some(({ what }) => what === 2) ? true : null));
    connected.delete(DEVICE);
    gateway.disconnected(DEVICE);
    await eventually('the topic is empty', () => (lines.at(-1)?.what === 'nothing' ? true : null));
    comes();
    says(1);
    await eventually('it was sent again', () => (lines.filter(({ what }) => what === 2).length === 2 ? true : null));
    gateway.stop();
  });
});
