/** Random steps over HTTP with two real processes on one PostgreSQL, one of which is frozen and thawed: is a piece served after its consent was confirmed as taken back? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DAY_MS, newId, seeded } from '@cityward/kernel';
import { fetchAs, openPage, type TestPage } from '../../modules/vault/src/lease/testing-views.ts';
import { startNode } from '../../modules/vault/src/nodes/testing-nodes.ts';
import { AROHA, BEN, consentTo, must, OFFICER, recordOf } from '../../modules/vault/src/testing.ts';

const PAGES_MAX = 8;
const ASKED_MAX = 16;

export async function twoNodes(server: string, steps: number) {
  const name = `cityward_revoke_${newId<string>('run').slice(4)}`;
  const administer = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const folder = mkdtempSync(join(tmpdir(), 'cityward-two-nodes-'));
  const first = await startNode({ url: url.href, folder: join(folder, 'first') });
  const second = await startNode({ url: url.href, folder: join(folder, 'second'), keysOf: join(folder, 'first') });
  try {
    return await stepThrough({ first, second, steps });
  } finally {
    await second.kill();
    await first.kill();
    await administer(`drop database ${name} with (force)`);
    rmSync(folder, { recursive: true, force: true });
  }
}

type Node = Awaited<ReturnType<typeof startNode>>;
interface Open {
  readonly page: TestPage;
  readonly consent: string;
}
async function giveAt(node: Node, record: string): Promise<string> {
  const from = Date.now();
  const scope = { of: 'records' as const, records: [record] };
  return must(await node.give(consentTo(BEN, { from, until: from + DAY_MS, scope }), AROHA)).id;
}
async function stepThrough({ first, second, steps }: { readonly first: Node; readonly second: Node; steps: number }) {
  const random = seeded('bench/revoke/two-nodes');
  const record = must(await first.put(recordOf(), OFFICER)).record;
  const found = { steps, served: 0, confirmed: 0, servedAfterRevoke: 0 };
  const confirmed = new Set<string>();
  const pages: Open[] = [];
  const asked = new Set<Promise<void>>();
  const opening = new Set<Promise<void>>();
  const give = (): Promise<string> => giveAt(first, record);
  let consent = await give();
  let isFrozen = false;
  const track = (work: Promise<void>): void => {
    const one = work.catch(() => undefined).finally(() => asked.delete(one));
    asked.add(one);
  };
  const open = (node: Node, rests: string): Promise<void> => {
    const opened = openPage(node, { record, purpose: 'TREAT' }, fetchAs(BEN)).then((page) => {
      pages.push({ page, consent: rests });
    });
    const one = opened.catch(() => undefined).finally(() => opening.delete(one));
    opening.add(one);
    return opened;
  };
  const read = async ({ page, consent: rests }: Open): Promise<void> => {
    const isAfter = confirmed.has(rests);
    await page.page(0);
    found.served++;
    if (isAfter) found.servedAfterRevoke++;
  };
  for (let step = 0; step < steps; step++) {
    const act = random.int(100);
    if (act < 70 && pages.length > 0) track(read(random.pick(pages)));
    else if (act < 90 && pages.length < PAGES_MAX)
      track(open(random.int(2) === 0 || isFrozen ? first : second, consent));
    else if (act < 92) {
      if (isFrozen) second.thaw();
      else second.freeze();
      isFrozen = !isFrozen;
    } else if (act === 99) {
      must(await first.takeBack(consent, AROHA));
      confirmed.add(consent);
      found.confirmed++;
      // Whatever is open by it is asked once more, after it was confirmed.
      for (const one of pages.splice(0)) track(read(one));
      // What is still being opened would rest on the next one, and be counted as if by this.
      if (isFrozen && opening.size > 0) {
        second.thaw();
        isFrozen = false;
      }
      await Promise.all(opening);
      consent = await give();
    }
    if (asked.size >= ASKED_MAX) await Promise.race(asked);
    if (isFrozen && asked.size >= ASKED_MAX - 1) {
      second.thaw();
      isFrozen = false;
    }
  }
  second.thaw();
  await Promise.all(asked);
  return found;
}
