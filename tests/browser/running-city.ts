/** Starts the real product as a person would, and drives it with Debian's Chromium. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { freePorts } from '../../apps/server/src/testing-ports.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CHROMIUM = '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);
const START_MAX_MS = 150_000;
const QUIET_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface RunningCity {
  readonly origin: string;
  /** Of residents and professionals. */
  readonly portal: string;
  readonly link: string;
  readonly dataFolder: string;
  readonly ports: { readonly est: number; readonly mqtt: number };
  readonly said: () => string;
  /** Runs the `cityward` command against this city. */
  cityward(...args: readonly string[]): { readonly status: number | null; readonly out: string };
  stop(): Promise<void>;
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'cityward-story-'));

/** @param flags of `npm start`, after the ports and the data folder */
export const startCity = (...flags: readonly string[]): Promise<RunningCity> => startCityIn(newFolder(), flags);

/** The same where others must know its address before it starts. */
export const startCityAt = (port: number, ...flags: readonly string[]): Promise<RunningCity> =>
  startCityOf({ port, dataFolder: newFolder(), flags });

/** @param dataFolder goes when the city stops; what lies in it before is there from the first moment */
export const startCityIn = async (dataFolder: string, flags: readonly string[]): Promise<RunningCity> =>
  startCityOf({ port: (await freePorts(1))[0]!, dataFolder, flags });

interface CityStart {
  readonly port: number;
  readonly dataFolder: string;
  readonly flags: readonly string[];
}
async function startCityOf({ port, dataFolder, flags }: CityStart): Promise<RunningCity> {
  const names = ['portal', 'est', 'ingest', 'mqtt', 'syslog-tls', 'syslog', 'services'] as const;
  const free = await freePorts(names.length);
  const portOf = (name: (typeof names)[number]): number => free[names.indexOf(name)]!;
  const ports = ['--port', port, ...names.flatMap((name) => [`--${name}-port`, portOf(name)])];
  const args = [join(ROOT, 'apps/server/start.mjs'), '--data', dataFolder, ...ports.map(String), ...flags];
  const city: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [city.stdout, city.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const link = await new Promise<string>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`the city did not start in time; it said:\n${said}`)),
      START_MAX_MS,
    );
    const look = setInterval(() => {
      const [found] = /http:\/\/localhost:\d+\/#token=\S+/.exec(said) ?? [];
      if (!found && city.exitCode === null) return;
      clearInterval(look);
      clearTimeout(limit);
      if (found) resolve(found);
      else reject(new Error(`the city ended; it said:\n${said}`));
    }, 100);
  });
  return {
    origin: `http://localhost:${port}`,
    link,
    dataFolder,
    portal: `http://portal.localhost:${portOf('portal')}`,
    ports: { est: portOf('est'), mqtt: portOf('mqtt') },
    said: () => said,
    cityward: (...words) => {
      const run = spawnSync(
        process.execPath,
        [join(ROOT, 'apps/cli/bin/cityward.mjs'), ...words, '--data', dataFolder],
        { encoding: 'utf8' },
      );
      return { status: run.status, out: run.stdout + run.stderr };
    },
    stop: async () => {
      const gone = new Promise((resolve) => city.once('exit', resolve));
      if (city.exitCode === null) {
        city.kill('SIGTERM');
        await gone;
      }
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: QUIET_FLAGS });
