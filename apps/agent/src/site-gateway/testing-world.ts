/** A camera and its gateway in a test: both live on over power cuts, on a clock that waiting turns forward. */
import type { JobOrder, JobReport } from '@cityward/contracts';
import { verifyOrder } from '@cityward/fleet/verify';
import { MINUTE_MS, Secret, SECOND_MS, type Refusal } from '@cityward/kernel';
import { cameraImage, type ImageWanted } from '../simulated-camera/image.ts';
import { testCamera, type TestCamera, type TestCameraOptions } from '../simulated-camera/testing.ts';
import { hashOf, newSigner, officersOf, orderOf, PowerCut, shakyDisk, type ShakyDisk } from '../update/testing.ts';
import type { Updater } from '../update/updater.ts';
import { DownloadFault, type Runs } from '../update/work.ts';
import { createCameraClient } from './camera-client.ts';
import { createCameraKeeper } from './camera-keeper.ts';
import { TIMING, type CameraParts } from './camera-work.ts';
import { placeOf, readRecord, writeRecord, type CameraDriver } from './records.ts';
import { WrongBytes } from './images.ts';

export const CAMERA = 'cam-0001';
export const OLD = '11.11.65';
export const NEW = '12.1.3';
export const signers = [newSigner('per-ada'), newSigner('per-bo'), newSigner('per-cy')];
export const [ada, bo] = signers as [(typeof signers)[0], (typeof signers)[0]];
export const officers = officersOf(signers);

export interface CameraWorld {
  readonly one: TestCamera;
  disk: ShakyDisk;
  readonly reports: JobReport[];
  readonly alarms: Refusal[];
  readonly served: Map<string, Buffer>;
  runs: Runs;
  starts: number;
  /** How often the gateway was to forget the camera. */
  left: number;
  certify: CameraParts['certify'];
  ca: string;
  /** Called whenever the gateway waits; what happens meanwhile. */
  meanwhile: (waited: number) => void;
  waited: number;
}

export async function newCameraWorld(
  options: TestCameraOptions & { readonly driver?: CameraDriver } = {},
): Promise<CameraWorld> {
  const one = await testCamera(options);
  const disk = shakyDisk();
  const { user, password } = one.login;
  writeRecord(disk, {
    device: CAMERA,
    driver: options.driver ?? 'vapix',
    url: one.place.url,
    serial: one.camera.facts.serial,
    login: { user, password: new Secret(password) },
    next: null,
    past: null,
    pinned: one.place.trust.pinned,
    isOfCity: false,
  });
  return {
    one,
    disk,
    reports: [],
    alarms: [],
    served: new Map(),
    runs: { firmware: OLD, document: null },
    starts: 0,
    left: 0,
    certify: () => Promise.reject(new Error('nobody certifies here')),
    ca: '',
    meanwhile: () => undefined,
    waited: 0,
  };
}

/** An image that the city serves, and the artifact that officers sign. */
export function serveImage(world: CameraWorld, wanted: ImageWanted) {
  const bytes = cameraImage(wanted);
  const sha256 = hashOf(bytes);
  world.served.set(sha256, bytes);
  return { name: 'camera-firmware', version: wanted.version, sha256, size: bytes.length };
}
export type Artifact = ReturnType<typeof serveImage>;

export const installOrder = (
  artifact: Artifact,
  changes: Partial<Parameters<typeof orderOf>[0]> = {},
  by = [ada, bo],
): JobOrder =>
  orderOf({ device: CAMERA, counter: 1, action: { do: 'install', artifact }, id: 'job-0001', ...changes }, by);

const bytesFor = (world: CameraWorld, { sha256, size }: { readonly sha256: string; readonly size: number }): Buffer => {
  const bytes = world.served.get(sha256);
  if (!bytes) throw new DownloadFault('not there');
  // What the gateway's store does with what it fetched, see images.ts.
  if (hashOf(bytes) !== sha256 || (size !== 0 && bytes.length !== size))
    throw new WrongBytes('it is not what was signed');
  return bytes;
};

