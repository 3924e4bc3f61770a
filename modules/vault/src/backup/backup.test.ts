/** Backup and restore of a whole vault with a real ledger: what was taken back or destroyed since does not come back. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { EPOCH_MS } from '../domain/epoch.ts';
import { AROHA, codeOf, must, NOW, OFFICER, TEXT } from '../testing.ts';
import { openSite, shared, type Site, type SiteOptions } from '../testing-disaster.ts';
import { startWitness } from '../testing-witness.ts';

let sql: TestSql;
let folder: string;
let site: Site | null;
beforeAll(async () => {
  sql = await openTestSql();
}, 120_000);
afterAll(() => sql.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cityward-backup-'));
  mkdirSync(join(folder, 'backups'));
  site = null;
});
afterEach(async () => {
  await site?.stop();
  await sql.reset();
  rmSync(folder, { recursive: true, force: true });
});
async function opened(options: Partial<SiteOptions> = {}): Promise<Site> {
  await site?.stop();
  return (site = await openSite({ sql, folder, ...options }));
}
const backups = (): string => join(folder, 'backups');
const asked = { keysTo: null, by: OFFICER };
const makeOne = async (at: Site) => must(await at.vault.custody.backUp({ ...asked, folder: backups() }));
const restoring = (from: string, keysFrom: string | null = null) => ({
  folder: from,
  keysFrom,
  reason: 'a fire',
  by: OFFICER,
});
/** By two officers, as the server would check them. */
const opening: SiteOptions['opening'] = { city: 'Test', check: () => ({ ok: true, value: ['ann', 'bob'] }) };
async function openByOfficers({ vault }: Site): Promise<void> {
  must(await vault.custody.open(must(await vault.custody.opening()), []));
}

