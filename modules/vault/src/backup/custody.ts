/** The vault as a whole: backup, restore, opening, erasing, and how it stands. One after the other, never two at once. */
import type { JobSignature, VaultBackup, VaultOpening, VaultRestored, VaultStanding } from '@cityward/contracts';
import { ERASE_ALL_WORDS } from '@cityward/contracts';
import { inTurn, newId, ok, OperationalFault, refuse, type Refusal, type Result } from '@cityward/kernel';
import { openOfKind } from '../copies/copy-store.ts';
import { epochEnds, unreadableFrom } from '../domain/epoch.ts';
import { stateInWords, type Gate } from '../gate/gate.ts';
import { BACKUP_WEEKS, type VaultOptions } from '../needs.ts';
import { openVaultRoot, type Opened } from '../opening.ts';
import { makeBackup } from './backup.ts';
import { erase, type Erased } from './erase.ts';
import { mediumOf } from './medium.ts';
import { restore } from './restore.ts';
import { lastBackup } from './rows.ts';

const MODULE = 'vault';

export interface Custody {
  standing(): Promise<VaultStanding>;
  backUp(asked: {
    readonly folder: string;
    readonly keysTo: string | null;
    readonly by: string;
  }): Promise<Result<VaultBackup, Refusal>>;
  /** Closes the vault at once. What it finds wrong before it touches anything leaves all as it was. */
  restore(asked: {
    readonly folder: string;
    readonly keysFrom: string | null;
    readonly reason: string;
    readonly by: string;
  }): Promise<Result<VaultRestored, Refusal>>;
  opening(): Promise<Result<VaultOpening, Refusal>>;
  open(opening: VaultOpening, signatures: readonly JobSignature[]): Promise<Result<{ gate: string }, Refusal>>;
  /** @param typed the person's id, or the words for everybody */
  erase(asked: {
    readonly person: string | null;
    readonly typed: string;
    readonly reason: string;
    readonly by: string;
  }): Promise<Result<Erased & { readonly unreadableFrom: number }, Refusal>>;
  /** Destroys the keys of weeks that are over for long enough; run often. */
  tick(): Promise<void>;
}

export interface CustodyParts {
  readonly options: VaultOptions;
  readonly gate: Gate;
  readonly opened: () => Opened | null;
  readonly close: () => Promise<void>;
  readonly reopen: () => Promise<void>;
}

export function createCustody(parts: CustodyParts): Custody {
  const { options, gate, opened } = parts;
  const turn = inTurn();
  const weeks = options.backupWeeks ?? BACKUP_WEEKS;
  return {
    standing: () => standing(parts, weeks),
    backUp: (asked) =>
      turn(async () => {
        const now = gate.isOpen ? opened() : null;
        if (!now?.keyStore) return notNow('back the vault up');
        const { incarnation } = now.incarnation.standing;
        return makeBackup(
          { ...options, ...now, ...now.keyStore, weeks, incarnation, openFile: options.openBackupFile },
          asked,
        );
      }),
    restore: (asked) => turn(() => restoreClosed(parts, weeks, asked)),
    opening: () => openingOf(parts),
    open: (opening, signatures) => turn(() => openBy(parts, opening, signatures)),
    erase: (asked) =>
      turn(async () => {
        const now = opened();
        if (!now?.keyStore) return notNow('erase keys');
        const words = asked.person ?? ERASE_ALL_WORDS;
        if (asked.typed !== words)
          return refuse('invalid', 'ERASE_NOT_CONFIRMED', `erase keys: "${asked.typed}" was typed, wanted "${words}"`);
        const done = await erase({ ...options, ...now, ...now.keyStore }, asked);
        return done.ok ? ok({ ...done.value, unreadableFrom: unreadableFrom(options.clock(), weeks) }) : done;
      }),
    tick: () => turn(() => destroyDue(parts)),
  };
}

const notNow = (what: string): Result<never, Refusal> =>
  refuse('unavailable', 'VAULT_CLOSED', `${what}: wanted the vault open, in the process that has its keys`);

