/**
 * What the ledger says of records that the city cannot read: keys of people, as their passkeys wrap them, and what they chose, in force
 * again where an older copy was put back; what it brought back is sealed anew. What SQL has from later stays.
 */
import type { BlindKeyDraft } from '@cityward/contracts';
import type { Sql } from '@cityward/sql';
import { textOf, type ReplayedFact, type Replayer } from '../gate/replay.ts';
import { askById, dropKeyReleases, endAsk } from './ask-store.ts';
import * as store from './mode-store.ts';
import type { Mode } from './mode-store.ts';

type Wrap = Pick<BlindKeyDraft, 'credential' | 'wrapped'> & { readonly at: number };
interface Chosen {
  readonly at: number;
  readonly choice: string;
  /** `null` where it was turned off. */
  readonly mode: Mode | null;
}
type Fact = ReplayedFact['body'];

export function blindReplayer(sql: Sql): Replayer {
  const keys = new Map<string, { readonly draft: BlindKeyDraft; readonly at: number }>();
  const wraps = new Map<string, Wrap[]>();
  const chosen = new Map<string, Chosen>();
  const recovered = new Map<string, number>();
  const takeKey = ({ type, subject: person, at, data }: Fact): void => {
    const [credential, wrapped] = [textOf(data['credential']), textOf(data['wrapped'])];
    if (type === 'blind.key-wrapped')
      return void wraps.set(person, [...(wraps.get(person) ?? []), { credential, wrapped, at }]);
    const draft = { publicKey: textOf(data['publicKey']), salt: textOf(data['salt']), credential, wrapped };
    keys.set(person, { draft, at });
    wraps.delete(person);
  };
  return {
    types: [
      ...(['blind.turned-on', 'blind.turned-off', 'blind.recovery-ended'] as const),
      ...(['blind.key-kept', 'blind.key-wrapped', 'blind.key-replaced'] as const),
    ],
    take: ({ body }) => {
      if (body.type === 'blind.turned-on' || body.type === 'blind.turned-off') chosen.set(body.subject, chosenIn(body));
      else if (body.type === 'blind.recovery-ended') recovered.set(textOf(body.data['ask']), body.at);
      else takeKey(body);
    },
    apply: async () => {
      let found = 0;
      for (const [person, { draft, at }] of keys) found += await putKeyBack(sql, draft, { person, at });
      for (const [person, some] of wraps) for (const wrap of some) found += await putWrapBack(sql, person, wrap);
      for (const [subject, one] of chosen) found += await putChoiceBack(sql, subject, one);
      for (const [ask, at] of recovered) found += await endAgain(sql, ask, at);
      return found;
    },
  };
}

function chosenIn({ type, subject, at, data }: Fact): Chosen {
  const choice = JSON.stringify({ text: textOf(data['text']), signature: data['signature'] ?? null });
  if (type === 'blind.turned-off') return { at, choice, mode: null };
  const holders = ((data['holders'] as readonly string[] | undefined) ?? []).map((holder) => {
    const [person, publicKey, share] = holder.split(' ');
    return { person: person!, publicKey: publicKey!, share: share! };
  });
  const needed = typeof data['needed'] === 'number' ? data['needed'] : 0;
  const publicKey = textOf(data['publicKey']);
  return { at, choice, mode: { subject, state: 'on', since: at, needed, publicKey, holders } };
}

interface Whose {
  readonly person: string;
  readonly at: number;
}
const putKeyBack = (sql: Sql, draft: BlindKeyDraft, whose: Whose): Promise<number> =>
  sql.transact(async (tx) => {
    const since = await store.keySince(tx, whose.person);
    if (since !== null && since >= whose.at) return 0;
    if (since === null) await store.addKey(tx, draft, whose);
    else await store.replaceKey(tx, draft, whose);
    return 1;
  });
const putWrapBack = (sql: Sql, person: string, { at, ...wrap }: Wrap): Promise<number> =>
  sql.transact(async (tx) => {
    const since = await store.keySince(tx, person);
    if (since === null || since > at) return 0;
    return (await store.addWrap(tx, wrap, { person, at })) ? 1 : 0;
  });

const putChoiceBack = (sql: Sql, subject: string, { at, choice, mode }: Chosen): Promise<number> =>
  sql.transact(async (tx) => {
    const [there] = await store.readModes(tx, [subject]);
    if (there && there.since >= at) return 0;
    if (mode === null) {
      // Whoever had handed everything back by then has no mode; where an older one came back, its records have to be handed back again.
      if (there?.state !== 'on') return 0;
      await store.turnOff(tx, subject, choice);
      return 1;
    }
    if (there) await store.removeMode(tx, subject);
    const holders = [];
    for (const one of mode.holders) {
      const isHeld = (await store.publicKeyOf(tx, one.person)) === one.publicKey;
      holders.push(isHeld ? one : { ...one, share: '' });
    }
    await store.addMode(tx, { ...mode, holders }, choice);
    return 1;
  });

/** Whoever asked in that person's name would be answered after all. */
const endAgain = (sql: Sql, id: string, at: number): Promise<number> =>
  sql.transact(async (tx) => {
    if ((await askById(tx, id)) === null) return 0;
    await endAsk(tx, id, at);
    await dropKeyReleases(tx, id);
    return 1;
  });
