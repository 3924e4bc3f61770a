/** Whose data did this touch? Found in datasets, records and the ledger; told to each of them, to the last after a kill too. */
import {
  DATASETS_PAGE_MAX,
  EXPOSURE_GROUPS_MAX,
  EXPOSURE_PEOPLE_MAX,
  type DatasetNamed,
  type Exposure,
  type ExposureScope,
  type FactType,
  type Touch,
} from '@cityward/contracts';
import { inTurn, newId, ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import { draftFor, sortedTouches, type Touched } from '../domain/exposure/drafts.ts';
import type { VaultOptions } from '../needs.ts';
import { addNotices } from '../notices/notices.ts';
import { categoriesOf } from '../records/store.ts';
import * as store from './exposure-store.ts';
import type { StoredExposure } from './exposure-store.ts';

const MODULE = 'vault';
/** Told in one transaction. */
const PEOPLE_PER_STEP = 500;
const LOOKED: Readonly<Partial<Record<FactType, 'viewed'>>> = { 'record.viewed': 'viewed' };
const LOOKED_TYPES = Object.keys(LOOKED) as FactType[];

export interface Exposures {
  /** Goes on, beside everything else, telling what a stop cut off. */
  start(): void;
  stop(): Promise<void>;
  ask(...asked: readonly [scope: ExposureScope, reason: string, by: string]): Promise<Result<Exposure, Refusal>>;
  list(): Promise<readonly Exposure[]>;
  /** By id, from after one on: those whose id or name has these letters; and how many there are. */
  datasets(query: { readonly q?: string; readonly after?: string }): { datasets: DatasetNamed[]; total: number };
  people(
    id: string,
    after?: string,
  ): Promise<Result<readonly (Touched & { readonly toldAt: number | null })[], Refusal>>;
  /** Resolves when all of them were told. */
  tell(...what: readonly [id: string, words: string, by: string]): Promise<Result<Exposure, Refusal>>;
}
type Parts = Pick<VaultOptions, 'sql' | 'clock' | 'log' | 'ledger' | 'datasets'>;

export function createExposures(parts: Parts): Exposures {
  const { sql, clock } = parts;
  const turn = inTurn();
  const unknown = (doing: string, id: string): Result<never, Refusal> =>
    refuse('not-found', 'EXPOSURE_UNKNOWN', `${doing} question "${id}": there is none of that id`);
  let isStopping = false;
  const finish = (one: StoredExposure) => turn(() => tellAll(parts, one, () => isStopping));
  const goOn = async (): Promise<void> => {
    for (const one of await store.readTelling(sql)) await finish(one);
  };
  return {
    start: () => {
      isStopping = false;
      void goOn().catch((fault: unknown) =>
        parts.log.error('telling people of an exposure stopped', { fault: String(fault) }),
      );
    },
    stop: async () => {
      isStopping = true;
      await turn(() => Promise.resolve());
    },
    ask: (...[scope, reason, by]) => ask(parts, { scope, reason, by }),
    datasets: (query) => datasetsLike(parts.datasets.all(), query),
    list: async () => Promise.all((await store.readExposures(sql)).map((one) => shown(sql, one))),
    people: async (id, after) =>
      (await store.readExposure(sql, id)) ? ok(await store.readExposed(sql, id, { after })) : unknown('read', id),
    tell: async (...[id, words, by]) => {
      const isFirst = await sql.transact(async (tx) => {
        if (!(await store.beginTelling(tx, { id, words, by }))) return false;
        tx.record({ module: MODULE, type: 'exposure.told', actor: by, subject: id, at: clock(), data: { words } });
        return true;
      });
      const one = await store.readExposure(sql, id);
      if (!one) return unknown('tell the people of', id);
      if (!isFirst && one.telling?.words !== words)
        return refuse('conflict', 'EXPOSURE_TOLD', `tell the people of question "${id}": they are told already`);
      await finish(one);
      return ok(await shown(sql, (await store.readExposure(sql, id))!));
    },
  };
}

async function ask(
  parts: Parts,
  { scope, reason, by }: { readonly scope: ExposureScope; readonly reason: string; readonly by: string },
): Promise<Result<Exposure, Refusal>> {
  const { sql, clock, datasets } = parts;
  const where = 'ask whose data was touched';
  if (scope.to < scope.from) return refuse('invalid', 'TIMES_TURNED', `${where}: the end is before the beginning`);
  const unknown = scope.datasets.find((id) => datasets.named(id) === null);
  if (unknown !== undefined)
    return refuse('not-found', 'DATASET_UNKNOWN', `${where}: dataset "${unknown}" is not known here`);
  const found = new Map<string, Touch[]>();
  const add = (subject: string, touch: Touch): void => {
    const own = found.get(subject);
    if (own) own.push(touch);
    else found.set(subject, [touch]);
  };
  fromDatasets(parts, scope, add);
  await fromRecords(parts, scope, add);
  if (found.size > EXPOSURE_PEOPLE_MAX)
    return refuse(
      'too-large',
      'TOO_MANY_PEOPLE',
      `${where}: ${found.size} people, wanted at most ${EXPOSURE_PEOPLE_MAX}; ask about less in one question`,
    );
  const people = [...found].map(([subject, touches]) => ({ subject, touches: sortedTouches(touches) }));
  const one = { id: newId<string>('exp'), at: clock(), by, reason, scope };
  await sql.transact(async (tx) => {
    await store.addExposure(tx, one, people);
    const data = { reason, people: people.length, sources: scope.sources.length, datasets: scope.datasets.length };
    tx.record({ module: MODULE, type: 'exposure.asked', actor: by, subject: one.id, at: one.at, data });
  });
  return ok(await shown(sql, { ...one, state: 'asked', telling: null }));
}

function datasetsLike(
  all: readonly DatasetNamed[],
  { q = '', after = '' }: { readonly q?: string; readonly after?: string },
): { datasets: DatasetNamed[]; total: number } {
  const letters = q.trim().toLowerCase();
  const found = all
    .filter(({ id, name }) => id.includes(letters) || name.toLowerCase().includes(letters))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return { datasets: found.filter(({ id }) => id > after).slice(0, DATASETS_PAGE_MAX), total: found.length };
}

type Add = (subject: string, touch: Touch) => void;

function fromDatasets({ datasets }: Pick<Parts, 'datasets'>, { sources, datasets: named }: ExposureScope, add: Add) {
  for (const id of new Set([...named, ...datasets.behind(sources)])) {
    const dataset = datasets.named(id);
    if (!dataset) continue;
    const touch = { of: 'dataset', dataset: id, name: dataset.name, purpose: dataset.purpose } as const;
    for (const subject of dataset.subjects) add(subject, touch);
  }
}

async function fromRecords({ sql, ledger }: Parts, { sources, datasets, from, to }: ExposureScope, add: Add) {
  // Datasets alone are no question about the vault's records.
  if (sources.length === 0 && datasets.length > 0) return;
  const actors = sources.length === 0 ? null : sources;
  for (const { subject, category } of await store.storedIn(sql, { sources: actors, from, to }))
    add(subject, { of: 'stored', category });
  const looks = await ledger.mentions({ types: LOOKED_TYPES, actors, from, to, prefix: 'rec-' });
  const categories = await categoriesOf(sql, [...new Set(looks.map(({ mention }) => mention))]);
  for (const { subject, mention, type } of looks) {
    const category = categories.get(mention);
    if (category !== undefined) add(subject, { of: LOOKED[type as FactType]!, category });
  }
}

/** Each step tells some and marks them told in one transaction: nobody twice, nobody never. */
async function tellAll(
  { sql, clock }: Pick<Parts, 'sql' | 'clock'>,
  { id, reason, telling }: StoredExposure,
  isStopping: () => boolean,
): Promise<void> {
  while (!isStopping()) {
    const some = await store.readExposed(sql, id, { untold: true, limit: PEOPLE_PER_STEP });
    await sql.transact(async (tx) => {
      if (some.length === 0) return store.endTelling(tx, id);
      const at = clock();
      for (const { subject, touches } of some) {
        const data = { exposure: id, reason, touches: touches as unknown as Json };
        const fact = { module: MODULE, type: 'data.exposed', actor: telling!.by, subject, at } as const;
        tx.record({ ...fact, personal: true, data });
      }
      const about = { exposure: id };
      await addNotices(
        tx,
        some.map(({ subject }) => ({ subject, kind: 'exposed', at, about, by: telling!.by })),
      );
      return store.markTold(tx, id, { subjects: some.map(({ subject }) => subject), at });
    });
    if (some.length === 0) return;
  }
}

async function shown(sql: Parts['sql'], { id, at, by, reason, scope, state }: StoredExposure): Promise<Exposure> {
  const groups = await store.readGroups(sql, id);
  const sum = (of: 'people' | 'told'): number => groups.reduce((total, group) => total + group[of], 0);
  return {
    ...{ id, at, by, reason, scope, state, people: sum('people'), told: sum('told') },
    groups: groups
      .slice(0, EXPOSURE_GROUPS_MAX)
      .map(({ touches, people }) => ({ touches: [...touches], people, draft: draftFor(touches, scope) })),
  };
}
