/** The files of a bundle: one schema, policies by subject, and a manifest of their SHA-256 that `sha256sum -c` checks as well. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BundleFault } from './bundle-fault.ts';

export const SCHEMA_FILE = 'schema.cedarschema';
export const MANIFEST_FILE = 'SHA256SUMS';
export const FILE_MAX_BYTES = 1_048_576;

export interface BundleFiles {
  readonly schema: string;
  readonly policies: readonly { readonly file: string; readonly text: string }[];
}

const MANIFEST_LINE = /^([0-9a-f]{64}) {2}([a-z0-9.-]+)$/;

/** Reads the bundle; a file that was changed, added or taken away since the manifest was written refuses it. */
export function readBundleFiles(folder: string): BundleFiles {
  const names = bundleNames(folder);
  const known = readManifest(folder);
  for (const name of known.keys())
    if (!names.includes(name)) throw new BundleFault(name, 1, `the file is missing; ${MANIFEST_FILE} names it`);
  const texts = new Map(names.map((name) => [name, readChecked(folder, name, known.get(name))]));
  const schema = texts.get(SCHEMA_FILE);
  if (schema === undefined) throw new BundleFault(SCHEMA_FILE, 1, 'the file is missing');
  const policies = names.filter((name) => name !== SCHEMA_FILE).map((file) => ({ file, text: texts.get(file)! }));
  if (policies.length === 0) throw new BundleFault(SCHEMA_FILE, 1, 'the bundle has no policies');
  return { schema, policies };
}

/** Writes the manifest after a deliberate change. */
export function writeManifest(folder: string): void {
  const lines = bundleNames(folder).map((name) => `${sha256(readFileSync(join(folder, name)))}  ${name}\n`);
  writeFileSync(join(folder, MANIFEST_FILE), lines.join(''));
}

function bundleNames(folder: string): string[] {
  const names = list(folder).filter((name) => name === SCHEMA_FILE || name.endsWith('.cedar'));
  return names.sort();
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    throw new BundleFault(folder, 1, 'the folder cannot be read');
  }
}

function readManifest(folder: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST_FILE), 'utf8');
  } catch {
    throw new BundleFault(MANIFEST_FILE, 1, 'the file is missing: without it nobody knows what the bundle should be');
  }
  const known = new Map<string, string>();
  for (const [i, line] of text.trimEnd().split('\n').entries()) {
    const match = MANIFEST_LINE.exec(line);
    if (!match) throw new BundleFault(MANIFEST_FILE, i + 1, 'the line is no "sha256  file name"');
    known.set(match[2]!, match[1]!);
  }
  return known;
}

function readChecked(folder: string, name: string, wanted: string | undefined): string {
  const bytes = readFileSync(join(folder, name));
  if (bytes.length > FILE_MAX_BYTES)
    throw new BundleFault(name, 1, `the file has ${bytes.length} bytes, want at most ${FILE_MAX_BYTES}`);
  if (wanted === undefined) throw new BundleFault(name, 1, `the file is not in ${MANIFEST_FILE}`);
  const found = sha256(bytes);
  if (found !== wanted)
    throw new BundleFault(name, 1, `the file was changed: its SHA-256 is ${found}, ${MANIFEST_FILE} says ${wanted}`);
  return bytes.toString('utf8');
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