describe('a backup', () => {
  it('brings back what was there, through the gate, in a new incarnation', async () => {
    const at = await opened({ opening });
    const { record } = await shared(at);
    const before = at.vault.incarnation();
    const made = await makeOne(at);
    expect(readdirSync(made.folder).sort()).toEqual([
      'archive.objects',
      'keys.sealed',
      'manifest.json',
      'tables.ndjson',
      'vault.journal',
    ]);
    expect((await at.vault.custody.standing()).backups).toMatchObject({
      open: 1,
      last: { place: `backup:${made.folder}` },
    });
    const late = await shared(at);
    const restored = must(await at.vault.custody.restore(restoring(made.folder)));
    expect(restored).toMatchObject({ backup: made.id, keys: 3 });
    expect(restored.gate).toContain('closed');
    expect(await at.seen(record)).toBe('VAULT_CLOSED');
    expect(await at.seen('rec-0000000000000000')).toBe('VAULT_CLOSED');
    expect(codeOf(await at.vault.put({ subject: AROHA } as never, OFFICER))).toBe('VAULT_CLOSED');
    // A restart changes nothing: it waits for somebody's word.
    const again = await opened({ opening });
    expect(await again.seen(record)).toBe('VAULT_CLOSED');
    await openByOfficers(again);
    expect(await again.seen(record)).toBe(TEXT);
    expect(await again.seen(late.record)).toBe('RECORD_NOT_SEEN');
    expect(again.vault.incarnation()).not.toBe(before);
    const last = await opened({ opening });
    expect(await last.seen(record)).toBe(TEXT);
  }, 120_000);

  it('brings nothing back that was taken back, used or destroyed since', async () => {
    const at = await opened({ opening });
    const [taken, destroyed, kept] = [await shared(at), await shared(at), await shared(at)];
    const made = await makeOne(at);
    must(await at.vault.takeBack(taken.consent, AROHA));
    must(await at.vault.destroy(destroyed.record, { by: OFFICER, reason: 'asked for' }));
    const later = await makeOne(at);
    await at.drained();
    // The journal is lost with the disk: only the ledger knows.
    await at.stop();
    site = null;
    rmSync(join(folder, 'journal'), { recursive: true });
    const again = await opened({ opening });
    must(await again.vault.custody.restore(restoring(made.folder)));
    await openByOfficers(again);
    expect([await again.seen(taken.record), await again.seen(destroyed.record), await again.seen(kept.record)]).toEqual(
      ['RECORD_NOT_SEEN', 'RECORD_DESTROYED', TEXT],
    );
    // The later backup is a copy still, though the tables of the earlier one do not know it.
    const copies = await again.vault.copies().of({ record: kept.record });
    expect(
      copies
        .filter(({ kind }) => kind === 'backup')
        .map(({ place }) => place)
        .sort(),
    ).toEqual([made, later].map(({ folder: place }) => `backup:${place}`).sort());
    expect((await again.vault.custody.standing()).ahead.ledger).toBe(3);
  }, 120_000);

  it('opens by the word of a witness, and not while it has seen more', async () => {
    const first = await opened();
    const { record, consent } = await shared(first);
    const made = await makeOne(first);
    await first.drained();
    await first.stop();
    site = null;
    const witness = await startWitness(folder, join(folder, 'ledger.key'));
    try {
      const at = await opened({ witnesses: [witness.settings] });
      const until = (holds: () => boolean): Promise<void> =>
        new Promise((resolve) => {
          const look = (): void => (holds() ? resolve() : void setTimeout(look, 20));
          look();
        });
      await until(() => at.vault.status().gate.is === 'open');
      must(await at.vault.takeBack(consent, AROHA));
      await at.drained();
      const restored = must(await at.vault.custody.restore(restoring(made.folder)));
      expect(restored.gate).toContain('the database was restored');
      await until(() => at.vault.status().gate.is === 'open');
      expect(at.vault.status().gateWords).toBe('open, by the word of witness.example');
      expect(await at.seen(record)).toBe('RECORD_NOT_SEEN');
    } finally {
      await opened();
      await witness.stop();
    }
  }, 120_000);

  it('that was changed, is of another vault, or whose week is over is refused, and nothing is touched', async () => {
    const at = await opened();
    const { record } = await shared(at);
    const made = await makeOne(at);
    const refusal = async (from = made.folder): Promise<string> => {
      const answer = await at.vault.custody.restore(restoring(from));
      expect(await at.seen(record)).toBe(TEXT);
      return answer.ok ? 'restored' : answer.error.message;
    };
    for (const name of readdirSync(made.folder)) {
      const path = join(made.folder, name);
      const whole = readFileSync(path);
      if (whole.length === 0) continue;
      const changed = Buffer.from(whole);
      changed[Math.floor(changed.length / 2)]! ^= 1;
      writeFileSync(path, changed);
      expect(await refusal(), name).toMatch(/is none of this kind|not the file|not the backup|another version/);
      writeFileSync(path, whole);
    }
    const manifest = join(made.folder, 'manifest.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace(/"made": \d+/, '"made": 1'));
    expect(await refusal()).toContain('not the backup that the ledger knows');
    writeFileSync(manifest, text);
    expect(await refusal(join(folder, 'none'))).toContain('ENOENT');
    at.clock.now = NOW + 7 * EPOCH_MS;
    await at.vault.tick();
    expect((await at.vault.custody.standing()).backups.weeks).toEqual([]);
    const late = await at.vault.custody.restore(restoring(made.folder));
    expect(late.ok ? '' : late.error.message).toContain('the key of its week is destroyed');
  }, 120_000);

  it('holds its keys for five weeks after its own, to the day', async () => {
    const at = await opened();
    await shared(at);
    const made = await makeOne(at);
    expect(made.unreadableFrom - NOW).toBeGreaterThan(5 * EPOCH_MS);
    expect(made.unreadableFrom - NOW).toBeLessThanOrEqual(6 * EPOCH_MS);
    at.clock.now = made.unreadableFrom - 1;
    await at.vault.tick();
    expect((await at.vault.custody.standing()).backups.weeks).toHaveLength(1);
    at.clock.now = made.unreadableFrom;
    await at.vault.tick();
    expect((await at.vault.custody.standing()).backups.weeks).toHaveLength(0);
    expect(readFileSync(join(folder, 'keys', 'epochs')).every((byte) => byte === 0)).toBe(true);
    const told: string[] = [];
    await at.ledger.scan(0, (part) => told.push(...part.map(({ body }) => body.type)));
    expect(told.filter((type) => type === 'backup-key.destroyed')).toHaveLength(1);
  }, 60_000);

  it('is of use on another machine only with what was kept apart', async () => {
    const at = await opened({ opening });
    const { record } = await shared(at);
    const keysTo = join(folder, 'apart');
    const made = must(await at.vault.custody.backUp({ ...asked, folder: backups(), keysTo }));
    await at.drained();
    await at.stop();
    site = null;
    for (const lost of ['keys', 'journal']) rmSync(join(folder, lost), { recursive: true });
    await sql.reset();
    const other = await opened({ opening });
    const without = await other.vault.custody.restore(restoring(made.folder));
    expect(without.ok ? '' : without.error.message).toContain('its root key is another');
    must(await other.vault.custody.restore(restoring(made.folder, keysTo)));
    await openByOfficers(other);
    expect(await other.seen(record)).toBe(TEXT);
    expect(readFileSync(join(keysTo, 'root.key')).equals(readFileSync(join(folder, 'keys', 'root.key')))).toBe(true);
  }, 120_000);

  it('on a full disk leaves nothing behind at any write, and says so', async () => {
    let room = Infinity;
    const openBackupFile: SiteOptions['openBackupFile'] = async (path) => {
      const handle = await open(path, 'wx', 0o600);
      const spend = (): void => {
        if (--room < 0) throw new Error('ENOSPC: no space left on device');
      };
      return {
        write: ((...given: Parameters<typeof handle.write>) => (spend(), handle.write(...given))) as never,
        datasync: () => (spend(), handle.datasync()),
        close: () => handle.close(),
      };
    };
    const at = await opened({ openBackupFile });
    await shared(at);
    for (let calls = 0; ; calls++) {
      expect(calls).toBeLessThan(40);
      room = calls;
      const answer = await at.vault.custody
        .backUp({ ...asked, folder: backups() })
        .catch((fault: unknown) => fault as Error);
      if (!(answer instanceof Error)) {
        must(answer);
        expect(calls).toBeGreaterThan(6);
        break;
      }
      expect(answer.message).toContain('ENOSPC');
      expect(readdirSync(backups())).toEqual([]);
      expect((await at.vault.custody.standing()).backups.open).toBe(0);
    }
    expect(readdirSync(backups())).toHaveLength(1);
  }, 120_000);
});

describe('erasing', () => {
  it('takes all keys of a person, once their id was typed, and a restored vault takes them again', async () => {
    const at = await opened({ opening });
    const { record } = await shared(at);
    const made = await makeOne(at);
    const erasing = { person: AROHA, reason: 'asked for', by: OFFICER };
    expect(codeOf(await at.vault.custody.erase({ ...erasing, typed: 'yes' }))).toBe('ERASE_NOT_CONFIRMED');
    expect(await at.seen(record)).toBe(TEXT);
    const done = must(await at.vault.custody.erase({ ...erasing, typed: AROHA }));
    expect(done).toMatchObject({ records: 1, keys: 3 });
    expect(done.unreadableFrom - NOW).toBeLessThan(43 * DAY_MS);
    expect((await at.vault.custody.standing()).keys.live).toBe(0);
    expect(await at.seen(record)).toBe('RECORD_DESTROYED');
    must(await at.vault.custody.restore(restoring(made.folder)));
    await openByOfficers(at);
    expect((await at.vault.custody.standing()).keys.live).toBe(0);
    expect(await at.seen(record)).not.toBe(TEXT);
  }, 60_000);
});
