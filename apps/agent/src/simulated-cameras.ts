/**
 * Cameras of the reference city that speak VAPIX: each really answers on its own loopback address, and only the switch of its site,
 * which is its gateway, has an account on it. Their readings still come over their own MQTT link, as cameras of this kind send them.
 */
import { join } from 'node:path';
import type { PortMerrow } from '@cityward/city/reference';
import { MINUTE_MS, SECOND_MS } from '@cityward/kernel';
import type { Log } from '@cityward/log';
import { createSimulatedCamera, type SimulatedCamera } from './simulated-camera/camera.ts';
import { setAccount, type Flash, type FlashStore } from './simulated-camera/flash.ts';
import { createCameraServer, type CameraServer } from './simulated-camera/server.ts';
import { createSiteGateway, type SiteGateway, type SiteGatewayParts } from './site-gateway/gateway.ts';
import { newLogin, revealed } from './site-gateway/records.ts';
import { loopbackOf } from './field.ts';
import { folderDisk, readJson, replaceJson } from './update/disk.ts';

/** One model of three: the others take their changes themselves, as devices with the city's agent do. */
export const VAPIX_MODEL = 'Tallis T3';
const RESTART_MS = 8 * SECOND_MS;
const ROUND_MS = MINUTE_MS / 2;
const FLASH_FILE = 'flash.json';

export interface SimulatedCamerasParts {
  readonly city: PortMerrow;
  readonly dataFolder: string;
  readonly ports: { readonly http: number; readonly https: number };
  /** At most so many. */
  readonly most: number;
  readonly log: Log;
}
export interface SimulatedCameras {
  /** Opens their listeners; those whose address is not to be had are none of these. */
  start(): Promise<number>;
  /** Changed by its gateway and not by itself. */
  isCarried(device: string): boolean;
  /** The gateway on this switch; null where no such camera stands behind it. Its cameras are commissioned when it first sees them. */
  gatewayOn(parts: GatewayWanted): SiteGateway | null;
  camera(device: string): SimulatedCamera | null;
  stop(): Promise<void>;
}
export type GatewayWanted = Omit<SiteGatewayParts, 'folder' | 'log' | 'roundMs' | 'timing'>;

/** Written only when it differs: most of what a camera is asked changes nothing. */
function storeIn(folder: string): FlashStore {
  const disk = folderDisk(folder);
  let last = '';
  return {
    load: () => readJson(disk, FLASH_FILE) as Flash | null,
    save: (flash) => {
      const text = JSON.stringify(flash);
      if (text === last) return;
      replaceJson(disk, FLASH_FILE, flash);
      last = text;
    },
  };
}

type Cameras = Map<string, { readonly camera: SimulatedCamera; readonly store: FlashStore; readonly host: string }>;

/** One camera on its own address, with what it kept. */
const openerOf =
  (parts: SimulatedCamerasParts, { server, cameras }: { readonly server: CameraServer; readonly cameras: Cameras }) =>
  async (device: PortMerrow['devices'][number]): Promise<void> => {
    const { city, dataFolder, ports } = parts;
    const host = loopbackOf(device);
    const store = storeIn(join(dataFolder, 'cameras', device.id));
    const brand = city.parties.find((party) => party.id === device.maker)?.name ?? '';
    const facts = { serial: device.serial ?? device.id, model: device.model, brand, firmware: device.firmware ?? '0' };
    const camera = createSimulatedCamera({ facts, store, restartMs: RESTART_MS });
    const secure = await server.open(camera, { host, port: ports.https, isTls: true });
    if (secure === null) return;
    await server.open(camera, { host, port: ports.http, isTls: false });
    cameras.set(device.id, { camera, store, host });
  };

export function createSimulatedCameras(parts: SimulatedCamerasParts): SimulatedCameras {
  const { city, dataFolder, ports, log } = parts;
  const server = createCameraServer();
  const cameras: Cameras = new Map();
  const open = openerOf(parts, { server, cameras });
  /** As an installer does at its foot: a random first account, known to the camera and to its gateway. */
  const commission = (gateway: SiteGateway, device: string): void => {
    const { camera, store, host } = cameras.get(device)!;
    const login = newLogin();
    for (const user of Object.keys(camera.flash.accounts)) delete camera.flash.accounts[user];
    setAccount(camera.flash, revealed(login), ['admin', 'operator', 'viewer']);
    store.save(camera.flash);
    gateway.commission({
      device,
      driver: 'vapix',
      url: `https://${host}:${ports.https}`,
      serial: camera.facts.serial,
      login,
      next: null,
      past: null,
      pinned: [camera.certificate()],
      isOfCity: false,
    });
  };
  const behind = (gateway: string): string[] =>
    city.devices.flatMap(({ id }, index) =>
      cameras.has(id) && city.devices[city.wiring.switchOf[index]!]!.id === gateway ? [id] : [],
    );
  return {
    start: async () => {
      const all = city.devices.filter(({ model, class: kind }) => kind === 'camera' && model === VAPIX_MODEL);
      for (const device of all.slice(0, parts.most)) await open(device);
      return cameras.size;
    },
    isCarried: (device) => cameras.has(device),
    gatewayOn: (wanted) => {
      const own = behind(wanted.gateway);
      if (own.length === 0) return null;
      const folder = join(dataFolder, 'gateways', wanted.gateway);
      const gateway = createSiteGateway({
        ...wanted,
        folder,
        log,
        roundMs: ROUND_MS,
        timing: { lookMs: 2 * SECOND_MS },
      });
      const isNew = (device: string): boolean =>
        !gateway.holds(device) && !gateway.hasWiped(device, cameras.get(device)!.camera.facts.serial);
      for (const device of own) if (isNew(device)) commission(gateway, device);
      return gateway;
    },
    camera: (device) => cameras.get(device)?.camera ?? null,
    stop: () => server.close(),
  };
}
