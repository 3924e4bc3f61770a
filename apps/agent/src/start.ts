/** What the simulator is started with, read strictly: a misspelt field is an error, never dropped. */
import { isId } from '@cityward/kernel';

export interface StoryStart {
  /** True: nothing happens to this city. */
  readonly calm: boolean;
  /** Milliseconds after every device is connected. */
  readonly afterMs: number;
  readonly seed: string | null;
  readonly first: string | null;
  readonly intruder: string | null;
  readonly master: string | null;
  readonly masterPort: number | null;
}
export interface LoopbackStart {
  /** Cameras answer HTTP and pumps Modbus on 127.x.y.z of their own address. */
  readonly enabled: boolean;
  readonly httpPort: number;
  /** Cameras that speak VAPIX, over TLS. */
  readonly httpsPort: number;
  readonly modbusPort: number;
  /** At most so many cameras and so many pumps and tanks. */
  readonly cameras: number;
  readonly pumps: number;
}
export interface SimulatorStart {
  readonly city: { readonly seed: string; readonly devices: number };
  /** `ca`: PEM. */
  readonly est: { readonly url: string; readonly ca: string };
  readonly mqtt: { readonly host: string; readonly port: number; readonly ca: string };
  /** Where what jobs name is fetched; null: these devices take no changes. */
  readonly content: { readonly url: string; readonly ca: string } | null;
  /** One-time codes of devices that have no certificate yet; those missing are asked for. */
  readonly codes: ReadonlyMap<string, string>;
  readonly dataFolder: string;
  readonly story: StoryStart;
  readonly loopback: LoopbackStart;
}

export const STORY_AFTER_MS = 60_000;
const HTTP_PORT = 8_180;
const HTTPS_PORT = 8_543;
const MODBUS_PORT = 8_502;
const CAMERAS_MAX = 128;
const PUMPS_MAX = 64;

type Fields = Readonly<Record<string, unknown>>;

interface Reader {
  has(name: string): boolean;
  object(name: string, allowed: readonly string[]): Reader;
  text(name: string, fallback?: string): string;
  whole(name: string, range: { low: number; high: number; fallback?: number }): number;
  flag(name: string, fallback: boolean): boolean;
  entries(name: string): Fields;
}

const wrong = (what: string): Error => new Error(`read start of the simulator: ${what}`);

/** Reads the fields of one object; throws on unknown ones. @param at where it lies, for messages */
function readerOf(value: unknown, at: string, allowed: readonly string[]): Reader {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`want an object at "${at}"`);
  const fields = value as Fields;
  const unknown = Object.keys(fields).find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw wrong(`"${at}.${unknown}" is not known`);
  return {
    has: (name) => fields[name] !== undefined && fields[name] !== null,
    object: (name, inside) => readerOf(fields[name] ?? {}, `${at}.${name}`, inside),
    text: (name, fallback) => {
      const found = fields[name] ?? fallback;
      if (typeof found === 'string' && found !== '') return found;
      throw wrong(`want text at "${at}.${name}"`);
    },
    whole: (name, { low, high, fallback }) => {
      const found = fields[name] ?? fallback;
      if (typeof found === 'number' && Number.isInteger(found) && found >= low && found <= high) return found;
      throw wrong(`"${at}.${name}" is "${String(found)}", want ${low} to ${high}`);
    },
    flag: (name, fallback) => {
      const found = fields[name] ?? fallback;
      if (typeof found === 'boolean') return found;
      throw wrong(`want true or false at "${at}.${name}"`);
    },
    entries: (name) => {
      const found = fields[name] ?? {};
      if (typeof found === 'object' && !Array.isArray(found)) return found as Fields;
      throw wrong(`want an object at "${at}.${name}"`);
    },
  };
}

/** Codes by device; throws when one is not a text or its key no device id. */
export function readCodes(entries: Fields): Map<string, string> {
  const codes = new Map<string, string>();
  for (const [device, code] of Object.entries(entries)) {
    if (!isId(device) || typeof code !== 'string')
      throw new Error(`read code of "${device}": want a device id and a text`);
    codes.set(device, code);
  }
  return codes;
}

const PORT = { low: 1, high: 65_535 };

function readStory(from: Reader): StoryStart {
  const story = from.object('story', ['calm', 'afterMs', 'seed', 'first', 'intruder', 'master', 'masterPort']);
  const maybe = (name: string): string | null => (story.has(name) ? story.text(name) : null);
  const address = (name: string): string | null => {
    const value = maybe(name);
    if (value === null || /^ip:(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}$/u.test(value)) return value;
    throw new Error(`read start of the simulator: "${name}" is "${value}", want ip: and an address for documentation`);
  };
  return {
    calm: story.flag('calm', true),
    afterMs: story.whole('afterMs', { low: 0, high: 86_400_000, fallback: STORY_AFTER_MS }),
    seed: maybe('seed'),
    first: maybe('first'),
    intruder: address('intruder'),
    master: address('master'),
    masterPort: story.has('masterPort') ? story.whole('masterPort', PORT) : null,
  };
}

function readLoopback(from: Reader): LoopbackStart {
  const loopback = from.object('loopback', ['enabled', 'httpPort', 'httpsPort', 'modbusPort', 'cameras', 'pumps']);
  return {
    enabled: loopback.flag('enabled', true),
    httpPort: loopback.whole('httpPort', { ...PORT, fallback: HTTP_PORT }),
    httpsPort: loopback.whole('httpsPort', { ...PORT, fallback: HTTPS_PORT }),
    modbusPort: loopback.whole('modbusPort', { ...PORT, fallback: MODBUS_PORT }),
    cameras: loopback.whole('cameras', { low: 0, high: 1_000, fallback: CAMERAS_MAX }),
    pumps: loopback.whole('pumps', { low: 0, high: 1_000, fallback: PUMPS_MAX }),
  };
}

const REST = ['codes', 'dataFolder', 'story', 'loopback'];

/**
 * Reads the start. @param readFile gives the text of `caFile`, so that a start may name a file instead of carrying `ca`.
 * Throws with the field that was wrong.
 */
export function readStart(value: unknown, readFile: (path: string) => string): SimulatorStart {
  const root = readerOf(value, 'start', ['city', 'est', 'mqtt', 'content', ...REST]);
  const city = root.object('city', ['seed', 'devices']);
  const est = root.object('est', ['url', 'ca', 'caFile']);
  const mqtt = root.object('mqtt', ['host', 'port', 'ca', 'caFile']);
  const caOf = (part: Reader): string | null =>
    part.has('ca') ? part.text('ca') : part.has('caFile') ? readFile(part.text('caFile')) : null;
  const ca = caOf(est);
  if (ca === null) throw new Error('read start of the simulator: want "start.est.ca" or "start.est.caFile"');
  return {
    city: { seed: city.text('seed'), devices: city.whole('devices', { low: 200, high: 100_000 }) },
    est: { url: est.text('url'), ca },
    mqtt: { host: mqtt.text('host', '127.0.0.1'), port: mqtt.whole('port', PORT), ca: caOf(mqtt) ?? ca },
    content: root.has('content') ? { url: root.object('content', ['url']).text('url'), ca } : null,
    codes: readCodes(root.entries('codes')),
    dataFolder: root.text('dataFolder'),
    story: readStory(root),
    loopback: readLoopback(root),
  };
}
