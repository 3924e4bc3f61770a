/** A ledger and real witnesses: its checkpoints are cosigned beside all work, and what went back or forked is noticed. */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createCosigner, openCosignatures, type Cosigner } from '@cityward/tlog-tiles/cosignature';
import { parseVerifierKey } from '@cityward/tlog-tiles/note';
import { openWitness, serveWitness, type Witness, type WitnessListener } from '@cityward/witness';
import { openCheckpoint } from '@cityward/tlog-tiles/checkpoint';
import { factsOf, newFolder, ORIGIN } from './fixture.ts';
import { createLedger, type Ledger } from './index.ts';

let sql: TestSql;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  sql = await openTestSql();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await sql.reset();
});
afterAll(() => sql.stop());

const signer = createCosigner('witness.example', generateKeyPairSync('ed25519').privateKey);

interface Placed {
  readonly folder: string;
  readonly url: string;
  readonly key?: Cosigner;
}
async function ledgerIn({ folder, url, key = signer }: Placed): Promise<Ledger> {
  const ledger = createLedger({
    ...{ folder: join(folder, 'ledger'), keyFile: join(folder, 'key.pem'), origin: ORIGIN },
    ...{ sql, clock: systemClock, log: silentLog, witnesses: [{ url, key }] },
  });
  await ledger.start();
  ends.push(() => ledger.stop());
  return ledger;
}
async function stop(ledger: Ledger): Promise<void> {
  ends.pop();
  await ledger.stop();
  await sql.reset();
}
async function witnessOf(folder: string): Promise<{ witness: Witness; at: WitnessListener }> {
  const probe = await ledgerIn({ folder, url: 'http://127.0.0.1:1' });
  const log = parseVerifierKey(probe.status().verifierKey);
  await stop(probe);
  if (!log.ok) throw new Error(log.error);
  const witness = await openWitness({
    ...{ path: join(folder, 'witness'), signer, logs: [log.value], clock: systemClock },
  });
  const at = await serveWitness(witness, { host: '127.0.0.1', port: 0, onFault: () => undefined });
  ends.push(async () => {
    await at.stop();
    await witness.close();
  });
  return { witness, at };
}
/** Waits for what a witness says, never for a time. */
const until = (ledger: Ledger, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    if (holds()) return resolve();
    const end = ledger.onWitness(() => {
      if (!holds()) return;
      end();
      resolve();
    });
  });
const stateOf = (ledger: Ledger) => ledger.status().witnesses[0]!.state;

describe('a ledger with a witness', () => {
  it('shows the cosignature with its checkpoint, and keeps it over a restart', async () => {
    const folder = newFolder();
    const { witness, at } = await witnessOf(folder);
    const ledger = await ledgerIn({ folder, url: at.url });
    await ledger.append(factsOf(0, 700));
    await until(ledger, () => ledger.status().witnesses[0]!.cosigned === 700);
    expect(witness.seen()).toMatchObject([{ origin: ORIGIN, size: 700 }]);
    const served = ledger.staticFile('/checkpoint')!.body as string;
    expect(openCosignatures(served, [signer])).toMatchObject({ ok: true, value: [{ name: 'witness.example' }] });
    const log = parseVerifierKey(ledger.status().verifierKey);
    expect(log.ok && openCheckpoint(served, log.value)).toMatchObject({ ok: true, value: { size: 700 } });
    await ledger.append(factsOf(700, 5));
    await until(ledger, () => ledger.status().witnesses[0]!.cosigned === 705);
    const newest = ledger.witnessed();
    expect(newest).toContain('\n705\n');
    await stop(ledger);
    await at.stop();
    const again = await ledgerIn({ folder, url: at.url });
    expect(again.staticFile('/witnessed')!.body).toBe(newest);
    await until(again, () => stateOf(again) === 'silent');
    expect(again.status().notes.join()).toContain('does not sign');
  }, 60_000);

  it('that went back is told so by its witness, and one that forked too', async () => {
    const folder = newFolder();
    const { witness, at } = await witnessOf(folder);
    const first = await ledgerIn({ folder, url: at.url });
    await first.append(factsOf(0, 20));
    await until(first, () => first.status().witnesses[0]!.cosigned === 20);
    await stop(first);
    cpSync(join(folder, 'ledger'), join(folder, 'copy'), { recursive: true });
    const more = await ledgerIn({ folder, url: at.url });
    await more.append(factsOf(20, 20));
    await until(more, () => more.status().witnesses[0]!.cosigned === 40);
    await stop(more);
    rmSync(join(folder, 'ledger'), { recursive: true });
    cpSync(join(folder, 'copy'), join(folder, 'ledger'), { recursive: true });
    const old = await ledgerIn({ folder, url: at.url });
    await until(old, () => stateOf(old) === 'ahead');
    expect(old.status().witnesses[0]).toMatchObject({ seen: 40, cosigned: null });
    expect(old.status().notes.join()).toContain('has seen 40 entries of the ledger, which holds 20');
    await old.append(factsOf(90, 30));
    await until(old, () => stateOf(old) === 'contradicts');
    expect(old.status().notes.join()).toContain('another ledger than this one');
    expect(witness.seen()).toMatchObject([{ size: 40 }]);
  }, 60_000);

  it('does not believe a cosignature by another key', async () => {
    const folder = newFolder();
    const { at } = await witnessOf(folder);
    const other = createCosigner('witness.example', generateKeyPairSync('ed25519').privateKey);
    const ledger = await ledgerIn({ folder, url: at.url, key: other });
    await until(ledger, () => stateOf(ledger) === 'silent');
    expect(ledger.status().witnesses[0]!.fault).toContain('did not sign as witness.example');
    expect(ledger.witnessed()).toBe(null);
  }, 60_000);
});

it('every fact is read from the log’s own files, in order', async () => {
  const ledger = await ledgerIn({ folder: newFolder(), url: 'http://127.0.0.1:1' });
  await ledger.append(factsOf(0, 6_000));
  const seen: number[] = [];
  expect(await ledger.scan(10, (part) => seen.push(...part.map(({ entry }) => entry)))).toBe(6_000);
  expect(seen).toEqual(Array.from({ length: 5_990 }, (_, i) => i + 10));
}, 60_000);
