/** A simulated camera on a port of its own, for tests: a clock to turn forward, an account, and where it is found. */
import { randomBytes } from 'node:crypto';
import type { DigestAlgorithm, DigestLogin } from '../camera-wire/digest.ts';
import type { CameraPlace } from '../site-gateway/camera-client.ts';
import { createSimulatedCamera, type CameraFacts, type SimulatedCamera } from './camera.ts';
import { setAccount } from './flash.ts';
import { createCameraServer } from './server.ts';

export interface TestCameraOptions {
  readonly facts?: Partial<CameraFacts>;
  /** Null: as it left the factory, without any account. */
  readonly login?: DigestLogin | null;
  readonly algorithms?: readonly DigestAlgorithm[];
  readonly clockOffMs?: number;
  readonly isTls?: boolean;
  readonly restartMs?: number;
}
export interface TestCamera {
  readonly camera: SimulatedCamera;
  readonly login: DigestLogin;
  /** Pinned to the certificate that it has at first. */
  readonly place: CameraPlace;
  now(): number;
  /** Turns its clock forward. */
  advance(ms: number): void;
  connections(): number;
  close(): Promise<void>;
}

export const testLogin = (): DigestLogin => ({ user: 'gateway', password: randomBytes(18).toString('base64url') });

export async function testCamera(options: TestCameraOptions = {}): Promise<TestCamera> {
  const { login = testLogin(), isTls = true, restartMs = 30_000, algorithms } = options;
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const serial = randomBytes(6).toString('hex').toUpperCase();
  const facts: CameraFacts = { serial, model: 'P3265-V', brand: 'AXIS', firmware: '11.11.65', ...options.facts };
  const camera = createSimulatedCamera({ facts, clock: now, restartMs, ...(algorithms ? { algorithms } : {}) });
  if (login) setAccount(camera.flash, login, ['admin', 'operator', 'viewer']);
  camera.faults.clockOffMs = options.clockOffMs ?? 0;
  const server = createCameraServer();
  const port = await server.open(camera, { host: '127.0.0.1', port: 0, isTls });
  const url = `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  return {
    camera,
    login: login ?? testLogin(),
    place: { url, trust: { pinned: [camera.certificate()], authority: null }, login },
    now,
    advance: (ms) => void (ahead += ms),
    connections: server.connections,
    close: server.close,
  };
}
