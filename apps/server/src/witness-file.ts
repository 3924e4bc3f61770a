/** The witnesses that the city named, one on each line: where it answers, and its key as it printed it. */
import { readFileSync } from 'node:fs';
import { OperationalFault } from '@cityward/kernel';
import { WITNESSES_MAX, type WitnessSettings } from '@cityward/ledger';
import { parseCosignerKey } from '@cityward/tlog-tiles/cosignature';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Throws on a line that is none: a witness that is left out by mistake would be missed only after a disaster. */
export function readWitnesses(path: string): WitnessSettings[] {
  const lines = textOf(path)
    .split('\n')
    .map((line) => line.trim());
  const all = lines.flatMap((line, i) =>
    line === '' || line.startsWith('#') ? [] : [witnessIn(line, `${path}:${i + 1}`)],
  );
  const names = new Set(all.map(({ key }) => key.name));
  if (all.length === 0 || all.length > WITNESSES_MAX || names.size < all.length)
    throw new OperationalFault(
      `read witnesses "${path}": ${all.length} of ${names.size} names, wanted one to ${WITNESSES_MAX}, each of its own name`,
    );
  return all;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    throw new OperationalFault(`read witnesses "${path}": ${(fault as Error).message}`, { cause: fault });
  }
}

function witnessIn(line: string, where: string): WitnessSettings {
  const [address = '', key = '', ...more] = line.split(/\s+/);
  const url = URL.canParse(address) ? new URL(address) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (!url || !isSafe || url.search !== '' || url.hash !== '' || url.username !== '' || more.length > 0)
    throw new OperationalFault(
      `read witness "${where}": wanted an https URL (http on this machine only), a blank and a key`,
    );
  const parsed = parseCosignerKey(key);
  if (!parsed.ok) throw new OperationalFault(`read witness "${where}": ${parsed.error}`);
  return { url: address.replace(/\/+$/, ''), key: parsed.value };
}
