/**
 * Everything that is held about somebody, as a zip. Content comes by the one way in which it is looked at. What else cannot be reached
 * is named as missing, so that a person gets their records while the rest of the platform is down.
 */
import { hash } from 'node:crypto';
import { TAKEOUT_PART_MAX_BYTES, type Consent, type Principal } from '@cityward/contracts';
import { writeZip } from '@cityward/formats/zip';
import { newId, ok, type Json, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { CopyRegister } from '../copies/copy.ts';
import { consentToFhir } from '../domain/fhir/consent-out.ts';
import { bundleOf, collectionOf, fileOf, type TakenRecord } from '../domain/takeout/bundle.ts';
import { GLASS_PAPERS } from '../desk-papers.ts';
import type { Lives } from '../lives/lives.ts';
import type { Looks } from '../looks/looks.ts';
import type { VaultOptions } from '../needs.ts';
import { versionsAfter, type HeldVersion } from '../records/store.ts';
import type { View } from '../viewing/viewing.ts';
import { paperOf } from './paper.ts';

const MODULE = 'vault';
const FORMAT = 'cityward-takeout/1';
/** Versions in one question to SQL, and in one part. */
const VERSIONS_PER_PART = 5_000;
/** Entries of who looked, in pages of the list. */
const LOOK_PAGES_MAX = 50;

export interface TakeoutParts extends Pick<
  VaultOptions,
  'clock' | 'ledger' | 'log' | 'takeoutPartMaxBytes' | 'destruction'
> {
  readonly sql: Sql;
  readonly view: View;
  readonly copies: Pick<CopyRegister, 'register'>;
  readonly consents: (subject: string) => Promise<readonly Consent[]>;
  readonly looks: Pick<Looks, 'list'>;
  readonly lives: Pick<Lives, 'isHushed'>;
}

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly subject: string;
  readonly at: number;
  /** What is not in here and why: of a record that is sealed or gone, and of what could not be reached. */
  readonly missing: readonly { readonly what: string; readonly why: string }[];
  /** The record to go on after; null where nothing is left. */
  readonly next: string | null;
  /** SHA-256 in hexadecimal. */
  readonly files: { readonly [name: string]: string };
}

export type TakeOut = (principal: Principal, after?: string) => Promise<Result<Buffer, Refusal>>;

export function createTakeout(parts: TakeoutParts): TakeOut {
  return async (principal, after) => {
    const subject = principal.id;
    const at = parts.clock();
    const missing: { what: string; why: string }[] = [];
    const { taken, next } = await recordsOf(parts, principal, { after, missing });
    try {
      // In the ledger before anything leaves; who cannot write it hands out nothing.
      await tell(parts, { subject, at, taken, missing: missing.length });
      const files = await filesOf(parts, { subject, at, taken, missing });
      await parts.copies.register({
        kind: 'export',
        place: `person:${subject}/${newId<string>('out')}`,
        custodian: subject,
        basis: 'the person took it along',
        holding: { of: 'versions', versions: taken.map(({ record, version }) => ({ record, version })) },
        openedBy: [],
        expires: null,
      });
      const hashes = Object.fromEntries([...files].map(([name, bytes]) => [name, hash('sha256', bytes, 'hex')]));
      const manifest: Manifest = { format: FORMAT, subject, at, missing, next, files: hashes };
      return ok(writeZip(new Map([...files, ['manifest.json', jsonBytes(manifest as unknown as Json)]])));
    } finally {
      for (const { content } of taken) content.fill(0);
    }
  };
}

const jsonBytes = (value: Json): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

