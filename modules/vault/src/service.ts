/** Who may see this person's data, who looked, and is it gone when it should be? */
import {
  THE_CITY,
  type BulkRecord,
  type Consent,
  type ConsentDraft,
  type HeldRecord,
  type RecordDraft,
} from '@cityward/contracts';
import { createCustody, type Custody } from './backup/custody.ts';
import { custodyRoutes } from './backup/routes.ts';
import { closeAll, openAll, type Opened } from './opening.ts';
import { OperationalFault, ok, type Refusal, type Result } from '@cityward/kernel';
import type { Caller, RawRoute, Route } from '@cityward/http';
import { createGrants, type Grants } from './consents/grants-face.ts';
import { grantRoutes } from './consents/grant-routes.ts';
import { createAsking, type Asking } from './asking/asking.ts';
import { askingRoutes } from './asking/routes.ts';
import { signInOf, viewRawRoutes, viewRoutes } from './lease/view-routes.ts';
import type { Views } from './lease/views.ts';
import type { CopyRegister } from './copies/copy.ts';
import type { RecordsDesk } from './life/records-desk.ts';
import { deskRoutes } from './life/desk-routes.ts';
import type { VaultOptions } from './needs.ts';
import { readRecords } from './records/store.ts';
import { withStandings } from './lives/with-standings.ts';
import { ownData } from './law/classes.ts';
import { registerSegments, type SegmentSeen } from './own-data/segments.ts';
import type { Exports } from './exports/exports.ts';
import { exportRoutes } from './exports/routes.ts';
import { archiveRoutes } from './archive/routes.ts';
import type { Archive } from './archive/archive.ts';
import { recipientRoutes } from './recipients/routes.ts';
import type { Recipients } from './recipients/recipients.ts';
import { peopleRoutes, type People } from './people.ts';
import { GLASS_PAPERS } from './desk-papers.ts';
import { looksRoutes } from './looks/routes.ts';
import { vaultRoutes } from './routes.ts';
import { closed, Gate, stateInWords, type GateNeeds, type GateState } from './gate/gate.ts';
import type { Picture, PictureLook } from './pictures/pictures.ts';
import { pictureRoutes } from './pictures/routes.ts';
import type { Trace } from './pictures/traces.ts';
import { createExposures, type Exposures } from './exposure/exposures.ts';
import { exposureRoutes } from './exposure/routes.ts';
import { blindRoutes, blindScripts, type BlindFace } from './blind/routes.ts';
import { createLooks, type Looks, type Orders } from './looks/looks.ts';
import { fhirRoutes } from './consents/fhir-routes.ts';
import { receiptRoutes } from './receipts/routes.ts';
import { takeoutRoutes } from './takeout/routes.ts';
import type { TakeOut } from './takeout/takeout.ts';
import { countRefusals } from './viewing/refusals.ts';
import { viewClosed, type Look, type Seen } from './viewing/viewing.ts';

export interface VaultStatus {
  /** Whether anything is seen at all, and why not. */
  readonly gate: GateState;
  /** The same in words, for whoever operates it. */
  readonly gateWords: string;
  /** What SQL had forgotten and the ledger knew, at this start; in force. */
  readonly broughtBack: number;
  /** Found in the journal and not in SQL at the start; in force. */
  readonly replayed: number;
  /** In force, and waiting for SQL. */
  readonly unsaved: number;
  /** Keys whose slots hold what nobody wrote: their records do not open. */
  readonly damagedKeys: number;
  /** Open on pages at this moment. */
  readonly openViews: number;
  /** Drawn pages at hand in memory, and their size. */
  readonly drawnPages: number;
  readonly drawnBytes: number;
}

