/** A real PostgreSQL hands itself out: whoever reads along is found, is a row of the register, and holds a certificate back until it has followed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { must, NOW, OFFICER, recordOf, testVault } from '../testing.ts';
import { outcomeOf, REPLICA_GONE_MS } from './replicas.ts';

const server = process.env['TEST_DATABASE_URL'];
if (!server) process.stdout.write('replicas of PostgreSQL: skipped, TEST_DATABASE_URL names no server\n');

describe('what became of a record in a replica', () => {
  const copy = { place: 'replica:slot/b', verified: null, created: NOW };
  const at = (seen: Parameters<typeof outcomeOf>[1]['seen'], now = NOW) => outcomeOf(copy, { seen, wanted: 7, now }).is;
  it('is settled once it has followed, and open while nobody knows', () => {
    expect(at([{ place: copy.place, upTo: 7 }])).toBe('purged');
    expect(at([{ place: copy.place, upTo: 6 }])).toBe('pending');
    expect(at([{ place: copy.place, upTo: null }])).toBe('unreadable');
    expect(at([], NOW + REPLICA_GONE_MS - 1)).toBe('pending');
    expect(at([], NOW + REPLICA_GONE_MS)).toBe('beyond');
  });
});

describe.skipIf(!server)('replicas', () => {
  const name = `cityward_reader_${randomBytes(4).toString('hex')}`;
  let sql: TestSql;
  let folder: string;
  let reader: ChildProcess | null = null;
  const ask = (text: string) => raw.raw<{ is: boolean }>(text).execute(sql.for());
  beforeAll(async () => {
    sql = await openTestSql();
    folder = mkdtempSync(join(tmpdir(), 'cityward-replicas-'));
    for (const part of ['log', 'vault']) mkdirSync(join(folder, part));
    await ask(`select pg_create_physical_replication_slot('${name}', true)`);
  }, 60_000);
  afterAll(async () => {
    await stopReader();
    await ask(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${name}'`);
    await sql.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  async function stopReader(): Promise<void> {
    const stopping = reader;
    reader = null;
    if (stopping?.exitCode === null) {
      stopping.kill('SIGKILL');
      await once(stopping, 'close');
    }
    await until(`select not active as is from pg_replication_slots where slot_name = '${name}'`);
  }
  async function until(text: string): Promise<void> {
    for (;;) {
      if ((await ask(text)).rows[0]?.is ?? true) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const startReader = (): void => {
    const args = ['-D', join(folder, 'log'), '-d', server!, '--slot', name, '--synchronous', '-s', '1'];
    reader = spawn('pg_receivewal', args, { stdio: 'ignore' });
  };

  it('are found with whoever reads by them, once each, and at the latest an hour later', async () => {
    startReader();
    await until(`select active as is from pg_replication_slots where slot_name = '${name}'`);
    const { vault, clock, alarms } = testVault(sql, join(folder, 'vault'));
    await vault.start();
    try {
      const place = `replica:slot/${name}`;
      const { record } = must(await vault.put(recordOf(), OFFICER));
      const found = async () =>
        (await vault.copies().of({ record })).filter((copy) => copy.kind === 'replica').map((copy) => copy.place);
      expect(await found()).toContain(place);
      expect(alarms.filter((words) => words.includes(name))).toHaveLength(1);
      const later = (await found()).length;
      await ask('create publication handed_out for all tables');
      clock.now += HOUR_MS - 1;
      await vault.tick();
      expect(await found()).toHaveLength(later);
      clock.now += 1;
      await vault.tick();
      expect((await found()).filter((one) => one.endsWith('/handed_out'))).toHaveLength(1);
      expect(alarms.filter((words) => words.includes(name))).toHaveLength(1);
      const { rows } = await raw<{ data: { place: string } }>`select data from platform.outbox
        where type = 'copy.found'`.execute(sql.for());
      expect(JSON.stringify(rows)).toContain(place);

      // Nobody reads on: what is destroyed now waits for it, and is named once a week has passed.
      await stopReader();
      must(await vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
      const left = async () =>
        (await vault.desk().destructions.list())[0]!.left.filter((copy) => copy.place === place).map(({ why }) => why);
      expect(await left()).toEqual(['it has not followed yet']);
      startReader();
      for (let isLeft = true; isLeft;) {
        await vault.desk().destructions.purgeLeft();
        isLeft = (await left()).length > 0;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      await vault.stop();
    }
  }, 120_000);
});
