import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCosigner, formatCosignerKey } from '@cityward/tlog-tiles/cosignature';
import { readWitnesses } from './witness-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'cityward-witnesses-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keyOf = (name: string): string =>
  formatCosignerKey(createCosigner(name, generateKeyPairSync('ed25519').privateKey));
function read(text: string) {
  const path = join(folder, 'witnesses');
  writeFileSync(path, text);
  return readWitnesses(path);
}

describe('the file of witnesses', () => {
  it('has one on each line', () => {
    const key = keyOf('a.example');
    const all = read(`# ours\n\nhttps://a.example/w/ ${key}\nhttp://127.0.0.1:9700\t${keyOf('b.example')}\n`);
    expect(all.map(({ url, key: { name } }) => [url, name])).toEqual([
      ['https://a.example/w', 'a.example'],
      ['http://127.0.0.1:9700', 'b.example'],
    ]);
  });
  it.each([
    ['', /0 of 0 names/],
    [`https://a.example ${keyOf('a.example')}\nhttps://b.example ${keyOf('a.example')}`, /each of its own name/],
    [`http://a.example ${keyOf('a.example')}`, /witnesses:1": wanted an https URL/],
    [`https://a.example`, /is none/],
    [`# x\nhttps://a.example ${keyOf('a.example').slice(0, -4)}`, /witnesses:2/],
  ])('refuses %j', (text, says) => expect(() => read(text)).toThrow(says));
  it('says which file is missing', () => {
    expect(() => readWitnesses(join(folder, 'none'))).toThrow(/none": ENOENT/);
  });
});