export interface Vault {
  /** Where keys and root do not belong together, or the journal is damaged, the vault starts closed and says so. */
  start(): Promise<void>;
  stop(): Promise<void>;
  put(draft: RecordDraft, by: string): Promise<Result<{ record: string; version: number }, Refusal>>;
  /** New records of one person or many, all or none; answers their ids in that order. */
  putMany(drafts: readonly BulkRecord[], by: string): Promise<Result<readonly string[], Refusal>>;
  /** The only way to content, for the right to read it as text. */
  view(look: Look): Promise<Result<Seen, Refusal>>;
  /** The same way to a page of it as a marked picture, for the right to view. */
  picture(look: PictureLook): Promise<Result<Picture, Refusal>>;
  /** Whose copy is this picture? */
  readonly trace: Trace;
  destroy(
    record: string,
    because: { readonly by: string; readonly reason: string },
  ): Promise<Result<HeldRecord, Refusal>>;
  give(draft: ConsentDraft, by: string): Promise<Result<Consent, Refusal>>;
  /** No byte is handed out by it from the moment this resolves, after a kill neither. */
  takeBack(consent: string, by: string): Promise<Result<Consent, Refusal>>;
  records(subject: string): Promise<readonly HeldRecord[]>;
  consents(subject: string): Promise<readonly Consent[]>;
  readonly grants: Grants;
  /** Who asks to see what is held about somebody, and what was answered. */
  readonly asking: Asking;
  /** Who looked, who was refused, and what else was done. */
  readonly looks: Looks;
  /** Everything that is held about the one who asks, as a zip. */
  readonly takeOut: TakeOut;
  /** Whose data did this touch? */
  readonly exposures: Exposures;
  readonly exports: Exports;
  /** Whoever has copies outside the city. */
  recipients(): Recipients;
  /** Ciphertext that is seldom asked for, apart from SQL. */
  archive(): Archive;
  /** Records that the city itself cannot read. */
  readonly blind: BlindFace;
  /** Files of a class of sightings that lie beside the vault, for the copy register. */
  keepSegments(name: string, segments: readonly SegmentSeen[]): Promise<void>;
  /** What falls due by time alone and is told: run often, at least once a minute. */
  tick(): Promise<void>;
  /** Where content lies: whoever makes a copy registers it first. */
  copies(): CopyRegister;
  /** The life of records: sealed, held, erased, certified. */
  desk(): RecordsDesk;
  /** Who acts for whom, emergencies and requests. */
  readonly people: Pick<People, 'lives' | 'care' | 'emergencies' | 'requests' | 'unsealings'>;
  status(): VaultStatus;
  /** Signed out, or the sign-in of that token has ended: what it had open goes dark. */
  endSignIn(token: string): void;
  /** Backup, restore, opening, erasing. */
  readonly custody: Custody;
  /** Of this life: what was given out in another one counts no more. Throws while there is none. */
  incarnation(): string;
  /** Where people work has changed: what is open by it goes dark in this call. */
  postsChanged(): void;
  readonly routes: readonly Route[];
  readonly rawRoutes: readonly RawRoute[];
}

/** How late somebody is told of what came by time alone; it is in force at its moment all the same. */
const TICK_MS = 30_000;

type Answer<T> = Promise<Result<T, Refusal>>;

export function createVault(options: VaultOptions): Vault {
  const refusals = countRefusals(options);
  const vault = vaultOver({ ...options, ledger: refusals.ledger });
  const { tick, stop } = vault;
  return Object.assign(vault, {
    tick: async () => {
      await refusals.flush('over');
      await tick();
    },
    stop: async () => {
      await stop();
      await refusals.flush('all').catch(notWritten(options));
    },
  });
}

