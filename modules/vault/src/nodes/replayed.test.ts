/** What was overheard on its way to one process, sent to another: two real processes over one PostgreSQL. */
import { sql as raw } from 'kysely';
import { describe } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { PROOF_TIME_MS } from '../lease/limits.ts';
import { OF_ONE_PROCESS } from '../lease/testing-controls.ts';
import { fetchAs, openPage, type TestPage } from '../lease/testing-views.ts';
import { AROHA, BEN, consentTo, must, OFFICER, recordOf } from '../testing.ts';
import { attack, type Place } from '../testing-attack.ts';
import type * as nodes from './testing-nodes.ts';

const SERVER = process.env['TEST_DATABASE_URL'];
const TRIES_MAX = 5;
const OPENING = '/api/views';
const PIECE = /^\/api\/views\/[^/]+\/pages\//;

interface Overheard {
  readonly path: string;
  readonly sent: RequestInit;
}
/** Passes on what a page sends and keeps it, cookie and proof with it; what asks for a piece never arrives. */
function wiretap() {
  const overheard: Overheard[] = [];
  const call: typeof fetch = (where, sent = {}) => {
    const { pathname: path } = new URL(where as string);
    overheard.push({ path, sent: { ...sent, signal: null } });
    if (PIECE.test(path)) return Promise.reject(new Error('never arrived'));
    return fetch(where, sent);
  };
  return { overheard, call };
}

async function replayedAtAnother({ startNode }: typeof nodes, { sql, folder }: Place): Promise<boolean> {
  const { rows } = await raw<{ name: string }>`select current_database() as name`.execute(sql.for());
  const database = new URL(SERVER!);
  database.pathname = `/${rows[0]!.name}`;
  const first = await startNode({ url: database.href, folder: `${folder}/first` });
  const second = await startNode({ url: database.href, folder: `${folder}/second`, keysOf: `${folder}/first` });
  try {
    const { record } = must(await first.put(recordOf(), OFFICER));
    const from = Date.now();
    must(await first.give(consentTo(BEN, { from, until: from + DAY_MS }), AROHA));
    const wish = { record, purpose: 'TREAT' };
    // The consent has come to the other.
    let known: TestPage | null = null;
    while (!known) known = await openPage(second, wish, fetchAs(BEN)).catch(() => null);
    await known.close();
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      const got = await overheardAndSent(wish, first, second);
      if (got !== 'too late') return got === 'served';
    }
    throw new Error(`send what was overheard: too late ${TRIES_MAX} times`);
  } finally {
    await second.stop();
    await first.stop();
  }
}

/** A proof counts for some seconds: where this machine took longer, nothing was tried. */
async function overheardAndSent(
  wish: Parameters<typeof openPage>[1],
  first: nodes.NodeProcess,
  second: nodes.NodeProcess,
): Promise<'served' | 'refused' | 'too late'> {
  const began = performance.now();
  const tap = wiretap();
  const page = await openPage(first, wish, fetchAs(BEN, 'first', tap.call));
  await page.page(0).catch(() => undefined);
  const send = ({ path, sent }: Overheard): Promise<Response> => fetch(`${second.base}${path}`, sent);
  const pieces = tap.overheard.filter(({ path }) => PIECE.test(path));
  if (pieces.length === 0) throw new Error('nothing was overheard');
  const isServed = async (): Promise<boolean> => (await Promise.all(pieces.map(send))).some(({ ok }) => ok);
  if (await isServed()) return 'served';
  // The opening too, so that the same key has the record open there.
  const opened = await send(tap.overheard.find(({ path }) => path === OPENING)!);
  if (opened.ok && (await isServed())) return 'served';
  return opened.ok && performance.now() - began < PROOF_TIME_MS ? 'refused' : 'too late';
}

describe.skipIf(SERVER === undefined)('two processes (skipped without TEST_DATABASE_URL)', () => {
  attack<typeof nodes>({
    id: 'A3',
    name: 'what opens a view, sent to another process',
    through: 'nodes/testing-nodes.ts',
    ways: [
      {
        way: 'all that one page sent: cookie, opening, and proofs with nonces that were never used',
        control: OF_ONE_PROCESS,
        run: replayedAtAnother,
      },
    ],
  });
});
