/** `npm start`: preflight, storage, modules, listeners, console, simulated devices; Ctrl-C stops all of it. */
import { createLog, type Log } from '@cityward/log';
import { helpText, readConfig, type Config } from './config.ts';
import { buildConsoleFiles, CONSOLE_FOLDER, consoleIsBuilt } from './console-files.ts';
import { preflight } from './preflight.ts';
import { openListeners, startJobs, startModules, stopModules, writeVerifierKey, type Listeners } from './serve.ts';
import { startSimulator, type Simulator } from './simulator.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { createModules, openStorage, type Modules } from './wire.ts';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';

const FIRST_PAGE_MS = 3_000;

interface Running {
  readonly modules: Modules;
  readonly listeners: Listeners;
  simulator: Simulator | null;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return void process.stdout.write(helpText());
  const terminal = createTerminal(process.stdout, process.env);
  const config = readConfig(args, process.env);
  if (!config.ok) return refuse(terminal, 'Cityward was not started:', config.error);
  terminal.say('Cityward');
  const faults = await terminal.step('Preflight', () => preflight(config.value));
  if (faults.length > 0) return refuse(terminal, 'Cityward was not started:', faults);
  const log = createLog({ level: config.value.logLevel });
  try {
    const running = await start(config.value, terminal, log);
    stopOnSignal(running, terminal, log);
  } catch (error) {
    refuse(terminal, 'Cityward could not start:', [(error as Error).message]);
    log.error('start failed', { stack: (error as Error).stack ?? '' });
    process.exit(1);
  }
}

function refuse(terminal: Terminal, title: string, faults: readonly string[]): void {
  terminal.refuse(title, faults);
  process.exitCode = 1;
}

async function start(config: Config, terminal: Terminal, log: Log): Promise<Running> {
  // One after the other: the bundler and a new database take half a gigabyte each.
  if (!consoleIsBuilt()) await terminal.step('Console', buildConsoleFiles);
  const storage = await terminal.step('Database and stream', () => openStorage(config, log));
  const modules = createModules(config, storage, log);
  await terminal.step('Ledger, city, identity, watch', () => startModules(config, modules));
  const listeners = await terminal.step('Listeners', () =>
    openListeners(config, modules, { log, consoleFolder: CONSOLE_FOLDER }),
  );
  writeVerifierKey(config.dataFolder, modules);
  await greet(config, modules, terminal);
  const running: Running = { modules, listeners, simulator: null };
  // Six hundred handshakes and a browser's first page share two cores: the page goes first.
  await new Promise((resolve) => setTimeout(resolve, FIRST_PAGE_MS));
  if (config.simulator)
    running.simulator = startSimulator(
      simulatorStart(config, modules),
      issueSimulatedCodes(modules),
      log.part('simulator'),
    );
  await startJobs(config, modules);
  return running;
}

async function greet(config: Config, { identity, city, sql, ledger }: Modules, terminal: Terminal): Promise<void> {
  const link = await identity.firstLink();
  const { passphrase } = identity.authority;
  const url = `http://localhost:${config.consolePort}`;
  terminal.say('');
  terminal.say(`  ${city.name()} is alive at ${url}`);
  if (link) terminal.say(`  Sign in once, within ten minutes: ${link}`);
  else terminal.say('  Sign in with your passkey or a recovery code; "npx cityward person link" makes a new link');
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

/** Once, however often it is asked; a second Ctrl-C does not wait. */
function stopOnSignal(running: Running, terminal: Terminal, log: Log): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    terminal.say('Stopping');
    stopAll(running)
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error('stop failed', { error: String(error) });
        process.exit(1);
      });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

async function stopAll({ modules, listeners, simulator }: Running): Promise<void> {
  await simulator?.stop();
  await listeners.stop();
  await stopModules(modules);
}

await main();
