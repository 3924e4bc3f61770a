/** No key, code, token or passphrase is anywhere but in its own slot file: everything on disk and in SQL is searched. */
import { createHash, createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { openRootKey } from './authority.ts';
import type { Identity } from './service.ts';
import { newRequest, removeFolder, testFolder, testIdentity } from './testing.ts';

let sql: TestSql;
let identity: Identity;
const folder = testFolder();
const lines: string[] = [];

beforeAll(async () => {
  sql = await openTestSql();
  const log = createLog({ level: 'debug', write: (line) => void lines.push(line) });
  identity = testIdentity(sql, { folder, log, keepPassphrase: true });
  await identity.start();
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});

/** A secret in every form that it might be written in. */
const forms = (secret: Buffer): string[] => [
  secret.toString('latin1'),
  secret.toString('hex'),
  secret.toString('hex').toUpperCase(),
  secret.toString('base64').replace(/=+$/, '').slice(0, -1),
  secret.toString('base64url').slice(0, -1),
];
/** A PEM or DER file holds the key's bytes at any of three base64 alignments: the middle of the text is searched too. */
const shifted = (secret: Buffer): string[] =>
  [0, 1, 2].map((skip) => secret.subarray(skip).toString('base64').slice(0, 36));

async function databaseText(): Promise<string> {
  const db = sql.for();
  const { rows } = await raw<{ name: string }>`select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(db);
  const dumps = await Promise.all(
    rows.map(({ name }) => raw<{ text: string }>`select t::text as text from ${raw.raw(name)} t`.execute(db)),
  );
  return dumps.flatMap((dump) => dump.rows.map((row) => row.text)).join('\n');
}
const filesBelow = (path: string): string[] =>
  readdirSync(path).flatMap((name) => {
    const below = join(path, name);
    return statSync(below).isDirectory() ? filesBelow(below) : [below];
  });

it('keeps every secret out of SQL, files and logs', async () => {
  const [code] = await identity.issueCodes(['cam-0001'], 'per-1');
  const link = new URL((await identity.firstLink())!).hash.slice('#token='.length);
  await identity.est({
    method: 'POST',
    path: '/.well-known/est/simpleenroll',
    headers: { authorization: `Basic ${Buffer.from(`cam-0001:${code!.code}`).toString('base64')}` },
    body: Buffer.from(newRequest('cam-0001').base64),
    address: '127.0.0.1',
    certificate: null,
  });
  const issuing = createPrivateKey(readFileSync(join(folder, 'authority/issuing-key.pem')));
  const root = await openRootKey(join(folder, 'authority'), identity.authority.passphrase!);
  if (!root.ok) throw new Error(root.error.message);
  const server = await identity.authority.serverCertificate();
  const scalar = (key: ReturnType<typeof createPrivateKey>): Buffer =>
    Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
  const keys = [scalar(issuing), scalar(root.value), scalar(createPrivateKey(server.keyPem))];
  const words = [code!.code, code!.code.replaceAll('-', ''), link, identity.authority.passphrase!.reveal()];
  const wanted = [...keys.flatMap((key) => [...forms(key), ...shifted(key)]), ...words];

  const allowed = new Map([
    ['issuing-key.pem', [...forms(keys[0]!), ...shifted(keys[0]!)]],
    ['root-passphrase', [identity.authority.passphrase!.reveal()]],
  ]);
  const places = new Map([
    ['database', await databaseText()],
    ['log', lines.join('')],
    ['facts', String(identity.authority)],
  ]);
  for (const path of filesBelow(folder)) places.set(path, readFileSync(path, 'latin1').replaceAll('\n', ''));
  expect(places.size).toBeGreaterThan(8);
  for (const [place, text] of places) {
    const expected = allowed.get(place.split('/').at(-1)!) ?? [];
    for (const secret of wanted)
      if (text.includes(secret)) expect(expected, `${place} holds a secret`).toContain(secret);
  }
  // The search would find one: the issuing key is where it belongs, and the code's hash is in SQL.
  expect(shifted(keys[0]!).some((text) => places.get(join(folder, 'authority/issuing-key.pem'))!.includes(text))).toBe(
    true,
  );
  expect(places.get('database')).toContain(
    createHash('sha256')
      .update('8:cam-0001')
      .update(`28:${code!.code.replaceAll('-', '')}`)
      .digest('hex'),
  );
});

it('keeps the whole folder for its owner', () => {
  for (const path of filesBelow(folder)) expect(statSync(path).mode & 0o077).toBe(0);
  expect(statSync(folder).mode & 0o077).toBe(0);
});
