/** Kills and power cuts under load: what was acknowledged before must be there afterwards. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seeded } from '@cityward/kernel';
import { compare, tallyFolder, type Comparison, type Tally } from './count.ts';
import { startChild, type Child, type Credentials, type Drained, type Ranges } from './plan.ts';

/** Acknowledged before the end comes, and at random so many more. */
const LOAD = 1_000;
const LOAD_SPREAD = 5_000;

interface Crashes extends Comparison {
  readonly times: number;
}

interface Load {
  readonly server: Child;
  readonly generator: Child;
}

async function underLoad(
  folder: string,
  credentials: Credentials,
  how: { readonly disk: 'real' | 'memory'; readonly from: number },
): Promise<Load> {
  const { ca, server: tls, clients } = credentials;
  const server = startChild('./server.ts');
  const { port } = await server.ask<{ port: number }>('start', { folder, tls: { ...tls, ca }, disk: how.disk });
  const generator = startChild('./generator.ts');
  await generator.ask('start', { port, ca, clients, from: how.from });
  return { server, generator };
}

/** Past this many, no further kill is begun once the time is over. */
const KILLS_AT_LEAST = 20;
const KILLS_BUDGET_MS = 600_000;

/** SIGKILL again and again on one data folder: each start repairs and goes on where the last was killed. */
export async function killMany(folder: string, credentials: Credentials, times: number): Promise<Crashes> {
  const random = seeded('kill');
  const acknowledged: Ranges[] = [];
  const end = Date.now() + KILLS_BUDGET_MS;
  let from = 0;
  let done = 0;
  for (; done < times && (done < KILLS_AT_LEAST || Date.now() < end); done++) {
    const { server, generator } = await underLoad(folder, credentials, { disk: 'real', from });
    await generator.ask('reach', LOAD + random.int(LOAD_SPREAD));
    await server.kill('SIGKILL');
    await delay(20); // what the kernel still holds for the generator arrives
    const drained = await generator.ask<Drained>('report');
    await generator.kill('SIGTERM');
    acknowledged.push(drained.acknowledged);
    from = drained.next;
  }
  return { times: done, ...compare(acknowledged, await tallyFolder(join(folder, 'stream'))) };
}

/** The same over a disk in the server's memory that loses what was not synced, and parts of it at random. */
export async function cutMany(folder: string, credentials: Credentials, times: number): Promise<Crashes> {
  const random = seeded('cut');
  const sum = { times, acknowledged: 0, stored: 0, lost: 0, duplicates: 0 };
  for (let i = 0; i < times; i++) {
    const { server, generator } = await underLoad(join(folder, `cut-${i}`), credentials, { disk: 'memory', from: 0 });
    await generator.ask('reach', LOAD + random.int(LOAD_SPREAD));
    const tally = await server.ask<Tally>('cut', i);
    const drained = await generator.ask<Drained>('report');
    await Promise.all([server.kill('SIGKILL'), generator.kill('SIGTERM')]);
    const found = compare([drained.acknowledged], tally);
    for (const key of ['acknowledged', 'stored', 'lost', 'duplicates'] as const) sum[key] += found[key];
  }
  return sum;
}