function vaultOver(options: VaultOptions): Vault {
  let opened: Opened | null = null;
  let ticking: NodeJS.Timeout | undefined;
  const now = (): Opened => {
    if (!opened) throw new OperationalFault('use the vault: it is not open');
    return opened;
  };
  const exposures = createExposures(options);
  const gate: Gate = gateOf(options, (by, names) => now().incarnation.pass(by, names));
  const whenOpen = <T>(what: string, work: (parts: Opened) => Answer<T>): Answer<T> =>
    gate.isOpen ? work(now()) : Promise.resolve(closed(what));
  const place: Place = { get: () => opened, set: (next) => void (opened = next) };
  const vault: Omit<Vault, 'routes' | 'rawRoutes'> = {
    start: async () => {
      await openOrSay(options, gate, place);
      exposures.start();
      ticking = setInterval(tickOf(options, vault), TICK_MS).unref();
    },
    stop: async () => {
      gate.close({ is: 'working' });
      clearInterval(ticking);
      const closing = opened;
      opened = null;
      await exposures.stop();
      if (closing) await closeAll(closing);
    },
    put: (...what) => whenOpen('store a record', ({ records }) => records.put(...what)),
    putMany: (...what) => whenOpen('store records', ({ bulk }) => bulk.putMany(...what)),
    view: (look) => (gate.isOpen ? now().view(look) : viewClosed(options, look)),
    picture: (asked) =>
      gate.isOpen ? now().drawing.pictures.page(asked) : viewClosed(options, { ...asked.look, right: 'view' }),
    trace: (...what) => whenOpen('trace a picture', ({ drawing }) => drawing.trace(...what)),
    destroy: (...what) => destroyOne(options, now().desk, what),
    give: (...what) => whenOpen('give consent', ({ consents }) => consents.give(...what)),
    takeBack: (...what) => now().consents.takeBack(...what),
    records: (subject) => recordsTold(now(), subject),
    consents: (subject) => now().consents.list(subject),
    asking: createAsking({ ...options, consents: () => now().consents }),
    grants: createGrants(options, { now: () => now().consents, whenOpen }),
    looks: createLooks({ ...options, ...toldOnceOpen(() => opened) }),
    exposures,
    takeOut: (...what) => now().takeOut(...what),
    get exports() {
      return now().exports;
    },
    ...elsewhere(now),
    blind: blindFace(options, { gate, now, whenOpen }),
    keepSegments: (...what) => keepSegments(options, now().copies, what),
    custody: custodyOver(options, gate, place),
    tick: () => vault.custody.tick().then(() => (gate.isOpen ? tickAll(now()) : undefined)),
    get people() {
      return now().people;
    },
    postsChanged: () => opened?.views.review({}),
    endSignIn: (token) => opened?.views.endSignIn(signInOf(token)),
    status: () => statusOf(gate, opened),
    incarnation: () => now().incarnation.standing.incarnation,
  };
  return Object.assign(vault, routesOf(options, { vault, now }));
}

const elsewhere = (now: () => Opened): Pick<Vault, 'copies' | 'desk' | 'recipients' | 'archive'> => ({
  copies: () => now().copies,
  desk: () => now().desk,
  recipients: () => now().recipients,
  archive: () => now().archive,
});

interface BlindOver {
  readonly gate: Gate;
  readonly now: () => Opened;
  readonly whenOpen: <T>(what: string, work: (parts: Opened) => Answer<T>) => Answer<T>;
}
const blindFace = (options: VaultOptions, { gate, now, whenOpen }: BlindOver): BlindFace => ({
  blind: () => now().blind,
  whenOpen: (what, work) => whenOpen(what, ({ blind }) => work(blind)),
  view: (look) =>
    gate.isOpen ? now().blind.view(look) : viewClosed(options, { ...look, right: 'view', isSealed: true }),
});

/** For what is sent without being asked for: as the listener judges each request. */
const mayStillAsk =
  ({ principalNow, may }: VaultOptions) =>
  ({ sessionToken, principal }: Caller): boolean => {
    const now = sessionToken === null ? null : principalNow(sessionToken);
    return now?.id === principal.id && may(now, 'askRecord', THE_CITY).ok;
  };

interface Faces {
  readonly vault: Omit<Vault, 'routes' | 'rawRoutes'>;
  readonly now: () => Opened;
}
function routesOf(options: VaultOptions, { vault, now }: Faces): Pick<Vault, 'routes' | 'rawRoutes'> {
  const views = (): Views => now().views;
  const routes = [
    ...vaultRoutes(vault),
    ...grantRoutes(vault.grants, (subject) => vault.records(subject)),
    ...receiptRoutes(() => now().receipts, vault.grants),
    ...fhirRoutes({ grants: vault.grants, consents: () => now().consents, city: options.destruction.cityName }),
    ...askingRoutes(() => vault.asking),
    ...looksRoutes(vault.looks),
    ...exposureRoutes(vault.exposures),
    ...takeoutRoutes(vault.takeOut),
    ...deskRoutes({ desk: vault.desk, unsealings: () => now().people.unsealings }),
    ...peopleRoutes(options, () => now().people),
    ...custodyRoutes(vault.custody),
    ...viewRoutes(views),
    ...exportRoutes(() => now().exports),
    ...pictureRoutes(vault),
    ...recipientRoutes(() => now().recipients),
    ...archiveRoutes(() => now().archive),
    ...blindRoutes(vault.blind),
  ];
  return {
    routes: withStandings(routes, {
      lives: () => now().people.lives,
      records: (subject) => now().records.list(subject),
    }),
    rawRoutes: [...viewRawRoutes(views, mayStillAsk(options)), ...blindScripts()],
  };
}

