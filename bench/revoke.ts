/** `bench revoke`: consents taken back; until that is confirmed, until a thousand and five thousand open pages are dark, and never a piece after it. */
import { runModel } from '../modules/vault/src/nodes/model/run.ts';
import { startChild } from './ingest/plan.ts';
import { quantile } from './ledger/delays.ts';
import type { Report, RunOptions } from './report.ts';
import { twoNodes } from './revoke/two-nodes.ts';

const FULL = { takings: 1_000, pages: [1_000, 5_000], steps: 10_000_000, overHttp: 10_000 };
const QUICK: typeof FULL = { takings: 20, pages: [20, 40], steps: 20_000, overHttp: 200 };

interface Served {
  readonly base: string;
  readonly record: string;
}
/** Milliseconds from the call until each handler had run with its key dropped. */
interface Dark {
  readonly delays: readonly number[];
  readonly ackMs: number;
}

async function overHttp({ takings, pages }: typeof FULL) {
  const server = startChild(new URL('./revoke/server.ts', import.meta.url).href);
  const client = startChild(new URL('./revoke/client.ts', import.meta.url).href);
  try {
    const { base, record } = await server.ask<Served>('start', { pages: Math.max(...pages) });
    const acks = await client.ask<number[]>('takeBack', { base, record, takings });
    const dark: number[] = [];
    for (const count of pages) {
      const { delays } = await client.ask<Dark>('dark', { base, record, count });
      if (delays.length !== count) throw new Error(`revoke: ${delays.length} of ${count} pages went dark`);
      dark.push(
        quantile(
          [...delays].sort((a, b) => a - b),
          0.99,
        ),
      );
    }
    await server.ask('stop');
    return {
      ack: quantile(
        acks.sort((a, b) => a - b),
        0.99,
      ),
      dark,
    };
  } finally {
    await Promise.all([server.kill('SIGKILL'), client.kill('SIGKILL')]);
  }
}

export async function run({ quick }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK : FULL;
  const measured = await overHttp(sizes);
  const modelled = await runModel('bench/revoke', sizes.steps);
  const database = process.env['TEST_DATABASE_URL'];
  const real = database === undefined ? null : await twoNodes(database, sizes.overHttp);
  const [first, second] = measured.dark.map((ms) => Number(ms.toFixed(1))) as [number, number];
  return {
    name: 'revoke',
    figures: {
      ack_p99_ms: Number(measured.ack.toFixed(2)),
      dark_1000_p99_ms: first,
      dark_5000_p99_ms: second,
      steps: modelled.steps,
      served_after_revoke: modelled.servedAfterRevoke + (real?.servedAfterRevoke ?? 0),
    },
    workload: {
      acknowledged: `${sizes.takings} consents taken back one after the other over HTTP, from the call to the answer; journal synced, SQL after it; PGlite or what TEST_DATABASE_URL names`,
      dark: `${sizes.pages.join(' and ')} pages in another process, each with a key and a stream of its own on which its leases come, resting on one consent; from the call that takes it back until the page's handler ran, its keys dropped`,
      model: `${modelled.steps} steps of three nodes with frozen and cut off ones and ${modelled.crashes} crashes: ${modelled.served} pieces and ${modelled.pushed} leases sent, ${modelled.confirmed} takings back confirmed`,
      nodes:
        real === null
          ? 'not run: TEST_DATABASE_URL names no PostgreSQL'
          : `${real.steps} steps over HTTP with two processes on PostgreSQL, one frozen and thawed at random: ${real.served} pieces served, ${real.confirmed} takings back confirmed`,
    },
  };
}
