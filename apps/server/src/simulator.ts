/** Runs the simulated devices in a process of their own and watches over it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from '@cityward/log';
import { endChild } from './child.ts';

const ENTRY = fileURLToPath(new URL('../../agent/src/simulator.ts', import.meta.url));
const FLAGS = ['--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];

export interface SimulatorStart {
  readonly city: { readonly seed: string; readonly devices: number };
  readonly est: { readonly url: string; readonly caFile: string };
  readonly mqtt: { readonly host: string; readonly port: number };
  /** Where what changes name is fetched. */
  readonly content: { readonly url: string };
  readonly dataFolder: string;
  readonly story: { readonly calm: boolean; readonly afterMs: number };
}
export interface SimulatorProgress {
  readonly enrolled: number;
  readonly connected: number;
  readonly total: number;
}
export interface Simulator {
  stop(): Promise<void>;
  progress(): SimulatorProgress;
  /** For demonstrations and tests: closes a site switch's own link. */
  cutLink(switchId: string): void;
  /** Opens the link that was cut. */
  mendLink(switchId: string): void;
}

/** Makes one-time codes for devices that have no certificate. */
export type IssueCodes = (devices: readonly string[]) => Promise<Readonly<Record<string, string>>>;

/** Starts it. Codes go through the channel, so that they never stand in a command line or file. */
export function startSimulator(start: SimulatorStart, issueCodes: IssueCodes, log: Log): Simulator {
  let progress: SimulatorProgress = { enrolled: 0, connected: 0, total: start.city.devices };
  const child: ChildProcess = spawn(process.execPath, [...FLAGS, ENTRY], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (message: Partial<SimulatorProgress> & { readonly codesWanted?: readonly string[] }) => {
    if (typeof message.connected === 'number') progress = message as SimulatorProgress;
    if (!message.codesWanted) return;
    issueCodes(message.codesWanted).then(
      (codes) => child.connected && child.send({ codes }),
      (error: unknown) => log.error('codes for simulated devices could not be made', { error: String(error) }),
    );
  });
  child.on('error', (error) => log.error('the simulator could not start', { error: error.message }));
  child.on('exit', (code, signal) => {
    if (code !== 0 && signal !== 'SIGTERM') log.error('the simulator ended', { exit: code, signal });
  });
  child.send(start);
  return {
    stop: () => endChild(child),
    progress: () => progress,
    cutLink: (switchId) => void child.send({ cutLink: switchId }),
    mendLink: (switchId) => void child.send({ mendLink: switchId }),
  };
}
