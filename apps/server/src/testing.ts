/** A whole server for tests: own data folder, free ports, no simulator, nobody signed in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, silentLog, type Log } from '@cityward/log';
import { openSql } from '@cityward/sql';
import { openObjects } from '@cityward/objects';
import { openStream, type FileLayer } from '@cityward/stream';
import type { Config } from './config.ts';
import { freePorts } from './testing-ports.ts';
import { openListeners, startJobs, startModules, stopModules, type Listeners, type Opens } from './serve.ts';
import { createModules, type Modules } from './wire.ts';

const TEMPLATES = fileURLToPath(new URL('../../../node_modules/.cache/cityward', import.meta.url));

export interface TestServer {
  readonly config: Config;
  readonly modules: Modules;
  readonly listeners: Listeners;
  /** Ends, and leaves its data folder: another may be opened with the same configuration. */
  halt(): Promise<void>;
  stop(): Promise<void>;
}

export async function testConfig(change: Partial<Config> = {}): Promise<Config> {
  const names = ['console', 'portal', 'est', 'ingest', 'mqtt', 'syslogTls', 'syslog', 'services'] as const;
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, at) => [`${name}Port`, free[at]!])) as Record<
    `${(typeof names)[number]}Port`,
    number
  >;
  const dataFolder = change.dataFolder ?? mkdtempSync(join(tmpdir(), 'cityward-server-'));
  return {
    dataFolder,
    seed: 'port-merrow',
    devices: 200,
    calm: true,
    simulator: false,
    storyAfterSeconds: 60,
    databaseUrl: undefined,
    statusUrl: undefined,
    portalUrl: undefined,
    oidcIssuer: undefined,
    oidcClientId: undefined,
    oidcClientSecretFile: undefined,
    dormantDays: 90,
    acme: new Map(),
    acmePort: 80,
    logLevel: 'silent',
    timeServers: 'ntp-1.example,ntp-2.example',
    timeZone: 'Pacific/Auckland',
    witnessesFile: undefined,
    kms: undefined,
    ...ports,
    ...change,
  };
}

/** Started, founded, listening. Set CITYWARD_LOG=info to see why one fails. */
export async function openTestServer(
  change: Partial<Config> = {},
  opens: Partial<Pick<Opens, 'log' | 'renewal'>> & { readonly streamFiles?: FileLayer } = {},
): Promise<TestServer> {
  const config = await testConfig(change);
  const log: Log = opens.log ?? (process.env['CITYWARD_LOG'] ? createLog({ level: 'info' }) : silentLog);
  const { dataFolder, databaseUrl } = config;
  const sql = await openSql({ folder: join(dataFolder, 'sql'), cache: TEMPLATES, databaseUrl, log });
  const files = opens.streamFiles ? { files: opens.streamFiles } : {};
  const stream = await openStream({ folder: join(dataFolder, 'stream'), ...files });
  const objects = await openObjects({ folder: join(dataFolder, 'objects') });
  const modules = createModules(config, { sql, stream, objects }, log);
  await startModules(config, modules);
  const listeners = await openListeners(config, modules, { ...opens, log, consoleFolder: consoleFiles(dataFolder) });
  await startJobs(config, modules);
  const halt = async (): Promise<void> => {
    await listeners.stop();
    await stopModules(modules);
  };
  return {
    config,
    modules,
    listeners,
    halt,
    stop: async () => {
      await halt();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

/** The console is not built for tests of the server: one page stands for it. */
function consoleFiles(dataFolder: string): string {
  const folder = join(dataFolder, 'console');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Console</title>');
  return folder;
}
