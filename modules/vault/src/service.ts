/** Who may see this person's data, who looked, and is it gone when it should be? */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Consent, ConsentDraft, HeldRecord, RecordDraft } from '@cityward/contracts';
import { createSaver, type Saver } from '@cityward/journal';
import type { Refusal, Result } from '@cityward/kernel';
import type { RawRoute, Route } from '@cityward/http';
import type { CopyRegister } from './copies/copy.ts';
import { createCopyRegister } from './copies/register.ts';
import { logKeeper, primaryKeeper, cacheKeeper } from './copies/standing.ts';
import { byConsent } from './consents/by-consent.ts';
import { Consents } from './consents/consents.ts';
import { openKeySlots, type KeySlots } from './keys/key-slots.ts';
import { createKeyring, type Keyring } from './keys/keyring.ts';
import { reviewed } from './lease/reviewed.ts';
import { signInOf, viewRawRoutes, viewRoutes } from './lease/view-routes.ts';
import { asText } from './lease/as-text.ts';
import { Views } from './lease/views.ts';
import type { VaultOptions } from './needs.ts';
import { destroyedBar, Records } from './records/records.ts';
import { byStanding, outlivedBar } from './lives/by-standing.ts';
import { Lives } from './lives/lives.ts';
import { lifeRoutes } from './lives/routes.ts';
import { withStandings } from './lives/with-standings.ts';
import { openRootFile } from './keys/root-file.ts';
import { looksRoutes } from './looks/routes.ts';
import { vaultRoutes } from './routes.ts';
import { Shelf } from './records/shelf.ts';
import { createExposures, type Exposures } from './exposure/exposures.ts';
import { exposureRoutes } from './exposure/routes.ts';
import { createLooks, type Looks } from './looks/looks.ts';
import { openVaultJournal, type VaultJournal } from './vault-journal.ts';
import { ownRecord } from './viewing/deciding.ts';
import { createViewing, type Look, type Seen } from './viewing/viewing.ts';

export interface VaultStatus {
  /** Found in the journal and not in SQL at the start; in force. */
  readonly replayed: number;
  /** In force, and waiting for SQL. */
  readonly unsaved: number;
  /** Keys whose slots hold what nobody wrote: their records do not open. */
  readonly damagedKeys: number;
  /** Open on pages at this moment. */
  readonly openViews: number;
}

export interface Vault {
  /** Throws where keys and root do not belong together, or the journal is damaged. */
  start(): Promise<void>;
  stop(): Promise<void>;
  put(draft: RecordDraft, by: string): Promise<Result<{ record: string; version: number }, Refusal>>;
  /** The only way to content. */
  view(look: Look): Promise<Result<Seen, Refusal>>;
  destroy(
    record: string,
    because: { readonly by: string; readonly reason: string },
  ): Promise<Result<HeldRecord, Refusal>>;
  give(draft: ConsentDraft, by: string): Promise<Result<Consent, Refusal>>;
  /** No byte is handed out by it from the moment this resolves, after a kill neither. */
  takeBack(consent: string, by: string): Promise<Result<Consent, Refusal>>;
  records(subject: string): Promise<readonly HeldRecord[]>;
  consents(subject: string): Promise<readonly Consent[]>;
  /** Who looked, who was refused, and what else was done. */
  readonly looks: Looks;
  /** Whose data did this touch? */
  readonly exposures: Exposures;
  /** `null` for no such consent. */
  subjectOfConsent(consent: string): Promise<string | null>;
  /** What falls due by time alone and is told: run often, at least once a minute. */
  tick(): Promise<void>;
  readonly lives: Pick<Lives, 'propose' | 'proposals' | 'confirm' | 'change' | 'wish' | 'shown' | 'represented'>;
  status(): VaultStatus;
  /** Signed out, or the sign-in of that token has ended: what it had open goes dark. */
  endSignIn(token: string): void;
  readonly routes: readonly Route[];
  readonly rawRoutes: readonly RawRoute[];
}

interface Opened {
  readonly slots: KeySlots;
  readonly keyring: Keyring;
  readonly journal: VaultJournal;
  readonly saver: Saver;
  readonly consents: Consents;
  readonly records: Records;
  readonly copies: CopyRegister;
  readonly lives: Lives;
  readonly view: (look: Look) => Promise<Result<Seen, Refusal>>;
  readonly views: Views;
  readonly replayed: number;
}

const AGE_YEARS = 16;
/** How late somebody is told of what came by time alone; it is in force at its moment all the same. */
const TICK_MS = 30_000;
const OWNER_ONLY_FOLDER = 0o700;
const INCARNATION_BYTES = 8;
const MIGRATIONS = { module: 'vault', folder: new URL('../migrations/', import.meta.url) };