async function restoreClosed(
  ...[{ options, gate, close, reopen }, weeks, asked]: readonly [
    CustodyParts,
    number,
    Parameters<Custody['restore']>[0],
  ]
): Promise<Result<VaultRestored, Refusal>> {
  gate.close({ is: 'working' });
  await close();
  try {
    const done = await restore({ ...options, weeks, openRoot: () => openVaultRoot(options) }, asked);
    await reopen();
    return ok({ ...done, gate: stateInWords(gate.state) });
  } catch (fault) {
    options.log.error('the vault was not restored', { fault: String(fault) });
    await reopen();
    if (!(fault instanceof OperationalFault)) throw fault;
    return refuse('conflict', 'NOT_RESTORED', fault.message);
  }
}

async function openingOf({ options, opened, gate }: CustodyParts): Promise<Result<VaultOpening, Refusal>> {
  const now = opened();
  const { opening: port, ledger } = options;
  if (!now || !port || gate.state.is === 'open' || gate.state.why.is !== 'waiting')
    return refuse('conflict', 'VAULT_NOT_WAITING', `open the vault: it is ${stateInWords(gate.state)}`);
  const { incarnation, ledgerSize } = now.incarnation.standing;
  const { origin } = ledger.standing();
  const root = await ledger.rootOf(ledgerSize);
  return ok({
    kind: 'cityward-vault-opening',
    version: 1,
    city: port.city,
    incarnation,
    ledger: { origin, size: ledgerSize, root },
  });
}

async function openBy(
  ...[parts, given, signatures]: readonly [CustodyParts, VaultOpening, readonly JobSignature[]]
): Promise<Result<{ gate: string }, Refusal>> {
  const wanted = await openingOf(parts);
  if (!wanted.ok) return wanted;
  // Signed for this incarnation and this ledger: what was signed for another opens nothing.
  if (JSON.stringify(wanted.value) !== JSON.stringify(given))
    return refuse('conflict', 'OPENING_OTHER', 'open the vault: what was signed is not what it waits for now');
  const names = parts.options.opening!.check(given, signatures);
  if (!names.ok) return names;
  await parts.gate.pass('officers', names.value);
  return ok({ gate: stateInWords(parts.gate.state) });
}

async function destroyDue({ options, opened }: CustodyParts): Promise<void> {
  const epochs = opened()?.keyStore?.epochs;
  if (!epochs) return;
  for (const week of await epochs.destroyDue()) {
    const fact = { module: MODULE, type: 'backup-key.destroyed', actor: 'system', subject: `week-${week}` } as const;
    await options.ledger.append([{ ...fact, at: options.clock(), data: {}, id: newId<string>('evt') }]);
  }
}

async function standing({ options, gate, opened }: CustodyParts, weeks: number): Promise<VaultStanding> {
  const { ledger, clock, sql, keyFolder } = options;
  const now = opened();
  const keys = now?.keyStore ?? null;
  const { origin, size } = ledger.standing();
  const [last, { length: open }] = [await lastBackup(sql), await openOfKind(sql, 'backup')];
  return {
    isOpen: gate.isOpen,
    gate: stateInWords(gate.state),
    incarnation: now?.incarnation.standing.incarnation ?? null,
    keys: {
      live: keys?.slots.live ?? 0,
      damaged: keys?.slots.damaged ?? 0,
      root: keys ? await keys.root.health() : null,
      medium: await mediumOf(keyFolder),
    },
    ahead: {
      journal: now?.replayed ?? 0,
      ledger: now?.incarnation.broughtBack ?? 0,
      unsaved: now?.saver.unsaved() ?? 0,
    },
    ledger: { origin, size },
    witnesses: ledger.witnesses().map(({ name, state, cosigned, seen }) => ({ name, state, cosigned, seen })),
    backups: {
      last,
      open,
      weeks: (keys?.epochs.held() ?? []).map((week) => ({ week, destroyed: epochEnds(week, weeks) })),
      unreadableFrom: unreadableFrom(clock(), weeks),
    },
  };
}
