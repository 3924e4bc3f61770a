/** A whole server as a process of its own, for tests that kill it or watch what it opens; talks to its parent over IPC. */
import { silentLog } from '@cityward/log';
import type { Config } from './config.ts';
import { issueSimulatedCodes, simulatorStart } from './simulated-city.ts';
import { startSimulator } from './simulator.ts';
import { caller, signInFirst } from './testing-clients.ts';
import { openTestServer, type TestServer } from './testing.ts';

/** What the parent asks, one at a time. */
export type Ask =
  | { readonly ask: 'hold'; readonly device: string }
  | { readonly ask: 'observations' }
  | { readonly ask: 'read-everything' }
  | { readonly ask: 'simulated' }
  | { readonly ask: 'counters'; readonly change: string };

const server = await openTestServer(JSON.parse(process.argv[2]!) as Partial<Config>);
const { config, modules } = server;
process.on('message', (asked: Ask & { readonly id: number }) => {
  answer(asked).then(
    (value) => process.send!({ id: asked.id, value }),
    (fault: unknown) => process.send!({ id: asked.id, fault: String(fault) }),
  );
});
process.send!({ id: 0, value: { ca: modules.identity.authority.caPem } });

let simulator: ReturnType<typeof startSimulator> | null = null;

async function answer(asked: Ask): Promise<unknown> {
  switch (asked.ask) {
    case 'hold': {
      const until = Date.now() + 3_600_000;
      const held = await modules.identity.hold(asked.device, { until, reason: 'a test', by: 'system' });
      return held.ok;
    }
    case 'observations':
      return markedObservations(server);
    case 'read-everything':
      return readEverything(server);
    case 'counters': {
      const counters = await modules.fleet.changes.counters(asked.change);
      return counters.ok ? counters.value : null;
    }
    case 'simulated':
      simulator ??= startSimulator(simulatorStart(config, modules), issueSimulatedCodes(modules), silentLog);
      return simulator.progress().connected;
  }
}

/** The marks that the parent gave its observations, as the stream holds them. */
async function markedObservations({ modules: { stream } }: TestServer): Promise<number[]> {
  const marks: number[] = [];
  for await (const batch of stream.read(1)) {
    for (const { payload } of batch) {
      const mark = /"mark":(\d+)/.exec(Buffer.from(payload).toString('utf8'))?.[1];
      if (mark !== undefined) marks.push(Number(mark));
    }
  }
  return marks;
}

/** Every page of the API that the first person may read. */
async function readEverything(of: TestServer): Promise<number> {
  const call = await signInFirst(of);
  let read = 0;
  for (const { method, path } of await of.listeners.console.routes()) {
    if (method !== 'GET' || path === '/api/live' || !path.startsWith('/api/')) continue;
    const answered = await call('GET', path.replace(/:index/g, '0').replace(/:[a-z]+/g, 'cam-0001')).catch(() => null);
    if (answered) read++;
  }
  await caller(of)('POST', '/api/session/recovery', { code: 'AAAAA-AAAAA-AAAAA-AAAAA' });
  return read;
}
