/** A whole server, killed in the middle of a wave and started again, twice: the change goes on, exact, and loses no device. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '@cityward/contracts';
import type { Config } from './config.ts';
import { startServerChild, type ServerChild } from './testing-child.ts';
import { eventually } from './testing-clients.ts';
import {
  addFirmware,
  commandIn,
  pinInSimulator,
  planned,
  signOffline,
  started,
  swearIn,
  type Desk,
} from './testing-journey.ts';
import { testConfig } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const NEW = '92.0.0';
const CONNECTED_MIN = 150;
const CAMERAS = ['cam-0002', 'cam-0006', 'cam-0010', 'cam-0011', 'cam-0018', 'cam-0031'];

let config: Config;
let server: ServerChild;
let desk: Desk;

/** Its devices live and die with the server: what they know of their change is on their own disks. */
async function start(): Promise<void> {
  server = await startServerChild(config);
  await eventually('the devices are connected', async () => {
    const connected = await server.ask<number>({ ask: 'simulated' });
    return connected >= CONNECTED_MIN ? true : null;
  });
}
const now = async (id: string): Promise<Change> => (await desk.run<Change>('job', 'watch', id, '--once')).data;
const count = ({ waves }: Change, state: 'done' | 'waiting'): number =>
  waves.reduce((sum, { counts }) => sum + counts[state], 0);

beforeAll(async () => {
  config = await testConfig();
  mkdirSync(config.dataFolder, { recursive: true });
  desk = commandIn(join(config.dataFolder, 'officers-machine'), config);
  server = await startServerChild(config);
  await swearIn(desk, CITY_NAME);
  pinInSimulator(desk, config);
  await server.end();
  await start();
}, 300_000);
afterAll(async () => {
  await server?.kill();
  rmSync(config.dataFolder, { recursive: true, force: true });
});

describe('a server killed in the middle of a wave', () => {
  it('goes on where it was: every device once, and counters as a recount gives them', async () => {
    await addFirmware(desk, NEW, 'better');
    const options = {
      canary: 1,
      shares: [0.5, 1],
      soakMs: 0,
      healthMs: 0,
      quorum: 1,
      retries: 3,
      backOffMs: 0,
      threshold: 1,
    };
    const selection = { devices: CAMERAS };
    const { id } = await planned(desk, {
      title: 'Through two kills',
      install: `cam-firmware@${NEW}`,
      selection,
      options,
    });
    for (const officer of ['ann-doe', 'bob-roe']) await signOffline(desk, id, officer);
    await started(desk, id);
    for (const done of [1, 3]) {
      await eventually(`${done} are done and more are under way`, async () => {
        const change = await now(id);
        return count(change, 'done') >= done || change.state !== 'running' ? true : null;
      });
      await server.kill();
      await start();
    }
    await eventually('it is finished', async () => ((await now(id)).state === 'finished' ? true : null));
    expect(count(await now(id), 'done')).toBe(CAMERAS.length);
    const counters = await server.ask<{ kept: object; recounted: Record<string, number> }>({
      ask: 'counters',
      change: id,
    });
    expect(counters.kept).toEqual(counters.recounted);
    const done = Object.entries(counters.recounted).filter(([key]) => key.endsWith('done'));
    expect(done.reduce((sum, [, devices]) => sum + devices, 0)).toBe(CAMERAS.length);
  }, 300_000);
});
