/** The file that tells a gateway where the devices of its site answer, read strictly. */
import { isId } from '@cityward/kernel';
import { isLocalAddress } from './ask-device.ts';
import type { Target } from './probe.ts';

const FIELDS = ['host', 'httpPort', 'httpsPort', 'maker'];
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const DEVICES_MAX = 1_000;

const wrong = (device: string, why: string): Error => new Error(`read the site: "${device}": ${why}`);

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) <= 65_535;

/** Throws on anything that is not exactly such a file. */
export function readSite(text: string): ReadonlyMap<string, Target> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('read the site: want an object of devices');
  const entries = Object.entries(value);
  if (entries.length > DEVICES_MAX) throw new Error(`read the site: want at most ${DEVICES_MAX} devices`);
  return new Map(entries.map(([device, target]) => [device, targetOf(device, target)]));
}

function targetOf(device: string, value: unknown): Target {
  if (!isId(device)) throw wrong(device, 'want a device id');
  if (typeof value !== 'object' || value === null) throw wrong(device, 'want an object');
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw wrong(device, `"${unknown}" is not known`);
  const { host, httpPort = HTTP_PORT, httpsPort = HTTPS_PORT, maker = null } = value as Record<string, unknown>;
  if (typeof host !== 'string' || !isLocalAddress(host)) throw wrong(device, 'want a local address as "host"');
  if (!isPort(httpPort) || !isPort(httpsPort)) throw wrong(device, 'want ports from 1 to 65535');
  if (maker !== null && typeof maker !== 'string') throw wrong(device, 'want a name as "maker", or none');
  return { host, httpPort, httpsPort, maker };
}
