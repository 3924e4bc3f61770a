/** `npm start`: preflight, storage, modules, listeners, console, simulated devices; Ctrl-C stops all of it. */
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '@cityward/kernel';
import { createLog, type Log } from '@cityward/log';
import { portalOrigin } from './city-names.ts';
import { helpText, readConfig, type Config } from './config.ts';
import { buildConsoleFiles, CONSOLE_FOLDER, consoleIsBuilt } from './console-files.ts';
import { preflight } from './preflight.ts';
import { openListeners, startJobs, startModules, stopModules, writeVerifierKey, type Listeners } from './serve.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { settleResidents, type Newcomer, type Residents } from './residents/settle.ts';
import { createModules, openStorage, type Modules, type Storage } from './wire.ts';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';

const FIRST_PAGE_MS = 3_000;
const ONE_CTRL_C_MS = 1_000;

/** What has been started so far, so that a stop in the middle of a start ends exactly that. */
interface Running {
  storage: Storage | null;
  modules: Modules | null;
  listeners: Listeners | null;
  simulator: Simulator | null;
}
interface Starting {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly log: Log;
  readonly running: Running;
  readonly signal: AbortSignal;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return void process.stdout.write(helpText());
  const terminal = createTerminal(process.stdout, process.env);
  const config = readConfig(args, process.env);
  if (!config.ok) return refuse(terminal, 'Cityward was not started:', config.error);
  terminal.say('Cityward');
  const log = createLog({ level: config.value.logLevel });
  const running: Running = { storage: null, modules: null, listeners: null, simulator: null };
  const stopping = new AbortController();
  const parts = { config: config.value, terminal, log, running, signal: stopping.signal };
  // A turn later: whoever sees the first step and presses Ctrl-C at once is heard.
  const starting = Promise.resolve().then(() => start(parts));
  stopOnSignal({ running, terminal, log, stopping, starting: starting.catch(() => undefined) });
  try {
    const faults = await starting;
    if (faults.length > 0) refuse(terminal, 'Cityward was not started:', faults);
  } catch (error) {
    if (stopping.signal.aborted) return;
    refuse(terminal, 'Cityward could not start:', [(error as Error).message]);
    log.error('start failed', { stack: (error as Error).stack ?? '' });
    process.exit(1);
  }
}

function refuse(terminal: Terminal, title: string, faults: readonly string[]): void {
  terminal.refuse(title, faults);
  process.exitCode = 1;
}

/** Answers what stands in the way, if anything does; throws between two steps when somebody has asked it to stop. */
async function start({ config, terminal, log, running, signal }: Starting): Promise<readonly string[]> {
  const step = async <T>(title: string, act: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return terminal.step(title, act);
  };
  const faults = await step('Preflight', () => preflight(config));
  if (faults.length > 0) return faults;
  // One after the other: the bundler and a new database take half a gigabyte each.
  if (!consoleIsBuilt()) await step('Console', () => buildConsoleFiles(signal));
  const storage = (running.storage = await step('Database and stream', () => openStorage(config, log)));
  const modules = createModules(config, storage, log);
  await step('Ledger, city, identity, watch', () => startModules(config, modules));
  running.modules = modules;
  running.listeners = await step('Listeners', () =>
    openListeners(config, modules, { log, consoleFolder: CONSOLE_FOLDER }),
  );
  writeVerifierKey(config.dataFolder, modules);
  const residents = config.simulator ? await step('Residents', () => settle(config, modules, log)) : null;
  await greet(config, { ...modules, residents }, terminal);
  // Six hundred handshakes and a browser's first page share two cores: the page goes first.
  await setTimeout(FIRST_PAGE_MS, undefined, { signal });
  if (config.simulator)
    running.simulator = startSimulator(
      simulatorStart(config, modules),
      issueSimulatedCodes(modules),
      log.part('simulator'),
    );
  await startJobs(config, modules);
  residents
    ?.settleRest(signal)
    .catch((fault: unknown) => log.error('residents were not settled', { fault: String(fault) }));
  return [];
}

const settle = ({ seed, dataFolder }: Config, modules: Modules, log: Log): Promise<Residents> =>
  settleResidents({ seed, modules, now: systemClock(), log: log.part('residents') }, dataFolder);

function tellOfPortal(config: Config, residents: Residents | null, terminal: Terminal): void {
  terminal.say(`  Residents and professionals sign in at ${portalOrigin(config)}`);
  if (!residents) return;
  const say = ({ name, code }: Newcomer, as: string): void =>
    terminal.say(`    as ${name}, ${as}: ${code === null ? 'with the passkey made there' : `by the code ${code}`}`);
  say(residents.resident, 'a resident');
  say(residents.professional, 'a doctor');
  if (residents.sheets !== null)
    terminal.say(`    each code works once; the rest of their sheets is in ${residents.sheets}`);
}

type Greeting = Pick<Modules, 'identity' | 'city' | 'sql' | 'ledger'> & { readonly residents: Residents | null };
async function greet(config: Config, greeting: Greeting, terminal: Terminal): Promise<void> {
  const { identity, city, sql, ledger, residents } = greeting;
  const link = await identity.firstLink();
  const { passphrase } = identity.authority;
  const url = `http://localhost:${config.consolePort}`;
  terminal.say('');
  terminal.say(`  ${city.name()} is alive at ${url}`);
  if (link) terminal.say(`  Sign in once, within ten minutes: ${link}`);
  else terminal.say('  Sign in with your passkey or a recovery code; "npx cityward person link NAME" makes a new link');
  tellOfPortal(config, residents, terminal);
  if (passphrase && config.simulator)
    terminal.say('  The root authority is sealed; this demonstration keeps its passphrase in the data folder');
  else if (passphrase)
    terminal.say(`  The root authority is sealed; write its passphrase down, it is shown once: ${passphrase.reveal()}`);
  terminal.say(`  Storage: ${sql.promise}`);
  terminal.say(`  Ledger key: ${ledger.status().verifierKey}`);
  if (config.simulator)
    terminal.say('  Simulated devices, real protocols. Nothing leaves this machine. Ctrl-C stops all of it');
  terminal.say('');
}

interface Stopping extends Pick<Starting, 'running' | 'terminal' | 'log'> {
  readonly stopping: AbortController;
  /** Resolves when the step of the start that is under way has ended. */
  readonly starting: Promise<unknown>;
}

/** One Ctrl-C comes as several signals, from the terminal and from the launcher; one that comes later does not wait any more. */
function stopOnSignal({ running, terminal, log, stopping, starting }: Stopping): void {
  let askedAt: number | null = null;
  const stop = (): void => {
    if (askedAt !== null) {
      if (performance.now() - askedAt > ONE_CTRL_C_MS) process.exit(1);
      return;
    }
    askedAt = performance.now();
    terminal.say('Stopping');
    stopping.abort();
    starting
      .then(() => stopAll(running))
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error('stop failed', { error: String(error) });
        process.exit(1);
      });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

async function stopAll({ storage, modules, listeners, simulator }: Running): Promise<void> {
  await simulator?.stop();
  await listeners?.stop();
  if (modules) return stopModules(modules);
  await storage?.stream.close();
  await storage?.sql.stop();
}

await main();