/** Waiting costs no time, but turns the clocks of gateway and camera forward. */
const pauseIn =
  (world: CameraWorld): CameraParts['pause'] =>
  (ms) => {
    world.one.advance(ms);
    world.waited += ms;
    world.meanwhile(world.waited);
    return new Promise((resolve) => setImmediate(resolve));
  };

export function cameraPartsOf(world: CameraWorld, failed: (fault: unknown) => void): CameraParts {
  const { one, disk } = world;
  let record = readRecord(disk)!;
  const client = createCameraClient({
    ...placeOf(record, world.ca),
    answerMs: 5 * SECOND_MS,
    uploadMs: 5 * SECOND_MS,
    clock: one.now,
  });
  return {
    disk,
    client,
    runs: () => world.runs,
    verify: (order, against) => verifyOrder(order, { officers, device: CAMERA, ...against }),
    send: (report) => {
      world.reports.push(report);
      return Promise.resolve();
    },
    alarm: (refusal) => world.alarms.push(refusal),
    failed,
    clock: one.now,
    leaves: () => void world.left++,
    record: () => record,
    keepRecord: (next) => {
      writeRecord(disk, next);
      record = next;
      client.turnTo(placeOf(record, world.ca));
    },
    shows: (running) => (world.runs = { ...world.runs, ...running }),
    image: (wanted) =>
      Promise.resolve().then(() => {
        const bytes = bytesFor(world, wanted);
        return {
          size: bytes.length,
          open: async function* () {
            yield await Promise.resolve(bytes);
          },
        };
      }),
    document: (wanted) => Promise.resolve().then(() => bytesFor(world, wanted).toString('utf8')),
    certify: (request) => world.certify(request),
    proveWiped: () => ({ certificate: 'of the gateway', signature: 'its' }),
    ca: world.ca,
    timing: { ...TIMING, lookMs: MINUTE_MS / 2 },
    pause: pauseIn(world),
  };
}

/** One life of the gateway, from a start to rest or a power cut. */
export async function live(world: CameraWorld, order: JobOrder | null): Promise<'cut' | 'rest'> {
  world.starts++;
  let keeper: Updater | null = null;
  let parts: CameraParts | null = null;
  try {
    return await new Promise((resolve, reject) => {
      const failed = (fault: unknown): void => (fault instanceof PowerCut ? resolve('cut') : reject(fault as Error));
      parts = cameraPartsOf(world, failed);
      keeper = createCameraKeeper(parts);
      keeper.start();
      if (order) keeper.take(Buffer.from(JSON.stringify(order)));
      const rest = (): void => void (keeper!.busy ? setTimeout(rest, 2) : resolve('rest'));
      setTimeout(rest, 2);
    });
  } catch (fault) {
    if (fault instanceof PowerCut) return 'cut';
    throw fault;
  } finally {
    (keeper as Updater | null)?.stop();
    (parts as CameraParts | null)?.client.hangUp();
  }
}

const STARTS_MAX = 40;
/** Lives until it rests; the city tells it the order again at each start. */
export async function liveOn(
  world: CameraWorld,
  order: JobOrder | null,
  keep = (_: string, unsynced: number) => unsynced,
): Promise<void> {
  while (world.starts < STARTS_MAX) {
    if ((await live(world, order)) === 'rest') return;
    world.disk = world.disk.restart(keep);
  }
  throw new Error('it never came to rest');
}

/** Each report once, in order. */
export const once = (world: CameraWorld): JobReport[] => [
  ...new Map(world.reports.map((one) => [`${one.job} ${one.part} ${one.seq}`, one])).values(),
];
export const states = (world: CameraWorld): string[] => once(world).map(({ state }) => state);
export const lastOf = (world: CameraWorld): JobReport => world.reports.at(-1)!;
/** What changed the camera, as it noted it; readings are left out. */
export const changesOf = (world: CameraWorld): string[] =>
  world.one.camera.log
    .filter(
      ({ call, path, method, user }) =>
        user !== null &&
        method === 'POST' &&
        !/^(get|status$|systemready$)/u.test(call ?? '') &&
        !path.includes('onvif/device'),
    )
    .map(({ path, call }) => call ?? path);
