/** The repository of artifacts in TUF's form: officers sign root and targets elsewhere, the server says how fresh they are. */
import { canonicalJson, DAY_MS, inTurn, ok, refuse, type Clock, type Refusal, type Result } from '@cityward/kernel';
import type { Officers } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { makeRoot, makeSnapshot, makeTargets, makeTimestamp } from './domain/tuf/make.ts';
import type { Envelope, RoleName, Root, Targets } from './domain/tuf/metadata.ts';
import { checkRoot, checkRole, readEnvelope } from './domain/tuf/verify.ts';
import type { OfficersRegister } from './officers.ts';
import { openOnlineKeys, type OnlineKeys } from './online-keys.ts';
import type { Artifacts } from './artifacts.ts';
import { dropOlder, insertMetadata, metadataText, newestMetadata, type MetadataRow } from './store-trust.ts';

/** How long each document holds. Timestamps are made anew at half of that, when somebody asks. */
export const LIFE_MS: Readonly<Record<RoleName, number>> = {
  root: 365 * DAY_MS,
  targets: 365 * DAY_MS,
  snapshot: 7 * DAY_MS,
  timestamp: DAY_MS,
};

export interface Drafts {
  /** What officers would sign next; null where nothing has changed, or there are no officers yet. */
  readonly root: Root | null;
  readonly targets: Targets | null;
  readonly published: { readonly root: number; readonly targets: number };
}

export interface ArtifactRepository {
  start(): Promise<void>;
  drafts(): Promise<Result<Drafts, Refusal>>;
  /** Takes a root or targets that enough officers have signed, exactly as its text is, and publishes. */
  publish(role: 'root' | 'targets', text: string): Promise<Result<{ readonly version: number }, Refusal>>;
  /** A published file such as `3.root.json`, `timestamp.json`; null when there is none. */
  file(name: string): Promise<string | null>;
}

export interface RepositoryNeeds {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly keyFolder: string;
  readonly officers: Pick<OfficersRegister, 'current'>;
  readonly artifacts: Pick<Artifacts, 'list'>;
}

type Newest = Partial<Record<RoleName, MetadataRow>>;

export function createRepository(needs: RepositoryNeeds): ArtifactRepository {
  const { sql, clock } = needs;
  const turn = inTurn();
  let keys: OnlineKeys | null = null;
  let newest: Newest = {};
  const opened = (): OnlineKeys => {
    if (!keys) throw new Error('use the repository: it has not been started');
    return keys;
  };

  /** New snapshot and timestamp over the targets, in one transaction with what made them necessary. */
  const save = async (rows: readonly MetadataRow[]): Promise<void> => {
    const next: Newest = { ...newest };
    for (const row of rows) next[row.role] = row;
    const made = next.root && next.targets ? freshen(next, opened(), clock()) : [];
    for (const row of made) next[row.role] = row;
    await sql.transact(async (tx) => {
      if (rows.length + made.length > 0) await insertMetadata(tx, [...rows, ...made], clock());
      for (const { role, version } of made) if (role === 'timestamp') await dropOlder(tx, role, version);
    });
    newest = next;
  };

  return {
    start: async () => {
      keys = await openOnlineKeys(needs.keyFolder);
      newest = Object.fromEntries((await newestMetadata(sql)).map((row) => [row.role, row]));
    },
    drafts: () => Promise.resolve(draftsOf({ ...needs, newest, keys: opened() })),
    publish: (role, text) =>
      turn(async () => {
        const judged = judge({ role, text, officers: needs.officers.current(), newest, now: clock() });
        if (!judged.ok) return judged;
        await save([{ role, version: judged.value, text }]);
        return ok({ version: judged.value });
      }),
    file: async (name) => {
      if (name === 'timestamp.json')
        return turn(async () => {
          if (isStale(newest.timestamp, 'timestamp', clock())) await save([]);
          return newest.timestamp?.text ?? null;
        });
      const [, version, role] = /^([1-9][0-9]{0,8})\.(root|targets|snapshot)\.json$/.exec(name) ?? [];
      return version ? metadataText(sql, role as RoleName, Number(version)) : null;
    },
  };
}

const expiryOf = (row: MetadataRow): number =>
  Date.parse((JSON.parse(row.text) as { signed: { expires: string } }).signed.expires);
const isStale = (row: MetadataRow | undefined, role: RoleName, now: number): boolean =>
  row !== undefined && now > expiryOf(row) - LIFE_MS[role] / 2;

