/** What must be true before a start; each refusal says how to mend it. */
import { constants, accessSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { freemem } from 'node:os';
import type { Config } from './config.ts';

const DISK_FREE_MIN_BYTES = 500 * 1_048_576;
/** Measured with 600 devices, as what belongs to these processes alone (PSS), at its peak. */
const MEMORY_BASE_BYTES = 730 * 1_048_576;
/** Server and simulator together, measured with 5,000 devices (docs/measurements.md). */
const MEMORY_PER_DEVICE_BYTES = 200 * 1_024;
const FILES_BASE = 300;
/** A connection's end in the server; the simulator has its own limit. */
const FILES_PER_DEVICE = 2;
const NODE_MAJOR_MIN = 24;

const mb = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;

/** All that stands in the way, in words; empty when the start may go on. */
export async function preflight(config: Config): Promise<readonly string[]> {
  const faults = [nodeFault(), folderFault(config), memoryFault(config), filesFault(config)];
  const ports = [
    [config.consolePort, '--port', 'the console'],
    [config.estPort, '--est-port', 'enrolment'],
    [config.ingestPort, '--ingest-port', 'observations over HTTPS'],
    [config.mqttPort, '--mqtt-port', 'MQTT'],
    [config.portalPort, '--portal-port', 'the portal'],
    [config.servicesPort, '--services-port', 'tokens and API for cloud services'],
    [config.syslogTlsPort, '--syslog-tls-port', 'syslog over TLS'],
    [config.syslogPort, '--syslog-port', 'plain syslog'],
  ] as const;
  for (const [port, flag, use] of ports) faults.push(await portFault(port, flag, use));
  return faults.filter((fault) => fault !== null);
}

function nodeFault(): string | null {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= NODE_MAJOR_MIN
    ? null
    : `Node ${process.versions.node} runs this; ${NODE_MAJOR_MIN} or later is needed: start with "npm start" after "npm ci"`;
}

function folderFault({ dataFolder }: Config): string | null {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    accessSync(dataFolder, constants.W_OK);
  } catch (error) {
    return `the data folder "${dataFolder}" cannot be written (${(error as NodeJS.ErrnoException).code}); name another with --data or change its owner`;
  }
  const disk = statfsSync(dataFolder);
  const free = disk.bavail * disk.bsize;
  return free >= DISK_FREE_MIN_BYTES
    ? null
    : `the disk of "${dataFolder}" has ${mb(free)} free; ${mb(DISK_FREE_MIN_BYTES)} are needed: make room or name another folder with --data`;
}

function memoryFault({ devices, simulator }: Config): string | null {
  const needed = MEMORY_BASE_BYTES + (simulator ? devices * MEMORY_PER_DEVICE_BYTES : 0);
  const free = availableMemory();
  return free >= needed
    ? null
    : `${mb(free)} of memory are free; ${devices} devices need about ${mb(needed)}: end other programs or lower --devices`;
}

/** What the kernel can give without swapping; `freemem` leaves the page cache out. */
function availableMemory(): number {
  try {
    const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
    if (kilobytes) return Number(kilobytes) * 1_024;
  } catch {
    // Not Linux: the estimate below is good enough for a warning.
  }
  return freemem();
}

function filesFault({ devices }: Config): string | null {
  const needed = FILES_BASE + devices * FILES_PER_DEVICE;
  try {
    const [, limit] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    if (!limit || limit === 'unlimited' || Number(limit) >= needed) return null;
    return `at most ${limit} files may be open; ${devices} devices need ${needed}: run "ulimit -n ${needed}" first or lower --devices`;
  } catch {
    return null;
  }
}

async function portFault(port: number, flag: string, use: string): Promise<string | null> {
  for (const host of ['127.0.0.1', '::1']) {
    const fault = await tryPort(port, host);
    if (fault === 'EADDRINUSE')
      return `port ${port} for ${use} is taken by another program; stop it or choose another with ${flag}`;
    if (fault === 'EACCES')
      return `port ${port} for ${use} may not be opened by this user; choose one above 1023 with ${flag}`;
  }
  return null;
}

/** EADDRNOTAVAIL (no IPv6 here) is no fault: the other loopback address serves. */
function tryPort(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EUNKNOWN'));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(null)));
  });
}
