/** The repository's documents in words, for the officers who sign them. */
import { sha256 } from '../trust/bytes.ts';
import { plainText } from '../trust/refusals.ts';
import { fits } from '../trust/shape.ts';
import { Root, Targets } from './metadata.ts';

/** Lines to show before root or targets are signed; null when the bytes are neither. */
export function metadataInWords(bytes: Uint8Array): readonly string[] | null {
  const hash = `Hash      ${sha256(bytes).toString('hex')}`;
  const signed = parse(bytes);
  if (fits(Root, signed)) return [...rootLines(signed), hash];
  if (fits(Targets, signed)) return [...targetLines(signed), hash];
  return null;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}

const rootLines = ({ version, expires, roles }: Root): string[] => [
  `Root of the repository of artifacts, version ${version}, until ${expires}`,
  ...Object.entries(roles).map(
    ([role, { keyids, threshold }]) =>
      `  ${role.padEnd(10)} ${threshold} of ${keyids.length}: ${keyids.map((id) => id.slice(0, 12)).join(', ')}`,
  ),
];

const targetLines = ({ version, expires, targets }: Targets): string[] => [
  `Artifacts that devices may install, version ${version}, until ${expires}`,
  ...Object.entries(targets).flatMap(([path, { length, hashes, custom }]) => [
    `  ${plainText(path)}: ${custom.kind}, ${length} bytes, SHA-256 ${hashes.sha256}`,
    `    for ${forText(custom)}`,
  ]),
];

function forText({ classes, models, hardware }: Targets['targets'][string]['custom']): string {
  const parts = [
    ['classes', classes],
    ['models', models],
    ['hardware', hardware],
  ] as const;
  const named = parts.filter(([, words]) => words.length > 0).map(([what, words]) => `${what} ${words.join(', ')}`);
  return named.length > 0 ? named.join('; ') : 'all devices';
}