/** A snapshot when the targets moved on or it grows old; always a timestamp. */
function freshen(newest: Newest, keys: OnlineKeys, now: number): MetadataRow[] {
  const made: MetadataRow[] = [];
  const edition = (role: RoleName) => ({ version: (newest[role]?.version ?? 0) + 1, expires: now + LIFE_MS[role] });
  let { snapshot } = newest;
  const targets = newest.targets!;
  const of = snapshot && (JSON.parse(snapshot.text) as Envelope<'snapshot'>).signed.meta['targets.json'].version;
  // A new root may carry another online key: what the old one signed would no longer be believed.
  const signer = snapshot && (JSON.parse(snapshot.text) as Envelope<'snapshot'>).signatures[0]?.keyid;
  const root = (JSON.parse(newest.root!.text) as Envelope<'root'>).signed;
  const known = signer !== undefined && root.roles.snapshot.keyids.includes(signer);
  if (!snapshot || of !== targets.version || !known || isStale(snapshot, 'snapshot', now)) {
    const signed = makeSnapshot({ version: targets.version, bytes: Buffer.from(targets.text) }, edition('snapshot'));
    snapshot = { role: 'snapshot', version: signed.version, text: JSON.stringify(keys.snapshot.signed(signed)) };
    made.push(snapshot);
  }
  const signed = makeTimestamp({ version: snapshot.version, bytes: Buffer.from(snapshot.text) }, edition('timestamp'));
  made.push({ role: 'timestamp', version: signed.version, text: JSON.stringify(keys.timestamp.signed(signed)) });
  return made;
}

interface Judged {
  readonly role: 'root' | 'targets';
  readonly text: string;
  readonly officers: Officers | null;
  readonly newest: Newest;
  readonly now: number;
}

/** Whether the officers signed it, it is the next version, and what it names is there. Answers the version. */
function judge({ role, text, officers, newest, now }: Judged): Result<number, Refusal> {
  if (!officers) return refuse('conflict', 'NO_OFFICERS', `publish ${role}.json: this city has no officers yet`);
  const bytes = Buffer.from(text);
  const read = readEnvelope(role, bytes);
  if (!read.ok) return read;
  const { version, expires } = read.value.signed;
  const wanted = (newest[role]?.version ?? 0) + 1;
  if (version !== wanted)
    return refuse('conflict', 'METADATA_VERSION', `publish ${role}.json: this is version ${version}, wanted ${wanted}`);
  if (Date.parse(expires) <= now)
    return refuse('conflict', 'METADATA_EXPIRED', `publish ${role}.json: it expired at ${expires}`);
  if (role === 'root') return judgeRoot(read.value as Envelope<'root'>, officers, newest);
  if (!newest.root)
    return refuse('conflict', 'NO_ROOT', 'publish targets.json: there is no root yet; sign and publish one first');
  const root = (JSON.parse(newest.root.text) as Envelope<'root'>).signed;
  const signed = checkRole('targets', read.value, root);
  return signed.ok ? ok(version) : signed;
}

/** By the officers of now, and from the second on also by the root before it, or clients that follow roots are left behind. */
function judgeRoot(root: Envelope<'root'>, officers: Officers, newest: Newest): Result<number, Refusal> {
  const vouched = checkRoot(root, officers);
  if (!vouched.ok) return vouched;
  if (newest.root) {
    const before = checkRole('root', root, (JSON.parse(newest.root.text) as Envelope<'root'>).signed);
    if (!before.ok) return before;
  }
  return ok(root.signed.version);
}

function draftsOf({
  officers,
  artifacts,
  newest,
  keys,
  clock,
}: RepositoryNeeds & { newest: Newest; keys: OnlineKeys }): Result<Drafts, Refusal> {
  const document = officers.current();
  const published = { root: newest.root?.version ?? 0, targets: newest.targets?.version ?? 0 };
  if (!document) return ok({ root: null, targets: null, published });
  const now = clock();
  const next = (role: 'root' | 'targets') => ({ version: published[role] + 1, expires: now + LIFE_MS[role] });
  const online = { snapshot: keys.snapshot.publicKey, timestamp: keys.timestamp.publicKey };
  const root = makeRoot(document, online, next('root'));
  if (!root.ok) return root;
  const targets = makeTargets(artifacts.list(), next('targets'));
  return ok({
    root: isNews(newest.root, root.value, now) ? root.value : null,
    targets: artifacts.list().length > 0 && isNews(newest.targets, targets, now) ? targets : null,
    published,
  });
}

/** Whether it says something else than what is published, or that is past the half of its life. */
function isNews(before: MetadataRow | undefined, draft: Root | Targets, now: number): boolean {
  if (!before || isStale(before, draft._type, now)) return true;
  const { signed } = JSON.parse(before.text) as { signed: Root | Targets };
  const { version: _v, expires: _e, ...was } = signed;
  const { version: _w, expires: _f, ...is } = draft;
  return canonicalJson(was as never) !== canonicalJson(is as never);
}
