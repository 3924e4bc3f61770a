/** What a RADIUS server needs of the city: certificates made for it, and secrets that it, the switches and the city share. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AccessSwitch, RadiusSetUp } from '@cityward/contracts';
import { err, ok, refuse, Secret, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Switch } from '@cityward/radius';
import type { Sql, Tx } from '@cityward/sql';
import { certificatePem } from './authority.ts';
import type { Devices } from './devices.ts';
import { isDormant } from './domain/standing.ts';
import { readSlot, writeSlot } from './slot-file.ts';

/** The RADIUS server is a network like others: it has a standing, can be held, and its end closes its door. */
export const RADIUS_ID = 'radius-server';
const CAME_BACK = 'it had ended because nobody saw it, and is back with a new certificate';
const FILE = 'radius-switches.json';
/** Characters that every switch's configuration takes; 160 bits. */
const SECRET_BYTES = 20;

interface Kept extends AccessSwitch {
  readonly secret: string;
}
export interface SetUpDraft {
  readonly party: string;
  readonly names: readonly string[];
  readonly switches: readonly AccessSwitch[];
  readonly rotate?: boolean;
}
export interface RadiusSetUps {
  switches(): readonly AccessSwitch[];
  /** By its address; null where none is set up. */
  switchAt(nas: string): Switch | null;
  /** Keys are made here, handed out in the answer and kept nowhere; secrets stay in a file that only the owner can read. */
  setUp(draft: SetUpDraft, by: string): Promise<Result<Omit<RadiusSetUp, 'url' | 'plan'>, Refusal>>;
}
export interface SetUpParts {
  readonly folder: string;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly devices: Devices;
  /** Told until when the new certificates are good. */
  readonly renewed: (tx: Tx, made: { readonly server: number; readonly client: number }) => Promise<void>;
}

export async function openRadiusSetUps(parts: SetUpParts): Promise<RadiusSetUps> {
  const path = join(parts.folder, FILE);
  let kept = await readKept(path);
  return {
    switches: () => kept.map(({ name, address, coaPort }) => ({ name, address, coaPort })),
    switchAt: (nas) => {
      const found = kept.find(({ address }) => address === nas);
      return found ? { address: found.address, port: found.coaPort, secret: new Secret(found.secret) } : null;
    },
    setUp: async (draft, by) => {
      const checked = checkDraft(draft);
      if (!checked.ok) return checked;
      const known = await registered(parts.devices, draft.party, by);
      if (!known.ok) return known;
      const wasDormant = isDormant(parts.devices.register.restriction(RADIUS_ID));
      const client = await certify(parts.devices);
      if (!client.ok) return client;
      const before = new Map(kept.map((one) => [one.address, one.secret]));
      const next = draft.switches.map((one) => ({
        ...one,
        secret: (draft.rotate ? undefined : before.get(one.address)) ?? randomBytes(SECRET_BYTES).toString('base64url'),
      }));
      await writeSlot(path, `${JSON.stringify(next)}\n`);
      kept = next;
      const { keyPem, certPem, notAfter } = await parts.devices.serverCertificate(draft.names);
      await record(parts, {
        switches: next,
        by,
        wasDormant,
        made: { server: notAfter, client: client.value.notAfter },
      });
      return ok({
        id: RADIUS_ID,
        server: { key: keyPem, certificates: certPem, notAfter },
        client: client.value,
        ca: parts.devices.authority.caPem,
        switches: next,
      });
    },
  };
}

async function readKept(path: string): Promise<readonly Kept[]> {
  try {
    return JSON.parse((await readSlot(path)).toString('utf8')) as Kept[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function checkDraft({ switches }: SetUpDraft): Result<void, Refusal> {
  const twice = (field: 'name' | 'address'): string | undefined =>
    switches.find((one, index) => switches.findIndex((other) => other[field] === one[field]) !== index)?.[field];
  const same = twice('name') ?? twice('address');
  return same === undefined
    ? ok(undefined)
    : refuse('invalid', 'SWITCH_TWICE', `set up switches: "${same}" is named twice`);
}

async function registered({ networks }: Devices, party: string, by: string): Promise<Result<void, Refusal>> {
  if (networks.kindOf(RADIUS_ID) !== null) return ok(undefined);
  const speaksFor = { devices: [], sites: [] };
  const added = await networks.add(
    { id: RADIUS_ID, kind: 'radius-server', name: 'RADIUS server', party, speaksFor },
    by,
  );
  return added.ok ? ok(undefined) : err(added.error);
}

/** A RADIUS server that nobody saw for long comes back by being set up anew: there is one, under one id, and no code for it. */
async function certify({ enrolment, networks }: Devices): Promise<Result<RadiusSetUp['client'], Refusal>> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  const granted = await enrolment.certifyNetwork(RADIUS_ID, { spki, bringsBack: true });
  if (!granted.ok) return granted;
  return ok({
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificates: certificatePem(granted.value),
    notAfter: networks.get(RADIUS_ID)!.notAfter!,
  });
}

interface Recorded {
  readonly switches: readonly AccessSwitch[];
  readonly by: string;
  readonly wasDormant: boolean;
  readonly made: { readonly server: number; readonly client: number };
}
const record = ({ sql, clock, renewed }: SetUpParts, { switches, by, wasDormant, made }: Recorded): Promise<void> =>
  sql.transact(async (tx) => {
    const named = switches.map(({ name, address }) => `${name} ${address}`);
    const data = { switches: named, ...(wasDormant ? { reason: CAME_BACK } : {}) };
    const fact = { module: 'identity', type: 'radius.set-up', actor: by, subject: RADIUS_ID } as const;
    tx.record({ ...fact, at: clock(), data });
    await renewed(tx, made);
  });
