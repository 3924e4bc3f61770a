/** A look at a blind record: by the one way of all looks, which hands out ciphertext, and its key sealed to whoever looks. */
import type { BlindRecord } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { Sql } from '@cityward/sql';
import type { Look } from '../viewing/deciding.ts';
import type { Show } from '../viewing/viewing.ts';
import type { BlindModes } from './modes.ts';
import type { Seal } from './sealing.ts';
import { consentsWithKey, isBlind, sealsOf } from './seal-store.ts';

interface Parts {
  readonly sql: Sql;
  readonly show: Show;
  readonly modes: BlindModes;
}
export type BlindLook = Pick<Look, 'record' | 'version' | 'purpose' | 'principal'>;
export type ViewBlind = (look: BlindLook) => Promise<Result<BlindRecord, Refusal>>;

export function createBlindView({ sql, show, modes }: Parts): ViewBlind {
  return async (asked) => {
    const { record, principal } = asked;
    const keysGiven = await consentsWithKey(sql, { record, version: asked.version }, principal.id);
    return show({ ...asked, right: 'view', isSealed: true, keysGiven }, async ({ version, media, content, held }) => {
      const where = `view record "${record}"`;
      const drop = (): void => void content.fill(0);
      const no = (code: string, wanted: string): Result<never, Refusal> => {
        drop();
        return refuse('conflict', code, `${where}: ${wanted}`);
      };
      // What the city can still read leaves it by no way that is said to be blind.
      if (!(await isBlind(sql, { record, version })))
        return no('NOT_BLIND_YET', 'it is not sealed to its owner yet, wanted a moment later');
      const seals = await sealsOf(sql, { record, version }, { to: principal.id, ...useOf(held.basis) });
      const needed = modes.of(held.subject)?.needed ?? 0;
      if (seals.length === 0 && !('glass' in held.basis))
        return no('NOT_SEALED_TO_YOU', 'its owner has not given you its key yet');
      if ('glass' in held.basis && (needed === 0 || seals.length < needed))
        return no('QUORUM_NOT_REACHED', `${seals.length} of its holders released their share, wanted ${needed}`);
      const { subject, category } = held;
      const answer = (): BlindRecord => ({
        ...{ record, version, subject, category, media, needed },
        content: content.toString('base64'),
        seals: seals.map(shown),
      });
      return ok({ told: { blind: true }, hand: answer, drop });
    });
  };
}

/** By what the look rests on: a key that was given for one consent opens nothing under another. */
function useOf(basis: { readonly [key: string]: unknown }): Pick<Seal, 'use' | 'under'> {
  if (typeof basis['glass'] === 'string') return { use: 'release', under: basis['glass'] };
  return typeof basis['consent'] === 'string' ? { use: 'consent', under: basis['consent'] } : { use: 'own', under: '' };
}

const shown = ({ use, under, from, sealed }: Seal): BlindRecord['seals'][number] => ({
  use: use as BlindRecord['seals'][number]['use'],
  under,
  from,
  sealed,
});