const keepSegments = (
  ...[{ sql }, copies, [name, segments]]: readonly [
    VaultOptions,
    CopyRegister,
    readonly [string, readonly SegmentSeen[]],
  ]
): Promise<void> => registerSegments({ sql, copies }, { name, about: ownData().classes[name]!, segments });

/** While it is not known what an order keeps from whom, emergencies and refusals are told to nobody, nor what was opened. */
const toldOnceOpen = (opened: () => Opened | null): Orders => ({
  isHushed: (subject) => opened()?.people.lives.isHushed(subject) ?? true,
  unsealedQuietly: (subject) => {
    const now = opened();
    return now
      ? now.people.unsealings.keptFrom(subject)
      : ({ unsealing, isRefusal }) => unsealing !== null || isRefusal;
  },
});

interface Place {
  get(): Opened | null;
  set(opened: Opened | null): void;
}
const custodyOver = (options: VaultOptions, gate: Gate, place: Place): Custody =>
  createCustody({
    ...{ options, gate },
    opened: () => place.get(),
    close: async () => {
      const closing = place.get();
      place.set(null);
      if (closing) await closeAll(closing);
    },
    reopen: () => openOrSay(options, gate, place),
  });

/** Of an emergency that an order keeps from the person, its reason is kept too. */
async function recordsTold({ records, people }: Opened, subject: string): Promise<readonly HeldRecord[]> {
  const held = await records.list(subject);
  return people.lives.isHushed(subject) ? held.filter(({ category }) => category !== GLASS_PAPERS) : held;
}

async function tickAll(opened: Opened): Promise<void> {
  const { people, desk, receipts, recipients, archive, replicas, blind, exports } = opened;
  await replicas.look();
  await people.tick();
  await receipts.issueLeft();
  await receipts.signLeft();
  await blind.tend();
  await desk.tend();
  await exports.tend();
  await recipients.tend();
  await archive.tend();
}

async function destroyOne(
  ...[{ sql }, { erasing }, [record, because]]: readonly [
    Pick<VaultOptions, 'sql'>,
    Pick<RecordsDesk, 'erasing'>,
    Parameters<Vault['destroy']>,
  ]
): Promise<Result<HeldRecord, Refusal>> {
  const gone = await erasing.destroy(record, { ...because, code: 'officer' });
  return gone.ok ? ok((await readRecords(sql, { id: record }))[0]!) : gone;
}

const gateOf = (options: VaultOptions, passed: GateNeeds['passed']): Gate =>
  new Gate({
    ...options,
    passed,
    onFault: (fault) => options.log.error('the gate of the vault could not be opened', { fault: String(fault) }),
  });

const notWritten =
  ({ log }: VaultOptions) =>
  (fault: unknown): void =>
    log.error('refusals that were counted could not be written', { fault: String(fault) });

const tickOf =
  ({ log }: VaultOptions, vault: Pick<Vault, 'tick'>) =>
  (): void =>
    void vault.tick().catch((fault: unknown) => log.error('a look at what fell due failed', { fault: String(fault) }));

/** What cannot be opened leaves the vault closed, and the city running: it may be restored. */
async function openOrSay(options: VaultOptions, gate: Gate, place: Place): Promise<void> {
  try {
    const opened = await openAll(options, gate);
    // Before the gate is asked for: a witness may have signed already, and opens it in that very turn.
    place.set(opened);
    await opened.incarnation.begin(gate);
  } catch (fault) {
    options.log.error('the vault is closed: it could not be opened', { fault: String(fault) });
    gate.close({ is: 'broken', fault: (fault as Error).message });
    const left = place.get();
    place.set(null);
    if (left) await closeAll(left);
  }
}

const statusOf = (gate: Gate, opened: Opened | null): VaultStatus => ({
  gate: gate.state,
  gateWords: stateInWords(gate.state),
  broughtBack: opened?.incarnation.broughtBack ?? 0,
  replayed: opened?.replayed ?? 0,
  unsaved: opened?.saver.unsaved() ?? 0,
  openViews: opened?.views.size ?? 0,
  damagedKeys: opened?.damagedKeys ?? 0,
  drawnPages: opened?.drawing.pictures.cache.size ?? 0,
  drawnBytes: opened?.drawing.pictures.cache.bytes ?? 0,
});