export function createVault(options: VaultOptions): Vault {
  let opened: Opened | null = null;
  let ticking: NodeJS.Timeout | undefined;
  const now = (): Opened => {
    if (!opened) throw new Error('use the vault: it has not started, wanted start first');
    return opened;
  };
  const exposures = createExposures(options);
  const vault: Omit<Vault, 'routes' | 'rawRoutes'> = {
    start: async () => {
      opened = await openAll(options);
      exposures.start();
      const tick = (): void =>
        void vault
          .tick()
          .catch((fault: unknown) => options.log.error('a look at what fell due failed', { fault: String(fault) }));
      ticking = setInterval(tick, TICK_MS).unref();
    },
    stop: async () => {
      clearInterval(ticking);
      const closing = opened;
      opened = null;
      await exposures.stop();
      closing?.views.stop();
      await closing?.saver.stop();
      await closing?.journal.close();
      await closing?.keyring.close();
    },
    put: (...what) => now().records.put(...what),
    view: (look) => now().view(look),
    destroy: (...what) => now().records.destroy(...what),
    give: (...what) => now().consents.give(...what),
    takeBack: (...what) => now().consents.takeBack(...what),
    records: (subject) => now().records.list(subject),
    consents: (subject) => now().consents.list(subject),
    looks: createLooks(options),
    exposures,
    subjectOfConsent: (consent) => now().consents.subjectOf(consent),
    tick: () => now().lives.tick(),
    get lives() {
      return now().lives;
    },
    status: () => {
      const { replayed, saver, slots, views } = now();
      return { replayed, unsaved: saver.unsaved(), damagedKeys: slots.damaged, openViews: views.size };
    },
    endSignIn: (token) => opened?.views.endSignIn(signInOf(token)),
  };
  const views = (): Views => now().views;
  const routes = [
    ...vaultRoutes(vault),
    ...looksRoutes(vault.looks),
    ...exposureRoutes(vault.exposures),
    ...lifeRoutes({ ...options, lives: () => now().lives }),
    ...viewRoutes(views),
  ];
  return Object.assign(vault, { routes: withStandings(routes, () => now().lives), rawRoutes: viewRawRoutes(views) });
}

async function openAll(options: VaultOptions): Promise<Opened> {
  const { sql, log, keyFolder, journalFolder, openSlotFile } = options;
  await sql.migrate(MIGRATIONS);
  for (const folder of [keyFolder, journalFolder]) {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    await chmod(folder, OWNER_ONLY_FOLDER);
  }
  const root = await openRootFile(join(keyFolder, 'root.key'));
  const path = join(keyFolder, 'slots');
  const slots = await openKeySlots({ path, ...(openSlotFile ? { openFile: openSlotFile } : {}) });
  if (slots.damaged > 0) log.error('keys of records are damaged; what they open is lost', { slots: slots.damaged });
  const keyring = createKeyring(slots, root);
  const written = await openVaultJournal(
    journalFolder,
    options.openJournalFile ? { openHandle: options.openJournalFile } : {},
  );
  const journal = reviewed(written, (changed) => views.review(changed));
  const saver = createSaver(sql, log);
  const shelf = new Shelf(sql);
  const copies = createCopyRegister(options);
  await copies.open();
  copies.keep('primary', primaryKeeper(sql));
  copies.keep('wal', logKeeper);
  const parts = { ...options, journal, saver, keyring, shelf, copies };
  const [consents, records] = [new Consents(parts), new Records(parts)];
  const lives = new Lives({ ...parts, ageYears: AGE_YEARS });
  const replayed = (await lives.open()) + (await consents.open()) + (await records.open());
  const grounds = [ownRecord, byConsent({ ...parts, consents, lives }), byStanding({ ...parts, lives })];
  const bars = [destroyedBar(records), outlivedBar(lives)];
  const view = createViewing({ ...parts, grounds, bars });
  const views = new Views({
    clock: options.clock,
    monotonic: options.monotonic ?? (() => performance.now()),
    incarnation: randomBytes(INCARNATION_BYTES).toString('hex'),
    mayServe: () => true,
    show: asText(view),
    ...(options.viewsPerPersonMax === undefined ? {} : { perPersonMax: options.viewsPerPersonMax }),
  });
  views.start();
  copies.keep('cache', cacheKeeper(shelf, views));
  return { slots, keyring, journal, saver, consents, records, copies, lives, view, views, replayed };
}
