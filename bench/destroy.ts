/** `bench destroy`: record versions erased and certified: slots overwritten and synced, register rows closed, every proof verified. */
import { startChild } from './ingest/plan.ts';
import type { Report, RunOptions } from './report.ts';

const FULL = { versions: 100_000, bytes: 256, batch: 500 };
const QUICK: typeof FULL = { versions: 2_000, bytes: 256, batch: 500 };

interface Measured {
  readonly ms: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly engine: string;
}

export async function run({ quick }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK : FULL;
  const child = startChild(new URL('./destroy/erase.ts', import.meta.url).href);
  try {
    await child.ask('fill', sizes);
    const { ms, phases, engine } = await child.ask<Measured>('erase', sizes);
    return {
      name: 'destroy',
      figures: { versions_100k_ms: Math.round((ms * FULL.versions) / sizes.versions), ...phases },
      workload: {
        erased: `${sizes.versions} records of one person, one version of ${sizes.bytes} bytes each, in one go; the keys looked for anew in memory and on disk, the certificate drafted, a proof made and verified for every version`,
        engine,
      },
    };
  } finally {
    await child.kill('SIGKILL');
  }
}
