/** The law as data: read once at the start, refused whole where anything in it is wrong. */
import { readFileSync } from 'node:fs';
import { faultsOfLaw, type RetentionLaw } from './domain/retention.ts';

const FILE = new URL('../periods/retention.json', import.meta.url);

export function retentionLaw(): RetentionLaw {
  const law = JSON.parse(readFileSync(FILE, 'utf8')) as RetentionLaw;
  const faults = faultsOfLaw(law);
  if (faults.length > 0) throw new Error(`read the periods of the law: ${faults.join('; ')}`);
  return law;
}