async function recordsOf(
  {
    sql,
    view,
    lives,
    takeoutPartMaxBytes = TAKEOUT_PART_MAX_BYTES,
  }: Pick<TakeoutParts, 'sql' | 'view' | 'lives' | 'takeoutPartMaxBytes'>,
  principal: Principal,
  { after, missing }: { readonly after: string | undefined; readonly missing: { what: string; why: string }[] },
): Promise<{ readonly taken: TakenRecord[]; readonly next: string | null }> {
  const held = await versionsAfter(sql, principal.id, { after, limit: VERSIONS_PER_PART + 1 });
  const taken: TakenRecord[] = [];
  let bytes = 0;
  let last: string | null = null;
  for (const one of byRecord(held.slice(0, VERSIONS_PER_PART))) {
    if (one[0]!.category === GLASS_PAPERS && lives.isHushed(principal.id)) continue;
    const size = one.reduce((sum, version) => sum + version.bytes, 0);
    if (last !== null && bytes + size > takeoutPartMaxBytes) return { taken, next: last };
    for (const version of one) {
      const seen = await view({ ...version, purpose: 'PATRQT', right: 'text', principal });
      if (seen.ok)
        taken.push({ ...version, media: seen.value.media, file: fileOf(version), content: seen.value.content });
      else missing.push({ what: `record ${version.record}, version ${version.version}`, why: seen.error.message });
    }
    bytes += size;
    last = one[0]!.record;
  }
  return { taken, next: held.length > VERSIONS_PER_PART ? last : null };
}

/** A record that goes on in the next part begins there. */
function byRecord(held: readonly HeldVersion[]): HeldVersion[][] {
  const records = new Map<string, HeldVersion[]>();
  for (const one of held) records.set(one.record, [...(records.get(one.record) ?? []), one]);
  const all = [...records.values()];
  return held.length === VERSIONS_PER_PART && all.length > 1 ? all.slice(0, -1) : all;
}

interface Taking {
  readonly subject: string;
  readonly at: number;
  readonly taken: readonly TakenRecord[];
}
function tell({ ledger }: Pick<TakeoutParts, 'ledger'>, what: Taking & { readonly missing: number }): Promise<void> {
  const { subject, at, taken, missing } = what;
  const records = new Set(taken.map(({ record }) => record)).size;
  const fact = { module: MODULE, type: 'data.taken-out', actor: subject, subject, at, personal: true } as const;
  return ledger.append([{ ...fact, id: newId<string>('evt'), data: { records, versions: taken.length, missing } }]);
}

async function filesOf(
  { consents, looks, log, destruction: { cityName } }: TakeoutParts,
  { subject, at, taken, missing }: Taking & { readonly missing: { what: string; why: string }[] },
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>(taken.map(({ file, content }) => [file, content]));
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (fault) {
      log.warn('a part of what somebody takes along could not be reached', { part: what, fault: String(fault) });
      missing.push({ what, why: 'it could not be reached; ask again later' });
      return null;
    }
  };
  const newest = [...new Map(taken.map((one) => [one.record, one])).values()];
  files.set('bundle.fhir.json', jsonBytes(bundleOf(newest, at)));
  const given = await attempt('consents', () => consents(subject));
  if (given) {
    files.set('consents.json', jsonBytes(given as unknown as Json));
    const resources = given.map((one) => consentToFhir(one, 'r4', cityName) as { readonly [key: string]: Json });
    files.set('consents.fhir.json', jsonBytes(collectionOf(resources, at)));
  }
  const looked = await attempt('who looked', () => allLooks(looks, subject));
  if (looked) files.set('who-looked.json', jsonBytes(looked as unknown as Json));
  const page = { subject, at, records: newest, consents: given, looks: looked, missing };
  const paper = await attempt('the PDF to read', () => paperOf(page));
  if (paper) files.set('read-me.pdf', paper);
  return files;
}

async function allLooks(looks: Pick<Looks, 'list'>, subject: string) {
  const all = [...(await looks.list(subject, {}))];
  let more = all.length > 0;
  for (let page = 1; more && page < LOOK_PAGES_MAX; page++) {
    const next = await looks.list(subject, { before: all.at(-1)!.entry });
    all.push(...next);
    more = next.length > 0;
  }
  return all;
}
