/** Cameras of `bench baseline`: simulated ones in a process of their own, each with its address, key, certificate and account. */
import { createCameraServer, createSimulatedCamera, setAccount } from '@cityward/agent/simulated-camera';
import type { CameraPlace } from '@cityward/agent/camera-client';
import { answer } from '../ingest/plan.ts';

interface Start {
  readonly cameras: number;
  readonly port: number;
}
const AT_ONCE = 50;

/** 127.16.0.1 and on: as many as there are cameras, each its own. */
export const addressOf = (camera: number): string =>
  `127.${16 + Math.floor(camera / 62_500)}.${Math.floor(camera / 250) % 250}.${(camera % 250) + 1}`;

const server = createCameraServer();

async function start({ cameras, port }: Start): Promise<CameraPlace[]> {
  const places: CameraPlace[] = [];
  const open = async (at: number): Promise<void> => {
    const serial = `B8A44F${at.toString(16).toUpperCase().padStart(6, '0')}`;
    const camera = createSimulatedCamera({ facts: { serial, model: 'P3265-V', brand: 'AXIS', firmware: '11.11.65' } });
    const login = { user: 'gateway', password: `benchmark ${serial}` };
    setAccount(camera.flash, login, ['admin', 'operator', 'viewer']);
    const host = addressOf(at);
    if ((await server.open(camera, { host, port, isTls: true })) === null)
      throw new Error(`open camera ${at}: ${host}:${port} is not to be had`);
    const trust = { pinned: [camera.certificate()], authority: null };
    places[at] = { url: `https://${host}:${port}`, trust, login };
  };
  for (let from = 0; from < cameras; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, cameras - from) }, (_, at) => open(from + at)));
  return places;
}

answer({
  start,
  figures: () => ({ connections: server.connections(), cpu: process.cpuUsage() }),
  stop: () => server.close().then(() => null),
});
