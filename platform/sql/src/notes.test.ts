/** What one process tells others over one PostgreSQL; the embedded engine has no others, and calls nobody. */
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINE_NAME, NOTE_MAX_BYTES } from './notes.ts';
import { openTestSql, type TestSql } from './testing.ts';

const PATIENT_MS = 30_000;
let sql: TestSql;
beforeAll(async () => {
  sql = await openTestSql();
});
afterAll(() => sql.stop());

/** What is heard, in order; `next` waits for one more. */
function listening(channel: string) {
  const heard: (string | null)[] = [];
  let wake = (): void => undefined;
  const stop = sql.listen(channel, (from) => {
    heard.push(from);
    wake();
  });
  const next = async (count: number): Promise<(string | null)[]> => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return heard.slice(0, count);
  };
  return { next, heard, stop };
}
const notify = (channel: string, from: string): Promise<void> => sql.transact((tx) => tx.notify(channel, from));

describe.skipIf(!process.env['TEST_DATABASE_URL'])('notes (skipped without TEST_DATABASE_URL)', () => {
  it(
    'are heard once what they tell of is committed, never where it was not',
    async () => {
      const [here, other] = [listening('here'), listening('other')];
      await Promise.all([here.next(1), other.next(1)]);
      const undone = sql.transact(async (tx) => {
        await tx.notify('here', 'undone');
        throw new Error('undo');
      });
      await expect(undone).rejects.toThrow('undo');
      await notify('other', 'for the other');
      await notify('here', 'a');
      await notify('here', 'b');
      expect(await here.next(3)).toEqual([null, 'a', 'b']);
      expect(await other.next(2)).toEqual([null, 'for the other']);
      here.stop();
      await notify('here', 'c');
      await notify('other', 'last');
      await other.next(3);
      expect(here.heard).toHaveLength(3);
      other.stop();
    },
    PATIENT_MS,
  );

  it(
    'are called for again when the line was lost, and heard on the new one',
    async () => {
      const { next, stop } = listening('here');
      await next(1);
      for (let times = 1; times <= 2; times++) {
        const { rows } = await raw<{ ended: boolean }>`select pg_terminate_backend(pid) as ended from pg_stat_activity
          where application_name = ${LINE_NAME} and datname = current_database()`.execute(sql.for());
        expect(rows).toEqual([{ ended: true }]);
        expect((await next(2 * times)).at(-1)).toBe(null);
        await notify('here', `after ${times}`);
        expect((await next(2 * times + 1)).at(-1)).toBe(`after ${times}`);
      }
      stop();
    },
    PATIENT_MS,
  );
});

describe('a note', () => {
  it('is short, and for a channel that is a name', async () => {
    await expect(notify('here', 'é'.repeat(NOTE_MAX_BYTES / 2))).resolves.toBeUndefined();
    await expect(notify('here', 'x'.repeat(NOTE_MAX_BYTES + 1))).rejects.toThrow('wanted at most 200 bytes, got 201');
    await expect(notify('here"; drop', 'x')).rejects.toThrow('use channel "here"; drop": wanted a small letter');
    expect(() => sql.listen('Here', () => undefined)).toThrow('use channel "Here"');
  });
});
