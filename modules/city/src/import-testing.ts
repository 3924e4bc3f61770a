/** What the tests of imports share: a fresh example city for each test, and short words for what they do with it. */
import { createHash } from 'node:crypto';
import type { Fact, ImportReport } from '@cityward/contracts';
import { systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { createDispatcher } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { FileStore } from './needs.ts';
import { exampleCity } from './example-city.ts';
import { createCity, type City } from './service.ts';

interface Hooks {
  readonly beforeAll: (work: () => Promise<void>) => void;
  readonly afterAll: (work: () => Promise<void>) => void;
  readonly beforeEach: (work: () => Promise<() => Promise<void>>) => void;
}

/** A store of files that a test can look into. */
export function memoryFiles(): FileStore & { readonly held: Map<string, Uint8Array> } {
  const held = new Map<string, Uint8Array>();
  return {
    held,
    put: (bytes) => {
      const hash = createHash('sha256').update(bytes).digest('hex');
      held.set(hash, bytes);
      return Promise.resolve(hash);
    },
    get: (hash) => Promise.resolve(held.get(hash) ?? null),
    delete: (hash) => Promise.resolve(void held.delete(hash)),
  };
}

/** @param hooks those of the test runner */
export function importTesting({ beforeAll, afterAll, beforeEach }: Hooks) {
  let sql: TestSql;
  let city: City;
  const files = memoryFiles();
  const open = (): City => createCity({ sql, clock: systemClock, log: silentLog, files });
  const fresh = async (): Promise<() => Promise<void>> => {
    await sql.reset();
    city = open();
    await city.start();
    await city.foundFrom(exampleCity, 'test');
    return () => city.stop();
  };
  beforeAll(async () => {
    sql = await openTestSql();
    await open().start();
  });
  afterAll(() => sql.stop());
  beforeEach(fresh);

  const preview = async (text: string, file = 'devices.csv', map?: string): Promise<ImportReport> => {
    const answer = await city.imports.preview({ file, text, by: 'per-1', ...(map === undefined ? {} : { map }) });
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  };
  return {
    files,
    sql: (): TestSql => sql,
    city: (): City => city,
    restart: async (): Promise<void> => {
      await city.stop();
      city = open();
      await city.start();
    },
    preview,
    commit: async (text: string, file?: string): Promise<ImportReport> => {
      const { id } = await preview(text, file);
      const answer = await city.imports.commit(id, 'per-1');
      if (!answer.ok) throw new Error(answer.error.message);
      return answer.value;
    },
    undo: (id: string) => city.imports.undo(id, { by: 'per-1', reason: 'wrong file' }),
    everything: () => everythingIn(open()),
    facts: () => factsIn(sql),
  };
}

/** All there is, as SQL tells it after a restart. */
async function everythingIn(again: City): Promise<unknown> {
  await again.start();
  const graph = again.graph();
  const edges: string[] = [];
  graph.ids.forEach((id, node) => {
    for (let arc = graph.forward.offsets[node]!; arc < graph.forward.offsets[node + 1]!; arc++)
      edges.push(`${id} ${graph.ids[graph.forward.targets[arc]!]} ${graph.forward.kinds[arc]}`);
  });
  const nodes = [...graph.ids].sort().map((id) => again.record(id) ?? again.node(id));
  await again.stop();
  return { nodes, edges: edges.sort() };
}

async function factsIn(sql: TestSql): Promise<Fact[]> {
  const facts: Fact[] = [];
  const handler = { name: 'test', handle: (some: readonly Fact[]) => Promise.resolve(void facts.push(...some)) };
  const dispatcher = createDispatcher({ sql, log: silentLog, handlers: [handler] });
  await dispatcher.start();
  await dispatcher.drained();
  await dispatcher.stop();
  return facts;
}
