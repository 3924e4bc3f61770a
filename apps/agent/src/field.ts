/** Cameras and pumps on loopback addresses of their own: 10.a.b.c of the city is 127.a.b.c here. */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { telemetryAt, type PortMerrow } from '@cityward/city/reference';
import type { Registers } from './modbus.ts';
import { createModbusServer, poll, type Polled } from './modbus-link.ts';
import { createCameraServer } from './camera-server.ts';
import type { LoopbackStart } from './start.ts';
import type { Target } from './prober/probe.ts';
import type { CameraFacts } from './vapix.ts';

type Device = PortMerrow['devices'][number];

export const loopbackOf = (device: Device): string => `127.${(device.ip ?? '10.0.0.1').split('.').slice(1).join('.')}`;

export interface Field {
  start(): Promise<{ readonly cameras: number; readonly pumps: number }>;
  stop(): Promise<void>;
  /** Where a gateway looks at the device: on its own loopback address, whether or not anything answers there. */
  target(device: string): Target | null;
  /** A controller's conversation with a pump or tank; null when that one has no socket here. */
  poll(device: string, what: { readonly reads: number; readonly setPoint: number | null }): Promise<Polled | null>;
}

/** Registers of one poll; the answer is then a good quarter longer than the request. */
const POLLED_REGISTERS = 3;
const HOLDING_COUNT = 10;
const SET_POINT_MAX = 100;

/** Holding 0: set-point in per cent, 1: mode, others free; input: what it measures, in tenths, in the order of its telemetry. */
export function registersOf(measure: () => readonly number[]): Registers {
  const holding = new Uint16Array(HOLDING_COUNT);
  holding[0] = 70;
  return {
    read: (kind, address) => (kind === 'holding' ? holding[address] : measure()[address]),
    accepts: (address, value) => (address === 0 ? value <= SET_POINT_MAX : address === 1 ? value <= 1 : true),
    write: (address, value) => {
      if (address >= HOLDING_COUNT) return false;
      holding[address] = value;
      return true;
    },
  };
}

const factsOf = (city: PortMerrow, device: Device): CameraFacts => ({
  serial: device.serial ?? '',
  model: device.model,
  brand: city.parties.find((party) => party.id === device.maker)?.name ?? '',
  firmware: device.firmware ?? '',
});

/** False when the address or the port is not to be had. */
function listen(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host, port }, () => {
      server.on('error', () => undefined);
      resolve(true);
    });
  });
}

const close = (server: Server | HttpServer): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

export function createField(city: PortMerrow, options: LoopbackStart): Field {
  const open: Server[] = [];
  const cameras = new Map<string, CameraFacts>();
  const pumps = new Map<string, string>();
  const web = createCameraServer((address) => cameras.get(address));

  const startCamera = async (device: Device): Promise<void> => {
    const door = createServer((socket) => void web.emit('connection', socket));
    const host = loopbackOf(device);
    if (!(await listen(door, host, options.httpPort))) return;
    open.push(door);
    cameras.set(host, factsOf(city, device));
  };
  const startPump = async (device: Device): Promise<void> => {
    const measure = (): number[] =>
      Object.values(telemetryAt(city, device.id, Date.now())).map((value) => Math.round(value * 10));
    const server = createModbusServer(registersOf(measure));
    const host = loopbackOf(device);
    if (!(await listen(server, host, options.modbusPort))) return;
    open.push(server);
    pumps.set(device.id, host);
  };
  return {
    start: async () => {
      if (!options.enabled) return { cameras: 0, pumps: 0 };
      const seeing = city.devices.filter((device) => device.class === 'camera').slice(0, options.cameras);
      const pumping = city.devices.filter((device) => ['water-pump', 'water-tank'].includes(device.class));
      for (const device of seeing) await startCamera(device);
      for (const device of pumping.slice(0, options.pumps)) await startPump(device);
      return { cameras: cameras.size, pumps: pumps.size };
    },
    stop: async () => {
      web.closeAllConnections();
      await Promise.all(open.map(close));
      open.length = 0;
    },
    target: (id) => {
      const device = city.devices[city.wiring.indexOf.get(id) ?? -1];
      if (!device || !options.enabled) return null;
      const maker = city.parties.find((party) => party.id === device.maker)?.name ?? null;
      return { host: loopbackOf(device), httpPort: options.httpPort, httpsPort: options.httpsPort, maker };
    },
    poll: async (device, { reads, setPoint }) => {
      const host = pumps.get(device);
      if (host === undefined) return null;
      const write = setPoint === null ? {} : { write: { address: 0, value: setPoint } };
      return poll({ host, port: options.modbusPort, reads, first: 0, count: POLLED_REGISTERS, ...write });
    },
  };
}
