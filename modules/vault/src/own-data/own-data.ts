/** The classes of the city's own personal data: read once, refused whole where anything in them is wrong. */
import { readFileSync } from 'node:fs';
import { faultsOfOwnData, type OwnData } from '../domain/own-data.ts';

const FILE = new URL('../../own-data.json', import.meta.url);

export function ownData(): OwnData {
  const read = JSON.parse(readFileSync(FILE, 'utf8')) as OwnData;
  const faults = faultsOfOwnData(read);
  if (faults.length > 0) throw new Error(`read the classes of the city's own data: ${faults.join('; ')}`);
  return read;
}
