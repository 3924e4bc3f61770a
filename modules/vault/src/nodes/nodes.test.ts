/** Two vaults in two processes over one PostgreSQL: what is taken back at one is not served by the other, frozen or cut off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { AROHA, BEN, consentTo, must, OFFICER, recordOf, TEXT } from '../testing.ts';
import { ViewRefused } from '../lease/client.ts';
import { fetchAs, openPage } from '../lease/testing-views.ts';
import { startNode, wireTo, type NodeProcess, type Wire } from './testing-nodes.ts';

const SERVER = process.env['TEST_DATABASE_URL'];
const PATIENT_MS = 60_000;

describe.skipIf(SERVER === undefined)('two vaults over one PostgreSQL (skipped without TEST_DATABASE_URL)', () => {
  let folder: string;
  let database: string;
  let wire: Wire;
  let first: NodeProcess;
  let second: NodeProcess;
  const administer = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: SERVER! });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cityward-nodes-'));
    const name = `cityward_nodes_${randomBytes(6).toString('hex')}`;
    await administer(`create database ${name}`);
    const url = new URL(SERVER!);
    url.pathname = `/${name}`;
    database = url.href;
    wire = await wireTo(database);
    first = await startNode({ url: database, folder: at('first') });
  }, PATIENT_MS);
  afterAll(async () => {
    await first.stop();
    await wire.stop();
    await administer(`drop database "${new URL(database).pathname.slice(1)}" with (force)`);
    rmSync(folder, { recursive: true, force: true });
  }, PATIENT_MS);
  beforeEach(async () => {
    wire.mend();
    second = await startNode({
      url: wire.url,
      folder: at(`second-${randomBytes(4).toString('hex')}`),
      keysOf: at('first'),
    });
  }, PATIENT_MS);
  afterEach(() => second.kill(), PATIENT_MS);

  const put = async (node: NodeProcess, text = TEXT, record?: string): Promise<string> =>
    must(await node.put(recordOf(text, record === undefined ? {} : { record }), OFFICER)).record;
  const give = async (node: NodeProcess, record: string, uses: number | null = null): Promise<string> => {
    const from = Date.now();
    const scope = { of: 'records' as const, records: [record] };
    return must(await node.give(consentTo(BEN, { from, until: from + DAY_MS, scope, uses }), AROHA)).id;
  };
  const open = (node: NodeProcess, record: string) => openPage(node, { record, purpose: 'TREAT' }, fetchAs(BEN));
  /** On a busy machine a node may have missed a turn: asked until it serves again. */
  const opened = async (node: NodeProcess, record: string): ReturnType<typeof openPage> => {
    for (;;)
      try {
        return await open(node, record);
      } catch (fault) {
        if (!(fault instanceof ViewRefused) || fault.code !== 'VAULT_NOT_SERVING') throw fault;
      }
  };
  /** The text that BEN sees, or how he is refused. */
  const seen = async (node: NodeProcess, record: string): Promise<string> => {
    try {
      const page = await open(node, record);
      const content = await page.page(0);
      await page.close();
      return (JSON.parse(Buffer.from(content).toString()) as { text: string }).text;
    } catch (fault) {
      return fault instanceof ViewRefused ? fault.code : String(fault);
    }
  };
  const until = async (what: () => Promise<string>, wanted: string): Promise<void> => {
    for (let last = await what(); last !== wanted; last = await what())
      await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it(
    'share consents, contents and what is taken back',
    async () => {
      const record = await put(first);
      const consent = await give(first, record);
      await until(() => seen(second, record), TEXT);
      await put(first, 'second', record);
      await until(() => seen(second, record), 'second');
      const page = await opened(second, record);
      must(await first.takeBack(consent, AROHA));
      expect([await seen(second, record), await seen(first, record)]).toEqual(['RECORD_NOT_SEEN', 'RECORD_NOT_SEEN']);
      expect(await page.dark).toBe('told');
      // The other way round, and at once: what was given here is not yet known there.
      const again = await give(second, record);
      must(await first.takeBack(again, AROHA));
      expect(await seen(second, record)).toBe('RECORD_NOT_SEEN');
    },
    PATIENT_MS,
  );

  it(
    'confirm what is taken back while one is frozen, and it serves nothing when it goes on',
    async () => {
      const record = await put(first);
      const consent = await give(first, record);
      await until(() => seen(second, record), TEXT);
      const page = await opened(second, record);
      second.freeze();
      // Asked for before it was taken back, and answered, if at all, after.
      const asked = page.page(0).then(
        () => 'served',
        () => 'refused',
      );
      must(await first.takeBack(consent, AROHA));
      second.thaw();
      expect(await asked).toBe('refused');
      expect(['told', 'unheard']).toContain(await page.dark);
      await until(() => seen(second, record), 'RECORD_NOT_SEEN');
    },
    PATIENT_MS,
  );

  it(
    'confirm what is taken back while one is cut off, which serves nothing until it is back',
    async () => {
      const record = await put(first);
      const consent = await give(first, record);
      await until(() => seen(second, record), TEXT);
      wire.cut();
      must(await first.takeBack(consent, AROHA));
      expect(await seen(second, record)).toBe('VAULT_NOT_SERVING');
      // More was added since, which an old consent must not show.
      await put(first, 'added later', record);
      expect(await seen(second, record)).toBe('VAULT_NOT_SERVING');
      wire.mend();
      await until(() => seen(second, record), 'RECORD_NOT_SEEN');
    },
    PATIENT_MS,
  );

  it(
    'do not confirm what the one that is cut off takes back; it is dark there at once and everywhere once it is back',
    async () => {
      const record = await put(first);
      const consent = await give(first, record);
      await until(() => seen(second, record), TEXT);
      const page = await opened(second, record);
      wire.cut();
      const taking = second.takeBack(consent, AROHA).then(
        () => 'confirmed',
        (fault: Error) => fault.message,
      );
      expect(await page.dark).toBe('told');
      expect(await taking).toContain('not every node of the vault has answered');
      await until(() => seen(first, record), TEXT);
      wire.mend();
      must(await second.takeBack(consent, AROHA));
      expect(await seen(first, record)).toBe('RECORD_NOT_SEEN');
    },
    PATIENT_MS,
  );

  it(
    'count uses once, however many look at both',
    async () => {
      const record = await put(first);
      await give(first, record, 5);
      await until(() => seen(second, record), TEXT);
      const looks = await Promise.all(Array.from({ length: 12 }, (_, i) => seen(i % 2 === 0 ? first : second, record)));
      expect(looks.filter((text) => text === TEXT)).toHaveLength(4);
    },
    PATIENT_MS,
  );

  it(
    'lose nothing when the one that confirmed it is killed, nor when a record is destroyed',
    async () => {
      const [record, other] = [await put(first), await put(first, 'other')];
      const consent = await give(first, record);
      await give(first, other);
      await until(() => seen(second, other), 'other');
      must(await first.destroy(other, AROHA));
      expect(await seen(second, other)).toBe('RECORD_DESTROYED');
      must(await first.takeBack(consent, AROHA));
      await first.kill();
      first = await startNode({ url: database, folder: at('first') });
      for (const node of [first, second])
        await until(async () => {
          const what = await seen(node, record);
          expect(what).not.toBe(TEXT);
          return what;
        }, 'RECORD_NOT_SEEN');
      expect(await seen(first, other)).toBe('RECORD_DESTROYED');
    },
    PATIENT_MS,
  );
});
