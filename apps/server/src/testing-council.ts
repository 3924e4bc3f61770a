/** Officers in memory, for tests of a whole server that are not about the officers' own machine: changes planned, signed and begun. */
import type {
  Change,
  ChangeDraft,
  ChangeJob,
  JobAction,
  JobRevert,
  JobSignature,
  SignedOfficers,
} from '@cityward/contracts';
import { signedOfficers, testOfficer, testOfficers, testPasskey, type TestOfficer } from '@cityward/fleet/testing';
import { jobBytes } from '@cityward/fleet/verify';
import { DAY_MS, HOUR_MS, type Refusal, type Result } from '@cityward/kernel';
import { writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { eventually } from './testing-clients.ts';
import type { TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

export interface Council {
  readonly ann: TestOfficer;
  readonly bob: TestOfficer;
  readonly cyd: ReturnType<typeof testPasskey>;
  readonly signed: SignedOfficers;
  /** Where the document lies that an installer hands over with a device. */
  readonly file: string;
}

export const must = <T>(result: Result<T, Refusal>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** Two officers with keys of their own and one with a passkey; their document is the city's first. */
export async function seatCouncil({ config, modules }: TestServer): Promise<Council> {
  const [ann, bob] = [testOfficer('ann-doe'), testOfficer('bob-roe')];
  const cyd = testPasskey('cyd-lee');
  const document = testOfficers([ann, bob, cyd], { city: CITY_NAME, expires: Date.now() + 365 * DAY_MS });
  const signed = signedOfficers(document, [ann, bob]);
  must(await modules.fleet.officers.add(signed, 'system'));
  const file = join(config.dataFolder, 'handed-over.json');
  writeFileSync(file, JSON.stringify(signed));
  return { ann, bob, cyd, signed, file };
}

export const firmwareBytes = (version: string): Buffer => Buffer.from(`firmware of a lamp, ${version}\n`);

/** An artifact that the city keeps, as a job names it. */
export async function keepFirmware({ modules }: TestServer, version: string, bytes = firmwareBytes(version)) {
  const about = { kind: 'firmware', name: 'lamp-firmware', version, classes: [], models: [], hardware: [] } as const;
  const source = (async function* () {
    yield bytes;
  })();
  must(await modules.fleet.artifacts.add(about as never, source, 'system'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name: about.name, version, sha256, size: bytes.length };
}

export interface Wanted {
  readonly title: string;
  readonly devices: readonly string[];
  readonly action: JobAction;
  readonly revert?: JobRevert | null;
  readonly options?: ChangeDraft['options'];
  readonly window?: { readonly notBefore: number; readonly notAfter: number };
}
const OPTIONS = {
  canary: 1_000,
  shares: [1],
  soakMs: 0,
  healthMs: 0,
  quorum: 0,
  threshold: 1,
  retries: 0,
  perSite: 100,
};

export async function planChange({ modules }: TestServer, wanted: Wanted): Promise<Change> {
  const { title, devices, action, revert = null, options = {}, window } = wanted;
  const draft = {
    ...{ title, action, revert, tracks: [] },
    selection: { classes: [], models: [], wards: [], sites: [], running: [], devices: [...devices] },
    options: { ...OPTIONS, lifeSafety: true, ...options },
    notBefore: window?.notBefore ?? Date.now() - HOUR_MS,
    notAfter: window?.notAfter ?? Date.now() + HOUR_MS,
  } as unknown as ChangeDraft;
  const [change] = must(await modules.fleet.changes.add(draft, 'system'));
  return change!;
}

export type Signer = (bytes: Uint8Array) => JobSignature;

/** Handed in as from the officers' own machines. */
export async function signChange(server: TestServer, id: string, signers: readonly Signer[]): Promise<ChangeJob> {
  const { changes, signatures } = server.modules.fleet;
  const job = must(await changes.job(id));
  for (const sign of signers) must(await signatures.add(id, sign(jobBytes(job)), 'system'));
  return job;
}

/** Planned, signed by two and begun. */
export async function orderChange(server: TestServer, council: Council, wanted: Wanted): Promise<Change> {
  const { id } = await planChange(server, wanted);
  await signChange(server, id, [council.ann.sign, council.bob.sign]);
  return must(await server.modules.fleet.changes.begin(id, 'system', 'Tonight'));
}

export const begin = async ({ modules }: TestServer, id: string): Promise<Change> =>
  must(await modules.fleet.changes.begin(id, 'system', 'Tonight'));

export const over = ({ modules }: TestServer, id: string, patienceMs?: number): Promise<Change> =>
  eventually(
    `change "${id}" is over`,
    async () => {
      const { change } = must(await modules.fleet.changes.get(id));
      return ['finished', 'stopped', 'rolled-back'].includes(change.state) ? change : null;
    },
    patienceMs,
  );

/** As counted while they ended, which must be what a recount of the rows gives. */
export async function exactCounters({ modules }: TestServer, id: string): Promise<Readonly<Record<string, number>>> {
  const { kept, recounted } = must(await modules.fleet.changes.counters(id));
  if (JSON.stringify(Object.entries(kept).sort()) !== JSON.stringify(Object.entries(recounted).sort()))
    throw new Error(`counters of "${id}": ${JSON.stringify({ kept, recounted })}`);
  return recounted;
}
