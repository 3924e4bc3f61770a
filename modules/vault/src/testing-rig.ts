/** One vault at a time over one database, with what tests ask of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { ConsentDraft, RecordDraft } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { AROHA, BEN, consentTo, must, OFFICER, person, recordOf, testVault, TEXT, type TestVault } from './testing.ts';
import type { Look } from './viewing/viewing.ts';

export interface Outboxed {
  readonly type: string;
  readonly subject: string;
  readonly actor: string;
  readonly data: unknown;
}
export interface Rig {
  readonly at: TestVault;
  readonly sql: TestSql;
  readonly folder: string;
  put(change?: Partial<RecordDraft>, text?: string): Promise<string>;
  give(change?: Partial<ConsentDraft>): Promise<string>;
  /** The text that BEN sees, or the code of the refusal. */
  seen(record: string, change?: Partial<Look>): Promise<string>;
  restart(options?: Parameters<typeof testVault>[2]): Promise<void>;
  restartOver(sql: Sql, options?: Parameters<typeof testVault>[2]): Promise<void>;
  outbox(): Promise<Outboxed[]>;
}
export const look = (record: string, change: Partial<Look> = {}): Look => ({
  record,
  purpose: 'TREAT',
  right: 'text',
  principal: person(BEN),
  ...change,
});
/** SQL that takes no more writes once the vault over it has started, as where it was cut off. */
export function deaf(over: Sql): Sql & { deafen(): void } {
  let isDeaf = false;
  return {
    ...over,
    deafen: () => void (isDeaf = true),
    transact: (work) => (isDeaf ? Promise.reject(new Error('SQL is gone')) : over.transact(work)),
  };
}
/** In the way of the disk. */
export function gate() {
  let open = (): void => undefined;
  let reached = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const isReached = new Promise<void>((resolve) => (reached = resolve));
  return { open: () => open(), isReached, pass: () => (reached(), opened) };
}

export function useVault(usual: Parameters<typeof testVault>[2] = {}): Rig {
  let sql: TestSql;
  let folder: string;
  let at: TestVault;
  let isDeaf = false;
  beforeAll(async () => {
    sql = await openTestSql();
  }, 120_000);
  afterAll(() => sql.stop());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cityward-vault-'));
    at = testVault(sql, folder, usual);
    isDeaf = false;
    await at.vault.start();
  });
  afterEach(async () => {
    await at.vault.stop();
    await sql.reset();
    rmSync(folder, { recursive: true, force: true });
  });
  const begin = async (over: Sql, options: Parameters<typeof testVault>[2] = {}): Promise<void> => {
    await at.vault.stop();
    const { ledger, clock, posts } = at;
    at = testVault(over, folder, { ledger, posts, ...options });
    at.clock.now = clock.now;
    await at.vault.start();
    isDeaf = 'deafen' in over;
    if (isDeaf) (over as ReturnType<typeof deaf>).deafen();
  };
  return {
    get at() {
      return at;
    },
    get sql() {
      return sql;
    },
    get folder() {
      return folder;
    },
    put: async (change = {}, text = TEXT) => must(await at.vault.put(recordOf(text, change), OFFICER)).record,
    give: async (change = {}) => must(await at.vault.give(consentTo(BEN, change), AROHA)).id,
    seen: async (record, change = {}) => {
      const answer = await at.vault.view(look(record, change));
      return answer.ok ? (JSON.parse(answer.value.content.toString()) as { text: string }).text : answer.error.code;
    },
    restart: (options) => begin(sql, options),
    restartOver: (over, options) => begin(over, options),
    outbox: async () => {
      // What is in force already comes to SQL after it: where that was cut off, never.
      while (!isDeaf && at.vault.status().unsaved > 0) await turn();
      return sql
        .for<{ 'platform.outbox': Outboxed & { position: number } }>()
        .selectFrom('platform.outbox')
        .select(['type', 'subject', 'actor', 'data'])
        .orderBy('position')
        .execute();
    },
  };
}
