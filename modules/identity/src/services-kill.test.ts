/** Registering, secrets, ends and rotations of keys, killed after each write: what was acknowledged stands, and nothing is half done. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { KillRun, KillSaid, KillState } from './testing-services-kill.ts';
import { TOKEN_KEY_LIFE_MS } from './domain/token-keys.ts';
import { removeFolder, testFolder } from './testing.ts';

const SCRIPT = fileURLToPath(new URL('testing-services-kill.ts', import.meta.url));
/** As the process writes: registered, secret; the journal and its commit; the slot file of the keys. */
const WRITES = ['commit', 'commit', 'appendFile', 'datasync', 'commit', 'writeFile', 'datasync', 'rename', 'sync'];
const START = Date.UTC(2027, 0, 1);

describe('a kill after each write', { timeout: 600_000 }, () => {
  const folder = testFolder();
  mkdirSync(join(folder, 'cache'));
  afterAll(() => removeFolder(folder));

  async function play(run: Omit<KillRun, 'folder' | 'cache'>): Promise<readonly KillSaid[]> {
    const argument: KillRun = { ...run, folder, cache: join(folder, 'cache') };
    const flags = ['--liftoff-only', '--disable-warning=ExperimentalWarning'];
    const child = spawn(process.execPath, [...flags, SCRIPT, JSON.stringify(argument)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect([code, signal]).toEqual(run.killAfter === null ? [0, null] : [null, 'SIGKILL']);
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as KillSaid);
  }
  const of = <S extends KillSaid['said']>(said: readonly KillSaid[], kind: S) =>
    said.filter((one): one is Extract<KillSaid, { said: S }> => one.said === kind);

  function stands(said: readonly KillSaid[], state: KillState): void {
    const find = (id: string) => state.services.find((one) => one.id === id);
    for (const { service } of of(said, 'registered')) expect(find(service)).toBeDefined();
    for (const { service } of of(said, 'secret')) expect(state.taken).toContain(service);
    for (const { service } of of(said, 'ended')) expect(find(service)).toMatchObject({ ended: true });
    for (const { listed } of of(said, 'rotated')) expect(state.listed).toEqual(expect.arrayContaining([...listed]));
    const [before] = of(said, 'state');
    expect(state.listed).toContain(before!.state.signing); // what it signed before is verified still
    // The end is in the journal from its datasync on, whether or not the database heard of it.
    if (of(said, 'wrote').filter(({ what }) => what === 'datasync').length > 0)
      expect(state.services.filter(({ ended }) => ended).length).toBe(
        before!.state.services.filter(({ ended }) => ended).length + 1,
      );
  }
  /** Whoever is there was registered once, and so on: a fact for each, and none for what is not. */
  function isWhole({ services, facts }: KillState): void {
    const withFact = (type: string): string[] =>
      facts.filter((one) => one.startsWith(`${type} `)).map((one) => one.slice(type.length + 1));
    expect(withFact('service.registered').sort()).toEqual(services.map(({ id }) => id).sort());
    expect(withFact('service.ended').sort()).toEqual(services.filter(({ ended }) => ended).map(({ id }) => id));
    expect(withFact('service.secret-issued').sort()).toEqual(services.filter((one) => one.secret).map(({ id }) => id));
  }

  it('keeps what was acknowledged, and each thing whole', async () => {
    let before: readonly KillSaid[] = [];
    const secrets: KillRun['secrets'][number][] = [];
    const points = [...WRITES.keys(), WRITES.length, null];
    for (const [round, killAfter] of points.entries()) {
      const said = await play({
        round,
        at: START + round * TOKEN_KEY_LIFE_MS,
        rotateMs: TOKEN_KEY_LIFE_MS,
        killAfter,
        secrets,
      });
      const { state } = of(said, 'state')[0]!;
      if (round > 0) stands(before, state);
      isWhole(state);
      expect(of(said, 'wrote').map(({ what }) => what)).toEqual(WRITES.slice(0, killAfter ?? WRITES.length));
      for (const { service, secret } of of(said, 'secret')) secrets.push({ service, secret });
      before = said;
    }
    expect(secrets).toHaveLength(points.length - 3); // in all but the first three it was acknowledged
  });
});
