/**
 * Real agents as processes that a test starts, cuts and starts again in their own folders. One can be started with a guard taken out of
 * its source text as it is loaded: an attack that a device withstands must succeed against a device without the guard, or it shows nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endChild } from './child.ts';
import { credentialIn, eventually } from './testing-clients.ts';
import type { TestServer } from './testing.ts';

const AGENT = fileURLToPath(new URL('../../agent/src/agent.ts', import.meta.url));

/** What stands in a file, and what is to stand there instead. */
export interface Weakness {
  /** End of the path of the source file. */
  readonly file: string;
  readonly guard: string;
  readonly without: string;
}

/** Node's own hook, as a module in a data URL. A guard that is not where it is said to be ends the process: it was moved. */
function weakened(weaknesses: readonly Weakness[]): string[] {
  if (weaknesses.length === 0) return [];
  const text = `
    import { registerHooks } from 'node:module';
    const weaknesses = ${JSON.stringify(weaknesses)};
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        let source = null;
        for (const { file, guard, without } of weaknesses) {
          if (!url.endsWith(file)) continue;
          source ??= Buffer.from(loaded.source).toString('utf8');
          if (source.split(guard).length !== 2) {
            process.stderr.write('WEAKENING ' + file + ': the guard is not there once\\n');
            process.exit(70);
          }
          source = source.replace(guard, () => without);
        }
        return source === null ? loaded : { ...loaded, source };
      },
    });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(text)}`];
}

export interface DeviceStart {
  readonly more?: readonly string[];
  readonly weaknesses?: readonly Weakness[];
  readonly env?: Readonly<Record<string, string>>;
}
export interface TestDevice {
  readonly id: string;
  readonly folder: string;
  /** Starts its process, or starts it again with what it has in its folder. */
  start(start?: DeviceStart): Promise<void>;
  /** As when somebody pulls the plug. */
  cut(): Promise<void>;
  stop(): Promise<void>;
  /** Has it ended by itself? */
  ended(): boolean;
  log(): string;
  /** A file that it keeps about its update; null while there is none. */
  kept<T>(name: string): T | null;
  /** Version of the firmware that its next start runs; null for none. */
  firmware(): string | null;
}

interface Boot {
  readonly firmware: { readonly active: 'a' | 'b' | null };
}

/** A device of the city that has not been started yet. @param server as it stands when the device starts */
export function testDevice(server: () => TestServer, id: string): TestDevice {
  const { config } = server();
  const folder = join(config.dataFolder, 'agents', id);
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'agent.log');
  const caFile = join(config.dataFolder, 'ca.pem');
  let child: ChildProcess | null = null;
  const log = (): string => {
    try {
      return readFileSync(logFile, 'utf8');
    } catch {
      return '';
    }
  };
  const kept = <T>(name: string): T | null => {
    try {
      return JSON.parse(readFileSync(join(folder, 'update', name), 'utf8')) as T;
    } catch {
      return null;
    }
  };
  const ended = (): boolean => child !== null && (child.exitCode !== null || child.signalCode !== null);
  return {
    id,
    folder,
    ended,
    log,
    kept,
    start: async ({ more = [], weaknesses = [], env = {} } = {}) => {
      const { modules } = server();
      writeFileSync(caFile, modules.identity.authority.caPem);
      const { estPort, mqttPort, ingestPort } = config;
      const where = ['--est', `https://localhost:${estPort}`, '--mqtt', `localhost:${mqttPort}`];
      const own = ['--id', id, '--ca', caFile, '--data', folder, '--content', `https://localhost:${ingestPort}`];
      const code: string[] = [];
      if (!credentialIn(folder, id)) {
        const [issued] = await modules.identity.issueCodes([id], 'system');
        code.push('--code', issued!.code);
      }
      const out = openSync(logFile, 'a');
      const flags = ['--disable-warning=ExperimentalWarning', ...weakened(weaknesses)];
      child = spawn(process.execPath, [...flags, AGENT, ...own, ...code, ...where, ...more], {
        stdio: ['ignore', 'ignore', out],
        env: { ...process.env, ...env },
      });
      closeSync(out);
    },
    cut: async () => {
      if (!child || ended()) return;
      const gone = new Promise((resolve) => child!.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
    stop: () => (child ? endChild(child) : Promise.resolve()),
    firmware: () => {
      const active = kept<Boot>('boot.json')?.firmware.active ?? null;
      return active === null ? null : (kept<{ version: string }>(`firmware-${active}.json`)?.version ?? null);
    },
  };
}

export const isConnected = ({ modules }: TestServer, { id, log, ended }: TestDevice): Promise<true> =>
  eventually(`agent "${id}" is connected`, () => {
    if (ended()) throw new Error(`agent "${id}" has ended: ${log().slice(-2_000)}`);
    return modules.mqtt?.isConnected(id) ? true : null;
  });
