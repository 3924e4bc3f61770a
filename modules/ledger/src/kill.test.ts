/** SIGKILL under load, again and again: nothing acknowledged is lost, no published checkpoint is ever contradicted. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createProver, verifyConsistency } from '@cityward/tlog-tiles';
import { openCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import { parseVerifierKey } from '@cityward/tlog-tiles/note';
import { newFolder, startedCore } from './fixture.ts';

const KILLS = 10;
const CHILD = fileURLToPath(new URL('./kill-fixture.ts', import.meta.url));

interface Told {
  readonly acknowledged: Map<string, number>;
  readonly checkpoints: string[];
}

/** Runs the child, kills it a random while after its first acknowledgement, and answers what it told. */
function runAndKill(folder: string, round: number): Promise<Told> {
  return new Promise((resolve, reject) => {
    const told: Told = { acknowledged: new Map(), checkpoints: [] };
    const child = spawn(process.execPath, [CHILD, folder, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    let errors = '';
    let timer: NodeJS.Timeout | null = null;
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const said = JSON.parse(line) as { checkpoint?: string; acknowledged?: string[]; last?: number };
        if (said.checkpoint) told.checkpoints.push(said.checkpoint);
        said.acknowledged?.forEach((id, i, ids) => told.acknowledged.set(id, said.last! - ids.length + 1 + i));
        if (said.acknowledged) timer ??= setTimeout(() => child.kill('SIGKILL'), 10 + Math.random() * 150);
      }
    });
    child.on('close', (_code, signal) =>
      signal === 'SIGKILL' ? resolve(told) : reject(new Error(`the child ended: ${errors}`)),
    );
  });
}

it(`loses nothing acknowledged and never contradicts a checkpoint over ${KILLS} kills`, async () => {
  const folder = newFolder();
  const acknowledged = new Map<string, number>();
  const checkpoints: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    const told = await runAndKill(folder, round);
    told.acknowledged.forEach((index, id) => acknowledged.set(id, index));
    checkpoints.push(...told.checkpoints);
  }
  const core = await startedCore(folder);
  const key = parseVerifierKey(core.verifierKey);
  if (!key.ok) throw new Error(key.error);
  const { size, root } = core.published;
  expect(acknowledged.size).toBeGreaterThan(KILLS * 100);
  expect(size).toBeGreaterThanOrEqual(acknowledged.size);

  const records = await core.read([...acknowledged.values()]);
  expect(records.map((record) => record.body.id)).toEqual([...acknowledged.keys()]);
  expect(checkpoints.length).toBeGreaterThan(KILLS);
  const prover = createProver(size, core.readTile);
  let before = 0;
  for (const text of checkpoints) {
    const old = openCheckpoint(text, key.value);
    if (!old.ok) throw new Error(old.error);
    expect(old.value.size).toBeGreaterThanOrEqual(before);
    before = old.value.size;
    const proof = await prover.consistency(old.value.size);
    expect(verifyConsistency({ oldSize: old.value.size, oldRoot: old.value.root, size, root, proof })).toBe(true);
  }
  await core.stop();
}, 60_000);
