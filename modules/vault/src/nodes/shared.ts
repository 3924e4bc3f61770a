/** What the parts of a vault share with the vaults of other processes over the same database; nothing where there is one process. */
import type { Care, RightRequest } from '@cityward/contracts';
import type { Tx } from '@cityward/sql';
import type { StoredGlass } from '../emergency/glass-store.ts';
import type { Changed } from '../lease/views.ts';
import type { VaultChange, VaultJournal } from '../vault-journal.ts';
import type { VaultNode } from './node.ts';
import { announceIn, type SharedChange } from './node-store.ts';

/** What SQL says and other nodes have in memory otherwise: told in the transaction that makes it so. */
export type Told =
  | { readonly do: 'given'; readonly consent: string }
  | { readonly do: 'changed'; readonly record: string }
  | { readonly do: 'care'; readonly care: Care }
  | { readonly do: 'glass'; readonly glass: StoredGlass }
  | { readonly do: 'request'; readonly request: RightRequest }
  | { readonly do: 'blind'; readonly subject: string };
export type Heard = Told | VaultChange;

export interface Sharing {
  /** Tells other nodes with this transaction. */
  tell(tx: Tx, told: Told): Promise<void>;
  /** Tells them of what the journal knew at the start and SQL did not. */
  retell(changes: readonly VaultChange[]): Promise<void>;
  /** Resolves once whatever was told so far is in force everywhere. */
  settled(): Promise<void>;
}
export const ALONE: Sharing = {
  tell: () => Promise.resolve(),
  retell: () => Promise.resolve(),
  settled: () => Promise.resolve(),
};

interface Among {
  readonly node: VaultNode;
  readonly id: string;
  readonly now: () => number;
  readonly announce: (bodies: readonly string[]) => Promise<unknown>;
}
export const sharingAmong = ({ node, id, now, announce }: Among): Sharing => ({
  tell: async (tx, told) => void (await announceIn(tx, { node: id, at: now(), bodies: [JSON.stringify(told)] })),
  retell: async (changes) => {
    if (changes.length > 0) await announce(changes.map((change) => JSON.stringify(change)));
  },
  settled: () => node.settled(),
});

/** The journal, each entry in force on every node before it counts as written. */
export const agreed = (journal: VaultJournal, node: VaultNode): VaultJournal => ({
  ...journal,
  append: async (changes) => {
    const written = await journal.append(changes);
    await node.tell(written.map((change) => JSON.stringify(change)));
    return written;
  },
});

/** The parts that have in memory what others may change. */
export interface Learners {
  readonly consents: {
    learnGiven(id: string): Promise<void>;
    learnTaken(change: Extract<VaultChange, { do: 'take-back' }>): void;
  };
  readonly desk: {
    readonly destroying: { learn(change: Extract<VaultChange, { do: 'destroy' }>): void };
    readonly lives: { learn(change: Extract<VaultChange, { do: 'record-life' }>): void };
    readonly holds: { learn(change: Extract<VaultChange, { do: 'hold' }>): void };
  };
  readonly people: {
    readonly lives: { learn(event: Extract<VaultChange, { do: 'life' }>['event']): void };
    readonly care: { learn(change: Extract<Heard, { do: 'care' | 'end-care' }>): void };
    readonly emergencies: { learn(change: Extract<Heard, { do: 'glass' | 'end-glass' }>): void };
    readonly requests: { learn(request: RightRequest): void };
    readonly unsealings: { learn(change: Extract<VaultChange, { do: 'unsealing' }>): void };
  };
  readonly modes: { learn(subject: string): Promise<void> };
  readonly shelf: { forget(record: string): void };
  readonly review: (changed: Changed) => void;
}
/** Throws on what this version does not know: a node that cannot follow serves nothing. */
export async function learn({ body }: Pick<SharedChange, 'body'>, parts: Learners): Promise<void> {
  const heard = JSON.parse(body) as Heard;
  switch (heard.do) {
    case 'given':
      return parts.consents.learnGiven(heard.consent);
    case 'take-back':
      parts.consents.learnTaken(heard);
      return parts.review({ consent: heard.consent });
    case 'destroy':
      parts.desk.destroying.learn(heard);
      return parts.review({ subject: heard.subject });
    case 'record-life':
      parts.desk.lives.learn(heard);
      return parts.review({ record: heard.record });
    case 'hold':
      return parts.desk.holds.learn(heard);
    case 'life':
      parts.people.lives.learn(heard.event);
      return parts.review({});
    case 'care':
      return parts.people.care.learn(heard);
    case 'end-care':
      parts.people.care.learn(heard);
      return parts.review({ subject: heard.subject });
    case 'glass':
      return parts.people.emergencies.learn(heard);
    case 'end-glass':
      parts.people.emergencies.learn(heard);
      return parts.review({ subject: heard.subject });
    case 'unsealing':
      parts.people.unsealings.learn(heard);
      return parts.review({ subject: heard.subject });
    case 'request':
      return parts.people.requests.learn(heard.request);
    case 'blind':
      await parts.modes.learn(heard.subject);
      return parts.review({ subject: heard.subject });
    case 'changed':
      return parts.shelf.forget(heard.record);
    default:
      throw new Error(`follow another node: "${heard.do}" is not known here, wanted the same version on all nodes`);
  }
}
