/** `bench vault`: looks at records over HTTP, each durable in the ledger first; and decisions over a million grants. */
import { startChild } from './ingest/plan.ts';
import { quantile } from './ledger/delays.ts';
import type { Report, RunOptions } from './report.ts';

const BYTES = 4_096;
/** Of a page as a picture; smaller is none. */
const PICTURE_BYTES_MIN = 50_000;
const FULL = {
  /** Records that are looked at as pictures: as many as a ward looks at in an hour. */
  drawn: 100,
  ...{ subjects: 250, records: 4, viewers: 16, warmUpMs: 5_000, measureMs: 15_000, rounds: 3 },
  ...{ grants: 1_000_000, citizens: 100_000, doctors: 2_000, decisions: 200_000 },
  ...{ stored: 40_000, batch: 500, people: 1_000, importers: 2 },
};
const QUICK: typeof FULL = {
  drawn: 3,
  ...{ subjects: 10, records: 2, viewers: 4, warmUpMs: 300, measureMs: 1_000, rounds: 1 },
  ...{ grants: 20_000, citizens: 2_000, doctors: 100, decisions: 5_000 },
  ...{ stored: 2_000, batch: 500, people: 50, importers: 2 },
};

interface Started {
  readonly port: number;
  readonly cookie: string;
  readonly records: readonly string[];
  readonly engine: string;
}
interface Viewed {
  readonly latencies: Float64Array;
  readonly wrong: number;
}

/** Looks at content first, then at pages as pictures, from the same process. */
async function views(sizes: typeof FULL) {
  const { subjects, records } = sizes;
  const server = startChild(new URL('./vault/server.ts', import.meta.url).href);
  const client = startChild(new URL('./vault/client.ts', import.meta.url).href);
  try {
    const { engine, ...started } = await server.ask<Started>('start', { subjects, records });
    const texts = await rounds({ server, client }, sizes, { ...started, what: 'content', bytes: BYTES });
    const pictured = { ...started, records: started.records.slice(0, sizes.drawn) };
    const pictures = await rounds({ server, client }, sizes, {
      ...{ ...pictured, what: 'pages/1', bytes: PICTURE_BYTES_MIN },
    });
    await server.ask('stop');
    return { texts, pictures, engine };
  } finally {
    await Promise.all([server.kill('SIGKILL'), client.kill('SIGKILL')]);
  }
}

type Children = Readonly<Record<'server' | 'client', ReturnType<typeof startChild>>>;
type Asked = Omit<Started, 'engine'> & { readonly what: 'content' | 'pages/1'; readonly bytes: number };

async function rounds(
  { server, client }: Children,
  { viewers, warmUpMs, measureMs, rounds: count }: typeof FULL,
  asked: Asked,
) {
  const start = { ...asked, viewers };
  // Every page once: what was never drawn is drawn then.
  await client.ask('run', { ...start, forMs: warmUpMs });
  const perSecond: number[] = [];
  const latencies: number[] = [];
  for (let i = 0; i < count; i++) {
    const before = await server.ask<number>('durable');
    const began = performance.now();
    const { latencies: each, wrong } = await client.ask<Viewed>('run', { ...start, forMs: measureMs });
    perSecond.push(each.length / ((performance.now() - began) / 1_000));
    for (const one of each) latencies.push(one);
    const written = (await server.ask<number>('durable')) - before;
    if (wrong > 0 || written < each.length)
      throw new Error(`vault: ${wrong} of ${each.length} views were wrong, ${written} are in the ledger`);
  }
  const p99 = quantile(
    [...latencies].sort((a, b) => a - b),
    0.99,
  );
  return { perSecond: Math.round(Math.min(...perSecond)), p99: Number(p99.toFixed(2)) };
}

async function decisions({ grants, citizens: subjects, doctors, decisions: count }: typeof FULL) {
  const child = startChild(new URL('./vault/decisions.ts', import.meta.url).href, ['--expose-gc']);
  try {
    const { rssMb, size } = await child.ask<{ rssMb: number; size: number }>('fill', { grants, subjects, doctors });
    await child.ask('decide', { decisions: count, subjects, doctors });
    const { times, allowed } = await child.ask<{ times: Float64Array; allowed: number }>('decide', {
      ...{ decisions: count, subjects, doctors },
    });
    if (size !== grants || allowed === 0 || allowed === count)
      throw new Error(`vault: ${size} grants, ${allowed} of ${count} allowed`);
    return { rssMb, p99: quantile([...times.sort()], 0.99), allowed };
  } finally {
    await child.kill('SIGKILL');
  }
}

/** Records of 4 KiB through the bulk path, some hundreds at a time, of many people. */
async function storing({ stored, batch, people, importers }: typeof FULL) {
  const child = startChild(new URL('./vault/storing.ts', import.meta.url).href);
  try {
    await child.ask('store', { records: batch * 4, batch, people, importers, bytes: BYTES });
    return await child.ask<{ perSecond: number; engine: string }>('store', {
      records: stored,
      batch,
      people,
      importers,
      bytes: BYTES,
    });
  } finally {
    await child.kill('SIGKILL');
  }
}

export async function run({ quick }: RunOptions): Promise<Report> {
  const sizes = quick ? QUICK : FULL;
  const viewed = await views(sizes);
  const decided = await decisions(sizes);
  const put = await storing(sizes);
  return {
    name: 'vault',
    figures: {
      text_views_per_s: viewed.texts.perSecond,
      text_view_p99_ms: viewed.texts.p99,
      picture_views_per_s: viewed.pictures.perSecond,
      picture_view_p99_ms: viewed.pictures.p99,
      decision_1m_grants_p99_us: Number(decided.p99.toFixed(2)),
      grants_1m_rss_mb: Math.round(decided.rssMb),
      records_stored_per_s: Math.round(put.perSecond),
    },
    workload: {
      views: `${sizes.subjects * sizes.records} FHIR records of ${BYTES} bytes, ${sizes.viewers} viewers over HTTP from another process, the slowest of ${sizes.rounds} rounds of ${sizes.measureMs} ms; each look synced to the ledger before it is answered`,
      pictures: `page 1 of ${sizes.drawn} of these records, A4 at 1,240 pixels, JPEG with both marks put on for each look, drawn before and at hand in memory; viewers, rounds and ledger as for views`,
      decisions: `${sizes.grants} grants of ${sizes.citizens} people to ${sizes.doctors} others, ${sizes.decisions} decisions of consent and policy, ${decided.allowed} allowed; memory is what the process grew by`,
      stored: `${sizes.stored} FHIR records of ${BYTES} bytes of ${sizes.people} people, ${sizes.batch} at a time by each of ${sizes.importers} at once; keys synced, every copy registered; engine ${put.engine}`,
      engine: viewed.engine,
    },
  };
}
