/** The controls that come with Cityward: one file of data for each kind of device. */
import { readdirSync, readFileSync } from 'node:fs';
import { loadCatalogue, type Catalogue } from './domain/baseline/catalogue.ts';

const FOLDER = new URL('../baseline/', import.meta.url);

/** Throws where a file is not understood: a city must not start with half of its controls. */
export function shippedCatalogue(): Catalogue {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const loaded = loadCatalogue(
    files.sort().map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as unknown),
  );
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value;
}
